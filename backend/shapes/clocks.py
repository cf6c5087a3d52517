"""In whose time a shape is written: that of the plant."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backend.catalog.service import Location
from backend.shapes.subject import Subject


@dataclass(frozen=True, slots=True)
class PlantTime:
    """The zone, and what it is called."""

    zone: tzinfo
    name: str

    def write(self, at: datetime | None) -> str:
        """As spreadsheets read it; empty for no moment."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M:%S}" if at else ""

    def minutes(self, at: datetime | None) -> str:
        """To the minute, as people read it; a dash for no moment."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}" if at else "–"


def plant_time(subject: Subject, places: Iterable[Location]) -> PlantTime:
    """The zone of most of the company's own places in the trace; else the one in which most of its events were told; else UTC."""
    zones = Counter(place.time_zone for place in places if place.own and place.time_zone)
    for name, _ in zones.most_common(1):
        try:
            return PlantTime(ZoneInfo(name), name)
        except (ZoneInfoNotFoundError, ValueError):
            break
    offsets = Counter(told.offset for told in subject.told.values())
    for offset, _ in offsets.most_common(1):
        hours, _, minutes = offset[1:].partition(":")
        delta = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return PlantTime(timezone(-delta if offset[0] == "-" else delta), f"UTC{offset}")
    return PlantTime(UTC, "UTC")
