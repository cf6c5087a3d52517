"""Holds as events: a hold placed or released is told in the firm's own log, of its roots alone and once, and nothing comes of it."""

from typing import Any

import httpx
import pytest

from backend.events.projection import Source
from backend.holds import service as holds
from backend.holds.publishing import PUBLISH
from backend.holds.scopes import HoldCauseKind, HoldOrigin, Scope
from backend.services import Services
from infra.database import Gate
from tests.epcis.asking import Bearer, eventlist
from tests.factories import DOUGH, DUMPLING, FLOUR, PLANT, canonical, capture, lot, made, packed, quantity, sscc, transformed, unit
from tests.firms import Firm
from tests.holds.test_holds import count, held, place, release
from tests.holds.test_scopes import place as place_scope
from tests.rules.conftest import alerts, document, firings, rule_on

F1, F2, D1 = lot(FLOUR, "F1"), lot(FLOUR, "F2"), lot(DOUGH, "D1")
S1 = unit(DUMPLING, "S1")
JUDGED = HoldOrigin(HoldCauseKind.INSPECTION, "inspection:1")


class Log:
    """A firm's event log, as it is read over EPCIS."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str], do_outbox: Any) -> None:
        self._client, self._headers, self._do_outbox = client, headers, do_outbox

    async def published(self) -> list[dict[str, Any]]:
        """The events of holds after all work is done, in their order."""
        await self._do_outbox()
        query = "/epcis/events?EQ_bizStep=holding&orderBy=eventTime&orderDirection=ASC"
        return [event for event in eventlist(await self._client.get(query, headers=self._headers)) if "suyuan:hold" in event]


@pytest.fixture
async def log(client: httpx.AsyncClient, bearer: Bearer, firm: Firm, do_outbox: Any) -> Log:
    """The log of the firm, to its owner."""
    return Log(client, await bearer(firm), do_outbox)


def said(event: dict[str, Any]) -> tuple[str, dict[str, list[str]], list[str]]:
    """(act, dispositions, objects)."""
    objects = [*event.get("epcList", []), *(item["epcClass"] for item in event.get("quantityList", []))]
    return event["suyuan:holdAct"], event["persistentDisposition"], objects


async def test_a_hold_placed_and_released_is_told_by_its_roots_alone(services: Services, firm: Firm, log: Log) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [D1]), made([S1]))
    hold = await place_scope(services, firm, Scope.of_objects(F1, S1))
    [placed] = await log.published()
    assert said(placed) == ("placed", {"set": ["unavailable"]}, [S1, F1])
    assert (placed["type"], placed["action"], placed["disposition"]) == ("ObjectEvent", "OBSERVE", "unavailable")
    assert placed["suyuan:hold"] == f"urn:uuid:{hold.hold_id}"
    assert not {"readPoint", "bizLocation"} & placed.keys()
    assert "contaminated" not in str(placed)
    await release(services, firm, hold, F1)
    await release(services, firm, hold)
    _, part, rest = await log.published()
    assert said(part) == ("released", {"unset": ["unavailable"]}, [F1])
    assert said(rest) == ("released", {"unset": ["unavailable"]}, [S1])
    assert "disposition" not in part


async def test_goods_that_are_held_twice_are_released_with_the_last_hold(services: Services, firm: Firm, log: Log) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(F1, 5)]))
    first, second = await place(services, firm, F1), await place(services, firm, F1)
    judged = await place_scope(services, firm, Scope.of_objects(F1), JUDGED)
    for hold in (first, judged, second):
        await release(services, firm, hold)
    told = [said(event)[:2] for event in await log.published()]
    assert told == [
        ("placed", {"set": ["unavailable"]}), ("placed", {"set": ["unavailable"]}), ("placed", {"set": ["non_conformant"]}),
        ("released", {"unset": ["non_conformant"]}), ("released", {"unset": ["unavailable"]}),
    ]  # fmt: skip


async def test_a_job_done_twice_and_an_event_that_comes_back_are_duplicates(
    services: Services, firm: Firm, log: Log, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(F1, 5)]))
    await release(services, firm, await place(services, firm, F1))
    [placed, released] = await log.published()
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update outbox set done_at = null where tenant_id = $1 and topic = $2", PUBLISH)
    assert await log.published() == [placed, released]
    context = {"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"suyuan": "https://ns.suyuan.example/epcis/"}]}
    back = {key: value for key, value in placed.items() if key not in ("recordTime", "@context")}
    answer = await client.post("/epcis/events", json=context | back, headers=await bearer(firm))
    assert answer.status_code in (200, 201), answer.text
    assert await log.published() == [placed, released]
    assert [await count(services, firm, table) for table in ("review_entry", "event")] == [0, 3]


async def test_what_falls_into_a_window_later_is_told_once_and_a_window_on_the_step_holds_nothing_more(
    services: Services, firm: Firm, log: Log
) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(F1, 5)], bizStep="holding"))
    hold = await place_scope(services, firm, Scope.of_step("holding"))
    [first] = await log.published()
    assert said(first)[2] == [F1]
    await place(services, firm, D1)
    await capture(services, firm.tenant_id, made([], [quantity(F1, 5), quantity(F2, 5)], minutes=9, bizStep="holding"))
    told = [said(event) for event in await log.published() if event["suyuan:hold"] == f"urn:uuid:{hold.hold_id}"]
    assert [objects for _, _, objects in told] == [[F1], [F2]]
    # Also one that is placed when there are such events already.
    other = await place_scope(services, firm, Scope.of_step("holding"))
    [again] = [said(event) for event in await log.published() if event["suyuan:hold"] == f"urn:uuid:{other.hold_id}"]
    assert again[2] == [F1, F2]
    assert await held(services, firm, D1) == [D1]


async def test_no_rule_no_alert_and_no_hold_comes_of_it(services: Services, firm: Firm, log: Log) -> None:
    units = [unit(DUMPLING, f"S{number}") for number in range(6)]
    await capture(services, firm.tenant_id, made(units), packed(sscc(1), units))
    defects = {"kind": "defect_rate", "subgroup": 5, "expected": 0.02}
    await rule_on(services, firm, document(defects, {"do": "alert"}, {"do": "hold"}, scope={"steps": ["holding"]}))
    await rule_on(services, firm, document({"kind": "held_goods_moving"}))
    await place_scope(services, firm, Scope.of_objects(sscc(1), *units), JUDGED)
    [placed] = await log.published()
    assert len(said(placed)[2]) == 7
    assert (await firings(services, firm), await alerts(services, firm)) == ([], [])
    assert await count(services, firm, "hold") == 1
    # A partner who tells the same tells a fact, of which the rule's alert and hold come.
    theirs = made(units, minutes=50, action="OBSERVE", bizStep="holding", disposition="non_conformant", bizLocation={"id": PLANT})
    await capture(services, firm.tenant_id, theirs)
    assert len(await log.published()) == 2
    assert (len(await firings(services, firm)), await count(services, firm, "hold")) == (1, 2)


async def test_what_no_event_can_name_is_left_out(services: Services, firm: Firm, log: Log) -> None:
    part = transformed([F1], [], transformation="urn:uuid:6f0f2a52-6a52-4e2f-8f51-0d1c1d1f0a01")
    await capture(services, firm.tenant_id, part)
    await place_scope(services, firm, Scope.of_step("creating_class_instance"))
    assert await count(services, firm, "hold_root") == 1
    assert await log.published() == []


async def test_an_own_event_is_marked_and_a_partners_like_it_is_a_fact(services: Services, firm: Firm, log: Log) -> None:
    await place(services, firm, F1)
    [placed] = await log.published()
    theirs = made([], [quantity(F2, 1)], action="OBSERVE", bizStep="holding", bizLocation={"id": PLANT})
    await services.in_tenant(firm.tenant_id, lambda tx: services.capture.capture(tx, canonical(theirs), source=Source.EPCIS), gate=Gate.SHARED)
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch("select event_key, source from event where tenant_id = $1 order by event_id")
    assert [(row["event_key"], Source(row["source"])) for row in rows] == [
        (f"e:{placed['eventID']}", Source.SERVICE), (f"e:{theirs['eventID']}", Source.EPCIS),
    ]  # fmt: skip
    await services.in_tenant(
        firm.tenant_id, lambda tx: holds.place(tx, None, scope=Scope.of_step("holding"), origin=JUDGED, reason="r"), gate=Gate.EXCLUSIVE
    )
    assert (await held(services, firm, F2), await count(services, firm, "hold_root")) == ([F2], 2)
