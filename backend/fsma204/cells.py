"""The columns of the sheet, and the cells of a record. Rules only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from backend.fsma204 import words
from backend.fsma204.elements import KDES, OF_CTE, Cte, Shape
from backend.fsma204.values import Amount, Day, Paper, Place, Product, Record, Text, Value

_PARTS: Final[Mapping[Shape, tuple[str, ...]]] = {
    Shape.LOT_CODE: ("text",), Shape.TEXT: ("text",), Shape.DAY: ("date",), Shape.PAPER: ("type", "number"), Shape.AMOUNT: ("quantity", "uom"),
    Shape.PLACE: ("name", "phone", "street", "city", "region", "postal_code", "country", "coordinates", "uri"), Shape.PERSON: ("name", "phone"),
    Shape.PRODUCT: ("name", "brand", "commodity", "variety", "packaging_size", "packaging_style", "gtin"), Shape.FOOD: ("commodity", "variety"),
}  # fmt: skip
# In which the columns of the combined sheet stand; what a reader sorts by comes first.
_FIRST: Final = ("lot", "product", "food", "amount", "date", "here", "source", "recipient", "tlc_source", "tlc_reference", "paper")


@dataclass(frozen=True, slots=True)
class Column:
    """`key` is `slot.part`; `cite` names the elements that ask for it."""

    key: str
    title: str
    cite: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a cell: a text, a number, a day, or nothing."""

    value: str | Decimal | date | None

    @property
    def text(self) -> str:
        """As it is shown where there are only texts."""
        if self.value is None:
            return ""
        return f"{self.value:f}" if isinstance(self.value, Decimal) else str(self.value)


def columns_of(cte: Cte, language: str) -> tuple[Column, ...]:
    """Of the sheet of one kind of event, in the rule's order."""
    return _columns(cte, "zh" if language.startswith("zh") else "en")


def combined(language: str) -> tuple[Column, ...]:
    """Of the sheet that has all kinds."""
    return _columns(None, "zh" if language.startswith("zh") else "en")


@lru_cache(maxsize=32)
def _columns(cte: Cte | None, language: str) -> tuple[Column, ...]:
    slots: dict[str, tuple[Shape, dict[str, None]]] = {}
    for kde in OF_CTE[cte] if cte else KDES:
        for part in kde.parts:
            slots.setdefault(part.slot, (part.shape, {}))[1][kde.cite] = None
    # A person of whom name and phone are asked for may be a farm with an address; the product's description has what a commodity has.
    if "product" in slots and "food" in slots and cte is None:
        del slots["food"]
    order = [*(slot for slot in _FIRST if slot in slots), *(slot for slot in slots if slot not in _FIRST)]
    columns = []
    for slot in order:
        shape, cites = slots[slot]
        cite = ", ".join(cites) if cte else ""
        columns += [Column(f"{slot}.{name}", words.part_title(f"{slot}.{name}", language, cte), cite) for name in _PARTS[shape]]
    return tuple(columns)


def cells_of(record: Record, columns: Sequence[Column]) -> list[Cell]:
    """The record's cells, in the order of the columns."""
    told = {key: value for slot, fact in record.facts.items() for key, value in _told(slot, fact)}
    return [Cell(told.get(column.key)) for column in columns]


def _told(slot: str, fact: Value) -> Iterable[tuple[str, str | Decimal | date | None]]:
    if isinstance(fact, Text):
        return [(f"{slot}.text", fact.text or None)]
    if isinstance(fact, Day):
        return [(f"{slot}.date", fact.day)]
    if isinstance(fact, Amount):
        return [(f"{slot}.quantity", fact.quantity), (f"{slot}.uom", fact.uom or "units")]
    names = Paper.__slots__ if isinstance(fact, Paper) else Product.__slots__ if isinstance(fact, Product) else Place.__slots__
    return [(f"{slot}.{name}", getattr(fact, name) or None) for name in names if name != "exempt"]
