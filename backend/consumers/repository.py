"""Statements on consumers' requests and on the mails to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final
from uuid import UUID

from infra.database import Record, TenantTransaction
from infra.ids import uuid7


class MailState(IntEnum):
    """How far a mail is; the numbers are stored and never change."""

    WAITING = 1
    SENT = 2
    FAILED = 3
    DROPPED = 4


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that is taken up."""

    mail_id: UUID
    watch_id: UUID
    reference: str
    tries: int


_WATCH: Final = "watch_id, key, gtin, lot, email, key_id, language, asked_at, asked_times, confirmed_at, expires_at"


async def company(tx: TenantTransaction) -> Record | None:
    """The company, as mails name it."""
    return await tx.fetchrow("select public_id, slug, name, time_zone from tenant where tenant_id = $1")


async def lock_watch(tx: TenantTransaction, digests: Sequence[str], key: str) -> Record | None:
    """The request of an address for these goods, locked."""
    return await tx.fetchrow(
        f"select {_WATCH} from consumer_watch where tenant_id = $1 and email_digest = any($2::text[]) and key = $3 for no key update",
        list(digests), key,
    )  # fmt: skip


async def watch(tx: TenantTransaction, watch_id: UUID) -> Record | None:
    """One request."""
    return await tx.fetchrow(f"select {_WATCH} from consumer_watch where tenant_id = $1 and watch_id = $2", watch_id)


async def watches(tx: TenantTransaction, ids: Sequence[UUID]) -> dict[UUID, Record]:
    """Several requests."""
    rows = await tx.fetch(f"select {_WATCH} from consumer_watch where tenant_id = $1 and watch_id = any($2::uuid[])", list(ids))
    return {row["watch_id"]: row for row in rows}


async def insert_watch(
    tx: TenantTransaction, *, watch_id: UUID, key: str, gtin: str, lot: str, digest: str, email: bytes, key_id: str, language: str, at: datetime,
    expires_at: datetime,
) -> bool:  # fmt: skip
    """A new request, not confirmed yet; False where somebody was quicker with the same."""
    return await tx.execute(
        """insert into consumer_watch (tenant_id, watch_id, key, gtin, lot, email_digest, email, key_id, language, asked_at, asked_times, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11) on conflict do nothing""",
        watch_id, key, gtin, lot, digest, email, key_id, language, at, expires_at,
    ) == 1  # fmt: skip


async def ask_again(tx: TenantTransaction, watch_id: UUID, at: datetime, expires_at: datetime) -> None:
    """The same request once more, not confirmed yet."""
    await tx.execute(
        """update consumer_watch set asked_at = $3, asked_times = asked_times + 1, expires_at = $4
           where tenant_id = $1 and watch_id = $2 and confirmed_at is null""",
        watch_id, at, expires_at,
    )  # fmt: skip


async def asked_since(tx: TenantTransaction, since: datetime, digests: Sequence[str], limit: int) -> tuple[int, int]:
    """How many have asked since then, as far as `limit`; and how often this address."""
    row = await tx.fetchrow(
        """select (select count(*) from (select 1 from consumer_watch where tenant_id = $1 and asked_at > $2 limit $4) anybody) as everybody,
                  (select coalesce(sum(asked_times), 0) from consumer_watch
                   where tenant_id = $1 and email_digest = any($3::text[]) and asked_at > $2) as own""",
        since, list(digests), limit,
    )  # fmt: skip
    return (int(row["everybody"]), int(row["own"])) if row else (0, 0)


async def confirm(tx: TenantTransaction, watch_id: UUID, at: datetime, expires_at: datetime) -> Record | None:
    """It is he who has asked; None where there is nothing to confirm any more."""
    return await tx.fetchrow(
        f"""update consumer_watch set confirmed_at = coalesce(confirmed_at, $3), expires_at = $4
            where tenant_id = $1 and watch_id = $2 and expires_at > $3 returning {_WATCH}""",
        watch_id, at, expires_at,
    )  # fmt: skip


