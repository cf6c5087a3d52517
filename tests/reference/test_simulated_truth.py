"""Product, reference and simulator agree: of every lot and of units of every industry, what became of it and what it came from."""

from collections.abc import Iterable
from random import Random
from typing import Any, Final

import pytest

from backend.services import Services
from backend.simulator import Industry, Simulation, simulate
from tests.reference.comparison import compare
from tests.reference.genealogy import Genealogy
from tests.reference.product import Product
from tests.reference.told import Body
from tests.reference.trace import trace
from tests.soak.marks import soak

BATCH: Final = 40
ASKED: Final = 25


def bodies(simulation: Simulation) -> list[Body]:
    """The simulation's events as they are sent."""
    return [{**event, "@context": document["@context"]} for document in simulation.documents(BATCH) for event in document["epcisBody"]["eventList"]]


def lots(keys: Iterable[str]) -> set[str]:
    return {key for key in keys if "/10/" in key}


async def check_industry(services: Services, new_firm: Any, industry: Industry, seed: int, events: int) -> None:
    simulation = simulate(industry, events=events, seed=seed, days=6, messy=seed % 2 == 1)
    truth, told = simulation.truth, bodies(simulation)
    product, genealogy = Product(services, await new_firm()), Genealogy(told)
    await product.tell(told[at : at + BATCH] for at in range(0, len(told), BATCH))
    chance = Random(f"{industry} {seed}")
    asked = chance.sample(sorted(truth.lots), min(ASKED, len(truth.lots))) + chance.sample(sorted(truth.units), min(ASKED, len(truth.units)))
    where = f"{industry}, seed {seed}"
    async with services.database.tenant(product.firm.tenant_id) as tx:
        for key in asked:
            forward, backward = await product.trace(tx, key, forward=True), await product.trace(tx, key, forward=False)
            if key in truth.lots:
                assert lots(forward.reached) - {key} == truth.forward(key).lots - {key}, (key, where)
            assert lots(backward.reached) - {key} == truth.backward(key).lots - {key}, (key, where)
            assert set(trace(genealogy, key, forward=True).reached) == forward.reached.keys(), (key, where)
            assert set(trace(genealogy, key, forward=False).reached) == backward.reached.keys(), (key, where)
        found = await compare(product, tx, genealogy, seed=seed, most=4)
    assert not found.found, f"{where}\n{found.text()}"


@pytest.mark.parametrize("industry", list(Industry))
async def test_product_reference_and_simulator_agree(services: Services, new_firm: Any, industry: Industry) -> None:
    await check_industry(services, new_firm, industry, 1, 300)


@soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("industry", list(Industry))
async def test_product_reference_and_simulator_agree_about_many_works(services: Services, new_firm: Any, industry: Industry) -> None:
    for seed in range(2, 12):
        await check_industry(services, new_firm, industry, seed, 600)
