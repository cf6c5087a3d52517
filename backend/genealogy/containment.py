"""Statements on containment, and the projection that keeps it: rebuilt from the events of every container that a batch touches."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from backend.events.canonical import Action, CanonicalEvent, EventType, Role
from backend.events.moments import MOMENT
from backend.events.projection import Batch
from backend.events.vocabulary import SHIPPING_STEPS
from backend.genealogy import known
from backend.genealogy.past import StayKey, take_links, take_stays
from backend.genealogy.repository import TOLERANCE
from backend.genealogy.rules import INFINITY, ContainerFact, FactKind, stays
from backend.identifiers import Identifier, ObjectKind
from infra.database import Record, TenantTransaction

AGGREGATION, ASSOCIATION = 1, 2
# Content, container, kind, opened by, valid from; valid to, closed by, quantity, unit of measure.
StayRow = tuple[int, int, int, int, datetime, datetime, int | None, Decimal | None, str | None]
CONTAINERS = frozenset({ObjectKind.LOGISTIC_UNIT, ObjectKind.ASSET, ObjectKind.TANK})
_CHILD_FACTS = {int(Action.ADD): FactKind.ADD, int(Action.OBSERVE): FactKind.OBSERVE, int(Action.DELETE): FactKind.DELETE}

_FACTS = """
select p.object_id as container_id, e.event_id, e.event_key, e.event_type, e.action, e.event_time, e.biz_step,
       p.role, c.object_id as content_id, c.quantity, c.uom
from event_object p
join event e on e.tenant_id = $1 and e.event_id = p.event_id and e.superseded_by is null and e.declared_at is null
left join event_object c on c.tenant_id = $1 and c.event_id = p.event_id and c.role = 3 and p.role = 2
where p.tenant_id = $1 and p.object_id = any($2::bigint[])
  and (p.role = 2 or (p.role = 1 and (e.action in (1, 3) and e.event_type = 1 or e.biz_step in ('shipping', 'departing'))))
