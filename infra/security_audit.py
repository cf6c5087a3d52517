"""Reads a migrated database's own catalogues and reports every way in which the wall between tenants is not as it is declared.

Nothing here trusts the migrations: a table made by hand, a grant given in a hurry and a role that was raised for an evening are found.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
from sqlalchemy import Table

from infra import roles
from infra.migrate import load_models
from infra.row_security import CLOSED_TO_THE_OWNER, RELAY_ROLE
from infra.schema import PURGING_ROLE, SCHEMA_NAME, metadata

# As PostgreSQL writes `row_security.TENANT_CONDITION` back.
STORED_CONDITION: Final = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::integer)"
SEARCH_PATH: Final = f"search_path={SCHEMA_NAME}, pg_temp"
MIGRATIONS_TABLE: Final = "alembic_version"
_SERVICE_ROLES: Final = (roles.OWNER, *roles.LOGIN_ROLES)
_KINDS: Final = {"v": "view", "m": "materialised view", "f": "foreign table", "S": "sequence"}

_OURS: Final = """n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
    and not exists (select 1 from pg_depend d where d.objid = {oid} and d.deptype = 'e')"""
_RELATIONS: Final = f"""
select c.oid, n.nspname as schema, c.relname as name, c.relkind::text as kind, pg_get_userbyid(c.relowner) as owner, c.relrowsecurity as enabled,
       c.relforcerowsecurity as forced, coalesce(c.reloptions::text, '') as options,
       array(select a.privilege_type::text from aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
             where a.grantee = c.relowner order by 1) as of_owner,
       (select p.relname from pg_inherits i join pg_class p on p.oid = i.inhparent where i.inhrelid = c.oid) as parent,
       (select format_type(a.atttypid, null) || case when a.attnotnull then ' not null' else '' end
               || case when a.atthasdef or a.attidentity <> '' then ' default' else '' end
        from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) as tenant_column,
       array(select r.rulename::text from pg_rewrite r where r.ev_class = c.oid and r.rulename <> '_RETURN') as rules,
       array(select t.tgname::text from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal order by 1) as triggers
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and {_OURS.format(oid="c.oid")} order by n.nspname, c.relname"""
_POLICIES: Final = """
select polrelid as oid, polname as name, polpermissive as permissive, polcmd::text as command,
       array(select pg_get_userbyid(member)::text from unnest(polroles) member order by 1) as roles,
       pg_get_expr(polqual, polrelid) as condition, pg_get_expr(polwithcheck, polrelid) as written,
       coalesce(polqual::text, '') || coalesce(polwithcheck::text, '') ~ 'SUBLINK' as subquery
from pg_policy order by polname"""
_GRANTS: Final = """
select 'relation' as on_what, c.oid, c.relname::text as name, a.* from pg_class c cross join aclexplode(c.relacl) a
union all
select 'column', t.attrelid, t.attname::text, a.* from pg_attribute t cross join aclexplode(t.attacl) a
union all
select 'schema', n.oid, n.nspname::text, a.* from pg_namespace n cross join aclexplode(n.nspacl) a where n.nspname in ('public', $1)
union all
select 'database', d.oid, d.datname::text, a.* from pg_database d
cross join aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a where d.datname = current_database()
union all
select 'default', 0, coalesce(f.defaclnamespace::regnamespace::text, 'every schema'), a.*
from pg_default_acl f cross join aclexplode(f.defaclacl) a"""
_FUNCTIONS: Final = f"""
select n.nspname || '.' || p.proname as name, p.prosecdef as definer, pg_get_userbyid(p.proowner) as owner
from pg_proc p join pg_namespace n on n.oid = p.pronamespace where {_OURS.format(oid="p.oid")} order by 1"""
_INDEXES: Final = """
select i.indrelid as oid, c.relname as name, i.indisunique or i.indisexclusion as is_unique, coalesce(a.attname, '') as first_column
from pg_index i join pg_class c on c.oid = i.indexrelid left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] order by 2"""
_FOREIGN_KEYS: Final = """
select k.conrelid as oid, k.conname as name, k.confrelid as target, a.attname as first_column, b.attname as first_target
from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
join pg_attribute b on b.attrelid = k.confrelid and b.attnum = k.confkey[1] where k.contype = 'f' order by 2"""
_ROLES: Final = """
select r.oid, rolname as name, rolcanlogin as login,
       array(select power from (values (rolsuper, 'superuser'), (rolbypassrls, 'bypassrls'), (rolcreaterole, 'createrole'),
                                       (rolcreatedb, 'createdb'), (rolreplication, 'replication')) p(held, power) where held) as powers,
       array(select pg_get_userbyid(m.roleid)::text from pg_auth_members m where m.member = r.oid order by 1) as member_of
