"""The canonical EPCIS 2.0 event, which every way of capture ends in and every projection starts from."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any

from backend.identifiers.types import Identifier


class EventType(IntEnum):
    """The numbers are stored and never change."""

    OBJECT = 1
    AGGREGATION = 2
    TRANSACTION = 3
    TRANSFORMATION = 4
    ASSOCIATION = 5

    @property
    def epcis(self) -> str:
        """The name in the standard: "ObjectEvent" and so on."""
        return _EPCIS_NAMES[self]

    @classmethod
    def from_epcis(cls, name: str) -> "EventType":
        """Raises KeyError for a name that the standard does not have."""
        return _BY_EPCIS_NAME[name]


_EPCIS_NAMES = {kind: f"{kind.name.capitalize()}Event" for kind in EventType}
_BY_EPCIS_NAME = {name: kind for kind, name in _EPCIS_NAMES.items()}


class Action(IntEnum):
    """The numbers are stored and never change."""

    ADD = 1
    OBSERVE = 2
    DELETE = 3


class Role(IntEnum):
    """The part that an identifier plays in an event; the numbers are stored and never change."""

    SUBJECT = 1
    PARENT = 2
    CHILD = 3
    INPUT = 4
    OUTPUT = 5


@dataclass(frozen=True, slots=True)
class Participation:
    """`quantity` is None for an instance and for an unmeasured amount of a class; `uom` is None where the quantity counts pieces."""

    role: Role
    identifier: Identifier
    quantity: Decimal | None = None
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class ErrorDeclaration:
    """States that the event with the same id, or the same hash, was wrong (EPCIS 2.0 §7.4.1.2)."""

    declaration_time: datetime
    reason: str | None = None
    corrective_event_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CanonicalEvent:
    """One event, validated. Two events are the same fact where `event_key` is equal and say the same where `content_sha256` is.

    `event_time` is UTC; `event_offset` keeps the zone in which it was told ("+08:00"). `biz_step`, `disposition`, and the types
    of sources, destinations and business transactions are bare CBV words ("shipping"), or URIs where they are not of the CBV.
    `read_point`, `biz_location` and the ids of sources and destinations are canonical URIs. `body` is the event as it must be
    written back, without record time; `context` and `namespaces` are what its extension keys need to be understood.
    """

    type: EventType
    action: Action | None
    event_time: datetime
    event_offset: str
    event_id: str | None
    event_hash: str
    event_key: str
    content_sha256: bytes
    biz_step: str | None
    disposition: str | None
    read_point: str | None
    biz_location: str | None
    transformation_id: str | None
    error_declaration: ErrorDeclaration | None
    participations: tuple[Participation, ...]
    sources: tuple[tuple[str, str], ...]
    destinations: tuple[tuple[str, str], ...]
    biz_transactions: tuple[tuple[str | None, str], ...]
    body: dict[str, Any]
    context: list[Any]
    namespaces: dict[str, str]
