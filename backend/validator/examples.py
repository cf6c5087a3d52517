"""What a good event would look like: of the type and step that was meant, with the sender's own values where they are good."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from backend.events.canonical import CanonicalEvent, EventType
from backend.events.contexts import STANDARD_CONTEXT, STANDARD_PREFIXES
from backend.events.faults import DocumentFaults
from backend.events.json_text import write_json
from backend.events.reader import read_document
from backend.events.vocabulary import expanded
from backend.validator.mending import attempts, offset_of
from infra.ids import uuid7

_GTIN: Final = "https://id.gs1.org/01/09506000134352"
_PALLET: Final = "https://id.gs1.org/00/095060001343520017"
_UNITS: Final = [f"{_GTIN}/21/1001"]
_ITEMS_SHOWN: Final = 2
_ITEMS_TRIED: Final = 20
_TIME: Final = {"eventTime": "2026-07-22T06:45:00.000+08:00", "eventTimeZoneOffset": "+08:00"}
_ORDER: Final = [{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:9506000134000:4711"}]
# What each type can't do without, in the order in which it is written.
_SKELETONS: Final[dict[EventType, dict[str, Any]]] = {
    EventType.OBJECT: {"action": "OBSERVE", "epcList": _UNITS},
    EventType.AGGREGATION: {"action": "ADD", "parentID": _PALLET, "childEPCs": _UNITS},
    EventType.ASSOCIATION: {"action": "ADD", "parentID": "https://id.gs1.org/8004/95060001343A1", "childEPCs": _UNITS},
    EventType.TRANSACTION: {"action": "ADD", "bizTransactionList": _ORDER, "epcList": _UNITS},
    EventType.TRANSFORMATION: {
        "inputQuantityList": [{"epcClass": f"{_GTIN}/10/FLOUR-7", "quantity": 500, "uom": "KGM"}],
        "outputQuantityList": [{"epcClass": f"{_GTIN}/10/BUNS-7", "quantity": 1200}],
    },
}
_ACTIONS_OF_STEPS: Final = {
    "commissioning": "ADD", "creating_class_instance": "ADD", "packing": "ADD", "loading": "ADD", "assembling": "ADD",
    "decommissioning": "DELETE", "destroying": "DELETE", "unpacking": "DELETE", "unloading": "DELETE", "disassembling": "DELETE",
}  # fmt: skip
# Lists of which one is enough: the sender's own takes the place of the example's.
_GROUPS: Final = (
    ("epcList", "quantityList"), ("childEPCs", "childQuantityList"), ("inputEPCList", "inputQuantityList"),
    ("outputEPCList", "outputQuantityList"),
)  # fmt: skip
_SINGLE: Final = ("eventID", "eventTime", "eventTimeZoneOffset", "bizStep", "disposition", "action", "parentID", "transformationID")
_OBJECTS: Final = ("readPoint", "bizLocation", "errorDeclaration")
_LISTS: Final = (*(name for group in _GROUPS for name in group), "bizTransactionList", "sourceList", "destinationList")
_WRITTEN: Final = (
    "@context", "type", "eventID", "eventTime", "eventTimeZoneOffset", "action", "bizStep", "disposition", "parentID", "transformationID",
    *_LISTS, "readPoint", "bizLocation", "errorDeclaration",
)  # fmt: skip


def good_event(given: Any, prefixes: Mapping[str, str]) -> tuple[dict[str, Any], CanonicalEvent]:
    """A bare event without a fault, and its canonical form. `given` is what the sender wrote; `prefixes` what his context declares."""
    value = given if isinstance(given, dict) else {}
    kind = _kind(value)
    good: dict[str, Any] = {"@context": [STANDARD_CONTEXT], "type": kind.epcis, "eventID": f"urn:uuid:{uuid7()}", **_TIME, **_SKELETONS[kind]}
    for name in _SINGLE:
        if name in value:
            _keep_first(good, name, (_full(each, prefixes) for each in attempts(name, value[name])))
        _follow(good, name, value)
    for name in _OBJECTS:
        if isinstance(value.get(name), dict):
            _keep_first(good, name, _objects(value[name], prefixes))
    for name in _LISTS:
        _keep_list(good, name, value.get(name), prefixes)
    ordered = {name: good[name] for name in _WRITTEN if name in good}
    return ordered, _read(ordered) or _fallback(kind, ordered)


def _follow(good: dict[str, Any], name: str, value: dict[str, Any]) -> None:
    """What another value that was just taken over says of this one, where the sender said nothing."""
    if name == "eventTime" and (offset := offset_of(good["eventTime"])) is not None:
        good["eventTimeZoneOffset"] = offset
    elif name == "bizStep" and "action" in good and "action" not in value:
        good["action"] = _ACTIONS_OF_STEPS.get(str(good.get("bizStep")), good["action"])


def _kind(value: dict[str, Any]) -> EventType:
    try:
        return EventType.from_epcis(value["type"])
    except (KeyError, TypeError):
        pass
    if any(name.startswith(("input", "output")) for name in value):
        return EventType.TRANSFORMATION
    if "childEPCs" in value or "childQuantityList" in value:
        return EventType.AGGREGATION
    return EventType.OBJECT


def _keep_first(good: dict[str, Any], name: str, candidates: Iterator[Any]) -> None:
    """The first that makes no fault; none where all do."""
    for candidate in candidates:
        if _read(good | {name: candidate}) is not None:
            good[name] = candidate
            return


def _keep_list(good: dict[str, Any], name: str, given: Any, prefixes: Mapping[str, str]) -> None:
    """The first good items of the sender's list, in place of the example's."""
    if not isinstance(given, list):
        return
    others = [other for group in _GROUPS if name in group for other in group if other not in _taken(good)]
    base = {field: item for field, item in good.items() if field not in others}
    kept: list[Any] = []
    for item in given[:_ITEMS_TRIED]:
        candidates = _objects(item, prefixes) if isinstance(item, dict) else (_full(each, prefixes) for each in attempts(name, item))
        found = next((each for each in candidates if _read(base | {name: [*kept, each]}) is not None), None)
        if found is not None:
            kept.append(found)
        if len(kept) == _ITEMS_SHOWN:
            break
    if kept:
        good.clear()
        good.update(base | {name: kept})


def _taken(good: dict[str, Any]) -> set[str]:
    """The lists that hold the sender's own already."""
    return {name for name, value in good.items() if name in _LISTS and value is not _SKELETONS[EventType.from_epcis(good["type"])].get(name)}


