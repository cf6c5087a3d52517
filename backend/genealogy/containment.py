"""Statements on containment, and the projection that keeps it: rebuilt from the events of every container that a batch touches."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from backend.events.canonical import Action, CanonicalEvent, EventType, Role
from backend.events.moments import MOMENT
from backend.events.projection import Batch
from backend.events.vocabulary import SHIPPING_STEPS
from backend.genealogy import known, rules
from backend.genealogy.lives import ContainerFact, FactKind, Stay, is_cleaning, stays
from backend.genealogy.past import StayKey, take_stays
from backend.genealogy.rules import INFINITY, node_of
from backend.genealogy.same import part
from backend.identifiers import Identifier
from backend.objects import service as objects
from infra.database import Record, TenantTransaction

CONTAINERS = rules.CONTAINERS
# What lies in it; what is bound to it; what was taken out of a tank by name and may be in it until the tank is cleaned. `same.SAME` besides.
AGGREGATION, ASSOCIATION, RESIDUE = 1, 2, 3
# Content, container, kind, opened by, valid from; valid to, closed by, quantity, unit of measure.
StayRow = tuple[int, int, int, int, datetime, datetime, int | None, Decimal | None, str | None]
_CHILD_FACTS = {int(Action.ADD): FactKind.ADD, int(Action.OBSERVE): FactKind.OBSERVE, int(Action.DELETE): FactKind.DELETE}

_FACTS = """
select p.object_id as container_id, e.event_id, e.event_key, e.event_type, e.action, e.event_time, e.biz_step, e.transformation_id,
       p.role, c.object_id as content_id, case when p.role = 5 then p.quantity else c.quantity end as quantity,
       case when p.role = 5 then p.uom else c.uom end as uom
from event_object p
join event e on e.tenant_id = $1 and e.event_id = p.event_id and e.superseded_by is null and e.declared_at is null
left join event_object c on c.tenant_id = $1 and c.event_id = p.event_id and c.role = 3 and p.role = 2
where p.tenant_id = $1 and p.object_id = any($2::bigint[])
  and (p.role = 2
    or (p.role = 5 and exists (select 1 from traceable_object k where k.tenant_id = $1 and k.object_id = p.object_id and k.kind in (3, 4, 5)))
    or (p.role = 1 and (e.event_type = 1 and (e.action in (1, 3) or e.biz_step like '%cleaning')
                     or e.biz_step in ('shipping', 'departing'))))
