"""Which critical tracking events an EPCIS event is, and the records that it makes. What is known around it is given; no I/O."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from backend.events.canonical import Action, EventType, Role
from backend.fsma204 import facts, reading, spellings
from backend.fsma204.context import Context, Good, Seen
from backend.fsma204.elements import Cte, Side
from backend.fsma204.facts import Story
from backend.fsma204.food_list import SPROUTS
from backend.fsma204.foods import Listed
from backend.fsma204.values import Place, Product, Record, Text, Value
from backend.identifiers import ObjectKind

_MAKING: Final = frozenset({"commissioning", "creating_class_instance"})
_PACKING: Final = frozenset({"packing", "repackaging", "commissioning", "creating_class_instance"})
_PARTS: Final = (Role.SUBJECT, Role.PARENT)


def records_of(context: Context, seen: Seen) -> list[Record]:
    """Every record of an event, in the order of its goods; none for what is no critical tracking event of ours."""
    if spellings.is_no_event(seen.told) or (seen.inbound and _named(seen) is Cte.SHIPPING):
        return []
    found: list[Record] = []
    if seen.event.type is EventType.TRANSFORMATION:
        found += _transformation(context, seen)
    else:
        for good in _one_each(good for good in seen.goods if good.role in _PARTS or seen.event.type is EventType.AGGREGATION):
            found += _observed(context, seen, good)
    return found


def _named(seen: Seen) -> Cte | None:
    return spellings.step_of(seen.event.biz_step, seen.told)


def _one_each(goods: Iterable[Good]) -> Iterator[Good]:
    """A lot stands once in an event, for each unit of measure."""
    known: set[tuple[int, str]] = set()
    for good in goods:
        if (key := (good.object_id, good.amount.uom)) not in known:
            known.add(key)
            yield good


def _story(context: Context, lots: Sequence[int], until: datetime) -> Story:
    told = {(one.event_id, lot): one for lot in lots for one in context.story(lot) if one.at <= until}
    return Story(tuple(sorted(told.values(), key=lambda one: one.at)))


def _observed(context: Context, seen: Seen, good: Good) -> Iterator[Record]:
    """Records of one lot in an event that isn't a transformation."""
    event, cte = seen.event, _named(seen)
    story = _story(context, [good.object_id], event.event_time)
    adds = event.action is Action.ADD and event.type is EventType.OBJECT
    if cte is None:
        cte = _by_lot(seen, story) if adds and event.biz_step in _PACKING else None
    elif cte is Cte.TRANSFORMATION and not adds:
        cte = None
    if cte is None or (cte in (Cte.SHIPPING, Cte.RECEIVING) and story.is_loose) or event.action is Action.DELETE:
        return
    if cte is Cte.RECEIVING and "vessel" in seen.told:
        cte = Cte.FIRST_LAND_BASED_RECEIVING
    elif cte is Cte.RECEIVING and any(one.cte is Cte.FIRST_LAND_BASED_RECEIVING and one.event_id == event.event_id for one in story.told):
        return
    yield from _record(context, seen, good, cte, story)


def _by_lot(seen: Seen, story: Story) -> Cte | None:
    """What making a lot is where the step doesn't say it: packing or harvest of a raw commodity, landing, or a new lot of anything else."""
    if seen.event.biz_step == "packing" or "packed_on" in seen.told:
        return Cte.INITIAL_PACKING if story.is_harvested or "packed_on" in seen.told else None
    if "vessel" in seen.told or "caught_in" in seen.told:
        return Cte.FIRST_LAND_BASED_RECEIVING
    if "harvested" in seen.told or "farm" in seen.told:
        return Cte.HARVESTING
    made_before = any(one.makes and one.event_id != seen.event.event_id for one in story.told)
    return Cte.TRANSFORMATION if seen.event.biz_step in _MAKING and not made_before else None


