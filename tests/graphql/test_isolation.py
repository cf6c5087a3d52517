"""Another tenant's ids and keys, in every argument of every field, answer exactly like ones that don't exist."""

import base64
import json
from collections.abc import Awaitable, Callable
from copy import deepcopy
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.graphql.ids import global_id, parse_global_id
from backend.services import Services
from infra.clock import now
from infra.ids import uuid7
from tests.factories import CUSTOMER, FLOUR, PLANT, capture, lot, made, quantity, shipped
from tests.firms import Firm
from tests.graphql.conftest import FLOUR_LOT, PALLET, Caller, catalogue
from tests.graphql.operations import Operation, leaves, operations
from tests.graphql.test_commands import written
from tests.isolation.access_day import Office

# What an argument holds where it isn't the one that is tried: good enough for the use case to get to it.
OWN: dict[str, Any] = {
    "key": FLOUR_LOT, "reason": "x", "keys": [FLOUR_LOT], "fromPlace": PLANT, "toParty": CUSTOMER, "gtin": FLOUR, "place": PLANT, "party": CUSTOMER,
    "timeZone": "UTC", "names": {"en": "x"}, "quantity": "1", "uom": "KGM", "own": True, "offset": "+00:00",
}  # fmt: skip
# Session secrets are tried with the other tenant's sessions elsewhere; these name nothing of a tenant. Of exports three run at a time;
# what their filter finds is tried with the same filter of `auditEntries`. Building a code looks nothing up. An instrument's own number is
# taken once, so that the second try differs from the first; what it may name is tried in `tests/sites`.
WITHOUT = {"signIn", "refreshToken", "signOut", "capture", "exportAudit", "buildCode", "buildCodes", "putInstrument"}
FREE_TEXT = {"countries", "reason", "note", "password", "code", "currentPassword", "newPassword", "token", "language"}


@pytest.mark.timeout(400)
async def test_other_tenants_ids_and_keys_answer_like_ones_that_do_not_exist(
    works: Firm, other_firm: Firm, services: Services, owner: Caller, caller_of: Callable[..., Awaitable[Caller]]
) -> None:
    stranger = await caller_of(other_firm)
    pairs = await _foreign(services, other_firm, stranger)
    hold = await owner.command("mutation($input: PlaceHoldInput!) { placeHold(input: $input) { hold { id } } }", {"key": PALLET, "reason": "x"})
    own = OWN | {"holdId": hold["hold"]["id"]}
    before = await written(services, other_firm.tenant_id)
    tried = 0
    for operation in operations("query", "mutation"):
        if operation.name in WITHOUT:
            continue
        for path, listed in leaves(operation.field):
            if path[-1] in FREE_TEXT:
                continue
            for pair in pairs:
                tries = [_cursor(given) for given in pair] if path[-1] in ("after", "before") else pair
                answers = [await _answer(owner, operation, own, path, given, listed=listed) for given in tries]
                assert answers[0] == answers[1], (operation.name, path, pair)
                tried += 1
    assert tried > 300
    assert await written(services, other_firm.tenant_id) == before