"""


def touched(event: CanonicalEvent) -> Iterable[Identifier]:
    """The containers about which an event says something."""
    for participation in event.participations:
        own_life = participation.role is Role.SUBJECT and participation.identifier.kind in CONTAINERS and _ends_a_life(event)
        if own_life or participation.role is Role.PARENT:
            yield participation.identifier


def _ends_a_life(event: CanonicalEvent) -> bool:
    return event.biz_step in SHIPPING_STEPS or (event.type is EventType.OBJECT and event.action in (Action.ADD, Action.DELETE))


async def containers_of_events(tx: TenantTransaction, event_ids: Collection[int]) -> set[int]:
    """Containers and subjects of events, for taking a superseded event out again."""
    rows = await tx.fetch(
        "select distinct object_id from event_object where tenant_id = $1 and event_id = any($2::bigint[]) and role in (1, 2)", list(event_ids)
    )
    return {row["object_id"] for row in rows}


async def rebuild(tx: TenantTransaction, containers: Collection[int]) -> None:
    """Make the stays of these containers what the events in force say."""
    ids = sorted(containers)
    facts: dict[tuple[int, int], list[ContainerFact]] = {}
    shared: dict[int, list[ContainerFact]] = {}
    for row in await tx.fetch(_FACTS, ids):
        if row["role"] == Role.SUBJECT:
            shared.setdefault(row["container_id"], []).append(_own_fact(row))
        elif row["event_type"] in (EventType.AGGREGATION, EventType.ASSOCIATION):
            kind = AGGREGATION if row["event_type"] == EventType.AGGREGATION else ASSOCIATION
            facts.setdefault((row["container_id"], kind), []).append(_child_fact(row))
    await _settle(
        tx,
        ids,
        [
            (
                stay.content_id, container_id, kind, stay.opened_by, stay.valid_from, stay.valid_to, stay.closed_by, stay.quantity, stay.uom
            )
            for (container_id, kind), own in sorted(facts.items())
            for stay in stays([*_lines_added(own), *(shared.get(container_id, []) if kind == AGGREGATION else [])])
        ],
    )  # fmt: skip


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
        kind = FactKind.BEGIN if row["action"] == Action.ADD else FactKind.END
    return ContainerFact(row["event_time"], kind, row["event_key"], row["event_id"])


async def _settle(tx: TenantTransaction, containers: list[int], wanted: Iterable[StayRow]) -> None:
    """Make the stays in these containers what is wanted, row by row: what stays as it is isn't written again, what goes is kept as past."""
    rows = await tx.fetch(
        """select content_id, container_id, kind, opened_by, valid_from, valid_to, closed_by, quantity, uom from containment
           where tenant_id = $1 and container_id = any($2::bigint[])""",
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
                                    $9::numeric[], $10::text[])""",
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


async def relink_used_up(tx: TenantTransaction, containers: Collection[int]) -> tuple[set[int], set[int]]:
    """Where one of these containers, or one that any of them ever lay in, went into a transformation as a whole, what was in it went in.

    The containers in a container that was used up are derived anew with it. Returns the contents that were linked before, and
    those that are now.
    """
    concerned = await outer_containers(tx, containers)
    removed = await tx.fetch(
        """with recursive derived(child_id) as (
             select unnest($2::bigint[])
             union select l.parent_id from derived join lot_link l on l.tenant_id = $1 and l.child_id = derived.child_id
               and l.kind = 4 and l.superseded_by is null)
           select l.parent_id, l.child_id, l.event_id, l.kind from lot_link l
           where l.tenant_id = $1 and l.child_id = any(array(select child_id from derived)) and l.kind = 4 and l.superseded_by is null""",
        list(concerned),
    )
    if removed:
        await take_links(tx, [tuple(row) for row in removed])
    # What lay in one of these may have gone in with another container besides.
    concerned |= await outer_containers(tx, {row["child_id"] for row in removed} - concerned)
    rows = await tx.fetch(
        f"""with recursive used(container_id, at) as (
              select parent_id, occurred_at from lot_link
              where tenant_id = $1 and parent_id = any($2::bigint[]) and kind = 1 and superseded_by is null
              union
              select c.content_id, used.at from used
              join containment c on c.tenant_id = $1 and c.container_id = used.container_id
                and c.valid_from <= used.at + {TOLERANCE} and c.valid_to >= used.at - {TOLERANCE})
            insert into lot_link (tenant_id, parent_id, child_id, event_id, kind, occurred_at, quantity, uom, certainty)
            select $1, c.content_id, c.container_id, c.opened_by, 4, min(used.at), max(c.quantity), max(c.uom),
                   min(case when c.valid_from <= used.at and c.valid_to >= used.at then 1 else 2 end)
            from used
            join containment c on c.tenant_id = $1 and c.container_id = used.container_id
              and c.valid_from <= used.at + {TOLERANCE} and c.valid_to >= used.at - {TOLERANCE}
            group by c.content_id, c.container_id, c.opened_by
            on conflict (tenant_id, parent_id, child_id, event_id, kind) do update
              set occurred_at = least(lot_link.occurred_at, excluded.occurred_at), certainty = least(lot_link.certainty, excluded.certainty),
                  quantity = greatest(lot_link.quantity, excluded.quantity)
            returning parent_id""",
        list(concerned),
    )
    return {row["parent_id"] for row in removed}, {row["parent_id"] for row in rows}


async def contents(tx: TenantTransaction, container_id: int, at: datetime, limit: int, *, known_at: datetime | None = None) -> list[Record]:
    """What is in a container as of a moment, through every level of packing."""
    if known_at is not None:
        return await known.contents(tx, container_id, at, limit, known_at)
    return await tx.fetch(
        """with recursive inside(container_id, content_id, quantity, uom, valid_from, valid_to) as (
             select container_id, content_id, quantity, uom, valid_from, valid_to from containment
             where tenant_id = $1 and container_id = $2 and valid_from <= $3 and valid_to > $3
             union
             select c.container_id, c.content_id, c.quantity, c.uom, c.valid_from, c.valid_to from inside i
             join containment c on c.tenant_id = $1 and c.container_id = i.content_id and c.valid_from <= $3 and c.valid_to > $3)
           select container_id, content_id, quantity, uom, valid_from, nullif(valid_to, $4) as valid_to from inside
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
        if containers:
            await rebuild(tx, containers)
        batch.containers |= containers
