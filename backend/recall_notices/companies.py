"""The sender's side of customers who are companies of the service: who has claimed to be which partner, and how that ends."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backend.recall_notices import bells, links
from backend.recall_notices import connection_repository as repository
from backend.recall_notices import delivery_repository as deliveries
from backend.recall_notices import repository as notices
from backend.recall_notices.attempts import reached
from backend.recall_notices.errors import RecallConnectionNotFoundError
from backend.recall_notices.kinds import Direction, SendState, Way
from backend.recall_notices.stored import Connection, Notice
from backend.recall_notices.tokens import NoticeToken
from backend.recalls import service as recalls
from backend.recalls.kinds import ActKind
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from infra.outbox import enqueue
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

TAKEN: Final = "taken"
_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a company gets that has claimed to be a partner: the connection, and the notices of the case that are for it."""

    connection_id: UUID
    party: str
    opened: UUID
    notices: Sequence[Notice]


@dataclass(frozen=True, slots=True)
class Claimant:
    """The company that claims, and who does it there."""

    public_id: UUID
    name: str
    person: str


async def claim(tx: TenantTransaction, token: NoticeToken, by: Claimant) -> Claimed:
    """In the sender's tenant: whoever holds the link takes its notice, and what comes later for the same partner, into his company.

    The same claim twice is one. Raises `RecallLinkInvalidError` for any link that opens nothing.
    """
    opened = await links.open_link(tx, token)
    notice = opened.notice
    connection_id = await repository.put(
        tx, uuid7(), direction=int(Direction.CUSTOMER), party=notice.party, other_id=by.public_id, other_name=by.name, at=clock.now(),
        by=by.person,
    )  # fmt: skip
    every = [Notice.from_row(row) for row in await notices.of_parties(tx, notice.case_id, [notice.party])]
    at = clock.now()
    rows = [(uuid7(), one.notice_id, TAKEN, int(Way.COMPANY), str(connection_id), by.name, "zh", int(SendState.QUEUED), at) for one in every]
    new = await deliveries.insert(tx, rows, at=at)
    for row in new:
        await deliveries.change(tx, row["delivery_id"], state=SendState.SENT, done_at=at, due_at=None)
        await reached(tx, row["notice_id"], at)
    if new:
        after = {"party": notice.party, "company": by.name, "by": by.person, "link": str(opened.link.link_id)}
        await audit.record(tx, None, "recall_connection.claimed", f"recall_connection:{connection_id}", after=after)
        detail = {"party": notice.party, "company": by.name, "notices": len(new)}
        await recalls.record_act(tx, notice.case_id, kind=ActKind.NOTICE_HANDED_OVER, actor=f"{by.person} ({by.name})", detail=detail)
    return Claimed(connection_id, notice.party, notice.notice_id, every)


async def disconnect(tx: TenantTransaction, principal: Principal, connection_id: UUID, *, reason: str) -> None:
    """Nothing is sent by it any more, in whichever direction it is; the other side is told. Raises `RecallConnectionNotFoundError`."""
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    found = (await connections_by_id(tx, [connection_id])).get(connection_id)
    if found is None or not await repository.revoke(tx, connection_id, at=clock.now(), by=principal.display_name):
        raise RecallConnectionNotFoundError
    after = {"party": found.party, "company": found.other_name, "direction": found.direction.name.lower()}
    await audit.record(tx, principal, "recall_connection.revoked", f"recall_connection:{connection_id}", after=after, reason=reason)
    await enqueue(tx, bells.DISCONNECTED, [{"connection_id": str(connection_id)}])


async def connections_by_id(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, Connection]:
    """Connections by id, those that were revoked too."""
    return {row["connection_id"]: Connection.from_row(row) for row in await repository.by_ids(tx, ids)} if ids else {}


async def page_of_connections(
    tx: TenantTransaction, *, direction: Direction | None, cursor: UUID | None, backward: bool, limit: int
) -> list[Connection]:
    """Connections, newest first, from behind the cursor, in the order of going."""
    rows = await repository.page(tx, direction=int(direction) if direction else None, cursor=cursor, backward=backward, limit=limit)
    return [Connection.from_row(row) for row in rows]


async def tell_reopened(tx: TenantTransaction, case_id: UUID) -> None:
    """Companies that have taken notices of a case learn that it is open again."""
    after = ""
    while told := await notices.parties_told(tx, case_id, after=after, limit=_AT_ONCE):
        after = told[-1]
        rows = await repository.of_parties(tx, int(Direction.CUSTOMER), told)
        await enqueue(tx, bells.REOPENED, [{"connection_id": str(row["connection_id"]), "case_id": str(case_id)} for row in rows])


def in_force(connection: Connection | None) -> bool:
    """Whether something may go by it."""
    return connection is not None and connection.revoked_at is None