from pg_roles r where rolname = any($1)"""
_SETTINGS: Final = """
select coalesce(r.rolname, 'everyone') as role, s.setdatabase, unnest(s.setconfig) as setting
from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole
where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))"""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault: what kind, of what, and what was found."""

    fault: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.fault}: {self.subject}: {self.detail}"


async def findings(dsn: str) -> list[Finding]:
    """Every fault of the database at `dsn`, for any role that may read its catalogues; empty when the wall stands as declared."""
    connection = await asyncpg.connect(dsn.replace("postgresql+asyncpg://", "postgresql://"), timeout=10)
    try:
        return await audit(connection)
    finally:
        await connection.close()


async def audit(connection: asyncpg.Connection) -> list[Finding]:
    """The same on an open connection, inside of its transaction."""
    load_models()
    catalogue = await _Catalogue.read(connection)
    rules = (_tables, _policies, _append_only, _views, _functions, _grants, _keys, _roles, _settings)
    return sorted({finding for rule in rules for finding in rule(catalogue)})


@dataclass(frozen=True, slots=True)
class _Catalogue:
    relations: dict[int, Any]
    policies: dict[int, list[Any]]
    grants: list[Any]
    functions: list[Any]
    indexes: list[Any]
    foreign_keys: list[Any]
    roles: list[Any]
    settings: list[Any]

    @classmethod
    async def read(cls, connection: asyncpg.Connection) -> "_Catalogue":
        policies: dict[int, list[Any]] = defaultdict(list)
        for row in await connection.fetch(_POLICIES):
            policies[row["oid"]].append(row)
        return cls(
            {row["oid"]: row for row in await connection.fetch(_RELATIONS)}, policies, await connection.fetch(_GRANTS, SCHEMA_NAME),
            await connection.fetch(_FUNCTIONS), await connection.fetch(_INDEXES), await connection.fetch(_FOREIGN_KEYS),
            await connection.fetch(_ROLES, list(_SERVICE_ROLES)), await connection.fetch(_SETTINGS),
        )  # fmt: skip

    def name(self, oid: int) -> str:
        relation = self.relations[oid]
        return str(relation["name"] if relation["schema"] == SCHEMA_NAME else f"{relation['schema']}.{relation['name']}")

    def declared(self, oid: int) -> Table | None:
        """How the table, or the one that it is a partition of, is declared."""
        relation = self.relations.get(oid)
        if relation is None or relation["schema"] != SCHEMA_NAME:
            return None
        return metadata.tables.get(relation["parent"] or relation["name"])

    def tenant_owned(self, oid: int) -> bool:
        """Whether rows there belong to tenants: by the declaration, else by the column."""
        table = self.declared(oid)
        if table is not None:
            return bool(table.info["tenant_owned"])
        return oid in self.relations and self.relations[oid]["tenant_column"] is not None


def _tables(catalogue: _Catalogue) -> Iterator[Finding]:
    for oid, relation in catalogue.relations.items():
        name, kind = catalogue.name(oid), relation["kind"]
        if relation["owner"] != roles.OWNER:
            yield Finding("owner", name, f"belongs to {relation['owner']}, not to {roles.OWNER}")
        if kind not in ("r", "p"):
            continue
        if catalogue.declared(oid) is None and name != MIGRATIONS_TABLE:
            yield Finding("undeclared_table", name, "stands neither among the tenants' tables nor in the list of those without a tenant")
        if relation["rules"]:
            yield Finding("rewrite_rule", name, f"is rewritten by {', '.join(relation['rules'])}")
        if not catalogue.tenant_owned(oid):
            continue
        if not relation["enabled"]:
            yield Finding("row_security_off", name, "has row level security disabled")
        if not relation["forced"]:
            yield Finding("row_security_not_forced", name, "doesn't apply row level security to its owner")
        if relation["tenant_column"] != "integer not null":
            yield Finding("tenant_column", name, f"has tenant_id as {relation['tenant_column'] or 'nothing'}, not as integer not null")


