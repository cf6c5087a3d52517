"""Reading the effectiveness of a recall: its board, the curve of it, and its checks."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.graphql.context import Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect
from backend.recall_checks import board_service, levels, points, query_service
from backend.recall_checks.board_types import RecallBoard, RecallBoardPoint
from backend.recall_checks.check_types import RecallCheck, RecallCheckCounts, RecallCheckOverview, RecallCheckPlan, RecallCheckQuestion
from backend.recall_checks.ids import case_id_of
from backend.recalls.service import case_by_id
from tenants.permissions import Permission

_READ = requires(Permission.RECALLS_READ)


@strawberry.input
class RecallCheckFilter:
    """`overdueOnly`: those that should have been done by now. Without `states`, all but those that the sample dropped."""

    states: list[levels.CheckState] | None = None
    overdue_only: bool = False


@strawberry.type
class RecallCheckQueries:
    """For the whole company."""

    @field(description="How effective a recall is: what became of what was shipped.", directives=requires(Permission.RECALLS_READ, Cost(weight=50)))
    async def recall_board(self, info: Info, case_id: strawberry.ID) -> RecallBoard:
        """As it stands; `recallBoardChanged` follows it."""
        asked = case_id_of(case_id)
        async with info.context.reading() as tx:
            return RecallBoard.of(await board_service.board_of(tx, asked))

    @field(
        description="The board over time, oldest first: the newest 2,000 points of a time, one for each hour at which it had changed.",
        directives=requires(Permission.RECALLS_READ, ListSize(assumed_size=100)),
    )
    async def recall_board_history(
        self, info: Info, case_id: strawberry.ID, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[RecallBoardPoint]:
        """For a curve."""
        asked = await _known(info, case_id)
        async with info.context.reading() as tx:
            return [RecallBoardPoint.of(one) for one in await points.points(tx, asked, since=since, until=until)]

    @field(description="The level of a recall's effectiveness checks, how far they are, and what is asked.", directives=_READ)
    async def recall_check_overview(self, info: Info, case_id: strawberry.ID) -> RecallCheckOverview:
        """Without a plan where no level was chosen."""
        asked = await _known(info, case_id)
        async with info.context.reading() as tx:
            plans = [RecallCheckPlan.of(plan) for plan in await query_service.plans_of(tx, asked)]
            counts = RecallCheckCounts.of(await query_service.counts_of(tx, asked))
        script = [RecallCheckQuestion(field=one.field, zh=one.zh, en=one.en) for one in levels.SCRIPT]
        return RecallCheckOverview(plan=plans[0] if plans else None, plans=plans, counts=counts, script=script)

    @field(description="Customers to be asked whether a recall works: for calls, visits and letters.", directives=_READ)
    async def recall_checks(
        self,
        info: Info,
        case_id: strawberry.ID,
        *,
        filter: RecallCheckFilter | None = None,  # noqa: A002 - as the other lists call it
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[RecallCheck]:
        """In the order in which they were drawn."""
        page, wanted = Page.of(first, after, last, before), filter or RecallCheckFilter()
        cursor, asked = page.uuid(), await _known(info, case_id)
        states = wanted.states if wanted.states is not None else [state for state in levels.CheckState if state is not levels.CheckState.DROPPED]
        async with info.context.reading() as tx:
            rows = await query_service.page_of_checks(
                tx, asked, states=states, overdue_only=wanted.overdue_only, cursor=cursor, backward=page.backward, limit=page.limit
            )
        return connect(page, rows, node=RecallCheck.of, cursor=lambda row: str(row.check_id))


async def _known(info: Info, given: strawberry.ID) -> UUID:
    """The id of a case that is there; raises `UnknownRecallError`."""
    asked = case_id_of(given)
    async with info.context.reading() as tx:
        return (await case_by_id(tx, asked)).case_id
