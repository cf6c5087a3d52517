"""Corrective actions, requests to suppliers and what hangs on them, a whole batch in one statement."""

from uuid import UUID

from backend.capa import query_service, service
from backend.capa.stored import Answer, CorrectiveAction, Item, SupplierRequest, Written
from backend.catalog.loaders import sites_for
from backend.graphql.batches import lists_of
from backend.graphql.context import Context
from backend.nonconformance.stored import Nonconformance
from tenants.permissions import Permission


async def actions(context: Context, ids: list[UUID]) -> list[CorrectiveAction | None]:
    """By id, for what concerns the caller's sites."""
    sites = await sites_for(context, Permission.QUALITY_READ)
    async with context.reading() as tx:
        found = await query_service.actions_by_id(tx, ids, sites)
    return [found.get(one) for one in ids]


async def requests(context: Context, ids: list[UUID]) -> list[SupplierRequest | None]:
    """By id, about lots that the caller's sites meet."""
    sites = await sites_for(context, Permission.QUALITY_READ)
    async with context.reading() as tx:
        found = await query_service.requests_by_id(tx, ids, sites)
    return [found.get(one) for one in ids]


async def disciplines(context: Context, ids: list[UUID]) -> list[list[Written]]:
    """What is written of corrective actions."""
    return await lists_of(context, ids, query_service.disciplines_of)


async def items(context: Context, ids: list[UUID]) -> list[list[Item]]:
    """The actions of corrective actions."""
    return await lists_of(context, ids, query_service.items_of)


async def causes(context: Context, ids: list[UUID]) -> list[list[UUID]]:
    """The nonconformances that corrective actions are for."""
    return await lists_of(context, ids, query_service.causes_of)


async def recurrences(context: Context, asked: list[CorrectiveAction]) -> list[list[Nonconformance]]:
    """What each one's check watches, as far as it has come back."""
    async with context.reading() as tx:
        return await service.recurrences_of(tx, asked)


async def answers(context: Context, ids: list[UUID]) -> list[list[Answer]]:
    """The answers to requests."""
    return await lists_of(context, ids, query_service.answers_of)


async def lots(context: Context, ids: list[UUID]) -> list[list[int]]:
    """The lots that requests are about."""
    return await lists_of(context, ids, query_service.lots_of)


async def member_names(context: Context, membership_ids: list[UUID]) -> list[str]:
    """The names of members; empty for none."""
    async with context.reading() as tx:
        found = await query_service.member_names(tx, membership_ids)
    return [found.get(one, "") for one in membership_ids]
