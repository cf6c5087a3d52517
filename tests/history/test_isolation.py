"""The role behind the public pages: it sees what is published of the tenant that was named, and no other table."""

from collections.abc import Awaitable, Callable

import asyncpg
import httpx
import pytest

import backend.models
import tenants.models
from backend.services import Services
from infra.schema import metadata
from tests.factories import DUMPLING, capture, lot, transformed
from tests.firms import Firm
from tests.history.stories import D1, LOT_PATH, put

READABLE = ("published_history", "resolver_claim", "tenant")
LOADED = (backend.models, tenants.models)
Visit = Callable[..., Awaitable[httpx.Response]]


@pytest.mark.parametrize("table", sorted(set(metadata.tables) - set(READABLE)))
async def test_the_public_role_reads_no_other_table(services: Services, firm: Firm, table: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with services.public_database.tenant(firm.tenant_id) as tx:
            await tx._raw.fetch(f"select 1 from {table}")


@pytest.mark.parametrize("table", READABLE)
@pytest.mark.parametrize("statement", ["insert into {} default values", "update {} set tenant_id = 1", "delete from {}", "truncate {}"])
async def test_the_public_role_writes_nothing(services: Services, table: str, statement: str) -> None:
    async with services.public_database.connection() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement.format(table))


async def test_the_public_role_sees_only_the_tenant_that_was_named(services: Services, maker: Firm, other_firm: Firm) -> None:
    async def keys(tenant_id: int) -> set[str]:
        async with services.public_database.tenant(tenant_id) as tx:
            return {row["key"] for row in await tx._raw.fetch("select key from published_history")}

    assert LOT_PATH.removeprefix("/") in await keys(maker.tenant_id)
    assert await keys(other_firm.tenant_id) == set()
    async with services.public_database.connection() as connection:
        assert await connection.fetch("select key from published_history") == []


async def test_two_firms_with_the_same_lot_number_show_each_its_own(
    visit: Visit, services: Services, maker: Firm, other_firm: Firm, do_outbox: Callable[[], Awaitable[int]]
) -> None:
    await put(services, other_firm)
    await capture(services, other_firm.tenant_id, transformed([D1], [lot(DUMPLING, "P1")], minutes=777))
    await do_outbox()
    mine, theirs = await visit(maker, LOT_PATH, accept_language="en"), await visit(other_firm, LOT_PATH, accept_language="en")
    assert ("Wheat flour" in mine.text, "Wheat flour" in theirs.text) == (True, False)
    assert other_firm.slug not in mine.text
    assert maker.slug not in theirs.text
