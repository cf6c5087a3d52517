"""Statements on rules, their versions, series and findings."""

from datetime import datetime
from typing import Final
from uuid import UUID

from infra.database import Record, TenantTransaction
from infra.ids import uuid7

DRAFT, ON, OFF = 1, 2, 3
_RULE: Final = """r.rule_id, r.version, r.state, r.kind, r.created_at, r.changed_at, r.tried_at, r.tried_findings, r.from_seq, r.look_at,
    r.hour_began, r.hour_count, r.muted, v.document, v.recorded_by"""
_FROM: Final = """from alert_rule r join alert_rule_version v on v.tenant_id = $1 and v.rule_id = r.rule_id and v.version = r.version
    where r.tenant_id = $1"""


async def count_rules(tx: TenantTransaction) -> int:
    """How many there are, of any state."""
    found: int = await tx.fetchval("select count(*) from alert_rule where tenant_id = $1")
    return found


async def any_on(tx: TenantTransaction) -> bool:
    """Whether a rule is on; an index-only look, after each capture."""
    found: bool = await tx.fetchval("select exists (select from alert_rule where tenant_id = $1 and state = 2)")
    return found


async def insert_rule(tx: TenantTransaction, *, rule_id: UUID, kind: str, at: datetime) -> None:
    """A draft at version 1."""
    await tx.execute(
        """insert into alert_rule (tenant_id, rule_id, version, state, kind, created_at, changed_at, from_seq)
           values ($1, $2, 1, 1, $3, $4, $4, 0)""",
        rule_id,
        kind,
        at,
    )


async def insert_version(tx: TenantTransaction, *, rule_id: UUID, version: int, document: str, at: datetime, by: str) -> None:
    """What the rule says from now on."""
    await tx.execute(
        """insert into alert_rule_version (tenant_id, rule_id, version, document, recorded_at, recorded_by)
           values ($1, $2, $3, $4, $5, $6)""",
        rule_id,
        version,
        document,
        at,
        by,
    )


async def set_version(tx: TenantTransaction, rule_id: UUID, *, version: int, kind: str, at: datetime) -> None:
    """The rule says something else: it hasn't been tried so, and what it remembers is of the version before."""
    await tx.execute(
        """update alert_rule set version = $3, kind = $4, changed_at = $5, tried_at = null, tried_findings = null
           where tenant_id = $1 and rule_id = $2""",
        rule_id,
        version,
        kind,
        at,
    )


async def set_state(tx: TenantTransaction, rule_id: UUID, *, state: int, from_seq: int, look_at: datetime | None, at: datetime) -> None:
    """On or off from this place of the feed on; the count of the hour and the muting begin anew."""
    await tx.execute(
        """update alert_rule set state = $3, from_seq = $4, look_at = $5, changed_at = $6, hour_began = null, hour_count = 0, muted = 0
           where tenant_id = $1 and rule_id = $2""",
        rule_id,
        state,
        from_seq,
        look_at,
        at,
    )


async def mark_tried(tx: TenantTransaction, rule_id: UUID, version: int, at: datetime, findings: int) -> None:
    """A version was tried on history, and would have found so much."""
    await tx.execute(
        "update alert_rule set tried_at = $4, tried_findings = $5 where tenant_id = $1 and rule_id = $2 and version = $3",
        rule_id,
        version,
        at,
        findings,
    )


async def set_look(tx: TenantTransaction, rule_id: UUID, look_at: datetime) -> None:
    """When the rule is looked at next; no other bell counts."""
    await tx.execute("update alert_rule set look_at = $3 where tenant_id = $1 and rule_id = $2", rule_id, look_at)


async def set_hour(tx: TenantTransaction, rule_id: UUID, *, began: datetime, count: int, muted: int) -> None:
    """How many findings the hour had, and how many beyond the cap."""
    await tx.execute(
        "update alert_rule set hour_began = $3, hour_count = $4, muted = $5 where tenant_id = $1 and rule_id = $2", rule_id, began, count, muted
    )


async def rule_by_id(tx: TenantTransaction, rule_id: UUID, *, lock: bool = False) -> Record | None:
    """A rule with what it says now; locked, nobody else changes it before the transaction ends."""
    if lock:
        await tx.fetchval("select 1 from alert_rule where tenant_id = $1 and rule_id = $2 for no key update", rule_id)
    return await tx.fetchrow(f"select {_RULE} {_FROM} and r.rule_id = $2", rule_id)


async def rules_on(tx: TenantTransaction) -> list[Record]:
    """All that are on."""
    return await tx.fetch(f"select {_RULE} {_FROM} and r.state = 2 order by r.rule_id")


