"""Counts what came again while an alert was open; what nobody has raised yet, it raises. The worker's part of `raise_alert`."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from backend.alerts import escalation, repository, service, trail
from backend.alerts.repository import Raising
from backend.alerts.rules import Act, Severity, worst
from infra import clock
from infra.database import Record, TenantTransaction
from infra.outbox import enqueue, take_together

AT_ONCE: Final = 500


async def count(tx: TenantTransaction, _payload: dict[str, Any]) -> None:
    """Outbox handler: all occurrences that wait, together."""
    await take_together(tx, service.OCCURRED, AT_ONCE)
    waiting: dict[str, list[Raising]] = defaultdict(list)
    rows = await repository.take_occurrences(tx, AT_ONCE)
    for row in rows:
        waiting[row["dedupe_key"]].append(Raising.from_row(row))
    standing = {row["dedupe_key"]: row for row in await repository.standing(tx, waiting)} if waiting else {}
    for dedupe_key in sorted(waiting):
        occurrences = sorted(waiting[dedupe_key], key=lambda each: each.at)
        if dedupe_key in standing:
            await _count(tx, standing[dedupe_key], occurrences)
        else:
            await _raise(tx, occurrences)
    if len(rows) == AT_ONCE:
        await enqueue(tx, service.OCCURRED, [{}])


async def _raise(tx: TenantTransaction, occurrences: Sequence[Raising]) -> None:
    """Nothing stands for them: those from before the last one's end still belong to it, the first one behind it raises another."""
    last = await repository.last_closed(tx, occurrences[0].dedupe_key)
    earlier = [each for each in occurrences if last is not None and each.at <= last["closed_at"]]
    if last is not None and earlier:
        await _add(tx, last, earlier, Severity(last["severity"]))
    later = list(occurrences[len(earlier) :])
    if later and await service.insert(tx, later[0]) is not None:
        later = later[1:]
    for row in await repository.standing(tx, [later[0].dedupe_key]) if later else ():
        await _count(tx, row, later)


async def _count(tx: TenantTransaction, row: Record, occurrences: Sequence[Raising]) -> None:
    if not row["resets"]:
        # A fact told again is the same fact.
        return
    before, now = Severity(row["severity"]), worst([Severity(each.severity) for each in occurrences])
    after = now if now.worse_than(before) else before
    await _add(tx, row, occurrences, after)
    if after is not before:
        alert_id: UUID = row["alert_id"]
        await trail.note(tx, [alert_id], Act.SEVERITY_CHANGED, at=clock.now(), detail={"before": before.name.lower(), "after": after.name.lower()})
        if not row["folded"]:
            await escalation.begin_again(tx, row, severity=after, why="severity")


async def _add(tx: TenantTransaction, row: Record, occurrences: Sequence[Raising], severity: Severity) -> None:
    last = occurrences[-1]
    await repository.count(tx, row["alert_id"], more=len(occurrences), last_at=last.at, detail=last.detail, severity=severity)
