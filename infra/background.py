"""Work in the background: it takes the processor that nobody else wants."""

import contextlib
import os
from pathlib import Path
from typing import Final

NICENESS: Final = 10
# Linux shares the processor among sessions first, and inside of each by niceness (sched(7), autogroup).
_GROUP: Final = Path("/proc/self/autogroup")


def step_back() -> None:
    """Let every other process on this machine go first."""
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    with contextlib.suppress(OSError):
        _GROUP.write_text(str(NICENESS), encoding="ascii")
