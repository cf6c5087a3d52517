"""Taking a long document: into the object store first, then acknowledged, then captured by the worker."""

from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO, Final
from uuid import UUID

from backend.bulk import repository
from backend.bulk.teller import write_teller
from backend.events.errors import TooManyCapturesError
from backend.events.jobs import CaptureJob, ErrorBehaviour
from backend.services import Services
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from infra.outbox import enqueue
from infra.storage.expiry import remove_older
from infra.storage.keys import TenantPrefix
from infra.storage.objects import ObjectStorage
from infra.storage.tenant import TenantStorage
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

TOPIC: Final = "capture.staged"
PREFIX: Final = "captures"
# How long a document is kept, whether or not it was captured.
KEPT: Final = timedelta(days=30)
# Of one tenant, not finished.
MOST_JOBS: Final = 50
MOST_BYTES: Final = 5_000_000_000


@dataclass(frozen=True, slots=True)
class Staged:
    """A document as it came: `content_encoding` is gzip or nothing."""

    content: bytes | BinaryIO
    content_type: str
    content_encoding: str | None = None


def raw_key(job_id: object) -> str:
    """Where the document lies, under the tenant's prefix."""
    return f"{PREFIX}/{job_id}"


async def stage(services: Services, principal: Principal, document: Staged, behaviour: ErrorBehaviour) -> CaptureJob:
    """Store a document and its job; once this returns it is durable and will be captured. Raises `TooManyCapturesError`."""
    principal.require(Permission.EVENTS_CAPTURE)
    job = CaptureJob(uuid7(), behaviour, clock.now())
    await require_room(services, principal)
    own = TenantStorage(services.storage, TenantPrefix(principal.tenant_public_id))
    stored = await own.put(raw_key(job.job_id), document.content, content_type="application/octet-stream")

    async def use_case(tx: TenantTransaction) -> None:
        digest = stored.sha256 or b""
        await repository.insert_staged(
            tx,
            {
                "job_id": job.job_id, "created_at": job.created_at, "error_behaviour": str(behaviour), "created_by": principal.actor_id,
                "content_type": document.content_type, "content_encoding": document.content_encoding, "size": stored.size, "sha256": digest,
                "told_by": write_teller(principal),
            },
        )  # fmt: skip
        told = {"bytes": stored.size, "sha256": digest.hex(), "behaviour": str(behaviour)}
        await audit.record(tx, principal, "events.received", f"capture:{job.job_id}", after=told)
        await enqueue(tx, TOPIC, [{"job": str(job.job_id)}])

    await services.in_tenant(principal.tenant_id, use_case)
    return job


async def remove_old_documents(storage: ObjectStorage, public_id: UUID, *, at_most: int) -> int:
    """Delete a tenant's documents whose time is over; returns how many."""
    own = TenantStorage(storage, TenantPrefix(public_id))
    return await remove_older(own, f"{PREFIX}/", than=clock.now() - KEPT, at_most=at_most)


async def require_room(services: Services, principal: Principal) -> None:
    """Raise `TooManyCapturesError` where so many documents of the firm wait that no further one is taken."""
    waiting = await services.in_tenant(principal.tenant_id, repository.open_jobs)
    if waiting["jobs"] >= MOST_JOBS or waiting["bytes"] >= MOST_BYTES:
        raise TooManyCapturesError(waiting["jobs"])
