"""Keep instruments and their calibrations, and say whether what one measured counts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from backend.catalog.sites import Sites, sites_of
from backend.identifiers import parse_identifier
from backend.instruments import repository, rules
from backend.instruments.errors import CalibrationNotFoundError, InstrumentExistsError, InstrumentNotFoundError, InstrumentStateError
from backend.instruments.rules import Checked, Finding, InstrumentState, InstrumentStatus, Outage, Span
from backend.photos import service as photos
from infra import clock
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError
from infra.grouping import grouped
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

TEXT_LENGTH: Final = 200
LONGEST_INTERVAL: Final = 3_650
# Clocks differ a little.
_AHEAD: Final = timedelta(minutes=5)
_P: Final = Permission.INSTRUMENTS_MANAGE


@dataclass(frozen=True, slots=True)
class InstrumentDetails:
    """What is told of an instrument. Range and resolution are numbers of `uom`; `place` is any form of a place's identifier."""

    identifier: str
    serial: str = ""
    kind: str = ""
    range_low: Decimal | None = None
    range_high: Decimal | None = None
    resolution: Decimal | None = None
    uom: str = ""
    place: str | None = None
    owner: str = ""
    interval_days: int | None = None


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument as it is now."""

    instrument_id: UUID
    details: InstrumentDetails
    due_at: datetime | None
    out_of_service_at: datetime | None
    out_of_service_reason: str | None

    @classmethod
    def from_row(cls, row: Record) -> "Instrument":
        """From a row of the table."""
        details = InstrumentDetails(
            row["identifier"], row["serial"], row["kind"], row["range_low"], row["range_high"], row["resolution"], row["uom"], row["place"],
            row["owner"], row["interval_days"],
        )  # fmt: skip
        return cls(row["instrument_id"], details, row["due_at"], row["out_of_service_at"], row["out_of_service_reason"])

    def status(self, now: datetime) -> InstrumentStatus:
        """In use, due, overdue, not calibrated, out of service."""
        return rules.status_now(self.due_at, now, out_of_service=self.out_of_service_at is not None)


@dataclass(frozen=True, slots=True)
class CalibrationDetails:
    """What a calibration found and left. `due_at` may be left out where the instrument has an interval."""

    performed_at: datetime
    performed_by: str
    as_found: Finding
    as_left: Finding
    certificate: str = ""
    due_at: datetime | None = None
    file_id: UUID | None = None
    note: str = ""
    replaces: UUID | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """A calibration as it was recorded."""

    calibration_id: UUID
    instrument_id: UUID
    details: CalibrationDetails
    recorded_at: datetime

    @classmethod
    def from_row(cls, row: Record) -> "Calibration":
        """From a row of the table."""
        details = CalibrationDetails(
            row["performed_at"], row["performed_by"], Finding(row["as_found"]), Finding(row["as_left"]), row["certificate"], row["due_at"],
            row["file_id"], row["note"], row["replaces"],
        )  # fmt: skip
        return cls(row["calibration_id"], row["instrument_id"], details, row["recorded_at"])


async def put_instrument(tx: TenantTransaction, principal: Principal, *, instrument_id: UUID | None, details: InstrumentDetails) -> Instrument:
    """Add an instrument, or change what is told of it. Whoever is limited to sites names a place in them.

    Raises `InvalidInputError`, `InstrumentNotFoundError`, `InstrumentExistsError`.
    """
    sites = await sites_of(tx, principal, _P)
    told = _cleaned(details)
    if sites is not None and not sites.cover(told.place):
        raise InvalidInputError("Say where the instrument is: a place at one of your sites.", field="place")
    added = instrument_id is None
    found_id = uuid7() if instrument_id is None else instrument_id
    values: list[Any] = [
        found_id, told.identifier, told.serial, told.kind, told.range_low, told.range_high, told.resolution, told.uom, told.place, told.owner,
        told.interval_days, clock.now(),
    ]  # fmt: skip
    if added:
        if not await repository.insert(tx, values):
            raise InstrumentExistsError(told.identifier)
    else:
        await _locked(tx, found_id, sites)
        if await repository.taken(tx, told.identifier, found_id):
            raise InstrumentExistsError(told.identifier)
        await repository.change(tx, values)
    after = {"identifier": told.identifier, "serial": told.serial, "kind": told.kind, "place": told.place}
    await audit.record(tx, principal, "instrument.put", f"instrument:{found_id}", after=after)
    return await get_instrument(tx, found_id)


async def record_calibration(tx: TenantTransaction, principal: Principal, *, instrument_id: UUID, details: CalibrationDetails) -> Calibration:
    """Record a calibration, also one of long ago; it never changes any more, another may replace it.

    Raises `InstrumentNotFoundError`, `CalibrationNotFoundError`, `InvalidInputError`, and of the certificate's file `PhotoNotFoundError`.
    """
    instrument = await _locked(tx, instrument_id, await sites_of(tx, principal, _P))
    told, now = details, clock.now()
    due_at = _due(told, instrument.details.interval_days, now)
    by, certificate = _text(told.performed_by, "performedBy", empty=False), _text(told.certificate, "certificate")
    if told.replaces is not None and told.replaces not in {row["calibration_id"] for row in await repository.counting(tx, [instrument_id])}:
        raise CalibrationNotFoundError
    calibration_id = uuid7()
    if told.file_id is not None:
        await photos.attach(tx, principal, photo_ids=[told.file_id], subject=f"calibration:{calibration_id}")
    values: list[Any] = [
        calibration_id, instrument_id, told.performed_at, by, certificate, int(told.as_found), int(told.as_left), due_at, told.file_id,
        _text(told.note, "note", longest=1_000), told.replaces, now, principal.actor_id,
    ]  # fmt: skip
    await repository.add_calibration(tx, values)
    rows = await repository.counting(tx, [instrument_id])
    await repository.set_due(tx, instrument_id, rows[-1]["due_at"])
    after = {"instrument": instrument.details.identifier, "certificate": certificate, "performedAt": clock.isoformat(told.performed_at)}
    after |= {"asFound": told.as_found.name.lower(), "asLeft": told.as_left.name.lower(), "dueAt": clock.isoformat(due_at)}
    await audit.record(tx, principal, "calibration.recorded", f"calibration:{calibration_id}", after=after)
    return next(Calibration.from_row(row) for row in rows if row["calibration_id"] == calibration_id)


async def take_out_of_service(tx: TenantTransaction, principal: Principal, *, instrument_id: UUID, reason: str) -> Instrument:
    """What it measures from now on doesn't count. Raises `InstrumentNotFoundError`, `InstrumentStateError`."""
    instrument = await _locked(tx, instrument_id, await sites_of(tx, principal, _P))
    reason = _text(reason, "reason", empty=False, longest=500)
    if instrument.out_of_service_at is not None:
        raise InstrumentStateError(out_of_service=True)
    now = clock.now()
    await repository.set_service(tx, instrument_id, now, reason)
    await repository.begin_outage(tx, instrument_id, now, reason)
    await audit.record(tx, principal, "instrument.taken_out_of_service", f"instrument:{instrument_id}", reason=reason)
    return await get_instrument(tx, instrument_id)


