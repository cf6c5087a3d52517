"""Notices and what hangs on them, a whole batch in one statement."""

from uuid import UUID

from backend.graphql.context import Context
from backend.recall_notices import companies, contacts, links, query_service, receiving, service
from backend.recall_notices.query_service import Progress
from backend.recall_notices.stored import Answer, Connection, Contact, Delivery, Link, Notice, Received
from infra.database import Record


async def notices(context: Context, ids: list[UUID]) -> list[Notice | None]:
    """By id."""
    async with context.reading() as tx:
        found = await service.notices_by_id(tx, ids)
    return [found.get(one) for one in ids]


async def contacts_by_id(context: Context, ids: list[UUID]) -> list[Contact | None]:
    """By id."""
    async with context.reading() as tx:
        found = await contacts.contacts_by_id(tx, ids)
    return [found.get(one) for one in ids]


async def contacts_of(context: Context, parties: list[str]) -> list[list[Contact]]:
    """The contacts of partners."""
    async with context.reading() as tx:
        found = await contacts.contacts_of(tx, parties)
    return [found.get(one, []) for one in parties]


async def deliveries(context: Context, ids: list[UUID]) -> list[list[Delivery]]:
    """What was sent of notices."""
    async with context.reading() as tx:
        found = await query_service.deliveries_of(tx, ids)
    return [found.get(one, []) for one in ids]


async def links_of(context: Context, ids: list[UUID]) -> list[list[Link]]:
    """The links of notices."""
    async with context.reading() as tx:
        found = await links.links_of(tx, ids)
    return [found.get(one, []) for one in ids]


async def answers(context: Context, asked: list[UUID]) -> list[list[Answer]]:
    """What counts of notices' lines."""
    async with context.reading() as tx:
        known = await service.notices_by_id(tx, asked)
        found = await query_service.answers_of_notices(tx, known.values())
    return [found.get(one, []) for one in asked]


async def progress(context: Context, case_ids: list[UUID]) -> list[Progress]:
    """How far cases have come."""
    async with context.reading() as tx:
        found = await query_service.progress_of(tx, case_ids)
    return [found[one] for one in case_ids]


async def connections(context: Context, ids: list[UUID]) -> list[Connection | None]:
    """By id."""
    async with context.reading() as tx:
        found = await companies.connections_by_id(tx, ids)
    return [found.get(one) for one in ids]


async def received(context: Context, ids: list[UUID]) -> list[Received | None]:
    """By id."""
    async with context.reading() as tx:
        found = await receiving.received_by_id(tx, ids)
    return [found.get(one) for one in ids]


async def own_answers(context: Context, ids: list[UUID]) -> list[list[Record]]:
    """What this company said of received notices' lines."""
    async with context.reading() as tx:
        found = await receiving.own_answers(tx, ids)
    return [found.get(one, []) for one in ids]
