"""Results of laboratories: by the interface, line by line, and by file."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import strawberry

from backend.graphql.commands import Done, Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.inspections import files, laboratory
from backend.inspections.inspections import Kind
from backend.inspections.laboratory import LineStatus
from backend.inspections.mapping import Column, Mapping, Wide
from backend.inspections.mutations import perform_gated
from backend.inspections.types import Inspection, load_inspection
from backend.photos.mutations import UploadHeader
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from tenants.mandates import tenant_of
from tenants.permissions import Permission
from tenants.principal import Principal

strawberry.enum(LineStatus, name="LaboratoryLineStatus", description="What became of a line of a laboratory's report.")
strawberry.enum(Column, name="LaboratoryColumn", description="What a column of a laboratory's file holds.")
MOST_MAPPED = 100
_LINES = (ListSize(assumed_size=100),)


@strawberry.input(description="One value of a laboratory's report; the same report, sample, characteristic and measurement are taken once.")
class LaboratoryLineInput:
    """`key` is the lot's identifier or bare code, `sample` the laboratory's number of the sample, `characteristic` a code or a name."""

    key: str
    report: str
    sample: str
    characteristic: str
    value: str
    unit: str = ""
    uncertainty: Decimal | None = None
    method: str = ""
    note: str = ""
    measurement: int = 1
    measured_at: datetime | None = None

    def line(self) -> laboratory.Line:
        """As the service takes it."""
        return laboratory.Line(
            self.key, self.report, self.sample, self.characteristic, self.value, self.unit, self.uncertainty, self.method, self.note,
            self.measurement, self.measured_at,
        )  # fmt: skip


@strawberry.input
class RecordLaboratoryResultsInput:
    """At most 500 lines. A lot without an open inspection that asks for them gets one of this kind."""

    laboratory: str
    results: list[LaboratoryLineInput]
    kind: Kind = Kind.INCOMING


@strawberry.input
class AllowLaboratoryFileInput:
    """CSV or XLSX of at most 5,000,000 bytes; `sha256` in hexadecimal digits is what is uploaded, and nothing else."""

    content_type: str
    size: int
    sha256: str


@strawberry.input(description="A column by its heading.")
class LaboratoryColumnInput:
    """What is told here goes before what usual headings mean."""

    column: Column
    heading: str


@strawberry.input(description="A column of values of one characteristic.")
class LaboratoryValuesInput:
    """In a table with one row for each sample."""

    heading: str
    characteristic: str
    unit: str = ""


@strawberry.input
class ReadLaboratoryFileInput:
    """With `dryRun` everything is tried and nothing kept; without it the file is removed once it is taken."""

    upload_id: UUID
    laboratory: str
    kind: Kind = Kind.INCOMING
    columns: list[LaboratoryColumnInput] = strawberry.field(default_factory=list)
    values: list[LaboratoryValuesInput] = strawberry.field(default_factory=list)
    heading_row: int = 1
    sheet: str | None = None
    dry_run: bool = False

    def mapping(self) -> Mapping:
        """As the file is read by."""
        if len(self.columns) + len(self.values) > MOST_MAPPED:
            raise InvalidInputError(f"At most {MOST_MAPPED} columns are told.", field="columns")
        wide = tuple(Wide(one.heading, one.characteristic, one.unit) for one in self.values)
        return Mapping({one.column: one.heading for one in self.columns}, wide, self.heading_row)


@strawberry.type(description="What became of a line.")
class LaboratoryLineOutcome:
    """`index` counts from 0. Nothing of a refused line was stored; `field` and `message` say what to mend."""

    index: int
    status: LineStatus
    of_field: str | None = strawberry.field(name="field")
    code: str | None
    message: str | None
    inspection_id: strawberry.Private[UUID | None]

    @field()
    async def inspection(self, info: Info) -> Inspection | None:
        """The one that the line belongs to."""
        return await load_inspection(info.context, self.inspection_id)


@strawberry.type
class LaboratoryResultsPayload:
    """What became of each line, or why none was looked at."""

    user_errors: list[UserError]
    told: strawberry.Private[list[dict[str, Any]]]

    @field(description="In the order sent; at most 500.", directives=_LINES)
    def lines(self) -> list[LaboratoryLineOutcome]:
        """One for each."""
        return [
            LaboratoryLineOutcome(
                index=one["index"], status=LineStatus(one["status"]), of_field=one["field"], code=one["code"], message=one["message"],
                inspection_id=UUID(one["inspection_id"]) if one["inspection_id"] else None,
            )
            for one in self.told
        ]  # fmt: skip


@strawberry.type
class AllowLaboratoryFilePayload:
    """Where and how to send the file, within five minutes; then name `uploadId` in readLaboratoryFile."""

    user_errors: list[UserError]
    upload_id: UUID | None = None
    method: str | None = None
    url: str | None = None
    headers: list[UploadHeader] = strawberry.field(default_factory=list, directives=[ListSize(assumed_size=3)])
    expires_at: datetime | None = None


@strawberry.type(description="A cell of a file that is wrong.")
class LaboratoryFileFault:
    """`cell` is its name as spreadsheets have it, e.g. C5."""

    cell: str
    column: str
    message: str


@strawberry.type
class LaboratoryFilePayload:
    """What became of the file's lines. With a dry run nothing of it was kept."""

    user_errors: list[UserError]
    taken: int = 0
    duplicates: int = 0
    refused: int = 0
    failed_rows: str = strawberry.field(default="", description="The rows that failed as CSV with the reason, to be put right and sent again.")
    faulty: strawberry.Private[Sequence[dict[str, Any]]] = ()
    inspection_ids: strawberry.Private[Sequence[UUID]] = ()

    @field(description="Cell by cell; at most 500.", directives=_LINES)
    def faults(self) -> list[LaboratoryFileFault]:
        """In order of the rows."""
        return [LaboratoryFileFault(cell=one["cell"], column=one["column"], message=one["message"]) for one in self.faulty]

    @field(description="Those that the lines belong to; at most 100.", directives=_LINES)
    async def inspections(self, info: Info) -> list[Inspection]:
        """As they are now."""
        found = await asyncio.gather(*(load_inspection(info.context, one) for one in self.inspection_ids))
        return [one for one in found if one is not None]


