"""Making, changing and archiving teams and shift plans."""

from datetime import date, time
from typing import Annotated
from uuid import UUID

import strawberry

from backend.graphql.commands import Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import global_id, uuid_of
from backend.shifts import planning
from backend.shifts.errors import DutyTeamNotFoundError, ShiftPlanNotFoundError
from backend.shifts.rules import Hours, Shift
from backend.shifts.types import DutyTeam, ShiftPlan, load_plans, load_teams
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from tenants.permissions import Permission

MANAGE = requires(Permission.NOTIFICATIONS_MANAGE)


@strawberry.input
class PutDutyTeamInput:
    """Without `id` a new team. `memberIds` are ids of `Member`; whoever isn't among them is in the team no longer."""

    name: str
    member_ids: list[strawberry.ID]
    id: strawberry.ID | None = None


@strawberry.input
class ArchiveDutyTeamInput:
    """A team that no shift plan names."""

    id: strawberry.ID


@strawberry.input
class DutyHoursInput:
    """By the plan's wall clock, as “22:00” to “06:00”; equal times are a whole day."""

    start: str
    end: str
    team_id: strawberry.ID

    def hours(self, name: str) -> Hours:
        """As the plan keeps them; raises `InvalidInputError`, `DutyTeamNotFoundError`."""
        team_id = uuid_of(self.team_id, "DutyTeam")
        if team_id is None:
            raise DutyTeamNotFoundError(name)
        return Hours(_time(self.start, name), _time(self.end, name), team_id)


@strawberry.input
class WeeklyShiftInput:
    """`week` counts from 1 in the rotation, `weekday` from 1 (Monday) to 7."""

    weekday: int
    hours: DutyHoursInput
    week: int = 1


@strawberry.input
class ShiftExceptionInput:
    """`day` is a date, as 2026-10-01; without hours nobody works on it."""

    day: str
    hours: list[DutyHoursInput] = strawberry.field(default_factory=list)


@strawberry.input
class PutShiftPlanInput:
    """Without `id` a new plan, without `timeZone` that of the site. `firstMonday` begins a week 1 of the rotation of so many `weeks`."""

    name: str
    shifts: list[WeeklyShiftInput]
    id: strawberry.ID | None = None
    time_zone: str | None = None
    site: str | None = None
    weeks: int = 1
    first_monday: str = "2026-01-05"
    exceptions: list[ShiftExceptionInput] = strawberry.field(default_factory=list)


@strawberry.input
class ArchiveShiftPlanInput:
    """A plan that isn't worked by any more."""

    id: strawberry.ID


@strawberry.type
class DutyTeamPayload:
    """The team as it is now, null once it is archived; or why nothing was changed."""

    user_errors: list[UserError]
    team_id: strawberry.Private[UUID | None]

    @field()
    async def team(self, info: Info) -> DutyTeam | None:
        """With its members."""
        wanted = global_id("DutyTeam", self.team_id) if self.team_id else None
        return next((team for team in await load_teams(info.context) if team.id == wanted), None) if wanted else None


@strawberry.type
class ShiftPlanPayload:
    """The plan as it is now, null once it is archived; or why nothing was changed."""

    user_errors: list[UserError]
    plan_id: strawberry.Private[UUID | None]

    @field()
    async def plan(self, info: Info) -> ShiftPlan | None:
        """With all its shifts."""
        wanted = global_id("ShiftPlan", self.plan_id) if self.plan_id else None
        return next((plan for plan in await load_plans(info.context) if plan.id == wanted), None) if wanted else None


