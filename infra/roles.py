"""The database roles: an owner that can't log in, a migrator, and log-in roles that own nothing."""

import asyncpg

from infra.schema import SCHEMA_NAME

OWNER = "suyuan_owner"
MIGRATOR = "suyuan_migrator"
APPLICATION = "suyuan_app"
RELAY = "suyuan_relay"
AUTH = "suyuan_auth"
PUBLIC = "suyuan_public"
LOGIN_ROLES = (MIGRATOR, APPLICATION, RELAY, AUTH, PUBLIC)

# Two that set roles up at once would fail with "tuple concurrently updated": one waits for the other.
ROLES_LOCK = 0x535C
_ATTRIBUTES = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"


async def ensure_roles(admin_dsn: str, passwords: dict[str, str]) -> None:
    """Create or repair the cluster's roles; `passwords` maps each log-in role to its password. Needs a superuser or a role admin."""
    connection = await asyncpg.connect(admin_dsn, timeout=10)
    try:
        await connection.execute(f"select pg_advisory_lock({ROLES_LOCK})")
        existing = {row["rolname"] for row in await connection.fetch("select rolname from pg_roles")}
        if OWNER not in existing:
            await connection.execute(f"create role {OWNER} nologin {_ATTRIBUTES}")
        for role in LOGIN_ROLES:
            quoted = await connection.fetchval("select quote_literal($1)", passwords[role])
            inherit = "inherit" if role == MIGRATOR else "noinherit"
            if role in existing:
                await connection.execute(f"alter role {role} login nocreatedb nocreaterole {inherit} password {quoted}")
            else:
                await connection.execute(f"create role {role} login {_ATTRIBUTES} {inherit} password {quoted}")
            await connection.execute(f"alter role {role} set search_path = {SCHEMA_NAME}, pg_temp")
        await connection.execute(f"grant {OWNER} to {MIGRATOR}")
    finally:
        await connection.close()


async def ensure_database(admin_dsn: str, name: str) -> None:
    """Create database `name` with the product's schema if it is absent, and take every default right on it away from PUBLIC."""
    connection = await asyncpg.connect(admin_dsn, timeout=10)
    try:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
            await connection.execute(f'create database "{name}"')
    finally:
        await connection.close()
    connection = await asyncpg.connect(admin_dsn, database=name, timeout=10)
    try:
        await connection.execute(
            f"""
            revoke all on database "{name}" from public;
            grant connect, temporary on database "{name}" to {APPLICATION};
            grant connect on database "{name}" to {MIGRATOR}, {RELAY}, {AUTH}, {PUBLIC};
            revoke all on schema public from public;
            grant {OWNER} to current_user;
            create schema if not exists {SCHEMA_NAME} authorization {OWNER};
            revoke all on schema {SCHEMA_NAME} from public;
            grant usage on schema {SCHEMA_NAME} to {MIGRATOR}, {APPLICATION}, {RELAY}, {AUTH}, {PUBLIC};
            revoke {OWNER} from current_user;
            """
        )
    finally:
        await connection.close()
