"""The law's clocks of a case: which run, when each is due, what meets it, and when somebody is warned."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from backend.alerts import service as alerts
from backend.recalls import clock_repository, repository
from backend.recalls.kinds import ActKind, RecallState
from backend.recalls.law import Begins, LegalDuty, MetBy, Words, by_key, duties_for
from backend.recalls.law_china import CHINA
from backend.recalls.law_europe import EUROPE
from backend.recalls.law_united_states import UNITED_STATES
from backend.recalls.periods import WARNED_AT, WorkCalendar, due, warnings
from backend.recalls.stored import RecallCase
from backend.recalls.timeline import record_act
from backend.recalls.topics import CLOCK
from infra import clock
from infra.database import Record, TenantTransaction
from infra.outbox import enqueue

LAW: Final = (*CHINA, *UNITED_STATES, *EUROPE)
DUTIES: Final = by_key(LAW)
TARGET_HOURS: Final = 24


class ClockState(IntEnum):
    """How a clock stands. SOON from four fifths of the period on."""

    RUNNING = 1
    SOON = 2
    OVERDUE = 3
    MET = 4
    MET_LATE = 5
    ENDED = 6


@dataclass(frozen=True, slots=True)
class Policy:
    """How the company computes: the hours that "without delay" means, and by country the days off and the weekend days worked."""

    target_hours: int
    holidays: dict[str, list[date]]
    workdays: dict[str, list[date]]


@dataclass(frozen=True, slots=True)
class Clock:
    """One duty of the law that runs for a case. `fixed` is false where the period is the company's own target for "without delay".

    `warn_at` is when it counts as due soon. An ended clock doesn't apply (any more); `waived`: because somebody said so.
    """

    case_id: UUID
    rule: str
    occurrence: int
    country: str
    authority: Words
    duty: Words
    citation: Words
    condition: Words | None
    fixed: bool
    begins_at: datetime
    due_at: datetime
    warn_at: datetime
    met_at: datetime | None
    met_by: UUID | None
    met_name: str
    evidence: str
    ended_at: datetime | None
    ended_reason: str
    waived: bool

    @classmethod
    def from_row(cls, row: Record) -> "Clock":
        """From a row of the table, with the law's words."""
        duty = DUTIES[row["rule"]]
        return cls(
            row["case_id"], row["rule"], row["occurrence"], duty.country, duty.authority, duty.duty, duty.citation, duty.condition,
            not row["target"], row["begins_at"], row["due_at"], warnings(row["begins_at"], row["due_at"])[1], row["met_at"], row["met_by"],
            row["met_name"], row["evidence"], row["ended_at"], row["ended_reason"], row["waived"],
        )  # fmt: skip

    @property
    def is_open(self) -> bool:
        """Neither met nor ended."""
        return self.met_at is None and self.ended_at is None

    def state(self, now: datetime) -> ClockState:
        """How it stands at a moment."""
        if self.met_at is not None:
            return ClockState.MET if self.met_at <= self.due_at else ClockState.MET_LATE
        if self.ended_at is not None:
            return ClockState.ENDED
        return ClockState.OVERDUE if now > self.due_at else ClockState.SOON if now >= self.warn_at else ClockState.RUNNING

    @property
    def alert_key(self) -> str:
        """By what its alert is known."""
        return f"recall_clock:{self.case_id}:{self.rule}:{self.occurrence}"


async def clocks_of(tx: TenantTransaction, case_id: UUID) -> list[Clock]:
    """All clocks of a case, soonest due first; those that ended too."""
    return [Clock.from_row(row) for row in await clock_repository.of_cases(tx, [case_id])]


async def clocks_of_cases(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, list[Clock]]:
    """The same of many."""
    found: dict[UUID, list[Clock]] = {case_id: [] for case_id in ids}
    for row in await clock_repository.of_cases(tx, ids):
        found[row["case_id"]].append(Clock.from_row(row))
    return found


async def policy_of(tx: TenantTransaction) -> Policy:
    """The company's own, or a day for "without delay", and weekends alone."""
    row = await repository.policy(tx)
    if row is None:
        return Policy(TARGET_HOURS, {}, {})
    kind = dict[str, list[date]]
    return Policy(row["target_hours"], msgspec.json.decode(row["holidays"], type=kind), msgspec.json.decode(row["workdays"], type=kind))


