"""Events of before the table of fields are indexed by a command, as often as one likes."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from backend.commands.index_events import index_events
from backend.services import Services
from infra.provision import DatabaseUrls
from tests.conftest import Cluster
from tests.epcis.asking import Bearer, asking
from tests.epcis.test_query_parameters import GIVEN, rich
from tests.factories import declared_wrong
from tests.firms import Firm

TABLES = ("event_field", "event_vocabulary")


@pytest.fixture
async def superuser(cluster: Cluster, database_urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    """Sees every row, and may take it away."""
    connection = await asyncpg.connect(cluster.admin_dsn, database=database_urls.app.rsplit("/", 1)[1])
    yield connection
    await connection.close()


async def contents(superuser: asyncpg.Connection, firm: Firm) -> list[list[asyncpg.Record]]:
    """All that the tables hold of a firm."""
    return [await superuser.fetch(f"select * from suyuan.{table} where tenant_id = $1 order by 1, 2, 3, 4", firm.tenant_id) for table in TABLES]


async def test_indexing_again_comes_to_the_same(
    client: httpx.AsyncClient, bearer: Bearer, firm: Firm, services: Services, superuser: asyncpg.Connection
) -> None:
    reader = await asking(client, bearer, firm)
    events = rich()
    await reader.capture(**events)
    await reader.capture(wrong=declared_wrong(events["truck"]))
    before = await contents(superuser, firm)
    assert all(before)
    await index_events(services)
    assert await contents(superuser, firm) == before
    for table in TABLES:
        await superuser.execute(f"delete from suyuan.{table} where tenant_id = $1", firm.tenant_id)
    assert await reader.find(headers=GIVEN, **{"EQ_ex:score": "12.5"}) == []
    assert await index_events(services) >= len(events) + 1
    assert await contents(superuser, firm) == before
    assert await reader.find(headers=GIVEN, **{"EQ_ex:score": "12.5"}) == ["pallet"]
