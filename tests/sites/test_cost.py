"""What a limit to sites costs: nothing for whoever has none, and a look into an index, under the tenant's policy, for whoever has one."""

import re
from typing import Any, cast

import asyncpg
import pytest

from backend.catalog.sites import MOST_RANGES, OPEN, Sites, fenced, shown, sites_of, sites_within
from backend.events import query_repository as events
from backend.events.query_repository import EventFilter
from backend.objects import repository as objects
from backend.objects.visibility import visible
from backend.services import Services
from infra.database import Record, TenantTransaction
from infra.provision import DatabaseUrls
from tenants.directory import Tenant
from tenants.permissions import Permission
from tests.conftest import Cluster
from tests.factories import FLOUR, PLANT, SHOP, capture, lot, made, quantity
from tests.firms import Firm
from tests.isolation.people import new_tenant

SITES = Sites(frozenset({PLANT, "https://firm.example/hall"}))


class Explaining:
    """Asks for a statement's plan instead of its rows."""

    def __init__(self, tx: TenantTransaction) -> None:
        self._tx = tx
        self.plan = ""

    async def fetch(self, statement: str, *values: Any) -> list[Record]:
        """Explain it."""
        rows = await self._tx.fetch(f"explain {statement}", *values)
        self.plan = "\n".join(str(next(iter(row))) for row in rows)
        return []

    async def fetchrow(self, statement: str, *values: Any) -> None:
        """Explain it."""
        await self.fetch(statement, *values)


@pytest.mark.parametrize("permission", list(Permission))
async def test_whoever_is_not_limited_asks_nothing_more_and_nothing_else(firm: Firm, permission: Permission) -> None:
    assert await sites_of(cast(TenantTransaction, None), firm.principal, permission) is None
    assert fenced(None, "e.read_point", at=2) == visible(None, "o.object_id", at=2) == shown(None, "place", "own", at=2) == OPEN
    assert OPEN == ("", ())


@pytest.fixture(scope="module")
async def crowded(services: Services, cluster: Cluster, database_urls: DatabaseUrls) -> Tenant:
    """A firm of fifty sites with a hundred events, places, lots and units each, and a planner who knows all of it."""
    tenant = await new_tenant(services)
    superuser = await asyncpg.connect(cluster.admin_dsn, database=database_urls.app.rsplit("/", 1)[1])
    try:
        await _crowd(superuser, tenant.tenant_id)
    finally:
        await superuser.close()
    return tenant


async def _crowd(superuser: asyncpg.Connection, tenant_id: int) -> None:
    gln = "'https://id.gs1.org/414/' || lpad((i % 50)::text, 13, '0')"
    await superuser.execute(
        f"""insert into suyuan.event (tenant_id, public_id, event_key, base_key, content_sha256, event_hash, event_type, action, event_time,
              event_offset, record_time, read_point, biz_location, source, body, context)
            select $1, gen_random_uuid(), 'e:' || i, 'e:' || i, '', i::text, 1, 1, now(), '+00:00', now(),
              {gln} || '/254/' || i, {gln}, 1, '{{}}', '[]'
            from generate_series(1, 5000) i""",
        tenant_id,
    )  # fmt: skip
    await superuser.execute(
        """insert into suyuan.event_feed (tenant_id, seq, event_id)
           select $1, row_number() over (order by event_id), event_id from suyuan.event where tenant_id = $1""",
        tenant_id,
    )
    await superuser.execute(
        f"""insert into suyuan.location (tenant_id, place, parent_place, names, kind, own, time_zone)
            select $1, 'https://firm.example/' || i, {gln}, '{{}}', 'x', true, 'UTC' from generate_series(1, 5000) i""",
        tenant_id,
    )
    # The event of a number names the lot and the unit of that number, and the unit is of the lot.
    await superuser.execute(
        """insert into suyuan.traceable_object (tenant_id, kind, key, gtin, code)
           select $1, kind, kind || ':' || i, $2, i::text from generate_series(1, 5000) i, generate_series(1, 2) kind""",
        tenant_id, FLOUR,
    )  # fmt: skip
    for table in ("event", "traceable_object"):
        await superuser.execute(f"analyze suyuan.{table}")
    of_event = "join suyuan.event e on e.tenant_id = $1 and e.event_key = 'e:' || o.code where o.tenant_id = $1"
    await superuser.execute(
        f"""insert into suyuan.event_object (tenant_id, object_id, event_id, role, line, event_time)
            select $1, o.object_id, e.event_id, 1, o.kind, e.event_time from suyuan.traceable_object o {of_event}""",
        tenant_id,
    )
    await superuser.execute(
        f"""insert into suyuan.unit_membership (tenant_id, unit_id, lot_id, event_id)
            select $1, o.object_id, l.object_id, e.event_id from suyuan.traceable_object o
            join suyuan.traceable_object l on l.tenant_id = $1 and l.key = '1:' || o.code {of_event} and o.kind = 2""",
        tenant_id,
    )
    for table in ("event", "event_feed", "location", "traceable_object", "event_object", "unit_membership"):
        await superuser.execute(f"analyze suyuan.{table}")


