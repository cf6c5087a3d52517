"""Outbox handlers that bring what is published of a lot or unit up to its events and holds.

Each reads the projections as they are when it runs and writes what follows from them, one publication of a tenant after the other:
a row may be done twice, late or out of order, and the pages end the same.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from backend.events import service as events
from backend.genealogy import containment, reach
from backend.genealogy import query_service as genealogy
from backend.history import repository
from backend.history.compilation import compile_rows, product_key
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from infra.database import TenantTransaction
from infra.outbox import enqueue, take_together

PAGE: Final = "history.page"
ROWS_AT_ONCE: Final = 10
LOTS_AT_ONCE: Final = 200
UNITS_AT_ONCE: Final = 2_000


async def publish_captured(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """After events were captured: publish the goods that they touch, and those whose materials they change."""
    await repository.lock_publication(tx)
    # While others captured, rows have gathered: what they touch is published once for all of them.
    payloads = [payload, *await take_together(tx, events.CAPTURED, ROWS_AT_ONCE)]
    event_ids = [event_id for row in payloads for event_id in (*row["event_ids"], *row.get("superseded", ()))]
    await _publish(tx, await _touched_by(tx, event_ids))


async def publish_page(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """One page (`goods`) of a publication that was too large for one transaction."""
    await repository.lock_publication(tx)
    await _publish(tx, payload["goods"])


async def _touched_by(tx: TenantTransaction, event_ids: Sequence[int]) -> set[int]:
    named = await repository.named_in(tx, event_ids) if event_ids else []
    touched = {row["object_id"] for row in named}
    if not touched:
        return set()
    changed = await repository.made_differently(tx, event_ids, touched)
    containers = [row["object_id"] for row in named if row["moves"] and ObjectKind(row["kind"]) in containment.CONTAINERS]
    if changed:
        touched |= await reach.descendants(tx, changed)
    if containers:
        touched |= await repository.ever_inside(tx, containers)
    return touched | await repository.lots_ever_told(tx, touched)


async def publish_held(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """After a hold was placed or released: publish everything downstream of the objects named."""
    await repository.lock_publication(tx)
    named = await repository.ever_inside(tx, payload["object_ids"])
    # Of a held container's uses nothing else may be known than that it was used.
    named |= set(await genealogy.states_of(tx, named))
    reached = named | await reach.descendants(tx, named) | await repository.lots_ever_told(tx, named)
    await _publish(tx, reached | await repository.units_with_own_status(tx, reached))


async def publish_products(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """After products (`gtins`) were changed in the catalogue: rename, publish or withdraw the pages of all their lots and units."""
    await repository.lock_publication(tx)
    gtins = payload["gtins"]
    await repository.withdraw(tx, [product_key(gtin) for gtin in gtins])
    await _publish(tx, await repository.of_products(tx, gtins))


async def _publish(tx: TenantTransaction, ids: Collection[int]) -> None:
    """Publish these objects, or put them into further outbox rows where they are too many for one transaction."""
    goods = await repository.goods(tx, ids)
    lots = [row["object_id"] for row in goods if row["published"] and row["kind"] == ObjectKind.LOT]
    units = [row["object_id"] for row in goods if row["published"] and row["kind"] == ObjectKind.UNIT]
    if withdrawn := [row["object_id"] for row in goods if not row["published"]]:
        things = await objects.load(tx, withdrawn)
        await repository.withdraw(tx, sorted({key for thing in things.values() for key in (thing.key, product_key(thing.gtin or ""))}))
    if len(lots) > LOTS_AT_ONCE or len(units) > UNITS_AT_ONCE:
        pages = [*_pages(lots, LOTS_AT_ONCE), *_pages(units, UNITS_AT_ONCE)]
        await enqueue(tx, PAGE, [{"goods": page} for page in pages])
    elif lots or units:
        await repository.put(tx, await compile_rows(tx, lots, units))


def _pages(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
