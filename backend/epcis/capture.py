"""Short documents, captured while their sender waits: stored together (rollback), or as far as they are good (proceed)."""

from collections.abc import Sequence
from functools import partial

from backend.bulk.capturing import WithdrawnError, canonical, capture_placed, keep_disputed
from backend.bulk.documents import Placed
from backend.bulk.headers import absorb_header
from backend.events import jobs
from backend.events.jobs import CaptureJob, ErrorBehaviour, EventResult
from backend.events.reader import Reading
from backend.events.reporting import require_inside
from backend.events.service import gate_for
from backend.services import Services
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from tenants.permissions import Permission
from tenants.principal import Principal


async def capture_now(services: Services, principal: Principal, reading: Reading, behaviour: ErrorBehaviour) -> tuple[CaptureJob, list[EventResult]]:
    """Capture events and record the job in one transaction; gives what became of each."""
    principal.require(Permission.EVENTS_CAPTURE)
    job = CaptureJob(uuid7(), behaviour, clock.now())
    job.warnings = await absorb_header(services, principal, reading.master_data, reading.document)
    placed = [Placed(place, event) for place, event in enumerate(reading.events)]
    together = behaviour is ErrorBehaviour.ROLLBACK

    async def use_case(tx: TenantTransaction) -> list[EventResult]:
        if together:
            await require_inside(tx, principal, canonical(placed))
        results = await capture_placed(tx, services.capture, principal, job.job_id, placed, together=together)
        await jobs.record(tx, principal, job, results)
        return results

    try:
        results = await services.in_tenant(principal.tenant_id, use_case, gate=gate_for(canonical(placed)))
    except WithdrawnError as withdrawn:
        results = withdrawn.results
        await services.in_tenant(principal.tenant_id, partial(_record_withdrawn, principal=principal, job=job, placed=placed, results=results))
    return job, results


async def _record_withdrawn(
    tx: TenantTransaction, *, principal: Principal, job: CaptureJob, placed: Sequence[Placed], results: Sequence[EventResult]
) -> None:
    await keep_disputed(tx, placed, results)
    await jobs.record(tx, principal, job, results)
