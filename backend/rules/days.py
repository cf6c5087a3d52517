"""Which day it is: where something happens, by the clock of that place, and else by the company's."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from backend.catalog import service as catalog
from backend.rules import repository
from infra.database import TenantTransaction


async def day_of(tx: TenantTransaction, at: datetime, places: Sequence[str] = ()) -> date:
    """The day at the first of these places that the catalogue knows; without one, of the company."""
    known = await catalog.locations_by_place(tx, places) if places else {}
    # Of a place that documents alone tell of nobody has said by which clock it lives.
    zones = (known[place].time_zone for place in places if place in known and not known[place].undetermined)
    zone = next(zones, None) or await repository.company_zone(tx)
    return at.astimezone(ZoneInfo(zone)).date()
