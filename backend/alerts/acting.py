"""What people do with alerts: take them up, give them to somebody, put them off, end them. Each act is in the history and on the trail."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from backend.alerts import acting_repository, escalation, query_service, repository, service, trail
from backend.alerts.errors import AlertAcknowledgedError, AlertClosedError, AlertNotFoundError, AlertOpenError
from backend.alerts.rules import BY_HAND, LONGEST_SNOOZE, Act, Resolution, Severity
from backend.catalog.sites import sites_of
from infra import clock
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError
from tenants import audit
from tenants.people import query_service as people
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_ALERTS: Final = 100
# Of the groups of those named; whoever has more acts again.
MOST_OF_GROUPS: Final = 5_000
TEXT_LENGTH: Final = 2_000


async def acknowledge(tx: TenantTransaction, principal: Principal, alert_ids: Sequence[UUID], *, whole_group: bool, comment: str) -> None:
    """Take alerts up: nobody else is told of them any more. The first one does; raises `AlertAcknowledgedError` for the second."""
    comment, rows, at = _text(comment, "comment"), await _chosen(tx, principal, alert_ids, whole_group=whole_group), clock.now()
    ready = [row for row in _still_open(rows) if row["acknowledged_at"] is None]
    if not ready:
        raise AlertAcknowledgedError(await _acknowledged_by(tx, rows))
    ids = _ids(ready)
    await acting_repository.acknowledge(tx, ids, at=at, by=principal.membership_id or principal.actor_id, owner_id=principal.membership_id)
    await trail.note(tx, ids, Act.ACKNOWLEDGED, at=at, principal=principal, comment=comment or None)
    await service.tell_all(tx, service.ACKNOWLEDGED, ready, by=principal.display_name)
    await _record_act(tx, principal, "alert.acknowledged", alert_ids, reason=comment, after={"alerts": len(ids)})


async def assign(
    tx: TenantTransaction, principal: Principal, alert_ids: Sequence[UUID], *, whole_group: bool, owner_id: UUID | None, comment: str
) -> None:
    """Give alerts to a member, or to nobody for None. Raises `InvalidInputError` for somebody who isn't here."""
    comment, rows = _text(comment, "comment"), _still_open(await _chosen(tx, principal, alert_ids, whole_group=whole_group))
    names = await people.active_names(tx, [owner_id]) if owner_id else {}
    if owner_id is not None and owner_id not in names:
        raise InvalidInputError("“ownerId” is no active member here.", field="ownerId")
    ids, told = _ids(rows), {"owner": names[owner_id] if owner_id else None, "ownerId": str(owner_id) if owner_id else None}
    await acting_repository.assign(tx, ids, owner_id)
    await trail.note(tx, ids, Act.ASSIGNED, at=clock.now(), principal=principal, comment=comment or None, detail=told)
    if owner_id is not None and owner_id != principal.membership_id:
        await service.tell_all(tx, service.ESCALATED, rows, why="assigned", receivers=[str(owner_id)], by=principal.display_name)
    await _record_act(tx, principal, "alert.assigned", alert_ids, reason=comment, after=told | {"alerts": len(ids)})


async def comment_on(tx: TenantTransaction, principal: Principal, alert_ids: Sequence[UUID], *, whole_group: bool, comment: str) -> None:
    """Add to the history, also of what is over."""
    comment, rows = _text(comment, "comment", needed=True), await _chosen(tx, principal, alert_ids, whole_group=whole_group)
    await trail.note(tx, _ids(rows), Act.COMMENTED, at=clock.now(), principal=principal, comment=comment)
    await _record_act(tx, principal, "alert.commented", alert_ids, reason=comment, after={"alerts": len(rows)})


async def snooze(tx: TenantTransaction, principal: Principal, alert_ids: Sequence[UUID], *, whole_group: bool, until: datetime, comment: str) -> None:
    """Put alerts off: they come back by themselves then, as if just raised."""
    comment, at = _text(comment, "comment"), clock.now()
    if not at < until <= at + LONGEST_SNOOZE:
        raise InvalidInputError(f"“until” must lie in the future, and at most {LONGEST_SNOOZE.days} days away.", field="until")
    rows = _still_open(await _chosen(tx, principal, alert_ids, whole_group=whole_group))
    ids, told = _ids(rows), {"until": clock.isoformat(until)}
    await acting_repository.snooze(tx, ids, until)
    await trail.note(tx, ids, Act.SNOOZED, at=at, principal=principal, comment=comment or None, detail=told)
    await escalation.snooze(tx, ids, until)
    await _record_act(tx, principal, "alert.snoozed", alert_ids, reason=comment, after=told | {"alerts": len(ids)})


