"""What late and corrected events do to frozen scopes: found behind the captures, held, alerted, and told to the case.

Goods that come behind a recall's roots are held by its holds in the transaction that captures them. The watcher looks whether they are,
and holds what isn't, as after closing. It frees nothing: what a correction takes out of the scope is only shown.
"""

from collections.abc import Iterable
from dataclasses import replace
from enum import IntEnum
from typing import Any, Final
from uuid import UUID

from backend.alerts import service as alerts
from backend.genealogy import reach as genealogy
from backend.genealogy.rules import Certainty
from backend.holds import service as holds
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.recall_scope import freezing_repository, repository, watching_repository
from backend.recall_scope.answer import Addition, AdditionKind
from backend.recall_scope.computing import Carried, carry, reach_within
from backend.recall_scope.errors import UnknownScopeError
from backend.recall_scope.freezing import ALERT, LOOK, alert_key
from backend.recall_scope.reaching import parts_of
from backend.recall_scope.resolving import windows_of
from backend.recall_scope.stored import read_bounds, read_sources
from infra import clock
from infra.database import Gate, TenantTransaction
from infra.outbox import enqueue, take_together

GROWN: Final = "recall.grown"
HOLD: Final = "recall.hold_additions"
_LOOKS_AT_ONCE: Final = 200
_HELD_AT_ONCE: Final = 200
_GOODS: Final = (AdditionKind.ADDED, AdditionKind.SURER)


class Watch(IntEnum):
    """Whether late events are looked at for a case; the numbers are stored and never change."""

    OFF = 0
    RUNNING = 1
    CLOSED = 2


