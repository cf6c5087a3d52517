"""Digital Links of which a part, or all, is compressed into the last segment of the path (GS1 Digital Link 1.1 §8, 1.2: Compression)."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from backend.barcodes.compression import Decompressed, Parameter, compress, compressible, decompress
from backend.barcodes.dictionary import application_identifiers
from backend.barcodes.elements import Element
from backend.barcodes.errors import BarcodeError
from backend.barcodes.links import SHORT_NAMES, Link, escape, read_key_path, read_link, take_apart, write_link

_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]+")
# An element has an identifier of two digits and a value at least; the shortest key takes as many characters.
_SHORTEST: Final = 3
_SHORTEST_KEY: Final = 9
# "https:", "" and the host stand before the path.
_AUTHORITY: Final = 3


def read_any_link(uri: str, *, short_names: bool = True, short_gtins: bool = True) -> Link:
    """A Digital Link, compressed or not. Raises `BarcodeError`."""
    try:
        return read_link(uri, short_names=short_names, short_gtins=short_gtins)
    except BarcodeError as refusal:
        if refusal.rule != "NO_KEY" or not looks_compressed(uri):
            raise
    return read_compressed_link(uri, short_names=short_names, short_gtins=short_gtins)


def looks_compressed(uri: str) -> bool:
    """Whether the last segment of the path has the characters of a compressed part, and stands where one can stand.

    Alone it holds a key, and so many characters; behind an element in the path it may be shorter.
    """
    segments = uri.partition("#")[0].partition("?")[0].split("/")
    last = segments[-1]
    if len(last) < _SHORTEST or _SEGMENT.fullmatch(last) is None:
        return False
    before = segments[-3] if len(segments) >= _AUTHORITY + 3 else ""
    return len(last) >= _SHORTEST_KEY or SHORT_NAMES.get(before, before) in application_identifiers()


def read_compressed_link(uri: str, *, short_names: bool = True, short_gtins: bool = True) -> Link:
    """What a compressed link says, in the order in which it stands uncompressed. Raises `BarcodeError`.

    The key, with or without its qualifiers, may stand uncompressed in front, and attributes behind the question mark.
    """
    segments, query = take_apart(uri)
    found = decompress(segments[-1])
    elements = (*_in_front(segments[:-1], found, short_names=short_names, short_gtins=short_gtins), *found.elements)
    plain = _uncompressed(elements)
    query = "&".join(filter(None, (query, *map(_written, found.parameters))))
    return read_link(f"{plain}{'&' if '?' in plain else '?'}{query}" if query else plain, short_names=short_names)


def _uncompressed(elements: tuple[Element, ...]) -> str:
    """The link that says the same. Raises `BarcodeError`.

    Compressed elements have no order of their own: of two keys the one is meant beside which the other can stand as an attribute.
    """
    keys = [element for element in elements if element.entry and element.entry.keyed]
    for key in keys[:-1]:
        try:
            return write_link((key, *(element for element in elements if element is not key)))
        except BarcodeError:
            continue
    return write_link((*keys[-1:], *(element for element in elements if element not in keys[-1:])))


def _in_front(segments: list[str], found: Decompressed, *, short_names: bool, short_gtins: bool) -> tuple[Element, ...]:
    """The key that stands uncompressed; none where the compressed part has the only one. Raises `BarcodeError` where there is none at all."""
    try:
        return read_key_path(segments, short_names=short_names, short_gtins=short_gtins)
    except BarcodeError as refusal:
        if refusal.rule != "NO_KEY" or not any(element.entry and element.entry.keyed for element in found.elements):
            raise
        return ()


def write_compressed_link(
    elements: Sequence[Element],
    *,
    stem: str = "https://id.gs1.org",
    parameters: Iterable[Parameter] = (),
    keep_key: bool = False,
    optimise: bool = True,
) -> str:
    """A compressed link on any domain; with `keep_key` the key stands readable in front. Raises `BarcodeError` as `write_link` does.

    Parameters that have no compressed form stay behind the question mark.
    """
    plain = read_link(write_link(elements)).elements
    given = tuple(parameters)
    short = [parameter for parameter in given if compressible(parameter)]
    rest = "&".join(_written(parameter) for parameter in given if parameter not in short)
    if keep_key and (len(plain) > 1 or short):
        written = f"{write_link(plain[:1], stem=stem)}/{compress(plain[1:], short, optimise=optimise)}"
    else:
        written = f"{stem.rstrip('/')}/{compress(plain, short, optimise=optimise)}"
    return f"{written}?{rest}" if rest else written


def _written(parameter: Parameter) -> str:
    return f"{escape(parameter[0], query=True)}={escape(parameter[1], query=True)}"
