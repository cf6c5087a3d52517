"""Every mutation over HTTP: what it does, what refuses it, and that a refused one has written nothing."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import msgspec

from backend.services import Services
from tenants.idempotency import replay_or_claim
from tenants.permissions import Role
from tenants.registration import add_membership
from tenants.service import Caller as Somewhere
from tests.conftest import PASSWORD
from tests.factories import CUSTOMER, FLOUR, PLANT, capture, made, quantity, sscc
from tests.firms import Firm
from tests.graphql.conftest import DUMPLING_LOT, DUMPLING_UNIT, FLOUR_LOT, PALLET, PUT, Caller, story
from tests.signing import authenticator_of, signed

CAPTURE = """mutation($input: CaptureInput!) { capture(input: $input) {
  events { status id event { id type bizStep } } userErrors { field code message } } }"""
PLACE = """mutation($input: PlaceHoldInput!) { placeHold(input: $input) {
  hold { id objectKey reason note active object { kind code } } userErrors { field code message } } }"""
RELEASE = """mutation($input: ReleaseHoldInput!) { releaseHold(input: $input) {
  hold { id active releaseReason } userErrors { field code } } }"""
SHIP = """mutation($input: ShipInput!) { ship(input: $input) {
  shipment { id toParty customerName document lots { object { code } } } event { bizStep }
  holdCauses { reason rootKey heldKey hold { id active } } userErrors { field code message } } }"""
CONTEXT = {"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]}
ORDER = {"fromPlace": PLANT, "toParty": CUSTOMER}

TABLES = (
    "event",
    "event_object",
    "event_feed",
    "traceable_object",
    "hold",
    "shipment",
    "alert",
    "outbox",
    "idempotent_reply",
    "audit_entry",
    "product",
)


async def written(services: Services, tenant_id: int) -> dict[str, int]:
    """How many rows each table has of a tenant."""
    async with services.database.tenant(tenant_id) as tx:
        return {table: await tx.fetchval(f"select count(*) from {table} where tenant_id = $1") for table in TABLES}


async def audited(services: Services, tenant_id: int) -> list[tuple[str, str | None]]:
    """(action, reason) of the audit trail without sessions."""
    async with services.database.tenant(tenant_id) as tx:
        rows = await tx.fetch(
            """select action, reason from audit_entry where tenant_id = $1
               and split_part(action, '.', 1) not in ('session', 'tenant', 'member', 'membership', 'person') order by audit_id"""
        )
    return [(row["action"], row["reason"]) for row in rows]


def document(*events: dict[str, Any]) -> dict[str, Any]:
    """An EPCIS document."""
    body = {"eventList": list(events)}
    return {**CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-03-02T08:00:00Z", "epcisBody": body}


async def test_capture_takes_documents_bare_events_and_text_and_audits_them(firm: Firm, services: Services, owner: Caller) -> None:
    bare, texted = {**CONTEXT, **made([DUMPLING_UNIT])}, {**CONTEXT, **made(amounts=[quantity(FLOUR_LOT, 1)])}
    for given, count in ((document(*story()), 5), (bare, 1), (msgspec.json.encode(texted).decode(), 1)):
        payload = await owner.command(CAPTURE, {"events": given})
        assert payload["userErrors"] == []
        assert [event["status"] for event in payload["events"]] == ["ACCEPTED"] * count
        assert [event["event"]["id"] for event in payload["events"]] == [event["id"] for event in payload["events"]]
    assert await audited(services, firm.tenant_id) == [("events.captured", None)] * 3


async def test_capture_keeps_digits_that_a_float_would_lose(firm: Firm, owner: Caller) -> None:
    """As the document's text and as JSON in a variable."""
    exact = "1234567890123456.125"
    query = "query($id: ID!) { event(id: $id) { body objects(first: 1) { nodes { quantity } } } }"
    headers = {**owner.headers, "Content-Type": "application/json"}
    for as_text in (True, False):
        event = {**CONTEXT, **made(amounts=[quantity(FLOUR_LOT, 0)])}
        json = msgspec.json.encode(event).decode().replace('"quantity":0', f'"quantity":{exact}')
        given = msgspec.json.encode(json).decode() if as_text else json
        body = f'{{"query": {msgspec.json.encode(CAPTURE).decode()}, "variables": {{"input": {{"events": {given}}}}}}}'
        answer = await owner.client.post("/graphql", content=body, headers={**headers, "Idempotency-Key": str(uuid4())})
        answer = await owner.post(query, {"id": answer.json()["data"]["capture"]["events"][0]["id"]})
        assert f'"quantity":{exact}'.encode() in answer.content
        assert answer.json()["data"]["event"]["objects"]["nodes"] == [{"quantity": exact}]


