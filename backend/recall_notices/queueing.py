"""Writes the notices of a recall: one for each customer and version, some hundred at a time, and what is to be sent of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.catalog import service as catalog
from backend.recall_notices import bells, companies, contacts, parts, repository, rules
from backend.recall_notices import contact_repository as directory
from backend.recall_notices import content as contents
from backend.recall_notices.content import Content, Lot
from backend.recall_notices.delivering import Receiver, deliver, receivers_of
from backend.recall_notices.escalating import tell_owner
from backend.recall_notices.kinds import NoticeKind, NoticeState
from backend.recall_notices.rules import Plan
from backend.recalls import service as recalls
from backend.recalls.kinds import ActKind
from backend.recalls.stored import RecallCase
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from infra.outbox import enqueue

BATCH: Final = 200
MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Part:
    """One customer's own part of a recall, as it is told to him."""

    party: str
    lots: Sequence[Lot]


async def queue(tx: TenantTransaction, case_id: UUID, version: int) -> None:
    """Have the notices of a version of the scope written and sent; what was queued before isn't queued again. A drill sends none of them."""
    kind = NoticeKind.FIRST if version <= 1 else NoticeKind.SUPPLEMENT
    await _begin(tx, case_id, version, kind)


async def on_announced(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler of `recall.announced` and `recall.extended`."""
    await queue(tx, UUID(payload["case_id"]), int(payload["version"]))


async def on_closed(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler of `recall.closed`: everybody who was told is told that it is over; nobody is reminded any more."""
    case = await recalls.case_by_id(tx, UUID(payload["case_id"]))
    if not case.is_over:
        return
    await repository.close_all(tx, case.case_id, clock.now())
    if await repository.count_told(tx, case.case_id):
        await _begin(tx, case.case_id, max(1, case.scope_version), NoticeKind.END)


async def on_reopened(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler of `recall.reopened`: the links take answers again, and what isn't answered for is looked at."""
    case_id = UUID(payload["case_id"])
    await repository.close_all(tx, case_id, None)
    await companies.tell_reopened(tx, case_id)
    await bells.ring_look(tx, case_id)


async def _begin(tx: TenantTransaction, case_id: UUID, version: int, kind: NoticeKind) -> None:
    if await repository.begin_run(tx, case_id, version, int(kind), 0, clock.now()):
        await enqueue(tx, bells.WRITE, [{"case_id": str(case_id), "version": version, "kind": int(kind)}])


async def write_next(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: the notices of the next customers in order; rings again as long as there are more."""
    case_id, version, kind = UUID(payload["case_id"]), int(payload["version"]), NoticeKind(payload["kind"])
    run = await repository.run(tx, case_id, version, int(kind))
    if run is None or run["done_at"] is not None:
        return
    case = await recalls.case_by_id(tx, case_id)
    total, nobodys, batch, more = await _next(tx, case_id, version, kind, run["after_party"])
    await write(tx, case, batch, version=version, kind=kind)
    after = batch[-1].party if batch else run["after_party"]
    done = None if more else clock.now()
    await repository.set_run(tx, case_id, version, int(kind), written=run["written"] + len(batch), after_party=after, customers=total, done_at=done)
    if more:
        await enqueue(tx, bells.WRITE, [payload])
        return
    await recalls.record_act(
        tx, case_id, kind=ActKind.NOTICE_QUEUED, actor=None,
        detail={"version": version, "kind": kind.name.lower(), "customers": total, "lotsWithoutCustomer": nobodys},
    )  # fmt: skip
    if kind is not NoticeKind.END:
        await _tell_gaps(tx, case, nobodys)
        await bells.ring_look(tx, case_id)


async def _next(tx: TenantTransaction, case_id: UUID, version: int, kind: NoticeKind, after: str) -> tuple[int, int, list[Part], bool]:
    """How many customers there are, how many lots went to nobody who is named, the next customers, and whether there are more."""
    if kind is NoticeKind.END:
        told = await repository.parties_told(tx, case_id, after=after, limit=BATCH + 1)
        return await repository.count_told(tx, case_id), 0, [Part(party, ()) for party in told[:BATCH]], len(told) > BATCH
    every = await parts.of_version(tx, case_id, version)
    waiting = sorted(party for party in every.by_party if party > after)
    named = [Part(party, every.by_party[party]) for party in waiting[:BATCH]]
    return len(every.by_party), len(every.nobodys), named, len(waiting) > BATCH


async def write(tx: TenantTransaction, case: RecallCase, batch: Sequence[Part], *, version: int, kind: NoticeKind) -> list[UUID]:
    """Write the notices of these customers, and what is to be sent; gives the new ones' ids. Who was told of all before gets none."""
    if not batch:
        return []
    parties = [part.party for part in batch]
    partners = await catalog.partners_by_party(tx, parties)
    by_party = await contacts.contacts_of(tx, parties)
    receivers = await receivers_of(tx, parties, by_party)
    before: dict[str, list[Content]] = {}
    for row in await repository.of_parties(tx, case.case_id, parties):
        if row["version"] < version and row["kind"] != NoticeKind.END:
            before.setdefault(row["party"], []).append(contents.decode(row["content"]))
    company, (plan, _) = await directory.company(tx), await contacts.plan_for(tx, case.case_id)
    sender, locale = (company["name"], company["locale"]) if company is not None else ("", "zh")
    rows, made = [], {}
    for part in batch:
        said = before.get(part.party, [])
        lots = contents.added(part.lots, said) if said and kind is not NoticeKind.END else list(part.lots)
        if not lots and kind is not NoticeKind.END:
            continue
        known = by_party.get(part.party, ())
        language = known[0].language if known else "zh" if locale.startswith("zh") else "en"
        names = dict(partners[part.party].names) if part.party in partners else {}
        told = content_of(case, lots, sender=sender, customer=names)
        own_kind = NoticeKind.FIRST if kind is NoticeKind.SUPPLEMENT and not said else kind
        rows.append(_row(case, version, own_kind, part.party, told, language, plan, receivers.get(part.party, ())))
        made[rows[-1][0]] = receivers.get(part.party, ())
    new = set(await repository.insert(tx, rows))
    occasion = "end" if kind is NoticeKind.END else "notice"
    sending = [(notice_id, to) for notice_id, to in made.items() if notice_id in new]
    await deliver(tx, sending, occasion=occasion, drill=case.drill)
    return list(new)


def content_of(case: RecallCase, lots: Sequence[Lot], *, sender: str, customer: dict[str, str]) -> Content:
    """What a notice of a case says to one customer."""
    kept, left_out = contents.numbered(lots)
    return Content(
        case.number, case.title, case.reason, case.hazard, dict(case.instructions), case.decision.name if case.decision else "",
        case.recall_class.name if case.recall_class else "", case.depth.name if case.depth else "", sender, customer, case.contact_phone,
        case.contact_email, kept, left_out,
    )  # fmt: skip


def _row(
    case: RecallCase, version: int, kind: NoticeKind, party: str, content: Content, language: str, plan: Plan, to: Sequence[Receiver]
) -> tuple[Any, ...]:
    at = clock.now()
    state = NoticeState.WOULD_SEND if case.drill else NoticeState.QUEUED if to else NoticeState.NO_ADDRESS
    steps = rules.steps_of(plan, kind)
    look: datetime | None = None if case.drill else rules.next_look(steps, 0, at)
    return (
        uuid7(), case.case_id, version, int(kind), party, int(state), case.drill, language, contents.encode(content), len(content.lots), at,
        at + timedelta(hours=plan.answer_hours), look,
    )  # fmt: skip


async def _tell_gaps(tx: TenantTransaction, case: RecallCase, nobodys: int) -> None:
    """Who answers for the case is told at once of customers that can't be written to, and of goods that went to nobody knows whom."""
    silent = await repository.page(
        tx, case.case_id, states=[int(NoticeState.NO_ADDRESS)], party=None, waiting=False, cursor=None, backward=True, limit=MOST_NAMED + 1
    )
    if case.drill or (not silent and not nobodys):
        return
    counted = (await repository.counts(tx, [case.case_id]))[0]["no_address"] if silent else 0
    names = await catalog.partners_by_party(tx, [row["party"] for row in silent])
    shown = [contents.told(names[row["party"]].names, "zh") if row["party"] in names else row["party"] for row in silent[:MOST_NAMED]]
    await tell_owner(tx, case, why="no_address", count=counted, parties=shown, nobodys=nobodys)
