"""Windows on closures of any size: so many of their links from a place on, and how many there are of what.

The closure is computed in the database each time and never fetched: whoever reads it window by window holds one window in memory, also
of a million nodes. Windows go by the ids of the nodes from which the closure was followed on, so a page costs the closure's ids and its
own links, not all links.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from backend.genealogy.known import LINKS_THEN, STATED_THEN
from backend.genealogy.past import LinkKey
from backend.genealogy.rules import INFINITY
from infra.database import Record, TenantTransaction


class Way(StrEnum):
    """Which way a closure is followed from its seeds."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class ClosureCounts:
    """How many nodes there are of each `ObjectKind`, seeds included, and links of each `LinkKind`, in a whole closure."""

    nodes: dict[int, int]
    links: dict[int, int]


_COLUMNS: Final = "l.parent_id, l.child_id, l.event_id, l.kind, l.occurred_at, l.quantity, l.uom, l.certainty"
_LINKS_NOW: Final = """
(select parent_id, child_id, event_id, kind, occurred_at, quantity, uom, certainty from lot_link
 where tenant_id = $1 and superseded_by is null)
"""
_LOTS: Final = "select m.lot_id from unit_membership m where m.tenant_id = $1 and m.unit_id = any($3::bigint[])"
_BEGINNING: Final[LinkKey] = (0, 0, 0, 0)


def _closure(way: Way, *, then: bool, as_of: str) -> str:
    """The recursive part: `reached(id)`. Without `then`, `$2` is `as_of` itself."""
    near, far = _sides(way)
    # `offset 0` keeps the planner from joining all of the tenant's links instead of looking up each node's.
    lots = f"union {_LOTS} and {STATED_THEN if then else 'm.superseded_by is null'}" if way is Way.UP else ""
    return f"""
with recursive reached(id) as (
  (select o.object_id from traceable_object o where o.tenant_id = $1 and o.object_id = any($3::bigint[]) {lots})
  union
  select l.{far} from reached cross join lateral (
    select {far} from {LINKS_THEN if then else _LINKS_NOW} l where l.{near} = reached.id and l.occurred_at <= {as_of} offset 0) l
)
"""


def _sides(way: Way) -> tuple[str, str]:
    return ("child_id", "parent_id") if way is Way.UP else ("parent_id", "child_id")


def _window(way: Way, *, then: bool) -> str:
    near, far = _sides(way)
    as_of = "$9" if then else "$2"
    return f"""{_closure(way, then=then, as_of=as_of)}
select {_COLUMNS} from (select id from reached where id >= $4 order by id) n
cross join lateral (
  select * from {LINKS_THEN if then else _LINKS_NOW} l
  where l.{near} = n.id and l.occurred_at <= {as_of}
    and (l.{near}, l.{far}, l.event_id, l.kind) > ($4::bigint, $5::bigint, $6::bigint, $7::smallint) offset 0) l
order by n.id, l.{far}, l.event_id, l.kind limit $8"""


def _counts(way: Way, *, then: bool) -> str:
    near, _ = _sides(way)
    as_of = "$4" if then else "$2"
    return f"""{_closure(way, then=then, as_of=as_of)}
select true as nodes, o.kind, count(*) as number from traceable_object o
where o.tenant_id = $1 and o.object_id = any(array(select id from reached)) group by o.kind
union all
select false, l.kind, count(*) from {LINKS_THEN if then else _LINKS_NOW} l
where l.{near} = any(array(select id from reached)) and l.occurred_at <= {as_of} group by l.kind"""


_WINDOWS: Final = {(way, then): _window(way, then=then) for way in Way for then in (False, True)}
_COUNTS: Final = {(way, then): _counts(way, then=then) for way in Way for then in (False, True)}


async def window(
    tx: TenantTransaction,
    objects: Collection[int],
    way: Way,
    limit: int,
    *,
    after: LinkKey | None = None,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> list[Record]:
    """At most `limit` links of the closure of these objects, behind the link with the key `after` (parent, child, event, kind).

    They stand in the order of (child, parent, event, kind) on the way up, of (parent, child, event, kind) on the way down, with the columns
    of `reach.links_up`. With `as_of` only links of events until then are followed; with `known_at`, what was known then.
    """
    parent, child, event, kind = after or _BEGINNING
    near, far = (child, parent) if way is Way.UP else (parent, child)
    place = (list(objects), near, far, event, kind, limit)
    statement = _WINDOWS[way, known_at is not None]
    if known_at is None:
        return await tx.fetch(statement, as_of or INFINITY, *place)
    return await tx.fetch(statement, known_at, *place, as_of or INFINITY)


async def closure_counts(
    tx: TenantTransaction, objects: Collection[int], way: Way, *, as_of: datetime | None = None, known_at: datetime | None = None
) -> ClosureCounts:
    """How many nodes and links the whole closure of these objects has, by kind; counted where the rows are."""
    statement = _COUNTS[way, known_at is not None]
    if known_at is None:
        rows = await tx.fetch(statement, as_of or INFINITY, list(objects))
    else:
        rows = await tx.fetch(statement, known_at, list(objects), as_of or INFINITY)
    return ClosureCounts(
        {row["kind"]: row["number"] for row in rows if row["nodes"]}, {row["kind"]: row["number"] for row in rows if not row["nodes"]}
    )
