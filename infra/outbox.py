"""The outbox: what must happen after a commit, written inside of it; effects are done once under a unique key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Integer, Text, func, text

from infra.database import TenantTransaction
from infra.schema import tenant_table

outbox = tenant_table(
    "outbox",
    Column("outbox_id", BigInteger, Identity(), nullable=False),
    Column("topic", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("done_at", DateTime(timezone=True)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("failure", Text),
    key=("outbox_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE"), "suyuan_relay": ("SELECT",)},
    purge="(done_at < (now() - '7 days'::interval))",
)
Index("ix_outbox_open", outbox.c.tenant_id, outbox.c.topic, outbox.c.outbox_id, postgresql_where=text("done_at is null"))

effect = tenant_table(
    "effect",
    Column("effect_key", Text(collation="C"), nullable=False),
    Column("done_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    key=("effect_key",),
    grants={"suyuan_app": ("SELECT", "INSERT", "DELETE")},
    purge="(done_at < (now() - '30 days'::interval))",
)


class Postponed(Exception):  # noqa: N818 - not an error: the work waits for another that is under way
    """Raised by a handler that can't run beside another one: the row stays open and is offered again in a moment."""

    def __init__(self, seconds: float = 0.5) -> None:
        super().__init__()
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One thing to do for one tenant."""

    tenant_id: int
    outbox_id: int
    topic: str
    payload: dict[str, Any]


async def enqueue(tx: TenantTransaction, topic: str, payloads: Sequence[dict[str, Any]], *, due_at: datetime | None = None) -> None:
    """Write rows that the worker takes up after the commit, and not before `due_at`; `topic` names the task."""
    if payloads:
        await tx.execute(
            """insert into outbox (tenant_id, topic, payload, due_at)
               select $1, $2, p, coalesce($4::timestamptz, now()) from unnest($3::text[]) p returning outbox_id""",
            topic,
            [msgspec.json.encode(payload).decode() for payload in payloads],
            due_at,
        )


async def first_time(tx: TenantTransaction, effect_key: str) -> bool:
    """Claim an effect inside the transaction that performs it; False means that it was done before."""
    return await tx.execute("insert into effect (tenant_id, effect_key) values ($1, $2) on conflict do nothing", effect_key) == 1


async def read_open(tx: TenantTransaction, outbox_id: int) -> OutboxRow | None:
    """The row if it is still open, locked against a doubled job; None if it is done or in another worker's hands."""
    row = await tx.fetchrow(
        "select topic, payload from outbox where tenant_id = $1 and outbox_id = $2 and done_at is null for no key update skip locked",
        outbox_id,
    )
    return OutboxRow(tx.tenant_id, outbox_id, row["topic"], msgspec.json.decode(row["payload"])) if row else None


async def take_together(tx: TenantTransaction, topic: str, limit: int) -> list[dict[str, Any]]:
    """The payloads of further open rows of a topic, which the caller does and closes here together with its own, as one piece of work."""
    rows = await tx.fetch(
        """update outbox set done_at = now(), failure = null
           where tenant_id = $1 and outbox_id in (
             select outbox_id from outbox where tenant_id = $1 and topic = $2 and done_at is null
             order by outbox_id limit $3 for no key update skip locked)
           returning payload""",
        topic,
        limit,
    )
    return [msgspec.json.decode(row["payload"]) for row in rows]


async def postpone(tx: TenantTransaction, outbox_id: int, seconds: float = 0.5) -> None:
    """Offer a row again in so many seconds; it is no failure."""
    await put_off(tx, outbox_id, seconds)


async def put_off(tx: TenantTransaction, outbox_id: int, seconds: float) -> None:
    """Offer an open row to nobody for so many seconds."""
    await tx.execute(
        "update outbox set due_at = now() + $3::float8 * interval '1 second' where tenant_id = $1 and outbox_id = $2 and done_at is null",
        outbox_id,
        float(seconds),
    )


async def hasten(tx: TenantTransaction, topic: str) -> None:
    """Offer the oldest row of a topic that was postponed at once: what it waited for has ended. One that has failed keeps its time."""
    await tx.execute(
        """update outbox set due_at = now() where tenant_id = $1 and outbox_id = (
             select outbox_id from outbox where tenant_id = $1 and topic = $2 and done_at is null and failure is null and due_at > now()
             and due_at < now() + interval '30 seconds' order by outbox_id limit 1 for no key update skip locked)""",
        topic,
    )


async def mark_done(tx: TenantTransaction, outbox_id: int) -> None:
    """Close a row, in the transaction that did its work."""
    await tx.execute("update outbox set done_at = now(), failure = null where tenant_id = $1 and outbox_id = $2", outbox_id)


async def mark_failed(tx: TenantTransaction, outbox_id: int, failure: str) -> None:
    """Count a failed attempt, keep its reason and put the row off: 1, 2, 4 … seconds, an hour at most."""
    await tx.execute(
        """update outbox set attempts = attempts + 1, failure = $3, due_at = now() + least(3600, power(2, attempts)) * interval '1 second'
           where tenant_id = $1 and outbox_id = $2""",
        outbox_id,
        # What cannot be stored as text must not keep the failure from being counted.
        failure[:500].encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00"),
    )
