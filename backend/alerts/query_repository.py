"""Statements that read alerts: pages in either direction, groups by cause, counts, histories."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from backend.identifiers import DIGITAL_LINK_ROOT
from infra.database import Record, TenantTransaction

# The object that an alert is about, looked up by its key; null where it is about anything else.
_OBJECT_ID: Final = f"""(select o.object_id from traceable_object o where o.tenant_id = $1 and o.key =
    case when alert.subject like '{DIGITAL_LINK_ROOT}%' then substr(alert.subject, {len(DIGITAL_LINK_ROOT) + 1}) else alert.subject end)"""
# With what has come again and isn't counted yet.
_WAITING: Final = """cross join lateral (
    select count(*)::int as more, max(n.occurred_at) as last_at from alert_occurrence n
    where n.tenant_id = $1 and n.dedupe_key = alert.dedupe_key and alert.closed_at is null and alert.resets) waiting"""
_COLUMNS: Final = """alert_id, kind, severity, subject, detail, raised_at, notified_at, closed_at, cause_key, rule_id, recurrence_of,
    occurrences + waiting.more as occurrences, greatest(alert.last_at, waiting.last_at, raised_at) as last_at, latest_detail, folded, owner_id,
    acknowledged_at, acknowledged_by, snoozed_until, resolution, close_reason, escalated_steps"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts; None and empty mean any. `statuses` are names of `rules.Status`, judged at `now`."""

    now: datetime
    open_only: bool = True
    statuses: tuple[str, ...] = ()
    severities: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    owner_id: UUID | None = None
    unowned: bool = False
    cause_key: str | None = None
    subject: str | None = None
    rule_id: UUID | None = None
    raised_from: datetime | None = None
    raised_before: datetime | None = None
    folded: bool = False


_CONDITIONS: Final = (
    ("statuses", "text[]", """case when closed_at is not null then 'closed' when snoozed_until > {now} then 'snoozed'
       when acknowledged_at is null then 'open' else 'acknowledged' end = any({value})"""),
    ("severities", "smallint[]", "severity = any({value})"),
    ("kinds", "text[]", "kind = any({value})"),
    ("owner_id", "uuid", "owner_id = {value}"),
    ("cause_key", "text", "cause_key = {value}"),
    ("subject", "text", "subject = {value}"),
    ("rule_id", "uuid", "rule_id = {value}"),
    ("raised_from", "timestamptz", "raised_at >= {value}"),
    ("raised_before", "timestamptz", "raised_at < {value}"),
)  # fmt: skip


def _conditions(wanted: Wanted, *, at: int) -> tuple[str, list[object]]:
    """What is asked for, as conditions that begin with `and`, and their values from `$at` on."""
    told, values = [], [wanted.now]
    found: list[object] = list(values)
    for name, kind, condition in _CONDITIONS:
        value = getattr(wanted, name)
        if value is None or value == ():
            continue
        found.append(list(value) if isinstance(value, tuple) else value)
        told.append(condition.format(now=f"${at}", value=f"${at + len(found) - 1}::{kind}"))
    told += ["closed_at is null"] if wanted.open_only else []
    told += ["owner_id is null"] if wanted.unowned else []
    told += [] if wanted.folded else ["not folded"]
    # Every value is used, whatever is asked for.
    return "".join(f" and {each}" for each in [*told, f"${at}::timestamptz is not null"]), found


async def page(tx: TenantTransaction, wanted: Wanted, *, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Alerts, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    conditions, values = _conditions(wanted, at=4)
    return await tx.fetch(
        f"""select {_COLUMNS} from alert {_WAITING}
            where alert.tenant_id = $1 and ($2::uuid is null or alert_id {behind} $2){conditions}
            order by alert_id {order} limit $3""",
        cursor,
        limit,
        *values,
    )


async def page_with_objects(tx: TenantTransaction, wanted: Wanted, *, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """The same with the object that each is about (`object_id`), and each one's place in the order (`cursor`)."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    conditions, values = _conditions(wanted, at=4)
    return await tx.fetch(
        f"""select {_COLUMNS}, alert_id as cursor, {_OBJECT_ID} as object_id from alert {_WAITING}
            where alert.tenant_id = $1 and ($2::uuid is null or alert_id {behind} $2){conditions}
            order by alert_id {order} limit $3""",
        cursor,
        limit,
        *values,
    )


async def by_ids(tx: TenantTransaction, alert_ids: Collection[UUID]) -> list[Record]:
    """Alerts by id, each with the object that it is about."""
    return await tx.fetch(
        f"select {_COLUMNS}, {_OBJECT_ID} as object_id from alert {_WAITING} where alert.tenant_id = $1 and alert_id = any($2::uuid[])",
        list(alert_ids),
    )


async def leaders(tx: TenantTransaction, *, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """(alert, cause) for the newest open alert of each cause, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select a.alert_id, a.cause_key from alert a
            where a.tenant_id = $1 and a.closed_at is null and ($2::uuid is null or a.alert_id {behind} $2) and a.alert_id = (
              select b.alert_id from alert b where b.tenant_id = $1 and b.cause_key = a.cause_key and b.closed_at is null
              order by b.alert_id desc limit 1)
            order by a.alert_id {order} limit $3""",
        cursor,
        limit,
    )


async def groups(tx: TenantTransaction, cause_keys: Sequence[str]) -> list[Record]:
    """What is open of each of these causes, in numbers."""
    return await tx.fetch(
        """select cause_key, count(*)::int as alerts, count(*) filter (where folded)::int as folded,
             count(*) filter (where acknowledged_at is null)::int as unacknowledged, min(severity) as severity, min(raised_at) as first_at,
             max(coalesce(last_at, raised_at)) as last_at, (array_agg(distinct kind order by kind))[1:20] as kinds,
             (array_agg(alert_id order by alert_id desc))[1] as newest
           from alert where tenant_id = $1 and closed_at is null and cause_key = any($2::text[]) group by cause_key""",
        list(cause_keys),
    )


async def counts(tx: TenantTransaction, *, now: datetime, member: UUID | None, limit: int) -> Record | None:
    """How many alerts are open, of at most `limit` of the newest; what is put off isn't counted."""
    return await tx.fetchrow(
        """select count(*)::int as open, count(*) filter (where acknowledged_at is null)::int as unacknowledged,
             count(*) filter (where severity = 1)::int as critical, count(*) filter (where severity = 2)::int as warning,
             count(*) filter (where severity = 3)::int as notice, count(*) filter (where owner_id = $3)::int as mine
           from (select severity, acknowledged_at, owner_id from alert
                 where tenant_id = $1 and closed_at is null and not folded and (snoozed_until is null or snoozed_until <= $2)
                 order by alert_id desc limit $4) a""",
        now,
        member,
        limit,
    )


async def history(tx: TenantTransaction, alert_id: UUID, *, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """An alert's history, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select entry_id, at, action, actor_kind, actor, comment, detail from alert_history
            where tenant_id = $1 and alert_id = $2 and ($3::uuid is null or entry_id {behind} $3)
            order by entry_id {order} limit $4""",
        alert_id,
        cursor,
        limit,
    )


async def history_since(tx: TenantTransaction, since: UUID, seen: Collection[UUID], limit: int) -> list[Record]:
    """Entries from a moment on (the least UUIDv7 of it) that a watcher hasn't seen, in order."""
    return await tx.fetch(
        """select h.entry_id, h.alert_id, h.at, h.action, h.actor from alert_history h
           where h.tenant_id = $1 and h.entry_id >= $2 and not h.entry_id = any($3::uuid[]) order by h.entry_id limit $4""",
        since,
        list(seen),
        limit,
    )
