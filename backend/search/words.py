"""What an event tells that people look for besides its objects: papers, parties, places, equipment, operators, suppliers' lots, other fields."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from backend.events.canonical import CanonicalEvent
from backend.events.fields.extraction import reference
from backend.events.fields.names import Scope, field_code, standard, stored_text
from backend.events.fields.values import Value, values_of
from backend.events.vocabulary import expanded
from backend.identifiers import DIGITAL_LINK_ROOT
from backend.search.kinds import SearchKind

# Of one event; a machine's log in an extension is no word that somebody looks for.
MOST_WORDS: Final = 60
LONGEST_VALUE: Final = 100
# Fields are told apart by the last part of their names, in the words that firms use: there is no standard for these.
_BY_NAME: Final = (
    (
        SearchKind.SUPPLIER_LOT,
        re.compile(r"(?i)(?:supplier|vendor|source|origin)s?[-_]?(?:lot|batch)|(?:lot|batch|batch[-_]?lot)[-_]?(?:number|no)$|批号|批次"),
    ),
    (SearchKind.OPERATOR, re.compile(r"(?i)operator|worker|employee|inspector|performed[-_]?by|操作|工号|员工|检验员")),
    (SearchKind.EQUIPMENT, re.compile(r"(?i)equipment|machine|device|line$|station|vehicle|tool$|oven|reactor|设备|机台|产线|机器")),
)  # fmt: skip
_SCOPES: Final = (
    (Scope.TOP, None), (Scope.ILMD, "ilmd"), (Scope.READ_POINT, "readPoint"), (Scope.BIZ_LOCATION, "bizLocation"),
)  # fmt: skip
_LAST_PART: Final = re.compile(r"[^/:#]+/?$")


class Word(NamedTuple):
    """One thing that can be found. `field` is the code of the event's field and 0 for what the catalogue may know; `detail` names it."""

    kind: SearchKind
    field: int
    key: str
    label: str
    detail: str


def words_of(event: CanonicalEvent) -> list[Word]:
    """Each once, and no more than `MOST_WORDS` besides products, places and parties."""
    told = dict.fromkeys(_told(event))
    catalogue = dict.fromkeys(_catalogue(event))
    return [*catalogue, *list(told)[:MOST_WORDS]]


def label_of(uri: str) -> str:
    """What people call it: the part of a URI that isn't the same for all; of a GS1 key everything behind the type of key."""
    if uri.startswith(DIGITAL_LINK_ROOT):
        return uri.removeprefix(DIGITAL_LINK_ROOT).partition("/")[2]
    found = _LAST_PART.search(uri) if ":" in uri else None
    return found[0].rstrip("/") if found else uri


def _catalogue(event: CanonicalEvent) -> Iterator[Word]:
    for participation in event.participations:
        if gtin := participation.identifier.gtin:
            yield Word(SearchKind.PRODUCT, 0, gtin, gtin, "")
    for place in (event.read_point, event.biz_location):
        if place is not None:
            yield Word(SearchKind.PLACE, 0, place, label_of(place), "")
    for kind, party in (*event.sources, *event.destinations):
        of = SearchKind.PLACE if kind == "location" else SearchKind.PARTNER
        yield Word(of, 0, party, label_of(party), "")


def _told(event: CanonicalEvent) -> Iterator[Word]:
    body, prefixes = event.body, event.namespaces
    for kind, uri in event.biz_transactions:
        yield Word(SearchKind.DOCUMENT, standard("bizTransaction", kind or ""), stored_text(uri), label_of(uri), kind or "")
    for element in body.get("sensorElementList") or ():
        for holder in (element.get("sensorMetadata"), *(element.get("sensorReport") or ())):
            if isinstance(holder, dict) and isinstance(device := holder.get("deviceID"), str):
                uri = reference(device, prefixes)
                yield Word(SearchKind.EQUIPMENT, standard("sensor.deviceID"), stored_text(uri), label_of(uri), "deviceID")
        yield from _fields(Scope.SENSOR_ELEMENT, element, prefixes)
    for scope, name in _SCOPES:
        yield from _fields(scope, body if name is None else body.get(name), prefixes)


def _fields(scope: Scope, holder: Any, prefixes: Mapping[str, str]) -> Iterator[Word]:
    """The extension fields of an object, and what nests in them; the standard's own have no colon, but all of ILMD is the sender's."""
    pending: list[tuple[Any, bool]] = [(holder, False)]
    while pending:
        item, inner = pending.pop()
        if isinstance(item, list):
            pending.extend((each, inner) for each in reversed(item))
        elif isinstance(item, dict):
            for name, value in item.items():
                if name.startswith("@") or not (inner or scope is Scope.ILMD or ":" in name):
                    continue
                full = expanded(name, prefixes)
                local = re.split(r"[#/:]", full)[-1]
                kind = next((kind for kind, pattern in _BY_NAME if pattern.search(local)), SearchKind.FIELD)
                code = field_code(scope, full, inner=inner)
                for each in values_of(value):
                    if _is_word(kind, each):
                        yield Word(kind, code, str(each.text), label_of(str(each.text)), local)
                    elif each.number is not None:
                        yield Word(SearchKind.PARAMETER, code, full, local, "")
                pending.append((value, True))


def _is_word(kind: SearchKind, value: Value) -> bool:
    """Texts that name something: no moments, no long notes, and numbers only where a name is expected."""
    text = value.text
    if text is None or not 0 < len(text) <= LONGEST_VALUE or value.moment is not None:
        return False
    return kind is not SearchKind.FIELD or (value.number is None and text not in ("true", "false"))
