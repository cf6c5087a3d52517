"""Statements that look things up in the index; each reads a bounded number of rows, however much there is."""

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

from backend.catalog.sites import Sites, fenced
from backend.search.folding import Way, beyond
from backend.search.kinds import CATALOGUE_KINDS, FOUND_OBJECTS
from infra.database import Record, TenantTransaction

# How many entries of a piece of a text are looked at, and of how many the whole text where every piece of it is frequent.
OF_A_GRAM: Final = 400
LOOKED_THROUGH: Final = 2_000


async def by_terms(tx: TenantTransaction, prefixes: Sequence[tuple[Way, str]], kinds: Collection[int], limit: int) -> list[Record]:
    """(way, kind, subject, term, prefix) of the first terms with each prefix, of each kind so many, in order of the terms."""
    return await tx.fetch(
        """select asked.way, asked.low as prefix, found.kind, found.subject, found.term
           from unnest($2::smallint[], $3::text[], $4::text[]) asked(way, low, high)
           cross join unnest($5::smallint[]) of(kind)
           cross join lateral (
             select t.kind, t.subject, t.term from search_term t
             where t.tenant_id = $1 and t.way = asked.way and t.kind = of.kind
               and t.term >= asked.low collate "C" and t.term < asked.high collate "C"
             order by t.term, t.subject limit $6) found""",
        [int(way) for way, _ in prefixes],
        [prefix for _, prefix in prefixes],
        [beyond(prefix) for _, prefix in prefixes],
        [int(kind) for kind in kinds],
        limit,
    )


async def by_codes(tx: TenantTransaction, keys: Collection[str], codes: Collection[str], kinds: Collection[int], limit: int) -> list[Record]:
    """Objects with one of these keys, then those with one of these codes, newest first: found before they are indexed."""
    return await tx.fetch(
        """(select object_id, kind, key, gtin, code, true as by_key from traceable_object
            where tenant_id = $1 and key = any($2::text[]) and kind = any($4::smallint[]))
           union all
           (select object_id, kind, key, gtin, code, false from traceable_object
            where tenant_id = $1 and code = any($3::text[]) and kind = any($4::smallint[]) order by object_id desc limit $5)""",
        list(keys),
        list(codes),
        [int(kind) for kind in kinds],
        limit,
    )


async def by_key_prefix(tx: TenantTransaction, prefix: str, kinds: Collection[int], limit: int) -> list[Record]:
    """Objects whose canonical key begins so, in order of the keys."""
    return await tx.fetch(
        """select object_id, kind, key, gtin, code from traceable_object
           where tenant_id = $1 and key >= $2 and key < $3 and kind = any($4::smallint[]) order by key limit $5""",
        prefix,
        beyond(prefix),
        [int(kind) for kind in kinds],
        limit,
    )


async def newest_lots(tx: TenantTransaction, gtins: Collection[str], kind: int, of_each: int) -> list[Record]:
    """The newest objects of a kind of these products, of each so many."""
    return await tx.fetch(
        """select found.* from unnest($2::text[]) product(gtin)
           cross join lateral (
             select o.object_id, o.kind, o.key, o.gtin, o.code from traceable_object o
             where o.tenant_id = $1 and o.gtin = product.gtin collate "C" and o.kind = $3 order by o.object_id desc limit $4) found""",
        list(gtins),
        kind,
        of_each,
    )


async def with_grams(tx: TenantTransaction, grams: Sequence[str]) -> list[Record]:
    """(gram, entry) of the newest entries with each of these pieces, of each at most `OF_A_GRAM`."""
    return await tx.fetch(
        """select found.gram, found.entry_id from unnest($2::text[]) asked(gram)
           cross join lateral (
             select g.gram, g.entry_id from search_gram g where g.tenant_id = $1 and g.gram = asked.gram collate "C"
             order by g.entry_id desc limit $3) found""",
        list(grams),
        OF_A_GRAM,
    )


