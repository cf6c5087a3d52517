"""The checks of the standard's composite elements: quantities, transactions, sources, sensors, declarations and master data."""

from decimal import Decimal
from typing import Any, Final

from backend.events.validation_values import (
    Check,
    ValueCheck,
    boolean,
    fields,
    hexadecimal,
    identifier,
    listed,
    number,
    text,
    timestamp,
    unit_of_measure,
    uri,
    word,
    wrong_type,
)
from backend.events.vocabulary import (
    BUSINESS_TRANSACTION_TYPE,
    COMPONENT,
    DISPOSITION,
    ERROR_REASON,
    MEASUREMENT_TYPE,
    SENSOR_ALERT_TYPE,
    SOURCE_DESTINATION_TYPE,
)
from backend.identifiers import IdentifierRole

_QUANTITY: Final = "EPCIS 2.0 §7.3.3 quantityElement"
_TRANSACTION: Final = "EPCIS 2.0 §7.3.5 bizTransaction"
_SENSOR: Final = "EPCIS 2.0 §7.3 sensorElement"
_PERSISTENT: Final = "EPCIS 2.0 §7.3.5 persistentDisposition"
_DECLARATION: Final = "EPCIS 2.0 §7.4.1 errorDeclaration"
_CERTIFICATION: Final = "EPCIS 2.0 §7.4.1 certificationInfo"
_ILMD: Final = "EPCIS 2.0 §7.3.6 ilmd"

_URI_EXAMPLE: Final = "https://example.com/x or urn:uuid:…"


def _quantity(check: Check, path: str, value: Any) -> None:
    if type(value) is not int and type(value) is not Decimal:
        wrong_type(check, path, _QUANTITY, value, "a number")
    elif value < 0:
        check.fail(path, _QUANTITY, f"The quantity {value} is negative.", "Give what was there as a positive number.")


_quantity_fields: Final = fields(
    _QUANTITY,
    {
        "epcClass": identifier("EPCIS 2.0 §7.3.3 epcClass", IdentifierRole.OBJECT),
        "quantity": _quantity,
        "uom": unit_of_measure("EPCIS 2.0 §7.3.3 uom"),
    },
    ("epcClass",),
    level=2,
    extensible=False,
)


def _quantity_element(check: Check, path: str, value: Any) -> None:
    _quantity_fields(check, path, value)
    if isinstance(value, dict) and "uom" in value and "quantity" not in value:
        check.fail(f"{path}.quantity", _QUANTITY, "There is a unit of measure without a quantity.", "Give the quantity, or leave out the unit.")


def _typed(rule: str, name: str, of_type: ValueCheck, of_value: ValueCheck, *, type_required: bool) -> ValueCheck:
    required = ("type", name) if type_required else (name,)
    return fields(rule, {"type": of_type, name: of_value}, required, level=2, extensible=False)


QUANTITY_LIST: Final = listed(_QUANTITY, _quantity_element)
BIZ_TRANSACTION_LIST: Final = listed(
    _TRANSACTION,
    _typed(
        _TRANSACTION,
        "bizTransaction",
        word(BUSINESS_TRANSACTION_TYPE),
        identifier(_TRANSACTION, IdentifierRole.REFERENCE),
        type_required=False,
    ),
)
SOURCE_LIST: Final = listed(
    "EPCIS 2.0 §7.3.5 source",
    _typed(
        "EPCIS 2.0 §7.3.5 source",
        "source",
        word(SOURCE_DESTINATION_TYPE),
        identifier("EPCIS 2.0 §7.3.5 source", IdentifierRole.PLACE),
        type_required=True,
    ),
)
DESTINATION_LIST: Final = listed(
    "EPCIS 2.0 §7.3.5 destination",
    _typed(
        "EPCIS 2.0 §7.3.5 destination",
        "destination",
        word(SOURCE_DESTINATION_TYPE),
        identifier("EPCIS 2.0 §7.3.5 destination", IdentifierRole.PLACE),
        type_required=True,
    ),
)


