"""The list of what each hold reaches, filled behind it in bounded parts: for showing and counting, never for deciding (docs/adr/0029).

A walk goes from the hold's roots downwards and keeps in the list itself how far it is, so that a part may end anywhere. Whatever is
captured meanwhile is told after its commit (`GROWN`) and looks at the list under the same lock as the walk: either the walk comes by
later and sees the new links, or it has been there and is sent once more.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from backend.genealogy import reach as genealogy
from backend.genealogy.containment import outer_containers
from backend.holds import goods_repository, repository
from infra.database import TenantTransaction
from infra.outbox import enqueue, take_together

FILL: Final = "holds.fill"
GROWN: Final = "holds.grown"
# A part of the walk looks through so many objects, so many at a time, and of each so many children.
OBJECTS_IN_A_PART: Final = 2_000
OBJECTS_AT_ONCE: Final = 200
CHILDREN_AT_ONCE: Final = 100
ROWS_AT_ONCE: Final = 5_000
TOLD_TOGETHER: Final = 50
IDS_TOLD: Final = 5_000


async def begin(tx: TenantTransaction, hold_ids: Collection[UUID], *, anew: bool = False) -> None:
    """After the commit: bring the lists of these holds up to the objects on which they stand; `anew` where something may be free now."""
    await enqueue(tx, FILL, [{"hold_id": str(hold_id), "seed": True, "anew": anew} for hold_id in sorted(hold_ids)])


async def tell_grown(tx: TenantTransaction, *, nodes: Collection[int], units: Collection[int], containers: Collection[int]) -> None:
    """After the commit: look whether lists have grown, because of links of these nodes, lots of these units, contents of these containers."""
    told = [("nodes", nodes), ("units", units), ("containers", containers)]
    await enqueue(tx, GROWN, [{name: part} for name, ids in told for part in _parts(sorted(ids))])


def _parts(ids: list[int]) -> list[list[int]]:
    return [ids[start : start + IDS_TOLD] for start in range(0, len(ids), IDS_TOLD)]


async def grow(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: have the walk pass again where something in a list has new children."""
    payloads = [payload, *await take_together(tx, GROWN, TOLD_TOGETHER)]
    nodes, units, containers = ({each for row in payloads for each in row.get(name, ())} for name in ("nodes", "units", "containers"))
    await goods_repository.lock_listings(tx)
    nodes |= {lot for _, lot in await genealogy.lots_of(tx, units)} if units else set()
    again = await goods_repository.walk_again(tx, nodes)
    await enqueue(tx, FILL, [{"hold_id": str(hold_id)} for hold_id in sorted(again)])
    if containers:
        standing = await goods_repository.standing_on(tx, await outer_containers(tx, containers))
        await begin(tx, standing)


async def fill(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: one part of a hold's walk, and the next part's row. May run twice."""
    hold_id = UUID(payload["hold_id"])
    held = {row["hold_id"]: row for row in await repository.in_force(tx)}
    walk = await goods_repository.lock_listing(tx, hold_id, anew=bool(payload.get("anew")) or hold_id not in held)
    if walk is None:
        return
    more = False
    if hold_id in held:
        cuts = list(held[hold_id]["cuts"])
        if payload.get("seed"):
            await goods_repository.add(tx, hold_id, walk, await _seeds(tx, hold_id, cuts))
        more = await _walk(tx, hold_id, walk, cuts)
    if more or await goods_repository.remove_stale(tx, hold_id, walk, ROWS_AT_ONCE):
        await enqueue(tx, FILL, [{"hold_id": str(hold_id)}])
    else:
        await goods_repository.finish(tx, hold_id)


async def _seeds(tx: TenantTransaction, hold_id: UUID, cuts: Collection[int]) -> set[int]:
    standing = {row["object_id"] for row in await repository.roots_of(tx, [hold_id])}
    contents = await repository.contents_held(tx, standing)
    return (standing | contents | await repository.states_held(tx, standing)) - set(cuts)


async def _walk(tx: TenantTransaction, hold_id: UUID, walk: int, cuts: Collection[int]) -> bool:
    """Go on for one part; whether there is more to do."""
    for _ in range(OBJECTS_IN_A_PART // OBJECTS_AT_ONCE):
        begun = await goods_repository.unwalked(tx, hold_id, walk, OBJECTS_AT_ONCE)
        if not begun:
            return False
        found: dict[tuple[int, bool], list[int]] = defaultdict(list)
        for row in await goods_repository.children(tx, begun, cuts, CHILDREN_AT_ONCE):
            found[row["parent_id"], row["is_unit"]].append(row["child_id"])
        await goods_repository.add(tx, hold_id, walk, {child for of_one in found.values() for child in of_one})
        to = {parent: _walked_to(found[parent, False], found[parent, True]) for parent in begun}
        await goods_repository.walked(tx, hold_id, to)
    return bool(await goods_repository.unwalked(tx, hold_id, walk, 1))


def _walked_to(*kinds: list[int]) -> int | None:
    """How far an object's children of all kinds were looked through; None: to the end. A kind that isn't at its end stops there."""
    return min((max(children) for children in kinds if len(children) == CHILDREN_AT_ONCE), default=None)
