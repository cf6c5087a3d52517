"""Carries notices and answers from one company to another after the commit: a transaction has one tenant, so each side has its own.

Whatever is carried may be carried twice; the other side takes it once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from backend.recall_notices import answer_repository, answering, attempts, contact_repository, receiving
from backend.recall_notices import connection_repository as connections
from backend.recall_notices import delivery_repository as deliveries
from backend.recall_notices import repository as notices
from backend.recall_notices.answering import By
from backend.recall_notices.companies import connections_by_id, in_force
from backend.recall_notices.kinds import OPEN_SENDS, AnswerSource, Direction, SendState
from backend.recall_notices.receiving import Parcel
from backend.recall_notices.stored import Connection, Delivery, Notice
from infra import clock
from infra.database import Database, TenantTransaction
from infra.logging import get_logger
from infra.outbox import Postponed
from tenants import audit
from tenants.directory import tenant_by_public_id

T = TypeVar("T")
# Each carrying holds a second connection to the database: few at a time, so that they never wait for each other's.
AT_ONCE: Final = 2
REVOKED: Final = "The customer's company takes no notices by this connection any more."
_log = get_logger(__name__)


class Bridge:
    """The worker's handlers of what goes from company to company."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._places = asyncio.Semaphore(AT_ONCE)

    async def hand_over(self, tx: TenantTransaction, payload: dict[str, Any]) -> None:
        """Of the sender: a notice, a reminder or the end goes to a connected company."""
        row = await deliveries.lock(tx, UUID(payload["delivery_id"]))
        found = Delivery.from_row(row) if row is not None else None
        if found is None or found.state not in OPEN_SENDS:
            return
        [told] = await notices.by_ids(tx, [found.notice_id])
        notice = Notice.from_row(told)
        if notice.drill:
            await deliveries.change(tx, found.delivery_id, state=SendState.WOULD_SEND, due_at=None)
            return
        connection = (await connections_by_id(tx, [UUID(found.receiver)])).get(UUID(found.receiver))
        taken = connection is not None and in_force(connection) and await self._give(tx, connection, found, notice)
        moment = clock.now()
        if taken:
            await deliveries.change(tx, found.delivery_id, state=SendState.SENT, attempts=found.attempts + 1, done_at=moment, due_at=None)
            await attempts.reached(tx, notice.notice_id, moment)
        else:
            await deliveries.change(tx, found.delivery_id, state=SendState.DEAD, reason=REVOKED, done_at=moment, due_at=None)
            await attempts.give_up_if_last(tx, notice.notice_id)

    async def _give(self, tx: TenantTransaction, connection: Connection, found: Delivery, notice: Notice) -> bool:
        own, _ = await _company(tx)
        parcel = Parcel(connection.connection_id, own, connection.party, notice, found.occasion, found.delivery_id)
        return await self._over_there(connection.other_id, lambda there: receiving.arrive(there, parcel)) or False

    async def answered(self, tx: TenantTransaction, payload: dict[str, Any]) -> None:
        """Of the receiver: that it is in hand, or what became of lots, goes back to the sender."""
        received = (await receiving.received_by_id(tx, [UUID(payload["received_id"])])).get(UUID(payload["received_id"]))
        if received is None:
            return
        ids = [UUID(each) for each in payload["answer_ids"]]
        rows = await answer_repository.own_by_ids(tx, ids) if ids else []
        own, name = await _company(tx)
        by = By(AnswerSource.COMPANY, f"{payload['said_by']} ({name})"[:200], datetime.fromisoformat(payload["at"]))

        async def take(there: TenantTransaction) -> bool:
            connection = (await connections_by_id(there, [received.connection_id])).get(received.connection_id)
            if connection is None or not in_force(connection) or connection.other_id != own or connection.direction is not Direction.CUSTOMER:
                return False
            row = await notices.lock(there, received.notice_id)
            if row is None or row["party"] != connection.party:
                return False
            notice = Notice.from_row(row)
            await answering.acknowledge(there, notice, by)
            if rows:
                said = [receiving.said_of(one) for one in rows]
                await answering.report(there, notice, said, by, ids=[one["answer_id"] for one in rows])
            return True

        if not await self._over_there(received.sender_id, take):
            _log.warning("recall_answer_not_taken", tenant_id=tx.tenant_id, received_id=str(received.received_id))

    async def disconnected(self, tx: TenantTransaction, payload: dict[str, Any]) -> None:
        """Of either side: the connection counts no more on the other side too."""
        connection_id = UUID(payload["connection_id"])
        connection = (await connections_by_id(tx, [connection_id])).get(connection_id)
        if connection is None or connection.revoked_at is None:
            return
        _, name = await _company(tx)

        async def take(there: TenantTransaction) -> bool:
            if await connections.revoke(there, connection_id, at=clock.now(), by=name):
                after = {"party": connection.party, "by": name}
                await audit.record(there, None, "recall_connection.revoked", f"recall_connection:{connection_id}", after=after)
            return True

        await self._over_there(connection.other_id, take)

    async def reopened(self, tx: TenantTransaction, payload: dict[str, Any]) -> None:
        """Of the sender: a case that was closed takes answers again."""
        connection_id, case_id = UUID(payload["connection_id"]), UUID(payload["case_id"])
        connection = (await connections_by_id(tx, [connection_id])).get(connection_id)
        if connection is None or not in_force(connection):
            return

        async def take(there: TenantTransaction) -> bool:
            await receiving.reopened(there, connection_id, case_id)
            return True

        await self._over_there(connection.other_id, take)

    async def _over_there(self, public_id: UUID, work: Callable[[TenantTransaction], Awaitable[T]]) -> T | None:
        """Do something in another company's tenant; None where there is no such company any more. Raises `Postponed` where it isn't its turn."""
        if self._places.locked():
            raise Postponed
        async with self._places:
            other = await tenant_by_public_id(self._database, public_id)
            if other is None:
                return None
            async with self._database.tenant(other.tenant_id) as there:
                return await work(there)


async def _company(tx: TenantTransaction) -> tuple[UUID, str]:
    """The public id and the name of the company whose transaction it is."""
    row = await contact_repository.company(tx)
    if row is None:
        raise RuntimeError("a transaction without a tenant")
    return row["public_id"], row["name"]