@strawberry.type
class ShiftMutations:
    """What is changed counts from the commit on, for whoever is asked for then."""

    @mutation(description="Make a team, or change one. Needs an Idempotency-Key.", directives=MANAGE)
    async def put_duty_team(self, info: Info, given: Annotated[PutDutyTeamInput, strawberry.argument(name="input")]) -> DutyTeamPayload | None:
        """Its members are exactly those given."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            members = [uuid_of(each, "Member") for each in given.member_ids[: planning.MOST_MEMBERS + 1]]
            known = [each for each in members if each is not None]
            if len(known) < len(members):
                raise InvalidInputError("“memberIds” holds what is no id of a member.", field="memberIds")
            team_id = _given(given.id, "DutyTeam", DutyTeamNotFoundError())
            found = await planning.put_team(tx, info.context.caller_principal, team_id=team_id, name=given.name, members=known)
            return {"team": str(found)}

        done = await perform(info, given, use_case)
        return DutyTeamPayload(user_errors=done.user_errors, team_id=UUID(done.reply["team"]) if done.reply else None)

    @mutation(description="Take a team out of use.", directives=MANAGE)
    async def archive_duty_team(
        self, info: Info, given: Annotated[ArchiveDutyTeamInput, strawberry.argument(name="input")]
    ) -> DutyTeamPayload | None:
        """Nobody is told through it any more."""

        async def use_case(tx: TenantTransaction) -> Reply:
            await planning.archive_team(tx, info.context.caller_principal, _needed(given.id, "DutyTeam", DutyTeamNotFoundError()))
            return {}

        done = await perform(info, given, use_case)
        return DutyTeamPayload(user_errors=done.user_errors, team_id=None)

    @mutation(description="Make a shift plan, or change one. Needs an Idempotency-Key.", directives=MANAGE)
    async def put_shift_plan(self, info: Info, given: Annotated[PutShiftPlanInput, strawberry.argument(name="input")]) -> ShiftPlanPayload | None:
        """Its shifts and exceptions are exactly those given."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            if len(given.shifts) > planning.MOST_SHIFTS or len(given.exceptions) > planning.MOST_EXCEPTIONS:
                raise InvalidInputError(f"A plan has at most {planning.MOST_SHIFTS} shifts and as many exceptions.", field="shifts")
            exceptions = {_day(each.day, "exceptions"): [hours.hours("exceptions") for hours in each.hours] for each in given.exceptions}
            found = await planning.put_plan(
                tx, info.context.caller_principal, plan_id=_given(given.id, "ShiftPlan", ShiftPlanNotFoundError()), name=given.name,
                time_zone=given.time_zone, site=given.site, weeks=given.weeks, first_monday=_day(given.first_monday, "firstMonday"),
                shifts=[Shift(each.week, each.weekday, each.hours.hours("shifts")) for each in given.shifts], exceptions=exceptions,
            )  # fmt: skip
            return {"plan": str(found)}

        done = await perform(info, given, use_case)
        return ShiftPlanPayload(user_errors=done.user_errors, plan_id=UUID(done.reply["plan"]) if done.reply else None)

    @mutation(description="Take a shift plan out of force.", directives=MANAGE)
    async def archive_shift_plan(
        self, info: Info, given: Annotated[ArchiveShiftPlanInput, strawberry.argument(name="input")]
    ) -> ShiftPlanPayload | None:
        """Teams that no other plan names are always on duty then."""

        async def use_case(tx: TenantTransaction) -> Reply:
            await planning.archive_plan(tx, info.context.caller_principal, _needed(given.id, "ShiftPlan", ShiftPlanNotFoundError()))
            return {}

        done = await perform(info, given, use_case)
        return ShiftPlanPayload(user_errors=done.user_errors, plan_id=None)


def _given(text: str | None, kind: str, refusal: Exception) -> UUID | None:
    return None if text is None else _needed(text, kind, refusal)


def _needed(text: str, kind: str, refusal: Exception) -> UUID:
    found = uuid_of(text, kind)
    if found is None:
        raise refusal
    return found


def _time(text: str, name: str) -> time:
    try:
        found = time.fromisoformat(text) if len(text) == len("22:00") and text[2] == ":" else None
    except ValueError:
        found = None
    if found is None:
        raise InvalidInputError("This is no time of the day; write it as 22:00.", field=name)
    return found


def _day(text: str, name: str) -> date:
    try:
        found = date.fromisoformat(text) if len(text) == len("2026-10-01") else None
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 2200:
        raise InvalidInputError("This is no date of this time; write it as 2026-10-01.", field=name)
    return found
