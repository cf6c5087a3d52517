"""Keeping instruments and recording calibrations."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import strawberry

from backend.graphql.commands import Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import uuid_of
from backend.instruments import service
from backend.instruments.errors import CalibrationNotFoundError, InstrumentNotFoundError
from backend.instruments.rules import Finding
from backend.instruments.service import CalibrationDetails, InstrumentDetails
from backend.instruments.types import Instrument, load_instrument
from backend.photos.errors import PhotoNotFoundError
from infra.database import TenantTransaction
from tenants.permissions import Permission


@strawberry.input
class PutInstrumentInput:
    """With `instrumentId` what is told of that one is changed. Range and resolution need a unit of measure."""

    identifier: str
    instrument_id: strawberry.ID | None = None
    serial: str = ""
    kind: str = ""
    range_low: Decimal | None = None
    range_high: Decimal | None = None
    resolution: Decimal | None = None
    uom: str = ""
    place: str | None = None
    owner: str = ""
    interval_days: int | None = None


@strawberry.input
class RecordCalibrationInput:
    """`dueAt` may be left out where the instrument has an interval; `replaces` names a calibration that was entered wrongly."""

    instrument_id: strawberry.ID
    performed_at: datetime
    performed_by: str
    as_found: Finding
    as_left: Finding
    certificate: str = ""
    due_at: datetime | None = None
    file_id: strawberry.ID | None = None
    note: str = ""
    replaces: strawberry.ID | None = None


@strawberry.input
class InstrumentServiceInput:
    """`reason` stands beside what the instrument measured."""

    instrument_id: strawberry.ID
    reason: str


@strawberry.type
class InstrumentPayload:
    """The instrument, or why nothing was changed."""

    user_errors: list[UserError]
    instrument_id: strawberry.Private[UUID | None]

    @field()
    async def instrument(self, info: Info) -> Instrument | None:
        """The instrument as it is now."""
        return await load_instrument(info.context, self.instrument_id)


def _id(given: strawberry.ID) -> UUID:
    found = uuid_of(given, "Instrument")
    if found is None:
        raise InstrumentNotFoundError
    return found


async def _done(info: Info, given: Any, use_case: Callable[[TenantTransaction], Awaitable[UUID]]) -> InstrumentPayload:
    async def reply(tx: TenantTransaction) -> Reply:
        return {"instrument": str(await use_case(tx))}

    done = await perform(info, given, reply)
    return InstrumentPayload(user_errors=done.user_errors, instrument_id=UUID(done.reply["instrument"]) if done.reply else None)


@strawberry.type
class InstrumentMutations:
    """Whoever is limited to sites keeps the instruments there."""

    @mutation(
        description="Add an instrument, or change what is told of one. Needs an Idempotency-Key.",
        directives=requires(Permission.INSTRUMENTS_MANAGE),
    )
    async def put_instrument(self, info: Info, given: Annotated[PutInstrumentInput, strawberry.argument(name="input")]) -> InstrumentPayload | None:
        """Its identifier is its own."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> UUID:
            known = _id(given.instrument_id) if given.instrument_id is not None else None
            details = InstrumentDetails(
                given.identifier, given.serial, given.kind, given.range_low, given.range_high, given.resolution, given.uom, given.place,
                given.owner, given.interval_days,
            )  # fmt: skip
            return (await service.put_instrument(tx, info.context.caller_principal, instrument_id=known, details=details)).instrument_id

        return await _done(info, given, use_case)

    @mutation(
        description="Record a calibration. It never changes any more; another may replace it. Needs an Idempotency-Key.",
        directives=requires(Permission.INSTRUMENTS_MANAGE),
    )
    async def record_calibration(
        self, info: Info, given: Annotated[RecordCalibrationInput, strawberry.argument(name="input")]
    ) -> InstrumentPayload | None:
        """Found out of tolerance, it throws what was measured before into doubt."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> UUID:
            instrument_id = _id(given.instrument_id)
            file_id = uuid_of(given.file_id, "Photo") if given.file_id is not None else None
            if given.file_id is not None and file_id is None:
                raise PhotoNotFoundError
            replaces = uuid_of(given.replaces, "Calibration") if given.replaces is not None else None
            if given.replaces is not None and replaces is None:
                raise CalibrationNotFoundError
            details = CalibrationDetails(
                given.performed_at, given.performed_by, given.as_found, given.as_left, given.certificate, given.due_at, file_id, given.note, replaces
            )
            await service.record_calibration(tx, info.context.caller_principal, instrument_id=instrument_id, details=details)
            return instrument_id

        return await _done(info, given, use_case)

    @mutation(
        description="Take an instrument out of service: what it measures from now on doesn't count.",
        directives=requires(Permission.INSTRUMENTS_MANAGE),
    )
    async def take_instrument_out_of_service(
        self, info: Info, given: Annotated[InstrumentServiceInput, strawberry.argument(name="input")]
    ) -> InstrumentPayload | None:
        """Until it returns."""

        async def use_case(tx: TenantTransaction) -> UUID:
            principal = info.context.caller_principal
            return (await service.take_out_of_service(tx, principal, instrument_id=_id(given.instrument_id), reason=given.reason)).instrument_id

        return await _done(info, given, use_case)

    @mutation(description="Return an instrument to service.", directives=requires(Permission.INSTRUMENTS_MANAGE))
    async def return_instrument_to_service(
        self, info: Info, given: Annotated[InstrumentServiceInput, strawberry.argument(name="input")]
    ) -> InstrumentPayload | None:
        """It counts again as far as its calibration says so."""

        async def use_case(tx: TenantTransaction) -> UUID:
            principal = info.context.caller_principal
            return (await service.return_to_service(tx, principal, instrument_id=_id(given.instrument_id), reason=given.reason)).instrument_id

        return await _done(info, given, use_case)
