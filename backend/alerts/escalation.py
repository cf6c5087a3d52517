"""Tells more people the longer nobody acknowledges an alert, and brings back what was put off: by bells in the outbox, which outlive restarts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.alerts import escalation_repository, policies, repository, seeing, service, trail
from backend.alerts.rules import STORM_LIMIT, STORM_QUIET, STORM_WINDOW, Act, Severity, Status, Step, status_of
from backend.shifts import service as shifts
from infra import clock
from infra.database import Record, TenantTransaction
from infra.outbox import enqueue, first_time
from infra.queue import Handler

STEP_DUE: Final = "alert.step_due"
SNOOZE_OVER: Final = "alert.snooze_over"
STORM_CHECK: Final = "alert.storm_check"
STORM: Final = "alert_storm"
# So that no row of the outbox stays open for long.
DAY: Final = timedelta(days=1)


def announced(tell: Handler) -> Handler:
    """What is done for each alert that was raised: it is folded where there is a storm of them, else told by `tell`, and escalated."""

    async def handle(tx: TenantTransaction, payload: dict[str, Any]) -> None:
        alert_id = UUID(payload["alert_id"])
        rows = await repository.locked(tx, [alert_id])
        if rows and await first_time(tx, f"alert_begun:{alert_id}"):
            if await _folded(tx, rows[0]):
                return
            await tell(tx, payload)
            if rows[0]["closed_at"] is None:
                await _begin(tx, rows[0], severity=Severity(rows[0]["severity"]), at=rows[0]["raised_at"])

    return handle


async def begin_again(tx: TenantTransaction, row: Record, *, severity: Severity, why: str, receivers: Sequence[UUID] = ()) -> None:
    """A locked alert that got worse, or comes back: nobody has taken it up as it is now. It is told of again, and escalated from the start."""
    alert_id: UUID = row["alert_id"]
    await escalation_repository.wake(tx, alert_id)
    await service.tell(
        tx, service.ESCALATED, alert_id, kind=row["kind"], subject=row["subject"], severity=severity, why=why,
        receivers=[str(each) for each in receivers],
    )  # fmt: skip
    await _begin(tx, row, severity=severity, at=clock.now())


async def step_due(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: do the next step, unless somebody has acted since the bell was set."""
    if await _rung_early(tx, STEP_DUE, payload):
        return
    rows = await repository.locked(tx, [UUID(payload["alert_id"])])
    if not rows or rows[0]["escalation"] != payload["escalation"] or rows[0]["escalated_steps"] != payload["step"]:
        return
    row = rows[0]
    stored = await policies.policy(tx, row["policy_id"]) if row["policy_id"] else None
    if status(row) is not Status.OPEN or stored is None or payload["step"] >= stored.policy.rounds:
        return
    number, at = payload["step"], clock.now()
    meant = await _receivers(tx, stored.policy.step(number), row, at)
    told = await seeing.who_may_see(tx, row["alert_id"], meant)
    await escalation_repository.step_done(tx, row["alert_id"], number + 1)
    detail: dict[str, Any] = {"step": number + 1, "policy": stored.name, "receivers": [str(each) for each in told]}
    if unseen := [str(each) for each in meant if each not in told]:
        detail["mayNotSee"] = unseen
    await trail.note(tx, [row["alert_id"]], Act.ESCALATED, at=at, detail=detail)
    if told:
        await service.tell(
            tx, service.ESCALATED, row["alert_id"], kind=row["kind"], subject=row["subject"], severity=row["severity"], why="escalation",
            step=number + 1, receivers=detail["receivers"],
        )  # fmt: skip
    due = stored.policy.due(number + 1, datetime.fromisoformat(payload["begun_at"]))
    if due is None:
        await trail.note(tx, [row["alert_id"]], Act.ESCALATION_ENDED, at=at, detail={"policy": stored.name})
    else:
        # Where nobody is on duty for a step, or nobody of them may see what it is about, nobody is waited for.
        await _ring_step(tx, payload | {"step": number + 1}, due if told else at)


async def snooze(tx: TenantTransaction, alert_ids: Sequence[UUID], until: datetime) -> None:
    """Have alerts that were put off looked at when that is over."""
    payloads = [{"alert_id": str(alert_id), "due_at": until.isoformat()} for alert_id in alert_ids]
    await enqueue(tx, SNOOZE_OVER, payloads, due_at=min(until, clock.now() + DAY))


