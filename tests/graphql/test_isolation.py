"""Another tenant's ids and keys, in every argument of every field, answer exactly like ones that don't exist."""

import base64
import json
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Any
from uuid import UUID, uuid4

import pytest
from graphql import GraphQLField, GraphQLInputObjectType, get_named_type, is_leaf_type

from backend.graphql.ids import global_id, parse_global_id
from backend.graphql.limits import MAXIMUM_ALIASES
from backend.services import Services
from infra.clock import now
from infra.ids import uuid7
from tests.factories import CUSTOMER, FLOUR, PLANT, capture, lot, made, quantity, shipped
from tests.firms import Firm
from tests.graphql.conftest import FLOUR_LOT, PALLET, Caller, catalogue
from tests.graphql.operations import Operation, leaves, operations, value
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
FREE_TEXT = {"reason", "note", "password", "code", "currentPassword", "newPassword", "token", "language"}
_QUOTED = re.compile("“([^”]+)”")
# Two countries whose codes say nothing of anybody: the other tenant's recall is in the first one, and nobody's is in the second.
THEIR_COUNTRY_AND_NOBODYS = ("KZ", "KG")
# So that workers share the operations.
PARTS = 2


@pytest.mark.timeout(400)
@pytest.mark.parametrize("part", range(PARTS))
async def test_other_tenants_ids_and_keys_answer_like_ones_that_do_not_exist(
    works: Firm, other_firm: Firm, services: Services, owner: Caller, caller_of: Callable[..., Awaitable[Caller]], part: int
) -> None:
    stranger = await caller_of(other_firm)
    pairs = await _foreign(services, other_firm, stranger)
    hold = await owner.command("mutation($input: PlaceHoldInput!) { placeHold(input: $input) { hold { id } } }", {"key": PALLET, "reason": "x"})
    own = OWN | {"holdId": hold["hold"]["id"]}
    before = await written(services, other_firm.tenant_id)
    tried = 0
    for operation in operations("query", "mutation")[part::PARTS]:
        if operation.name in WITHOUT:
            continue
        for path, listed in leaves(operation.field):
            if path[-1] in FREE_TEXT:
                continue
            named = [THEIR_COUNTRY_AND_NOBODYS] if path[-1] == "countries" else pairs
            tries = [_cursor(given) if path[-1] in ("after", "before") else given for pair in named for given in pair]
            answers = await _answers(owner, Asking(operation, own, path, listed), tries)
            for pair, theirs, nobodys in zip(named, answers[::2], answers[1::2], strict=True):
                assert theirs == nobodys, (operation.name, path, pair)
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
    recall = {"title": "x", "reason": "x", "sources": [{"object": {"key": theirs}}], "countries": [THEIR_COUNTRY_AND_NOBODYS[0]], "sector": "FOOD"}
    opened = await stranger.command("mutation($input: OpenRecallInput!) { openRecall(input: $input) { recall { id countries } } }", recall)
    assert opened["recall"]["countries"] == [THEIR_COUNTRY_AND_NOBODYS[0]]
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
        opened["recall"]["id"],
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


@dataclass(frozen=True)
class Asking:
    """An operation, and the argument of it in which names are tried."""

    operation: Operation
    own: dict[str, Any]
    path: tuple[str, ...]
    listed: bool

    def variables(self, given: str) -> dict[str, Any]:
        """With a name in the argument."""
        variables: dict[str, Any] = _filled(deepcopy(self.operation.variables), self.own)
        if self.path[-1] == "before":
            variables["last"] = variables.pop("first", None)
        _put(self.operation.field, variables, self.path, [given] if self.listed else given)
        return variables

    @property
    def selection(self) -> str:
        """What is asked of the answer."""
        return "userErrors { field code message }" if self.operation.kind == "mutation" else _selection(self.operation)

    def joined(self, tries: list[str]) -> tuple[str, dict[str, Any]]:
        """One request for several names, each under an alias."""
        declared, asked = list[str](), list[str]()
        every: dict[str, Any] = {}
        for number, given in enumerate(tries):
            variables = self.variables(given)
            every |= {f"{name}{number}": item for name, item in variables.items()}
            declared += [f"${name}{number}: {self.operation.field.args[name].type}" for name in variables]
            passed = ", ".join(f"{name}: ${name}{number}" for name in variables)
            inside = "" if is_leaf_type(get_named_type(self.operation.field.type)) else f" {{ {self.selection} }}"
            asked.append(f"a{number}: {self.operation.name}({passed}){inside}")
        return f"{self.operation.kind}({', '.join(declared)}) {{ {' '.join(asked)} }}", every


