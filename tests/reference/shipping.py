"""What each shipment carried, as it left (MODEL: Shipments; docs/model.md: What came from what)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from backend.identifiers import ObjectKind
from tests.reference.containers import SHIPPING, TOLERANCE, Stay, contents
from tests.reference.genealogy import Genealogy
from tests.reference.told import CONTAINERS, Told
from tests.reference.trace import closure, starts


@dataclass(frozen=True)
class Carried:
    """How much of a lot, or of a unit that stands for itself, a shipment carried; `uom` is empty where pieces are counted."""

    shipment: str
    thing: str
    amount: Decimal
    uom: str
    certain: bool


@dataclass(frozen=True)
class _Good:
    thing: str
    amount: Decimal | None
    uom: str | None
    certain: bool
    told_by: str


def shipments(genealogy: Genealogy, own: Mapping[str, bool] | None = None) -> list[Told]:
    """The shipments of the tenant's own goods: not those that leave from a place that is known to be somebody else's."""
    known = own or {}
    return [
        event
        for event in genealogy.told
        if event.step in SHIPPING and event.lines and next((known[place] for place in event.left_from if place in known), True)
    ]


def goods_in(genealogy: Genealogy, shipment: Told) -> set[_Good]:
    """All that left with a shipment: what it names, and what lay in that, through every level of packing."""
    named = [(line, number) for number, line in enumerate(shipment.lines) if line.part in ("subject", "parent")]
    found = {_Good(line.thing, line.amount, line.uom, True, f"line {number}") for line, number in named}
    waiting = list(found)
    while waiting:
        outer = waiting.pop()
        for stay, surely in _inside(genealogy, outer.thing, shipment.at):
            inner = _Good(stay.content, stay.amount, stay.uom, outer.certain and surely, f"{stay.opened_by} {stay.since}")
            if inner not in found:
                found.add(inner)
                waiting.append(inner)
    return found


def _inside(genealogy: Genealogy, container: str, at: datetime) -> list[tuple[Stay, bool]]:
    """What lay in a container as it left. Was nothing in it by then, then what was put into it next, only possibly: one clock is wrong.

    Within a day for an asset, which also goes empty; whatever the time for a logistic unit. Of a tank possibly also what was taken out.
    """
    of_both = [(stay, True) for stay in genealogy.stays if stay.container == container and stay.same]
    own = [stay for stay in genealogy.stays if stay.container == container and not stay.same]
    residues = [(stay, False) for stay in own if stay.residue and stay.at(at)]
    present = [(stay, True) for stay in own if not stay.residue and stay.at(at)]
    if present:
        return present + residues + of_both
    later = [stay for stay in own if not stay.residue and stay.since > at]
    first = min((stay.since for stay in later), default=at)
    until = (first if genealogy.kinds.get(container) is ObjectKind.LOGISTIC_UNIT else at) + TOLERANCE
    return [(stay, False) for stay in later if stay.since <= until] + residues + of_both


def carried(genealogy: Genealogy, shipment: Told) -> set[Carried]:
    """A unit counts once, under its lot; by itself besides where it has links of its own, and alone where its lot isn't known."""
    goods = goods_in(genealogy, shipment)
    linked = {end for link in genealogy.links for end in (link.parent, link.child)}
    sums: dict[tuple[str, str], dict[bool, Decimal]] = {}
    doubtful: set[tuple[str, str]] = set()

    def count(thing: str, uom: str, amount: Decimal, certain: bool) -> None:
        told = sums.setdefault((thing, uom), {})
        told[certain] = told.get(certain, Decimal(0)) + amount

    units = {good.thing for good in goods if genealogy.kinds[good.thing] is ObjectKind.UNIT}
    for unit in units:
        certain = any(good.certain for good in goods if good.thing == unit)
        lots = genealogy.lots_of_units.get(unit, {})
        for lot in lots:
            count(lot, "", Decimal(1), certain)
            # Two lots told for one unit make both possible.
            doubtful |= {(lot, "")} if len(lots) > 1 else set()
        if unit in linked or not lots:
            count(unit, "", Decimal(1), certain)
    for good in goods:
        # A transformation stands for what it has filled in without giving it a lot.
        if genealogy.kinds[good.thing] in (ObjectKind.LOT, ObjectKind.OTHER, ObjectKind.TRANSFORMATION):
            count(good.thing, good.uom or "", good.amount or Decimal(0), good.certain)
    # What is only possible counts where nothing certain does.
    return {Carried(shipment.name, thing, told[max(told)], uom, max(told) and (thing, uom) not in doubtful) for (thing, uom), told in sums.items()}


def shipments_reached(genealogy: Genealogy, start: str, now: datetime, own: Mapping[str, bool] | None = None) -> set[Carried]:
    """What shipments carried of a thing and of everything made from it; of a unit or a container also it itself."""
    seeds = starts(genealogy, start, now)
    down = closure(seeds, genealogy.links, forward=True)
    singles = {start} if genealogy.kinds.get(start) is not ObjectKind.LOT else set()
    if genealogy.kinds.get(start) in CONTAINERS:
        singles |= {stay.content for stay in contents(genealogy.stays, start, now) if genealogy.kinds[stay.content] is ObjectKind.UNIT}
    found: set[Carried] = set()
    for shipment in shipments(genealogy, own):
        of_lots = {each for each in carried(genealogy, shipment) if each.thing in down}
        goods = goods_in(genealogy, shipment)
        for single in singles:
            certainties = [good.certain for good in goods if good.thing == single]
            if certainties and not any(each.thing == single and not each.uom for each in of_lots):
                of_lots.add(Carried(shipment.name, single, Decimal(1), "", any(certainties)))
        found |= of_lots
    return found
