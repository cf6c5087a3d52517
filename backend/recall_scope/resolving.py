"""From what a case suspects to where a walk begins; and the scopes by which holds stand on all of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from backend.genealogy import query_service as genealogy
from backend.genealogy.containment import CONTAINERS
from backend.genealogy.rules import INFINITY
from backend.holds import standing
from backend.holds.errors import HoldScopeTooLargeError
from backend.holds.roots import checked
from backend.holds.scopes import LONG_AGO, Scope
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.recall_scope import reach_repository, references
from backend.recall_scope.errors import ScopeTooLargeError
from backend.recall_scope.reaching import MOST_LINKS, Seeds
from backend.recall_scope.sources import Bounds, Source, SourceKind
from backend.trace.impact import part_of
from backend.trace.parts import Part
from infra.database import TenantTransaction
from infra.errors import InvalidInputError

MOST_SOURCES: Final = 1_000
MOST_WORDS: Final = 200
LONGEST_KEY: Final = 2_000
_KEYS_IN_A_HOLD: Final = 1_000


async def settled(tx: TenantTransaction, sources: Sequence[Source], bounds: Bounds) -> tuple[tuple[Source, ...], Bounds]:
    """Sources and bounds with canonical keys, references as the goods behind them, each source once.

    Raises `ObjectNotFoundError`, `AmbiguousCodeError`, `ReferenceWithoutGoodsError`, `InvalidIdentifierError`; `InvalidInputError` for more
    than 1,000 sources, a part of something else than a lot or a logistic unit, or times the wrong way round.
    """
    _require_few(sources)
    part = part_of(bounds.place, Part(None, bounds.since, bounds.until))
    found: dict[str, Source] = {}
    for source in sources:
        for one in await _settled(tx, source):
            found.setdefault(repr(sorted(one.declared().items(), key=str)), one)
    _require_few(list(found.values()))
    return tuple(found.values()), replace(bounds, place=part.place)


def _require_few(sources: Sequence[Source]) -> None:
    if len(sources) > MOST_SOURCES:
        message = f"A recall names at most {MOST_SOURCES:,} sources; these are {len(sources):,}. Name a window of a supplier, machine or step."
        raise InvalidInputError(message, field="sources")


async def _settled(tx: TenantTransaction, source: Source) -> list[Source]:
    reference = source.reference.strip()
    if len(reference) > MOST_WORDS or "\x00" in reference:
        raise InvalidInputError(f"The words of a source have at most {MOST_WORDS} characters, without NUL.", field="sources")
    if source.kind is SourceKind.REFERENCE:
        return [Source.of_object(key, reference=reference) for key in await references.goods_of(tx, reference)]
    if source.kind is SourceKind.WINDOW:
        if source.scope is None or not source.scope.is_window:
            raise InvalidInputError(
                "Name a supplier, a piece of equipment or a step of the window; objects are sources of their own.", field="sources"
            )
        return [replace(source, scope=checked(source.scope), reference=reference, part=None, key="")]
    if not source.key.strip() or len(source.key) > LONGEST_KEY:
        raise InvalidInputError(f"An object is named by 1 to {LONGEST_KEY:,} characters.", field="sources")
    thing = await objects.find(tx, source.key)
    part = None
    if source.part is not None and source.part != Part():
        part = part_of(source.part.place, source.part)
        if thing.kind not in (ObjectKind.LOT, *CONTAINERS):
            raise InvalidInputError(f"Only lots and containers have parts, and {thing.uri} is neither. Name it as a whole.", field="sources")
        if thing.kind is not ObjectKind.LOT and part.place is not None:
            raise InvalidInputError(f"Of {thing.uri} a part is told by times alone: what lay in it then.", field="sources")
    return [replace(source, key=thing.key, reference=reference, part=part, scope=None)]


async def things_of(tx: TenantTransaction, sources: Sequence[Source]) -> dict[str, TraceableObject]:
    """The objects that settled sources name, by their keys."""
    keys = dict.fromkeys(source.key for source in sources if source.key)
    return {key: thing for key in keys if (thing := await objects.find_key(tx, key)) is not None}


async def seeds_of(tx: TenantTransaction, sources: Sequence[Source], bounds: Bounds) -> Seeds:
    """Where the walk of settled sources begins within the bounds."""
    things = await things_of(tx, sources)
    seeds = Seeds()
    wholes: set[int] = set()
    now_inside: list[int] = []
    for source in (source for source in sources if source.key in things):
        thing, part = things[source.key], bounds.part_of(source.part)
        if thing.kind is ObjectKind.LOT and part is not None:
            seeds.parts[thing.object_id] = part
        elif thing.kind in CONTAINERS and part is not None and (part.since or part.until):
            since, until = _window(part)
            seeds.add(await standing.seeds_of_objects(tx, [thing], since, until))
        elif thing.kind in CONTAINERS:
            now_inside.append(thing.object_id)
        else:
            wholes.add(thing.object_id)
        seeds.themselves.add(thing.object_id)
    # What one source suspects as a whole isn't narrowed by another.
    seeds.parts = {lot: part for lot, part in seeds.parts.items() if lot not in wholes}
    seeds.add(standing.Standing(set(seeds.themselves)))
    if now_inside:
        sure = await reach_repository.contents_now(tx, now_inside) | set(await genealogy.states_of(tx, now_inside))
        every = sure | await reach_repository.contents_now(tx, now_inside, residues=True)
        seeds.add(standing.Standing(every, every - sure))
    for scope in windows_of(sources, bounds):
        found = await _in_window(tx, scope, bounds)
        seeds.add(found)
        seeds.themselves |= found.ids
    return seeds


def _window(part: Part) -> tuple[datetime, datetime]:
    return part.since or LONG_AGO, part.until or INFINITY


def windows_of(sources: Sequence[Source], bounds: Bounds) -> list[Scope]:
    """The windows among the sources within the bounds, without those that the bounds leave nothing of."""
    clipped = [bounds.clipped(source.scope) for source in sources if source.scope is not None]
    return [scope for scope in clipped if scope.begin < scope.end]


async def _in_window(tx: TenantTransaction, scope: Scope, bounds: Bounds) -> standing.Standing:
    try:
        return await standing.seeds_in_window(tx, scope, at=bounds.place)
    except HoldScopeTooLargeError as problem:
        raise ScopeTooLargeError(MOST_LINKS) from problem


async def hold_scopes(tx: TenantTransaction, sources: Sequence[Source]) -> list[Scope]:
    """The scopes on which holds are placed so that all that settled sources may reach is held, now and later: never less than the scope.

    A lot of which a part is suspected is held as a whole, and bounds narrow no hold. Windows too large for one hold come in parts.
    Raises `HoldScopeTooLargeError` where even that isn't enough.
    """
    things = await things_of(tx, sources)
    keys = dict.fromkeys(source.key for source in sources if source.key in things)
    for source in (source for source in sources if source.key in things):
        thing, part = things[source.key], source.part
        if thing.kind in CONTAINERS and part is not None:
            inside = await standing.seeds_of_objects(tx, [thing], *_window(part))
            held = (ObjectKind.LOT, ObjectKind.UNIT, ObjectKind.LOGISTIC_UNIT)
            keys |= dict.fromkeys(each.key for each in (await objects.load(tx, inside.ids)).values() if each.kind in held)
    named = sorted(keys)
    scopes = [Scope.of_objects(*named[start : start + _KEYS_IN_A_HOLD]) for start in range(0, len(named), _KEYS_IN_A_HOLD)]
    for source in sources:
        if source.scope is not None:
            scopes += await standing.parts_of(tx, source.scope)
    return scopes
