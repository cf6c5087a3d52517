"""Keeps the index current behind the captures: the worker reads what has been committed since, and captures pay one outbox row at most."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from backend.catalog import service as catalog
from backend.catalog.entries import Kind
from backend.events.canonical import CanonicalEvent
from backend.events.contexts import STANDARD_CONTEXT
from backend.events.json_text import read_json
from backend.events.reader import read_event
from backend.identifiers import ObjectKind
from backend.search import repository
from backend.search.kinds import FOUND_OBJECTS, SearchKind
from backend.search.terms import Entry, entry_grams, entry_terms, object_terms, texts_of
from backend.search.words import Word, label_of, words_of
from infra.database import Record, TenantTransaction
from infra.outbox import enqueue, take_together

TOPIC: Final = "search.index"
EVENTS_AT_ONCE: Final = 200
KEYS_AT_ONCE: Final = 200
_KINDS: Final = {Kind.PRODUCT: SearchKind.PRODUCT, Kind.LOCATION: SearchKind.PLACE, Kind.PARTNER: SearchKind.PARTNER}


async def ring(tx: TenantTransaction, _payload: dict[str, Any]) -> None:
    """After events were captured: have them indexed, in a job of its own, so that nothing else waits for it or fails with it."""
    await enqueue(tx, TOPIC, [{}])


async def index_next(tx: TenantTransaction, _payload: dict[str, Any]) -> None:
    """Index the next events of the tenant; where there are more, the bell is rung again."""
    # What rang while others indexed is answered once for all; whatever rings from here on is looked at again.
    await take_together(tx, TOPIC, EVENTS_AT_ONCE)
    if await index_events(tx):
        await enqueue(tx, TOPIC, [{}])


async def index_events(tx: TenantTransaction) -> bool:
    """Index the next events that aren't; says whether there may be more. One transaction of a tenant at a time."""
    rows = await repository.next_events(tx, await repository.lock_progress(tx), EVENTS_AT_ONCE)
    if not rows:
        return False
    await index_objects(tx, [row["event_id"] for row in rows])
    await _keep_words(tx, {row["event_id"]: (_places(row), _words(row)) for row in rows})
    await repository.set_progress(tx, rows[-1]["seq"])
    return len(rows) == EVENTS_AT_ONCE or bool(await repository.next_events(tx, rows[-1]["seq"], 1))


async def index_named(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """After a hold: what is held in advance was named by no event yet."""
    await index_objects(tx, (), payload["object_ids"])


async def index_objects(tx: TenantTransaction, events: Collection[int], objects: Collection[int] = ()) -> None:
    """Index what took part in events, further objects, and the lots of both."""
    rows = [row for row in await repository.objects_of(tx, events, objects) if row["kind"] in FOUND_OBJECTS]
    # A class with a GTIN is found as the product.
    named = [row for row in rows if row["kind"] != ObjectKind.PRODUCT_CLASS or row["gtin"] is None]
    await repository.add_terms(tx, {term for row in named for term in object_terms(row["object_id"], ObjectKind(row["kind"]), row["code"])})
    gtins = {row["gtin"] for row in rows if row["gtin"] is not None}
    await _add(tx, {Word(SearchKind.PRODUCT, 0, gtin, gtin, "") for gtin in gtins})


def _words(row: Record) -> list[Word]:
    body, context = (read_json(row[name].encode()).value for name in ("body", "context"))
    event = read_event({"@context": [STANDARD_CONTEXT, *context], **body})
    return words_of(event) if isinstance(event, CanonicalEvent) else []


def _places(row: Record) -> set[str]:
    return {place for place in (row["read_point"], row["biz_location"]) if place is not None}


async def _keep_words(tx: TenantTransaction, told: dict[int, tuple[set[str], list[Word]]]) -> None:
    await _add(tx, {word for _, words in told.values() for word in words})
    places = {(int(word.kind), word.field, word.key, place) for at, words in told.values() for word in words for place in at}
    if places:
        await repository.add_places(tx, places)


async def _add(tx: TenantTransaction, words: Iterable[Word]) -> None:
    # One key may be told with several labels; the first is as good as any.
    by_key = {(word.kind, word.field, word.key): word for word in sorted(words)}
    if not by_key:
        return
    new = await repository.add_entries(
        tx, [(int(word.kind), word.field, word.key, word.label, word.detail, texts_of(word.label)) for word in by_key.values()]
    )
    await _add_terms(tx, [(row["entry_id"], _entry(row)) for row in new])


def _entry(row: Record) -> Entry:
    return Entry(SearchKind(row["kind"]), row["key"], row["label"], row["texts"])


async def _add_terms(tx: TenantTransaction, entries: list[tuple[int, Entry]]) -> None:
    if entries:
        await repository.add_terms(tx, {term for entry_id, entry in entries for term in entry_terms(entry_id, entry)})
        await repository.add_grams(tx, {gram for entry_id, entry in entries for gram in entry_grams(entry_id, entry)})


async def index_catalogue(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """After the catalogue changed: find its entries (`kind`, `keys`) by the names that they have now, in every language."""
    kind = Kind(payload["kind"])
    names = await _names(tx, kind, payload["keys"])
    await _add(tx, {Word(_KINDS[kind], 0, key, label_of(key), "") for key in names})
    rows = await repository.entries_by_key(tx, int(_KINDS[kind]), names)
    before = {row["entry_id"]: _entry(row) for row in rows}
    after = {entry_id: entry._replace(texts=texts_of(entry.label, names[entry.key])) for entry_id, entry in before.items()}
    changed = [entry_id for entry_id, entry in after.items() if entry != before[entry_id]]
    if not changed:
        return
    gone = {term for entry_id in changed for term in entry_terms(entry_id, before[entry_id]) - entry_terms(entry_id, after[entry_id])}
    pieces = {gram for entry_id in changed for gram in entry_grams(entry_id, before[entry_id]) - entry_grams(entry_id, after[entry_id])}
    await repository.remove(tx, gone, pieces)
    await repository.set_texts(tx, [(entry_id, after[entry_id].texts) for entry_id in changed])
    await _add_terms(tx, [(entry_id, after[entry_id]) for entry_id in changed])


async def _names(tx: TenantTransaction, kind: Kind, keys: Collection[str]) -> dict[str, list[str]]:
    if kind is Kind.PRODUCT:
        return {key: list(found.names.values()) for key, found in (await catalog.products_by_gtin(tx, keys)).items()}
    if kind is Kind.LOCATION:
        return {key: list(found.names.values()) for key, found in (await catalog.locations_by_place(tx, keys)).items()}
    return {key: list(found.names.values()) for key, found in (await catalog.partners_by_party(tx, keys)).items()}


async def index_whole_catalogue(tx: TenantTransaction, kind: Kind, after: str) -> str | None:
    """The next entries of the catalogue behind a key, for a database of before the index; the key to go on behind, None at the end."""
    keys = await repository.catalogue_keys(tx, int(kind), after, KEYS_AT_ONCE)
    if keys:
        await index_catalogue(tx, {"kind": int(kind), "keys": keys})
    return keys[-1] if len(keys) == KEYS_AT_ONCE else None
