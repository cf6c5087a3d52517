"""Releases are signed: through GraphQL, once for each key, together with the release or not at all."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.graphql.ids import global_id, parse_global_id
from backend.holds import service as holds
from backend.services import Services
from infra.database import Gate
from tenants.permissions import Role
from tests.conftest import PASSWORD
from tests.factories import FLOUR, capture, lot, made, quantity
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.signing import Authenticator, authenticator_of, signature_of, signed

F1, F2 = lot(FLOUR, "F1"), lot(FLOUR, "F2")
RELEASE = """mutation($input: ReleaseHoldInput!) { releaseHold(input: $input) {
  hold { id active releaseReason } userErrors { field code message } } }"""
SIGNATURES = """query($id: ID!) { hold(id: $id) { signatures(first: 5) { nodes {
  id signerName meaning reason subject roles factors content contentSha256 intact } } } }"""
TABLES = ("hold", "hold_cut", "hold_pending", "electronic_signature", "audit_entry", "outbox", "idempotent_reply")


@pytest.fixture
async def quality(firm: Firm, client: Any, bearer: Callable[..., Awaitable[dict[str, str]]]) -> Caller:
    """The quality manager of the test's firm, without a second factor."""
    return Caller(client, await bearer(firm, Role.QUALITY_MANAGER))


@pytest.fixture
async def authenticator(services: Services, quality: Caller) -> Authenticator:
    return await authenticator_of(services, quality.headers)


@pytest.fixture
async def hold_id(services: Services, firm: Firm) -> str:
    """A hold on flour, by its global id."""
    await capture(services, firm.tenant_id, made([], [quantity(F1, 5), quantity(F2, 5)]))
    placed = await services.in_tenant(
        firm.tenant_id, lambda tx: holds.place_hold(tx, firm.principal, key=F1, reason="metal found"), gate=Gate.EXCLUSIVE
    )
    return global_id("Hold", placed.hold_id)


