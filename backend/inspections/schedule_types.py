"""Periodic inspection through GraphQL: its type, list and mutations."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import ID

from backend.catalog.loaders import sites_for
from backend.graphql.commands import Done, Reply, perform
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import global_id, uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.inspections import schedules
from backend.inspections.errors import ScheduleNotFoundError
from backend.specifications.errors import SpecificationNotFoundError
from backend.specifications.types import Specification, load_specification
from infra.database import TenantTransaction
from tenants.permissions import Permission


@strawberry.type(description="An inspection that comes due again and again.", directives=requires(Permission.QUALITY_READ))
class InspectionSchedule:
    """By days, with `nextDueAt`, or by lots of a product, with `lotsSince`."""

    id: ID
    name: str
    every_days: int | None
    every_lots: int | None
    product: str | None
    place: str | None
    equipment: str | None
    lead_hours: int
    next_due_at: datetime | None
    lots_since: int
    created_at: datetime
    ended_at: datetime | None
    specification_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, found: schedules.Schedule) -> "InspectionSchedule":
        """From the stored one."""
        return cls(
            id=global_id("InspectionSchedule", found.schedule_id), name=found.name, every_days=found.every_days, every_lots=found.every_lots,
            product=found.product or None, place=found.place or None, equipment=found.equipment or None, lead_hours=found.lead_hours,
            next_due_at=found.next_due_at, lots_since=found.lots_since, created_at=found.created_at, ended_at=found.ended_at,
            specification_id=found.specification_id,
        )  # fmt: skip

    @field(description="What its inspections are judged by, in the version that is in force when they open.")
    async def specification(self, info: Info) -> Specification | None:
        """Through the batch."""
        return await load_specification(info.context, self.specification_id)


@strawberry.input
class PutInspectionScheduleInput:
    """Either `everyDays`, from `firstDueAt` on, or `everyLots` of a product; the inspection opens `leadHours` before it is due."""

    name: str
    specification_id: strawberry.ID
    every_days: int | None = None
    every_lots: int | None = None
    first_due_at: datetime | None = None
    product: str | None = None
    place: str | None = None
    equipment: str | None = None
    lead_hours: int = 0


@strawberry.input
class EndInspectionScheduleInput:
    """What is open stays to be done."""

    schedule_id: strawberry.ID
    reason: str


@strawberry.type
class InspectionSchedulePayload:
    """The schedule as it is now, or why nothing was written."""

    user_errors: list[UserError]
    schedule_id: strawberry.Private[UUID | None]

    @field()
    async def schedule(self, info: Info) -> InspectionSchedule | None:
        """Null where it was refused."""
        if self.schedule_id is None:
            return None
        async with info.context.reading() as tx:
            return InspectionSchedule.of(await schedules.get_schedule(tx, self.schedule_id))


def _payload(done: Done) -> InspectionSchedulePayload:
    return InspectionSchedulePayload(user_errors=done.user_errors, schedule_id=UUID(done.reply["schedule"]) if done.reply else None)


@strawberry.type
class InspectionScheduleQueries:
    """Those at the caller's sites."""

    @field(description="Periodic inspections, newest first.", directives=requires(Permission.QUALITY_READ))
    async def inspection_schedules(
        self,
        info: Info,
        *,
        active_only: bool = True,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[InspectionSchedule]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor, sites = page.uuid(), await sites_for(info.context, Permission.QUALITY_READ)
        async with info.context.reading() as tx:
            rows = await schedules.page_of_schedules(
                tx, active_only=active_only, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites
            )
        return connect(page, rows, node=InspectionSchedule.of, cursor=lambda row: str(row.schedule_id))


@strawberry.type
class InspectionScheduleMutations:
    """Whoever writes specifications says what is inspected periodically."""

    @mutation(description="Begin a periodic inspection.", directives=requires(Permission.SPECIFICATIONS_WRITE))
    async def put_inspection_schedule(
        self, info: Info, given: Annotated[PutInspectionScheduleInput, strawberry.argument(name="input")]
    ) -> InspectionSchedulePayload | None:
        """The worker opens each inspection when its time comes."""

        async def use_case(tx: TenantTransaction) -> Reply:
            specification_id = uuid_of(given.specification_id, "Specification")
            if specification_id is None:
                raise SpecificationNotFoundError
            plan = schedules.Plan(
                given.name, specification_id, given.every_days, given.every_lots, given.first_due_at, given.product or "", given.place or "",
                given.equipment or "", given.lead_hours,
            )  # fmt: skip
            done = await schedules.put_schedule(tx, info.context.caller_principal, plan)
            return {"schedule": str(done.schedule_id)}

        return _payload(await perform(info, given, use_case))

    @mutation(description="End a periodic inspection, with a reason.", directives=requires(Permission.SPECIFICATIONS_WRITE))
    async def end_inspection_schedule(
        self, info: Info, given: Annotated[EndInspectionScheduleInput, strawberry.argument(name="input")]
    ) -> InspectionSchedulePayload | None:
        """It stays in the list of all."""

        async def use_case(tx: TenantTransaction) -> Reply:
            schedule_id = uuid_of(given.schedule_id, "InspectionSchedule")
            if schedule_id is None:
                raise ScheduleNotFoundError
            done = await schedules.end_schedule(tx, info.context.caller_principal, schedule_id=schedule_id, reason=given.reason)
            return {"schedule": str(done.schedule_id)}

        return _payload(await perform(info, given, use_case))
