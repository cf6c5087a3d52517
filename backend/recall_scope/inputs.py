"""What is suspected, and the bounds, as GraphQL takes them: for opening a recall, and for looking what it would reach."""

from datetime import datetime

import strawberry

from backend.holds.scope_types import HoldScopeInput
from backend.recall_scope.sources import Bounds, Source
from backend.trace.parts import Part
from infra.errors import InvalidInputError


@strawberry.input(description="An object that is suspected, or of a lot or container what of it was at a place in a time.")
class RecallObjectInput:
    """`key` in any form of an identifier, or a bare code that is unique."""

    key: str
    place: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@strawberry.input(description="Goods that somebody complained about, in whose origin the cause is looked for.")
class RecallComplaintInput:
    """`words` are the complaint's."""

    key: str
    words: str = ""


@strawberry.input(one_of=True, description="One thing that is suspected: exactly one of these.")
class RecallSourceInput:
    """`window` is what a supplier delivered, or passed a machine or a step in a time; `reference` a nonconformance, inspection or alert by its
    public id ("inspection:0190…"), taken as the goods behind it."""

    object: RecallObjectInput | None = strawberry.UNSET
    window: HoldScopeInput | None = strawberry.UNSET
    complaint: RecallComplaintInput | None = strawberry.UNSET
    reference: str | None = strawberry.UNSET

    def source(self) -> Source:
        """As the service takes it; raises `InvalidInputError`."""
        if self.object:
            one = self.object
            part = Part(one.place, one.since, one.until)
            return Source.of_object(one.key, part=part if part != Part() else None)
        if self.window:
            return Source.of_window(self.window.scope())
        if self.complaint:
            return Source.of_complaint(self.complaint.key, self.complaint.words)
        if self.reference:
            return Source.of_reference(self.reference)
        raise InvalidInputError("Say what is suspected: an object, a window, a complaint or a reference.", field="sources")


@strawberry.input(description="Within what the scope is asked for; what is left out bounds nothing.")
class RecallBoundsInput:
    """Without `includePossible` only what is certain counts as affected."""

    since: datetime | None = None
    until: datetime | None = None
    place: str | None = None
    include_possible: bool = True

    def bounds(self) -> Bounds:
        """As the service takes it."""
        return Bounds(self.since, self.until, self.place, self.include_possible)
