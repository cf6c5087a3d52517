"""Statements that keep the index."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from infra.database import Record, TenantTransaction

# A step reads events of so many characters, and at least one.
MOST_CHARACTERS: Final = 4_000_000


def _columns(rows: Iterable[Sequence[Any]], count: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(count)]


async def lock_progress(tx: TenantTransaction) -> int:
    """Up to which sequence number events are indexed; held until the end, so that one transaction indexes at a time."""
    await tx.execute("insert into search_progress (tenant_id, seq) values ($1, 0) on conflict do nothing")
    seq: int = await tx.fetchval("select seq from search_progress where tenant_id = $1 for no key update")
    return seq


async def set_progress(tx: TenantTransaction, seq: int) -> None:
    """Everything up to this number is indexed."""
    await tx.execute("update search_progress set seq = $2 where tenant_id = $1", seq)


async def next_events(tx: TenantTransaction, after: int, limit: int) -> list[Record]:
    """(seq, id, places, body, context) of the next events: at most so many, and fewer where they are long."""
    return await tx.fetch(
        """select n.seq, n.event_id, e.read_point, e.biz_location, e.body, e.context from (
             select f.seq, f.event_id, sum(octet_length(b.body)) over (order by f.seq) - octet_length(b.body) as before
             from (select seq, event_id from event_feed where tenant_id = $1 and seq > $2 order by seq limit $3) f
             join event b on b.tenant_id = $1 and b.event_id = f.event_id) n
           join event e on e.tenant_id = $1 and e.event_id = n.event_id
           where n.before < $4::bigint order by n.seq""",
        after,
        limit,
        MOST_CHARACTERS,
    )


async def objects_of(tx: TenantTransaction, events: Collection[int], objects: Collection[int]) -> list[Record]:
    """(id, kind, code, GTIN) of what took part in these events, of these objects, and of the lots of both."""
    return await tx.fetch(
        """with named as (
             select eo.object_id from event_object eo where eo.tenant_id = $1 and eo.event_id = any($2::bigint[])
             union select unnest($3::bigint[])),
           meant as (
             select n.object_id from named n
             union
             select m.lot_id from named n join unit_membership m on m.tenant_id = $1 and m.unit_id = n.object_id)
           select o.object_id, o.kind, o.code, o.gtin from meant
           join traceable_object o on o.tenant_id = $1 and o.object_id = meant.object_id order by o.object_id""",
        list(events),
        list(objects),
    )


async def add_terms(tx: TenantTransaction, terms: Iterable[tuple[int, int, str, int]]) -> None:
    """(way, kind, term, subject); those known are left alone."""
    await tx.execute(
        """insert into search_term (tenant_id, way, kind, term, subject)
           select $1, * from unnest($2::smallint[], $3::smallint[], $4::text[], $5::bigint[]) on conflict do nothing""",
        *_columns(sorted(terms), 4),
    )


async def add_grams(tx: TenantTransaction, grams: Iterable[tuple[str, int]]) -> None:
    """(gram, entry)."""
    await tx.execute(
        "insert into search_gram (tenant_id, gram, entry_id) select $1, * from unnest($2::text[], $3::bigint[]) on conflict do nothing",
        *_columns(sorted(grams), 2),
    )


async def remove(tx: TenantTransaction, terms: Iterable[tuple[int, int, str, int]], grams: Iterable[tuple[str, int]]) -> None:
    """Terms and grams by which something isn't found any more."""
    await tx.execute(
        """delete from search_term t using unnest($2::smallint[], $3::smallint[], $4::text[], $5::bigint[]) gone(way, kind, term, subject)
           where t.tenant_id = $1 and t.way = gone.way and t.kind = gone.kind and t.term = gone.term collate "C" and t.subject = gone.subject""",
        *_columns(sorted(terms), 4),
    )
    await tx.execute(
        """delete from search_gram g using unnest($2::text[], $3::bigint[]) gone(gram, entry_id)
           where g.tenant_id = $1 and g.gram = gone.gram collate "C" and g.entry_id = gone.entry_id""",
        *_columns(sorted(grams), 2),
    )


async def add_entries(tx: TenantTransaction, entries: Iterable[tuple[int, int, str, str, str, str]]) -> list[Record]:
    """(kind, field, key, label, detail, texts), of which no two are of one kind, field and key. Gives (id, …) of those that are new."""
    return await tx.fetch(
        """insert into search_entry (tenant_id, kind, field, key, label, detail, texts)
           select $1, * from unnest($2::smallint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])
           on conflict (tenant_id, kind, field, key) do nothing returning entry_id, kind, key, label, texts""",
        *_columns(sorted(entries), 6),
    )


async def add_places(tx: TenantTransaction, told: Iterable[tuple[int, int, str, str]]) -> None:
    """(kind, field, key, place): where entries were named."""
    await tx.execute(
        """insert into search_entry_place (tenant_id, entry_id, place)
           select $1, e.entry_id, told.place from unnest($2::smallint[], $3::bigint[], $4::text[], $5::text[]) told(kind, field, key, place)
           join search_entry e on e.tenant_id = $1 and e.kind = told.kind and e.field = told.field and e.key = told.key collate "C"
           order by e.entry_id, told.place collate "C" on conflict do nothing""",
        *_columns(sorted(told), 4),
    )


async def entries_by_key(tx: TenantTransaction, kind: int, keys: Collection[str]) -> list[Record]:
    """Entries of the catalogue, locked in order of their keys."""
    return await tx.fetch(
        """select entry_id, kind, key, label, texts from search_entry where tenant_id = $1 and kind = $2 and field = 0 and key = any($3::text[])
           order by key for no key update""",
        kind,
        list(keys),
    )


async def set_texts(tx: TenantTransaction, entries: Iterable[tuple[int, str]]) -> None:
    """(entry, texts)."""
    await tx.execute(
        """update search_entry e set texts = given.texts from unnest($2::bigint[], $3::text[]) given(entry_id, texts)
           where e.tenant_id = $1 and e.entry_id = given.entry_id""",
        *_columns(sorted(entries), 2),
    )


async def catalogue_keys(tx: TenantTransaction, kind: int, after: str, limit: int) -> list[str]:
    """Keys of the catalogue's products (1), locations (2) and partners (3), in order, from behind one."""
    rows = await tx.fetch(
        """select key from (
             select gtin as key from product where tenant_id = $1 and $2 = 1 and gtin > $3
             union all select place from location where tenant_id = $1 and $2 = 2 and place > $3
             union all select party from partner where tenant_id = $1 and $2 = 3 and party > $3) known
           order by key limit $4""",
        kind,
        after,
        limit,
    )
    return [row["key"] for row in rows]
