"""Instruments and calibrations as GraphQL shows them."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry import ID

from backend.catalog.loaders import sites_for
from backend.graphql.context import Context, Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page, connect
from backend.instruments import query_service, rules, service
from backend.instruments.errors import InstrumentNotFoundError
from backend.photos import service as photos
from backend.photos.types import Photo
from infra import clock
from tenants.permissions import Permission

strawberry.enum(rules.Finding, name="CalibrationFinding", description="What a calibration found.")
strawberry.enum(rules.InstrumentStatus, description="How an instrument stands now.")
strawberry.enum(rules.Fault, name="InstrumentFault", description="Why what an instrument measured doesn't count.")


@strawberry.type
class InstrumentValidity:
    """Whether what it measured at a moment counts, by all that is known now."""

    valid: bool
    due_at: datetime | None
    fault: rules.Fault | None
    reason: str


@strawberry.type
class DoubtfulSpan:
    """What was measured from `since` (null: from the beginning) until `until` is to be looked at again."""

    since: datetime | None
    until: datetime


@strawberry.type
class Calibration:
    """As it was recorded; `replaced` says whether a later record stands in its place."""

    id: ID
    performed_at: datetime
    performed_by: str
    certificate: str
    as_found: rules.Finding
    as_left: rules.Finding
    due_at: datetime
    note: str
    recorded_at: datetime
    replaced: bool
    file_id: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, listed: query_service.ListedCalibration) -> "Calibration":
        """From the stored one."""
        one = listed.calibration
        told = one.details
        return cls(
            id=global_id("Calibration", one.calibration_id), performed_at=told.performed_at, performed_by=told.performed_by,
            certificate=told.certificate, as_found=told.as_found, as_left=told.as_left, due_at=listed.due_at, note=told.note,
            recorded_at=one.recorded_at, replaced=listed.replaced, file_id=told.file_id,
        )  # fmt: skip

    @field(description="The certificate, photographed or as PDF.", directives=(Cost(weight=2),))
    async def file(self, info: Info) -> Photo | None:
        """As it was uploaded."""
        found = await info.context.load(_photos, self.file_id) if self.file_id is not None else None
        return Photo.of(found) if found else None


@strawberry.type(description="A measuring instrument.", directives=requires(Permission.QUALITY_READ))
class Instrument(Node):
    """Range and resolution are numbers of `uom`; `dueAt` is when its last calibration ends."""

    id: ID
    identifier: str
    serial: str
    kind: str
    range_low: Decimal | None
    range_high: Decimal | None
    resolution: Decimal | None
    uom: str
    place: str | None
    owner: str
    interval_days: int | None
    status: rules.InstrumentStatus
    due_at: datetime | None
    out_of_service_at: datetime | None
    out_of_service_reason: str | None
    instrument_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, one: service.Instrument, now: datetime) -> "Instrument":
        """From the stored one."""
        told = one.details
        return cls(
            id=global_id("Instrument", one.instrument_id), identifier=told.identifier, serial=told.serial, kind=told.kind,
            range_low=told.range_low, range_high=told.range_high, resolution=told.resolution, uom=told.uom, place=told.place, owner=told.owner,
            interval_days=told.interval_days, status=one.status(now), due_at=one.due_at, out_of_service_at=one.out_of_service_at,
            out_of_service_reason=one.out_of_service_reason, instrument_id=one.instrument_id,
        )  # fmt: skip

    @field(description="All that was recorded, last recorded first.")
    async def calibrations(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[Calibration]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor = page.uuid()
        async with info.context.reading() as tx:
            rows = await query_service.page_of_calibrations(tx, self.instrument_id, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=Calibration.of, cursor=lambda row: str(row.calibration.calibration_id))

    @field(description="Whether what it measured at a moment (now) counts.", directives=(Cost(weight=5),))
    async def validity(self, info: Info, at: datetime | None = None) -> InstrumentValidity:
        """By its calibrations and outages, as they are known now."""
        async with info.context.reading() as tx:
            found = await service.state_at(tx, self.instrument_id, at or clock.now())
        return InstrumentValidity(valid=found.valid, due_at=found.due_at, fault=found.fault, reason=found.reason)

    @field(
        description="The times whose results a later calibration threw into doubt, in order.",
        directives=(Cost(weight=5), ListSize(assumed_size=5)),
    )
    async def doubtful_spans(self, info: Info) -> list[DoubtfulSpan]:
        """Each from the last calibration that found it in tolerance."""
        async with info.context.reading() as tx:
            found = await service.doubtful_spans(tx, self.instrument_id)
        return [DoubtfulSpan(since=span.since, until=span.until) for span in found]


async def _photos(context: Context, photo_ids: list[UUID]) -> list[photos.Photo | None]:
    async with context.reading() as tx:
        found = await photos.by_ids(tx, photo_ids)
    return [found.get(photo_id) for photo_id in photo_ids]


async def load_instrument(context: Context, instrument_id: UUID | None) -> Instrument | None:
    """An instrument at the caller's sites."""
    if instrument_id is None:
        return None
    sites = await sites_for(context, Permission.QUALITY_READ)
    try:
        async with context.reading() as tx:
            return Instrument.of(await service.get_instrument(tx, instrument_id, sites), context.started_at)
    except InstrumentNotFoundError:
        return None


async def find_instrument(context: Context, public_id: str) -> Instrument | None:
    """An instrument by its public id."""
    return await load_instrument(context, parse_uuid(public_id))


NODES = (NodeKind("Instrument", Permission.QUALITY_READ, find_instrument),)
