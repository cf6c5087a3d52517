"""Synthetic genealogies of realistic shape and any size, as rows for bulk loading: the ground of the benchmarks.

Twenty skewed tenants, four levels of lots, fan-in three to eight through transformation nodes, rework loops, units as leaves
under finished lots, cases and pallets with 3 % of the units repacked, shipments. `links` counts lot links, memberships and
containments: about 7 % of them join lots. Rows are tuples in the order of the `*_COLUMNS`, made on the fly tenant by tenant and
sorted by id; only the lot graphs are held in memory. Ids are unique over all tenants. An event has the id of the object
that it made (a repacking that of the unit, a shipment its own). `valid_to` is FOREVER for contents that are still there.
What else a schema wants (certainty, direction, link kinds of its own) are constants that the loader adds.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import accumulate, chain
from random import Random

from backend.simulator.gs1_keys import gtin14, lot_key, sscc18, sscc_key, unit_key
from backend.simulator.lot_graph import LEVELS, LotGraph, grow_lot_graph

OBJECT_COLUMNS = ("tenant_id", "object_id", "kind", "key", "gtin", "code")
LOT_LINK_COLUMNS = ("tenant_id", "parent_id", "child_id", "event_id", "kind", "occurred_at", "quantity")
MEMBERSHIP_COLUMNS = ("tenant_id", "unit_id", "lot_id", "event_id")
CONTAINMENT_COLUMNS = ("tenant_id", "content_id", "container_id", "valid_from", "valid_to", "opened_by", "closed_by")
SHIPMENT_COLUMNS = ("tenant_id", "shipment_id", "shipped_at", "customer", "document")
LOT_SHIPMENT_COLUMNS = ("tenant_id", "lot_id", "shipment_id", "units")

ObjectRow = tuple[int, int, int, str, str | None, str]
LotLinkRow = tuple[int, int, int, int, int, datetime, Decimal]
MembershipRow = tuple[int, int, int, int]
ContainmentRow = tuple[int, int, int, datetime, datetime, int, int | None]
ShipmentRow = tuple[int, int, datetime, str, str]
LotShipmentRow = tuple[int, int, int, int]

LOT, UNIT, LOGISTIC_UNIT, TRANSFORMATION = 1, 2, 3, 6
INPUT, OUTPUT = 1, 2
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)

LOT_LINK_SHARE = 0.07
UNITS_PER_CASE = 12
CASES_PER_LOT = (2, 11)
CASES_PER_PALLET = 24
PALLETS_PER_SHIPMENT = 2
FEWEST_LINKS = 500
REPACK_EVERY = (1, 65)  # units between two repacked ones: 3 %
REPACK_REACH = 40  # cases on: often another lot's, pallet's or shipment's
CUSTOMERS = 60
PRODUCTS = 40
QUANTITIES = tuple(Decimal(number) for number in range(1, 101))


class SyntheticTenant:
    """One tenant. Its objects are numbered on from `first_id`: lots, transformations, units, cases, pallets, shipments."""

    def __init__(self, tenant_id: int, links: int, first_id: int, seed: str) -> None:
        random = Random(seed)  # noqa: S311  repeatable
        self.tenant_id = tenant_id
        self.graph: LotGraph = grow_lot_graph(round(links * LOT_LINK_SHARE), random)
        self._seed = seed
        finished = self.graph.finished
        wanted_units = (links - self.graph.links) / (2 + 1 / (sum(REPACK_EVERY) / 2) + 1 / UNITS_PER_CASE)
        # More or fewer cases a lot, so that the number of links is met however the lots fell out.
        stretch = max(wanted_units / UNITS_PER_CASE / finished.lots / (sum(CASES_PER_LOT) / 2), 0.1)
        cases = (max(1, round(random.randint(*CASES_PER_LOT) * stretch)) for _ in range(finished.lots))
        self._case_starts = list(accumulate(cases, initial=0))
        self.cases = self._case_starts[-1]
        self.units = self.cases * UNITS_PER_CASE
        self.pallets = -(-self.cases // CASES_PER_PALLET)
        self.shipment_count = -(-self.pallets // PALLETS_PER_SHIPMENT)
        self._lots = first_id
        self._transformations = self._lots + self.graph.lots
        self._units = self._transformations + self.graph.transformations
        self._cases = self._units + self.units
        self._pallets = self._cases + self.cases
        self._shipments = self._pallets + self.pallets
        self.next_id = self._shipments + self.shipment_count
        self._prefix = f"952{tenant_id % 100_000:05d}"

    @cached_property
    def links(self) -> int:
        """Lot links, memberships and containments."""
        return self.graph.links + 2 * self.units + self.cases + sum(1 for _ in self._repacked())

    def lot_id(self, lot: int) -> int:
        """The object id of a lot of the graph."""
        return self._lots + lot

    def lot_number(self, lot_id: int) -> int:
        """The lot of the graph with this object id."""
        return lot_id - self._lots

    def unit_ids(self, lot: int) -> range:
        """The units of a finished lot of the graph."""
        position = lot - self.graph.finished.first_lot
        return range(self._units + self._case_starts[position] * UNITS_PER_CASE, self._units + self._case_starts[position + 1] * UNITS_PER_CASE)

    def _made_at(self, transformation: int) -> datetime:
        number = self.graph.level_of(self.graph.first_output[transformation])
        level = self.graph.levels[number]
        progress = (transformation - level.first_transformation + 1) / level.transformations
        return BEGINNING + timedelta(days=2 * number) + progress * YEAR

    def _lot_position(self, case: int) -> int:
        return bisect_right(self._case_starts, case) - 1

    def _packed_at(self, case: int) -> datetime:
        lot = self.graph.finished.first_lot + self._lot_position(case)
        return self._made_at(self.graph.maker[lot]) + timedelta(hours=4)

    def _shipment_of(self, case: int) -> int:
        return case // CASES_PER_PALLET // PALLETS_PER_SHIPMENT

    def _shipped_at(self, shipment: int) -> datetime:
        last_case = min((shipment + 1) * CASES_PER_PALLET * PALLETS_PER_SHIPMENT, self.cases) - 1
        return self._packed_at(last_case) + timedelta(hours=20)

    def _repacked(self) -> Iterator[tuple[int, int]]:
        """Units by number, and the case that each was moved to before it left; the same at every call."""
        random = Random(f"{self._seed}/repacked")  # noqa: S311  repeatable
        unit = random.randint(*REPACK_EVERY) - 1
        while unit < self.units:
            case = unit // UNITS_PER_CASE
            target = case + random.randint(1, REPACK_REACH)
            if target >= self.cases or self._packed_at(target) + timedelta(hours=3) >= self._shipped_at(self._shipment_of(case)):
                target = case ^ 1
            if target < self.cases:
                yield unit, target
            unit += random.randint(*REPACK_EVERY)

    def objects(self) -> Iterator[ObjectRow]:
        tenant, graph = self.tenant_id, self.graph
        gtins = [[gtin14(self._prefix, level * PRODUCTS + product) for product in range(PRODUCTS)] for level in range(LEVELS + 1)]
        for number, level in enumerate(graph.levels):
            for lot in range(level.first_lot, level.first_lot + level.lots):
                gtin, code = gtins[number][lot % PRODUCTS], f"L{lot:07d}"
                yield tenant, self._lots + lot, LOT, lot_key(gtin, code), gtin, code
        for transformation in range(graph.transformations):
            code = f"T{tenant}-{transformation}"
            yield tenant, self._transformations + transformation, TRANSFORMATION, f"transformation:{code}", None, code
        for position in range(graph.finished.lots):
            gtin = gtins[-1][(graph.finished.first_lot + position) % PRODUCTS]
            for unit in range(self._case_starts[position] * UNITS_PER_CASE, self._case_starts[position + 1] * UNITS_PER_CASE):
                code = f"{unit:09d}"
                yield tenant, self._units + unit, UNIT, unit_key(gtin, code), gtin, code
        for container in range(self.cases + self.pallets):
            sscc = sscc18(self._prefix, container, 1)
            yield tenant, self._cases + container, LOGISTIC_UNIT, sscc_key(sscc), None, sscc

    def lot_links(self) -> Iterator[LotLinkRow]:
        tenant, graph = self.tenant_id, self.graph
        for transformation in range(graph.transformations):
            node, at = self._transformations + transformation, self._made_at(transformation)
            quantity = QUANTITIES[transformation % 100]
            for lot in graph.inputs[graph.starts[transformation] : graph.starts[transformation + 1]]:
                yield tenant, self._lots + lot, node, node, INPUT, at, quantity
            first = graph.first_output[transformation]
            for lot in range(first, first + graph.outputs[transformation]):
                yield tenant, node, self._lots + lot, node, OUTPUT, at, quantity
        for lot, transformation in graph.rework:
            node, at = self._transformations + transformation, self._made_at(graph.maker[lot]) + timedelta(hours=2)
            yield tenant, self._lots + lot, node, node, INPUT, at, QUANTITIES[0]

    def memberships(self) -> Iterator[MembershipRow]:
        tenant, first = self.tenant_id, self._lots + self.graph.finished.first_lot
        for position in range(self.graph.finished.lots):
            lot = first + position
            for unit in range(self._case_starts[position] * UNITS_PER_CASE, self._case_starts[position + 1] * UNITS_PER_CASE):
                yield tenant, self._units + unit, lot, lot

    def containments(self) -> Iterator[ContainmentRow]:
        """Units in cases, then cases on pallets."""
        tenant = self.tenant_id
        repacked = self._repacked()
        moved, target = next(repacked, (-1, 0))
        for case in range(self.cases):
            packed_at = self._packed_at(case)
            container = self._cases + case
            for unit in range(case * UNITS_PER_CASE, (case + 1) * UNITS_PER_CASE):
                content = self._units + unit
                if unit != moved:
                    yield tenant, content, container, packed_at, FOREVER, container, None
                    continue
                moved_at = max(packed_at, self._packed_at(target)) + timedelta(hours=2)
                yield tenant, content, container, packed_at, moved_at, container, content
                yield tenant, content, self._cases + target, moved_at + timedelta(minutes=10), FOREVER, content, None
                moved, target = next(repacked, (-1, 0))
        for first in range(0, self.cases, CASES_PER_PALLET):
            cases = range(first, min(first + CASES_PER_PALLET, self.cases))
            pallet, built_at = self._pallets + first // CASES_PER_PALLET, self._packed_at(cases[-1]) + timedelta(hours=3)
            for case in cases:
                yield tenant, self._cases + case, pallet, built_at, FOREVER, pallet, None

    def shipments(self) -> Iterator[ShipmentRow]:
        random = Random(f"{self._seed}/customers")  # noqa: S311  repeatable
        for shipment in range(self.shipment_count):
            customer = f"CUSTOMER-{int(CUSTOMERS * random.random() ** 2):03d}"
            yield self.tenant_id, self._shipments + shipment, self._shipped_at(shipment), customer, f"DN-{self.tenant_id}-{shipment}"

    def lot_shipments(self) -> Iterator[LotShipmentRow]:
        """How many units of each lot left with each shipment, repacked ones with the case that they ended in."""
        first = self._lots + self.graph.finished.first_lot
        counts: dict[tuple[int, int], int] = {}
        for case in range(self.cases):
            pair = self._lot_position(case), self._shipment_of(case)
            counts[pair] = counts.get(pair, 0) + UNITS_PER_CASE
        for unit, target in self._repacked():
            case = unit // UNITS_PER_CASE
            lot = self._lot_position(case)
            counts[lot, self._shipment_of(case)] -= 1
            pair = lot, self._shipment_of(target)
            counts[pair] = counts.get(pair, 0) + 1
        for (lot, shipment), units in sorted(counts.items()):
            if units:
                yield self.tenant_id, first + lot, self._shipments + shipment, units


@dataclass(frozen=True, slots=True)
class Root:
    """A raw lot and how many finished lots it reached: the right answer to a forward trace."""

    tenant_id: int
    lot_id: int
    finished_lots: int


@dataclass(frozen=True, slots=True)
class Genealogy:
    """Each method gives the rows of all tenants, tenant after tenant; call it again for the same rows again."""

    tenants: tuple[SyntheticTenant, ...]

    @property
    def links(self) -> int:
        return sum(tenant.links for tenant in self.tenants)

    def objects(self) -> Iterator[ObjectRow]:
        return chain.from_iterable(tenant.objects() for tenant in self.tenants)

    def lot_links(self) -> Iterator[LotLinkRow]:
        return chain.from_iterable(tenant.lot_links() for tenant in self.tenants)

    def memberships(self) -> Iterator[MembershipRow]:
        return chain.from_iterable(tenant.memberships() for tenant in self.tenants)

    def containments(self) -> Iterator[ContainmentRow]:
        return chain.from_iterable(tenant.containments() for tenant in self.tenants)

    def shipments(self) -> Iterator[ShipmentRow]:
        return chain.from_iterable(tenant.shipments() for tenant in self.tenants)

    def lot_shipments(self) -> Iterator[LotShipmentRow]:
        return chain.from_iterable(tenant.lot_shipments() for tenant in self.tenants)

    def roots(self, finished_lots: int, count: int, *, sample: int = 200) -> list[Root]:
        """The raw lots of the largest tenant, out of a sample, whose forward trace comes nearest to so many finished lots."""
        tenant = self.tenants[0]
        raw_lots = tenant.graph.levels[0].lots
        step = max(1, raw_lots // sample)
        roots = [Root(tenant.tenant_id, tenant.lot_id(lot), len(tenant.graph.reached_finished_lots(lot))) for lot in range(0, raw_lots, step)]
        return sorted(roots, key=lambda root: (abs(root.finished_lots - finished_lots), root.lot_id))[:count]


def generate_genealogy(links: int, tenants: int = 20, seed: int = 1, *, first_tenant_id: int = 1, first_id: int = 1) -> Genealogy:
    """About `links` links (within 5 % from 100,000 on) over tenants whose sizes fall off as 1, 1/2, 1/3 and so on.

    Raises ValueError where a tenant would get fewer than 500 links.
    """
    weights = [1 / rank for rank in range(1, tenants + 1)]
    shares = [round(links * weight / sum(weights)) for weight in weights]
    if not shares or shares[-1] < FEWEST_LINKS:
        raise ValueError(f"{links} links are too few for {tenants} tenants: the smallest needs {FEWEST_LINKS}.")
    made: list[SyntheticTenant] = []
    next_id = first_id
    for number, share in enumerate(shares):
        made.append(SyntheticTenant(first_tenant_id + number, share, next_id, f"genealogy/{seed}/{number}"))
        next_id = made[-1].next_id
    return Genealogy(tuple(made))
