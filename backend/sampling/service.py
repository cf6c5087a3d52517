"""A tenant's sampling plans, what they ask of a lot, and how severity follows the lots."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.sampling import plans, repository, switching
from backend.sampling.attributes import Severity
from backend.sampling.errors import (
    SamplingDiscontinuedError,
    SamplingPlanArchivedError,
    SamplingPlanNotFoundError,
    SamplingStateNotFoundError,
    SeveritySwitchRefusedError,
)
from backend.sampling.plans import ClassSample, DefectClass, Definition
from backend.sampling.switching import Lot, Rule, Skipping, State
from infra import clock
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

KEY_LENGTH: Final = 500
REASON_LENGTH: Final = 500
_ALLOWED: Final = {
    (Severity.DISCONTINUED, Severity.TIGHTENED), (Severity.REDUCED, Severity.NORMAL), (Severity.NORMAL, Severity.TIGHTENED),
    (Severity.NORMAL, Severity.REDUCED),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """A tenant's plan as it is now."""

    plan_id: UUID
    name: str
    version: int
    definition: Definition
    changed_at: datetime
    archived_at: datetime | None

    @classmethod
    def from_row(cls, row: Record) -> "SamplingPlan":
        """From a row of the table."""
        return cls(row["plan_id"], row["name"], row["version"], plans.decode(row["definition"]), row["changed_at"], row["archived_at"])


@dataclass(frozen=True, slots=True)
class Sample:
    """What is asked of a lot. `inspected`: False where the lot is skipped, and accepted without inspection; `classes` gravest first."""

    plan_id: UUID
    version: int
    lot_size: int
    inspected: bool
    classes: tuple[ClassSample, ...]

    @property
    def sample_size(self) -> int:
        """How many items are drawn: the most that a class asks for."""
        return max((one.sample_size for one in self.classes), default=0) if self.inspected else 0


@dataclass(frozen=True, slots=True)
class StoredState:
    """Where a class of a plan stands for a product and supplier."""

    state_id: UUID
    plan_id: UUID
    product: str
    supplier: str
    kind: DefectClass
    state: State
    nonce: str
    since: datetime

    @classmethod
    def from_row(cls, row: Record) -> "StoredState":
        """From a row of the table."""
        state = State(
            Severity(row["severity"]), row["score"], row["recent"], row["refused"], Skipping(row["skipping"]), row["frequency"], row["skip_run"],
            row["skip_lots"],
        )  # fmt: skip
        return cls(row["state_id"], row["plan_id"], row["product"], row["supplier"], DefectClass(row["class"]), state, row["nonce"], row["since"])


async def put_plan(tx: TenantTransaction, principal: Principal, *, plan_id: UUID | None, name: str, definition: Definition) -> SamplingPlan:
    """Make a plan, or its next version: lots that were inspected keep the version that they were inspected by.

    States go on. Raises `InvalidInputError`, `SamplingPlanNotFoundError`, `SamplingPlanArchivedError`.
    """
    principal.require_everywhere(Permission.SPECIFICATIONS_WRITE)
    plans.check(definition)
    name = _text(name, "name", plans.NAME_LENGTH)
    at, encoded = clock.now(), plans.encode(definition)
    version = 1
    if plan_id is None:
        plan_id = uuid7()
        await repository.insert_plan(tx, plan_id=plan_id, name=name, definition=encoded, at=at)
    else:
        current = await repository.lock_plan(tx, plan_id)
        if current is None:
            raise SamplingPlanNotFoundError
        if current["archived_at"] is not None:
            raise SamplingPlanArchivedError
        if (current["name"], current["definition"]) == (name, encoded):
            return SamplingPlan.from_row(current)
        version = current["version"] + 1
        await repository.change_plan(tx, plan_id=plan_id, name=name, version=version, definition=encoded, at=at)
    await repository.insert_version(tx, plan_id=plan_id, version=version, name=name, definition=encoded, at=at, by=principal.actor_id)
    after = {"name": name, "version": version, **msgspec.json.decode(encoded)}
    await audit.record(tx, principal, "sampling_plan.put", f"sampling_plan:{plan_id}", after=after)
    return await get_plan(tx, plan_id)


async def archive_plan(tx: TenantTransaction, principal: Principal, *, plan_id: UUID) -> SamplingPlan:
    """No lot is inspected by the plan any more. Raises `SamplingPlanNotFoundError`, `SamplingPlanArchivedError`."""
    principal.require_everywhere(Permission.SPECIFICATIONS_WRITE)
    await get_plan(tx, plan_id)
    if not await repository.archive_plan(tx, plan_id, clock.now()):
        raise SamplingPlanArchivedError
    await audit.record(tx, principal, "sampling_plan.archived", f"sampling_plan:{plan_id}")
    return await get_plan(tx, plan_id)


