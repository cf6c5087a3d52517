"""The sample data of a sandbox: a simulated firm's catalogue and its events, the same for the same industry, seed and beginning."""

from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from backend.catalog import service as catalog
from backend.catalog.service import Location, Partner, Product, ProductKind
from backend.events.canonical import CanonicalEvent
from backend.events.json_text import write_json
from backend.events.reader import read
from backend.simulator import Industry, Simulation, simulate
from backend.simulator.master_data import MasterData, PartnerRole
from infra.database import TenantTransaction
from tenants.principal import Principal

# One part is captured in a transaction: a hold waits for it.
PART: Final = 100
DAYS: Final = 30


@lru_cache(maxsize=2)
def simulation(industry: str, total: int, seed: int, begins_at: datetime) -> Simulation:
    """The month that is filled in; each part of the work asks for the same one."""
    return simulate(Industry(industry), events=total, seed=seed, start=begins_at, days=DAYS)


def part_of(made: Simulation, part: int) -> list[CanonicalEvent]:
    """The events of a part, as capture takes them; empty behind the last one. Raises `RuntimeError` for a defect of the simulator's."""
    events = [submission.event for submission in made.submissions[part * PART : (part + 1) * PART]]
    if not events:
        return []
    document: dict[str, Any] = {
        "@context": made.context,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": made.submissions[0].event["eventTime"],
        "epcisBody": {"eventList": events},
    }
    reading = read(write_json(document), "application/json")
    if reading.faults:
        raise RuntimeError(f"the simulator made an event that isn't one: {reading.faults[0]}")
    return reading.canonical


async def put_catalogue(tx: TenantTransaction, principal: Principal, master_data: MasterData) -> None:
    """The simulated firm's products, places and partners."""
    kinds = {"raw": ProductKind.RAW, "intermediate": ProductKind.INTERMEDIATE, "finished": ProductKind.FINISHED}
    await catalog.put_products(
        tx,
        principal,
        [
            Product(
                item.gtin, {"zh": item.name_zh, "en": item.name_en}, kinds[str(item.kind)], item.unit_of_measure, item.shelf_life_days, published=True
            )
            for item in master_data.products
        ],
    )
    by_key = {item.key: item for item in master_data.locations}
    await catalog.put_locations(
        tx,
        principal,
        [
            Location(
                f"https://id.gs1.org/{item.key}", {"zh": item.name_zh, "en": item.name_en}, str(item.kind), item.own, item.time_zone,
                f"https://id.gs1.org/{item.parent}" if item.parent and item.parent in by_key else None,
            )
            for item in master_data.locations
        ],
    )  # fmt: skip
    await catalog.put_partners(
        tx,
        principal,
        [
            Partner(
                f"https://id.gs1.org/417/{item.gln}", {"zh": item.name_zh, "en": item.name_en}, item.role is PartnerRole.SUPPLIER,
                item.role is PartnerRole.CUSTOMER, item.address_zh,
            )
            for item in master_data.partners
        ],
    )  # fmt: skip
