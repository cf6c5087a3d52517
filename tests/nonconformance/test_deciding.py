"""What a decision lets go, and what it doesn't; who signs; what proves that it was done."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from backend.nonconformance import concessions
from backend.services import Services
from infra import clock
from tenants.permissions import Role
from tests.factories import FLOUR, PLANT, capture, lot, made, quantity, transformed
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.nonconformance.conftest import BAD, MADE_OF_IT, Signer
from tests.nonconformance.operations import ADD, CLOSE, COUNTERSIGN, DECIDE, EXECUTE, LISTED, ONE, OPEN, POLICY, REINSPECT, REVIEW

Opened = Callable[..., Awaitable[dict[str, Any]]]
HELD = "query($key: String!) { traceableObject(key: $key) { holdCauses { reason } } }"
EVENT = "query($id: String!) { events(first: 1, filter: {eventIDs: [$id]}) { nodes { id } } }"
ALL = {"quantity": "100", "uom": "KGM"}


async def held(caller: Caller, *keys: str) -> list[bool]:
    """Whether each is on hold."""
    return [bool((await caller.ask(HELD, {"key": key}))["traceableObject"]["holdCauses"]) for key in keys]


async def decide(signer: Signer, found: dict[str, Any], *lines: dict[str, Any], reason: str = "tested again") -> dict[str, Any]:
    """Decide about the flour."""
    given = [{"key": BAD, **line} for line in lines]
    return await signer.caller.command(DECIDE, {"nonconformanceId": found["id"], "lines": given, "reason": reason, "signature": signer.sign()})


async def event_named(services: Services, signer: Signer, firm: Firm, event: dict[str, Any]) -> str:
    """Report an event; its global id."""
    await capture(services, firm.tenant_id, event)
    [node] = (await signer.caller.ask(EVENT, {"id": event["eventID"]}))["events"]["nodes"]
    return str(node["id"])


async def test_opened_goods_are_held_with_what_was_made_of_them(boss: Signer, opened: Opened) -> None:
    found = await opened()
    assert found["number"].endswith("-0001")
    assert (found["status"], found["goods"][0]["quantity"], [hold["active"] for hold in found["holds"]]) == ("OPEN", "100", [True])
    assert await held(boss.caller, BAD, MADE_OF_IT) == [True, True]
    assert (await opened(hold=False))["number"].endswith("-0002")


async def test_the_open_one_of_a_source_is_given_back(opened: Opened) -> None:
    first = await opened(source="COMPLAINT", sourceReference="complaint:77")
    again = await opened(source="COMPLAINT", sourceReference="complaint:77", title="the same")
    assert (again["id"], again["title"], len(again["holds"])) == (first["id"], "Too wet", 1)


async def test_use_as_is_lets_all_of_it_go_at_once(boss: Signer, opened: Opened) -> None:
    found = await opened()
    done = await decide(boss, found, {"kind": "USE_AS_IS", "approvalReference": "customer's mail of 3 March"})
    assert done["userErrors"] == []
    assert (done["nonconformance"]["status"], done["nonconformance"]["decisions"][0]["lines"][0]["released"]) == ("EXECUTED", True)
    assert await held(boss.caller, BAD, MADE_OF_IT) == [False, False]
    closed = await boss.caller.command(CLOSE, {"nonconformanceId": found["id"], "reason": "all used", "signature": boss.sign()})
    assert (closed["nonconformance"]["status"], closed["nonconformance"]["closedAt"] is not None) == ("CLOSED", True)
    told = (await boss.caller.ask(ONE, {"id": found["id"]}))["nonconformance"]
    assert [entry["act"] for entry in told["history"]["nodes"]] == ["closed", "released", "decided", "held", "opened"]
    assert [(one["meaning"], one["intact"]) for one in told["signatures"]["nodes"]] == [("APPROVED", True)] * 2
    assert (await boss.caller.ask(LISTED))["nonconformances"]["nodes"] == []
    assert [one["id"] for one in (await boss.caller.ask(LISTED, {"filter": {"openOnly": False, "goods": BAD}}))["nonconformances"]["nodes"]] == [
        found["id"]
    ]


def destroyed(amount: float, uom: str = "KGM", **fields: Any) -> dict[str, Any]:
    """So much of the flour was destroyed just now."""
    now = clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = {"eventTime": now, "bizStep": "destroying", "disposition": "destroyed", "action": "OBSERVE"}
    return made([], [quantity(BAD, amount, uom)], **(told | fields))


async def test_an_event_proves_what_was_done_since_the_decision_up_to_its_quantity(
    services: Services, boss: Signer, opened: Opened, goods: Firm
) -> None:
    found = await opened()
    before = await event_named(services, boss, goods, destroyed(100))
    done = await decide(boss, found, {"kind": "SCRAP", "quantity": "60", "uom": "KGM"}, {"kind": "SCRAP", "quantity": "40", "uom": "KGM"})
    first, second = (line["id"] for line in sorted(done["nonconformance"]["decisions"][0]["lines"], key=lambda one: -int(one["quantity"])))
    [error] = (await boss.caller.command(EXECUTE, {"dispositionId": first, "eventId": before}))["userErrors"]
    assert (error["code"], error["field"], "before it was decided" in error["message"]) == ("PROOF_MISSING", "eventId", True)
    load = await event_named(services, boss, goods, destroyed(25_000, "GRM"))
    [error] = (await boss.caller.command(EXECUTE, {"dispositionId": first, "eventId": load}))["userErrors"]
    assert (error["code"], "25 of 60 KGM" in error["message"]) == ("PROOF_MISSING", True)
    rest = await event_named(services, boss, goods, destroyed(35))
    executed = await boss.caller.command(EXECUTE, {"dispositionId": first, "eventId": rest})
    assert (executed["userErrors"], executed["nonconformance"]["status"]) == ([], "DECIDED")
    # What has proved one disposition proves no other.
    [error] = (await boss.caller.command(EXECUTE, {"dispositionId": second, "eventId": rest}))["userErrors"]
    assert (error["code"], "0 of 40 KGM" in error["message"]) == ("PROOF_MISSING", True)
    last = await event_named(services, boss, goods, destroyed(40))
    executed = await boss.caller.command(EXECUTE, {"dispositionId": second, "eventId": last})
    assert (executed["userErrors"], executed["nonconformance"]["status"]) == ([], "EXECUTED")


async def test_a_part_lets_nothing_go(services: Services, boss: Signer, opened: Opened, goods: Firm) -> None:
    found = await opened()
    done = await decide(boss, found, {"kind": "USE_AS_IS", "quantity": "60", "uom": "KGM"}, {"kind": "SCRAP", "quantity": "40", "uom": "KGM"})
    assert (done["userErrors"], done["nonconformance"]["status"]) == ([], "DECIDED")
    [scrap] = [line for line in done["nonconformance"]["decisions"][0]["lines"] if line["kind"] == "SCRAP"]
    event = await event_named(services, boss, goods, destroyed(40))
    given = {"dispositionId": scrap["id"]}
    [error] = (await boss.caller.command(EXECUTE, given))["userErrors"]
    assert (error["code"], error["field"]) == ("PROOF_MISSING", "eventId")
    executed = await boss.caller.command(EXECUTE, {**given, "eventId": event})
    assert (executed["userErrors"], executed["nonconformance"]["status"]) == ([], "EXECUTED")
    # What was scrapped stays held, and what was made of it too.
    assert await held(boss.caller, BAD, MADE_OF_IT) == [True, True]


async def test_rework_clears_its_outcome_alone_once_it_was_inspected_again(services: Services, boss: Signer, opened: Opened, goods: Firm) -> None:
    found = await opened()
    done = await decide(boss, found, {"kind": "REWORK", "instruction": "dry it at 40 °C"})
    line = done["nonconformance"]["decisions"][0]["lines"][0]["id"]
    dried = lot(FLOUR, "F-DRY")
    [error] = (await boss.caller.command(EXECUTE, {"dispositionId": line, "outcomeKey": MADE_OF_IT + "X"}))["userErrors"]
    assert error["code"] == "OBJECT_NOT_FOUND"
    await capture(services, goods.tenant_id, transformed([BAD], [dried], minutes=70), made([], [quantity(lot(FLOUR, "F-OTHER"), 1)]))
    [error] = (await boss.caller.command(EXECUTE, {"dispositionId": line, "outcomeKey": lot(FLOUR, "F-OTHER")}))["userErrors"]
    assert (error["code"], error["field"]) == ("PROOF_MISSING", "outcomeKey")
    executed = await boss.caller.command(EXECUTE, {"dispositionId": line, "outcomeKey": dried})
    assert (executed["userErrors"], executed["nonconformance"]["status"]) == ([], "DECIDED")
    assert await held(boss.caller, BAD, MADE_OF_IT, dried) == [True, True, True]
    signed = {"dispositionId": line, "reason": "11 % of moisture", "reference": "LAB-9"}
    passed = await boss.caller.command(REINSPECT, {**signed, "accept": True, "signature": boss.sign("RELEASED")})
    assert (passed["userErrors"], passed["nonconformance"]["status"]) == ([], "EXECUTED")
    assert await held(boss.caller, BAD, MADE_OF_IT, dried) == [True, True, False]


async def test_rework_that_fails_needs_another_decision(services: Services, goods: Firm, boss: Signer, opened: Opened) -> None:
    found = await opened()
    done = await decide(boss, found, {"kind": "REWORK", "instruction": "dry it"})
    line = done["nonconformance"]["decisions"][0]["lines"][0]["id"]
    [error] = (await boss.caller.command(EXECUTE, {"dispositionId": line, "outcomeKey": BAD}))["userErrors"]
    # Dumplings were made of the flour before.
    assert (error["code"], error["field"]) == ("PROOF_MISSING", "outcomeKey")
    raw = lot(FLOUR, "F-RAW")
    await capture(services, goods.tenant_id, made([], [quantity(raw, 5)]))
    found = await opened(goods=[{"key": raw}])
    done = await decide(boss, found, {"key": raw, "kind": "REWORK", "instruction": "dry it"})
    line = done["nonconformance"]["decisions"][0]["lines"][0]["id"]
    assert (await boss.caller.command(EXECUTE, {"dispositionId": line, "outcomeKey": raw}))["userErrors"] == []
    signed = {"dispositionId": line, "accept": False, "reason": "still wet", "signature": boss.sign("REJECTED")}
    failed = await boss.caller.command(REINSPECT, signed)
    assert (failed["userErrors"], failed["nonconformance"]["status"]) == ([], "UNDER_REVIEW")
    assert await held(boss.caller, raw) == [True]
    assert (await decide(boss, found, {"key": raw, "kind": "SCRAP"}))["nonconformance"]["status"] == "DECIDED"


async def test_two_people_decide_about_what_is_critical(boss: Signer, manager: Signer, opened: Opened) -> None:
    found = await opened(severity="CRITICAL")
    done = await decide(boss, found, {"kind": "REGRADE", "instruction": "animal feed"})
    [decision] = done["nonconformance"]["decisions"]
    assert (done["nonconformance"]["status"], decision["status"]) == ("UNDER_REVIEW", "WAITING_FOR_SECOND")
    assert await held(boss.caller, BAD) == [True]
    given = {"decisionId": decision["id"], "accept": True, "reason": "agreed"}
    [error] = (await boss.caller.command(COUNTERSIGN, {**given, "signature": boss.sign()}))["userErrors"]
    assert (error["code"], error["field"]) == ("SECOND_PERSON_REQUIRED", "signature")
    [error] = (await decide(manager, found, {"kind": "SCRAP"}))["userErrors"]
    assert error["code"] == "NONCONFORMANCE_STATE"
    # A refusal asks nobody to prove himself.
    manager.first = True
    both = await manager.caller.command(COUNTERSIGN, {**given, "signature": manager.sign()})
    assert (both["userErrors"], both["nonconformance"]["status"]) == ([], "EXECUTED")
    assert await held(boss.caller, BAD) == [False]
    [error] = (await manager.caller.command(COUNTERSIGN, {**given, "signature": manager.sign()}))["userErrors"]
    assert error["code"] == "DECISION_NOT_FOUND"


async def test_a_refused_decision_is_void(boss: Signer, manager: Signer, opened: Opened) -> None:
    found = await opened(severity="CRITICAL")
    done = await decide(boss, found, {"kind": "USE_AS_IS"})
    given = {"decisionId": done["nonconformance"]["decisions"][0]["id"], "accept": False, "reason": "not without a test"}
    refused = await manager.caller.command(COUNTERSIGN, {**given, "signature": manager.sign("REJECTED")})
    [decision] = refused["nonconformance"]["decisions"]
    assert (refused["nonconformance"]["status"], decision["status"], decision["lines"][0]["status"]) == ("UNDER_REVIEW", "REFUSED", "VOID")
    assert await held(boss.caller, BAD) == [True]


async def test_the_company_says_from_which_severity_on_two_decide(boss: Signer, opened: Opened) -> None:
    given = {"severity": "MAJOR", "reason": "auditor's finding", "signature": boss.sign()}
    assert (await boss.caller.command(POLICY, given)) == {"severity": "MAJOR", "userErrors": []}
    assert (await boss.caller.ask("{ twoPeopleDecideFrom }")) == {"twoPeopleDecideFrom": "MAJOR"}
    done = await decide(boss, await opened(), {"kind": "USE_AS_IS"})
    assert done["nonconformance"]["decisions"][0]["status"] == "WAITING_FOR_SECOND"


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"kind": "SCRAP", "quantity": "101", "uom": "KGM"}, "lines.0.quantity"),
        ({"kind": "SCRAP", "quantity": "1", "uom": "LBR"}, "lines.0.quantity"),
        ({"kind": "SCRAP", "quantity": "0", "uom": "KGM"}, "lines.0.quantity"),
        ({"kind": "SCRAP", "key": MADE_OF_IT}, "lines.0.key"),
        ({"kind": "SCRAP", "approvalReference": "x"}, "lines.0.approvalReference"),
        ({"kind": "REWORK"}, "lines.0.instruction"),
        ({"kind": "USE_AS_IS", "validUntil": "2020-01-01T00:00:00Z"}, "lines.0.validUntil"),
    ],
)
async def test_a_decision_that_does_not_fit_the_goods_is_refused(boss: Signer, opened: Opened, line: dict[str, Any], field: str) -> None:
    found = await opened()
    done = await decide(boss, found, line)
    assert [(error["field"], done["nonconformance"]) for error in done["userErrors"]] == [(field, None)]
    assert (await boss.caller.ask(ONE, {"id": found["id"]}))["nonconformance"]["status"] == "OPEN"


async def test_what_turns_up_later_is_added_and_reviewed(boss: Signer, opened: Opened) -> None:
    found = await opened()
    reviewed = await boss.caller.command(REVIEW, {"nonconformanceId": found["id"], "comment": "looks bad"})
    assert reviewed["nonconformance"]["status"] == "UNDER_REVIEW"
    added = await boss.caller.command(ADD, {"nonconformanceId": found["id"], "goods": [{"key": MADE_OF_IT}]})
    assert {one["object"]["key"] for one in added["nonconformance"]["goods"]} == {
        key.removeprefix("https://id.gs1.org/") for key in (BAD, MADE_OF_IT)
    }
    [error] = (await boss.caller.command(CLOSE, {"nonconformanceId": found["id"], "reason": "x", "signature": boss.sign()}))["userErrors"]
    assert error["code"] == "NONCONFORMANCE_STATE"
    boss.first = True
    unfounded = {"nonconformanceId": found["id"], "reason": "measured wrongly", "unfounded": True, "signature": boss.sign()}
    assert (await boss.caller.command(CLOSE, unfounded))["nonconformance"]["status"] == "CLOSED"
    assert await held(boss.caller, BAD) == [True]


async def test_who_may_not_is_refused_and_ids_of_nothing_too(
    goods: Firm, boss: Signer, opened: Opened, caller_of: Callable[..., Awaitable[Caller]]
) -> None:
    found = await opened()
    keeper, inspector = await caller_of(goods, Role.WAREHOUSE_KEEPER), await caller_of(goods, Role.QC_INSPECTOR)
    key = {"Idempotency_Key": str(uuid4())}
    assert (await keeper.refusal(OPEN, {"input": {"title": "x", "severity": "MINOR"}}, **key))["code"] == "PERMISSION_DENIED"
    given = {"nonconformanceId": found["id"], "lines": [], "reason": "x", "signature": {"meaning": "APPROVED"}}
    assert (await inspector.refusal(DECIDE, {"input": given}, **key))["code"] == "PERMISSION_DENIED"
    for bad in ({"place": PLANT + "X" * 5000}, {"supplier": "https://id.gs1.org/417/9506000134031"}, {"title": " "}):
        payload = await boss.caller.command(OPEN, {"title": "x", "severity": "MINOR", **bad})
        assert payload["userErrors"][0]["code"] == "INVALID_INPUT"
    [error] = (await boss.caller.command(REVIEW, {"nonconformanceId": "x"}))["userErrors"]
    assert error["code"] == "NONCONFORMANCE_NOT_FOUND"


async def test_what_changes_a_nonconformance_needs_a_key_and_is_done_once(boss: Signer, opened: Opened) -> None:
    found = await opened()
    for query, more in ((REVIEW, {}), (ADD, {"goods": [{"key": MADE_OF_IT}]})):
        given = {"nonconformanceId": found["id"], **more}
        assert (await boss.caller.refusal(query, {"input": given}))["code"] == "IDEMPOTENCY_KEY_REQUIRED"
        first = await boss.caller.command(query, given, key=f"key-{len(more)}")
        assert first["userErrors"] == []
        assert await boss.caller.command(query, given, key=f"key-{len(more)}") == first


async def test_what_is_left_when_a_concession_ends_is_told_once(services: Services, boss: Signer, opened: Opened, goods: Firm) -> None:
    found = await opened()
    until = clock.now() + timedelta(days=9)
    line = {"kind": "USE_AS_IS", "approvalReference": "customer's mail", "validUntil": clock.isoformat(until)}
    assert (await decide(boss, found, line))["userErrors"] == []
    async with services.database.tenant(goods.tenant_id) as tx:
        [row] = await tx.fetch("select payload, due_at from outbox where tenant_id = $1 and topic = $2", concessions.ENDS)
    payload = msgspec.json.decode(row["payload"])
    assert payload["due_at"][:19] == until.isoformat()[:19]
    assert row["due_at"] < clock.now() + timedelta(days=1, minutes=1)
    alerts = "{ alerts(first: 9) { nodes { kind subject detail } } }"
    await services.in_tenant(goods.tenant_id, lambda tx: concessions.end(tx, payload))
    assert (await boss.caller.ask(alerts))["alerts"]["nodes"] == []
    ended = payload | {"due_at": clock.now().isoformat()}
    for _ in range(2):
        await services.in_tenant(goods.tenant_id, lambda tx: concessions.end(tx, ended))
    [alert] = (await boss.caller.ask(alerts))["alerts"]["nodes"]
    assert (alert["kind"], alert["subject"], alert["detail"]["number"]) == (concessions.ENDED, BAD, found["number"])
    assert [each["uom"] for each in alert["detail"]["left"]] == ["KGM"]
    told = (await boss.caller.ask(ONE, {"id": found["id"]}))["nonconformance"]["history"]["nodes"]
    assert told[0]["act"] == concessions.ENDED
    # Nothing is held for it: what was made while they might be used was made rightly.
    assert await held(boss.caller, BAD, MADE_OF_IT) == [False, False]