async def delete_watch(tx: TenantTransaction, watch_id: UUID) -> bool:
    """Forget a request with its address; False where there is none."""
    # What may be deleted the database says: only what has served its time.
    await tx.execute("update consumer_watch set expires_at = now() - interval '1 second' where tenant_id = $1 and watch_id = $2", watch_id)
    return await tx.execute("delete from consumer_watch where tenant_id = $1 and watch_id = $2", watch_id) == 1


async def confirmed_after(tx: TenantTransaction, after: UUID, now: datetime, limit: int) -> list[Record]:
    """(watch_id, key, gtin, lot) of confirmed requests behind one, in their order."""
    return await tx.fetch(
        """select watch_id, key, gtin, lot from consumer_watch
           where tenant_id = $1 and confirmed_at is not null and watch_id > $2 and expires_at > $3 order by watch_id limit $4""",
        after, now, limit,
    )  # fmt: skip


async def watching(tx: TenantTransaction) -> int:
    """How many confirmed requests there are."""
    return int(await tx.fetchval("select count(*) from consumer_watch where tenant_id = $1 and confirmed_at is not null"))


async def put_mails(tx: TenantTransaction, watch_ids: Sequence[UUID], reference: str, at: datetime) -> int:
    """Mails to be sent, each once; gives how many are new."""
    return await tx.execute(
        """insert into consumer_mail (tenant_id, mail_id, watch_id, reference, state, tries, next_at, created_at)
           select $1, u.mail_id, u.watch_id, $4, 1, 0, $5, $5 from unnest($2::uuid[], $3::uuid[]) as u(mail_id, watch_id) on conflict do nothing""",
        [uuid7() for _ in watch_ids], list(watch_ids), reference, at,
    )  # fmt: skip


async def any_due(tx: TenantTransaction, now: datetime) -> bool:
    """Whether a mail's time has come."""
    return bool(await tx.fetchval("select exists (select 1 from consumer_mail where tenant_id = $1 and state = 1 and next_at <= $2)", now))


async def lease(tx: TenantTransaction, lease_id: UUID, now: datetime, until: datetime, limit: int) -> list[Mail]:
    """Take up mails that are due; until then nobody else does."""
    rows = await tx.fetch(
        """update consumer_mail set lease_id = $2, next_at = $4, tries = tries + 1
           where tenant_id = $1 and mail_id in (
             select mail_id from consumer_mail where tenant_id = $1 and state = 1 and next_at <= $3
             order by next_at limit $5 for no key update skip locked)
           returning mail_id, watch_id, reference, tries""",
        lease_id, now, until, limit,
    )  # fmt: skip
    return [Mail(*row) for row in rows]


async def conclude(
    tx: TenantTransaction, mail_id: UUID, lease_id: UUID, *, state: MailState, next_at: datetime, failure: str | None, done_at: datetime | None
) -> None:
    """How an attempt ended; nothing where another worker has taken the mail up meanwhile."""
    await tx.execute(
        """update consumer_mail set state = $4, next_at = $5, failure = $6, done_at = $7, lease_id = null
           where tenant_id = $1 and mail_id = $2 and lease_id = $3""",
        mail_id, lease_id, int(state), next_at, failure, done_at,
    )  # fmt: skip


async def counts(tx: TenantTransaction, reference: str) -> dict[MailState, int]:
    """How many mails about one thing are how far."""
    rows = await tx.fetch("select state, count(*) as number from consumer_mail where tenant_id = $1 and reference = $2 group by state", reference)
    return {MailState(row["state"]): row["number"] for row in rows}


async def sealed_by_others(tx: TenantTransaction, key_id: str, after: UUID, limit: int) -> list[Record]:
    """(watch_id, key_id, email) of requests that another key has sealed, in their order."""
    return await tx.fetch(
        "select watch_id, key_id, email from consumer_watch where tenant_id = $1 and watch_id > $3 and key_id <> $2 order by watch_id limit $4",
        key_id, after, limit,
    )  # fmt: skip


async def reseal(tx: TenantTransaction, watch_id: UUID, email: bytes, key_id: str, digest: str) -> None:
    """The same address under another key."""
    await tx.execute(
        "update consumer_watch set email = $3, key_id = $4, email_digest = $5 where tenant_id = $1 and watch_id = $2", watch_id, email, key_id, digest
    )