async def entries_with_infix(
    tx: TenantTransaction, entries: Collection[int], infix: str, kinds: Collection[int], *, limit: int, sites: Sites | None
) -> list[Record]:
    """Those of these entries that hold the infix in a line of their texts, newest first, and may be seen at the sites."""
    seen = _seen(sites, at=6)
    return await tx.fetch(
        f"""select e.entry_id, e.kind, e.field, e.key, e.label, e.detail, e.texts, {seen.named} as named from search_entry e
            where e.tenant_id = $1 and e.entry_id = any($2::bigint[]) and e.kind = any($4::smallint[]) and strpos(e.texts, $3) > 0{seen.condition}
            order by e.entry_id desc limit $5""",
        list(entries),
        infix,
        [int(kind) for kind in kinds],
        limit,
        *seen.values,
    )


async def entries_with_frequent_infix(
    tx: TenantTransaction, gram: str, infix: str, kinds: Collection[int], *, limit: int, sites: Sites | None
) -> list[Record]:
    """The same of the newest entries with a piece, of which it looks through `LOOKED_THROUGH`."""
    seen = _seen(sites, at=7)
    return await tx.fetch(
        f"""select e.entry_id, e.kind, e.field, e.key, e.label, e.detail, e.texts, {seen.named} as named
            from (select g.entry_id from search_gram g where g.tenant_id = $1 and g.gram = $2 order by g.entry_id desc limit $6) newest
            join search_entry e on e.tenant_id = $1 and e.entry_id = newest.entry_id
            where e.kind = any($4::smallint[]) and strpos(e.texts, $3) > 0{seen.condition}
            order by e.entry_id desc limit $5""",
        gram,
        infix,
        [int(kind) for kind in kinds],
        limit,
        LOOKED_THROUGH,
        *seen.values,
    )


async def entries(tx: TenantTransaction, ids: Collection[int], sites: Sites | None) -> list[Record]:
    """Entries that may be seen at the sites."""
    seen = _seen(sites, at=3)
    return await tx.fetch(
        f"""select e.entry_id, e.kind, e.field, e.key, e.label, e.detail, e.texts, {seen.named} as named from search_entry e
            where e.tenant_id = $1 and e.entry_id = any($2::bigint[]){seen.condition}""",
        list(ids),
        *seen.values,
    )


class _Seen(NamedTuple):
    """`named` says whether an entry was named at the sites; what isn't of the catalogue must be."""

    named: str
    condition: str
    values: tuple[Any, ...]


def _seen(sites: Sites | None, *, at: int) -> _Seen:
    """What only events tell is seen where such an event happened; what may be seen of the catalogue besides is the catalogue's to say."""
    if sites is None:
        return _Seen("true", "", ())
    fence = fenced(sites, "p.place", at=at + 1)
    named = f"exists (select from search_entry_place p where p.tenant_id = $1 and p.entry_id = e.entry_id{fence.condition})"
    return _Seen(named, f" and (e.kind = any(${at}::smallint[]) or {named})", ([int(kind) for kind in CATALOGUE_KINDS], *fence.values))


async def fields_of(tx: TenantTransaction, kinds: Collection[int], terms: Collection[str], limit: int) -> list[Record]:
    """Entries of these kinds with a text or key that is so, as far as terms tell it."""
    return await tx.fetch(
        """select distinct e.kind, e.field, e.key, e.label, e.detail, e.texts from unnest($2::smallint[]) of(kind)
           cross join unnest($3::text[]) asked(term)
           join search_term t on t.tenant_id = $1 and t.way = 1 and t.kind = of.kind and t.term = asked.term collate "C"
           join search_entry e on e.tenant_id = $1 and e.entry_id = t.subject
           order by e.kind, e.field, e.key limit $4""",
        [int(kind) for kind in kinds],
        list(terms),
        limit,
    )


KNOWN_KINDS: Final = sorted(int(kind) for kind in FOUND_OBJECTS)
