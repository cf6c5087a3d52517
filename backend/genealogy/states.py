"""Statements on the states of containers, and the links to them: derived anew for every container that a batch concerns (ADR 0021)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from backend.genealogy.containment import RESIDUE, outer_containers
from backend.genealogy.derived import settle_links
from backend.genealogy.lives import is_cleaning
from backend.genealogy.repository import LinkRow
from backend.genealogy.rules import CONTAINERS, use_of
from backend.genealogy.same import SAME
from backend.genealogy.uses import Contents, Held, StateOf, Use, WantedLink
from backend.identifiers import Identifier
from backend.objects import service as objects
from infra.database import Record, TenantTransaction

# State, container, event, used at, filled.
StateRow = tuple[int, int, int, datetime, bool]


async def insert_states(tx: TenantTransaction, rows: Sequence[StateRow]) -> None:
    """Say which container each of these nodes stands for, as of which event."""
    await tx.execute(
        """insert into container_state (tenant_id, state_id, container_id, event_id, used_at, filled)
           select $1, * from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::boolean[]) on conflict do nothing""",
        *(list(column) for column in zip(*rows, strict=True)),
    )


async def settle_states(tx: TenantTransaction, containers: Collection[int], stale: Collection[int]) -> set[int]:
    """Make the links to the states of these containers, of all that lay or lie in them, and of the containers that the `stale` nodes
    were states of, what the events in force say. Returns the nodes whose links changed.
    """
    touched = set(containers) | (await _containers_of(tx, stale) if stale else set())
    if not touched:
        return set()
    # What lies in a container decides also how those around it take over from one use to the next, and whether a thing in them is a kit.
    touched = await outer_containers(tx, touched)
    if not await _ever_used(tx, touched):
        return set()
    concerned = await _concerned(tx, touched)
    around = await outer_containers(tx, concerned)
    states = await _states(tx, around)
    contents = Contents(await _stays(tx, concerned, around), await _direct_uses(tx, states), await _cleanings(tx, around))
    wanted = [link for container_id in sorted(concerned) for link in contents.links(container_id)]
    ids = await _complete(tx, states, contents, concerned)
    present = await _present(tx, [state_id for state_id, state in states.items() if state.container_id in concerned])
    return await settle_links(tx, present, _rows(wanted, ids))


def _rows(wanted: Iterable[WantedLink], ids: dict[StateOf, int]) -> list[LinkRow]:
    return [
        (
            ids[link.parent] if isinstance(link.parent, StateOf) else link.parent, ids[link.child], link.event_id, int(link.kind), link.at,
            link.quantity, link.uom, int(link.certainty),
        )
        for link in wanted
    ]  # fmt: skip


async def _containers_of(tx: TenantTransaction, nodes: Collection[int]) -> set[int]:
    rows = await tx.fetch("select container_id from container_state where tenant_id = $1 and state_id = any($2::bigint[])", list(nodes))
    return {row["container_id"] for row in rows}


async def _ever_used(tx: TenantTransaction, containers: Collection[int]) -> bool:
    """Whether one of these containers was used: mostly none was, and there is nothing to do."""
    return bool(
        await tx.fetchval(
            "select exists (select 1 from container_state s where s.tenant_id = $1 and s.container_id = any($2::bigint[]) and not s.filled)",
            list(containers),
        )
    )


async def _concerned(tx: TenantTransaction, containers: Collection[int]) -> set[int]:
    """These containers, and those that lie in them at any level, ever did by their events, or did by what was known before."""
    rows = await tx.fetch(
        """with recursive inward(id) as (
             select unnest($2::bigint[])
             union
             select inner_one.id from inward cross join lateral (
               select c.content_id as id from containment c
               where c.tenant_id = $1 and c.container_id = inward.id and (
                 exists (select 1 from traceable_object o where o.tenant_id = $1 and o.object_id = c.content_id and o.kind in (3, 4, 5))
                 or exists (select 1 from containment n where n.tenant_id = $1 and n.container_id = c.content_id))
               union all
               select p.container_id from container_state s
               join lot_link l on l.tenant_id = $1 and l.child_id = s.state_id and l.kind in (4, 7, 8)
               join container_state p on p.tenant_id = $1 and p.state_id = l.parent_id
               where s.tenant_id = $1 and s.container_id = inward.id) inner_one)
           select id from inward""",
        list(containers),
    )
    return {row["id"] for row in rows}


async def _stays(tx: TenantTransaction, containers: Collection[int], around: Collection[int]) -> list[Held]:
    """All that lay in the containers, and where any of those around lay."""
    rows = await tx.fetch(
        """select c.container_id, c.content_id, c.kind, c.valid_from, c.valid_to, c.opened_by, c.quantity, c.uom, o.kind as content_kind,
                  exists (select 1 from containment n where n.tenant_id = $1 and n.container_id = c.content_id) as packing
           from (select container_id, content_id, kind, valid_from, valid_to, opened_by, quantity, uom from containment
                 where tenant_id = $1 and container_id = any($2::bigint[])
                 union
                 select container_id, content_id, kind, valid_from, valid_to, opened_by, quantity, uom from containment
                 where tenant_id = $1 and content_id = any($3::bigint[])) c
           join traceable_object o on o.tenant_id = $1 and o.object_id = c.content_id""",
        list(containers),
        list(around),
    )
    return [
        Held(
            row["container_id"], row["content_id"], row["valid_from"], row["valid_to"], row["opened_by"], row["quantity"], row["uom"],
            row["kind"] == RESIDUE, row["packing"] or row["content_kind"] in CONTAINERS, row["content_kind"] not in CONTAINERS, row["kind"] == SAME,
        )
        for row in rows
    ]  # fmt: skip


async def _direct_uses(tx: TenantTransaction, states: Mapping[int, StateOf]) -> dict[int, set[Use]]:
    """The uses in force that name each container, of all its states. By arrays of ids: joined, they would be hashed with all of a tenant's."""
    linked = await tx.fetch(
        """select distinct parent_id from lot_link
           where tenant_id = $1 and parent_id = any($2::bigint[]) and kind = 1 and superseded_by is null""",
        list(states),
    )
    in_force = [states[row["parent_id"]] for row in linked]
    events = await tx.fetch(
        "select event_id, event_key, event_time from event where tenant_id = $1 and event_id = any($2::bigint[])",
        list({state.event_id for state in in_force}),
    )
    told = {row["event_id"]: Use(row["event_time"], row["event_key"], row["event_id"]) for row in events}
    uses: dict[int, set[Use]] = defaultdict(set)
    for state in in_force:
        uses[state.container_id].add(told[state.event_id])
    return uses


