"""Capture as a command: what a caller of the API tells and can be refused, on the audit trail with who told it."""

from collections.abc import Sequence

from backend.events.canonical import CanonicalEvent
from backend.events.projection import Source
from backend.events.reporting import require_inside
from backend.events.service import CaptureService, Outcome, OutcomeStatus
from infra.database import TenantTransaction
from tenants import audit
from tenants.principal import Principal


async def capture_command(tx: TenantTransaction, principal: Principal, capture: CaptureService, events: Sequence[CanonicalEvent]) -> list[Outcome]:
    """Store all events, or none: an event whose key is stored with other content raises `EventConflictError`, one of another site
    than those where the caller may capture `EventsOutsideSitesError`."""
    await require_inside(tx, principal, events)
    outcomes = await capture.capture(tx, events, source=Source.GRAPHQL, command=True)
    accepted = [str(outcome.public_id) for outcome in outcomes if outcome.status is OutcomeStatus.ACCEPTED]
    if accepted:
        await audit.record(tx, principal, "events.captured", f"{len(accepted)} events", after={"events": accepted})
    return outcomes
