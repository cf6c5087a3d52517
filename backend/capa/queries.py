"""Reading corrective actions and requests to suppliers, and what waits for somebody."""

from typing import Annotated

import strawberry

from backend.capa import approvals, query_service
from backend.capa.approvals import Approval
from backend.capa.request_types import SupplierRequest, load_supplier_request
from backend.capa.types import CorrectiveAction, load_corrective_action
from backend.catalog.loaders import sites_for
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.nonconformance.errors import NonconformanceNotFoundError
from tenants.permissions import Permission

_READ = requires(Permission.QUALITY_READ)


@strawberry.input
class CorrectiveActionFilter:
    """`mine`: those that the caller answers for; `toVerify`: those whose effect is to be checked by now."""

    open_only: bool = True
    mine: bool = False
    to_verify: bool = False
    nonconformance_id: strawberry.ID | None = None


@strawberry.input
class SupplierRequestFilter:
    """`answeredOnly`: those whose answer waits for a review."""

    open_only: bool = True
    answered_only: bool = False
    supplier: str | None = None


@strawberry.type
class ImprovementQueries:
    """Corrective actions and requests to suppliers."""

    @field(description="Corrective and preventive actions, newest first.", directives=_READ)
    async def corrective_actions(
        self,
        info: Info,
        *,
        filter: CorrectiveActionFilter | None = None,  # noqa: A002 - as the other lists call it
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[CorrectiveAction]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor, sites, asked = page.uuid(), await sites_for(info.context, Permission.QUALITY_READ), filter or CorrectiveActionFilter()
        nonconformance_id = None
        if asked.nonconformance_id is not None and (nonconformance_id := uuid_of(asked.nonconformance_id, "Nonconformance")) is None:
            raise NonconformanceNotFoundError
        owner = info.context.caller_principal.membership_id if asked.mine else None
        wanted = query_service.WantedActions(asked.open_only, owner, nonconformance_id, asked.to_verify)
        async with info.context.reading() as tx:
            rows = await query_service.page_of_actions(tx, wanted, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites)
        return connect(page, rows, node=CorrectiveAction.of, cursor=lambda row: str(row.corrective_action_id))

    @field(description="A corrective action by its id; null where there is none.", directives=_READ)
    async def corrective_action(self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> CorrectiveAction | None:
        """The same as `node`."""
        return await load_corrective_action(info.context, uuid_of(public_id, "CorrectiveAction"))

    @field(description="Requests to suppliers for corrective action, newest first.", directives=_READ)
    async def supplier_requests(
        self,
        info: Info,
        *,
        filter: SupplierRequestFilter | None = None,  # noqa: A002 - as the other lists call it
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[SupplierRequest]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor, sites, asked = page.uuid(), await sites_for(info.context, Permission.QUALITY_READ), filter or SupplierRequestFilter()
        wanted = query_service.WantedRequests(asked.open_only, asked.answered_only, asked.supplier)
        async with info.context.reading() as tx:
            rows = await query_service.page_of_requests(tx, wanted, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites)
        return connect(page, rows, node=SupplierRequest.of, cursor=lambda row: str(row.supplier_request_id))

    @field(description="A request to a supplier by its id; null where there is none.", directives=_READ)
    async def supplier_request(self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> SupplierRequest | None:
        """The same as `node`."""
        return await load_supplier_request(info.context, uuid_of(public_id, "SupplierRequest"))

    @field(description="What waits for the caller's decision, signature or judgement, newest first; small enough for a phone.", directives=_READ)
    async def approvals(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[Approval]:
        """Only of what he may decide."""
        page = Page.of(first, after, last, before)
        rows = await approvals.page_of_approvals(info.context, page)
        return connect(page, rows, node=lambda row: row, cursor=lambda row: str(row.approval_id))
