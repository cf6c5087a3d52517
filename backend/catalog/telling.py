"""Keeps what is told of vocabulary elements, by source and through time, whatever it is; what is told again changes nothing."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from backend.catalog import vocabulary_repository as repository
from backend.catalog.attributes import CBV, CHILDREN, canonical, indexed, texts
from backend.catalog.entries import Entry, Location, Product
from backend.catalog.languages import UNDETERMINED
from backend.catalog.vocabulary_repository import Key
from backend.identifiers import DIGITAL_LINK_ROOT
from infra.database import TenantTransaction

EPC_CLASS: Final = "urn:epcglobal:epcis:vtype:EPCClass"
BUSINESS_LOCATION: Final = "urn:epcglobal:epcis:vtype:BusinessLocation"
READ_POINT: Final = "urn:epcglobal:epcis:vtype:ReadPoint"
LOCATION: Final = "urn:epcglobal:epcis:vtype:Location"
SOURCE_DEST: Final = "urn:epcglobal:epcis:vtype:SourceDest"
# The source of what people and programs of the company put into the catalogue itself.
CATALOGUE: Final = "catalogue"
AT_ONCE: Final = 1_000
VALUES_AT_ONCE: Final = 10_000
_encode = msgspec.json.Encoder(order="deterministic", decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Element:
    """A vocabulary element as one source tells it. `element` is its canonical URI, `body` all but the id: attributes, children, extensions."""

    vocabulary: str
    element: str
    captured: str
    body: dict[str, Any]

    @property
    def key(self) -> Key:
        """By which it is found."""
        return self.vocabulary, self.element

    @property
    def attributes(self) -> list[tuple[str, Any]]:
        """(canonical name, value as told) in the order of telling."""
        return [(canonical(item["id"]), item.get("attribute")) for item in self.body.get("attributes", ())]

    @property
    def children(self) -> list[str]:
        """The canonical URIs of what lies in it."""
        children: list[str] = self.body.get("children", [])
        return children

    def values(self) -> Iterator[tuple[str, str, str, str]]:
        """(vocabulary, element, attribute, value) of everything by which it is found; the value is empty where it is an object."""
        for name, value in self.attributes:
            found = [indexed(text) for _, text in texts(value)] or [""]
            yield from ((self.vocabulary, self.element, indexed(name), text) for text in found)
        yield from ((self.vocabulary, self.element, CHILDREN, child) for child in self.children)


async def tell(tx: TenantTransaction, told: Sequence[Element], *, source: str, own: bool, teller: str, valid_from: datetime) -> list[Element]:
    """Keep these elements, no two of one key, as a source tells them from a moment on; gives those of which that is new."""
    fresh: list[Element] = []
    for start in range(0, len(told), AT_ONCE):
        part = {
            item.key: (item, (body := _encode(item.body).decode()), hashlib.sha256(body.encode()).hexdigest())
            for item in told[start : start + AT_ONCE]
        }
        known = await repository.digests(tx, list(part), source=source, moment=valid_from)
        new = [(item, body, digest) for key, (item, body, digest) in part.items() if known.get(key) != digest]
        if not new:
            continue
        rows = [(*item.key, item.captured, body, digest) for item, body, digest in new]
        current = await repository.add(tx, rows, source=source, own=own, teller=teller, valid_from=valid_from)
        if before := [key for key, told_before in current.items() if told_before]:
            await repository.forget(tx, before, source=source)
        if values := [value for item, _, _ in new if item.key in current for value in item.values()]:
            for at in range(0, len(values), VALUES_AT_ONCE):
                await repository.index(tx, values[at : at + VALUES_AT_ONCE], source=source)
        fresh += [item for item, _, _ in new]
    return fresh


async def tell_entries(tx: TenantTransaction, entries: Sequence[Entry], *, valid_from: datetime, teller: str) -> None:
    """What the company puts into its catalogue is master data that it tells, like that of a document."""
    await tell(tx, [element_of(entry) for entry in entries], source=CATALOGUE, own=True, teller=teller, valid_from=valid_from)


def element_of(entry: Entry) -> Element:
    """An entry as a vocabulary element, with the attributes of CBV 2.0 §10."""
    if isinstance(entry, Product):
        uri = f"{DIGITAL_LINK_ROOT}01/{entry.gtin}"
        return Element(EPC_CLASS, uri, uri, {"attributes": [_named("tradeItemDescription", entry)]})
    if isinstance(entry, Location):
        return Element(BUSINESS_LOCATION, entry.place, entry.place, {"attributes": [_named("name", entry)]})
    address = [{"id": f"{CBV}streetAddressOne", "attribute": entry.address}] if entry.address else []
    return Element(SOURCE_DEST, entry.party, entry.party, {"attributes": [_named("name", entry), *address]})


def _named(attribute: str, entry: Entry) -> dict[str, Any]:
    values: list[Any] = [name if language == UNDETERMINED else {"@value": name, "@language": language} for language, name in entry.names.items()]
    return {"id": f"{CBV}{attribute}", "attribute": values[0] if len(values) == 1 else values}
