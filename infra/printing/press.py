"""Printing in a process of its own: it computes for seconds, and what it computes on came from many hands. Bounded in time and memory."""

import asyncio
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import infra
from infra.bulkhead import Bulkhead
from infra.errors import UnavailableError
from infra.logging import get_logger
from infra.printing.shell import PrintedDocument

SECONDS: Final = 90
MEMORY_BYTES: Final = 1_500_000_000
PLACES: Final = 2
_ROOT: Final = Path(infra.__file__).parents[1]
_BUSY: Final = "The document couldn't be printed just now. Try again in a minute, or ask for less."
_log = get_logger("printing")


@dataclass(frozen=True, slots=True)
class Printed:
    """A PDF, and how many pages it has."""

    content: bytes
    pages: int


class Press:
    """Prints two documents at a time, one of each tenant; whoever comes later waits for his turn, for a while."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._places = Bulkhead(PLACES, each=1, waiting=10, patience=30.0)
        self._seconds = seconds

    async def print(self, tenant_id: int, document: PrintedDocument) -> bytes:
        """A PDF. Raises `UnavailableError` where it takes too long, or too many wait."""
        return (await self.printed(tenant_id, document)).content

    async def printed(self, tenant_id: int, document: PrintedDocument) -> Printed:
        """The same, with the number of its pages."""
        async with self._places.place(tenant_id):
            return await self._print(json.dumps(asdict(document)).encode())

    async def _print(self, told: bytes) -> Printed:
        # Nothing of this process's settings, and so none of its secrets.
        environment = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-s", "-m", "infra.printing", cwd=_ROOT, env=environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(self._seconds):
                made, trouble = await process.communicate(told)
        except TimeoutError as late:
            raise UnavailableError(_BUSY, retry_after=60) from late
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        pages, _, content = made.partition(b"\n")
        if process.returncode != 0 or not pages.isdigit() or not content.startswith(b"%PDF"):
            _log.error("not_printed", status=process.returncode, trouble=trouble[-2_000:].decode(errors="replace"))
            raise UnavailableError(_BUSY, retry_after=60)
        return Printed(content, int(pages))
