"""The product, told nothing but events, finds what the simulator planned: every industry, tidy and messy."""

import asyncio
from functools import partial
from typing import Any

import pytest

from backend.events.canonical import CanonicalEvent
from backend.events.projection import Source
from backend.events.reader import read_document
from backend.identifiers import ObjectKind
from backend.sandbox.samples import put_catalogue
from backend.services import Services
from backend.simulator import Industry, Simulation, simulate
from backend.trace import service as trace
from backend.trace.rules import Direction
from tests.firms import Firm
from tests.state import state_of


async def capture_all(services: Services, firm: Firm, simulation: Simulation, size: int = 200) -> None:
    for document in simulation.documents(size):
        reading = await asyncio.to_thread(read_document, document)
        assert reading.faults == []
        events: list[CanonicalEvent] = reading.canonical
        await services.capturing(firm.tenant_id, events, partial(services.capture.capture, events=events, source=Source.EPCIS))


async def answers(services: Services, firm: Firm, key: str, direction: Direction) -> set[str]:
    async with services.database.tenant(firm.tenant_id) as tx:
        found = await trace.trace(tx, key, direction)
    return {node.thing.key for node in found.nodes if node.thing.kind is not ObjectKind.TRANSFORMATION} - {found.start.key}


async def delivery_notes(services: Services, firm: Firm, key: str) -> set[str]:
    async with services.database.tenant(firm.tenant_id) as tx:
        return {str(item.shipment.document).rsplit(":", 1)[-1] for item in await trace.shipments_reached(tx, key)}


@pytest.mark.parametrize("industry", list(Industry))
async def test_contaminated_lot_and_sold_unit_are_traced_as_planned(services: Services, firm: Firm, do_outbox: Any, industry: Industry) -> None:
    simulation = simulate(industry, events=1_200, seed=11, days=10)
    await capture_all(services, firm, simulation)
    # The catalogue comes after the events: which shipments were the firm's own is told apart then.
    await services.in_tenant(firm.tenant_id, lambda tx: put_catalogue(tx, firm.principal, simulation.master_data))
    await do_outbox()
    truth = simulation.truth
    reach, origin = truth.contaminated_reach, truth.sold_unit_origin
    forward = await answers(services, firm, truth.contaminated_lot, Direction.FORWARD)
    assert {key for key in forward if "/10/" in key} == reach.lots - {truth.contaminated_lot}
    assert {key for key in forward if "/21/" in key} <= reach.units
    assert await delivery_notes(services, firm, truth.contaminated_lot) == {number.rsplit(":", 1)[-1] for number in reach.shipments}
    backward = await answers(services, firm, truth.sold_unit, Direction.BACKWARD)
    assert {key for key in backward if "/10/" in key} == origin.lots
    assert {key for key in backward if "/21/" in key} == origin.units


@pytest.mark.parametrize("industry", [Industry.FOOD, Industry.AUTO_PARTS])
async def test_messy_arrival_ends_in_the_same_state(services: Services, new_firm: Any, industry: Industry) -> None:
    tidy, messy = await new_firm(), await new_firm()
    await capture_all(services, tidy, simulate(industry, events=500, seed=3, days=5))
    await capture_all(services, messy, simulate(industry, events=500, seed=3, days=5, messy=True), size=37)
    assert await state_of(services, messy.tenant_id) == await state_of(services, tidy.tenant_id)


async def test_forward_and_backward_agree(services: Services, firm: Firm) -> None:
    simulation = simulate(Industry.FOOD, events=400, seed=5, days=4)
    await capture_all(services, firm, simulation)
    lots = sorted(simulation.truth.lots)[:60]
    down = {lot: await answers(services, firm, lot, Direction.FORWARD) for lot in lots}
    up = {lot: await answers(services, firm, lot, Direction.BACKWARD) for lot in lots}
    for a in lots:
        for b in lots:
            if a != b:
                assert (b in down[a]) == (a in up[b]), (a, b)
