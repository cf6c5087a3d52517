"""What is legal and usually a mistake: pure rules over one good event."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from backend.events.canonical import Action, CanonicalEvent, EventType, Participation, Role
from backend.events.vocabulary import SHIPPING_STEPS, expanded
from backend.identifiers import IdentifierRole, InvalidIdentifierError, ObjectKind, parse_identifier
from backend.identifiers.describe import shown

_CLOCK_SLACK: Final = timedelta(minutes=10)
_LONG: Final = timedelta(days=20 * 365)
_ZONE: Final = re.compile(r"([+-][0-9]{2}:[0-9]{2})\Z")
_SCHEMES: Final = ("http://", "https://", "urn:")
_EPC_LISTS: Final = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_QUANTITY_LISTS: Final = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
_CLASSES: Final = (ObjectKind.LOT, ObjectKind.PRODUCT_CLASS)
_SINGLE: Final = (ObjectKind.UNIT, ObjectKind.LOGISTIC_UNIT)
_CREATING_STEPS: Final = frozenset({"commissioning", "creating_class_instance"})


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning before it is put into words; `path` is below the event."""

    code: str
    path: str = ""
    values: tuple[str, ...] = ()


def cautions(event: CanonicalEvent, now: datetime) -> Iterator[Caution]:
    """The warnings of an event."""
    if event.event_id is None:
        yield Caution("NO_EVENT_ID")
    yield from _about_time(event, now)
    yield from _about_steps(event)
    if event.read_point is None and event.biz_location is None:
        yield Caution("NO_PLACE")
    if event.biz_step in SHIPPING_STEPS and not event.destinations:
        yield Caution("NO_DESTINATION")
    yield from _about_objects(event)
    yield from _about_references(event)
    prefixes = {prefix for participation in created(event) if (prefix := _company_prefix(participation))}
    if len(prefixes) > 1:
        yield Caution("SEVERAL_PREFIXES", "", (", ".join(sorted(prefixes)[:4]),))


def created(event: CanonicalEvent) -> list[Participation]:
    """The objects that come into being with an event."""
    if event.type is EventType.TRANSFORMATION:
        return [participation for participation in event.participations if participation.role is Role.OUTPUT]
    if event.type is EventType.OBJECT and event.action is Action.ADD and event.biz_step in _CREATING_STEPS:
        return list(event.participations)
    return []


def _about_time(event: CanonicalEvent, now: datetime) -> Iterator[Caution]:
    written = str(event.body["eventTime"])
    if event.event_time > now + _CLOCK_SLACK:
        yield Caution("FUTURE_TIME", ".eventTime", (written,))
    elif event.event_time < now - _LONG:
        yield Caution("LONG_AGO", ".eventTime", (written,))
    zone = _ZONE.search(written)
    if zone is not None and zone[1] != event.event_offset and {zone[1], event.event_offset} != {"+00:00", "-00:00"}:
        yield Caution("OFFSET_MISMATCH", ".eventTimeZoneOffset", (zone[1], event.event_offset))


def _about_steps(event: CanonicalEvent) -> Iterator[Caution]:
    step = event.biz_step
    if step is None:
        yield Caution("NO_BIZ_STEP")
    elif ":" in step:
        code = "UNKNOWN_BIZ_STEP" if step.lower().startswith(_SCHEMES) else "STEP_WITHOUT_NAMESPACE"
        yield Caution(code, ".bizStep", (shown(step),))
    if event.disposition is not None and ":" in event.disposition:
        yield Caution("UNKNOWN_DISPOSITION", ".disposition", (shown(event.disposition),))


def _about_objects(event: CanonicalEvent) -> Iterator[Caution]:
    for name in _EPC_LISTS:
        for index, text in enumerate(event.body.get(name) or ()):
            found = _kind(text, event)
            if found in _CLASSES:
                yield Caution("CLASS_IN_EPC_LIST", f".{name}[{index}]", (shown(text),))
            elif found is ObjectKind.OTHER:
                yield Caution("NOT_A_GS1_KEY", f".{name}[{index}]", (shown(text),))
    for name in _QUANTITY_LISTS:
        for index, element in enumerate(event.body.get(name) or ()):
            path = f".{name}[{index}]"
            found = _kind(element["epcClass"], event)
            if found in _SINGLE:
                yield Caution("SERIAL_UNDER_CLASS", f"{path}.epcClass", (shown(element["epcClass"]),))
            elif found is ObjectKind.OTHER:
                yield Caution("NOT_A_GS1_KEY", f"{path}.epcClass", (shown(element["epcClass"]),))
            amount = element.get("quantity")
            if amount is not None and "uom" not in element and Decimal(amount) % 1:
                yield Caution("FRACTION_WITHOUT_UOM", f"{path}.quantity", (str(amount),))


def _about_references(event: CanonicalEvent) -> Iterator[Caution]:
    """Documents are kept as they are written, also with a wrong check digit; then they match nothing."""
    named: list[tuple[str, Any]] = [(".transformationID", event.body.get("transformationID"))]
    named += [
        (f".bizTransactionList[{at}].bizTransaction", item["bizTransaction"]) for at, item in enumerate(event.body.get("bizTransactionList") or ())
    ]
    for path, text in named:
        if not isinstance(text, str):
            continue
        try:
            parse_identifier(expanded(text, event.namespaces), role=IdentifierRole.OBJECT)
        except InvalidIdentifierError as error:
            yield Caution("MALFORMED_REFERENCE", path, (shown(text), error.problem))


def _kind(text: str, event: CanonicalEvent) -> ObjectKind:
    return parse_identifier(expanded(text, event.namespaces), role=IdentifierRole.OBJECT).kind


def _company_prefix(participation: Participation) -> str | None:
    """Known only where a URN says how long it is."""
    length, gtin = participation.identifier.company_prefix_length, participation.identifier.gtin
    return gtin[1 : 1 + length] if gtin and length else None
