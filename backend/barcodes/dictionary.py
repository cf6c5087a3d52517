"""GS1's Barcode Syntax Dictionary: every application identifier with the parts of its value and what it goes with."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

_FILE: Final = Path(__file__).with_name("gs1-syntax-dictionary.txt")
_LINE: Final = re.compile(r"(?P<ais>\d{2,4}(?:-\d{2,4})?)\s+(?P<flags>[*?]*)\s*(?P<rest>.*?)(?:\s+#\s*(?P<title>.*))?")
_COMPONENT: Final = re.compile(r"(?P<optional>\[)?(?P<charset>[NXYZ])(?P<length>\d+|\.\.\d+)\]?(?P<linters>(?:,\w+)*)")


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a value: `charset` N (digits), X (82 characters), Y (39) or Z (base64url); `linters` are further checks, in order."""

    charset: str
    shortest: int
    longest: int
    optional: bool
    linters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApplicationIdentifier:
    """An entry. `fixed`: of a predefined length, so that no separator follows. `requires` and `excludes` hold patterns ("35nn").

    `keyed`: a primary key of GS1 Digital Link; `qualifiers` are then the sequences that may follow it in the path.
    """

    ai: str
    title: str
    components: tuple[Component, ...]
    fixed: bool
    attribute: bool
    keyed: bool
    qualifiers: tuple[tuple[str, ...], ...]
    requires: tuple[tuple[tuple[str, ...], ...], ...]
    excludes: tuple[str, ...]

    @property
    def longest(self) -> int:
        """The most characters that its value may have."""
        return sum(component.longest for component in self.components)


@lru_cache(maxsize=1)
def application_identifiers() -> Mapping[str, ApplicationIdentifier]:
    """All entries by their number."""
    entries = [
        entry for line in _FILE.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#") for entry in _entries(line)
    ]
    return MappingProxyType({entry.ai: entry for entry in entries})


@lru_cache(maxsize=1)
def _lengths() -> Mapping[str, int]:
    """How long an application identifier is whose first two digits these are; GS1 keeps it so that this is always told by them."""
    return MappingProxyType({ai[:2]: len(ai) for ai in application_identifiers()})


def identifier_length(prefix: str) -> int | None:
    """The length of the application identifiers that begin with two digits; None where there is none."""
    return _lengths().get(prefix[:2])


def matches(pattern: str, ai: str) -> bool:
    """Whether an application identifier fits a pattern, in which "n" is any digit."""
    return len(pattern) == len(ai) and all(wanted in ("n", given) for wanted, given in zip(pattern, ai, strict=True))


def _entries(line: str) -> Iterable[ApplicationIdentifier]:
    found = _LINE.fullmatch(line.rstrip())
    if found is None:
        raise ValueError(f"the Syntax Dictionary has a line that is no entry: {line}")
    words = found["rest"].split()
    components = tuple(_component(match) for match in map(_COMPONENT.fullmatch, words) if match)
    attributes = [word for word in words if not _COMPONENT.fullmatch(word)]
    keys = [word for word in attributes if word == "dlpkey" or word.startswith("dlpkey=")]
    first, _, last = found["ais"].partition("-")
    for number in range(int(first), int(last or first) + 1):
        yield ApplicationIdentifier(
            ai=str(number).zfill(len(first)),
            title=(found["title"] or "").strip(),
            components=components,
            fixed="*" in found["flags"],
            attribute="?" in found["flags"],
            keyed=bool(keys),
            qualifiers=tuple(tuple(way.split(",")) for key in keys for way in key.partition("=")[2].split("|") if way),
            requires=tuple(_alternatives(word.removeprefix("req=")) for word in attributes if word.startswith("req=")),
            excludes=tuple(pattern for word in attributes if word.startswith("ex=") for pattern in word.removeprefix("ex=").split(",")),
        )


def _component(found: re.Match[str]) -> Component:
    text = found["length"]
    longest = int(text.removeprefix(".."))
    linters = tuple(filter(None, found["linters"].split(",")))
    # "X..16" is one to sixteen characters, unless it may be left out.
    return Component(found["charset"], 1 if text.startswith("..") else longest, longest, bool(found["optional"]), linters)


def _alternatives(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(group.split("+")) for group in text.split(","))
