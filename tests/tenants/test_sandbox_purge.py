"""What a reset has retired is deleted for good; live data and sandboxes in use never are."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from backend.sandbox import purge
from backend.services import Services
from infra.clock import now
from infra.database import Database
from infra.errors import ConflictError, NotFoundError
from infra.provision import DatabaseUrls
from infra.storage.keys import TenantPrefix
from infra.storage.tenant import TenantStorage
from tests.tenants.companies import Superuser
from tests.tenants.sandboxes import Firm, counts, make_firm


@pytest.fixture
async def firm(services: Services) -> Firm:
    return await make_firm(services)


@pytest.fixture
async def owner_database(database_urls: DatabaseUrls) -> Any:
    database = Database(database_urls.owner, pool_size=2)
    yield database
    await database.close()


async def test_what_was_retired_is_purged_to_the_last_row_and_object(
    firm: Firm, owner_database: Database, superuser: Superuser, do_outbox: Callable[[], Awaitable[int]]
) -> None:
    storage = firm.services.storage
    await storage.ensure_bucket()
    old = await firm.open(events=300)
    await do_outbox()
    await firm.key((await firm.enter()).principal)
    objects = TenantStorage(storage, TenantPrefix(old.public_id))
    await objects.put("quarantine/old", b"1", content_type="image/png")
    await asyncio.sleep(1.1)
    new = await firm.reset()
    await superuser.execute("update tenant set retired_at = retired_at - interval '2 hours' where tenant_id = $1", old.tenant_id)
    kept = await counts(superuser, new.tenant_id)
    live = await counts(superuser, firm.tenant.tenant_id)
    guards = await _guards(superuser)
    [retired] = [item for item in await purge.due(owner_database, timedelta(hours=1)) if item.tenant_id == old.tenant_id]
    # The clock of the purge's condition was turned back with the row.
    done = await purge.purge(owner_database, storage, replace(retired, retired_at=now()), batch=70)
    assert done.rows["event"] == 300
    assert done.rows["audit_entry"] > 0
    assert done.objects == 1
    assert set((await counts(superuser, old.tenant_id)).values()) == {0}
    assert await superuser.fetchval("select count(*) from tenant where tenant_id = $1", old.tenant_id) == 0
    assert await superuser.fetchval("select count(*) from person_tenant where tenant_id = $1", old.tenant_id) == 0
    assert (await counts(superuser, new.tenant_id), await counts(superuser, firm.tenant.tenant_id)) == (kept, live)
    assert await _guards(superuser) == guards
    with pytest.raises(NotFoundError):
        await purge.named(owner_database, retired.public_id)


async def _guards(superuser: Superuser) -> list[Any]:
    """Policies and rights as they stand: a purge leaves no door open."""
    policies = await superuser.fetch("select tablename, policyname, cmd, qual from pg_policies order by 1, 2")
    rights = await superuser.fetch("select relname, relacl::text from pg_class where relnamespace = 'suyuan'::regnamespace order by 1")
    return [tuple(row) for row in (*policies, *rights)]


async def test_purging_refuses_live_data_a_sandbox_in_use_and_one_just_retired(firm: Firm, owner_database: Database, superuser: Superuser) -> None:
    sandbox = await firm.open()
    await firm.reset()
    just_retired = await superuser.fetchval("select public_id from tenant where tenant_id = $1", sandbox.tenant_id)
    for public_id in (firm.tenant.public_id, sandbox.public_id, just_retired):
        with pytest.raises(ConflictError):
            await purge.named(owner_database, public_id)
    with pytest.raises(NotFoundError):
        await purge.named(owner_database, uuid4())
    forged = purge.Retired(firm.tenant.tenant_id, firm.tenant.public_id, firm.tenant.slug, 1, now())
    before = await counts(superuser, firm.tenant.tenant_id)
    with pytest.raises(ConflictError):
        await purge.purge(owner_database, None, forged)
    assert await counts(superuser, firm.tenant.tenant_id) == before
    assert firm.tenant.tenant_id not in {item.tenant_id for item in await purge.due(owner_database, timedelta(0))}
