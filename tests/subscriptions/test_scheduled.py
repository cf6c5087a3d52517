"""Subscriptions by a schedule: reported at its turn, in the company's time zone, also where there is nothing if that was asked for."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from infra import clock
from tests.subscriptions.conftest import Desk, received
from tests.subscriptions.receiver import Receiver

DAILY = {"hour": "1", "minute": "5"}


async def test_nothing_is_told_before_its_turn_and_then_everything_at_once(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    address = await desk.subscribe(receiver.url(), schedule=DAILY)
    turn = datetime.fromisoformat((await desk.state(address))["nextRunAt"])
    local = turn.astimezone(ZoneInfo("Asia/Shanghai"))
    assert (local.hour, local.minute, local.second) == (1, 5, 0)
    assert clock.now() < turn <= clock.now() + timedelta(days=1)
    events = [*await desk.capture(*map(received, range(120))), *await desk.capture(received(300))]
    await desk.work()
    assert receiver.received == []
    await desk.later(timedelta(days=1))
    assert receiver.events == events
    assert [len(each.events) for each in receiver.received] == [100, 21]
    state = await desk.state(address)
    assert datetime.fromisoformat(state["nextRunAt"]) > clock.now()
    more = await desk.capture(received(400))
    await desk.work()
    assert receiver.events == events
    await desk.later(timedelta(days=1))
    assert receiver.events == [*events, *more]


async def test_nothing_is_told_of_nothing_unless_it_was_asked_for(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    await desk.subscribe(receiver.url("/quiet"), schedule=DAILY)
    await desk.subscribe(receiver.url("/always"), schedule=DAILY, reportIfEmpty=True)
    await desk.later(timedelta(days=1))
    assert [(each.path, each.events) for each in receiver.received] == [("/always", [])]
    events = await desk.capture(received(1))
    await desk.later(timedelta(days=1))
    assert sorted((each.path, tuple(each.events)) for each in receiver.received[1:]) == [("/always", tuple(events)), ("/quiet", tuple(events))]


async def test_a_turn_that_failed_is_made_up_for_and_the_next_one_comes(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    address = await desk.subscribe(receiver.url(), schedule=DAILY)
    events = await desk.capture(received(1))
    receiver.answer = lambda _: 503
    await desk.later(timedelta(days=1))
    assert (await desk.state(address))["failures"] == 1
    receiver.answer = lambda _: 200
    await desk.later(timedelta(minutes=1))
    assert [each.events for each in receiver.received] == [events, events]
    state = await desk.state(address)
    assert (state["failures"], datetime.fromisoformat(state["nextRunAt"]) > clock.now()) == (0, True)


async def test_what_is_due_in_months_is_asked_for_each_day(desk: Desk, receiver: Receiver) -> None:
    """So that no row of the outbox stays open for longer than housekeeping looks back."""
    await desk.name()
    await desk.subscribe(receiver.url(), schedule={"month": "1", "dayOfMonth": "1"}, reportIfEmpty=True)
    for _ in range(3):
        async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
            [row] = await tx.fetch("select outbox_id, due_at from outbox where tenant_id = $1 and topic = 'subscription.due' and done_at is null")
            assert row["due_at"] <= clock.now() + timedelta(days=1)
            await tx.execute("update outbox set due_at = now() where tenant_id = $1 and outbox_id = $2", row["outbox_id"])
        await desk.work()
    assert receiver.received == []
