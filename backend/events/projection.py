"""What a projection of events is; the ordered list is wired in `backend/services.py` and a projection never captures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Protocol
from uuid import UUID

from backend.events.canonical import CanonicalEvent
from backend.identifiers import Identifier
from infra.database import TenantTransaction


class Source(IntEnum):
    """By which way an event came in; the numbers are stored and never change."""

    EPCIS = 1
    GRAPHQL = 2
    MOBILE = 3
    COMMAND = 4
    IMPORT = 5
    # The service itself, of what it does: no fact about goods, so that no hold, alert or rule comes of it.
    SERVICE = 6


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event that this transaction has inserted."""

    event_id: int
    event: CanonicalEvent


@dataclass(frozen=True, slots=True)
class Superseded:
    """An event, of this or an earlier transaction, that an error declaration has just taken out of force."""

    event_id: int
    by: int


@dataclass(slots=True)
class Batch:
    """One transaction's new facts. Later projections read in `containers`, `units`, `nodes` and `shipments` what earlier ones touched."""

    recorded_at: datetime
    applied: list[StoredEvent]
    superseded: list[Superseded]
    object_ids: Mapping[str, int]
    # Every new event, also declarations and what was born superseded: for projections of what was told.
    recorded: Sequence[StoredEvent] = ()
    containers: set[int] = field(default_factory=set)
    units: set[int] = field(default_factory=set)
    nodes: set[int] = field(default_factory=set)
    shipments: set[int] = field(default_factory=set)
    held_before: dict[UUID, set[int]] = field(default_factory=dict)
    # Whether these are the service's own events (`Source.SERVICE`).
    own: bool = False

    def object_id(self, identifier: Identifier) -> int:
        """The id of an identifier that was named before the projections ran."""
        return self.object_ids[identifier.key]

    @property
    def superseded_ids(self) -> list[int]:
        """The ids of the superseded events."""
        return [item.event_id for item in self.superseded]

    @property
    def superseded_by(self) -> list[int]:
        """The declarations' ids, in the order of `superseded_ids`."""
        return [item.by for item in self.superseded]


class Projection(Protocol):
    """Keeps tables of its own equal to a function of the events in force, whatever the order in which they came."""

    def identifiers(self, event: CanonicalEvent) -> Iterable[Identifier]:
        """Objects that this projection needs besides those that take part in the event."""
        ...

    async def project(self, tx: TenantTransaction, batch: Batch) -> None:
        """Take in the batch's new events and take out its superseded ones."""
        ...
