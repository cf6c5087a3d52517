"""A plausible month of a food maker, as documents for the capture interface and as a catalogue."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from backend.sandbox.samples import put_catalogue
from backend.simulator.master_data import MasterData
from backend.simulator.simulation import Industry, simulate
from tests.benchmarks.stage import Firm, House

DOCUMENT_EVENTS = 250


@dataclass(frozen=True)
class Production:
    """`documents` as they are sent; `events` in all of them."""

    master_data: MasterData
    documents: Sequence[bytes]
    events: int


def food(events: int, seed: int = 1, size: int = DOCUMENT_EVENTS) -> Production:
    """The simulator's food maker."""
    simulation = simulate(Industry.FOOD, events=events, seed=seed)
    documents = [json.dumps(document, ensure_ascii=False).encode() for document in simulation.documents(size)]
    return Production(simulation.master_data, documents, len(simulation.submissions))


async def enter_catalogue(house: House, firm: Firm, master_data: MasterData) -> None:
    """Products, places and partners: with them a shipment knows whose it is."""
    await house.services.in_tenant(firm.tenant_id, lambda tx: put_catalogue(tx, firm.principal, master_data))
