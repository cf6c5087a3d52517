"""What was derived and isn't so any more: taken out of the live rows and kept with the moments between which it was known (docs/adr/0022).

What was put and taken away by one transaction was never known, and leaves nothing behind. What a declaration had taken out of force
before was known until then.
"""

from collections.abc import Iterable
from datetime import datetime

from backend.events.moments import MOMENT
from infra.database import TenantTransaction

LinkKey = tuple[int, int, int, int]
StayKey = tuple[int, int, int, int, datetime]


async def take_links(tx: TenantTransaction, keys: Iterable[LinkKey]) -> None:
    """Links (parent, child, event, kind) in force that are not so any more."""
    parents, children, events, kinds = (list(column) for column in zip(*keys, strict=True))
    await tx.execute(
        f"""with gone as (
             delete from lot_link l using unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::smallint[]) as g(parent_id, child_id, event_id, kind)
             where l.tenant_id = $1 and l.parent_id = g.parent_id and l.child_id = g.child_id and l.event_id = g.event_id
               and l.kind = g.kind and l.superseded_by is null
             returning l.*)
           insert into lot_link_past (tenant_id, parent_id, child_id, event_id, kind, occurred_at, quantity, uom, certainty, known_from, known_to)
           select $1, parent_id, child_id, event_id, kind, occurred_at, quantity, uom, certainty, known_from, (select {MOMENT})
           from gone where known_from < (select {MOMENT}) returning tenant_id""",
        parents,
        children,
        events,
        kinds,
    )


async def keep_links(tx: TenantTransaction, keys: Iterable[LinkKey]) -> None:
    """Keep links, in force or not, as they were known, because their keys are about to change; the rows themselves are known from now on."""
    columns = [list(column) for column in zip(*keys, strict=True)]
    await tx.execute(
        f"""insert into lot_link_past (tenant_id, parent_id, child_id, event_id, kind, occurred_at, quantity, uom, certainty, known_from, known_to)
            select $1, l.parent_id, l.child_id, l.event_id, l.kind, l.occurred_at, l.quantity, l.uom, l.certainty, l.known_from,
                   coalesce(l.superseded_at, {MOMENT})
            from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::smallint[]) as g(parent_id, child_id, event_id, kind)
            join lot_link l on l.tenant_id = $1 and l.parent_id = g.parent_id and l.child_id = g.child_id and l.event_id = g.event_id
              and l.kind = g.kind
            where l.known_from < coalesce(l.superseded_at, {MOMENT}) returning tenant_id""",
        *columns,
    )
    await tx.execute(
        f"""update lot_link l set known_from = coalesce(l.superseded_at, {MOMENT})
            from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::smallint[]) as g(parent_id, child_id, event_id, kind)
            where l.tenant_id = $1 and l.parent_id = g.parent_id and l.child_id = g.child_id and l.event_id = g.event_id and l.kind = g.kind""",
        *columns,
    )


async def take_stays(tx: TenantTransaction, keys: Iterable[StayKey]) -> None:
    """Stays (content, container, kind, opened by, valid from) that are not so any more."""
    contents, containers, kinds, openers, beginnings = (list(column) for column in zip(*keys, strict=True))
    await tx.execute(
        f"""with gone as (
             delete from containment c
             using unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::bigint[], $6::timestamptz[])
               as g(content_id, container_id, kind, opened_by, valid_from)
             where c.tenant_id = $1 and c.content_id = g.content_id and c.container_id = g.container_id and c.kind = g.kind
               and c.opened_by = g.opened_by and c.valid_from = g.valid_from
             returning c.*)
           insert into containment_past (tenant_id, content_id, container_id, kind, valid_from, valid_to, opened_by, closed_by, quantity, uom,
                                         known_from, known_to)
           select $1, content_id, container_id, kind, valid_from, valid_to, opened_by, closed_by, quantity, uom, known_from, (select {MOMENT})
           from gone where known_from < (select {MOMENT}) returning tenant_id""",
        contents,
        containers,
        kinds,
        openers,
        beginnings,
    )
