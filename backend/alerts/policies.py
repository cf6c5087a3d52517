"""Escalation policies: who is told, after how many minutes, when nobody acknowledges an alert."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final
from uuid import UUID

import msgspec

from backend.alerts import escalation_repository as repository
from backend.alerts import rules
from backend.alerts.errors import EscalationPolicyNotFoundError
from backend.alerts.rules import Policy, Severity, Step
from backend.shifts import service as shifts
from infra import clock
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_POLICIES: Final = 50
MOST_STEPS: Final = 10
MOST_RECEIVERS: Final = 20
MOST_KINDS: Final = 50
MOST_REPEATS: Final = 20
LONGEST_MINUTES: Final = 7 * 24 * 60
NAME_LENGTH: Final = 100
OWNER: Final = "owner"


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """A policy with its name and what it is for; the first one in order of `position` that fits an alert counts."""

    policy_id: UUID
    name: str
    position: int
    least_severity: Severity
    kinds: tuple[str, ...]
    policy: Policy
    updated_at: datetime

    @classmethod
    def from_row(cls, row: Record) -> "StoredPolicy":
        """From a row of the table."""
        steps = tuple(Step(after, tuple(receivers)) for after, receivers in msgspec.json.decode(row["steps"]))
        policy = Policy(steps, row["repeats"], row["repeat_minutes"])
        return cls(
            row["policy_id"], row["name"], row["position"], Severity(row["least_severity"]), tuple(msgspec.json.decode(row["kinds"])), policy,
            row["updated_at"],
        )  # fmt: skip


async def fitting(tx: TenantTransaction, *, kind: str, severity: Severity) -> StoredPolicy | None:
    """The first policy that is for such an alert."""
    stored = [StoredPolicy.from_row(row) for row in await repository.policies(tx, MOST_POLICIES)]
    return next((each for each in stored if rules.fits(kind=kind, severity=severity, kinds=each.kinds, least_severity=each.least_severity)), None)


async def policy(tx: TenantTransaction, policy_id: UUID) -> StoredPolicy | None:
    """One policy in force."""
    row = await repository.policy(tx, policy_id)
    return StoredPolicy.from_row(row) if row is not None else None


async def policies(tx: TenantTransaction, principal: Principal) -> list[StoredPolicy]:
    """Those in force, in the order in which they are tried."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    return [StoredPolicy.from_row(row) for row in await repository.policies(tx, MOST_POLICIES)]


async def put_policy(
    tx: TenantTransaction, principal: Principal, *, policy_id: UUID | None, name: str, position: int, least_severity: Severity,
    kinds: Sequence[str], policy: Policy,
) -> StoredPolicy:  # fmt: skip
    """Make a policy, or change one. Raises `EscalationPolicyNotFoundError`, and `InvalidInputError` for what can't be followed."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    before = await repository.policy(tx, policy_id) if policy_id is not None else None
    if policy_id is not None and before is None:
        raise EscalationPolicyNotFoundError
    if policy_id is None and len(await repository.policies(tx, MOST_POLICIES)) >= MOST_POLICIES:
        raise InvalidInputError(f"There are {MOST_POLICIES} escalation policies already: archive one first.", field="name")
    name = name.strip()
    _check(name, position, kinds, policy)
    for receiver in {receiver for step in policy.steps for receiver in step.receivers} - {OWNER}:
        await shifts.require_receiver(tx, receiver, field="steps")
    found, at = policy_id or uuid7(), clock.now()
    steps = msgspec.json.encode([(step.after_minutes, step.receivers) for step in policy.steps]).decode()
    await repository.put(
        tx, found, name=name, position=position, least_severity=least_severity, kinds=msgspec.json.encode(list(kinds)).decode(), steps=steps,
        repeats=policy.repeats, repeat_minutes=policy.repeat_minutes, at=at,
    )  # fmt: skip
    after = {
        "name": name, "position": position, "leastSeverity": least_severity.name.lower(), "kinds": list(kinds),
        "steps": [{"afterMinutes": step.after_minutes, "receivers": list(step.receivers)} for step in policy.steps],
        "repeats": policy.repeats, "repeatMinutes": policy.repeat_minutes,
    }  # fmt: skip
    await audit.record(tx, principal, "escalation_policy.put", f"escalation_policy:{found}", before=_told(before), after=after)
    return StoredPolicy(found, name, position, least_severity, tuple(kinds), policy, at)


async def archive_policy(tx: TenantTransaction, principal: Principal, policy_id: UUID) -> None:
    """Take a policy out of use: what it was escalating isn't escalated further. Raises `EscalationPolicyNotFoundError`."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    if not await repository.archive(tx, policy_id, clock.now()):
        raise EscalationPolicyNotFoundError
    await audit.record(tx, principal, "escalation_policy.archived", f"escalation_policy:{policy_id}")


def _told(row: Record | None) -> dict[str, object] | None:
    return None if row is None else {"name": row["name"], "position": row["position"], "kinds": msgspec.json.decode(row["kinds"])}


def _check(name: str, position: int, kinds: Sequence[str], policy: Policy) -> None:
    if not 1 <= len(name) <= NAME_LENGTH or "\x00" in name:
        raise InvalidInputError(f"“name” must have 1 to {NAME_LENGTH} characters, without NUL.", field="name")
    if not 0 <= position <= 1_000:
        raise InvalidInputError("“position” must be from 0 to 1000.", field="position")
    if len(kinds) > MOST_KINDS or any(not 1 <= len(kind) <= 100 or "\x00" in kind for kind in kinds):
        raise InvalidInputError(f"“kinds” names at most {MOST_KINDS} kinds of alerts, each of 1 to 100 characters.", field="kinds")
    if not 1 <= len(policy.steps) <= MOST_STEPS:
        raise InvalidInputError(f"A policy has 1 to {MOST_STEPS} steps.", field="steps")
    minutes = [step.after_minutes for step in policy.steps]
    if minutes[0] < 0 or minutes[-1] > LONGEST_MINUTES or any(later <= earlier for earlier, later in pairwise(minutes)):
        raise InvalidInputError(f"Each step comes after the one before it, at 0 to {LONGEST_MINUTES} minutes.", field="steps")
    if any(not 1 <= len(step.receivers) <= MOST_RECEIVERS for step in policy.steps):
        raise InvalidInputError(f"Each step tells 1 to {MOST_RECEIVERS} receivers.", field="steps")
    if not 0 <= policy.repeats <= MOST_REPEATS:
        raise InvalidInputError(f"The last step is repeated at most {MOST_REPEATS} times.", field="repeats")
    if policy.repeats and not 1 <= policy.repeat_minutes <= LONGEST_MINUTES:
        raise InvalidInputError(f"“repeatMinutes” must be from 1 to {LONGEST_MINUTES} where the last step is repeated.", field="repeatMinutes")
