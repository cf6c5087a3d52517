"""What takes a day's time and tells nothing of the wall is made short: the press prints one page at once, a sandbox has few samples."""

from typing import Final

import pytest

from backend.sandbox import service as sandbox
from infra.printing.press import Press, Printed
from infra.printing.shell import PrintedDocument

# More than one part of them, so that each part asks for the next.
SAMPLES: Final = 300
PAGE: Final = Printed(b"%PDF-1.7\n%%EOF\n", 1)


async def _printed(_press: Press, _tenant_id: int, _document: PrintedDocument) -> Printed:
    return PAGE


def make_haste(patch: pytest.MonkeyPatch) -> None:
    """Until the patch is undone. What goes into documents is read as ever, and so are samples captured."""
    patch.setattr(Press, "printed", _printed)
    defaults = sandbox.start.__kwdefaults__
    assert defaults is not None
    patch.setitem(defaults, "events", SAMPLES)
