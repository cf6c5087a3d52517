"""What is asked for at the door: as written twice, seen when it is made weaker, and asked for again by the use case behind the door."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

import asyncpg
import httpx
import pytest
from litestar import Litestar

from backend.graphql import access
from backend.graphql.access import declaration_of, definition_of
from backend.graphql.directives import Requires
from backend.services import Services
from mobile_api.app import create_app
from tenants.http import PERMISSION, SIGNED_IN, _handlers
from tenants.permissions import MACHINES, SIGNED, Permission
from tests.graphql.operations import Operation, operations, schema
from tests.graphql.test_isolation import OWN, _filled
from tests.isolation import gate
from tests.isolation.people import Person, contents, new_person, new_tenant
from tests.isolation.test_routes import requests


def test_each_root_field_asks_for_what_is_written_here() -> None:
    assert gate.declared_fields() ^ gate.written(gate.FIELDS) == set()


def test_each_type_asks_for_what_is_written_here() -> None:
    assert gate.declared_types() ^ gate.written(gate.TYPES) == set()


def test_each_route_asks_for_what_is_written_here(app: Litestar) -> None:
    assert gate.route_declarations(app) ^ gate.written_routes() == set()


@pytest.mark.parametrize("field", ["releaseHold", "ship", "putProducts"])
def test_a_field_that_asks_for_less_is_found(monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    mutation = schema().mutation_type
    assert mutation is not None
    definition = definition_of(mutation.fields[field])
    monkeypatch.setattr(definition, "directives", [Requires(permission=str(Permission.CATALOG_READ))])
    assert {name for _, name in gate.declared_fields() ^ gate.written(gate.FIELDS)} == {field}


def test_a_type_that_asks_for_less_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    definition = definition_of(schema().type_map["Event"])
    monkeypatch.setattr(definition, "directives", [Requires(permission=str(Permission.CATALOG_READ))])
    assert gate.declared_types() ^ gate.written(gate.TYPES) == {("catalog.read", "Event"), ("events.read", "Event")}


def test_a_route_that_asks_for_less_is_found(services: Services) -> None:
    app = create_app(services=services)
    disarm(app, "/epcis/events")
    found = {(method, path) for _, method, path in gate.route_declarations(app) ^ gate.written_routes()}
    assert found == {("GET", "/epcis/events"), ("POST", "/epcis/events")}


def test_no_command_is_open_to_who_may_only_read() -> None:
    """Whatever is declared anew. An export of the trail is a reading that takes a while."""
    declared = {operation.name: declaration_of(operation.field) for operation in operations("mutation")}
    reading = {name for name, asked in declared.items() if isinstance(asked, Requires) and asked.permission.endswith(".read")}
    assert reading == {"exportAudit"}


def test_what_a_person_signs_no_machine_may() -> None:
    assert SIGNED.isdisjoint(MACHINES)
    assert {permission for permission in Permission if str(permission).endswith(".manage")}.isdisjoint(MACHINES)


@dataclass(frozen=True)
class Unguarded:
    """The application with its doors taken off, and somebody in it who may do nothing."""

    client: httpx.AsyncClient
    nobody: Person
    superuser: asyncpg.Connection

    async def ask(self, operation: Operation) -> dict[str, Any]:
        """Ask for a field with arguments that it would take."""
        variables = _filled(dict(operation.variables), OWN)
        body = {"query": operation.document(variables, "userErrors { code }"), "variables": variables}
        answer = await self.client.post("/graphql", json=body, headers={**self.nobody.headers, "Idempotency-Key": str(uuid4())})
        told: dict[str, Any] = answer.json()
        return told


def disarm(app: Litestar, only: str | None = None) -> None:
    """Routes ask for nothing but a sign-in."""
    for path, _, handler in _handlers(app):
        if only in (None, path) and handler.opt.pop(PERMISSION, None):
            handler.opt[SIGNED_IN] = "planted by a test"


async def powerless(services: Services, superuser: asyncpg.Connection) -> Person:
    """Somebody of a firm whose only role was abolished."""
    tenant = await new_tenant(services)
    await superuser.execute(
        "insert into suyuan.custom_role (tenant_id, role, name, description, permissions, archived_at) values ($1, 'none', 'none', '', '[]', null)",
        tenant.tenant_id,
    )
    person = await new_person(services, tenant)
    await superuser.execute("update suyuan.membership_grant set role = 'none' where tenant_id = $1", tenant.tenant_id)
    await services.identity._standings.doubt_tenant(tenant.public_id)
    return person


@pytest.fixture
async def unguarded(clone_services: Services, superuser: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Unguarded]:
    nobody = await powerless(clone_services, superuser)
    monkeypatch.setattr(access, "check", lambda *_: None)
    app = create_app(services=clone_services)
    disarm(app)
    transport = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:
        yield Unguarded(client, nobody, superuser)


async def test_no_command_writes_for_who_lacks_the_permission_though_its_field_forgot_to_ask(unguarded: Unguarded) -> None:
    denied = []
    before = await contents(unguarded.superuser)
    for operation in operations("mutation"):
        declared = declaration_of(operation.field)
        if not isinstance(declared, Requires):
            continue
        told = await unguarded.ask(operation)
        codes = {error["extensions"]["code"] for error in told.get("errors", [])}
        # Arguments that can't be right may be refused before the permission is looked at.
        assert "PERMISSION_DENIED" in codes or (told.get("data") or {}).get(operation.name, {}).get("userErrors"), (operation.name, told)
        assert await contents(unguarded.superuser) == before, operation.name
        denied += [operation.name] if "PERMISSION_DENIED" in codes else []
    assert {"placeHold", "ship", "putProducts", "putLocations", "putPartners"} <= set(denied)


async def test_no_route_writes_for_who_lacks_the_permission_though_it_forgot_to_ask(unguarded: Unguarded) -> None:
    for asked, method, path in gate.written_routes():
        if asked == gate.ANYBODY or method == "GET":
            continue
        before = await contents(unguarded.superuser)
        request = requests()[path, method]
        headers = {**unguarded.nobody.headers, "Content-Type": "application/json"}
        answer = await unguarded.client.request(method, request.path, content=json.dumps(request.body), headers=headers)
        assert answer.status_code == 403, (path, answer.text)
        assert await contents(unguarded.superuser) == before, path
