"""A combined question: what objects are looked for, by what they are and by what their events say. No I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from backend.events.canonical import Action, EventType, Role
from backend.events.vocabulary import SHIPPING_STEPS
from backend.identifiers import ObjectKind

MOST_TEXT: Final = 400
MOST_ALSO: Final = 3
MOST_VALUES: Final = 20


class Part(Enum):
    """What an object did in the event that is asked for."""

    MADE = "MADE"
    USED = "USED"
    PACKED = "PACKED"
    SHIPPED = "SHIPPED"
    OBSERVED = "OBSERVED"


_AS_SUBJECT: Final = f"eo.role in ({Role.SUBJECT:d}, {Role.PARENT:d}, {Role.CHILD:d})"
_STEPS: Final = ", ".join(f"'{step}'" for step in sorted(SHIPPING_STEPS))
# Conditions on the object's part `eo` in the event `e`: constants alone.
PARTS: Final = {
    Part.MADE: f"(eo.role = {Role.OUTPUT:d} or (eo.role = {Role.SUBJECT:d} and e.event_type = {EventType.OBJECT:d} and e.action = {Action.ADD:d}))",
    Part.USED: f"(eo.role = {Role.INPUT:d})",
    Part.PACKED: f"(eo.role in ({Role.PARENT:d}, {Role.CHILD:d}) and e.action = {Action.ADD:d})",
    Part.SHIPPED: f"({_AS_SUBJECT} and e.biz_step in ({_STEPS}))",
    Part.OBSERVED: f"({_AS_SUBJECT} and e.action = {Action.OBSERVE:d})",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A measured value within bounds, both inclusive. With `unit` (UN/CEFACT Recommendation 20) a report of a sensor, of the type
    `name` where there is one; else an extension field by its full name, or by the last part of it.
    """

    name: str | None = None
    unit: str | None = None
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """All that is given holds, of the object or of one event of it; each of `also` holds of the same object through another event, or the same.

    Times are of the event, from (inclusive) to (exclusive). `supplier`, `customer` and `place` are an identifier or an exact name.
    `container` takes part in the event too. Values of lists are alternatives.
    """

    product: str | None = None
    lot: str | None = None
    serial: str | None = None
    container: str | None = None
    kinds: tuple[ObjectKind, ...] = ()
    document: str | None = None
    document_type: str | None = None
    supplier: str | None = None
    supplier_lot: str | None = None
    customer: str | None = None
    equipment: str | None = None
    operator: str | None = None
    parameters: tuple[Parameter, ...] = ()
    biz_steps: tuple[str, ...] = ()
    dispositions: tuple[str, ...] = ()
    place: str | None = None
    time_from: datetime | None = None
    time_to: datetime | None = None
    event_types: tuple[EventType, ...] = ()
    parts: tuple[Part, ...] = ()
    also: tuple["Question", ...] = ()