async def test_capture_tells_every_fault_with_its_path_and_writes_nothing(firm: Firm, services: Services, owner: Caller) -> None:
    wrong = made([DUMPLING_UNIT]) | {"action": "DANCE"}
    before = await written(services, firm.tenant_id)
    payload = await owner.command(CAPTURE, {"events": document(made(amounts=[quantity(FLOUR_LOT, 1)]), wrong, made(["urn:epc:id:sgtin:nonsense"]))})
    assert payload["events"] == []
    assert {error["code"] for error in payload["userErrors"]} == {"DOCUMENT_INVALID"}
    assert {error["field"].split(".")[2] for error in payload["userErrors"]} == {"eventList[1]", "eventList[2]"}
    assert await written(services, firm.tenant_id) == before


async def test_capture_refuses_what_is_no_document(owner: Caller) -> None:
    for nonsense in ("{", "[]x", 5, None, {"type": "Song"}, {"a": {"b": [1.5, None]}}):
        answer = (await owner.post(CAPTURE, {"input": {"events": nonsense}}, Idempotency_Key=str(uuid4()))).json()
        if nonsense is None:
            assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        else:
            assert answer["data"]["capture"]["userErrors"][0]["code"] == "DOCUMENT_INVALID", nonsense


async def test_capture_of_the_same_event_is_a_duplicate_and_of_another_with_its_id_a_conflict(firm: Firm, services: Services, owner: Caller) -> None:
    event = {**CONTEXT, **made(amounts=[quantity(FLOUR_LOT, 1)])}
    first = await owner.command(CAPTURE, {"events": event})
    again = await owner.command(CAPTURE, {"events": event})
    assert again["events"][0]["status"] == "DUPLICATE"
    assert again["events"][0]["id"] == first["events"][0]["id"]
    before = await written(services, firm.tenant_id)
    other = await owner.command(CAPTURE, {"events": document(made(amounts=[quantity(FLOUR_LOT, 2)]), event | {"disposition": "inactive"})})
    assert [(error["code"], error["field"]) for error in other["userErrors"]] == [("EVENT_CONFLICT", "eventID")]
    assert await written(services, firm.tenant_id) == before


async def test_capture_takes_no_more_events_than_announced(firm: Firm, services: Services, owner: Caller) -> None:
    most = services.settings.capture_max_events
    tiny = {"type": "ObjectEvent", "action": "OBSERVE"}
    payload = await owner.command(CAPTURE, {"events": document(*[tiny] * (most + 1))})
    assert [error["code"] for error in payload["userErrors"]] == ["CAPTURE_LIMIT_EXCEEDED"]


