"""Statements that raise alerts, count what comes again, and end what is over."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from infra.database import Record, TenantTransaction
from infra.ids import uuid7

_LIFE = """alert_id, kind, severity, dedupe_key, subject, cause_key, resets, raised_at, closed_at, folded, owner_id, acknowledged_at, acknowledged_by,
           snoozed_until, policy_id, escalation, escalated_steps"""


@dataclass(frozen=True, slots=True)
class Raising:
    """What is to be raised, as it is stored."""

    kind: str
    severity: int
    dedupe_key: str
    subject: str
    detail: str
    cause_key: str
    rule_id: UUID | None
    resets: bool
    at: datetime

    @classmethod
    def from_row(cls, row: Record) -> "Raising":
        """From a row of `alert_occurrence`."""
        return cls(
            row["kind"], row["severity"], row["dedupe_key"], row["subject"], row["detail"], row["cause_key"], row["rule_id"], row["resets"],
            row["occurred_at"],
        )  # fmt: skip


def encoded(detail: dict[str, Any]) -> str:
    """A detail as it is stored."""
    return msgspec.json.encode(detail).decode()


async def claim(tx: TenantTransaction, dedupe_key: str, lock: int) -> tuple[UUID | None, bool]:
    """The alert that stands for this key, if there is one; else whether this transaction may raise it: nobody is waited for."""
    row = await tx.fetchrow(
        """select a.alert_id, case when a.alert_id is null then pg_try_advisory_xact_lock($3::bigint) end as claimed
           from (select 1) one
           left join alert a on a.tenant_id = $1 and a.dedupe_key = $2 and (a.closed_at is null or not a.resets)""",
        dedupe_key,
        lock,
    )
    return (row["alert_id"], bool(row["claimed"])) if row is not None else (None, False)


async def insert(tx: TenantTransaction, raising: Raising, act: int) -> UUID | None:
    """A new alert's id, with the first entry of its history; None if the same was raised meanwhile."""
    alert_id: UUID | None = await tx.fetchval(
        """with raised as (
             insert into alert (
               tenant_id, alert_id, kind, severity, dedupe_key, subject, detail, raised_at, cause_key, rule_id, resets, recurrence_of)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, (
               select p.alert_id from alert p where p.tenant_id = $1 and p.dedupe_key = $5 and p.closed_at is not null and p.resets
               order by p.alert_id desc limit 1))
             on conflict do nothing returning alert_id, raised_at)
           insert into alert_history (tenant_id, entry_id, alert_id, at, action, actor_kind, actor)
           select $1, $12::uuid, alert_id, raised_at, $13::smallint, 'service', 'suyuan' from raised returning alert_id""",
        uuid7(),
        raising.kind,
        raising.severity,
        raising.dedupe_key,
        raising.subject,
        raising.detail,
        raising.at,
        raising.cause_key,
        raising.rule_id,
        raising.resets,
        uuid7(),
        act,
    )
    return alert_id


