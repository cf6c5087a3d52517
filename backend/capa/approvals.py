"""What waits for somebody: nonconformances to be decided, decisions to be signed second, effects to be judged, answers to be reviewed."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import Enum
from uuid import UUID

import strawberry

from backend.capa import query_service
from backend.catalog.loaders import sites_for
from backend.catalog.sites import Sites
from backend.graphql.context import Context
from backend.graphql.ids import global_id
from backend.graphql.pagination import Page
from backend.nonconformance import query_service as nonconformances
from infra.database import TenantTransaction
from tenants.permissions import Permission
from tenants.principal import Principal


@strawberry.enum(description="What is waited for.")
class ApprovalKind(Enum):
    """And by which mutation it is done."""

    DECIDE = strawberry.enum_value("decide", description="A nonconformance under review: `decideNonconformance`.")
    COUNTERSIGN = strawberry.enum_value("countersign", description="Somebody else's decision: `countersignDecision`.")
    VERIFY = strawberry.enum_value("verify", description="A corrective action whose effect is to be judged: `verifyCorrectiveAction`.")
    REVIEW = strawberry.enum_value("review", description="A supplier's answer: `reviewSupplierAnswer`.")


@strawberry.type(description="Something that waits for the caller.")
class Approval:
    """`subjectId` is the id that the mutation takes; `number` and `title` are the nonconformance's, the action's or the request's."""

    kind: ApprovalKind
    subject_id: strawberry.ID
    number: str
    title: str
    critical: bool
    since: datetime
    approval_id: strawberry.Private[UUID]


_Read = Callable[[TenantTransaction, Principal, Page, UUID | None, Sites | None], Awaitable[list[Approval]]]


async def _decisions(tx: TenantTransaction, principal: Principal, page: Page, cursor: UUID | None, sites: Sites | None) -> list[Approval]:
    rows = await nonconformances.waiting_for(tx, principal.actor_id, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites)
    return [
        Approval(
            kind=ApprovalKind.COUNTERSIGN if row.decision_id else ApprovalKind.DECIDE,
            subject_id=global_id("NonconformanceDecision", row.decision_id)
            if row.decision_id
            else global_id("Nonconformance", row.nonconformance.nonconformance_id),
            number=row.nonconformance.number, title=row.nonconformance.title, critical=row.nonconformance.severity == 1, since=row.since,
            approval_id=row.approval_id,
        )
        for row in rows
    ]  # fmt: skip


async def _effects(tx: TenantTransaction, principal: Principal, page: Page, cursor: UUID | None, sites: Sites | None) -> list[Approval]:
    wanted = query_service.WantedActions(to_verify=True, not_owner_id=principal.membership_id)
    rows = await query_service.page_of_actions(tx, wanted, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites)
    return [
        Approval(
            kind=ApprovalKind.VERIFY, subject_id=global_id("CorrectiveAction", row.corrective_action_id), number=row.number, title=row.title,
            critical=False, since=row.check_at or row.opened_at, approval_id=row.corrective_action_id,
        )
        for row in rows
    ]  # fmt: skip


async def _answers(tx: TenantTransaction, _principal: Principal, page: Page, cursor: UUID | None, sites: Sites | None) -> list[Approval]:
    wanted = query_service.WantedRequests(answered_only=True)
    rows = await query_service.page_of_requests(tx, wanted, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites)
    return [
        Approval(
            kind=ApprovalKind.REVIEW, subject_id=global_id("SupplierRequest", row.supplier_request_id), number=row.number,
            title=row.text.partition("\n")[0][:200], critical=False, since=row.sent_at, approval_id=row.supplier_request_id,
        )
        for row in rows
    ]  # fmt: skip


_SOURCES: tuple[tuple[Permission, _Read], ...] = (
    (Permission.NONCONFORMANCES_DECIDE, _decisions), (Permission.ACTIONS_VERIFY, _effects), (Permission.ACTIONS_MANAGE, _answers),
)  # fmt: skip


async def page_of_approvals(context: Context, page: Page) -> list[Approval]:
    """What waits for the caller where his permissions count, newest first, in the order of going."""
    principal, cursor, found = context.caller_principal, page.uuid(), list[Approval]()
    for permission, read in _SOURCES:
        if permission in principal.permissions:
            sites = await sites_for(context, permission)
            async with context.reading() as tx:
                found += await read(tx, principal, page, cursor, sites)
    return sorted(found, key=lambda one: one.approval_id, reverse=not page.backward)[: page.limit]
