"""Read alerts: pages of them, groups by cause, one with its history, and how many there are."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from backend.alerts import query_repository
from backend.alerts.narrowing import narrowed
from backend.alerts.query_repository import Wanted
from backend.alerts.rules import Act, Resolution, Severity, Status, status_of
from backend.catalog.sites import Sites
from backend.objects import service as objects
from infra import clock
from infra.database import Record, TenantTransaction

__all__ = [
    "Alert", "AlertCounts", "AlertGroup", "Entry", "Wanted", "alert_by_id", "alerts_by_id", "counts", "history", "page_of_alerts", "page_of_groups",
]  # fmt: skip

MOST_COUNTED: Final = 10_000
# For somebody who is limited to sites, whose groups are put together from the alerts that he may see.
MOST_SEEN: Final = 2_000
# So often more is read for those few that concern somebody's sites among many that don't.
MOST_STEPS: Final = 50


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a person has to act on; `detail_json` depends on the kind, `latest_json` is that of its last occurrence."""

    alert_id: UUID
    kind: str
    severity: Severity
    subject: str
    detail_json: str
    raised_at: datetime
    notified_at: datetime | None
    closed_at: datetime | None
    status: Status
    cause_key: str
    rule_id: UUID | None
    recurrence_of: UUID | None
    occurrences: int
    last_at: datetime
    latest_json: str | None
    folded: bool
    owner_id: UUID | None
    acknowledged_at: datetime | None
    acknowledged_by: UUID | None
    snoozed_until: datetime | None
    resolution: Resolution | None
    close_reason: str | None
    escalated_steps: int

    @classmethod
    def from_row(cls, row: Record, sites: Sites | None = None) -> "Alert":
        """From a row of the table, as far as somebody limited to sites is told."""
        detail, latest = (narrowed(text, sites) if text and sites is not None else text for text in (row["detail"], row["latest_detail"]))
        status = status_of(
            closed_at=row["closed_at"], acknowledged_at=row["acknowledged_at"], snoozed_until=row["snoozed_until"], now=clock.now()
        )  # fmt: skip
        return cls(
            row["alert_id"], row["kind"], Severity(row["severity"]), row["subject"], detail, row["raised_at"], row["notified_at"],
            row["closed_at"], status, row["cause_key"], row["rule_id"], row["recurrence_of"], row["occurrences"], row["last_at"],
            latest, row["folded"], row["owner_id"], row["acknowledged_at"], row["acknowledged_by"], row["snoozed_until"],
            Resolution(row["resolution"]) if row["resolution"] else None, row["close_reason"], row["escalated_steps"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """The open alerts of one cause, those folded in a storm counted with them. `newest` is the latest of them that was raised."""

    cause_key: str
    alerts: int
    folded: int
    unacknowledged: int
    severity: Severity
    first_at: datetime
    last_at: datetime
    kinds: tuple[str, ...]
    newest: UUID

    @classmethod
    def from_row(cls, row: Record) -> "AlertGroup":
        """From a row of numbers."""
        return cls(
            row["cause_key"], row["alerts"], row["folded"], row["unacknowledged"], Severity(row["severity"]), row["first_at"], row["last_at"],
            tuple(row["kinds"]), row["newest"],
        )  # fmt: skip

    @classmethod
    def of(cls, alerts: Sequence[Alert]) -> "AlertGroup":
        """From the alerts themselves."""
        return cls(
            alerts[0].cause_key, len(alerts), sum(alert.folded for alert in alerts), sum(alert.acknowledged_at is None for alert in alerts),
            min(alert.severity for alert in alerts), min(alert.raised_at for alert in alerts), max(alert.last_at for alert in alerts),
            tuple(sorted({alert.kind for alert in alerts})[:20]), max(alert.alert_id for alert in alerts),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlertCounts:
    """How many alerts are open and not put off, `MOST_COUNTED` at most; `mine` are those that the caller owns."""

    open: int
    unacknowledged: int
    critical: int
    warning: int
    notice: int
    mine: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an alert's history; `actor` is the name as it was then."""

    entry_id: UUID
    at: datetime
    act: Act
    actor_kind: str
    actor: str
    comment: str | None
    detail_json: str | None

    @classmethod
    def from_row(cls, row: Record) -> "Entry":
        """From a row of the table."""
        return cls(row["entry_id"], row["at"], Act(row["action"]), row["actor_kind"], row["actor"], row["comment"], row["detail"])


async def page_of_alerts(
    tx: TenantTransaction, wanted: Wanted, *, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None = None
) -> list[Alert]:
    """Alerts about what `sites` meet, newest first, from behind the cursor (an alert's id), in the order of going."""

    async def read(behind: UUID | None, most: int) -> list[Record]:
        return await query_repository.page_with_objects(tx, wanted, cursor=behind, backward=backward, limit=most)

    if sites is None:
        rows = await query_repository.page(tx, wanted, cursor=cursor, backward=backward, limit=limit)
    else:
        rows = await _first_seen(tx, read, cursor=cursor, limit=limit, sites=sites)
    return [Alert.from_row(row, sites) for row in rows]


async def _first_seen(tx: TenantTransaction, read: objects.ReadOn, *, cursor: UUID | None, limit: int, sites: Sites) -> list[Record]:
    """The first rows that somebody limited to `sites` sees; read on in growing steps, as `objects.first_met` does."""
    found: list[Record] = []
    step = max(limit, objects.FIRST_STEP)
    for _ in range(MOST_STEPS):
        rows = await read(cursor, step)
        found += await _seen(tx, rows, sites)
        if len(found) >= limit or len(rows) < step:
            break
        cursor, step = rows[-1]["cursor"], min(4 * step, objects.MOST_IN_A_STEP)
    return found[:limit]


async def _seen(tx: TenantTransaction, rows: Sequence[Record], sites: Sites) -> list[Record]:
    """Those about an object that the sites meet, or about a place in them."""
    met = await objects.met_at(tx, {row["object_id"] for row in rows if row["object_id"] is not None}, sites)
    return [row for row in rows if row["object_id"] in met or sites.cover(row["subject"])]


async def alert_by_id(tx: TenantTransaction, alert_id: UUID, sites: Sites | None = None) -> Alert | None:
    """One alert about what `sites` meet, or a place in them, or None. With `sites` an alert about anything else isn't told."""
    return (await alerts_by_id(tx, [alert_id], sites)).get(alert_id)


async def alerts_by_id(tx: TenantTransaction, alert_ids: Collection[UUID], sites: Sites | None = None) -> dict[UUID, Alert]:
    """Those of these alerts that there are, and that are about what `sites` meet."""
    rows = await query_repository.by_ids(tx, alert_ids) if alert_ids else []
    if sites is not None:
        rows = await _seen(tx, rows, sites)
    return {row["alert_id"]: Alert.from_row(row, sites) for row in rows}


async def page_of_groups(tx: TenantTransaction, *, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None) -> list[AlertGroup]:
    """What is open by cause, that with the newest alert first, from behind the cursor (that alert's id), in the order of going.

    With `sites`, of the newest alerts about what they meet alone.
    """
    if sites is not None:
        ordered = await _groups_seen(tx, sites)
        ordered = ordered[::-1] if backward else ordered
        behind = [group for group in ordered if cursor is None or (group.newest > cursor if backward else group.newest < cursor)]
        return behind[:limit]
    leading = [row["cause_key"] for row in await query_repository.leaders(tx, cursor=cursor, backward=backward, limit=limit)]
    found = {row["cause_key"]: AlertGroup.from_row(row) for row in await query_repository.groups(tx, leading)} if leading else {}
    return [found[cause_key] for cause_key in leading if cause_key in found]


async def _groups_seen(tx: TenantTransaction, sites: Sites) -> list[AlertGroup]:
    by_cause: dict[str, list[Alert]] = defaultdict(list)
    for alert in await page_of_alerts(tx, Wanted(clock.now(), folded=True), cursor=None, backward=False, limit=MOST_SEEN, sites=sites):
        by_cause[alert.cause_key].append(alert)
    return sorted((AlertGroup.of(alerts) for alerts in by_cause.values()), key=lambda group: group.newest, reverse=True)


async def counts(tx: TenantTransaction, member: UUID | None, sites: Sites | None) -> AlertCounts:
    """For a badge: what is open about what `sites` meet."""
    now = clock.now()
    if sites is None:
        row = await query_repository.counts(tx, now=now, member=member, limit=MOST_COUNTED)
        return AlertCounts(*(row[name] for name in AlertCounts.__slots__)) if row is not None else AlertCounts(0, 0, 0, 0, 0, 0)
    seen = await page_of_alerts(tx, Wanted(now, statuses=("open", "acknowledged")), cursor=None, backward=False, limit=MOST_SEEN, sites=sites)
    of = {severity: sum(alert.severity is severity for alert in seen) for severity in Severity}
    return AlertCounts(
        len(seen), sum(alert.acknowledged_at is None for alert in seen), of[Severity.CRITICAL], of[Severity.WARNING], of[Severity.NOTICE],
        sum(alert.owner_id == member and member is not None for alert in seen),
    )  # fmt: skip


async def history(tx: TenantTransaction, alert_id: UUID, *, cursor: UUID | None, backward: bool, limit: int) -> list[Entry]:
    """What was done about an alert that the caller has been shown, newest first."""
    return [Entry.from_row(row) for row in await query_repository.history(tx, alert_id, cursor=cursor, backward=backward, limit=limit)]
