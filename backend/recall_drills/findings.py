"""What a drill showed, and which corrective action mends it."""

from typing import Final
from uuid import UUID

from backend.capa import query_service as improvement
from backend.capa.errors import CorrectiveActionNotFoundError
from backend.nonconformance.texts import LONG, text_of
from backend.recall_drills import repository
from backend.recall_drills.errors import RecallFindingNotFoundError
from backend.recall_drills.rules import DrillState, FindingSeverity
from backend.recall_drills.service import managed, record_drill, text_of_id
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_FINDINGS: Final = 200


async def add_finding(
    tx: TenantTransaction, principal: Principal, drill_id: UUID, *, severity: FindingSeverity, text: str, corrective_action_id: UUID | None = None
) -> UUID:
    """Write down something that the drill showed."""
    drill = await managed(tx, principal, drill_id, DrillState.RUNNING, DrillState.FINISHED)
    text = text_of(text, "text", LONG)
    if len(await repository.findings_of(tx, [drill_id])) >= MOST_FINDINGS:
        raise InvalidInputError(f"A drill has at most {MOST_FINDINGS} findings.", field="text")
    await _require_action(tx, corrective_action_id)
    finding_id = uuid7()
    await repository.insert_finding(
        tx, finding_id, drill_id, at=clock.now(), by=principal.actor_id, name=principal.display_name, severity=int(severity), text=text,
        corrective_action_id=corrective_action_id,
    )  # fmt: skip
    after = {"number": drill.number, "finding": str(finding_id), "severity": severity.name, "text": text, "action": text_of_id(corrective_action_id)}
    await record_drill(tx, principal, (drill_id, drill.case_id), "recall_drill.finding_added", after)
    return finding_id


async def link_finding(tx: TenantTransaction, principal: Principal, finding_id: UUID, corrective_action_id: UUID) -> UUID:
    """Say which corrective action mends a finding; after the conclusion too. Gives the drill."""
    row = await repository.finding(tx, finding_id)
    if row is None:
        principal.require_everywhere(Permission.RECALLS_MANAGE)
        raise RecallFindingNotFoundError
    drill = await managed(tx, principal, row["drill_id"], DrillState.RUNNING, DrillState.FINISHED, DrillState.CONCLUDED)
    await _require_action(tx, corrective_action_id)
    await repository.link_finding(tx, finding_id, corrective_action_id)
    after = {"number": drill.number, "finding": str(finding_id), "action": str(corrective_action_id)}
    await record_drill(tx, principal, (drill.drill_id, drill.case_id), "recall_drill.finding_linked", after)
    return drill.drill_id


async def _require_action(tx: TenantTransaction, corrective_action_id: UUID | None) -> None:
    if corrective_action_id is not None and not await improvement.actions_by_id(tx, [corrective_action_id]):
        raise CorrectiveActionNotFoundError
