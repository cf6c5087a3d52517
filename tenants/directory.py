"""Where a tenant or a person is found before any tenant is known: exact look-ups in the global tables, and nothing else."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from infra.database import Database, Record
from infra.errors import InvalidInputError

MAX_LOGIN: Final = 254
# Of a retired generation of a sandbox no look-up here tells anything.
_TENANT_COLUMNS: Final = "tenant_id, public_id, slug, name, time_zone, locale, sandbox, sandbox_of"
# A label of a host name.
SLUG: Final = re.compile(r"(?=.{2,63}\Z)[a-z0-9](-?[a-z0-9])*")
CLAIM: Final = re.compile(r"[0-9]{14}|[0-9]{4,12}")
_GTIN: Final = re.compile(r"[0-9]{14}")


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant's entry in the directory; `tenant_id` stays inside, everything else may be shown."""

    tenant_id: int
    public_id: UUID
    slug: str
    name: str
    time_zone: str
    locale: str
    sandbox: bool
    # The company whose sandbox it is.
    sandbox_of: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A person as sign-in knows him."""

    person_id: UUID
    display_name: str
    epoch: int
    password_hash: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """A person with the names that he signs in with, the first of them given first."""

    person: Person
    login_names: tuple[str, ...]

    @property
    def login_name(self) -> str:
        """The name by which failures are counted; a person without one has his id."""
        return self.login_names[0] if self.login_names else f"person {self.person.person_id}"


def normalise_login(login: str) -> str:
    """The form in which sign-in names are stored and compared. Raises `InvalidInputError` on what can't be one."""
    text = unicodedata.normalize("NFKC", login[: MAX_LOGIN + 1]).strip().casefold()
    if not text or len(text) > MAX_LOGIN or any(unicodedata.category(character)[0] in "CZ" for character in text):
        raise InvalidInputError(
            f"The sign-in name has 1 to {MAX_LOGIN} characters, no spaces and no control characters; often an e-mail address.",
            field="login",
        )
    return text


def _tenant(row: Record | None) -> Tenant | None:
    return Tenant(*row) if row else None


async def _one_tenant(database: Database, condition: str, value: Any) -> Tenant | None:
    async with database.connection() as connection:
        return _tenant(await connection.fetchrow(f"select {_TENANT_COLUMNS} from tenant where {condition} and retired_at is null", value))


async def tenant_by_slug(database: Database, slug: str) -> Tenant | None:
    """The tenant that a host name or a sign-in form names; any role that serves requests may ask."""
    return await _one_tenant(database, "slug = $1", slug.lower()) if SLUG.fullmatch(slug.lower()) else None


async def tenant_by_public_id(database: Database, public_id: UUID) -> Tenant | None:
    """The tenant that a token, key or link names."""
    return await _one_tenant(database, "public_id = $1", public_id)


async def tenants_by_id(database: Database, tenant_ids: Iterable[int]) -> list[Tenant]:
    """The tenants with these internal ids, by slug."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            f"select {_TENANT_COLUMNS} from tenant where tenant_id = any($1::int[]) and retired_at is null order by slug", list(tenant_ids)
        )
    return [Tenant(*row) for row in rows]


async def tenant_by_gtin(database: Database, gtin: str) -> Tenant | None:
    """The tenant with a verified claim on this GTIN (14 digits) or, the longest first, on its company prefix."""
    if not _GTIN.fullmatch(gtin):
        return None
    candidates = [gtin]
    # A GTIN-8 has no company prefix: its GS1 prefix is shared.
    if not gtin.startswith("000000"):
        candidates += [gtin[1 : 1 + length] for length in range(4, 13)]
    columns = ", ".join(f"t.{column}" for column in _TENANT_COLUMNS.split(", "))
    async with database.connection() as connection:
        row = await connection.fetchrow(
            f"""select {columns} from resolver_claim c join tenant t on t.tenant_id = c.tenant_id
                where c.claimed = any($1::text[]) and c.verified_at is not null and not t.sandbox order by length(c.claimed) desc limit 1""",
            candidates,
        )
    return _tenant(row)


async def insert_tenant(auth: Database, public_id: UUID, *, slug: str, name: str, time_zone: str, locale: str, sandbox: bool) -> Tenant:
    """A new tenant; raises asyncpg's UniqueViolationError where the slug is taken."""
    async with auth.connection() as connection:
        [row] = await connection.fetch(
            f"""insert into tenant (public_id, slug, name, time_zone, locale, sandbox) values ($1, $2, $3, $4, $5, $6)
                returning {_TENANT_COLUMNS}""",
            public_id,
            slug,
            name,
            time_zone,
            locale,
            sandbox,
        )
    return Tenant(*row)