def place(name: str) -> ValueCheck:
    rule = f"EPCIS 2.0 §7.3.4 {name}"
    return fields(rule, {"id": identifier(rule, IdentifierRole.PLACE)}, ("id",), level=1)


_dispositions: Final = fields(
    _PERSISTENT,
    {"set": listed(_PERSISTENT, word(DISPOSITION), unique=True), "unset": listed(_PERSISTENT, word(DISPOSITION), unique=True)},
    (),
    level=1,
    extensible=False,
)


def persistent_disposition(check: Check, path: str, value: Any) -> None:
    """Defined for Object and Transformation events; accepted on all, because real documents carry it."""
    _dispositions(check, path, value)
    if isinstance(value, dict) and not value.get("set") and not value.get("unset"):
        check.fail(path, _PERSISTENT, "Neither set nor unset names a disposition.", "Name at least one, or leave the field out.")


ERROR_DECLARATION: Final = fields(
    _DECLARATION,
    {
        "declarationTime": timestamp("EPCIS 2.0 §7.4.1 declarationTime"),
        "reason": word(ERROR_REASON),
        "correctiveEventIDs": listed(_DECLARATION, uri(_DECLARATION, _URI_EXAMPLE)),
    },
    ("declarationTime",),
    level=1,
)

_certification: Final = uri(_CERTIFICATION, "https://example.com/certificate/1")
_certifications: Final = listed(_CERTIFICATION, _certification)


def certification_info(check: Check, path: str, value: Any) -> None:
    (_certifications if isinstance(value, list) else _certification)(check, path, value)


def ilmd(check: Check, path: str, value: Any) -> None:
    """Master data of the instances or lots: any fields, but each with a namespace."""
    if not isinstance(value, dict):
        wrong_type(check, path, _ILMD, value, "an object")
        return
    for name, item in value.items():
        check.extension(path, name, item, 2)


_reference: Final = uri(_SENSOR, _URI_EXAMPLE)
_number: Final = number(_SENSOR)
_time: Final = timestamp("EPCIS 2.0 §7.3 sensor time")
_about_device: Final = {
    "time": _time,
    "deviceID": _reference,
    "deviceMetadata": _reference,
    "rawData": _reference,
    "dataProcessingMethod": _reference,
    "bizRules": _reference,
}


def _any_type(_check: Check, _path: str, _value: Any) -> None:
    """JSON-LD lets every object say its class."""


_report_fields: Final = fields(
    _SENSOR,
    {
        **_about_device,
        "type": word(MEASUREMENT_TYPE),
        "exception": word(SENSOR_ALERT_TYPE),
        "microorganism": _reference,
        "chemicalSubstance": _reference,
        "coordinateReferenceSystem": _reference,
        "value": _number,
        "component": word(COMPONENT),
        "stringValue": text(_SENSOR),
        "booleanValue": boolean(_SENSOR),
        "hexBinaryValue": hexadecimal(_SENSOR),
        "uriValue": _reference,
        "minValue": _number,
        "maxValue": _number,
        "meanValue": _number,
        "sDev": _number,
        "percRank": _number,
        "percValue": _number,
        "uom": text(_SENSOR),
    },
    ("type",),
    level=4,
)
_reports: Final = listed(_SENSOR, _report_fields)


def _sensor_reports(check: Check, path: str, value: Any) -> None:
    _reports(check, path, value)
    if value == []:
        check.fail(path, _SENSOR, "The sensor element has no report.", "Add at least one sensorReport.")


SENSOR_ELEMENT_LIST: Final = listed(
    _SENSOR,
    fields(
        _SENSOR,
        {
            "type": _any_type,
            "sensorMetadata": fields(_SENSOR, {"type": _any_type, **_about_device, "startTime": _time, "endTime": _time}, (), level=3),
            "sensorReport": _sensor_reports,
        },
        ("sensorReport",),
        level=2,
    ),
)
