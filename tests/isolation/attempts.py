"""A hostile neighbour: requests without end that name what another tenant has, in every place where a request can name something.

He has a valid sign-in of his own. What he asks is drawn from a seed, so that a failure can be repeated by its number.
"""

import base64
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import httpx

from backend.graphql.ids import global_id
from backend.services import Services
from infra.clock import now
from infra.schema import metadata
from tenants.permissions import Role
from tests.factories import CUSTOMER, DUMPLING, FLOUR, PLANT, capture, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.graphql.operations import Operation, leaves, operations
from tests.graphql.test_commands import document
from tests.isolation.people import Person, new_person, new_tenant

# Stands in whatever the victim wrote, and in no identifier by which it is found.
CANARY: Final = "CANARY金丝雀"
_FLOUR, _DUMPLINGS, _PALLET = lot(FLOUR, "V-F1"), lot(DUMPLING, "V-D1"), sscc(9_001)
_KINDS: Final = ("TraceableObject", "Event", "Hold", "Alert", "Shipment", "CaptureJob", "Product", "Location", "Partner")
_FILTERS: Final = (
    "EQ_eventID", "EQ_transformationID", "MATCH_epc", "MATCH_anyEPC", "MATCH_epcClass", "MATCH_anyEPCClass", "MATCH_parentID", "EQ_bizLocation",
    "EQ_readPoint", "EQ_bizStep", "nextPageToken", "perPage", "eventType", "GE_recordTime", "tenant_id", "tenant",
)  # fmt: skip
_HEADERS: Final = (
    "X-Tenant-Id",
    "X-Tenant",
    "X-Forwarded-Host",
    "Host",
    "X-Forwarded-For",
    "Idempotency-Key",
    "X-Request-Id",
    "X-Original-URL",
    "Cookie",
)


@dataclass(frozen=True)
class Request:
    """One attempt."""

    place: str
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


async def victim_of(services: Services, superuser: asyncpg.Connection) -> tuple[Person, list[str]]:
    """A firm whose every written word is a canary, and all identifiers that stand anywhere in its rows."""
    victim = await new_person(services, await new_tenant(services, CANARY), name=CANARY)
    wrote: dict[str, Any] = {"ex:note": CANARY, "bizTransactionList": [{"type": "po", "bizTransaction": f"urn:x:{CANARY}"}]}
    told = [
        made(amounts=[quantity(_FLOUR, 100)], **wrote),
        transformed([_FLOUR], [_DUMPLINGS], **wrote),
        made([f"https://id.gs1.org/01/{DUMPLING}/10/V-D1/21/V-S1"], minutes=11, **wrote),
        packed(_PALLET, [unit(DUMPLING, "V-S1")], **wrote),
    ]
    context = {"@context": [*document()["@context"], {"ex": "https://victim.example/ns#"}]}
    await capture(services, victim.tenant.tenant_id, *({**context, **event} for event in told))
    await _catalogue_and_holds(services, victim)
    await capture(services, victim.tenant.tenant_id, shipped([_PALLET], minutes=50))
    return victim, await _identifiers(superuser, victim)


async def _catalogue_and_holds(services: Services, victim: Person) -> None:
    from backend.catalog import service as catalog
    from backend.holds import service as holds
    from infra.database import Gate, TenantTransaction

    names = {"zh": CANARY, "en": CANARY}

    async def put(tx: TenantTransaction) -> None:
        products = [catalog.Product(gtin, names, catalog.ProductKind.FINISHED) for gtin in (FLOUR, DUMPLING)]
        await catalog.put_products(tx, victim.principal, products)
        await catalog.put_locations(tx, victim.principal, [catalog.Location(PLANT, names, "plant", True, "UTC")])
        await catalog.put_partners(tx, victim.principal, [catalog.Partner(CUSTOMER, names, False, True, CANARY)])

    await services.in_tenant(victim.tenant.tenant_id, put)
    hold = {"key": _FLOUR, "reason": CANARY, "note": CANARY}
    await services.in_tenant(victim.tenant.tenant_id, lambda tx: holds.place_hold(tx, victim.principal, **hold), gate=Gate.EXCLUSIVE)


async def _identifiers(superuser: asyncpg.Connection, victim: Person) -> list[str]:
    """Every number, UUID and text of the victim's rows that isn't a canary."""
    found: set[str] = {str(victim.tenant.public_id), victim.tenant.slug, victim.login, _FLOUR, _DUMPLINGS, _PALLET}
    for table in metadata.sorted_tables:
        if "tenant_id" in table.c and table.info["tenant_owned"]:
            for row in await superuser.fetch(f"select * from suyuan.{table.name} where tenant_id = $1", victim.tenant.tenant_id):
                found |= {str(value) for value in row.values() if value is not None and not isinstance(value, bytes | bool)}
    return sorted(text for text in found if CANARY not in text and 1 < len(text) < 200)