"""


def touched(event: CanonicalEvent) -> Iterable[Identifier]:
    """The containers about which an event says something."""
    for participation in event.participations:
        is_container = participation.identifier.kind in CONTAINERS
        own_life = participation.role is Role.SUBJECT and is_container and _ends_a_life(event)
        if own_life or participation.role is Role.PARENT or (participation.role is Role.OUTPUT and is_container):
            yield participation.identifier


def _ends_a_life(event: CanonicalEvent) -> bool:
    by_itself = event.type is EventType.OBJECT and (event.action in (Action.ADD, Action.DELETE) or is_cleaning(event.biz_step))
    return by_itself or event.biz_step in SHIPPING_STEPS


async def containers_of_events(tx: TenantTransaction, event_ids: Collection[int]) -> set[int]:
    """Containers, subjects and outputs of events, for taking a superseded event out again."""
    rows = await tx.fetch(
        "select distinct object_id from event_object where tenant_id = $1 and event_id = any($2::bigint[]) and role in (1, 2, 5)", list(event_ids)
    )
    return {row["object_id"] for row in rows}


async def rebuild(tx: TenantTransaction, containers: Collection[int]) -> set[int]:
    """Make the stays of these containers what the events in force say. Returns the containers in which something changed."""
    ids = sorted(containers)
    facts: dict[tuple[int, int], list[ContainerFact]] = {}
    shared: dict[int, list[ContainerFact]] = {}
    rows = await tx.fetch(_FACTS, ids)
    nodes = await _nodes(tx, [row for row in rows if row["role"] == Role.OUTPUT])
    for row in rows:
        if row["role"] == Role.SUBJECT:
            shared.setdefault(row["container_id"], []).append(_own_fact(row))
        elif row["role"] == Role.OUTPUT:
            facts.setdefault((row["container_id"], AGGREGATION), []).append(_fill_fact(row, nodes[row["event_id"]]))
        elif row["event_type"] in (EventType.AGGREGATION, EventType.ASSOCIATION):
            kind = AGGREGATION if row["event_type"] == EventType.AGGREGATION else ASSOCIATION
            facts.setdefault((row["container_id"], kind), []).append(_child_fact(row))
    tanks = await _tanks(tx, ids) if any(fact.kind is FactKind.DELETE for own in facts.values() for fact in own) else set()
    wanted = [
        _stay_row(stay, container_id, RESIDUE if stay.residue else kind)
        for (container_id, kind), own in sorted(facts.items())
        for stay in stays(
            [*_lines_added(own), *(shared.get(container_id, []) if kind == AGGREGATION else [])],
            is_tank=kind == AGGREGATION and container_id in tanks,
        )
    ]
    return await _settle(tx, ids, wanted)


def _stay_row(stay: Stay, container_id: int, kind: int) -> StayRow:
    return (stay.content_id, container_id, kind, stay.opened_by, stay.valid_from, stay.valid_to, stay.closed_by, stay.quantity, stay.uom)


async def _nodes(tx: TenantTransaction, fills: Collection[Record]) -> dict[int, int]:
    """By event, the node of the transformation that filled a container: that is what lies in it then."""
    if not fills:
        return {}
    nodes = {row["event_id"]: node_of(row["transformation_id"], row["event_key"]) for row in fills}
    ids = await objects.resolve(tx, nodes.values())
    return {event_id: ids[node.key] for event_id, node in nodes.items()}


async def _tanks(tx: TenantTransaction, containers: Collection[int]) -> set[int]:
    rows = await tx.fetch(
        "select object_id from traceable_object where tenant_id = $1 and object_id = any($2::bigint[]) and kind = 5", list(containers)
    )
    return {row["object_id"] for row in rows}


def _fill_fact(row: Record, node_id: int) -> ContainerFact:
    return ContainerFact(row["event_time"], FactKind.ADD, row["event_key"], row["event_id"], node_id, row["quantity"], row["uom"])


def _child_fact(row: Record) -> ContainerFact:
    kind = _CHILD_FACTS[row["action"]]
    if row["content_id"] is None:
        # An aggregation without children: DELETE takes everything out, anything else says nothing about the contents.
        kind = FactKind.EMPTY if kind is FactKind.DELETE else FactKind.OBSERVE
    return ContainerFact(row["event_time"], kind, row["event_key"], row["event_id"], row["content_id"], row["quantity"], row["uom"])


def _lines_added(facts: Iterable[ContainerFact]) -> list[ContainerFact]:
    """The facts with all that one event says of one content, in one unit of measure, as one: 5 kg and 7 kg in two lines are 12 kg."""
    merged: dict[tuple[int, int | None, str | None], ContainerFact] = {}
    for fact in facts:
        line = (fact.event_id, fact.content_id, fact.uom)
        known = merged.get(line)
        if known is None or fact.quantity is None:
            merged[line] = fact
        else:
            merged[line] = replace(fact, quantity=fact.quantity + (known.quantity or 0))
    return sorted(merged.values(), key=lambda fact: fact.uom or "")


def _own_fact(row: Record) -> ContainerFact:
    kind = FactKind.SHIP
    if row["event_type"] == EventType.OBJECT and row["biz_step"] not in SHIPPING_STEPS:
        begins = row["action"] == Action.ADD and not is_cleaning(row["biz_step"])
        kind = FactKind.BEGIN if begins else FactKind.END
    return ContainerFact(row["event_time"], kind, row["event_key"], row["event_id"])


async def _settle(tx: TenantTransaction, containers: list[int], wanted: Iterable[StayRow]) -> set[int]:
    """Make the stays in these containers what is wanted, row by row: what stays as it is isn't written again, what goes is kept as past."""
    rows = await tx.fetch(
        """select content_id, container_id, kind, opened_by, valid_from, valid_to, closed_by, quantity, uom from containment
           where tenant_id = $1 and container_id = any($2::bigint[]) and kind <> 4""",
        containers,
    )
    before: dict[StayKey, StayRow] = {row[:5]: row for row in map(_as_row, rows)}
    after: dict[StayKey, StayRow] = {}
    for row in wanted:
        after.setdefault(row[:5], row)
    gone = [key for key, row in before.items() if after.get(key) != row]
    new = [row for key, row in after.items() if before.get(key) != row]
    if gone:
        await take_stays(tx, gone)
    if new:
        await _insert(tx, new)
    return {key[1] for key in gone} | {row[1] for row in new}