async def ring(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """After events were captured: have the watched cases looked at that they may concern. Without any it is one look into an index."""
    if not await repository.any_watched(tx):
        return
    event_ids = await watching_repository.facts(tx, [*payload.get("event_ids", ()), *payload.get("superseded", ())])
    cases = await _in_windows(tx, event_ids)
    for part in parts_of(await watching_repository.touched(tx, event_ids)):
        cases |= await watching_repository.cases_with_seeds(tx, await genealogy.ancestors(tx, part))
    await enqueue(tx, LOOK, [{"case_id": str(case_id)} for case_id in sorted(cases)])


async def ring_changed(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """After two objects were declared the same, or not: no event tells of that. What is held or released changes no scope."""
    if "hold_id" in payload or not await repository.any_watched(tx):
        return
    ids = [*payload["object_ids"], *await watching_repository.uses_of(tx, payload["object_ids"])]
    cases = await watching_repository.cases_with_seeds(tx, await genealogy.ancestors(tx, ids))
    await enqueue(tx, LOOK, [{"case_id": str(case_id)} for case_id in sorted(cases)])


async def _in_windows(tx: TenantTransaction, event_ids: list[int]) -> set[UUID]:
    """The cases into one of whose windows one of these events may fall."""
    times = await watching_repository.times_of(tx, event_ids)
    if times is None:
        return set()
    first, last = times
    found = set()
    for row in await watching_repository.watched(tx):
        windows = windows_of(read_sources(row["sources"]), read_bounds(row["bounds"]))
        if any(scope.begin <= last and first < scope.end for scope in windows):
            found.add(row["case_id"])
    return found


async def look(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: what has come to the scopes of these cases since they were frozen. May run twice."""
    payloads = [payload, *await take_together(tx, LOOK, _LOOKS_AT_ONCE)]
    for case_id in sorted({UUID(one["case_id"]) for one in payloads}):
        await _look(tx, case_id)


async def _look(tx: TenantTransaction, case_id: UUID) -> None:
    await repository.lock_case(tx, case_id)
    watch, version = await repository.watch_of(tx, case_id), await freezing_repository.last_version(tx, case_id)
    if watch is None or watch["state"] == Watch.OFF or not version:
        return
    at = clock.now()
    found = await additions(tx, case_id)
    known = await watching_repository.told(tx, case_id, version)
    fresh = [one for one in found if _key(one) not in known]
    await watching_repository.looked(tx, case_id, at)
    if not fresh:
        return
    for part in parts_of(fresh):
        await watching_repository.tell(tx, case_id, version, [(*_key(one), int(one.certainty)) for one in part], at)
    grown = [one for one in fresh if one.kind is not AdditionKind.NO_LONGER_REACHED]
    if watch["drill"] or not grown:
        return
    closed = watch["state"] == Watch.CLOSED
    goods = [one.key for one in grown if one.kind in _GOODS]
    await enqueue(tx, HOLD, [{"case_id": str(case_id), "keys": part} for part in parts_of(goods, _HELD_AT_ONCE)])
    await _alert(tx, case_id, version, grown, closed=closed)
    shipped = sum(one.kind is AdditionKind.SHIPPED for one in grown)
    told = {"case_id": str(case_id), "drill": False, "version": version, "closed": closed, "goods": len(goods), "shipments": shipped}
    await enqueue(tx, GROWN, [{**told, "at": at.isoformat()}])


def _key(one: Addition) -> tuple[int, int, int]:
    return one.object_id, one.shipment_number, int(one.kind)


async def _alert(tx: TenantTransaction, case_id: UUID, version: int, grown: list[Addition], *, closed: bool) -> None:
    goods = sorted({one.thing.uri for one in grown if one.kind in _GOODS})
    parties = sorted({one.party or "" for one in grown if one.kind is AdditionKind.SHIPPED})
    detail = {
        "recall": str(case_id), "version": version, "closed": closed, "goods": goods[:20], "goodsCount": len(goods), "customers": parties[:20],
        "customersCount": len(parties),
    }  # fmt: skip
    await alerts.raise_alert(
        tx, kind=ALERT, severity=alerts.Severity.CRITICAL, subject=f"recall:{case_id}", detail=detail, dedupe_key=alert_key(case_id),
        cause_key=f"recall:{case_id}", resets=True,
    )  # fmt: skip


async def hold_additions(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: hold those of these goods that no hold reaches. Waits for the gate before it reads anything."""
    await tx.pass_gate(Gate.EXCLUSIVE)
    case_id = UUID(payload["case_id"])
    watch = await repository.watch_of(tx, case_id)
    if watch is None or watch["drill"] or watch["state"] == Watch.OFF:
        return
    free: list[str] = []
    for key in payload["keys"]:
        thing = await objects.find_key(tx, key)
        if thing is not None and not await holds.why_held(tx, [thing.object_id]):
            free.append(key)
    if free:
        origin = holds.HoldOrigin(holds.HoldCauseKind.RECALL, f"recall:{case_id}")
        reason = "Late or corrected events brought these goods into a recall's scope."
        await holds.place(tx, None, scope=holds.Scope.of_objects(*free), origin=origin, reason=reason)


async def additions(tx: TenantTransaction, case_id: UUID) -> list[Addition]:
    """What differs between the scope as it is now and the last frozen version: goods by nearness, then shipments, then what is gone."""
    question, version = await repository.question(tx, case_id), await freezing_repository.last_version(tx, case_id)
    if question is None:
        raise UnknownScopeError
    if not version:
        return []
    bounds = read_bounds(question["bounds"])
    within = await reach_within(tx, read_sources(question["sources"]), bounds)
    before = await watching_repository.frozen_goods(tx, case_id, version)
    reach = within.reached.reach
    surer = [each for each in within.goods if before.get(each) == Certainty.POSSIBLE and reach.certainty(each) is Certainty.CERTAIN]
    changes = {
        AdditionKind.ADDED: [each for each in within.goods if each not in before],
        AdditionKind.SURER: surer,
        AdditionKind.NO_LONGER_REACHED: [each for each in before if each not in reach],
    }
    told = await watching_repository.told(tx, case_id, version)
    found: dict[AdditionKind, list[Addition]] = {}
    for kind, ids in changes.items():
        things: dict[int, TraceableObject] = {}
        for part in parts_of(ids):
            things |= await objects.load(tx, part)
        certain = {each: reach.certainty(each) if each in reach else Certainty(before[each]) for each in ids}
        doubts = {each: reach.doubts(each) if each in reach else () for each in ids}
        found[kind] = [_addition(kind, things[each], certain[each], doubts[each]) for each in ids]
    carried = Carried(bounds.include_possible)
    await carry(tx, within, carried, [*within.goods, *within.others])
    shipped = _new_shipments(carried, await watching_repository.frozen_shipments(tx, case_id, version))
    every = [*found[AdditionKind.ADDED], *found[AdditionKind.SURER], *shipped, *found[AdditionKind.NO_LONGER_REACHED]]
    return [replace(one, found_at=told.get(_key(one))) for one in every]


def _addition(kind: AdditionKind, thing: TraceableObject, certainty: Certainty, doubts: Iterable[Any]) -> Addition:
    return Addition(kind, thing.object_id, thing.key, thing.kind, thing.gtin, thing.code, certainty, tuple(doubts), None)


def _new_shipments(carried: Carried, before: set[tuple[int, int, str]]) -> list[Addition]:
    return [
        replace(
            _addition(AdditionKind.SHIPPED, lot.lot, lot.certainty, ()), party=one.shipment.to_party, shipment_id=one.shipment.public_id,
            shipment_number=one.shipment.shipment_id, quantity=lot.quantity, uom=lot.uom,
        )
        for one in carried.ordered()
        for lot in one.lots
        if (lot.lot.object_id, one.shipment.shipment_id, lot.uom) not in before
    ]  # fmt: skip
