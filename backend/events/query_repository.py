"""The one query over the event log that every feed, API and page reads by: filtered, in order of the tenant's sequence."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.catalog.sites import Fence, Sites, fenced
from backend.events.canonical import Role
from infra.database import Record, TenantTransaction

EVENT_COLUMNS = """e.event_id, e.public_id, e.event_key, e.event_type, e.action, e.event_time, e.event_offset, e.record_time, e.declared_at,
    e.superseded_by, e.biz_step, e.disposition, e.read_point, e.biz_location, e.transformation_id, e.event_hash, e.anomaly, e.body, e.context"""


@dataclass(frozen=True, slots=True)
class ObjectMatch:
    """Events in which one of these objects took part in one of these roles; `keys` are canonical, classes match by their own key."""

    keys: tuple[str, ...]
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What to find. Values of one field are alternatives, fields all hold; times are from (inclusive) to (exclusive)."""

    event_time_from: datetime | None = None
    event_time_to: datetime | None = None
    record_time_from: datetime | None = None
    record_time_to: datetime | None = None
    types: tuple[int, ...] = ()
    actions: tuple[int, ...] = ()
    biz_steps: tuple[str, ...] = ()
    dispositions: tuple[str, ...] = ()
    read_points: tuple[str, ...] = ()
    biz_locations: tuple[str, ...] = ()
    transformation_ids: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()
    declared: bool | None = None
    matches: tuple[ObjectMatch, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked but everything."""
        return all(not getattr(self, field.name) and getattr(self, field.name) is not False for field in fields(self))


def at_sites(sites: Sites | None, *, at: int) -> Fence:
    """Events `e` that were read at the sites or leave the goods there; the values stand from `$at` on."""
    return fenced(sites, "e.read_point", "e.biz_location", at=at)


_RANGES = {
    "event_time_from": "e.event_time >= ${n}",
    "event_time_to": "e.event_time < ${n}",
    "record_time_from": "e.record_time >= ${n}",
    "record_time_to": "e.record_time < ${n}",
}
_LISTS = {
    "types": "e.event_type = any(${n}::smallint[])",
    "actions": "e.action = any(${n}::smallint[])",
    "biz_steps": "e.biz_step = any(${n}::text[])",
    "dispositions": "e.disposition = any(${n}::text[])",
    "read_points": "e.read_point = any(${n}::text[])",
    "biz_locations": "e.biz_location = any(${n}::text[])",
    "transformation_ids": "e.transformation_id = any(${n}::text[])",
    "event_ids": "e.base_key = any(${n}::text[])",
}
_MATCH = """e.event_id in (
    select eo.event_id from event_object eo
    join traceable_object o on o.tenant_id = $1 and o.object_id = eo.object_id
    where eo.tenant_id = $1 and o.key = any(${keys}::text[]) and eo.role = any(${roles}::smallint[]))"""


class _Values:
    """Collects a statement's values and gives each its number."""

    def __init__(self) -> None:
        self.given: list[Any] = []

    def add(self, value: Any) -> int:
        self.given.append(value)
        return len(self.given) + 1


def _conditions(wanted: EventFilter, values: _Values) -> list[str]:
    conditions = []
    for name, template in _RANGES.items():
        if (moment := getattr(wanted, name)) is not None:
            conditions.append(template.replace("{n}", str(values.add(moment))))
    for name, template in _LISTS.items():
        if listed := list(getattr(wanted, name)):
            given = [f"e:{event_id}" for event_id in listed] if name == "event_ids" else listed
            conditions.append(template.replace("{n}", str(values.add(given))))
    if wanted.declared is not None:
        conditions.append(f"e.declared_at is {'not ' if wanted.declared else ''}null")
    for match in wanted.matches:
        keys, roles = values.add(list(match.keys)), values.add([int(role) for role in match.roles])
        conditions.append(_MATCH.replace("{keys}", str(keys)).replace("{roles}", str(roles)))
    return conditions


async def find_events(
    tx: TenantTransaction, wanted: EventFilter, *, after_seq: int = 0, newest_first: bool = False, limit: int, sites: Sites | None = None
) -> list[Record]:
    """Events at the sites with their `seq`, from behind `after_seq` (before it, newest first); `after_seq=0` is the beginning."""
    values = _Values()
    conditions = _conditions(wanted, values)
    if after_seq:
        conditions.append(f"f.seq {'<' if newest_first else '>'} ${values.add(after_seq)}")
    fence = at_sites(sites, at=len(values.given) + 2)
    values.given += fence.values
    condition = "".join(f" and {condition}" for condition in conditions) + fence.condition
    return await tx.fetch(
        f"""select f.seq, {EVENT_COLUMNS} from event_feed f
            join event e on e.tenant_id = $1 and e.event_id = f.event_id
            where f.tenant_id = $1{condition}
            order by f.seq {"desc" if newest_first else "asc"} limit ${values.add(limit)}""",
        *values.given,
    )


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
