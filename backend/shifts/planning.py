"""Teams and shift plans: made, changed, and taken out of use."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from backend.catalog import service as catalog
from backend.identifiers import parse_identifier
from backend.shifts import repository
from backend.shifts.errors import DutyTeamInUseError, DutyTeamNotFoundError, ShiftPlanNotFoundError
from backend.shifts.rules import Hours, Shift, ShiftPlan
from infra import clock
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from tenants import audit
from tenants.people import query_service as people
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_TEAMS: Final = 100
MOST_MEMBERS: Final = 200
MOST_PLANS: Final = 50
MOST_SHIFTS: Final = 400
MOST_EXCEPTIONS: Final = 400
MOST_WEEKS: Final = 12
NAME_LENGTH: Final = 100


@dataclass(frozen=True, slots=True)
class Team:
    """Those who work together; `members` are memberships."""

    team_id: UUID
    name: str
    members: tuple[UUID, ...]
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A shift plan in force, with its name and the place that it is for."""

    plan_id: UUID
    name: str
    site: str | None
    plan: ShiftPlan
    updated_at: datetime

    @classmethod
    def from_row(cls, row: Record) -> "StoredPlan":
        """From a row of the table."""
        return cls(row["plan_id"], row["name"], row["site"], _read(row["time_zone"], row["body"]), row["updated_at"])


async def teams_in_use(tx: TenantTransaction, principal: Principal) -> list[Team]:
    """All of them with their members, in order of name."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    rows = await repository.teams(tx, MOST_TEAMS)
    members: dict[UUID, list[UUID]] = defaultdict(list)
    for row in await repository.members(tx, [row["team_id"] for row in rows]):
        members[row["team_id"]].append(row["membership_id"])
    return [Team(row["team_id"], row["name"], tuple(members[row["team_id"]]), row["updated_at"]) for row in rows]


async def put_team(tx: TenantTransaction, principal: Principal, *, team_id: UUID | None, name: str, members: Collection[UUID]) -> UUID:
    """Make a team, or change one; its id. Raises `DutyTeamNotFoundError`, and `InvalidInputError` naming the field."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    name = _name(name)
    if team_id is not None and await repository.team(tx, team_id) is None:
        raise DutyTeamNotFoundError
    if team_id is None and len(await repository.teams(tx, MOST_TEAMS)) >= MOST_TEAMS:
        raise InvalidInputError(f"There are {MOST_TEAMS} teams already: archive one first.", field="name")
    if any(other != team_id for other in await repository.teams_named(tx, name)):
        raise InvalidInputError(f"Another team has the name “{name}”. Choose one that tells them apart.", field="name")
    if len(members) > MOST_MEMBERS:
        raise InvalidInputError(f"A team has at most {MOST_MEMBERS} members.", field="memberIds")
    if len(await people.active_names(tx, members)) < len(set(members)):
        raise InvalidInputError("“memberIds” names somebody who isn't an active member here.", field="memberIds")
    found = team_id or uuid7()
    before = [row["membership_id"] for row in await repository.members(tx, [found])]
    await repository.put_team(tx, found, name, clock.now())
    await repository.set_members(tx, found, set(members))
    told = {"name": name, "members": sorted(str(each) for each in members)}
    await audit.record(tx, principal, "duty_team.put", f"duty_team:{found}", before={"members": sorted(map(str, before))}, after=told)
    return found


async def archive_team(tx: TenantTransaction, principal: Principal, team_id: UUID) -> None:
    """Take a team out of use; nobody is in it any more. Raises `DutyTeamNotFoundError`, `DutyTeamInUseError` while a plan names it."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    if await repository.team(tx, team_id) is None:
        raise DutyTeamNotFoundError
    for stored in await plans_in_force(tx):
        if team_id in stored.plan.teams:
            raise DutyTeamInUseError(stored.name)
    await repository.set_members(tx, team_id, ())
    await repository.archive_team(tx, team_id, clock.now())
    await audit.record(tx, principal, "duty_team.archived", f"duty_team:{team_id}")


async def plans_in_force(tx: TenantTransaction) -> list[StoredPlan]:
    """All of them, in order of name."""
    return [StoredPlan.from_row(row) for row in await repository.plans(tx, MOST_PLANS)]


async def plans_to_manage(tx: TenantTransaction, principal: Principal) -> list[StoredPlan]:
    """The same for whoever manages them."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    return await plans_in_force(tx)