async def get_plan(tx: TenantTransaction, plan_id: UUID) -> SamplingPlan:
    """One plan; raises `SamplingPlanNotFoundError`."""
    row = await repository.plan(tx, plan_id)
    if row is None:
        raise SamplingPlanNotFoundError
    return SamplingPlan.from_row(row)


async def plan_for_inspection(tx: TenantTransaction, *, plan_id: UUID, product: str, supplier: str, lot_size: int, reference: str = "") -> Sample:
    """What to draw from a lot now. `reference`, the lot's key, decides whether it is skipped, always alike; without it none is.

    Raises `SamplingPlanNotFoundError`, `SamplingPlanArchivedError`, `SamplingDiscontinuedError`, `WrongLotSizeError`, `MissingPlanError`.
    """
    plan = await get_plan(tx, plan_id)
    if plan.archived_at is not None:
        raise SamplingPlanArchivedError
    stored = {row["class"]: StoredState.from_row(row) for row in await repository.states_of(tx, plan_id, product, supplier)}
    definition, classes, inspected = plan.definition, [], False
    for kind in plans.ordered(definition.aqls):
        found = stored.get(kind)
        severity = found.state.severity if found else definition.start
        if definition.switches and severity is Severity.DISCONTINUED:
            raise SamplingDiscontinuedError
        classes.append(plans.sample_of(definition, kind, severity, lot_size))
        inspected |= not definition.skip_allowed or found is None or switching.is_inspected(found.state, found.nonce, reference)
    return Sample(plan_id, plan.version, lot_size, inspected, tuple(classes))


async def lot_concluded(
    tx: TenantTransaction, *, plan_id: UUID, product: str, supplier: str, accepted: bool, inspection_id: UUID, lot_size: int | None = None,
    nonconforming: Mapping[DefectClass, int] | None = None, by_class: Mapping[DefectClass, bool] | None = None,
) -> list[Rule]:  # fmt: skip
    """Count a lot on original inspection, once for each inspection; gives the rules that it fulfilled.

    `by_class` where classes ended otherwise than the lot. With `lot_size` and `nonconforming` (items by class) the switching score knows
    whether the lot would have been accepted one AQL tighter. Resubmitted lots and skipped ones are not told here (9.3).
    """
    plan = await get_plan(tx, plan_id)
    _key(product, "product")
    rules: list[Rule] = []
    for kind in plans.ordered(plan.definition.aqls):
        stored = await _locked(tx, plan, product, supplier, kind)
        if await repository.counted(tx, stored.state_id, inspection_id):
            continue
        severity = stored.state.severity
        known = nonconforming.get(kind) if nonconforming is not None else None
        lot = Lot(
            by_class.get(kind, accepted) if by_class is not None else accepted,
            0 if severity is Severity.DISCONTINUED else plans.accept_number(plan.definition, kind, severity, lot_size),
            plans.tighter_accepts(plan.definition, kind, lot_size, known),
        )
        rules += await _count(tx, plan.definition, stored, lot, inspection_id)
    return rules


async def lock_lots(tx: TenantTransaction, lots: Collection[tuple[UUID, str, str]]) -> None:
    """Lock the states of (plan, product, supplier) before several lots are concluded in one transaction: in the same order for everybody."""
    for plan_id, product, supplier in sorted(set(lots)):
        plan = await get_plan(tx, plan_id)
        for kind in plans.ordered(plan.definition.aqls):
            await _locked(tx, plan, product, supplier, kind)


async def change_severity(tx: TenantTransaction, principal: Principal, *, state_id: UUID, severity: Severity, reason: str) -> StoredState:
    """What the responsible authority decides: resume after discontinuation, end reduced inspection, tighten, or reduce at a full score.

    Raises `SamplingStateNotFoundError`, `SeveritySwitchRefusedError`.
    """
    principal.require_everywhere(Permission.SPECIFICATIONS_WRITE)
    reason = _text(reason, "reason", REASON_LENGTH)
    row = await repository.lock_state_by_id(tx, state_id)
    if row is None:
        raise SamplingStateNotFoundError
    stored = StoredState.from_row(row)
    before = stored.state.severity
    if (before, severity) not in _ALLOWED:
        raise SeveritySwitchRefusedError(
            f"Inspection can't be switched from {before.name.lower()} to {severity.name.lower()} by decision; nothing was changed."
        )
    if severity is Severity.REDUCED and stored.state.score < switching.REDUCE_AT:
        raise SeveritySwitchRefusedError(
            f"Reduced inspection needs a switching score of {switching.REDUCE_AT}; it is {stored.state.score}. Nothing was changed."
        )
    now = clock.now()
    state = switching.begun(severity)
    await _save(tx, state_id, state, now)
    await _remember(tx, stored, state, Rule.BY_DECISION, lots=[], at=now, actor=principal.actor_id, reason=reason)
    told = {"from": before.name.lower(), "to": severity.name.lower()}
    await audit.record(tx, principal, "sampling_state.switched", f"sampling_state:{state_id}", after=told, reason=reason)
    return await get_state(tx, state_id)


