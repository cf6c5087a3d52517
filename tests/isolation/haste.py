"""What takes a day's time and tells nothing of the wall is made short: the press prints one page at once, a sandbox has few samples."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import pytest

from backend.documents.running import DocumentMaking
from backend.sandbox import service as sandbox
from infra.printing.press import Press, Printed
from infra.printing.shell import PrintedDocument

# More than one part of them, so that each part asks for the next.
SAMPLES: Final = 300
PAGE: Final = Printed(b"%PDF-1.7\n%%EOF\n", 1)


# Between two signs of life of who makes a document, of which there is one while it is printed.
HEARTBEAT: Final = 0.02


async def _printed(_press: Press, _tenant_id: int, _document: PrintedDocument) -> Printed:
    await asyncio.sleep(5 * HEARTBEAT)
    return PAGE


def make_haste(patch: pytest.MonkeyPatch) -> None:
    """Until the patch is undone. What goes into documents is read as ever, and so are samples captured."""
    patch.setattr(Press, "printed", _printed)
    _usually(patch, DocumentMaking.__init__, heartbeat=HEARTBEAT)
    _usually(patch, sandbox.start, events=SAMPLES)


def _usually(patch: pytest.MonkeyPatch, function: Callable[..., Any], **given: Any) -> None:
    """What a function takes where it isn't told otherwise."""
    defaults = function.__kwdefaults__
    assert defaults is not None
    assert given.keys() <= defaults.keys()
    for name, value in given.items():
        patch.setitem(defaults, name, value)
