"""What a text that somebody types or scans may mean: keys, codes, beginnings of them, words. No I/O."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from backend.codes.reading import read_code
from backend.identifiers import Identifier, InvalidIdentifierError, parse_identifier
from backend.search.folding import LONGEST_TERM, fold, trimmed

# No barcode says more.
LONGEST_TEXT: Final = 8_192
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_LINK: Final = re.compile(r"(?:https?://[^/\s]+)?/*((?:0[01]|25[345]|41[0-9]|40[0-9]|800[3-9]|8010|8017|8018)/.*)", re.IGNORECASE)
# Elements that name a thing by themselves to whoever reads them: GTIN, lot, serial and the numbers of orders and deliveries.
_NAMING: Final = ("01", "02", "10", "21", "400", "401", "402", "00", "8004", "8003", "254", "250")


@dataclass(frozen=True, slots=True)
class Asked:
    """`keys` are canonical keys that the text writes in full, `codes` bare codes as typed; `forms` are folded, the likeliest first.

    `key_prefix` is the beginning of a key that is still being typed. `is_whole`: a lot or unit is written in full, and where that is found
    nothing else is meant.
    """

    keys: tuple[str, ...]
    codes: tuple[str, ...]
    forms: tuple[str, ...]
    key_prefix: str | None = None
    is_whole: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.keys or self.forms)


def read(text: str) -> Asked:
    """From what was typed, pasted or scanned; empty where nothing of it can name anything, as wildcards alone."""
    text = _UNSTORABLE.sub("", text[:LONGEST_TEXT]).strip()
    folded = fold(text)
    if not trimmed(folded):
        return Asked((), (), ())
    reading = read_code(text)
    found = reading.identifier
    stripped = trimmed(folded)
    if found is not None and (found.lot or found.serial):
        # The whole is meant, and not whatever else is called like a part of it; where it isn't known, its product may be.
        return Asked(tuple(_keys(found)), (text,), _kept([found.gtin] if found.gtin else []), _key_prefix(text), is_whole=True)
    named = [element.value for element in reading.elements if element.ai in _NAMING]
    forms = [folded, stripped, *map(fold, named)]
    if stripped.isdigit() and stripped.startswith("0"):
        forms.append(stripped.lstrip("0"))
    keys = _keys(found) if found is not None else []
    return Asked(tuple(keys), tuple(dict.fromkeys(code for code in (text, *named) if code)), _kept(forms), _key_prefix(text))


def _kept(forms: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form for form in forms if 0 < len(form) <= LONGEST_TERM))


def _keys(found: Identifier) -> list[str]:
    """The thing itself, and the lot that is told beside a unit."""
    keys = [found.key]
    if found.gtin and found.lot and found.serial:
        with suppress(InvalidIdentifierError):
            keys.append(parse_identifier(f"(01){found.gtin}(10){found.lot}").key)
    return keys


def _key_prefix(text: str) -> str | None:
    """A Digital Link, or the path of one, as far as it is typed."""
    found = _LINK.fullmatch(text)
    return found[1].split("?")[0] if found and len(found[1]) > 3 else None
