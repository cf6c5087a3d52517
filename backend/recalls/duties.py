"""The law's clocks by hand: an authority has asked, a duty is done as something proves, or it doesn't apply; and how periods are counted."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from backend.recalls import clocks, repository
from backend.recalls.clocks import DUTIES, LAW, Clock
from backend.recalls.errors import RecallClockNotFoundError, RecallStateError
from backend.recalls.kinds import ActKind
from backend.recalls.law import Begins, duties_for
from backend.recalls.locking import managed, require_running
from backend.recalls.stored import RecallCase
from backend.recalls.texts import LONG, countries_of, text_of
from backend.recalls.timeline import record_act
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_HOURS: Final = 720
MOST_DATES: Final = 400


async def meet(tx: TenantTransaction, principal: Principal, case_id: UUID, rule: str, *, evidence: str, at: datetime | None = None) -> None:
    """A duty was done, as `evidence` tells: the authority's receipt, a document's number."""
    case, found = await _open(tx, principal, case_id, rule)
    moment, evidence = _past(at), text_of(evidence, "evidence", LONG)
    if moment < found.begins_at:
        raise InvalidInputError("It can't have been done before the clock began to run.", field="at")
    await clocks.meet(tx, case, found, at=moment, by=principal.actor_id, name=principal.display_name, evidence=evidence)
    after = {"rule": rule, "occurrence": found.occurrence, "at": clock.isoformat(moment), "late": moment > found.due_at}
    await audit.record(tx, principal, "recall.duty_met", case.subject, after={"number": case.number, **after}, reason=evidence)
    await record_act(tx, case_id, kind=ActKind.CLOCK_MET, actor=principal, reason=evidence, detail=after)


async def waive(tx: TenantTransaction, principal: Principal, case_id: UUID, rule: str, *, reason: str) -> None:
    """A duty doesn't apply, and why not."""
    case, found = await _open(tx, principal, case_id, rule)
    reason = text_of(reason, "reason", LONG)
    await clocks.end(tx, found, reason=reason, waived=True)
    after = {"rule": rule, "occurrence": found.occurrence, "due": clock.isoformat(found.due_at)}
    await audit.record(tx, principal, "recall.duty_waived", case.subject, after={"number": case.number, **after}, reason=reason)
    await record_act(tx, case_id, kind=ActKind.CLOCK_WAIVED, actor=principal, reason=reason, detail=after)


async def begin(tx: TenantTransaction, principal: Principal, case_id: UUID, rule: str, *, evidence: str, at: datetime | None = None) -> None:
    """An authority has asked for something, or was told: from then on the clock of that runs. Asked again, it runs again."""
    case = await managed(tx, principal, case_id)
    require_running(case)
    moment, evidence = _past(at), text_of(evidence, "evidence", LONG)
    duty = DUTIES.get(rule)
    if duty is None or duty.begins is not Begins.REQUESTED or duty not in _applying(case):
        raise RecallClockNotFoundError
    there = [each for each in await clocks.clocks_of(tx, case_id) if each.rule == rule]
    if any(each.is_open for each in there):
        raise RecallStateError("This clock runs already: say that it is met before it begins anew.", field="rule")
    occurrence = max((each.occurrence for each in there), default=0) + 1
    await clocks.start(tx, case, duty, occurrence, moment, policy=await clocks.policy_of(tx), zone=await clocks.zone_of(tx))
    after = {"number": case.number, "rule": rule, "at": clock.isoformat(moment)}
    await audit.record(tx, principal, "recall.duty_begun", case.subject, after=after, reason=evidence)


def _applying(case: RecallCase) -> Sequence[object]:
    if case.sector is None:
        return []
    return duties_for(LAW, countries=case.countries, sector=case.sector, recall_class=case.recall_class, decision=case.decision)


async def _open(tx: TenantTransaction, principal: Principal, case_id: UUID, rule: str) -> tuple[RecallCase, Clock]:
    case = await managed(tx, principal, case_id)
    require_running(case)
    found = next((each for each in await clocks.clocks_of(tx, case_id) if each.rule == rule and each.is_open), None)
    if found is None:
        raise RecallClockNotFoundError
    return case, found


def _past(at: datetime | None) -> datetime:
    now = clock.now()
    if at is not None and at > now:
        raise InvalidInputError("That moment lies in the future.", field="at")
    return at or now


async def set_policy(
    tx: TenantTransaction, principal: Principal, *, target_hours: int, holidays: Mapping[str, Sequence[date]], workdays: Mapping[str, Sequence[date]]
) -> None:
    """How periods are counted from now on; clocks that run already stay as they are."""
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    if not 1 <= target_hours <= MOST_HOURS:
        raise InvalidInputError(f"“Without delay” means 1 to {MOST_HOURS} hours.", field="targetHours")
    told = {}
    for field, given in (("holidays", holidays), ("workdays", workdays)):
        countries_of(list(given), field)
        if sum(len(dates) for dates in given.values()) > MOST_DATES:
            raise InvalidInputError(f"Name at most {MOST_DATES} days.", field=field)
        told[field] = {country.strip().upper(): sorted({day.isoformat() for day in dates}) for country, dates in given.items()}
    await repository.put_policy(
        tx, target_hours=target_hours, **{field: msgspec.json.encode(dates, order="sorted").decode() for field, dates in told.items()}
    )
    await audit.record(tx, principal, "recall_policy.set", "recall_policy:tenant", after={"targetHours": target_hours, **told})
