"""Read notices for pages: some of a case, what was sent of each, how far a case has come, and customers who can't be written to."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from backend.recall_notices import answer_repository, contacts, parts, repository
from backend.recall_notices import connection_repository as connections
from backend.recall_notices import delivery_repository as deliveries
from backend.recall_notices.kinds import Direction, NoticeState
from backend.recall_notices.stored import Answer, Delivery, Notice
from backend.recalls import service as recalls
from infra.database import TenantTransaction


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the notices of a case have come. `customers` and `written` count the customers of all versions; `whole`: all are written.

    `waiting` has not gone out yet; `overdue` was to be answered by now.
    """

    customers: int = 0
    written: int = 0
    whole: bool = True
    notices: int = 0
    waiting: int = 0
    sent: int = 0
    opened: int = 0
    acknowledged: int = 0
    reported: int = 0
    no_address: int = 0
    failed: int = 0
    would_send: int = 0
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer in a case's scope: `party` is None for goods whose shipments name nobody."""

    party: str | None
    lots: int
    contacts: int
    connected: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which notices of a case are asked for; `waiting`: not answered for by now."""

    states: tuple[NoticeState, ...] = ()
    party: str | None = None
    waiting: bool = False


async def page_of_notices(tx: TenantTransaction, case_id: UUID, wanted: Wanted, *, cursor: UUID | None, backward: bool, limit: int) -> list[Notice]:
    """Notices of a case, newest first, from behind the cursor (a notice's id), in the order of going."""
    states = [int(state) for state in wanted.states] or None
    rows = await repository.page(
        tx, case_id, states=states, party=wanted.party, waiting=wanted.waiting, cursor=cursor, backward=backward, limit=limit
    )
    return [Notice.from_row(row) for row in rows]


async def deliveries_of(tx: TenantTransaction, notice_ids: Collection[UUID]) -> dict[UUID, list[Delivery]]:
    """What was sent of each notice to whom, oldest first."""
    found: dict[UUID, list[Delivery]] = defaultdict(list)
    for row in await deliveries.of_notices(tx, notice_ids):
        found[row["notice_id"]].append(Delivery.from_row(row))
    return found


async def answers_of_notices(tx: TenantTransaction, asked: Collection[Notice]) -> dict[UUID, list[Answer]]:
    """What counts of each line of these notices, in order of lines."""
    known = {notice.notice_id: notice for notice in asked}
    found: dict[UUID, list[Answer]] = defaultdict(list)
    for row in await answer_repository.latest(tx, list(known)):
        found[row["notice_id"]].append(Answer.of(row, known[row["notice_id"]]))
    return found


async def page_of_answers(tx: TenantTransaction, notice: Notice, *, cursor: UUID | None, backward: bool, limit: int) -> list[Answer]:
    """Everything that was said about a notice's lots, corrected or not, newest first."""
    rows = await answer_repository.page(tx, notice.notice_id, cursor=cursor, backward=backward, limit=limit)
    return [Answer.of(row, notice) for row in rows]


async def progress_of(tx: TenantTransaction, case_ids: Collection[UUID]) -> dict[UUID, Progress]:
    """How far each of these cases has come."""
    runs = {row["case_id"]: row for row in await repository.runs(tx, case_ids)}
    counted = {row["case_id"]: row for row in await repository.counts(tx, case_ids)}
    found = {}
    for case_id in case_ids:
        run, row = runs.get(case_id), counted.get(case_id)
        begun = {"customers": run["customers"], "written": run["written"], "whole": run["done"]} if run is not None else {}
        names = ("notices", "waiting", "sent", "opened", "acknowledged", "reported", "no_address", "failed", "would_send", "overdue")
        found[case_id] = Progress(**begun, **({name: row[name] for name in names} if row is not None else {}))
    return found


async def customers_of(
    tx: TenantTransaction, case_id: UUID, *, without_contact: bool, cursor: str | None, backward: bool, limit: int
) -> list[Customer]:
    """The customers in a case's last frozen scope, in order of their URIs, goods without a customer first; raises `UnknownRecallError`.

    `without_contact`: only those who can't be written to. From behind the cursor (a URI, empty for nobody), in the order of going.
    """
    case = await recalls.case_by_id(tx, case_id)
    if not case.scope_version:
        return []
    told = await parts.of_version(tx, case_id, case.scope_version)
    ordered = sorted(told.by_party)
    reachable: dict[str, int] = {}
    joined: set[str] = set()
    if without_contact:
        # Whoever can be written to is left out before the page is cut.
        by_party = await contacts.contacts_of(tx, ordered)
        joined = {row["party"] for row in await connections.of_parties(tx, int(Direction.CUSTOMER), ordered)}
        reachable = {party: len(several) for party, several in by_party.items()}
        mailed = {party for party, several in by_party.items() if any(one.email for one in several)}
        ordered = [party for party in ordered if party not in mailed and party not in joined]
    rows = [*([""] if told.nobodys else []), *ordered]
    shown = _cut(rows, cursor, backward=backward, limit=limit)
    if not without_contact:
        reachable = {party: len(several) for party, several in (await contacts.contacts_of(tx, shown)).items()}
        joined = {row["party"] for row in await connections.of_parties(tx, int(Direction.CUSTOMER), shown)}
    return [
        Customer(party or None, len(told.by_party[party]) if party else len(told.nobodys), reachable.get(party, 0), party in joined)
        for party in shown
    ]  # fmt: skip


def _cut(ordered: list[str], cursor: str | None, *, backward: bool, limit: int) -> list[str]:
    if backward:
        end = len(ordered) if cursor is None else bisect_right(ordered, cursor) - (cursor in ordered)
        return ordered[max(0, end - limit) : end][::-1]
    start = 0 if cursor is None else bisect_right(ordered, cursor)
    return ordered[start : start + limit]
