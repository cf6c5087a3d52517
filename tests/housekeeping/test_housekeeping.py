"""Housekeeping: what has served its time goes, what hasn't stays, evidence never goes, and workers don't get in each other's way."""

import asyncio
import hashlib
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import Table

from backend.housekeeping import repository
from backend.housekeeping.service import EXPORT_FILES, ROUND_LOCK, Housekeeping
from backend.services import Services
from infra import clock
from infra.ids import uuid7
from infra.schema import metadata
from infra.storage.keys import TenantPrefix
from infra.storage.tenant import TenantStorage
from tenants import audit
from tenants.audit import exports
from tenants.throttle import ACCOUNT_FAILURES
from tests.conftest import Cluster
from tests.firms import Firm

# By table: how to insert a row of an age, and the age in days from which on it may go.
OLD: dict[str, tuple[str, float]] = {
    "outbox": ("insert into outbox (tenant_id, topic, payload, done_at) values ($1, $2, '{}', now() - $3 * interval '1 day')", 7),
    "effect": ("insert into effect (tenant_id, effect_key, done_at) values ($1, $2, now() - $3 * interval '1 day')", 30),
    "idempotent_reply": (
        """insert into idempotent_reply (tenant_id, principal, key, request_sha256, status, reply, created_at)
           values ($1, 'x', $2, 'x', 200, '', now() - $3 * interval '1 day')""",
        30,
    ),
    "audit_export": (
        """insert into audit_export (tenant_id, export_id, requested_by, format, language, filter, file_name, state, last_audit_id, expires_at)
           values ($1, gen_random_uuid(), $2, 'csv', 'zh', '{}', 'x', 'ready', 0, now() - ($3 - 7) * interval '1 day')""",
        7,
    ),
}


@pytest.fixture
async def superuser(cluster: Cluster, services: Services) -> Any:
    database = str(services.settings.database_url.get_secret_value()).rsplit("/", 1)[1]
    connection = await asyncpg.connect(cluster.admin_dsn, database=database, server_settings={"search_path": "suyuan, pg_temp"})
    await services.storage.ensure_bucket()
    yield connection
    await connection.close()


async def count(superuser: asyncpg.Connection, table: str, tenant_id: int) -> int:
    return int(await superuser.fetchval(f"select count(*) from {table} where tenant_id = $1", tenant_id))


def test_every_row_that_is_ever_deleted_by_age_is_in_a_table_that_says_so() -> None:
    tables = {table.name for table in repository.purged_tables()}
    assert tables >= {"outbox", "effect", "idempotent_reply", "session", "audit_export"}
    assert tables.isdisjoint({"audit_entry", "electronic_signature", "event", "event_feed", "event_object"})


@pytest.mark.parametrize("table", OLD)
async def test_rows_go_when_their_time_is_over_and_not_before(
    services: Services, superuser: asyncpg.Connection, firm: Firm, other_firm: Firm, table: str
) -> None:
    statement, days = OLD[table]
    for number, age in enumerate((days + 0.01, days + 40, days - 0.01, 0.5)):
        for owner in (firm, other_firm):
            await superuser.execute(statement, owner.tenant_id, f"row {number}", age)
    await superuser.execute("insert into outbox (tenant_id, topic, payload) values ($1, 'open', '{}')", firm.tenant_id)
    removed = await Housekeeping(services).of_tenant(firm.tenant_id, firm.tenant.public_id)
    assert removed == {table: 2}
    assert await count(superuser, table, firm.tenant_id) == 2 + (table == "outbox")
    assert await count(superuser, table, other_firm.tenant_id) == 4
    # The test's own leavings, which no worker would know what to do with.
    await superuser.execute("delete from outbox where tenant_id = any($1)", [firm.tenant_id, other_firm.tenant_id])


