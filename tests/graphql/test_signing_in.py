"""Second factor, passwords and sessions through GraphQL and REST: the ways that people and administrators go, and what is refused."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.graphql.ids import global_id
from backend.services import Services
from tenants.permissions import Role
from tenants.registration import add_membership, create_person_with_membership
from tenants.service import Caller as Somewhere
from tests.conftest import PASSWORD
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.signing import Authenticator, set_up

NEW = "seven herons on a slow canal"
BEGIN = "mutation($i: BeginSecondFactorInput!) { beginSecondFactor(input: $i) { secret otpauthUri qrCode userErrors { code field } } }"
CONFIRM = "mutation($i: ConfirmSecondFactorInput!) { confirmSecondFactor(input: $i) { recoveryCodes userErrors { code field } } }"
RENEW = "mutation($i: ProvedInput!) { renewRecoveryCodes(input: $i) { recoveryCodes userErrors { code field } } }"
REMOVE = "mutation($i: ProvedInput!) { removeSecondFactor(input: $i) { done userErrors { code field } } }"
REAUTHENTICATE = "mutation($i: ReauthenticateInput!) { reauthenticate(input: $i) { until userErrors { code field } } }"
CHANGE = "mutation($i: ChangePasswordInput!) { changePassword(input: $i) { accessToken expiresIn userErrors { code field } } }"
ISSUE = "mutation($i: IssuePasswordResetInput!) { issuePasswordReset(input: $i) { token expiresAt userErrors { code field } } }"
RESET = "mutation($i: ResetPasswordInput!) { resetPassword(input: $i) { done userErrors { code field } } }"
REVOKE = "mutation($i: RevokeSessionInput!) { revokeSession(input: $i) { ended userErrors { code field } } }"
OTHERS = "mutation { revokeOtherSessions { ended userErrors { code } } }"
OF_MEMBER = "mutation($i: RevokeMemberSessionsInput!) { revokeMemberSessions(input: $i) { ended userErrors { code field } } }"
SIGN_IN = (
    """mutation($i: SignInInput!) { signIn(input: $i) { tokens { accessToken } me { tenant } tenantChoices { slug } userErrors { code field } } }"""
)
SESSIONS = "{ sessions(first: 10) { nodes { id userAgent address current onEnrolledDevice secondFactorAt } } }"
OF = "query($m: ID!) { memberSessions(memberId: $m, first: 10) { nodes { id current } } }"


class Somebody(Caller):
    """A person of the firm, signed in with `login`."""

    login: str = ""
    membership: str = ""
    person_id: Any = None


NewSomebody = Callable[..., Awaitable[Somebody]]


@pytest.fixture
def somebody(services: Services, firm: Firm, client: httpx.AsyncClient) -> NewSomebody:
    """Register a person of a role and sign him in."""

    async def make(role: Role = Role.WORKER, firm: Firm = firm) -> Somebody:
        login = f"{uuid4().hex[:12]}@example.com"
        member = await create_person_with_membership(services.identity, firm.tenant, login=login, password=PASSWORD, display_name="Li Lei", role=role)
        tokens = await services.identity.sign_in(login, PASSWORD, caller=Somewhere(address="192.0.2.7", user_agent="A browser"))
        made = Somebody(client, {"Authorization": f"Bearer {tokens.access_token}"})
        made.login, made.membership, made.person_id = login, global_id("Member", member.membership_id), member.person_id
        return made

    return make


async def do(caller: Caller, query: str, **given: Any) -> Any:
    """The payload of a mutation."""
    [payload] = (await caller.ask(query, {"i": given} if given else None)).values()
    return payload


def codes(payload: Any) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


async def test_a_second_factor_is_set_up_used_renewed_and_removed(somebody: NewSomebody, anonymous: Caller) -> None:
    person = await somebody()
    status = "{ secondFactor { since recoveryCodesLeft } }"
    assert await person.ask(status) == {"secondFactor": {"since": None, "recoveryCodesLeft": 0}}
    offer = await do(person, BEGIN, password=PASSWORD)
    assert offer["otpauthUri"].startswith(f"otpauth://totp/Suyuan:{person.login.replace('@', '%40')}?secret={offer['secret']}")
    assert offer["qrCode"].startswith("data:image/svg+xml")
    app = Authenticator(person.person_id, offer["secret"])
    confirmed = await do(person, CONFIRM, code=app.code())
    assert (len(confirmed["recoveryCodes"]), confirmed["userErrors"]) == (10, [])
    assert (await person.ask(status))["secondFactor"]["recoveryCodesLeft"] == 10
    refused = await do(anonymous, SIGN_IN, login=person.login, password=PASSWORD)
    assert refused == {"tokens": None, "me": None, "tenantChoices": [], "userErrors": [{"code": "SECOND_FACTOR_REQUIRED", "field": "code"}]}
    assert codes(await do(anonymous, SIGN_IN, login=person.login, password=PASSWORD, code="nonsense")) == ["CODE_REFUSED"]
    assert (await do(anonymous, SIGN_IN, login=person.login, password=PASSWORD, code=confirmed["recoveryCodes"][0]))["userErrors"] == []
    renewed = await do(person, RENEW, password=PASSWORD, code=app.code())
    assert set(renewed["recoveryCodes"]).isdisjoint(confirmed["recoveryCodes"])
    assert codes(await do(person, REMOVE, password=PASSWORD, code=confirmed["recoveryCodes"][1])) == ["PROOF_REFUSED"]
    assert await do(person, REMOVE, password=PASSWORD, code=renewed["recoveryCodes"][0]) == {"done": True, "userErrors": []}
    assert (await do(anonymous, SIGN_IN, login=person.login, password=PASSWORD))["userErrors"] == []


async def test_what_is_wrong_with_a_second_factor_is_told_by_its_code(somebody: NewSomebody, services: Services) -> None:
    person = await somebody()
    assert codes(await do(person, BEGIN, password="another password altogether")) == ["PROOF_REFUSED"]
    assert codes(await do(person, CONFIRM, code="123456")) == ["SECOND_FACTOR_STATE"]
    assert codes(await do(person, REMOVE, password=PASSWORD, code="123456")) == ["SECOND_FACTOR_REQUIRED"]
    await do(person, BEGIN, password=PASSWORD)
    for nonsense in ("", "12345", "１２é456", "x" * 5_000):
        assert codes(await do(person, CONFIRM, code=nonsense)) == ["CODE_REFUSED"]
    await services.identity.throttle.lift(person.login)
    await set_up(services.identity, person.person_id)
    assert codes(await do(person, BEGIN, password=PASSWORD)) == ["SECOND_FACTOR_STATE"]
    assert codes(await do(person, REAUTHENTICATE, password=PASSWORD)) == ["SECOND_FACTOR_REQUIRED"]


async def test_rest_asks_for_the_code_after_the_password_alone(somebody: NewSomebody, services: Services, client: httpx.AsyncClient) -> None:
    person = await somebody()
    app = await set_up(services.identity, person.person_id)
    body = {"login": person.login, "password": PASSWORD}
    told = []
    for given in ({**body, "password": "another password altogether"}, body, {**body, "code": "nonsense"}):
        answer = await client.post("/auth/sign-in", json=given)
        told.append((answer.status_code, answer.json()["code"], answer.json().get("field")))
    assert told == [(401, "SIGN_IN_REFUSED", None), (401, "SECOND_FACTOR_REQUIRED", "code"), (401, "CODE_REFUSED", "code")]
    answer = await client.post("/auth/sign-in", json={**body, "code": app.code()})
    assert (answer.status_code, answer.json()["me"]["displayName"]) == (200, "Li Lei")


async def test_reauthentication_tells_until_when(somebody: NewSomebody, services: Services) -> None:
    person = await somebody()
    app = await set_up(services.identity, person.person_id)
    payload = await do(person, REAUTHENTICATE, password=PASSWORD, code=app.code())
    assert payload["userErrors"] == []
    token = person.headers["Authorization"].removeprefix("Bearer ")
    principal = await services.identity.authenticate(token, caller=Somewhere())
    assert principal.reauthenticated_at is not None
    assert principal.second_factor_at == principal.reauthenticated_at


async def test_a_changed_password_gives_a_token_with_which_this_session_goes_on(somebody: NewSomebody, anonymous: Caller) -> None:
    person = await somebody()
    assert codes(await do(person, CHANGE, currentPassword="another password altogether", newPassword=NEW)) == ["PROOF_REFUSED"]
    assert codes(await do(person, CHANGE, currentPassword=PASSWORD, newPassword="passwordpassword")) == ["PASSWORD_REFUSED"]
    other = await do(anonymous, SIGN_IN, login=person.login, password=PASSWORD)
    changed = await do(person, CHANGE, currentPassword=PASSWORD, newPassword=NEW)
    assert (changed["expiresIn"], changed["userErrors"]) == (600, [])
    for void in (person.headers["Authorization"], f"Bearer {other['tokens']['accessToken']}"):
        assert (await Caller(person.client, {"Authorization": void}).post("{ me { tenant } }")).status_code == 401
    goes_on = Caller(person.client, {"Authorization": f"Bearer {changed['accessToken']}"})
    assert len((await goes_on.ask(SESSIONS))["sessions"]["nodes"]) == 1


async def test_a_reset_link_is_issued_by_who_manages_people_and_used_by_nobody_in_particular(
    somebody: NewSomebody, services: Services, anonymous: Caller
) -> None:
    admin, person = await somebody(Role.ADMINISTRATOR), await somebody()
    issued = await do(admin, ISSUE, memberId=person.membership)
    assert issued["userErrors"] == []
    assert codes(await do(anonymous, RESET, token=issued["token"], newPassword="short")) == ["PASSWORD_REFUSED"]
    assert await do(anonymous, RESET, token=issued["token"], newPassword=NEW) == {"done": True, "userErrors": []}
    assert codes(await do(anonymous, RESET, token=issued["token"], newPassword=NEW)) == ["RESET_REFUSED"]
    assert (await person.post("{ me { tenant } }")).status_code == 401
    assert (await do(anonymous, SIGN_IN, login=person.login, password=NEW))["userErrors"] == []


async def test_links_are_refused_for_owners_strangers_oneself_and_who_works_elsewhere(
    somebody: NewSomebody, services: Services, other_firm: Firm
) -> None:
    admin, owner, person, stranger = [
        await somebody(Role.ADMINISTRATOR), await somebody(Role.OWNER), await somebody(), await somebody(Role.OWNER, other_firm),
    ]  # fmt: skip
    await add_membership(services.identity, other_firm.tenant, login=person.login, display_name="Li Lei", role=Role.OWNER)
    for target, code in ((owner, "OWNER_REQUIRED"), (person, "RESET_NOT_POSSIBLE"), (stranger, "MEMBER_NOT_FOUND")):
        assert codes(await do(admin, ISSUE, memberId=target.membership)) == [code]
    assert codes(await do(admin, ISSUE, memberId="nonsense")) == ["MEMBER_NOT_FOUND"]
    assert (await admin.refusal(ISSUE, {"i": {"memberId": admin.membership}}))["code"] == "PERMISSION_DENIED"
    async with services.identity.auth.connection() as connection:
        people = [owner.person_id, person.person_id, stranger.person_id, admin.person_id]
        assert await connection.fetchval("select count(*) from password_reset where person_id = any($1::uuid[])", people) == 0


async def test_own_sessions_are_listed_and_revoked(somebody: NewSomebody, anonymous: Caller) -> None:
    person = await somebody()
    other = Caller(person.client, {})
    tokens = (await do(anonymous, SIGN_IN, login=person.login, password=PASSWORD))["tokens"]
    other.headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
    newest, oldest = (await person.ask(SESSIONS))["sessions"]["nodes"]
    assert [newest["current"], oldest["current"]] == [False, True]
    assert {name: oldest[name] for name in ("userAgent", "address", "onEnrolledDevice", "secondFactorAt")} == {
        "userAgent": "A browser", "address": "192.0.2.7", "onEnrolledDevice": False, "secondFactorAt": None,
    }  # fmt: skip
    stranger = await somebody()
    theirs = (await stranger.ask(SESSIONS))["sessions"]["nodes"][0]["id"]
    for nothing in (theirs, "nonsense", global_id("Session", uuid4()), global_id("Hold", uuid4())):
        assert await do(person, REVOKE, sessionId=nothing) == {"ended": 0, "userErrors": [{"code": "SESSION_NOT_FOUND", "field": "sessionId"}]}
    assert await do(person, REVOKE, sessionId=newest["id"]) == {"ended": 1, "userErrors": []}
    assert (await other.post("{ me { tenant } }")).status_code == 401
    for _ in range(2):
        await do(anonymous, SIGN_IN, login=person.login, password=PASSWORD)
    assert await do(person, OTHERS) == {"ended": 2, "userErrors": []}
    assert [node["current"] for node in (await person.ask(SESSIONS))["sessions"]["nodes"]] == [True]


async def test_a_members_sessions_are_listed_and_revoked_by_who_manages_people(somebody: NewSomebody, other_firm: Firm) -> None:
    admin, person, stranger = await somebody(Role.ADMINISTRATOR), await somebody(), await somebody(Role.OWNER, other_firm)
    [node] = (await admin.ask(OF, {"m": person.membership}))["memberSessions"]["nodes"]
    assert node["current"] is False
    for nothing in (stranger.membership, "nonsense"):
        assert (await admin.ask(OF, {"m": nothing}))["memberSessions"]["nodes"] == []
        assert codes(await do(admin, OF_MEMBER, memberId=nothing)) == ["MEMBER_NOT_FOUND"]
    assert (await person.refusal(OF, {"m": admin.membership}))["code"] == "PERMISSION_DENIED"
    assert await do(admin, OF_MEMBER, memberId=person.membership, sessionId=node["id"]) == {"ended": 1, "userErrors": []}
    assert (await person.post("{ me { tenant } }")).status_code == 401
    assert (await stranger.post("{ me { tenant } }")).status_code == 200
    assert await do(admin, OF_MEMBER, memberId=person.membership) == {"ended": 0, "userErrors": []}