def _policies(catalogue: _Catalogue) -> Iterator[Finding]:
    for oid in catalogue.relations:
        found = {policy["name"]: policy for policy in catalogue.policies.get(oid, [])}
        for name, policy in found.items():
            if policy["subquery"]:
                yield Finding("policy_with_subquery", f"{catalogue.name(oid)}.{name}", "asks another table, which Citus refuses")
        if not catalogue.tenant_owned(oid) or catalogue.relations[oid]["kind"] not in ("r", "p"):
            for name in found:
                yield Finding("policy_unexpected", f"{catalogue.name(oid)}.{name}", "stands on a table without a tenant")
            continue
        table = catalogue.declared(oid)
        expected = _expected_policies(table)
        for name in sorted(expected.keys() - found.keys()):
            yield Finding("policy_missing", f"{catalogue.name(oid)}.{name}", "doesn't exist")
        for name, policy in found.items():
            kind = "permissive" if policy["permissive"] else "restrictive"
            seen = (kind, policy["command"], policy["roles"], policy["condition"], policy["written"])
            if expected.get(name) != seen:
                yield Finding("policy_differs", f"{catalogue.name(oid)}.{name}", f"is {seen}, expected {expected.get(name, 'none')}")


def _expected_policies(table: Table | None) -> dict[str, tuple[Any, ...]]:
    """By name: kind, command, roles, condition on what is there, condition on what is written."""
    info = table.info if table is not None else {"grants": {}}
    under = sorted({roles.OWNER, *info["grants"]} - {RELAY_ROLE})
    if info.get("append_only"):
        expected: dict[str, tuple[Any, ...]] = {
            "tenant_read": ("permissive", "r", under, STORED_CONDITION, None),
            "tenant_add": ("permissive", "a", under, None, STORED_CONDITION),
        }
    else:
        expected = {"tenant": ("permissive", "*", under, STORED_CONDITION, STORED_CONDITION)}
    if RELAY_ROLE in info["grants"]:
        expected["relay"] = ("permissive", "r", [RELAY_ROLE], "true", None)
    if info.get("purge") is not None:
        expected["purge"] = ("restrictive", "d", [PURGING_ROLE], info["purge"], None)
    return expected


def _append_only(catalogue: _Catalogue) -> Iterator[Finding]:
    """Ways in which a row of an append-only table could be changed that stand neither in a policy nor in somebody else's grant."""
    closed = {oid for oid in catalogue.relations if (table := catalogue.declared(oid)) is not None and table.info.get("append_only")}
    for oid in closed:
        for privilege in catalogue.relations[oid]["of_owner"]:
            if privilege in CLOSED_TO_THE_OWNER:
                yield Finding("append_only", catalogue.name(oid), f"its owner has {privilege}")
        for name in catalogue.relations[oid]["triggers"]:
            yield Finding("append_only", catalogue.name(oid), f"has the trigger {name}, which may write something else")
    for key in catalogue.foreign_keys:
        # Checking one takes the right to change rows; one that cascades changes them.
        if closed & {key["oid"], key["target"]} and key["oid"] in catalogue.relations:
            yield Finding("append_only", catalogue.name(key["oid"]), f"{key['name']} ties rows that never change to others")


def _views(catalogue: _Catalogue) -> Iterator[Finding]:
    for oid, relation in catalogue.relations.items():
        if relation["kind"] == "v" and "security_invoker=true" not in relation["options"]:
            yield Finding("owner_run_view", catalogue.name(oid), "reads with its owner's rights: make it security_invoker=true")
        elif relation["kind"] in ("m", "f"):
            yield Finding("unprotectable_relation", catalogue.name(oid), f"is a {_KINDS[relation['kind']]}, to which no policy applies")


