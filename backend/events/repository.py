"""Statements on the event log."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.events.canonical import CanonicalEvent, Participation
from backend.events.json_text import write_json
from backend.events.projection import StoredEvent
from infra.database import Record, TenantTransaction
from infra.ids import uuid7

LAST_LINE = 32_767

_INSERT = """
insert into event (tenant_id, public_id, event_key, base_key, content_sha256, event_hash, event_type, action, event_time, event_offset,
                   record_time, declared_at, superseded_by, biz_step, disposition, read_point, biz_location, transformation_id,
                   source, job_id, body, context)
select $1, n.public_id, n.event_key, n.base_key, n.content_sha256, n.event_hash, n.event_type, n.action, n.event_time, n.event_offset,
       $2, n.declared_at, d.event_id, n.biz_step, n.disposition, n.read_point, n.biz_location, n.transformation_id, $3, $4, n.body, n.context
from unnest($5::uuid[], $6::text[], $7::text[], $8::bytea[], $9::text[], $10::smallint[], $11::smallint[], $12::timestamptz[], $13::text[],
            $14::timestamptz[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[])
     as n(public_id, event_key, base_key, content_sha256, event_hash, event_type, action, event_time, event_offset,
          declared_at, biz_step, disposition, read_point, biz_location, transformation_id, body, context)
left join lateral (
    select event_id from event e
    where e.tenant_id = $1 and e.base_key = n.base_key and e.declared_at is not null and n.declared_at is null
    order by e.event_id limit 1
) d on true
on conflict (tenant_id, event_key) do nothing
returning event_id, event_key, public_id, superseded_by
"""


def base_key(event: CanonicalEvent) -> str:
    """What an error declaration shares with the event that it corrects: the event id, else the hash."""
    return f"e:{event.event_id}" if event.event_id else f"h:{event.event_hash}"


async def insert_events(
    tx: TenantTransaction, events: Sequence[CanonicalEvent], *, source: int, job_id: UUID | None, recorded_at: datetime
) -> list[Record]:
    """Insert those whose key is new; one whose declaration came before it is born superseded. Returns only the new rows."""
    rows = [
        (
            uuid7(), event.event_key, base_key(event), event.content_sha256, event.event_hash, int(event.type), event.action,
            event.event_time, event.event_offset, event.error_declaration.declaration_time if event.error_declaration else None,
            event.biz_step, event.disposition, event.read_point, event.biz_location, event.transformation_id,
            write_json(event.body).decode(), write_json(event.context).decode(),
        )
        for event in events
    ]  # fmt: skip
    return await tx.fetch(_INSERT, recorded_at, source, job_id, *map(list, zip(*rows, strict=True)))


async def stored_contents(tx: TenantTransaction, keys: Collection[str]) -> dict[str, tuple[UUID, bytes]]:
    """Public id and content digest of stored events by key."""
    rows = await tx.fetch("select event_key, public_id, content_sha256 from event where tenant_id = $1 and event_key = any($2::text[])", list(keys))
    return {row["event_key"]: (row["public_id"], row["content_sha256"]) for row in rows}


async def supersede(tx: TenantTransaction, declarations: Sequence[tuple[str, int]]) -> list[Record]:
    """Mark the events in force that declarations (base key, declaration's id) say were wrong; returns event_id and superseded_by."""
    return await tx.fetch(
        """update event e set superseded_by = d.event_id
           from unnest($2::text[], $3::bigint[]) as d(base_key, event_id)
           where e.tenant_id = $1 and e.base_key = d.base_key and e.declared_at is null and e.superseded_by is null
           returning e.event_id, e.superseded_by""",
        [key for key, _ in declarations],
        [event_id for _, event_id in declarations],
    )


async def insert_participations(tx: TenantTransaction, stored: Sequence[StoredEvent], object_ids: Mapping[str, int]) -> None:
    """Who took part in what: one row for each participation of each event. The events are new, so no row can be there already."""
    rows = [
        (object_ids[p.identifier.key], item.event_id, int(p.role), line, item.event.event_time, p.quantity, p.uom)
        for item in stored
        for line, p in _lines(item.event)
    ]
    if rows:
        # Without `on conflict`, which costs half as much again as the row.
        await tx.execute(
            """insert into event_object (tenant_id, object_id, event_id, role, line, event_time, quantity, uom)
               select $1, * from unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::timestamptz[], $7::numeric[], $8::text[])
               returning tenant_id""",
            *map(list, zip(*rows, strict=True)),
        )


def _lines(event: CanonicalEvent) -> Iterable[tuple[int, Participation]]:
    """Each participation with its number; from the last number that fits on, an object stands once for each role."""
    if len(event.participations) <= LAST_LINE:
        return enumerate(event.participations)
    beyond = {(p.role, p.identifier.key): (LAST_LINE, p) for p in reversed(event.participations[LAST_LINE:])}
    return [*enumerate(event.participations[:LAST_LINE]), *beyond.values()]


async def number(tx: TenantTransaction, event_ids: Sequence[int]) -> int:
    """Give the next sequence numbers, in the order given; returns the last. Must be the last statement before commit: the row lock
    that it holds until then is what makes the order of numbers the order of commits (docs/adr)."""
    last: int = await tx.fetchval(
        """with taken as (
             insert into tenant_sequence as s (tenant_id, last_seq) values ($1, cardinality($2::bigint[]))
             on conflict (tenant_id) do update set last_seq = s.last_seq + excluded.last_seq
             returning last_seq),
           numbered as (
             insert into event_feed (tenant_id, seq, event_id)
             select $1, t.last_seq - cardinality($2::bigint[]) + i.place, i.event_id
             from taken t cross join unnest($2::bigint[]) with ordinality as i(event_id, place)
             returning seq)
           select max(seq) from numbered""",
        event_ids,
    )
    return last


_JOB_COLUMNS = """job_id, created_at, finished_at, error_behaviour, success, accepted, duplicates, rejected, errors, created_by, total, done,
    warnings"""


async def insert_job(tx: TenantTransaction, job: dict[str, Any]) -> None:
    """Record a finished capture job."""
    await tx.execute(
        """insert into capture_job (tenant_id, job_id, created_at, finished_at, error_behaviour, success, accepted, duplicates, rejected,
                                    errors, created_by, total, done, results, warnings)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)""",
        job["job_id"], job["created_at"], job["finished_at"], job["error_behaviour"], job["success"], job["accepted"], job["duplicates"],
        job["rejected"], job["errors"], job["created_by"], job["total"], job["done"], job["results"], job["warnings"],
    )  # fmt: skip


async def job_by_id(tx: TenantTransaction, job_id: UUID) -> Record | None:
    """A capture job."""
    return await tx.fetchrow(f"select {_JOB_COLUMNS} from capture_job where tenant_id = $1 and job_id = $2", job_id)


async def jobs(tx: TenantTransaction, *, created_by: UUID | None, behind: UUID | None, oldest_first: bool, limit: int) -> list[Record]:
    """Capture jobs, newest first, from behind one."""
    sign, order = (">", "asc") if oldest_first else ("<", "desc")
    return await tx.fetch(
        f"""select {_JOB_COLUMNS}
            from capture_job where tenant_id = $1 and ($2::uuid is null or job_id {sign} $2) and ($4::uuid is null or created_by = $4)
            order by job_id {order} limit $3""",
        behind,
        limit,
        created_by,
    )
