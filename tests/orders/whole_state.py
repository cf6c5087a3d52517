"""All that is derived from a tenant's events, in keys that people know instead of ids and times of recording."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import BigInteger

from backend.holds import reach as holds
from backend.holds import service as hold_service
from backend.objects import service as objects
from backend.services import Services
from infra.database import Record, TenantTransaction
from infra.migrate import load_models
from infra.schema import metadata
from tests.graphql.conftest import Caller

State = dict[str, list[tuple[str, ...]]]

EVENT_IDS: Final = frozenset({"event_id", "shipment_id", "opened_by", "closed_by"})
OBJECT_IDS: Final = frozenset({
    "object_id", "parent_id", "child_id", "node_id", "product_id", "unit_id", "lot_id", "content_id", "container_id", "state_id",
})  # fmt: skip
# Ids and moments that each recording has of its own; bodies may be told as JSON or XML, and their digest stays; an anomaly is of an act.
OF_RECORDING: Final = frozenset({"tenant_id", "public_id", "record_time", "recorded_at", "job_id", "seq", "body", "context", "anomaly"}) | {
    # What was known when follows the order of telling: `tests/genealogy/test_known_then.py`.
    "known_from", "known_at", "superseded_at",
}  # fmt: skip
# Not derived from events alone: compared by their meaning in `hold_answers` and `alerts_that_hold_true`, or no function of facts.
ACTS: Final = frozenset({"hold", "hold_cut", "hold_pending", "alert", "review_entry", "capture_job", "published_history", "audit_entry"} | {
    "disposition", "hold_goods", "hold_root", "recalled_goods", "inspection", "nonconformance_object", "supplier_request_object",
})  # fmt: skip
PAST: Final = frozenset({"lot_link_past", "containment_past", "lot_shipment_past", "shipment_past"})


# A node of the genealogy's own to which no link in force leads is nothing: it was one by what was known before.
_LINKED: Final = """exists (select 1 from lot_link l where l.tenant_id = $1 and l.superseded_by is null
                            and (l.parent_id = t.{own} or l.child_id = t.{own}))"""
# The service's own events, of holds, have ids of their holds and come when the worker does.
_TOLD: Final = "not exists (select 1 from event own where own.tenant_id = $1 and own.event_id = t.event_id and own.source = 6)"
_IN_USE: Final = {
    "traceable_object": f" and (t.kind not in (9, 10) or {_LINKED.format(own='object_id')})",
    "container_state": f" and {_LINKED.format(own='state_id')}",
}


def _is_derived(table: Any) -> bool:
    # What people and their quality work have ids of their own, which aren't numbers.
    columns = {column.name for column in table.columns if isinstance(column.type, BigInteger)}
    return bool(table.info["tenant_owned"]) and table.name not in ACTS | PAST and bool(columns & (EVENT_IDS | OBJECT_IDS))


def derived_tables() -> list[str]:
    """Tables of events, of objects, and of what is derived from them, those included that are added later."""
    load_models()
    return sorted(table.name for table in metadata.sorted_tables if _is_derived(table))


def _query(name: str) -> str:
    """The rows in force of a table: each id replaced by its key."""
    table = metadata.tables[name]
    selected, joins = [], []
    for number, column in enumerate(table.columns):
        given = f"t.{column.name}"
        if (column.name == "object_id" and name == "traceable_object") or (column.name == "event_id" and name == "event"):
            continue
        if column.name in OF_RECORDING:
            continue
        if column.name == "superseded_by":
            selected += [f"({given} is not null)::text"] if name == "event" else []
        elif column.name in EVENT_IDS | OBJECT_IDS and isinstance(column.type, BigInteger):
            other, key, own = ("event", "event_key", "event_id") if column.name in EVENT_IDS else ("traceable_object", "key", "object_id")
            joins.append(f"left join {other} j{number} on j{number}.tenant_id = $1 and j{number}.{own} = {given}")
            selected.append(f"j{number}.{key}")
        elif str(column.type) == "NUMERIC":
            selected.append(f"trim_scale({given})::text")
        else:
            selected.append(f"{given}::text")
    in_force = " and t.superseded_by is null" if "superseded_by" in table.columns and name != "event" else ""
    told = f" and {_TOLD}" if "event_id" in table.columns else ""
    return f"select {', '.join(selected)} from {name} t {' '.join(joins)} where t.tenant_id = $1{in_force}{told}{_IN_USE.get(name, '')}"


_QUERIES: dict[str, str] = {}


def _sorted(rows: Iterable[Iterable[Any]]) -> list[tuple[str, ...]]:
    return sorted(tuple("" if value is None else str(value) for value in row) for row in rows)


async def derived_state(tx: TenantTransaction) -> State:
    """Every derived table, and the counts of the feed."""
    if not _QUERIES:
        _QUERIES.update({name: _query(name) for name in derived_tables()})
    state = {name: _sorted(await tx.fetch(query)) for name, query in _QUERIES.items()}
    state["feed without gaps"] = _sorted(
        await tx.fetch(f"select count(*) = max(seq), min(seq), count(*) filter (where {_TOLD}) from event_feed t where tenant_id = $1")
    )
    state["for review"] = _sorted(await tx.fetch("select event_key, content_sha256, reason, kind from review_entry where tenant_id = $1"))
    return state


async def hold_answers(tx: TenantTransaction) -> State:
    """What the holds in force reach, which goods a command would refuse and why, and which containers are blocked.

    Without what is pending after a correction: that tells what was known when the correction came (docs/model.md).
    """
    things = await tx.fetch("select object_id, key from traceable_object where tenant_id = $1 and kind not in (7, 9, 10)")
    names = {row["object_id"]: row["key"] for row in await tx.fetch("select object_id, key from traceable_object where tenant_id = $1")}
    roots = {row["hold_id"]: row["object_id"] for row in await tx.fetch("select hold_id, object_id from hold where tenant_id = $1 and status = 1")}
    cuts = {hold_id: cut for hold_id, (_, cut) in (await holds.holds_reaching(tx)).items()}
    reach = [(names[root], names[held]) for hold_id, root in roots.items() for held in await holds.held_by(tx, [root], cuts[hold_id])]
    causes = []
    for thing in things:
        found = await hold_service.why_held(tx, [thing["object_id"]])
        # Where there are more, those told are any of them.
        few = len(found) < holds.MAXIMUM_CAUSES
        causes += [(thing["key"], *((cause.held_key, cause.root_key) if few else ())) for cause in found if not cause.correction_pending]
    return {"held": _sorted(set(reach)), "causes": _sorted(set(causes))}


Pairs = set[tuple[str, str]]


async def held_goods_shipped(tx: TenantTransaction) -> tuple[Pairs, Pairs]:
    """(shipment, hold's root) of held goods that left, by the events' and objects' keys: what is so now, reckoned here anew from the
    tables, and what alerts tell."""
    events = {row["event_id"]: row for row in await tx.fetch("select event_id, event_key, public_id, event_time from event where tenant_id = $1")}
    names = {row["object_id"]: row["key"] for row in await tx.fetch("select object_id, key from traceable_object where tenant_id = $1")}
    upward: dict[int, set[int]] = defaultdict(set)
    for row in await tx.fetch("select parent_id, child_id from lot_link where tenant_id = $1 and superseded_by is null"):
        upward[row["child_id"]].add(row["parent_id"])
    members: dict[int, set[int]] = defaultdict(set)
    for row in await tx.fetch("select unit_id, lot_id from unit_membership where tenant_id = $1 and superseded_by is null"):
        members[row["unit_id"]].add(row["lot_id"])
    stays = await tx.fetch("select content_id, container_id, valid_from, valid_to from containment where tenant_id = $1")
    roots = {
        row["object_id"]: row["placed_at"] for row in await tx.fetch("select object_id, placed_at from hold where tenant_id = $1 and status = 1")
    }
    states = await tx.fetch("select state_id, container_id, used_at from container_state where tenant_id = $1 and not filled")
    known = {
        row["child_id"] for row in await tx.fetch("select child_id from lot_link where tenant_id = $1 and kind in (4, 8) and superseded_by is null")
    }
    now: Pairs = set()
    for row in await tx.fetch("select shipment_id from shipment where tenant_id = $1 and superseded_by is null and direction <> 2"):
        left = events[row["shipment_id"]]
        named = await tx.fetch("select object_id from event_object where tenant_id = $1 and event_id = $2 and role in (1, 2)", row["shipment_id"])
        carried = _closure({each["object_id"] for each in named}, partial(_inside, stays, before=left["event_time"], after=left["event_time"]))
        for root, placed_at in roots.items():
            inside = _closure({root}, partial(_inside, stays, before=None, after=placed_at))
            # A use of a held container, or of one in it: since the hold, or whenever nothing else is known of it.
            inside |= {
                row["state_id"] for row in states if row["container_id"] in inside and (row["used_at"] >= placed_at or row["state_id"] not in known)
            }
            came_from = _closure(carried | {lot for thing in carried for lot in members[thing]}, lambda thing: upward[thing])
            if came_from & inside:
                now.add((left["event_key"], names[root]))
    keys = {str(row["public_id"]): row["event_key"] for row in events.values()}
    by_uri = {thing.uri: thing.key for thing in (await objects.load(tx, names)).values()}
    told = await tx.fetch("select detail from alert where tenant_id = $1 and kind = 'held_goods_shipped'")
    details = [json.loads(row["detail"]) for row in told]
    return now, {(keys[detail["shipment"]], by_uri[detail["root"]]) for detail in details}


def _inside(stays: list[Record], container: int, *, before: datetime | None, after: datetime) -> set[int]:
    """What came into a container by one moment and was in it after another."""
    return {
        stay["content_id"]
        for stay in stays
        if stay["container_id"] == container and (before is None or stay["valid_from"] <= before) and stay["valid_to"] > after
    }


def _closure(start: set[int], onward: Callable[[int], set[int]]) -> set[int]:
    found: set[int] = set()
    waiting = list(start)
    while waiting:
        thing = waiting.pop()
        if thing not in found:
            found.add(thing)
            waiting += onward(thing)
    return found


async def whole_state(services: Services, tenant_id: int, *, holds_too: bool = True) -> State:
    """Everything, for two tenants that were told the same."""
    async with services.database.tenant(tenant_id) as tx:
        state = await derived_state(tx)
        if holds_too and await tx.fetchval("select exists (select 1 from hold where tenant_id = $1)"):
            state |= await hold_answers(tx)
    return state


def differences(one: State, other: State) -> dict[str, tuple[list[tuple[str, ...]], list[tuple[str, ...]]]]:
    """By table, the rows that only one and only the other has."""
    return {
        name: (
            [row for row in one.get(name, []) if row not in other.get(name, [])],
            [row for row in other.get(name, []) if row not in one.get(name, [])],
        )
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    }


TRACE: Final = """query($key: String!) {
  traceableObject(key: $key) { key kind unitsCount positions { place quantity uom } }
  backward: trace(key: $key, direction: BACKWARD) { ...told }
  forward: trace(key: $key, direction: FORWARD) { ...told
    shipments(first: 50) { nodes { shipment { toParty shippedAt } lots { object { key } quantity uom certainty } } } } }
fragment told on Trace { nodeCount linkCount nodes(first: 100) { nodes { object { key } steps certainty } }
  links(first: 100) { nodes { parent { key } child { key } kind certainty doubt occurredAt quantity uom } } gaps(first: 20) { nodes {
    step { key } product { key } occurredAt } } }"""


async def traces(caller: Caller, keys: Iterable[str]) -> State:
    """What GraphQL tells of these objects: where they are, what they came from and what became of them."""
    told: list[tuple[str, ...]] = []
    for key in keys:
        answer = (await caller.post(TRACE, {"key": key})).json()
        codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
        assert codes <= {"OBJECT_NOT_FOUND"}, answer
        told.append((key, json.dumps(_unordered(answer["data"]))))
    return {"traces": told}


def _unordered(value: Any) -> Any:
    """Lists in an order of their own: what happened at one moment is told in the order in which it was recorded."""
    if isinstance(value, dict):
        return {name: _unordered(item) for name, item in sorted(value.items())}
    return sorted((_unordered(item) for item in value), key=json.dumps) if isinstance(value, list) else value