def _functions(catalogue: _Catalogue) -> Iterator[Finding]:
    for function in catalogue.functions:
        if function["definer"]:
            yield Finding("security_definer", function["name"], f"runs with the rights of {function['owner']}, whoever calls it")


def _grants(catalogue: _Catalogue) -> Iterator[Finding]:
    names = {row["oid"]: row["name"] for row in catalogue.roles}
    database = {role: {"CONNECT"} for role in roles.LOGIN_ROLES} | {roles.APPLICATION: {"CONNECT", "TEMPORARY"}}
    for grant in catalogue.grants:
        on_what, oid = grant["on_what"], grant["oid"]
        if grant["grantee"] == grant["grantor"]:
            continue
        to = names.get(grant["grantee"], "public" if grant["grantee"] == 0 else f"role {grant['grantee']}")
        subject = grant["name"]
        allowed: set[str] = set()
        if on_what in ("relation", "column"):
            if oid not in catalogue.relations:
                continue
            table = catalogue.declared(oid)
            allowed = set(table.info["grants"].get(to, ())) if table is not None and on_what == "relation" else set()
            subject = catalogue.name(oid) if on_what == "relation" else f"{catalogue.name(oid)}.{subject}"
        elif on_what == "database":
            allowed = database.get(to, set())
        elif on_what == "schema" and subject == SCHEMA_NAME:
            allowed = {"USAGE"} if to in roles.LOGIN_ROLES else set()
        if grant["privilege_type"] not in allowed or grant["is_grantable"]:
            passing_on = " and may pass it on" if grant["is_grantable"] else ""
            yield Finding("grant", subject, f"{to} has {grant['privilege_type']} on the {on_what}{passing_on}")


def _keys(catalogue: _Catalogue) -> Iterator[Finding]:
    for index in catalogue.indexes:
        if index["oid"] in catalogue.relations and catalogue.tenant_owned(index["oid"]) and index["first_column"] != "tenant_id":
            fault = "unique_across_tenants" if index["is_unique"] else "index_without_tenant"
            yield Finding(fault, catalogue.name(index["oid"]), f"{index['name']} begins with {index['first_column'] or 'an expression'}")
    for key in catalogue.foreign_keys:
        if key["oid"] not in catalogue.relations:
            continue
        owned, target_owned = catalogue.tenant_owned(key["oid"]), catalogue.tenant_owned(key["target"])
        led = key["first_column"] == key["first_target"] == "tenant_id"
        if (owned or target_owned) and not (owned and led):
            yield Finding("foreign_key_across_tenants", catalogue.name(key["oid"]), f"{key['name']} doesn't hold both rows in one tenant")


def _roles(catalogue: _Catalogue) -> Iterator[Finding]:
    found = {role["name"]: role for role in catalogue.roles}
    for name in _SERVICE_ROLES:
        if name not in found:
            yield Finding("role_missing", name, "doesn't exist")
            continue
        for power in found[name]["powers"]:
            yield Finding("role_power", name, f"has {power}")
        for other in found[name]["member_of"]:
            if (name, other) != (roles.MIGRATOR, roles.OWNER):
                yield Finding("role_membership", name, f"is a member of {other}")
        if found[name]["login"] != (name != roles.OWNER):
            yield Finding("role_login", name, "may log in" if found[name]["login"] else "can't log in")


def _settings(catalogue: _Catalogue) -> Iterator[Finding]:
    pinned = {row["role"] for row in catalogue.settings if row["setting"] == SEARCH_PATH and row["setdatabase"] == 0}
    for role in sorted(set(roles.LOGIN_ROLES) - pinned):
        yield Finding("search_path", role, "has no pinned search_path")
    for row in catalogue.settings:
        name = row["setting"].split("=")[0]
        if name in ("app.tenant_id", "row_security", "session_replication_role", "role"):
            yield Finding("preset", row["role"], f"begins every session with {row['setting']}")
        elif name == "search_path" and row["setting"] != SEARCH_PATH and row["role"] in (*roles.LOGIN_ROLES, "everyone"):
            yield Finding("search_path", row["role"], f"begins every session with {row['setting']}")
