"""The facts of a record: what an event tells of a lot, what earlier events of it told, and where the two don't, what follows. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Final

from backend.events.canonical import Role
from backend.fsma204 import reading
from backend.fsma204.context import Context, Good, Seen, Told
from backend.fsma204.describing import Food
from backend.fsma204.elements import Cte
from backend.fsma204.values import Amount, Day, Product, Text, Value

_PACKED: Final = frozenset({Cte.INITIAL_PACKING, Cte.INITIAL_PACKING_EXEMPT, Cte.FIRST_LAND_BASED_RECEIVING, Cte.TRANSFORMATION})
_LOOSE: Final = frozenset({Cte.HARVESTING, Cte.COOLING})


@dataclass(frozen=True, slots=True)
class Story:
    """What was told of a lot, or of all lots that went into one, up to an event."""

    told: tuple[Told, ...]

    def first(self, slot: str) -> str | None:
        """The first that was told."""
        return next((one.told[slot] for one in self.told if slot in one.told), None)

    def of(self, *ctes: Cte) -> Told | None:
        """The first such event."""
        return next((one for one in self.told if one.cte in ctes), None)

    @property
    def is_harvested(self) -> bool:
        """A raw commodity of which the harvest is told."""
        return self.of(Cte.HARVESTING) is not None or self.first("harvested") is not None or self.first("farm") is not None

    @property
    def is_packed(self) -> bool:
        """Whether it had been packed, landed or made by then."""
        return any(
            one.cte in _PACKED or (one.cte not in _LOOSE and (one.transformed or (one.makes and "packed_on" in one.told))) for one in self.told
        )

    @property
    def is_loose(self) -> bool:
        """Harvested and not packed yet: nothing is shipped or received then, by the rule (1.1340, 1.1345)."""
        return self.is_harvested and not self.is_packed


def product(food: Food, told: Mapping[str, str], story: Story) -> Product:
    """The product's description; commodity, variety and species as the lot's own events tell them go before the product's."""
    own = {slot: story.first(slot) for slot in ("commodity", "variety", "species")}
    own |= {slot: told[slot] for slot in own if slot in told}
    return replace(food.product, **{slot: text for slot, text in own.items() if text})


def lot_code(seen: Seen, context: Context, good: Good, story: Story) -> str:
    """As it was given; else product and lot number as GS1 writes them."""
    lots = {other.object_id for other in seen.goods if other.role is good.role}
    given = seen.told.get("lot") if len(lots) == 1 and good.role is not Role.INPUT else None
    thing = context.thing(good.object_id)
    given = given or next((one.told["lot"] for one in story.told if one.makes and "lot" in one.told and len(story.told) == 1), None)
    if given or thing is None:
        return given or ""
    return f"(01){thing.gtin}(10){thing.code}" if thing.gtin else thing.uri


def assigned(story: Story, event_id: int) -> Told | None:
    """The event that gave the lot its code: it was made, packed or landed in it."""
    return next((one for one in story.told if one.makes and one.event_id != event_id), None)


def tlc_source(context: Context, seen: Seen, story: Story, assigned: Told | None) -> dict[str, Value]:
    """Where the lot code was assigned: as this event or an earlier one of the lot says, else where the lot was made."""
    told = seen.told.get("tlc_source") or story.first("tlc_source")
    place = told or (assigned.place if assigned else None)
    reference = seen.told.get("tlc_reference") or story.first("tlc_reference") or context.reference(reading.place_key(place) if place else None)
    found: dict[str, Value] = {}
    if (described := context.place(place)) is not None:
        found["tlc_source"] = described
    if reference:
        found["tlc_reference"] = Text(reference)
    return found


def here(context: Context, seen: Seen, cte: Cte) -> dict[str, Value]:
    """Place, day and paper of the event itself. What is shipped left a read point; what arrives is at a business location."""
    event, body = seen.event, seen.body
    leaving = reading.source_place(body) or event.read_point or event.biz_location
    uri = leaving if cte is Cte.SHIPPING else event.biz_location or event.read_point
    day, at, zone = context.day(event.event_time, event.event_offset, uri)
    found: dict[str, Value] = {"date": Day(day, at, zone)}
    if (place := context.place(uri)) is not None:
        found["here"] = place
    if (paper := reading.paper_of(body, seen.told, cte)) is not None:
        found["paper"] = paper
    reference = seen.told.get("tlc_reference") or context.reference(uri)
    if reference:
        found["tlc_reference"] = Text(reference)
    return found


def of_cte(context: Context, seen: Seen, cte: Cte, story: Story) -> dict[str, Value]:
    found: dict[str, Value] = {}
    source, recipient = context.place(reading.source_of(seen.body)), context.place(reading.destination_of(seen.body))
    if source is not None and cte in (Cte.RECEIVING, Cte.RECEIVING_EXEMPT):
        found["source"] = source
    if recipient is not None and cte in (Cte.SHIPPING, Cte.HARVESTING, Cte.COOLING):
        found["recipient"] = recipient
    if cte in (Cte.HARVESTING, Cte.COOLING, Cte.INITIAL_PACKING):
        found |= _harvest(context, seen, cte, story)
    if cte is Cte.FIRST_LAND_BASED_RECEIVING:
        found |= _catch(seen, story)
    return found


