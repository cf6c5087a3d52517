"""Outbox handlers of the cases: a clock is about to run out, and something new falls into a scope."""

from typing import Any, Final
from uuid import UUID

from backend.alerts import service as alerts
from backend.notifications import service as notifications
from backend.notifications.kinds import Urgency
from backend.recalls import clocks, repository
from backend.recalls.errors import UnknownRecallError
from backend.recalls.kinds import ActKind
from backend.recalls.locking import locked
from backend.recalls.stored import RecallCase
from backend.recalls.timeline import record_act
from backend.recalls.topics import GROWN
from infra import clock
from infra.database import TenantTransaction
from infra.outbox import first_time
from tenants.people.allowed import holders_of
from tenants.permissions import Role

MOST_RECEIVERS: Final = 50
_OVERDUE: Final = 2
_WHO: Final = (str(Role.OWNER), str(Role.QUALITY_MANAGER))


async def clock_due(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Warn of a clock that is neither met nor ended: its owner at half of the period; from four fifths on an alert says so too.

    A drill's clocks tell its owner alone: an alert may leave the house.
    """
    try:
        case = await locked(tx, UUID(payload["case_id"]))
    except UnknownRecallError:
        return
    found = next(
        (each for each in await clocks.clocks_of(tx, case.case_id) if (each.rule, each.occurrence) == (payload["rule"], payload["occurrence"])), None
    )
    step: int = payload["step"]
    if found is None or not found.is_open or case.is_over or clock.isoformat(found.due_at) != payload["due"]:
        return
    if not await first_time(tx, f"{found.alert_key}:{payload['due']}:{step}"):
        return
    zone = await clocks.zone_of(tx)
    due = f"{found.due_at.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"
    title = f"{'演练 Drill · ' if case.drill else ''}{case.number} {found.duty.zh} / {found.duty.en}"
    text = f"{case.title}\n{found.authority.zh} / {found.authority.en}\n{found.citation.zh} / {found.citation.en}"
    await notifications.notify(
        tx, topic="recall.clock", subject=case.subject, receivers=await _receivers(tx, case), template="overdue" if step == _OVERDUE else "due",
        values={"number": case.number, "title": title[:200], "due": due, "text": text[:1_000]},
        urgency=Urgency.CRITICAL if step == _OVERDUE else Urgency.NORMAL,
    )  # fmt: skip
    await record_act(
        tx, case.case_id, kind=ActKind.CLOCK_WARNED, actor=None,
        detail={"rule": found.rule, "occurrence": found.occurrence, "percent": clocks.part_told(step), "due": payload["due"]},
    )  # fmt: skip
    if step and not case.drill:
        await alerts.raise_alert(
            tx, kind="recall_clock", severity=alerts.Severity.CRITICAL if step == _OVERDUE else alerts.Severity.WARNING, subject=case.subject,
            detail={"number": case.number, "told": title[:200], "dueAt": due, "rule": found.citation.en}, dedupe_key=found.alert_key,
            cause_key=case.subject, resets=True,
        )  # fmt: skip


async def _receivers(tx: TenantTransaction, case: RecallCase) -> list[UUID]:
    """Who answers for the case; without anybody, those who decide about recalls."""
    return [case.owner_id] if case.owner_id is not None else await holders_of(tx, _WHO, MOST_RECEIVERS)


async def grown(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Something has been added to a frozen scope: the case says since when, and one that is closed is proposed to be reopened.

    The alert is the watcher's own (`backend/recall_scope/watching.py`); the goods are held already, or by the time this is read. What one look has
    found (`at`) is told once, however often its job is done.
    """
    try:
        case = await locked(tx, UUID(payload["case_id"]))
    except UnknownRecallError:
        return
    if not await first_time(tx, f"{GROWN}:{case.case_id}:{payload['version']}:{payload.get('at', '')}"):
        return
    if case.grown_at is None and case.announced_at is not None:
        await repository.update(tx, case.case_id, grown_at=clock.now())
    detail = {name: value for name, value in payload.items() if name not in ("case_id", "drill", "at")}
    await record_act(tx, case.case_id, kind=ActKind.GROWN, actor=None, detail=detail)
    if case.drill or not case.is_over:
        return
    title = f"{case.number} 建议重新打开 / proposed to be reopened"
    text = f"{case.title}\n结案后收到的事件进入了召回范围，货物已扣留。/ Events that came after the closing fall into the scope; the goods are held."
    await notifications.notify(
        tx, topic="recall.grown", subject=case.subject, receivers=await _receivers(tx, case), template="generic",
        values={"number": case.number, "title": title[:200], "text": text}, urgency=Urgency.CRITICAL,
    )  # fmt: skip
