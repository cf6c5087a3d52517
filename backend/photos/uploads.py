"""Allowing an upload, for phones and browsers alike: the one place that hands out an address to write to."""

from dataclasses import dataclass
from uuid import UUID

from backend.photos import service
from backend.services import Services
from infra.storage.objects import PresignedUpload
from tenants.permissions import Permission
from tenants.principal import Principal


@dataclass(frozen=True, slots=True)
class Allowed:
    """The photo's id, and how to upload it."""

    photo_id: UUID
    upload: PresignedUpload


async def allow(services: Services, principal: Principal, permission: Permission, *, content_type: str, size: int, sha256: str) -> Allowed:
    """A presigned upload under a key that the server chose. Raises `PhotoTypeError`, `PhotoSizeError`, `InvalidInputError`."""
    principal.require(permission)
    service.check_announced(content_type, size, sha256)
    photo_id = service.new_id()
    upload = await service.presign(services.storage, principal.tenant_public_id, photo_id, content_type=content_type, size=size, sha256=sha256)
    await services.in_tenant(
        principal.tenant_id,
        lambda tx: service.announce(tx, principal, photo_id=photo_id, content_type=content_type, size=size, sha256=sha256),
    )
    return Allowed(photo_id, upload)