@dataclass
class Neighbour:
    """Draws attempts and makes them; `answers` counts them by place and status."""

    clients: list[httpx.AsyncClient]
    people: list[Person]
    victim: Person
    identifiers: list[str]
    chance: Random
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    # He doesn't sign himself out.
    operations: list[Operation] = field(default_factory=lambda: [each for each in operations("query", "mutation") if each.name != "signOut"])

    def draw(self) -> Request:
        """The next attempt."""
        place = self.chance.choice([self._path, self._query, self._header, self._sync, self._document, self._graphql, self._page, self._identity])
        return place(self._named())

    def _named(self) -> str:
        """Something of the victim's, perhaps dressed up."""
        text = self.chance.choice(self.identifiers)
        kind = self.chance.choice(_KINDS)
        number = str(self.victim.tenant.tenant_id)
        dressed: list[Callable[[], str]] = [
            lambda: text,
            lambda: text,
            lambda: text,
            lambda: str(global_id(kind, text)),
            lambda: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
            lambda: base64.urlsafe_b64encode(f"s{text}".encode()).decode(),
            text.upper,
            lambda: f"{text}' or tenant_id = {number} --",
            lambda: f"{text}'; set local app.tenant_id = '{number}'; select '",
            lambda: f"{number}/{text}",
            lambda: f"../{self.victim.tenant.public_id}/{text}",
            lambda: f"{text}\r\nX-Tenant-Id: {number}",
        ]
        return self.chance.choice(dressed)()

    def _path(self, named: str) -> Request:
        prefix = self.chance.choice(["/epcis/capture/", "/epcis/events/", "/01/", "/epcis/events/ni:///", "/mobile/v1/uploads/", "/"])
        return Request(
            "path", self.chance.choice(["GET", "GET", "GET", "DELETE", "PUT"]), prefix + quote(named, safe=self.chance.choice(["", "/:", "/"]))
        )

    def _query(self, named: str) -> Request:
        path = self.chance.choice(["/epcis/events", "/epcis/capture", "/mobile/v1/changes", "/auth/me", "/metrics", "/health/ready"])
        name = self.chance.choice(["since", "limit"] if path.startswith("/mobile") else _FILTERS)
        return Request("query", "GET", f"{path}?{name}={quote(named, safe='')}")

    def _header(self, named: str) -> Request:
        path = self.chance.choice(["/epcis/events", "/epcis/capture", "/mobile/v1/changes", "/auth/me", f"/01/{DUMPLING}/10/V-D1", "/health/ready"])
        value = named.replace("\r\n", " ").encode("ascii", "ignore").decode().strip() or "x"
        host = f"{self.victim.tenant.slug}.suyuan.test"
        return Request("header", "GET", path, {self.chance.choice(_HEADERS): self.chance.choice([value, host, str(self.victim.tenant.tenant_id)])})

    def _page(self, named: str) -> Request:
        key = self.chance.choice(
            [f"/01/{DUMPLING}/10/V-D1", f"/01/{DUMPLING}/21/V-S1", f"/01/{FLOUR}/10/V-F1", f"/01/{DUMPLING}/10/{quote(named, safe='')}"]
        )
        host = self.chance.choice(["suyuan.test", f"{self.victim.tenant.slug}.suyuan.test", f"{self.people[0].tenant.slug}.suyuan.test"])
        accept = self.chance.choice(["text/html", "application/json", "application/linkset+json", "application/ld+json"])
        return Request("page", "GET", key, {"Host": host, "Accept": accept})

    def _sync(self, named: str) -> Request:
        goods = [{"key": self.chance.choice([named, _FLOUR, _DUMPLINGS, _PALLET]), "quantity": 1}]
        fields: dict[str, Any] = self.chance.choice(
            [
                {"kind": "ship", "goods": goods, "fromPlace": PLANT, "toParty": named},
                {"kind": "ship", "goods": goods, "fromPlace": PLANT, "toParty": CUSTOMER},
                {"kind": "unpack", "container": goods[0]["key"], "place": PLANT},
                {"kind": "inspect", "goods": goods, "place": PLANT, "result": "fail", "note": named},
                {"kind": "epcis", "event": {**made([], [quantity(_FLOUR, 1)]), "eventID": named}},
            ]
        )
        identifier = self.chance.choice([str(uuid4()), named, self.chance.choice(self.identifiers)])
        entry = {"id": identifier, "sequence": 1, "occurredAt": now().isoformat(), "mode": self.chance.choice(["fact", "command"]), **fields}
        return Request("sync", "POST", "/mobile/v1/sync", body={"entries": [entry]})

    def _document(self, named: str) -> Request:
        event = {**made([], [quantity(self.chance.choice([_FLOUR, _DUMPLINGS]), 1)]), "eventID": named}
        if self.chance.random() < 0.5:
            event = {**shipped([_PALLET]), "errorDeclaration": {"declarationTime": "2026-03-02T09:00:00Z", "correctiveEventIDs": [named]}}
        proceed = self.chance.choice(["proceed", "rollback"])
        return Request("document", "POST", "/epcis/capture", {"GS1-Capture-Error-Behaviour": proceed}, document(event))

    def _graphql(self, named: str) -> Request:
        operation = self.chance.choice(self.operations)
        variables = json.loads(json.dumps(operation.variables))
        places = list(leaves(operation.field))
        if places:
            path, listed = self.chance.choice(places)
            _put(variables, path, [named] if listed else named)
        selection = "userErrors { field code message }" if operation.kind == "mutation" else _selection(operation)
        body = {"query": operation.document(variables, selection), "variables": variables}
        return Request(
            "graphql", "POST", "/graphql", {"Idempotency-Key": self.chance.choice([str(uuid4()), self.chance.choice(self.identifiers)])}, body
        )

    def _identity(self, named: str) -> Request:
        body: dict[str, Any] = self.chance.choice(
            [
                {"refreshToken": named[:200]},
                {"refreshToken": f"{self.victim.tenant.public_id}.{named}"[:200]},
            ]
        )
        return Request("identity", "POST", "/auth/refresh", body=body)

    async def attempt(self, request: Request) -> None:
        """Make it, and look whether anything of the victim's came back."""
        person = self.chance.choice(self.people)
        headers = {
            **(person.headers if self.chance.random() < 0.95 else {}),
            **{name: _header_text(value) for name, value in request.headers.items()},
        }
        content = None if request.body is None else json.dumps(request.body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        client = self.chance.choice(self.clients)
        answer = await client.request(request.method, request.path, content=content, headers=headers)
        assert answer.status_code < 500, (request, answer.text)
        told = answer.text + json.dumps(dict(answer.headers), ensure_ascii=False)
        assert CANARY not in told, (request, answer.text)
        assert json.dumps(CANARY)[1:-1] not in told, (request, answer.text)
        assert '"INTERNAL"' not in answer.text, (request, answer.text)
        self.answers[request.place, answer.status_code] += 1


async def neighbour_of(services: Services, clients: list[httpx.AsyncClient], superuser: asyncpg.Connection) -> Neighbour:
    """A new firm next to a new victim; some of its people may do everything, some little."""
    victim, identifiers = await victim_of(services, superuser)
    tenant = await new_tenant(services, "Neighbour")
    people = [await new_person(services, tenant, role) for role in (Role.OWNER, Role.OWNER, Role.QUALITY_MANAGER, Role.WORKER, Role.PARTNER)]
    return Neighbour(clients, people, victim, identifiers, Random(1))


def _header_text(value: str) -> str:
    return "".join(character for character in value if 32 <= ord(character) < 127)[:300] or "x"


def _put(variables: dict[str, Any], path: tuple[str, ...], given: Any) -> None:
    place: Any = variables
    for name in path[:-1]:
        place = place.setdefault(name, {}) if place.get(name) is not None or name not in place else place
        place = place[0] if isinstance(place, list) else place
    place[path[-1]] = given


def _selection(operation: Operation) -> str:
    """All that a neighbour would like to read."""
    kind = str(operation.field.type).rstrip("!")
    known = {
        "Trace": "nodeCount nodes(first: 5) { nodes { object { key productName holdCauses { reason } } } }",
        "Me": "roles tenant displayName",
        "TraceableObject": "key productName holdCauses { reason } timeline(first: 5) { nodes { body } } positions { place location { name } }",
        "Event": "body location { name }",
        "Hold": "reason note objectKey",
        "CaptureJob": "errors accepted",
        "Node": "__typename ... on Hold { reason } ... on Event { body } ... on Alert { detail } ... on Shipment { document customerName }",
        "EventConnection": "nodes { body }",
        "HoldConnection": "nodes { reason note }",
        "AlertConnection": "nodes { detail }",
        "ShipmentConnection": "nodes { document customerName }",
    }
    return known.get(kind, "nodes { __typename }" if kind.endswith("Connection") else "__typename")
