"""Phones, PINs and badges through GraphQL: enrolled, listed, renamed, moved, revoked; shown once, and only where one may."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.graphql.ids import global_id
from backend.services import Services
from tenants import sessions
from tenants.permissions import Role
from tests.conftest import PASSWORD
from tests.factories import PLANT
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.handsets import Handset, colleague, enrolled, put_place, rows, with_badge, with_pin

Bearer = Callable[..., Awaitable[dict[str, str]]]
HALL, ELSEWHERE = "https://id.gs1.org/414/9521234000037", "https://id.gs1.org/414/9521234000044"
_DEVICE = """id name site state thumbprint enrolledBy lastSeenAt revokedAt revokedBy revokeReason leftoverEntries user { displayName }
    location { name }"""
LIST = f"""query($site: String, $state: DeviceState, $first: Int, $after: String) {{ devices(site: $site, state: $state, first: $first, after: $after)
    {{ nodes {{ {_DEVICE} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
ONE = f"query($id: ID!) {{ device(id: $id) {{ {_DEVICE} }} node(id: $id) {{ id }} }}"
ENROL = """mutation($input: EnrolDeviceInput!) { enrolDevice(input: $input)
    { enrolment { code link qrSvg } expiresAt userErrors { code field } } }"""
_ERRORS = "userErrors { code field message }"
RENAME = f"mutation($input: RenameDeviceInput!) {{ renameDevice(input: $input) {{ device {{ name }} {_ERRORS} }} }}"
MOVE = f"mutation($input: MoveDeviceInput!) {{ moveDevice(input: $input) {{ device {{ site }} {_ERRORS} }} }}"
REVOKE = f"mutation($input: RevokeDeviceInput!) {{ revokeDevice(input: $input) {{ device {{ state revokeReason revokedBy }} {_ERRORS} }} }}"
_ACCESS = "memberId displayName pinSetAt pinIsStartPin pinBlocked badgeIssuedAt"
ACCESS = f"{{ floorAccess(first: 50) {{ nodes {{ {_ACCESS} }} }} }}"
SET_PIN = f"mutation($input: SetMyPinInput!) {{ setMyPin(input: $input) {{ done {_ERRORS} }} }}"
START_PIN = f"mutation($input: IssueStartPinInput!) {{ issueStartPin(input: $input) {{ pin access {{ {_ACCESS} }} {_ERRORS} }} }}"
BADGE = f"mutation($input: IssueBadgeInput!) {{ issueBadge(input: $input) {{ code qrSvg access {{ {_ACCESS} }} {_ERRORS} }} }}"
VOID = f"mutation($input: VoidBadgeInput!) {{ voidBadge(input: $input) {{ access {{ {_ACCESS} }} {_ERRORS} }} }}"


@pytest.fixture
async def administrator(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> Caller:
    """Who manages the firm's devices and people."""
    return Caller(client, await bearer(firm, Role.ADMINISTRATOR))


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


async def test_a_code_made_in_the_portal_enrols_a_phone(services: Services, firm: Firm, administrator: Caller) -> None:
    await put_place(services, firm, PLANT)
    made = await administrator.command(ENROL, {"name": "Packing 1", "site": PLANT})
    assert made["userErrors"] == []
    code = made["enrolment"]["code"]
    assert made["enrolment"]["link"] == f"http://suyuan.test/app/enrol#{code}"
    assert made["enrolment"]["qrSvg"].startswith("<svg")
    handset = Handset(administrator.client)
    assert (await handset.enrol(code)).status_code == 201
    [listed] = (await administrator.ask(LIST, {"first": 5}))["devices"]["nodes"]
    assert listed["id"] == global_id("Device", handset.device)
    assert (listed["name"], listed["site"], listed["state"], listed["enrolledBy"]) == ("Packing 1", PLANT, "ACTIVE", "A administrator")
    assert (listed["location"], listed["user"], listed["leftoverEntries"]) == ({"name": "Place"}, None, 0)
    one = await administrator.ask(ONE, {"id": listed["id"]})
    assert one == {"device": listed, "node": {"id": listed["id"]}}


async def test_a_code_is_shown_once_and_kept_nowhere(services: Services, firm: Firm, administrator: Caller) -> None:
    await put_place(services, firm, PLANT)
    key, given = str(uuid4()), {"name": "Packing 1", "site": PLANT}
    first, again = await administrator.command(ENROL, given, key), await administrator.command(ENROL, given, key)
    assert (again["enrolment"], again["expiresAt"]) == (None, first["expiresAt"])
    assert len(await rows(services, firm, "select 1 from device_enrolment where tenant_id = $1")) == 1
    stored = str(await rows(services, firm, "select reply from idempotent_reply where tenant_id = $1"))
    stored += str(await rows(services, firm, "select row_to_json(a)::text from audit_entry a where tenant_id = $1"))
    assert first["enrolment"]["code"] not in stored


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "", "site": PLANT}, "name"), ({"name": "x" * 101, "site": PLANT}, "name"), ({"name": "a\nb", "site": PLANT}, "name"),
        ({"name": "Phone", "site": ELSEWHERE}, "site"), ({"name": "Phone", "site": "the yard"}, None),
    ],
)  # fmt: skip
async def test_a_code_for_no_name_or_no_place_of_ones_own_is_not_made(
    services: Services, firm: Firm, administrator: Caller, given: dict[str, str], field: str | None
) -> None:
    await put_place(services, firm, PLANT)
    made = await administrator.command(ENROL, given)
    assert made["enrolment"] is None
    assert [error["field"] for error in made["userErrors"]] == [field]
    assert await rows(services, firm, "select 1 from device_enrolment where tenant_id = $1") == []


async def test_phones_are_renamed_moved_and_revoked_for_good(services: Services, firm: Firm, administrator: Caller) -> None:
    await put_place(services, firm, HALL)
    handset = await enrolled(services, administrator.client, firm)
    phone = global_id("Device", handset.device)
    assert (await administrator.command(RENAME, {"deviceId": phone, "name": "Gate 2"}))["device"] == {"name": "Gate 2"}
    assert (await administrator.command(MOVE, {"deviceId": phone, "site": HALL}))["device"] == {"site": HALL}
    assert codes(await administrator.command(MOVE, {"deviceId": phone, "site": ELSEWHERE})) == ["INVALID_INPUT"]
    assert codes(await administrator.command(REVOKE, {"deviceId": phone, "reason": "  "})) == ["INVALID_INPUT"]
    revoked = await administrator.command(REVOKE, {"deviceId": phone, "reason": "lost on the bus"})
    assert revoked["device"] == {"state": "REVOKED", "revokeReason": "lost on the bus", "revokedBy": "A administrator"}
    before = await rows(services, firm, "select name, site, revoked_at from device where tenant_id = $1")
    for mutation, given in ((RENAME, {"name": "x"}), (MOVE, {"site": PLANT}), (REVOKE, {"reason": "again"})):
        assert codes(await administrator.command(mutation, {"deviceId": phone, **given})) == ["DEVICE_IS_REVOKED"]
    assert await rows(services, firm, "select name, site, revoked_at from device where tenant_id = $1") == before
    trail = await rows(services, firm, "select action from audit_entry where tenant_id = $1 and subject like 'device:%' order by audit_id")
    assert [row[0] for row in trail] == ["device.enrolled", "device.renamed", "device.moved", "device.revoked"]


async def test_phones_are_found_by_site_and_state_page_by_page(services: Services, firm: Firm, administrator: Caller) -> None:
    made = [await enrolled(services, administrator.client, firm, site) for site in (PLANT, HALL, PLANT)]
    await administrator.command(REVOKE, {"deviceId": global_id("Device", made[0].device), "reason": "lost"})
    ids = [global_id("Device", handset.device) for handset in made]

    async def listed(**variables: Any) -> list[str]:
        return [node["id"] for node in (await administrator.ask(LIST, {"first": 10} | variables))["devices"]["nodes"]]

    assert await listed() == ids[::-1]
    assert await listed(site=PLANT) == [ids[2], ids[0]]
    assert await listed(state="REVOKED") == [ids[0]]
    assert await listed(site=PLANT, state="ACTIVE") == [ids[2]]
    assert await listed(site=ELSEWHERE) == []
    page = (await administrator.ask(LIST, {"first": 2}))["devices"]["pageInfo"]
    assert page["hasNextPage"]
    assert await listed(after=page["endCursor"]) == ids[:1]


async def test_who_is_on_a_phone_is_shown(services: Services, firm: Firm, administrator: Caller) -> None:
    handset = await enrolled(services, administrator.client, firm)
    await handset.switch(badge=await with_badge(services, firm, await colleague(services, firm)))
    [listed] = (await administrator.ask(LIST, {"first": 5}))["devices"]["nodes"]
    assert listed["user"] == {"displayName": "Han Meimei"}


async def test_phones_of_other_firms_and_sites_answer_like_those_that_do_not_exist(
    services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm, administrator: Caller
) -> None:
    theirs = global_id("Device", (await enrolled(services, client, other_firm)).device)
    mine = global_id("Device", (await enrolled(services, client, firm, ELSEWHERE)).device)
    await put_place(services, firm, HALL)
    member = await colleague(services, firm, Role.ADMINISTRATOR)
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("delete from membership_grant where tenant_id = $1 and membership_id = $2", member.membership_id)
        await sessions.insert_grant(tx, member.membership_id, Role.ADMINISTRATOR, site=HALL)
    signed = await client.post("/auth/sign-in", json={"login": member.login, "password": PASSWORD, "tenant": firm.slug})
    limited = Caller(client, {"Authorization": f"Bearer {signed.json()['accessToken']}"})
    assert (await limited.ask(LIST, {"first": 5}))["devices"]["nodes"] == []
    for caller, phone in ((administrator, theirs), (administrator, global_id("Device", uuid4())), (administrator, "x"), (limited, mine)):
        assert await caller.ask(ONE, {"id": phone}) == {"device": None, "node": None}
        for mutation, given in ((RENAME, {"name": "x"}), (MOVE, {"site": HALL}), (REVOKE, {"reason": "x"})):
            payload = await caller.command(mutation, {"deviceId": phone, **given})
            assert codes(payload) == ["DEVICE_NOT_FOUND"]
    assert codes(await limited.command(ENROL, {"name": "x", "site": ELSEWHERE})) == ["INVALID_INPUT"]
    assert codes(await limited.command(ENROL, {"name": "x", "site": HALL})) == []
    assert await rows(services, other_firm, "select revoked_at from device where tenant_id = $1") == [(None,)]


async def test_whoever_may_only_look_changes_nothing(services: Services, client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    phone = global_id("Device", (await enrolled(services, client, firm)).device)
    auditor, worker = Caller(client, await bearer(firm, Role.AUDITOR)), Caller(client, await bearer(firm, Role.WORKER))
    assert len((await auditor.ask(LIST, {"first": 5}))["devices"]["nodes"]) == 1
    assert (await worker.refusal(LIST, {"first": 5}))["code"] == "PERMISSION_DENIED"
    member = global_id("Member", (await colleague(services, firm)).membership_id)
    for mutation, given in (
        (ENROL, {"name": "x", "site": PLANT}), (RENAME, {"deviceId": phone, "name": "x"}), (MOVE, {"deviceId": phone, "site": PLANT}),
        (REVOKE, {"deviceId": phone, "reason": "x"}), (START_PIN, {"memberId": member}), (BADGE, {"memberId": member}),
        (VOID, {"memberId": member, "reason": "x"}),
    ):  # fmt: skip
        refusal = await auditor.refusal(mutation, {"input": given}, Idempotency_Key=str(uuid4()))
        assert refusal["code"] == "PERMISSION_DENIED"
    assert await rows(services, firm, "select 1 from member_badge where tenant_id = $1") == []


async def test_a_member_chooses_his_pin_in_the_portal_and_takes_over_a_phone(
    services: Services, client: httpx.AsyncClient, firm: Firm, bearer: Bearer, administrator: Caller
) -> None:
    worker = Caller(client, await bearer(firm, Role.WORKER))
    assert codes(await worker.command(SET_PIN, {"pin": "123456"})) == ["PIN_REFUSED"]
    assert await rows(services, firm, "select 1 from member_pin where tenant_id = $1") == []
    assert await worker.command(SET_PIN, {"pin": "483015"}) == {"done": True, "userErrors": []}
    handset = await enrolled(services, client, firm)
    [offered] = [each for each in (await handset.ask("GET", "/mobile/v1/devices/members")).json()["members"] if each["hasPin"]]
    assert (await handset.switch(member=offered["member"], pin="483015")).json()["actor"]["displayName"] == "A worker"
    access = {node["displayName"]: node for node in (await administrator.ask(ACCESS))["floorAccess"]["nodes"]}
    assert access["A worker"]["pinSetAt"] is not None
    assert (access["A worker"]["pinIsStartPin"], access["A worker"]["pinBlocked"]) == (False, False)
    assert (access["A administrator"]["pinSetAt"], access["A administrator"]["badgeIssuedAt"]) == (None, None)


async def test_a_pin_stands_in_no_digest_that_is_kept(services: Services, client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    worker = Caller(client, await bearer(firm, Role.WORKER))
    await worker.command(SET_PIN, {"pin": "483015"}, key := str(uuid4()))
    assert (await worker.command(SET_PIN, {"pin": "907264"}, key))["done"]
    assert await rows(services, firm, "select 1 from idempotent_reply where tenant_id = $1") == []


async def test_a_pin_is_not_chosen_by_who_merely_holds_a_badge(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset, member = await enrolled(services, client, firm), await colleague(services, firm)
    await with_pin(services, firm, member, "483015")
    await handset.switch(badge=await with_badge(services, firm, member))
    before = await rows(services, firm, "select pin_hash from member_pin where tenant_id = $1")
    body = {"query": SET_PIN, "variables": {"input": {"pin": "907264"}}}
    [error] = (await handset.ask("POST", "/graphql", body)).json()["errors"]
    assert error["extensions"]["code"] == "NOT_ON_A_DEVICE"
    assert await rows(services, firm, "select pin_hash from member_pin where tenant_id = $1") == before


async def test_start_pins_and_badges_are_shown_once(services: Services, firm: Firm, administrator: Caller) -> None:
    member = await colleague(services, firm)
    given = {"memberId": global_id("Member", member.membership_id)}
    for mutation, shown in ((START_PIN, "pin"), (BADGE, "code")):
        first, again = await administrator.command(mutation, given, key := str(uuid4())), await administrator.command(mutation, given, key)
        assert first[shown]
        assert again[shown] is None
        assert first["access"] == again["access"]
        trail = await rows(services, firm, "select row_to_json(a)::text from audit_entry a where tenant_id = $1")
        assert first[shown] not in json.dumps(trail)
    assert first["access"]["pinIsStartPin"]
    assert first["qrSvg"].startswith("<svg")
    handset = await enrolled(services, administrator.client, firm)
    assert (await handset.switch(badge=first["code"])).status_code == 200
    voided = await administrator.command(VOID, {**given, "reason": "left at home"})
    assert voided["access"]["badgeIssuedAt"] is None
    assert (await handset.ask("GET", "/auth/me")).json()["code"] == "SESSION_ENDED"
    assert codes(await administrator.command(VOID, {**given, "reason": "again"})) == ["CONFLICT"]


async def test_members_of_other_firms_answer_like_those_that_do_not_exist(
    services: Services, firm: Firm, other_firm: Firm, administrator: Caller
) -> None:
    theirs = await colleague(services, other_firm)
    for member in (global_id("Member", theirs.membership_id), global_id("Member", uuid4()), "x"):
        for mutation, more in ((START_PIN, {}), (BADGE, {}), (VOID, {"reason": "x"})):
            assert codes(await administrator.command(mutation, {"memberId": member, **more})) == ["MEMBER_NOT_FOUND"]
    for table in ("member_pin", "member_badge"):
        assert await rows(services, other_firm, f"select 1 from {table} where tenant_id = $1") == []