async def put_plan(
    tx: TenantTransaction, principal: Principal, *, plan_id: UUID | None, name: str, time_zone: str | None, site: str | None, weeks: int,
    first_monday: date, shifts: Sequence[Shift], exceptions: Mapping[date, Sequence[Hours]],
) -> UUID:  # fmt: skip
    """Make a plan, or change one; its id. Without a time zone the site's counts. Raises `ShiftPlanNotFoundError`, `DutyTeamNotFoundError`."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    name = _name(name)
    if plan_id is not None and await repository.plan(tx, plan_id) is None:
        raise ShiftPlanNotFoundError
    if plan_id is None and len(await repository.plans(tx, MOST_PLANS)) >= MOST_PLANS:
        raise InvalidInputError(f"There are {MOST_PLANS} shift plans already: archive one first.", field="name")
    place = parse_identifier(site).uri if site else None
    zone = _zone(time_zone or await _zone_of(tx, place))
    _check(weeks, first_monday, shifts, exceptions)
    plan = ShiftPlan(zone, weeks, first_monday, tuple(shifts), {day: tuple(hours) for day, hours in exceptions.items()})
    for team_id in sorted(plan.teams):
        if await repository.team(tx, team_id) is None:
            raise DutyTeamNotFoundError("shifts")
    found, body = plan_id or uuid7(), _written(plan)
    await repository.put_plan(tx, found, name=name, time_zone=zone.key, site=place, body=msgspec.json.encode(body).decode(), at=clock.now())
    after = {"name": name, "timeZone": zone.key, "site": place, **body}
    await audit.record(tx, principal, "shift_plan.put", f"shift_plan:{found}", after=after)
    return found


async def archive_plan(tx: TenantTransaction, principal: Principal, plan_id: UUID) -> None:
    """Take a plan out of force. Raises `ShiftPlanNotFoundError`."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    if not await repository.archive_plan(tx, plan_id, clock.now()):
        raise ShiftPlanNotFoundError
    await audit.record(tx, principal, "shift_plan.archived", f"shift_plan:{plan_id}")


def _check(weeks: int, first_monday: date, shifts: Sequence[Shift], exceptions: Mapping[date, Sequence[Hours]]) -> None:
    if not 1 <= weeks <= MOST_WEEKS:
        raise InvalidInputError(f"A rotation has 1 to {MOST_WEEKS} weeks.", field="weeks")
    if first_monday.isoweekday() != 1:
        raise InvalidInputError(f"{first_monday} isn't a Monday: a rotation begins with one.", field="firstMonday")
    if len(shifts) > MOST_SHIFTS:
        raise InvalidInputError(f"A plan has at most {MOST_SHIFTS} shifts.", field="shifts")
    if any(not 1 <= shift.week <= weeks or not 1 <= shift.weekday <= 7 for shift in shifts):
        raise InvalidInputError(f"A shift is in one of the weeks 1 to {weeks}, on a day from 1 (Monday) to 7 (Sunday).", field="shifts")
    if len(exceptions) + sum(len(hours) for hours in exceptions.values()) > MOST_EXCEPTIONS:
        raise InvalidInputError(f"A plan has at most {MOST_EXCEPTIONS} exceptions.", field="exceptions")


def _name(given: str) -> str:
    name = given.strip()
    if not 1 <= len(name) <= NAME_LENGTH or "\x00" in name:
        raise InvalidInputError(f"“name” must have 1 to {NAME_LENGTH} characters, without NUL.", field="name")
    return name


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise InvalidInputError(f"“{name[:60]}” is no time zone; write one of the IANA names, e.g. Asia/Shanghai.", field="timeZone") from problem


async def _zone_of(tx: TenantTransaction, place: str | None) -> str:
    known = await catalog.locations_by_place(tx, [place]) if place else {}
    if place not in known:
        raise InvalidInputError("Say in which time zone the shifts are, e.g. Asia/Shanghai, or for which of the catalogue's sites.", field="timeZone")
    return known[place].time_zone


def _written(plan: ShiftPlan) -> dict[str, Any]:
    """As JSON keeps it: [week, weekday, start, end, team], and by day [start, end, team]."""
    return {
        "weeks": plan.weeks,
        "firstMonday": plan.first_monday.isoformat(),
        "shifts": [[shift.week, shift.weekday, *_told(shift.hours)] for shift in plan.shifts],
        "exceptions": {day.isoformat(): [_told(hours) for hours in plan.exceptions[day]] for day in sorted(plan.exceptions)},
    }


def _told(hours: Hours) -> list[str]:
    return [hours.start.isoformat("minutes"), hours.end.isoformat("minutes"), str(hours.team_id)]


def _read(time_zone: str, body: str) -> ShiftPlan:
    kept = msgspec.json.decode(body)
    shifts = tuple(Shift(week, weekday, _hours(*rest)) for week, weekday, *rest in kept["shifts"])
    exceptions = {date.fromisoformat(day): tuple(_hours(*each) for each in hours) for day, hours in kept["exceptions"].items()}
    return ShiftPlan(ZoneInfo(time_zone), kept["weeks"], date.fromisoformat(kept["firstMonday"]), shifts, exceptions)


def _hours(start: str, end: str, team_id: str) -> Hours:
    return Hours(time.fromisoformat(start), time.fromisoformat(end), UUID(team_id))
