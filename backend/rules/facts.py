"""What an event says that rules look at: readings, counts, goods, supplier, equipment. No I/O.

Readings are in the base unit of their kind (`backend/units/sensors.py`), in order of time; a summary (minimum, maximum, mean) counts
where the event doesn't bring the readings themselves.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from backend.catalog.sites import Sites
from backend.events.canonical import EventType, Role
from backend.events.timestamps import parse_timestamp
from backend.identifiers import Identifier, IdentifierRole, InvalidIdentifierError, ObjectKind, parse_identifier
from backend.rules.forms import Scope
from backend.trace.event_words import words_of
from backend.units.sensors import base_unit, in_base_unit

MOST_READINGS: Final = 2_000
_SOURCES: Final = ("possessing_party", "owning_party")


@dataclass(frozen=True, slots=True)
class Reading:
    """One number; `extreme` is a minimum or maximum of a time, which limits are compared with and charts aren't made of."""

    name: str
    unit: str
    at: datetime
    value: float
    device: str | None
    extreme: bool = False


@dataclass(frozen=True, slots=True)
class Goods:
    """An object that an event names; `quantity` is None for an instance."""

    object_id: int
    kind: ObjectKind
    key: str
    gtin: str | None
    role: Role
    quantity: Decimal | None
    uom: str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """An event as rules see it."""

    seq: int
    event_id: int
    public_id: UUID
    type: EventType
    at: datetime
    recorded_at: datetime
    step: str | None
    disposition: str | None
    places: tuple[str, ...]
    # Of the node that stands for a transformation in the genealogy.
    node_key: str | None
    goods: tuple[Goods, ...]
    suppliers: tuple[str, ...]
    equipment: tuple[str, ...]
    readings: tuple[Reading, ...]

    @property
    def subject(self) -> str | None:
        """The URI of the first object that could be held, as people are shown it."""
        return next((Identifier(one.kind, one.key, one.key).uri for one in self.goods if one.kind in _HOLDABLE), None)

    @property
    def keys(self) -> list[str]:
        """Keys of lots, units, pallets and the like that are named."""
        return list(dict.fromkeys(one.key for one in self.goods if one.kind in _HOLDABLE))


_HOLDABLE: Final = frozenset({ObjectKind.LOT, ObjectKind.UNIT, ObjectKind.LOGISTIC_UNIT, ObjectKind.ASSET, ObjectKind.TANK, ObjectKind.OTHER})


def fact_of(row: Mapping[str, Any], body: Mapping[str, Any], goods: Iterable[Goods]) -> Fact:
    """From a row of the log with its `seq`, its body and its objects. Whatever isn't of the shape expected is left out."""
    words = words_of(body)
    return Fact(
        row["seq"], row["event_id"], row["public_id"], EventType(row["event_type"]), row["event_time"], row["record_time"], row["biz_step"],
        row["disposition"], tuple(dict.fromkeys(place for place in (row["read_point"], row["biz_location"]) if place)), _node_key(row),
        tuple(goods), tuple(dict.fromkeys(_suppliers(body))), words.equipment, readings_of(body, row["event_time"]),
    )  # fmt: skip


def _node_key(row: Mapping[str, Any]) -> str | None:
    """As `backend.genealogy.rules.transformation_node` makes it."""
    if row["event_type"] != EventType.TRANSFORMATION:
        return None
    return f"transformation:{row['transformation_id'] or 'urn:suyuan:transformation:' + row['event_key']}"


def concerns(scope: Scope, fact: Fact, places: Sites | None) -> bool:
    """Whether a rule looks at the event; `places` are those of the scope with what lies in them."""
    return (
        (not scope.steps or fact.step in scope.steps)
        and (not scope.products or any(one.gtin in scope.products for one in fact.goods))
        and (places is None or any(places.cover(place) for place in fact.places))
        and (not scope.equipment or any(name in scope.equipment for name in fact.equipment))
        and (not scope.suppliers or any(party in scope.suppliers for party in fact.suppliers))
    )


def readings_of(body: Mapping[str, Any], event_time: datetime) -> tuple[Reading, ...]:
    """The numbers that an event's sensor elements tell, oldest first, at most 2,000."""
    single: list[Reading] = []
    summaries: list[Reading] = []
    for element in _objects(body.get("sensorElementList")):
        metadata = element.get("sensorMetadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        for report in _objects(element.get("sensorReport")):
            for reading in _of_report(report, metadata, event_time):
                (summaries if reading.extreme or "value" not in report else single).append(reading)
                if len(single) + len(summaries) >= MOST_READINGS:
                    break
    told = {(reading.name, reading.device) for reading in single}
    found = single + [reading for reading in summaries if (reading.name, reading.device) not in told]
    return tuple(sorted(found[:MOST_READINGS], key=lambda reading: reading.at))


def _of_report(report: Mapping[str, Any], metadata: Mapping[str, Any], event_time: datetime) -> Iterator[Reading]:
    kind, unit = report.get("type"), report.get("uom", "")
    if not isinstance(kind, str) or not isinstance(unit, str):
        return
    device = _reference(report.get("deviceID", metadata.get("deviceID")))
    name = normal_name(kind)
    at = _moment(report, metadata, ("time", "endTime", "startTime"), event_time)
    given = {part: number for part in ("value", "minValue", "maxValue", "meanValue") if (number := _number(report.get(part))) is not None}
    if "value" in given:
        yield Reading(name, base_unit(unit), at, in_base_unit(given["value"], unit), device)
        return
    for part in ("minValue", "maxValue"):
        if part in given:
            yield Reading(name, base_unit(unit), at, in_base_unit(given[part], unit), device, extreme=True)
    if "meanValue" in given:
        yield Reading(name, base_unit(unit), at, in_base_unit(given["meanValue"], unit), device)


def normal_name(kind: str) -> str:
    """A sensor type as it is compared: the last part of its URI or prefixed name, in lower case."""
    for mark in "/#:":
        kind = kind.rsplit(mark, 1)[-1]
    return kind.removeprefix("MT-").casefold()


def _moment(report: Mapping[str, Any], metadata: Mapping[str, Any], names: Iterable[str], otherwise: datetime) -> datetime:
    for holder in (report, metadata):
        for name in names:
            if isinstance(text := holder.get(name), str) and (moment := parse_timestamp(text)) is not None:
                return moment
    return otherwise


def _suppliers(body: Mapping[str, Any]) -> Iterator[str]:
    for source in _objects(body.get("sourceList")):
        kind, party = source.get("type"), source.get("source")
        if isinstance(kind, str) and isinstance(party, str) and kind.rsplit(":", 1)[-1].rsplit("/", 1)[-1].removeprefix("SDT-") in _SOURCES:
            found = _reference(party)
            if found is not None:
                yield found


def _reference(text: Any) -> str | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        return parse_identifier(text, role=IdentifierRole.REFERENCE).uri
    except InvalidIdentifierError:
        return text[:200]


def _number(value: Any) -> int | Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    return value if number.is_finite() and abs(number.adjusted()) < 100 else None


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
