"""What loaders have in common: one transaction and one question for a whole batch, and a list for each key, empty where nothing was found."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from backend.graphql.context import Context
from infra.database import TenantTransaction

K = TypeVar("K")
V = TypeVar("V")


async def lists_of(context: Context, keys: list[K], read: Callable[[TenantTransaction, list[K]], Awaitable[Mapping[K, list[V]]]]) -> list[list[V]]:
    """The lists of all keys, in their order."""
    async with context.reading() as tx:
        found = await read(tx, keys)
    return [found.get(key, []) for key in keys]
