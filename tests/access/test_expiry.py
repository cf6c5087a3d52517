"""Whatever is good for a time: good until its last moments, and then answered like one that never was, with nothing written."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest

from backend.services import Services
from tenants.permissions import Role
from tests.access.crew import Person, join, rights
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.handsets import Handset, colleague, enrolled, offer, rows, with_badge

NEW: Final = "nineteen quiet herons at dawn"
INVITE = "mutation($input: InviteInput!) { invite(input: $input) { link userErrors { code } } }"
ACCEPT = "mutation($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { login userErrors { code } } }"
RESET = "mutation($input: IssuePasswordResetInput!) { issuePasswordReset(input: $input) { token userErrors { code } } }"
REDEEM = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) { done userErrors { code } } }"
CLIENT = "mutation($input: CreateClientInput!) { createClient(input: $input) { key userErrors { code } } }"
REFRESH = "mutation($input: RefreshTokenInput!) { refreshToken(input: $input) { tokens { accessToken } userErrors { code } } }"


@dataclass(frozen=True)
class Door:
    """Where things are made and shown, in a firm of the test's own."""

    services: Services
    client: httpx.AsyncClient
    firm: Firm
    owner: Person

    async def anyone(self, mutation: str, **given: Any) -> str:
        """Show something to a mutation without a sign-in: "" where it did, else why not."""
        payload = await Caller(self.client).command(mutation, given)
        return str(payload["userErrors"][0]["code"]) if payload["userErrors"] else ""

    async def older(self, table: str, by: timedelta) -> None:
        """Whatever stands there ends so much sooner; `table` is a name of this module's."""
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            await tx.execute(f"update {table} set expires_at = expires_at - $2::interval where tenant_id = $1 and expires_at is not null", by)


@pytest.fixture
async def door(services: Services, client: httpx.AsyncClient, firm: Firm) -> Door:
    return Door(services, client, firm, await join(services, client, firm))


Show = Callable[[], Awaitable[str]]


@dataclass(frozen=True)
class Kind:
    """How long it is good, where that stands, how one is made and shown, and how one that isn't good is answered."""

    stands: timedelta
    table: str
    make: Callable[[Door], Awaitable[Show]]
    refusal: str


async def invitation(door: Door) -> Show:
    invited = await door.owner.caller.command(INVITE, {"login": f"{uuid4().hex}@example.com", "displayName": "x", "grants": [{"role": "worker"}]})
    return lambda: door.anyone(ACCEPT, token=invited["link"].partition("#")[2], password=NEW)


async def reset_link(door: Door) -> Show:
    member = await join(door.services, door.client, door.firm, Role.WORKER)
    issued = await door.owner.caller.command(RESET, {"memberId": member.id})
    return lambda: door.anyone(REDEEM, token=issued["token"], newPassword=NEW)


async def operators_link(door: Door) -> Show:
    member = await join(door.services, door.client, door.firm, Role.WORKER)
    issued = await door.services.identity.resets.issue_for_operator(member.login, reason="he asked")
    return lambda: door.anyone(REDEEM, token=issued.token, newPassword=NEW)


async def enrolment_code(door: Door) -> Show:
    code = (await offer(door.services, door.firm)).code

    async def show() -> str:
        answer = await Handset(door.client).enrol(code)
        return "" if answer.is_success else str(answer.json()["code"])

    return show


async def api_key(door: Door) -> Show:
    ends = "2099-01-01T00:00:00Z"
    made = await door.owner.caller.command(CLIENT, {"terms": {"name": "scale", "scopes": ["events.read"], "expiresAt": ends}})

    async def show() -> str:
        answer = await door.client.get("/epcis/events?perPage=1", headers={"Authorization": f"Bearer {made['key']}"})
        return "" if answer.is_success else str(answer.json()["code"])

    async with door.services.database.tenant(door.firm.tenant_id) as tx:
        await tx.execute("update client set expires_at = now() + interval '1 day' where tenant_id = $1")
    return show


async def refresh_token(door: Door) -> Show:
    member = await join(door.services, door.client, door.firm, Role.WORKER)
    return lambda: door.anyone(REFRESH, refreshToken=member.refresh_token)


async def shift(door: Door) -> Show:
    handset = await enrolled(door.services, door.client, door.firm)
    badge = await with_badge(door.services, door.firm, await colleague(door.services, door.firm))
    assert (await handset.switch(badge=badge)).is_success

    async def show() -> str:
        answer = await handset.renew(session=handset.session)
        return "" if answer.is_success else str(answer.json()["code"])

    return show


KINDS: Final = {
    "an invitation": Kind(timedelta(days=7), "invitation", invitation, "INVITATION_INVALID"),
    "a reset link": Kind(timedelta(hours=1), "password_reset", reset_link, "RESET_REFUSED"),
    "an operator's reset link": Kind(timedelta(hours=1), "password_reset", operators_link, "RESET_REFUSED"),
    "a phone's enrolment code": Kind(timedelta(minutes=5), "device_enrolment", enrolment_code, "ENROLMENT_REFUSED"),
    "a key with an end": Kind(timedelta(days=1), "client", api_key, "TOKEN_INVALID"),
    "a session": Kind(timedelta(days=30), "session", refresh_token, "SESSION_ENDED"),
    "a shift on a phone": Kind(timedelta(hours=12), "session", shift, "SESSION_ENDED"),
}
# So much the test itself may take.
MOMENTS: Final = timedelta(seconds=20)


@pytest.mark.parametrize("name", list(KINDS))
async def test_it_is_good_until_its_last_moments_and_not_behind_them(door: Door, name: str) -> None:
    kind = KINDS[name]
    stands = timedelta(seconds=door.services.settings.refresh_token_seconds) if kind.make is refresh_token else kind.stands
    good = await kind.make(door)
    await aged(door, kind, stands - MOMENTS)
    assert await good() == ""
    late = await kind.make(door)
    await aged(door, kind, stands)
    before = await everything(door)
    assert await late() == kind.refusal
    assert await late() == kind.refusal
    assert await everything(door) == before


async def aged(door: Door, kind: Kind, by: timedelta) -> None:
    if kind.table != "password_reset":
        await door.older(kind.table, by)
        return
    people = [row[0] for row in await rows(door.services, door.firm, "select person_id from membership where tenant_id = $1")]
    async with door.services.auth_database.connection() as connection:
        await connection.execute("update password_reset set expires_at = expires_at - $2::interval where person_id = any($1::uuid[])", people, by)


async def everything(door: Door) -> Any:
    """Whatever of the firm's decides who may come in."""
    devices = await rows(door.services, door.firm, "select device_id, revoked_at from device where tenant_id = $1 order by 1")
    codes = await rows(door.services, door.firm, "select enrolment_id, used_at from device_enrolment where tenant_id = $1 order by 1")
    people = [row[0] for row in await rows(door.services, door.firm, "select person_id from membership where tenant_id = $1 order by 1")]
    async with door.services.auth_database.connection() as connection:
        hashes = await connection.fetch("select person_id, password_hash, epoch from person where person_id = any($1::uuid[]) order by 1", people)
    told = hashlib.sha256(str([tuple(row) for row in hashes]).encode()).hexdigest()
    return await rights(door.services, door.firm), devices, codes, told
