"""A catalogue from before versions: its entries become their first states, and are found as master data."""

from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from alembic import command

from infra import migrate
from tests.conftest import Cluster
from tests.factories import CUSTOMER, FLOUR, PLANT
from tests.infra.test_migrations import Fresh, fresh

__all__ = ["fresh"]

LONG = "面" * 150


@pytest.fixture
async def filled(fresh: Fresh) -> asyncpg.Connection:
    """A database as the migration before left it, with two firms' catalogues, brought to the newest."""
    await migrate._with_connection(fresh.urls.owner, lambda connection: command.upgrade(migrate._config(connection), "0014"))
    names = '{"zh": "' + LONG + '", "en": "Flour"}'
    for tenant_id in (1, 2):
        await fresh.superuser.execute(
            "insert into suyuan.tenant (tenant_id, public_id, slug, name, locale, time_zone) values ($1, gen_random_uuid(), $2, $2, 'zh', 'UTC')",
            tenant_id, f"firm-{tenant_id}",
        )  # fmt: skip
        product = "insert into suyuan.product (tenant_id, gtin, names, kind, uom) values ($1, $2, $3, 1, 'KGM')"
        await fresh.superuser.execute(product, tenant_id, FLOUR, names)
        location = "insert into suyuan.location (tenant_id, place, names, kind, own, time_zone) values ($1, $2, $3, 'plant', true, 'UTC')"
        await fresh.superuser.execute(location, tenant_id, PLANT, names)
    await fresh.superuser.execute(
        "insert into suyuan.partner (tenant_id, party, names, supplier, customer, address) values (2, $1, $2, true, false, '')", CUSTOMER, names
    )
    await migrate.upgrade(fresh.urls.owner)
    return fresh.superuser


async def rows(connection: asyncpg.Connection, query: str) -> list[tuple[Any, ...]]:
    """Of all firms."""
    return [tuple(row) for row in await connection.fetch(query)]


async def test_what_is_known_is_the_first_state_and_master_data(filled: asyncpg.Connection) -> None:
    versions = await rows(filled, "select tenant_id, kind, key, told from suyuan.catalog_version order by 1, 2")
    assert versions == [(1, 1, FLOUR, False), (1, 2, PLANT, False), (2, 1, FLOUR, False), (2, 2, PLANT, False), (2, 3, CUSTOMER, False)]
    found = await rows(filled, "select tenant_id, element, value from suyuan.vocabulary_attribute where value = 'Flour' order by 1, 2")
    uri = f"https://id.gs1.org/01/{FLOUR}"
    assert found == [(1, uri, "Flour"), (1, PLANT, "Flour"), (2, uri, "Flour"), (2, PLANT, "Flour"), (2, CUSTOMER, "Flour")]
    assert await filled.fetchval("select count(*) from suyuan.vocabulary_attribute where value like 'sha256:%' and length(value) = 71") == 5


async def test_the_first_states_are_read_like_those_put_later(filled: asyncpg.Connection, fresh: Fresh, cluster: Cluster) -> None:
    from backend.catalog.entries import Location, Product, ProductKind, from_text

    entries = {row["kind"]: row["entry"] for row in await filled.fetch("select kind, entry from suyuan.catalog_version where tenant_id = 2")}
    names = {"zh": LONG, "en": "Flour"}
    assert from_text(Product, FLOUR, entries[1]) == Product(FLOUR, names, ProductKind.RAW, "KGM")
    assert from_text(Location, PLANT, entries[2]) == Location(PLANT, names, "plant", own=True, time_zone="UTC")
    assert replace(from_text(Location, PLANT, entries[2]), told=True).told
