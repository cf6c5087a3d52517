"""How often the company drills: its policy, when the next drill is due, and the alert that says so."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from backend.alerts import service as alerts
from backend.recall_drills import repository, rules
from backend.recall_drills.rules import Policy
from infra import clock
from infra.database import TenantTransaction
from infra.outbox import enqueue, first_time
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

TOPIC: Final = "recall.drill_look"
KIND: Final = "recall_drill_due"


@dataclass(frozen=True, slots=True)
class Schedule:
    """The policy in force, when a drill was last finished, and by when the next one is to be."""

    policy: Policy
    last_at: datetime | None
    due_at: datetime
    overdue: bool


async def schedule_of(tx: TenantTransaction) -> Schedule:
    """As it stands; a company that has never drilled should have done so a period after it began here (BRCGS 9, 3.11: at least yearly)."""
    row, last = await repository.policy(tx), await repository.last_finished(tx)
    policy = Policy(**dict(row)) if row is not None else Policy()
    due = rules.next_due(last, policy, (await repository.company(tx))["created_at"])
    return Schedule(policy, last, due, due <= clock.now())


async def set_policy(tx: TenantTransaction, principal: Principal, policy: Policy) -> None:
    """What drills have to reach from now on, and how often they are. Raises `InvalidInputError`."""
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    rules.check_policy(policy)
    await repository.put_policy(
        tx, target_seconds=policy.target_seconds, target_percent=policy.target_percent, every_days=policy.every_days, warn_days=policy.warn_days,
        at=clock.now(),
    )  # fmt: skip
    after = {
        "targetSeconds": policy.target_seconds, "targetPercent": str(policy.target_percent), "everyDays": policy.every_days,
        "warnDays": policy.warn_days,
    }  # fmt: skip
    await audit.record(tx, principal, "recall_drills.policy_set", "recall_drill_policy", after=after)
    await remind(tx)


async def remind(tx: TenantTransaction) -> None:
    """See to it that somebody is told before the next drill is due and when it is, and end the alert where it isn't due any more."""
    found, now = await schedule_of(tx), clock.now()
    moments = rules.reminders(found.due_at, found.policy, now)
    if len(moments) > 1 or not found.policy.warn_days:
        await alerts.reset_alert(tx, dedupe_key=KIND, reason="done")
    for moment in moments or [now]:
        if await first_time(tx, f"{TOPIC}:{moment.isoformat()}"):
            await enqueue(tx, TOPIC, [{}], due_at=moment)


async def remind_who_never_drilled(tx: TenantTransaction) -> None:
    """The regular look at companies that nothing else reminds, because no drill was finished here and no policy set; a sandbox isn't reminded."""
    if await repository.last_finished(tx) is not None or (await repository.company(tx))["sandbox"]:
        return
    found, now = await schedule_of(tx), clock.now()
    step = len(rules.reminders(found.due_at, found.policy, now))
    if step < (2 if found.policy.warn_days else 1) and await first_time(tx, f"{TOPIC}:never:{found.due_at.isoformat()}:{step}"):
        await enqueue(tx, TOPIC, [{}])


async def look(tx: TenantTransaction, _payload: dict[str, Any]) -> None:
    """Outbox handler: tell that a drill is due, or will be soon. What was told before isn't told again until a drill was done."""
    found, now = await schedule_of(tx), clock.now()
    if not found.overdue and rules.reminders(found.due_at, found.policy, now)[1:]:
        return
    detail = {"dueAt": clock.isoformat(found.due_at), "lastAt": clock.isoformat(found.last_at) if found.last_at else None}
    severity = alerts.Severity.WARNING if found.overdue else alerts.Severity.NOTICE
    await alerts.raise_alert(tx, kind=KIND, severity=severity, dedupe_key=KIND, subject="recall_drill", detail=detail, cause_key=KIND, resets=True)