async def test_placing_and_releasing_a_hold_is_told_and_audited(works: Firm, services: Services, owner: Caller) -> None:
    placed = await owner.command(PLACE, {"key": FLOUR_LOT, "reason": "salmonella", "note": "lab report 7"})
    hold = placed["hold"]
    assert {name: hold[name] for name in ("objectKey", "reason", "note", "active", "object")} == {
        "objectKey": f"01/{FLOUR}/10/F-1", "reason": "salmonella", "note": "lab report 7", "active": True, "object": {"kind": "LOT", "code": "F-1"},
    }  # fmt: skip
    causes = await owner.ask(
        "query($key: String!) { traceableObject(key: $key) { holdCauses { reason rootKey hold { id } } } }", {"key": DUMPLING_UNIT}
    )
    assert causes["traceableObject"]["holdCauses"] == [{"reason": "salmonella", "rootKey": f"01/{FLOUR}/10/F-1", "hold": {"id": hold["id"]}}]
    signature = signed(await authenticator_of(services, owner.headers))
    released = await owner.command(RELEASE, {"holdId": hold["id"], "reason": "retested", "signature": signature})
    assert released == {"hold": {"id": hold["id"], "active": False, "releaseReason": "retested"}, "userErrors": []}
    assert (await audited(services, works.tenant_id))[-2:] == [("hold.placed", "salmonella"), ("hold.released", "retested")]
    assert await owner.ask("{ holds(first: 5) { nodes { id } } }") == {"holds": {"nodes": []}}
    listed = await owner.ask("query($id: ID!) { hold(id: $id) { active } holds(activeOnly: false, last: 5) { nodes { id } } }", {"id": hold["id"]})
    assert listed == {"hold": {"active": False}, "holds": {"nodes": [{"id": hold["id"]}]}}


async def test_release_is_refused_for_an_unknown_or_released_hold_and_an_empty_reason(works: Firm, services: Services, owner: Caller) -> None:
    signature = signed(await authenticator_of(services, owner.headers))
    hold = (await owner.command(PLACE, {"key": FLOUR_LOT, "reason": "x"}))["hold"]["id"]
    for given, code in (
        ({"holdId": "nonsense", "reason": "y"}, "HOLD_NOT_FOUND"),
        ({"holdId": hold, "reason": "  "}, "INVALID_INPUT"),
        ({"holdId": hold, "reason": "y", "keys": ["nobody's"]}, "OBJECT_NOT_FOUND"),
        ({"holdId": hold, "reason": "y", "keys": ["a"] * 101}, "INVALID_INPUT"),
    ):
        assert [error["code"] for error in (await owner.command(RELEASE, {**given, "signature": signature}))["userErrors"]] == [code]
    part = {"holdId": hold, "reason": "y", "keys": [DUMPLING_LOT], "signature": signature}
    assert (await owner.command(RELEASE, part))["hold"]["active"] is True
    await owner.command(RELEASE, {"holdId": hold, "reason": "y", "signature": signed()})
    again = await owner.command(RELEASE, {"holdId": hold, "reason": "y", "signature": signed()})
    assert (again["hold"], [error["code"] for error in again["userErrors"]]) == (None, ["HOLD_RELEASED"])


async def test_ship_makes_a_shipment_with_the_order_s_own_id(works: Firm, services: Services, owner: Caller) -> None:
    order = {**ORDER, "lines": [{"key": DUMPLING_LOT, "quantity": "2.50", "uom": "KGM"}], "document": "urn:uuid:order-1", "commandId": str(uuid4())}
    payload = await owner.command(SHIP, order)
    assert payload["userErrors"] == []
    assert payload["event"] == {"bizStep": "shipping"}
    assert payload["shipment"]["customerName"] == "客户"
    assert payload["shipment"]["lots"] == [{"object": {"code": "D-1"}}]
    assert (await audited(services, works.tenant_id))[-1] == ("shipment.shipped", None)


async def test_ship_of_held_goods_is_refused_with_the_cause_and_writes_nothing(works: Firm, services: Services, owner: Caller) -> None:
    hold = (await owner.command(PLACE, {"key": FLOUR_LOT, "reason": "salmonella"}))["hold"]["id"]
    before = await written(services, works.tenant_id)
    for key, line in ((DUMPLING_UNIT, {}), (DUMPLING_LOT, {"quantity": "1"}), (PALLET, {})):
        payload = await owner.command(SHIP, {**ORDER, "lines": [{"key": key, **line}]})
        assert (payload["shipment"], payload["event"]) == (None, None)
        assert [error["code"] for error in payload["userErrors"]] == ["GOODS_HELD"]
        [cause] = payload["holdCauses"]
        assert (cause["reason"], cause["rootKey"], cause["hold"]) == ("salmonella", f"01/{FLOUR}/10/F-1", {"id": hold, "active": True})
    assert await written(services, works.tenant_id) == before


