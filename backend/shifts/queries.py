"""Reading teams and shift plans, and who is on duty."""

from datetime import datetime
from typing import Final

import strawberry

from backend.graphql.context import Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id
from backend.shifts import service
from backend.shifts.types import DutyTeam, MemberOnDuty, ShiftPlan, load_plans, load_teams
from infra import clock
from tenants.people import query_service as people
from tenants.permissions import Permission

# There are few of them by nature, and never more than the service lets one make.
SHORT: Final = ListSize(assumed_size=10)


@strawberry.type
class ShiftQueries:
    """Shifts."""

    @field(description="The teams in use, in order of name; 100 at most.", directives=requires(Permission.NOTIFICATIONS_MANAGE, SHORT))
    async def duty_teams(self, info: Info) -> list[DutyTeam]:
        """With their members."""
        return await load_teams(info.context)

    @field(description="The shift plans in force, in order of name; 50 at most.", directives=requires(Permission.NOTIFICATIONS_MANAGE, SHORT))
    async def shift_plans(self, info: Info) -> list[ShiftPlan]:
        """With all their shifts."""
        return await load_plans(info.context)

    @field(
        description="Who is on duty now, or at a moment: of `role:<key>` or `team:<id>`, or of the bare key of a role or name of a team.",
        directives=requires(Permission.ALERTS_ACT, Cost(weight=5), SHORT),
    )
    async def on_duty(self, info: Info, role_or_team: str, at: datetime | None = None) -> list[MemberOnDuty]:
        """In order of name."""
        async with info.context.reading() as tx:
            found = await service.on_duty(tx, role_or_team=role_or_team, at=at or clock.now())
            names = await people.active_names(tx, found)
        return [MemberOnDuty(id=global_id("Member", each), display_name=names[each]) for each in found if each in names]
