"""Lets a process of its own open a photo, so that one that is poisoned harms nothing but that process."""

import asyncio
import contextlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backend.photos import decoding

SECONDS: Final = 30.0
# The display size and the thumbnail of any photo are far below; whatever writes more isn't ours.
MOST_WRITTEN: Final = 30_000_000
_SCRIPT: Final = str(Path(decoding.__file__).resolve())


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A photo as it is kept. `width` and `height` are the original's, upright; `taken_at` is the camera's own clock."""

    kind: str
    width: int
    height: int
    taken_at: str | None
    display: bytes
    thumbnail: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a photo isn't kept: heic, not_a_photo, too_many_pixels, animated, broken, too_long."""

    why: str


async def rewrite(content: bytes, *, seconds: float = SECONDS) -> Rewritten | Refused:
    """Open a photo and write it anew. A process that dies or takes too long means a refusal, never an error."""
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    child = await asyncio.create_subprocess_exec(sys.executable, "-I", _SCRIPT, stdin=pipe, stdout=pipe, stderr=nothing, env={})
    try:
        written, _ = await asyncio.wait_for(child.communicate(content), timeout=seconds)
    except TimeoutError:
        return Refused("too_long")
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    return _read(child.returncode, written)


def _read(status: int | None, written: bytes) -> Rewritten | Refused:
    line, _, rest = written.partition(b"\n")
    if status not in (0, 3) or len(written) > MOST_WRITTEN:
        return Refused("broken")
    told = json.loads(line)
    if "refused" in told:
        return Refused(told["refused"])
    cut = told["display"]
    return Rewritten(told["kind"], told["width"], told["height"], told["taken"], rest[:cut], rest[cut:])
