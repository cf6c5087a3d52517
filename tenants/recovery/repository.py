"""Every statement on reset links, under the role that signs people in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from infra.database import Database


@dataclass(frozen=True, slots=True)
class Reset:
    """A link that is good at the moment. `issuer` is the company whose administrator issued it, or None for who runs the service."""

    person_id: UUID
    issuer: int | None
    removes_second_factor: bool


async def put(auth: Database, reset: Reset, token_sha256: bytes, expires_at: datetime) -> None:
    """Store a link; a former one of the same person is void."""
    async with auth.connection() as connection:
        await connection.execute(
            """insert into password_reset (person_id, token_sha256, issuer, removes_second_factor, expires_at) values ($1, $2, $3, $4, $5)
               on conflict (person_id) do update set token_sha256 = excluded.token_sha256, issuer = excluded.issuer,
                 removes_second_factor = excluded.removes_second_factor, expires_at = excluded.expires_at""",
            reset.person_id,
            token_sha256,
            reset.issuer,
            reset.removes_second_factor,
            expires_at,
        )


async def find(auth: Database, token_sha256: bytes) -> Reset | None:
    """The link with this token, if it is good."""
    async with auth.connection() as connection:
        row = await connection.fetchrow(
            "select person_id, issuer, removes_second_factor from password_reset where token_sha256 = $1 and expires_at > now()", token_sha256
        )
    return Reset(*row) if row else None


async def take(connection: asyncpg.Connection, token_sha256: bytes) -> bool:
    """Use a link up, in the transaction that sets the password; False where it isn't good any more."""
    taken = await connection.fetchval("delete from password_reset where token_sha256 = $1 and expires_at > now() returning 1", token_sha256)
    return taken is not None


async def withdraw(auth: Database, person_id: UUID) -> None:
    """Make a person's link void."""
    async with auth.connection() as connection:
        await connection.execute("delete from password_reset where person_id = $1", person_id)
