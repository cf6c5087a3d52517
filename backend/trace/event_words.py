"""What an event says of a step besides its objects: who worked at what, under which conditions, by which papers. No I/O.

EPCIS has no field for an operator or for equipment, so firms put them into extensions. `OPERATOR_NAMES` and `EQUIPMENT_NAMES` are the one
place that says which extension fields mean them; docs/tracing.md lists them for people.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from backend.events.timestamps import parse_timestamp
from backend.identifiers import IdentifierRole, InvalidIdentifierError, parse_identifier


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Compared by the last part of a field's name, in lower case, without `_`, `-` and `.`.
OPERATOR_NAMES: Final = _names(
    "operator operatorid operatorname operators worker workerid workername employee employeeid employeename personnel personnelid inspector "
    "inspectorid inspectedby performedby operatedby packedby responsibleperson 操作员 操作工 操作人 工号 员工 检验员 作业员"
)
EQUIPMENT_NAMES: Final = _names(
    "equipment equipmentid equipmentname machine machineid machinename workstation workstationid station stationid workcenter workcentre "
    "productionline productionlineid line lineid tool toolid oven kiln reactor vessel mixer 设备 设备编号 机台 机器 产线 生产线 工位"
)
BY_PRODUCT_NAMES: Final = _names("byproduct byproducts 副产品")
MOST_WORDS: Final = 20
MOST_CONDITIONS: Final = 50
LONGEST: Final = 200
_MEASURED: Final = ("value", "minValue", "maxValue", "meanValue")
_WORDED: Final = ("stringValue", "hexBinaryValue", "booleanValue", "uriValue")
_OUTPUTS: Final = (("outputEPCList", "epc"), ("outputQuantityList", "epcClass"))


@dataclass(frozen=True, slots=True)
class Condition:
    """One quantity at one device over a step. A series of readings is told by its extent and mean; `value` where there is a single one.

    `uom` is a code of UN/CEFACT Recommendation 20; `readings` counts single values; `text` is a reading that is no number.
    """

    kind: str
    device: str | None
    uom: str | None
    minimum: Decimal | None
    maximum: Decimal | None
    mean: Decimal | None
    value: Decimal | None
    text: str | None
    readings: int
    began: datetime | None
    ended: datetime | None
    exceptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A paper that the event names: its type as a CBV word or URI, and its own identifier."""

    kind: str | None
    uri: str


@dataclass(frozen=True, slots=True)
class EventWords:
    """`by_products` are keys of outputs that the event calls by-products."""

    operators: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    documents: tuple[Document, ...] = ()
    by_products: frozenset[str] = frozenset()


def words_of(body: Mapping[str, Any]) -> EventWords:
    """From the event as EPCIS JSON. Whatever isn't of the shape expected is left out: an event's extensions are its teller's own."""
    operators, equipment, by_products = _named(body)
    conditions = _conditions(body.get("sensorElementList"))
    devices = [condition.device for condition in conditions if condition.device]
    return EventWords(
        tuple(dict.fromkeys(operators))[:MOST_WORDS],
        tuple(dict.fromkeys([*equipment, *devices]))[:MOST_WORDS],
        conditions[:MOST_CONDITIONS],
        tuple(dict.fromkeys(_documents(body.get("bizTransactionList"))))[:MOST_WORDS],
        frozenset(_keys(by_products)) | frozenset(_keys(_marked_outputs(body))),
    )


def merged(words: Iterable[EventWords]) -> EventWords:
    """What the parts of one transformation say together."""
    told = list(words)
    return EventWords(
        tuple(dict.fromkeys(name for one in told for name in one.operators))[:MOST_WORDS],
        tuple(dict.fromkeys(name for one in told for name in one.equipment))[:MOST_WORDS],
        tuple(condition for one in told for condition in one.conditions)[:MOST_CONDITIONS],
        tuple(dict.fromkeys(document for one in told for document in one.documents))[:MOST_WORDS],
        frozenset(key for one in told for key in one.by_products),
    )


def local_name(name: str) -> str:
    """The last part of a field's name as it is compared."""
    for mark in ":#/":
        name = name.rsplit(mark, 1)[-1]
    return name.lower().replace("_", "").replace("-", "").replace(".", "")


def _named(body: Mapping[str, Any]) -> tuple[list[str], list[str], list[str]]:
    """Operators, equipment and by-products in extensions of the event, of its ILMD, read point, business location and sensor metadata."""
    operators: list[str] = []
    equipment: list[str] = []
    by_products: list[str] = []
    for holder, bare in _holders(body):
        for name, value in holder.items():
            if name.startswith("@") or not (bare or ":" in name):
                continue
            meaning = local_name(name)
            for names, found in ((OPERATOR_NAMES, operators), (EQUIPMENT_NAMES, equipment), (BY_PRODUCT_NAMES, by_products)):
                if meaning in names:
                    found.extend(_texts(value))
    return operators, equipment, by_products