async def zone_of(tx: TenantTransaction) -> ZoneInfo:
    """In whose days periods are counted, and texts are written."""
    row = await clock_repository.tenant(tx)
    try:
        return ZoneInfo(row["time_zone"] if row else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


async def settle(tx: TenantTransaction, case: RecallCase) -> None:
    """Start what the law wants of the case as it is now, meet what its acts meet, and end what applies no longer. Twice changes nothing."""
    found = await clocks_of(tx, case.case_id)
    wanted = {duty.key: duty for duty in _wanted(case)}
    policy, zone = await policy_of(tx), await zone_of(tx)
    for duty in wanted.values():
        there = sorted((each for each in found if each.rule == duty.key), key=lambda each: each.occurrence)
        if (begins_at := _to_start(case, duty, there)) is not None:
            occurrence = there[-1].occurrence + 1 if duty.every and there else 1
            await start(tx, case, duty, occurrence, begins_at, policy=policy, zone=zone)
    for each in await clocks_of(tx, case.case_id):
        if not each.is_open:
            continue
        if each.rule not in wanted:
            await end(tx, each, reason="It applies no longer, as the case is decided now.", waived=False)
        elif DUTIES[each.rule].every and case.completed_at is not None:
            await end(tx, each, reason="The recall was completed.", waived=False)
        elif (met_at := _met_by_act(case, DUTIES[each.rule])) is not None:
            await meet(tx, case, each, at=max(met_at, each.begins_at), by=None, name="", evidence="")


def _to_start(case: RecallCase, duty: LegalDuty, there: Sequence[Clock]) -> datetime | None:
    """When a clock that doesn't run as it should begins; None where it does, or has nothing to run from.

    Only what the company knew, and when, is ever corrected: another decision makes no clock that runs longer.
    """
    begins_at, last = _beginning(case, duty), there[-1] if there else None
    if begins_at is None or (duty.every and case.completed_at is not None):
        return None
    if last is None:
        return begins_at
    if last.is_open:
        return begins_at if duty.begins is Begins.KNOWN and last.begins_at != begins_at else None
    if last.waived or last.met_at is not None:
        return None
    # The service ended it, and it applies again.
    return clock.now() if duty.every else begins_at


def _wanted(case: RecallCase) -> list[LegalDuty]:
    if case.sector is None or case.state is RecallState.DISMISSED:
        return []
    return duties_for(LAW, countries=case.countries, sector=case.sector, recall_class=case.recall_class, decision=case.decision)


def _beginning(case: RecallCase, duty: LegalDuty) -> datetime | None:
    match duty.begins:
        case Begins.KNOWN:
            return case.known_at
        case Begins.DECIDED:
            return case.decided_at
        case Begins.ANNOUNCED:
            return case.announced_at
        case Begins.COMPLETED:
            return case.completed_at
        case Begins.REQUESTED:
            return None


def _met_by_act(case: RecallCase, duty: LegalDuty) -> datetime | None:
    match duty.met_by:
        case MetBy.DECISION:
            return case.decided_at
        case MetBy.ANNOUNCEMENT:
            return case.announced_at
        case MetBy.COMPLETION:
            return case.completed_at
        case MetBy.HAND:
            return None


async def start(
    tx: TenantTransaction, case: RecallCase, duty: LegalDuty, occurrence: int, begins_at: datetime, *, policy: Policy, zone: ZoneInfo
) -> None:
    """Let a clock run, and set the bells for its warnings."""
    off, worked = (frozenset(dates.get(duty.country, ())) for dates in (policy.holidays, policy.workdays))
    ends = due(begins_at, duty.period, WorkCalendar(zone, off, worked)) if duty.period else begins_at + timedelta(hours=policy.target_hours)
    await clock_repository.start(tx, case.case_id, duty.key, occurrence, begins_at=begins_at, due_at=ends, target=duty.period is None)
    detail = {"rule": duty.key, "begins": clock.isoformat(begins_at), "due": clock.isoformat(ends), "target": duty.period is None}
    await record_act(tx, case.case_id, kind=ActKind.CLOCK_STARTED, actor=None, detail=detail | {"occurrence": occurrence})
    now = clock.now()
    bells = list(enumerate(warnings(begins_at, ends)))
    passed = [step for step, at in bells if at <= now]
    for step, at in bells:
        # Of those that are past already, the last one tells enough.
        if at > now or step == max(passed):
            payload: dict[str, Any] = {"case_id": str(case.case_id), "drill": case.drill, "rule": duty.key, "occurrence": occurrence}
            await enqueue(tx, CLOCK, [payload | {"step": step, "due": clock.isoformat(ends)}], due_at=at if at > now else None)


async def meet(tx: TenantTransaction, case: RecallCase, found: Clock, *, at: datetime, by: UUID | None, name: str, evidence: str) -> None:
    """The duty is done; one that recurs begins again, from when it was due or, done late, from now."""
    await clock_repository.meet(tx, case.case_id, found.rule, found.occurrence, at=at, by=by, name=name, evidence=evidence)
    await alerts.reset_alert(tx, dedupe_key=found.alert_key, reason="met")
    duty = DUTIES[found.rule]
    if duty.every and case.completed_at is None and not case.is_over:
        begins_at = max(found.due_at, at)
        await start(tx, case, duty, found.occurrence + 1, begins_at, policy=await policy_of(tx), zone=await zone_of(tx))


async def end(tx: TenantTransaction, found: Clock, *, reason: str, waived: bool) -> None:
    """It doesn't apply; its alert ends with it."""
    await clock_repository.end(tx, found.case_id, found.rule, found.occurrence, at=clock.now(), reason=reason, waived=waived)
    await alerts.reset_alert(tx, dedupe_key=found.alert_key, reason="ended")


def part_told(step: int) -> int:
    """At which part of the period, in per cent, a warning goes out."""
    return round(WARNED_AT[step] * 100)
