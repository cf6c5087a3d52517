"""Pure decisions about entries: the EPCIS event that each one is, and what is odd about its clock."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import singledispatch
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from backend.events.canonical import CanonicalEvent
from backend.events.commands import read_command
from backend.events.contexts import SUYUAN_NAMESPACE
from backend.events.timestamps import parse_timestamp
from backend.events.vocabulary import SHIPPING_STEPS
from backend.identifiers import DIGITAL_LINK_ROOT, Identifier, ObjectKind, is_uri, parse_identifier
from backend.objects.service import TraceableObject, code_of
from backend.shipments.service import ShipLine, ShipOrder, shipping_event
from infra import clock
from infra.errors import InvalidInputError
from mobile_api.entries import AnyEntry, Consume, Entry, Epcis, Inspect, Item, Mode, Observe, Pack, Produce, Receive, Result, Ship, Unpack
from mobile_api.schemas import DataQualityNote
from tenants.permissions import Permission

# The namespace of what EPCIS has no field for; EPCIS answers name the same one.
SUYUAN_CONTEXT: Final = {"suyuan": SUYUAN_NAMESPACE}
MOST_AHEAD: Final = timedelta(days=1)
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MOST_DIGITS: Final = 30
_MEASURED: Final = frozenset({ObjectKind.LOT, ObjectKind.PRODUCT_CLASS})
_WHOLE: Final = frozenset({ObjectKind.UNIT, ObjectKind.LOGISTIC_UNIT, ObjectKind.ASSET, ObjectKind.TRANSFORMATION})
Event = dict[str, Any]


def event_of(entry: AnyEntry) -> CanonicalEvent:
    """The event that an entry is, with the entry's id as its own. Raises `InvalidInputError` with what to mend.

    The command to ship makes exactly the event that the shipment would store; the same shipment reported as a fact makes the same.
    """
    if isinstance(entry, Ship) and entry.mode is Mode.COMMAND:
        return shipping_event(ship_order(entry), [_thing(parse_identifier(item.key)) for item in entry.goods])
    if isinstance(entry, Epcis):
        return _own_event(entry)
    return read_command({**_body(entry), **_when(entry)})


def ship_order(entry: Ship) -> ShipOrder:
    """The order that the command to ship gives; codes are resolved, so that a repetition means the same goods."""
    moment, offset = _moment(entry)
    return ShipOrder(
        lines=[ShipLine(parse_identifier(item.key).uri, _amount(item), item.uom) for item in entry.goods],
        from_place=_place(entry.from_place),
        to_party=_place(entry.to_party),
        document=entry.document,
        command_id=entry.id,
        shipped_at=moment,
        offset=offset,
    )


def clock_notes(event_time: datetime, now: datetime) -> list[DataQualityNote]:
    """What can't be right about a device's clock. Facts are taken all the same: order rests on sequences, not on clocks."""
    told = clock.isoformat(event_time)
    if event_time > now + MOST_AHEAD:
        return [DataQualityNote("CLOCK_AHEAD", f"It happened at {told} by the device's clock, more than a day from now. Check the date and time.")]
    if event_time < EARLIEST:
        return [DataQualityNote("CLOCK_BEHIND", f"It happened at {told} by the device's clock, before 2000. Check the date and time.")]
    return []


def moves_goods_out(event: CanonicalEvent) -> bool:
    """Whether the event ships, whatever kind of entry it came in."""
    return event.biz_step in SHIPPING_STEPS


def permissions_for(event: CanonicalEvent, *, orders: bool) -> frozenset[Permission]:
    """What a command needs: to ship for the order to, to capture for an event, both for an event that ships."""
    if orders:
        return frozenset({Permission.SHIPMENTS_COMMAND})
    return frozenset({Permission.EVENTS_CAPTURE} | ({Permission.SHIPMENTS_COMMAND} if moves_goods_out(event) else set()))


def _moment(entry: Entry) -> tuple[datetime, str]:
    moment = parse_timestamp(entry.occurred_at)
    if moment is None:
        message = "“occurredAt” is no date and time with an offset. Write it like 2026-07-22T06:45:00.000+08:00."
        raise InvalidInputError(message, field="occurredAt")
    return moment, "+00:00" if entry.occurred_at.endswith("Z") else entry.occurred_at[-6:]


def _when(entry: Entry) -> Event:
    moment, offset = _moment(entry)
    return {"eventID": event_id(entry.id), "eventTime": clock.isoformat(moment), "eventTimeZoneOffset": offset}


def event_id(client_id: UUID) -> str:
    """The EPCIS event id that an entry's id becomes."""
    return f"urn:uuid:{client_id}"


def _amount(item: Item) -> Decimal | None:
    amount = item.quantity
    if amount is None:
        return None
    if not amount.is_finite() or amount <= 0 or len(amount.as_tuple().digits) > _MOST_DIGITS or abs(amount.adjusted()) > _MOST_DIGITS:
        message = f"A quantity is a number above zero of at most {_MOST_DIGITS} digits. Leave it out where it wasn't measured."
        raise InvalidInputError(message, field="quantity")
    return amount


def _thing(identifier: Identifier) -> TraceableObject:
    """The identifier as an object that hasn't been looked up."""
    return TraceableObject(0, identifier.kind, identifier.key, identifier.gtin, code_of(identifier))


def _uri(identifier: Identifier) -> str:
    """The identifier as an event writes it: as captured where that is a URI."""
    return identifier.captured if is_uri(identifier.captured) else _canonical_uri(identifier)