async def test_held_goods_do_not_ship_as_a_captured_event_either(works: Firm, services: Services, owner: Caller) -> None:
    """Also where the same document first packs them on a new pallet."""
    await owner.command(PLACE, {"key": FLOUR_LOT, "reason": "salmonella"})
    before = await written(services, works.tenant_id)
    _, _, _, packing, shipping = story()
    pallet = sscc(2)
    packing |= {"parentID": pallet, "eventTime": "2026-03-02T09:00:00Z"}
    shipping |= {"epcList": [pallet], "eventTime": "2026-03-02T09:10:00Z"}
    payload = await owner.command(CAPTURE, {"events": document(packing, shipping)})
    assert [error["code"] for error in payload["userErrors"]] == ["GOODS_HELD"]
    assert await written(services, works.tenant_id) == before
    elsewhere = shipping | {"readPoint": {"id": "https://id.gs1.org/414/9506000134017"}, "epcList": [DUMPLING_UNIT]}
    await owner.command(
        PUT["locations"],
        {"locations": [{"place": elsewhere["readPoint"]["id"], "names": {"en": "Supplier"}, "kind": "x", "own": False, "timeZone": "UTC"}]},
    )
    assert (await owner.command(CAPTURE, {"events": document(elsewhere)}))["userErrors"] == []


async def test_ship_tells_what_is_wrong_with_an_order(works: Firm, services: Services, owner: Caller) -> None:
    before = await written(services, works.tenant_id)
    for given, field, code in (
        ({"lines": []}, "lines", "INVALID_INPUT"),
        ({"lines": [{"key": "nobody's"}]}, "key", "OBJECT_NOT_FOUND"),
        ({"lines": [{"key": DUMPLING_LOT}]}, "lines.quantity", "INVALID_INPUT"),
        ({"lines": [{"key": PALLET}], "fromPlace": "the yard"}, None, "EVENT_INVALID"),
    ):
        payload = await owner.command(SHIP, {**ORDER, **given})
        error = payload["userErrors"][0]
        assert error["code"] == code
        assert field is None or error["field"] == field
    assert await written(services, works.tenant_id) == before


async def test_catalogue_refuses_what_has_no_name_or_no_right_key(firm: Firm, services: Services, owner: Caller) -> None:
    before = await written(services, firm.tenant_id)
    product = {"gtin": FLOUR, "names": {"zh": "面粉"}, "kind": "RAW"}
    for products in ([], [product | {"names": {}}], [product | {"gtin": "09506000134308"}], [product] * 101, [product, product | {"gtin": "1"}]):
        payload = await owner.command(PUT["products"], {"products": products})
        assert payload["products"] == []
        assert payload["userErrors"][0]["code"] in ("INVALID_INPUT", "INVALID_IDENTIFIER")
    assert await written(services, firm.tenant_id) == before


async def test_put_products_changes_what_is_known(works: Firm, services: Services, owner: Caller) -> None:
    changed = {"gtin": FLOUR, "names": {"en": "Wheat flour"}, "kind": "RAW", "published": True}
    assert (await owner.command(PUT["products"], {"products": [changed]}))["products"] == [{"gtin": FLOUR, "name": "Wheat flour"}]
    assert (await audited(services, works.tenant_id))[-1] == ("products.put", None)


async def test_mutation_that_moves_or_stops_goods_needs_a_key(works: Firm, services: Services, owner: Caller) -> None:
    before = await written(services, works.tenant_id)
    for query, given in (
        (PLACE, {"key": FLOUR_LOT, "reason": "x"}), (RELEASE, {"holdId": "x", "reason": "x", "signature": signed()}),
        (SHIP, {**ORDER, "lines": [{"key": PALLET}]}), (CAPTURE, {"events": document(*story())}),
    ):  # fmt: skip
        assert (await owner.refusal(query, {"input": given}))["code"] == "IDEMPOTENCY_KEY_REQUIRED"
        assert (await owner.refusal(query, {"input": given}, Idempotency_Key="x" * 256))["code"] == "INVALID_INPUT"
    assert await written(services, works.tenant_id) == before


