"""Elements as chance has them, each right by the Syntax Dictionary."""

from datetime import date
from typing import Final

from hypothesis import strategies as st

from backend.barcodes.codes import COUNTRY_LETTERS, COUNTRY_NUMBERS, CURRENCIES, MEDIA
from backend.barcodes.dictionary import ApplicationIdentifier, Component, application_identifiers
from backend.barcodes.elements import Element, checked, require_associations
from backend.barcodes.errors import BarcodeError
from backend.barcodes.links import write_link
from backend.barcodes.linters import CSET39, CSET64, CSET82, check_digit, check_pair

_CHARACTERS: Final = {"N": "0123456789", "X": CSET82, "Y": CSET39, "Z": CSET64}
_CLOCK: Final = {"hh": 24, "mi": 60, "ss": 60}
# Of what isn't drawn at random, or hardly ever right by chance.
_FEW: Final = {
    "iso3166": sorted(COUNTRY_NUMBERS), "iso3166999": ["999", *sorted(COUNTRY_NUMBERS)], "iso3166alpha2": sorted(COUNTRY_LETTERS),
    "iso4217": sorted(CURRENCIES), "mediatype": sorted(MEDIA), "iso5218": ["0", "1", "2", "9"], "winding": ["0", "1", "9"], "yesno": ["0", "1"],
    "hhmi": ["0000", "0930", "2359"], "hyphen": ["-"], "iban": ["NL91ABNA0417164300", "DE89370400440532013000"], "pieceoftotal": ["0102", "1212"],
    "posinseqslash": ["1/2", "1/1"], "latitude": ["0000000000", "1201234567"], "longitude": ["0000000000", "3500000001"],
    "couponcode": ["012345612345611110123"], "couponposoffer": ["101234561234560123456"], "packagetype": ["AB", "1A"], "zero": ["0"],
    "hasnondigit": ["A1", "x"], "importeridx": ["A", "_"], "pcenc": ["a%20b", "abc"],
}  # fmt: skip
_DATES: Final = {"yymmdd": "%y%m%d", "yymmd0": "%y%m%d", "yyyymmdd": "%Y%m%d", "yyyymmd0": "%Y%m%d"}


def _part(component: Component) -> st.SearchStrategy[str]:
    for linter in component.linters:
        if linter in _FEW and all(component.shortest <= len(text) <= component.longest for text in _FEW[linter][:1]):
            return st.sampled_from(_FEW[linter])
        if linter in _DATES:
            return st.dates(date(2001, 1, 1), date(2049, 12, 31)).map(lambda day, form=_DATES[linter]: day.strftime(form))  # type: ignore[misc]
        if linter in _CLOCK:
            return st.integers(0, _CLOCK[linter] - 1).map(lambda number: f"{number:02}")
    return _text(component)


def _text(component: Component) -> st.SearchStrategy[str]:
    """Characters at random, with check digits or a company prefix where there have to be some."""
    text = st.text(_CHARACTERS[component.charset], min_size=component.shortest, max_size=component.longest)
    if "csum" in component.linters:
        return text.map(lambda digits: digits[:-1] + check_digit(digits[:-1]))
    if "csumalpha" in component.linters:
        return st.integers(10**5, 10**12).map(lambda number: f"{number}A{check_pair(f'{number}A')}")
    if "gcppos1" in component.linters:
        return text.map(lambda rest: f"950600{rest}"[: component.longest])
    return text


def values(entry: ApplicationIdentifier) -> st.SearchStrategy[Element]:
    """Elements of one identifier."""

    def right(text: str) -> bool:
        try:
            checked(entry.ai, text, entry)
        except BarcodeError:
            return False
        return True

    parts = [st.one_of(st.just(""), _part(part)) if part.optional else _part(part) for part in entry.components]
    return st.tuples(*parts).map("".join).filter(right).map(lambda text: Element(entry.ai, text, entry))


_KEYS: Final = [entry for entry in application_identifiers().values() if entry.keyed]
_OTHERS: Final = [entry for entry in application_identifiers().values() if entry.attribute]


@st.composite
def things(draw: st.DrawFn) -> list[Element]:
    """A key with some of its qualifiers and attributes, as a link can say them."""
    entries = application_identifiers()
    key = draw(st.sampled_from(_KEYS))
    ways = draw(st.sampled_from(key.qualifiers)) if key.qualifiers else ()
    chosen = {ai: draw(values(entries[ai])) for ai in ways if draw(st.booleans())}
    for entry in draw(st.lists(st.sampled_from(_OTHERS), max_size=3)):
        if entry.ai not in chosen and entry.ai != key.ai:
            chosen[entry.ai] = draw(values(entry))
    found = [draw(values(key)), *chosen.values()]
    return found if sayable(found) else found[:1]


def sayable(elements: list[Element]) -> bool:
    """Whether a link can say them."""
    try:
        write_link(elements)
    except BarcodeError:
        return False
    return True


def together(elements: list[Element]) -> bool:
    """Whether they may stand together."""
    try:
        require_associations(elements)
    except BarcodeError:
        return False
    return True
