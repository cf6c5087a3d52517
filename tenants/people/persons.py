"""What a tenant may know of the persons behind its members, under the role that signs people in: exact look-ups, many at once."""

from collections.abc import Collection
from uuid import UUID

from infra.database import Database


async def login_names(auth: Database, person_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """The sign-in names of each of these persons."""
    async with auth.connection() as connection:
        rows = await connection.fetch(
            "select person_id, login_name from login_directory where person_id = any($1::uuid[]) order by login_name", list(person_ids)
        )
    found: dict[UUID, list[str]] = {}
    for row in rows:
        found.setdefault(row["person_id"], []).append(row["login_name"])
    return found


async def with_second_factor(auth: Database, person_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of these persons whose second factor is in force."""
    async with auth.connection() as connection:
        rows = await connection.fetch(
            "select person_id from person_factor where person_id = any($1::uuid[]) and confirmed_at is not null", list(person_ids)
        )
    return frozenset(row["person_id"] for row in rows)
