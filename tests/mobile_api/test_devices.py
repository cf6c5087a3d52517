"""Phones at the door: enrolled once with a code, given tokens for their key, recognised by a proof on every request."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from redis.asyncio import Redis

from backend.services import Services
from infra.clock import now
from infra.errors import SuyuanError
from tenants.devices import administration, repository
from tenants.devices.errors import NonceRequiredError, ProofInvalidError
from tenants.devices.pins import EnrolmentCode
from tenants.devices.service import ENROLMENTS_IN_WINDOW, Presented
from tenants.errors import TooManyFailuresError
from tenants.permissions import Permission, Role
from tenants.service import Caller, Identity
from tests.factories import FLOUR, lot
from tests.firms import Firm
from tests.handsets import ORIGIN, Handset, colleague, enrolled, offer, put_place, revoke, rows, with_badge
from tests.mobile_api.phones import received

DEVICES = "select device_id, name, site, thumbprint, enrolled_by_name, user_agent, revoked_at from device where tenant_id = $1"
CODES = "select used_at, device_id from device_enrolment where tenant_id = $1"
Bearer = Callable[..., Awaitable[dict[str, str]]]


async def test_a_code_that_is_scanned_enrols_the_phone_and_its_key(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = Handset(client)
    offered = await offer(services, firm, name="Packing 1")
    answer = await handset.enrol(offered.code)
    assert answer.status_code == 201
    told = answer.json()
    [(device_id, name, site, thumbprint, by, _, revoked_at)] = await rows(services, firm, DEVICES)
    assert (name, by, revoked_at) == ("Packing 1", "Owner", None)
    assert told["device"] == {
        "tenant": str(firm.tenant.public_id), "device": str(device_id), "company": firm.slug, "name": "Packing 1", "site": site, "state": "active",
    }  # fmt: skip
    assert told["actor"]["kind"] == "device"
    assert told["tokenType"] == "DPoP"
    assert told["expiresIn"] == 600
    assert jwt.decode(told["accessToken"], options={"verify_signature": False})["cnf"] == {"jkt": thumbprint}
    [(used_at, used_by)] = await rows(services, firm, CODES)
    assert used_at is not None
    assert used_by == device_id
    [entry] = await rows(
        services, firm, "select actor_kind, actor_id, subject, after from audit_entry where tenant_id = $1 and action = 'device.enrolled'"
    )
    assert entry[:3] == ("device", device_id, f"device:{device_id}")
    assert offered.code not in entry[3]
    assert thumbprint in entry[3]


async def test_a_code_is_stored_as_a_hash_alone(services: Services, firm: Firm) -> None:
    offered = await offer(services, firm)
    [(stored,)] = await rows(services, firm, "select row_to_json(e)::text from device_enrolment e where tenant_id = $1")
    parsed = EnrolmentCode.parse(offered.code)
    assert parsed is not None
    assert parsed.secret.hex() not in stored
    assert offered.code not in stored
    assert parsed.sha256.hex() in stored


async def test_a_code_works_for_one_of_many_at_once(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    code = (await offer(services, firm)).code
    answers = await asyncio.gather(*(Handset(client).enrol(code) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201, *[401] * 7]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 401} == {"ENROLMENT_REFUSED"}
    assert len(await rows(services, firm, DEVICES)) == 1


async def test_every_bad_code_gets_one_answer_and_changes_nothing(
    services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm
) -> None:
    code = (await offer(services, firm)).code
    expired = (await offer(services, firm)).code
    parsed = EnrolmentCode.parse(expired)
    assert parsed is not None
    async with services.database.tenant(firm.tenant_id) as tx:
        late = now() - timedelta(seconds=1)
        await tx.execute("update device_enrolment set expires_at = $3 where tenant_id = $1 and code_sha256 = $2", parsed.sha256, late)
    elsewhere = EnrolmentCode(other_firm.tenant.public_id, EnrolmentCode.parse(code).secret).text  # type: ignore[union-attr] # it is one
    nowhere = EnrolmentCode(uuid4(), parsed.secret).text
    before = await rows(services, firm, CODES)
    told = set()
    for bad in (expired, elsewhere, nowhere, EnrolmentCode.new(firm.tenant.public_id).text, "x", code[:-1], "sye_" + "é" * 10):
        answer = await Handset(client).enrol(bad)
        problem = {name: value for name, value in answer.json().items() if name != "requestId"}
        told.add((answer.status_code, str(problem)))
    assert len(told) == 1
    assert "ENROLMENT_REFUSED" in str(told)
    assert await rows(services, firm, CODES) == before
    assert await rows(services, firm, DEVICES) == [] == await rows(services, other_firm, DEVICES)
    assert (await Handset(client).enrol(code)).status_code == 201


async def test_a_key_is_enrolled_once_and_the_code_stays_good(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    code = (await offer(services, firm)).code
    again = await Handset(client, key=handset.key).enrol(code)
    assert (again.status_code, again.json()["code"]) == (409, "DEVICE_KEY_KNOWN")
    await revoke(services, firm, handset)
    assert (await Handset(client, key=handset.key).enrol(code)).json()["code"] == "DEVICE_KEY_KNOWN"
    assert len(await rows(services, firm, DEVICES)) == 1
    assert (await Handset(client).enrol(code)).status_code == 201


async def test_another_firm_may_enrol_the_same_key(services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    twin = Handset(client, key=handset.key)
    assert (await twin.enrol((await offer(services, other_firm)).code)).status_code == 201
    assert twin.device != handset.device


@pytest.mark.parametrize(
    "changes", [{"htm": "GET"}, {"htu": f"{ORIGIN}/mobile/v1/devices/token"}, {"iat": 1_700_000_000}, {"jti": "x"}, {"ath": "x"}]
)
async def test_a_proof_that_does_not_hold_spends_no_code(services: Services, client: httpx.AsyncClient, firm: Firm, changes: dict[str, Any]) -> None:
    handset, code = Handset(client), (await offer(services, firm)).code
    answer = await handset.enrol(code, proof=handset.proof("POST", "/mobile/v1/devices", **changes))
    assert answer.status_code == 401
    assert answer.json()["code"] in ("DPOP_PROOF_INVALID", "USE_DPOP_NONCE")
    assert await rows(services, firm, DEVICES) == []
    assert (await handset.enrol(code)).status_code == 201


async def test_enrolment_needs_exactly_one_proof(client: httpx.AsyncClient) -> None:
    handset = Handset(client)
    for headers in ([], [("DPoP", handset.proof("POST", "/mobile/v1/devices")) for _ in range(2)]):
        answer = await client.post("/mobile/v1/devices", json={"code": "x"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "DPOP_PROOF_INVALID")
        assert answer.headers["www-authenticate"] == 'DPoP error="invalid_dpop_proof", algs="ES256"'


async def test_a_phone_whose_clock_is_wrong_is_given_a_nonce_and_then_let_in(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset, code = Handset(client), (await offer(services, firm)).code
    answer = await handset.enrol(code, proof=handset.proof("POST", "/mobile/v1/devices", iat=1_000))
    assert (answer.status_code, answer.json()["code"]) == (401, "USE_DPOP_NONCE")
    handset.nonce = answer.headers["dpop-nonce"]
    answer = await handset.enrol(code, proof=handset.proof("POST", "/mobile/v1/devices", iat=1_000))
    assert answer.status_code == 201
    assert answer.headers["dpop-nonce"] == handset.nonce
    assert abs((now() - datetime.fromisoformat(answer.json()["serverTime"])).total_seconds()) < 5
    assert (await handset.ask("GET", "/mobile/v1/changes")).status_code == 200


async def test_tries_of_codes_are_counted_by_address(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    identity = services.identity
    caller = Caller(address=f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1")
    handset = Handset(client)

    async def attempt(code: str) -> str:
        proof = Presented(handset.proof("POST", "/mobile/v1/devices"), "POST", "/mobile/v1/devices")
        try:
            await identity.devices.enrol(code, proof, caller=caller)
        except SuyuanError as refusal:
            return type(refusal).__name__
        return "enrolled"

    for _ in range(ENROLMENTS_IN_WINDOW):
        assert await attempt("x") == "EnrolmentRefusedError"
    good = (await offer(services, firm)).code
    assert await attempt(good) == TooManyFailuresError.__name__
    assert await rows(services, firm, DEVICES) == []


async def test_a_token_opens_what_a_phone_may_at_its_site_and_nothing_else(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    assert (await handset.sync(received(lot(FLOUR, "F1")))).json()["entries"][0]["status"] == "accepted"
    elsewhere = received(lot(FLOUR, "F2"), place="https://id.gs1.org/414/9521234000099")
    assert (await handset.sync(elsewhere)).json()["entries"][0]["status"] == "needs_review"
    for method, path in (("GET", "/mobile/v1/changes"), ("GET", "/auth/me"), ("GET", "/mobile/v1/devices/members")):
        assert (await handset.ask(method, path)).status_code == 200, path
    assert (await handset.ask("GET", "/epcis/events")).json()["code"] == "PERMISSION_DENIED"
    told = (await handset.ask("GET", "/auth/me")).json()
    assert told["permissions"] == ["catalog.read", "events.capture", "holds.read", "mobile.sync", "quality.read", "trace.read"]
    [entry] = await rows(services, firm, "select actor_kind, actor_id, device_id from audit_entry where tenant_id = $1 and action = 'events.synced'")
    assert entry == ("device", UUID(handset.device), UUID(handset.device))


async def test_graphql_takes_a_proof_too(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    query = {"query": "{ me { displayName } devices(first: 1) { nodes { id } } }"}
    answer = await handset.ask("POST", "/graphql", query)
    assert answer.json()["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
    answer = await handset.ask("POST", "/graphql", {"query": "{ me { displayName } }"})
    assert answer.json()["data"]["me"] == {"displayName": "Phone 1"}
    answer = await handset.ask("POST", "/graphql", query, proof=handset.proof("POST", "/graphql", token=handset.token, iat=1))
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "USE_DPOP_NONCE")
    assert answer.headers["dpop-nonce"]


async def test_a_proof_counts_once(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    for _ in range(2):
        proof = handset.proof("GET", "/mobile/v1/changes", token=handset.token)
        answers = await asyncio.gather(*(handset.ask("GET", "/mobile/v1/changes", proof=proof) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]
        assert {answer.json().get("code") for answer in answers} == {None, "DPOP_PROOF_INVALID"}
        handset.nonce = services.identity.devices.nonce()


@pytest.mark.parametrize(
    "changes",
    [
        {"htm": "POST"}, {"htu": f"{ORIGIN}/mobile/v1/sync"}, {"htu": "https://suyuan.test/mobile/v1/changes"}, {"iat": 1_700_000_000}, {"jti": "x"},
        {"ath": None}, {"ath": "x" * 43}, {"nonce": "made up"}, {"header": {"typ": "JWT"}},
    ],
)  # fmt: skip
async def test_a_stolen_token_without_a_good_proof_opens_nothing(
    services: Services, client: httpx.AsyncClient, firm: Firm, changes: dict[str, Any]
) -> None:
    handset = await enrolled(services, client, firm)
    answer = await handset.ask("GET", "/mobile/v1/changes", proof=handset.proof("GET", "/mobile/v1/changes", token=handset.token, **changes))
    assert answer.status_code == 401
    assert answer.json()["code"] in ("DPOP_PROOF_INVALID", "USE_DPOP_NONCE")


async def test_a_token_counts_with_its_own_key_alone(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset, thief = await enrolled(services, client, firm), await enrolled(services, client, firm)
    thief.token = handset.token
    answer = await thief.ask("GET", "/mobile/v1/changes")
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID")
    assert answer.headers["www-authenticate"] == 'DPoP error="invalid_token", algs="ES256"'


async def test_schemes_are_not_confused(services: Services, client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    handset = await enrolled(services, client, firm)
    proof = handset.proof("GET", "/auth/me", token=handset.token)
    answer = await handset.ask("GET", "/auth/me", proof=proof, Authorization=f"Bearer {handset.token}")
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID")
    unbound = (await bearer(firm))["Authorization"].removeprefix("Bearer ")
    handset.token = unbound
    answer = await handset.ask("GET", "/auth/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID")
    for scheme in ("Dpop2", "DPoPx", "DPoP"):
        answer = await client.get("/auth/me", headers={"Authorization": scheme})
        assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID")


async def test_a_token_is_renewed_with_the_key_alone(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    first = handset.token
    assert (await handset.renew()).status_code == 200
    assert handset.token != first
    assert (await handset.ask("GET", "/auth/me")).status_code == 200


async def test_whoever_has_not_the_key_is_told_one_thing(services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm) -> None:
    handset, other = await enrolled(services, client, firm), await enrolled(services, client, other_firm)
    told = set()
    for tenant, device in (
        (handset.tenant, handset.device), (handset.tenant, str(uuid4())), (str(uuid4()), handset.device), (other.tenant, handset.device),
    ):  # fmt: skip
        thief = Handset(client, tenant=tenant, device=device)
        answer = await thief.renew()
        told.add((answer.status_code, answer.json()["code"], answer.json()["detail"]))
    mixed = Handset(client, key=handset.key, tenant=handset.tenant, device=other.device)
    answer = await mixed.renew()
    told.add((answer.status_code, answer.json()["code"], answer.json()["detail"]))
    assert len(told) == 1
    assert next(iter(told))[:2] == (401, "DEVICE_UNKNOWN")


async def test_a_revoked_phone_is_shut_out_at_once_with_whoever_was_on_it(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    alone = handset.token
    member = await colleague(services, firm)
    assert (await handset.switch(badge=await with_badge(services, firm, member))).status_code == 200
    assert (await handset.ask("GET", "/auth/me")).json()["displayName"] == "Han Meimei"
    await revoke(services, firm, handset)
    for token in (handset.token, alone):
        handset.token = token
        for method, path in (("GET", "/auth/me"), ("GET", "/mobile/v1/changes"), ("GET", "/mobile/v1/devices/members"), ("POST", "/graphql")):
            answer = await handset.ask(method, path, {"query": "{ me { displayName } }"} if method == "POST" else None)
            assert answer.status_code == 401, path
            assert "DEVICE_REVOKED" in answer.text, path
    ended = await rows(services, firm, "select ended_because from session where tenant_id = $1")
    assert ended == [("the phone was revoked",)]
    [entry] = await rows(services, firm, "select reason, before from audit_entry where tenant_id = $1 and action = 'device.revoked'")
    assert entry[0] == "lost"
    assert "Phone 1" in entry[1]


async def test_a_moved_phone_works_at_its_new_site_from_the_next_request_on(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    assert (await handset.ask("GET", "/auth/me")).status_code == 200
    hall = "https://id.gs1.org/414/9521234000099"
    await put_place(services, firm, hall)
    devices = services.identity.devices
    await services.in_tenant(
        firm.tenant_id,
        lambda tx: administration.move(tx, devices, firm.principal, UUID(handset.device), site=hall, covers=lambda _: True),
    )
    assert (await handset.sync(received(lot(FLOUR, "F1"), place=hall))).json()["entries"][0]["status"] == "accepted"
    assert (await handset.sync(received(lot(FLOUR, "F2")))).json()["entries"][0]["status"] == "needs_review"


async def test_a_bearer_of_the_portal_is_no_phone(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    headers = await bearer(firm, Role.WORKER)
    assert (await client.get("/mobile/v1/devices/members", headers=headers)).json()["code"] == "DEVICE_REQUIRED"
    answer = await client.post("/mobile/v1/devices/switch", json={"badge": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "DEVICE_REQUIRED")


async def test_while_redis_is_away_proofs_need_a_nonce_of_that_time_and_still_count_once(
    services: Services, client: httpx.AsyncClient, firm: Firm
) -> None:
    handset = await enrolled(services, client, firm)
    nobody = Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)
    cut_off = Identity(
        app=services.database, auth=services.auth_database, redis=nobody, settings=services.settings, passwords=services.identity.passwords
    )
    caller = Caller(address="192.0.2.7")

    def presented(**changes: Any) -> Presented:
        return Presented(handset.proof("GET", "/auth/me", token=handset.token, **changes), "GET", "/auth/me")

    used = presented()
    assert (await services.identity.devices.authenticate(handset.token, used, caller=caller)).device_id == UUID(handset.device)
    with pytest.raises(NonceRequiredError) as refusal:
        await cut_off.devices.authenticate(handset.token, used, caller=caller)
    nonce = refusal.value.detail["headers"]["DPoP-Nonce"]
    assert nonce != services.identity.devices.nonce()
    during = presented(nonce=nonce)
    assert (await cut_off.devices.authenticate(handset.token, during, caller=caller)).device_id == UUID(handset.device)
    for identity in (cut_off, services.identity):
        with pytest.raises(ProofInvalidError, match="used before"):
            await identity.devices.authenticate(handset.token, during, caller=caller)
    assert len(await rows(services, firm, "select 1 from used_proof where tenant_id = $1")) == 1
    await nobody.aclose()


async def test_used_proofs_are_forgotten_when_nobody_would_take_them(services: Services, firm: Firm) -> None:
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await repository.remember_proof(tx, b"old", now() - timedelta(seconds=1))
        assert await repository.remember_proof(tx, b"new", now() + timedelta(minutes=1))
        assert not await repository.remember_proof(tx, b"new", now() + timedelta(minutes=1))
        assert [row["proof_sha256"] for row in await tx.fetch("select proof_sha256 from used_proof where tenant_id = $1")] == [b"new"]


async def test_a_phone_has_no_permission_beyond_those_of_phones(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    owner = await colleague(services, firm, Role.OWNER)
    told = (await handset.switch(badge=await with_badge(services, firm, owner))).json()
    assert told["actor"]["permissions"] == sorted(
        [
            Permission.ALERTS_ACT, Permission.CATALOG_READ, Permission.EVENTS_CAPTURE, Permission.HOLDS_PLACE, Permission.HOLDS_READ,
            Permission.INSPECTIONS_RECORD, Permission.MOBILE_SYNC, Permission.NONCONFORMANCES_OPEN, Permission.QUALITY_READ,
            Permission.SHIPMENTS_COMMAND, Permission.TRACE_READ,
        ]
    )  # fmt: skip
    release = {"query": 'mutation { releaseHold(input: {holdId: "x", reason: "y", signature: {meaning: RELEASED}}) { userErrors { code } } }'}
    answer = await handset.ask("POST", "/graphql", release, **{"Idempotency-Key": str(uuid4())})
    assert "PERMISSION_DENIED" in answer.text or "GRAPHQL_VALIDATION_FAILED" in answer.text
