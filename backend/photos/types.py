"""Photos as GraphQL shows them."""

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import ID

from backend.graphql.context import Info
from backend.graphql.directives import Cost, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, uuid_of
from backend.photos import service
from backend.photos.checking import WHY
from backend.photos.errors import PhotoNotFoundError, TooManyPhotosError
from tenants.permissions import Permission

strawberry.enum(service.PhotoState, description="Where a photo stands: on its way or unchecked, to be seen, or refused.")


@strawberry.type
class PhotoAddresses:
    """Good for ten minutes, for whoever has them. A PDF has no thumbnail."""

    display: str | None
    thumbnail: str | None
    expires_at: datetime | None


@strawberry.type(description="A photo, or a certificate as PDF.", directives=requires(Permission.QUALITY_READ))
class Photo:
    """`contentType`, `size` and `sha256` are the original's, which isn't kept; `takenAt` is its camera's own clock; `refusal` says why."""

    id: ID
    state: service.PhotoState
    content_type: str
    size: int
    sha256: str
    allowed_at: datetime
    checked_at: datetime | None
    refusal: str | None
    width: int | None
    height: int | None
    taken_at: str | None
    stored: strawberry.Private[service.Photo]

    @classmethod
    def of(cls, photo: service.Photo) -> "Photo":
        """From the stored one."""
        return cls(
            id=global_id("Photo", photo.photo_id), state=photo.state, content_type=photo.content_type, size=photo.size, sha256=photo.sha256,
            allowed_at=photo.allowed_at, checked_at=photo.checked_at, refusal=WHY.get(photo.refusal) if photo.refusal else None,
            width=photo.width, height=photo.height, taken_at=photo.taken_at, stored=photo,
        )  # fmt: skip

    @field(description="Where to read it; empty before it is ready.", directives=(Cost(weight=5),))
    async def addresses(self, info: Info) -> PhotoAddresses:
        """Signed anew each time."""
        context = info.context
        found = await service.addresses(context.services.storage, context.caller_principal.tenant_public_id, self.stored)
        return PhotoAddresses(display=found.display, thumbnail=found.thumbnail, expires_at=found.expires_at)


def photo_ids(given: list[ID]) -> list[UUID]:
    """The photos that are meant; raises `PhotoNotFoundError` for what can't be one, `TooManyPhotosError`."""
    if len(given) > service.MOST_AT_ONCE:
        raise TooManyPhotosError(service.MOST_AT_ONCE)
    found = [uuid_of(one, "Photo") for one in given]
    if None in found:
        raise PhotoNotFoundError
    return [one for one in found if one is not None]
