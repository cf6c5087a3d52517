"""On which objects a hold stands: a scope is checked, and resolved to objects, in bounded sets.

What falls into a scope later, because it is told later or the window still runs, is added by the projection in the transaction that
captures it (`projection.py`), by the same rule.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from backend.catalog.errors import OutsideSitesError
from backend.catalog.sites import Sites
from backend.events.fields.names import standard
from backend.events.vocabulary import BUSINESS_STEP
from backend.genealogy.rules import INFINITY
from backend.holds import root_repository
from backend.holds.errors import HoldScopeTooLargeError
from backend.holds.root_repository import RootRow
from backend.holds.scopes import Scope, ScopeKind, Watched, passed
from backend.identifiers import IdentifierRole, ObjectKind, parse_identifier
from backend.objects import service as objects
from backend.objects.errors import ObjectNotFoundError
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError

MAXIMUM_KEYS: Final = 1_000
MAXIMUM_ROOTS: Final = 10_000
# Of a window of equipment, whose events are looked through one by one.
MAXIMUM_EVENTS: Final = 10_000
WORD_LENGTH: Final = 240
SOURCES: Final = (standard("source", "owning_party"), standard("source", "possessing_party"))
# What may be filled again with something else is held only for what lay in it then.
_REUSED: Final = frozenset({ObjectKind.ASSET, ObjectKind.TANK})


def checked(scope: Scope) -> Scope:
    """The scope with canonical URIs and words. Raises `InvalidInputError`, with the field."""
    if scope.since and scope.until and scope.since >= scope.until:
        raise InvalidInputError("The window ends before it begins: “since” must be earlier than “until”.", field="scope.since")
    if scope.kind is ScopeKind.OBJECTS:
        if not 1 <= len(scope.keys) <= MAXIMUM_KEYS:
            raise InvalidInputError(f"A hold is placed on 1 to {MAXIMUM_KEYS:,} objects; these are {len(scope.keys):,}.", field="scope.objects")
        return scope
    if scope.kind is ScopeKind.SUPPLIER:
        return replace(scope, party=_uri(scope.party, "party"), gtin=_gtin(scope.gtin))
    if scope.kind is ScopeKind.EQUIPMENT:
        return replace(scope, equipment=_word(scope.equipment, "equipment"))
    step = BUSINESS_STEP.canonical(_word(scope.step, "step"), {})
    if step is None:
        raise InvalidInputError(f"“{scope.step}” is no business step of CBV 2.0 and no URI.", field="scope.step")
    return replace(scope, step=step, place=_uri(scope.place, "place") if scope.place else None)


def _word(text: str | None, name: str) -> str:
    cleaned = (text or "").strip()
    if not cleaned or len(cleaned) > WORD_LENGTH or "\x00" in cleaned:
        raise InvalidInputError(f"“{name}” must have 1 to {WORD_LENGTH} characters, without NUL.", field=f"scope.{name}")
    return cleaned


def _uri(text: str | None, name: str) -> str:
    return parse_identifier(_word(text, name), role=IdentifierRole.PLACE).uri


def _gtin(text: str | None) -> str | None:
    if text is None:
        return None
    word = _word(text, "gtin")
    gtin = word.zfill(14) if word.isascii() and word.isdigit() and len(word) <= 14 else ""
    found = parse_identifier(f"01/{gtin}" if gtin else word, role=IdentifierRole.TYPED).gtin
    if found is None:
        raise InvalidInputError(f"“{text[:60]}” names no product: give a GTIN, or an identifier that holds one.", field="scope.gtin")
    return found


def fence(scope: Scope, sites: Sites | None) -> None:
    """Raise `OutsideSitesError` unless whoever is limited to these sites may hold such a scope: a step or a reader there, and no supplier."""
    if sites is None or scope.kind is ScopeKind.OBJECTS:
        return
    here = scope.place if scope.kind is ScopeKind.STEP else scope.equipment if scope.kind is ScopeKind.EQUIPMENT else None
    if not sites.cover(here):
        raise OutsideSitesError("The scope reaches beyond your sites.", field="scope")


async def named(tx: TenantTransaction, keys: Iterable[str], sites: Sites | None, *, announce: bool) -> list[objects.TraceableObject]:
    """The objects of a scope of objects, once each. With `announce`, lots, units and pallets not met yet are held in advance."""
    found: dict[int, objects.TraceableObject] = {}
    for key in keys:
        # Whoever is limited to sites holds what is met there; in advance only somebody without a limit, or the answer would tell of others' goods.
        thing = await _find_or_announce(tx, key) if announce and sites is None else await objects.find(tx, key, sites)
        found[thing.object_id] = thing
    return list(found.values())


async def _find_or_announce(tx: TenantTransaction, key: str) -> objects.TraceableObject:
    try:
        return await objects.find(tx, key)
    except ObjectNotFoundError:
        identifier = parse_identifier(key.strip())
        if identifier.kind not in (ObjectKind.LOT, ObjectKind.UNIT, ObjectKind.LOGISTIC_UNIT) or not identifier.is_gs1:
            raise
        ids = await objects.resolve(tx, [identifier])
        return (await objects.load(tx, ids.values()))[ids[identifier.key]]


def rows_of_objects(hold_id: UUID, things: Iterable[objects.TraceableObject], at: datetime) -> list[RootRow]:
    """What a hold stands on that names its objects: containers by name, from now on."""
    return [(hold_id, thing.object_id, 0, at, INFINITY, None) for thing in things]


async def rows_in_window(tx: TenantTransaction, hold_id: UUID, scope: Scope) -> list[RootRow]:
    """What falls into a scope so far. Raises `HoldScopeTooLargeError`."""
    event_ids = await _events_in(tx, scope)
    if len(event_ids) > MAXIMUM_EVENTS:
        raise HoldScopeTooLargeError(f"More than {MAXIMUM_EVENTS:,} events", MAXIMUM_EVENTS)
    rows = await root_repository.concerned(tx, event_ids, scope.gtin, 2 * MAXIMUM_ROOTS + 1) if event_ids else []
    if len({row["object_id"] for row in rows}) > MAXIMUM_ROOTS or len(rows) > 2 * MAXIMUM_ROOTS:
        raise HoldScopeTooLargeError(f"More than {MAXIMUM_ROOTS:,} objects", MAXIMUM_ROOTS)
    return [_row(hold_id, scope, row) for row in rows]


async def rows_of_events(tx: TenantTransaction, watched: Iterable[Watched], fallen: Collection[tuple[UUID, int]]) -> list[RootRow]:
    """What is added to holds because of (hold, event) that fell into their scopes; facts have no bound, they come in parts by themselves."""
    scopes = {one.hold_id: one.scope for one in watched}
    found: list[RootRow] = []
    for gtin in {scopes[hold_id].gtin for hold_id, _ in fallen}:
        rows = await root_repository.concerned(tx, {event for hold, event in fallen if scopes[hold].gtin == gtin}, gtin, 1_000_000)
        by_event: dict[int, list[Record]] = {}
        for row in rows:
            by_event.setdefault(row["event_id"], []).append(row)
        found += [
            _row(hold_id, scopes[hold_id], row) for hold_id, event_id in fallen if scopes[hold_id].gtin == gtin for row in by_event.get(event_id, ())
        ]
    return found


def _row(hold_id: UUID, scope: Scope, row: Record) -> RootRow:
    until = row["event_time"] if row["kind"] in _REUSED else INFINITY
    return (hold_id, row["object_id"], row["event_id"], row["event_time"], until, scope.gtin)


async def _events_in(tx: TenantTransaction, scope: Scope) -> list[int]:
    limit = MAXIMUM_EVENTS + 1
    if scope.kind is ScopeKind.SUPPLIER:
        return await root_repository.delivered(tx, scope, SOURCES, limit)
    if scope.kind is ScopeKind.STEP:
        return await root_repository.stepped(tx, scope, limit)
    rows = await root_repository.perhaps_passed(tx, scope, limit)
    if len(rows) == limit:
        return [row["event_id"] for row in rows]
    equipment = scope.equipment or ""
    return [row["event_id"] for row in rows if passed(equipment, row["read_point"], row["biz_location"], msgspec.json.decode(row["body"]))]


async def watched(tx: TenantTransaction) -> list[Watched]:
    """The scopes into which events to come may fall."""
    return [Watched(row["hold_id"], scope_of(row)) for row in await root_repository.watching(tx)]


def scope_of(row: Record) -> Scope:
    """The scope as it was declared, but for the objects of one that names objects."""
    return Scope(
        ScopeKind(row["scope_kind"]), party=row["party"], gtin=row["gtin"], equipment=row["equipment"], step=row["step"], place=row["place"],
        since=row["since"], until=row["until"],
    )  # fmt: skip
