"""Every statement on the tenants that are sandboxes, as the role `auth`: one current generation for each company, and the retired ones."""

import secrets
from typing import Final

import asyncpg

from infra.database import Database
from infra.errors import ConflictError
from infra.ids import uuid7
from tenants.directory import Tenant

SUFFIX: Final = "-sandbox"
_COLUMNS: Final = "tenant_id, public_id, slug, name, time_zone, locale, sandbox, sandbox_of"
_LONGEST_SLUG: Final = 63
_TRIES: Final = 20


def slug_for(slug: str, attempt: int = 0) -> str:
    """`<slug>-sandbox`, shortened to fit into a host name; with a number where somebody else has that name."""
    suffix = SUFFIX if attempt == 0 else f"{SUFFIX}-{attempt + 1}"
    return slug[: _LONGEST_SLUG - len(suffix)].rstrip("-") + suffix


async def current(database: Database, company_id: int) -> Tenant | None:
    """The company's sandbox as it is now."""
    async with database.connection() as connection:
        row = await connection.fetchrow(f"select {_COLUMNS} from tenant where sandbox_of = $1 and retired_at is null", company_id)
    return Tenant(*row) if row else None


async def create(auth: Database, company: Tenant) -> tuple[Tenant, bool]:
    """The company's sandbox, and whether it was made now; of two that ask at once both get the same one."""
    for attempt in range(_TRIES):
        try:
            async with auth.connection() as connection:
                row = await connection.fetchrow(
                    f"""insert into tenant (public_id, slug, name, time_zone, locale, sandbox, sandbox_of) values ($1, $2, $3, $4, $5, true, $6)
                        returning {_COLUMNS}""",
                    uuid7(), slug_for(company.slug, attempt), company.name, company.time_zone, company.locale, company.tenant_id,
                )  # fmt: skip
        except asyncpg.UniqueViolationError:
            found = await current(auth, company.tenant_id)
            if found is not None:
                return found, False
        else:
            return Tenant(*row), True
    raise ConflictError(f"No name is free for the sandbox of {company.slug}. Ask support for one.")


async def prepare(auth: Database, company: Tenant) -> Tenant:
    """A next generation, retired from birth: nobody finds it before `succeed`, and a crash until then leaves only something to purge."""
    async with auth.connection() as connection:
        row = await connection.fetchrow(
            f"""insert into tenant (public_id, slug, name, time_zone, locale, sandbox, sandbox_of, retired_at)
                values ($1, $2, $3, $4, $5, true, $6, now()) returning {_COLUMNS}""",
            uuid7(), _retired_slug(), company.name, company.time_zone, company.locale, company.tenant_id,
        )  # fmt: skip
    return Tenant(*row)


async def succeed(auth: Database, old: Tenant, new: Tenant) -> bool:
    """Retire a generation and put the next into its place, under its name and public id, in one step; False where another reset was quicker.

    People who were invited into the sandbox alone find the new one by their sign-in name.
    """
    async with auth.connection() as connection, connection.transaction():
        retired = await connection.execute(
            "update tenant set retired_at = now(), slug = $2, public_id = $3 where tenant_id = $1 and retired_at is null and sandbox",
            old.tenant_id, _retired_slug(), uuid7(),
        )  # fmt: skip
        if retired != "UPDATE 1":
            return False
        await connection.execute(
            "update tenant set retired_at = null, slug = $2, public_id = $3 where tenant_id = $1", new.tenant_id, old.slug, old.public_id
        )
        await connection.execute(
            "insert into person_tenant (person_id, tenant_id) select person_id, $2 from person_tenant where tenant_id = $1",
            old.tenant_id, new.tenant_id,
        )  # fmt: skip
        await connection.execute("delete from person_tenant where tenant_id = $1", old.tenant_id)
    return True


async def by_id(database: Database, tenant_id: int) -> Tenant | None:
    """A tenant by its number."""
    async with database.connection() as connection:
        row = await connection.fetchrow(f"select {_COLUMNS} from tenant where tenant_id = $1 and retired_at is null", tenant_id)
    return Tenant(*row) if row else None


def _retired_slug() -> str:
    return f"retired-{secrets.token_hex(8)}"
