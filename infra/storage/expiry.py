"""Removing what has lain in the object store for its time."""

from datetime import datetime

from infra.storage.tenant import TenantStorage


async def remove_older(storage: TenantStorage, prefix: str, *, than: datetime, at_most: int) -> int:
    """Delete objects under a prefix that were stored before a moment; returns how many."""
    removed, cursor = 0, None
    while True:
        found = await storage.list_objects(prefix, cursor=cursor)
        for listed in found.objects:
            if listed.modified < than and removed < at_most:
                await storage.delete(listed.key)
                removed += 1
        cursor = found.cursor
        if cursor is None or removed >= at_most:
            return removed
