"""Statements on contacts for recalls and on the plans of reminders."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from infra.database import Record, TenantTransaction

COLUMNS: Final = "c.contact_id, c.party, c.name, c.email, c.phone, c.language, c.role, c.created_at, c.updated_at, c.archived_at"


async def put(
    tx: TenantTransaction, contact_id: UUID, *, party: str, name: str, email: str, phone: str, language: str, role: int, at: datetime
) -> None:
    """A new contact, or other words for one."""
    await tx.execute(
        """insert into recall_contact (tenant_id, contact_id, party, name, email, phone, language, role, created_at, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
           on conflict (tenant_id, contact_id) do update set party = excluded.party, name = excluded.name, email = excluded.email,
             phone = excluded.phone, language = excluded.language, role = excluded.role, updated_at = excluded.updated_at""",
        contact_id, party, name, email, phone, language, role, at,
    )  # fmt: skip


async def archive(tx: TenantTransaction, contact_id: UUID, at: datetime) -> int:
    """Nobody is told there any more; 0 where he wasn't."""
    return await tx.execute(
        "update recall_contact set archived_at = $3 where tenant_id = $1 and contact_id = $2 and archived_at is null", contact_id, at
    )


async def by_ids(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """Contacts in use by id."""
    return await tx.fetch(
        f"select {COLUMNS} from recall_contact c where c.tenant_id = $1 and c.contact_id = any($2::uuid[]) and c.archived_at is null", list(ids)
    )


async def of_parties(tx: TenantTransaction, parties: Collection[str]) -> list[Record]:
    """The contacts of partners, oldest first."""
    return await tx.fetch(
        f"""select {COLUMNS} from recall_contact c
            where c.tenant_id = $1 and c.party = any($2::text[]) and c.archived_at is null order by c.party, c.contact_id""",
        list(parties),
    )


async def page(tx: TenantTransaction, *, party: str | None, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Contacts, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {COLUMNS} from recall_contact c
            where c.tenant_id = $1 and c.archived_at is null and ($2::text is null or c.party = $2)
              and ($3::uuid is null or c.contact_id {behind} $3) order by c.contact_id {order} limit $4""",
        party, cursor, limit,
    )  # fmt: skip


async def plans(tx: TenantTransaction, keys: Collection[str]) -> list[Record]:
    """The plans under these keys."""
    return await tx.fetch("select plan_key, definition from recall_notice_plan where tenant_id = $1 and plan_key = any($2::text[])", list(keys))


async def put_plan(tx: TenantTransaction, key: str, definition: str, at: datetime) -> None:
    """Another plan."""
    await tx.execute(
        """insert into recall_notice_plan (tenant_id, plan_key, definition, updated_at) values ($1, $2, $3, $4)
           on conflict (tenant_id, plan_key) do update set definition = excluded.definition, updated_at = excluded.updated_at""",
        key, definition, at,
    )  # fmt: skip


async def company(tx: TenantTransaction) -> Record | None:
    """The company's name, language and clock."""
    return await tx.fetchrow("select name, locale, time_zone, public_id from tenant where tenant_id = $1")
