"""The worker's part: after each capture, rules that are on go through the events that they haven't seen, each event once.

What a rule remembers, what it finds and the place up to which it has looked are written in one transaction, so a killed worker loses
nothing and doubles nothing. What rules do (alerts, holds, nonconformances, inspections) is no event, so it never comes back here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from backend.catalog.sites import Sites, sites_within
from backend.events.canonical import Role
from backend.events.json_text import read_json
from backend.identifiers import ObjectKind
from backend.rules import events_repository, findings, forms, inspected, repository, series_repository
from backend.rules.facts import Fact, Goods, concerns, fact_of
from backend.rules.findings import Rule
from backend.rules.lookups import is_looked_up, look_up
from backend.rules.memory import kept, remembered
from backend.rules.watching import Found, Series, Told, Watch, told_by
from infra.database import Record, TenantTransaction
from infra.logging import get_logger
from infra.outbox import enqueue, first_time, take_together

TOPIC: Final = "rules.evaluate"
INSPECTED: Final = "rules.inspected"
EVENTS_AT_ONCE: Final = 100
BELLS_AT_ONCE: Final = 200
MOST_OBJECTS: Final = 5_000
MOST_KEPT_SERIES: Final = 2_000
_log = get_logger(__name__)


async def ring(tx: TenantTransaction, _payload: dict[str, Any]) -> None:
    """After events were captured: have the rules look, in a job of its own. A tenant without rules pays one look into an index."""
    if await repository.any_on(tx):
        await enqueue(tx, TOPIC, [{}])


async def ring_inspected(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """After an inspection was concluded."""
    if await repository.any_on(tx):
        await enqueue(tx, INSPECTED, [{"inspection_id": payload["inspection_id"]}])


async def evaluate_next(tx: TenantTransaction, _payload: dict[str, Any]) -> None:
    """Look at the next events of the tenant; where there are more, the bell is rung again."""
    await take_together(tx, TOPIC, BELLS_AT_ONCE)
    if await evaluate(tx):
        await enqueue(tx, TOPIC, [{}])


async def evaluate(tx: TenantTransaction) -> bool:
    """Take the rules that are on through the next events; says whether there may be more. One transaction of a tenant at a time."""
    seen = await repository.lock_progress(tx)
    rules = [Rule.from_row(row) for row in await repository.rules_on(tx)]
    if not rules:
        return False
    # What no rule looks at isn't read: after a long time without rules, the first one begins where it was switched on.
    begin = max(seen, min(rule.from_seq for rule in rules))
    rows = await events_repository.behind(tx, begin, EVENTS_AT_ONCE)
    if not rows:
        return False
    facts = await facts_of(tx, [row for row in rows if row["in_force"]])
    for rule in rules:
        await _go_through(tx, rule, [fact for fact in facts if fact.seq > rule.from_seq])
    await repository.set_progress(tx, rows[-1]["seq"])
    return len(rows) == EVENTS_AT_ONCE


async def evaluate_inspected(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Look at the results of an inspection that was concluded, once."""
    inspection_id = UUID(payload["inspection_id"])
    if not await first_time(tx, f"rules:inspection:{inspection_id}"):
        return
    await repository.lock_progress(tx)
    rules = [Rule.from_row(row) for row in await repository.rules_on(tx)]
    found = await inspected.of_inspection(tx, inspection_id) if any(inspected.looks(rule.document) for rule in rules) else None
    if found is None:
        return
    for rule in rules:
        if not inspected.looks(rule.document) or not inspected.concerned(rule.document.scope, found, await places_of(tx, rule.document.scope)):
            continue
        if isinstance(rule.document.condition, forms.InspectionResult):
            await findings.keep(tx, rule, inspected.beyond(rule.document.condition, found))
        else:
            await _take(tx, rule, inspected.told(rule.document.condition, found))


async def facts_of(tx: TenantTransaction, rows: Collection[Record]) -> list[Fact]:
    """Events with what they name and tell."""
    named: dict[int, list[Goods]] = defaultdict(list)
    if rows:
        for row in await events_repository.objects_of(tx, [row["event_id"] for row in rows], MOST_OBJECTS):
            goods = Goods(row["object_id"], ObjectKind(row["kind"]), row["key"], row["gtin"], Role(row["role"]), row["quantity"], row["uom"] or None)
            named[row["event_id"]].append(goods)
    return [fact_of(_mapping(row), read_json(row["body"].encode()).value, named[row["event_id"]]) for row in rows]


def _mapping(row: Record) -> Mapping[str, Any]:
    return {name: row[name] for name in row.keys()}  # noqa: SIM118 - a record's own iteration gives values


async def places_of(tx: TenantTransaction, scope: forms.Scope) -> Sites | None:
    """The places of a scope with what lies in them; None where it is open."""
    return await sites_within(tx, scope.places) if scope.places else None


async def _go_through(tx: TenantTransaction, rule: Rule, facts: list[Fact]) -> None:
    places = await places_of(tx, rule.document.scope)
    if not is_looked_up(rule.document.condition):
        await _take(tx, rule, [told for fact in facts for told in told_by(rule.document, fact, places)])
        return
    found: list[Found] = []
    for fact in facts:
        if concerns(rule.document.scope, fact, places):
            found += await look_up(tx, rule.document.condition, fact)
    await findings.keep(tx, rule, found)


async def _take(tx: TenantTransaction, rule: Rule, told: list[Told]) -> None:
    if not told:
        return
    names = {one.series for one in told}
    rows = await series_repository.series(tx, rule.rule_id, names)
    await _make_room(tx, rule, len(names) - len(rows))
    watch = Watch(rule.document, [series_of(row) for row in rows])
    found = [one for each in told for one in _one(tx, rule, watch, each)]
    for one in await findings.keep(tx, rule, found):
        if not one.momentary:
            # Nobody was told: where it still holds when the hour is over, it is found then.
            watch.series[one.series].open_since = None
    await keep_series(tx, rule.rule_id, [watch.series[name] for name in watch.touched])


def _one(tx: TenantTransaction, rule: Rule, watch: Watch, told: Told) -> list[Found]:
    """A figure that can't be reckoned with keeps neither the rule nor the tenant's other rules from going on."""
    try:
        return watch.take(told)
    except (ArithmeticError, ValueError) as problem:
        _log.warning("sample_not_judged", tenant_id=tx.tenant_id, rule_id=str(rule.rule_id), series=told.series, problem=repr(problem))
        return []


async def _make_room(tx: TenantTransaction, rule: Rule, new: int) -> None:
    """A rule remembers so many devices and batches: those that were heard of longest ago, and in which nothing is open, are forgotten."""
    if new > 0:
        beyond = await series_repository.count_series(tx, rule.rule_id) + new - MOST_KEPT_SERIES
        if beyond > 0:
            await series_repository.forget_oldest(tx, rule.rule_id, beyond)


def series_of(row: Record) -> Series:
    """From a row of the table."""
    return Series(row["series"], row["last_at"], row["open_since"], row["lost"], row["last_value"], remembered(row["memory"]))


async def keep_series(tx: TenantTransaction, rule_id: UUID, series: Iterable[Series]) -> None:
    """Where a rule stands with them now."""
    rows = [(one.name, one.open_since, one.lost, one.last_at, one.last_value, kept(one.memory)) for one in sorted(series, key=lambda one: one.name)]
    if rows:
        await series_repository.keep_series(tx, rule_id, rows)
