"""What the service itself tells of goods in a firm's log: that they are kept from use, or no longer. No I/O.

Such events are captured with `Source.SERVICE`, which no hold, alert, rule or recall looks at. Whoever tells one gives it an id that follows
from what it tells, so that it is a duplicate when it is told twice or comes back from a partner.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from backend.events.contexts import STANDARD_CONTEXT, SUYUAN_NAMESPACE
from backend.events.timestamps import write_timestamp
from backend.identifiers import InvalidIdentifierError, ObjectKind, parse_identifier
from backend.objects.service import TraceableObject

# So many objects an event names at most.
NAMED_AT_ONCE: Final = 1_000
_NAMED: Final = frozenset({ObjectKind.LOT, ObjectKind.UNIT, ObjectKind.LOGISTIC_UNIT, ObjectKind.ASSET, ObjectKind.TANK, ObjectKind.OTHER})


def has_form(thing: TraceableObject) -> bool:
    """Whether an event can name the object, and it is read as the same one then: nodes of the genealogy have no such form."""
    if thing.kind not in _NAMED:
        return False
    try:
        read = parse_identifier(thing.uri)
    except InvalidIdentifierError:
        return False
    return (read.kind, read.key) == (thing.kind, thing.key)


def holding_event(
    event_id: UUID, *, at: datetime, disposition: str, begins: bool, things: Iterable[TraceableObject], more: Mapping[str, Any]
) -> dict[str, Any]:
    """An ObjectEvent, OBSERVE, with business step `holding`, as JSON-LD: the disposition begins or ends for these, which have a form each.

    It names no place, no reason, nobody, and no quantity: of a lot it doesn't say how much (EPCIS 2.0 §7.3.3.3). `more` are extensions.
    """
    things = list(things)
    lots = [{"epcClass": thing.uri} for thing in things if thing.kind is ObjectKind.LOT]
    others = [thing.uri for thing in things if thing.kind is not ObjectKind.LOT]
    return {
        "@context": [STANDARD_CONTEXT, {"suyuan": SUYUAN_NAMESPACE}],
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{event_id}",
        "eventTime": write_timestamp(at),
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": "holding",
        **({"disposition": disposition} if begins else {}),
        "persistentDisposition": {"set" if begins else "unset": [disposition]},
        **({"epcList": others} if others else {}),
        **({"quantityList": lots} if lots else {}),
        **more,
    }