async def written(services: Services, firm: Firm) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that a release may write, but for the marks on sessions."""
    async with services.database.tenant(firm.tenant_id) as tx:
        condition = {"audit_entry": "and action not like 'session.%'"}
        return {
            table: [tuple(row) for row in await tx.fetch(f"select * from {table} where tenant_id = $1 {condition.get(table, '')} order by 2, 3")]
            for table in TABLES
        }


async def test_a_release_is_signed_and_its_entry_on_the_trail_names_the_signature(
    services: Services, firm: Firm, quality: Caller, authenticator: Authenticator, hold_id: str
) -> None:
    payload = await quality.command(RELEASE, {"holdId": hold_id, "reason": "sieved", "signature": signed(authenticator, reason="no metal left")})
    assert payload == {"hold": {"id": hold_id, "active": False, "releaseReason": "sieved"}, "userErrors": []}
    [signature] = (await quality.ask(SIGNATURES, {"id": hold_id}))["hold"]["signatures"]["nodes"]
    _, public_id = parse_global_id(hold_id) or ("", "")
    assert {name: signature[name] for name in ("signerName", "meaning", "reason", "subject", "roles", "factors", "intact")} == {
        "signerName": "A quality_manager", "meaning": "RELEASED", "reason": "no metal left", "subject": f"hold:{public_id}",
        "roles": ["quality_manager"], "factors": ["password", "one_time_code"], "intact": True,
    }  # fmt: skip
    content = json.loads(signature["content"])["content"]
    assert {name: content[name] for name in ("act", "hold", "on", "heldBecause", "released", "whole", "reason")} == {
        "act": "hold.released", "hold": public_id, "on": f"01/{FLOUR}/10/F1", "heldBecause": "metal found", "released": [f"01/{FLOUR}/10/F1"],
        "whole": True, "reason": "sieved",
    }  # fmt: skip
    _, signature_id = parse_global_id(signature["id"]) or ("", "")
    async with services.database.tenant(firm.tenant_id) as tx:
        [entry] = await tx.fetch("select * from audit_entry where tenant_id = $1 and action = 'hold.released'")
    assert (entry["signature_id"], entry["reason"], entry["actor"]) == (UUID(signature_id), "sieved", "A quality_manager")


async def test_without_a_reason_of_its_own_a_signature_takes_the_releases(quality: Caller, authenticator: Authenticator, hold_id: str) -> None:
    await quality.command(RELEASE, {"holdId": hold_id, "reason": "sieved", "signature": signed(authenticator)})
    [signature] = (await quality.ask(SIGNATURES, {"id": hold_id}))["hold"]["signatures"]["nodes"]
    assert signature["reason"] == "sieved"


async def test_the_second_release_of_a_session_needs_one_component(quality: Caller, authenticator: Authenticator, hold_id: str) -> None:
    part = await quality.command(RELEASE, {"holdId": hold_id, "reason": "this is fine", "keys": [F2], "signature": signed(authenticator)})
    assert part["userErrors"] == []
    whole = await quality.command(RELEASE, {"holdId": hold_id, "reason": "all fine", "signature": signed()})
    assert (whole["hold"]["active"], whole["userErrors"]) == (False, [])
    nodes = (await quality.ask(SIGNATURES, {"id": hold_id}))["hold"]["signatures"]["nodes"]
    assert [(node["reason"], node["factors"]) for node in nodes] == [
        ("all fine", ["password"]), ("this is fine", ["password", "one_time_code"]),
    ]  # fmt: skip


async def test_a_repetition_gets_the_saved_reply_and_signs_nothing(
    services: Services, firm: Firm, quality: Caller, authenticator: Authenticator, hold_id: str
) -> None:
    key, given = str(uuid4()), {"holdId": hold_id, "reason": "sieved", "signature": signed(authenticator)}
    first = await quality.command(RELEASE, given, key)
    before = await written(services, firm)
    # The same code, used up by now; another one; and none, as an app would repeat it that keeps no password.
    for signature in (given["signature"], signed(password="x" * 20), {"meaning": "RELEASED"}):
        answer = await quality.post(RELEASE, {"input": {**given, "signature": signature}}, Idempotency_Key=key)
        assert answer.headers["Idempotency-Replayed"] == "true"
        assert answer.json()["data"]["releaseHold"] == first
    refusal = await quality.refusal(RELEASE, {"input": {**given, "reason": "another"}}, Idempotency_Key=key)
    assert refusal["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert await written(services, firm) == before


async def test_the_same_release_sent_twice_at_once_is_signed_once(
    services: Services, firm: Firm, quality: Caller, authenticator: Authenticator, hold_id: str
) -> None:
    given = {"input": {"holdId": hold_id, "reason": "sieved", "signature": signed(authenticator)}}
    key = str(uuid4())
    answers = [answer.json() for answer in await asyncio.gather(*(quality.post(RELEASE, given, Idempotency_Key=key) for _ in range(3)))]
    payloads = [answer["data"]["releaseHold"] for answer in answers if "errors" not in answer]
    assert any(payload["userErrors"] == [] for payload in payloads)
    told = {error["code"] for payload in payloads for error in payload["userErrors"]}
    told |= {answer["errors"][0]["extensions"]["code"] for answer in answers if "errors" in answer}
    assert told <= {"IN_FLIGHT", "PROOF_REFUSED"}
    assert len((await written(services, firm))["electronic_signature"]) == 1


@pytest.mark.parametrize(
    ("signature", "code", "field"),
    [
        ({"password": "another password altogether", "code": "CODE"}, "PROOF_REFUSED", None),
        ({"password": PASSWORD, "code": "000000x"}, "PROOF_REFUSED", None),
        ({"password": PASSWORD}, "INVALID_INPUT", "signature.code"),
        ({"code": "CODE"}, "INVALID_INPUT", "signature.password"),
        ({}, "INVALID_INPUT", "signature.password"),
        ({"meaning": "REVIEWED", "password": PASSWORD, "code": "CODE"}, "INVALID_INPUT", "signature.meaning"),
        ({"password": PASSWORD, "code": "CODE", "reason": "x" * 501}, "INVALID_INPUT", "signature.reason"),
    ],
)
async def test_a_release_that_isnt_rightly_signed_changes_nothing(
    services: Services,
    firm: Firm,
    quality: Caller,
    authenticator: Authenticator,
    hold_id: str,
    signature: dict[str, str],
    code: str,
    field: str | None,
) -> None:
    given = {"meaning": "RELEASED"} | {name: authenticator.code() if value == "CODE" else value for name, value in signature.items()}
    before = await written(services, firm)
    payload = await quality.command(RELEASE, {"holdId": hold_id, "reason": "sieved", "signature": given})
    assert payload["hold"] is None
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [(code, field)]
    assert await written(services, firm) == before


async def test_who_has_no_second_factor_is_told_how_to_set_one_up(services: Services, firm: Firm, quality: Caller, hold_id: str) -> None:
    before = await written(services, firm)
    payload = await quality.command(RELEASE, {"holdId": hold_id, "reason": "sieved", "signature": signed(code="123456")})
    [error] = payload["userErrors"]
    assert error["code"] == "SECOND_FACTOR_REQUIRED"
    assert "beginSecondFactor" in error["message"]
    assert await written(services, firm) == before


async def test_what_cant_be_released_uses_up_no_code(
    services: Services, firm: Firm, quality: Caller, authenticator: Authenticator, hold_id: str
) -> None:
    signature = signed(authenticator)
    before = await written(services, firm)
    for change, code in (
        ({"holdId": global_id("Hold", uuid4())}, "HOLD_NOT_FOUND"), ({"reason": " "}, "INVALID_INPUT"),
        ({"keys": [lot(FLOUR, "NO")]}, "OBJECT_NOT_FOUND"), ({"keys": [F1] * 101}, "INVALID_INPUT"),
    ):  # fmt: skip
        payload = await quality.command(RELEASE, {"holdId": hold_id, "reason": "sieved", "signature": signature, **change})
        assert [error["code"] for error in payload["userErrors"]] == [code]
    assert await written(services, firm) == before
    assert (await quality.command(RELEASE, {"holdId": hold_id, "reason": "sieved", "signature": signature}))["userErrors"] == []
    again = await quality.command(RELEASE, {"holdId": hold_id, "reason": "sieved", "signature": signed()})
    assert [error["code"] for error in again["userErrors"]] == ["HOLD_RELEASED"]


async def test_wrong_signatures_are_limited(services: Services, firm: Firm, quality: Caller, authenticator: Authenticator, hold_id: str) -> None:
    before = await written(services, firm)
    for _ in range(10):
        given = {"holdId": hold_id, "reason": "sieved", "signature": signed(password="another password", code="nonsense")}
        await quality.command(RELEASE, given)
    given = {"holdId": hold_id, "reason": "sieved", "signature": signed(authenticator)}
    assert (await quality.refusal(RELEASE, {"input": given}, Idempotency_Key=str(uuid4())))["code"] == "TOO_MANY_FAILURES"
    assert await written(services, firm) == before


async def test_who_may_not_release_is_not_even_asked_to_sign(
    services: Services, firm: Firm, client: Any, bearer: Callable[..., Awaitable[dict[str, str]]], hold_id: str
) -> None:
    lead = Caller(client, await bearer(firm, Role.LINE_LEAD))
    given = {"holdId": hold_id, "reason": "sieved", "signature": signed(await authenticator_of(services, lead.headers))}
    before = await written(services, firm)
    assert (await lead.refusal(RELEASE, {"input": given}, Idempotency_Key=str(uuid4())))["code"] == "PERMISSION_DENIED"
    assert await written(services, firm) == before


async def test_no_password_or_code_is_kept_of_a_signed_request(
    services: Services, firm: Firm, quality: Caller, authenticator: Authenticator, hold_id: str
) -> None:
    """Nor a digest over them, which would be quick to try passwords against."""
    key, signature = str(uuid4()), signed(authenticator)
    await quality.command(RELEASE, {"holdId": hold_id, "reason": "sieved", "signature": signature}, key)
    rows = [str(row) for table in (await written(services, firm)).values() for row in table]
    assert not [row for row in rows if PASSWORD in row or f"'{signature['code']}'" in row]
    # A digest over the password would differ here, and refuse the key.
    other = signed(password="whatever it is")
    assert (await quality.command(RELEASE, {"holdId": hold_id, "reason": "sieved", "signature": other}, key))["userErrors"] == []


async def test_signatures_are_listed_for_who_reads_the_trail_and_by_pages(
    services: Services, firm: Firm, other_firm: Firm, quality: Caller, client: Any, bearer: Callable[..., Awaitable[dict[str, str]]], hold_id: str
) -> None:
    hold = UUID((parse_global_id(hold_id) or ("", ""))[1])
    for keys in ([F2], []):
        async with services.database.tenant(firm.tenant_id, gate=Gate.EXCLUSIVE) as tx:
            signature = signature_of(firm.principal)
            await holds.release_hold(tx, firm.principal, hold_id=hold, reason="fine", keys=keys, signature=signature)
    query = """query($subject: ID, $after: String) { signatures(subject: $subject, first: 1, after: $after) {
      nodes { id subject } pageInfo { hasNextPage endCursor } } }"""
    first = (await quality.ask(query, {"subject": hold_id}))["signatures"]
    second = (await quality.ask(query, {"subject": hold_id, "after": first["pageInfo"]["endCursor"]}))["signatures"]
    assert [first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]] == [True, False]
    assert first["nodes"][0]["id"] != second["nodes"][0]["id"]
    assert (await quality.ask(query))["signatures"]["nodes"] == first["nodes"]
    for nothing in (global_id("Hold", uuid4()), global_id("Event", uuid4()), "x"):
        assert (await quality.ask(query, {"subject": nothing}))["signatures"]["nodes"] == []
    stranger = Caller(client, await bearer(other_firm))
    assert (await stranger.ask(query, {"subject": hold_id}))["signatures"]["nodes"] == []
    worker = Caller(client, await bearer(firm, Role.WORKER))
    assert (await worker.refusal(query))["code"] == "PERMISSION_DENIED"
