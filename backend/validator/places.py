"""Where something stands in the text that the sender wrote: line and column, for JSON and for XML alike."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

# One step of a path: ".name", "[3]" or "['name']", at the end of the text.
_LAST_STEP: Final = re.compile(r"(?:\.[^.\[\]']+|\[[0-9]+\]|\['(?:[^'\\]|\\.)*'\])\Z", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[\]']+)|\[([0-9]+)\]|\['((?:[^'\\]|\\.)*)'\]", re.DOTALL)
# A path that was cut short or made by somebody else isn't followed for ever.
_MOST_STEPS: Final = 80


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column count from 1, the column in characters. `xpath` is the element's or attribute's, in XML alone."""

    line: int
    column: int
    xpath: str | None = None


class Places(Protocol):
    """Finds what a JSON path names; where that is missing, what it is missing from."""

    def find(self, path: str) -> Place:
        """The place of a path that was announced."""


class Lines:
    """The lines of a text."""

    def __init__(self, text: str) -> None:
        self.all = text.split("\n")
        self._starts = [0]
        for line in self.all[:-1]:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def place(self, offset: int) -> Place:
        """The place of a character."""
        line = bisect_right(self._starts, offset)
        return Place(line, offset - self._starts[line - 1] + 1)


def without_last(path: str) -> str | None:
    """The path of what holds it; None for the document itself."""
    match = _LAST_STEP.search(path)
    return None if match is None else path[: match.start()]


def with_ancestors(paths: Iterable[str]) -> set[str]:
    """The paths, and everything on the way to them."""
    found = {"$"}
    for given in paths:
        path: str | None = given
        for _ in range(_MOST_STEPS):
            if path is None or path in found:
                break
            found.add(path)
            path = without_last(path)
    return found


def steps(path: str) -> list[str | int]:
    """The names and numbers of a path behind its "$"."""
    found: list[str | int] = []
    for match in _STEP.finditer(path):
        name, index, quoted = match.groups()
        found.append(int(index) if index is not None else name if name is not None else quoted.replace("\\'", "'"))
    return found[:_MOST_STEPS]