async def test_sessions_go_ninety_days_after_their_end(services: Services, superuser: asyncpg.Connection, firm: Firm) -> None:
    member = uuid4()
    await superuser.execute(
        "insert into membership (tenant_id, membership_id, person_id, display_name) values ($1, $2, $3, 'x')", firm.tenant_id, member, uuid4()
    )
    stories = {
        "ended long ago": ("now() - interval '91 days'", "now() + interval '1 day'"),
        "expired long ago": ("null", "now() - interval '91 days'"),
        "ended lately": ("now() - interval '89 days'", "now() - interval '120 days'"),
        "expired lately": ("null", "now() - interval '89 days'"),
        "open": ("null", "now() + interval '1 day'"),
    }
    for name, (ended, expires) in stories.items():
        await superuser.execute(
            f"""insert into session (tenant_id, session_id, membership_id, epoch, selector, token_sha256, ended_at, expires_at, user_agent, address)
                values ($1, $2, $3, 0, $4, 'x', {ended}, {expires}, $5, '')""",
            firm.tenant_id, uuid4(), member, uuid4().bytes, name,
        )  # fmt: skip
    assert await Housekeeping(services).of_tenant(firm.tenant_id, firm.tenant.public_id) == {"session": 2}
    left = await superuser.fetch("select user_agent from session where tenant_id = $1", firm.tenant_id)
    assert {row["user_agent"] for row in left} == {"ended lately", "expired lately", "open"}


async def test_effects_stay_while_an_old_row_is_open_that_could_repeat_them(services: Services, superuser: asyncpg.Connection, firm: Firm) -> None:
    await superuser.execute(OLD["effect"][0], firm.tenant_id, "old", 60)
    await superuser.execute(
        "insert into outbox (tenant_id, topic, payload, created_at) values ($1, 'failing', '{}', now() - interval '8 days')", firm.tenant_id
    )
    assert await Housekeeping(services).of_tenant(firm.tenant_id, firm.tenant.public_id) == {}
    await superuser.execute("update outbox set done_at = now() where tenant_id = $1", firm.tenant_id)
    assert await Housekeeping(services).of_tenant(firm.tenant_id, firm.tenant.public_id) == {"effect": 1}


async def test_the_trail_is_never_touched(services: Services, superuser: asyncpg.Connection, firm: Firm) -> None:
    async with services.database.tenant(firm.tenant_id) as tx:
        await audit.record(tx, firm.principal, "hold.placed", "old")
    await superuser.execute("update audit_entry set recorded_at = now() - interval '30 years' where tenant_id = $1", firm.tenant_id)
    before = await superuser.fetch("select a::text from audit_entry a where tenant_id = $1 order by 1", firm.tenant_id)
    assert len(before) == 2
    assert await Housekeeping(services).of_tenant(firm.tenant_id, firm.tenant.public_id) == {}
    assert await superuser.fetch("select a::text from audit_entry a where tenant_id = $1 order by 1", firm.tenant_id) == before


async def test_a_round_is_bounded_and_the_next_one_goes_on(services: Services, superuser: asyncpg.Connection, firm: Firm) -> None:
    for number in range(10):
        await superuser.execute(OLD["effect"][0], firm.tenant_id, f"old {number}", 60)
    housekeeping = Housekeeping(services, rows_at_once=2, batches=3)
    taken = [(await housekeeping.of_tenant(firm.tenant_id, firm.tenant.public_id)).get("effect", 0) for _ in range(3)]
    assert taken == [6, 4, 0]


