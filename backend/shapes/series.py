"""What sensors told, as few points as a person can see: the lowest, mean and highest value of each stretch of time. Rules only."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from backend.events.timestamps import parse_timestamp

FEWEST: Final = 10
MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Reading:
    """One report of a sensor: a value, or the lowest, mean and highest over a time."""

    kind: str
    uom: str
    since: datetime
    until: datetime
    lowest: float
    mean: float
    highest: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """A stretch of time with the readings that began in it."""

    since: datetime
    until: datetime
    lowest: float
    mean: float
    highest: float
    count: int


@dataclass(frozen=True, slots=True)
class Series:
    """Everything measured of one kind in one unit of measure, oldest first."""

    kind: str
    uom: str
    buckets: tuple[Bucket, ...]


def readings_in(body: Mapping[str, Any], event_time: datetime) -> Iterator[Reading]:
    """The numbers in an event's sensor elements (EPCIS 2.0 §7.3.7), each with the time that it, its element or its event tells."""
    for element in body.get("sensorElementList") or ():
        metadata = element.get("sensorMetadata") or {}
        since = _moment(metadata, "startTime") or _moment(metadata, "time") or event_time
        until = _moment(metadata, "endTime") or _moment(metadata, "time") or event_time
        for report in element.get("sensorReport") or ():
            found = _reading(report, since, max(since, until))
            if found is not None:
                yield found


def _moment(given: Mapping[str, Any], name: str) -> datetime | None:
    text = given.get(name)
    return parse_timestamp(text) if isinstance(text, str) else None


def _reading(report: Mapping[str, Any], since: datetime, until: datetime) -> Reading | None:
    at = _moment(report, "time")
    mean = _number(report, "value", _number(report, "meanValue"))
    lowest, highest = _number(report, "minValue", mean), _number(report, "maxValue", mean)
    if lowest is None or highest is None:
        return None
    kind = str(report.get("type") or "").rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    return Reading(
        kind, str(report.get("uom") or ""), at or since, at or until, lowest, mean if mean is not None else (lowest + highest) / 2, highest
    )  # fmt: skip


def _number(report: Mapping[str, Any], name: str, otherwise: float | None = None) -> float | None:
    value = report.get(name)
    try:
        return float(value) if value is not None and not isinstance(value, bool) else otherwise
    except (TypeError, ValueError, OverflowError):
        return otherwise


def series_of(readings: Iterable[Reading], points: int) -> list[Series]:
    """Each kind in each unit as at most `points` buckets of equal length, without empty ones."""
    by_kind: dict[tuple[str, str], list[Reading]] = defaultdict(list)
    for reading in readings:
        by_kind[(reading.kind, reading.uom)].append(reading)
    return [Series(kind, uom, tuple(_buckets(sorted(found, key=lambda one: one.since), points))) for (kind, uom), found in sorted(by_kind.items())]


def _buckets(readings: Sequence[Reading], points: int) -> Iterator[Bucket]:
    begin, end = readings[0].since, readings[-1].since
    length = (end - begin) / points or timedelta(microseconds=1)
    parts: dict[int, list[Reading]] = defaultdict(list)
    for reading in readings:
        parts[min(points - 1, int((reading.since - begin) / length))].append(reading)
    for part in (parts[number] for number in sorted(parts)):
        yield Bucket(
            part[0].since, max(reading.until for reading in part), min(reading.lowest for reading in part),
            sum(reading.mean for reading in part) / len(part), max(reading.highest for reading in part), len(part),
        )  # fmt: skip
