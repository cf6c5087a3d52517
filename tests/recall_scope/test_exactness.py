"""Scopes are exact: over genealogies made by chance, with rework, splits, merges, tanks, late and corrected events, nothing that is affected
is missed and nothing is called certain that isn't. Some here, two hundred in `make soak`."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any, Final

import pytest

from backend.events.canonical import CanonicalEvent
from backend.events.projection import Source as EventSource
from backend.events.reader import read_document
from backend.recall_scope import reaching, walking
from backend.services import Services
from backend.simulator import Industry, Simulation, simulate
from tests.firms import Firm
from tests.recall_scope.exactness import compare, differences, frozen_scope, keys_of
from tests.reference.genealogy import Genealogy
from tests.reference.stories import story_of
from tests.reference.test_against_reference import Tell, told
from tests.soak.marks import soak

__all__ = ["told"]
SAMPLE: Final = range(1, 5)
SOAKED: Final = range(10_000, 10_200)
ASKED: Final = 6


async def wrong_about(services: Services, told: Tell, seed: int, most: int = ASKED) -> list[str]:
    """What is wrong about the scopes of a story."""
    story = story_of(seed)
    return await differences(services, await told(story), Genealogy(story.arrivals), seed=seed, most=most)


@pytest.mark.parametrize("seed", SAMPLE)
async def test_scopes_of_random_genealogies_are_exact(services: Services, told: Tell, seed: int) -> None:
    assert await wrong_about(services, told, seed) == []


@soak
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("part", range(10))
async def test_scopes_of_two_hundred_random_genealogies_are_exact(services: Services, told: Tell, part: int) -> None:
    for seed in SOAKED[part::10]:
        assert await wrong_about(services, told, seed) == [], f"seed {seed}"


async def capture_all(services: Services, firm: Firm, simulation: Simulation, size: int = 100) -> None:
    """All that was simulated, in the order in which it arrived."""
    for document in simulation.documents(size):
        events: list[CanonicalEvent] = read_document(document).canonical
        await services.capturing(firm.tenant_id, events, partial(services.capture.capture, events=events, source=EventSource.EPCIS))


async def wrong_about_simulation(services: Services, firm: Firm, simulation: Simulation, asked: Sequence[str]) -> list[str]:
    """What is wrong about the scopes of lots and units of a simulation, of which the truth is known by its ledger alone."""
    await capture_all(services, firm, simulation)
    truth, found = simulation.truth, []
    for key in asked:
        scope, right = await frozen_scope(services, firm, key), truth.forward(key)
        every, affected = scope.every, (right.lots | right.units | {key})
        known = keys_of(every, "/10/") | keys_of(every, "/21/")
        found += compare(key, dict.fromkeys(known, True), dict.fromkeys(affected, True))
        certain = {thing for thing, sure in every.items() if sure}
        if certain - affected:
            found.append(f"{key}: called certain {sorted(certain - affected)[:6]}")
        if len(scope.parties) != len(right.customers) and key in truth.lots:
            found.append(f"{key}: customers {sorted(map(str, scope.parties))} and not {sorted(right.customers)}")
    return found


def asked_of(simulation: Simulation, number: int, seed: int) -> list[str]:
    """The contaminated lot, and some lots and units by chance."""
    truth, chance = simulation.truth, Random(f"simulated scopes {seed}")
    lots, units = sorted(truth.lots), sorted(truth.units)
    return [truth.contaminated_lot, *chance.sample(lots, min(number, len(lots))), *chance.sample(units, min(number, len(units)))]


@pytest.mark.parametrize("industry", [Industry.FOOD, Industry.ELECTRONICS])
async def test_scopes_of_simulated_factories_are_the_truth(services: Services, firm: Firm, industry: Industry) -> None:
    simulation = simulate(industry, events=300, seed=3, days=6, messy=True)
    assert await wrong_about_simulation(services, firm, simulation, asked_of(simulation, 3, 3)) == []


@soak
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("industry", list(Industry))
async def test_scopes_of_many_simulated_factories_are_the_truth(services: Services, new_firm: Any, industry: Industry) -> None:
    for seed in range(20, 30):
        simulation = simulate(industry, events=500, seed=seed, days=6, messy=seed % 2 == 0)
        assert await wrong_about_simulation(services, await new_firm(), simulation, asked_of(simulation, 8, seed)) == [], f"seed {seed}"
