"""Looks at a case's notices when one is due: reminds customers, and calls in whoever answers for the case where nobody answers."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from backend.catalog import service as catalog
from backend.recall_notices import contacts, repository, rules
from backend.recall_notices.bells import LOOK, ring_look
from backend.recall_notices.content import told
from backend.recall_notices.delivering import deliver, receivers_of
from backend.recall_notices.escalating import tell_owner
from backend.recall_notices.rules import Act, Plan, Step
from backend.recall_notices.stored import Notice
from backend.recalls import service as recalls
from backend.recalls.kinds import ActKind
from backend.recalls.stored import RecallCase
from infra import clock
from infra.database import TenantTransaction
from infra.outbox import enqueue

BATCH: Final = 200
MOST_NAMED: Final = 5
_REMINDERS: Final = frozenset({Act.REMIND_ACKNOWLEDGE, Act.REMIND_REPORT})
_WHY: Final = {Act.ESCALATE_SILENCE: "silence", Act.ESCALATE_UNREPORTED: "unreported"}


async def look(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: the notices of a case that are due by now, some hundred at a time. Of several bells only the last that was set counts."""
    case_id, at = UUID(payload["case_id"]), datetime.fromisoformat(payload["at"])
    if await repository.watch(tx, case_id) != at:
        return
    case = await recalls.case_by_id(tx, case_id)
    moment = clock.now()
    rows = [Notice.from_row(row) for row in await repository.due(tx, case_id, moment, BATCH)]
    plan, _ = await contacts.plan_for(tx, case_id)
    await step_forward(tx, case, rows, plan, moment)
    await repository.set_watch(tx, case_id, None)
    if len(rows) == BATCH:
        await repository.set_watch(tx, case_id, moment)
        await enqueue(tx, LOOK, [{"case_id": str(case_id), "at": moment.isoformat()}])
        return
    await ring_look(tx, case_id)


async def step_forward(tx: TenantTransaction, case: RecallCase, due: Sequence[Notice], plan: Plan, moment: datetime) -> None:
    """Do what is due with each of these notices. Of reminders that a pause has piled up, the last alone is sent."""
    reminders: dict[str, list[Notice]] = defaultdict(list)
    silent: dict[Act, list[Notice]] = defaultdict(list)
    for notice in due:
        steps = rules.steps_of(plan, notice.kind)
        passed = rules.due_steps(steps, notice.steps, notice.queued_at, moment)
        wanted = [step for step in passed if _is_due(step, notice)]
        for step in wanted:
            if step.act in _WHY:
                silent[step.act].append(notice)
        last = next((step for step in reversed(wanted) if step.act in _REMINDERS), None)
        if last is not None and notice.closed_at is None:
            reminders[last.name].append(notice)
        done = notice.steps + len(passed)
        over = case.is_over or case.drill or notice.closed_at is not None
        changes: dict[str, Any] = {"steps": done, "next_look_at": None if over else rules.next_look(steps, done, notice.queued_at)}
        if any(step.act in _WHY for step in wanted):
            changes["escalated_at"] = moment
        await repository.change(tx, notice.notice_id, **changes)
    if case.is_over or case.drill:
        return
    for occasion, several in reminders.items():
        await _remind(tx, case, several, occasion)
    for act, several in silent.items():
        await _escalate(tx, case, several, _WHY[act])


def _is_due(step: Step, notice: Notice) -> bool:
    return rules.still_due(step, notice.state, acknowledged=notice.acknowledged_at is not None)


async def _remind(tx: TenantTransaction, case: RecallCase, several: Sequence[Notice], occasion: str) -> None:
    """To whoever is a contact by now, also where he wasn't when the notice was written."""
    parties = sorted({notice.party for notice in several})
    receivers = await receivers_of(tx, parties, await contacts.contacts_of(tx, parties))
    sent = await deliver(tx, [(notice.notice_id, receivers.get(notice.party, ())) for notice in several], occasion=occasion, drill=case.drill)
    if sent:
        detail = {"occasion": occasion, "notices": len(several), "messages": sent}
        await recalls.record_act(tx, case.case_id, kind=ActKind.REMINDED, actor=None, detail=detail)


async def _escalate(tx: TenantTransaction, case: RecallCase, several: Sequence[Notice], why: str) -> None:
    parties = [notice.party for notice in several[:MOST_NAMED]]
    names = await catalog.partners_by_party(tx, parties)
    shown = [told(names[party].names, "zh") if party in names else party for party in parties]
    await tell_owner(tx, case, why=why, count=len(several), parties=shown)
