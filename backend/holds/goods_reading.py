"""Pages of what a hold stands on, reaches, blocks and keeps pending."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from backend.catalog.sites import Sites
from backend.graphql.pagination import Page
from backend.holds import goods_repository
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from infra.database import Record, TenantTransaction

# For somebody limited to sites so much of a list is looked through for one page.
STEP: Final = 500
STEPS: Final = 20
_Read = Callable[[Any, int], Awaitable[list[Record]]]


async def state(tx: TenantTransaction, hold_id: UUID) -> tuple[bool, datetime | None]:
    """Whether the list of a hold is whole, and as of when it last was."""
    return await goods_repository.state(tx, hold_id)


async def counts(tx: TenantTransaction, hold_id: UUID) -> list[tuple[ObjectKind, int]]:
    """How many of each kind are in the list."""
    return [(ObjectKind(row["kind"]), row["number"]) for row in await goods_repository.counts(tx, hold_id)]


async def page_of_goods(
    tx: TenantTransaction, hold_id: UUID, page: Page, *, kinds: Collection[ObjectKind] | None, sites: Sites | None
) -> list[Record]:
    """What is held, by kind and key, in the order of going."""
    shown = {int(kind) for kind in kinds} & set(goods_repository.SHOWN) if kinds is not None else set(goods_repository.SHOWN)

    async def read(cursor: tuple[int, str] | None, limit: int) -> list[Record]:
        return await goods_repository.page(tx, hold_id, shown, cursor=cursor, backward=page.backward, limit=limit)

    return await _met(tx, page, read, lambda row: (row["kind"], row["key"]), cursor=_cursor(page), sites=sites)


async def page_of_blocked(tx: TenantTransaction, hold_id: UUID, page: Page, *, sites: Sites | None) -> list[Record]:
    """Containers in which something of it lies now, by key."""

    async def read(cursor: str | None, limit: int) -> list[Record]:
        return await goods_repository.blocked(tx, hold_id, cursor=cursor, backward=page.backward, limit=limit)

    return await _met(tx, page, read, lambda row: row["key"], cursor=page.cursor, sites=sites)


async def page_of_roots(tx: TenantTransaction, hold_id: UUID, page: Page, *, pending: bool, sites: Sites | None) -> list[Record]:
    """What the hold stands on, or what a correction has left under it for somebody's decision, by key."""

    async def read(cursor: str | None, limit: int) -> list[Record]:
        return await goods_repository.roots(tx, hold_id, pending=pending, cursor=cursor, backward=page.backward, limit=limit)

    return await _met(tx, page, read, lambda row: row["key"], cursor=page.cursor, sites=sites)


async def _met(tx: TenantTransaction, page: Page, read: _Read, place: Callable[[Record], Any], *, cursor: Any, sites: Sites | None) -> list[Record]:
    if sites is None:
        return await read(cursor, page.limit)
    found: list[Record] = []
    for _ in range(STEPS):
        rows = await read(cursor, STEP)
        met = await objects.met_at(tx, {row["object_id"] for row in rows}, sites)
        found += [row for row in rows if row["object_id"] in met]
        if len(found) >= page.limit or len(rows) < STEP:
            break
        cursor = place(rows[-1])
    return found[: page.limit]


def _cursor(page: Page) -> tuple[int, str] | None:
    if page.cursor is None:
        return None
    kind, colon, key = page.cursor.partition(":")
    if not colon or not kind.isascii() or not kind.isdigit() or len(kind) > 2:
        raise page.unknown_cursor()
    return int(kind), key