async def return_to_service(tx: TenantTransaction, principal: Principal, *, instrument_id: UUID, reason: str) -> Instrument:
    """It may be used again, as far as its calibration says so. Raises `InstrumentNotFoundError`, `InstrumentStateError`."""
    instrument = await _locked(tx, instrument_id, await sites_of(tx, principal, _P))
    reason = _text(reason, "reason", empty=False, longest=500)
    if instrument.out_of_service_at is None:
        raise InstrumentStateError(out_of_service=False)
    await repository.set_service(tx, instrument_id, None, None)
    await repository.end_outage(tx, instrument_id, clock.now())
    await audit.record(tx, principal, "instrument.returned_to_service", f"instrument:{instrument_id}", reason=reason)
    return await get_instrument(tx, instrument_id)


async def get_instrument(tx: TenantTransaction, instrument_id: UUID, sites: Sites | None = None) -> Instrument:
    """One instrument that `sites` show; raises `InstrumentNotFoundError`."""
    found = (await by_ids(tx, [instrument_id])).get(instrument_id)
    if found is None or (sites is not None and not sites.cover(found.details.place)):
        raise InstrumentNotFoundError
    return found


async def by_ids(tx: TenantTransaction, instrument_ids: Collection[UUID]) -> dict[UUID, Instrument]:
    """Instruments by id; what isn't there is left out."""
    return {row["instrument_id"]: Instrument.from_row(row) for row in await repository.by_ids(tx, instrument_ids)} if instrument_ids else {}


