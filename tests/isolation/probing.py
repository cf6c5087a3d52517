"""Tries a database as an intruder would who got hold of one of the service's roles: every relation and function, for what isn't his.

It believes no declaration: it looks at what the catalogues hold, and at what comes back. Everything is undone.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg

from infra import roles
from infra.row_security import RELAY_ROLE
from tests.isolation.planting import Planting, columns_but_tenant, insertion, mentions, tenant_tables

# What reads rows of all tenants by trade, and is held to that by its own test.
BY_TRADE: Final = {(RELAY_ROLE, "outbox")}
ROLES: Final = (*roles.LOGIN_ROLES, roles.OWNER)
# Who migrates may do to a table what its owner may.
SERVING: Final = tuple(role for role in roles.LOGIN_ROLES if role != roles.MIGRATOR)
_RELATIONS: Final = """select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_' order by 1"""
_FUNCTIONS: Final = """select n.nspname || '.' || p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where p.prokind = 'f' and p.pronargs = 0 and p.prorettype <> 'trigger'::regtype
      and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_' order by 1"""


@dataclass(frozen=True)
class Intruder:
    """Works for `other` on the superuser's connection, in the roles of the service, and would like to have what is `victim`'s."""

    connection: asyncpg.Connection
    victim: Planting
    other: Planting

    @asynccontextmanager
    async def undone(self, role: str | None = None, named: int | None = None) -> AsyncIterator[None]:
        """As a role, with a tenant named; what a fault planted before stays."""
        await self.connection.execute("savepoint probe")
        try:
            if role is not None:
                await self.connection.execute(f"set local role {role}")
            if named is not None:
                await self.connection.execute(f"set local app.tenant_id = '{named}'")
            yield
        finally:
            await self.connection.execute("rollback to savepoint probe; release savepoint probe")

    async def _texts(self, query: str, role: str, named: int | None) -> list[str]:
        try:
            async with self.undone(role, named):
                return [row[0] or "" for row in await self.connection.fetch(query)]
        except asyncpg.PostgresError:
            return []

    async def reads(self) -> set[str]:
        """Relations and functions that show a role what is the victim's, while another tenant or none is named."""
        found = set()
        relations = [(row[0], f"select t::text from {row[0]} t") for row in await self.connection.fetch(_RELATIONS)]
        functions = [(row[0], f"select t::text from {row[0]}() t") for row in await self.connection.fetch(_FUNCTIONS)]
        for name, query in [*relations, *functions]:
            for role in ROLES:
                for named in (self.other.tenant_id, None):
                    short = name.removeprefix("suyuan.")
                    if (role, short) not in BY_TRADE and mentions(self.victim.canary, await self._texts(query, role, named)):
                        found.add(f"read: {short} as {role}")
        return found

    async def writes(self) -> set[str]:
        """Tables of which a role can change or remove the victim's rows while another tenant is named, or all rows at once."""
        found = set()
        for table in tenant_tables():
            # Whoever only touches a row moves it.
            kept = f"select md5(string_agg(t.ctid || t::text, '|')) from suyuan.{table.name} t where tenant_id = {self.victim.tenant_id}"
            before = await self.connection.fetchval(kept)
            for role in SERVING:
                for statement in (
                    f"update {table.name} set tenant_id = tenant_id",
                    f"delete from {table.name}",
                    f"truncate {table.name} cascade",
                ):
                    async with self.undone():
                        try:
                            async with self._staying(role):
                                await self.connection.execute(statement)
                        except asyncpg.PostgresError:
                            continue
                        if await self.connection.fetchval(kept) != before:
                            found.add(f"{statement.split()[0]}: {table.name} as {role}")
        return found

    @asynccontextmanager
    async def _staying(self, role: str) -> AsyncIterator[None]:
        """As `undone`, but what a role did is there to be looked at; undone when it was refused."""
        await self.connection.execute("savepoint deed")
        try:
            await self.connection.execute(f"set local role {role}; set local app.tenant_id = '{self.other.tenant_id}'")
            yield
        except asyncpg.PostgresError:
            await self.connection.execute("rollback to savepoint deed")
            raise
        await self.connection.execute("reset role")

    async def tells(self) -> set[str]:
        """Constraints whose answer tells a tenant what another one has."""
        found = set()
        for table in tenant_tables():
            columns = columns_but_tenant(table)
            copy = f"insert into {table.name} (tenant_id{columns}) select {self.other.tenant_id}{columns} from {table.name} where tenant_id = $1"
            async with self.undone():
                await self.connection.execute("set local session_replication_role = replica")
                await self.connection.execute(f"delete from {table.name} where tenant_id = $1", self.other.tenant_id)
                try:
                    await self.connection.execute(copy, self.victim.tenant_id)
                except asyncpg.UniqueViolationError as refused:
                    found.add(f"unique: {table.name}: {refused.constraint_name}")
        return found | await self._referring()

    async def _referring(self) -> set[str]:
        """Foreign keys, as the catalogue has them, that the victim's row satisfies for another tenant's."""
        found = set()
        keys = await self.connection.fetch(
            """select k.conname as name, k.conrelid::regclass::text as source, k.confrelid::regclass::text as target,
                      array(select attname::text from unnest(k.conkey) with ordinality u(n, o)
                            join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n order by o) as columns,
                      array(select attname::text from unnest(k.confkey) with ordinality u(n, o)
                            join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.n order by o) as targets
               from pg_constraint k where k.contype = 'f' and k.connamespace = 'suyuan'::regnamespace"""
        )
        owned = {table.name: table for table in tenant_tables()}
        for key in keys:
            if key["source"] not in owned or key["target"] not in owned:
                continue
            row = self.other.row(owned[key["source"]], "referring")
            row |= {mine: self.victim.rows[key["target"]][theirs] for mine, theirs in zip(key["columns"], key["targets"], strict=True)}
            row["tenant_id"] = self.other.tenant_id
            async with self.undone():
                try:
                    await self.connection.execute(*insertion(key["source"], row)[:1], *row.values())
                    found.add(f"reference: {key['source']}: {key['name']}")
                except asyncpg.PostgresError:
                    continue
        return found

    async def names(self) -> set[str]:
        """Tables that a session of the service takes for the product's and that aren't."""
        found = set()
        settings = await self.connection.fetch(
            """select r.rolname, split_part(setting, '=', 2) as path from pg_db_role_setting s
               join pg_roles r on r.oid = s.setrole, unnest(s.setconfig) setting where setting like 'search_path=%'"""
        )
        pinned = {row["rolname"]: row["path"] for row in settings}
        for role in roles.LOGIN_ROLES:
            async with self.undone():
                await self.connection.execute(f"set local search_path = {pinned.get(role, 'default')}")
                for table in tenant_tables():
                    meant = await self.connection.fetchval("select to_regclass($1)::oid = to_regclass('suyuan.' || $1)::oid", table.name)
                    if not meant:
                        found.add(f"name: {table.name} as {role}")
        return found
