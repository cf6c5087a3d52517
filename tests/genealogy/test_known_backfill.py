"""Links, packing and rollups from before moments were kept: known since their event was recorded, out of force since the declaration was."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from alembic import command

from infra import migrate
from tests.infra.test_migrations import Fresh, fresh

__all__ = ["fresh"]

FIRST, SECOND = datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 3, 8, tzinfo=UTC)
EVENT = """insert into suyuan.event (tenant_id, event_id, public_id, event_key, base_key, content_sha256, event_hash, event_type, event_time,
  event_offset, record_time, source, body, context) overriding system value
  values ($1, $2::bigint, gen_random_uuid(), $2::bigint::text, $2::bigint::text, '', '', 1, $3, '+00:00', $3, 1, '{}', '[]')"""
ROWS = (
    "lot_link (tenant_id, parent_id, child_id, event_id, kind, occurred_at, certainty) values ($1, 1, 2, $2, 1, $3, 1)",
    "unit_membership (tenant_id, unit_id, lot_id, event_id) values ($1, 1, 2, $2)",
    "class_input (tenant_id, event_id, node_id, product_id, gtin, occurred_at) values ($1, $2, 1, 2, 'x', $3)",
    "movement (tenant_id, object_id, event_id, line, place, moved_at, delta, uom) values ($1, 1, $2, 0, 'x', $3, 1, '')",
    "shipment (tenant_id, shipment_id, shipped_at, direction) values ($1, $2, $3, 1)",
    "containment (tenant_id, content_id, container_id, kind, valid_from, valid_to, opened_by) values ($1, 1, 2, 1, $3, $3, $2)",
    "lot_shipment (tenant_id, lot_id, shipment_id, uom, quantity, certainty) values ($1, 1, $2, '', 1, 1)",
)
STATED = ("lot_link", "unit_membership", "class_input", "movement", "shipment")


@pytest.fixture
async def brought_up(fresh: Fresh) -> asyncpg.Connection:
    """Two firms with a row in every table, of the first one superseded where that can be, brought to the newest."""
    await migrate._with_connection(fresh.urls.owner, lambda connection: command.upgrade(migrate._config(connection), "0016"))
    for tenant_id in (1, 2):
        await fresh.superuser.execute(
            "insert into suyuan.tenant (tenant_id, public_id, slug, name, locale, time_zone) values ($1, gen_random_uuid(), $2, $2, 'zh', 'UTC')",
            tenant_id, f"firm-{tenant_id}",
        )  # fmt: skip
        for event_id, recorded in ((10 * tenant_id, FIRST), (10 * tenant_id + 1, SECOND)):
            await fresh.superuser.execute(EVENT, tenant_id, event_id, recorded)
        for row in ROWS:
            uses_time = "$3" in row
            await fresh.superuser.execute(f"insert into suyuan.{row}", tenant_id, 10 * tenant_id, *([FIRST] if uses_time else []))
    for table in STATED:
        await fresh.superuser.execute(f"update suyuan.{table} set superseded_by = 11 where tenant_id = 1")
    await migrate.upgrade(fresh.urls.owner)
    return fresh.superuser


async def test_rows_are_known_since_their_event_and_until_its_declaration(brought_up: asyncpg.Connection) -> None:
    async def told(columns: str, table: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await brought_up.fetch(f"select tenant_id, {columns} from suyuan.{table} order by 1")]

    for table in STATED:
        assert await told("known_from, superseded_at", table) == [(1, FIRST, SECOND), (2, FIRST, None)], table
    for table in ("containment", "lot_shipment"):
        assert await told("known_from", table) == [(1, FIRST), (2, FIRST)], table


async def test_what_comes_behind_it_has_a_moment_of_its_own(brought_up: asyncpg.Connection) -> None:
    await brought_up.execute("set app.moment = '2026-04-01 00:00:00+00'")
    await brought_up.execute("insert into suyuan.unit_membership (tenant_id, unit_id, lot_id, event_id) values (1, 5, 6, 7)")
    known = await brought_up.fetchval("select known_from from suyuan.unit_membership where unit_id = 5")
    assert known == datetime(2026, 4, 1, tzinfo=UTC)
