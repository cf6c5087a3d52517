"""Which goods the holds in force reach: always recomputed from the roots, never unwound edge by edge (MODEL: Holds)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.catalog.sites import Sites
from backend.genealogy import reach
from backend.genealogy.containment import CONTAINERS
from backend.holds import repository
from backend.holds.errors import HoldCause
from backend.holds.scopes import HoldCauseKind
from backend.objects import service as objects
from infra.database import Record, TenantTransaction

MAXIMUM_CAUSES = 20


@dataclass(frozen=True, slots=True)
class _Root:
    """An object on which a hold stands, or that it keeps pending, where goods were found to lead up to it."""

    hold: Record
    object_id: int
    pending: bool


@dataclass(frozen=True, slots=True)
class _Hit:
    good_id: int
    root: _Root


async def causes(tx: TenantTransaction, goods: Collection[int], sites: Sites | None = None) -> list[HoldCause]:
    """Why these goods, or anything that lies in them now, are held; empty when they are free. At most 20 causes are told.

    With `sites` only holds count whose roots are met there. Where the tenant has no hold this is one look. The caller's transaction
    has passed the gate, so that no hold can be placed between this answer and its commit.
    """
    if not await repository.any_active(tx):
        return []
    inside = await reach.inside(tx, goods)
    hits: list[_Hit] = []
    for cuts, group in _by_cuts(await repository.in_force(tx)).items():
        hits += await _hits(tx, list(inside), group, cuts, sites)
        if len(hits) >= MAXIMUM_CAUSES:
            break
    return await _told(tx, hits[:MAXIMUM_CAUSES])


def _by_cuts(holds: Sequence[Record]) -> dict[tuple[int, ...], list[Record]]:
    """Holds that have the same cuts are answered by one trace; nearly always none has any."""
    groups: dict[tuple[int, ...], list[Record]] = defaultdict(list)
    for hold in holds:
        groups[tuple(sorted(hold["cuts"]))].append(hold)
    return groups


async def _hits(tx: TenantTransaction, goods: list[int], holds: list[Record], cuts: tuple[int, ...], sites: Sites | None) -> list[_Hit]:
    if not await _reached(tx, goods, holds, cuts):
        return []
    # Rarely reached: something is held. Name which of the goods, one trace each until enough is known.
    hits: list[_Hit] = []
    for good in goods:
        roots = await _reached(tx, [good], holds, cuts)
        met = await objects.met_at(tx, {root.object_id for root in roots}, sites)
        hits += [_Hit(good, root) for root in roots if root.object_id in met]
        if len(hits) >= MAXIMUM_CAUSES:
            break
    return hits


async def _reached(tx: TenantTransaction, goods: Collection[int], holds: Sequence[Record], cuts: Collection[int]) -> list[_Root]:
    """The roots that lie upstream of the goods, or in whose held container something upstream lay.

    What is looked up is what the goods came from, so that it costs the same however many objects a hold stands on.
    """
    by_id = {hold["hold_id"]: hold for hold in holds}
    up = await reach.ancestors(tx, goods, stop_at=cuts)
    if not up:
        return []
    found = [_Root(by_id[row["hold_id"]], row["object_id"], row["pending"]) for row in await repository.roots_among(tx, by_id, up)]
    # Goods that wait for a decision since a correction may be held again by what the hold stands on: then that is why.
    known = {root.hold["hold_id"] for root in found if not root.pending}
    held_in = {(row["hold_id"], row["container_id"]) for row in await repository.held_containers(tx, up, by_id)}
    held_in |= {(row["hold_id"], row["container_id"]) for row in await repository.held_states(tx, up, by_id)}
    found += [_Root(by_id[hold_id], container_id, False) for hold_id, container_id in sorted(held_in) if hold_id not in known]
    held = {root.hold["hold_id"] for root in found if not root.pending}
    return [root for root in found if not root.pending or root.hold["hold_id"] not in held]


async def causes_in_shipment(tx: TenantTransaction, goods: Collection[int]) -> list[HoldCause]:
    """Why goods that have left are held: `goods` is all that was shipped, containers and what lay in them as they left.

    A held lot is told once for all its units in the shipment, unless a release has cut each of them off; a unit by itself where
    something else than its lot holds it.
    """
    hits: dict[tuple[int, UUID, int], _Hit] = {}
    for cuts, group in _by_cuts(await repository.in_force(tx)).items():
        reached = await _reached(tx, list(goods), group, cuts)
        if not reached:
            continue
        left = await objects.load(tx, {root.object_id for root in reached} & set(goods))
        boxes = {object_id for object_id, thing in left.items() if thing.kind in CONTAINERS}
        for good in await _told_apart(tx, goods, reached, cuts):
            for root in await _reached(tx, [good], group, cuts):
                # What is held because it lies in a held container is told with the container, where that has left too.
                if root.object_id == good or root.object_id not in boxes:
                    hits[good, root.hold["hold_id"], root.object_id] = _Hit(good, root)
            if len(hits) >= MAXIMUM_CAUSES:
                break
    return await _told(tx, list(hits.values())[:MAXIMUM_CAUSES])


async def _told_apart(tx: TenantTransaction, goods: Collection[int], roots: Sequence[_Root], cuts: Collection[int]) -> list[int]:
    """Of many goods the few that may be held: those that are named, linked or in a held container, and the lots of all units."""
    left = set(goods) - set(cuts)
    named = {root.object_id for root in roots}
    in_held = {row["object_id"] for row in await repository.held_containers(tx, left, {root.hold["hold_id"] for root in roots})}
    lots = {lot for _, lot in await reach.lots_of(tx, left)}
    return sorted((named | in_held | await reach.linked(tx, left)) & left | lots)


async def any_held(tx: TenantTransaction, things: Collection[int]) -> bool:
    """Whether a hold in force reaches any of these."""
    for cuts, group in _by_cuts(await repository.in_force(tx)).items():
        if await _reached(tx, list(things), group, cuts):
            return True
    return False


async def _told(tx: TenantTransaction, hits: list[_Hit]) -> list[HoldCause]:
    named = await objects.load(tx, {hit.good_id for hit in hits} | {hit.root.object_id for hit in hits})
    told = {}
    for hit in hits:
        root, good, hold = named[hit.root.object_id], named[hit.good_id], hit.root.hold
        told[(hold["hold_id"], hit.good_id, root.object_id)] = HoldCause(
            hold["hold_id"], hold["reason"], root.key, root.uri, good.key, good.uri, hit.root.pending,
            HoldCauseKind(hold["origin_kind"]), hold["origin_reference"],
        )  # fmt: skip
    return list(told.values())


async def held_by(tx: TenantTransaction, root_objects: Collection[int], cuts: Collection[int]) -> set[int]:
    """Everything that a hold with these roots and cuts reaches downwards: what lies in held containers, and their uses since, included."""
    contents = await repository.contents_held(tx, root_objects)
    used = await repository.states_held(tx, root_objects)
    return await reach.descendants(tx, contents | set(root_objects) | used, stop_at=cuts)


async def holds_reaching(tx: TenantTransaction) -> dict[UUID, tuple[list[int], list[int]]]:
    """Each hold in force with its roots and its cuts."""
    grouped: dict[UUID, tuple[list[int], list[int]]] = {row["hold_id"]: ([], list(row["cuts"])) for row in await repository.in_force(tx)}
    for row in await repository.roots_of(tx, grouped) if grouped else ():
        grouped[row["hold_id"]][0].append(row["object_id"])
    return grouped
