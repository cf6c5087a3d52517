"""What may be decided about a case, and what still has to be done before it is closed. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from backend.recalls.errors import RecallDecidedError, RecallStateError
from backend.recalls.kinds import RecallClass, RecallDecision, RecallDepth, RecallState, Sector
from backend.recalls.law import TAKING_BACK
from backend.recalls.stored import RecallCase
from infra.clock import isoformat
from infra.errors import InvalidInputError

UNDECIDED = frozenset({RecallState.SUSPICION, RecallState.INVESTIGATION})


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision as somebody wants it. NO_RECALL needs neither class nor depth, sector nor countries."""

    decision: RecallDecision
    recall_class: RecallClass | None
    depth: RecallDepth | None
    sector: Sector | None
    countries: tuple[str, ...]


class DutyKind(IntEnum):
    """What kind of thing is still to be done; the numbers are stored and never change. From 20 on others' (notices, checks)."""

    CLOCK = 1
    COMPLETION = 2
    ROOT_CAUSE = 3
    CORRECTIVE_ACTION = 4
    EFFECT = 5
    ADDITIONS = 6
    DECISION = 7
    ANNOUNCEMENT = 8
    NOTICES = 20
    RECOVERY = 21
    CHECKS = 22


@dataclass(frozen=True, slots=True)
class OpenDuty:
    """Something that stands against closing a case, in Chinese and in English."""

    kind: DutyKind
    zh: str
    en: str
    reference: str = ""


def check_verdict(verdict: Verdict) -> None:
    """Raise `InvalidInputError` where a decision doesn't say what it has to, or contradicts itself."""
    if verdict.decision is RecallDecision.NO_RECALL:
        if verdict.recall_class is not None or verdict.depth is not None:
            raise InvalidInputError("Where nothing is taken back there is neither class nor depth: leave them out.", field="recallClass")
        return
    for field, value in (("recallClass", verdict.recall_class), ("depth", verdict.depth), ("sector", verdict.sector)):
        if value is None:
            raise InvalidInputError("Taking goods back has a class, a depth and a sector: by them the law's clocks are told.", field=field)
    if not verdict.countries:
        raise InvalidInputError("Name the countries where the goods are: their laws say by when what has to be done.", field="countries")
    if verdict.decision is RecallDecision.WITHDRAWAL and verdict.depth is RecallDepth.CONSUMER:
        raise InvalidInputError("A withdrawal takes goods back from the trade; to reach consumers decide a recall.", field="depth")


def check_decidable(case: RecallCase, verdict: Verdict, revises: datetime | None) -> None:
    """Raise unless the case may be decided so now. `revises` is the moment of the decision that is to be replaced.

    Two who decide at once: the second is told what the first has decided (`RecallDecidedError`).
    """
    if case.is_over:
        raise RecallStateError(f"This case is {case.state.name}: reopen it first.", field="caseId")
    if case.state in UNDECIDED:
        if revises is not None:
            raise RecallStateError("There is no decision to be revised: leave “revises” out.", field="revises")
        return
    # The API tells moments to the millisecond.
    if revises is None or case.decided_at is None or isoformat(revises) != isoformat(case.decided_at):
        raise RecallDecidedError(told_decision(case), field="caseId")
    if case.state is RecallState.ANNOUNCED and verdict.decision not in TAKING_BACK:
        raise RecallStateError("This recall was announced: it can be closed, and no longer be decided away.", field="decision")


def told_decision(case: RecallCase) -> str:
    """Who has decided what, and when."""
    at = isoformat(case.decided_at) if case.decided_at else "?"
    what = case.decision.name if case.decision else "?"
    grave = f", class {case.recall_class.name}" if case.recall_class else ""
    deep = f", to the level {case.depth.name}" if case.depth else ""
    return (
        f"{case.decided_name or 'Somebody'} decided {what}{grave}{deep} at {at}. Nothing was changed. To replace that decision, look at it and "
        "send its time as “revises”."
    )


def listed(duties: Sequence[OpenDuty]) -> str:
    """For the refusal of closing."""
    return "; ".join(duty.en for duty in duties)
