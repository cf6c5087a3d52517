"""The incremental pull: new events by sequence, master data that has changed, and the holds in force."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

import msgspec

from backend.catalog.service import ProductKind
from backend.catalog.sites import Sites, sites_of
from backend.events import query_service as events
from backend.events.canonical import Role
from backend.events.query_service import EventFilter, RecordedEvent
from backend.holds import service as holds
from backend.services import Services
from infra import clock
from infra.database import Record, TenantTransaction
from mobile_api import repository
from mobile_api.cursor import Cursor, Mark
from mobile_api.repository import Part
from mobile_api.schemas import (
    ChangedLocation,
    ChangedPartner,
    ChangedProduct,
    ChangesAnswer,
    CompactEvent,
    EventObject,
    HoldInForce,
    Holds,
)
from tenants.permissions import Permission
from tenants.principal import Principal

# Far beyond any statement's timeout and the bound on idle transactions: what began earlier has ended.
SETTLING: Final = timedelta(minutes=2)
# Objects on which holds stand; of the rest, as of what they reach, a phone learns online.
MOST_HELD: Final = 2_000
_UUID_KEY: Final = "e:urn:uuid:"
_ROLES: Final[dict[Role, Literal["subject", "parent", "child", "input", "output"]]] = {
    Role.SUBJECT: "subject",
    Role.PARENT: "parent",
    Role.CHILD: "child",
    Role.INPUT: "input",
    Role.OUTPUT: "output",
}
_KINDS: Final[dict[ProductKind, Literal["raw", "intermediate", "finished"]]] = {
    ProductKind.RAW: "raw",
    ProductKind.INTERMEDIATE: "intermediate",
    ProductKind.FINISHED: "finished",
}


async def pull(services: Services, principal: Principal, *, since: str | None, limit: int) -> ChangesAnswer:
    """What is new since a cursor; without one, all master data and holds, and from now on the events.

    Events come by their sequence, in which a slow transaction's have no place before it commits: none is ever passed over.
    """
    cursor = None if since is None else Cursor.decode(since)
    async with services.database.tenant(principal.tenant_id) as tx:
        sites = await sites_of(tx, principal, Permission.MOBILE_SYNC)
        last, settled = await repository.position(tx, settling=SETTLING)
        start, limits = cursor or Cursor(last), sites.version if sites is not None else ""
        if start.sites != limits:
            # What lies in the caller's sites, or which they are, has changed: what he may see now may have been there for long.
            start = Cursor(start.seq, holds=start.holds)
        page = await events.find_events(tx, EventFilter(), after_seq=start.seq, limit=limit, sites=sites) if start.seq < last else None
        found = page.events if page else ()
        told = await _compact(tx, found, sites)
        marks: dict[Part, Mark] = {}
        fresh: dict[Part, Sequence[Record]] = {}
        more = page is not None and page.next_seq is not None
        for part in Part:
            mark: Mark = getattr(start, part)
            rows = await repository.changed(tx, part, after=mark.after, limit=limit + 1, sites=sites)
            fresh[part], marks[part], waiting = mark.news(rows, limit=limit, settled=settled)
            more = more or waiting
        in_force = await _holds(tx, start.holds, sites)
    reached = found[-1].seq if found else start.seq
    if page is None or page.next_seq is None:
        # Whoever sees some sites only doesn't look again through what others have told by now.
        reached = max(reached, last)
    following = Cursor(reached, marks[Part.PRODUCTS], marks[Part.LOCATIONS], marks[Part.PARTNERS], in_force.version, limits)
    return ChangesAnswer(
        events=told,
        products=[_product(row) for row in fresh[Part.PRODUCTS]],
        locations=[_location(row) for row in fresh[Part.LOCATIONS]],
        partners=[ChangedPartner(row["key"], _names(row), row["supplier"], row["customer"]) for row in fresh[Part.PARTNERS]],
        holds=in_force,
        next=following.encode(),
        more=more,
    )


async def _holds(tx: TenantTransaction, known: str, sites: Sites | None) -> Holds:
    standing = await holds.standing_on(tx, sites, MOST_HELD)
    in_force = [HoldInForce(one.hold_id, one.thing.key, one.thing.uri, one.reason, clock.isoformat(one.placed_at)) for one in standing]
    version = hashlib.sha256("\n".join(f"{one.hold_id} {one.thing.object_id}" for one in standing).encode()).hexdigest()[:24]
    return Holds(version, changed=False, in_force=[]) if version == known else Holds(version, changed=True, in_force=in_force)


async def _compact(tx: TenantTransaction, found: Sequence[RecordedEvent], sites: Sites | None) -> list[CompactEvent]:
    if not found:
        return []
    objects: dict[int, list[Record]] = defaultdict(list)
    for row in await repository.objects_of(tx, [event.event_id for event in found]):
        objects[row["event_id"]].append(row)
    declarations = [event.event_id for event in found if event.declared_at]
    corrected = await repository.corrected_by(tx, declarations, sites) if declarations else {}
    return [_event(event, objects[event.event_id], corrected.get(event.event_id)) for event in found]


def _event(event: RecordedEvent, objects: Sequence[Record], corrects: UUID | None) -> CompactEvent:
    return CompactEvent(
        seq=event.seq,
        id=event.public_id,
        client_id=_client_id(event.event_key),
        type=event.type.epcis,
        action=event.action.name if event.action else None,
        step=event.biz_step,
        disposition=event.disposition,
        time=clock.isoformat(event.event_time),
        offset=event.event_offset,
        recorded_at=clock.isoformat(event.record_time),
        place=event.biz_location or event.read_point,
        objects=[_object(row) for row in objects],
        object_count=objects[0]["total"] if objects else 0,
        superseded=event.superseded,
        corrects=corrects,
    )


def _client_id(event_key: str) -> UUID | None:
    try:
        return UUID(event_key.removeprefix(_UUID_KEY)) if event_key.startswith(_UUID_KEY) else None
    except ValueError:
        return None


def _object(row: Record) -> EventObject:
    quantity = None if row["quantity"] is None else format(row["quantity"], "f")
    return EventObject(row["key"], _ROLES[Role(row["role"])], quantity, row["uom"])


def _names(row: Record) -> dict[str, str]:
    return msgspec.json.decode(row["names"], type=dict[str, str])


def _product(row: Record) -> ChangedProduct:
    return ChangedProduct(row["key"], _names(row), _KINDS[ProductKind(row["kind"])], row["uom"], row["shelf_life_days"])


def _location(row: Record) -> ChangedLocation:
    return ChangedLocation(row["key"], row["parent_place"], _names(row), row["kind"], row["own"], row["time_zone"])
