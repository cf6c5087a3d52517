"""What a recall teaches: its root cause, the nonconformance and the corrective action that follow it, and that the goods are taken back."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from backend.alerts import query_service as alerts
from backend.capa import query_service as actions
from backend.capa import service as capa
from backend.capa.errors import CorrectiveActionNotFoundError
from backend.capa.rules import ActionKind
from backend.inspections import service as inspections
from backend.nonconformance import query_service as nonconformances
from backend.nonconformance import service as nonconformance
from backend.nonconformance.errors import NonconformanceNotFoundError
from backend.nonconformance.rules import NcSeverity, NcSourceKind
from backend.recalls import clocks, repository, scoping
from backend.recalls.errors import RecallStateError
from backend.recalls.kinds import ActKind, RecallClass, RecallState
from backend.recalls.locking import locked, managed, require_running, require_state
from backend.recalls.query_service import links_of
from backend.recalls.stored import RecallCase
from backend.recalls.texts import LONG, TITLE, text_of
from backend.recalls.timeline import record_act
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_LINKS: Final = 50
_SEVERITY: Final = {RecallClass.I: NcSeverity.CRITICAL, RecallClass.II: NcSeverity.MAJOR, RecallClass.III: NcSeverity.MINOR}


async def write_cause(
    tx: TenantTransaction, principal: Principal, case_id: UUID, *, root_cause: str | None, capa_waiver: str | None, effect_waiver: str | None
) -> None:
    """What caused it; why there is no corrective action, or why its effect isn't waited for. What is None stays as it is."""
    case = await managed(tx, principal, case_id)
    require_running(case)
    given = {"root_cause": root_cause, "capa_waiver": capa_waiver, "effect_waiver": effect_waiver}
    fields = {"root_cause": "rootCause", "capa_waiver": "capaWaiver", "effect_waiver": "effectWaiver"}
    columns = {name: text_of(text, fields[name], LONG, required=False) for name, text in given.items() if text is not None}
    if not columns:
        raise InvalidInputError("Write the root cause, or a reason why something isn't done.", field="rootCause")
    await repository.update(tx, case_id, **columns)
    await _record_improvement(tx, principal, case, "recall.cause_written", kind=ActKind.ROOT_CAUSE_FOUND, after=columns)


async def link(tx: TenantTransaction, principal: Principal, case_id: UUID, reference: str) -> None:
    """Say that a nonconformance, a corrective action, an inspection or an alert belongs to the case ("nonconformance:0190…")."""
    case = await managed(tx, principal, case_id)
    require_running(case)
    kind, _, name = reference.strip().partition(":")
    try:
        public_id = UUID(name)
    except ValueError:
        raise InvalidInputError("Name what belongs to the case by its kind and id, like nonconformance:0190….", field="reference") from None
    await _require_there(tx, kind, public_id)
    await _link(tx, principal, case, f"{kind}:{public_id}")


async def _require_there(tx: TenantTransaction, kind: str, public_id: UUID) -> None:
    if kind == "nonconformance" and public_id not in await nonconformances.by_id(tx, [public_id]):
        problem = NonconformanceNotFoundError()
        problem.field = "reference"
        raise problem
    if kind == "corrective_action" and public_id not in await actions.actions_by_id(tx, [public_id]):
        missing = CorrectiveActionNotFoundError()
        missing.field = "reference"
        raise missing
    if kind == "inspection":
        await inspections.get_inspection(tx, public_id)
    elif kind == "alert":
        if await alerts.alert_by_id(tx, public_id) is None:
            raise InvalidInputError("There is no such alert.", field="reference")
    elif kind not in ("nonconformance", "corrective_action"):
        raise InvalidInputError("Link nonconformances, corrective actions, inspections and alerts.", field="reference")


async def _link(tx: TenantTransaction, principal: Principal, case: RecallCase, reference: str) -> None:
    if len((await links_of(tx, [case.case_id]))[case.case_id]) >= MOST_LINKS:
        raise InvalidInputError(f"At most {MOST_LINKS} things belong to a case.", field="reference")
    if await repository.add_links(tx, case.case_id, [reference], at=clock.now(), by=principal.actor_id):
        await _record_improvement(tx, principal, case, "recall.linked", kind=ActKind.LINKED, after={"reference": reference})


async def open_nonconformance(tx: TenantTransaction, principal: Principal, case_id: UUID, *, description: str = "") -> UUID:
    """Open a nonconformance about what the case suspects, and link it; the open one of the case is given back."""
    case = await managed(tx, principal, case_id)
    principal.require_everywhere(Permission.NONCONFORMANCES_OPEN)
    require_running(case)
    keys = await scoping.object_keys(tx, case_id, nonconformance.MOST_OBJECTS)
    opened = await nonconformance.open_for(
        tx, principal, source=nonconformance.NcSource(NcSourceKind.MANUAL, case.subject), title=f"{case.number} {case.title}"[:TITLE],
        description=text_of(description, "description", LONG, required=False) or case.reason, object_keys=keys, quantity=None, uom=None,
        severity=_SEVERITY[case.recall_class or RecallClass.I],
    )  # fmt: skip
    await _link(tx, principal, case, f"nonconformance:{opened}")
    return opened


async def open_corrective_action(
    tx: TenantTransaction, principal: Principal, case_id: UUID, *, title: str, owner_id: UUID, due_at: datetime | None
) -> UUID:
    """Open a corrective action for the case's nonconformances, and link it."""
    case = await managed(tx, principal, case_id)
    require_running(case)
    references = (await links_of(tx, [case_id]))[case_id]
    causes = [UUID(each.partition(":")[2]) for each in references if each.startswith("nonconformance:")]
    opened = await capa.open_action(
        tx, principal, kind=ActionKind.CORRECTIVE, title=title or f"{case.number} {case.title}"[:TITLE], owner_id=owner_id, due_at=due_at,
        nonconformance_ids=causes,
    )  # fmt: skip
    await _link(tx, principal, case, f"corrective_action:{opened}")
    return opened


async def complete(tx: TenantTransaction, principal: Principal, case_id: UUID, *, reason: str, at: datetime | None = None) -> None:
    """The goods are taken back as far as they can be: from then on the concluding reports are due, and no progress is reported any more."""
    case = await managed(tx, principal, case_id)
    require_state(case, {RecallState.ANNOUNCED}, "Only a recall that was announced is completed.")
    if case.completed_at is not None:
        raise RecallStateError(f"It was completed at {clock.isoformat(case.completed_at)}.", field="caseId")
    moment, reason = at or clock.now(), text_of(reason, "reason", LONG)
    if moment > clock.now() or (case.announced_at is not None and moment < case.announced_at):
        raise InvalidInputError("A recall is completed after it was announced, and not in the future.", field="at")
    await repository.update(tx, case_id, completed_at=moment)
    await _record_improvement(tx, principal, case, "recall.completed", kind=ActKind.COMPLETED, after={"at": clock.isoformat(moment)}, reason=reason)
    await clocks.settle(tx, await locked(tx, case_id))


async def _record_improvement(
    tx: TenantTransaction, principal: Principal, case: RecallCase, action: str, *, kind: ActKind, after: dict[str, Any], reason: str = ""
) -> None:
    await audit.record(tx, principal, action, case.subject, after={"number": case.number, **after}, reason=reason or None)
    await record_act(tx, case.case_id, kind=kind, actor=principal, reason=reason, detail=after)
