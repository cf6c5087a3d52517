"""The frame that every industry's production fills in: stores, deliveries, processing, packing and dispatch of one plant."""

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import datetime, timedelta

from backend.simulator.deliveries import Deliveries
from backend.simulator.dispatch import Dispatch
from backend.simulator.packing import Packing, PackingPlan
from backend.simulator.plant import Plant, share_of
from backend.simulator.processing import Processing
from backend.simulator.sensors import climate_elements
from backend.simulator.stores import Stores


class Flow(ABC):
    """An industry builds its master data before it calls this constructor."""

    store_temperature = 20.0

    def __init__(self, plant: Plant, packing_plan: PackingPlan) -> None:
        self.plant = plant
        self.packing_plan = replace(packing_plan, cases_per_pallet=plant.shrunk(packing_plan.cases_per_pallet, least=2))
        self.stores = Stores()
        self.deliveries = Deliveries(plant, self.stores)
        self.processing = Processing(plant, self.stores)
        self.packing = Packing(plant, self.packing_plan)
        self.dispatch = Dispatch(plant, self.packing, plant.registry.master_data().customers)

    @abstractmethod
    def produce(self, at: datetime) -> None:
        """One production order that begins at this time, with all that it needs and all that comes of it."""

    def send_out(self, at: datetime, *, everything: bool = False) -> None:
        """Build pallets of what is packed and ship what makes a load."""
        self.dispatch.queue(self.packing.build_pallets(at, everything=everything))
        self.dispatch.ship_ready(everything=everything)

    def closing_cost(self) -> int:
        """About how many events it takes to send out all that is packed now."""
        pallets = -(-self.packing.loose_cases // self.packing_plan.cases_per_pallet)
        return 2 * pallets + 3 * (pallets + self.dispatch.waiting)


def log_climate(plant: Plant, temperature: float, count: int) -> None:
    """The finished store's logger reports at regular times: sensor events that name no object."""
    store = plant.site.finished_store
    step = share_of(plant.end - plant.start, 1 / (count + 1)) if count > 0 else timedelta(0)
    hours = max(1, min(24, int(step.total_seconds()) // 3600))
    for index in range(count):
        at = plant.start + (index + 1) * step
        body = {
            "action": "OBSERVE",
            "bizStep": "sensor_reporting",
            **plant.where(store),
            "sensorElementList": climate_elements(temperature, plant.instrument(store, "gauge"), at, hours, plant.random),
        }
        plant.recorder.record("ObjectEvent", at, body)