async def close(
    tx: TenantTransaction, principal: Principal, alert_ids: Sequence[UUID], *, whole_group: bool, resolution: Resolution, reason: str
) -> None:
    """End alerts by hand. A condition that is met again raises another one; a fact doesn't."""
    reason = _text(reason, "reason", needed=True)
    if resolution not in BY_HAND:
        raise InvalidInputError("Whether a condition has ended is seen by the service; choose how you have dealt with the alert.", field="resolution")
    rows, at = _still_open(await _chosen(tx, principal, alert_ids, whole_group=whole_group)), clock.now()
    ids, told = _ids(rows), {"resolution": resolution.name.lower()}
    await repository.close(tx, ids, at=at, resolution=resolution, reason=reason)
    await trail.note(tx, ids, Act.CLOSED, at=at, principal=principal, comment=reason, detail=told)
    await service.tell_all(tx, service.RESET, rows, why="closed", reason=reason, by=principal.display_name)
    await _record_act(tx, principal, "alert.closed", alert_ids, reason=reason, after=told | {"alerts": len(ids)})


async def reopen(tx: TenantTransaction, principal: Principal, alert_id: UUID, *, reason: str) -> None:
    """An alert that was closed isn't over. Raises `AlertOpenError` where it is open, or another one stands for the same."""
    reason = _text(reason, "reason", needed=True)
    [row] = await _chosen(tx, principal, [alert_id], whole_group=False)
    await acting_repository.wait_for_raising(tx, service.raising_lock(tx.tenant_id, row["dedupe_key"]))
    if not await acting_repository.reopen(tx, alert_id):
        raise AlertOpenError
    await trail.note(tx, [alert_id], Act.REOPENED, at=clock.now(), principal=principal, comment=reason)
    await escalation.begin_again(tx, row, severity=Severity(row["severity"]), why="reopened")
    await _record_act(tx, principal, "alert.reopened", [alert_id], reason=reason)


async def change_severity(
    tx: TenantTransaction, principal: Principal, alert_ids: Sequence[UUID], *, whole_group: bool, severity: Severity, reason: str
) -> None:
    """Judge otherwise how soon somebody has to act. What gets worse is told of again, and has to be acknowledged again."""
    reason = _text(reason, "reason", needed=True)
    rows = [row for row in _still_open(await _chosen(tx, principal, alert_ids, whole_group=whole_group)) if row["severity"] != severity]
    await acting_repository.set_severity(tx, _ids(rows), severity)
    at = clock.now()
    for before in sorted({Severity(row["severity"]) for row in rows}):
        ids, told = [row["alert_id"] for row in rows if row["severity"] == before], {"before": before.name.lower(), "after": severity.name.lower()}
        await trail.note(tx, ids, Act.SEVERITY_CHANGED, at=at, principal=principal, comment=reason, detail=told)
    for row in rows:
        if severity.worse_than(Severity(row["severity"])) and not row["folded"]:
            await escalation.begin_again(tx, row, severity=severity, why="severity")
    after = {"severity": severity.name.lower(), "alerts": len(rows)}
    await _record_act(tx, principal, "alert.severity_changed", alert_ids, reason=reason, after=after)


async def _chosen(tx: TenantTransaction, principal: Principal, alert_ids: Sequence[UUID], *, whole_group: bool) -> list[Record]:
    """The alerts named, locked in order of their ids, and with `whole_group` all open ones of their causes. Raises `AlertNotFoundError`."""
    sites = await sites_of(tx, principal, Permission.ALERTS_ACT)
    named = set(alert_ids)
    if not 1 <= len(named) <= MOST_ALERTS:
        raise InvalidInputError(f"Name 1 to {MOST_ALERTS} alerts at a time.", field="alertIds")

    async def visible(ids: set[UUID]) -> set[UUID]:
        return ids if sites is None else set(await query_service.alerts_by_id(tx, ids, sites))

    if await visible(named) != named:
        raise AlertNotFoundError
    wanted = named
    if whole_group:
        causes = {row["cause_key"] for row in await repository.by_ids(tx, sorted(named))}
        wanted = named | await visible(set(await acting_repository.open_of_causes(tx, causes, MOST_OF_GROUPS)))
    rows = await repository.locked(tx, sorted(wanted))
    if not named <= set(_ids(rows)):
        raise AlertNotFoundError
    return rows


def _still_open(rows: Sequence[Record]) -> list[Record]:
    found = [row for row in rows if row["closed_at"] is None]
    if not found:
        raise AlertClosedError
    return found


def _ids(rows: Sequence[Record]) -> list[UUID]:
    return [row["alert_id"] for row in rows]


async def _acknowledged_by(tx: TenantTransaction, rows: Sequence[Record]) -> str:
    by = next(row["acknowledged_by"] for row in rows if row["acknowledged_by"] is not None)
    return (await people.names(tx, [by])).get(by, "A machine")


def _text(given: str, name: str, *, needed: bool = False) -> str:
    text = given.strip()
    if needed and not text:
        raise InvalidInputError(f"“{name}” is empty: say why, so that whoever meets the alert later understands it.", field=name)
    if len(text) > TEXT_LENGTH or "\x00" in text:
        raise InvalidInputError(f"“{name}” is longer than {TEXT_LENGTH} characters or holds a NUL; shorten it.", field=name)
    return text


async def _record_act(
    tx: TenantTransaction, principal: Principal, action: str, alert_ids: Sequence[UUID], *, reason: str, after: Mapping[str, Any] | None = None
) -> None:
    """An entry for each alert that was named; `after` counts those acted on with it."""
    for alert_id in sorted(set(alert_ids)):
        await audit.record(tx, principal, action, f"alert:{alert_id}", after=after, reason=reason or None)
