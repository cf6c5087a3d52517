"""The validation of one EPCIS 2.0 event: every fault at once, each with its path, rule and mend."""

from collections.abc import Callable
from typing import Any, Final

from backend.events.canonical import EventType
from backend.events.timestamps import is_offset
from backend.events.validation_elements import (
    BIZ_TRANSACTION_LIST,
    DESTINATION_LIST,
    ERROR_DECLARATION,
    QUANTITY_LIST,
    SENSOR_ELEMENT_LIST,
    SOURCE_LIST,
    certification_info,
    ilmd,
    persistent_disposition,
    place,
)
from backend.events.validation_values import (
    Check,
    ValueCheck,
    identifier,
    listed,
    missing,
    timestamp,
    uri,
    word,
    wrong_type,
)
from backend.events.vocabulary import BUSINESS_STEP, DISPOSITION
from backend.identifiers import IdentifierRole
from backend.identifiers.describe import shown

_ACTIONS: Final = ("ADD", "OBSERVE", "DELETE")
_ACTION_RULE: Final = "EPCIS 2.0 §7.3.2 action"
_OFFSET_RULE: Final = "EPCIS 2.0 §7.4.1 eventTimeZoneOffset"
_TYPE_RULE: Final = "EPCIS 2.0 §7.4 event types"
_EPC_RULE: Final = "EPCIS 2.0 §7.3.3 EPCs"


def event_type(check: Check, event: dict[str, Any]) -> EventType | None:
    """The event's type, or None with the fault recorded."""
    value = event.get("type")
    if value is None:
        missing(check, "type", _TYPE_RULE, "Add the event's type, like ObjectEvent.")
    elif not isinstance(value, str):
        wrong_type(check, ".type", _TYPE_RULE, value, "a text")
    else:
        try:
            return EventType.from_epcis(value)
        except KeyError:
            names = ", ".join(kind.epcis for kind in EventType)
            check.fail(".type", _TYPE_RULE, f"{shown(value)} is not an event type that can be captured.", f"Use one of {names}.")
    return None


def event_id(event: dict[str, Any]) -> Any:
    """The event's id; JSON-LD knows it by two names, of which documents in circulation use both."""
    return event["eventID"] if "eventID" in event else event.get("id")


def validate(check: Check, kind: EventType, event: dict[str, Any]) -> None:
    """Record the faults of an event whose "@context" has been read into `check.scope`."""
    known = _FIELDS[kind]
    for name, value in event.items():
        of_field = known.get(name)
        if of_field is not None:
            of_field(check, f".{name}", value)
        elif name in ALL_FIELDS:
            rule = f"EPCIS 2.0 §7.4 {kind.epcis}"
            check.fail(f".{name}", rule, f'{_article(kind)} has no field "{name}".', "Remove it, or correct the event's type.")
        else:
            check.extension("", name, value, 1)
    if "eventTime" not in event:
        missing(check, "eventTime", "EPCIS 2.0 §7.4.1 eventTime", "Say when it happened, with the zone.")
    if "eventTimeZoneOffset" not in event:
        missing(check, "eventTimeZoneOffset", _OFFSET_RULE, 'Add the local zone of the event, like "+08:00".')
    if "id" in event and "eventID" in event:
        check.fail(".id", "JSON-LD 1.1 §9.2 node objects", "Both id and eventID name the event.", "Keep eventID.")
    _REQUIREMENTS[kind](check, event)


def _article(kind: EventType) -> str:
    return f"{'A' if kind.epcis.startswith('T') else 'An'} {kind.epcis}"


def _offset(check: Check, path: str, value: Any) -> None:
    if not isinstance(value, str):
        wrong_type(check, path, _OFFSET_RULE, value, "a text")
    elif not is_offset(value):
        check.fail(path, _OFFSET_RULE, f"{shown(value)} is not an offset.", 'Write it like "+08:00", from -14:00 to +14:00.')


def _action(check: Check, path: str, value: Any) -> None:
    if value not in _ACTIONS:
        seen = shown(value) if isinstance(value, str) else "It"
        check.fail(path, _ACTION_RULE, f"{seen} is not an action.", "Use ADD, OBSERVE or DELETE.")


def _ignored(_check: Check, _path: str, _value: Any) -> None:
    """Checked elsewhere."""


def _require_action(check: Check, event: dict[str, Any]) -> None:
    if "action" not in event:
        missing(check, "action", _ACTION_RULE, "Add ADD, OBSERVE or DELETE.")


def _require_object(check: Check, event: dict[str, Any]) -> None:
    _require_action(check, event)
    if not event.get("epcList") and not event.get("quantityList") and not (event.get("sensorElementList") and event.get("readPoint")):
        check.fail(
            ".epcList",
            "EPCIS 2.0 §7.4.2 ObjectEvent",
            "The event names no object.",
            "Fill epcList or quantityList; an event about a place alone has sensorElementList and readPoint.",
        )
    if "ilmd" in event and event.get("action") in ("OBSERVE", "DELETE"):
        check.fail(".ilmd", "EPCIS 2.0 §7.4.2 ilmd", "Master data comes only with the action ADD.", "Remove ilmd, or correct the action.")


