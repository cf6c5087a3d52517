"""Nonconformances and what hangs on them, a whole batch in one statement."""

from uuid import UUID

from backend.catalog.loaders import sites_for
from backend.graphql.batches import lists_of
from backend.graphql.context import Context
from backend.nonconformance import query_service
from backend.nonconformance.rules import Concerned
from backend.nonconformance.stored import Decision, Disposition, Nonconformance
from backend.photos import service as photos
from backend.photos.service import Photo
from tenants.permissions import Permission


async def nonconformances(context: Context, ids: list[UUID]) -> list[Nonconformance | None]:
    """By id, of what concerns the caller's sites."""
    sites = await sites_for(context, Permission.QUALITY_READ)
    async with context.reading() as tx:
        found = await query_service.by_id(tx, ids, sites)
    return [found.get(one) for one in ids]


async def goods(context: Context, ids: list[UUID]) -> list[list[Concerned]]:
    """The goods of nonconformances."""
    return await lists_of(context, ids, query_service.goods_of)


async def decisions(context: Context, ids: list[UUID]) -> list[list[Decision]]:
    """Their decisions."""
    return await lists_of(context, ids, query_service.decisions_of)


async def dispositions(context: Context, ids: list[UUID]) -> list[list[Disposition]]:
    """Their dispositions."""
    return await lists_of(context, ids, query_service.dispositions_of)


async def photos_of(context: Context, subjects: list[str]) -> list[list[Photo]]:
    """The photos of nonconformances and of actions, by what they are called."""
    return await lists_of(context, subjects, photos.of)


async def holds(context: Context, ids: list[UUID]) -> list[list[UUID]]:
    """Their holds."""
    return await lists_of(context, ids, query_service.holds_of)
