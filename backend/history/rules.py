"""Pure decisions: which steps of goods a consumer may see, and what the events' own words say of dates, temperatures and certificates."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from backend.catalog.service import Location, Product
from backend.catalog.versions import NEVER_RENAMED, NamesThen
from backend.genealogy.rules import Certainty, LinkKind
from backend.history.document import Material, MaterialLot, Names, Place, Step, StepKind, Temperature
from backend.objects.service import TraceableObject

LOTS_LISTED: Final = 8
LISTED: Final = 40
LONGEST_ADDRESS: Final = 300
_SITE_DEPTH: Final = 8
_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_TEMPERATURE_UNITS: Final = ("CEL", "FAH", "KEL")


@dataclass(frozen=True, slots=True)
class Fact:
    """An event that says something of goods, or several alike; `body` is there where dates or readings may stand in it."""

    kind: StepKind
    at: datetime
    until: datetime
    offset: str
    place: str | None
    passed: bool = False
    body: "EventWords | None" = None


@dataclass(frozen=True, slots=True)
class EventWords:
    """What the body of an event may tell in public."""

    lot: str | None
    produced_on: date | None
    expires_on: date | None
    best_before: date | None
    temperature: Temperature | None
    certificates: tuple[str, ...]

    def tells_of(self, lot: str | None) -> bool:
        """Whether its lot data is about this lot: an event with several outputs may carry the data of one."""
        return self.lot is None or lot is None or self.lot == lot


def read_body(body: str) -> EventWords:
    """The public words of a stored event body. Extension fields count by their local name, whoever's namespace they are in."""
    event: dict[str, Any] = _DECODER.decode(body)
    ilmd = event.get("ilmd")
    data = {_local(name): value for name, value in ilmd.items()} if isinstance(ilmd, dict) else {}
    number = data.get("lotNumber")
    return EventWords(
        lot=number if isinstance(number, str) else None,
        produced_on=_date(data.get("productionDate")),
        expires_on=_date(data.get("itemExpirationDate")),
        best_before=_date(data.get("bestBeforeDate")),
        temperature=_temperature(event.get("sensorElementList")),
        certificates=_certificates(event.get("certificationInfo")),
    )


def _local(name: str) -> str:
    return name.replace("#", ":").replace("/", ":").rpartition(":")[2]


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _certificates(value: Any) -> tuple[str, ...]:
    """Only addresses that a browser may be sent to."""
    given = value if isinstance(value, list) else [value]
    addresses = (item for item in given if isinstance(item, str) and item.lower().startswith(("https://", "http://")))
    return tuple(dict.fromkeys(address for address in addresses if len(address) <= LONGEST_ADDRESS))


def _temperature(elements: Any) -> Temperature | None:
    readings: dict[str, list[Decimal]] = defaultdict(list)
    for element in elements if isinstance(elements, list) else ():
        for report in element.get("sensorReport", ()):
            if _local(str(report.get("type", ""))) == "Temperature" and "exception" not in report:
                values = [report[name] for name in ("minValue", "maxValue", "meanValue", "value") if name in report]
                readings[str(report.get("uom"))] += [Decimal(value) for value in values if isinstance(value, int | Decimal)]
    for uom in _TEMPERATURE_UNITS:
        if readings[uom]:
            return Temperature(min(readings[uom]), max(readings[uom]), uom)
    return None


def steps_of(facts: Iterable[Fact], locations: Mapping[str, Location], called: NamesThen = NEVER_RENAMED) -> tuple[Step, ...]:
    """One step for each kind, place and result, in the order of time.

    A step at a place that is known to be somebody else's is left out, for it would tell of customers or suppliers; the making
    stays, without the place. Places that the catalogue doesn't know stay unnamed; others are named as they were `called` then.
    """
    groups: dict[tuple[StepKind, str | None, bool], list[Fact]] = defaultdict(list)
    for fact in facts:
        known = locations.get(fact.place) if fact.place else None
        if known is not None and not known.own and fact.kind is not StepKind.MADE:
            continue
        groups[(fact.kind, fact.place, fact.passed)].append(fact)
    steps = [_step(kind, place, told, locations, called, passed=passed) for (kind, place, passed), told in groups.items()]
    return tuple(sorted(steps, key=lambda step: (step.at, step.until, step.kind)))[:LISTED]


