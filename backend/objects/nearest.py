"""What somebody may have meant by a code that is unknown here, or that several objects have."""

from collections.abc import Iterable, Iterator
from typing import Final

from backend.catalog.sites import Sites
from backend.identifiers import InvalidIdentifierError, parse_identifier
from backend.objects import repository
from backend.objects.service import TraceableObject
from infra.database import TenantTransaction

MOST: Final = 5
MOST_CANDIDATES: Final = 20
# Longer ones are pasted or scanned, not mistyped.
LONGEST: Final = 40
_DIGITS: Final = "0123456789"
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
_CONFUSED: Final = ("0O", "1I", "1L", "5S", "8B", "2Z", "6G", "0Q", "0D", "UV")
_LENGTHS: Final = (8, 10, 12, 13, 14, 18)


async def candidates(tx: TenantTransaction, text: str, sites: Sites | None = None, limit: int = MOST_CANDIDATES) -> list[TraceableObject]:
    """Objects of which this is the bare lot number, serial or other variable part: as it is written first, then in capitals or small letters."""
    code = text.strip()
    spelled = list(dict.fromkeys((code, code.upper(), code.lower())))
    rows = [TraceableObject.from_row(row) for row in await repository.by_codes(tx, spelled, limit, sites)]
    return sorted(rows, key=lambda thing: (spelled.index(thing.code), thing.kind, thing.key))


async def nearest(tx: TenantTransaction, text: str, sites: Sites | None = None, limit: int = MOST) -> list[TraceableObject]:
    """Known objects whose codes differ from the text as mistakes do: one sign wrong, left out, too many, two exchanged, a wrong check
    digit, zeros in front, O and 0, I and 1, capitals. Of a whole identifier its last part; those of the same product come first.
    """
    codes, product = _codes_of(text.strip())
    meant = list(dict.fromkeys(variant for code in codes if 0 < len(code) <= LONGEST and "\x00" not in code for variant in variants(code)))
    if not meant:
        return []
    places = {each: place for place, each in reversed(list(enumerate(meant)))}
    rows = await repository.by_codes(tx, meant, 10 * limit, sites)
    things = [TraceableObject.from_row(row) for row in rows]
    return sorted(things, key=lambda thing: (product is None or product not in thing.key, places[thing.code], thing.kind, thing.key))[:limit]


def _codes_of(text: str) -> tuple[list[str], str | None]:
    """The parts of a text that people may have mistyped, and the product that stands before them. A lot number may hold slashes itself."""
    try:
        found = parse_identifier(text)
    except InvalidIdentifierError:
        head, _, tail = text.rpartition("/")
        return [text, tail] if head and tail else [text], None
    return [found.serial or found.lot or found.key.rsplit("/", 1)[-1]], found.gtin


def variants(code: str) -> Iterator[str]:
    """Every code that a mistake or two of people's would have turned into this one, the likeliest first; itself too."""
    capitals, small = code.upper(), code.lower()
    yield from (code, capitals, small)
    yield from _confused(capitals)
    bare = code.lstrip("0")
    if code.isdigit() and code.isascii():
        yield from (bare.zfill(length) for length in (len(bare), *_LENGTHS) if bare)
    yield from (f"{'0' * count}{capitals}" for count in range(1, 5))
    for spelled in dict.fromkeys((code, capitals)):
        yield from _exchanged(spelled)
        yield from _one_off(spelled, _DIGITS if spelled.isdigit() else _DIGITS + _LETTERS)


def _confused(code: str) -> Iterator[str]:
    """With signs that look alike in place of each other: all of one kind, or one of them."""
    for one, other in _CONFUSED:
        for wrong, right in ((one, other), (other, one)):
            if wrong in code:
                yield code.replace(wrong, right)
                yield from _each(code, ((at, right) for at, sign in enumerate(code) if sign == wrong))
    yield code.replace("O", "0").replace("I", "1").replace("L", "1")


def _each(code: str, changes: Iterable[tuple[int, str]]) -> Iterator[str]:
    for at, sign in changes:
        yield f"{code[:at]}{sign}{code[at + 1 :]}"


def _exchanged(code: str) -> Iterator[str]:
    for at in range(len(code) - 1):
        yield f"{code[:at]}{code[at + 1]}{code[at]}{code[at + 2 :]}"


def _one_off(code: str, signs: str) -> Iterator[str]:
    """One sign wrong from the end (the check digit first), one left out, one too many."""
    for at in reversed(range(len(code))):
        yield from (f"{code[:at]}{sign}{code[at + 1 :]}" for sign in signs)
    for at in range(len(code)):
        yield code[:at] + code[at + 1 :]
    for at in range(len(code) + 1):
        yield from (f"{code[:at]}{sign}{code[at:]}" for sign in signs)
