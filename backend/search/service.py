"""Search as you type: everything that a text may mean, the best first, limited to what the reader may see."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final

from backend.catalog import service as catalog
from backend.catalog.sites import Sites
from backend.objects import service as objects
from backend.objects.nearest import candidates, nearest
from backend.objects.service import TraceableObject
from backend.search import query_repository as repository
from backend.search.folding import Way, fold, grams_asked
from backend.search.kinds import CATALOGUE_KINDS, OBJECT_KINDS, TOLD_KINDS, SearchKind
from backend.search.ranking import Hit, How, Where, ranked
from backend.search.reading import LONGEST_TEXT, Asked, read
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError

__all__ = ["MOST_HITS", "Found", "Sight", "candidates", "nearest", "search"]

MOST_HITS: Final = 50
# Of each kind and way so many are looked at; of somebody who is limited to sites more, because most may be elsewhere.
LOOKED_AT: Final = 60
LOOKED_AT_FOR_SITES: Final = 400
SHORTEST_END: Final = 2
LOTS_OF_A_PRODUCT: Final = 3
_HOW: Final = {Way.START: How.PREFIX, Way.WORD: How.WORD, Way.END: How.SUFFIX}


@dataclass(frozen=True, slots=True)
class Sight:
    """What a reader may be shown: kinds of things, and the sites where objects are met, events are read and the catalogue counts."""

    objects: Sites | None = None
    events: Sites | None = None
    catalogue: Sites | None = None
    kinds: frozenset[SearchKind] = frozenset(SearchKind)


@dataclass(frozen=True, slots=True)
class Found:
    """The best hits; `more`: there is, or may be, more than was looked at."""

    hits: list[Hit]
    more: bool


async def search(tx: TenantTransaction, text: str, sight: Sight, *, kinds: Collection[SearchKind] = (), first: int = 20) -> Found:
    """What a text finds, typed, pasted or scanned. Bounded by what is looked at, never by what there is.

    Raises `InvalidInputError` for more than 8,192 characters, and for another number of hits than 1 to 50.
    """
    if len(text) > LONGEST_TEXT:
        raise InvalidInputError(f"“text” has {len(text)} characters; at most {LONGEST_TEXT} are read.", field="text")
    if not 1 <= first <= MOST_HITS:
        raise InvalidInputError(f"“first” is {first}; it must be from 1 to {MOST_HITS}.", field="first")
    wanted = sight.kinds & frozenset(kinds or SearchKind)
    asked = read(text)
    if asked.is_empty or not wanted:
        return Found([], more=False)
    of_objects = [kind for kind in OBJECT_KINDS if kind in wanted]
    looked_at = LOOKED_AT if sight.objects is None and sight.events is None else LOOKED_AT_FOR_SITES
    terms = await _by_terms(tx, asked, wanted, looked_at)
    by_object = [row for row in terms if row["kind"] in OBJECT_KINDS]
    hits = await _of_objects(tx, asked, by_object, of_objects, looked_at) if of_objects else []
    entries, cut = await _of_entries(tx, asked, [row for row in terms if row["kind"] not in OBJECT_KINDS], wanted, sight)
    if SearchKind.LOT in wanted:
        hits += await _lots_of(tx, [hit for hit in entries if hit.kind is SearchKind.PRODUCT], first, sight.objects)
    met = await objects.met_at(tx, {hit.subject for hit in hits}, sight.objects)
    kept = [hit for hit in hits if hit.subject in met] + entries
    best = ranked(kept, first)
    full = cut or _is_cut(terms, looked_at) or len({(hit.thing is None, hit.subject) for hit in kept}) > len(best)
    return Found(best, full)


async def _by_terms(tx: TenantTransaction, asked: Asked, kinds: Iterable[SearchKind], limit: int) -> list[Record]:
    prefixes = [(way, form) for form in asked.forms for way in (Way.START, Way.WORD)]
    prefixes += [(Way.END, form[::-1]) for form in asked.forms if len(form) >= SHORTEST_END]
    return await repository.by_terms(tx, prefixes, sorted(kinds), limit) if prefixes else []


def _is_cut(terms: list[Record], limit: int) -> bool:
    counts: dict[tuple[int, str, int], int] = {}
    for row in terms:
        of = (row["way"], row["prefix"], row["kind"])
        counts[of] = counts.get(of, 0) + 1
    return any(count >= limit for count in counts.values())


async def _of_objects(tx: TenantTransaction, asked: Asked, terms: list[Record], kinds: list[SearchKind], limit: int) -> list[Hit]:
    rows = await repository.by_codes(tx, asked.keys, asked.codes, kinds, limit)
    exact = [_hit(TraceableObject.from_row(row), How.EXACT, Where.KEY if row["by_key"] else Where.CODE) for row in rows]
    if asked.key_prefix is not None and not any(row["by_key"] for row in rows):
        begun = await repository.by_key_prefix(tx, asked.key_prefix, kinds, limit)
        exact += [_hit(TraceableObject.from_row(row), How.PREFIX, Where.KEY) for row in begun]
    things = await objects.load(tx, {row["subject"] for row in terms})
    return exact + [_hit(things[row["subject"]], _how(row), Where.CODE) for row in terms if row["subject"] in things]


def _hit(thing: TraceableObject, how: How, where: Where) -> Hit:
    matched = thing.key if where is Where.KEY else thing.code
    return Hit(SearchKind(int(thing.kind)), thing.object_id, thing.key, thing.code, how, where, matched, thing=thing)


def _how(row: Record) -> How:
    return How.SAME if row["way"] == Way.START and row["term"] == row["prefix"] else _HOW[Way(row["way"])]


async def _of_entries(tx: TenantTransaction, asked: Asked, terms: list[Record], kinds: frozenset[SearchKind], sight: Sight) -> tuple[list[Hit], bool]:
    """Entries by their terms and by infix; whether there may be more by infix."""
    wanted = [kind for kind in (*CATALOGUE_KINDS, *TOLD_KINDS) if kind in kinds]
    if not wanted:
        return [], False
    rows = {row["entry_id"]: row for row in await repository.entries(tx, {row["subject"] for row in terms}, sight.events)}
    inside: list[Record] = []
    cut = False
    for form in asked.forms[:1]:
        inside, cut = await _by_infix(tx, form, wanted, sight.events)
    seen = await _seen(tx, [*rows.values(), *inside], sight)
    hits = [_entry_hit(rows[row["subject"]], _how(row), row["prefix"]) for row in terms if row["subject"] in rows.keys() & seen]
    return hits + [_entry_hit(row, How.INFIX, asked.forms[0]) for row in inside if row["entry_id"] in seen], cut


def _entry_hit(row: Record, how: How, form: str) -> Hit:
    label = fold(row["label"])
    text = form[::-1] if how is How.SUFFIX else form
    by_code = text in label or text in fold(row["key"])
    line = next((line for line in row["texts"].split("\n") if text in line), row["label"])
    if how is How.SAME and row["label"] == text:
        how = How.EXACT
    return Hit(
        SearchKind(row["kind"]), row["entry_id"], row["key"], row["label"], how, Where.CODE if by_code else Where.NAME,
        row["label"] if by_code else line, row["detail"],
    )  # fmt: skip


async def _by_infix(tx: TenantTransaction, form: str, kinds: Collection[SearchKind], sites: Sites | None) -> tuple[list[Record], bool]:
    """By the piece of the text that the fewest have; where all are frequent, among the newest that have one of them."""
    pieces = grams_asked(form)
    if not pieces:
        return [], False
    # Of a long text a few pieces tell enough.
    asked = pieces[:: max(1, len(pieces) // 4)][:6]
    having: dict[str, list[int]] = {piece: [] for piece in asked}
    for row in await repository.with_grams(tx, asked):
        having[row["gram"]].append(row["entry_id"])
    rarest = min(asked, key=lambda piece: len(having[piece]))
    if len(having[rarest]) < repository.OF_A_GRAM:
        found = await repository.entries_with_infix(tx, having[rarest], form, kinds, limit=MOST_HITS, sites=sites) if having[rarest] else []
        return found, len(found) == MOST_HITS
    return await repository.entries_with_frequent_infix(tx, rarest, form, kinds, limit=MOST_HITS, sites=sites), True


async def _seen(tx: TenantTransaction, rows: list[Record], sight: Sight) -> set[int]:
    """The entries that the reader sees: of the catalogue those that it shows at his sites, and what events at his sites have named."""
    if sight.events is None and sight.catalogue is None:
        return {row["entry_id"] for row in rows}
    keys = {kind: {row["key"] for row in rows if row["kind"] == kind} for kind in CATALOGUE_KINDS}
    known = set(await catalog.products_by_gtin(tx, keys[SearchKind.PRODUCT])) | set(await catalog.partners_by_party(tx, keys[SearchKind.PARTNER]))
    known |= set(await catalog.locations_by_place(tx, keys[SearchKind.PLACE], sight.catalogue))
    covered = {place for place in keys[SearchKind.PLACE] if sight.catalogue is None or sight.catalogue.cover(place)}
    return {row["entry_id"] for row in rows if row["key"] in known | covered or (row["named"] and row["kind"] != SearchKind.PLACE)} | {
        row["entry_id"] for row in rows if row["kind"] not in CATALOGUE_KINDS
    }


async def _lots_of(tx: TenantTransaction, products: list[Hit], first: int, sites: Sites | None) -> list[Hit]:
    """The newest lots, of those that the sites meet, of the products that were found best."""
    best = [hit for hit in ranked(products, first) if hit.where is Where.NAME or hit.how < How.SUFFIX][:LOTS_OF_A_PRODUCT]
    if not best:
        return []
    by_gtin = {hit.key: hit for hit in best}
    looked_at = LOTS_OF_A_PRODUCT if sites is None else LOOKED_AT
    rows = await repository.newest_lots(tx, list(by_gtin), int(SearchKind.LOT), looked_at)
    met = await objects.met_at(tx, {row["object_id"] for row in rows}, sites)
    of_each = {gtin: [row for row in rows if row["gtin"] == gtin and row["object_id"] in met][:LOTS_OF_A_PRODUCT] for gtin in by_gtin}
    rows = [row for several in of_each.values() for row in several]
    return [replace(_hit(TraceableObject.from_row(row), How.INFIX, Where.PRODUCT), matched=by_gtin[row["gtin"]].matched) for row in rows]
