"""The audit of the catalogues finds nothing on a migrated database, and every kind of fault where one is planted."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from infra import roles
from infra.provision import DatabaseUrls
from infra.row_security import TENANT_CONDITION
from infra.security_audit import audit, findings
from tests.conftest import Cluster

FAULTS: dict[str, tuple[str, set[str]]] = {
    "row security disabled": (
        "alter table hold disable row level security",
        {"row_security_off: hold: has row level security disabled"},
    ),
    "row security not forced": (
        "alter table hold no force row level security",
        {"row_security_not_forced: hold: doesn't apply row level security to its owner"},
    ),
    "policy dropped": ("drop policy tenant on hold", {"policy_missing: hold.tenant: doesn't exist"}),
    "policy of the relay dropped": ("drop policy relay on outbox", {"policy_missing: outbox.relay: doesn't exist"}),
    "policy that lets NULL through": (
        "alter policy tenant on hold using (tenant_id = coalesce(nullif(current_setting('app.tenant_id', true), '')::int, tenant_id))",
        {"policy_differs: hold.tenant"},
    ),
    "policy that reads narrowly and writes widely": ("alter policy tenant on hold with check (true)", {"policy_differs: hold.tenant"}),
    "policy for the wrong role": ("alter policy tenant on hold to suyuan_app, suyuan_owner, suyuan_public", {"policy_differs: hold.tenant"}),
    "policy for one command only": (
        f"drop policy tenant on hold; create policy tenant on hold for select to suyuan_app, suyuan_owner using ({TENANT_CONDITION})",
        {"policy_differs: hold.tenant"},
    ),
    "restrictive policy in place of the permissive one": (
        f"""drop policy tenant on hold; create policy tenant on hold as restrictive to suyuan_app, suyuan_owner
            using ({TENANT_CONDITION}) with check ({TENANT_CONDITION})""",
        {"policy_differs: hold.tenant"},
    ),
    "second policy": ("create policy more on hold to suyuan_app using (true)", {"policy_differs: hold.more"}),
    "policy for writing given to the relay": (
        "drop policy relay on outbox; create policy relay on outbox to suyuan_relay using (true) with check (true)",
        {"policy_differs: outbox.relay"},
    ),
    "policy for changing an append-only table": (
        "create policy more on audit_entry for update to suyuan_app using (true)",
        {"policy_differs: audit_entry.more"},
    ),
    "one policy for everything on an append-only table": (
        f"""drop policy tenant_read on audit_entry; drop policy tenant_add on audit_entry;
            create policy tenant on audit_entry to suyuan_app, suyuan_owner using ({TENANT_CONDITION}) with check ({TENANT_CONDITION})""",
        {"policy_missing: audit_entry.tenant_read", "policy_missing: audit_entry.tenant_add", "policy_differs: audit_entry.tenant"},
    ),
    **{
        f"append-only table from which its owner may {privilege}": (
            f"grant {privilege} on electronic_signature to suyuan_owner",
            {f"append_only: electronic_signature: its owner has {privilege.upper()}"},
        )
        for privilege in ("update", "delete", "truncate")
    },
    "append-only table on which the application may write": (
        "grant update on event_feed to suyuan_app",
        {"grant: event_feed: suyuan_app has UPDATE on the relation"},
    ),
    "append-only table with a trigger": (
        "create trigger mine before insert on audit_entry for each row execute function suppress_redundant_updates_trigger()",
        {"append_only: audit_entry: has the trigger mine, which may write something else"},
    ),
    "append-only table that is tied to another": (
        """alter table audit_entry add constraint signed foreign key (tenant_id, signature_id)
           references electronic_signature (tenant_id, signature_id) on delete cascade""",
        {"append_only: audit_entry: signed ties rows that never change to others"},
    ),
    "purge of whatever there is": ("drop policy purge on outbox", {"policy_missing: outbox.purge: doesn't exist"}),
    "purge of what is still of use": ("alter policy purge on session using (true)", {"policy_differs: session.purge"}),
    "purge that allows instead of forbidding": (
        "drop policy purge on effect; create policy purge on effect for delete to suyuan_app using (done_at < (now() - '30 days'::interval))",
        {"policy_differs: effect.purge"},
    ),
    "policy with a subquery": (
        "alter policy tenant on hold using (tenant_id in (select tenant_id from tenant))",
        {"policy_differs: hold.tenant", "policy_with_subquery: hold.tenant"},
    ),
    "policy on a table without a tenant": (
        "create policy odd on tenant to suyuan_app using (true)",
        {"policy_unexpected: tenant.odd"},
    ),
    "table made by hand": (
        "set local role suyuan_owner; create table extra (note text)",
        {"undeclared_table: extra"},
    ),
    "table of a tenant made by hand": (
        "set local role suyuan_owner; create table extra (tenant_id integer not null, note text)",
        {"undeclared_table: extra", "row_security_off: extra", "row_security_not_forced: extra", "policy_missing: extra.tenant"},
    ),
    "copy of a table in another schema": (
        "create schema backup authorization suyuan_owner; set local role suyuan_owner; create table backup.hold as table suyuan.hold",
        {
            "undeclared_table: backup.hold",
            "row_security_off: backup.hold",
            "row_security_not_forced: backup.hold",
            "policy_missing: backup.hold.tenant",
            "tenant_column: backup.hold",
        },
    ),
    "unprotected partition": (
        """set local role suyuan_owner; alter table shipment rename to old; drop policy tenant on old; drop table old cascade;
           create table shipment (tenant_id integer not null, shipment_id bigint, primary key (tenant_id, shipment_id)) partition by list (tenant_id);
           create table shipment_1 partition of shipment for values in (1);
           alter table shipment enable row level security; alter table shipment force row level security;
           create policy tenant on shipment to suyuan_app, suyuan_owner
             using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::int)
             with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::int)""",
        {"row_security_off: shipment_1", "row_security_not_forced: shipment_1", "policy_missing: shipment_1.tenant"},
    ),
    "tenant that may be absent": ("alter table effect drop constraint pk_effect, alter tenant_id drop not null", {"tenant_column: effect"}),
    "tenant by default": ("alter table effect alter tenant_id set default 1", {"tenant_column: effect"}),
    "table of the application's": (
        "grant create on schema suyuan to suyuan_app; alter table hold owner to suyuan_app; revoke create on schema suyuan from suyuan_app",
        {"owner: hold: belongs to suyuan_app, not to suyuan_owner"},
    ),
    "view run by its owner": (
        "set local role suyuan_owner; create view every_hold as select * from hold",
        {"owner_run_view: every_hold"},
    ),
    "view of the superuser's": (
        "create view every_hold with (security_invoker = true) as select * from hold",
        {"owner: every_hold"},
    ),
    "materialised view": (
        "set local role suyuan_owner; create materialized view every_hold as select 1 as one",
        {"unprotectable_relation: every_hold: is a materialised view, to which no policy applies"},
    ),
    "rewrite rule": (
        "create rule elsewhere as on insert to hold do also notify hold",
        {"rewrite_rule: hold: is rewritten by elsewhere"},
    ),
    "function that runs as its owner": (
        "create function peep() returns bigint language sql security definer as 'select count(*) from suyuan.hold'",
        {"security_definer: suyuan.peep: runs with the rights of postgres, whoever calls it"},
    ),
    **{
        f"grant of {privilege}": (f"grant {privilege} on hold to suyuan_app", {f"grant: hold: suyuan_app has {privilege.upper()} on the relation"})
        for privilege in ("truncate", "references", "trigger", "delete")
    },
    "grant to everyone": ("grant select on hold to public", {"grant: hold: public has SELECT on the relation"}),
    "grant to another role of the service": ("grant select on hold to suyuan_public", {"grant: hold: suyuan_public has SELECT on the relation"}),
    "grant to a stranger": (
        "create role stranger; grant select on hold to stranger",
        {"grant: hold: role "},
    ),
    "grant that may be passed on": (
        "grant select on hold to suyuan_app with grant option",
        {"grant: hold: suyuan_app has SELECT on the relation and may pass it on"},
    ),
    "grant on a column": ("grant select (note) on hold to suyuan_relay", {"grant: hold.note: suyuan_relay has SELECT on the column"}),
    "grant on a table without a tenant": ("grant select on person to suyuan_app", {"grant: person: suyuan_app has SELECT on the relation"}),
    "grant on the migrations' table": ("grant insert on alembic_version to suyuan_app", {"grant: alembic_version: suyuan_app has INSERT on"}),
    "grant on a sequence": ("grant usage on event_event_id_seq to suyuan_relay", {"grant: event_event_id_seq: suyuan_relay has USAGE on"}),
    "right to create in the schema": ("grant create on schema suyuan to suyuan_app", {"grant: suyuan: suyuan_app has CREATE on the schema"}),
    "right of everyone to create in public": ("grant create on schema public to public", {"grant: public: public has CREATE on the schema"}),
    "right to temporary tables": (
        "do $$ begin execute format('grant temporary on database %I to suyuan_public', current_database()); end $$",
        {"grant: suyuan_walls_"},
    ),
    "rights by default": (
        "alter default privileges for role suyuan_owner in schema suyuan grant select on tables to suyuan_public",
        {"grant: suyuan: suyuan_public has SELECT on the default"},
    ),
    "unique across tenants": (
        "alter table hold add constraint one_note unique (note)",
        {"unique_across_tenants: hold: one_note begins with note"},
    ),
    "unique over an expression": (
        "create unique index one_note on hold (lower(note))",
        {"unique_across_tenants: hold: one_note begins with an expression"},
    ),
    "tenant behind in a key": (
        "alter table effect drop constraint pk_effect, add primary key (effect_key, tenant_id)",
        {"unique_across_tenants: effect: effect_pkey begins with effect_key"},
    ),
    "index that doesn't lead with the tenant": ("create index ix_note on hold (note)", {"index_without_tenant: hold: ix_note begins with note"}),
    "foreign key without the tenant": (
        "create unique index one on hold (hold_id); alter table hold_cut add constraint to_hold foreign key (hold_id) references hold (hold_id)",
        {
            "unique_across_tenants: hold: one begins with hold_id",
            "foreign_key_across_tenants: hold_cut: to_hold doesn't hold both rows in one tenant",
        },
    ),
    "foreign key from a table without a tenant": (
        "alter table resolver_claim add constraint to_sequence foreign key (tenant_id) references tenant_sequence (tenant_id)",
        {"foreign_key_across_tenants: resolver_claim: to_sequence doesn't hold both rows in one tenant"},
    ),
    **{
        f"role with {power}": (f"alter role suyuan_app {power}", {f"role_power: suyuan_app: has {power}"})
        for power in ("superuser", "bypassrls", "createrole", "createdb", "replication")
    },
    "membership in the owner": ("grant suyuan_owner to suyuan_app", {"role_membership: suyuan_app: is a member of suyuan_owner"}),
    "membership in a role that reads everything": (
        "grant pg_read_all_data to suyuan_relay",
        {"role_membership: suyuan_relay: is a member of pg_read_all_data"},
    ),
    "owner that may log in": ("alter role suyuan_owner login", {"role_login: suyuan_owner: may log in"}),
    "search path not pinned": ("alter role suyuan_app reset search_path", {"search_path: suyuan_app: has no pinned search_path"}),
    "search path through the user's own schema": (
        "alter role suyuan_app set search_path = '$user', public, suyuan",
        {"search_path: suyuan_app: has no pinned search_path", "search_path: suyuan_app: begins every session with search_path="},
    ),
    "search path of the database": (
        "do $$ begin execute format('alter database %I set search_path = public', current_database()); end $$",
        {"search_path: everyone: begins every session with search_path=public"},
    ),
    "tenant set for every session": (
        "alter role suyuan_app set app.tenant_id = '1'",
        {"preset: suyuan_app: begins every session with app.tenant_id=1"},
    ),
}


@pytest.fixture
async def _undisturbed_roles(cluster: Cluster) -> AsyncIterator[None]:
    """Roles belong to the whole cluster: nobody sets his up while one is planted here."""
    connection = await asyncpg.connect(cluster.admin_dsn)
    await connection.execute(f"select pg_advisory_lock({roles.ROLES_LOCK})")
    yield
    await connection.close()


async def test_migrated_database_has_no_fault_that_the_audit_would_find(clone: DatabaseUrls) -> None:
    assert await findings(clone.owner) == []
    # Any role may read the catalogues.
    assert await findings(clone.relay) == []


@pytest.mark.usefixtures("_undisturbed_roles")
@pytest.mark.parametrize("name", FAULTS)
async def test_planted_fault_is_found(superuser: asyncpg.Connection, name: str) -> None:
    plant, expected = FAULTS[name]
    planting = superuser.transaction()
    await planting.start()
    try:
        await superuser.execute(plant)
        await superuser.execute("reset role")
        found = [str(finding) for finding in await audit(superuser)]
    finally:
        await planting.rollback()
    assert {fault for fault in expected if not any(line.startswith(fault) for line in found)} == set()
    assert [line for line in found if not any(line.startswith(fault) for fault in expected)] == []
    assert await audit(superuser) == []


@pytest.mark.usefixtures("_undisturbed_roles")
async def test_missing_role_is_found(superuser: asyncpg.Connection) -> None:
    async with superuser.transaction():
        await superuser.execute("alter role suyuan_relay rename to suyuan_other")
        found = {finding.fault: finding.subject for finding in await audit(superuser)}
        await superuser.execute("alter role suyuan_other rename to suyuan_relay")
    assert found["role_missing"] == roles.RELAY
