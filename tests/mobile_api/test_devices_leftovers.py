"""What a revoked phone still held: every entry is set aside for a person, within bounds, and nothing else is possible for it."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from backend.services import Services
from infra.clock import now
from tenants.devices import administration
from tests.factories import FLOUR, lot
from tests.firms import Firm
from tests.handsets import Handset, colleague, enrolled, revoke, rows, with_badge
from tests.mobile_api.phones import Entry, received, shipped

UPLOAD = {"contentType": "image/png", "size": 3, "sha256": "0" * 64}
REVIEW = "select kind, event_key, raw, reason, event is not null, place, device_id from review_entry where tenant_id = $1 order by review_id"
COUNTED = "select quarantined_entries, quarantined_bytes from device where tenant_id = $1"


def held() -> list[Entry]:
    """A fact, a command, and a fact that nobody can read."""
    moment = now().isoformat(timespec="milliseconds")
    command = shipped([{"key": lot(FLOUR, "F1"), "quantity": 1, "uom": "KGM"}], 2, mode="command", occurredAt=moment)
    return [received(lot(FLOUR, "F1"), 1), command, received(lot(FLOUR, "F2"), 3, place="the yard")]


async def nothing_captured(services: Services, firm: Firm) -> bool:
    return await rows(services, firm, "select 1 from event where tenant_id = $1") == []


async def test_a_batch_of_a_revoked_phone_is_set_aside_whole(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    await revoke(services, firm, handset)
    entries = held()
    answers = (await handset.sync(*entries)).json()["entries"]
    assert [answer["status"] for answer in answers] == ["needs_review", "refused", "needs_review"]
    assert {answer["code"] for answer in answers} == {"DEVICE_REVOKED"}
    assert [answer["id"] for answer in answers] == [entry["id"] for entry in entries]
    kept = sorted(await rows(services, firm, REVIEW), key=lambda row: int(json.loads(row[2])["sequence"]))
    assert [(row[0], row[1], row[4], row[6]) for row in kept] == [
        ("revoked_device", f"e:urn:uuid:{entry['id']}", readable, UUID(handset.device))
        for entry, readable in zip(entries, (True, True, False), strict=True)
    ]
    assert [json.loads(row[2]) for row in kept] == entries
    assert all(row[3].startswith("DEVICE_REVOKED") for row in kept)
    assert "asked for" in kept[1][3]
    assert await nothing_captured(services, firm)
    assert [row[0] for row in await rows(services, firm, COUNTED)] == [3]
    [(kind, actor, after)] = await rows(
        services, firm, "select actor_kind, actor_id, after from audit_entry where tenant_id = $1 and action = 'device.quarantined'"
    )
    assert (kind, str(actor)) == ("device", handset.device)
    assert json.loads(after)["entries"] == 3


async def test_the_same_again_changes_nothing_and_is_answered_the_same(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    await revoke(services, firm, handset)
    entries = held()
    first = (await handset.sync(*entries)).json()
    before = [await rows(services, firm, statement) for statement in (REVIEW, COUNTED)]
    answers = await asyncio.gather(*(handset.sync(*reversed(entries)) for _ in range(4)))
    assert [answer.json()["entries"][::-1] for answer in answers] == [first["entries"]] * 4
    assert [await rows(services, firm, statement) for statement in (REVIEW, COUNTED)] == before


async def test_a_phone_that_comes_back_after_days_delivers_with_its_key_alone(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    await revoke(services, firm, handset)
    handset.token = ""
    renewed = await handset.renew()
    assert renewed.status_code == 200
    assert (renewed.json()["device"]["state"], renewed.json()["actor"]["permissions"]) == ("revoked", [])
    assert [answer["status"] for answer in (await handset.sync(*held())).json()["entries"]] == ["needs_review", "refused", "needs_review"]
    for method, path, body in (
        ("GET", "/auth/me", None), ("GET", "/mobile/v1/changes", None), ("GET", "/mobile/v1/devices/members", None),
        ("POST", "/mobile/v1/devices/switch", {"badge": "x"}), ("POST", "/mobile/v1/uploads", UPLOAD),
        ("POST", "/graphql", {"query": "{ me { displayName } }"}), ("POST", "/epcis/capture", {}), ("POST", "/auth/sign-out", None),
    ):  # fmt: skip
        answer = await handset.ask(method, path, body)
        assert answer.status_code == 401, path
        assert "DEVICE_REVOKED" in answer.text, path


async def test_whoever_was_on_it_delivers_nothing_in_his_own_name(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    await handset.switch(badge=await with_badge(services, firm, await colleague(services, firm)))
    await revoke(services, firm, handset)
    assert [answer["status"] for answer in (await handset.sync(*held())).json()["entries"]] == ["needs_review", "refused", "needs_review"]
    assert await nothing_captured(services, firm)
    assert (await handset.renew(session=handset.session)).json()["device"]["state"] == "revoked"


async def test_whoever_has_not_the_key_delivers_nothing(services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    await revoke(services, firm, handset)
    thief = Handset(client, tenant=handset.tenant, device=handset.device, token=handset.token)
    for stranger in (thief, await enrolled(services, client, other_firm)):
        stranger.token = handset.token
        assert (await stranger.sync(*held())).status_code == 401
    assert (await thief.renew()).json()["code"] == "DEVICE_UNKNOWN"
    proof = handset.proof("POST", "/mobile/v1/sync", token=handset.token)
    body = json.dumps({"entries": held()})
    for headers in ({"DPoP": proof}, {"Authorization": f"DPoP {handset.token}"}, {"Authorization": f"Bearer {handset.token}", "DPoP": proof}):
        assert (await client.post("/mobile/v1/sync", content=body, headers=headers)).status_code == 401
    assert await rows(services, firm, REVIEW) == []
    assert await rows(services, other_firm, REVIEW) == []


async def test_a_proof_of_a_revoked_phone_counts_once_too(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    await revoke(services, firm, handset)
    proof = handset.proof("POST", "/mobile/v1/sync", token=handset.token)
    statuses = [(await handset.ask("POST", "/mobile/v1/sync", {"entries": held()}, proof=proof)).status_code for _ in range(2)]
    assert statuses == [200, 401]
    assert len(await rows(services, firm, REVIEW)) == 3


@pytest.mark.parametrize("body", [b"", b"[]", b'{"entries": [', b'{"entries": [], "x": 1}', b"\xff"])
async def test_what_is_no_batch_is_refused(services: Services, client: httpx.AsyncClient, firm: Firm, body: bytes) -> None:
    handset = await enrolled(services, client, firm)
    await revoke(services, firm, handset)
    proof = handset.proof("POST", "/mobile/v1/sync", token=handset.token)
    answer = await client.post("/mobile/v1/sync", content=body, headers={"Authorization": f"DPoP {handset.token}", "DPoP": proof})
    assert answer.status_code == 400
    assert await rows(services, firm, REVIEW) == []


async def test_bytes_that_are_no_text_are_kept_as_they_came(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    await revoke(services, firm, handset)
    entry = b'{"id": "%s", "kind": "receive", "note": "\xff\xfe"}' % str(uuid4()).encode()
    proof = handset.proof("POST", "/mobile/v1/sync", token=handset.token)
    headers = {"Authorization": f"DPoP {handset.token}", "DPoP": proof}
    answer = await client.post("/mobile/v1/sync", content=b'{"entries": [%s]}' % entry, headers=headers)
    assert [each["status"] for each in answer.json()["entries"]] == ["needs_review"]
    assert await rows(services, firm, "select raw_bytes from review_entry where tenant_id = $1") == [(entry,)]


async def test_what_one_phone_may_leave_is_bounded(
    services: Services, client: httpx.AsyncClient, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    handset = await enrolled(services, client, firm)
    await revoke(services, firm, handset)
    monkeypatch.setattr(administration, "MOST_LEFT_ENTRIES", 4)
    entries: list[Any] = [received(lot(FLOUR, f"F{number}"), number) for number in range(6)]
    assert (await handset.sync(*entries[:3])).status_code == 200
    full = await handset.sync(*entries)
    assert (full.status_code, full.json()["code"], full.headers["retry-after"]) == (429, "QUARANTINE_FULL", "3600")
    assert "3 entries" in full.json()["detail"]
    assert len(await rows(services, firm, REVIEW)) == 3
    assert [row[0] for row in await rows(services, firm, COUNTED)] == [3]
    assert (await handset.sync(*entries[:4])).status_code == 200
    monkeypatch.setattr(administration, "MOST_LEFT_BYTES", 100)
    assert (await handset.sync(entries[4])).json()["code"] == "QUARANTINE_FULL"
    assert len(await rows(services, firm, REVIEW)) == 4
