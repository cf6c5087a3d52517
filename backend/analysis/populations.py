"""Which goods are bad, and which good ones they are held against: of the same products, made at about the same time."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from backend.analysis import repository
from backend.analysis.errors import NothingToExplainError
from backend.catalog.sites import Sites
from backend.graphql.pagination import Page
from backend.holds import query_service as holds
from backend.holds.errors import HoldNotFoundError
from backend.holds.goods_reading import page_of_roots
from backend.identifiers import ObjectKind
from backend.inspections import query_service as inspections
from backend.inspections.inspections import Inspection, Status
from backend.inspections.rules import Conclusion
from backend.nonconformance import query_service as nonconformances
from backend.nonconformance.errors import NonconformanceNotFoundError
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from infra.database import TenantTransaction
from infra.errors import InvalidInputError

MOST_KEYS: Final = 300
MOST_BAD: Final = 300
MOST_ROOTS: Final = 2_000
MOST_GOOD: Final = 1_000
MOST_INSPECTIONS: Final = 2_000
_PAGE: Final = 500
# Good ones that were met before the first and after the last bad one, and how much earlier or later they may be made.
_BESIDE: Final = 1_000
_AROUND: Final = timedelta(days=7)
_MADE: Final = (ObjectKind.LOT, ObjectKind.UNIT)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which goods are bad: by name, those on which a hold stands, those of a nonconformance, or those whose inspections failed; exactly one of these.

    `since` and `until` bound when the goods were made, or with `failed_inspections` (which needs both) when they were inspected; `gtin` leaves
    one product.
    """

    keys: tuple[str, ...] = ()
    hold_id: UUID | None = None
    nonconformance_id: UUID | None = None
    failed_inspections: bool = False
    since: datetime | None = None
    until: datetime | None = None
    gtin: str | None = None


@dataclass(frozen=True, slots=True)
class Population:
    """Internal ids; `of` tells of how many each sample was drawn."""

    bad: tuple[int, ...]
    good: tuple[int, ...]
    bad_of: int
    good_of: int


async def population(tx: TenantTransaction, asked: Asked, sites: Sites | None) -> Population:
    """The goods to compare. Raises `NothingToExplainError`, `ObjectNotFoundError`, `HoldNotFoundError`, `NonconformanceNotFoundError`."""
    _check(asked)
    good: Collection[int]
    if asked.failed_inspections:
        bad, good = await _inspected(tx, asked, sites)
    else:
        bad = await _named(tx, asked, sites)
        good = await _beside(tx, asked, bad, sites)
    if not bad:
        raise NothingToExplainError(
            "None of the goods asked about is a lot or unit of a product. Name lots or units, or another time or product.", field="bad"
        )
    others = sorted(set(good) - {each.object_id for each in bad})
    if not others:
        raise NothingToExplainError("There are no good ones of the same products to hold them against. Widen the time.", field="bad")
    ids = sorted(each.object_id for each in bad)
    return Population(tuple(evenly(ids, MOST_BAD)), tuple(evenly(others, MOST_GOOD)), len(ids), len(others))


