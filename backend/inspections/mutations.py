"""Opening, recording, concluding and cancelling inspections."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import strawberry

from backend.graphql.commands import Done, Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import parse_uuid, uuid_of
from backend.inspections import concluding, opening, recording
from backend.inspections.errors import GateNeededError, InspectionNotFoundError
from backend.inspections.inspections import Kind
from backend.inspections.rules import Conclusion
from backend.inspections.types import Inspection, InspectionVerdict, load_inspection
from backend.specifications.errors import SpecificationNotFoundError
from infra.database import Gate, TenantTransaction
from infra.errors import InvalidInputError
from tenants.permissions import Permission


@strawberry.input
class OpenInspectionInput:
    """`key` is a lot, unit or logistic unit in any form of its identifier or its bare code; `receipt` names a delivery without one.

    Supplier, step, customer and material help to choose the specification; `specificationId` names one. With `supersedes` it takes the
    place of a concluded inspection, and `reason` says why.
    """

    kind: Kind
    key: str | None = None
    receipt: str | None = None
    place: str | None = None
    equipment: str | None = None
    product: str | None = None
    material: str | None = None
    supplier: str | None = None
    step: str | None = None
    customer: str | None = None
    lot_size: int | None = None
    specification_id: strawberry.ID | None = None
    due_at: datetime | None = None
    reason: str = ""
    supersedes: strawberry.ID | None = None

    def wanted(self) -> opening.Wanted:
        """As the service takes it."""
        names = ("key", "receipt", "place", "equipment", "product", "material", "supplier", "step", "customer")
        specification_id = uuid_of(self.specification_id, "Specification") if self.specification_id is not None else None
        if self.specification_id is not None and specification_id is None:
            raise SpecificationNotFoundError
        return opening.Wanted(
            self.kind,
            **{name: getattr(self, name) or "" for name in names},
            lot_size=self.lot_size,
            specification_id=specification_id,
            due_at=self.due_at,
            reason=self.reason,
            supersedes=named(self.supersedes, "supersedes") if self.supersedes is not None else None,
        )


@strawberry.input(description="A result; one that is entered anew replaces what stood there, which is kept.")
class ResultInput:
    """`value` as it was read: "0.05", "<0.01", ">5", PASS or FAIL, a choice, a text. `unit` is a UN/CEFACT code or its usual symbol."""

    characteristic: str
    value: str
    sample: int = 1
    measurement: int = 1
    unit: str = ""
    uncertainty: Decimal | None = None
    instrument_id: strawberry.ID | None = None
    photo_ids: list[strawberry.ID] = strawberry.field(default_factory=list)
    note: str = ""
    method: str = ""
    measured_at: datetime | None = None

    def given(self) -> recording.Given:
        """As the service takes it."""
        instrument_id = public(self.instrument_id, "Instrument", "instrumentId") if self.instrument_id is not None else None
        photo_ids = tuple(public(one, "Photo", "photoIds") for one in self.photo_ids)
        return recording.Given(
            self.characteristic, self.value, self.sample, self.measurement, self.unit, self.uncertainty, instrument_id, photo_ids, self.note,
            self.method, self.measured_at,
        )  # fmt: skip


@strawberry.input
class RecordResultsInput:
    """At most 500 results, all or none."""

    inspection_id: strawberry.ID
    results: list[ResultInput]


@strawberry.input
class ConcludeInspectionInput:
    """Without `conclusion` as the rules propose. `note` is needed for conditions, and to reject what the results don't."""

    inspection_id: strawberry.ID
    conclusion: Conclusion | None = None
    note: str = ""


@strawberry.input
class CancelInspectionInput:
    """Only one that has no results."""

    inspection_id: strawberry.ID
    reason: str


@strawberry.type
class InspectionPayload:
    """The inspection as it is now, or why nothing was written."""

    user_errors: list[UserError]
    inspection_id: strawberry.Private[UUID | None]

    @field()
    async def inspection(self, info: Info) -> Inspection | None:
        """Null where it was refused."""
        return await load_inspection(info.context, self.inspection_id)

    @field(description="What the rules say of the results so far.")
    async def verdict(self, info: Info) -> InspectionVerdict | None:
        """Null where it was refused."""
        loaded = await load_inspection(info.context, self.inspection_id)
        if loaded is None:
            return None
        async with info.context.reading() as tx:
            _, _, verdict = await concluding.assessed(tx, loaded.found)
        return InspectionVerdict.of(loaded.found.verdict or verdict)


