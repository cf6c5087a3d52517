"""The review queue through GraphQL: looked through, and each entry accepted or dismissed once, by who may."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from backend.events import review
from backend.graphql.ids import global_id
from backend.services import Services
from tenants import sessions
from tenants.permissions import Role
from tests.conftest import PASSWORD
from tests.factories import FLOUR, PLANT, capture, declared_wrong, lot, made, quantity
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.handsets import colleague, enrolled, revoke, rows
from tests.mobile_api.phones import Phone, received, shipped
from tests.state import state_of

Bearer = Callable[..., Awaitable[dict[str, str]]]
HALL = "https://id.gs1.org/414/9521234000037"
_ENTRY = """id source kind reason eventKey raw eventJson open resolution resolvedBy resolutionReason storedEvent { eventID bizStep }
    acceptedEvent { eventID bizStep } device { id state }"""
LIST = f"""query($filter: ReviewFilter, $first: Int!, $after: String) {{ reviewEntries(filter: $filter, first: $first, after: $after)
    {{ nodes {{ {_ENTRY} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
ONE = "query($id: ID!) { reviewEntry(id: $id) { id } node(id: $id) { id } }"
_PAYLOAD = f"{{ entry {{ {_ENTRY} }} userErrors {{ code field }} }}"
ACCEPT = f"mutation($input: AcceptReviewEntryInput!) {{ acceptReviewEntry(input: $input) {_PAYLOAD} }}"
DISMISS = f"mutation($input: DismissReviewEntryInput!) {{ dismissReviewEntry(input: $input) {_PAYLOAD} }}"
EVENTS = "select event_key, content_sha256, source from event where tenant_id = $1 order by event_key"


@pytest.fixture
async def reviewer(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> Caller:
    """Who decides."""
    return Caller(client, await bearer(firm, Role.QUALITY_MANAGER))


async def waiting(caller: Caller, **wanted: Any) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = (await caller.ask(LIST, {"filter": wanted or None, "first": 50}))["reviewEntries"]["nodes"]
    return nodes


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


async def a_conflict(services: Services, firm: Firm) -> dict[str, Any]:
    """Two events under one id; gives the one that waits."""
    event = made([], [quantity(lot(FLOUR, "F1"), 5)])
    await capture(services, firm.tenant_id, event)
    other = {**event, "bizStep": "receiving"}
    await capture(services, firm.tenant_id, other)
    return other


async def leftovers(services: Services, client: httpx.AsyncClient, firm: Firm, *entries: dict[str, Any]) -> str:
    """What a revoked phone has delivered; gives the phone's id."""
    handset = await enrolled(services, client, firm)
    await revoke(services, firm, handset)
    assert (await handset.sync(*entries)).status_code == 200
    return global_id("Device", handset.device)


async def test_a_conflict_is_shown_with_what_it_is_in_conflict_with(services: Services, firm: Firm, reviewer: Caller) -> None:
    other = await a_conflict(services, firm)
    [entry] = await waiting(reviewer)
    assert (entry["kind"], entry["open"], entry["eventKey"], entry["device"]) == ("CONFLICT", True, f"e:{other['eventID']}", None)
    assert entry["storedEvent"] == {"eventID": other["eventID"], "bizStep": "commissioning"}
    assert json.loads(entry["eventJson"])["bizStep"] == "receiving"
    assert await reviewer.ask(ONE, {"id": entry["id"]}) == {"reviewEntry": {"id": entry["id"]}, "node": {"id": entry["id"]}}


async def test_a_conflict_is_accepted_under_an_id_of_its_own_alone(services: Services, firm: Firm, reviewer: Caller) -> None:
    await a_conflict(services, firm)
    [entry] = await waiting(reviewer)
    before = await rows(services, firm, EVENTS)
    refused = await reviewer.command(ACCEPT, {"entryId": entry["id"], "reason": "both happened"})
    assert codes(refused) == ["REVIEW_NEEDS_NEW_ID"]
    assert await rows(services, firm, EVENTS) == before
    assert (await waiting(reviewer, open=True)) == [entry]
    accepted = await reviewer.command(ACCEPT, {"entryId": entry["id"], "reason": "both happened", "underNewEventId": True})
    assert accepted["userErrors"] == []
    told = accepted["entry"]
    assert (told["open"], told["resolution"], told["resolvedBy"], told["resolutionReason"]) == (
        False, "ACCEPTED", "A quality_manager", "both happened",
    )  # fmt: skip
    assert told["acceptedEvent"]["bizStep"] == "receiving"
    assert told["acceptedEvent"]["eventID"].startswith("urn:uuid:")
    assert len(await rows(services, firm, EVENTS)) == len(before) + 1
    [(actor, reason, after)] = await rows(
        services, firm, "select actor, reason, after from audit_entry where tenant_id = $1 and action = 'review.accepted'"
    )
    assert (actor, reason) == ("A quality_manager", "both happened")
    assert json.loads(after)["kind"] == "conflict"


async def test_a_conflict_is_accepted_as_a_person_corrects_it(services: Services, firm: Firm, reviewer: Caller) -> None:
    other = await a_conflict(services, firm)
    [entry] = await waiting(reviewer)
    without_id = {name: value for name, value in other.items() if name != "eventID"}
    assert codes(await reviewer.command(ACCEPT, {"entryId": entry["id"], "reason": "x", "event": without_id})) == ["REVIEW_NEEDS_NEW_ID"]
    assert codes(await reviewer.command(ACCEPT, {"entryId": entry["id"], "reason": "x", "event": other})) == ["EVENT_CONFLICT"]
    own = {**other, "eventID": f"urn:uuid:{uuid4()}"}
    accepted = await reviewer.command(ACCEPT, {"entryId": entry["id"], "reason": "x", "event": own})
    assert accepted["entry"]["acceptedEvent"]["eventID"] == own["eventID"]


async def test_a_declaration_in_conflict_can_only_be_dismissed(services: Services, firm: Firm, reviewer: Caller) -> None:
    event = made([], [quantity(lot(FLOUR, "F1"), 5)])
    declaration = declared_wrong(event)
    await capture(services, firm.tenant_id, event, declaration)
    await capture(services, firm.tenant_id, {**declaration, "bizStep": "receiving"})
    [entry] = await waiting(reviewer)
    before = await state_of(services, firm.tenant_id)
    for under_new_id in (False, True):
        payload = await reviewer.command(ACCEPT, {"entryId": entry["id"], "reason": "x", "underNewEventId": under_new_id})
        assert codes(payload) == ["REVIEW_OF_DECLARATION"]
    assert await state_of(services, firm.tenant_id) == before
    dismissed = await reviewer.command(DISMISS, {"entryId": entry["id"], "reason": "told twice"})
    assert (dismissed["entry"]["resolution"], dismissed["entry"]["acceptedEvent"]) == ("DISMISSED", None)


async def test_what_a_revoked_phone_held_is_captured_as_it_came(services: Services, client: httpx.AsyncClient, firm: Firm, reviewer: Caller) -> None:
    told = received(lot(FLOUR, "F1"), quantity="500.250000000000000001")
    device = await leftovers(services, client, firm, told)
    [entry] = await waiting(reviewer, kind="REVOKED_DEVICE", source="MOBILE", deviceId=device)
    assert (entry["device"], entry["storedEvent"]) == ({"id": device, "state": "REVOKED"}, None)
    assert json.loads(entry["raw"]) == told
    accepted = await reviewer.command(ACCEPT, {"entryId": entry["id"], "reason": "the worker confirms it"})
    assert accepted["entry"]["acceptedEvent"] == {"eventID": f"urn:uuid:{told['id']}", "bizStep": "receiving"}
    [(key, content, source)] = await rows(services, firm, EVENTS)
    assert (key, source) == (f"e:urn:uuid:{told['id']}", 3)
    assert "500.250000000000000001" in str(await rows(services, firm, "select quantity from event_object where tenant_id = $1"))
    # The same as the phone would have told before it was revoked: sent again by a good one, it is a duplicate.
    good = await enrolled(services, client, firm)
    assert (await good.sync(told)).json()["entries"][0]["status"] == "duplicate"
    assert [row[1] for row in await rows(services, firm, EVENTS)] == [content]


async def test_a_command_that_a_revoked_phone_held_can_be_taken_as_a_fact(
    services: Services, client: httpx.AsyncClient, firm: Firm, reviewer: Caller
) -> None:
    command = shipped([{"key": lot(FLOUR, "F1"), "quantity": 1, "uom": "KGM"}], mode="command")
    await leftovers(services, client, firm, command)
    [entry] = await waiting(reviewer)
    assert "asked for" in entry["reason"]
    accepted = await reviewer.command(ACCEPT, {"entryId": entry["id"], "reason": "the lorry has left"})
    assert accepted["entry"]["acceptedEvent"]["bizStep"] == "shipping"


async def test_what_cannot_be_read_needs_somebody_who_writes_the_event(
    services: Services, client: httpx.AsyncClient, firm: Firm, reviewer: Caller, bearer: Bearer
) -> None:
    phone = Phone(services, client, firm, await bearer(firm))
    unreadable = received(lot(FLOUR, "F1"), place="the yard")
    assert [answer["status"] for answer in await phone.send(unreadable)] == ["needs_review"]
    [entry] = await waiting(reviewer, kind="UNREADABLE")
    assert entry["eventJson"] is None
    given: dict[str, Any] = {"entryId": entry["id"], "reason": "it was the plant"}
    assert codes(await reviewer.command(ACCEPT, given)) == ["REVIEW_NEEDS_EVENT"]
    for wrong, code in (({"type": "ObjectEvent"}, "EVENT_INVALID"), ("[]", "INVALID_INPUT"), ("{", "DOCUMENT_INVALID")):
        assert code in codes(await reviewer.command(ACCEPT, {**given, "event": wrong}))
    assert await rows(services, firm, EVENTS) == []
    event = {name: value for name, value in made([], [quantity(lot(FLOUR, "F1"), 5)]).items() if name != "eventID"}
    accepted = await reviewer.command(ACCEPT, {**given, "event": json.dumps(event)})
    assert accepted["entry"]["acceptedEvent"]["eventID"] == f"urn:uuid:{unreadable['id']}"


async def test_an_entry_is_decided_once_however_many_decide(services: Services, firm: Firm, reviewer: Caller) -> None:
    await a_conflict(services, firm)
    [entry] = await waiting(reviewer)
    accept = {"entryId": entry["id"], "reason": "yes", "underNewEventId": True}
    decisions = await asyncio.gather(
        *(reviewer.command(ACCEPT, accept) for _ in range(3)),
        *(reviewer.command(DISMISS, {"entryId": entry["id"], "reason": "no"}) for _ in range(3)),
    )
    assert sorted(codes(decision) for decision in decisions) == [[], *[["REVIEW_ENTRY_RESOLVED"]] * 5]
    resolved = await rows(services, firm, "select action from audit_entry where tenant_id = $1 and action like 'review.%'")
    assert len(resolved) == 1
    [after] = await waiting(reviewer, open=False)
    assert len(await rows(services, firm, EVENTS)) == (2 if after["resolution"] == "ACCEPTED" else 1)


async def test_the_same_request_again_gets_the_same_answer(services: Services, firm: Firm, reviewer: Caller) -> None:
    await a_conflict(services, firm)
    [entry] = await waiting(reviewer)
    given, key = {"entryId": entry["id"], "reason": "both", "underNewEventId": True}, str(uuid4())
    assert await reviewer.command(ACCEPT, given, key) == await reviewer.command(ACCEPT, given, key)


async def test_what_comes_again_after_a_decision_stays_decided(services: Services, firm: Firm, reviewer: Caller) -> None:
    other = await a_conflict(services, firm)
    [entry] = await waiting(reviewer)
    await reviewer.command(DISMISS, {"entryId": entry["id"], "reason": "no"})
    await capture(services, firm.tenant_id, other)
    assert await waiting(reviewer, open=True) == []


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2_001])
async def test_a_decision_needs_a_reason(services: Services, firm: Firm, reviewer: Caller, reason: str) -> None:
    await a_conflict(services, firm)
    [entry] = await waiting(reviewer)
    for mutation, more in ((ACCEPT, {"underNewEventId": True}), (DISMISS, {})):
        payload = await reviewer.command(mutation, {"entryId": entry["id"], "reason": reason, **more})
        assert [error["field"] for error in payload["userErrors"]] == ["reason"]
    assert await waiting(reviewer, open=True) == [entry]
    assert len(await rows(services, firm, EVENTS)) == 1


async def test_entries_of_other_firms_answer_like_those_that_do_not_exist(services: Services, firm: Firm, other_firm: Firm, reviewer: Caller) -> None:
    await a_conflict(services, other_firm)
    [(review_id,)] = await rows(services, other_firm, "select review_id from review_entry where tenant_id = $1")
    assert await waiting(reviewer) == []
    for entry in (global_id("ReviewEntry", review_id), global_id("ReviewEntry", uuid4()), "x"):
        assert await reviewer.ask(ONE, {"id": entry}) == {"reviewEntry": None, "node": None}
        for mutation, more in ((ACCEPT, {"underNewEventId": True}), (DISMISS, {})):
            assert codes(await reviewer.command(mutation, {"entryId": entry, "reason": "x", **more})) == ["REVIEW_ENTRY_NOT_FOUND"]
    assert await rows(services, other_firm, "select resolved_at from review_entry where tenant_id = $1") == [(None,)]


async def test_a_reviewer_of_one_site_sees_and_decides_what_was_told_there_alone(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    await a_conflict(services, firm)
    await leftovers(services, client, firm, received(lot(FLOUR, "F9"), place="the yard"))
    member = await colleague(services, firm, Role.QUALITY_MANAGER)

    async def at(site: str) -> Caller:
        async with services.database.tenant(firm.tenant_id) as tx:
            await tx.execute("delete from membership_grant where tenant_id = $1 and membership_id = $2", member.membership_id)
            await sessions.insert_grant(tx, member.membership_id, Role.QUALITY_MANAGER, site=site)
        signed = await client.post("/auth/sign-in", json={"login": member.login, "password": PASSWORD, "tenant": firm.slug})
        return Caller(client, {"Authorization": f"Bearer {signed.json()['accessToken']}"})

    here = await at(PLANT)
    seen = await waiting(here)
    assert [entry["kind"] for entry in seen] == ["REVOKED_DEVICE", "CONFLICT"]
    away = await at(HALL)
    assert await waiting(away) == []
    for entry in seen:
        assert await away.ask(ONE, {"id": entry["id"]}) == {"reviewEntry": None, "node": None}
        assert codes(await away.command(DISMISS, {"entryId": entry["id"], "reason": "x"})) == ["REVIEW_ENTRY_NOT_FOUND"]
    here = await at(PLANT)
    moved = made([], [quantity(lot(FLOUR, "F9"), 5)]) | {"readPoint": {"id": HALL}, "bizLocation": {"id": HALL}}
    payload = await here.post(ACCEPT, {"input": {"entryId": seen[0]["id"], "reason": "x", "event": moved}}, Idempotency_Key=str(uuid4()))
    assert "OUTSIDE_SITES" in payload.text
    assert len(await rows(services, firm, EVENTS)) == 1
    assert codes(await here.command(ACCEPT, {"entryId": seen[1]["id"], "reason": "x", "underNewEventId": True})) == []


async def test_whoever_may_not_review_neither_sees_nor_decides(services: Services, client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    await a_conflict(services, firm)
    worker = Caller(client, await bearer(firm, Role.LINE_LEAD))
    assert (await worker.refusal(LIST, {"first": 5}))["code"] == "PERMISSION_DENIED"
    [(review_id,)] = await rows(services, firm, "select review_id from review_entry where tenant_id = $1")
    entry = global_id("ReviewEntry", review_id)
    for mutation in (ACCEPT, DISMISS):
        refusal = await worker.refusal(mutation, {"input": {"entryId": entry, "reason": "x"}}, Idempotency_Key=str(uuid4()))
        assert refusal["code"] == "PERMISSION_DENIED"
    assert await rows(services, firm, "select resolved_at from review_entry where tenant_id = $1") == [(None,)]


async def test_entries_come_page_by_page_newest_first(services: Services, client: httpx.AsyncClient, firm: Firm, reviewer: Caller) -> None:
    await leftovers(services, client, firm, *(received(lot(FLOUR, f"F{number}"), number) for number in range(5)))
    keys = [entry["eventKey"] for entry in await waiting(reviewer)]
    assert len(keys) == 5
    paged: list[str] = []
    after = None
    while True:
        page = (await reviewer.ask(LIST, {"first": 2, "after": after}))["reviewEntries"]
        paged += [node["eventKey"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert paged == keys


async def test_an_event_reads_back_from_the_queue_as_it_was(services: Services, firm: Firm) -> None:
    other = await a_conflict(services, firm)
    async with services.database.tenant(firm.tenant_id) as tx:
        [entry] = await review.list_entries(tx, sites=None, limit=5)
    own = str(UUID(int=7))
    event = review.event_to_accept(entry, correction={**other, "eventID": f"urn:uuid:{own}"}, under_new_id=False)
    raw = review.event_to_accept(entry, correction=None, under_new_id=True)
    assert event.body | {"eventID": ""} == raw.body | {"eventID": ""}
    assert raw.event_key == f"e:urn:uuid:{entry.review_id}"
