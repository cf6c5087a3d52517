"""Reading inspections."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.catalog.loaders import sites_for
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.identifiers import parse_identifier
from backend.inspections import query_service
from backend.inspections.inspections import Kind, Status
from backend.inspections.opening import Wanted
from backend.inspections.rules import Conclusion
from backend.inspections.types import Inspection, InspectionTask, load_inspection
from backend.objects import service as objects
from infra.errors import InvalidInputError
from tenants.permissions import Permission

_MOST_CHOICES = 10


@strawberry.input(description="Which inspections; what is left out is any.")
class InspectionFilter:
    """The window is of the moment at which they were opened; `key` is a lot's, unit's or logistic unit's code."""

    statuses: list[Status] | None = None
    kinds: list[Kind] | None = None
    conclusion: Conclusion | None = None
    product: str | None = None
    key: str | None = None
    supplier: str | None = None
    receipt: str | None = None
    specification_id: strawberry.ID | None = None
    since: datetime | None = None
    until: datetime | None = None
    overdue: bool = False
    flagged: bool | None = None


@strawberry.type
class InspectionQueries:
    """Inspections of what is met at the caller's sites."""

    @field(description="Inspections, newest first.", directives=requires(Permission.QUALITY_READ))
    async def inspections(
        self,
        info: Info,
        *,
        filter: InspectionFilter | None = None,  # noqa: A002 - as the other lists have it
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Inspection]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor, sites = page.uuid(), await sites_for(info.context, Permission.QUALITY_READ)
        given = filter or InspectionFilter()
        now = info.context.started_at
        async with info.context.reading() as tx:
            object_id = (await objects.find(tx, given.key, sites)).object_id if given.key is not None else None
            wanted = _wanted(given, object_id, now)
            rows = await query_service.page_of_inspections(tx, wanted, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites)
        return connect(page, rows, node=lambda row: Inspection.of(row, now), cursor=lambda row: str(row.inspection_id))

    @field(description="An inspection by its id; null where there is none.", directives=requires(Permission.QUALITY_READ))
    async def inspection(self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> Inspection | None:
        """The same as `node`."""
        return await load_inspection(info.context, uuid_of(public_id, "Inspection"))

    @field(
        description="From a code to what is to be inspected: the open inspections with their characteristics, or what a new one would ask for.",
        directives=requires(Permission.QUALITY_READ),
    )
    async def inspection_task(
        self, info: Info, key: str, *, kind: Kind | None = None, supplier: str | None = None, step: str | None = None, customer: str | None = None
    ) -> InspectionTask | None:
        """One question for a scanning phone."""
        sites = await sites_for(info.context, Permission.QUALITY_READ)
        wanted = Wanted(kind or Kind.INCOMING, key=key, supplier=supplier or "", step=step or "", customer=customer or "")
        async with info.context.reading() as tx:
            task = await query_service.task_for(tx, key, wanted=wanted, kind=kind, sites=sites)
        return InspectionTask.of(task)


def _wanted(given: InspectionFilter, object_id: int | None, now: datetime) -> query_service.Filter:
    for name, several in (("statuses", given.statuses), ("kinds", given.kinds)):
        if several is not None and len(several) > _MOST_CHOICES:
            raise InvalidInputError(f"“{name}” names {len(several)}; name each once.", field=f"filter.{name}")
    specification_id = uuid_of(given.specification_id, "Specification") if given.specification_id is not None else None
    # An id that names no specification finds nothing, like one that doesn't exist.
    unknown = given.specification_id is not None and specification_id is None
    return query_service.Filter(
        statuses=tuple(int(one) for one in given.statuses) if given.statuses is not None else None,
        kinds=tuple(int(one) for one in given.kinds) if given.kinds is not None else None,
        conclusion=given.conclusion,
        product=parse_identifier(f"(01){given.product}").gtin if given.product is not None else None,
        supplier=parse_identifier(given.supplier).uri if given.supplier is not None else None,
        object_id=object_id,
        receipt=given.receipt,
        specification_id=UUID(int=0) if unknown else specification_id,
        since=given.since,
        until=given.until,
        due_before=now if given.overdue else None,
        flagged=given.flagged,
    )