async def state_at(tx: TenantTransaction, instrument_id: UUID, at: datetime) -> InstrumentState:
    """Whether what an instrument measured at a moment counts, by all that is known now. Raises `InstrumentNotFoundError`."""
    return (await states_at(tx, {(instrument_id, at)}))[instrument_id, at]


async def states_at(tx: TenantTransaction, wanted: Collection[tuple[UUID, datetime]]) -> dict[tuple[UUID, datetime], InstrumentState]:
    """The same of several instruments and moments at once."""
    ids = {instrument_id for instrument_id, _ in wanted}
    if ids - (await by_ids(tx, ids)).keys():
        raise InstrumentNotFoundError
    outages = grouped(await repository.outages(tx, ids), "instrument_id", lambda row: Outage(row["began_at"], row["ended_at"], row["reason"]))
    checks = grouped(await repository.counting(tx, ids), "instrument_id", _checked)
    return {(one, at): rules.state_at(checks.get(one, []), outages.get(one, []), at) for one, at in wanted}


async def doubtful_spans(tx: TenantTransaction, instrument_id: UUID) -> list[Span]:
    """The times whose results a later calibration threw into doubt: what inspections measured in them is to be looked at again."""
    return rules.doubtful([_checked(row) for row in await repository.counting(tx, [instrument_id])])


def _checked(row: Record) -> Checked:
    return Checked(row["calibration_id"], row["performed_at"], Finding(row["as_found"]), Finding(row["as_left"]), row["due_at"])


async def _locked(tx: TenantTransaction, instrument_id: UUID, sites: Sites | None) -> Instrument:
    row = await repository.lock(tx, instrument_id)
    if row is None or (sites is not None and not sites.cover(row["place"])):
        raise InstrumentNotFoundError
    return Instrument.from_row(row)


def _due(told: CalibrationDetails, interval: int | None, now: datetime) -> datetime:
    if told.performed_at > now + _AHEAD:
        raise InvalidInputError("The calibration lies in the future; record it when it is done.", field="performedAt")
    if told.due_at is not None:
        if told.due_at <= told.performed_at:
            raise InvalidInputError("The next calibration is due after this one.", field="dueAt")
        return told.due_at
    if interval is None:
        raise InvalidInputError("Say when the next calibration is due, or give the instrument an interval.", field="dueAt")
    return told.performed_at + timedelta(days=interval)


def _cleaned(details: InstrumentDetails) -> InstrumentDetails:
    low, high, resolution, interval = details.range_low, details.range_high, details.resolution, details.interval_days
    if low is not None and high is not None and low >= high:
        raise InvalidInputError("The range's lower end must be below its upper end.", field="rangeLow")
    if resolution is not None and resolution <= 0:
        raise InvalidInputError("The resolution must be greater than zero.", field="resolution")
    uom = _text(details.uom, "uom", longest=20)
    if not uom and any(number is not None for number in (low, high, resolution)):
        raise InvalidInputError("Range and resolution need a unit of measure.", field="uom")
    if interval is not None and not 1 <= interval <= LONGEST_INTERVAL:
        raise InvalidInputError(f"The interval is from 1 to {LONGEST_INTERVAL} days.", field="intervalDays")
    place = parse_identifier(details.place).uri if details.place else None
    return InstrumentDetails(
        _text(details.identifier, "identifier", empty=False, longest=80), _text(details.serial, "serial"), _text(details.kind, "kind"), low, high,
        resolution, uom, place, _text(details.owner, "owner"), interval,
    )  # fmt: skip


def _text(text: str, field: str, *, empty: bool = True, longest: int = TEXT_LENGTH) -> str:
    cleaned = text.strip()
    if (not cleaned and not empty) or len(cleaned) > longest or "\x00" in cleaned:
        least = 0 if empty else 1
        raise InvalidInputError(f"“{field}” must be text of {least} to {longest} characters, without NUL.", field=field)
    return cleaned
