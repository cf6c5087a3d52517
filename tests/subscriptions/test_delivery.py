"""Reports to web addresses: what is told, once at least, in order, signed; and what happens where a receiver doesn't take it."""

import hashlib
import hmac
import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from lxml import etree

from backend.subscriptions import attempts, reports
from tests.factories import FLOUR, lot, made, quantity
from tests.holds.test_holds import place, release
from tests.shared_data import SHARED_DATA, shared_json
from tests.subscriptions.conftest import TOKEN, Desk, received
from tests.subscriptions.receiver import Received, Receiver

HOUR = timedelta(hours=1)


async def test_a_stream_reports_what_its_query_finds_and_nothing_else(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    await desk.capture(received(0))
    subscription = await desk.subscribe(receiver.url())
    wanted = await desk.capture(received(1), made([], [quantity(lot(FLOUR, "X"), 1)]), received(2))
    await desk.work()
    assert receiver.events == [wanted[0], wanted[2]]
    [report] = receiver.received
    assert report.results["queryName"] == "shipped"
    assert report.results["subscriptionID"] == subscription.rpartition("/")[2]
    assert (report.headers["content-type"], report.headers["gs1-epcis-version"]) == ("application/json", "2.0.0")
    assert "gs1-signature" not in report.headers
    state = await desk.state(subscription)
    assert (state["state"], state["failures"], state["stream"]) == ("active", 0, True)
    assert "lastNotifiedAt" in state
    more = await desk.capture(received(3))
    await desk.work()
    assert receiver.events == [wanted[0], wanted[2], *more]
    assert len({each.report_id for each in receiver.received}) == 2
    assert await desk.trail("subscription.reported") == [("subscription.reported", "service")] * 2


async def test_a_hold_placed_and_released_is_reported(desk: Desk, receiver: Receiver) -> None:
    await desk.name({"name": "held", "query": {"EQ_bizStep": ["holding"]}})
    await desk.subscribe(receiver.url(), query="held")
    hold = await place(desk.services, desk.firm, lot(FLOUR, "F1"))
    await desk.work()
    assert len(receiver.events) == 1
    await release(desk.services, desk.firm, hold)
    await desk.work()
    assert len(set(receiver.events)) == 2


async def test_a_receiver_can_verify_the_signature(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    await desk.subscribe(receiver.url(), signatureToken=TOKEN)
    await desk.capture(received(1))
    await desk.work()
    [report] = receiver.received
    match = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", report.headers["gs1-signature"])
    assert match is not None
    signed = f"{match[1]}.{report.report_id}.".encode() + report.body
    assert hmac.compare_digest(hmac.new(TOKEN.encode(), signed, hashlib.sha256).hexdigest(), match[2])


async def test_many_events_come_in_several_reports_in_order(desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.name()
    await desk.subscribe(receiver.url())
    captured = [*await desk.capture(*map(received, range(150))), *await desk.capture(*map(received, range(150, 230)))]
    await desk.work()
    assert receiver.events == captured
    assert [len(each.events) for each in receiver.received] == [100, 100, 30]
    monkeypatch.setattr(reports, "MOST_BYTES", 1_000)
    more = await desk.capture(*map(received, range(300, 310)))
    await desk.work()
    assert receiver.events == [*captured, *more]
    assert len(receiver.received) > 5


async def test_xml_is_told_where_it_was_asked_for(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    subscription = await desk.subscribe(receiver.url(), contentType="application/xml")
    [event] = await desk.capture(received(1))
    await desk.work()
    [report] = receiver.received
    root = etree.fromstring(report.body)
    assert report.headers["content-type"] == "application/xml"
    assert root.tag == "{urn:epcglobal:epcis-query:xsd:2}EPCISQueryDocument"
    assert root.findtext(".//subscriptionID") == subscription.rpartition("/")[2]
    assert event in report.body.decode()


async def test_events_from_the_initial_record_time_on_come_first(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    before = await desk.capture(received(0), received(1))
    record_time = (await desk.ask("GET", "/events")).json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"][-1]["recordTime"]
    await desk.subscribe(receiver.url("/all"), initialRecordTime="2020-01-01T00:00:00Z")
    await desk.subscribe(receiver.url("/none"), initialRecordTime="2120-01-01T00:00:00Z")
    after = await desk.capture(received(2))
    await desk.work()
    assert record_time is not None
    assert {each.path for each in receiver.received} == {"/all"}
    assert receiver.events == [*before, *after]


async def test_what_was_not_taken_comes_again_with_the_same_id(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    subscription = await desk.subscribe(receiver.url())
    first = await desk.capture(received(1))
    receiver.answer = lambda _: 503
    await desk.work()
    state = await desk.state(subscription)
    assert (state["state"], state["failures"], state["lastFailure"]) == ("active", 1, "The receiver answered 503.")
    # News do not hurry what has to wait, nor do they join a report that was sent already.
    second = await desk.capture(received(2))
    await desk.work()
    assert len(receiver.received) == 1
    receiver.answer = lambda _: 200
    await desk.later(HOUR)
    assert [each.events for each in receiver.received] == [first, first, second]
    ids = [each.report_id for each in receiver.received]
    assert ids[0] == ids[1] != ids[2]
    assert (await desk.state(subscription))["failures"] == 0


async def test_after_the_last_attempt_it_is_paused_and_goes_on_where_it_was(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    subscription = await desk.subscribe(receiver.url())
    events = await desk.capture(received(1))
    receiver.answer = lambda _: 500
    await desk.work()
    for _ in attempts.RETRIES:
        await desk.later(12 * HOUR)
    state = await desk.state(subscription)
    assert (state["state"], state["failures"]) == ("paused", 1 + len(attempts.RETRIES))
    assert state["pausedReason"] == "The receiver answered 500. That was the last of 8 attempts."
    assert len(receiver.received) == 8
    assert await desk.trail("subscription.paused") == [("subscription.paused", "service")]
    events += await desk.capture(received(2))
    await desk.later(24 * HOUR)
    assert len(receiver.received) == 8
    receiver.answer = lambda _: 204
    assert (await desk.ask("POST", f"{subscription}/resume")).json()["state"] == "active"
    await desk.work()
    assert [event for each in receiver.received[8:] for event in each.events] == events
    assert receiver.received[8].report_id == receiver.received[0].report_id
    assert await desk.trail("subscription.resumed") == [("subscription.resumed", "person")]
    # Resumed twice is resumed once.
    assert (await desk.ask("POST", f"{subscription}/resume")).json()["state"] == "active"
    assert len(await desk.trail("subscription.resumed")) == 1


async def test_a_receiver_that_is_gone_is_not_asked_again(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    subscription = await desk.subscribe(receiver.url())
    receiver.answer = lambda _: 410
    await desk.capture(received(1))
    await desk.work()
    assert (await desk.state(subscription))["pausedReason"] == "The receiver answered 410."


async def test_a_receiver_that_finds_it_too_large_is_given_less_at_once(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    subscription = await desk.subscribe(receiver.url())
    receiver.answer = lambda request: 413 if len(request.events) > 3 else 200
    events = await desk.capture(*map(received, range(10)))
    await desk.work()
    taken = [each for each in receiver.received if len(each.events) <= 3]
    assert [event for each in taken for event in each.events] == events
    assert (await desk.state(subscription))["failures"] == 0
    refused = {each.report_id for each in receiver.received} - {each.report_id for each in taken}
    assert len(refused) == 2


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (302, "The receiver answered 302. Redirects aren't followed"),
        (404, "The receiver answered 404."),
        (b"no HTTP at all", "The connection failed"),
        (b"", "The connection failed"),
    ],
)
async def test_what_is_no_success_is_told_to_the_owner(desk: Desk, receiver: Receiver, answer: Any, told: str) -> None:
    await desk.name()
    subscription = await desk.subscribe(receiver.url())
    receiver.answer = lambda _: answer
    await desk.capture(received(1))
    await desk.work()
    state = await desk.state(subscription)
    assert state["lastFailure"].startswith(told)
    assert "nextAttemptAt" in state
    assert len(receiver.received) == 1


async def test_an_answer_without_end_is_cut_off_and_counts(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    await desk.subscribe(receiver.url())
    receiver.answer = lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 100_000
    events = await desk.capture(received(1))
    await desk.work()
    assert receiver.events == events


async def test_a_dead_receiver_keeps_no_other_subscription_waiting(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    for _ in range(3):
        await desk.subscribe("http://127.0.0.1:1025/dead")
    alive = await desk.subscribe(receiver.url())
    events = await desk.capture(received(1))
    await desk.work()
    assert receiver.events == events
    assert (await desk.state(alive))["failures"] == 0


async def test_unsubscribed_is_told_nothing_more(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    subscription = await desk.subscribe(receiver.url())
    assert (await desk.ask("DELETE", subscription)).status_code == 204
    other = await desk.subscribe(receiver.url())
    assert (await desk.ask("DELETE", "/queries/shipped")).status_code == 204
    await desk.capture(received(1))
    await desk.work()
    assert receiver.received == []
    assert (await desk.ask("GET", other)).status_code == 404
    assert await desk.trail("subscription.deleted", "query.deleted") == [("subscription.deleted", "person"), ("query.deleted", "person")]


async def test_an_event_that_comes_while_a_report_is_sent_is_not_left_lying(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    await desk.subscribe(receiver.url())
    events = await desk.capture(received(1))
    [row_of_second] = [received(2)]
    seen: list[str] = []

    def answer(_: Received) -> int:
        seen.append("asked")
        return 200

    receiver.answer = answer
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        ids = await tx.fetch("select subscription_id from query_subscription where tenant_id = $1")
    # Two workers look at the same moment; the one that comes second leaves a word.
    desk.services.deliveries.offer(desk.firm.tenant_id, ids[0]["subscription_id"])
    desk.services.deliveries.offer(desk.firm.tenant_id, ids[0]["subscription_id"])
    events += await desk.capture(row_of_second)
    await desk.work()
    assert receiver.events == events


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the shared test material isn't at hand")
async def test_the_report_is_a_query_document_of_the_standard(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    await desk.subscribe(receiver.url())
    await desk.capture(received(1), received(2))
    await desk.work()
    schema = shared_json("gs1-epcis", "schemas", "json-schema", "EPCIS-JSON-Schema.json")
    jsonschema.Draft7Validator(schema).validate(json.loads(receiver.received[0].body))


async def test_a_bell_for_another_moment_does_nothing(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    await desk.subscribe(receiver.url(), schedule={"hour": "1"}, reportIfEmpty=True)
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        payload = json.dumps({"subscription_id": str(uuid4()), "due_at": "2026-01-01T00:00:00+00:00"})
        await tx.execute("insert into outbox (tenant_id, topic, payload) values ($1, 'subscription.due', $2)", payload)
        await tx.execute(
            """insert into outbox (tenant_id, topic, payload)
               select $1, 'subscription.due', json_build_object('subscription_id', subscription_id, 'due_at', '2026-01-01T00:00:00+00:00')::text
               from query_subscription where tenant_id = $1"""
        )
    await desk.work()
    assert receiver.received == []
