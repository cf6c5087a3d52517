"""Invitations as an administrator and the invited see them: the link is shown once, opens once, and tells strangers nothing."""

import base64
import hashlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pyotp
import pytest

from backend.graphql.ids import global_id
from backend.services import Services
from infra.clock import now
from tenants.people.invitation_tokens import InvitationToken
from tenants.permissions import Role
from tests.access.crew import DEACTIVATE, SET_ROLES, Person, join, put_plant, rights, sign_in, trail
from tests.conftest import PASSWORD
from tests.firms import Firm
from tests.graphql.conftest import Caller

INVITATION = "invitation { id login displayName state grants { role site } invitedBy member { displayName } }"
INVITE = f"mutation($input: InviteInput!) {{ invite(input: $input) {{ link qrCode notice {INVITATION} userErrors {{ field code message }} }} }}"
RESEND = f"mutation($input: ResendInvitationInput!) {{ resendInvitation(input: $input) {{ link notice {INVITATION} userErrors {{ field code }} }} }}"
REVOKE = f"mutation($input: RevokeInvitationInput!) {{ revokeInvitation(input: $input) {{ {INVITATION} userErrors {{ field code }} }} }}"
ACCEPT = """mutation($input: AcceptInvitationInput!) { acceptInvitation(input: $input) {
  tenant login secondFactorRequired userErrors { field code message } } }"""
PREVIEW = "query($token: String!) { invitationPreview(token: $token) { company tenant invitedBy login displayName registered } }"
LIST = "query($open: Boolean!) { invitations(first: 20, openOnly: $open) { nodes { login state } } }"
CHOSEN = "nineteen quiet herons at dawn"


def address() -> str:
    return f"{uuid4().hex[:12]}@example.com"


async def invite(by: Person, login: str, role: str = "worker", **more: Any) -> dict[str, Any]:
    given = {"login": login, "displayName": "Han Meimei", "grants": [{"role": role, **more}]}
    return await by.caller.command(INVITE, given)


def token_of(payload: dict[str, Any]) -> str:
    assert payload["userErrors"] == []
    address, _, token = payload["link"].partition("#")
    assert (address, token[:4]) == ("http://suyuan.test/invitation", "syi_")
    return str(token)


async def accept(caller: Caller, token: str, password: str = CHOSEN, **more: Any) -> dict[str, Any]:
    return await Caller(caller.client).command(ACCEPT, {"token": token, "password": password, **more})


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


