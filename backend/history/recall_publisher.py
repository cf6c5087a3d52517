"""Outbox handlers that publish announced recalls: the notice at once, and then its goods, some thousands in a transaction.

What a recall says stands once for all of its goods, so that a correction, its end or its reopening is one row. Only recalls from retail or
consumer level are published, never a drill, a suspicion or a withdrawal from the trade.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.genealogy.rules import Certainty
from backend.history import facts, recall_repository, repository
from backend.history.compilation import product_key
from backend.history.document import RecallNotice, encode, notice_key
from backend.history.recall_repository import Goods
from backend.history.recalled import tell_on_pages
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.recall_scope import service as recall_scope
from backend.recall_scope.service import Item, Role
from backend.recalls import service as recalls
from backend.recalls.kinds import ActKind, RecallDecision, RecallDepth, RecallState
from backend.recalls.service import RecallCase
from infra import clock
from infra.database import TenantTransaction
from infra.outbox import enqueue

GOODS: Final = "history.recalled_goods"
# All goods of a version are published; with `case_id` and `version`.
PUBLISHED: Final = "history.recall_published"
GOODS_AT_ONCE: Final = 2_000


def is_public(case: RecallCase) -> bool:
    """Whether consumers are told of a case: an announced recall that goes beyond the trade, and is no drill."""
    told = case.announced_at is not None and case.decision is RecallDecision.RECALL
    return told and not case.drill and case.depth in (RecallDepth.RETAIL, RecallDepth.CONSUMER)


async def follow(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """After a case was announced, extended, decided anew, closed or reopened: tell it as it stands now."""
    if payload["drill"]:
        return
    await repository.lock_publication(tx)
    case = await recalls.case_by_id(tx, UUID(payload["case_id"]))
    key = notice_key(str(case.case_id))
    if not is_public(case):
        await repository.withdraw(tx, [key])
        return
    await repository.put(tx, [(key, None, encode(await notice_of(tx, case)))])
    known = await recall_repository.publication(tx, case.case_id)
    if known is None or known["version"] < case.scope_version:
        await recall_repository.begin(tx, case.case_id, case.scope_version, clock.now())
        await enqueue(tx, GOODS, [{"case_id": str(case.case_id), "version": case.scope_version, "after": 0}])


async def publish_goods(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """The goods behind `after` of a frozen scope, so many as fit into a transaction; the rest follows in an outbox row of its own."""
    await repository.lock_publication(tx)
    case_id, version = UUID(payload["case_id"]), int(payload["version"])
    known = await recall_repository.publication(tx, case_id)
    if known is None or (known["version"], known["after"], known["done_at"]) != (version, payload["after"], None):
        # Done before, or a later version is on its way and has these goods too.
        return
    items = await recall_scope.items(tx, case_id, version, after=payload["after"], limit=GOODS_AT_ONCE, role=Role.AFFECTED)
    await _publish(tx, case_id, items)
    if len(items) == GOODS_AT_ONCE:
        await recall_repository.advance(tx, case_id, items[-1].position, None)
        await enqueue(tx, GOODS, [{**payload, "after": items[-1].position}])
        return
    await recall_repository.advance(tx, case_id, items[-1].position if items else payload["after"], clock.now())
    totals = await recall_repository.totals(tx, case_id)
    told = {name: int(totals[name]) for name in ("products", "lots", "units")} if totals else {}
    await recalls.record_act(tx, case_id, kind=ActKind.PUBLISHED, actor=None, detail={"version": version, **told})
    await enqueue(tx, PUBLISHED, [{"case_id": str(case_id), "version": version}])


async def notice_of(tx: TenantTransaction, case: RecallCase) -> RecallNotice:
    """What consumers are told of a case as it stands."""
    company = await repository.company(tx)
    zone = ZoneInfo(company["time_zone"]) if company else ZoneInfo("UTC")
    return RecallNotice(
        number=case.number, products=dict(case.products), hazard=case.hazard, instructions=dict(case.instructions), phone=case.contact_phone,
        email=case.contact_email, recall_class=str(int(case.recall_class)) if case.recall_class else "",
        announced=case.announced_at.astimezone(zone).date() if case.announced_at else None,
        closed=case.closed_at.astimezone(zone).date() if case.closed_at and case.state is RecallState.CLOSED else None,
    )  # fmt: skip


async def _publish(tx: TenantTransaction, case_id: UUID, items: Sequence[Item]) -> None:
    affected = {item.object_id: item for item in items}
    things = await objects.load(tx, affected)
    goods = {
        thing_id: _goods(thing, possible=affected[thing_id].certainty is not Certainty.CERTAIN)
        for thing_id, thing in things.items()
        if _has_page(thing)
    }
    lots = await facts.lots_of(tx, [each.object_id for each in goods.values() if each.kind == ObjectKind.UNIT])
    around = await objects.load(tx, {lot.lot_id for lot in lots.values()} - goods.keys())
    goods |= {thing_id: replace(_goods(thing, possible=False), partly=True) for thing_id, thing in around.items() if _has_page(thing)}
    if not goods:
        return
    known = await recall_repository.reached(tx, case_id, goods)
    merged = [merge(known.get(each.object_id), each) for each in goods.values()]
    if changed := [each for each in merged if known.get(each.object_id) != each]:
        await recall_repository.put_goods(tx, case_id, changed)
        if added := _added(each for each in changed if each.object_id not in known):
            await recall_repository.count_goods(tx, case_id, added)
    await tell_on_pages(tx, merged, {each.gtin: product_key(each.gtin) for each in merged})


def _has_page(thing: TraceableObject) -> bool:
    return thing.kind in (ObjectKind.LOT, ObjectKind.UNIT) and thing.gtin is not None


def _goods(thing: TraceableObject, *, possible: bool) -> Goods:
    return Goods(thing.object_id, thing.key, int(thing.kind), thing.gtin or "", thing.code, possible, partly=False)


def merge(known: Goods | None, told: Goods) -> Goods:
    """The whole lot beats single units of it, and certain beats possible: nothing that was published is taken back."""
    if known is None or (known.partly and not told.partly):
        return told
    return known if told.partly else replace(known, possible=known.possible and told.possible)


def _added(goods: Iterable[Goods]) -> list[tuple[str, int, int]]:
    counts: Mapping[tuple[str, int], int] = Counter((each.gtin, each.kind) for each in goods)
    gtins = sorted({gtin for gtin, _ in counts})
    return [(gtin, counts.get((gtin, ObjectKind.LOT), 0), counts.get((gtin, ObjectKind.UNIT), 0)) for gtin in gtins]
