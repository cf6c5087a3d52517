"""Runs a seeded simulation of a manufacturer and hands out its master data, its EPCIS events and the truth about them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from itertools import islice
from random import Random
from typing import Any

from backend.simulator import auto_parts, electronics, food, pharmaceuticals
from backend.simulator.contamination import choose_contaminated_lot, choose_sold_unit, report_contamination
from backend.simulator.disorder import disorder
from backend.simulator.flow import Flow, log_climate
from backend.simulator.identification import Identification
from backend.simulator.master_data import MasterData, Registry
from backend.simulator.plant import Plant
from backend.simulator.recorder import Event, Recorder, Submission, timestamp
from backend.simulator.traces import Traces
from backend.simulator.truth import Truth

TIME_ZONE = "Asia/Shanghai"
PLANT_TIME = timezone(timedelta(hours=8))
DEFAULT_START = datetime(2025, 9, 1, tzinfo=PLANT_TIME)
FEWEST_EVENTS = 300
FEWEST_DAYS = 3
CLOSING_EVENTS = 2  # the finding about the contaminated lot


class Industry(StrEnum):
    FOOD = "food"
    AUTO_PARTS = "auto_parts"
    ELECTRONICS = "electronics"
    PHARMACEUTICALS = "pharmaceuticals"


FLOWS: dict[Industry, tuple[str, Callable[[Plant], Flow]]] = {
    Industry.FOOD: (food.OWN_PREFIX, food.FoodFlow),
    Industry.AUTO_PARTS: (auto_parts.OWN_PREFIX, auto_parts.AutoPartsFlow),
    Industry.ELECTRONICS: (electronics.OWN_PREFIX, electronics.ElectronicsFlow),
    Industry.PHARMACEUTICALS: (pharmaceuticals.OWN_PREFIX, pharmaceuticals.PharmaceuticalsFlow),
}


@dataclass(frozen=True, slots=True)
class Simulation:
    """`submissions` are the events in the order in which they arrive, each with its time of arrival."""

    industry: Industry
    master_data: MasterData
    context: list[Any]
    submissions: tuple[Submission, ...]
    truth: Truth

    @property
    def events(self) -> Iterator[Event]:
        return (submission.event for submission in self.submissions)

    def documents(self, size: int) -> Iterator[Event]:
        """EPCIS documents of at most `size` events, in order, ready for the capture interface."""
        if size < 1:
            raise ValueError(f"A document holds at least one event; {size} was asked for.")
        remaining = iter(self.submissions)
        while batch := list(islice(remaining, size)):
            yield {
                "@context": self.context,
                "type": "EPCISDocument",
                "schemaVersion": "2.0",
                "creationDate": timestamp(batch[-1].captured_at),
                "epcisBody": {"eventList": [submission.event for submission in batch]},
            }


def simulate(
    industry: Industry,
    *,
    events: int,
    seed: int,
    start: datetime | None = None,
    days: int = 30,
    host: str = "https://id.gs1.org",
    messy: bool = False,
) -> Simulation:
    """Events of a manufacturer over `days` from `start`: the same arguments give the same bytes.

    `host` is where the manufacturer's Digital Links live (https unless it names a scheme); partners' links stand under
    id.gs1.org. The number of distinct submissions is `events` within 5 %. With `messy` they arrive late, out of order and
    partly twice, and the truth is the same. Raises ValueError for fewer than 300 events, fewer than 3 days or a naive start.
    """
    if events < FEWEST_EVENTS or days < FEWEST_DAYS:
        raise ValueError(f"Ask for at least {FEWEST_EVENTS} events over {FEWEST_DAYS} days; got {events} over {days}.")
    if start is not None and start.tzinfo is None:
        raise ValueError("The start needs a time zone.")
    prefix, make_flow = FLOWS[industry]
    base = (host if "://" in host else f"https://{host}").rstrip("/")
    name = f"{industry}/{seed}"
    recorder = Recorder(base, "+08:00", Random(f"{name}/identifiers"))  # noqa: S311  repeatable
    plant = Plant(
        Registry(prefix, TIME_ZONE),
        Identification(base, prefix),
        recorder,
        seed=name,
        start=(start or DEFAULT_START).astimezone(PLANT_TIME),
        days=days,
        size=events,
    )
    contaminated, sold = _run(plant, make_flow(plant), events)
    submissions = sorted(recorder.submissions, key=lambda submission: submission.captured_at)
    duplicates = 0
    if messy:
        submissions, duplicates = disorder(submissions, Random(f"{name}/disorder"))  # noqa: S311  repeatable
    truth = Truth(plant.ledger, contaminated_lot=contaminated, sold_unit=sold, events=len(recorder), duplicates=duplicates)
    return Simulation(industry, plant.registry.master_data(), recorder.context, tuple(submissions), truth)


def _run(plant: Plant, flow: Flow, events: int) -> tuple[str, str]:
    """Orders until the events are nearly used up; then all is sent out, the bad lot is found, and loggers fill the rest.

    Returns the contaminated lot and a sold unit made of it.
    """
    recorder = plant.recorder
    plant.install_instruments()
    costs: list[int] = []
    at = plant.start
    while not costs or len(recorder) + flow.closing_cost() + max(costs[-6:]) < events - CLOSING_EVENTS:
        before = len(recorder)
        at = plant.shift_time(before / events)
        flow.produce(at)
        costs.append(len(recorder) - before)
    flow.send_out(at, everything=True)
    traces = Traces(plant.ledger)
    contaminated = choose_contaminated_lot(plant.ledger, traces)
    report_contamination(plant, plant.ledger.lots[contaminated], plant.end - timedelta(hours=5))
    log_climate(plant, flow.store_temperature, events - len(recorder))
    return contaminated, choose_sold_unit(plant.ledger, traces, contaminated)