def _harvest(context: Context, seen: Seen, cte: Cte, story: Story) -> dict[str, Value]:
    """Farm, field, harvester, days: as this event tells them, as an earlier one did, or as the harvest's own event shows."""
    picked = story.of(Cte.HARVESTING)
    here = seen.event.biz_location or seen.event.read_point if cte is Cte.HARVESTING else None
    found: dict[str, Value] = {}
    farm = context.place(_said(seen, story, "farm") or here or (picked.place if picked else None))
    harvester = context.place(_said(seen, story, "harvester")) or farm
    if farm is not None:
        found["farm"] = farm
    if harvester is not None:
        found["harvester"] = harvester
    found |= {slot: Text(text) for slot in ("area", "pond") if (text := _said(seen, story, slot))}
    if (day := _day(_said(seen, story, "harvested"))) is not None:
        found["harvested"] = day
    elif cte is Cte.HARVESTING or picked:
        at, offset, place = (picked.at, picked.offset, picked.place) if picked else (seen.event.event_time, seen.event.event_offset, here)
        found["harvested"] = Day(*context.day(at, offset, place))
    if cte is not Cte.COOLING:
        found |= _cooling(context, seen, story)
    return found


def _cooling(context: Context, seen: Seen, story: Story) -> dict[str, Value]:
    cooled = story.of(Cte.COOLING)
    place = context.place(_said(seen, story, "cooled_at") or (cooled.place if cooled else None))
    found: dict[str, Value] = {"cooled_at": place} if place is not None else {}
    if (day := _day(_said(seen, story, "cooled"))) is not None:
        found["cooled"] = day
    elif cooled:
        found["cooled"] = Day(*context.day(cooled.at, cooled.offset, cooled.place))
    return found


def receipt(context: Context, seen: Seen, story: Story, used: Sequence[Good]) -> dict[str, Value]:
    """When, how much and from whom an initial packer received what he packed."""
    found: dict[str, Value] = {}
    received = story.of(Cte.RECEIVING)
    if (day := _day(_said(seen, story, "received"))) is not None:
        found["received"] = day
    elif received:
        found["received"] = Day(*context.day(received.at, received.offset, received.place))
    amount = _amount(seen.told.get("received_quantity"), seen.told.get("received_uom"))
    if amount is None and len({good.amount.uom for good in used}) == 1 and all(good.amount.quantity is not None for good in used):
        amount = Amount(sum((good.amount.quantity or Decimal(0) for good in used), Decimal(0)), used[0].amount.uom)
    if amount is None and received and received.amount.quantity is not None:
        amount = received.amount
    if amount is not None:
        found["received_amount"] = amount
    giver = context.place((received.source if received else None) or reading.source_of(seen.body))
    return found | ({"source": giver} if giver is not None else {})


def _catch(seen: Seen, story: Story) -> dict[str, Value]:
    found: dict[str, Value] = {}
    begun, ended = _day(_said(seen, story, "caught_from")), _day(_said(seen, story, "caught_until"))
    if begun is not None or ended is not None:
        found |= {"caught_from": begun or ended or Day(), "caught_until": ended or begun or Day()}
    return found | {slot: Text(text) for slot in ("caught_in", "species") if (text := _said(seen, story, slot))}


_SEED_PLACES: Final = ("seed_grower", "seed_conditioner", "seed_packer", "seed_supplier")
_SEED_DAYS: Final = ("seed_harvested", "seed_conditioned", "seed_packed", "seed_repacked", "seed_received")
_SEED_TEXTS: Final = (
    "seed_conditioner_lot", "seed_packer_lot", "seed_supplier_lot", "seed_own_lot", "seed_type", "seed_growing", "seed_packaging", "seed_treatment",
)  # fmt: skip


def seeds(context: Context, seen: Seen, story: Story) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for slot in _SEED_PLACES:
        if (place := context.place(_said(seen, story, slot))) is not None:
            found[slot] = place
    for slot in _SEED_DAYS:
        if (day := _day(_said(seen, story, slot))) is not None:
            found[slot] = day
    return found | {slot: Text(text) for slot in _SEED_TEXTS if (text := _said(seen, story, slot))}


def _said(seen: Seen, story: Story, slot: str) -> str | None:
    return seen.told.get(slot) or story.first(slot)


def _day(text: str | None) -> Day | None:
    return reading.day_of(text) if text else None


def _amount(quantity: str | None, uom: str | None) -> Amount | None:
    try:
        return Amount(Decimal(quantity), uom or "") if quantity else None
    except InvalidOperation:
        return None
