"""Statements on messages, their deliveries and the attempts at them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import IntEnum
from uuid import UUID

from infra.database import Record, TenantTransaction
from infra.ids import uuid7


class State(IntEnum):
    """How far a delivery is; the numbers are stored and never change."""

    WAITING = 1
    DELIVERED = 2
    FAILED = 3


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of `webhook_delivery`; what each column means stands there."""

    delivery_id: UUID
    endpoint_id: UUID
    message_id: UUID
    kind: str
    subject: str
    state: State
    attempts: int
    tries: int
    begun_at: datetime
    next_at: datetime
    lease_id: UUID | None
    last_status: int | None
    last_failure: str | None
    concluded_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request: how long it took, and what came of it."""

    attempt_id: UUID
    delivery_id: UUID
    number: int
    duration_ms: int
    status: int | None
    answer: str
    failure: str | None
    created_at: datetime


_NAMES = [each.name for each in fields(Delivery)]
_COLUMNS = ", ".join(f"d.{name}" for name in _NAMES)
_ATTEMPT = ", ".join(each.name for each in fields(Attempt))


def _delivery(row: Record) -> Delivery:
    values = dict(row)
    return Delivery(**values | {"state": State(values["state"])})


async def insert_message(tx: TenantTransaction, message_id: UUID, *, kind: str, subject: str, body: str, at: datetime) -> None:
    """What is to be told."""
    await tx.execute(
        "insert into webhook_message (tenant_id, message_id, kind, subject, body, created_at) values ($1, $2, $3, $4, $5, $6)",
        message_id, kind, subject, body, at,
    )  # fmt: skip


async def insert_deliveries(
    tx: TenantTransaction, message_id: UUID, endpoints: Sequence[UUID], *, kind: str, subject: str, at: datetime, failure: str | None = None
) -> list[UUID]:
    """A message's way to each endpoint: waiting, or with `failure` failed from the start. Gives the deliveries' ids."""
    ids = [uuid7() for _ in endpoints]
    await tx.execute(
        """insert into webhook_delivery (tenant_id, delivery_id, endpoint_id, message_id, kind, subject, state, attempts, tries,
                                         begun_at, next_at, last_failure, concluded_at, created_at)
           select $1, u.delivery_id, u.endpoint_id, $4, $5, $6, $7, 0, 0, $8, $8, $9, $10, $8
           from unnest($2::uuid[], $3::uuid[]) as u(delivery_id, endpoint_id) returning delivery_id""",
        ids, list(endpoints), message_id, kind, subject, State.FAILED if failure else State.WAITING, at, failure, at if failure else None,
    )  # fmt: skip
    return ids


async def bodies(tx: TenantTransaction, message_ids: Sequence[UUID]) -> dict[UUID, str]:
    """What messages say."""
    rows = await tx.fetch("select message_id, body from webhook_message where tenant_id = $1 and message_id = any($2::uuid[])", list(message_ids))
    return {row["message_id"]: row["body"] for row in rows}


async def any_due(tx: TenantTransaction, endpoint_id: UUID, now: datetime) -> bool:
    """Whether a delivery's time has come, be it in somebody's hands or not."""
    statement = "select exists (select 1 from webhook_delivery where tenant_id = $1 and endpoint_id = $2 and state = 1 and next_at <= $3)"
    return bool(await tx.fetchval(statement, endpoint_id, now))


async def first_waiting(tx: TenantTransaction, endpoint_id: UUID) -> datetime | None:
    """When the next delivery is due."""
    statement = "select min(next_at) from webhook_delivery where tenant_id = $1 and endpoint_id = $2 and state = 1"
    found: datetime | None = await tx.fetchval(statement, endpoint_id)
    return found


async def lease(tx: TenantTransaction, endpoint_id: UUID, lease_id: UUID, *, now: datetime, until: datetime, limit: int) -> list[Delivery]:
    """Take up deliveries whose time has come, those waiting longest first, that nobody else has in hand."""
    rows = await tx.fetch(
        f"""update webhook_delivery d set lease_id = $3, lease_until = $5
            where d.tenant_id = $1 and d.delivery_id in (
              select w.delivery_id from webhook_delivery w
              where w.tenant_id = $1 and w.endpoint_id = $2 and w.state = 1 and w.next_at <= $4 and (w.lease_until is null or w.lease_until <= $4)
              order by w.next_at limit $6 for no key update skip locked)
            returning {_COLUMNS}""",
        endpoint_id, lease_id, now, until, limit,
    )  # fmt: skip
    return [_delivery(row) for row in rows]


async def leased(tx: TenantTransaction, delivery_ids: Sequence[UUID], lease_id: UUID) -> set[UUID]:
    """Those that are still waiting and in these hands; they stay so until the transaction ends."""
    rows = await tx.fetch(
        """select delivery_id from webhook_delivery
           where tenant_id = $1 and delivery_id = any($2::uuid[]) and lease_id = $3 and state = 1 order by delivery_id for no key update""",
        list(delivery_ids), lease_id,
    )  # fmt: skip
    return {row["delivery_id"] for row in rows}


async def conclude(
    tx: TenantTransaction, delivery_id: UUID, *, state: State, next_at: datetime | None, status: int | None, failure: str | None, at: datetime
) -> None:
    """Write down how an attempt ended: delivered, failed for good, or waiting until `next_at`."""
    await tx.execute(
        """update webhook_delivery set state = $3, next_at = coalesce($4, next_at), attempts = attempts + 1, tries = tries + 1, last_status = $5,
             last_failure = $6, concluded_at = $7, lease_id = null, lease_until = null
           where tenant_id = $1 and delivery_id = $2""",
        delivery_id, state, next_at, status, failure, None if state is State.WAITING else at,
    )  # fmt: skip


async def insert_attempt(tx: TenantTransaction, attempt: Attempt) -> None:
    """The log of one request."""
    await tx.execute(
        f"insert into webhook_attempt (tenant_id, {_ATTEMPT}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        attempt.attempt_id, attempt.delivery_id, attempt.number, attempt.duration_ms, attempt.status, attempt.answer, attempt.failure,
        attempt.created_at,
    )  # fmt: skip


async def give_up(tx: TenantTransaction, endpoint_id: UUID, *, failure: str, at: datetime) -> int:
    """End all that waits for an endpoint; gives how much that was."""
    return await tx.execute(
        """update webhook_delivery set state = 3, last_failure = $3, concluded_at = $4, lease_id = null, lease_until = null
           where tenant_id = $1 and endpoint_id = $2 and state = 1""",
        endpoint_id, failure, at,
    )  # fmt: skip


async def again(tx: TenantTransaction, delivery_id: UUID, at: datetime) -> int:
    """Begin a new round for a delivery that is concluded; 0 where it isn't."""
    return await tx.execute(
        """update webhook_delivery set state = 1, tries = 0, begun_at = $3, next_at = $3, concluded_at = null
           where tenant_id = $1 and delivery_id = $2 and state <> 1""",
        delivery_id, at,
    )  # fmt: skip


