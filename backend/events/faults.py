"""Faults of captured documents: what is wrong, where, by which rule, and how to mend it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from infra.errors import InvalidInputError

# A document with more faults than this is of another kind altogether; the first ones say enough.
MOST_FAULTS: Final = 200

_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fault:
    """One defect. `path` is a JSON path ("$.epcisBody.eventList[3].eventTime"), `rule` names the clause that was broken."""

    path: str
    rule: str
    message: str
    mend: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message} {self.mend} ({self.rule})"


@dataclass(frozen=True, slots=True)
class EventFaults:
    """Stands in a reading where an event could not be made canonical; `index` is its place in the document's event list."""

    index: int
    faults: tuple[Fault, ...]
    event_id: str | None = None


class DocumentFaults(InvalidInputError):  # noqa: N818 -- the plural that the reading speaks of everywhere
    """The document as a whole cannot be read and nothing of it may be captured. `faults` holds those of its events too."""

    code = "DOCUMENT_INVALID"

    def __init__(self, faults: Sequence[Fault]) -> None:
        first = faults[0]
        more = f" And {len(faults) - 1} more." if len(faults) > 1 else ""
        super().__init__(f"{first}{more}", field=first.path)
        self.faults = tuple(faults)


def below(path: str, name: str | int) -> str:
    """The path of a member or an element: "$.a" and "b" make "$.a.b", a name that isn't plain goes into brackets."""
    if isinstance(name, int):
        return f"{path}[{name}]"
    if _PLAIN_NAME.fullmatch(name):
        return f"{path}.{name}"
    escaped = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in name[:80])
    return f"{path}['{escaped.replace(chr(39), chr(92) + chr(39))}']"
