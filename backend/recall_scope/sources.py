"""What a recall case suspects, and within which bounds its scope is asked for, as declared. No I/O."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from typing import Any

from backend.events.canonical_json import canonical_json
from backend.holds.scopes import Scope
from backend.trace.parts import Part
from infra.clock import isoformat


class SourceKind(IntEnum):
    """What a source names; the numbers are stored and never change.

    OBJECT: a lot, unit, container or other object, perhaps a part of a lot. WINDOW: what a supplier delivered, what passed a piece of
    equipment or a step in a time. COMPLAINT: an object that somebody complained about, in whose origin the cause is looked for.
    REFERENCE: a nonconformance, inspection, alert or corrective action; kept as the objects that it concerns.
    """

    OBJECT = 1
    WINDOW = 2
    COMPLAINT = 3
    REFERENCE = 4


@dataclass(frozen=True, slots=True)
class Source:
    """One thing that is suspected. Build it with `of_object`, `of_window`, `of_complaint` or `of_reference`.

    `reference` is what told of it: the public id of a nonconformance and so on ("inspection:0190…"), or the words of a complaint.
    `part` narrows a lot to what of it was at a place in a time; of a logistic unit, to what lay in it in that time.
    """

    kind: SourceKind
    key: str = ""
    scope: Scope | None = None
    reference: str = ""
    part: Part | None = None

    @classmethod
    def of_object(cls, key: str, *, part: Part | None = None, reference: str = "") -> "Source":
        """An object in any form of an identifier."""
        return cls(SourceKind.OBJECT, key=key, part=part, reference=reference)

    @classmethod
    def of_window(cls, scope: Scope, *, reference: str = "") -> "Source":
        """What falls into a window of a supplier, equipment or step, now and later."""
        return cls(SourceKind.WINDOW, scope=scope, reference=reference)

    @classmethod
    def of_complaint(cls, key: str, words: str = "") -> "Source":
        """Goods that somebody complained about."""
        return cls(SourceKind.COMPLAINT, key=key, reference=words)

    @classmethod
    def of_reference(cls, reference: str) -> "Source":
        """The objects of a nonconformance, an inspection, an alert or a corrective action, by its public id ("nonconformance:0190…")."""
        return cls(SourceKind.REFERENCE, reference=reference)

    def declared(self) -> dict[str, Any]:
        """As JSON: for the audit trail, and for telling the same source again."""
        told: dict[str, Any] = {"kind": self.kind.name.lower()}
        if self.key:
            told["key"] = self.key
        if self.scope is not None:
            told["scope"] = self.scope.declared()
        if self.reference:
            told["reference"] = self.reference
        if self.part is not None and (part := bounds_told(self.part.place, self.part.since, self.part.until)):
            told["part"] = part
        return told


@dataclass(frozen=True, slots=True)
class Bounds:
    """Within what the scope is asked for. Place and time narrow each lot among the sources to a part, and clip windows.

    Without `include_possible`, only what is certain counts as affected; what is possible is told in numbers all the same.
    """

    since: datetime | None = None
    until: datetime | None = None
    place: str | None = None
    include_possible: bool = True

    def declared(self) -> dict[str, Any]:
        """As JSON."""
        return bounds_told(self.place, self.since, self.until) | {"include_possible": self.include_possible}

    def part_of(self, part: Part | None) -> Part | None:
        """A source's own part within these bounds; None where there is no narrowing. What the source says itself comes first."""
        own = part or Part()
        found = Part(own.place or self.place, _latest(own.since, self.since), _earliest(own.until, self.until))
        return found if found != Part() else None

    def clipped(self, scope: Scope) -> Scope:
        """A window within these bounds. A step without a place of its own is taken at theirs."""
        place = scope.place or (self.place if scope.step is not None else None)
        return replace(scope, since=_latest(scope.since, self.since), until=_earliest(scope.until, self.until), place=place)


NO_BOUNDS = Bounds()


def bounds_told(place: str | None, since: datetime | None, until: datetime | None) -> dict[str, Any]:
    """Place and times as JSON, without those that aren't there."""
    told: dict[str, Any] = {"place": place} if place is not None else {}
    return told | {name: isoformat(at) for name, at in (("since", since), ("until", until)) if at is not None}


def digest_of(sources: Sequence[Source], bounds: Bounds) -> str:
    """SHA-256, hexadecimal: the same for the same question."""
    told = sorted(canonical_json(source.declared()) for source in sources)
    return hashlib.sha256(b"\n".join([*told, canonical_json(bounds.declared())])).hexdigest()


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one is not None and other is not None else one or other


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one is not None and other is not None else one or other
