"""Teams, shift plans and who is on duty, as GraphQL shows them."""

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import ID

from backend.graphql.context import Context
from backend.graphql.directives import requires
from backend.graphql.ids import global_id
from backend.shifts import planning
from backend.shifts.planning import StoredPlan
from backend.shifts.rules import Hours
from tenants.people import query_service as people
from tenants.permissions import Permission


@strawberry.type(description="A member who is on duty.", directives=requires(Permission.ALERTS_ACT))
class MemberOnDuty:
    """`id` is that of the `Member`."""

    id: ID
    display_name: str


@strawberry.type(description="A member of a team.", directives=requires(Permission.NOTIFICATIONS_MANAGE))
class DutyTeamMember:
    """`id` is that of the `Member`; whoever was deactivated stays in the team, and is told of nothing."""

    id: ID
    display_name: str


@strawberry.type(description="Those who work together by a shift plan.", directives=requires(Permission.NOTIFICATIONS_MANAGE))
class DutyTeam:
    """`receiver` is what an escalation or a route names to tell those of the team who are on duty."""

    id: ID
    name: str
    receiver: str
    members: list[DutyTeamMember]
    updated_at: datetime

    @classmethod
    def of(cls, team: planning.Team, names: dict[UUID, str]) -> "DutyTeam":
        """From the stored one and its members' names."""
        members = [DutyTeamMember(id=global_id("Member", each), display_name=names[each]) for each in team.members if each in names]
        return cls(
            id=global_id("DutyTeam", team.team_id), name=team.name, receiver=f"team:{team.team_id}", members=members, updated_at=team.updated_at
        )  # fmt: skip


@strawberry.type(description="A team's hours, by the plan's wall clock.", directives=requires(Permission.NOTIFICATIONS_MANAGE))
class DutyHours:
    """“22:00” to “06:00” lasts up to the next day; equal times are a whole day."""

    start: str
    end: str
    team_id: ID

    @classmethod
    def of(cls, hours: Hours) -> "DutyHours":
        """From the plan's."""
        return cls(start=hours.start.isoformat("minutes"), end=hours.end.isoformat("minutes"), team_id=global_id("DutyTeam", hours.team_id))


@strawberry.type(description="Hours on a day of the week in a week of the rotation.", directives=requires(Permission.NOTIFICATIONS_MANAGE))
class WeeklyShift:
    """`week` counts from 1, `weekday` from 1 (Monday) to 7."""

    week: int
    weekday: int
    hours: DutyHours


@strawberry.type(description="A day that is otherwise than its weekday.", directives=requires(Permission.NOTIFICATIONS_MANAGE))
class ShiftException:
    """`day` is a date, as 2026-10-01; without hours nobody works."""

    day: str
    hours: list[DutyHours]


@strawberry.type(description="Which team works when.", directives=requires(Permission.NOTIFICATIONS_MANAGE))
class ShiftPlan:
    """`site` is the canonical URI of the place that it is for."""

    id: ID
    name: str
    time_zone: str
    site: str | None
    weeks: int
    first_monday: str
    shifts: list[WeeklyShift]
    exceptions: list[ShiftException]
    updated_at: datetime

    @classmethod
    def of(cls, stored: StoredPlan) -> "ShiftPlan":
        """From the stored one."""
        plan = stored.plan
        shifts = [WeeklyShift(week=shift.week, weekday=shift.weekday, hours=DutyHours.of(shift.hours)) for shift in plan.shifts]
        exceptions = [
            ShiftException(day=day.isoformat(), hours=[DutyHours.of(hours) for hours in plan.exceptions[day]]) for day in sorted(plan.exceptions)
        ]
        return cls(
            id=global_id("ShiftPlan", stored.plan_id), name=stored.name, time_zone=plan.zone.key, site=stored.site, weeks=plan.weeks,
            first_monday=plan.first_monday.isoformat(), shifts=shifts, exceptions=exceptions, updated_at=stored.updated_at,
        )  # fmt: skip


async def load_teams(context: Context) -> list[DutyTeam]:
    """All teams in use with their members."""
    async with context.reading() as tx:
        teams = await planning.teams_in_use(tx, context.caller_principal)
        names = await people.names(tx, {each for team in teams for each in team.members})
    return [DutyTeam.of(team, names) for team in teams]


async def load_plans(context: Context) -> list[ShiftPlan]:
    """All plans in force."""
    async with context.reading() as tx:
        return [ShiftPlan.of(stored) for stored in await planning.plans_to_manage(tx, context.caller_principal)]
