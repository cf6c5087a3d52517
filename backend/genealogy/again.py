"""Derived links of before brought to the form of today, some objects at a time: a container led on by itself, not as it was used, and each
unit of a lot to each of the lot's uses (docs/adr/0021).
"""

from collections.abc import Collection
from dataclasses import dataclass

from backend.events import moments
from backend.genealogy.candidates import settle_candidates
from backend.genealogy.containment import rebuild
from backend.genealogy.members import settle_pools
from backend.genealogy.past import keep_links, take_links
from backend.genealogy.rules import CONTAINERS, fill_of, use_of
from backend.genealogy.same import put_each_in_the_other
from backend.genealogy.states import insert_states, settle_states
from backend.identifiers import Identifier, ObjectKind
from backend.objects import service as objects
from infra.database import Record, TenantTransaction

# So few at once that a hold, which waits for it, waits less than half a second.
STEP = 50


@dataclass(frozen=True, slots=True)
class Step:
    """How many containers and lots were looked at, the containers in which something changed, and behind which object to go on."""

    looked_at: int
    changed: set[int]
    after: int | None


async def derive_links(tx: TenantTransaction, *, after: int) -> Step:
    """The next containers and lots. May be repeated: what is as it should be isn't written again. The transaction has passed the gate."""
    await moments.begin(tx)
    rows = await tx.fetch(
        """select object_id, kind from traceable_object where tenant_id = $1 and object_id > $2 and kind in (1, 3, 4, 5)
           order by object_id limit $3""",
        after,
        STEP,
    )
    containers = [row["object_id"] for row in rows if row["kind"] in CONTAINERS]
    lots = [row["object_id"] for row in rows if row["kind"] == ObjectKind.LOT]
    changed: set[int] = set()
    if containers:
        await _name_states(tx, containers)
        changed = await rebuild(tx, containers) | await put_each_in_the_other(tx, containers)
        await settle_states(tx, containers, ())
    if lots:
        await _drop_shares(tx, lots)
        await settle_pools(tx, (), lots)
    return Step(len(rows), changed, rows[-1]["object_id"] if len(rows) == STEP else None)


async def derive_candidates(tx: TenantTransaction, *, after: int) -> int | None:
    """The next events with an input told without its lot; returns behind which event to go on."""
    await moments.begin(tx)
    rows = await tx.fetch(
        "select distinct event_id from class_input where tenant_id = $1 and event_id > $2 and superseded_by is null order by event_id limit $3",
        after,
        STEP,
    )
    events = [row["event_id"] for row in rows]
    if events:
        await settle_candidates(tx, events)
    return events[-1] if len(events) == STEP else None


async def _name_states(tx: TenantTransaction, containers: Collection[int]) -> None:
    """What events stated of containers themselves, they state of their states; those declared wrong since, too."""
    stated = await tx.fetch(
        """select l.parent_id, l.child_id, l.event_id, l.kind, e.event_key, e.event_time from lot_link l
           join event e on e.tenant_id = $1 and e.event_id = l.event_id
           where l.tenant_id = $1 and l.parent_id = any($2::bigint[]) and l.kind = 1
           union all
           select l.parent_id, l.child_id, l.event_id, l.kind, e.event_key, e.event_time from lot_link l
           join event e on e.tenant_id = $1 and e.event_id = l.event_id
           where l.tenant_id = $1 and l.child_id = any($2::bigint[]) and l.kind = 2""",
        list(containers),
    )
    derived = await tx.fetch(
        """select parent_id, child_id, event_id, kind from lot_link
           where tenant_id = $1 and child_id = any($2::bigint[]) and kind = 4 and superseded_by is null""",
        list(containers),
    )
    if derived:
        await take_links(tx, [tuple(row) for row in derived])
    if stated:
        await _put_states(tx, stated)


async def _put_states(tx: TenantTransaction, stated: Collection[Record]) -> None:
    things = await objects.load(tx, {_container(row) for row in stated})
    named = []
    for row in stated:
        thing = things[_container(row)]
        state = (use_of if row["kind"] == 1 else fill_of)(row["event_key"], Identifier(thing.kind, thing.key, thing.key))
        named.append((row, state))
    ids = await objects.resolve(tx, [state for _, state in named])
    await insert_states(tx, [(ids[state.key], _container(row), row["event_id"], row["event_time"], row["kind"] == 2) for row, state in named])
    # What was known of the containers themselves, until now, is still to be read.
    await keep_links(tx, [(row["parent_id"], row["child_id"], row["event_id"], row["kind"]) for row in stated])
    await tx.execute(
        """update lot_link l set parent_id = case when l.kind = 1 then s.state_id else l.parent_id end,
                                 child_id = case when l.kind = 2 then s.state_id else l.child_id end
           from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::smallint[], $6::bigint[]) as s(parent_id, child_id, event_id, kind, state_id)
           where l.tenant_id = $1 and l.parent_id = s.parent_id and l.child_id = s.child_id and l.event_id = s.event_id and l.kind = s.kind""",
        [row["parent_id"] for row, _ in named],
        [row["child_id"] for row, _ in named],
        [row["event_id"] for row, _ in named],
        [row["kind"] for row, _ in named],
        [ids[state.key] for _, state in named],
    )


def _container(row: Record) -> int:
    container: int = row["parent_id"] if row["kind"] == 1 else row["child_id"]
    return container


async def _drop_shares(tx: TenantTransaction, lots: Collection[int]) -> None:
    """Shares that lead from a unit to a use without the lot's pool between them."""
    rows = await tx.fetch(
        """select l.parent_id, l.child_id, l.event_id, l.kind from lot_link l
           where l.tenant_id = $1 and l.kind = 5 and l.superseded_by is null and l.parent_id = any(array(
             select m.child_id from lot_link m
             where m.tenant_id = $1 and m.parent_id = any($2::bigint[]) and m.kind = 3 and m.superseded_by is null))
             and not exists (select 1 from traceable_object o where o.tenant_id = $1 and o.object_id = l.child_id and o.kind = 10)""",
        list(lots),
    )
    if rows:
        await take_links(tx, [tuple(row) for row in rows])
