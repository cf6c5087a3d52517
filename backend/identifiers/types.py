"""What an identifier of a traceable object is once it has been read."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

DIGITAL_LINK_ROOT: Final = "https://id.gs1.org/"

# A key is part of unique B-tree indexes, whose entries PostgreSQL limits to about 2,700 bytes.
LONGEST_IDENTIFIER: Final = 1024


class ObjectKind(IntEnum):
    """What an identifier names; the numbers are stored and never change.

    The last two are nodes of the genealogy's own, which nobody names: a container as one event used or filled it, and the units of a
    lot with histories of their own, where it was used without telling which of them went.
    """

    LOT = 1
    UNIT = 2
    LOGISTIC_UNIT = 3
    ASSET = 4
    TANK = 5
    TRANSFORMATION = 6
    PRODUCT_CLASS = 7
    OTHER = 8
    CONTAINER_STATE = 9
    POOL = 10


# Steps on the way of goods: they lie nowhere, and nobody counts, holds or releases one.
STEPS_OF_GENEALOGY: Final = frozenset({ObjectKind.TRANSFORMATION, ObjectKind.CONTAINER_STATE, ObjectKind.POOL})


class IdentifierRole(StrEnum):
    """Where an identifier stands, which decides how strictly it is read."""

    OBJECT = "object"
    """Names what the event is about: a malformed GS1 key is refused."""
    PLACE = "place"
    """Names a place or a party: a malformed GS1 key is refused."""
    REFERENCE = "reference"
    """Names a document, a device and the like: what isn't a proper GS1 key is kept as it is."""
    TYPED = "typed"
    """Typed, pasted or from a stored key: bracketed element strings and bare Digital Link paths are read too."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier in canonical form beside the form in which it was captured.

    `key` is the Digital Link path without a domain for GS1 keys ("01/09506000134352/10/ABC"), at its finest level only,
    and the URI itself for anything else. A unit captured with its lot keeps the lot beside a key that ends in the serial.
    `gtin` has 14 digits; `lot` and `serial` are decoded. `serial` is set where product and serial name the unit: an SGTIN or a
    private unit, not one piece of an ITIP or a tobacco unit (UPUI), whose numbers have a space of their own.
    `company_prefix_length` is known only where a URN was captured; without it no URN can be written.
    """

    kind: ObjectKind
    key: str
    captured: str
    gtin: str | None = None
    lot: str | None = None
    serial: str | None = None
    company_prefix_length: int | None = None

    @property
    def is_gs1(self) -> bool:
        return self.key[:1].isdigit()

    @property
    def uri(self) -> str:
        """The canonical URI: a GS1 Digital Link URI for GS1 keys, else the identifier itself."""
        return DIGITAL_LINK_ROOT + self.key if self.is_gs1 else self.key

    @property
    def product_key(self) -> str | None:
        """The key of the product that a lot, unit or class belongs to: "01/…", or ".../class/{product}" for private forms."""
        if self.gtin is not None:
            return f"01/{self.gtin}"
        if self.kind is ObjectKind.PRODUCT_CLASS:
            return self.key
        if self.is_gs1 or (self.lot is None and self.serial is None):
            return None
        product = self.key.rpartition("/")[0]
        host, segment, name = product.rpartition("/obj/")
        return f"{host}/class/{name}" if segment else product
