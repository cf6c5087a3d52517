"""What a reader of the event log asks for: conditions, order, and how many. No I/O."""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Final

from backend.events.canonical import Role
from backend.identifiers import ObjectKind

CLASS_KINDS: Final = (ObjectKind.LOT, ObjectKind.PRODUCT_CLASS)


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Keys from `low` (inclusive) to `high` (exclusive) of objects of these kinds, that hold `infix` somewhere."""

    low: str
    high: str
    kinds: tuple[ObjectKind, ...]
    infix: str = ""


@dataclass(frozen=True, slots=True)
class ObjectMatch:
    """Events in which one of these objects took part in one of these roles; `keys` are canonical, classes match by their own key.

    `ranges` are what patterns name. `kinds` leaves out objects of other kinds; empty takes all.
    """

    keys: tuple[str, ...]
    roles: tuple[Role, ...]
    ranges: tuple[KeyRange, ...] = ()
    kinds: tuple[ObjectKind, ...] = ()


class Comparison(StrEnum):
    """How a field is compared; EXISTS takes no value."""

    EQ = "EQ"
    GT = "GT"
    GE = "GE"
    LT = "LT"
    LE = "LE"
    EXISTS = "EXISTS"


@dataclass(frozen=True, slots=True)
class FieldTest:
    """Events that have a field (a code of `backend.events.fields.names`) with one of these values.

    A text equals a text; a number equals what was told as a number; a time equals what reads as a time. `unit` must be the field's.
    With `up_to`, a number that is compared must not be above it either: the same value is within both bounds.
    """

    field: int
    comparison: Comparison
    texts: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()
    times: tuple[datetime, ...] = ()
    unit: str | None = None
    up_to: float | None = None


class Described(StrEnum):
    """What of an event is looked up in the master data."""

    READ_POINT = "readPoint"
    BIZ_LOCATION = "bizLocation"
    EPC_CLASS = "epcClass"


@dataclass(frozen=True, slots=True)
class AttributeTest:
    """Events of which something has one of these attributes in the master data, with one of these values where there are any."""

    of: Described
    attributes: tuple[str, ...]
    values: tuple[str, ...] | None = None


class OrderBy(StrEnum):
    """What a page can be ordered by besides the tenant's sequence."""

    EVENT_TIME = "eventTime"
    RECORD_TIME = "recordTime"
    FIELD = "field"


@dataclass(frozen=True, slots=True)
class Order:
    """`field` is the code of an extension field where `by` says so; events without it come last."""

    by: OrderBy
    descending: bool = True
    field: int | None = None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What to find. Values of one field are alternatives, fields all hold; times are from (inclusive) to (exclusive).

    `read_points_within` and `biz_locations_within` stand for themselves and for what the catalogue puts into them. `among` are
    internal ids, named where few events have a field that is asked for. Of each of `any_of` one test at least holds, and `also`
    besides. Without `order` events come in the tenant's sequence. `count_limit` is the most that is told, over all pages; where more
    than `max_count` are found, `QueryTooLargeError` is raised.
    """

    event_time_from: datetime | None = None
    event_time_to: datetime | None = None
    record_time_from: datetime | None = None
    record_time_to: datetime | None = None
    declared_from: datetime | None = None
    declared_to: datetime | None = None
    types: tuple[int, ...] = ()
    actions: tuple[int, ...] = ()
    biz_steps: tuple[str, ...] = ()
    dispositions: tuple[str, ...] = ()
    read_points: tuple[str, ...] = ()
    biz_locations: tuple[str, ...] = ()
    read_points_within: tuple[str, ...] = ()
    biz_locations_within: tuple[str, ...] = ()
    transformation_ids: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()
    declared: bool | None = None
    matches: tuple[ObjectMatch, ...] = ()
    fields: tuple[FieldTest, ...] = ()
    any_of: tuple[tuple[FieldTest, ...], ...] = ()
    attributes: tuple[AttributeTest, ...] = ()
    among: tuple[int, ...] | None = None
    also: "EventFilter | None" = None
    order: Order | None = None
    count_limit: int | None = None
    max_count: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked but everything."""
        return all(not getattr(self, field.name) and getattr(self, field.name) is not False for field in fields(self))


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page in an order of its own ends: the values that it is ordered by, the event's id last.

    `upto` is the sequence number up to which the first page looked: later events are left out of the pages that follow.
    """

    values: tuple[datetime | float | str | int, ...]
    upto: int