async def failed_again(tx: TenantTransaction, endpoint_id: UUID, *, since: datetime, at: datetime, limit: int) -> int:
    """The same for those of an endpoint that have failed since, oldest first; gives how many."""
    return await tx.execute(
        """update webhook_delivery set state = 1, tries = 0, begun_at = $4, next_at = $4, concluded_at = null
           where tenant_id = $1 and delivery_id in (
             select f.delivery_id from webhook_delivery f
             where f.tenant_id = $1 and f.endpoint_id = $2 and f.state = 3 and f.created_at >= $3
             order by f.delivery_id limit $5 for no key update)""",
        endpoint_id, since, at, limit,
    )  # fmt: skip


async def by_id(tx: TenantTransaction, delivery_id: UUID) -> Delivery | None:
    """One delivery to an endpoint that there is still."""
    row = await tx.fetchrow(
        f"""select {_COLUMNS} from webhook_delivery d join webhook_endpoint e on e.tenant_id = $1 and e.endpoint_id = d.endpoint_id
            where d.tenant_id = $1 and d.delivery_id = $2""",
        delivery_id,
    )
    return _delivery(row) if row else None


async def page(tx: TenantTransaction, endpoint_id: UUID, *, state: State | None, cursor: UUID | None, backward: bool, limit: int) -> list[Delivery]:
    """An endpoint's deliveries, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    rows = await tx.fetch(
        f"""select {_COLUMNS} from webhook_delivery d
            where d.tenant_id = $1 and d.endpoint_id = $2 and ($3::int is null or d.state = $3) and ($4::uuid is null or d.delivery_id {behind} $4)
            order by d.delivery_id {order} limit $5""",
        endpoint_id, state, cursor, limit,
    )  # fmt: skip
    return [_delivery(row) for row in rows]


async def attempts_at(tx: TenantTransaction, delivery_id: UUID, *, cursor: UUID | None, backward: bool, limit: int) -> list[Attempt]:
    """The attempts at a delivery, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    rows = await tx.fetch(
        f"""select {_ATTEMPT} from webhook_attempt
            where tenant_id = $1 and delivery_id = $2 and ($3::uuid is null or attempt_id {behind} $3) order by attempt_id {order} limit $4""",
        delivery_id, cursor, limit,
    )  # fmt: skip
    return [Attempt(*row) for row in rows]