def _canonical_uri(identifier: Identifier) -> str:
    """One way of writing however it was captured; a unit that was scanned with its lot keeps it, because that teaches membership."""
    if identifier.kind is ObjectKind.UNIT and identifier.gtin and identifier.lot and identifier.serial:
        return f"{DIGITAL_LINK_ROOT}01/{identifier.gtin}/10/{quote(identifier.lot, safe='')}/21/{quote(identifier.serial, safe='')}"
    return identifier.uri


def _place(code: str) -> str:
    return code.strip() if is_uri(code.strip()) else parse_identifier(code).uri


def _here(place: str) -> Event:
    return {"readPoint": {"id": _place(place)}, "bizLocation": {"id": _place(place)}}


def _split(items: Sequence[Item], instances: str, classes: str, write: Callable[[Identifier], str] = _uri) -> Event:
    """Single things under one name, measured goods under the other. A thing that was scanned twice is there once."""
    things: dict[str, None] = {}
    amounts: list[Event] = []
    for item in items:
        identifier = parse_identifier(item.key)
        amount = _amount(item)
        if identifier.kind in _MEASURED or (amount is not None and identifier.kind not in _WHOLE):
            quantity = {"quantity": amount} if amount is not None else {}
            amounts.append({"epcClass": write(identifier), **quantity, **({"uom": item.uom} if item.uom else {})})
        elif amount not in (None, 1) or item.uom is not None:
            raise InvalidInputError(f"{identifier.uri} is one thing and has no quantity. Leave quantity and uom out.", field="quantity")
        else:
            things.setdefault(write(identifier))
    return {**({instances: list(things)} if things else {}), **({classes: amounts} if amounts else {})}


def _own_event(entry: Epcis) -> CanonicalEvent:
    """The event as it was sent. Only a correction carries another id than the entry's: that of the event that it corrects."""
    _moment(entry)
    own = event_id(entry.id)
    names_itself = not entry.event.keys().isdisjoint(("eventID", "id", "errorDeclaration"))
    event = read_command(entry.event if names_itself else {**entry.event, "eventID": own})
    if event.error_declaration is None and event.event_id != own:
        raise InvalidInputError(f"The event's eventID isn't the entry's id. Leave it out, or write {own}.", field="event.eventID")
    return event


@singledispatch
def _body(entry: Entry) -> Event:
    raise TypeError(f"there is no event for a {type(entry).__name__}")


@_body.register
def _receive(entry: Receive) -> Event:
    body = {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "receiving", "disposition": "in_progress", **_here(entry.place)}
    if entry.from_party:
        body["sourceList"] = [{"type": "owning_party", "source": _place(entry.from_party)}]
    if entry.document:
        body["bizTransactionList"] = [{"type": "desadv", "bizTransaction": entry.document}]
    return body | _split(entry.goods, "epcList", "quantityList")


@_body.register
def _consume(entry: Consume) -> Event:
    return {
        "type": "TransformationEvent",
        "transformationID": entry.transformation,
        "bizStep": "creating_class_instance",
        **_here(entry.place),
        **_split(entry.inputs, "inputEPCList", "inputQuantityList"),
    }


@_body.register
def _produce(entry: Produce) -> Event:
    dates = {"cbvmda:productionDate": entry.produced_on, "cbvmda:itemExpirationDate": entry.expires_on}
    ilmd = {name: day.isoformat() for name, day in dates.items() if day}
    return {
        "type": "TransformationEvent",
        **({"transformationID": entry.transformation} if entry.transformation else {}),
        "bizStep": "creating_class_instance",
        "disposition": "active",
        **_here(entry.place),
        **_split(entry.inputs, "inputEPCList", "inputQuantityList"),
        **_split(entry.outputs, "outputEPCList", "outputQuantityList"),
        **({"ilmd": ilmd} if ilmd else {}),
    }


@_body.register
def _inspect(entry: Inspect) -> Event:
    found = {"suyuan:note": entry.note, "suyuan:photos": [str(photo) for photo in entry.photos]}
    own = {name: value for name, value in found.items() if value}
    return {
        **({"@context": [SUYUAN_CONTEXT]} if own else {}),
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "inspecting",
        "disposition": "conformant" if entry.result is Result.PASS else "non_conformant",
        **_here(entry.place),
        **_split(entry.goods, "epcList", "quantityList"),
        **own,
    }


@_body.register
def _pack(entry: Pack) -> Event:
    return _aggregation("ADD", "packing", entry.container, entry.contents, entry.place)


@_body.register
def _unpack(entry: Unpack) -> Event:
    return _aggregation("DELETE", "unpacking", entry.container, entry.contents, entry.place)


def _aggregation(action: str, step: str, container: str, contents: Sequence[Item], place: str) -> Event:
    return {
        "type": "AggregationEvent",
        "action": action,
        "bizStep": step,
        "parentID": _uri(parse_identifier(container)),
        **_here(place),
        **_split(contents, "childEPCs", "childQuantityList"),
    }


@_body.register
def _ship(entry: Ship) -> Event:
    """The body that `shipments.service.shipping_event` writes, also where the goods have not been met or measured."""
    body: Event = {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "readPoint": {"id": _place(entry.from_place)},
        "sourceList": [{"type": "location", "source": _place(entry.from_place)}],
        "destinationList": [{"type": "owning_party", "destination": _place(entry.to_party)}],
    }
    if entry.document:
        body["bizTransactionList"] = [{"type": "desadv", "bizTransaction": entry.document}]
    return body | _split(entry.goods, "epcList", "quantityList", _canonical_uri)


@_body.register
def _observe(entry: Observe) -> Event:
    disposition = {"disposition": entry.disposition} if entry.disposition else {}
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": entry.step,
        **disposition,
        **_here(entry.place),
        **_split(entry.goods, "epcList", "quantityList"),
    }
