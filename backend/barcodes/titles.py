"""What an application identifier says, in words that people know, in English and Chinese (`titles.txt`)."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

_FILE: Final = Path(__file__).with_name("titles.txt")
LANGUAGES: Final = ("en", "zh")


@lru_cache(maxsize=1)
def _titles() -> Mapping[str, tuple[str, ...]]:
    lines = (line for line in _FILE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return MappingProxyType({pattern: tuple(titles) for pattern, *titles in (line.split("|") for line in lines)})


def title_of(ai: str, language: str) -> str | None:
    """The title in "en" or "zh"; None for an identifier that GS1 doesn't have."""
    titles = _titles()
    found = titles.get(ai) or titles.get(f"{ai[:-1]}n")
    return found[LANGUAGES.index(language)] if found else None