async def _foreign(services: Services, firm: Firm, stranger: Caller) -> list[tuple[str, str]]:
    """(something of the other tenant's, its twin that nobody has)."""
    await catalogue(stranger)
    theirs = lot(FLOUR, "THEIRS")
    event = made(amounts=[quantity(theirs, 5)])
    told = await capture(services, firm.tenant_id, event, shipped([], [quantity(theirs, 1)]))
    placed = await stranger.command("mutation($input: PlaceHoldInput!) { placeHold(input: $input) { hold { id } } }", {"key": theirs, "reason": "x"})
    await capture(services, firm.tenant_id, shipped([], [quantity(theirs, 1)], minutes=50))
    alerts = await stranger.ask("{ alerts(first: 1) { nodes { id } edges { cursor } } shipments(first: 1) { nodes { id } edges { cursor } } }")
    job = uuid7()
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute(
            """insert into capture_job (tenant_id, job_id, created_at, error_behaviour, success, accepted, duplicates, rejected, errors, created_by)
               values ($1, $2, $3, 'rollback', true, 1, 0, 0, '[]', $4)""",
            job, now(), uuid4(),
        )  # fmt: skip
    shipment = alerts["shipments"]
    office = Office(services, stranger.client, stranger.headers)
    await office.work()
    ids = [
        *office.names.values(),
        placed["hold"]["id"],
        alerts["alerts"]["nodes"][0]["id"],
        shipment["nodes"][0]["id"],
        global_id("Event", str(told[0].public_id)),
    ]
    return [
        (theirs, lot(FLOUR, "NOBODY")),
        ("THEIRS", "NOBODY"),
        (event["eventID"], f"urn:uuid:{uuid4()}"),
        (global_id("TraceableObject", f"01/{FLOUR}/10/THEIRS"), global_id("TraceableObject", f"01/{FLOUR}/10/NOBODY")),
        (str(job), _twin(job)),
        (global_id("CaptureJob", job), global_id("CaptureJob", _twin(job))),
        *((identifier, _twin_of(identifier)) for identifier in ids),
        (str(_uuid_in(shipment["nodes"][0]["id"])), _twin(_uuid_in(shipment["nodes"][0]["id"]))),
    ]


def _twin(given: UUID) -> str:
    """Made in the same moment, and never given out."""
    return str(UUID(int=given.int ^ 1))


def _twin_of(identifier: str) -> str:
    kind, _ = parse_global_id(identifier) or ("", "")
    return global_id(kind, _twin(_uuid_in(identifier)))


def _uuid_in(identifier: str) -> UUID:
    _, public_id = parse_global_id(identifier) or ("", "")
    return UUID(public_id)


def _cursor(value: object) -> str:
    return base64.urlsafe_b64encode(str(value).encode()).decode().rstrip("=")


async def _answer(owner: Caller, operation: Operation, own: dict[str, Any], path: tuple[str, ...], given: str, *, listed: bool) -> str:
    variables = _filled(deepcopy(operation.variables), own)
    if path[-1] == "before":
        variables["last"] = variables.pop("first", None)
    _put(variables, path, [given] if listed else given)
    selection = "userErrors { field code message }" if operation.kind == "mutation" else _selection(operation)
    answer = (await owner.post(operation.document(variables, selection), variables, Idempotency_Key=str(uuid4()))).json()
    for error in answer.get("errors", []):
        error["extensions"].pop("requestId")
        assert error["extensions"]["code"] != "INTERNAL", (operation.name, path, given)
    text = json.dumps(answer, ensure_ascii=False)
    key = given.removeprefix("https://id.gs1.org/")
    return text.replace(given, "…").replace(key, "…")


def _selection(operation: Operation) -> str:
    kind = str(operation.field.type).rstrip("!")
    if kind.endswith("Connection"):
        return "edges { cursor node { __typename } } pageInfo { hasNextPage hasPreviousPage }"
    return {"Trace": "nodeCount linkCount", "Me": "roles", "ReadCode": "form object { key } product { name }"}.get(kind, "id")


def _filled(value: Any, own: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: deepcopy(own[name]) if name in own else _filled(item, own) for name, item in value.items()}
    return [_filled(item, own) for item in value] if isinstance(value, list) else value


def _put(variables: dict[str, Any], path: tuple[str, ...], given: Any) -> None:
    place: Any = variables
    for name in path[:-1]:
        place = place.setdefault(name, {})
        place = place[0] if isinstance(place, list) else place
    place[path[-1]] = given


async def test_same_key_in_two_tenants_is_two_objects(works: Firm, other_firm: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    stranger = await caller_of(other_firm)
    refusal = await stranger.refusal("query($key: String!) { traceableObject(key: $key) { id } }", {"key": FLOUR_LOT})
    assert refusal["code"] == "OBJECT_NOT_FOUND"
