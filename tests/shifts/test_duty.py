"""Teams and plans are kept through GraphQL, and say who of a role or team is on duty."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from backend.services import Services
from backend.shifts import service
from infra import clock
from tenants.permissions import Role
from tests.alerts.documents import MUTATIONS, PLANNING
from tests.factories import PLANT
from tests.firms import Firm
from tests.graphql.conftest import LOCATIONS, PUT, Caller, caller_of, owner

__all__ = ["caller_of", "owner"]

ON_DUTY = "query($who: String!, $at: DateTime) { onDuty(roleOrTeam: $who, at: $at) { id displayName } }"
DAY, NIGHT = "2026-11-23T04:00:00Z", "2026-11-23T16:00:00Z"


async def do(caller: Caller, name: str, given: dict[str, Any]) -> dict[str, Any]:
    return await caller.command(MUTATIONS[name], given)


async def members(caller: Caller) -> dict[str, str]:
    """Everybody's id by role."""
    found = (await caller.ask("{ people(first: 20) { nodes { id grants { role } } } }"))["people"]["nodes"]
    return {each["grants"][0]["role"]: each["id"] for each in found}


async def on_duty(caller: Caller, who: str, at: str | None = None) -> list[str]:
    return [each["id"] for each in (await caller.ask(ON_DUTY, {"who": who, "at": at}))["onDuty"]]


@pytest.fixture
async def planned(firm: Firm, owner: Caller, caller_of: Callable[..., Awaitable[Caller]]) -> dict[str, str]:
    """Inspectors and managers; the inspector is in the day's team, the manager in none."""
    for role in (Role.QC_INSPECTOR, Role.QUALITY_MANAGER):
        await caller_of(firm, role)
    found = await members(owner)
    team = (await do(owner, "putDutyTeam", {"name": "Days", "memberIds": [found["qc_inspector"]]}))["team"]
    hours = {"start": "08:00", "end": "20:00", "teamId": team["id"]}
    plan = {"name": "Plant", "timeZone": "Asia/Shanghai", "shifts": [{"weekday": day, "hours": hours} for day in range(1, 8)]}
    made = await do(owner, "putShiftPlan", plan)
    assert made["userErrors"] == []
    return {**found, "team": team["id"], "receiver": team["receiver"], "plan": made["plan"]["id"]}


async def test_role_and_team_are_on_duty_by_the_plan_and_whoever_is_in_none_always(owner: Caller, planned: dict[str, str]) -> None:
    inspector, manager = planned["qc_inspector"], planned["quality_manager"]
    for who in ("role:qc_inspector", "qc_inspector", planned["receiver"], "Days"):
        assert (await on_duty(owner, who, DAY), await on_duty(owner, who, NIGHT)) == ([inspector], []), who
    assert (await on_duty(owner, "role:quality_manager", NIGHT), await on_duty(owner, "role:worker", DAY)) == ([manager], [])


async def test_team_that_no_plan_names_is_always_on_duty_and_an_archived_one_never(owner: Caller, planned: dict[str, str]) -> None:
    assert [error["code"] for error in (await do(owner, "archiveDutyTeam", {"id": planned["team"]}))["userErrors"]] == ["DUTY_TEAM_IN_USE"]
    assert (await do(owner, "archiveShiftPlan", {"id": planned["plan"]}))["userErrors"] == []
    assert await on_duty(owner, planned["receiver"], NIGHT) == [planned["qc_inspector"]]
    assert (await do(owner, "archiveDutyTeam", {"id": planned["team"]}))["userErrors"] == []
    assert await on_duty(owner, planned["receiver"], NIGHT) == []
    assert (await owner.ask(PLANNING))["dutyTeams"] == []


async def test_whoever_has_left_is_told_of_nothing(services: Services, firm: Firm, owner: Caller, planned: dict[str, str]) -> None:
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update membership set active = false where tenant_id = $1 and display_name <> 'nobody'")
    async with services.database.tenant(firm.tenant_id) as tx:
        for who in ("role:quality_manager", "role:owner", planned["receiver"]):
            assert await service.on_duty(tx, role_or_team=who, at=clock.now()) == []