async def add_occurrence(tx: TenantTransaction, raising: Raising) -> None:
    """What has come again, to be counted by the worker."""
    await tx.execute(
        """insert into alert_occurrence (
             tenant_id, occurrence_id, kind, severity, dedupe_key, subject, detail, cause_key, rule_id, resets, occurred_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        uuid7(),
        raising.kind,
        raising.severity,
        raising.dedupe_key,
        raising.subject,
        raising.detail,
        raising.cause_key,
        raising.rule_id,
        raising.resets,
        raising.at,
    )


async def take_occurrences(tx: TenantTransaction, limit: int) -> list[Record]:
    """The oldest occurrences that nobody else is counting, taken out."""
    return await tx.fetch(
        """delete from alert_occurrence where tenant_id = $1 and occurrence_id in (
             select occurrence_id from alert_occurrence where tenant_id = $1 order by occurrence_id limit $2 for update skip locked)
           returning dedupe_key, kind, severity, subject, detail, cause_key, rule_id, resets, occurred_at""",
        limit,
    )


async def take_occurrences_of(tx: TenantTransaction, dedupe_key: str) -> list[Record]:
    """Those of one key, oldest first, taken out; whoever counts them at this moment is waited for."""
    return await tx.fetch(
        """with taken as (delete from alert_occurrence where tenant_id = $1 and dedupe_key = $2
             returning dedupe_key, kind, severity, subject, detail, cause_key, rule_id, resets, occurred_at)
           select * from taken order by occurred_at""",
        dedupe_key,
    )


async def standing(tx: TenantTransaction, dedupe_keys: Collection[str]) -> list[Record]:
    """The alerts that stand for these keys, locked in order of their ids: the open ones, and facts for good."""
    return await tx.fetch(
        f"""select {_LIFE} from alert where tenant_id = $1 and dedupe_key = any($2::text[]) and (closed_at is null or not resets)
            order by alert_id for no key update""",
        list(dedupe_keys),
    )


async def last_closed(tx: TenantTransaction, dedupe_key: str) -> Record | None:
    """The last alert of a condition that ended."""
    return await tx.fetchrow(
        f"""select {_LIFE} from alert where tenant_id = $1 and dedupe_key = $2 and closed_at is not null and resets
            order by alert_id desc limit 1""",
        dedupe_key,
    )


async def locked(tx: TenantTransaction, alert_ids: Sequence[UUID]) -> list[Record]:
    """Alerts by id, locked in order of their ids against everybody who changes one."""
    return await tx.fetch(
        f"select {_LIFE} from alert where tenant_id = $1 and alert_id = any($2::uuid[]) order by alert_id for no key update", list(alert_ids)
    )


async def by_ids(tx: TenantTransaction, alert_ids: Sequence[UUID]) -> list[Record]:
    """The same without locking them."""
    return await tx.fetch(f"select {_LIFE} from alert where tenant_id = $1 and alert_id = any($2::uuid[])", list(alert_ids))


async def count(tx: TenantTransaction, alert_id: UUID, *, more: int, last_at: datetime, detail: str, severity: int) -> None:
    """Count further occurrences of a locked alert."""
    await tx.execute(
        """update alert set occurrences = occurrences + $3, last_at = greatest(coalesce(last_at, raised_at), $4), latest_detail = $5, severity = $6
           where tenant_id = $1 and alert_id = $2""",
        alert_id,
        more,
        last_at,
        detail,
        severity,
    )


async def close(tx: TenantTransaction, alert_ids: Sequence[UUID], *, at: datetime, resolution: int, reason: str) -> None:
    """End alerts that are locked, and whatever waits to escalate them."""
    await tx.execute(
        """update alert set closed_at = greatest($3, raised_at), resolution = $4, close_reason = $5, snoozed_until = null, escalation = escalation + 1
           where tenant_id = $1 and alert_id = any($2::uuid[])""",
        list(alert_ids),
        at,
        resolution,
        reason,
    )


async def mark_notified(tx: TenantTransaction, alert_id: UUID, at: datetime) -> int:
    """Note that the people concerned were told; 0 if they had been before."""
    return await tx.execute("update alert set notified_at = $3 where tenant_id = $1 and alert_id = $2 and notified_at is null", alert_id, at)


async def told_of(tx: TenantTransaction, *, cause_key: str, kind: str, before: datetime, window: timedelta, limit: int) -> int:
    """How many alerts of a kind and cause, at most `limit`, were raised in the window before and not folded."""
    number: int = await tx.fetchval(
        """select count(*) from (
             select from alert where tenant_id = $1 and cause_key = $2 and kind = $3 and not folded and raised_at > $4 and raised_at <= $5
             limit $6) a""",
        cause_key,
        kind,
        before - window,
        before,
        limit,
    )
    return number


async def fold(tx: TenantTransaction, alert_id: UUID) -> None:
    """Count an alert in its group, without telling anybody of it by itself."""
    await tx.execute("update alert set folded = true where tenant_id = $1 and alert_id = $2", alert_id)


async def any_since(tx: TenantTransaction, *, cause_key: str, kind: str, since: datetime) -> bool:
    """Whether an alert of a kind and cause was raised since then, folded ones included."""
    found: bool = await tx.fetchval(
        """select exists (select from alert where tenant_id = $1 and cause_key = $2 and kind = $3 and closed_at is null and raised_at > $4)""",
        cause_key,
        kind,
        since,
    )
    return found


async def add_history(
    tx: TenantTransaction, alert_ids: Sequence[UUID], *, at: datetime, act: int, actor: tuple[str, UUID | None, str], comment: str | None,
    detail: str | None,
) -> None:  # fmt: skip
    """One entry for each of these alerts. `actor` is his kind, id and name."""
    await tx.execute(
        """insert into alert_history (tenant_id, entry_id, alert_id, at, action, actor_kind, actor_id, actor, comment, detail)
           select $1, n.entry_id, n.alert_id, $4::timestamptz, $5::smallint, $6::text, $7::uuid, $8::text, $9::text, $10::text
           from unnest($2::uuid[], $3::uuid[]) as n(entry_id, alert_id) returning entry_id""",
        [uuid7() for _ in alert_ids],
        list(alert_ids),
        at,
        act,
        *actor,
        comment,
        detail,
    )
