"""Instruments and calibrations over GraphQL, and the alerts that they raise."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.graphql.ids import global_id, parse_global_id
from backend.housekeeping.service import Housekeeping
from backend.instruments import service as instruments
from backend.instruments import watch
from backend.instruments.rules import Fault
from backend.services import Services
from infra import clock
from tenants.permissions import Role
from tests.factories import PLANT
from tests.firms import Firm
from tests.graphql.conftest import Caller, anonymous, caller_of, owner

__all__ = ["anonymous", "caller_of", "owner"]
FIELDS = """id identifier serial kind rangeLow rangeHigh resolution uom place status dueAt outOfServiceReason
  doubtfulSpans { since until } validity { valid fault }
  calibrations(first: 9) { nodes { id certificate asFound asLeft dueAt replaced file { state } } }"""


def mutation(name: str, kind: str) -> str:
    return f"mutation($input: {kind}!) {{ {name}(input: $input) {{ userErrors {{ field code message }} instrument {{ {FIELDS} }} }} }}"


PUT = mutation("putInstrument", "PutInstrumentInput")
RECORD = mutation("recordCalibration", "RecordCalibrationInput")
OUT = mutation("takeInstrumentOutOfService", "InstrumentServiceInput")
BACK = mutation("returnInstrumentToService", "InstrumentServiceInput")
CALIPER: dict[str, Any] = {
    "identifier": "CAL-7", "serial": "SN 123", "kind": "caliper", "rangeLow": "0", "rangeHigh": "150", "resolution": "0.01", "uom": "MMT",
    "place": PLANT, "intervalDays": 365,
}  # fmt: skip


def ago(days: float) -> str:
    return clock.isoformat(clock.now() - timedelta(days=days))


async def put(caller: Caller, **given: Any) -> dict[str, Any]:
    payload = await caller.command(PUT, CALIPER | given)
    assert payload["userErrors"] == []
    found: dict[str, Any] = payload["instrument"]
    return found


async def record(caller: Caller, instrument: dict[str, Any], days: float, **given: Any) -> dict[str, Any]:
    told = {"performedAt": ago(days), "performedBy": "Metrology Ltd", "asFound": "IN_TOLERANCE", "asLeft": "IN_TOLERANCE"}
    payload = await caller.command(RECORD, {"instrumentId": instrument["id"], **told, **given})
    assert payload["userErrors"] == []
    found: dict[str, Any] = payload["instrument"]
    return found


def uuid_in(identifier: str) -> UUID:
    return UUID((parse_global_id(identifier) or ("", ""))[1])


async def test_an_instrument_is_put_calibrated_and_listed(owner: Caller) -> None:
    new = await put(owner)
    assert (new["status"], new["dueAt"], new["validity"]) == ("NOT_CALIBRATED", None, {"valid": False, "fault": "NOT_CALIBRATED"})
    found = await record(owner, new, 10, certificate="C-1")
    assert (found["status"], found["validity"]) == ("IN_USE", {"valid": True, "fault": None})
    assert [one["certificate"] for one in found["calibrations"]["nodes"]] == ["C-1"]
    listed = await owner.ask("{ instruments(first: 5) { nodes { identifier rangeHigh uom } } }")
    assert listed["instruments"]["nodes"] == [{"identifier": "CAL-7", "rangeHigh": "150", "uom": "MMT"}]
    soon = clock.isoformat(clock.now() + timedelta(days=300))
    due = await owner.ask("query($by: DateTime) { instruments(first: 5, dueBefore: $by) { nodes { id } } }", {"by": soon})
    assert due["instruments"]["nodes"] == []


async def test_a_change_keeps_the_calibrations_and_another_identifier_must_be_free(owner: Caller) -> None:
    first = await record(owner, await put(owner), 1)
    second = await put(owner, identifier="CAL-8")
    changed = await put(owner, instrumentId=first["id"], kind="vernier caliper")
    assert (changed["kind"], changed["dueAt"]) == ("vernier caliper", first["dueAt"])
    for given in ({"identifier": "CAL-7"}, {"identifier": "CAL-7", "instrumentId": second["id"]}):
        payload = await owner.command(PUT, CALIPER | given)
        assert [error["code"] for error in payload["userErrors"]] == ["INSTRUMENT_EXISTS"]


@pytest.mark.parametrize(
    ("given", "field"),
    [({"identifier": " "}, "identifier"), ({"rangeLow": "150"}, "rangeLow"), ({"resolution": "0"}, "resolution"), ({"uom": ""}, "uom"),
     ({"intervalDays": 0}, "intervalDays"), ({"serial": "x" * 201}, "serial")],
)  # fmt: skip
async def test_what_can_not_be_an_instrument_is_refused(owner: Caller, given: dict[str, Any], field: str) -> None:
    payload = await owner.command(PUT, CALIPER | given)
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("INVALID_INPUT", field)]
    assert (await owner.ask("{ instruments(first: 5) { nodes { id } } }"))["instruments"]["nodes"] == []


async def test_a_calibration_that_can_not_be_is_refused(owner: Caller) -> None:
    plain = await put(owner, intervalDays=None)
    told = {"instrumentId": plain["id"], "performedBy": "x", "asFound": "IN_TOLERANCE", "asLeft": "IN_TOLERANCE"}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"performedAt": ago(1)}, "dueAt"), ({"performedAt": ago(-1), "dueAt": ago(-9)}, "performedAt"),
        ({"performedAt": ago(1), "dueAt": ago(2)}, "dueAt"), ({"performedAt": ago(1), "dueAt": ago(-9), "performedBy": ""}, "performedBy"),
        ({"performedAt": ago(1), "dueAt": ago(-9), "replaces": global_id("Calibration", uuid4())}, "replaces"),
        ({"performedAt": ago(1), "dueAt": ago(-9), "fileId": global_id("Photo", uuid4())}, "photoIds"),
    ]  # fmt: skip
    for given, field in wrong:
        payload = await owner.command(RECORD, told | given)
        assert [error["field"] for error in payload["userErrors"]] == [field], given


async def test_found_wrong_throws_what_was_measured_since_the_last_good_one_into_doubt(services: Services, firm: Firm, owner: Caller) -> None:
    caliper = await put(owner)
    await record(owner, caliper, 100, certificate="good")
    found = await record(owner, caliper, 10, certificate="bad", asFound="OUT_OF_TOLERANCE")
    [span] = found["doubtfulSpans"]
    async with services.database.tenant(firm.tenant_id) as tx:
        within = await instruments.state_at(tx, uuid_in(caliper["id"]), clock.now() - timedelta(days=50))
        after = await instruments.state_at(tx, uuid_in(caliper["id"]), clock.now() - timedelta(days=5))
    assert (within.valid, within.fault, after.valid) == (False, Fault.LATER_FOUND_OUT_OF_TOLERANCE, True)
    assert span["since"] < span["until"]
    # It was entered wrongly: the record that replaces it takes the doubt away, and both stay to be seen.
    bad = found["calibrations"]["nodes"][0]
    mended = await record(owner, caliper, 10, certificate="mended", replaces=bad["id"])
    assert mended["doubtfulSpans"] == []
    assert [(one["certificate"], one["replaced"]) for one in mended["calibrations"]["nodes"]] == [
        ("mended", False), ("bad", True), ("good", False),
    ]  # fmt: skip
    twice = await owner.command(RECORD, {"instrumentId": caliper["id"], "performedAt": ago(9), "performedBy": "x", "asFound": "IN_TOLERANCE",
                                         "asLeft": "IN_TOLERANCE", "replaces": bad["id"]})  # fmt: skip
    assert [error["code"] for error in twice["userErrors"]] == ["CALIBRATION_NOT_FOUND"]


async def test_a_calibration_of_long_ago_leaves_the_due_date_alone(owner: Caller) -> None:
    caliper = await put(owner)
    last = await record(owner, caliper, 10)
    assert (await record(owner, caliper, 300))["dueAt"] == last["dueAt"]


async def test_out_of_service_and_back(services: Services, firm: Firm, owner: Caller) -> None:
    caliper = await record(owner, await put(owner), 10)
    out = (await owner.command(OUT, {"instrumentId": caliper["id"], "reason": "dropped"}))["instrument"]
    assert (out["status"], out["outOfServiceReason"], out["validity"]["fault"]) == ("OUT_OF_SERVICE", "dropped", "OUT_OF_SERVICE")
    meanwhile = clock.now()
    twice = await owner.command(OUT, {"instrumentId": caliper["id"], "reason": "dropped"})
    assert [error["code"] for error in twice["userErrors"]] == ["INSTRUMENT_STATE"]
    back = (await owner.command(BACK, {"instrumentId": caliper["id"], "reason": "checked"}))["instrument"]
    assert (back["status"], back["validity"]["valid"]) == ("IN_USE", True)
    async with services.database.tenant(firm.tenant_id) as tx:
        assert (await instruments.state_at(tx, uuid_in(caliper["id"]), meanwhile)).fault is Fault.OUT_OF_SERVICE


async def test_what_is_due_raises_one_alert_and_one_more_when_it_is_over(services: Services, firm: Firm, owner: Caller) -> None:
    await record(owner, await put(owner), 345)
    await record(owner, await put(owner, identifier="CAL-8"), 10)
    dropped = await record(owner, await put(owner, identifier="CAL-9"), 400)
    await owner.command(OUT, {"instrumentId": dropped["id"], "reason": "dropped"})
    await services.storage.ensure_bucket()
    for _ in range(2):
        await Housekeeping(services).of_tenant(firm.tenant_id, firm.tenant.public_id)
    alerts = (await owner.ask("{ alerts(first: 9) { nodes { kind severity detail } } }"))["alerts"]["nodes"]
    assert [(one["kind"], one["severity"], one["detail"]["instrument"]) for one in alerts] == [("calibration_due", "NOTICE", "CAL-7")]
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await watch.raise_due(tx, clock.now() + timedelta(days=21)) == 1
        assert await watch.raise_due(tx, clock.now() + timedelta(days=22)) == 0


async def test_who_may_not_manage_instruments_reads_them(firm: Firm, owner: Caller, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    inspector = await caller_of(firm, Role.QC_INSPECTOR)
    caliper = await put(owner)
    refused = await inspector.refusal(PUT, {"input": CALIPER}, Idempotency_Key=str(uuid4()))
    assert refused["code"] == "PERMISSION_DENIED"
    found = await inspector.ask("query($id: ID!) { node(id: $id) { ... on Instrument { identifier } } }", {"id": caliper["id"]})
    assert found["node"] == {"identifier": "CAL-7"}
