"""Holds as EPCIS tells them: business step `holding`, what a hold stands on alone, in the tenant's own event log (ADR 0038).

The worker captures them as the service's own events, which no hold, alert or rule looks at. An event's id follows from what it tells, so
that a job done twice, or an event that comes back from a partner, is a duplicate.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from backend.events.commands import read_command
from backend.events.contexts import SUYUAN_NAMESPACE
from backend.events.own_events import NAMED_AT_ONCE, has_form, holding_event
from backend.events.projection import Source
from backend.events.service import CaptureService
from backend.holds import publishing_repository, repository
from backend.holds.scopes import HoldCauseKind
from backend.objects import service as objects
from infra.database import Gate, TenantTransaction
from infra.outbox import enqueue

PUBLISH: Final = "holds.publish"
NON_CONFORMANT, UNAVAILABLE = "non_conformant", "unavailable"
# Goods that were judged; all others are kept until somebody has.
_JUDGED: Final = frozenset({HoldCauseKind.INSPECTION, HoldCauseKind.NONCONFORMANCE})


class HoldAct(StrEnum):
    """What an event says of a hold; written into it, and never changed."""

    PLACED = "placed"
    RELEASED = "released"


def disposition_of(kind: HoldCauseKind) -> str:
    """The disposition of CBV 2.0 §7.2 that a hold of this cause gives to goods."""
    return NON_CONFORMANT if kind in _JUDGED else UNAVAILABLE


async def publish_later(tx: TenantTransaction, hold_id: UUID, act: HoldAct, object_ids: Iterable[int], at: datetime) -> None:
    """After the commit: tell what was done with the hold, of those of the objects on which it stands."""
    ids = sorted(set(object_ids))
    parts = [ids[start : start + NAMED_AT_ONCE] for start in range(0, len(ids), NAMED_AT_ONCE)]
    await enqueue(tx, PUBLISH, [{"hold_id": str(hold_id), "act": act, "at": at.isoformat(), "object_ids": part} for part in parts])


class HoldPublisher:
    """The job of an event: captures it. Done twice, it is a duplicate."""

    def __init__(self, capture: CaptureService) -> None:
        self._capture = capture

    async def __call__(self, tx: TenantTransaction, payload: dict[str, Any]) -> None:
        """One event, in the job's transaction; none where a hold doesn't begin or end for any of the objects."""
        await tx.pass_gate(Gate.SHARED)
        hold_id, act, at = UUID(payload["hold_id"]), HoldAct(payload["act"]), datetime.fromisoformat(payload["at"])
        hold = await repository.by_id(tx, hold_id)
        if hold is None:
            return
        disposition = disposition_of(HoldCauseKind(hold["origin_kind"]))
        if act is HoldAct.PLACED:
            told = await publishing_repository.begun(tx, hold_id, payload["object_ids"], at)
        else:
            alike = [kind for kind in HoldCauseKind if disposition_of(kind) == disposition]
            told = await publishing_repository.ended(tx, hold_id, payload["object_ids"], at, alike)
        things = sorted((await objects.load(tx, told)).values(), key=lambda thing: thing.key)
        named = [thing for thing in things if has_form(thing)]
        if named:
            event_id = _event_id(hold_id, act, at, payload["object_ids"])
            told_of = {"suyuan:hold": f"urn:uuid:{hold_id}", "suyuan:holdAct": str(act)}
            body = holding_event(event_id, at=at, disposition=disposition, begins=act is HoldAct.PLACED, things=named, more=told_of)
            await self._capture.capture(tx, [read_command(body)], source=Source.SERVICE)


def _event_id(hold_id: UUID, act: HoldAct, at: datetime, object_ids: Iterable[int]) -> UUID:
    return uuid5(NAMESPACE_URL, f"{SUYUAN_NAMESPACE}hold/{hold_id}/{act}/{at.isoformat()}/{','.join(map(str, object_ids))}")
