"""What an event says about objects, places and papers, taken out of its validated body."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from backend.events.canonical import CanonicalEvent, ErrorDeclaration, EventType, Participation, Role
from backend.events.timestamps import parse_timestamp
from backend.events.vocabulary import BUSINESS_TRANSACTION_TYPE, ERROR_REASON, SOURCE_DESTINATION_TYPE, Vocabulary, expanded
from backend.identifiers import Identifier, IdentifierRole, ObjectKind, parse_identifier

_INSTANCES: Final = (
    ("parentID", Role.PARENT),
    ("epcList", Role.SUBJECT),
    ("childEPCs", Role.CHILD),
    ("inputEPCList", Role.INPUT),
    ("outputEPCList", Role.OUTPUT),
)
_CLASSES: Final = (
    ("quantityList", Role.SUBJECT),
    ("childQuantityList", Role.CHILD),
    ("inputQuantityList", Role.INPUT),
    ("outputQuantityList", Role.OUTPUT),
)
# CBV 2.0 §9.3 (cbvmda) and the GS1 Web Vocabulary name the same facts.
_ILMD_NAMESPACES: Final = ("urn:epcglobal:cbv:mda:", "https://gs1.org/voc/", "https://ref.gs1.org/voc/", "https://www.gs1.org/voc/")
_ILMD_NAMES: Final = {
    "lotNumber": "lot",
    "batchLotNumber": "lot",
    "hasBatchLotNumber": "lot",
    "productionDate": "production_date",
    "packagingDate": "packaging_date",
    "harvestDate": "harvest_date",
    "bestBeforeDate": "best_before",
    "sellByDate": "sell_by",
    "itemExpirationDate": "expiry",
    "expirationDate": "expiry",
    "countryOfOrigin": "country_of_origin",
}
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class IlmdAttributes:
    """The attributes of a lot or of units that are understood; what ILMD says beyond them stays in the event's body."""

    lot: str | None = None
    production_date: date | None = None
    packaging_date: date | None = None
    harvest_date: date | None = None
    best_before: date | None = None
    sell_by: date | None = None
    expiry: date | None = None
    country_of_origin: str | None = None


def ilmd_attributes(event: CanonicalEvent) -> IlmdAttributes:
    """What the event's ILMD says about its objects, in CBV or GS1 Web Vocabulary terms."""
    return _ilmd(event.body, event.namespaces)


def participations(kind: EventType, body: Mapping[str, Any], prefixes: Mapping[str, str]) -> tuple[Participation, ...]:
    """Every object and class in its role. An instance that stands twice in one role takes part once; lines of a class all count.

    Units without a lot of their own get the lot that ILMD names, where the objects that it describes are all of one product.
    """
    found: list[Participation] = []
    seen: set[tuple[Role, str]] = set()
    for name, role in _INSTANCES:
        value = body.get(name)
        if not value:
            continue
        for text in (value,) if isinstance(value, str) else value:
            item = _object(text, prefixes)
            if (role, item.key) not in seen:
                seen.add((role, item.key))
                found.append(Participation(role, item))
    for name, role in _CLASSES:
        for element in body.get(name) or ():
            quantity = element.get("quantity")
            amount = None if quantity is None else Decimal(quantity)
            found.append(Participation(role, _object(element["epcClass"], prefixes), amount, element.get("uom")))
    if body.get("ilmd"):
        found = _with_lot(found, Role.OUTPUT if kind is EventType.TRANSFORMATION else Role.SUBJECT, _ilmd(body, prefixes).lot)
    return tuple(found)


def place(body: Mapping[str, Any], name: str, prefixes: Mapping[str, str]) -> str | None:
    """The canonical URI of readPoint or bizLocation."""
    value = body.get(name)
    return None if value is None else _canonical(value["id"], prefixes, IdentifierRole.PLACE)


def word(body: Mapping[str, Any], name: str, vocabulary: Vocabulary, prefixes: Mapping[str, str]) -> str | None:
    value = body.get(name)
    return None if value is None else vocabulary.canonical(value, prefixes)


def sources(body: Mapping[str, Any], prefixes: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return _parties(body, "sourceList", "source", prefixes)


def destinations(body: Mapping[str, Any], prefixes: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return _parties(body, "destinationList", "destination", prefixes)


def biz_transactions(body: Mapping[str, Any], prefixes: Mapping[str, str]) -> tuple[tuple[str | None, str], ...]:
    return tuple(
        (
            word(item, "type", BUSINESS_TRANSACTION_TYPE, prefixes),
            _canonical(item["bizTransaction"], prefixes, IdentifierRole.REFERENCE),
        )
        for item in body.get("bizTransactionList") or ()
    )


def transformation_id(body: Mapping[str, Any], prefixes: Mapping[str, str]) -> str | None:
    value = body.get("transformationID")
    return None if value is None else _canonical(value, prefixes, IdentifierRole.REFERENCE)


def error_declaration(body: Mapping[str, Any], prefixes: Mapping[str, str]) -> ErrorDeclaration | None:
    value = body.get("errorDeclaration")
    if value is None:
        return None
    declared = parse_timestamp(value["declarationTime"])
    if declared is None:
        raise ValueError("the error declaration has not been validated")
    return ErrorDeclaration(declared, word(value, "reason", ERROR_REASON, prefixes), tuple(value.get("correctiveEventIDs") or ()))


def _object(text: str, prefixes: Mapping[str, str]) -> Identifier:
    return parse_identifier(expanded(text, prefixes), role=IdentifierRole.OBJECT)


def _canonical(text: str, prefixes: Mapping[str, str], role: IdentifierRole) -> str:
    return parse_identifier(expanded(text, prefixes), role=role).uri


def _parties(body: Mapping[str, Any], name: str, member: str, prefixes: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (
            SOURCE_DESTINATION_TYPE.canonical(item["type"], prefixes) or item["type"],
            _canonical(item[member], prefixes, IdentifierRole.PLACE),
        )
        for item in body.get(name) or ()
    )


def _with_lot(found: list[Participation], role: Role, lot: str | None) -> list[Participation]:
    described = [participation.identifier for participation in found if participation.role is role]
    products = {identifier.product_key for identifier in described}
    if lot is None or len(products) != 1 or None in products:
        return found
    return [
        replace(each, identifier=replace(each.identifier, lot=lot))
        if each.role is role and each.identifier.kind is ObjectKind.UNIT and each.identifier.lot is None
        else each
        for each in found
    ]


def _ilmd(body: Mapping[str, Any], prefixes: Mapping[str, str]) -> IlmdAttributes:
    values: dict[str, Any] = {}
    for name, value in (body.get("ilmd") or {}).items():
        full = expanded(name, prefixes)
        namespace = next((namespace for namespace in _ILMD_NAMESPACES if full.startswith(namespace)), None)
        attribute = None if namespace is None else _ILMD_NAMES.get(full[len(namespace) :])
        text = _plain_text(value)
        if attribute is None or text is None:
            continue
        read = _READERS.get(attribute, _date)(text)
        if read is not None:
            values.setdefault(attribute, read)
    return IlmdAttributes(**values)


def _plain_text(value: Any) -> str | None:
    """The text of a value, of a JSON-LD value object, or of a list of one; None for several or for none."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("@value")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value.strip() or None if isinstance(value, str) else None


def _date(text: str) -> date | None:
    """The day of a date or of a date and time, as it was at the place where it was written."""
    if not _DATE.match(text):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


_READERS: Final[dict[str, Callable[[str], Any]]] = {"lot": str, "country_of_origin": str}
