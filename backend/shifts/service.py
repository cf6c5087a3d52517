"""Who is on duty: for whoever has to tell people of something."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from backend.shifts import planning, repository
from backend.shifts.errors import DutyTeamNotFoundError, NobodyMeantError
from infra.database import TenantTransaction
from tenants.people import query_service as people
from tenants.roles import service as roles

ROLE: Final = "role:"
TEAM: Final = "team:"
MEMBER: Final = "member:"


async def on_duty(tx: TenantTransaction, *, role_or_team: str, at: datetime) -> list[UUID]:
    """The memberships of those on duty at a moment, in order of name: of `role:<key>`, of `team:<id>`, or `member:<id>` himself.

    A bare key of a role or name of a team does as well. A team works while a plan says so, or always where no plan names it. Of a role,
    whoever is in a team that a plan names is on duty with it; the others always are. Nobody is told twice, and nobody who has left.
    """
    meant = await _meant(tx, role_or_team)
    if meant.startswith(MEMBER):
        return await _active(tx, [UUID(meant.removeprefix(MEMBER))])
    planned, working = await _teams_at(tx, at)
    if meant.startswith(TEAM):
        team_id = UUID(meant.removeprefix(TEAM))
        if team_id in planned and team_id not in working:
            return []
        return await _active(tx, [row["membership_id"] for row in await repository.members(tx, [team_id])])
    held = await people.members_holding(tx, meant.removeprefix(ROLE), at)
    in_plans = await repository.members(tx, planned)
    off = {row["membership_id"] for row in in_plans} - {row["membership_id"] for row in in_plans if row["team_id"] in working}
    return [each for each in held if each not in off]


async def require_receiver(tx: TenantTransaction, text: str, *, field: str) -> None:
    """Raise `NobodyMeantError` unless the text names a role, a team or an active member that there is, each in its full form."""
    if text.startswith(ROLE):
        found = text.removeprefix(ROLE) in await roles.grantable(tx)
    elif text.startswith(TEAM):
        team_id = _uuid(text.removeprefix(TEAM))
        found = team_id is not None and await repository.team(tx, team_id) is not None
    else:
        member = _uuid(text.removeprefix(MEMBER)) if text.startswith(MEMBER) else None
        found = member is not None and bool(await _active(tx, [member]))
    if not found:
        raise NobodyMeantError(text, field)


async def _teams_at(tx: TenantTransaction, at: datetime) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """The teams that plans name, and those of them that work at a moment."""
    plans = [stored.plan for stored in await planning.plans_in_force(tx)]
    named: frozenset[UUID] = frozenset().union(*(plan.teams for plan in plans))
    working: frozenset[UUID] = frozenset().union(*(plan.teams_at(at) for plan in plans))
    return named, working


async def _meant(tx: TenantTransaction, text: str) -> str:
    """The full form; raises `NobodyMeantError`, `DutyTeamNotFoundError` for what can't name anybody."""
    if text.startswith(ROLE):
        return text
    for prefix in (TEAM, MEMBER):
        if text.startswith(prefix):
            if _uuid(text.removeprefix(prefix)) is None:
                raise NobodyMeantError(text, "roleOrTeam")
            return text
    if "\x00" in text or len(text) > planning.NAME_LENGTH:
        raise NobodyMeantError(text, "roleOrTeam")
    if text in await roles.grantable(tx):
        return ROLE + text
    named = await repository.teams_named(tx, text)
    if len(named) != 1:
        raise DutyTeamNotFoundError("roleOrTeam")
    return f"{TEAM}{named[0]}"


async def _active(tx: TenantTransaction, membership_ids: Collection[UUID]) -> list[UUID]:
    names = await people.active_names(tx, membership_ids)
    return sorted(names, key=lambda each: (names[each], each))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
