"""Changing the user on a shared phone: by badge or PIN, for a shift, with limits on wrong tries."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest

from backend.services import Services
from infra.clock import now
from tenants import sessions
from tenants.devices import administration
from tenants.permissions import Role
from tests.factories import FLOUR, PLANT, lot
from tests.firms import Firm
from tests.handsets import Handset, colleague, enrolled, put_place, rows, with_badge, with_pin, with_start_pin
from tests.mobile_api.phones import received, shipped

PIN = "483015"
SESSIONS = "select session_id, ended_because, device_id, expires_at from session where tenant_id = $1 order by created_at, session_id"
HALL, ELSEWHERE = "https://id.gs1.org/414/9521234000037", "https://id.gs1.org/414/9521234000044"


async def regrant(services: Services, firm: Firm, membership_id: UUID, *sites: str) -> None:
    """A worker at these sites alone."""
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("delete from membership_grant where tenant_id = $1 and membership_id = $2", membership_id)
        for site in sites:
            await sessions.insert_grant(tx, membership_id, Role.WORKER, site=site)


async def test_a_badge_hands_the_phone_to_its_owner_for_a_shift(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    member = await colleague(services, firm, Role.WAREHOUSE_KEEPER)
    answer = await handset.switch(badge=await with_badge(services, firm, member))
    assert answer.status_code == 200
    actor = answer.json()["actor"]
    assert (actor["kind"], actor["id"], actor["displayName"]) == ("person", str(member.person_id), "Han Meimei")
    assert "shipments.command" in actor["permissions"]
    assert timedelta(hours=11, minutes=59) < datetime.fromisoformat(actor["endsAt"]) - now() <= timedelta(hours=12)
    claims = jwt.decode(handset.token, options={"verify_signature": False})
    assert (claims["kind"], claims["sid"]) == ("person", actor["session"])
    assert claims["cnf"]
    [(session_id, ended, device_id, _)] = await rows(services, firm, SESSIONS)
    assert (str(session_id), ended, str(device_id)) == (actor["session"], None, handset.device)
    [(kind, actor_id, device, after)] = await rows(
        services, firm, "select actor_kind, actor_id, device_id, after from audit_entry where tenant_id = $1 and action = 'device.switched'"
    )
    assert (kind, actor_id, str(device)) == ("person", member.person_id, handset.device)
    assert '"by":"badge"' in after


async def test_what_is_told_then_stands_under_the_persons_name_and_the_phone(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    member = await colleague(services, firm)
    await handset.switch(badge=await with_badge(services, firm, member))
    assert (await handset.sync(received(lot(FLOUR, "F1")))).json()["entries"][0]["status"] == "accepted"
    [entry] = await rows(services, firm, "select actor_kind, actor_id, device_id from audit_entry where tenant_id = $1 and action = 'events.synced'")
    assert entry == ("person", member.person_id, UUID(handset.device))


async def test_the_next_user_ends_the_shift_before(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    first, second = await colleague(services, firm), await colleague(services, firm, name="Li Lei")
    await with_pin(services, firm, second, PIN)
    await handset.switch(badge=await with_badge(services, firm, first))
    token, session = handset.token, handset.session
    assert (await handset.switch(member=str(second.membership_id), pin=PIN)).json()["actor"]["displayName"] == "Li Lei"
    handset.token = token
    assert (await handset.ask("GET", "/auth/me")).json()["code"] == "SESSION_ENDED"
    assert (await handset.renew(session=session)).json()["code"] == "SESSION_ENDED"
    assert [row[1] for row in await rows(services, firm, SESSIONS)] == ["another user took over the phone", None]


async def test_of_many_users_at_once_the_last_one_stays_alone(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    badge = await with_badge(services, firm, await colleague(services, firm))
    token = handset.token

    async def take() -> int:
        twin = Handset(client, key=handset.key, token=token)
        answer = await twin.switch(badge=badge)
        # Whoever was overtaken between his turn and his answer is told that his shift is over already.
        assert answer.is_success or answer.json()["code"] == "SESSION_ENDED", answer.text
        return answer.status_code

    assert 200 in await asyncio.gather(*(take() for _ in range(5)))
    assert sorted(row[1] is None for row in await rows(services, firm, SESSIONS)) == [False, False, False, False, True]


async def test_a_person_token_is_renewed_with_the_key_until_he_signs_out(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    await handset.switch(badge=await with_badge(services, firm, await colleague(services, firm)))
    session = handset.session
    renewed = await handset.renew(session=session)
    assert (renewed.json()["actor"]["kind"], renewed.json()["actor"]["session"]) == ("person", session)
    assert (await handset.ask("POST", "/auth/sign-out")).status_code == 204
    assert (await handset.ask("GET", "/auth/me")).json()["code"] == "SESSION_ENDED"
    assert (await handset.renew(session=session)).json()["code"] == "SESSION_ENDED"
    assert (await handset.renew()).json()["actor"]["kind"] == "device"


async def test_a_shift_ends_by_itself(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    await handset.switch(badge=await with_badge(services, firm, await colleague(services, firm)))
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update session set expires_at = now() where tenant_id = $1")
    assert (await handset.renew(session=handset.session)).json()["code"] == "SESSION_ENDED"


async def test_a_session_on_one_phone_counts_on_no_other(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset, other = await enrolled(services, client, firm), await enrolled(services, client, firm)
    await handset.switch(badge=await with_badge(services, firm, await colleague(services, firm)))
    assert (await other.renew(session=handset.session)).json()["code"] == "SESSION_ENDED"
    claims = jwt.decode(handset.token, options={"verify_signature": False})
    thumbprint = jwt.decode(other.token, options={"verify_signature": False})["cnf"]["jkt"]
    other.token = services.identity.access_tokens.issue(
        subject_id=UUID(claims["sub"]), tenant_public_id=firm.tenant.public_id, session_id=UUID(claims["sid"]), epoch=0, thumbprint=thumbprint
    )
    assert (await other.ask("GET", "/auth/me")).json()["code"] == "SESSION_ENDED"


async def test_wrong_badges_and_pins_get_one_answer_and_change_nobody(
    services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm
) -> None:
    handset = await enrolled(services, client, firm)
    with_one, without, elsewhere = await colleague(services, firm), await colleague(services, firm), await colleague(services, other_firm)
    gone, deactivated = await colleague(services, firm), await colleague(services, firm)
    await with_pin(services, firm, with_one, PIN)
    await with_pin(services, other_firm, elsewhere, PIN)
    voided = await with_badge(services, firm, gone)
    await services.in_tenant(
        firm.tenant_id,
        lambda tx: administration.void_badge(tx, services.identity.devices, firm.principal, gone.membership_id, reason="lost"),
    )
    badge = await with_badge(services, firm, deactivated)
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update membership set active = false where tenant_id = $1 and membership_id = $2", deactivated.membership_id)
    others = await with_badge(services, other_firm, elsewhere)
    told = set()
    tries: list[dict[str, Any]] = [
        {"member": str(with_one.membership_id), "pin": "730192"}, {"member": str(without.membership_id), "pin": PIN},
        {"member": str(elsewhere.membership_id), "pin": PIN}, {"member": str(uuid4()), "pin": PIN}, {"badge": "syb_made-up"}, {"badge": voided},
        {"badge": badge}, {"badge": others}, {"badge": "é"},
    ]  # fmt: skip
    for body in tries:
        answer = await handset.switch(**body)
        told.add((answer.status_code, answer.json()["code"], answer.json()["detail"]))
    assert len(told) == 1
    assert next(iter(told))[:2] == (403, "SWITCH_REFUSED")
    assert await rows(services, firm, SESSIONS) == []
    assert (await handset.ask("GET", "/auth/me")).status_code == 200


async def test_five_wrong_pins_lock_the_pin_on_this_phone_for_a_quarter_of_an_hour(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset, other = await enrolled(services, client, firm), await enrolled(services, client, firm)
    member = await colleague(services, firm)
    await with_pin(services, firm, member, PIN)
    tries = await asyncio.gather(*(handset.switch(member=str(member.membership_id), pin="730192") for _ in range(9)))
    assert sorted(answer.json()["code"] for answer in tries) == [*["PIN_LOCKED"] * 4, *["SWITCH_REFUSED"] * 5]
    locked = await handset.switch(member=str(member.membership_id), pin=PIN)
    assert (locked.status_code, locked.json()["code"], locked.headers["retry-after"]) == (429, "PIN_LOCKED", "900")
    assert await rows(services, firm, SESSIONS) == []
    assert (await other.switch(member=str(member.membership_id), pin=PIN)).status_code == 200
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update switch_attempt set last_failed_at = now() - interval '15 minutes' where tenant_id = $1")
    assert (await handset.switch(member=str(member.membership_id), pin=PIN)).status_code == 200


async def test_ten_wrong_pins_in_all_block_it_until_it_is_set_anew(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    member = await colleague(services, firm)
    await with_pin(services, firm, member, PIN)
    phones = [await enrolled(services, client, firm) for _ in range(3)]
    for handset in phones[:2]:
        for _ in range(5):
            assert (await handset.switch(member=str(member.membership_id), pin="730192")).json()["code"] == "SWITCH_REFUSED"
    blocked = await phones[2].switch(member=str(member.membership_id), pin=PIN)
    assert (blocked.status_code, blocked.json()["code"]) == (403, "PIN_BLOCKED")
    badge = await with_badge(services, firm, member)
    assert (await phones[2].switch(badge=badge)).status_code == 200
    assert (await phones[2].switch(member=str(member.membership_id), pin=PIN)).json()["code"] == "PIN_BLOCKED"
    await with_pin(services, firm, member, "907264")
    assert (await phones[2].switch(member=str(member.membership_id), pin="907264")).status_code == 200


async def test_a_right_pin_lets_the_count_begin_anew(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset, member = await enrolled(services, client, firm), await colleague(services, firm)
    await with_pin(services, firm, member, PIN)
    for _ in range(4):
        for _ in range(4):
            assert (await handset.switch(member=str(member.membership_id), pin="730192")).json()["code"] == "SWITCH_REFUSED"
        assert (await handset.switch(member=str(member.membership_id), pin=PIN)).status_code == 200


async def test_a_stolen_phone_tries_no_pins_on_the_whole_crew(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    for _ in range(30):
        assert (await handset.switch(badge="syb_made-up")).json()["code"] == "SWITCH_REFUSED"
    member = await colleague(services, firm)
    await with_pin(services, firm, member, PIN)
    assert (await handset.switch(member=str(member.membership_id), pin=PIN)).json()["code"] == "PIN_LOCKED"
    assert (await handset.switch(badge=await with_badge(services, firm, member))).json()["code"] == "PIN_LOCKED"


async def test_a_start_pin_opens_nothing_before_an_own_one_is_chosen_and_counts_once(
    services: Services, client: httpx.AsyncClient, firm: Firm
) -> None:
    handset, member = await enrolled(services, client, firm), await colleague(services, firm)
    await with_start_pin(services, firm, member, "84201957")
    body = {"member": str(member.membership_id), "pin": "84201957"}
    asked = await handset.switch(**body)
    assert (asked.status_code, asked.json()["code"]) == (409, "PIN_CHANGE_REQUIRED")
    for weak in ("123456", "84201957", "12345"):
        assert (await handset.switch(**body, newPin=weak)).json()["code"] == "PIN_REFUSED"
    assert await rows(services, firm, SESSIONS) == []
    tries = await asyncio.gather(*(handset.switch(**body, newPin=pin) for pin in ("483015", "907264", "730192")))
    assert sorted(answer.status_code for answer in tries) == [200, 403, 403]
    assert (await handset.switch(**body)).json()["code"] == "SWITCH_REFUSED"
    assert await rows(services, firm, "select temporary, set_by from member_pin where tenant_id = $1") == [(False, member.person_id)]


async def test_a_pin_is_replaced_on_the_phone_by_who_knows_it(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset, member = await enrolled(services, client, firm), await colleague(services, firm)
    await with_pin(services, firm, member, PIN)
    assert (await handset.switch(member=str(member.membership_id), pin=PIN, newPin="907264")).status_code == 200
    assert (await handset.switch(member=str(member.membership_id), pin=PIN)).json()["code"] == "SWITCH_REFUSED"
    assert (await handset.switch(member=str(member.membership_id), pin="907264")).status_code == 200


async def test_pins_and_badges_are_stored_as_hashes_alone(services: Services, firm: Firm) -> None:
    member = await colleague(services, firm)
    await with_pin(services, firm, member, PIN)
    badge = await with_badge(services, firm, member)
    stored = str(await rows(services, firm, "select row_to_json(p)::text from member_pin p where tenant_id = $1"))
    stored += str(await rows(services, firm, "select row_to_json(b)::text from member_badge b where tenant_id = $1"))
    stored += str(await rows(services, firm, "select row_to_json(a)::text from audit_entry a where tenant_id = $1"))
    assert "$argon2id$" in stored
    assert PIN not in stored
    assert badge not in stored


async def test_a_badge_or_pin_that_is_replaced_ends_the_shift_that_it_opened(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset, member = await enrolled(services, client, firm), await colleague(services, firm)
    for replace in (with_badge(services, firm, member), with_start_pin(services, firm, member, "84201957")):
        await handset.renew()
        old = await with_badge(services, firm, member)
        assert (await handset.switch(badge=old)).status_code == 200
        await replace
        assert (await handset.ask("GET", "/auth/me")).json()["code"] == "SESSION_ENDED"
    await handset.renew()
    assert (await handset.switch(badge=old)).status_code == 200


async def test_one_badge_of_a_member_is_in_force(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset, member = await enrolled(services, client, firm), await colleague(services, firm)
    old, new = await with_badge(services, firm, member), await with_badge(services, firm, member)
    assert (await handset.switch(badge=old)).json()["code"] == "SWITCH_REFUSED"
    assert (await handset.switch(badge=new)).status_code == 200


async def test_only_who_may_use_the_site_is_offered_and_let_on(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    await put_place(services, firm, PLANT)
    await put_place(services, firm, HALL, parent=PLANT)
    await put_place(services, firm, ELSEWHERE)
    handset = await enrolled(services, client, firm, PLANT)
    everywhere, here, inside, away, buyer, nobody = [
        await colleague(services, firm, role, name=name)
        for name, role in (
            ("A everywhere", Role.WORKER), ("B here", Role.WORKER), ("C inside", Role.WORKER), ("D away", Role.WORKER), ("E buyer", Role.PURCHASING),
            ("F nobody", Role.WORKER),
        )
    ]  # fmt: skip
    for member, sites in ((here, [PLANT]), (inside, [HALL]), (away, [ELSEWHERE]), (nobody, [])):
        await regrant(services, firm, member.membership_id, *sites)
    offered = (await handset.ask("GET", "/mobile/v1/devices/members")).json()["members"]
    assert [member["displayName"] for member in offered] == ["A everywhere", "B here", "C inside"]
    assert {(member["hasPin"], member["hasBadge"]) for member in offered} == {(False, False)}
    for member, status in ((everywhere, 200), (here, 200), (inside, 200), (away, 403), (buyer, 403), (nobody, 403)):
        await handset.renew()
        assert (await handset.switch(badge=await with_badge(services, firm, member))).status_code == status
    await handset.renew()
    await handset.switch(badge=await with_badge(services, firm, inside))
    assert (await handset.sync(received(lot(FLOUR, "F1"), place=HALL))).json()["entries"][0]["status"] == "accepted"
    assert (await handset.sync(received(lot(FLOUR, "F2"), place=PLANT))).json()["entries"][0]["status"] == "needs_review"


async def test_a_phone_in_a_hall_is_open_to_who_may_use_the_plant(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    await put_place(services, firm, PLANT)
    await put_place(services, firm, HALL, parent=PLANT)
    handset, member = await enrolled(services, client, firm, PLANT), await colleague(services, firm)
    hall_phone = await enrolled_at_hall(services, client, firm)
    await regrant(services, firm, member.membership_id, PLANT)
    badge = await with_badge(services, firm, member)
    assert (await hall_phone.switch(badge=badge)).status_code == 200
    assert (await hall_phone.sync(received(lot(FLOUR, "F1"), place=HALL))).json()["entries"][0]["status"] == "accepted"
    assert (await hall_phone.sync(received(lot(FLOUR, "F2"), place=PLANT))).json()["entries"][0]["status"] == "needs_review"
    assert (await handset.switch(badge=badge)).status_code == 200


async def enrolled_at_hall(services: Services, client: httpx.AsyncClient, firm: Firm) -> Handset:
    """A phone in the hall, which lies in the plant."""
    handset = await enrolled(services, client, firm, HALL)
    await put_place(services, firm, HALL, parent=PLANT)
    await services.redis.flushdb()
    return handset


async def test_a_shift_loses_what_its_person_loses(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset, member = await enrolled(services, client, firm), await colleague(services, firm, Role.WAREHOUSE_KEEPER)
    await handset.switch(badge=await with_badge(services, firm, member))
    await services.identity.standings.doubt_person(member.person_id)
    await regrant(services, firm, member.membership_id, PLANT)
    told = (await handset.ask("GET", "/auth/me")).json()
    assert "shipments.command" not in told["permissions"]
    command = shipped([{"key": lot(FLOUR, "F1"), "quantity": 1, "uom": "KGM"}], mode="command", occurredAt=now().isoformat(timespec="milliseconds"))
    assert (await handset.sync(command)).json()["entries"][0]["status"] == "refused"
    await services.identity.end_all_sessions(member.person_id)
    assert (await handset.ask("GET", "/auth/me")).json()["code"] == "SESSION_ENDED"


@pytest.mark.parametrize(
    "body",
    [{}, {"badge": "x", "pin": "483015"}, {"member": str(uuid4())}, {"pin": "483015"}, {"badge": ""}, {"badge": 5}],
)
async def test_a_body_that_is_neither_badge_nor_pin_is_refused(
    services: Services, client: httpx.AsyncClient, firm: Firm, body: dict[str, Any]
) -> None:
    handset = await enrolled(services, client, firm)
    answer = await handset.switch(**body)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_INPUT")
    assert await rows(services, firm, "select 1 from switch_attempt where tenant_id = $1") == []
