"""Hostile attempts through every door, as every kind of caller: nothing of a victim's comes back or changes, nothing breaks."""

from collections.abc import AsyncIterator, Callable
from random import SystemRandom

import asyncpg
import pytest

from backend.services import Services
from infra.provision import DatabaseUrls
from tests.conftest import Cluster
from tests.isolation.attempts import Attempts, attempts_on
from tests.isolation.callers import KINDS
from tests.isolation.draws import PLACES, twin_of
from tests.isolation.victims import CANARIES, CANARY, WARES
from tests.soak.marks import soak

SAMPLE = 1_000
MANY = 12_000
PAIRS = 1_500


@pytest.fixture(scope="module")
async def attempts(clone_services: Services, cluster: Cluster, clone: DatabaseUrls) -> AsyncIterator[Attempts]:
    """One scene for all: nobody changes anything of the victims', which is what is tried."""
    connection = await asyncpg.connect(cluster.admin_dsn, database=clone.app.rsplit("/", 1)[1], server_settings={"search_path": "suyuan, pg_temp"})
    async with attempts_on(clone_services, connection) as made:
        yield made
    await connection.close()


async def test_the_victim_sees_his_own_words(attempts: Attempts) -> None:
    """Without this, that nobody else sees them would prove nothing."""
    client = attempts.client
    lists = "{ events(first: 5) { nodes { body } } holds(first: 5) { nodes { reason } } products(first: 5) { nodes { name } } }"
    for victim in attempts.scene.victims:
        headers = victim.person.headers
        seen = (await client.post("/graphql", json={"query": lists}, headers=headers)).json()["data"]
        assert all(victim.canary in str(seen[name]) for name in ("events", "holds"))
        assert any(canary in str(seen["products"]) for canary in (victim.canary, WARES))
        for path in ("/epcis/events", "/mobile/v1/changes"):
            assert victim.canary in (await client.get(path, headers=headers)).text
    assert len(attempts.known.identifiers) > 150
    assert len([name for name in attempts.known.identifiers if twin_of(name)]) > 40


async def test_who_is_let_in_sees_his_own_firm_and_who_is_shut_out_nothing(attempts: Attempts) -> None:
    """Refused for who they are, and not because their tokens were never any good."""
    for caller in attempts.scene.callers:
        answer = await attempts.client.get("/auth/me", headers=caller.headers)
        assert (answer.status_code == 401) == (caller.shut_out or not caller.headers), caller.name


async def test_an_attempt_is_the_same_when_it_is_made_again(attempts: Attempts) -> None:
    for kind in KINDS:
        first, again, other = [attempts.drawn(kind, 5, number) for number in (17, 17, 18)]
        assert (first[0], first[1].place, first[1].path) == (again[0], again[1].place, again[1].path)
        assert first[1] != other[1]


async def test_a_canary_that_comes_back_is_seen(attempts: Attempts, monkeypatch: pytest.MonkeyPatch) -> None:
    """An attempt with what the victim himself may see fails: the check can speak."""
    victim = attempts.scene.victims[0].person.headers
    for caller in attempts.scene.of(KINDS[0]):
        for name, value in victim.items():
            monkeypatch.setitem(caller.headers, name, value)
    with pytest.raises(AssertionError, match=CANARY):
        for number in range(400):
            await attempts.one(KINDS[0], 1, number)
    assert CANARY in CANARIES


async def test_nobody_gets_anything_in_hundreds_of_attempts(attempts: Attempts, record_property: Callable[[str, object], None]) -> None:
    await try_out(attempts, record_property, seed=7, number=SAMPLE)


async def test_a_name_of_anothers_is_answered_like_one_of_nobodys(attempts: Attempts) -> None:
    assert await attempts.twins(seed=7, attempts=150) == 150


@soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("seed", [1, SystemRandom().randrange(10**6)], ids=["known", "new"])
async def test_nobody_gets_anything_in_thousands_of_attempts(attempts: Attempts, record_property: Callable[[str, object], None], seed: int) -> None:
    await attempts.twins(seed=seed, attempts=PAIRS)
    await try_out(attempts, record_property, seed=seed, number=MANY)


async def try_out(attempts: Attempts, record_property: Callable[[str, object], None], *, seed: int, number: int) -> None:
    """Make the attempts and tell of them; each kind has tried each place."""
    await attempts.run(seed=seed, attempts=number)
    for line in (f"seed {seed}", *attempts.report()):
        record_property("told", line)
    counted = attempts.by_kind_and_place()
    assert sum(counted[kind].total() for kind in KINDS) >= number
    tried = [set(counted[kind]) for kind in KINDS]
    # In a sample each place is tried by somebody, in the whole by everybody.
    assert all(places == set(PLACES) for places in (tried if number == MANY else [set().union(*tried)]))
