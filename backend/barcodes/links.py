"""GS1 Digital Link URIs: read from any domain, also with short names for identifiers, and written (GS1 Digital Link 1.4: URI syntax)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from backend.barcodes.dictionary import ApplicationIdentifier, application_identifiers
from backend.barcodes.elements import Element, checked, require_associations, require_equal_repeats
from backend.barcodes.errors import BarcodeError

MAX_LENGTH: Final = 4_096
# In capitals, because codes do with fewer modules then; mixed case is nobody's habit.
_URI: Final = re.compile(r"(?:https?|HTTPS?)://(?P<authority>[A-Za-z0-9.\-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?)/(?P<rest>[^\s]*)")
_CHARACTERS: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_GTIN_LENGTHS: Final = frozenset((8, 12, 13))
_GTIN_KEYS: Final = frozenset(("01", "02", "03"))
# The names of early versions of the standard, which are still printed on goods.
SHORT_NAMES: Final = {
    "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "pay": "415", "gsrnp": "8017", "gsrn": "8018", "glnx": "254", "cpv": "22",
    "lot": "10", "ser": "21", "cpsn": "8011", "refno": "8020", "srin": "8019", "giai": "8004", "grai": "8003", "sscc": "00", "gdti": "253",
    "gcn": "255", "gsin": "402", "ginc": "401", "gmn": "8013", "party": "417", "exp": "17", "prodDate": "11", "packDate": "13",
    "bestBefore": "15", "sellBy": "16", "expDate": "17",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """What a Digital Link says: elements in the order of path and query, and the parameters that aren't GS1's."""

    elements: tuple[Element, ...]
    ignored: tuple[str, ...]


def read_link(uri: str, *, short_names: bool = False, short_gtins: bool = False) -> Link:
    """Read a Digital Link. Raises `BarcodeError`.

    `short_names` reads "/gtin/…/lot/…", `short_gtins` GTINs without their leading zeros.
    """
    segments, query = take_apart(uri)
    pairs = _path(segments, short_names=short_names)
    ignored: list[str] = []
    pairs += _query(query, pairs, ignored, short_names=short_names)
    elements = [_element(ai, value, short_gtins=short_gtins) for ai, value in pairs]
    require_equal_repeats(elements)
    return Link(tuple(elements), tuple(ignored))


def take_apart(uri: str) -> tuple[list[str], str]:
    """The segments of a web address's path, and its query. Raises `BarcodeError`."""
    if len(uri) > MAX_LENGTH:
        raise BarcodeError("TOO_LONG", f"The URI has {len(uri)} characters; {MAX_LENGTH} are the most that is read.")
    found = _URI.fullmatch(uri)
    if found is None or not _CHARACTERS.fullmatch(uri):
        raise BarcodeError("NO_URI", "This is no web address with a domain and a path, such as https://id.gs1.org/01/09506000134352.")
    path, _, query = found["rest"].partition("#")[0].partition("?")
    return path.split("/"), query


def read_key_path(segments: list[str], *, short_names: bool, short_gtins: bool) -> tuple[Element, ...]:
    """The key at the end of a path, with its qualifiers. Raises `BarcodeError`."""
    return tuple(_element(ai, value, short_gtins=short_gtins) for ai, value in _path(segments, short_names=short_names))


def _path(segments: list[str], *, short_names: bool) -> list[tuple[str, str]]:
    """The key with its qualifiers: the last pairs of the path, from the rightmost primary key on."""
    known = application_identifiers()
    pairs: list[tuple[str, str]] = []
    while len(segments) >= 2:
        name, value = segments[-2], segments[-1]
        ai = SHORT_NAMES.get(name, name) if short_names else name
        entry = known.get(ai)
        if entry is None or not value:
            break
        pairs.insert(0, (ai, unescape(value, query=False)))
        if entry.keyed:
            qualifiers = tuple(ai for ai, _ in pairs[1:])
            if not _in_order(qualifiers, entry):
                raise BarcodeError("BAD_PATH", f"{', '.join(f'({ai})' for ai in qualifiers)} can't follow ({ai}) in this order.", ai=ai)
            return pairs
        del segments[-2:]
    raise BarcodeError("NO_KEY", "The path names no primary key of GS1 with a value, such as /01/09506000134352.")


def _in_order(qualifiers: Sequence[str], key: ApplicationIdentifier) -> bool:
    """Whether the qualifiers are part of one of the key's sequences, in its order."""
    if not qualifiers:
        return True
    return any([ai for ai in way if ai in qualifiers] == list(qualifiers) for way in key.qualifiers)