async def page_of_rules(tx: TenantTransaction, *, state: int | None, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Rules, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {_RULE} {_FROM} and ($2::smallint is null or r.state = $2) and ($3::uuid is null or r.rule_id {behind} $3)
            order by r.rule_id {order} limit $4""",
        state,
        cursor,
        limit,
    )


async def page_of_versions(tx: TenantTransaction, rule_id: UUID, *, cursor: int, backward: bool, limit: int) -> list[Record]:
    """What a rule has said, newest first."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select version, document, recorded_at, recorded_by from alert_rule_version
            where tenant_id = $1 and rule_id = $2 and ($3 = 0 or version {behind} $3) order by version {order} limit $4""",
        rule_id,
        cursor,
        limit,
    )


async def lock_progress(tx: TenantTransaction) -> int:
    """Up to where the rules have looked; nobody else looks on before the transaction ends."""
    await tx.execute("insert into rule_progress (tenant_id, last_seq) values ($1, 0) on conflict do nothing")
    found: int = await tx.fetchval("select last_seq from rule_progress where tenant_id = $1 for no key update")
    return found


async def set_progress(tx: TenantTransaction, seq: int) -> None:
    """They have looked up to there."""
    await tx.execute("update rule_progress set last_seq = $2 where tenant_id = $1", seq)


async def insert_firing(
    tx: TenantTransaction, *, rule_id: UUID, version: int, series: str, effect_key: str, occurred_at: datetime, recorded_at: datetime,
    ended_at: datetime | None, subject: str, object_keys: str, detail: str, muted: int = 0,
) -> UUID | None:  # fmt: skip
    """A new finding's id; None where it was found before."""
    found: UUID | None = await tx.fetchval(
        """insert into rule_firing (tenant_id, firing_id, rule_id, version, series, effect_key, occurred_at, recorded_at, ended_at, ended_because,
             muted, subject, object_keys, detail)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, case when $9::timestamptz is null then null else 'momentary' end, $10, $11, $12, $13)
           on conflict (tenant_id, rule_id, effect_key) do nothing returning firing_id""",
        uuid7(),
        rule_id,
        version,
        series,
        effect_key,
        occurred_at,
        recorded_at,
        ended_at,
        muted,
        subject,
        object_keys,
        detail,
    )
    return found


async def add_muted(tx: TenantTransaction, rule_id: UUID, effect_key: str, count: int) -> None:
    """So many more findings beyond the cap of an hour."""
    await tx.execute(
        "update rule_firing set muted = muted + $4 where tenant_id = $1 and rule_id = $2 and effect_key = $3", rule_id, effect_key, count
    )


async def set_alert(tx: TenantTransaction, firing_id: UUID, alert_id: UUID) -> None:
    """The alert that a finding raised."""
    await tx.execute("update rule_firing set alert_id = $3 where tenant_id = $1 and firing_id = $2", firing_id, alert_id)


async def set_outcome(tx: TenantTransaction, firing_id: UUID, outcomes: str) -> None:
    """What became of the actions."""
    await tx.execute("update rule_firing set outcomes = $3 where tenant_id = $1 and firing_id = $2", firing_id, outcomes)


async def end_firings(tx: TenantTransaction, rule_id: UUID, series: str | None, at: datetime, because: str) -> int:
    """What was found in a series, or in all, holds no more."""
    return await tx.execute(
        """update rule_firing set ended_at = $4, ended_because = $5
           where tenant_id = $1 and rule_id = $2 and ended_at is null and ($3::text is null or series = $3)""",
        rule_id,
        series,
        at,
        because,
    )


_FIRING: Final = """firing_id, rule_id, version, series, occurred_at, recorded_at, ended_at, ended_because, muted, subject, object_keys, detail,
    alert_id, outcomes"""


async def firing_by_id(tx: TenantTransaction, firing_id: UUID, *, lock: bool = False) -> Record | None:
    """One finding."""
    locking = " for no key update" if lock else ""
    return await tx.fetchrow(f"select {_FIRING} from rule_firing where tenant_id = $1 and firing_id = $2{locking}", firing_id)


async def page_of_firings(tx: TenantTransaction, rule_id: UUID | None, *, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Findings of a rule, or of all, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {_FIRING} from rule_firing
            where tenant_id = $1 and ($2::uuid is null or rule_id = $2) and ($3::uuid is null or firing_id {behind} $3)
            order by firing_id {order} limit $4""",
        rule_id,
        cursor,
        limit,
    )


async def document_of(tx: TenantTransaction, rule_id: UUID, version: int) -> str:
    """What a rule said in a version."""
    found: str = await tx.fetchval("select document from alert_rule_version where tenant_id = $1 and rule_id = $2 and version = $3", rule_id, version)
    return found


async def company_zone(tx: TenantTransaction) -> str:
    """The company's time zone."""
    return str(await tx.fetchval("select time_zone from tenant where tenant_id = $1"))