def _holders(body: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Objects that may carry extensions; in ILMD a name needs no prefix to be one."""
    yield body, False
    for name in ("ilmd", "readPoint", "bizLocation"):
        if isinstance(holder := body.get(name), dict):
            yield holder, name == "ilmd"
    for element in _objects(body.get("sensorElementList")):
        for holder in (element, element.get("sensorMetadata")):
            if isinstance(holder, dict):
                yield holder, False


def _texts(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        plain = item.get("@value", item.get("@id", item.get("id"))) if isinstance(item, dict) else item
        if isinstance(plain, str | int | Decimal) and not isinstance(plain, bool) and (text := str(plain).strip()):
            yield text[:LONGEST]


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _documents(value: Any) -> Iterator[Document]:
    for item in _objects(value):
        if isinstance(uri := item.get("bizTransaction"), str):
            kind = item.get("type")
            yield Document(_word(kind) if isinstance(kind, str) else None, uri[:1024])


def _word(text: str) -> str:
    """The bare word of CBV or the GS1 Web Vocabulary; anybody else's URI as it is."""
    ours = text.startswith(("urn:epcglobal:cbv:", "https://ref.gs1.org/cbv/", "gs1:", "cbv:", "https://gs1.org/voc/", "https://www.gs1.org/voc/"))
    return text.rsplit(":" if not text.startswith("http") else "/", 1)[-1].removeprefix("BTT-")[:LONGEST] if ours else text[:LONGEST]


def _marked_outputs(body: Mapping[str, Any]) -> Iterator[str]:
    for name, identifier in _OUTPUTS:
        for element in _objects(body.get(name)):
            marked = any(local_name(key) in BY_PRODUCT_NAMES and value in (True, "true") for key, value in element.items())
            if marked and isinstance(uri := element.get(identifier), str):
                yield uri


def _keys(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        try:
            yield parse_identifier(text, role=IdentifierRole.REFERENCE).key
        except InvalidIdentifierError:
            continue


def _conditions(value: Any) -> tuple[Condition, ...]:
    """Reports of one quantity at one device in one unit are one condition."""
    grouped: dict[tuple[str, str | None, str | None], list[tuple[dict[str, Any], dict[str, Any]]]] = defaultdict(list)
    for element in _objects(value):
        metadata = element.get("sensorMetadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        for report in _objects(element.get("sensorReport")):
            device = report.get("deviceID", metadata.get("deviceID"))
            kind, unit = report.get("type"), report.get("uom")
            key = (_word(kind) if isinstance(kind, str) else "", _reference(device), unit if isinstance(unit, str) else None)
            grouped[key].append((report, metadata))
    return tuple(_condition(*key, reports) for key, reports in grouped.items())


def _reference(text: Any) -> str | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        return parse_identifier(text, role=IdentifierRole.REFERENCE).uri
    except InvalidIdentifierError:
        return text[:LONGEST]


def _condition(kind: str, device: str | None, uom: str | None, told: list[tuple[dict[str, Any], dict[str, Any]]]) -> Condition:
    given = {name: [number for report, _ in told if (number := _number(report.get(name))) is not None] for name in _MEASURED}
    values, means = given["value"], given["meanValue"]
    lowest, highest = [*given["minValue"], *values], [*given["maxValue"], *values]
    several = len(lowest) > 1 or len(highest) > 1
    mean = means[0] if len(means) == 1 else sum(values, Decimal(0)) / len(values) if several and values else None
    moments = [moment for report, metadata in told for moment in _moments(report, metadata)]
    texts = [
        str(report[name])[:LONGEST] for report, _ in told for name in ("stringValue", "hexBinaryValue", "booleanValue", "uriValue") if name in report
    ]
    exceptions = dict.fromkeys(_word(report["exception"]) for report, _ in told if isinstance(report.get("exception"), str))
    return Condition(
        kind, device, uom,
        min(lowest) if lowest and (several or given["minValue"]) else None, max(highest) if highest and (several or given["maxValue"]) else None,
        round(mean, 6) if mean is not None else None, values[0] if len(values) == 1 and not several else None, texts[0] if texts else None,
        len(values), min(moments, default=None), max(moments, default=None), tuple(exceptions),
    )  # fmt: skip


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    return number if number.is_finite() and abs(number.adjusted()) < 100 else None


def _moments(report: Mapping[str, Any], metadata: Mapping[str, Any]) -> Iterator[datetime]:
    holder = report if any(name in report for name in ("time", "startTime", "endTime")) else metadata
    for name in ("time", "startTime", "endTime"):
        if isinstance(text := holder.get(name), str) and (moment := parse_timestamp(text)) is not None:
            yield moment