async def snooze_over(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: what was put off comes back, unless somebody has acted since."""
    if await _rung_early(tx, SNOOZE_OVER, payload):
        return
    for row in await repository.locked(tx, [UUID(payload["alert_id"])]):
        if row["closed_at"] is None and row["snoozed_until"] == datetime.fromisoformat(payload["due_at"]):
            await trail.note(tx, [row["alert_id"]], Act.SNOOZE_ENDED, at=clock.now())
            owner = [row["owner_id"]] if row["owner_id"] else []
            await begin_again(tx, row, severity=Severity(row["severity"]), why="snooze_ended", receivers=owner)


async def storm_check(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: end the alert of a storm that is over; else look again later."""
    quiet_since = clock.now() - STORM_QUIET
    if await repository.any_since(tx, cause_key=payload["cause_key"], kind=payload["kind"], since=quiet_since):
        await enqueue(tx, STORM_CHECK, [payload], due_at=clock.now() + STORM_QUIET)
    else:
        await service.reset_alert(tx, dedupe_key=_storm_key(payload["kind"], payload["cause_key"]), reason="No more of them came.")


def status(row: Record) -> Status:
    """Where a stored alert stands now."""
    return status_of(
        closed_at=row["closed_at"], acknowledged_at=row["acknowledged_at"], snoozed_until=row["snoozed_until"], now=clock.now()
    )  # fmt: skip


async def _folded(tx: TenantTransaction, row: Record) -> bool:
    """Whether more of this kind and cause were told of within a minute than anybody could take in."""
    kind, cause_key = row["kind"], row["cause_key"]
    if kind == STORM:
        return False
    before = await repository.told_of(
        tx, cause_key=cause_key, kind=kind, before=row["raised_at"], window=STORM_WINDOW, limit=STORM_LIMIT + 2
    )  # fmt: skip
    # It counts itself.
    if before <= STORM_LIMIT:
        return False
    await repository.fold(tx, row["alert_id"])
    await trail.note(tx, [row["alert_id"]], Act.FOLDED, at=clock.now())
    raised = await service.raise_alert(
        tx, kind=STORM, severity=Severity(row["severity"]), dedupe_key=_storm_key(kind, cause_key), subject=row["subject"],
        detail={"kind": kind, "cause": cause_key, "limit": STORM_LIMIT}, cause_key=cause_key, resets=True,
    )  # fmt: skip
    if raised is not None:
        await enqueue(tx, STORM_CHECK, [{"kind": kind, "cause_key": cause_key}], due_at=clock.now() + STORM_QUIET)
    return True


def _storm_key(kind: str, cause_key: str) -> str:
    return f"{STORM}:{kind}:{cause_key}"


async def _begin(tx: TenantTransaction, row: Record, *, severity: Severity, at: datetime) -> None:
    stored = await policies.fitting(tx, kind=row["kind"], severity=severity)
    number = await escalation_repository.begin(tx, row["alert_id"], stored.policy_id if stored else None)
    due = stored.policy.due(0, at) if stored else None
    if due is not None:
        await _ring_step(tx, {"alert_id": str(row["alert_id"]), "escalation": number, "step": 0, "begun_at": at.isoformat()}, due)


async def _receivers(tx: TenantTransaction, step: Step, row: Record, at: datetime) -> list[UUID]:
    """Whom a step tells, each once: named people who are still members, and those on duty."""
    found: dict[UUID, None] = {}
    for receiver in step.receivers:
        if receiver == policies.OWNER:
            found |= dict.fromkeys([row["owner_id"]] if row["owner_id"] else [])
        else:
            found |= dict.fromkeys(await shifts.on_duty(tx, role_or_team=receiver, at=at))
    return list(found)


async def _ring_step(tx: TenantTransaction, payload: dict[str, Any], due: datetime) -> None:
    await _ring(tx, STEP_DUE, payload | {"due_at": due.isoformat()}, due)


async def _ring(tx: TenantTransaction, topic: str, payload: dict[str, Any], due: datetime) -> None:
    await enqueue(tx, topic, [payload], due_at=min(due, clock.now() + DAY))


async def _rung_early(tx: TenantTransaction, topic: str, payload: dict[str, Any]) -> bool:
    """Whether it isn't due yet, because it is more than a day away; then it is set again."""
    due = datetime.fromisoformat(payload["due_at"])
    early = due > clock.now()
    if early:
        await _ring(tx, topic, payload, due)
    return early
