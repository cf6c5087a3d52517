"""Statements of the watcher: which cases captured events may concern, and what it has told already."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from infra.database import Record, TenantTransaction


async def facts(tx: TenantTransaction, event_ids: Collection[int]) -> list[int]:
    """Those of these events that aren't the service's own (`Source.SERVICE`): what it tells of holds and recalls changes no scope."""
    rows = await tx.fetch(
        "select event_id from event where tenant_id = $1 and event_id = any($2::bigint[]) and source <> 6 order by event_id", list(event_ids)
    )
    return [row["event_id"] for row in rows]


async def touched(tx: TenantTransaction, event_ids: Collection[int]) -> list[int]:
    """What these events are about: their objects, the transformations of which they tell a part, and the uses of containers among them."""
    rows = await tx.fetch(
        """with named as (
             select p.object_id from event_object p where p.tenant_id = $1 and p.event_id = any($2::bigint[])
             union
             select o.object_id from event e
             join traceable_object o on o.tenant_id = $1 and o.key = 'transformation:' || e.transformation_id
             where e.tenant_id = $1 and e.event_id = any($2::bigint[]) and e.transformation_id is not null)
           select object_id from named
           union
           select s.state_id from named join container_state s on s.tenant_id = $1 and s.container_id = named.object_id""",
        list(event_ids),
    )
    return [row["object_id"] for row in rows]


async def uses_of(tx: TenantTransaction, containers: Collection[int]) -> list[int]:
    """The uses and fillings of containers."""
    rows = await tx.fetch("select state_id from container_state where tenant_id = $1 and container_id = any($2::bigint[])", list(containers))
    return [row["state_id"] for row in rows]


async def cases_with_seeds(tx: TenantTransaction, objects: Collection[int]) -> set[UUID]:
    """The watched cases among whose seeds, in any version, is one of these."""
    rows = await tx.fetch(
        """select distinct s.case_id from recall_seed s
           join recall_watch w on w.tenant_id = $1 and w.case_id = s.case_id and w.state > 0
           where s.tenant_id = $1 and s.object_id = any($2::bigint[])""",
        list(objects),
    )
    return {row["case_id"] for row in rows}


async def watched(tx: TenantTransaction) -> list[Record]:
    """(case, sources, bounds) of the cases that are watched, by their newest declaration."""
    return await tx.fetch(
        """select w.case_id, q.sources, q.bounds from recall_watch w
           join lateral (
             select n.sources, n.bounds from recall_question n where n.tenant_id = $1 and n.case_id = w.case_id order by n.revision desc limit 1) q
             on true
           where w.tenant_id = $1 and w.state > 0 order by w.case_id"""
    )


async def times_of(tx: TenantTransaction, event_ids: Collection[int]) -> tuple[datetime, datetime] | None:
    """When the first and the last of these events were."""
    row = await tx.fetchrow(
        "select min(event_time) as first, max(event_time) as last from event where tenant_id = $1 and event_id = any($2::bigint[])", list(event_ids)
    )
    return (row["first"], row["last"]) if row is not None and row["first"] is not None else None


async def frozen_goods(tx: TenantTransaction, case_id: UUID, version: int) -> dict[int, int]:
    """Affected objects of a frozen scope, each with its certainty."""
    rows = await tx.fetch(
        "select object_id, certainty from recall_item where tenant_id = $1 and case_id = $2 and version = $3 and role = 1", case_id, version
    )
    return {row["object_id"]: row["certainty"] for row in rows}


async def frozen_shipments(tx: TenantTransaction, case_id: UUID, version: int) -> set[tuple[int, int, str]]:
    """(object, shipment, unit of measure) of a frozen scope."""
    rows = await tx.fetch(
        "select object_id, shipment_id, uom from recall_shipped where tenant_id = $1 and case_id = $2 and version = $3", case_id, version
    )
    return {(row["object_id"], row["shipment_id"], row["uom"]) for row in rows}


async def told(tx: TenantTransaction, case_id: UUID, version: int) -> dict[tuple[int, int, int], datetime]:
    """When which addition to a version was found: by object, shipment (0 for goods) and kind."""
    rows = await tx.fetch(
        "select object_id, shipment_id, kind, found_at from recall_addition where tenant_id = $1 and case_id = $2 and version = $3", case_id, version
    )
    return {(row["object_id"], row["shipment_id"], row["kind"]): row["found_at"] for row in rows}


async def tell(tx: TenantTransaction, case_id: UUID, version: int, rows: Sequence[tuple[int, int, int, int]], at: datetime) -> int:
    """Note (object, shipment, kind, certainty) as found; how many are new."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    return await tx.execute(
        """insert into recall_addition (tenant_id, case_id, version, object_id, shipment_id, kind, certainty, found_at)
           select $1, $2, $3, n.*, $8::timestamptz from unnest($4::bigint[], $5::bigint[], $6::smallint[], $7::smallint[]) as n
           on conflict do nothing""",
        case_id,
        version,
        *columns,
        at,
    )


async def looked(tx: TenantTransaction, case_id: UUID, at: datetime) -> None:
    """Note when the watcher has looked."""
    await tx.execute("update recall_watch set looked_at = $3 where tenant_id = $1 and case_id = $2", case_id, at)