async def test_files_of_exports_go_with_their_time_and_other_files_stay(services: Services, firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    await services.storage.ensure_bucket()
    own = TenantStorage(services.storage, TenantPrefix(firm.tenant.public_id))
    for key in (f"{exports.PREFIX}/{uuid4()}/trail.csv", f"{exports.PREFIX}/{uuid4()}/part-00000", "photos/kept"):
        await own.put(key, b"x", content_type="text/csv")
    assert await Housekeeping(services).of_tenant(firm.tenant_id, firm.tenant.public_id) == {}
    later = clock.now() + exports.LIFETIME
    monkeypatch.setattr(clock, "now", lambda: later)
    assert await Housekeeping(services).of_tenant(firm.tenant_id, firm.tenant.public_id) == {}
    past = later + exports.LIFETIME
    monkeypatch.setattr(clock, "now", lambda: past)
    assert await Housekeeping(services).of_tenant(firm.tenant_id, firm.tenant.public_id) == {EXPORT_FILES: 2}
    assert [listed.key for listed in (await own.list_objects()).objects] == ["photos/kept"]


async def test_old_failed_sign_ins_are_forgotten_and_blocked_names_stay_blocked(services: Services, superuser: asyncpg.Connection) -> None:
    subjects = {name: hashlib.sha256(f"{name} {uuid7()}".encode()).digest() for name in ("old", "young", "blocked")}
    for name, days, failures in (("old", 91, ACCOUNT_FAILURES - 1), ("young", 89, 1), ("blocked", 400, ACCOUNT_FAILURES)):
        await superuser.execute(
            "insert into sign_in_attempt values ($1, $2, now() - $3 * interval '1 day', 1)", subjects[name], failures, float(days)
        )
    done = await Housekeeping(services).round()
    assert done is not None
    assert done["sign_in_attempt"] >= 1
    left = await superuser.fetch("select subject_sha256 from sign_in_attempt where subject_sha256 = any($1)", list(subjects.values()))
    assert {row["subject_sha256"] for row in left} == {subjects["young"], subjects["blocked"]}


async def test_one_worker_makes_the_round_and_the_others_leave_it_to_him(services: Services, superuser: asyncpg.Connection, firm: Firm) -> None:
    await superuser.execute(OLD["effect"][0], firm.tenant_id, "old", 60)
    await superuser.execute("select pg_advisory_lock($1)", ROUND_LOCK)
    assert await Housekeeping(services).round() is None
    assert await count(superuser, "effect", firm.tenant_id) == 1
    await superuser.execute("select pg_advisory_unlock($1)", ROUND_LOCK)
    assert (await Housekeeping(services).round() or {}).get("effect", 0) >= 1
    assert await count(superuser, "effect", firm.tenant_id) == 0
    # The lock is given back, also when the round is cut off.
    running = asyncio.create_task(Housekeeping(services).round())
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await superuser.fetchval("select count(*) from pg_locks where locktype = 'advisory' and objid = $1", ROUND_LOCK) == 0


async def test_two_at_once_remove_the_same_and_neither_fails(services: Services, superuser: asyncpg.Connection, firm: Firm) -> None:
    for number in range(40):
        await superuser.execute(OLD["effect"][0], firm.tenant_id, f"old {number}", 60)
    housekeeping = Housekeeping(services, rows_at_once=5)
    both = await asyncio.gather(*(housekeeping.of_tenant(firm.tenant_id, firm.tenant.public_id) for _ in range(2)))
    assert sum(removed.get("effect", 0) for removed in both) == 40
    assert await count(superuser, "effect", firm.tenant_id) == 0


async def test_trouble_with_one_tenant_is_not_the_others(
    services: Services, superuser: asyncpg.Connection, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tenants(_: Any) -> Iterable[Any]:
        return [{"tenant_id": "no number", "public_id": uuid4()}, {"tenant_id": firm.tenant_id, "public_id": firm.tenant.public_id}]

    await superuser.execute(OLD["effect"][0], firm.tenant_id, "old", 60)
    monkeypatch.setattr(repository, "tenants", tenants)
    assert (await Housekeeping(services).round() or {}).get("effect") == 1


async def test_it_runs_beside_the_worker_until_it_is_told_to_stop(services: Services, superuser: asyncpg.Connection, firm: Firm) -> None:
    await superuser.execute(OLD["effect"][0], firm.tenant_id, "old", 60)
    stop = asyncio.Event()
    running = asyncio.create_task(Housekeeping(services).run(stop, first_after=0.01, interval=0.01))
    for _ in range(500):
        await asyncio.sleep(0.02)
        if await count(superuser, "effect", firm.tenant_id) == 0:
            break
    stop.set()
    await asyncio.wait_for(running, 30)
    assert await count(superuser, "effect", firm.tenant_id) == 0


def test_the_condition_of_each_purge_is_about_the_past() -> None:
    """A condition without a time would let live rows go."""
    for table in metadata.tables.values():
        assert isinstance(table, Table)
        if purge := table.info.get("purge"):
            assert "< (now()" in purge or "< now()" in purge, table.name