async def insert_claim(auth: Database, claimed: str, tenant_id: int, verified_at: datetime | None) -> int | None:
    """Write a claim, or verify the tenant's own pending one; returns whose claim stands now."""
    async with auth.connection() as connection:
        await connection.execute(
            """insert into resolver_claim as c (claimed, tenant_id, verified_at) values ($1, $2, $3)
               on conflict (claimed) do update set verified_at = coalesce(c.verified_at, excluded.verified_at)
               where c.tenant_id = excluded.tenant_id""",
            claimed,
            tenant_id,
            verified_at,
        )
        holder: int | None = await connection.fetchval("select tenant_id from resolver_claim where claimed = $1", claimed)
    return holder


async def person_by_login(auth: Database, login_name: str) -> Person | None:
    """The person with exactly this normalised sign-in name."""
    async with auth.connection() as connection:
        row = await connection.fetchrow(
            """select p.person_id, p.display_name, p.epoch, p.password_hash
               from login_directory d join person p on p.person_id = d.person_id where d.login_name = $1""",
            login_name,
        )
    return Person(*row) if row else None


async def person_epoch(auth: Database, person_id: UUID) -> int | None:
    """The person's epoch now; tokens of an earlier one are void."""
    async with auth.connection() as connection:
        epoch: int | None = await connection.fetchval("select epoch from person where person_id = $1", person_id)
    return epoch


async def raise_epoch(auth: Database, person_id: UUID) -> None:
    """Make void every token that the person holds in any tenant."""
    async with auth.connection() as connection:
        await connection.execute("update person set epoch = epoch + 1 where person_id = $1", person_id)


async def insert_person(auth: Database, person: Person, login_name: str, tenant_id: int) -> None:
    """A new person with sign-in name and first tenant, whole or not at all; UniqueViolationError where the name is taken."""
    async with auth.connection() as connection, connection.transaction():
        await connection.execute(
            "insert into person (person_id, display_name, epoch, password_hash) values ($1, $2, $3, $4)",
            person.person_id,
            person.display_name,
            person.epoch,
            person.password_hash,
        )
        await connection.execute("insert into login_directory (login_name, person_id) values ($1, $2)", login_name, person.person_id)
        await connection.execute("insert into person_tenant (person_id, tenant_id) values ($1, $2)", person.person_id, tenant_id)


async def insert_person_tenant(auth: Database, person_id: UUID, tenant_id: int) -> None:
    """Note one more tenant in which to look for the person's membership."""
    async with auth.connection() as connection:
        await connection.execute("insert into person_tenant (person_id, tenant_id) values ($1, $2) on conflict do nothing", person_id, tenant_id)


async def tenant_ids_of(auth: Database, person_id: UUID) -> list[int]:
    """The tenants in which a membership of the person may be found."""
    async with auth.connection() as connection:
        rows = await connection.fetch("select tenant_id from person_tenant where person_id = $1 order by tenant_id", person_id)
    return [row["tenant_id"] for row in rows]


async def replace_password_hash(auth: Database, person_id: UUID, old: str, new: str) -> None:
    """Store the same password's newer hash, unless the password was changed meanwhile."""
    async with auth.connection() as connection:
        await connection.execute("update person set password_hash = $3 where person_id = $1 and password_hash = $2", person_id, old, new)


async def account_of(auth: Database, person_id: UUID) -> Account | None:
    """A person by id, with his sign-in names."""
    async with auth.connection() as connection:
        row = await connection.fetchrow("select person_id, display_name, epoch, password_hash from person where person_id = $1", person_id)
        names = await connection.fetch("select login_name from login_directory where person_id = $1 order by login_name", person_id)
    return Account(Person(*row), tuple(name["login_name"] for name in names)) if row else None


async def store_password(
    connection: asyncpg.Connection, person_id: UUID, new: str, *, long: bool, instead_of: str | None = None, any_former: bool = False
) -> int | None:
    """Store a new password's hash in the caller's transaction and end what was signed in with the former one; gives the person's new epoch.

    None, and nothing written, where the password isn't `instead_of` any more (unless `any_former` will do), or where a short one lost
    the second factor that it needs. Reset links of the person are void from then on.
    """
    # Who removes the second factor locks the row too.
    row = await connection.fetchrow("select password_hash from person where person_id = $1 for no key update", person_id)
    if row is None or not (any_former or row["password_hash"] == instead_of):
        return None
    if not long and not await connection.fetchval(
        "select exists (select 1 from person_factor where person_id = $1 and confirmed_at is not null)", person_id
    ):
        return None
    await connection.execute("delete from password_reset where person_id = $1", person_id)
    epoch: int = await connection.fetchval(
        "update person set password_hash = $2, password_long = $3, epoch = epoch + 1 where person_id = $1 returning epoch", person_id, new, long
    )
    return epoch
