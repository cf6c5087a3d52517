"""Photos: a phone is allowed to put one of them, exactly that one, into quarantine. Nothing reads from there but the checking job."""

from backend.photos.uploads import allow as allow_upload
from backend.services import Services
from infra import clock
from mobile_api.schemas import UploadAnswer, UploadRequest
from tenants.permissions import Permission
from tenants.principal import Principal


async def allow(services: Services, principal: Principal, wanted: UploadRequest) -> UploadAnswer:
    """A presigned upload under a key that the server chose; it holds five minutes, for these bytes alone."""
    allowed = await allow_upload(
        services, principal, Permission.MOBILE_SYNC, content_type=wanted.content_type, size=wanted.size, sha256=wanted.sha256
    )
    upload = allowed.upload
    return UploadAnswer(allowed.photo_id, "quarantined", upload.method, upload.url, upload.headers, clock.isoformat(upload.expires_at))
