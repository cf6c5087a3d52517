"""What the catalogue holds of a product, a place and a partner, and how a state of it is kept as text."""

from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any, ClassVar, TypeVar

import msgspec

from backend.catalog.languages import Names


class Kind(IntEnum):
    """What an entry is of; the numbers are stored and never change."""

    PRODUCT = 1
    LOCATION = 2
    PARTNER = 3


class ProductKind(IntEnum):
    """The numbers are stored and never change."""

    RAW = 1
    INTERMEDIATE = 2
    FINISHED = 3


@dataclass(frozen=True, slots=True)
class Product:
    """A product; `published` lets its lots name it on public pages of what was made from them. `told`: known from others' documents only."""

    sort: ClassVar[Kind] = Kind.PRODUCT
    gtin: str
    names: Names
    kind: ProductKind
    uom: str = ""
    shelf_life_days: int | None = None
    published: bool = False
    told: bool = False

    @property
    def key(self) -> str:
        """By which it is found."""
        return self.gtin


@dataclass(frozen=True, slots=True)
class Location:
    """A place; `place` is the URI that events carry, in any form; `own` tells the tenant's own from others', unless that is `undetermined`."""

    sort: ClassVar[Kind] = Kind.LOCATION
    place: str
    names: Names
    kind: str
    own: bool
    time_zone: str
    parent_place: str | None = None
    undetermined: bool = False
    told: bool = False

    @property
    def key(self) -> str:
        """By which it is found."""
        return self.place


@dataclass(frozen=True, slots=True)
class Partner:
    """A supplier or customer; `party` is the URI that events carry, in any form."""

    sort: ClassVar[Kind] = Kind.PARTNER
    party: str
    names: Names
    supplier: bool
    customer: bool
    address: str = ""
    told: bool = False

    @property
    def key(self) -> str:
        """By which it is found."""
        return self.party


Entry = Product | Location | Partner
E = TypeVar("E", Product, Location, Partner)
_KEYS = {Kind.PRODUCT: "gtin", Kind.LOCATION: "place", Kind.PARTNER: "party"}


def as_text(entry: Entry) -> str:
    """A state of an entry as a version keeps it: everything but its key."""
    told: dict[str, Any] = asdict(entry)
    del told[_KEYS[entry.sort]]
    return msgspec.json.encode(told).decode()


def from_text(kind: type[E], key: str, text: str) -> E:
    """The state that a version keeps."""
    told: dict[str, Any] = msgspec.json.decode(text)
    if kind.sort is Kind.PRODUCT:
        told["kind"] = ProductKind(told["kind"])
    return kind(key, **told)