def _objects(value: dict[str, Any], prefixes: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The object as it is, with each of its values put right, and without what is right in no form."""
    yield _full(value, prefixes)
    named = {name: _full(([*attempts(name, item), item][1]), prefixes) for name, item in value.items()}
    for name, item in named.items():
        yield _full({**value, name: item}, prefixes)
    yield named
    known = {name: item for name, item in named.items() if ":" not in name}
    yield known
    for left_out in ("uom", "type", "quantity", "reason", "correctiveEventIDs"):
        known = {name: item for name, item in known.items() if name != left_out}
        yield known


def _full(value: Any, prefixes: Mapping[str, str]) -> Any:
    """With the sender's own prefixes written out, whose context the example goes without."""
    if isinstance(value, str):
        own = {name: namespace for name, namespace in prefixes.items() if name not in STANDARD_PREFIXES}
        return expanded(value, own)
    if isinstance(value, dict):
        return {name: _full(item, prefixes) for name, item in value.items()}
    if isinstance(value, list):
        return [_full(item, prefixes) for item in value[:_ITEMS_TRIED]]
    return value


def _read(event: dict[str, Any]) -> CanonicalEvent | None:
    try:
        [found] = read_document(write_json(event)).events
    except (DocumentFaults, RecursionError):
        return None
    return found if isinstance(found, CanonicalEvent) else None


def _fallback(kind: EventType, ordered: dict[str, Any]) -> CanonicalEvent:
    ordered.clear()
    ordered.update({"@context": [STANDARD_CONTEXT], "type": kind.epcis, **_TIME, **_SKELETONS[kind]})
    found = _read(ordered)
    if found is None:
        raise AssertionError(f"the example of {kind.epcis} is not valid")
    return found