def _require_children(check: Check, event: dict[str, Any], rule: str) -> None:
    if not event.get("childEPCs") and not event.get("childQuantityList") and event.get("action") != "DELETE":
        check.fail(
            ".childEPCs",
            rule,
            "The event names no children.",
            "Fill childEPCs or childQuantityList; only DELETE may leave both out, for all children.",
        )


def _require_aggregation(check: Check, event: dict[str, Any]) -> None:
    rule = "EPCIS 2.0 §7.4.3 AggregationEvent"
    _require_action(check, event)
    if "parentID" not in event and event.get("action") != "OBSERVE":
        missing(check, "parentID", rule, "Name the container; only OBSERVE may leave it out.")
    _require_children(check, event, rule)


def _require_association(check: Check, event: dict[str, Any]) -> None:
    rule = "EPCIS 2.0 §7.4 AssociationEvent"
    _require_action(check, event)
    if "parentID" not in event:
        missing(check, "parentID", rule, "Name the object or place that the children belong to.")
    _require_children(check, event, rule)


def _require_transaction(check: Check, event: dict[str, Any]) -> None:
    rule = "EPCIS 2.0 §7.4 TransactionEvent"
    _require_action(check, event)
    if not event.get("bizTransactionList"):
        missing(check, "bizTransactionList", rule, "Name at least one business transaction.")
    if not event.get("epcList") and not event.get("quantityList") and event.get("action") != "DELETE":
        check.fail(
            ".epcList",
            rule,
            "The event names no object.",
            "Fill epcList or quantityList; only DELETE may leave both out, for all objects.",
        )


def _require_transformation(check: Check, event: dict[str, Any]) -> None:
    rule = "EPCIS 2.0 §7.4 TransformationEvent"
    inputs = event.get("inputEPCList") or event.get("inputQuantityList")
    outputs = event.get("outputEPCList") or event.get("outputQuantityList")
    if "transformationID" in event:
        if not inputs and not outputs:
            check.fail(".inputEPCList", rule, "The event names neither inputs nor outputs.", "Fill at least one of the four lists.")
        return
    for found, side in ((inputs, "input"), (outputs, "output")):
        if not found:
            check.fail(
                f".{side}EPCList",
                rule,
                f"The event names no {side}.",
                f"Fill {side}EPCList or {side}QuantityList; parts of one transformation share a transformationID.",
            )


_epc: Final = identifier(_EPC_RULE, IdentifierRole.OBJECT)
_epcs: Final = listed(_EPC_RULE, _epc)
_distinct_epcs: Final = listed(_EPC_RULE, _epc, unique=True)

_event_id: Final = uri("EPCIS 2.0 §7.4.1 eventID", "urn:uuid:… or a CBV event hash")
_COMMON: Final[dict[str, ValueCheck]] = {
    "@context": _ignored,
    "type": _ignored,
    "eventTime": timestamp("EPCIS 2.0 §7.4.1 eventTime"),
    "recordTime": timestamp("EPCIS 2.0 §7.4.1 recordTime"),
    "eventTimeZoneOffset": _offset,
    "eventID": _event_id,
    "id": _event_id,
    "certificationInfo": certification_info,
    "errorDeclaration": ERROR_DECLARATION,
    "bizStep": word(BUSINESS_STEP),
    "disposition": word(DISPOSITION),
    "persistentDisposition": persistent_disposition,
    "readPoint": place("readPoint"),
    "bizLocation": place("bizLocation"),
    "bizTransactionList": BIZ_TRANSACTION_LIST,
    "sourceList": SOURCE_LIST,
    "destinationList": DESTINATION_LIST,
    "sensorElementList": SENSOR_ELEMENT_LIST,
}
_CHILDREN: Final[dict[str, ValueCheck]] = {
    "action": _action,
    "parentID": _epc,
    "childEPCs": _epcs,
    "childQuantityList": QUANTITY_LIST,
}
_FIELDS: Final[dict[EventType, dict[str, ValueCheck]]] = {
    EventType.OBJECT: {**_COMMON, "action": _action, "epcList": _distinct_epcs, "quantityList": QUANTITY_LIST, "ilmd": ilmd},
    EventType.AGGREGATION: {**_COMMON, **_CHILDREN},
    EventType.ASSOCIATION: {**_COMMON, **_CHILDREN},
    EventType.TRANSACTION: {**_COMMON, "action": _action, "parentID": _epc, "epcList": _epcs, "quantityList": QUANTITY_LIST},
    EventType.TRANSFORMATION: {
        **_COMMON,
        "inputEPCList": _distinct_epcs,
        "inputQuantityList": QUANTITY_LIST,
        "outputEPCList": _distinct_epcs,
        "outputQuantityList": QUANTITY_LIST,
        "transformationID": identifier("EPCIS 2.0 §7.4 transformationID", IdentifierRole.REFERENCE),
        "ilmd": ilmd,
    },
}
ALL_FIELDS: Final = frozenset(name for known in _FIELDS.values() for name in known)

_REQUIREMENTS: Final[dict[EventType, Callable[[Check, dict[str, Any]], None]]] = {
    EventType.OBJECT: _require_object,
    EventType.AGGREGATION: _require_aggregation,
    EventType.ASSOCIATION: _require_association,
    EventType.TRANSACTION: _require_transaction,
    EventType.TRANSFORMATION: _require_transformation,
}
