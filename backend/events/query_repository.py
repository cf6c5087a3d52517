"""The one query over the event log that every feed, API and page reads by: filtered, in order of the tenant's sequence or another."""

from typing import Final
from uuid import UUID

from backend.catalog.sites import Sites
from backend.events.query_conditions import Ordering, Values, Within, at_sites, conditions
from backend.events.query_filter import EventFilter, ObjectMatch, Position
from infra.database import Record, TenantTransaction

__all__ = ["EVENT_COLUMNS", "EventFilter", "ObjectMatch", "at_sites"]

EVENT_COLUMNS: Final = """e.event_id, e.public_id, e.event_key, e.event_type, e.action, e.event_time, e.event_offset, e.record_time, e.declared_at,
    e.superseded_by, e.biz_step, e.disposition, e.read_point, e.biz_location, e.transformation_id, e.event_hash, e.anomaly, e.body, e.context"""
_NONE_WITHIN: Final[Within] = {}


async def find_events(
    tx: TenantTransaction,
    wanted: EventFilter,
    *,
    after_seq: int = 0,
    newest_first: bool = False,
    limit: int,
    sites: Sites | None = None,
    within: Within = _NONE_WITHIN,
) -> list[Record]:
    """Events at the sites with their `seq`, from behind `after_seq` (before it, newest first); `after_seq=0` is the beginning."""
    values = Values()
    condition = _condition(wanted, values, sites, within)
    if after_seq:
        condition += f" and f.seq {'<' if newest_first else '>'} ${values.add(after_seq)}"
    return await tx.fetch(
        f"""select f.seq, {EVENT_COLUMNS} from event_feed f
            join event e on e.tenant_id = $1 and e.event_id = f.event_id
            where f.tenant_id = $1{condition}
            order by f.seq {"desc" if newest_first else "asc"} limit ${values.add(limit)}""",
        *values.given,
    )


async def find_ordered(
    tx: TenantTransaction,
    wanted: EventFilter,
    *,
    after: Position | None,
    after_seq: int,
    upto: int,
    limit: int,
    sites: Sites | None = None,
    within: Within = _NONE_WITHIN,
) -> list[Record]:
    """Events with a `seq` behind `after_seq` and up to `upto` in the order that the filter asks for, from behind a position.

    Each comes with the values that it is ordered by, `order_0` and so on.
    """
    if wanted.order is None:
        raise ValueError("the filter asks for no order")
    values = Values()
    ordering = Ordering(wanted.order, values)
    condition = _condition(wanted, values, sites, within) + f" and f.seq > ${values.add(after_seq)} and f.seq <= ${values.add(upto)}"
    if after is not None:
        condition += f" and {ordering.behind(after, values)}"
    return await tx.fetch(
        f"""select f.seq, {EVENT_COLUMNS}{ordering.columns} from event e
            join event_feed f on f.tenant_id = $1 and f.event_id = e.event_id{ordering.joined}
            where e.tenant_id = $1{condition}
            order by {ordering.clause} limit ${values.add(limit)}""",
        *values.given,
    )


async def count_events(
    tx: TenantTransaction, wanted: EventFilter, *, after_seq: int, limit: int, sites: Sites | None = None, within: Within = _NONE_WITHIN
) -> int:
    """How many there are, up to `limit`."""
    values = Values()
    condition = _condition(wanted, values, sites, within) + f" and f.seq > ${values.add(after_seq)}"
    found: int = await tx.fetchval(
        f"""select count(*) from (
              select from event e join event_feed f on f.tenant_id = $1 and f.event_id = e.event_id
              where e.tenant_id = $1{condition} limit ${values.add(limit)}) found""",
        *values.given,
    )
    return found


def _condition(wanted: EventFilter, values: Values, sites: Sites | None, within: Within) -> str:
    found = conditions(wanted, values, within)
    fence = at_sites(sites, at=len(values.given) + 2)
    values.given += fence.values
    return "".join(f" and {each}" for each in found) + fence.condition


async def event_by_public_id(tx: TenantTransaction, public_id: UUID, sites: Sites | None = None) -> Record | None:
    """One event at the sites with its `seq`."""
    fence = at_sites(sites, at=3)
    return await tx.fetchrow(
        f"""select f.seq, {EVENT_COLUMNS} from event e join event_feed f on f.tenant_id = $1 and f.event_id = e.event_id
            where e.tenant_id = $1 and e.public_id = $2{fence.condition}""",
        public_id,
        *fence.values,
    )


async def events_by_event_id(tx: TenantTransaction, event_id: str, sites: Sites | None = None) -> list[Record]:
    """The event at the sites with this EPCIS event id, and the declarations about it, in order of their sequence."""
    fence = at_sites(sites, at=3)
    return await tx.fetch(
        f"""select f.seq, {EVENT_COLUMNS} from event e join event_feed f on f.tenant_id = $1 and f.event_id = e.event_id
            where e.tenant_id = $1 and e.base_key = any($2::text[]){fence.condition} order by f.seq limit 100""",
        [f"e:{event_id}", f"h:{event_id}"],
        *fence.values,
    )


async def last_seq(tx: TenantTransaction) -> int:
    """The sequence number that was given last; 0 before the first."""
    number: int = await tx.fetchval("select coalesce(max(last_seq), 0) from tenant_sequence where tenant_id = $1")
    return number
