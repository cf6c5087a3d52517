"""Every field of every type of the schema, on goods that two firms know by the same keys: each is told its own.

Generated from the schema: a field is tried on the day it is made, and a type that no request reaches fails these tests.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final, cast
from uuid import uuid4

import asyncpg
import httpx
import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from backend.graphql.ids import global_id
from backend.services import Services
from mobile_api.app import create_app
from tests.factories import DUMPLING, FLOUR, PLANT, made, quantity, unit
from tests.graphql.operations import Operation, asked, chains, operations, schema
from tests.graphql.test_commands import document
from tests.isolation.access_day import Office
from tests.isolation.people import Person, new_person, new_tenant
from tests.isolation.victims import CANARIES, DUMPLINGS, FLOUR_LOT, PALLET, Victim, new_victim, work_of

# A word that isn't hidden: what the second firm wrote itself.
OWN_WORD: Final = "own words"
# What the first of a kind is found by, for fields that ask for it.
ARGUMENTS: Final[dict[str, list[Any]]] = {
    "key": [FLOUR_LOT, DUMPLINGS, PALLET, unit(DUMPLING, "V-S1")], "direction": ["FORWARD", "BACKWARD"], "gtin": [FLOUR], "place": [PLANT],
    # Everybody; a code that both firms know, and one that is wrong.
    "text": ["", FLOUR_LOT, "(01)1"], "openOnly": [False], "activeOnly": [False], "revoked": [True], "archived": [True],
}  # fmt: skip


@dataclass(frozen=True)
class Both:
    """Two firms with the same goods: a victim, all of whose words are canaries, and one that wrote its own."""

    client: httpx.AsyncClient
    victim: Victim
    other: Person
    # Whatever of the other firm's has a global id.
    ids: list[str] = field(default_factory=list)

    async def ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """As the other firm's owner."""
        body = {"query": query, "variables": variables or {}}
        answer = await self.client.post("/graphql", json=body, headers={**self.other.headers, "Idempotency-Key": str(uuid4())})
        assert not [canary for canary in CANARIES if canary in answer.text or ascii(canary)[1:-1] in answer.text], (query, answer.text)
        told: dict[str, Any] = answer.json()
        return told


def made_flour() -> dict[str, Any]:
    """More of the same flour."""
    return made([], [quantity(FLOUR_LOT, 1)], minutes=60)


@pytest.fixture(scope="module")
async def both(clone_services: Services, cluster: Any, clone: Any) -> AsyncIterator[Both]:
    superuser = await asyncpg.connect(cluster.admin_dsn, database=clone.app.rsplit("/", 1)[1])
    victim = await new_victim(clone_services, superuser)
    other = await new_person(clone_services, await new_tenant(clone_services))
    await work_of(clone_services, other, OWN_WORD)
    await superuser.close()
    transport = httpx.ASGITransport(app=cast(Any, create_app(services=clone_services)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:
        firm = Both(client, victim, other)
        office = Office(clone_services, client, other.headers)
        await office.work()
        job = (await client.post("/epcis/capture", json=document(made_flour()), headers=other.headers)).json()["captureID"]
        lists = "{ events(first: 20) { nodes { id } } holds(first: 20) { nodes { id } } alerts(first: 20) { nodes { id } } }"
        found = [node["id"] for part in (await firm.ask(lists))["data"].values() for node in part["nodes"]]
        firm.ids.extend([*found, *office.names.values(), global_id("CaptureJob", job), global_id("Product", FLOUR), global_id("Location", PLANT)])
        yield firm


def rooted(operation: Operation, inside: str, ids: list[str]) -> list[tuple[str, dict[str, Any]]]:
    """An operation with each of the arguments under which the firm has something."""
    found = [{**operation.variables, **({"first": 20} if "first" in operation.field.args else {})}]
    for name, values in {**ARGUMENTS, "id": ids, "memberId": ids}.items():
        if name in operation.field.args:
            found = [{**given, name: value} for given in found for value in values]
    return [(operation.document(variables, inside), variables) for variables in found]


def documents(parent: str, wanted: str, ids: list[str]) -> list[tuple[str, dict[str, Any]]]:
    """Requests that ask for fields of a type, by the shortest way from the root."""
    query = schema().query_type
    assert query is not None
    way = chains(query)[parent]
    inside = f"__typename ... on {parent} {{ {wanted} }}"
    for at, step, taken in reversed(way[1:]):
        inside = f"__typename ... on {at} {{ {asked(step, taken, inside)} }}"
    [root] = [operation for operation in operations("query") if operation.name == way[0][1]]
    return rooted(root, inside, ids)


def wishes(named: GraphQLObjectType) -> list[str]:
    """All fields of a type: what is told at once together, what leads on one by one."""
    leaves = [asked(name, each) for name, each in named.fields.items() if is_leaf_type(get_named_type(each.type))]
    leading = [asked(name, each, "__typename") for name, each in named.fields.items() if not is_leaf_type(get_named_type(each.type))]
    return [" ".join(leaves) or "__typename", *leading]


def types() -> list[GraphQLObjectType]:
    """Every type that a query leads to, but for the root itself, whose fields are tried one by one elsewhere."""
    query = schema().query_type
    assert query is not None
    named = [schema().type_map[name] for name in chains(query) if name != query.name]
    return [each for each in named if isinstance(each, GraphQLObjectType)]


# Types that need something which these two firms don't have; each is tried where it is made.
UNREACHED: Final[frozenset[str]] = frozenset(
    {"ElectronicSignature", "ElectronicSignatureEdge", "AuditExportLink", "DeviceUser", "InvitationPreview", "SiteLimit"}
)
WRONG: Final = {"INTERNAL", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "QUERY_TOO_EXPENSIVE", "PERMISSION_DENIED"}


@pytest.mark.timeout(300)
async def test_every_field_tells_a_firm_its_own(both: Both) -> None:
    missed = set()
    for named in types():
        for wanted in wishes(named):
            for query, variables in documents(named.name, wanted, both.ids):
                told = await both.ask(query, variables)
                problems = {error["extensions"]["code"] for error in told.get("errors", [])}
                assert not problems & WRONG, (query, variables, told)
                if named.name in typenames(told.get("data")):
                    break
            else:
                missed.add(named.name)
    assert sorted(missed - UNREACHED) == []


def typenames(data: Any) -> set[str]:
    """The types of which an answer tells something."""
    if isinstance(data, list):
        return set().union(*(typenames(each) for each in data))
    if not isinstance(data, dict):
        return set()
    found = {data["__typename"]} if "__typename" in data else set()
    return found.union(*(typenames(each) for each in data.values()))


async def test_what_a_firm_wrote_itself_comes_back(both: Both) -> None:
    lists = "{ events(first: 5) { nodes { body } } holds(first: 5) { nodes { reason } } products(first: 5) { nodes { name } } }"
    told = await both.ask(lists)
    assert all(OWN_WORD in str(part["nodes"]) for part in told["data"].values())


async def test_mutations_and_queries_are_all_the_ways_to_a_type(both: Both) -> None:
    built = schema()
    roots = [root for root in (built.query_type, built.mutation_type, built.subscription_type) if root is not None]
    led_to = set().union(*(chains(root) for root in roots))
    declared = {name for name, named in built.type_map.items() if isinstance(named, GraphQLObjectType) and not name.startswith("__")}
    assert declared == led_to
