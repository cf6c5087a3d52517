"""Recalls as events: the goods of each announced version are `recalled` in the firm's own log, once, and nothing comes of it."""

from typing import Any

import httpx
import pytest

from backend.events.projection import Source
from backend.holds.scopes import Scope
from backend.recall_epcis import publishing
from backend.recall_epcis.publishing import PUBLISH
from backend.services import Services
from tests.epcis.asking import Bearer, eventlist
from tests.factories import DUMPLING, FLOUR, capture, lot, made, quantity, transformed, unit
from tests.firms import Firm
from tests.holds.test_holds import count
from tests.holds.test_scopes import place as place_scope
from tests.recalls.conftest import BAD, MADE_OF_IT, OTHER, RECALL, Desk
from tests.recalls.operations import CLOSE, DECIDE, EXTEND, REOPEN
from tests.rules.conftest import document, firings, rule_on

LATE = lot(DUMPLING, "D-LATE")
WITHDRAWAL = {"decision": "WITHDRAWAL", "depth": "TRADE"}
MARKS = "query($key: String!) { lifeOf(key: $key) { marks { title step } rows { kind title } } }"


class Log:
    """The firm's event log, as it is read over EPCIS."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str], do_outbox: Any) -> None:
        self.client, self.headers, self._do_outbox = client, headers, do_outbox

    async def recalls(self) -> list[dict[str, Any]]:
        """The events of recalls after all work is done, in their order."""
        await self._do_outbox()
        query = "/epcis/events?EQ_bizStep=holding&orderBy=eventTime&orderDirection=ASC"
        return [event for event in eventlist(await self.client.get(query, headers=self.headers)) if "suyuan:recall" in event]


@pytest.fixture
async def log(client: httpx.AsyncClient, bearer: Bearer, goods: Firm, do_outbox: Any) -> Log:
    """The log, to the firm's owner."""
    return Log(client, await bearer(goods), do_outbox)


def said(event: dict[str, Any]) -> tuple[str, dict[str, list[str]], set[str]]:
    """(act, dispositions, objects)."""
    objects = [*event.get("epcList", []), *(item["epcClass"] for item in event.get("quantityList", []))]
    return event["suyuan:recallAct"], event["persistentDisposition"], set(objects)


async def announced(desk: Desk, **more: Any) -> dict[str, Any]:
    """A recall of the bad flour."""
    case = await desk.open()
    await desk.decide(case, **more)
    return await desk.announce(case)