def _as_row(record: Record) -> StayRow:
    return (
        record["content_id"], record["container_id"], record["kind"], record["opened_by"], record["valid_from"], record["valid_to"],
        record["closed_by"], record["quantity"], record["uom"],
    )  # fmt: skip


async def _insert(tx: TenantTransaction, rows: Sequence[StayRow]) -> None:
    await tx.execute(
        f"""insert into containment (tenant_id, content_id, container_id, kind, opened_by, valid_from, valid_to, closed_by, quantity, uom,
                                    known_from)
           select $1, *, (select {MOMENT})
           from unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::bigint[], $6::timestamptz[], $7::timestamptz[], $8::bigint[],
                                    $9::numeric[], $10::text[])
           returning tenant_id""",
        *(list(column) for column in zip(*rows, strict=True)),
    )


async def outer_containers(tx: TenantTransaction, containers: Collection[int]) -> set[int]:
    """These containers and every one that any of them ever lay in."""
    rows = await tx.fetch(
        """with recursive outward(id) as (
             select unnest($2::bigint[])
             union select c.container_id from outward join containment c on c.tenant_id = $1 and c.content_id = outward.id)
           select id from outward""",
        list(containers),
    )
    return {row["id"] for row in rows}


async def contents(tx: TenantTransaction, container_id: int, at: datetime, limit: int, *, known_at: datetime | None = None) -> list[Record]:
    """What is in a container as of a moment, through every level of packing; of a tank without the residue of what was taken out by name.

    What lies in a container that is declared to be the same is in that one, which isn't listed itself. Two events that put in as much of a
    lot at one moment are two stays.
    """
    if known_at is not None:
        return await known.contents(tx, container_id, at, limit, known_at)
    return await tx.fetch(
        """with recursive inside(container_id, content_id, opened_by, quantity, uom, valid_from, valid_to, kind) as (
             select container_id, content_id, opened_by, quantity, uom, valid_from, valid_to, kind from containment
             where tenant_id = $1 and container_id = $2 and valid_from <= $3 and valid_to > $3 and kind <> 3
             union
             select c.container_id, c.content_id, c.opened_by, c.quantity, c.uom, c.valid_from, c.valid_to, c.kind from inside i
             join containment c on c.tenant_id = $1 and c.container_id = i.content_id and c.valid_from <= $3 and c.valid_to > $3
               and c.kind <> 3)
           select container_id, content_id, quantity, uom, valid_from, nullif(valid_to, $4) as valid_to from inside where kind <> 4
           order by container_id, content_id limit $5""",
        container_id,
        at,
        INFINITY,
        limit,
    )


class ContainmentProjection:
    """Keeps `containment` for every container that a batch touches; runs before the links, which need it."""

    def identifiers(self, event: CanonicalEvent) -> Iterable[Identifier]:
        """Containers take part in their events; nothing more is needed."""
        return ()

    async def project(self, tx: TenantTransaction, batch: Batch) -> None:
        """Rebuild the touched containers."""
        containers = {batch.object_id(identifier) for item in batch.applied for identifier in touched(item.event)}
        if batch.superseded:
            containers |= await containers_of_events(tx, batch.superseded_ids)
            revoked = [number for number in batch.superseded_ids if number < 0]
            batch.containers |= await part(tx, revoked) if revoked else set()
        if containers:
            await rebuild(tx, containers)
        batch.containers |= containers