def _step(kind: StepKind, place: str | None, facts: Sequence[Fact], locations: Mapping[str, Location], called: NamesThen, *, passed: bool) -> Step:
    first = min(facts, key=lambda fact: (fact.at, fact.offset))
    known = locations.get(place) if place else None
    zone = known.time_zone if known and known.own else first.offset
    temperatures = [fact.body.temperature for fact in facts if fact.body and fact.body.temperature]
    return Step(
        kind, first.at, max(fact.until for fact in facts), zone,
        _place(known, locations, called, first.at) if known and known.own and known.names else None, passed,
        _joined(temperatures) if temperatures else None,
    )  # fmt: skip


def _joined(temperatures: Sequence[Temperature]) -> Temperature:
    uom = min((temperature.uom for temperature in temperatures), key=_TEMPERATURE_UNITS.index)
    alike = [temperature for temperature in temperatures if temperature.uom == uom]
    return Temperature(min(item.low for item in alike), max(item.high for item in alike), uom)


def _place(location: Location, locations: Mapping[str, Location], called: NamesThen, at: datetime) -> Place:
    site = location
    for _ in range(_SITE_DEPTH):
        parent = locations.get(site.parent_place) if site.parent_place else None
        if parent is None or not parent.own or parent is location:
            break
        site = parent
    names, of_site = (dict(called.of(one.place, at, one.names)) for one in (location, site))
    return Place(names, None if site is location else of_site)


def passed(disposition: str | None) -> bool:
    """Only what an inspection states in so many words; any other result is shown as "inspected" and no more."""
    return disposition == "conformant"


Graph = Mapping[int, Sequence[tuple[int, LinkKind, Certainty]]]


def materials_of(
    start: int, up: Graph, things: Mapping[int, TraceableObject], products: Mapping[str, Product],
    named: Callable[[Product], Names] = lambda product: dict(product.names),
) -> tuple[Material, ...]:  # fmt: skip
    """The published materials that went into goods, nearest first, with their lots. The goods' own product is none of them."""
    own = things[start].gtin if start in things else None
    lots: dict[str, dict[str, bool]] = defaultdict(dict)
    for node, possible in _upstream(start, up).items():
        thing = things.get(node)
        product = products.get(thing.gtin) if thing and thing.gtin else None
        if thing is not None and product is not None and product.published and product.gtin != own:
            lots[product.gtin][thing.code] = possible and lots[product.gtin].get(thing.code, True)
    materials = []
    for gtin, numbers in lots.items():
        listed = [MaterialLot(number, possible) for number, possible in sorted(numbers.items())]
        materials.append(Material(named(products[gtin]), tuple(listed[:LOTS_LISTED]), max(0, len(listed) - LOTS_LISTED)))
    return tuple(materials)


def _upstream(start: int, up: Graph) -> dict[int, bool]:
    """Everything upstream with whether it is only possible, nearest first; cycles end at the visited set.

    A lot that is reached only because one of its units went in is walked through, and not listed beside the unit.
    """
    certain = _reached(start, up, {Certainty.CERTAIN})
    everything = _reached(start, up, {Certainty.CERTAIN, Certainty.POSSIBLE})
    return {node: node not in certain for node, listed in everything.items() if listed and node != start}


def _reached(start: int, up: Graph, certainties: Collection[Certainty]) -> dict[int, bool]:
    reached = {start: False}
    waiting = [start]
    for node in waiting:
        for parent, kind, certainty in up.get(node, ()):
            if certainty in certainties:
                if parent not in reached:
                    waiting.append(parent)
                    reached[parent] = False
                reached[parent] = reached[parent] or kind is not LinkKind.MEMBER
    return reached
