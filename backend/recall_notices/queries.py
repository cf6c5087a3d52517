"""Reading contacts, notices, how far they have come, who can't be written to, and what other companies have sent."""

from typing import Annotated, Final
from uuid import UUID

import strawberry

from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.identifiers import parse_identifier
from backend.recall_notices import companies, contacts, kinds, loaders, query_service, receiving
from backend.recall_notices.received_types import RecallConnection, ReceivedRecallNotice, load_received
from backend.recall_notices.rules import Plan
from backend.recall_notices.types import (
    RecallContact,
    RecallCustomer,
    RecallNotice,
    RecallNoticePlan,
    RecallNoticeProgress,
    load_notice,
)
from backend.recalls.service import UnknownRecallError, cases_by_ids
from tenants.permissions import Permission

_READ: Final = requires(Permission.RECALLS_READ)


@strawberry.input
class RecallNoticeFilter:
    """`waiting`: not answered for by now."""

    states: list[kinds.NoticeState] = strawberry.field(default_factory=list)
    party: str | None = None
    waiting: bool = False


def case_id_of(given: strawberry.ID) -> UUID:
    """The case that an id names; raises `UnknownRecallError`."""
    found = uuid_of(given, "RecallCase")
    if found is None:
        raise UnknownRecallError
    return found


def plan_of(plan: Plan, own: bool) -> RecallNoticePlan:
    """A plan as it is shown."""
    return RecallNoticePlan(
        own=own, answer_hours=plan.answer_hours, acknowledge_reminder_hours=list(plan.acknowledge), report_reminder_hours=list(plan.report),
        escalate_hours=plan.escalate_hours, team=plan.team,
    )  # fmt: skip


@strawberry.type
class RecallNoticeQueries:
    """A recall is the whole company's: nothing of it is limited to sites."""

    @field(description="Contacts for recalls, newest first; those of one partner where `party` is given.", directives=_READ)
    async def recall_contacts(
        self, info: Info, *, party: str | None = None, first: int | None = None, after: str | None = None, last: int | None = None,
        before: str | None = None,
    ) -> Connection[RecallContact]:  # fmt: skip
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor, uri = page.uuid(), parse_identifier(party).uri if party is not None else None
        async with info.context.reading() as tx:
            rows = await contacts.page_of_contacts(tx, party=uri, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=RecallContact.of, cursor=lambda row: str(row.contact_id))

    @field(
        description="The customers in a recall's last frozen scope, in order of their URIs, goods without a customer first; or only those who "
        "can't be written to.",
        directives=_READ,
    )
    async def recall_customers(
        self, info: Info, case_id: strawberry.ID, *, without_contact: bool = False, first: int | None = None, after: str | None = None,
        last: int | None = None, before: str | None = None,
    ) -> Connection[RecallCustomer]:  # fmt: skip
        """Who takes our notices as a company of the service can be written to."""
        page = Page.of(first, after, last, before)
        asked = case_id_of(case_id)
        async with info.context.reading() as tx:
            rows = await query_service.customers_of(
                tx, asked, without_contact=without_contact, cursor=page.cursor, backward=page.backward, limit=page.limit
            )
        return connect(page, rows, node=RecallCustomer.of, cursor=lambda row: row.party or "")

    @field(description="The notices of a recall, newest first.", directives=_READ)
    async def recall_notices(
        self, info: Info, case_id: strawberry.ID, *,
        filter: RecallNoticeFilter | None = None,  # noqa: A002 - as the other lists call it
        first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None,
    ) -> Connection[RecallNotice]:  # fmt: skip
        """Of an unknown case there are none."""
        page = Page.of(first, after, last, before)
        cursor, given, asked = page.uuid(), filter or RecallNoticeFilter(), case_id_of(case_id)
        party = parse_identifier(given.party).uri if given.party is not None else None
        wanted = query_service.Wanted(tuple(given.states), party, given.waiting)
        async with info.context.reading() as tx:
            rows = await query_service.page_of_notices(tx, asked, wanted, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=RecallNotice.of, cursor=lambda row: str(row.notice_id))

    @field(description="A notice by its id; null where there is none.", directives=_READ)
    async def recall_notice(self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> RecallNotice | None:
        """The same as `node`."""
        return await load_notice(info.context, uuid_of(public_id, "RecallNotice"))

    @field(description="How far the notices of a recall have come; null for a recall that there isn't.", directives=_READ)
    async def recall_notice_progress(self, info: Info, case_id: strawberry.ID) -> RecallNoticeProgress | None:
        """Counted now."""
        asked = uuid_of(case_id, "RecallCase")
        if asked is None:
            return None
        async with info.context.reading() as tx:
            known = await cases_by_ids(tx, [asked])
        return RecallNoticeProgress.of(await info.context.load(loaders.progress, asked)) if known else None

    @field(description="By when customers are to answer and when they are reminded: of a recall, or the company's own.", directives=_READ)
    async def recall_notice_plan(self, info: Info, case_id: strawberry.ID | None = None) -> RecallNoticePlan:
        """A recall without a plan of its own has the company's."""
        asked = case_id_of(case_id) if case_id is not None else None
        async with info.context.reading() as tx:
            plan, own = await contacts.plan_for(tx, asked)
        return plan_of(plan, own)

    @field(description="Notices that other companies have sent to this one, newest first.", directives=_READ)
    async def received_recall_notices(
        self, info: Info, *, open_only: bool = True, first: int | None = None, after: str | None = None, last: int | None = None,
        before: str | None = None,
    ) -> Connection[ReceivedRecallNotice]:  # fmt: skip
        """Those that wait for an answer, or all."""
        page = Page.of(first, after, last, before)
        cursor, language = page.uuid(), info.context.language
        async with info.context.reading() as tx:
            rows = await receiving.page_of_received(tx, open_only=open_only, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=lambda row: ReceivedRecallNotice.of(row, language), cursor=lambda row: str(row.received_id))

    @field(description="A received notice by its id; null where there is none.", directives=_READ)
    async def received_recall_notice(
        self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]
    ) -> ReceivedRecallNotice | None:
        """The same as `node`."""
        return await load_received(info.context, uuid_of(public_id, "ReceivedRecallNotice"))

    @field(description="Companies of this service that take our notices or send us theirs, newest first.", directives=_READ)
    async def recall_connections(
        self, info: Info, *, direction: kinds.Direction | None = None, first: int | None = None, after: str | None = None,
        last: int | None = None, before: str | None = None,
    ) -> Connection[RecallConnection]:  # fmt: skip
        """Those that were revoked too."""
        page = Page.of(first, after, last, before)
        cursor = page.uuid()
        async with info.context.reading() as tx:
            rows = await companies.page_of_connections(tx, direction=direction, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=RecallConnection.of, cursor=lambda row: str(row.connection_id))
