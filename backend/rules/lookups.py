"""Conditions that one event can't tell alone: what else is known is looked up, at the worker's and at a trial's."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from backend.balance import step_service
from backend.balance.errors import NotALotError
from backend.holds import service as holds
from backend.identifiers import Identifier, ObjectKind
from backend.objects.errors import ObjectNotFoundError
from backend.rules import events_repository, forms
from backend.rules.days import day_of
from backend.rules.facts import Fact, Goods
from backend.rules.watching import Found
from infra.database import TenantTransaction

MOST_SIGHTINGS: Final = 500
MOST_UNITS: Final = 1_000
_MOVING: Final = frozenset(
    {
        "receiving", "arriving", "departing", "shipping", "loading", "unloading", "packing", "storing", "staging_outbound", "accepting",
        "picking", "dispensing", "retail_selling", "consigning", "transporting", "creating_class_instance", "commissioning", "assembling",
        "installing", "consuming",
    }
)  # fmt: skip


def is_looked_up(condition: forms.AnyCondition) -> bool:
    """Whether the kind is judged event by event, with a look at what else is known."""
    return type(condition) in _LOOKS


async def look_up(tx: TenantTransaction, condition: forms.AnyCondition, fact: Fact) -> list[Found]:
    """What an event in the rule's scope gives rise to."""
    look = _LOOKS.get(type(condition))
    return await look(tx, condition, fact) if look is not None else []


async def _mass_balance(tx: TenantTransaction, condition: forms.MassBalance, fact: Fact) -> list[Found]:
    """Parts of one transformation may still come: what was off may come right, and ends then."""
    if fact.node_key is None:
        return []
    try:
        balance = await step_service.step_balance(tx, fact.node_key)
    except (ObjectNotFoundError, NotALotError):
        return []
    if balance.untold_inputs or balance.untold_outputs:
        return []
    off: list[dict[str, Any]] = []
    for one in balance.yields:
        if one.put_in > 0 and one.came_out > 0:
            loss = (one.put_in - one.came_out) * 100 / one.put_in
            if loss > Decimal(repr(condition.loss_percent)) or -loss > Decimal(repr(condition.gain_percent)):
                off.append({"uom": one.uom, "in": str(one.put_in), "out": str(one.came_out), "lossPercent": str(round(loss, 3))})
    told = {"step": fact.node_key, "event": str(fact.public_id), "accounts": off}
    if not off:
        return [Found(fact.node_key, fact.at, False, told, "", fact.subject or fact.node_key, because="the balance is right")]
    outputs = tuple(one.key for one in fact.goods if one.role.name == "OUTPUT" and one.kind is not ObjectKind.PRODUCT_CLASS)
    return [Found(fact.node_key, fact.at, True, told, f"{fact.node_key}|{fact.public_id}", fact.subject or fact.node_key, outputs, fact.equipment)]


async def _duplicate_serial(tx: TenantTransaction, condition: forms.DuplicateSerial, fact: Fact) -> list[Found]:
    """Places are the same where one lies in the other's GLN; a unit that is packed or named by its lot isn't seen."""
    units = {one.object_id: one for one in fact.goods if one.kind is ObjectKind.UNIT}
    if not units or not fact.places:
        return []
    rows = await events_repository.sightings(tx, list(units)[:MOST_UNITS], fact.at, timedelta(minutes=condition.minutes), MOST_SIGHTINGS)
    here = {_site(place) for place in fact.places}
    elsewhere: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["public_id"] != fact.public_id and _site(row["place"]) not in here:
            elsewhere[row["object_id"]].append({"place": row["place"], "at": row["event_time"].isoformat(), "event": str(row["public_id"])})
    found = []
    for object_id, others in elsewhere.items():
        unit = units[object_id]
        detail = {
            "place": fact.places[0],
            "at": fact.at.isoformat(),
            "event": str(fact.public_id),
            "elsewhere": others[:5],
            "minutes": condition.minutes,
        }
        pair = "|".join(sorted([str(fact.public_id), others[0]["event"]]))
        found.append(Found(unit.key, fact.at, True, detail, f"{unit.key}|{pair}", _uri(unit), (unit.key,), momentary=True))
    return found


def _site(place: str) -> str:
    """A GLN without its extension: rooms of one site are no two places."""
    head, separator, tail = place.partition("/414/")
    return f"{head}{separator}{tail.split('/')[0]}" if separator else place


async def _held_goods_moving(tx: TenantTransaction, _condition: forms.HeldGoodsMoving, fact: Fact) -> list[Found]:
    if fact.step is not None and fact.step not in _MOVING:
        return []
    things = {one.object_id: one for one in fact.goods}
    causes = await holds.why_held(tx, list(things)) if things else []
    if not causes:
        return []
    detail = {
        "event": str(fact.public_id), "step": fact.step, "places": list(fact.places),
        "causes": [{"hold": str(cause.hold_id), "reason": cause.reason, "root": cause.root_uri, "held": cause.held_uri} for cause in causes[:5]],
    }  # fmt: skip
    keys = tuple(dict.fromkeys(cause.held_key for cause in causes))
    return [Found(str(fact.public_id), fact.at, True, detail, str(fact.public_id), causes[0].held_uri, keys, momentary=True)]


async def _certificate(tx: TenantTransaction, condition: forms.CertificateExpired, fact: Fact) -> list[Found]:
    """Goods that come from a supplier whose certificate has expired as they come."""
    if not fact.suppliers or fact.step not in ("receiving", "accepting", "arriving"):
        return []
    by = await day_of(tx, fact.at, fact.places) + timedelta(days=condition.days)
    found = []
    for row in await events_repository.certificates_expiring(tx, by, condition.certificate, fact.suppliers, 20):
        detail = {
            "supplier": row["party"], "certificate": row["kind"], "number": row["number"], "validTo": row["valid_to"].isoformat(),
            "event": str(fact.public_id),
        }  # fmt: skip
        key = f"{row['party']}|{row['kind']}|{fact.public_id}"
        found.append(Found(key, fact.at, True, detail, key, fact.subject or row["party"], tuple(fact.keys), momentary=True))
    return found


def _uri(one: Goods) -> str:
    return Identifier(one.kind, one.key, one.key).uri


Look = Callable[[TenantTransaction, Any, Fact], Awaitable[list[Found]]]
_LOOKS: Final[Mapping[type, Look]] = {
    forms.MassBalance: _mass_balance, forms.DuplicateSerial: _duplicate_serial, forms.HeldGoodsMoving: _held_goods_moving,
    forms.CertificateExpired: _certificate,
}  # fmt: skip
