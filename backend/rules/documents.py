"""Reads a rule's document, refuses what can never be met or never ends, and gives the schema that forms are built from. No I/O."""

import re
from decimal import Decimal
from functools import cache
from typing import Any, Final

import msgspec

from backend.identifiers import IdentifierRole, InvalidIdentifierError, parse_identifier
from backend.rules import forms
from backend.rules.errors import RuleInvalidError
from backend.rules.forms import Document
from backend.units.sensors import base_unit, in_base_unit

LARGEST: Final = 20_000
_PATH: Final = re.compile(r" - at `(?P<path>[^`]*)`$")
_LIMITED: Final = (forms.Limit, forms.DurationOverLimit)
# Below absolute zero nothing is.
_KELVIN: Final = "KEL"


def read_document(text: str | bytes) -> Document:
    """A document from its JSON; raises `RuleInvalidError` with the place of what is wrong."""
    if len(text) > LARGEST:
        raise RuleInvalidError(f"The document is longer than {LARGEST} characters; name less in its scope.", field="document")
    try:
        document = msgspec.json.decode(text, type=Document)
    except msgspec.ValidationError as problem:
        found = _PATH.search(str(problem))
        path = found["path"].removeprefix("$").removeprefix(".") if found else ""
        told = _PATH.sub("", str(problem)).replace("`", "“", 1).replace("`", "”", 1)
        raise RuleInvalidError(f"{told}. The schema (ruleSchema) says what may stand there.", field=_field(path)) from problem
    except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
        raise RuleInvalidError(f"The document isn't JSON: {problem}.", field="document") from problem
    if "\x00" in msgspec.json.encode(document).decode() or "\\u0000" in msgspec.json.encode(document).decode():
        raise RuleInvalidError("The document holds a NUL character; take it out.", field="document")
    _check(document)
    return msgspec.structs.replace(document, scope=checked_scope(document.scope))


def read_stored(text: str) -> Document:
    """A document that was read, checked and written before."""
    return msgspec.json.decode(text, type=Document)


def written(document: Document) -> str:
    """The document as it is kept."""
    return msgspec.json.encode(document).decode()


def _field(path: str) -> str:
    return f"document.{path}" if path else "document"


def _check(document: Document) -> None:
    condition = document.condition
    lower, upper = getattr(condition, "lower", None), getattr(condition, "upper", None)
    if isinstance(condition, _LIMITED) and lower is None and upper is None:
        raise RuleInvalidError("Neither a lower nor an upper limit is given: the rule could never find anything.", field="document.condition.upper")
    if lower is not None and upper is not None and lower >= upper:
        raise RuleInvalidError(
            f"The lower limit {lower:g} isn't below the upper limit {upper:g}: nothing could be within.", field="document.condition.lower"
        )
    if isinstance(condition, forms.Limit) and lower is not None and upper is not None and 2 * condition.margin >= upper - lower:
        raise RuleInvalidError("The margin leaves nothing between the limits: the condition could never end.", field="document.condition.margin")
    if isinstance(condition, forms.DurationOverLimit) and condition.minutes > condition.window_hours * 60:
        raise RuleInvalidError(
            f"{condition.minutes} minutes don't fit into a window of {condition.window_hours} hours.", field="document.condition.minutes"
        )
    if isinstance(condition, forms.ControlChart):
        _check_chart(condition)
    characteristic = getattr(condition, "characteristic", None)
    if isinstance(characteristic, forms.Characteristic):
        _check_characteristic(characteristic, lower, upper)
    if isinstance(condition, forms.MeanKineticTemperature) and base_unit(condition.characteristic.uom) != _KELVIN:
        raise RuleInvalidError("Mean kinetic temperature is taken of a temperature: CEL, FAH or KEL.", field="document.condition.characteristic.uom")
    if isinstance(condition, forms.DefectRate) and not document.scope.steps:
        raise RuleInvalidError("Say at which step defectives are counted.", field="document.scope.steps")
    _check_actions(document)


def _check_chart(condition: forms.ControlChart) -> None:
    if (condition.center is None) != (condition.sigma is None):
        raise RuleInvalidError("Give the known mean and the known deviation, or neither.", field="document.condition.center")
    if condition.chart in ("ewma", "cusum") and condition.rules != ("nelson_1",):
        raise RuleInvalidError(
            "An EWMA or a CUSUM already remembers the points before; rules on runs don't count for it. Leave “rules” out.",
            field="document.condition.rules",
        )