async def _states(tx: TenantTransaction, containers: Collection[int]) -> dict[int, StateOf]:
    """The nodes of all uses of these containers that there ever were."""
    rows = await tx.fetch(
        "select state_id, container_id, event_id from container_state where tenant_id = $1 and container_id = any($2::bigint[]) and not filled",
        list(containers),
    )
    return {row["state_id"]: StateOf(row["container_id"], row["event_id"]) for row in rows}


async def _cleanings(tx: TenantTransaction, containers: Collection[int]) -> dict[int, list[datetime]]:
    rows = await tx.fetch(
        """select p.object_id, e.event_time, e.biz_step from event_object p
           join event e on e.tenant_id = $1 and e.event_id = p.event_id and e.superseded_by is null and e.declared_at is null
           where p.tenant_id = $1 and p.object_id = any($2::bigint[]) and p.role = 1 and e.event_type = 1 and e.biz_step like '%cleaning'""",
        list(containers),
    )
    cleanings: dict[int, list[datetime]] = defaultdict(list)
    for row in rows:
        if is_cleaning(row["biz_step"]):
            cleanings[row["object_id"]].append(row["event_time"])
    return cleanings


async def _present(tx: TenantTransaction, states: Collection[int]) -> list[Record]:
    return await tx.fetch(
        """select parent_id, child_id, event_id, kind, occurred_at, quantity, uom, certainty from lot_link
           where tenant_id = $1 and child_id = any($2::bigint[]) and kind in (4, 7, 8) and superseded_by is null""",
        list(states),
    )


async def _complete(tx: TenantTransaction, states: Mapping[int, StateOf], contents: Contents, containers: Collection[int]) -> dict[StateOf, int]:
    """The nodes of all uses of these containers, making those of containers that lay in the one that an event named."""
    ids = {state: state_id for state_id, state in states.items()}
    missing = {
        StateOf(container_id, use.event_id): use
        for container_id in sorted(containers)
        for use in contents.uses(container_id)
        if StateOf(container_id, use.event_id) not in ids
    }
    return ids | await _make(tx, missing) if missing else ids


async def _make(tx: TenantTransaction, missing: dict[StateOf, Use]) -> dict[StateOf, int]:
    things = await objects.load(tx, {state.container_id for state in missing})
    named = {}
    for state, use in missing.items():
        thing = things[state.container_id]
        named[state] = use_of(use.event_key, Identifier(thing.kind, thing.key, thing.key))
    by_key = await objects.resolve(tx, named.values())
    ids = {state: by_key[identifier.key] for state, identifier in named.items()}
    await insert_states(tx, [(ids[state], state.container_id, state.event_id, use.at, False) for state, use in missing.items()])
    return ids
