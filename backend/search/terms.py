"""By which terms and pieces each thing is found. No I/O."""

from collections.abc import Iterable
from typing import NamedTuple

from backend.identifiers import ObjectKind
from backend.search.folding import Way, fold, grams, starts, terms_of_code
from backend.search.kinds import SearchKind

# Its way, kind, text and subject.
Term = tuple[int, int, str, int]


class Entry(NamedTuple):
    """An entry as it is stored, as far as its terms follow from it; `texts` are its folded label and names, a line each."""

    kind: SearchKind
    key: str
    label: str
    texts: str


def texts_of(label: str, names: Iterable[str] = ()) -> str:
    """What an infix is looked for in."""
    return "\n".join(dict.fromkeys(text for text in map(fold, (label, *names)) if text))


def object_terms(object_id: int, kind: ObjectKind, code: str) -> set[Term]:
    """Of an object: its code from the beginning, its last words, its end."""
    return {(int(way), int(kind), term, object_id) for way, term in terms_of_code(code)}


def entry_terms(entry_id: int, entry: Entry) -> set[Term]:
    """Of an entry: its label and key as codes, a product's GTIN without its leading zeros too, its names by their words."""
    found = terms_of_code(entry.label) | terms_of_code(entry.key)
    if entry.kind is SearchKind.PRODUCT:
        found.add((Way.START, entry.key.lstrip("0") or "0"))
    for text in entry.texts.split("\n"):
        found |= starts(text)
    return {(int(way), int(entry.kind), term, entry_id) for way, term in found}


def entry_grams(entry_id: int, entry: Entry) -> set[tuple[str, int]]:
    """The pieces of an entry's texts."""
    return {(gram, entry_id) for text in entry.texts.split("\n") for gram in grams(text)}
