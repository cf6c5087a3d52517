"""Reading drills: their history with scores, lots to drill on, and when the next one is due."""

from datetime import datetime
from typing import Annotated

import strawberry

from backend.graphql.context import Info
from backend.graphql.directives import Cost, requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.recall_drills import candidates, query_service, rules, schedule
from backend.recall_drills.types import RecallDrill, RecallDrillCandidates, RecallDrillSchedule, load_drill
from tenants.permissions import Permission

_READ = requires(Permission.RECALLS_READ)


@strawberry.type
class RecallDrillQueries:
    """For the whole company."""

    @field(description="Drills with their scores, newest first: how they went over time.", directives=_READ)
    async def recall_drills(
        self,
        info: Info,
        *,
        states: list[rules.DrillState] | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[RecallDrill]:
        """In every state, where none is asked for."""
        page = Page.of(first, after, last, before)
        cursor = page.uuid()
        async with info.context.reading() as tx:
            rows = await query_service.page_of_drills(tx, states=states, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=RecallDrill.of, cursor=lambda row: str(row.drill_id))

    @field(description="A drill by its id; null where there is none.", directives=_READ)
    async def recall_drill(self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> RecallDrill | None:
        """The same as `node`."""
        return await load_drill(info.context, uuid_of(public_id, "RecallDrill"))

    @field(
        description="Draw finished lots that left for customers in the last months, to drill on one: by chance that the seed repeats.",
        directives=requires(Permission.RECALLS_READ, Cost(weight=20)),
    )
    async def recall_drill_candidates(
        self, info: Info, *, seed: str | None = None, months: int = 6, until: datetime | None = None, count: int = 3
    ) -> RecallDrillCandidates:
        """1 to 20 lots of 1 to 24 months."""
        async with info.context.reading() as tx:
            return RecallDrillCandidates.of(await candidates.candidates(tx, seed=seed, months=months, until=until, count=count))

    @field(description="What drills have to reach, and when the next one is due.", directives=_READ)
    async def recall_drill_schedule(self, info: Info) -> RecallDrillSchedule:
        """At least once a year."""
        async with info.context.reading() as tx:
            return RecallDrillSchedule.of(await schedule.schedule_of(tx))