async def revise(desk: Desk, case: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Decided anew."""
    return await desk.act(DECIDE, {"caseId": case["id"], **RECALL, "revises": case["decidedAt"], **more}, "APPROVED")


async def looks(services: Services, firm: Firm) -> int:
    """How often the watcher was sent to look."""
    async with services.database.tenant(firm.tenant_id) as tx:
        return int(await tx.fetchval("select count(*) from outbox where tenant_id = $1 and topic = 'recall.look'"))


async def test_the_goods_of_each_version_are_told_once(desk: Desk, services: Services, goods: Firm, log: Log) -> None:
    assert await log.recalls() == []
    case = await announced(desk)
    [first] = await log.recalls()
    assert said(first) == ("announced", {"set": ["recalled"]}, {BAD, MADE_OF_IT})
    assert (first["type"], first["action"], first["bizStep"], first["disposition"]) == ("ObjectEvent", "OBSERVE", "holding", "recalled")
    assert (first["suyuan:recallVersion"], {"readPoint", "bizLocation"} & first.keys(), "Salmonella" in str(first)) == (1, set(), False)
    assert all(set(item) == {"epcClass"} for item in first["quantityList"])
    assert await looks(services, goods) == 1, "after the freezing alone: no scope grows by what the service tells"

    await capture(services, goods.tenant_id, transformed([BAD], [LATE], minutes=15))
    assert len(await log.recalls()) == 1, "an addition is told when somebody announces it"
    await desk.act(EXTEND, {"caseId": case["id"], "reason": "more", "sources": [{"object": {"key": BAD}}, {"object": {"key": OTHER}}]}, "RECALLED")
    _, second = await log.recalls()
    assert (said(second), second["suyuan:recallVersion"]) == (("announced", {"set": ["recalled"]}, {LATE, OTHER}), 2)

    # Neither the end nor a new beginning changes what the goods are.
    await desk.act(CLOSE, {"caseId": case["id"], "reason": "done", "overrideReason": "taken over"}, "APPROVED")
    await desk.act(REOPEN, {"caseId": case["id"], "reason": "once more"}, "APPROVED")
    assert await log.recalls() == [first, second]


async def test_what_is_narrowed_out_of_a_later_version_stays_recalled(desk: Desk, log: Log) -> None:
    case = await announced(desk)
    await desk.act(EXTEND, {"caseId": case["id"], "reason": "it was that one", "sources": [{"object": {"key": OTHER}}]}, "RECALLED")
    assert [said(event) for event in await log.recalls()] == [
        ("announced", {"set": ["recalled"]}, {BAD, MADE_OF_IT}), ("announced", {"set": ["recalled"]}, {OTHER}),
    ]  # fmt: skip


async def test_a_job_done_twice_and_an_event_that_comes_back_are_duplicates(desk: Desk, services: Services, goods: Firm, log: Log) -> None:
    await announced(desk)
    told = await log.recalls()
    async with services.database.tenant(goods.tenant_id) as tx:
        assert (
            await tx.execute("update outbox set done_at = null where tenant_id = $1 and topic = any($2::text[])", ["recall.announced", PUBLISH]) == 2
        )
    assert await log.recalls() == told
    context = {"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"suyuan": "https://ns.suyuan.example/epcis/"}]}
    back = {key: value for key, value in told[0].items() if key not in ("recordTime", "@context")}
    answer = await log.client.post("/epcis/events", json=context | back, headers=log.headers)
    assert answer.status_code in (200, 201), answer.text
    assert (await log.recalls(), await count(services, goods, "review_entry")) == (told, 0)


async def test_a_drill_and_a_withdrawal_tell_nothing(desk: Desk, log: Log) -> None:
    await desk.announce(await desk.decide(await desk.open(drill=True, instructions=None, contactPhone="")))
    await announced(desk, **WITHDRAWAL)
    assert await log.recalls() == []


async def test_a_decision_made_anew_is_told_of_all_that_was_announced(desk: Desk, log: Log) -> None:
    case = await announced(desk, **WITHDRAWAL)
    await desk.act(EXTEND, {"caseId": case["id"], "reason": "more", "sources": [{"object": {"key": BAD}}, {"object": {"key": OTHER}}]}, "RECALLED")
    graver = await revise(desk, case)
    told = [said(event) for event in await log.recalls()]
    assert sorted(told, key=str) == sorted(
        [("announced", {"set": ["recalled"]}, {BAD, MADE_OF_IT}), ("announced", {"set": ["recalled"]}, {OTHER})], key=str
    )
    # Another class is no other disposition.
    graver = await revise(desk, graver, recallClass="II")
    assert len(await log.recalls()) == 2

    # The dumplings are in another recall too.
    await desk.announce(await desk.decide(await desk.open(key=MADE_OF_IT)))
    await revise(desk, graver, **WITHDRAWAL)
    *_, other, one, two = await log.recalls()
    assert said(other)[2] == {MADE_OF_IT}
    assert sorted([said(one), said(two)], key=str) == sorted(
        [("withdrawn", {"unset": ["recalled"]}, {BAD}), ("withdrawn", {"unset": ["recalled"]}, {OTHER})], key=str
    )
    assert "disposition" not in one


async def test_no_rule_no_hold_and_no_movement_comes_of_it(desk: Desk, services: Services, goods: Firm, log: Log) -> None:
    await place_scope(services, goods, Scope.of_step("holding"))
    await rule_on(
        services, goods,
        document({"kind": "defect_rate", "subgroup": 5, "expected": 0.02}, {"do": "alert"}, {"do": "hold"}, scope={"steps": ["holding"]}),
    )  # fmt: skip
    units = [unit(DUMPLING, f"S{number}") for number in range(6)]
    await capture(services, goods.tenant_id, made(units, minutes=3))
    moved = await count(services, goods, "movement")
    case = await desk.open(sources=[{"object": {"key": key}} for key in units])
    await desk.decide(case)
    await desk.announce(case)
    assert len(await log.recalls()) == 1
    assert (await firings(services, goods), await count(services, goods, "movement")) == ([], moved)
    async with services.database.tenant(goods.tenant_id) as tx:
        roots = await tx.fetch("select object_id from hold_root where tenant_id = $1")
        sources = await tx.fetch("select source from event where tenant_id = $1 and biz_step = 'holding'")
    assert len(roots) == 6, "the recall's own hold on its units"
    assert {Source(row["source"]) for row in sources} == {Source.SERVICE}


async def test_many_goods_are_told_in_parts(desk: Desk, services: Services, goods: Firm, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "NAMED_AT_ONCE", 3)
    units = [unit(DUMPLING, f"S{number}") for number in range(4)]
    more = [lot(FLOUR, f"M{number}") for number in range(3)]
    await capture(services, goods.tenant_id, made(units, minutes=3), made([], [quantity(key, 1) for key in more], minutes=4))
    case = await desk.open(sources=[{"object": {"key": key}} for key in (*units, *more)])
    await desk.decide(case)
    await desk.announce(case)
    parts = [said(event)[2] for event in await log.recalls()]
    assert (sorted(len(part) for part in parts), set().union(*parts)) == ([1, 3, 3], {*units, *more})


async def test_a_recall_is_a_step_of_the_goods_life_in_both_languages(desk: Desk, log: Log) -> None:
    await announced(desk)
    assert len(await log.recalls()) == 1
    for language, recall, hold, way in (("zh-CN", "召回", "扣留", "运输"), ("en", "Recall", "Holding", "In transit")):
        chart = (await desk.signer.caller.ask(MARKS, {"key": MADE_OF_IT}, Accept_Language=language))["lifeOf"]
        assert [mark["title"] for mark in chart["marks"]][-1:] == [recall]
        assert hold not in [mark["title"] for mark in chart["marks"]]
        assert [row["title"] for row in chart["rows"] if row["kind"] == "TRANSPORT"] == [way]
