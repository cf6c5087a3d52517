"""A cause that was planted in a simulated plant is found again, among everything that the goods have in common, for many seeds."""

from collections import Counter
from random import Random
from typing import Any, Final
from zlib import crc32

import pytest

from backend.analysis.factors import FactorKind
from backend.analysis.populations import Asked
from backend.analysis.service import Explanation, explain
from backend.services import Services
from backend.simulator import Industry, Simulation, simulate
from backend.trace.event_words import words_of
from tests.firms import Firm
from tests.trace.test_simulated_truth import capture_all

SEEDS: Final = range(12)
# Of those touched by the cause so many turn out bad, and of the others so many for another reason.
CAUGHT, CHANCE = 0.85, 0.02


@pytest.fixture
async def plant(services: Services, firm: Firm) -> Simulation:
    """Ten days of a maker of pumps, who puts serial housings and motors together, and has three machines of each kind."""
    simulation = simulate(Industry.AUTO_PARTS, events=900, seed=5, days=10)
    for event in simulation.events:
        if event["type"] == "TransformationEvent" and "plant:equipment" in event:
            event["plant:equipment"] += f"-{crc32(event['eventID'].encode()) % 3}"
    await capture_all(services, firm, simulation)
    return simulation


def finished(simulation: Simulation) -> tuple[str, list[str]]:
    """(GTIN, keys) of the product of which most units were made."""
    counts = Counter(unit.product.gtin for unit in simulation.truth.units.values() if unit.product.kind.name == "FINISHED")
    [(gtin, _)] = counts.most_common(1)
    return gtin, sorted(key for key, unit in simulation.truth.units.items() if unit.product.gtin == gtin)


def turned_bad(goods: list[str], touched: set[str], seed: int) -> tuple[str, ...]:
    """What fails in the test of the finished goods."""
    chance = Random(seed)
    return tuple(key for key in goods if chance.random() < (CAUGHT if key in touched else CHANCE))[:300]


async def explained(services: Services, firm: Firm, bad: tuple[str, ...]) -> Explanation:
    async with services.database.tenant(firm.tenant_id) as tx:
        return await explain(tx, firm.principal, Asked(keys=tuple(uri(key) for key in bad)), most=10, sites=None)


def uri(key: str) -> str:
    """A key as a person may give it."""
    return f"https://id.gs1.org/{key}"


async def test_a_bad_raw_lot_is_ranked_first(services: Services, firm: Firm, plant: Simulation) -> None:
    gtin, goods = finished(plant)
    everything, truth = set(goods), plant.truth
    reached = {lot.key: set(truth.forward(lot.key).units) & everything for lot in truth.lots.values() if lot.supplier is not None}
    suitable = sorted(key for key, units in reached.items() if 0.05 * len(goods) < len(units) < 0.6 * len(goods))
    assert len(suitable) >= 3
    for seed in SEEDS:
        planted = suitable[seed % len(suitable)]
        bad = turned_bad(goods, reached[planted], seed)
        found = await explained(services, firm, bad)
        first = found.ranking.candidates[0]
        assert planted in [factor.value for factor in first.factors], (seed, planted, len(bad), found.ranking.candidates[:3])
        assert first.q < 0.01
        assert first.bad + first.bad_others == len(bad) == len(found.population.bad)
        assert first.lift > 1
        # Bad ones are held against others of the same product alone.
        async with services.database.tenant(firm.tenant_id) as tx:
            gtins = await tx.fetch(
                "select distinct gtin from traceable_object where tenant_id = $1 and object_id = any($2::bigint[])", list(found.population.good)
            )
        assert [row["gtin"] for row in gtins] == [gtin]


def by_machine(simulation: Simulation) -> dict[tuple[str, str], set[str]]:
    """(machine, step) and all that came out of it, directly or not."""
    found: dict[tuple[str, str], set[str]] = {}
    for event in simulation.events:
        if event["type"] != "TransformationEvent" or "errorDeclaration" in event:
            continue
        body: dict[str, Any] = dict(event)
        made = [each.removeprefix("https://id.gs1.org/") for each in body.get("outputEPCList", [])]
        made += [each["epcClass"].removeprefix("https://id.gs1.org/") for each in body.get("outputQuantityList", [])]
        for machine in words_of(body).equipment:
            goods = found.setdefault((machine, body.get("bizStep", "")), set())
            for key in made:
                if key in simulation.truth.lots or key in simulation.truth.units:
                    goods |= {key, *simulation.truth.forward(key).units}
    return found


async def test_a_bad_machine_is_ranked_first(services: Services, firm: Firm, plant: Simulation) -> None:
    _, goods = finished(plant)
    touched = {machine: units & set(goods) for machine, units in by_machine(plant).items()}
    suitable = sorted(machine for machine, units in touched.items() if 0.05 * len(goods) < len(units) < 0.7 * len(goods))
    assert suitable, {machine: len(units) for machine, units in touched.items()}
    for seed in SEEDS:
        machine, step = suitable[seed % len(suitable)]
        found = await explained(services, firm, turned_bad(goods, touched[machine, step], 100 + seed))
        first = found.ranking.candidates[0]
        assert machine in [factor.value for factor in first.factors if factor.kind is FactorKind.EQUIPMENT], (
            seed,
            machine,
            found.ranking.candidates[:3],
        )


async def test_where_chance_alone_made_them_bad_nothing_is_found(services: Services, firm: Firm, plant: Simulation) -> None:
    _, goods = finished(plant)
    surprised = 0
    for seed in SEEDS:
        found = await explained(services, firm, turned_bad(goods, set(Random(seed).sample(goods, len(goods) // 8)), seed))
        surprised += bool(found.ranking.candidates) and found.ranking.candidates[0].q < 0.01
    assert surprised <= 1