async def test_repeated_command_gets_the_first_answer_and_does_nothing_more(works: Firm, services: Services, owner: Caller) -> None:
    given, key = {"key": FLOUR_LOT, "reason": "x"}, str(uuid4())
    first = await owner.command(PLACE, given, key)
    before = await written(services, works.tenant_id)
    answer = await owner.post(PLACE, {"input": given}, Idempotency_Key=key)
    assert answer.headers["Idempotency-Replayed"] == "true"
    assert answer.json()["data"]["placeHold"] == first
    assert await written(services, works.tenant_id) == before


async def test_key_of_another_request_is_refused(works: Firm, services: Services, owner: Caller) -> None:
    key = str(uuid4())
    await owner.command(PLACE, {"key": FLOUR_LOT, "reason": "x"}, key)
    before = await written(services, works.tenant_id)
    assert (await owner.refusal(PLACE, {"input": {"key": FLOUR_LOT, "reason": "y"}}, Idempotency_Key=key))["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert (await owner.refusal(SHIP, {"input": {**ORDER, "lines": [{"key": PALLET}]}}, Idempotency_Key=key))["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert await written(services, works.tenant_id) == before


async def test_refused_command_may_be_repeated_with_its_key_once_it_can_succeed(works: Firm, services: Services, owner: Caller) -> None:
    hold = (await owner.command(PLACE, {"key": FLOUR_LOT, "reason": "x"}))["hold"]["id"]
    order, key = {**ORDER, "lines": [{"key": DUMPLING_UNIT}]}, str(uuid4())
    assert (await owner.command(SHIP, order, key))["userErrors"][0]["code"] == "GOODS_HELD"
    await owner.command(RELEASE, {"holdId": hold, "reason": "y", "signature": signed(await authenticator_of(services, owner.headers))})
    assert (await owner.command(SHIP, order, key))["event"] == {"bizStep": "shipping"}


async def test_command_in_flight_is_answered_at_once_with_when_to_repeat(works: Firm, services: Services, owner: Caller) -> None:
    me = await services.identity.authenticate(owner.headers["Authorization"].removeprefix("Bearer "), caller=Somewhere())
    async with services.database.tenant(works.tenant_id) as tx:
        assert await replay_or_claim(tx, me, "the-key", hashlib.sha256(b"any").digest()) is None
        answer = await owner.post(PLACE, {"input": {"key": FLOUR_LOT, "reason": "x"}}, Idempotency_Key="the-key")
    assert answer.json()["errors"][0]["extensions"]["code"] == "IN_FLIGHT"
    assert answer.headers["Retry-After"] == "1"


async def test_ten_repetitions_at_once_place_one_hold(works: Firm, services: Services, owner: Caller) -> None:
    key = str(uuid4())
    answers = await asyncio.gather(*(owner.post(PLACE, {"input": {"key": FLOUR_LOT, "reason": "x"}}, Idempotency_Key=key) for _ in range(10)))
    codes = [error["extensions"]["code"] for answer in answers for error in answer.json().get("errors", [])]
    assert set(codes) <= {"IN_FLIGHT"}
    assert len({answer.json()["data"]["placeHold"]["hold"]["id"] for answer in answers if "errors" not in answer.json()}) == 1
    assert (await written(services, works.tenant_id))["hold"] == 1


async def test_alerts_tell_of_held_goods_that_a_fact_reports_shipped(works: Firm, services: Services, owner: Caller) -> None:
    await owner.command(PLACE, {"key": FLOUR_LOT, "reason": "salmonella"})
    shipping = story()[4] | {"epcList": [DUMPLING_UNIT]}
    await capture(services, works.tenant_id, shipping)
    found = await owner.ask(
        "{ alerts(first: 5) { nodes { id kind severity subject detail raisedAt closedAt } } events(last: 1) { nodes { brokeHold } } }"
    )
    [alert] = found["alerts"]["nodes"]
    assert (alert["kind"], alert["severity"], alert["detail"]["reason"]) == ("held_goods_shipped", "CRITICAL", "salmonella")
    assert found["events"]["nodes"] == [{"brokeHold": True}]
    assert (await owner.ask("query($id: ID!) { node(id: $id) { id ... on Alert { kind } } }", {"id": alert["id"]}))["node"]["kind"] == alert["kind"]


SIGN_IN = """mutation($input: SignInInput!) { signIn(input: $input) {
  tokens { accessToken refreshToken expiresIn } me { tenant roles } tenantChoices { slug } userErrors { code message } } }"""
REFRESH = (
    "mutation($input: RefreshTokenInput!) { refreshToken(input: $input) { tokens { accessToken refreshToken } me { tenant } userErrors { code } } }"
)


async def test_session_from_sign_in_to_sign_out(firm: Firm, services: Services, anonymous: Caller, new_person: Callable[..., Awaitable[str]]) -> None:
    login = await new_person(firm, Role.WORKER)
    payload = (await anonymous.ask(SIGN_IN, {"input": {"login": login, "password": PASSWORD}}))["signIn"]
    assert (payload["me"], payload["userErrors"]) == ({"tenant": firm.slug, "roles": ["worker"]}, [])
    refreshed = (await anonymous.ask(REFRESH, {"input": {"refreshToken": payload["tokens"]["refreshToken"]}}))["refreshToken"]
    worker = Caller(anonymous.client, {"Authorization": f"Bearer {refreshed['tokens']['accessToken']}"})
    assert (await worker.ask("{ me { roles } }"))["me"] == {"roles": ["worker"]}
    signed_out = await worker.ask("mutation { signOut(input: {everywhere: true}) { signedOut } }")
    assert signed_out == {"signOut": {"signedOut": True}}
    answer = await worker.post("{ me { roles } }")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "SESSION_ENDED")
    ended = (await anonymous.ask(REFRESH, {"input": {"refreshToken": refreshed["tokens"]["refreshToken"]}}))["refreshToken"]
    assert (ended["tokens"], ended["userErrors"]) == (None, [{"code": "SESSION_ENDED"}])


