"""Shipments as people see them, and the command that ships: refused with the cause while any ancestor of the goods is held."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from backend.catalog.errors import OutsideSitesError
from backend.catalog.sites import Sites, sites_of
from backend.events.canonical import CanonicalEvent
from backend.events.commands import read_command
from backend.events.projection import Source
from backend.events.service import CaptureService, Outcome, OutcomeStatus
from backend.holds import service as holds
from backend.identifiers import IdentifierRole, ObjectKind, parse_identifier
from backend.objects import service as objects
from backend.shipments import known_repository, repository
from backend.shipments.rollup import roll_up
from backend.webhooks import service as webhooks
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

MAXIMUM_LINES = 500


@dataclass(frozen=True, slots=True)
class Shipment:
    """One shipping event; `direction` as in the projection."""

    shipment_id: int
    public_id: UUID
    shipped_at: datetime
    direction: int
    from_place: str | None
    to_party: str | None
    document: str | None


@dataclass(frozen=True, slots=True)
class ShipLine:
    """One thing to ship: a pallet, case or unit; or a lot, then with a quantity."""

    key: str
    quantity: Decimal | None = None
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class ShipOrder:
    """What to ship from where to whom; `command_id` makes a repetition the same command."""

    lines: Sequence[ShipLine]
    from_place: str
    to_party: str
    document: str | None = None
    command_id: UUID | None = None
    shipped_at: datetime | None = None
    offset: str = "+00:00"


async def load(tx: TenantTransaction, ids: Collection[int], sites: Sites | None = None, *, known_at: datetime | None = None) -> list[Shipment]:
    """Shipments in force, or then known, from or to `sites`, oldest first."""
    rows = await repository.by_ids(tx, ids) if known_at is None else await known_repository.by_ids(tx, ids, known_at)
    found = [Shipment(**dict(row)) for row in rows]
    return [shipped for shipped in found if sites is None or sites.cover(shipped.from_place) or sites.cover(shipped.to_party)]


async def carrying(tx: TenantTransaction, objects_asked: Collection[int], *, known_at: datetime | None = None) -> list[tuple[int, int]]:
    """(object, shipment) where the object, or a container in which it lay as the shipment left, was shipped."""
    if not objects_asked:
        return []
    if known_at is None:
        rows = await repository.carried_in(tx, objects_asked)
    else:
        rows = await known_repository.carried_in(tx, objects_asked, known_at)
    return [(row["object_id"], row["shipment_id"]) for row in rows]


async def perhaps_carrying(tx: TenantTransaction, objects_asked: Collection[int], *, known_at: datetime | None = None) -> list[tuple[int, int]]:
    """(object, shipment) where the object was told to be packed only after the shipment left, in a container that was empty then."""
    if not objects_asked:
        return []
    if known_at is None:
        rows = await repository.perhaps_carried_in(tx, objects_asked)
    else:
        rows = await known_repository.perhaps_carried_in(tx, objects_asked, known_at)
    found = {(row["object_id"], row["shipment_id"]) for row in rows}
    goods = await goods_by_shipment(tx, {shipment_id for _, shipment_id in found}, known_at=known_at) if found else {}
    return sorted(pair for pair in found if pair[0] in goods.get(pair[1], ()))


async def naming(tx: TenantTransaction, objects_asked: Collection[int]) -> set[int]:
    """Shipments in force that any of these objects, units of these lots, or a container in which one of them ever lay went with."""
    return await repository.carrying(tx, objects_asked) | await repository.carrying_lots(tx, objects_asked)


async def goods_by_shipment(tx: TenantTransaction, ids: Collection[int], *, known_at: datetime | None = None) -> dict[int, set[int]]:
    """All that each shipment carries or may carry: lots, units, and the containers that they lie in."""
    carried: dict[int, set[int]] = defaultdict(set)
    rows = await repository.goods_in(tx, ids) if known_at is None else await known_repository.goods_in(tx, ids, known_at)
    for row in rows:
        carried[row["shipment_id"]].add(row["object_id"])
    return carried


async def roll_up_carrying(tx: TenantTransaction, containers: Collection[int]) -> None:
    """Make the rollup anew for shipments that name one of these containers, or one in which it lay. The caller derives."""
    carrying_them = await repository.carrying(tx, containers)
    if carrying_them:
        await roll_up(tx, carrying_them)


async def ship(tx: TenantTransaction, principal: Principal, capture: CaptureService, order: ShipOrder, *, source: Source) -> Outcome:
    """Ship goods, or refuse with the causes (`GoodsHeldError`) and write nothing. The transaction must have passed the gate.

    Whoever ships at some sites only ships from there, and what is met there: `OutsideSitesError`, `ObjectNotFoundError`.
    """
    sites = await sites_of(tx, principal, Permission.SHIPMENTS_COMMAND)
    if not 1 <= len(order.lines) <= MAXIMUM_LINES:
        raise InvalidInputError(f"A shipment has 1 to {MAXIMUM_LINES} lines; this one has {len(order.lines)}.", field="lines")
    if sites is not None and not sites.cover(parse_identifier(order.from_place, role=IdentifierRole.PLACE).uri):
        raise OutsideSitesError("“fromPlace” doesn't lie in your sites.", field="fromPlace")
    goods = [await objects.find(tx, line.key, sites) for line in order.lines]
    await holds.refuse_if_held(tx, [item.object_id for item in goods])
    event = shipping_event(order, goods)
    [outcome] = await capture.capture(tx, [event], source=source, command=True)
    await holds.refuse_if_fallen(tx, [item.object_id for item in goods])
    await audit.record(tx, principal, "shipment.shipped", event.event_key, after={"objects": [item.key for item in goods], "toParty": order.to_party})
    if outcome.status is OutcomeStatus.ACCEPTED:
        data = {"event": str(outcome.public_id), "objects": len(goods), "toParty": order.to_party}
        await webhooks.publish(tx, kind="shipment.created", subject=event.event_key, data=data)
    return outcome


def shipping_event(order: ShipOrder, goods: Sequence[objects.TraceableObject]) -> CanonicalEvent:
    """The EPCIS event that a shipment is (CBV 2.0 §7.1.3.43 shipping)."""
    instances = [item.uri for item in goods if item.kind is not ObjectKind.LOT]
    quantities: list[dict[str, Any]] = []
    for line, item in zip(order.lines, goods, strict=True):
        if item.kind is ObjectKind.LOT:
            if line.quantity is None or line.quantity <= 0:
                message = f"Say how much of lot {item.code} leaves: a lot is shipped with a quantity above zero."
                raise InvalidInputError(message, field="lines.quantity")
            quantities.append({"epcClass": item.uri, "quantity": line.quantity, **({"uom": line.uom} if line.uom else {})})
    body: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{order.command_id or uuid7()}",
        "eventTime": clock.isoformat(order.shipped_at or clock.now()),
        "eventTimeZoneOffset": order.offset,
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "readPoint": {"id": order.from_place},
        "sourceList": [{"type": "location", "source": order.from_place}],
        "destinationList": [{"type": "owning_party", "destination": order.to_party}],
    }
    if instances:
        body["epcList"] = instances
    if quantities:
        body["quantityList"] = quantities
    if order.document:
        body["bizTransactionList"] = [{"type": "desadv", "bizTransaction": order.document}]
    return read_command(body)
