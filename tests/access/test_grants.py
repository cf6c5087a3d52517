"""What members are granted: it counts at once, and the rules about owners, auditors, sites and oneself hold."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.graphql.ids import global_id
from backend.services import Services
from infra.clock import isoformat, now
from tenants.permissions import Role
from tests.access.crew import DEACTIVATE, PLANT, PUT_ROLE, SET_ROLES, YARD, Person, join, put_plant, rights, trail
from tests.firms import Firm


async def set_roles(by: Person, member: Person, *grants: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    return await by.caller.command(SET_ROLES, {"memberId": member.id, "grants": list(grants), "reason": "moved"}, key)


async def test_grants_count_at_once_in_the_open_session_and_stand_in_the_trail(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, worker = await join(services, client, firm, name="Olga"), await join(services, client, firm, Role.WORKER)
    assert await worker.roles() == ["worker"]
    end = now() + timedelta(days=30)
    payload = await set_roles(owner, worker, {"role": "quality_manager"}, {"role": "worker"}, {"role": "auditor", "expiresAt": isoformat(end)})
    assert payload["userErrors"] == []
    assert [(grant["role"], grant["expiresAt"]) for grant in payload["member"]["grants"]] == [
        ("auditor", isoformat(end)), ("quality_manager", None), ("worker", None),
    ]  # fmt: skip
    assert await worker.roles() == ["auditor", "quality_manager", "worker"]
    [*_, entry] = await trail(services, firm, "membership")
    assert entry == {
        "action": "membership.roles_changed", "actor": "Olga", "subject": f"membership:{worker.membership_id}", "reason": "moved",
        "before": {"grants": [{"role": "worker", "site": None, "expiresAt": None}]},
        "after": {"grants": [
            {"role": "quality_manager", "site": None, "expiresAt": None}, {"role": "worker", "site": None, "expiresAt": None},
            {"role": "auditor", "site": None, "expiresAt": isoformat(end)},
        ]},
    }  # fmt: skip
    await set_roles(owner, worker, {"role": "worker"})
    assert await worker.roles() == ["worker"]
    assert (await worker.caller.refusal("{ people(first: 1) { nodes { id } } }"))["code"] == "PERMISSION_DENIED"


async def test_kept_grant_keeps_its_date_and_a_repeated_request_is_done_once(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, worker = await join(services, client, firm), await join(services, client, firm, Role.WORKER)
    [before] = [row for row in (await rights(services, firm))["grants"] if row[0] == worker.membership_id]
    key = str(uuid4())
    first = await set_roles(owner, worker, {"role": "worker"}, {"role": "line_lead"}, key=key)
    state = await rights(services, firm)
    assert await set_roles(owner, worker, {"role": "worker"}, {"role": "line_lead"}, key=key) == first
    assert await rights(services, firm) == state
    assert before in state["grants"]


async def test_role_at_a_site_is_limited_to_an_own_location_in_any_form(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, worker = await join(services, client, firm), await join(services, client, firm, Role.WORKER)
    await put_plant(owner)
    payload = await set_roles(owner, worker, {"role": "worker", "site": "(414)4012345000009"})
    assert payload["member"]["grants"] == [{"role": "worker", "roleName": "操作工", "site": PLANT, "expiresAt": None, "inForce": True}]
    me = (await worker.caller.ask("{ me { siteLimits { permission sites } } }"))["me"]
    assert {tuple(limit["sites"]) for limit in me["siteLimits"]} == {(PLANT,)}
    before = await rights(services, firm)
    for site in (YARD, "https://id.gs1.org/414/4012345000023"):
        payload = await set_roles(owner, worker, {"role": "line_lead"}, {"role": "worker", "site": site})
        [error] = payload["userErrors"]
        assert (error["field"], error["code"]) == ("grants.1.site", "INVALID_INPUT")
    [error] = (await set_roles(owner, worker, {"role": "worker", "site": "the yard"}))["userErrors"]
    assert error["code"] == "INVALID_IDENTIFIER"
    twice = [{"role": "worker", "site": PLANT}, {"role": "worker", "site": "(414)4012345000009"}]
    assert (await set_roles(owner, worker, *twice))["userErrors"][0]["field"] == "grants.1.role"
    assert await rights(services, firm) == before


@pytest.mark.parametrize(
    ("grants", "field"),
    [
        ([], "grants"),
        ([{"role": "worker"}] * 51, "grants"),
        ([{"role": "worker"}, {"role": "worker"}], "grants.1.role"),
        ([{"role": "king"}], "grants.0.role"),
        ([{"role": ""}], "grants.0.role"),
        ([{"role": "worker", "expiresAt": "2026-01-01T00:00:00Z"}], "grants.0.expiresAt"),
        ([{"role": "worker", "expiresAt": "2099-01-01T00:00:00Z"}], "grants.0.expiresAt"),
        ([{"role": "auditor"}], "grants.0.expiresAt"),
        ([{"role": "worker"}, {"role": "auditor", "expiresAt": isoformat(datetime.now(UTC) + timedelta(days=91))}], "grants.1.expiresAt"),
        ([{"role": "worker", "site": "x" * 501}], "grants"),
    ],
)
async def test_grant_that_makes_no_sense_is_refused_by_its_place(
    services: Services, client: httpx.AsyncClient, firm: Firm, grants: list[dict[str, Any]], field: str
) -> None:
    owner, worker = await join(services, client, firm), await join(services, client, firm, Role.WORKER)
    before = await rights(services, firm)
    payload = await set_roles(owner, worker, *grants)
    assert (payload["member"], [(error["field"], error["code"]) for error in payload["userErrors"]]) == (None, [(field, "INVALID_INPUT")])
    assert await rights(services, firm) == before


async def test_owner_at_a_site_is_refused(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, worker = await join(services, client, firm), await join(services, client, firm, Role.WORKER)
    await put_plant(owner)
    payload = await set_roles(owner, worker, {"role": "owner", "site": PLANT})
    assert [error["field"] for error in payload["userErrors"]] == ["grants.0.site"]


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2_001])
async def test_change_of_grants_needs_a_reason_that_can_be_kept(services: Services, client: httpx.AsyncClient, firm: Firm, reason: str) -> None:
    owner, worker = await join(services, client, firm), await join(services, client, firm, Role.WORKER)
    before = await rights(services, firm)
    given = {"memberId": worker.id, "grants": [{"role": "line_lead"}], "reason": reason}
    assert [error["field"] for error in (await owner.caller.command(SET_ROLES, given))["userErrors"]] == ["reason"]
    assert await rights(services, firm) == before


async def test_only_an_owner_makes_or_unmakes_an_owner(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner = await join(services, client, firm)
    administrator = await join(services, client, firm, Role.ADMINISTRATOR)
    other = await join(services, client, firm, Role.OWNER)
    worker = await join(services, client, firm, Role.WORKER)
    before = await rights(services, firm)
    soon = isoformat(now() + timedelta(days=1))
    for member, grants in (
        (worker, [{"role": "owner"}]), (worker, [{"role": "worker"}, {"role": "owner", "expiresAt": soon}]), (other, [{"role": "worker"}]),
        (other, [{"role": "owner", "expiresAt": soon}]),
    ):  # fmt: skip
        payload = await set_roles(administrator, member, *grants)
        assert [error["code"] for error in payload["userErrors"]] == ["OWNER_REQUIRED"]
    deactivated = await administrator.caller.command(DEACTIVATE, {"memberId": other.id, "reason": "x"})
    assert [error["code"] for error in deactivated["userErrors"]] == ["OWNER_REQUIRED"]
    assert await rights(services, firm) == before
    assert (await set_roles(administrator, other, {"role": "owner"}, {"role": "auditor", "expiresAt": soon}))["userErrors"] == []
    assert (await set_roles(administrator, worker, {"role": "quality_manager"}))["userErrors"] == []
    assert (await set_roles(owner, worker, {"role": "owner"}))["userErrors"] == []
    assert (await set_roles(owner, other, {"role": "worker"}))["userErrors"] == []
    assert (await worker.roles(), await other.roles()) == (["owner"], ["worker"])


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMINISTRATOR])
async def test_nobody_changes_his_own_grants(services: Services, client: httpx.AsyncClient, firm: Firm, role: Role) -> None:
    await join(services, client, firm)
    person = await join(services, client, firm, role)
    before = await rights(services, firm)
    for grants in ([{"role": str(role)}], [{"role": str(role)}, {"role": "quality_manager"}], [{"role": "worker"}]):
        assert [error["code"] for error in (await set_roles(person, person, *grants))["userErrors"]] == ["OWN_RIGHTS"]
    assert [error["code"] for error in (await person.caller.command(DEACTIVATE, {"memberId": person.id, "reason": "x"}))["userErrors"]] == [
        "OWN_RIGHTS"
    ]
    assert await rights(services, firm) == before


async def test_owner_whose_time_ends_is_not_the_last_one_that_stays(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, second = await join(services, client, firm), await join(services, client, firm)
    assert (await set_roles(owner, second, {"role": "owner", "expiresAt": isoformat(now() + timedelta(days=1))}))["userErrors"] == []
    before = await rights(services, firm)
    # The second is an owner still, and the first is the only one without an end.
    for grants in ([{"role": "worker"}], [{"role": "owner", "expiresAt": isoformat(now() + timedelta(days=2))}]):
        assert [error["code"] for error in (await set_roles(second, owner, *grants))["userErrors"]] == ["LAST_OWNER"]
    payload = await second.caller.command(DEACTIVATE, {"memberId": owner.id, "reason": "x"})
    assert [error["code"] for error in payload["userErrors"]] == ["LAST_OWNER"]
    assert await rights(services, firm) == before


async def test_members_of_another_firm_answer_like_nobody(services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm) -> None:
    owner, stranger = await join(services, client, firm), await join(services, client, other_firm, Role.WORKER)
    before = await rights(services, other_firm)
    answers = []
    for member in (
        stranger.id,
        global_id("Member", uuid4()),
        global_id("Member", stranger.person_id),
        global_id("Hold", stranger.membership_id),
        "x",
    ):
        payload = await owner.caller.command(SET_ROLES, {"memberId": member, "grants": [{"role": "line_lead"}], "reason": "x"})
        answers.append([(error["field"], error["code"], error["message"]) for error in payload["userErrors"]])
    assert len({str(answer) for answer in answers}) == 1
    assert answers[0][0][1] == "MEMBER_NOT_FOUND"
    assert await rights(services, other_firm) == before


async def test_own_role_of_another_firm_cannot_be_granted(services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm) -> None:
    owner, stranger = await join(services, client, firm), await join(services, client, other_firm)
    worker = await join(services, client, firm, Role.WORKER)
    await stranger.caller.command(PUT_ROLE, {"key": "night_shift", "name": "Night", "permissions": ["trace.read"]})
    messages = [
        (await set_roles(owner, worker, {"role": key}))["userErrors"][0]["message"].replace(key, "…") for key in ("night_shift", "night_shirt")
    ]
    assert messages[0] == messages[1]


@pytest.mark.parametrize("role", [Role.QUALITY_MANAGER, Role.AUDITOR, Role.LINE_LEAD])
async def test_roles_without_the_permission_change_nobody(services: Services, client: httpx.AsyncClient, firm: Firm, role: Role) -> None:
    person, worker = await join(services, client, firm, role), await join(services, client, firm, Role.WORKER)
    before = await rights(services, firm)
    given = {"input": {"memberId": worker.id, "grants": [{"role": "line_lead"}], "reason": "x"}}
    assert (await person.caller.refusal(SET_ROLES, given))["code"] == "PERMISSION_DENIED"
    assert (await person.caller.refusal(DEACTIVATE, {"input": {"memberId": worker.id, "reason": "x"}}))["code"] == "PERMISSION_DENIED"
    assert await rights(services, firm) == before
