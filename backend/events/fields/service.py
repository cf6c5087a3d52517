"""What the log's events are about, for readers who go by it: business steps, dispositions, places, objects; what occurs at a caller's sites."""

from typing import Final, NamedTuple

from backend.catalog.sites import Sites
from backend.events.fields import repository
from backend.events.fields.names import Dimension
from infra.database import TenantTransaction

__all__ = ["Dimension", "Keys", "list_objects", "list_vocabulary", "object_took_part", "occurs"]

# A page of objects looks at no more than that many, lest somebody limited to a small site waits for all that isn't there.
MOST_LOOKED_AT: Final = 5_000
STEP: Final = 250


class Keys(NamedTuple):
    """A page of keys; `after` is where the next one goes on, None at the end. It may be empty and not the last."""

    keys: list[str]
    after: str | None


async def list_vocabulary(tx: TenantTransaction, dimension: Dimension, sites: Sites | None, *, after: str, limit: int) -> Keys:
    """Words or places that occur at the sites, in order."""
    found = await repository.vocabulary(tx, dimension, after=after, limit=limit + 1, sites=sites)
    return Keys(found[:limit], found[limit - 1] if len(found) > limit else None)


async def occurs(tx: TenantTransaction, dimension: Dimension, value: str, sites: Sites | None) -> bool:
    """Whether a word or a place occurs at the sites."""
    return await repository.occurs(tx, dimension, value, sites)


async def list_objects(tx: TenantTransaction, sites: Sites | None, *, after: str, limit: int) -> Keys:
    """Keys of instances (no lots, no classes) that took part in events at the sites, in order."""
    shown: list[str] = []
    looked_at = 0
    while looked_at < MOST_LOOKED_AT:
        rows = await repository.objects_that_took_part(tx, after=after, looked_at=STEP, sites=sites)
        shown += [row["key"] for row in rows if row["shown"]]
        if len(shown) > limit:
            return Keys(shown[:limit], shown[limit - 1])
        if len(rows) < STEP:
            return Keys(shown, None)
        after, looked_at = rows[-1]["key"], looked_at + STEP
    return Keys(shown, after)


async def object_took_part(tx: TenantTransaction, key: str, sites: Sites | None) -> bool:
    """Whether an object or a class took part in an event at the sites."""
    return await repository.took_part(tx, key, sites)
