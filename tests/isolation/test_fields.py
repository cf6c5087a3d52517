"""Every field of every type of the schema, on goods that two firms know by the same keys: each is told its own.

Generated from the schema: a field is tried on the day it is made, and a type that no request reaches fails these tests.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, cast
from uuid import uuid4

import asyncpg
import httpx
import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from backend.graphql.ids import global_id, parse_global_id
from backend.services import Services
from infra.clock import now
from mobile_api.app import create_app
from tenants.permissions import Role
from tests.factories import DUMPLING, FLOUR, PLANT, made, quantity, unit
from tests.graphql.operations import Operation, asked, chains, operations, schema
from tests.graphql.test_commands import document
from tests.isolation.access_day import Office
from tests.isolation.consumers_day import published
from tests.isolation.fsma204_day import SELECT, foods_told
from tests.isolation.people import Person, new_person, new_tenant
from tests.isolation.quality_day import something_wrong
from tests.isolation.recall_checks_day import checks_and_a_drill
from tests.isolation.recall_day import a_recall
from tests.isolation.recall_notices_day import a_notice
from tests.isolation.stocked_day import DRAW, TANK, fill_and_draw, inspect, left_open, pack_beside, sign_a_release, tell_late
from tests.isolation.victims import CANARIES, CANARY, DUMPLINGS, FLOUR_LOT, PALLET, Victim, new_victim, work_of
from tests.isolation.watching_day import watch

# A word that isn't hidden: what the second firm wrote itself.
OWN_WORD: Final = "own words"
# What the first of a kind is found by, for fields that ask for it.
ARGUMENTS: Final[dict[str, list[Any]]] = {
    "key": [FLOUR_LOT, DUMPLINGS, PALLET, unit(DUMPLING, "V-S1"), TANK, f"transformation:{DRAW}"], "direction": ["FORWARD", "BACKWARD"],
    "tankPolicy": ["FIRST_IN_FIRST_OUT"], "roleOrTeam": ["role:owner"],
    "gtin": [FLOUR, DUMPLING], "select": [SELECT], "description": ["fresh spinach"], "place": [PLANT], "level": ["II"],
    # Everybody; a code that both firms know, and one that is wrong.
    "by": ["PRODUCT"], "from": [(now() - timedelta(days=300)).isoformat()], "to": [(now() + timedelta(days=1)).isoformat()],
    "bad": [{"keys": [FLOUR_LOT]}],
    "text": ["", FLOUR_LOT, "(01)1"], "openOnly": [False], "activeOnly": [False], "revoked": [True], "archived": [True],
}  # fmt: skip


@dataclass(frozen=True)
class Both:
    """Two firms with the same goods: a victim, all of whose words are canaries, and one that wrote its own."""

    client: httpx.AsyncClient
    victim: Victim
    other: Person
    # Somebody of the other firm who is limited to a site.
    limited: Person
    # Whatever of the other firm's has a global id.
    ids: list[str] = field(default_factory=list)
    # What the other firm has something under, argument by argument.
    arguments: dict[str, list[Any]] = field(default_factory=dict)

    async def ask(self, query: str, variables: dict[str, Any] | None = None, *, by: Person | None = None) -> dict[str, Any]:
        """As the other firm's owner, or as somebody else."""
        body = {"query": query, "variables": variables or {}}
        headers = {**(by or self.other).headers, "Idempotency-Key": str(uuid4())}
        answer = await self.client.post("/graphql", json=body, headers=headers)
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
    for signer, word in ((victim.person, CANARY), (other, OWN_WORD)):
        await sign_a_release(clone_services, signer, word)
        await fill_and_draw(clone_services, signer, word)
        await pack_beside(clone_services, signer, word)
        await inspect(clone_services, signer, word)
        await foods_told(clone_services, signer.principal, word)
        wrong = await something_wrong(clone_services, signer.principal, FLOUR_LOT, word)
        wrong |= await a_recall(clone_services, signer.principal, FLOUR_LOT, word)
        wrong |= await a_notice(clone_services, signer.principal, wrong["recall"], word)
        wrong |= await checks_and_a_drill(clone_services, signer.principal, FLOUR_LOT, wrong, word)
        await published(clone_services, signer.principal, wrong["recall"])
        await tell_late(clone_services, signer, wrong["recall"])
    limited = await new_person(clone_services, other.tenant, Role.LINE_LEAD)
    grant = "update suyuan.membership_grant set site = $2 where tenant_id = $1 and membership_id = $3"
    await superuser.execute(grant, other.tenant.tenant_id, PLANT, limited.principal.membership_id)
    await clone_services.identity.standings.doubt_person(limited.principal.actor_id)
    await superuser.close()
    transport = httpx.ASGITransport(app=cast(Any, create_app(services=clone_services)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:
        firm = Both(client, victim, other, limited)
        office = Office(clone_services, client, other.headers)
        await office.work()
        firm.arguments["endpointId"] = [office.names["webhook"]]
        firm.arguments["token"] = [await left_open(clone_services, office)]
        firm.arguments["ids"] = [[office.names["photo"]]]
        firm.arguments["caseId"], firm.arguments["countries"] = [wrong["recall"]], [["CN"]]
        firm.arguments.update(await watch(clone_services, client, other.headers, other.tenant.tenant_id, OWN_WORD))
        # What is done in the tests is of today.
        firm.arguments["until"].append((now() + timedelta(days=1)).isoformat())
        job = (await client.post("/epcis/capture", json=document(made_flour()), headers=other.headers)).json()["captureID"]
        lists = "{ events(first: 20) { nodes { id } } holds(first: 20) { nodes { id } } "
        lists += "alertRules(first: 9) { nodes { id } } ruleFirings(first: 9) { nodes { id } } "
        lists += "inspections(first: 9) { nodes { id } } specifications(first: 9) { nodes { id } } alerts(first: 20) { nodes { id } } }"
        found = [node["id"] for part in (await firm.ask(lists))["data"].values() for node in part["nodes"]]
        firm.ids.extend(
            [*found, *wrong.values(), *office.names.values(), global_id("CaptureJob", job), global_id("Product", FLOUR), global_id("Location", PLANT)]
        )
        yield firm


def rooted(operation: Operation, inside: str, both: Both, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """An operation with each of the arguments under which the firm has something; first the ids of what it is to tell, an object of a kind."""
    found = [{**operation.variables, **({"first": 20} if "first" in operation.field.args else {})}]
    ids = sorted(both.ids, key=lambda each: (parse_global_id(each) or ("", ""))[0] != kind)
    for name, values in {**ARGUMENTS, **both.arguments, "id": ids, "memberId": ids}.items():
        if name in operation.field.args:
            found = [{**given, name: value} for given in found for value in values]
    return [(operation.document(variables, inside), variables) for variables in found]


def documents(parent: str, wanted: str, both: Both) -> list[tuple[str, dict[str, Any]]]:
    """Requests that ask for fields of a type, by the shortest way from the root."""
    query = schema().query_type
    assert query is not None
    way = chains(query)[parent]
    inside = f"__typename ... on {parent} {{ {wanted} }}"
    for at, step, taken in reversed(way[1:]):
        inside = f"__typename ... on {at} {{ {asked(step, taken, inside)} }}"
    [root] = [operation for operation in operations("query") if operation.name == way[0][1]]
    return rooted(root, inside, both, way[1][0] if len(way) > 1 else parent)


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


WRONG: Final = {"INTERNAL", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "QUERY_TOO_EXPENSIVE", "PERMISSION_DENIED"}


@dataclass
class Asking:
    """Asks for fields of a type, first by what has told something of it before."""

    both: Both
    named: GraphQLObjectType
    found: tuple[dict[str, Any], Person] | None = None

    async def tells(self, wanted: str) -> bool:
        """Whether a request of the owner's tells something of the type, or one of somebody's who is limited, for what only he is told."""
        asked = documents(self.named.name, wanted, self.both)
        tries = [(query, variables, person) for person in (self.both.other, self.both.limited) for query, variables in asked]
        for query, variables, person in sorted(tries, key=lambda tried: (tried[1], tried[2]) != self.found):
            told = await self.both.ask(query, variables, by=person)
            problems = {error["extensions"]["code"] for error in told.get("errors", [])}
            assert not problems & (WRONG if person is self.both.other else WRONG - {"PERMISSION_DENIED"}), (query, variables, told)
            if self.named.name in typenames(told.get("data")):
                self.found = variables, person
                return True
        return False

    async def tells_all(self, wanted: list[str]) -> bool:
        """Whether one request tells all of it at once, without any problem."""
        if self.found is None:
            return False
        variables, person = self.found
        [query] = [query for query, given in documents(self.named.name, " ".join(wanted), self.both) if given == variables]
        told = await self.both.ask(query, variables, by=person)
        return "errors" not in told and self.named.name in typenames(told.get("data"))


@pytest.mark.timeout(200)
async def test_every_field_tells_a_firm_its_own(both: Both) -> None:
    missed = set()
    for named in types():
        asking, (leaves, *leading) = Asking(both, named), wishes(named)
        if not await asking.tells(leaves):
            missed.add(named.name)
        # What leads on together, and one by one where that is too much.
        elif leading and not await asking.tells_all(leading):
            missed |= {f"{named.name}: {each}" for each in leading if not await asking.tells(each)}
    assert missed == set()


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
