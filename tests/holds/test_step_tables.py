"""Step tables over two and three connections, for every pair of acts: whatever the order of steps, it comes out as one after the other.

`make test` does some orders of each pair, `make soak` all of them. A planted fault must be seen.
"""

from collections.abc import AsyncIterator, Sequence
from itertools import combinations_with_replacement, permutations
from typing import Any, Final

import asyncpg
import pytest

from backend.genealogy import reach as genealogy
from backend.holds import reach
from backend.holds import service as holds
from backend.holds.errors import GoodsHeldError
from backend.services import Services, build_services
from infra.database import Gate, TenantTransaction
from infra.settings import Settings
from tests.firms import Firm
from tests.holds.steps import ACTS, Outcome, run
from tests.soak.marks import soak

PAIRS: Final = sorted(combinations_with_replacement(ACTS, 2))
# Both at once; and the second begun and done while the first comes in.
SOME: Final = ((0, 1, 0, 1, 0, 1), (1, 1, 0, 0, 1, 0))
ALL: Final = tuple(sorted(set(permutations((0, 0, 0, 1, 1, 1)))))
THIRDS: Final = tuple(act for act in ACTS if act not in ("place", "ship"))
OF_THREE: Final = ((0, 1, 2, 1, 0, 2, 2, 1, 0), (2, 1, 1, 0, 2, 0, 1, 2, 0))


@pytest.fixture
async def many(settings: Settings) -> AsyncIterator[Services]:
    """Services of which one tenant's share is enough for three that wait at its gate."""
    built = build_services(settings.model_copy(update={"database_pool_size": 24}))
    yield built
    await built.close()


@pytest.fixture
async def admin(cluster: Any, database_urls: Any) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(cluster.admin_dsn, database=database_urls.app.rsplit("/", 1)[1])
    yield connection
    await connection.close()


async def one_after_the_other(services: Services, firm: Firm, admin: asyncpg.Connection, acts: tuple[str, ...]) -> set[Outcome]:
    """The outcomes of the acts in each order of whole acts, with the order."""
    wholes = permutations(range(len(acts)))
    return {await run(services, firm, admin, acts, [place for place in whole for _ in range(3)]) for whole in wholes}


async def play(services: Services, firm: Firm, admin: asyncpg.Connection, acts: tuple[str, ...], orders: Sequence[Sequence[int]]) -> None:
    allowed = await one_after_the_other(services, firm, admin, acts)
    for order in orders:
        assert await run(services, firm, admin, acts, order) in allowed, order


@pytest.mark.parametrize("acts", PAIRS, ids="-".join)
async def test_two_acts_come_out_as_one_after_the_other(services: Services, firm: Firm, admin: asyncpg.Connection, acts: tuple[str, ...]) -> None:
    await play(services, firm, admin, acts, SOME)


@pytest.mark.parametrize("third", THIRDS)
async def test_a_hold_a_shipment_and_a_third_act_come_out_as_one_after_the_other(
    many: Services, firm: Firm, admin: asyncpg.Connection, third: str
) -> None:
    await play(many, firm, admin, ("place", third, "ship"), OF_THREE)


@soak
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("acts", PAIRS, ids="-".join)
async def test_two_acts_in_every_order_of_steps(services: Services, firm: Firm, admin: asyncpg.Connection, acts: tuple[str, ...]) -> None:
    await play(services, firm, admin, acts, ALL)


async def escapes(services: Services, firm: Firm, admin: asyncpg.Connection, acts: tuple[str, ...]) -> bool:
    """Whether some order of steps comes out as no order of whole acts does."""
    allowed = await one_after_the_other(services, firm, admin, acts)
    for order in (*SOME, (0, 1, 1, 0, 0, 1)):
        try:
            if await run(services, firm, admin, acts, order) not in allowed:
                return True
        except AssertionError:
            return True
    return False


async def test_the_tables_see_a_gate_that_is_left_out(
    services: Services, firm: Firm, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hold and a shipment that both read before either has written."""
    opening = type(services.database).tenant

    def tenant(database: Any, tenant_id: int, *, gate: Gate = Gate.NONE, timeout_ms: int | None = None) -> Any:
        return _pretending(opening(database, tenant_id, timeout_ms=timeout_ms), gate)

    assert not await escapes(services, firm, admin, ("place", "ship"))
    monkeypatch.setattr(type(services.database), "tenant", tenant)
    assert await escapes(services, firm, admin, ("place", "ship"))


class _pretending:  # noqa: N801 - stands for a function
    """A transaction that says it has passed a gate, and hasn't."""

    def __init__(self, opened: Any, gate: Gate) -> None:
        self._opened, self._gate = opened, gate

    async def __aenter__(self) -> TenantTransaction:
        tx: TenantTransaction = await self._opened.__aenter__()
        tx.gate = self._gate
        return tx

    async def __aexit__(self, *problem: Any) -> Any:
        return await self._opened.__aexit__(*problem)


async def test_the_tables_see_a_check_that_stands_in_the_locks_own_statement(
    services: Services, firm: Firm, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read in the statement that waits for the lock is as of before the wait: a link that comes meanwhile isn't seen."""

    async def refuse_if_held(tx: TenantTransaction, object_ids: Sequence[int]) -> None:
        # The closure and the lock in one statement: its snapshot is from before the wait.
        rows = await tx.fetch(
            """with recursive waited as materialized (select pg_advisory_xact_lock(21338, $1)),
               up(id) as (
                 select unnest($2::bigint[])
                 union
                 select l.parent_id from up join lot_link l on l.tenant_id = $1 and l.child_id = up.id and l.superseded_by is null)
               select r.object_id from waited, up join hold_root r on r.tenant_id = $1 and r.object_id = up.id
               join hold h on h.tenant_id = $1 and h.hold_id = r.hold_id and h.status = 1""",
            list(await genealogy.inside(tx, object_ids)),
        )
        if rows:
            raise GoodsHeldError(await reach.causes(tx, object_ids))

    assert not await escapes(services, firm, admin, ("produce", "ship"))
    monkeypatch.setattr(holds, "refuse_if_held", refuse_if_held)
    assert await escapes(services, firm, admin, ("produce", "ship"))