async def test_plan_takes_the_time_zone_of_its_site_and_tells_what_it_was_given(owner: Caller, planned: dict[str, str]) -> None:
    await owner.command(PUT["locations"], {"locations": LOCATIONS})
    hours = {"start": "22:00", "end": "06:00", "teamId": planned["team"]}
    given = {"name": "Nights", "site": PLANT, "weeks": 2, "firstMonday": "2026-03-02", "shifts": [{"week": 2, "weekday": 5, "hours": hours}]}
    plan = (await do(owner, "putShiftPlan", {**given, "exceptions": [{"day": "2026-10-01", "hours": [hours]}, {"day": "2026-10-02"}]}))["plan"]
    assert (plan["timeZone"], plan["site"], plan["weeks"], plan["firstMonday"]) == ("Asia/Shanghai", PLANT, 2, "2026-03-02")
    assert (plan["shifts"], plan["exceptions"][1]) == ([{"week": 2, "weekday": 5, "hours": hours}], {"day": "2026-10-02", "hours": []})
    changed = await do(owner, "putShiftPlan", {"id": plan["id"], "name": "Nights", "timeZone": "UTC", "shifts": []})
    assert (changed["plan"]["id"], changed["plan"]["shifts"], changed["plan"]["timeZone"]) == (plan["id"], [], "UTC")


async def test_plans_and_teams_that_make_no_sense_are_refused(owner: Caller, planned: dict[str, str]) -> None:
    hours = {"start": "08:00", "end": "20:00", "teamId": planned["team"]}
    shift = {"weekday": 1, "hours": hours}
    plan = {"name": "x", "timeZone": "UTC", "shifts": [shift]}
    for wrong, field in (
        ({"timeZone": "Mars/Base"}, "timeZone"), ({"timeZone": None}, "timeZone"), ({"timeZone": "../etc/passwd"}, "timeZone"),
        ({"weeks": 0}, "weeks"), ({"weeks": 13}, "weeks"), ({"firstMonday": "2026-01-06"}, "firstMonday"), ({"firstMonday": "soon"}, "firstMonday"),
        ({"shifts": [{**shift, "weekday": 8}]}, "shifts"), ({"shifts": [{**shift, "week": 2}]}, "shifts"), ({"shifts": [shift] * 401}, "shifts"),
        ({"shifts": [{**shift, "hours": {**hours, "start": "25:00"}}]}, "shifts"),
        ({"shifts": [{**shift, "hours": {**hours, "teamId": "x"}}]}, "shifts"),
        ({"exceptions": [{"day": "1066-10-14"}]}, "exceptions"), ({"name": ""}, "name"), ({"id": "x"}, "planId"),
    ):  # fmt: skip
        refused = await do(owner, "putShiftPlan", {**plan, **wrong})
        assert [error["field"] for error in refused["userErrors"]] == [field], wrong
    teams: tuple[tuple[dict[str, Any], str], ...] = (({"memberIds": ["x"]}, "memberIds"), ({"name": "Days"}, "name"), ({"id": "x"}, "teamId"))
    for wrong, field in teams:
        refused = await do(owner, "putDutyTeam", {"name": "y", "memberIds": [], **wrong})
        assert [error["field"] for error in refused["userErrors"]] == [field], wrong
    told = await owner.ask(PLANNING)
    assert ([team["name"] for team in told["dutyTeams"]], [each["name"] for each in told["shiftPlans"]]) == (["Days"], ["Plant"])
    assert (await owner.refusal(ON_DUTY, {"who": "team:x"}))["code"] == "RECEIVER_NOT_FOUND"


async def test_another_firms_team_and_members_are_nobody(
    services: Services, other_firm: Firm, planned: dict[str, str], caller_of: Callable[..., Awaitable[Caller]]
) -> None:
    stranger = await caller_of(other_firm)
    assert await on_duty(stranger, planned["receiver"], DAY) == []
    refused = await do(stranger, "putDutyTeam", {"name": "y", "memberIds": [planned["qc_inspector"]]})
    assert [error["field"] for error in refused["userErrors"]] == ["memberIds"]
    steps = [{"afterMinutes": 1, "receivers": [planned["receiver"]]}]
    refused = await do(stranger, "putEscalationPolicy", {"name": "y", "steps": steps})
    assert [error["code"] for error in refused["userErrors"]] == ["RECEIVER_NOT_FOUND"]
