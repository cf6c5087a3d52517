"""Members who are let in no longer: their sessions end at once, their history and their other companies stay."""

import httpx

from backend.services import Services
from tenants.permissions import Role
from tenants.registration import add_membership
from tests.access.crew import DEACTIVATE, REACTIVATE, SET_ROLES, join, rights, sign_in, trail
from tests.conftest import PASSWORD
from tests.firms import Firm


async def test_deactivation_ends_sessions_here_at_once_and_leaves_the_other_firm_alone(
    services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm
) -> None:
    owner, lead = await join(services, client, firm, name="Olga"), await join(services, client, firm, Role.LINE_LEAD)
    elsewhere_id = (await add_membership(services.identity, other_firm.tenant, login=lead.login, display_name="Li", role=Role.WORKER)).membership_id
    elsewhere = await sign_in(services, client, other_firm, lead.login, elsewhere_id)
    again = await sign_in(services, client, firm, lead.login, lead.membership_id)
    assert await lead.roles() == await again.roles() == ["line_lead"]
    payload = await owner.caller.command(DEACTIVATE, {"memberId": lead.id, "reason": "left us"})
    assert (payload["userErrors"], payload["member"]["active"]) == ([], False)
    for session in (lead, again):
        assert (await session.caller.post("{ me { roles } }")).status_code == 401
        answer = await client.post("/auth/refresh", json={"refreshToken": session.refresh_token})
        assert (answer.status_code, answer.json()["code"]) == (401, "SESSION_ENDED")
    assert await elsewhere.roles() == ["worker"]
    refused = await client.post("/auth/sign-in", json={"login": lead.login, "password": PASSWORD, "tenant": firm.slug})
    assert (refused.status_code, refused.json()["code"]) == (401, "SIGN_IN_REFUSED")
    [*_, entry] = await trail(services, firm, "membership")
    assert entry == {
        "action": "membership.deactivated", "actor": "Olga", "subject": f"membership:{lead.membership_id}", "reason": "left us",
        "before": {"active": True}, "after": {"active": False, "endedSessions": 2, "revokedInvitations": 0},
    }  # fmt: skip
    found = await owner.caller.ask("{ people(first: 5, active: false) { nodes { displayName deactivatedAt grants { role } } } }")
    [node] = found["people"]["nodes"]
    assert (node["displayName"], node["deactivatedAt"] is not None, node["grants"]) == ("Li Lei", True, [{"role": "line_lead"}])


async def test_reactivated_member_has_what_he_had_and_signs_in_anew(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, lead = await join(services, client, firm), await join(services, client, firm, Role.LINE_LEAD)
    await owner.caller.command(DEACTIVATE, {"memberId": lead.id, "reason": "away"})
    # While he is away he may be given other roles.
    await owner.caller.command(SET_ROLES, {"memberId": lead.id, "grants": [{"role": "worker"}], "reason": "comes back as a worker"})
    payload = await owner.caller.command(REACTIVATE, {"memberId": lead.id, "reason": "back"})
    assert (payload["userErrors"], payload["member"]["active"]) == ([], True)
    assert (await lead.caller.post("{ me { roles } }")).status_code == 401
    back = await sign_in(services, client, firm, lead.login, lead.membership_id)
    assert await back.roles() == ["worker"]
    assert [entry["action"] for entry in await trail(services, firm, "membership")][-3:] == [
        "membership.deactivated", "membership.roles_changed", "membership.reactivated",
    ]  # fmt: skip


async def test_member_is_deactivated_once_and_reactivated_once(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, worker = await join(services, client, firm), await join(services, client, firm, Role.WORKER)
    refused = [{"field": "memberId", "code": "MEMBER_STATE"}]
    assert (await owner.caller.command(REACTIVATE, {"memberId": worker.id, "reason": "x"}))["userErrors"] == refused
    await owner.caller.command(DEACTIVATE, {"memberId": worker.id, "reason": "x"})
    before = await rights(services, firm)
    assert (await owner.caller.command(DEACTIVATE, {"memberId": worker.id, "reason": "x"}))["userErrors"] == refused
    assert await rights(services, firm) == before


async def test_owner_comes_back_by_an_owner_alone(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, second = await join(services, client, firm), await join(services, client, firm)
    administrator = await join(services, client, firm, Role.ADMINISTRATOR)
    await owner.caller.command(DEACTIVATE, {"memberId": second.id, "reason": "x"})
    before = await rights(services, firm)
    payload = await administrator.caller.command(REACTIVATE, {"memberId": second.id, "reason": "x"})
    assert [error["code"] for error in payload["userErrors"]] == ["OWNER_REQUIRED"]
    assert await rights(services, firm) == before
    assert (await owner.caller.command(REACTIVATE, {"memberId": second.id, "reason": "x"}))["userErrors"] == []


async def test_open_invitations_of_who_is_deactivated_are_void(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, administrator = await join(services, client, firm), await join(services, client, firm, Role.ADMINISTRATOR)
    invite = "mutation($input: InviteInput!) { invite(input: $input) { link userErrors { code } } }"
    given = {"login": "puppet@example.com", "displayName": "Puppet", "grants": [{"role": "administrator"}]}
    link = (await administrator.caller.command(invite, given))["link"]
    await owner.caller.command(DEACTIVATE, {"memberId": administrator.id, "reason": "x"})
    accept = {"token": link.partition("#")[2], "password": PASSWORD}
    payload = await owner.caller.command(
        "mutation($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { tenant userErrors { code } } }", accept
    )
    assert payload == {"tenant": None, "userErrors": [{"code": "INVITATION_INVALID"}]}
    [*_, entry] = await trail(services, firm, "membership")
    assert entry["after"] == {"active": False, "endedSessions": 1, "revokedInvitations": 1}