async def test_wrong_password_and_unknown_name_get_the_same_answer(firm: Firm, anonymous: Caller, new_person: Callable[..., Awaitable[str]]) -> None:
    login = await new_person(firm, Role.WORKER)
    answers = [
        (await anonymous.post(SIGN_IN, {"input": given})).json()["data"]
        for given in (
            {"login": login, "password": "wrong"},
            {"login": f"no{login}", "password": PASSWORD},
            {"login": login, "password": PASSWORD, "tenant": "no"},
        )
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["signIn"]["userErrors"][0]["code"] == "SIGN_IN_REFUSED"


async def test_person_of_two_companies_is_asked_which(
    firm: Firm, other_firm: Firm, services: Services, anonymous: Caller, new_person: Callable[..., Awaitable[str]]
) -> None:
    login = await new_person(firm, Role.WORKER)
    await add_membership(services.identity, other_firm.tenant, login=login, display_name="Li Lei", role=Role.AUDITOR)
    asked = (await anonymous.ask(SIGN_IN, {"input": {"login": login, "password": PASSWORD}}))["signIn"]
    assert (asked["tokens"], [error["code"] for error in asked["userErrors"]]) == (None, ["TENANT_CHOICE_REQUIRED"])
    assert sorted(choice["slug"] for choice in asked["tenantChoices"]) == sorted([firm.slug, other_firm.slug])
    chosen = (await anonymous.ask(SIGN_IN, {"input": {"login": login, "password": PASSWORD, "tenant": other_firm.slug}}))["signIn"]
    assert chosen["me"] == {"tenant": other_firm.slug, "roles": ["auditor"]}