async def get_state(tx: TenantTransaction, state_id: UUID) -> StoredState:
    """One state; raises `SamplingStateNotFoundError`."""
    row = await repository.state(tx, state_id)
    if row is None:
        raise SamplingStateNotFoundError
    return StoredState.from_row(row)


async def _locked(tx: TenantTransaction, plan: SamplingPlan, product: str, supplier: str, kind: DefectClass) -> StoredState:
    values: list[Any] = [uuid7(), plan.plan_id, product, supplier, int(kind), int(plan.definition.start), secrets.token_urlsafe(12), clock.now()]
    row = await repository.lock_state(tx, plan.plan_id, product, supplier, kind)
    if row is None:
        await repository.ensure_state(tx, values)
        row = await repository.lock_state(tx, plan.plan_id, product, supplier, kind)
    if row is None:
        raise SamplingStateNotFoundError
    return StoredState.from_row(row)


async def _count(tx: TenantTransaction, definition: Definition, stored: StoredState, lot: Lot, inspection_id: UUID) -> list[Rule]:
    now = clock.now()
    if definition.switches:
        step = switching.after(stored.state, lot, reduced_allowed=definition.reduced_allowed, skip_allowed=definition.skip_allowed)
    else:
        # One severity alone; skipping counts all the same.
        held = replace(stored.state, severity=Severity.NORMAL, score=0, recent="")
        step = switching.after(held, lot, reduced_allowed=False, skip_allowed=definition.skip_allowed)
        rules = tuple(found for found in step.rules if found[0] >= Rule.SKIP_QUALIFIED)
        step = switching.Step(replace(step.state, severity=Severity.NORMAL, score=0), rules)
    await repository.add_lot(
        tx, state_id=stored.state_id, inspection_id=inspection_id, accepted=lot.accepted, severity=stored.state.severity,
        score=step.state.score, at=now,
    )  # fmt: skip
    await _save(tx, stored.state_id, step.state, now if step.rules else stored.since)
    for rule, lots in step.rules:
        refused_only = rule is Rule.FIVE_NOT_ACCEPTED_WHEN_TIGHTENED
        rows = await repository.last_lots(tx, stored.state_id, lots, refused_only=refused_only)
        await _remember(tx, stored, step.state, rule, lots=[row["inspection_id"] for row in reversed(rows)], at=now)
    return [rule for rule, _ in step.rules]


async def _save(tx: TenantTransaction, state_id: UUID, state: State, since: datetime) -> None:
    values: list[Any] = [
        int(state.severity), state.score, state.recent, state.refused, int(state.skipping), state.frequency, state.skip_run, state.skip_lots, since,
    ]  # fmt: skip
    await repository.update_state(tx, state_id, values)


async def _remember(
    tx: TenantTransaction, stored: StoredState, state: State, rule: Rule, *, lots: list[UUID], at: datetime, actor: UUID | None = None,
    reason: str | None = None,
) -> None:  # fmt: skip
    values: list[Any] = [
        uuid7(), stored.state_id, int(rule), int(stored.state.severity), int(state.severity), int(state.skipping), state.frequency,
        msgspec.json.encode([str(lot) for lot in lots]).decode(), at, actor, reason,
    ]  # fmt: skip
    await repository.add_switch(tx, values)


def _key(text: str, field: str) -> None:
    if not text or len(text) > KEY_LENGTH or "\x00" in text:
        raise InvalidInputError(f"“{field}” is empty or longer than {KEY_LENGTH} characters.", field=field)


def _text(text: str, field: str, longest: int) -> str:
    cleaned = text.strip()
    if not cleaned or len(cleaned) > longest or "\x00" in cleaned:
        raise InvalidInputError(f"“{field}” must be text of 1 to {longest} characters, without NUL.", field=field)
    return cleaned
