"""Which events are in force, and what each one says: read from the JSON documents as they were sent (MODEL: Events)."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from backend.identifiers import DIGITAL_LINK_ROOT, Identifier, ObjectKind, parse_identifier

Body = dict[str, Any]
CONTAINERS: Final = (ObjectKind.LOGISTIC_UNIT, ObjectKind.ASSET, ObjectKind.TANK)
# EPCIS 2.0 §7.4: in which member of an event its objects stand, and the part that they play.
_PARTS: Final = {
    "parentID": "parent", "epcList": "subject", "quantityList": "subject", "childEPCs": "child", "childQuantityList": "child",
    "inputEPCList": "input", "inputQuantityList": "input", "outputEPCList": "output", "outputQuantityList": "output",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One object in one event; `amount` is None for an instance, `lot` the lot of a unit, where the event tells it."""

    part: str
    thing: str
    kind: ObjectKind
    product: str | None
    lot: str | None
    amount: Decimal | None
    uom: str | None


@dataclass(frozen=True)
class Told:
    """One event in force. `node` stands for the transformation: one for all parts under a transformationID, else the event's own."""

    name: str
    type: str
    action: str | None
    step: str | None
    at: datetime
    node: str
    lines: tuple[Line, ...]
    place: str | None
    left_from: tuple[str, ...]

    def named(self, part: str) -> list[Line]:
        """The lines of one part."""
        return [line for line in self.lines if line.part == part]


def name_of(body: Body) -> str:
    """What makes an event the same event: its id, else all that it says (MODEL: Key)."""
    if "eventID" in body:
        return str(body["eventID"])
    said = {member: value for member, value in body.items() if member not in ("errorDeclaration", "recordTime")}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def in_force(arrivals: Iterable[Body]) -> list[Told]:
    """The events that count, of all that arrived in this order.

    MODEL, Events: of two with one key the first told counts, be the other a duplicate or a conflict. A declaration takes its
    original out of force, also where it comes before it.
    """
    first: dict[str, Body] = {}
    wrong: set[str] = set()
    for body in arrivals:
        if "errorDeclaration" in body:
            wrong.add(name_of(body))
        else:
            first.setdefault(name_of(body), body)
    return [read(body) for name, body in first.items() if name not in wrong]


def read(body: Body) -> Told:
    """What one event says."""
    sources = [item["source"] for item in body.get("sourceList", []) if item["type"] == "location"]
    here = [body[member]["id"] for member in ("readPoint", "bizLocation") if member in body]
    at_last = body.get("bizLocation") or body.get("readPoint")
    name = name_of(body)
    return Told(
        name, body["type"], body.get("action"), body.get("bizStep"), datetime.fromisoformat(body["eventTime"]).astimezone(UTC),
        f"transformation {body.get('transformationID') or name}", tuple(_lines(body)), at_last and at_last["id"], (*sources, *here),
    )  # fmt: skip


def _lines(body: Body) -> list[Line]:
    found: dict[tuple[Any, ...], Line] = {}
    for member, part in _PARTS.items():
        value = body.get(member) or []
        for place, item in enumerate([value] if isinstance(value, str) else value):
            if isinstance(item, str):
                # An instance that stands twice is there once; lines of a class all count.
                line = _line(part, parse_identifier(item), None, None)
                found.setdefault((part, line.thing), line)
            else:
                amount = None if item.get("quantity") is None else Decimal(str(item["quantity"]))
                found[member, place] = _line(part, parse_identifier(item["epcClass"]), amount, item.get("uom"))
    return _with_lot_of_ilmd(list(found.values()), body)


def _line(part: str, identifier: Identifier, amount: Decimal | None, uom: str | None) -> Line:
    lot = None
    if identifier.kind is ObjectKind.UNIT and identifier.lot and identifier.product_key:
        lot = lot_of(identifier.product_key, identifier.lot)
    return Line(part, identifier.key, identifier.kind, identifier.product_key, lot, amount, uom)


def lot_of(product: str, number: str) -> str:
    """The key of a product's lot."""
    written = quote(number, safe="")
    return parse_identifier(f"{DIGITAL_LINK_ROOT}{product}/10/{written}" if product[0].isdigit() else f"{product}/{written}").key


def _with_lot_of_ilmd(lines: list[Line], body: Body) -> list[Line]:
    """EPCIS 2.0 §7.3.8: ILMD is of the objects of an object event, of the outputs of a transformation; its lot counts where they are of
    one product, and their own don't say otherwise."""
    number = (body.get("ilmd") or {}).get("cbvmda:lotNumber")
    part = "output" if body["type"] == "TransformationEvent" else "subject"
    products = {line.product for line in lines if line.part == part}
    if number is None or len(products) != 1 or None in products:
        return lines
    return [
        Line(line.part, line.thing, line.kind, line.product, lot_of(str(line.product), number), line.amount, line.uom)
        if line.part == part and line.kind is ObjectKind.UNIT and line.lot is None
        else line
        for line in lines
    ]


def memberships(told: Sequence[Told]) -> dict[str, dict[str, list[Told]]]:
    """Unit → lot → the events that teach it (MODEL: Units hang under their lot by membership)."""
    found: dict[str, dict[str, list[Told]]] = {}
    for event in told:
        for line in event.lines:
            taught = found.setdefault(line.thing, {}).setdefault(line.lot, []) if line.lot else []
            if event not in taught:
                taught.append(event)
    return found
