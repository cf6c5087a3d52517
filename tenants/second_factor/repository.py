"""Every statement on second factors and recovery codes, under the role that signs people in."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from infra.database import Database


@dataclass(frozen=True, slots=True)
class StoredFactor:
    """A person's second factor, sealed; without `confirmed_at` it is only offered."""

    person_id: UUID
    secret: bytes = field(repr=False)
    key_id: str
    created_at: datetime
    confirmed_at: datetime | None
    last_step: int | None


async def factor_of(auth: Database, person_id: UUID) -> StoredFactor | None:
    """The person's factor, confirmed or not."""
    async with auth.connection() as connection:
        row = await connection.fetchrow(
            "select person_id, secret, key_id, created_at, confirmed_at, last_step from person_factor where person_id = $1", person_id
        )
    return StoredFactor(*row) if row else None


async def recovery_codes_left(auth: Database, person_id: UUID) -> int:
    """How many recovery codes are unused."""
    async with auth.connection() as connection:
        return int(await connection.fetchval("select count(*) from recovery_code where person_id = $1 and used_at is null", person_id))


async def offer(auth: Database, person_id: UUID, secret: bytes, key_id: str) -> bool:
    """Store a factor that waits for its confirmation, in place of an earlier one that waits; False where one is in force."""
    async with auth.connection() as connection:
        stored = await connection.fetchval(
            """insert into person_factor as f (person_id, secret, key_id) values ($1, $2, $3)
               on conflict (person_id) do update set secret = excluded.secret, key_id = excluded.key_id, created_at = now(), last_step = null
               where f.confirmed_at is null returning 1""",
            person_id,
            secret,
            key_id,
        )
    return stored is not None


async def confirm(auth: Database, offered: StoredFactor, step: int, code_hashes: Collection[bytes]) -> bool:
    """Put an offered factor into force with its first recovery codes; False where it was confirmed or replaced meanwhile."""
    async with auth.connection() as connection, connection.transaction():
        confirmed = await connection.fetchval(
            """update person_factor set confirmed_at = now(), last_step = $3
               where person_id = $1 and secret = $2 and confirmed_at is null returning 1""",
            offered.person_id,
            offered.secret,
            step,
        )
        if confirmed is None:
            return False
        await replace_codes(connection, offered.person_id, code_hashes)
    return True


async def take_step(auth: Database, person_id: UUID, step: int) -> bool:
    """Use up a time step; False where it, or a later one, was used before."""
    async with auth.connection() as connection:
        taken = await connection.fetchval(
            """update person_factor set last_step = $2
               where person_id = $1 and confirmed_at is not null and (last_step is null or last_step < $2) returning 1""",
            person_id,
            step,
        )
    return taken is not None


async def has_code(auth: Database, person_id: UUID, code_sha256: bytes) -> bool:
    """Whether this recovery code is the person's and unused."""
    async with auth.connection() as connection:
        return bool(
            await connection.fetchval(
                "select exists (select 1 from recovery_code where person_id = $1 and code_sha256 = $2 and used_at is null)", person_id, code_sha256
            )
        )


async def take_code(auth: Database, person_id: UUID, code_sha256: bytes) -> bool:
    """Use up a recovery code; False where it was used before."""
    async with auth.connection() as connection:
        taken = await connection.fetchval(
            "update recovery_code set used_at = now() where person_id = $1 and code_sha256 = $2 and used_at is null returning 1",
            person_id,
            code_sha256,
        )
    return taken is not None


async def replace_codes(connection: asyncpg.Connection, person_id: UUID, code_hashes: Collection[bytes]) -> None:
    """New recovery codes; the former ones are gone, so that the table doesn't grow."""
    await connection.execute("delete from recovery_code where person_id = $1", person_id)
    await connection.execute(
        "insert into recovery_code (person_id, code_sha256) select $1, code from unnest($2::bytea[]) as given(code)", person_id, list(code_hashes)
    )


async def renew_codes(auth: Database, person_id: UUID, code_hashes: Collection[bytes]) -> bool:
    """New recovery codes for a factor in force; False where there is none."""
    async with auth.connection() as connection, connection.transaction():
        # Locked, lest the factor is removed in between and its codes stay.
        found = await connection.fetchval(
            "select 1 from person_factor where person_id = $1 and confirmed_at is not null for no key update", person_id
        )
        if found is None:
            return False
        await replace_codes(connection, person_id, code_hashes)
    return True


async def remove(connection: asyncpg.Connection, person_id: UUID) -> bool:
    """Take a person's factor and recovery codes away; False where there was none in force."""
    await connection.execute("delete from recovery_code where person_id = $1", person_id)
    return await connection.fetchval("delete from person_factor where person_id = $1 returning confirmed_at", person_id) is not None


async def remove_if_password_is_long(auth: Database, person_id: UUID) -> bool:
    """The same, unless the password is too short to stand alone: then nothing is changed, and False comes back."""
    async with auth.connection() as connection, connection.transaction():
        # The person's row is locked by whoever sets a password too, so that one of the two sees the other.
        if not await connection.fetchval("select password_long from person where person_id = $1 for no key update", person_id):
            return False
        await remove(connection, person_id)
    return True


async def sealed_otherwise(auth: Database, key_id: str, after: UUID | None, limit: int) -> list[StoredFactor]:
    """Factors that another key than `key_id` has sealed, in order of their persons."""
    async with auth.connection() as connection:
        rows = await connection.fetch(
            """select person_id, secret, key_id, created_at, confirmed_at, last_step from person_factor
               where key_id <> $1 and ($2::uuid is null or person_id > $2) order by person_id limit $3""",
            key_id,
            after,
            limit,
        )
    return [StoredFactor(*row) for row in rows]


async def reseal(auth: Database, stored: StoredFactor, secret: bytes, key_id: str) -> bool:
    """Store the same secret sealed anew, unless it was changed meanwhile."""
    async with auth.connection() as connection:
        done = await connection.fetchval(
            "update person_factor set secret = $3, key_id = $4 where person_id = $1 and secret = $2 returning 1",
            stored.person_id,
            stored.secret,
            secret,
            key_id,
        )
    return done is not None
