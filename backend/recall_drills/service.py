"""Drills: started on real goods, timed step by step, scored, and concluded with a signature.

A drill places no hold, writes no notice and publishes nothing: its case is a drill's, which each of those refuses.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.nonconformance.texts import LONG, TITLE, text_of
from backend.recall_drills import measuring, repository, rules, schedule
from backend.recall_drills.errors import RecallDrillNotFoundError, RecallDrillStateError, RecallNoDrillError
from backend.recall_drills.rules import DrillState, DrillStep, Score
from backend.recall_drills.stored import DoneStep, Drill, Finding
from backend.recall_scope.service import Source
from backend.recalls.kinds import ActKind
from backend.recalls.service import case_by_id, close_drill, open_case, record_act
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.signatures.service import Signature, sign

MOST_SOURCES: Final = 50


def subject_of(drill_id: UUID) -> str:
    """What the trail and signatures call it."""
    return f"recall_drill:{drill_id}"


async def start_drill(
    tx: TenantTransaction, principal: Principal, *, title: str, reason: str, sources: Sequence[Source] = (), case_id: UUID | None = None,
    participants: Sequence[str] = (), seed: str = "",
) -> UUID:  # fmt: skip
    """Start the clock: on goods, or on a case that was opened as a drill and says itself what it suspects.

    Raises `RecallNoDrillError`, `RecallDrillStateError` for a case with a drill, `InvalidInputError`, and what opening a case raises.
    """
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    title, reason = text_of(title, "title", TITLE), text_of(reason, "reason", LONG)
    named, seed = rules.participants_of(participants), text_of(seed, "seed", 100, required=False)
    if (case_id is None) == (not sources):
        raise InvalidInputError("Name either the goods to drill on, or a case that was opened as a drill.", field="sources")
    if len(sources) > MOST_SOURCES:
        raise InvalidInputError(f"Drill on at most {MOST_SOURCES} sources.", field="sources")
    if case_id is None:
        case_id = await open_case(tx, principal, title=title, reason=reason, sources=sources, drill=True)
    case = await case_by_id(tx, case_id)
    if not case.drill:
        raise RecallNoDrillError
    if case.is_over or await repository.of_case(tx, case_id) is not None:
        raise RecallDrillStateError(f"{case.number} has its drill already, or is over. Start another one.", field="caseId")
    policy, drill_id = (await schedule.schedule_of(tx)).policy, uuid7()
    # One number is enough: the drill is called what its case is.
    await repository.insert(
        tx, drill_id=drill_id, number=case.number, case_id=case_id, title=title, state=int(DrillState.RUNNING), seed=seed,
        participants=msgspec.json.encode(named).decode(), target_seconds=policy.target_seconds, target_percent=policy.target_percent,
        started_at=clock.now(), started_by=principal.actor_id, started_name=principal.display_name, conclusion="", concluded_name="",
    )  # fmt: skip
    after = {"number": case.number, "title": title, "participants": named, "seed": seed or None}
    await record_drill(tx, principal, (drill_id, case_id), "recall_drill.started", after, reason=reason, kind=ActKind.DRILL_STARTED)
    return drill_id


async def take_step(tx: TenantTransaction, principal: Principal, drill_id: UUID, step: DrillStep) -> DoneStep:
    """Do the next step, and stop its time. Raises `RecallDrillStateError`, `RecallDrillEmptyError`, and what computing a scope raises."""
    drill = await managed(tx, principal, drill_id, DrillState.RUNNING)
    rules.require_next(step, {row["step"] for row in await repository.steps_of(tx, [drill_id])})
    begun = clock.now()
    found = await measuring.measure(tx, drill.case_id, step)
    at = clock.now()
    detail = msgspec.json.encode(found, order="sorted").decode()
    await repository.insert_step(
        tx, drill_id, int(step), at=at, elapsed_ms=_milliseconds(drill.started_at, at), machine_ms=_milliseconds(begun, at),
        by=principal.actor_id, name=principal.display_name, detail=detail,
    )  # fmt: skip
    after = {"number": drill.number, "step": step.name, "seconds": str(Decimal(_milliseconds(drill.started_at, at)) / 1000)}
    await record_drill(tx, principal, (drill_id, drill.case_id), "recall_drill.step_done", after)
    return (await steps_of(tx, drill_id))[-1]


async def set_participants(tx: TenantTransaction, principal: Principal, drill_id: UUID, participants: Sequence[str]) -> None:
    """Who takes part, as a whole."""
    drill = await managed(tx, principal, drill_id, DrillState.RUNNING, DrillState.FINISHED)
    named = rules.participants_of(participants)
    await repository.set_participants(tx, drill_id, msgspec.json.encode(named).decode())
    await record_drill(tx, principal, (drill_id, drill.case_id), "recall_drill.participants_set", {"number": drill.number, "participants": named})


async def finish_drill(tx: TenantTransaction, principal: Principal, drill_id: UUID) -> Score:
    """All steps are done: score it by the targets of when it began. The next one is due a period from now."""
    drill = await managed(tx, principal, drill_id, DrillState.RUNNING)
    done = {one.step: one for one in await steps_of(tx, drill_id)}
    lacking = [step.name for step in DrillStep if step not in done]
    if lacking:
        raise RecallDrillStateError(f"{', '.join(lacking)} isn't done yet: the drill is scored when every step is.", field="drillId")
    found = done[DrillStep.RECONCILIATION].detail
    forward, backward = (_number(found[side]["percent"]) for side in ("forward", "backward"))
    steps = {step: one.seconds for step, one in done.items()}
    score = rules.score_of(steps, drill.targets, forward=forward, backward=backward, complete=_number(found["completeness"]))
    await repository.finish(
        tx, drill_id, state=int(DrillState.FINISHED), at=clock.now(), seconds=score.seconds, forward=forward, backward=backward,
        complete=score.completeness, passed=score.passed,
    )  # fmt: skip
    await schedule.remind(tx)
    await record_drill(
        tx, principal, (drill_id, drill.case_id), "recall_drill.finished", {"number": drill.number} | _told(score), kind=ActKind.DRILL_FINISHED
    )
    return score


async def cancel_drill(tx: TenantTransaction, principal: Principal, drill_id: UUID, *, reason: str) -> None:
    """It comes to nothing, and counts for nothing; when the next one is due doesn't change."""
    drill = await managed(tx, principal, drill_id, DrillState.RUNNING)
    reason = text_of(reason, "reason", LONG)
    await repository.finish(
        tx, drill_id, state=int(DrillState.CANCELLED), at=clock.now(), seconds=None, forward=None, backward=None, complete=None, passed=None
    )
    await record_drill(tx, principal, (drill_id, drill.case_id), "recall_drill.cancelled", {"number": drill.number}, reason=reason)