def _file_payload(done: Done) -> LaboratoryFilePayload:
    if done.reply is None:
        return LaboratoryFilePayload(user_errors=done.user_errors)
    told = done.reply["outcome"]
    return LaboratoryFilePayload(
        user_errors=[], taken=told["taken"], duplicates=told["duplicates"], refused=told["refused"], failed_rows=told["failed_rows"],
        faulty=told["faults"], inspection_ids=[UUID(one) for one in told["inspection_ids"]],
    )  # fmt: skip


async def _tried(tx: TenantTransaction, *, principal: Principal, given: ReadLaboratoryFileInput, outcome: files.FileOutcome) -> Reply:
    """What was tried was rolled back; that it was tried stands on the trail."""
    await files.record_tried(tx, principal, given.upload_id, given.laboratory, outcome)
    return {"outcome": msgspec.to_builtins(outcome)}


@strawberry.type
class LaboratoryMutations:
    """A line that is wrong keeps no other out."""

    @mutation(
        description="Take results of a laboratory, line by line; what they decide is concluded at once. Needs an Idempotency-Key.",
        directives=requires(Permission.INSPECTIONS_RECORD, Cost(weight=50)),
    )
    async def record_laboratory_results(
        self, info: Info, given: Annotated[RecordLaboratoryResultsInput, strawberry.argument(name="input")]
    ) -> LaboratoryResultsPayload | None:
        """Sent again, a line is told as a duplicate."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            if len(given.results) > laboratory.MOST_LINES:
                told = f"“results” has {len(given.results)} lines; send at most {laboratory.MOST_LINES} at a time."
                raise InvalidInputError(told, field="results")
            outcomes = await laboratory.report_lines(
                tx, info.context.caller_principal, laboratory=given.laboratory, lines=[one.line() for one in given.results], kind=given.kind
            )
            return {"lines": msgspec.to_builtins(outcomes)}

        done = await perform_gated(info, given, use_case)
        return LaboratoryResultsPayload(user_errors=done.user_errors, told=done.reply["lines"] if done.reply else [])

    @mutation(
        description="Allow one file of laboratory results, exactly that one, to be uploaded.", directives=requires(Permission.INSPECTIONS_RECORD)
    )
    async def allow_laboratory_file(
        self, info: Info, given: Annotated[AllowLaboratoryFileInput, strawberry.argument(name="input")]
    ) -> AllowLaboratoryFilePayload | None:
        """Presigned: the file doesn't pass through here."""

        async def use_case(tx: TenantTransaction) -> Reply:
            upload_id, upload = await files.allow(
                tx, info.context.caller_principal, info.context.services.storage, content_type=given.content_type, size=given.size,
                sha256=given.sha256,
            )  # fmt: skip
            return {
                "upload": str(upload_id), "method": upload.method, "url": upload.url, "headers": dict(upload.headers),
                "expires": upload.expires_at.isoformat(),
            }  # fmt: skip

        done = await perform(info, given, use_case)
        if done.reply is None:
            return AllowLaboratoryFilePayload(user_errors=done.user_errors)
        told = done.reply
        return AllowLaboratoryFilePayload(
            user_errors=[], upload_id=UUID(told["upload"]), method=told["method"], url=told["url"],
            headers=[UploadHeader(name=name, value=value) for name, value in told["headers"].items()],
            expires_at=datetime.fromisoformat(told["expires"]),
        )  # fmt: skip

    @mutation(
        description="Read an uploaded file of laboratory results, or only try it (dryRun). Needs an Idempotency-Key.",
        directives=requires(Permission.INSPECTIONS_RECORD, Cost(weight=200)),
    )
    async def read_laboratory_file(
        self, info: Info, given: Annotated[ReadLaboratoryFileInput, strawberry.argument(name="input")]
    ) -> LaboratoryFilePayload | None:
        """Errors by cell; the rows that failed come back."""
        require_key(info.context)
        principal, storage = info.context.caller_principal, info.context.services.storage
        read: list[Any] = []

        async def use_case(tx: TenantTransaction) -> Reply:
            # Read only once it is known that this isn't a repetition, whose file is gone.
            if not read:
                tenant = await tenant_of(info.context.services.database, principal.tenant_id)
                mapping = replace(given.mapping(), zone=ZoneInfo(tenant.time_zone) if tenant else UTC)
                read.append(await files.read_upload(principal, storage, upload_id=given.upload_id, sheet=given.sheet, mapping=mapping))
            rows, found = read[0]
            outcome = await files.take(tx, principal, rows, found, laboratory=given.laboratory, kind=given.kind, dry_run=given.dry_run)
            return {"outcome": msgspec.to_builtins(outcome)}

        try:
            done = await perform_gated(info, given, use_case)
        except files.DryRunError as problem:
            return _file_payload(await perform(info, given, partial(_tried, principal=principal, given=given, outcome=problem.outcome)))
        if done.reply is not None and not given.dry_run:
            await files.forget(principal, storage, given.upload_id)
        return _file_payload(done)