async def _answers(owner: Caller, asking: Asking, tries: list[str]) -> list[str]:
    """What is said to each name: of several in one request, or one by one where the answers don't come apart."""
    found: list[str] = []
    together = True
    while len(found) < len(tries):
        told = await _told_together(owner, asking, tries[len(found) : len(found) + MAXIMUM_ALIASES]) if together else []
        together = len(told) > 2
        found += told or [await _told(owner, asking, tries[len(found)])]
    return found


async def _told_together(owner: Caller, asking: Asking, tries: list[str]) -> list[str]:
    """What is said to the first of them; to all, unless one is done under a key that does nothing else afterwards."""
    request, names = asking.joined(tries), [f"a{number}" for number in range(len(tries))]
    answer = (await owner.post(*request)).json()
    if "IDEMPOTENCY_KEY_REQUIRED" in str(answer.get("errors")):
        answer = (await owner.post(*request, Idempotency_Key=str(uuid4()))).json()
    data, problems = answer.get("data") or {}, defaultdict(list)
    for error in answer.get("errors", []):
        problems[error.get("path", [""])[0]].append(_comparable(error, asking))
    if not all(name in data or name in problems for name in names) or problems.keys() - set(names):
        return []
    told = [(given, {"data": data.get(name), "errors": problems[name]}) for given, name in zip(tries, names, strict=True)]
    return [_without(given, each) for given, each in takewhile(lambda one: "IDEMPOTENCY_KEY_REUSED" not in str(one[1]), told)]


async def _told(owner: Caller, asking: Asking, given: str) -> str:
    variables = asking.variables(given)
    answer = (await owner.post(asking.operation.document(variables, asking.selection), variables, Idempotency_Key=str(uuid4()))).json()
    errors = [_comparable(error, asking) for error in answer.get("errors", [])]
    return _without(given, {"data": (answer.get("data") or {}).get(asking.operation.name), "errors": errors})


def _comparable(error: dict[str, Any], asking: Asking) -> dict[str, Any]:
    """Without what differs between any two."""
    assert error["extensions"]["code"] not in ("INTERNAL", "GRAPHQL_VALIDATION_FAILED"), (asking, error)
    error["extensions"].pop("requestId")
    return {name: told for name, told in error.items() if name not in ("locations", "path")}


def _without(given: str, told: dict[str, Any]) -> str:
    """An answer without what was asked for, also where a message quotes how it begins, and in capitals."""
    answer = json.dumps(told, ensure_ascii=False)
    for text in (given, given.removeprefix("https://id.gs1.org/")):
        answer = answer.replace(text, "…")
    return _QUOTED.sub(lambda found: "“…”" if given.upper().startswith(found[1].upper()) else found[0], answer)


def _selection(operation: Operation) -> str:
    kind = str(operation.field.type).rstrip("!")
    if kind.endswith("Connection"):
        return "edges { cursor node { __typename } } pageInfo { hasNextPage hasPreviousPage }"
    named = get_named_type(operation.field.type)
    of_itself = "id" if "id" in getattr(named, "fields", ()) else "__typename"
    return {"Trace": "nodeCount linkCount", "Me": "roles", "ReadCode": "form object { key } product { name }"}.get(kind, of_itself)


def _filled(value: Any, own: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: deepcopy(own[name]) if name in own else _filled(item, own) for name, item in value.items()}
    return [_filled(item, own) for item in value] if isinstance(value, list) else value


def _put(field: GraphQLField, variables: dict[str, Any], path: tuple[str, ...], given: Any) -> None:
    """Set what a path names; what lies on the way there has what its type needs, and of alternatives the named one alone."""
    place, kinds = variables, {name: argument.type for name, argument in field.args.items()}
    for name, following in pairwise(path):
        inner = place.setdefault(name, _filled(value(kinds[name]), OWN))
        named = get_named_type(kinds[name])
        assert isinstance(named, GraphQLInputObjectType)
        place, kinds = inner[0] if isinstance(inner, list) else inner, {key: each.type for key, each in named.fields.items()}
        if getattr(named.extensions.get("strawberry-definition"), "is_one_of", False):
            for other in place.keys() - {following}:
                del place[other]
    place[path[-1]] = given


async def test_same_key_in_two_tenants_is_two_objects(works: Firm, other_firm: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    stranger = await caller_of(other_firm)
    refusal = await stranger.refusal("query($key: String!) { traceableObject(key: $key) { id } }", {"key": FLOUR_LOT})
    assert refusal["code"] == "OBJECT_NOT_FOUND"
