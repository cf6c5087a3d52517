"""What a hold would stop, before it is placed: counted, where it is, what is only packed beside it, what has left. Nothing is written."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from backend.catalog.sites import Sites, sites_of
from backend.genealogy.rules import IN_TRANSIT
from backend.holds import preview_repository, reach
from backend.holds.errors import HoldCause
from backend.holds.roots import checked, fence, named, rows_in_window, rows_of_objects
from backend.holds.scopes import Scope
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.shipments import service as shipments
from backend.shipments.projection import Direction
from backend.shipments.service import Shipment
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_GOODS: Final = 100_000
# For somebody limited to sites, of whom each object is looked up there.
MOST_AT_SITES: Final = 5_000
MOST_CONTAINERS: Final = 5_000
SHOWN: Final = 100
_KINDS: Final = (ObjectKind.LOT, ObjectKind.UNIT, ObjectKind.LOGISTIC_UNIT, ObjectKind.ASSET, ObjectKind.TANK, ObjectKind.OTHER)


@dataclass(frozen=True, slots=True)
class Few:
    """The first of some objects, by the tenant's own ids, and how many there are."""

    ids: list[int]
    count: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a hold on a scope would reach. With `truncated` there is more than was looked at, and all counts are lower bounds.

    `goods` are the first of each kind; `places` (place, objects there now). `left` are shipments that carried some of it already,
    `customers` (party, shipments) of those, `expected` suppliers' shipments of it that were not received. `held` says why some of what the
    hold would stand on is held already.
    """

    scope: Scope
    roots: Few
    counts: dict[ObjectKind, int]
    goods: dict[ObjectKind, list[int]]
    places: list[tuple[str, int]]
    blocked: Few
    co_packed: Few
    left: list[Shipment]
    left_count: int
    customers: list[tuple[str | None, int]]
    expected: list[Shipment]
    expected_count: int
    held: list[HoldCause]
    truncated: bool


async def preview(tx: TenantTransaction, principal: Principal, scope: Scope) -> Preview:
    """What a hold on this scope would do now; raises what placing it would raise.

    Who may hold at some sites only is told of what is met there.
    """
    sites = await sites_of(tx, principal, Permission.HOLDS_PLACE)
    scope = checked(scope)
    fence(scope, sites)
    things = await named(tx, scope.keys, sites, announce=False)
    at, nobody = clock.now(), uuid7()
    rows = await rows_in_window(tx, nobody, scope) if scope.is_window else rows_of_objects(nobody, things, at)
    roots = {row[1] for row in rows}
    begun = await preview_repository.seeds(tx, rows) if rows else set()
    most = MOST_GOODS if sites is None else MOST_AT_SITES
    reached = await preview_repository.reached(tx, begun, most + 1) if begun else []
    ids = set(reached[:most])
    units = await preview_repository.units_of(tx, ids, most + 1) if ids else []
    ids |= set(units[:most])
    truncated = len(reached) > most or len(units) > most
    ids = await objects.met_at(tx, ids, sites)
    standing = await objects.met_at(tx, roots, sites)
    return await _told(tx, scope, standing, ids, sites=sites, truncated=truncated)


async def _told(tx: TenantTransaction, scope: Scope, roots: set[int], ids: set[int], *, sites: Sites | None, truncated: bool) -> Preview:
    counts = {ObjectKind(row["kind"]): row["number"] for row in await preview_repository.counts(tx, ids)}
    around = await preview_repository.around(tx, ids, MOST_CONTAINERS + 1)
    blocked = await objects.met_at(tx, around[:MOST_CONTAINERS], sites)
    beside = await objects.met_at(tx, await preview_repository.beside(tx, blocked, ids, MOST_CONTAINERS + 1), sites)
    left, expected = await _shipments(tx, ids, sites)
    places = [(row["place"], row["number"]) for row in await preview_repository.places(tx, ids, clock.now(), SHOWN)]
    customers = Counter(shipment.to_party for shipment in left)
    return Preview(
        scope=scope,
        roots=await _few(tx, roots),
        counts={kind: counts[kind] for kind in _KINDS if kind in counts},
        goods={kind: await preview_repository.first_of(tx, ids, [kind], SHOWN) for kind in _KINDS if kind in counts},
        places=[(place, number) for place, number in places if place != IN_TRANSIT and (sites is None or sites.cover(place))],
        blocked=await _few(tx, blocked),
        co_packed=await _few(tx, beside),
        left=left[:SHOWN],
        left_count=len(left),
        customers=customers.most_common(SHOWN),
        expected=expected[:SHOWN],
        expected_count=len(expected),
        held=await reach.causes(tx, sorted(roots)[:SHOWN], sites) if roots else [],
        truncated=truncated or len(around) > MOST_CONTAINERS or len(beside) > MOST_CONTAINERS,
    )


async def _few(tx: TenantTransaction, ids: Collection[int]) -> Few:
    return Few(await preview_repository.first_of(tx, ids, [int(kind) for kind in _KINDS], SHOWN), len(ids))


async def _shipments(tx: TenantTransaction, ids: Iterable[int], sites: Sites | None) -> tuple[list[Shipment], list[Shipment]]:
    """What left, newest first, and suppliers' shipments that nobody has received."""
    found = await shipments.load(tx, await shipments.naming(tx, list(ids)), sites)
    announced = [shipment for shipment in found if shipment.direction == Direction.EXPECTED_RECEIPT]
    received = await preview_repository.received(tx, [shipment.shipment_id for shipment in announced])
    left = [shipment for shipment in reversed(found) if shipment.direction != Direction.EXPECTED_RECEIPT]
    return left, [shipment for shipment in announced if shipment.shipment_id not in received]