async def test_somebody_new_chooses_a_password_and_comes_in_with_what_was_promised(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, login = await join(services, client, firm, name="Olga"), address()
    await put_plant(owner)
    invited = await invite(owner, login.upper(), site="(414)4012345000009")
    told = {
        "id": invited["invitation"]["id"], "login": login, "displayName": "Han Meimei", "state": "OPEN", "invitedBy": "Olga", "member": None,
        "grants": [{"role": "worker", "site": "https://id.gs1.org/414/4012345000009"}],
    }  # fmt: skip
    assert (invited["invitation"], invited["notice"]) == (told, None)
    assert invited["qrCode"].startswith("data:image/svg+xml")
    token = token_of(invited)
    preview = (await Caller(client).ask(PREVIEW, {"token": token}))["invitationPreview"]
    assert preview == {
        "company": firm.tenant.name, "tenant": firm.slug, "invitedBy": "Olga", "login": login, "displayName": "Han Meimei", "registered": False,
    }  # fmt: skip
    accepted = await accept(owner.caller, token, displayName="韩梅梅")
    assert accepted == {"tenant": firm.slug, "login": login, "secondFactorRequired": False, "userErrors": []}
    answer = await client.post("/auth/sign-in", json={"login": login, "password": CHOSEN})
    me = answer.json()["me"]
    assert (me["displayName"], me["roles"]) == ("韩梅梅", ["worker"])
    node = "query($id: ID!) { node(id: $id) { ... on Invitation { state member { displayName grants { role site } } } } }"
    assert (await owner.caller.ask(node, {"id": told["id"]}))["node"] == {
        "state": "ACCEPTED", "member": {"displayName": "韩梅梅", "grants": told["grants"]},
    }  # fmt: skip
    entries = await trail(services, firm, "invitation", "membership")
    assert [(entry["action"], entry["actor"]) for entry in entries[-3:]] == [
        ("invitation.created", "Olga"), ("membership.created", "韩梅梅"), ("invitation.accepted", "韩梅梅"),
    ]  # fmt: skip


async def test_token_is_stored_hashed_and_stands_in_no_saved_answer(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner = await join(services, client, firm)
    key = str(uuid4())
    given = {"login": address(), "displayName": "Han", "grants": [{"role": "worker"}]}
    first = await owner.caller.command(INVITE, given, key)
    token = token_of(first)
    again = await owner.caller.command(INVITE, given, key)
    assert (again["link"], again["qrCode"], again["invitation"]) == (None, None, first["invitation"])
    assert again["notice"].startswith("The link was shown in the first answer")
    secret = InvitationToken.parse(token).secret
    async with services.database.tenant(firm.tenant_id) as tx:
        stored = await tx.fetch("select i::text as row, token_sha256 from invitation i where i.tenant_id = $1")
        kept = await tx.fetch("select reply as row from idempotent_reply where tenant_id = $1")
        audited = await tx.fetch("select a::text as row from audit_entry a where a.tenant_id = $1")
    assert [row["token_sha256"] for row in stored] == [hashlib.sha256(secret).digest()]
    shapes = (token, token[4:], secret.hex(), base64.b64encode(secret).decode())
    assert [row["row"] for row in (*stored, *kept, *audited) if any(shape in row["row"] for shape in shapes)] == []


async def test_existing_person_proves_his_password_and_joins_under_the_name_that_he_has(
    services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm
) -> None:
    owner = await join(services, client, firm)
    theirs = await join(services, client, other_firm, Role.LINE_LEAD)
    token = token_of(await invite(owner, theirs.login))
    assert (await Caller(client).ask(PREVIEW, {"token": token}))["invitationPreview"]["registered"] is True
    before = await rights(services, firm)
    assert codes(await accept(owner.caller, token, CHOSEN)) == ["SIGN_IN_REFUSED"]
    assert await rights(services, firm) == before
    assert (await accept(owner.caller, token, PASSWORD))["userErrors"] == []
    own_name = token_of(await invite(owner, address()))
    somebody = await join(services, client, other_firm)
    accepted = await accept(owner.caller, own_name, PASSWORD, login=somebody.login)
    assert (accepted["login"], accepted["userErrors"]) == (somebody.login, [])
    found = await owner.caller.ask("query($t: String) { people(first: 3, text: $t) { nodes { displayName loginNames } } }", {"t": somebody.login})
    assert found["people"]["nodes"] == [{"displayName": "Han Meimei", "loginNames": [somebody.login]}]
    # His session in the other company goes on, with what he may do there.
    assert await theirs.roles() == ["line_lead"]
    assert (await sign_in(services, client, firm, theirs.login, theirs.membership_id)).person_id == theirs.person_id


async def test_second_factor_of_an_existing_person_is_asked_for(services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm) -> None:
    owner, theirs = await join(services, client, firm), await join(services, client, other_firm)
    secret = pyotp.random_base32()
    await services.identity.second_factors.install(theirs.person_id, secret)
    token = token_of(await invite(owner, theirs.login))
    before = await rights(services, firm)
    asked = await accept(owner.caller, token, PASSWORD)
    assert (asked["secondFactorRequired"], codes(asked)) == (True, ["SECOND_FACTOR_REQUIRED"])
    code = pyotp.TOTP(secret).now()
    wrong = await accept(owner.caller, token, PASSWORD, code=f"{(int(code) + 500_000) % 1_000_000:06d}")
    assert (wrong["tenant"], codes(wrong)) == (None, ["CODE_REFUSED"])
    # Without the password no code is looked at.
    assert codes(await accept(owner.caller, token, CHOSEN, code=code)) == ["SIGN_IN_REFUSED"]
    assert await rights(services, firm) == before
    assert (await accept(owner.caller, token, PASSWORD, code=code))["userErrors"] == []


async def test_login_that_was_not_invited_makes_nobody_new(services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm) -> None:
    owner, stranger = await join(services, client, firm), await join(services, client, other_firm)
    token = token_of(await invite(owner, address()))
    before = await rights(services, firm)
    unknown = await accept(owner.caller, token, CHOSEN, login=address())
    known = await accept(owner.caller, token, CHOSEN, login=stranger.login)
    assert (codes(unknown), unknown) == (["SIGN_IN_REFUSED"], known)
    assert await rights(services, firm) == before


@pytest.mark.parametrize("password", ["short", "passwordpassword", "x" * 1_025, ""])
async def test_new_password_that_the_policy_refuses_uses_nothing_up(services: Services, client: httpx.AsyncClient, firm: Firm, password: str) -> None:
    owner, login = await join(services, client, firm), address()
    token = token_of(await invite(owner, login))
    before = await rights(services, firm)
    payload = await accept(owner.caller, token, password)
    assert (payload["tenant"], [error["field"] for error in payload["userErrors"]]) == (None, ["password"])
    assert codes(payload) == ["INVALID_INPUT" if len(password) > 1_000 else "PASSWORD_REFUSED"]
    assert codes(await accept(owner.caller, token, f"{login} {firm.slug}")) == ["PASSWORD_REFUSED"]
    assert await rights(services, firm) == before
    assert (await accept(owner.caller, token))["userErrors"] == []


async def test_every_bad_token_gets_the_same_refusal(services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm) -> None:
    owner, stranger = await join(services, client, firm), await join(services, client, other_firm)
    used, revoked, replaced, expired = [token_of(payload) for payload in [await invite(owner, address()) for _ in range(4)]]
    assert (await accept(owner.caller, used))["userErrors"] == []
    nodes = (await owner.caller.ask("{ invitations(first: 9) { nodes { id } } }"))["invitations"]["nodes"]
    ids = [node["id"] for node in reversed(nodes)]
    await owner.caller.command(REVOKE, {"invitationId": ids[0]})
    token_of(await owner.caller.command(RESEND, {"invitationId": ids[1]}))
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute(
            "update invitation set expires_at = $3 where tenant_id = $1 and token_sha256 = $2",
            InvitationToken.parse(expired).sha256, now() - timedelta(seconds=1),
        )  # fmt: skip
    good = token_of(await invite(owner, address()))
    parsed = InvitationToken.parse(good)
    before = await rights(services, firm)
    bad = [
        used, revoked, replaced, expired, "", "syi_", "syi_!", good[4:], good[:-1], good + "A", "sya_" + good[4:], good.swapcase(), "x" * 5_000,
        str(InvitationToken.new(firm.tenant.public_id)), str(InvitationToken(other_firm.tenant.public_id, parsed.secret)),
        str(InvitationToken(uuid4(), parsed.secret)),
    ]  # fmt: skip
    messages = set()
    for token in bad:
        payload = await accept(owner.caller, token)
        refused = await Caller(client).refusal(PREVIEW, {"token": token})
        assert (codes(payload), refused["code"]) == (["INVITATION_INVALID"], "INVITATION_INVALID"), token[:80]
        messages |= {payload["userErrors"][0]["message"], refused["message"]}
    assert len(messages) == 1
    assert await rights(services, firm) == before
    assert (await stranger.caller.ask(LIST, {"open": False}))["invitations"]["nodes"] == []
    assert (await accept(owner.caller, good))["userErrors"] == []


async def test_resent_link_replaces_the_last_and_runs_anew(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, login = await join(services, client, firm), address()
    invited = await invite(owner, login)
    first = token_of(invited)
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update invitation set expires_at = now() - interval '1 day' where tenant_id = $1")
    assert (await owner.caller.ask(LIST, {"open": True}))["invitations"]["nodes"] == []
    assert (await owner.caller.ask(LIST, {"open": False}))["invitations"]["nodes"] == [{"login": login, "state": "EXPIRED"}]
    key = str(uuid4())
    resent = await owner.caller.command(RESEND, {"invitationId": invited["invitation"]["id"]}, key)
    assert (await owner.caller.command(RESEND, {"invitationId": invited["invitation"]["id"]}, key))["link"] is None
    second = token_of(resent)
    assert second != first
    assert codes(await accept(owner.caller, first)) == ["INVITATION_INVALID"]
    assert (await accept(owner.caller, second))["userErrors"] == []
    for operation in (RESEND, REVOKE):
        payload = await owner.caller.command(operation, {"invitationId": invited["invitation"]["id"]})
        assert payload["userErrors"] == [{"field": "invitationId", "code": "INVITATION_CLOSED"}]


async def test_member_or_invited_person_is_not_invited_again(services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm) -> None:
    owner, worker = await join(services, client, firm), await join(services, client, firm, Role.WORKER)
    waiting = address()
    await invite(owner, waiting)
    before = await rights(services, firm)
    assert codes(await invite(owner, worker.login)) == ["ALREADY_MEMBER"]
    assert codes(await invite(owner, waiting)) == ["ALREADY_INVITED"]
    assert await rights(services, firm) == before
    # The same person, invited under a name that isn't his, is found out when he proves himself.
    token = token_of(await invite(owner, address()))
    state = await rights(services, firm)
    assert codes(await accept(owner.caller, token, PASSWORD, login=worker.login)) == ["ALREADY_MEMBER"]
    assert await rights(services, firm) == state
    await owner.caller.command(DEACTIVATE, {"memberId": worker.id, "reason": "x"})
    refused = await invite(owner, worker.login)
    assert (codes(refused), "reactivate" in refused["userErrors"][0]["message"]) == (["ALREADY_MEMBER"], True)
    stranger = await join(services, client, other_firm)
    assert codes(await invite(owner, stranger.login)) == []


async def test_invitation_that_ran_out_gives_way(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, login = await join(services, client, firm), address()
    await invite(owner, login)
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update invitation set expires_at = now() - interval '1 second' where tenant_id = $1")
    token = token_of(await invite(owner, login))
    assert [node["state"] for node in (await owner.caller.ask(LIST, {"open": False}))["invitations"]["nodes"]] == ["OPEN", "REVOKED"]
    assert (await accept(owner.caller, token))["userErrors"] == []


async def test_rules_of_granting_hold_for_invitations(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, administrator = await join(services, client, firm), await join(services, client, firm, Role.ADMINISTRATOR)
    before = await rights(services, firm)
    assert codes(await invite(administrator, address(), "owner")) == ["OWNER_REQUIRED"]
    assert [error["field"] for error in (await invite(owner, address(), "king"))["userErrors"]] == ["grants.0.role"]
    assert [error["field"] for error in (await invite(owner, address(), "auditor"))["userErrors"]] == ["grants.0.expiresAt"]
    assert [error["field"] for error in (await invite(owner, "two words"))["userErrors"]] == ["login"]
    assert [error["field"] for error in (await invite(owner, "x" * 255))["userErrors"]] == ["login"]
    assert await rights(services, firm) == before
    invited = await invite(owner, address(), "owner")
    payload = await administrator.caller.command(RESEND, {"invitationId": invited["invitation"]["id"]})
    assert codes(payload) == ["OWNER_REQUIRED"]


async def test_invitation_ends_with_the_rights_of_whoever_vouched_for_it(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, second = await join(services, client, firm), await join(services, client, firm)
    invited = await invite(second, address(), "owner")
    token, other = token_of(invited), token_of(await invite(second, address()))
    grants = {"memberId": second.id, "reason": "x"}
    # An administrator may invite, and makes no owners; a worker does neither.
    for roles, good in (([{"role": "administrator"}], {other}), ([{"role": "worker"}], set())):
        await owner.caller.command(SET_ROLES, {**grants, "grants": roles})
        for given in (token, other):
            answer = (await Caller(client).post(PREVIEW, {"token": given})).json()
            assert ("errors" not in answer) == (given in good)
    assert codes(await accept(owner.caller, token)) == codes(await accept(owner.caller, other)) == ["INVITATION_INVALID"]
    again = token_of(await owner.caller.command(RESEND, {"invitationId": invited["invitation"]["id"]}))
    assert (await accept(owner.caller, again))["userErrors"] == []


async def test_invitations_of_another_firm_answer_like_none(services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm) -> None:
    owner, stranger = await join(services, client, firm), await join(services, client, other_firm)
    theirs = (await invite(stranger, address()))["invitation"]["id"]
    before = await rights(services, other_firm)
    for operation in (RESEND, REVOKE):
        answers = [await owner.caller.command(operation, {"invitationId": given}) for given in (theirs, global_id("Invitation", uuid4()), "x")]
        assert answers[0] == answers[1] == answers[2]
        assert codes(answers[0]) == ["INVITATION_NOT_FOUND"]
    assert (await owner.caller.ask("query($id: ID!) { node(id: $id) { id } }", {"id": theirs}))["node"] is None
    assert await rights(services, other_firm) == before


@pytest.mark.parametrize("role", [Role.QUALITY_MANAGER, Role.AUDITOR, Role.WORKER, None])
async def test_roles_without_the_permission_invite_nobody(services: Services, client: httpx.AsyncClient, firm: Firm, role: Role | None) -> None:
    caller = (await join(services, client, firm, role)).caller if role else Caller(client)
    before = await rights(services, firm)
    given = {"input": {"login": address(), "displayName": "x", "grants": [{"role": "worker"}]}}
    assert (await caller.refusal(INVITE, given))["code"] == ("PERMISSION_DENIED" if role else "NOT_AUTHENTICATED")
    assert await rights(services, firm) == before


async def test_password_of_another_is_guessed_no_oftener_with_a_link_than_by_signing_in(
    services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm
) -> None:
    owner, victim = await join(services, client, firm), await join(services, client, other_firm)
    token = token_of(await invite(owner, victim.login))
    for _ in range(10):
        assert codes(await accept(owner.caller, token, CHOSEN)) == ["SIGN_IN_REFUSED"]
    refused = await Caller(client).refusal(ACCEPT, {"input": {"token": token, "password": PASSWORD}})
    assert refused["code"] == "TOO_MANY_FAILURES"
    answer = await client.post("/auth/sign-in", json={"login": victim.login, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_FAILURES")
    await services.identity.throttle.lift(victim.login)


async def test_a_token_that_nobody_has_is_tried_ten_times(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    token = str(InvitationToken.new(firm.tenant.public_id))
    for _ in range(10):
        assert (await Caller(client).refusal(PREVIEW, {"token": token}))["code"] == "INVITATION_INVALID"
    assert (await Caller(client).refusal(PREVIEW, {"token": token}))["code"] == "TOO_MANY_FAILURES"
