"""What a hold stands on and why it was placed, as it was declared; which events fall into a scope. No I/O."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, Final
from uuid import UUID

from backend.events.canonical import CanonicalEvent
from backend.events.canonical_json import canonical_json
from backend.genealogy.rules import INFINITY
from backend.identifiers import IdentifierRole, InvalidIdentifierError, parse_identifier
from backend.trace.event_words import words_of
from infra.clock import isoformat

LONG_AGO: Final = datetime(1000, 1, 1, tzinfo=UTC)
REFERENCE_LENGTH: Final = 200
# Who delivers is named by these sources of an event (CBV 2.0 §7.4).
_DELIVERING: Final = frozenset({"owning_party", "possessing_party"})


class HoldCauseKind(IntEnum):
    """What made somebody, or the service, place a hold; the numbers are stored and never change."""

    MANUAL = 1
    RULE = 2
    INSPECTION = 3
    RECALL = 4
    NONCONFORMANCE = 5


@dataclass(frozen=True, slots=True)
class HoldOrigin:
    """The cause of a hold. `reference` is the public id of what it comes from ("inspection:0190…"); empty where a person simply placed it."""

    kind: HoldCauseKind = HoldCauseKind.MANUAL
    reference: str = ""


class ScopeKind(IntEnum):
    """What kind of things a hold stands on; the numbers are stored and never change."""

    OBJECTS = 1
    SUPPLIER = 2
    EQUIPMENT = 3
    STEP = 4


@dataclass(frozen=True, slots=True)
class Scope:
    """What a hold stands on, as declared. Build it with `of_objects`, `of_supplier`, `of_equipment` or `of_step`.

    `keys` are objects' keys. The others speak of events with a time from `since` (inclusive) to `until` (exclusive; None: still running):
    what the supplier `party` delivered, perhaps of the product `gtin` alone; what passed `equipment`; what went through the business step
    `step`, perhaps at `place`. Parties and places are canonical URIs.
    """

    kind: ScopeKind
    keys: tuple[str, ...] = ()
    party: str | None = None
    gtin: str | None = None
    equipment: str | None = None
    step: str | None = None
    place: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of_objects(cls, *keys: str) -> "Scope":
        """One or many objects: lots, units, pallets; in any form of an identifier, or bare codes that are unique."""
        return cls(ScopeKind.OBJECTS, keys)

    @classmethod
    def of_supplier(cls, party: str, *, gtin: str | None = None, since: datetime | None = None, until: datetime | None = None) -> "Scope":
        """Everything that a supplier delivered in a window, or only what of it is of one product."""
        return cls(ScopeKind.SUPPLIER, party=party, gtin=gtin, since=since, until=until)

    @classmethod
    def of_equipment(cls, equipment: str, *, since: datetime | None = None, until: datetime | None = None) -> "Scope":
        """Everything that passed a machine, line, tank or station in a window, by whatever name events give it."""
        return cls(ScopeKind.EQUIPMENT, equipment=equipment, since=since, until=until)

    @classmethod
    def of_step(cls, step: str, *, place: str | None = None, since: datetime | None = None, until: datetime | None = None) -> "Scope":
        """Everything that went through a business step in a window, anywhere or at one place."""
        return cls(ScopeKind.STEP, step=step, place=place, since=since, until=until)

    @property
    def is_window(self) -> bool:
        """Whether events tell what falls into it, late ones too; else it is just the objects named."""
        return self.kind is not ScopeKind.OBJECTS

    @property
    def begin(self) -> datetime:
        """From when on, as it is stored."""
        return self.since or LONG_AGO

    @property
    def end(self) -> datetime:
        """Until when, as it is stored."""
        return self.until or INFINITY

    def declared(self) -> dict[str, Any]:
        """The declaration as JSON: for the audit trail, and for telling the same scope again."""
        told: dict[str, Any] = {"kind": self.kind.name.lower()}
        if self.keys:
            told["keys"] = sorted(set(self.keys))
        for name in ("party", "gtin", "equipment", "step", "place"):
            if (value := getattr(self, name)) is not None:
                told[name] = value
        for name, at in (("since", self.since), ("until", self.until)):
            if at is not None:
                told[name] = isoformat(at)
        return told

    def digest(self) -> str:
        """The same for the same scope; of objects, by their canonical keys."""
        return hashlib.sha256(canonical_json(self.declared())).hexdigest()


@dataclass(frozen=True, slots=True)
class Watched:
    """The scope of a hold in force into which events to come may fall."""

    hold_id: UUID
    scope: Scope


def falls_into(scope: Scope, event: CanonicalEvent) -> bool:
    """Whether what an event is about falls into a scope that speaks of events."""
    if not scope.begin <= event.event_time < scope.end:
        return False
    if scope.kind is ScopeKind.SUPPLIER:
        return any(kind in _DELIVERING and party == scope.party for kind, party in event.sources)
    if scope.kind is ScopeKind.STEP:
        here = (event.read_point, event.biz_location)
        return event.biz_step == scope.step and (scope.place is None or any(lies_at(place, scope.place) for place in here))
    return scope.kind is ScopeKind.EQUIPMENT and passed(scope.equipment or "", event.read_point, event.biz_location, event.body)


def lies_at(place: str | None, at: str) -> bool:
    """Whether a place is another one, or an extension of its GLN (GS1 General Specifications, AI 254)."""
    return place is not None and (place == at or place.startswith(f"{at}/"))


def passed(equipment: str, read_point: str | None, biz_location: str | None, body: dict[str, Any]) -> bool:
    """Whether an event names a piece of equipment: as its read point or place, in an extension that means equipment, or as a sensor's device."""
    names = names_of(equipment)
    return read_point in names or biz_location in names or not names.isdisjoint(words_of(body).equipment)


def names_of(equipment: str) -> frozenset[str]:
    """The name of a piece of equipment as given, and as events keep it where it is an identifier."""
    try:
        return frozenset({equipment, parse_identifier(equipment, role=IdentifierRole.REFERENCE).uri})
    except InvalidIdentifierError:
        return frozenset({equipment})


def falling(watched: Sequence[Watched], events: Sequence[tuple[int, CanonicalEvent]]) -> list[tuple[UUID, int]]:
    """(hold, event's id) wherever one of these events falls into one of these scopes."""
    return [(one.hold_id, event_id) for one in watched for event_id, event in events if falls_into(one.scope, event)]
