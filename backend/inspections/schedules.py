"""Periodic inspection: every so many days, or every so many lots of a product, the worker opens one that is due."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.catalog.sites import Sites, sites_of
from backend.identifiers import parse_identifier
from backend.inspections import schedule_repository
from backend.inspections.errors import ScheduleNotFoundError
from backend.inspections.inspections import Kind, Origin
from backend.inspections.opening import Behind, Wanted, opened
from backend.inspections.sites import first_seen
from backend.objects import service as objects
from backend.specifications import service as specifications
from backend.specifications.errors import SpecificationNotFoundError
from infra import clock
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from infra.outbox import enqueue
from infra.texts import text_of
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

DUE: Final = "inspection.schedule_due"
NAME_LENGTH: Final = 200
MOST_DAYS: Final = 3_660
MOST_LOTS: Final = 100_000
MOST_LEAD_HOURS: Final = 24 * 60
LOTS_AT_ONCE: Final = 1_000
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """Every `every_days` from `first_due_at` on, or every `every_lots` of a product: exactly one of them. It opens `lead_hours` ahead."""

    name: str
    specification_id: UUID
    every_days: int | None = None
    every_lots: int | None = None
    first_due_at: datetime | None = None
    product: str = ""
    place: str = ""
    equipment: str = ""
    lead_hours: int = 0


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as it stands; `next_due_at` is of one by days, `lots_since` of one by lots."""

    schedule_id: UUID
    name: str
    specification_id: UUID
    every_days: int | None
    every_lots: int | None
    product: str
    place: str
    equipment: str
    lead_hours: int
    next_due_at: datetime | None
    counted_lot: int
    lots_since: int
    created_at: datetime
    ended_at: datetime | None

    @classmethod
    def from_row(cls, row: Record) -> "Schedule":
        """From a row of the table."""
        return cls(
            row["schedule_id"], row["name"], row["specification_id"], row["every_days"], row["every_lots"], row["product"], row["place"],
            row["equipment"], row["lead_hours"], row["next_due_at"], row["counted_lot"], row["lots_since"], row["created_at"], row["ended_at"],
        )  # fmt: skip


async def put_schedule(tx: TenantTransaction, principal: Principal, plan: Plan) -> Schedule:
    """Begin a periodic inspection; raises `SpecificationNotFoundError`, `InvalidInputError` naming the field."""
    sites = await sites_of(tx, principal, Permission.SPECIFICATIONS_WRITE)
    if plan.specification_id not in await specifications.specifications_by_id(tx, [plan.specification_id]):
        raise SpecificationNotFoundError
    name, equipment = text_of(plan.name, "name", NAME_LENGTH, required=False), text_of(plan.equipment, "equipment", NAME_LENGTH, required=False)
    if not name:
        raise InvalidInputError("“name” is empty: say what is inspected periodically.", field="name")
    place = parse_identifier(plan.place).uri if plan.place.strip() else ""
    if sites is not None and not sites.cover(place or None):
        raise InvalidInputError("“place” must lie in your sites.", field="place")
    product = (parse_identifier(f"(01){plan.product}").gtin or "") if plan.product.strip() else ""
    _check_period(plan, product)
    now = clock.now()
    due = (plan.first_due_at or now + timedelta(days=plan.every_days)) if plan.every_days else None
    schedule_id = uuid7()
    counted = await schedule_repository.last_lot(tx, product) if plan.every_lots else 0
    values = {
        "schedule_id": schedule_id, "name": name, "specification_id": plan.specification_id, "every_days": plan.every_days,
        "every_lots": plan.every_lots, "product": product, "place": place, "equipment": equipment, "lead_hours": plan.lead_hours,
        "next_due_at": due, "counted_lot": counted, "created_at": now, "created_by": principal.actor_id,
    }  # fmt: skip
    await schedule_repository.insert(tx, values)
    if due is not None:
        await _ring(tx, schedule_id, due - timedelta(hours=plan.lead_hours))
    after = {"name": name, "everyDays": plan.every_days, "everyLots": plan.every_lots, "product": product, "place": place}
    await audit.record(tx, principal, "inspection_schedule.set", f"inspection_schedule:{schedule_id}", after=after)
    return await get_schedule(tx, schedule_id)


def _check_period(plan: Plan, product: str) -> None:
    if (plan.every_days is None) == (plan.every_lots is None):
        raise InvalidInputError("Say either “everyDays” or “everyLots”.", field="everyDays")
    if plan.every_days is not None and not 1 <= plan.every_days <= MOST_DAYS:
        raise InvalidInputError(f"“everyDays” is {plan.every_days}; it must be from 1 to {MOST_DAYS}.", field="everyDays")
    if plan.every_lots is not None and not 1 <= plan.every_lots <= MOST_LOTS:
        raise InvalidInputError(f"“everyLots” is {plan.every_lots}; it must be from 1 to {MOST_LOTS}.", field="everyLots")
    if plan.every_lots is not None and not product:
        raise InvalidInputError("“product” is empty: say whose lots are counted.", field="product")
    if not 0 <= plan.lead_hours <= MOST_LEAD_HOURS:
        raise InvalidInputError(f"“leadHours” is {plan.lead_hours}; it must be from 0 to {MOST_LEAD_HOURS}.", field="leadHours")