def _check_characteristic(given: forms.Characteristic, lower: float | None, upper: float | None) -> None:
    if given.name.strip() != given.name or not given.name:
        raise RuleInvalidError("The characteristic's name begins or ends with a space.", field="document.condition.characteristic.name")
    if base_unit(given.uom) == _KELVIN:
        for name, value in (("lower", lower), ("upper", upper)):
            if value is not None and in_base_unit(Decimal(repr(value)), given.uom) <= 0:
                raise RuleInvalidError(f"{value:g} {given.uom} is below absolute zero.", field=f"document.condition.{name}")


def _check_actions(document: Document) -> None:
    kinds = [type(action) for action in document.actions if not isinstance(action, forms.PlaceHold)]
    if len(set(kinds)) != len(kinds) or len(set(document.actions)) != len(document.actions):
        raise RuleInvalidError("An action stands there twice.", field="document.actions")
    silent = isinstance(document.condition, forms.MissingData)
    for place, action in enumerate(document.actions):
        if isinstance(action, forms.PlaceHold) and silent:
            raise RuleInvalidError("This condition names no goods that could be held.", field=f"document.actions[{place}]")
        if isinstance(action, forms.PlaceHold) and action.on == "equipment" and action.minutes_before + action.minutes_after == 0:
            raise RuleInvalidError("The window at the machine is empty.", field=f"document.actions[{place}].minutesBefore")


def checked_scope(scope: forms.Scope) -> forms.Scope:
    """A scope in the form in which events are stored; raises `RuleInvalidError`."""
    products = tuple(dict.fromkeys(_gtin(text, place) for place, text in enumerate(scope.products)))
    places = tuple(dict.fromkeys(_reference(text, "places", place) for place, text in enumerate(scope.places)))
    suppliers = tuple(dict.fromkeys(_reference(text, "suppliers", place) for place, text in enumerate(scope.suppliers)))
    equipment = tuple(dict.fromkeys(_known(text) for text in scope.equipment))
    steps = tuple(dict.fromkeys(text.strip() for text in scope.steps))
    return msgspec.structs.replace(scope, products=products, places=places, suppliers=suppliers, equipment=equipment, steps=steps)


def _gtin(text: str, place: int) -> str:
    cleaned = text.strip()
    try:
        found = parse_identifier(cleaned.zfill(14) if cleaned.isdigit() and len(cleaned) <= 14 else cleaned, role=IdentifierRole.REFERENCE)
    except InvalidIdentifierError:
        found = None
    gtin = found.gtin if found is not None else None
    if gtin is None and cleaned.isdigit() and 8 <= len(cleaned) <= 14:
        gtin = cleaned.zfill(14)
    if gtin is None:
        raise RuleInvalidError(f"“{cleaned[:60]}” is no GTIN.", field=f"document.scope.products[{place}]")
    return gtin


def _reference(text: str, name: str, place: int) -> str:
    try:
        return parse_identifier(text.strip(), role=IdentifierRole.REFERENCE).uri
    except InvalidIdentifierError as problem:
        raise RuleInvalidError(f"“{text[:60]}” is no identifier: {problem.message}", field=f"document.scope.{name}[{place}]") from problem


def _known(text: str) -> str:
    """Equipment has an identifier or a name of its own."""
    try:
        return parse_identifier(text.strip(), role=IdentifierRole.REFERENCE).uri
    except InvalidIdentifierError:
        return text.strip()


@cache
def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a document: `x-titles` in en and zh, `x-unit` where a number has one, and the defaults."""
    found = msgspec.json.schema(Document)
    definitions = found["$defs"]
    for title, tag in ((name, body["properties"]["kind"]["enum"][0]) for name, body in definitions.items() if "kind" in body.get("properties", {})):
        en, zh = forms.KIND_TITLES[tag]
        definitions[title] |= {"title": en, "x-titles": {"en": en, "zh": zh}}
    for name, (en, zh) in _ACTION_TITLES.items():
        definitions[name] |= {"title": en, "x-titles": {"en": en, "zh": zh}}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


_ACTION_TITLES: Final = {
    "RaiseAlert": ("Alert", "告警"),
    "PlaceHold": ("Hold", "扣留"),
    "Reinspect": ("Ask for re-inspection", "要求复检"),
    "OpenNonconformance": ("Open a nonconformance", "建立不合格项"),
    "CallWebhook": ("Tell partners by webhook", "通过 Webhook 通知"),
}