def evenly(items: Sequence[T], most: int) -> list[T]:
    """At most so many of them, at even distances: the same each time."""
    return list(items) if len(items) <= most else [items[place * len(items) // most] for place in range(most)]


def _check(asked: Asked) -> None:
    ways = [bool(asked.keys), asked.hold_id is not None, asked.nonconformance_id is not None, asked.failed_inspections]
    if ways.count(True) != 1:
        raise InvalidInputError("Say in exactly one way which goods are bad: keys, holdId, nonconformanceId or failedInspections.", field="bad")
    if len(asked.keys) > MOST_KEYS:
        raise InvalidInputError(f"“keys” names {len(asked.keys)} goods; name at most {MOST_KEYS}.", field="keys")
    if asked.failed_inspections and (asked.since is None or asked.until is None):
        raise InvalidInputError("Say from when to when the inspections were: from and to.", field="from")
    if asked.since is not None and asked.until is not None and asked.since >= asked.until:
        raise InvalidInputError("“to” isn't later than “from”.", field="to")


async def _named(tx: TenantTransaction, asked: Asked, sites: Sites | None) -> list[TraceableObject]:
    if asked.hold_id is not None:
        if not await holds.holds_by_id(tx, [asked.hold_id], sites):
            raise HoldNotFoundError
        roots = await page_of_roots(tx, asked.hold_id, Page(MOST_ROOTS, None, backward=False), pending=False, sites=sites)
        found = (await objects.load(tx, {row["object_id"] for row in roots})).values()
    elif asked.nonconformance_id is not None:
        if not await nonconformances.by_id(tx, [asked.nonconformance_id], sites):
            raise NonconformanceNotFoundError
        goods = await nonconformances.goods_of(tx, [asked.nonconformance_id])
        ids = {each.object_id for each in goods.get(asked.nonconformance_id, ())}
        found = (await objects.load(tx, await objects.met_at(tx, ids, sites))).values()
    else:
        found = {each.object_id: each for each in [await objects.find(tx, key, sites) for key in asked.keys]}.values()
    return [each for each in found if _fits(each, asked)]


def _fits(thing: TraceableObject, asked: Asked) -> bool:
    return thing.kind in _MADE and thing.gtin is not None and asked.gtin in (None, thing.gtin)


async def _beside(tx: TenantTransaction, asked: Asked, bad: Sequence[TraceableObject], sites: Sites | None) -> set[int]:
    """Others of the same products, made as asked, or else from a week before the first to a week after the last of the bad ones."""
    by_product: dict[tuple[str, ObjectKind], list[int]] = defaultdict(list)
    for each in bad:
        by_product[each.gtin or "", each.kind].append(each.object_id)
    met: set[int] = set()
    for (gtin, kind), ids in by_product.items():
        met.update(await repository.neighbours(tx, gtin, kind, low=min(ids), high=max(ids), beside=_BESIDE, most=4 * MOST_GOOD))
    moments = await repository.first_named(tx, met | {each.object_id for each in bad})
    told = [moments[each.object_id] for each in bad if each.object_id in moments]
    since = asked.since or (min(told) - _AROUND if told else None)
    until = asked.until or (max(told) + _AROUND if told else None)
    within = {one for one in met if one in moments and (since is None or moments[one] >= since) and (until is None or moments[one] < until)}
    return await objects.met_at(tx, within, sites)


async def _inspected(tx: TenantTransaction, asked: Asked, sites: Sites | None) -> tuple[list[TraceableObject], set[int]]:
    """Goods whose inspections failed, and those that passed and never failed in this time."""
    failed: set[int] = set()
    passed: set[int] = set()
    wanted = inspections.Filter(statuses=(int(Status.CONCLUDED),), product=asked.gtin, since=asked.since, until=asked.until)
    for each in await all_inspections(tx, wanted, sites):
        if each.object_id is not None and each.superseded_by is None:
            (failed if each.conclusion is Conclusion.REJECTED else passed).add(each.object_id)
    things = await objects.load(tx, await objects.met_at(tx, failed | passed, sites))
    bad = [things[one] for one in sorted(failed) if one in things and _fits(things[one], replace(asked, gtin=None))]
    kinds = {(each.gtin, each.kind) for each in bad}
    return bad, {one for one in passed - failed if one in things and (things[one].gtin, things[one].kind) in kinds}


async def all_inspections(tx: TenantTransaction, wanted: inspections.Filter, sites: Sites | None) -> list[Inspection]:
    """The newest ones that fit, as far as one question reads."""
    found: list[Inspection] = []
    cursor: UUID | None = None
    while len(found) < MOST_INSPECTIONS:
        page = await inspections.page_of_inspections(tx, wanted, cursor=cursor, backward=False, limit=_PAGE, sites=sites)
        found += page
        if len(page) < _PAGE:
            break
        cursor = page[-1].inspection_id
    return found[:MOST_INSPECTIONS]


def numbers(goods: Sequence[int], marked: Collection[int]) -> int:
    """The set of those marked, by their place among the goods."""
    wanted = set(marked)
    return sum(_bits(goods, wanted))


def _bits(goods: Sequence[int], wanted: Collection[int]) -> Iterator[int]:
    return (1 << place for place, each in enumerate(goods) if each in wanted)
