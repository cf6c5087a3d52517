"""Effectiveness checks: a level is chosen, consignees are drawn, asked, and what they say is recorded (21 CFR 7.42(b)(3))."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from backend.nonconformance.texts import LONG, TITLE, text_of
from backend.recall_checks import levels, looking, reach_repository, repository
from backend.recall_checks.errors import (
    RecallCheckDroppedError,
    RecallCheckNotFoundError,
    RecallCheckRecordedError,
    RecallIsDrillError,
    RecallNotFrozenError,
)
from backend.recall_checks.levels import Answers, CheckLevel, CheckMethod, CheckState, Stock
from backend.recall_checks.stored import Check, Plan
from backend.recalls.errors import RecallStateError
from backend.recalls.kinds import ActKind
from backend.recalls.service import case_by_id
from backend.recalls.stored import RecallCase
from backend.recalls.timeline import record_act
from backend.units.amounts import unit_of
from backend.units.factors import Dimension
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

USUAL_DAYS: Final = 5
MOST_DAYS: Final = 365
_MOST_QUANTITY: Final = Decimal(10) ** 15
DRAWN_AGAIN: Final = "the scope was extended"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which level, and how and until when customers are asked; `percentage` is level B's."""

    level: CheckLevel
    reason: str
    percentage: Decimal | None = None
    method: CheckMethod = CheckMethod.CALL
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One conversation: with whom, what he says, how much he still has, and what is done about it."""

    answers: Answers
    method: CheckMethod = CheckMethod.CALL
    person: str = ""
    stock_quantity: Decimal | None = None
    stock_uom: str = ""
    note: str = ""
    follow_up: str = ""
    follow_up_due: datetime | None = None


async def choose_level(tx: TenantTransaction, principal: Principal, case_id: UUID, choice: Choice) -> UUID:
    """Choose, or change, the level: consignees are drawn from the frozen scope by the case's seed. Who was asked before stays.

    Raises `UnknownRecallError`, `RecallIsDrillError`, `RecallNotFrozenError`, `RecallStateError`, `InvalidInputError`.
    """
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    share = levels.share_of(choice.level, choice.percentage)
    reason, due_at = text_of(choice.reason, "reason", LONG), _due(choice.due_at, "dueAt", usual=USUAL_DAYS)
    await repository.lock_case(tx, case_id)
    case = await _running(tx, case_id)
    plans = await repository.plans(tx, case_id, 1)
    seed = plans[0]["seed"] if plans else secrets.token_hex(8)
    version, parties = await _consignees(tx, case_id)
    plan_id = uuid7()
    await repository.insert_plan(
        tx, case_id, plan_id, level=int(choice.level), percentage=choice.percentage, seed=seed, version=version, population=len(parties),
        method=int(choice.method), due_at=due_at, reason=reason, at=clock.now(), by=principal.actor_id, name=principal.display_name,
    )  # fmt: skip
    sample = await _draw(tx, case_id, plan_id, parties, share=share, seed=seed, method=choice.method, due_at=due_at)
    after = {
        "recall": case.number, "level": choice.level.name, "percentage": _text(choice.percentage), "seed": seed, "version": version,
        "population": len(parties), "sample": sample, "dueAt": clock.isoformat(due_at),
    }  # fmt: skip
    await audit.record(tx, principal, "recall_checks.level_chosen", case.subject, after=after, reason=reason)
    await record_act(tx, case_id, kind=ActKind.CHECK_PLANNED, actor=principal, detail=after, reason=reason)
    return plan_id


async def draw_again(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler of an extended scope: customers who came with it are drawn by the same level and seed. Does nothing the second time."""
    case_id = UUID(payload["case_id"])
    await repository.lock_case(tx, case_id)
    plans = [Plan.from_row(row) for row in await repository.plans(tx, case_id, 1)]
    version = await reach_repository.last_version(tx, case_id)
    if payload.get("drill") or not plans or version is None or plans[0].version >= version:
        return
    last, (version, parties) = plans[0], await _consignees(tx, case_id)
    plan_id, due_at = uuid7(), max(last.due_at, clock.now() + timedelta(days=USUAL_DAYS))
    await repository.insert_plan(
        tx, case_id, plan_id, level=int(last.level), percentage=last.percentage, seed=last.seed, version=version, population=len(parties),
        method=int(last.method), due_at=due_at, reason=DRAWN_AGAIN, at=clock.now(), by=None, name=audit.SERVICE_ACTOR,
    )  # fmt: skip
    share = levels.share_of(last.level, last.percentage)
    sample = await _draw(tx, case_id, plan_id, parties, share=share, seed=last.seed, method=last.method, due_at=due_at)
    detail = {"level": last.level.name, "seed": last.seed, "version": version, "population": len(parties), "sample": sample}
    await record_act(tx, case_id, kind=ActKind.CHECK_PLANNED, actor=None, detail=detail, reason=DRAWN_AGAIN)


