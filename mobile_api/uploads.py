"""Photos: a phone is allowed to put one of them, exactly that one, into quarantine. Nothing reads from there but the checking job."""

from typing import Final

from backend.services import Services
from infra import clock
from infra.ids import uuid7
from infra.storage.keys import TenantPrefix
from infra.storage.tenant import TenantStorage
from mobile_api.schemas import UploadAnswer, UploadRequest
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

QUARANTINE: Final = "quarantine"
ALLOWED: Final = "upload.allowed"


async def allow(services: Services, principal: Principal, wanted: UploadRequest) -> UploadAnswer:
    """A presigned upload under a key that the server chose; it holds five minutes, for these bytes alone."""
    principal.require(Permission.MOBILE_SYNC)
    upload_id = uuid7()
    storage = TenantStorage(services.storage, TenantPrefix(principal.tenant_public_id))
    upload = await storage.presign_upload(
        f"{QUARANTINE}/{upload_id}", content_type=wanted.content_type, size=wanted.size, sha256=bytes.fromhex(wanted.sha256)
    )
    told = {"contentType": wanted.content_type, "size": wanted.size, "sha256": wanted.sha256}
    await services.in_tenant(principal.tenant_id, lambda tx: audit.record(tx, principal, ALLOWED, f"upload:{upload_id}", after=told))
    return UploadAnswer(upload_id, "quarantined", upload.method, upload.url, upload.headers, clock.isoformat(upload.expires_at))
