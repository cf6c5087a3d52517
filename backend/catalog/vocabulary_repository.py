"""Statements on vocabulary elements: what each source tells of them, now and through time, and by what they are found."""

from collections.abc import Collection, Sequence
from datetime import datetime

from backend.catalog.attributes import CHILDREN
from infra.database import Record, TenantTransaction

Key = tuple[str, str]
# (vocabulary, element, as captured, body, digest)
Row = tuple[str, str, str, str, str]


def _columns(rows: Sequence[tuple[str, ...]], width: int) -> list[list[str]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


async def digests(tx: TenantTransaction, keys: Sequence[Key], *, source: str, moment: datetime) -> dict[Key, str]:
    """What a source told of these elements, as it held at a moment."""
    rows = await tx.fetch(
        """select n.vocabulary, n.element, v.digest from unnest($2::text[], $3::text[]) as n(vocabulary, element)
           cross join lateral (
             select digest from vocabulary_version v
             where v.tenant_id = $1 and v.vocabulary = n.vocabulary and v.element = n.element and v.source = $4 and v.valid_from <= $5
             order by v.valid_from desc, v.version_id desc limit 1) v""",
        *_columns(keys, 2),
        source,
        moment,
    )
    return {(row["vocabulary"], row["element"]): row["digest"] for row in rows}


async def add(tx: TenantTransaction, rows: Sequence[Row], *, source: str, own: bool, teller: str, valid_from: datetime) -> dict[Key, bool]:
    """Keep what was told from a moment on; gives the elements of which nothing later is known, whose attributes are these
    now, and whether the source told anything of each before."""
    current = await tx.fetch(
        """insert into vocabulary_element as e (tenant_id, vocabulary, element, source, captured, own, teller, body, valid_from)
           select $1, n.vocabulary, n.element, $7, n.captured, $8, $9, n.body, $10
           from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) as n(vocabulary, element, captured, body, digest)
           order by n.vocabulary collate "C", n.element collate "C"
           on conflict (tenant_id, vocabulary, element, source) do update set captured = excluded.captured, own = excluded.own,
             teller = excluded.teller, body = excluded.body, valid_from = excluded.valid_from, updated_at = now()
           where e.valid_from <= excluded.valid_from
           returning vocabulary, element, xmax = 0 as first""",
        *_columns(rows, 5),
        source,
        own,
        teller,
        valid_from,
    )
    await tx.execute(
        """insert into vocabulary_version (tenant_id, vocabulary, element, source, valid_from, own, teller, body, digest)
           select $1, n.vocabulary, n.element, $6, $7, $8, $9, n.body, n.digest
           from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as n(vocabulary, element, body, digest) returning version_id""",
        *_columns([(vocabulary, element, body, digest) for vocabulary, element, _, body, digest in rows], 4),
        source,
        valid_from,
        own,
        teller,
    )
    return {(row["vocabulary"], row["element"]): not row["first"] for row in current}


async def forget(tx: TenantTransaction, keys: Collection[Key], *, source: str) -> None:
    """These elements of a source are found by nothing any more."""
    await tx.execute(
        """delete from vocabulary_attribute where tenant_id = $1 and element = any($3::text[]) and source = $4
             and (vocabulary, element) in (select n.vocabulary, n.element from unnest($2::text[], $3::text[]) as n(vocabulary, element))""",
        *_columns(list(keys), 2),
        source,
    )


async def index(tx: TenantTransaction, values: Sequence[tuple[str, str, str, str]], *, source: str) -> None:
    """Find elements of a source by these values (vocabulary, element, attribute, value)."""
    await tx.execute(
        """insert into vocabulary_attribute (tenant_id, vocabulary, element, attribute, value, source)
           select $1, n.vocabulary, n.element, n.attribute, n.value, $6
           from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as n(vocabulary, element, attribute, value) on conflict do nothing""",
        *_columns(values, 4),
        source,
    )


async def told_of(tx: TenantTransaction, elements: Collection[str], *, limit: int) -> list[Record]:
    """What every source tells now of these elements, the company's own first, then the newest."""
    return await tx.fetch(
        """select vocabulary, element, source, captured, own, teller, body, valid_from from vocabulary_element
           where tenant_id = $1 and element = any($2::text[])
           order by element, vocabulary, own desc, valid_from desc, source limit $3""",
        list(elements),
        limit,
    )


async def having(tx: TenantTransaction, attribute: str, values: Collection[str] | None, *, limit: int) -> list[str]:
    """Elements that have an attribute, or one of these values of it."""
    rows = await tx.fetch(
        """select distinct element from vocabulary_attribute
           where tenant_id = $1 and attribute = $2 and ($3::text[] is null or value = any($3::text[])) limit $4""",
        attribute,
        None if values is None else list(values),
        limit,
    )
    return [row["element"] for row in rows]


async def below(tx: TenantTransaction, elements: Collection[str], *, limit: int) -> list[str]:
    """These elements and everything that they hold, through every level, by what was told and by the catalogue's places; circles end."""
    rows = await tx.fetch(
        """with recursive within(element) as (
             select given.element collate "C" from unnest($2::text[]) as given(element)
             union
             select found.element from within w cross join lateral (
               select a.value as element from vocabulary_attribute a where a.tenant_id = $1 and a.element = w.element and a.attribute = $3
               union all
               select l.place from location l where l.tenant_id = $1 and l.parent_place = w.element) found)
           select element from within limit $4""",
        list(elements),
        CHILDREN,
        limit,
    )
    return [row["element"] for row in rows]


async def children_of(tx: TenantTransaction, elements: Collection[str], *, limit: int) -> list[Record]:
    """(element, child) of the places that the catalogue puts directly into these."""
    return await tx.fetch(
        """select parent_place as element, place as child from location
           where tenant_id = $1 and parent_place = any($2::text[]) order by place limit $3""",
        list(elements),
        limit,
    )


async def parents_up(tx: TenantTransaction, places: Collection[str], *, limit: int) -> dict[str, str]:
    """The parent of each of these places and of everything above them, by the catalogue."""
    rows = await tx.fetch(
        """with recursive up(place, parent) as (
             select l.place, l.parent_place from location l where l.tenant_id = $1 and l.place = any($2::text[]) and l.parent_place is not null
             union
             select l.place, l.parent_place from up u join location l on l.tenant_id = $1 and l.place = u.parent where l.parent_place is not null)
           select place, parent from up limit $3""",
        list(places),
        limit,
    )
    return {row["place"]: row["parent"] for row in rows}


async def page(tx: TenantTransaction, *, vocabularies: Collection[str] | None, elements: Collection[str] | None, after: Key, limit: int) -> list[Key]:
    """(vocabulary, element) from behind one, of these vocabularies and of these elements, where they are limited."""
    rows = await tx.fetch(
        """select distinct vocabulary, element from vocabulary_element
           where tenant_id = $1 and (vocabulary, element) > ($2::text, $3::text)
             and ($4::text[] is null or vocabulary = any($4::text[])) and ($5::text[] is null or element = any($5::text[]))
           order by vocabulary, element limit $6""",
        *after,
        None if vocabularies is None else list(vocabularies),
        None if elements is None else list(elements),
        limit,
    )
    return [(row["vocabulary"], row["element"]) for row in rows]
