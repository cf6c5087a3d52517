"""A plausible month of a food maker, as documents for the capture interface and as a catalogue."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from backend.events.reader import read
from backend.events.writer import WritableEvent
from backend.events.xml_writer import write_xml_document
from backend.sandbox.samples import put_catalogue
from backend.simulator.master_data import MasterData
from backend.simulator.simulation import Industry, Simulation, simulate
from infra import clock
from tests.benchmarks.stage import Firm, House

DOCUMENT_EVENTS = 250


@dataclass(frozen=True)
class Production:
    """`documents` as they are sent; `events` in all of them."""

    master_data: MasterData
    simulation: Simulation
    documents: Sequence[bytes]
    events: int

    def in_documents(self, size: int) -> list[bytes]:
        """The same events in documents of another size."""
        return _written(self.simulation, size)

    def as_xml(self) -> bytes:
        """The same events in one XML document."""
        [document] = self.in_documents(self.events)
        events = [WritableEvent(event.body, event.context, clock.now()) for event in read(document, "application/json").canonical]
        return write_xml_document(events, created=clock.now())


def food(events: int, seed: int = 1, size: int = DOCUMENT_EVENTS) -> Production:
    """The simulator's food maker."""
    simulation = simulate(Industry.FOOD, events=events, seed=seed)
    return Production(simulation.master_data, simulation, _written(simulation, size), len(simulation.submissions))


def _written(simulation: Simulation, size: int) -> list[bytes]:
    return [json.dumps(document, ensure_ascii=False).encode() for document in simulation.documents(size)]


async def enter_catalogue(house: House, firm: Firm, master_data: MasterData) -> None:
    """Products, places and partners: with them a shipment knows whose it is."""
    await house.services.in_tenant(firm.tenant_id, lambda tx: put_catalogue(tx, firm.principal, master_data))