def _query(query: str, path: list[tuple[str, str]], ignored: list[str], *, short_names: bool) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    seen = {ai for ai, _ in path}
    for parameter in filter(None, re.split("[&;]", query)):
        name, equals, value = parameter.partition("=")
        ai = SHORT_NAMES.get(name, name) if short_names else name
        if not (equals and ai.isascii() and ai.isdigit() and 2 <= len(ai) <= 4):
            ignored.append(parameter)
            continue
        if ai in seen:
            raise BarcodeError("REPEATED_AI", f"({ai}) stands twice in the address; keep the right one.", ai=ai)
        _require_attribute(ai, path)
        seen.add(ai)
        pairs.append((ai, unescape(value, query=True)))
    return pairs


def _require_attribute(ai: str, path: Sequence[tuple[str, str]]) -> None:
    entry = application_identifiers().get(ai)
    if entry is None or not entry.attribute:
        raise BarcodeError("NO_ATTRIBUTE", f"({ai}) can't stand behind the question mark of a Digital Link.", ai=ai)
    key = application_identifiers()[path[0][0]]
    present = {each for each, _ in path[1:]}
    for way in key.qualifiers:
        if ai in way and present <= set(way):
            raise BarcodeError("MISPLACED_QUALIFIER", f"({ai}) belongs to ({key.ai}) and stands in the path.", ai=ai)


def _element(ai: str, value: str, *, short_gtins: bool) -> Element:
    if short_gtins and ai in _GTIN_KEYS and len(value) in _GTIN_LENGTHS and value.isascii() and value.isdigit():
        value = value.zfill(14)
    if "\x00" in value:
        raise BarcodeError("NUL", f"The value of ({ai}) holds the character NUL.", ai=ai)
    return checked(ai, value, application_identifiers()[ai])


def write_link(elements: Iterable[Element], *, stem: str = "https://id.gs1.org", short_names: bool = False, unknown: bool = False) -> str:
    """A Digital Link on any domain: the first primary key with its qualifiers in the path, all else behind the question mark.

    Attributes of predefined length come first; identifiers that the dictionary lacks only with `unknown`. Raises `BarcodeError` for
    elements that aren't one thing's, or that no link can say.
    """
    given = {element.ai: element for element in elements}
    key = next((element for element in given.values() if element.entry and element.entry.keyed), None)
    if key is None or key.entry is None:
        raise BarcodeError("NO_KEY", "A Digital Link needs a primary key, such as (01).")
    ways = sorted(key.entry.qualifiers, key=lambda way: -sum(ai in given for ai in way))
    qualifiers = [given[ai] for ai in ways[0] if ai in given] if ways else []
    rest = [element for element in given.values() if element is not key and element not in qualifiers]
    path = [(key.ai, key.value), *((element.ai, element.value) for element in qualifiers)]
    for element in rest:
        if element.entry is not None or not unknown:
            _require_attribute(element.ai, path)
    attributes = sorted(rest, key=lambda element: not (element.entry and element.entry.fixed))
    names = {ai: name for name, ai in reversed(SHORT_NAMES.items())} if short_names else {}
    written = "".join(f"/{names.get(ai, ai)}/{escape(value, query=False)}" for ai, value in path)
    parameters = "&".join(f"{element.ai}={escape(element.value, query=True)}" for element in attributes)
    return stem.rstrip("/") + written + (f"?{parameters}" if parameters else "")


def with_numbers(uri: str) -> str:
    """The same address with application identifiers in place of their short names, all else as it stands. Raises `BarcodeError`."""
    segments, _ = take_apart(uri)
    # Only what is read as a key with its qualifiers is renamed: a folder may well be called "lot".
    renamed = len(_path(list(segments), short_names=True)) * 2
    address, hash_sign, fragment = uri.partition("#")
    path, question, query = address.partition("?")
    stem, names = path.split("/")[:-renamed], path.split("/")[-renamed:]
    names[::2] = [SHORT_NAMES.get(name, name) for name in names[::2]]
    parameters = [parameter.partition("=") for parameter in query.split("&")]
    written = "&".join(f"{SHORT_NAMES.get(name, name) if equals else name}{equals}{value}" for name, equals, value in parameters)
    return "/".join([*stem, *names]) + question + written + hash_sign + fragment


def write_checked_link(elements: Sequence[Element], *, stem: str = "https://id.gs1.org") -> str:
    """The same of elements that may stand together: what is printed on goods."""
    require_associations(elements)
    return write_link(elements, stem=stem)


def escape(text: str, *, query: bool) -> str:
    """Percent-encode everything but unreserved characters (RFC 3986 §2.3); in a query a space is "+"."""
    return "".join(
        character if character in _UNRESERVED else "+" if query and character == " " else "".join(f"%{byte:02X}" for byte in character.encode())
        for character in text
    )


def unescape(text: str, *, query: bool) -> str:
    """The reverse; what is no sequence stays as it is, and bytes are characters of Latin-1, since GS1's values are ASCII."""
    plain = text.replace("+", " ") if query else text
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), plain)