async def check_conclude(tx: TenantTransaction, principal: Principal, drill_id: UUID, *, text: str) -> Drill:
    """Raise what `conclude_drill` would raise."""
    drill = await managed(tx, principal, drill_id, DrillState.FINISHED, permission=Permission.RECALLS_DECIDE)
    text_of(text, "conclusion", LONG)
    return drill


async def conclude_drill(tx: TenantTransaction, principal: Principal, drill_id: UUID, *, text: str, signature: Signature) -> None:
    """Sign what it showed, with its score and findings; its case is closed by it."""
    drill, text = await check_conclude(tx, principal, drill_id, text=text), text_of(text, "conclusion", LONG)
    found = [Finding.from_row(row) for row in await repository.findings_of(tx, [drill_id])]
    content = {
        "act": "recall_drill.concluded", "number": drill.number, "title": drill.title, "seconds": _decimal(drill.seconds),
        "targetSeconds": drill.target_seconds, "targetPercent": str(drill.target_percent), "forwardPercent": _decimal(drill.forward_percent),
        "backwardPercent": _decimal(drill.backward_percent), "completenessPercent": _decimal(drill.completeness_percent),
        "passed": drill.passed, "participants": list(drill.participants),
        "findings": [{"severity": one.severity.name, "text": one.text, "action": text_of_id(one.corrective_action_id)} for one in found],
        "conclusion": text,
    }  # fmt: skip
    signature_id = await sign(tx, principal, signature, subject=subject_of(drill_id), content=content)
    await repository.conclude(
        tx, drill_id, state=int(DrillState.CONCLUDED), text=text, at=clock.now(), by=principal.actor_id, name=principal.display_name,
        signature_id=signature_id,
    )  # fmt: skip
    after = {"number": drill.number, "passed": drill.passed}
    await audit.record(tx, principal, "recall_drill.concluded", subject_of(drill_id), after=after, reason=text, signature_id=signature_id)
    await record_act(tx, drill.case_id, kind=ActKind.COMMENTED, actor=principal, detail=after, reason=text, signature_id=signature_id)
    await close_drill(tx, principal, drill.case_id, reason=text, signature_id=signature_id)


async def steps_of(tx: TenantTransaction, drill_id: UUID) -> list[DoneStep]:
    """What is done of a drill, in order."""
    return [DoneStep.from_row(row) for row in await repository.steps_of(tx, [drill_id])]


async def managed(
    tx: TenantTransaction, principal: Principal, drill_id: UUID, *states: DrillState, permission: Permission = Permission.RECALLS_MANAGE
) -> Drill:
    """One that the caller may act on, held until the transaction ends; its case is looked at again, so that nothing real is ever drilled on."""
    principal.require_everywhere(permission)
    row = await repository.lock(tx, drill_id)
    if row is None:
        raise RecallDrillNotFoundError
    drill = Drill.from_row(row)
    if drill.state not in states:
        told = {DrillState.RUNNING: "still running", DrillState.FINISHED: "finished", DrillState.CONCLUDED: "concluded"}
        raise RecallDrillStateError(f"{drill.number} is {told.get(drill.state, 'cancelled')}: this isn't its next step.", field="drillId")
    if not (await case_by_id(tx, drill.case_id)).drill:
        raise RecallNoDrillError
    return drill


async def record_drill(
    tx: TenantTransaction, principal: Principal, drill: tuple[UUID, UUID], action: str, after: dict[str, Any], *, reason: str = "",
    kind: ActKind | None = None,
) -> None:  # fmt: skip
    """Onto the trail, and with `kind` into the case's timeline; `drill` is (drill, case)."""
    await audit.record(tx, principal, action, subject_of(drill[0]), after=after, reason=reason or None)
    if kind is not None:
        await record_act(tx, drill[1], kind=kind, actor=principal, detail=after, reason=reason)


def _told(score: Score) -> dict[str, Any]:
    return {
        "seconds": str(score.seconds), "forwardPercent": _decimal(score.forward), "backwardPercent": _decimal(score.backward),
        "completenessPercent": _decimal(score.completeness), "passed": score.passed,
    }  # fmt: skip


def _milliseconds(since: datetime, until: datetime) -> int:
    return max(0, round((until - since).total_seconds() * 1000))


def _number(text: str | None) -> Decimal | None:
    return Decimal(text) if text is not None else None


def _decimal(value: Decimal | None) -> str | None:
    return f"{value:f}" if value is not None else None


def text_of_id(value: UUID | None) -> str | None:
    return str(value) if value is not None else None