async def record_check(tx: TenantTransaction, principal: Principal, check_id: UUID, asked: Asked) -> Check:
    """Record what a customer said. An ineffective check says what is done about it, and may be asked again; an effective one ends.

    Raises `RecallCheckNotFoundError`, `RecallCheckRecordedError`, `RecallCheckDroppedError`, `RecallStateError`, `InvalidInputError`.
    """
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    row = await repository.lock_check(tx, check_id)
    if row is None:
        raise RecallCheckNotFoundError
    check = Check.from_row(row)
    case = await _running(tx, check.case_id)
    _require_open(check)
    state = levels.state_of(asked.answers)
    follow_up = text_of(asked.follow_up, "followUp", LONG, required=state is CheckState.INEFFECTIVE)
    later = asked.follow_up_due is not None or state is CheckState.INEFFECTIVE
    due_at = _due(asked.follow_up_due, "followUpDue", usual=1) if later and state is not CheckState.EFFECTIVE else check.due_at
    person = text_of(asked.person, "person", TITLE, required=asked.answers.reached)
    note, quantity = text_of(asked.note, "note", LONG, required=False), _quantity(asked)
    at, record_id = clock.now(), uuid7()
    answers = asked.answers
    await repository.insert_record(
        tx, check_id=check_id, record_id=record_id, at=at, recorded_by=principal.actor_id, recorded_name=principal.display_name,
        method=int(asked.method), person=person, reached=answers.reached, received_notice=answers.received_notice, acted=answers.acted,
        stock=int(answers.stock), stock_quantity=quantity, stock_uom=asked.stock_uom, told_onward=answers.told_onward, note=note,
        state=int(state), follow_up=follow_up, follow_up_due=due_at if later and state is not CheckState.EFFECTIVE else None,
    )  # fmt: skip
    checked_at = at if state in {CheckState.EFFECTIVE, CheckState.INEFFECTIVE} else None
    await repository.set_result(tx, check_id, state=int(state), due_at=due_at, checked_at=checked_at)
    if state is CheckState.EFFECTIVE or due_at > at:
        await looking.settled(tx, check.case_id)
    await looking.look_at(tx, due_at)
    after = {"recall": case.number, "party": check.party, "result": state.name, "method": asked.method.name, "followUp": follow_up or None}
    await audit.record(tx, principal, "recall_check.recorded", f"recall_check:{check_id}", after=after, reason=note or None)
    await record_act(tx, check.case_id, kind=ActKind.CHECK_RECORDED, actor=principal, detail=after, reason=note)
    found = (await repository.by_ids(tx, [check_id]))[0]
    return Check.from_row(found)


async def _draw(
    tx: TenantTransaction, case_id: UUID, plan_id: UUID, parties: Sequence[str], *, share: Decimal, seed: str, method: CheckMethod, due_at: datetime
) -> int:
    sample = levels.sample_of(parties, share, seed)
    standing = {row["party"]: CheckState(row["state"]) for row in await repository.standing(tx, case_id)}
    new, again, dropped = levels.changes(sample, standing)
    places = {party: number for number, party in enumerate(sample, 1)}
    if new:
        rows = [(uuid7(), party, places[party]) for party in new]
        await repository.insert_checks(tx, case_id, plan_id, rows, method=int(method), due_at=due_at)
    for taken, state in ((again, CheckState.OPEN), (dropped, CheckState.DROPPED)):
        if taken:
            await repository.set_states(tx, case_id, taken, state=int(state), plan_id=plan_id, due_at=due_at)
    if sample:
        await looking.look_at(tx, due_at)
    return len(sample)


async def _running(tx: TenantTransaction, case_id: UUID) -> RecallCase:
    """A case whose customers may be asked."""
    case = await case_by_id(tx, case_id)
    if case.drill:
        raise RecallIsDrillError
    if case.is_over:
        raise RecallStateError(f"{case.number} is closed; reopen it first, then its customers are checked again.", field="caseId")
    return case


async def _consignees(tx: TenantTransaction, case_id: UUID) -> tuple[int, list[str]]:
    version = await reach_repository.last_version(tx, case_id)
    if version is None:
        raise RecallNotFrozenError
    return version, await reach_repository.parties(tx, case_id, version)


def _require_open(check: Check) -> None:
    if check.state is CheckState.DROPPED:
        message = "This customer isn't in the sample any more, because the level was changed. Choose a check that is open."
        raise RecallCheckDroppedError(message, field="checkId")
    if check.state not in levels.RECORDABLE:
        when = clock.isoformat(check.checked_at) if check.checked_at else "before"
        raise RecallCheckRecordedError(f"This check was recorded as effective already ({when}); nothing is left to be asked.", field="checkId")


def _due(given: datetime | None, field: str, *, usual: int) -> datetime:
    now = clock.now()
    if given is None:
        return now + timedelta(days=usual)
    if not now < given <= now + timedelta(days=MOST_DAYS):
        raise InvalidInputError(f"Name a time to come, at most {MOST_DAYS} days from now.", field=field)
    return given


def _quantity(asked: Asked) -> Decimal | None:
    """How much the customer still has, in a unit that is known."""
    quantity = asked.stock_quantity
    if quantity is None:
        return None
    if not quantity.is_finite() or not 0 <= quantity < _MOST_QUANTITY:
        raise InvalidInputError("A quantity is nought or more.", field="stockQuantity")
    if unit_of(asked.stock_uom).dimension is Dimension.OTHER:
        message = f"“{asked.stock_uom[:20]}” is no unit of goods that is known: use a code such as KGM, GRM or LTR, or leave it empty for pieces."
        raise InvalidInputError(message, field="stockUom")
    if quantity > 0 and asked.answers.stock is Stock.NONE:
        raise InvalidInputError("Either the customer has nothing left, or say how much: not both.", field="stockQuantity")
    return quantity


def _text(value: Decimal | None) -> str | None:
    return f"{value.normalize():f}" if value is not None else None