async def _plan(services: Services, tenant: Tenant, ask: Any, *settings: str) -> str:
    async with services.database.tenant(tenant.tenant_id) as tx:
        if settings:
            await tx.set_planner(*settings)
        explaining = Explaining(tx)
        await ask(cast(TenantTransaction, explaining))
        return explaining.plan


# In a small table the planner may well read everything in order; what is asked is whether the conditions can use the indexes at all.
BITMAPS_ONLY = ("enable_seqscan = off", "enable_indexscan = off", "enable_indexonlyscan = off", "enable_nestloop = off")


async def test_events_at_the_sites_are_looked_up_by_their_places(crowded: Tenant, services: Services) -> None:
    plan = await _plan(services, crowded, lambda tx: events.find_events(tx, EventFilter(), limit=10, sites=SITES), *BITMAPS_ONLY)
    assert "Seq Scan" not in plan
    for index, column in (("ix_event_read_point", "read_point"), ("ix_event_biz_location", "biz_location")):
        assert re.search(rf"{index}.*\n +Index Cond: \(\(tenant_id = \d+\) AND \({column} = ANY", plan), plan
        assert re.search(rf"{index}.*\n +Index Cond: \(\(tenant_id = \d+\) AND \({column} > ", plan), plan


async def test_an_object_is_looked_up_by_its_own_events(crowded: Tenant, services: Services) -> None:
    plan = await _plan(services, crowded, lambda tx: objects.by_key(tx, "x", SITES))
    assert "Seq Scan" not in plan
    assert "Hash" not in plan


async def test_the_places_of_a_site_are_looked_up_by_what_they_lie_in(crowded: Tenant, services: Services) -> None:
    plan = await _plan(services, crowded, lambda tx: sites_within(tx, SITES.places))
    assert re.search(r"ix_location_parent.*\n +Index Cond: \(\(tenant_id = \d+\) AND \(parent_place = w.place", plan), plan
    assert re.search(r"ix_location_parent.*\n +Index Cond: \(\(tenant_id = \d+\) AND \(parent_place > w.low", plan), plan


async def test_more_glns_than_are_ranges_find_the_same(firm: Firm, services: Services) -> None:
    lots = [lot(FLOUR, str(number)) for number in range(4)]
    places = [PLANT, f"{PLANT}/254/GATE", SHOP, "https://firm.example/hall"]
    await capture(services, firm.tenant_id, *(made([], [quantity(of, 1)], bizLocation={"id": place}) for of, place in zip(lots, places, strict=True)))
    many = Sites(SITES.places | {f"https://id.gs1.org/414/95060001{number:05d}" for number in range(MOST_RANGES)})
    assert len(many.glns) > MOST_RANGES
    async with services.database.tenant(firm.tenant_id) as tx:
        found = [[row["biz_location"] for row in await events.find_events(tx, EventFilter(), limit=9, sites=sites)] for sites in (SITES, many)]
    assert found == [[PLANT, f"{PLANT}/254/GATE", "https://firm.example/hall"]] * 2