def _transformation(context: Context, seen: Seen) -> Iterator[Record]:
    """An initial packing where raw commodities that weren't packed yet went in, else a transformation with a line for each lot used and made."""
    used = tuple(good for good in seen.goods if good.role is Role.INPUT)
    made = tuple(_one_each(good for good in seen.goods if good.role is Role.OUTPUT))
    lots = [good.object_id for good in used] or list(context.inputs(seen.event.event_id))
    story = _story(context, lots, seen.event.event_time)
    own = _story(context, [good.object_id for good in made], seen.event.event_time)
    together = Story((*story.told, *(one for one in own.told if one.event_id == seen.event.event_id)))
    cte = _named(seen)
    if cte in (Cte.HARVESTING, Cte.COOLING, Cte.FIRST_LAND_BASED_RECEIVING):
        for good in made:
            yield from _record(context, seen, good, cte, together)
        return
    loose = bool(used) and all(_story(context, [good.object_id], seen.event.event_time).is_loose for good in used)
    packs = cte in (Cte.INITIAL_PACKING, Cte.INITIAL_PACKING_EXEMPT) or (loose and cte is None and seen.event.biz_step in _PACKING)
    if packs:
        for good in made:
            yield from _record(context, seen, good, cte or Cte.INITIAL_PACKING, together, received=used)
        return
    for good in _one_each(used):
        yield _line(context, seen, good, Cte.TRANSFORMATION, Side.USED, story=_story(context, [good.object_id], seen.event.event_time), given={})
    for good in made:
        yield _line(context, seen, good, Cte.TRANSFORMATION, Side.LOT, story=together, given=facts.here(context, seen, Cte.TRANSFORMATION))


def _record(context: Context, seen: Seen, good: Good, cte: Cte, story: Story, *, received: Sequence[Good] = ()) -> Iterator[Record]:
    source = context.place(reading.source_of(seen.body))
    if cte is Cte.RECEIVING and source is not None and source.exempt:
        cte = Cte.RECEIVING_EXEMPT
    known = facts.here(context, seen, cte)
    if cte is Cte.INITIAL_PACKING:
        packed = facts.receipt(context, seen, story, received)
        giver = packed.get("source")
        if isinstance(giver, Place) and giver.exempt:
            cte = Cte.INITIAL_PACKING_EXEMPT
        known |= packed
    elif cte is Cte.INITIAL_PACKING_EXEMPT:
        known |= facts.receipt(context, seen, story, received)
    known |= facts.of_cte(context, seen, cte, story)
    yield _line(context, seen, good, cte, Side.LOT, story=story, given=known)
    food = context.food(good.object_id)
    if cte is Cte.INITIAL_PACKING and food.listing.category == SPROUTS:
        yield _line(context, seen, good, Cte.SPROUTS, Side.LOT, story=story, given=known | facts.seeds(context, seen, story))


def _line(context: Context, seen: Seen, good: Good, cte: Cte, side: Side, *, story: Story, given: dict[str, Value]) -> Record:
    event, food = seen.event, context.food(good.object_id)
    thing = context.thing(good.object_id)
    is_lot = good.kind in (ObjectKind.LOT, ObjectKind.OTHER)
    known = dict(given)
    product = facts.product(food, seen.told if side is Side.LOT else {}, story)
    if product != Product():
        known |= {"product": product, "food": product}
    code = facts.lot_code(seen, context, good, story) if is_lot else ""
    if code:
        known["lot"] = Text(code)
    if good.amount.quantity is not None:
        known["amount"] = good.amount
    if product.species:
        known.setdefault("species", Text(product.species))
    ours = facts.assigned(story, event.event_id)
    known |= facts.tlc_source(context, seen, story, ours) if cte in (Cte.SHIPPING, Cte.RECEIVING) else {}
    return Record(
        cte, side, event.event_id, event.public_id, event.event_time, event.transformation_id or str(event.public_id),
        good.object_id if is_lot else None, thing.key if thing else "", known, food.listing.listed, food.listing.category,
        food.produce, food.aquaculture or ("pond" in known or None),
    )  # fmt: skip


def is_covered(record: Record) -> bool:
    """Whether the rule asks for the record: of foods on the list, and of those of which that isn't known."""
    return record.listed is not Listed.NOT_LISTED
