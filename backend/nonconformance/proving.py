"""Which event proves that a disposition was carried out: by its step, its goods, its time and how much it tells of."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from backend.catalog.sites import Sites
from backend.events import lookup_service
from backend.events.canonical import Role
from backend.events.errors import EventNotFoundError
from backend.events.query_service import EventFilter, ObjectMatch, RecordedEvent, find_events, get_event
from backend.genealogy import reach
from backend.nonconformance import repository, rules
from backend.nonconformance.errors import ProofMissingError
from backend.nonconformance.stored import Decision, Disposition
from backend.objects import service as objects
from backend.units import amounts
from infra.database import TenantTransaction

MOST_LINES: Final = 1_000
# Loads in which goods are scrapped or go back, since it was decided.
MOST_LOADS: Final = 200


async def require_proof(tx: TenantTransaction, line: Disposition, event_id: UUID | None, sites: Sites | None) -> None:
    """Raise `ProofMissingError` unless the event proves it; `EventNotFoundError` for none of these sites.

    It happened after the decision came into force, and together with what was told of these goods at the same steps since then it is about
    as much as was decided. What proved another disposition of the goods in that time doesn't count twice.
    """
    steps = rules.PROOF.get(line.kind)
    if event_id is None:
        raise ProofMissingError(
            f"Name the event by which it was reported (business step {' or '.join(sorted(steps or ()))}); report it first where there is none.",
            field="eventId",
        )
    try:
        event = await get_event(tx, event_id, sites)
    except EventNotFoundError as problem:
        problem.field = "eventId"
        raise
    if event.superseded or event.declared_at is not None:
        raise ProofMissingError("This event was declared to be wrong, so it proves nothing.", field="eventId")
    if steps is not None and event.biz_step not in steps:
        raise ProofMissingError(f"The event's business step isn't {' or '.join(sorted(steps))}.", field="eventId")
    since = await _in_force_since(tx, line)
    if event.event_time < since:
        raise ProofMissingError(
            f"The event happened at {event.event_time:%Y-%m-%d %H:%M} UTC, before it was decided ({since:%Y-%m-%d %H:%M} UTC), so it doesn't prove "
            "that the decision was carried out.",
            field="eventId",
        )
    if line.object_id not in await _named(tx, await _parts(tx, [event])):
        raise ProofMissingError("The event doesn't name these goods.", field="eventId")
    if steps is not None:
        await _require_enough(tx, line, event, since, sites)


async def _in_force_since(tx: TenantTransaction, line: Disposition) -> datetime:
    of = [Decision.from_row(row) for row in await repository.decisions_of(tx, [line.nonconformance_id])]
    [decision] = [one for one in of if one.decision_id == line.decision_id]
    return decision.second_at or decision.decided_at


async def _require_enough(tx: TenantTransaction, line: Disposition, event: RecordedEvent, since: datetime, sites: Sites | None) -> None:
    wanted, uom = line.quantity, line.uom
    if wanted is None:
        concerned = {row["object_id"]: row for row in await repository.objects_of(tx, [line.nonconformance_id])}
        row = concerned.get(line.object_id)
        wanted, uom = (row["quantity"], row["uom"]) if row is not None else (None, None)
    if wanted is None:
        # All of an object whose amount nobody has told: to name it is all that can be asked.
        return
    key = (await objects.load(tx, [line.object_id]))[line.object_id].key
    match = ObjectMatch((key,), (Role.SUBJECT, Role.PARENT, Role.CHILD, Role.INPUT))
    filter_ = EventFilter(event_time_from=since, biz_steps=tuple(sorted(rules.PROOF[line.kind])), declared=False, matches=(match,))
    page = await find_events(tx, filter_, newest_first=True, limit=MOST_LOADS, sites=sites)
    loads = {each.event_id: each for each in (*page.events, event) if not each.superseded}
    told = await _amount(tx, line.object_id, await _parts(tx, list(loads.values())), uom)
    of_others = await repository.proved_by(tx, [each.public_id for each in loads.values()], line.object_id)
    told -= sum((amounts.convert(row["quantity"], row["uom"], uom) for row in of_others if amounts.comparable(row["uom"], uom)), Decimal(0))
    if told < wanted:
        raise ProofMissingError(
            f"What was reported of these goods since the decision comes to {max(told, Decimal(0)):f} of {wanted:f} {uom or 'pieces'}: report the "
            "rest, then name the last event.",
            field="eventId",
        )


async def _parts(tx: TenantTransaction, events: list[RecordedEvent]) -> list[lookup_service.Line]:
    found = await lookup_service.lines_of(tx, [each.event_id for each in events], limit=MOST_LINES)
    return [part for parts in found.values() for part in parts]


async def _named(tx: TenantTransaction, lines: Collection[lookup_service.Line]) -> set[int]:
    named = {part.object_id for part in lines}
    return named | {lot for _, lot in await reach.lots_of(tx, named)}


async def _amount(tx: TenantTransaction, object_id: int, lines: Collection[lookup_service.Line], uom: str | None) -> Decimal:
    """How much of the object is told: quantities in units that can be compared, and units of the lot where pieces are counted."""
    told = [part for part in lines if part.object_id == object_id and part.quantity is not None and amounts.comparable(part.uom, uom)]
    total = sum((amounts.convert(part.quantity, part.uom, uom) for part in told if part.quantity is not None), Decimal(0))
    if not amounts.comparable(None, uom):
        return total
    units = {unit for unit, lot in await reach.lots_of(tx, {part.object_id for part in lines}) if lot == object_id}
    return total + amounts.convert(Decimal(len(units)), None, uom)
