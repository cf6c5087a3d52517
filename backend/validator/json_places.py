"""Finds the values of a JSON text, however broken, by their paths, in one pass that keeps nothing but what was asked for."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from backend.events.faults import below
from backend.validator.places import Lines, Place, with_ancestors, without_last

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
# A document of the largest size has a third of that; what consists of brackets alone is given up in a second.
_MOST_TOKENS: Final = 300_000


@dataclass(slots=True)
class _Open:
    """An object or list that isn't closed yet; `path` is None where nothing below it was asked for."""

    path: str | None
    is_object: bool
    index: int = 0
    name: str | None = None


class JsonPlaces:
    """The places of these paths. A name that stands twice is found where it stands last."""

    def __init__(self, text: str, lines: Lines, paths: Iterable[str]) -> None:
        self._lines = lines
        self._wanted = with_ancestors(paths)
        self._offsets: dict[str, int] = {}
        self._scan(text)

    def find(self, path: str) -> Place:
        """The value's place, or that of the nearest one that holds it."""
        nearest: str | None = path
        while nearest is not None and nearest not in self._offsets:
            nearest = without_last(nearest)
        return self._lines.place(self._offsets.get(nearest or "$", 0))

    def _scan(self, text: str) -> None:
        stack: list[_Open] = []
        for token in islice(_TOKEN.finditer(text), _MOST_TOKENS if len(self._wanted) > 1 else 1):
            sign = token[0]
            top = stack[-1] if stack else None
            if sign in "}]":
                if stack:
                    stack.pop()
            elif sign == ",":
                if top is not None:
                    top.index += 1
                    top.name = None
            elif sign == ":":
                continue
            elif top is not None and top.is_object and top.name is None:
                top.name = _unquoted(sign) if top.path is not None else ""
            else:
                path = _path(top)
                kept = path if path in self._wanted else None
                if kept is not None:
                    self._offsets[kept] = token.start()
                if sign in "{[":
                    stack.append(_Open(kept, sign == "{"))


def _path(top: _Open | None) -> str | None:
    if top is None:
        return "$"
    if top.path is None:
        return None
    return below(top.path, (top.name or "") if top.is_object else top.index)


def _unquoted(token: str) -> str:
    if "\\" not in token:
        return token[1:-1]
    try:
        return str(json.loads(token))
    except ValueError:
        return token[1:-1]
