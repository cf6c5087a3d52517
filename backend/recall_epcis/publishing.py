"""Announced recalls as EPCIS tells them: disposition `recalled` for the goods of each frozen version, in the firm's own log (ADR 0046).

The worker captures them as the service's own events, which no hold, alert, rule or scope looks at. Frozen rows never change, and an event's id
follows from what it tells, so that a job done twice, or an event that comes back from a partner, is a duplicate. Never for a drill.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from backend.events.commands import read_command
from backend.events.contexts import SUYUAN_NAMESPACE
from backend.events.own_events import NAMED_AT_ONCE, has_form, holding_event
from backend.events.projection import Source
from backend.events.service import CaptureService
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.recall_epcis import publishing_repository
from backend.recall_scope import service as scope
from backend.recalls import service as recalls
from backend.recalls.kinds import ActKind, RecallDecision
from backend.recalls.service import RecallAct
from infra import clock
from infra.database import Gate, TenantTransaction
from infra.outbox import enqueue

PUBLISH: Final = "recall.publish_events"
RECALLED: Final = "recalled"
# A crate or a tank is used again: what was in it is recalled, and told by itself.
GOODS: Final = (ObjectKind.LOT, ObjectKind.UNIT, ObjectKind.LOGISTIC_UNIT, ObjectKind.OTHER)


class RecallToldAct(StrEnum):
    """What an event says of a recall; written into it, and never changed."""

    ANNOUNCED = "announced"
    # It was decided anew, as a withdrawal from the trade.
    WITHDRAWN = "withdrawn"


async def on_announced(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """After a version was announced: tell of the goods that are new in it, if it was decided then that they are recalled."""
    if payload["drill"]:
        return
    frozen = await scope.frozen(tx, UUID(payload["case_id"]), payload["version"])
    decided = [act for act in await _decisions(tx, frozen.case_id) if act.at <= frozen.frozen_at]
    if decided and _recalls(decided[-1]):
        await _tell(tx, frozen.case_id, [frozen.version], RecallToldAct.ANNOUNCED, frozen.frozen_at)


async def on_decided(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """After a decision (`act`): where what was announced is a recall from then on, or no longer one, tell so of all goods announced by then."""
    if payload["drill"] or "act" not in payload:
        return
    case_id, decided = UUID(payload["case_id"]), await _decisions(tx, UUID(payload["case_id"]))
    place = next((number for number, act in enumerate(decided) if str(act.act_id) == payload["act"]), 0)
    if not place or _recalls(decided[place]) is _recalls(decided[place - 1]):
        return
    announced = await publishing_repository.versions_until(tx, case_id, decided[place].at)
    act = RecallToldAct.ANNOUNCED if _recalls(decided[place]) else RecallToldAct.WITHDRAWN
    await _tell(tx, case_id, announced, act, decided[place].at)


async def _decisions(tx: TenantTransaction, case_id: UUID) -> list[RecallAct]:
    """The last decisions of a case, oldest first."""
    return (await recalls.timeline(tx, case_id, kinds=[ActKind.DECIDED], backward=False))[::-1]


def _recalls(act: RecallAct) -> bool:
    """Whether goods are `recalled` by a decision: unsafe, by CBV 2.0 §7.2, which a withdrawal from the trade doesn't say of them."""
    return bool(msgspec.json.decode(act.detail_json)["decision"] == RecallDecision.RECALL.name)


async def _tell(tx: TenantTransaction, case_id: UUID, versions: Iterable[int], act: RecallToldAct, at: datetime) -> None:
    await enqueue(
        tx, PUBLISH, [{"case_id": str(case_id), "version": version, "act": act, "at": clock.isoformat(at), "after": 0} for version in versions]
    )


class RecallPublisher:
    """The job of an event: captures it, and leaves the goods behind it to the next job. Done twice, it is a duplicate."""

    def __init__(self, capture: CaptureService) -> None:
        self._capture = capture

    async def __call__(self, tx: TenantTransaction, payload: dict[str, Any]) -> None:
        """One event, in the job's transaction; none where no event can name any of the goods."""
        await tx.pass_gate(Gate.SHARED)
        case_id, version, act = UUID(payload["case_id"]), int(payload["version"]), RecallToldAct(payload["act"])
        rows = await publishing_repository.fresh_goods(tx, case_id, version, after=payload["after"], kinds=GOODS, limit=NAMED_AT_ONCE)
        told = {row["object_id"] for row in rows}
        if act is RecallToldAct.WITHDRAWN:
            told -= await publishing_repository.recalled_elsewhere(tx, case_id, told)
        things = sorted((await objects.load(tx, told)).values(), key=lambda thing: thing.key)
        if named := [thing for thing in things if has_form(thing)]:
            body = holding_event(
                _event_id(payload, [thing.object_id for thing in named]), at=datetime.fromisoformat(payload["at"]), disposition=RECALLED,
                begins=act is RecallToldAct.ANNOUNCED, things=named,
                more={"suyuan:recall": f"urn:uuid:{case_id}", "suyuan:recallAct": str(act), "suyuan:recallVersion": version},
            )  # fmt: skip
            await self._capture.capture(tx, [read_command(body)], source=Source.SERVICE)
        if len(rows) == NAMED_AT_ONCE:
            await enqueue(tx, PUBLISH, [{**payload, "after": rows[-1]["position"]}])


def _event_id(payload: dict[str, Any], object_ids: Iterable[int]) -> UUID:
    told = "/".join(str(payload[name]) for name in ("case_id", "version", "act", "at"))
    return uuid5(NAMESPACE_URL, f"{SUYUAN_NAMESPACE}recall/{told}/{','.join(map(str, object_ids))}")
