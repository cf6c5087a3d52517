"""What an event names that master data tells of: products, places, parties. No I/O."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from backend.identifiers import DIGITAL_LINK_ROOT, IdentifierRole, InvalidIdentifierError, parse_identifier

_OBJECTS: Final = ("parentID", "epcList", "childEPCs", "inputEPCList", "outputEPCList")
_CLASSES: Final = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
_PLACES: Final = ("readPoint", "bizLocation")
_PARTIES: Final = (("sourceList", "source"), ("destinationList", "destination"))


def named_in(body: Mapping[str, Any]) -> Iterator[str]:
    """The canonical URIs of elements of master data that an event names; each place with the GLN that it belongs to."""
    for text in _objects(body):
        if (gtin := _gtin(text)) is not None:
            yield f"{DIGITAL_LINK_ROOT}01/{gtin}"
    for name in _PLACES:
        if isinstance(value := body.get(name), Mapping):
            yield from _place(value.get("id"))
    for name, member in _PARTIES:
        for item in body.get(name) or ():
            yield from _place(item.get(member))


def _objects(body: Mapping[str, Any]) -> Iterator[str]:
    for name in _OBJECTS:
        value = body.get(name) or ()
        yield from (value,) if isinstance(value, str) else value
    for name in _CLASSES:
        yield from (item["epcClass"] for item in body.get(name) or ())


def _gtin(text: str) -> str | None:
    try:
        return parse_identifier(text).gtin
    except InvalidIdentifierError:
        return None


def _place(text: Any) -> Iterator[str]:
    if not isinstance(text, str):
        return
    try:
        uri = parse_identifier(text, role=IdentifierRole.PLACE).uri
    except InvalidIdentifierError:
        return
    yield uri
    stem = len(f"{DIGITAL_LINK_ROOT}414/") + 13
    if uri.startswith(f"{DIGITAL_LINK_ROOT}414/") and len(uri) > stem:
        yield uri[:stem]
