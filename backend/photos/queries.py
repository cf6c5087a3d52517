"""Reading photos by their ids."""

import strawberry

from backend.graphql.context import Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.photos import service
from backend.photos.types import Photo, photo_ids
from tenants.permissions import Permission


@strawberry.type
class PhotoQueries:
    """What photos belong to something is told there."""

    @field(
        description="Photos by id, at most twenty; one that isn't there is left out. To whom quality counts at some sites only, his own.",
        directives=requires(Permission.QUALITY_READ, ListSize(assumed_size=service.MOST_AT_ONCE)),
    )
    async def photos(self, info: Info, ids: list[strawberry.ID]) -> list[Photo] | None:
        """How an upload went on."""
        principal = info.context.caller_principal
        wanted = photo_ids(ids)
        limited = principal.sites_for(Permission.QUALITY_READ) is not None
        async with info.context.reading() as tx:
            found = await service.by_ids(tx, wanted)
        shown = [found[photo_id] for photo_id in dict.fromkeys(wanted) if photo_id in found]
        return [Photo.of(photo) for photo in shown if not limited or photo.allowed_by == principal.actor_id]
