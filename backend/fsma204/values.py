"""What stands in the slots of a record, and what each kind of value lacks to be complete. Rules only."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final, TypeVar
from uuid import UUID

from backend.fsma204.elements import Cte, Shape, Side
from backend.fsma204.foods import Listed

# Of locations in the United States the State and the zip code are asked for; of others what is comparable there, and the country.
_DOMESTIC: Final = frozenset({"US", "USA", "840", "UNITED STATES"})


@dataclass(frozen=True, slots=True)
class Place:
    """A location description (1.1310). `uri` is the place's or party's identifier; `exempt`: a person to whom the rule doesn't apply."""

    uri: str = ""
    name: str = ""
    phone: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    coordinates: str = ""
    exempt: bool = False

    def lacks(self, shape: Shape) -> tuple[str, ...]:
        """The parts that aren't told, by name."""
        wanted = {"name": self.name, "phone": self.phone}
        if shape is Shape.PLACE:
            wanted |= {"street": self.street or self.coordinates, "city": self.city, "country": self.country}
            if self.country.upper() in _DOMESTIC:
                wanted |= {"region": self.region, "postal_code": self.postal_code}
        return tuple(part for part, value in wanted.items() if not value)


@dataclass(frozen=True, slots=True)
class Product:
    """A product description (1.1310), and the commodity and variety of a food that isn't packed yet."""

    gtin: str = ""
    name: str = ""
    brand: str = ""
    commodity: str = ""
    variety: str = ""
    packaging_size: str = ""
    packaging_style: str = ""
    species: str = ""

    def lacks(self, shape: Shape) -> tuple[str, ...]:
        """Brand, commodity and variety belong to the name where there are such; commodity alone is asked for of what isn't packed."""
        if shape is Shape.FOOD:
            return () if self.commodity or self.name else ("commodity",)
        wanted = {"name": self.name, "packaging_size": self.packaging_size, "packaging_style": self.packaging_style}
        return tuple(part for part, value in wanted.items() if not value)


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity with its unit of measure; an empty unit counts pieces."""

    quantity: Decimal | None = None
    uom: str = ""

    def lacks(self, _shape: Shape) -> tuple[str, ...]:
        """The unit is never lacking: what is counted is told in pieces."""
        return () if self.quantity is not None else ("quantity",)


@dataclass(frozen=True, slots=True)
class Paper:
    """A reference document (1.1310)."""

    type: str = ""
    number: str = ""

    def lacks(self, _shape: Shape) -> tuple[str, ...]:
        """Both are asked for."""
        return tuple(part for part, value in (("type", self.type), ("number", self.number)) if not value)


@dataclass(frozen=True, slots=True)
class Day:
    """A date as it was at the place, with the time and the zone where they are known."""

    day: date | None = None
    at: datetime | None = None
    zone: str = ""

    def lacks(self, _shape: Shape) -> tuple[str, ...]:
        """A day will do."""
        return () if self.day is not None else ("date",)


@dataclass(frozen=True, slots=True)
class Text:
    """Anything else."""

    text: str = ""

    def lacks(self, _shape: Shape) -> tuple[str, ...]:
        """Something has to stand there."""
        return () if self.text.strip() else ("text",)


Value = Place | Product | Amount | Paper | Day | Text
V = TypeVar("V", Place, Product)
EMPTY: Final[Mapping[Shape, Value]] = {
    Shape.LOT_CODE: Text(), Shape.PLACE: Place(), Shape.PERSON: Place(), Shape.PRODUCT: Product(), Shape.FOOD: Product(),
    Shape.AMOUNT: Amount(), Shape.DAY: Day(), Shape.PAPER: Paper(), Shape.TEXT: Text(),
}  # fmt: skip


def filled(first: V, second: V) -> V:
    """The first with what the second tells besides."""
    gaps = {field.name: getattr(second, field.name) for field in fields(first) if not getattr(first, field.name)}
    return replace(first, **gaps)


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a critical tracking event: a lot in an event. `facts` are the values by slot; what isn't told has none.

    `link` joins the lines of one transformation; `lot_id` is None where nobody told which lot it was. `produce` and `aquaculture` are
    None where nobody said. `event_id` never leaves; `event` does.
    """

    cte: Cte
    side: Side
    event_id: int
    event: UUID
    at: datetime
    link: str
    lot_id: int | None
    lot_key: str
    facts: Mapping[str, Value]
    listed: Listed
    category: str | None
    produce: bool | None = None
    aquaculture: bool | None = None
