"""What a text that somebody types or scans may mean: keys, codes, beginnings of them, words. No I/O."""

import re
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

    `key_prefix` is the beginning of a key that is still being typed.
    """

    keys: tuple[str, ...]
    codes: tuple[str, ...]
    forms: tuple[str, ...]
    key_prefix: str | None = None

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
    keys = _keys(reading.identifier) if reading.identifier is not None else []
    named = [element.value for element in reading.elements if element.ai in _NAMING]
    codes = [text, *named]
    stripped = trimmed(folded)
    forms = [folded, stripped, *map(fold, named)]
    if reading.identifier is not None and reading.identifier.gtin and (reading.identifier.lot or reading.identifier.serial):
        # The whole is asked for, so what it consists of isn't what is meant: a product's GTIN finds each of its lots.
        forms = [folded, *(fold(each) for each in (reading.identifier.lot, reading.identifier.serial) if each)]
    if stripped.isdigit() and stripped.startswith("0"):
        forms.append(stripped.lstrip("0"))
    kept = tuple(dict.fromkeys(form for form in forms if 0 < len(form) <= LONGEST_TERM))
    return Asked(tuple(dict.fromkeys(keys)), tuple(dict.fromkeys(code for code in codes if code)), kept, _key_prefix(text))


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
