"""Member edges from lots to units with histories of their own, and the pools of such units: functions of the links and memberships in force.

A lot that is used as a whole may have taken any of those units with it. Every unit leads to one node, the lot's pool, and the pool to every
use: n units and m uses cost n + m links.
"""

from collections import defaultdict
from collections.abc import Collection

from backend.genealogy.derived import settle_links
from backend.genealogy.repository import LinkRow
from backend.genealogy.rules import Certainty, LinkKind, pool_of
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from infra.database import Record, TenantTransaction

_LINK = "l.parent_id, l.child_id, l.event_id, l.kind, l.occurred_at, l.quantity, l.uom, l.certainty"


async def settle_members(tx: TenantTransaction, units: Collection[int]) -> set[int]:
    """A unit with links of its own keeps a member edge from its lot. Returns the lots of those of these units that have, or had, one.

    What a unit has got besides may be its making, on which its place in the pool rests: so also where no member edge changes.
    """
    present = await tx.fetch(
        f"""select {_LINK} from lot_link l
            where l.tenant_id = $1 and l.child_id = any($2::bigint[]) and l.kind = 3 and l.superseded_by is null""",
        list(units),
    )
    # Its lot's pool and its lot's edge are no links of its own.
    wanted = await tx.fetch(
        """select m.lot_id, m.unit_id, m.event_id, e.event_time from unit_membership m
           join event e on e.tenant_id = $1 and e.event_id = m.event_id
           where m.tenant_id = $1 and m.unit_id = any($2::bigint[]) and m.superseded_by is null
             and (exists (select 1 from lot_link l where l.tenant_id = $1 and l.parent_id = m.unit_id and l.kind not in (3, 5)
                          and l.superseded_by is null)
               or exists (select 1 from lot_link l where l.tenant_id = $1 and l.child_id = m.unit_id and l.kind <> 3 and l.superseded_by is null))""",
        list(units),
    )
    if not present and not wanted:
        return set()
    # Two lots told for one unit: either is possible.
    lots: dict[int, set[int]] = defaultdict(set)
    for row in wanted:
        lots[row["unit_id"]].add(row["lot_id"])
    certainty = {unit_id: Certainty.CERTAIN if len(told) == 1 else Certainty.POSSIBLE for unit_id, told in lots.items()}
    rows: list[LinkRow] = [
        (row["lot_id"], row["unit_id"], row["event_id"], int(LinkKind.MEMBER), row["event_time"], None, None, int(certainty[row["unit_id"]]))
        for row in wanted
    ]
    await settle_links(tx, present, rows)
    return {row["parent_id"] for row in present} | {row[0] for row in rows}


async def settle_pools(tx: TenantTransaction, lots: Collection[int], used: Collection[int]) -> set[int]:
    """Make the pools of these lots what the links in force say; of those that were only `used`, where units with histories are known.

    Returns the nodes whose links changed. For nearly every lot there is no such unit: that costs one look into a small index.
    """
    asked = set(lots)
    if others := set(used) - asked:
        asked |= await _with_members(tx, others)
    pools = await _pools(tx, asked) if asked else {}
    if not pools:
        return set()
    wanted = await _wanted(tx, pools)
    present = await _present(tx, {pool_id for _, pool_id in pools.values() if pool_id is not None})
    missing = [lot_id for lot_id in sorted(wanted) if pools[lot_id][1] is None]
    made = await objects.resolve(tx, [pool_of(pools[lot_id][0]) for lot_id in missing]) if missing else {}
    ids = {lot_id: pools[lot_id][1] or made[pool_of(pools[lot_id][0]).key] for lot_id in wanted}
    return await settle_links(tx, present, _rows(ids, wanted))


async def _with_members(tx: TenantTransaction, lots: Collection[int]) -> set[int]:
    rows = await tx.fetch(
        """select distinct parent_id from lot_link
           where tenant_id = $1 and parent_id = any($2::bigint[]) and kind = 3 and superseded_by is null""",
        list(lots),
    )
    return {row["parent_id"] for row in rows}


async def _pools(tx: TenantTransaction, lots: Collection[int]) -> dict[int, tuple[str, int | None]]:
    """By lot, its key and its pool's node, if it has ever had one."""
    keys = {thing.object_id: thing.key for thing in (await objects.load(tx, lots)).values() if thing.kind is ObjectKind.LOT}
    rows = await tx.fetch(
        "select key, object_id from traceable_object where tenant_id = $1 and key = any($2::text[])", [pool_of(key).key for key in keys.values()]
    )
    known = {row["key"]: row["object_id"] for row in rows}
    return {lot_id: (key, known.get(pool_of(key).key)) for lot_id, key in keys.items()}


async def _present(tx: TenantTransaction, pools: Collection[int]) -> list[Record]:
    if not pools:
        return []
    return await tx.fetch(
        f"""select {_LINK} from lot_link l
            where l.tenant_id = $1 and l.child_id = any($2::bigint[]) and l.kind = 5 and l.superseded_by is null
            union all
            select {_LINK} from lot_link l
            where l.tenant_id = $1 and l.parent_id = any($2::bigint[]) and l.kind = 5 and l.superseded_by is null""",
        list(pools),
    )


_Wanted = dict[int, tuple[list[Record], list[Record]]]


async def _wanted(tx: TenantTransaction, lots: Collection[int]) -> _Wanted:
    """By lot, the makings of its units and its uses; only lots that have both."""
    makings = await tx.fetch(
        """select distinct m.parent_id as lot_id, o.child_id as unit_id, o.event_id, o.occurred_at from lot_link m
           join lot_link o on o.tenant_id = $1 and o.child_id = m.child_id and o.kind = 2 and o.superseded_by is null
           where m.tenant_id = $1 and m.parent_id = any($2::bigint[]) and m.kind = 3 and m.superseded_by is null""",
        list(lots),
    )
    made = {row["lot_id"] for row in makings}
    uses = (
        await tx.fetch(
            """select distinct l.parent_id as lot_id, l.child_id as use_id, l.event_id, l.occurred_at from lot_link l
               where l.tenant_id = $1 and l.parent_id = any($2::bigint[]) and l.kind in (1, 4, 6, 8) and l.superseded_by is null""",
            list(made),
        )
        if made
        else []
    )
    by_lot: _Wanted = {lot_id: ([], []) for lot_id in made & {row["lot_id"] for row in uses}}
    for number, rows in enumerate((makings, uses)):
        for row in rows:
            if row["lot_id"] in by_lot:
                by_lot[row["lot_id"]][number].append(row)
    return by_lot


def _rows(pools: dict[int, int], wanted: _Wanted) -> list[LinkRow]:
    rows: list[LinkRow] = []
    share, possible = int(LinkKind.SHARE), int(Certainty.POSSIBLE)
    for lot_id, pool_id in pools.items():
        makings, uses = wanted[lot_id]
        rows += [(row["unit_id"], pool_id, row["event_id"], share, row["occurred_at"], None, None, possible) for row in makings]
        rows += [(pool_id, row["use_id"], row["event_id"], share, row["occurred_at"], None, None, possible) for row in uses]
    return rows
