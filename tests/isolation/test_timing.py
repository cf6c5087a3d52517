"""Whether something exists with somebody else isn't told by how long the answer takes."""

import json
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import asyncpg
import httpx
import pytest

from backend.graphql.ids import global_id
from backend.services import Services
from tests.isolation.attempts import Attempts, attempts_on
from tests.isolation.draws import twin_of
from tests.isolation.victims import FLOUR_LOT
from tests.soak.marks import soak

PAIRS: Final = 250
ROUNDS: Final = 3
# Of the rank sum, in standard deviations: one in fifteen thousand by chance, and three times in a row never.
FAR: Final = 4.0


def standing_apart(first: list[float], second: list[float]) -> float:
    """How far two samples stand apart by the rank sum (Mann and Whitney), in standard deviations; positive where the first is slower."""
    ordered = sorted([*((value, 0) for value in first), *((value, 1) for value in second)])
    total = sum(place + 1 for place, (_, sample) in enumerate(ordered) if sample == 0)
    mean = len(first) * (len(ordered) + 1) / 2
    return (total - mean) / math.sqrt(len(first) * len(second) * (len(ordered) + 1) / 12)


def test_samples_of_one_kind_stand_together_and_others_apart() -> None:
    chance = Random(1)
    one, same, slower = [[chance.gauss(mean, 1) for _ in range(250)] for mean in (10, 10, 10.6)]
    assert abs(standing_apart(one, same)) < FAR
    assert standing_apart(slower, one) > FAR


@dataclass(frozen=True)
class Question:
    """A request in which something is named."""

    name: str
    taken: str
    ask: Callable[[str], Awaitable[httpx.Response]]

    async def apart(self, chance: Random) -> float:
        """How far the times stand apart, for what is somebody's and for what is nobody's, asked in turns."""
        free = twin_of(self.taken)
        assert free is not None, self.name
        times: dict[str, list[float]] = {self.taken: [], free: []}
        for _ in range(PAIRS):
            for named in chance.sample([self.taken, free], 2):
                start = time.perf_counter()
                answer = await self.ask(named)
                times[named].append(time.perf_counter() - start)
                assert answer.status_code < 500
        return standing_apart(times[self.taken], times[free])


@pytest.fixture
async def attempts(clone_services: Services, superuser: asyncpg.Connection) -> AsyncIterator[Attempts]:
    async with attempts_on(clone_services, superuser) as made:
        yield made


async def questions(attempts: Attempts) -> list[Question]:
    """By each way in which a thing is looked up."""
    victim, headers, client = attempts.scene.victims[0], attempts.scene.silent.headers, attempts.client
    rows = {
        name: str(await attempts.superuser.fetchval(f"select {name} from suyuan.{table} where tenant_id = $1 limit 1", victim.tenant_id))
        for name, table in (
            ("public_id", "event"),
            ("hold_id", "hold"),
            ("device_id", "device"),
            ("client_id", "client"),
            ("membership_id", "membership"),
        )
    }

    def got(path: str) -> Callable[[str], Awaitable[httpx.Response]]:
        return lambda named: client.get(path.format(quote(named, safe="")), headers=headers)

    def node(kind: str) -> Callable[[str], Awaitable[httpx.Response]]:
        return lambda named: graphql("query($id: ID!) { node(id: $id) { id } }", {"id": global_id(kind, UUID(named))})

    def graphql(query: str, variables: dict[str, Any]) -> Awaitable[httpx.Response]:
        content = json.dumps({"query": query, "variables": variables})
        return client.post("/graphql", content=content, headers={**headers, "Content-Type": "application/json"})

    event = str(await attempts.superuser.fetchval("select event_key from suyuan.event where tenant_id = $1 limit 1", victim.tenant_id))
    key = "query($k: String!) { traceableObject(key: $k) { id } }"
    return [
        Question("event over REST", event.removeprefix("e:"), got("/epcis/events/{}")),
        Question("goods", FLOUR_LOT, lambda named: graphql(key, {"k": named})),
        Question("event", rows["public_id"], node("Event")),
        Question("hold", rows["hold_id"], node("Hold")),
        Question("phone", rows["device_id"], node("Device")),
        Question("machine", rows["client_id"], node("ApiClient")),
        Question("member", rows["membership_id"], node("Member")),
    ]


@soak
@pytest.mark.timeout(1_800)
async def test_what_exists_elsewhere_is_answered_as_fast_as_what_does_not_exist(
    attempts: Attempts, record_property: Callable[[str, object], None]
) -> None:
    chance = Random(11)
    for question in await questions(attempts):
        found = [await question.apart(chance)]
        while abs(found[-1]) >= FAR and len(found) < ROUNDS:
            found.append(await question.apart(chance))
        record_property("told", f"{question.name}: {', '.join(f'{apart:+.1f}' for apart in found)} standard deviations in {2 * PAIRS} answers each")
        assert min(abs(apart) for apart in found) < FAR or len({apart > 0 for apart in found}) == 2, (question.name, found)
