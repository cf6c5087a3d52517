"""No text that is sent becomes a part of a statement; and where one is let become it on purpose, that is seen."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import pytest

from infra.database import Database
from infra.provision import DatabaseUrls
from infra.scope import UnscopedStatementError
from tests.factories import CUSTOMER, FLOUR, PLANT, capture, lot, made, quantity
from tests.graphql.operations import leaves, operations
from tests.graphql.test_isolation import OWN, WITHOUT, _filled, _put
from tests.isolation.people import new_person, new_tenant
from tests.mobile_api import phones
from tests.security.conftest import Gate
from tests.security.injecting import Payload, Told, payloads, succeeded, timed
from tests.security.test_payloads import PARAMETERS, PATHS
from tests.soak.marks import SOAKING

CANARY: Final = "CANARY-INJECTED"
KNOWN: Final = "INJ-1"
# One of so many payloads is tried at each place, others at each; all of them in a soak.
SHARE: Final = 1 if SOAKING else 150
Send = Callable[[str], Awaitable[tuple[int, str]]]


@dataclass(frozen=True)
class Places:
    """The gate, with goods whose texts are known, beside a firm whose texts are canaries."""

    gate: Gate
    victim: int

    def all(self) -> list[tuple[str, Send]]:
        """Every place of the service that takes a text, with how to send one there."""
        return [*self._fields(), *self._addresses(), *self._bodies()]

    def _fields(self) -> list[tuple[str, Send]]:
        found: list[tuple[str, Send]] = []
        for operation in operations("query", "mutation"):
            if operation.name in WITHOUT - {"signIn", "refreshToken"}:
                continue
            for path, listed in leaves(operation.field):

                async def send(text: str, operation: Any = operation, path: Any = path, listed: bool = listed) -> tuple[int, str]:
                    variables = _filled(deepcopy(operation.variables), OWN)
                    _put(operation.field, variables, path, [text] if listed else text)
                    body = {"query": operation.document(variables, "__typename"), "variables": variables}
                    return await self._post("/graphql", body)

                found.append((f"{operation.name}.{'.'.join(path)}", send))
        return found

    def _addresses(self) -> list[tuple[str, Send]]:
        found: list[tuple[str, Send]] = []
        for path, names in PARAMETERS:
            for name in names:

                async def ask(text: str, path: str = path, name: str = name) -> tuple[int, str]:
                    return await self._get(f"{path}?{name}={quote(text, safe='')}")

                found.append((f"{path}?{name}", ask))
        for template in PATHS:

            async def follow(text: str, template: str = template) -> tuple[int, str]:
                return await self._get(template.format(quote(text, safe="")))

            found.append((template, follow))
        return found

    def _bodies(self) -> list[tuple[str, Send]]:
        makers: dict[str, tuple[str, Callable[[str], Any]]] = {
            "sync goods": ("/mobile/v1/sync", lambda text: {"entries": [phones.shipped([{"key": text, "quantity": 1}], mode="command")]}),
            "sync id": ("/mobile/v1/sync", lambda text: {"entries": [{**phones.received(lot(FLOUR, KNOWN)), "id": text}]}),
            "sync place": ("/mobile/v1/sync", lambda text: {"entries": [phones.received(text, place=text)]}),
            "login": ("/auth/sign-in", lambda text: {"login": f"{uuid4()}{text}"[:200], "password": "x"}),
            "tenant": ("/auth/sign-in", lambda text: {"login": f"{uuid4()}", "password": "x", "tenant": text[:60]}),
            "refresh token": ("/auth/refresh", lambda text: {"refreshToken": text[:200]}),
        }
        found: list[tuple[str, Send]] = []
        for name, (path, make) in makers.items():

            async def send(text: str, path: str = path, make: Any = make) -> tuple[int, str]:
                return await self._post(path, make(text))

            found.append((name, send))
        return found

    async def _post(self, path: str, body: Any) -> tuple[int, str]:
        answer = await self.gate.post(path, json.dumps(body), Idempotency_Key=str(uuid4()))
        return answer.status_code, answer.text

    async def _get(self, path: str) -> tuple[int, str]:
        answer = await self.gate.get(path, Accept="application/json")
        return answer.status_code, answer.text


@pytest.fixture
async def places(gate: Gate) -> Places:
    victim = await new_person(gate.services, await new_tenant(gate.services, CANARY), name=CANARY)
    await capture(gate.services, victim.tenant.tenant_id, made([], [quantity(lot(FLOUR, CANARY), 1)]))
    await capture(gate.services, gate.owner.tenant.tenant_id, made([], [quantity(lot(FLOUR, KNOWN), 1)]))
    return Places(gate, victim.tenant.tenant_id)


async def found_in(name: str, send: Send, tried: list[Payload]) -> list[tuple[str, Payload]]:
    """The payloads that worked at a place."""
    ask = timed(send)
    return [(name, payload) for payload in tried if await succeeded(ask, payload, secrets=(CANARY,))]


@pytest.mark.timeout(1_800 if SOAKING else 120)
async def test_no_text_that_is_sent_becomes_a_part_of_a_statement(places: Places) -> None:
    superuser, tenant_id = places.gate.superuser, places.victim
    kept = "select md5(string_agg(e::text, '|')) from suyuan.event e where tenant_id = $1"
    before = await superuser.fetchval(kept, tenant_id)
    everywhere, tried = places.all(), 0
    for place, (name, send) in enumerate(everywhere):
        known = CUSTOMER if name.endswith("arty") else PLANT if "lace" in name else lot(FLOUR, KNOWN) if "ey" in name else KNOWN
        chosen = list(payloads(known, other_tenant=tenant_id))[place % SHARE :: SHARE]
        assert await found_in(name, send, chosen) == []
        tried += len(chosen)
    assert len(everywhere) > 90
    assert tried > 500
    assert await superuser.fetchval(kept, tenant_id) == before


# What a careless repository would do; `where` is how it quotes the text.
CARELESS: Final = {
    "in quotes": "select effect_key from effect where tenant_id = $1 and effect_key = '{}'",
    "in brackets": "select effect_key from effect where tenant_id = $1 and (effect_key in ('{}'))",
    "in a pattern": "select effect_key from effect where tenant_id = $1 and effect_key like '%{}%'",
}


@pytest.fixture
async def database(clone: DatabaseUrls) -> AsyncIterator[Database]:
    opened = Database(clone.app, pool_size=1)
    yield opened
    await opened.close()


@pytest.mark.parametrize("name", CARELESS)
async def test_a_statement_that_is_put_together_carelessly_is_found_by_several_techniques(places: Places, database: Database, name: str) -> None:
    """And what row security and the check of scopes do about it: tenants stay apart but for who names another one in the statement itself."""
    tenant_id = places.gate.owner.tenant.tenant_id
    for owner, key in ((tenant_id, KNOWN), (places.victim, CANARY)):
        async with database.tenant(owner) as tx:
            await tx.execute("insert into effect (tenant_id, effect_key) values ($1, $2) on conflict do nothing", key)

    async def raw(text: str) -> tuple[int, str]:
        try:
            async with database.tenant(tenant_id) as tx:
                statement = CARELESS[name].format(text).replace("tenant_id = $1", "$1::int is not null")
                return 200, str([tuple(row) for row in await tx._raw.fetch(statement, tenant_id)])
        except (asyncpg.PostgresError, asyncpg.InterfaceError):
            return 500, "INTERNAL"

    async def checked(text: str) -> tuple[int, str]:
        try:
            async with database.tenant(tenant_id) as tx:
                return 200, str([tuple(row) for row in await tx.fetch(CARELESS[name].format(text))])
        except (asyncpg.PostgresError, asyncpg.InterfaceError, UnscopedStatementError):
            return 500, "INTERNAL"

    tried = list(payloads(KNOWN, other_tenant=places.victim))
    found = await found_in(name, raw, [payload for payload in tried if payload.technique != "time"])
    slow = [payload for payload in tried if payload.technique == "time" and "#" not in payload.text]
    assert {payload.technique for _, payload in found} >= {"error", "truth", "union", "tenant"}
    assert any([await succeeded(timed(raw), payload) for payload in slow[:10]])
    assert await found_in(name, checked, [payload for payload in tried if payload.technique in ("error", "truth")]) != []


async def test_a_service_that_keeps_texts_apart_is_no_find(database: Database, gate: Gate) -> None:
    async def careful(text: str) -> tuple[int, str]:
        async with database.tenant(gate.owner.tenant.tenant_id) as tx:
            rows = await tx.fetch("select effect_key from effect where tenant_id = $1 and effect_key = $2", text)
            return 200, str([tuple(row) for row in rows])

    assert await found_in("careful", careful, list(payloads(KNOWN, other_tenant=1))) == []


async def test_a_find_is_one_by_what_comes_back() -> None:
    async def answering(told: Told) -> bool:
        async def ask(_: str) -> Told:
            return told

        return await succeeded(ask, Payload("union", "x"), secrets=("hidden",))

    assert await answering(Told(500, ""))
    assert await answering(Told(200, '{"code":"INTERNAL"}'))
    assert await answering(Told(200, "… opensesame1764 …"))
    assert await answering(Told(200, "what was hidden"))
    assert not await answering(Told(200, "x"))