def public(text: str, kind: str, name: str) -> UUID:
    """The public id in a global id of this type, or alone as phones know it."""
    found = uuid_of(text, kind) or parse_uuid(text)
    if found is None:
        raise InvalidInputError(f"“{name}” names no {kind.lower()}; take its id from the list.", field=name)
    return found


def named(public_id: str, name: str = "inspectionId") -> UUID:
    """The inspection that an id names; raises `InspectionNotFoundError`."""
    found = uuid_of(public_id, "Inspection")
    if found is None:
        raise InspectionNotFoundError(name)
    return found


def _payload(done: Done) -> InspectionPayload:
    return InspectionPayload(user_errors=done.user_errors, inspection_id=UUID(done.reply["inspection"]) if done.reply else None)


async def perform_gated(info: Info, given: Any, use_case: Callable[[TenantTransaction], Awaitable[Reply]]) -> Done:
    """Without the gate first, because most inspections hold nothing; whoever does starts again behind it, never upgraded."""
    try:
        return await perform(info, given, use_case)
    except GateNeededError:
        return await perform(info, given, use_case, gate=Gate.EXCLUSIVE)


@strawberry.type
class InspectionMutations:
    """What is concluded never changes."""

    @mutation(
        description="Open an inspection by the specification in force. Needs an Idempotency-Key.", directives=requires(Permission.INSPECTIONS_RECORD)
    )
    async def open_inspection(self, info: Info, given: Annotated[OpenInspectionInput, strawberry.argument(name="input")]) -> InspectionPayload | None:
        """The version and the sample are frozen."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            opened = await opening.open_inspection(tx, info.context.caller_principal, given.wanted())
            return {"inspection": str(opened.inspection_id)}

        return _payload(await perform(info, given, use_case))

    @mutation(
        description="Record results of an inspection; each is judged at once. Needs an Idempotency-Key.",
        directives=requires(Permission.INSPECTIONS_RECORD),
    )
    async def record_results(self, info: Info, given: Annotated[RecordResultsInput, strawberry.argument(name="input")]) -> InspectionPayload | None:
        """All or none; the field of a refusal names the result."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            if len(given.results) > recording.MOST_AT_ONCE:
                told = f"“results” has {len(given.results)} entries; record at most {recording.MOST_AT_ONCE} at a time."
                raise InvalidInputError(told, field="results")
            results = [one.given() for one in given.results]
            done = await recording.record_results(tx, info.context.caller_principal, inspection_id=named(given.inspection_id), results=results)
            return {"inspection": str(done.inspection_id)}

        return _payload(await perform(info, given, use_case))

    @mutation(
        description="Conclude an inspection; a failed one holds the goods and all that was made from them at once. Needs an Idempotency-Key.",
        directives=requires(Permission.INSPECTIONS_RECORD),
    )
    async def conclude_inspection(
        self, info: Info, given: Annotated[ConcludeInspectionInput, strawberry.argument(name="input")]
    ) -> InspectionPayload | None:
        """Hold, alert, nonconformance and re-inspection in one transaction with it."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            done = await concluding.conclude(
                tx, info.context.caller_principal, inspection_id=named(given.inspection_id), conclusion=given.conclusion, note=given.note
            )
            return {"inspection": str(done.inspection_id)}

        return _payload(await perform_gated(info, given, use_case))

    @mutation(description="Cancel an inspection that has no results, with a reason.", directives=requires(Permission.INSPECTIONS_RECORD))
    async def cancel_inspection(
        self, info: Info, given: Annotated[CancelInspectionInput, strawberry.argument(name="input")]
    ) -> InspectionPayload | None:
        """It stays in the lists."""

        async def use_case(tx: TenantTransaction) -> Reply:
            done = await opening.cancel_inspection(tx, info.context.caller_principal, inspection_id=named(given.inspection_id), reason=given.reason)
            return {"inspection": str(done.inspection_id)}

        return _payload(await perform(info, given, use_case))
