"""What a notice says, frozen when it is written: the recall in the sender's words, and one customer's own part of the goods. No I/O."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

# A customer who has received more lots than that is told how many more there are, and to call.
MOST_LINES: Final = 2_000
MOST_DELIVERIES: Final = 20


class Delivered(msgspec.Struct, frozen=True, omit_defaults=True):
    """One delivery of a lot: `reference` names the shipment, `document` its paper, `at` is when it was sent (ISO 8601), `quantity` a decimal as
    text, empty where nobody knows."""

    reference: str
    document: str = ""
    at: str = ""
    quantity: str = ""
    uom: str = ""


class Lot(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a notice: goods by their key, with what the customer received of it, and when. `quantity` is empty where nobody knows."""

    line: int
    key: str
    code: str = ""
    gtin: str = ""
    names: dict[str, str] = {}
    quantity: str = ""
    uom: str = ""
    certain: bool = True
    deliveries: tuple[Delivered, ...] = ()
    more_deliveries: int = 0

    @property
    def received(self) -> Decimal | None:
        """The quantity as a number."""
        return Decimal(self.quantity) if self.quantity else None


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything that a notice says. Texts by language are told in the reader's, or as they were written."""

    case_number: str
    title: str
    reason: str = ""
    hazard: str = ""
    instructions: dict[str, str] = {}
    # "RECALL" or "WITHDRAWAL", the class ("I", "2") as the law of the country calls it, and how far it goes: TRADE, RETAIL, CONSUMER.
    decision: str = ""
    recall_class: str = ""
    depth: str = ""
    sender: str = ""
    customer: dict[str, str] = {}
    phone: str = ""
    email: str = ""
    lots: tuple[Lot, ...] = ()
    left_out: int = 0


def encode(content: Content) -> str:
    """As it is stored."""
    return msgspec.json.encode(content).decode()


def decode(text: str) -> Content:
    """As it was stored."""
    return msgspec.json.decode(text, type=Content)


def told(texts: Mapping[str, str], language: str) -> str:
    """The text in a language, else in English, else whichever there is."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def numbered(lots: Iterable[Lot]) -> tuple[tuple[Lot, ...], int]:
    """The lots with their lines counted from 1, as many as a notice has; and how many are left out."""
    every = list(lots)
    kept = tuple(msgspec.structs.replace(lot, line=number) for number, lot in enumerate(every[:MOST_LINES], 1))
    return kept, len(every) - len(kept)


def added(lots: Sequence[Lot], told_before: Collection[Content]) -> list[Lot]:
    """What of these lots earlier notices haven't told: lots that are new, and of the others the deliveries that are."""
    known: dict[tuple[str, str], list[Lot]] = {}
    for content in told_before:
        for lot in content.lots:
            known.setdefault((lot.key, lot.uom), []).append(lot)
    found = []
    for lot in lots:
        former = known.get((lot.key, lot.uom))
        if former is None:
            found.append(lot)
            continue
        told_of = {one.reference for each in former for one in each.deliveries}
        new = tuple(one for one in lot.deliveries if one.reference not in told_of)
        if new:
            found.append(msgspec.structs.replace(lot, deliveries=new, quantity=_rest(lot, new, former)))
    return found


def _rest(lot: Lot, new: Sequence[Delivered], former: Sequence[Lot]) -> str:
    """What new deliveries come to: their own quantities, else what was told before taken from the whole; empty where nobody knows."""
    if all(one.quantity for one in new):
        return plain(sum((Decimal(one.quantity) for one in new), Decimal(0)))
    if lot.received is None or any(each.received is None for each in former):
        return ""
    return plain(max(Decimal(0), lot.received - sum((each.received or Decimal(0) for each in former), Decimal(0))))


def plain(value: Decimal) -> str:
    """A quantity as people write it, without an exponent and without noughts at its end."""
    return f"{value.normalize():f}"
