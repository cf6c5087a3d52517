"""Every field of every type of the schema, on goods that two firms know by the same keys: each is told its own.

Generated from the schema: a field is tried on the day it is made, and a type that no request reaches fails these tests.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, cast
from uuid import uuid4

import asyncpg
import httpx
import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from backend.aliases import service as aliases
from backend.graphql.ids import global_id
from backend.holds import service as holds
from backend.inspections import schedules
from backend.inspections import service as inspections
from backend.inspections.opening import Wanted
from backend.sampling import service as sampling
from backend.sampling.plans import DefectClass, Definition, Scheme
from backend.services import Services
from backend.specifications import service as specifications
from backend.specifications.characteristics import Characteristic, CharacteristicKind, Limit
from backend.specifications.rules import Scope
from infra.clock import now
from infra.database import Gate, TenantTransaction
from mobile_api.app import create_app
from tenants.audit import exports
from tenants.audit.exports import ExportWriter
from tenants.permissions import Role
from tests.factories import CUSTOMER, DUMPLING, FLOUR, PLANT, capture, lot, made, packed, quantity, transformed, unit
from tests.graphql.operations import Operation, asked, chains, operations, schema
from tests.graphql.test_commands import document
from tests.isolation.access_day import Office
from tests.isolation.fsma204_day import SELECT, foods_told
from tests.isolation.people import HERE, Person, new_person, new_tenant
from tests.isolation.quality_day import something_wrong
from tests.isolation.recall_checks_day import checks_and_a_drill
from tests.isolation.recall_day import a_recall
from tests.isolation.recall_notices_day import a_notice
from tests.isolation.victims import CANARIES, CANARY, DUMPLINGS, FLOUR_LOT, PALLET, Victim, new_victim, work_of
from tests.isolation.watching_day import watch
from tests.signing import signature_of

# A word that isn't hidden: what the second firm wrote itself.
OWN_WORD: Final = "own words"
TANK, DRAW = "https://example.com/tank/V-T1", "urn:uuid:00000000-0000-4000-8000-0000000000f1"
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


async def fill_and_draw(services: Services, person: Person, word: str) -> None:
    """A tank of flour, of which some is drawn; flour of which nobody says how much; a lot that is the same as another."""
    drawn = transformed([TANK], [DUMPLINGS], minutes=55, transformation=DRAW)
    drawn |= {"inputEPCList": [TANK], "inputQuantityList": [{"epcClass": FLOUR_LOT}]}
    # What a trace tells of a step: papers, readings, a supplier; and rework.
    drawn |= {"bizTransactionList": [{"type": "prodorder", "bizTransaction": "https://example.com/orders/1"}]}
    read = [{"sensorReport": [{"type": "Temperature", "value": 4, "uom": "CEL"}]}]
    parties = [{"type": "possessing_party", "source": CUSTOMER}]
    supplied: dict[str, Any] = {"action": "OBSERVE", "bizStep": "receiving", "sourceList": parties, "sensorElementList": read}
    drawn["sensorElementList"] = read
    rework = [transformed([FLOUR_LOT], [lot(FLOUR, "V-L")], minutes=-99), transformed([lot(FLOUR, "V-L")], [FLOUR_LOT], minutes=58)]
    told = [packed(TANK, amounts=[quantity(FLOUR_LOT, 9)], minutes=54), drawn, made([], [quantity(lot(FLOUR, "V-F2"), 1)], minutes=56)]
    await capture(services, person.tenant.tenant_id, *told, *rework, made([], [quantity(FLOUR_LOT, 1)], minutes=-100, **supplied))

    async def declare(tx: TenantTransaction) -> None:
        cause, other = aliases.AliasCause.MISTYPED, lot(FLOUR, "V-F2")
        await aliases.assert_alias(tx, person.principal, services.capture, key=FLOUR_LOT, same_as=other, cause=cause, reason=word)

    await services.in_tenant(person.tenant.tenant_id, declare, gate=Gate.SHARED)


async def sign_a_release(services: Services, person: Person, word: str) -> None:
    """One more hold, released with a signature."""
    principal, tenant_id = person.principal, person.tenant.tenant_id

    async def release(tx: TenantTransaction) -> None:
        hold = await holds.place_hold(tx, principal, key=DUMPLINGS, reason=word)
        await holds.release_hold(tx, principal, hold_id=hold.hold_id, reason=word, signature=signature_of(principal, reason=word))

    await services.in_tenant(tenant_id, release, gate=Gate.EXCLUSIVE)


async def inspect(services: Services, person: Person, word: str) -> None:
    """Flour is inspected by a sampling plan, accepted, and again every month."""
    principal, tenant_id = person.principal, person.tenant.tenant_id

    async def work(tx: TenantTransaction) -> None:
        definition = Definition(Scheme.ATTRIBUTES, "II", {DefectClass.MAJOR: Decimal("1.0")})
        plan = await sampling.put_plan(tx, principal, plan_id=None, name=word, definition=definition)
        limit = Characteristic("DAMP", word, CharacteristicKind.NUMBER, unit="P1", lower=Limit(Decimal(5)), upper=Limit(Decimal(15)), samples=1)
        draft = specifications.Draft((limit,), plan.plan_id, note=word)
        named = {"zh": word}
        made_for = Scope(product=FLOUR)
        specification_id, version = await specifications.put_draft(tx, principal, code="FLOUR", names=named, scope=made_for, draft=draft)
        await specifications.release(tx, principal, specification_id=specification_id, version=version)
        wanted = Wanted(inspections.Kind.INCOMING, key=FLOUR_LOT, lot_size=3, reason=word)
        opened = await inspections.open_inspection(tx, principal, wanted)
        given = inspections.Given("DAMP", "13", note=word)
        await inspections.record_results(tx, principal, inspection_id=opened.inspection_id, results=[given])
        await inspections.conclude(tx, principal, inspection_id=opened.inspection_id, note=word)
        await schedules.put_schedule(tx, principal, schedules.Plan(word, specification_id, every_days=30))

    await services.in_tenant(tenant_id, work)


async def left_open(services: Services, office: Office) -> str:
    """What a day leaves open: somebody is on a phone, an export is ready, and an invitation waits, whose token this is."""
    badge = (await office.ask("issueBadge", {"memberId": office.names["member"]}))["code"]
    assert office.phone is not None
    assert (await office.phone.switch(badge=badge)).status_code == 200
    office.names["phone"] = global_id("Device", office.phone.device)
    invited = await office.ask("invite", {"login": f"{uuid4().hex}@example.com", "displayName": "x", "grants": [{"role": "worker"}]})
    principal = await services.identity.authenticate(office.headers["Authorization"].partition(" ")[2], caller=HERE)
    write = ExportWriter(services.storage)
    open_rows = "select outbox_id, payload from outbox where tenant_id = $1 and topic = $2 and done_at is null order by outbox_id limit 1"
    async with services.database.tenant(principal.tenant_id) as tx:
        while row := await tx.fetchrow(open_rows, exports.TOPIC):
            await write(tx, json.loads(row["payload"]))
            await tx.execute("update outbox set done_at = now() where tenant_id = $1 and outbox_id = $2", row["outbox_id"])
    return str(invited["link"].partition("#")[2])


@pytest.fixture(scope="module")
async def both(clone_services: Services, cluster: Any, clone: Any) -> AsyncIterator[Both]:
    superuser = await asyncpg.connect(cluster.admin_dsn, database=clone.app.rsplit("/", 1)[1])
    victim = await new_victim(clone_services, superuser)
    other = await new_person(clone_services, await new_tenant(clone_services))
    await work_of(clone_services, other, OWN_WORD)
    for signer, word in ((victim.person, CANARY), (other, OWN_WORD)):
        await sign_a_release(clone_services, signer, word)
        await fill_and_draw(clone_services, signer, word)
        await inspect(clone_services, signer, word)
        await foods_told(clone_services, signer.principal, word)
        wrong = await something_wrong(clone_services, signer.principal, FLOUR_LOT, word)
        wrong |= await a_recall(clone_services, signer.principal, FLOUR_LOT, word)
        wrong |= await a_notice(clone_services, signer.principal, wrong["recall"], word)
        wrong |= await checks_and_a_drill(clone_services, signer.principal, FLOUR_LOT, wrong, word)
        # What comes late is an addition to the recall's scope.
        await capture(clone_services, signer.tenant.tenant_id, transformed([FLOUR_LOT], [lot(FLOUR, "V-LATE")], minutes=59))
    limited = await new_person(clone_services, other.tenant, Role.LINE_LEAD)
    grant = "update suyuan.membership_grant set site = $2 where tenant_id = $1 and membership_id = $3"
    await superuser.execute(grant, other.tenant.tenant_id, PLANT, limited.principal.membership_id)
    await clone_services.identity.standings.doubt_person(limited.principal.actor_id)
    await superuser.close()
    await clone_services.storage.ensure_bucket()
    transport = httpx.ASGITransport(app=cast(Any, create_app(services=clone_services)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:
        firm = Both(client, victim, other, limited)
        office = Office(clone_services, client, other.headers)
        await office.work()
        firm.arguments["caseId"] = [wrong["recall"]]
        firm.arguments["endpointId"] = [office.names["webhook"]]
        firm.arguments["token"] = [await left_open(clone_services, office)]
        firm.arguments["ids"] = [[office.names["photo"]]]
        firm.arguments["caseId"], firm.arguments["countries"] = [wrong["recall"]], [["CN"]]
        firm.arguments.update(await watch(clone_services, client, other.headers, other.tenant.tenant_id, OWN_WORD))
        job = (await client.post("/epcis/capture", json=document(made_flour()), headers=other.headers)).json()["captureID"]
        lists = "{ events(first: 20) { nodes { id } } holds(first: 20) { nodes { id } } "
        lists += "alertRules(first: 9) { nodes { id } } ruleFirings(first: 9) { nodes { id } } "
        lists += "inspections(first: 9) { nodes { id } } specifications(first: 9) { nodes { id } } alerts(first: 20) { nodes { id } } }"
        found = [node["id"] for part in (await firm.ask(lists))["data"].values() for node in part["nodes"]]
        firm.ids.extend(
            [*found, *wrong.values(), *office.names.values(), global_id("CaptureJob", job), global_id("Product", FLOUR), global_id("Location", PLANT)]
        )
        yield firm


def rooted(operation: Operation, inside: str, both: Both) -> list[tuple[str, dict[str, Any]]]:
    """An operation with each of the arguments under which the firm has something."""
    found = [{**operation.variables, **({"first": 20} if "first" in operation.field.args else {})}]
    for name, values in {**ARGUMENTS, **both.arguments, "id": both.ids, "memberId": both.ids}.items():
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
    return rooted(root, inside, both)


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


# Of these neither firm has one in this scene: goods packed beside recalled ones, points of a board's curve, what doesn't add up on it, and a
# recall that is published.
UNREACHED: Final = {"CoPackedGoods", "CoPackedGoodsEdge", "RecallBoardPoint", "RecallDiscrepancy", "RecallDiscrepancyEdge", "RecallPublication"}


@pytest.mark.timeout(300)
async def test_every_field_tells_a_firm_its_own(both: Both) -> None:
    missed = set()
    for named in types():
        for wanted in wishes(named):
            if not await reached(both, named.name, wanted):
                missed.add(named.name)
    assert missed == UNREACHED


async def reached(both: Both, name: str, wanted: str) -> bool:
    """Whether a request of the owner's tells something of a type, or one of somebody's who is limited, for what only he is told."""
    for query, variables in documents(name, wanted, both):
        for person in (both.other, both.limited):
            told = await both.ask(query, variables, by=person)
            problems = {error["extensions"]["code"] for error in told.get("errors", [])}
            assert not problems & (WRONG if person is both.other else WRONG - {"PERMISSION_DENIED"}), (query, variables, told)
            if name in typenames(told.get("data")):
                return True
    return False


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