async def end_schedule(tx: TenantTransaction, principal: Principal, *, schedule_id: UUID, reason: str) -> Schedule:
    """Open no more of them; what is open stays to be done. Raises `ScheduleNotFoundError`."""
    sites = await sites_of(tx, principal, Permission.SPECIFICATIONS_WRITE)
    row = await schedule_repository.locked(tx, schedule_id)
    if row is None or (sites is not None and not sites.cover(row["place"] or None)):
        raise ScheduleNotFoundError
    reason = text_of(reason, "reason", NAME_LENGTH, required=False)
    if not reason:
        raise InvalidInputError("“reason” is empty: say why it is inspected no more.", field="reason")
    if not await schedule_repository.end(tx, schedule_id, clock.now()):
        raise ScheduleNotFoundError
    await audit.record(tx, principal, "inspection_schedule.ended", f"inspection_schedule:{schedule_id}", reason=reason)
    return await get_schedule(tx, schedule_id)


async def get_schedule(tx: TenantTransaction, schedule_id: UUID) -> Schedule:
    """One schedule; raises `ScheduleNotFoundError`."""
    row = await schedule_repository.by_id(tx, schedule_id)
    if row is None:
        raise ScheduleNotFoundError
    return Schedule.from_row(row)


async def page_of_schedules(
    tx: TenantTransaction, *, active_only: bool, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None
) -> list[Schedule]:
    """Schedules at the sites' places, newest first, from behind the cursor (a schedule's id), in the order of going."""

    async def read(behind: UUID | None, most: int) -> list[Record]:
        return await schedule_repository.page(tx, active_only=active_only, cursor=behind, backward=backward, limit=most)

    return [Schedule.from_row(row) for row in await first_seen(tx, read, cursor=cursor, limit=limit, sites=sites)]


async def _ring(tx: TenantTransaction, schedule_id: UUID, at: datetime) -> None:
    """Have it looked at then; what is due in a month is asked for again each day, so that no row of the outbox stays open for long."""
    await enqueue(tx, DUE, [{"schedule_id": str(schedule_id), "at": at.isoformat()}], due_at=min(at, clock.now() + _DAY))


async def open_due(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: open the inspection whose time has come, and ask for the next. Done twice it does nothing more."""
    row = await schedule_repository.locked(tx, UUID(payload["schedule_id"]))
    if row is None or row["ended_at"] is not None or row["next_due_at"] is None:
        return
    schedule, now = Schedule.from_row(row), clock.now()
    if schedule.next_due_at is None or schedule.every_days is None:
        return
    opens_at = schedule.next_due_at - timedelta(hours=schedule.lead_hours)
    if payload["at"] != opens_at.isoformat():
        return
    if opens_at > now:
        await _ring(tx, schedule.schedule_id, opens_at)
        return
    await _open(tx, schedule, None, schedule.next_due_at)
    following = schedule.next_due_at + timedelta(days=schedule.every_days)
    # After an outage of weeks one is due now, and not one for each week.
    while following <= now:
        following += timedelta(days=schedule.every_days)
    await schedule_repository.advance(tx, schedule.schedule_id, following)
    await _ring(tx, schedule.schedule_id, following - timedelta(hours=schedule.lead_hours))


async def count_lots(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler of captured events: count the lots that are new, and open an inspection of each that is the n-th. Counts no lot twice."""
    del payload
    for row in await schedule_repository.by_lots(tx):
        if not await schedule_repository.lots_behind(tx, row["product"], row["counted_lot"], 1):
            continue
        locked = await schedule_repository.locked(tx, row["schedule_id"])
        if locked is None or locked["ended_at"] is not None:
            continue
        await _count(tx, Schedule.from_row(locked))


async def _count(tx: TenantTransaction, schedule: Schedule) -> None:
    lots = await schedule_repository.lots_behind(tx, schedule.product, schedule.counted_lot, LOTS_AT_ONCE)
    since = schedule.lots_since
    for object_id in lots:
        since += 1
        if since >= (schedule.every_lots or MOST_LOTS):
            since = 0
            await _open(tx, schedule, object_id, clock.now() + timedelta(hours=schedule.lead_hours))
    if lots:
        await schedule_repository.count(tx, schedule.schedule_id, counted_lot=lots[-1], lots_since=since)


async def _open(tx: TenantTransaction, schedule: Schedule, object_id: int | None, due_at: datetime) -> None:
    """By the version in force; where the specification was withdrawn there is nothing to inspect by, and the schedule goes on."""
    found = (await objects.load(tx, [object_id])).get(object_id) if object_id is not None else None
    version = await specifications.version_in_force(tx, schedule.specification_id)
    if version is None:
        return
    wanted = Wanted(
        Kind.PERIODIC, product=schedule.product, place=schedule.place, equipment=schedule.equipment, due_at=due_at, reason=schedule.name,
    )  # fmt: skip
    await opened(tx, None, wanted, found, Behind(Origin.SCHEDULE, schedule_id=schedule.schedule_id, version=version, repeats=True))
