"""Asking for an upload."""

from typing import Annotated
from uuid import UUID

import strawberry

from backend.graphql.commands import Reply, perform
from backend.graphql.context import Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.photos import service
from backend.photos.types import Photo
from infra.database import TenantTransaction
from infra.storage.objects import PresignedUpload
from tenants.permissions import Permission


@strawberry.input
class AllowUploadInput:
    """A JPEG, PNG or WebP photo, or a PDF, of at most 10,000,000 bytes; `sha256` is of the whole content, 64 hexadecimal digits."""

    content_type: str
    size: int
    sha256: str


@strawberry.type
class UploadHeader:
    """A header that the upload must carry as it stands here."""

    name: str
    value: str


@strawberry.type
class AllowUploadPayload:
    """Send the content with `method` to `url` with exactly these headers, within five minutes. The worker checks what arrives."""

    user_errors: list[UserError]
    method: str | None
    url: str | None
    headers: list[UploadHeader] = strawberry.field(directives=(ListSize(assumed_size=5),))
    photo_id: strawberry.Private[UUID | None]

    @field()
    async def photo(self, info: Info) -> Photo | None:
        """As it stands now, in quarantine; ask for it again by its id."""
        if self.photo_id is None:
            return None
        async with info.context.reading() as tx:
            found = await service.by_ids(tx, [self.photo_id])
        return Photo.of(found[self.photo_id]) if self.photo_id in found else None


@strawberry.type
class PhotoMutations:
    """The content itself goes to the object store, never through here."""

    @mutation(description="Allow the upload of one photo or certificate into quarantine.", directives=requires(Permission.INSPECTIONS_RECORD))
    async def allow_upload(self, info: Info, given: Annotated[AllowUploadInput, strawberry.argument(name="input")]) -> AllowUploadPayload | None:
        """For exactly these bytes."""
        context, principal = info.context, info.context.caller_principal

        async def use_case(tx: TenantTransaction) -> Reply:
            principal.require(Permission.INSPECTIONS_RECORD)
            service.check_announced(given.content_type, given.size, given.sha256)
            photo_id = service.new_id()
            await service.announce(tx, principal, photo_id=photo_id, content_type=given.content_type, size=given.size, sha256=given.sha256)
            return {"photo": str(photo_id)}

        done = await perform(info, given, use_case)
        if done.reply is None:
            return AllowUploadPayload(user_errors=done.user_errors, method=None, url=None, headers=[], photo_id=None)
        photo_id = UUID(done.reply["photo"])
        # A repetition is given an address anew: it is for the same bytes.
        upload: PresignedUpload = await service.presign(
            context.services.storage, principal.tenant_public_id, photo_id, content_type=given.content_type, size=given.size, sha256=given.sha256
        )
        headers = [UploadHeader(name=name, value=value) for name, value in upload.headers.items()]
        return AllowUploadPayload(user_errors=[], method=upload.method, url=upload.url, headers=headers, photo_id=photo_id)
