"""The terms of the effectiveness board: fates of goods, facts about them, rows, and what doesn't add up. No I/O."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from typing import Final

from backend.genealogy.rules import Certainty

_HUNDREDTH: Final = Decimal("0.01")


class Fate(StrEnum):
    """What became of goods at a customer."""

    RECOVERED = "recovered"
    DESTROYED = "destroyed"
    SOLD = "sold"
    USED = "used"
    HELD = "held"


class DiscrepancyKind(StrEnum):
    """Why something doesn't add up."""

    OVER_REPORTED = "over_reported"
    RETURNED_MORE_THAN_SHIPPED = "returned_more_than_shipped"
    NOT_SHIPPED_TO = "not_shipped_to"
    UNITS_DO_NOT_COMPARE = "units_do_not_compare"
    RETURN_WITHOUT_SENDER = "return_without_sender"
    SHIPPED_WITHOUT_CUSTOMER = "shipped_without_customer"
    QUANTITY_NOT_TOLD = "quantity_not_told"
    SHIPPED_OTHERWISE = "shipped_otherwise"
    OWN_STOCK_UNEXPLAINED = "own_stock_unexplained"


@dataclass(frozen=True, slots=True)
class Shipped:
    """How much of a lot (or unit) a customer was sent; an empty `uom` counts pieces. `party` is None where no event tells whom."""

    party: str | None
    object_id: int
    gtin: str | None
    quantity: Decimal
    uom: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of a lot's fate at a customer: `proved` by our own events, else as the customer reports it."""

    party: str | None
    object_id: int
    gtin: str | None
    fate: Fate
    quantity: Decimal
    uom: str
    proved: bool


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Something that doesn't add up, and by how much. `object_id` is a lot's, None where it concerns none alone."""

    kind: DiscrepancyKind
    party: str | None
    gtin: str | None
    object_id: int | None
    quantity: Decimal
    uom: str


@dataclass(frozen=True, slots=True)
class Split:
    """Parts of what was shipped, and what is `over` it. `_reported` is beyond what is proved."""

    shipped: Decimal = Decimal(0)
    recovered_proved: Decimal = Decimal(0)
    recovered_reported: Decimal = Decimal(0)
    destroyed_proved: Decimal = Decimal(0)
    destroyed_reported: Decimal = Decimal(0)
    sold: Decimal = Decimal(0)
    used: Decimal = Decimal(0)
    held: Decimal = Decimal(0)
    unknown: Decimal = Decimal(0)
    over: Decimal = Decimal(0)

    @property
    def recovered(self) -> Decimal:
        """Back, or reported to be on its way back."""
        return self.recovered_proved + self.recovered_reported

    @property
    def destroyed(self) -> Decimal:
        """Destroyed at the customer."""
        return self.destroyed_proved + self.destroyed_reported

    @property
    def known(self) -> Decimal:
        """What became of it is known."""
        return self.shipped - self.unknown

    @property
    def recovery_rate(self) -> Decimal | None:
        """Recovered and destroyed, per cent of shipped; None where nothing was shipped."""
        return percent(self.recovered + self.destroyed, self.shipped)

    @property
    def known_rate(self) -> Decimal | None:
        """Whose fate is known, per cent of shipped; None where nothing was shipped."""
        return percent(self.known, self.shipped)


@dataclass(frozen=True, slots=True)
class Row:
    """A customer's part of a product, certain or possible, in one unit of measure. Totals leave out what they add up over."""

    party: str | None
    gtin: str | None
    uom: str
    certainty: Certainty
    split: Split
    lots: int = 0


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """Per cent with two decimals, rounded down: 99.996 is no hundred. None of nothing."""
    return (part * 100 / whole).quantize(_HUNDREDTH, ROUND_DOWN) if whole > 0 else None
