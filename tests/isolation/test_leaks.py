"""Faults planted in the database leak for real, which the intruder's tries show, and the audit names each of them.

Without these the silence of the generated tests would prove little: here they are seen to speak.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg
import pytest

from infra import roles
from infra.row_security import TENANT_CONDITION
from infra.security_audit import audit
from tests.conftest import Cluster
from tests.isolation.planting import Planting
from tests.isolation.probing import Intruder


@dataclass(frozen=True)
class Fault:
    """A fault, one of the intruder's finds that it must lead to, and one of the audit's."""

    plant: str
    leak: str
    finding: str


FAULTS: Final[dict[str, Fault]] = {
    "a table without a policy": Fault(
        "create table suyuan.extra as table suyuan.hold; grant select on extra to suyuan_app; alter table extra owner to suyuan_owner",
        "read: extra as suyuan_app",
        "policy_missing: extra.tenant",
    ),
    "row security disabled": Fault("alter table hold disable row level security", "read: hold as suyuan_app", "row_security_off: hold"),
    "row security enabled and not forced": Fault(
        "alter table hold no force row level security", "read: hold as suyuan_owner", "row_security_not_forced: hold"
    ),
    "a permissive policy more": Fault("create policy more on hold for select using (true)", "read: hold as suyuan_app", "policy_differs: hold.more"),
    "a policy that shows all where no tenant is named": Fault(
        "alter policy tenant on hold using (tenant_id = coalesce(nullif(current_setting('app.tenant_id', true), '')::int, tenant_id))",
        "read: hold as suyuan_app",
        "policy_differs: hold.tenant",
    ),
    "a policy that lets everybody write": Fault(
        "drop policy tenant on hold; create policy tenant on hold to suyuan_app using (true) with check (true)",
        "update: hold as suyuan_app",
        "policy_differs: hold.tenant",
    ),
    "a partition without a policy": Fault(
        f"""create table parted (tenant_id integer not null, note text) partition by list (tenant_id);
            create table parted_1 partition of parted for values in (7001);
            alter table parted enable row level security; alter table parted force row level security;
            create policy tenant on parted to suyuan_app, suyuan_owner using ({TENANT_CONDITION}) with check ({TENANT_CONDITION});
            grant select on parted, parted_1 to suyuan_app; insert into parted values (7001, 'canary-7001')""",
        "read: parted_1 as suyuan_app",
        "row_security_off: parted_1",
    ),
    "a view that its owner runs": Fault(
        "create view every_hold as select * from hold; grant select on every_hold to suyuan_app",
        "read: every_hold as suyuan_app",
        "owner_run_view: every_hold",
    ),
    "a materialised view": Fault(
        "create materialized view every_hold as select * from hold; grant select on every_hold to suyuan_public",
        "read: every_hold as suyuan_public",
        "unprotectable_relation: every_hold",
    ),
    "a function that its owner runs": Fault(
        "create function peep() returns setof text language sql security definer as 'select h::text from suyuan.hold h'",
        "read: peep as suyuan_app",
        "security_definer: suyuan.peep",
    ),
    "a copy in a schema that everybody may use": Fault(
        "create table public.backup as table suyuan.hold; grant usage on schema public to public; grant select on public.backup to public",
        "read: public.backup as suyuan_relay",
        "undeclared_table: public.backup",
    ),
    "a role that no policy binds": Fault("alter role suyuan_app bypassrls", "read: event as suyuan_app", "role_power: suyuan_app: has bypassrls"),
    "the right to truncate": Fault("grant truncate on effect to suyuan_app", "truncate: effect as suyuan_app", "grant: effect"),
    "a unique constraint without the tenant": Fault(
        "alter table hold add constraint one_note unique (note)", "unique: hold: one_note", "unique_across_tenants: hold"
    ),
    "a foreign key on one column": Fault(
        """alter table hold_cut drop constraint fk_hold_cut_tenant_id_hold_id; create unique index one on hold (hold_id);
           alter table hold_cut add constraint to_hold foreign key (hold_id) references hold (hold_id)""",
        "reference: hold_cut: to_hold",
        "foreign_key_across_tenants: hold_cut: to_hold",
    ),
    "a search path through another schema": Fault(
        "create table public.hold as table suyuan.hold; alter role suyuan_app set search_path = public, suyuan",
        "name: hold as suyuan_app",
        "search_path: suyuan_app",
    ),
    "a temporary table before the real one": Fault(
        "create temp table event (note text); alter role suyuan_app set search_path = pg_temp, suyuan",
        "name: event as suyuan_app",
        "search_path: suyuan_app",
    ),
}


@pytest.fixture
async def intruder(cluster: Cluster, superuser: asyncpg.Connection) -> AsyncIterator[Intruder]:
    """Two planted tenants, in a transaction that is undone. Roles are the whole cluster's: nobody sets his up meanwhile."""
    elsewhere = await asyncpg.connect(cluster.admin_dsn)
    await elsewhere.execute(f"select pg_advisory_lock({roles.ROLES_LOCK})")
    transaction = superuser.transaction()
    await transaction.start()
    made = Intruder(superuser, Planting(7_001, "canary-7001"), Planting(7_002, "canary-7002"))
    for planting in (made.victim, made.other):
        await planting.plant(superuser)
    yield made
    await transaction.rollback()
    await elsewhere.close()


@asynccontextmanager
async def planted(intruder: Intruder, fault: str) -> AsyncIterator[None]:
    """A fault, for as long as it is looked at."""
    async with intruder.undone():
        await intruder.connection.execute(fault)
        yield


async def everything(intruder: Intruder) -> set[str]:
    """All that an intruder finds."""
    return await intruder.reads() | await intruder.writes() | await intruder.tells() | await intruder.names()


async def test_an_intruder_finds_nothing_in_a_migrated_database(intruder: Intruder) -> None:
    assert await everything(intruder) == set()


@pytest.mark.parametrize("name", FAULTS)
async def test_an_intruder_finds_what_a_planted_fault_leaks_and_the_audit_names_it(intruder: Intruder, name: str) -> None:
    fault = FAULTS[name]
    kind = fault.leak.split(":", maxsplit=1)[0]
    look = {"read": intruder.reads, "unique": intruder.tells, "reference": intruder.tells, "name": intruder.names}.get(kind, intruder.writes)
    async with planted(intruder, fault.plant):
        assert fault.leak in await look()
        assert [line for finding in await audit(intruder.connection) if (line := str(finding)).startswith(fault.finding)] != []
