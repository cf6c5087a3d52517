"""Statements on connections between companies, and on the notices that a company has received."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from infra.database import Record, TenantTransaction

COLUMNS: Final = """k.connection_id, k.direction, k.party, k.other_id, k.other_name, k.connected_at, k.connected_by, k.revoked_at,
    k.revoked_by"""
RECEIVED: Final = """r.received_id, r.connection_id, r.notice_id, r.case_id, r.version, r.kind, r.content, r.lots, r.due_at, r.received_at,
    r.acknowledged_at, r.reported_at, r.closed_at, k.other_id, k.other_name"""


async def put(
    tx: TenantTransaction, connection_id: UUID, *, direction: int, party: str, other_id: UUID, other_name: str, at: datetime, by: str
) -> UUID:
    """A connection, or the one that there is with the same company and party, which counts again; gives its id."""
    found: UUID = await tx.fetchval(
        """insert into recall_connection (tenant_id, connection_id, direction, party, other_id, other_name, connected_at, connected_by)
           values ($1, $2, $3, $4, $5, $6, $7, $8)
           on conflict (tenant_id, direction, other_id, party) do update set other_name = excluded.other_name,
             connected_at = case when recall_connection.revoked_at is null then recall_connection.connected_at else excluded.connected_at end,
             connected_by = case when recall_connection.revoked_at is null then recall_connection.connected_by else excluded.connected_by end,
             revoked_at = null, revoked_by = null
           returning connection_id""",
        connection_id, direction, party, other_id, other_name, at, by,
    )  # fmt: skip
    return found


async def by_ids(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """Connections by id, those that were revoked too."""
    return await tx.fetch(f"select {COLUMNS} from recall_connection k where k.tenant_id = $1 and k.connection_id = any($2::uuid[])", list(ids))


async def of_parties(tx: TenantTransaction, direction: int, parties: Collection[str]) -> list[Record]:
    """The connections in force with these parties."""
    return await tx.fetch(
        f"""select {COLUMNS} from recall_connection k
            where k.tenant_id = $1 and k.direction = $2 and k.party = any($3::text[]) and k.revoked_at is null order by k.connection_id""",
        direction, list(parties),
    )  # fmt: skip


async def page(tx: TenantTransaction, *, direction: int | None, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Connections, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {COLUMNS} from recall_connection k
            where k.tenant_id = $1 and ($2::smallint is null or k.direction = $2) and ($3::uuid is null or k.connection_id {behind} $3)
            order by k.connection_id {order} limit $4""",
        direction, cursor, limit,
    )  # fmt: skip


async def revoke(tx: TenantTransaction, connection_id: UUID, *, at: datetime, by: str) -> int:
    """It counts no more; 0 where it didn't."""
    return await tx.execute(
        "update recall_connection set revoked_at = $3, revoked_by = $4 where tenant_id = $1 and connection_id = $2 and revoked_at is null",
        connection_id, at, by,
    )  # fmt: skip


async def insert_received(
    tx: TenantTransaction, received_id: UUID, *, connection_id: UUID, notice_id: UUID, case_id: UUID, version: int, kind: int, content: str,
    lots: int, due_at: datetime, at: datetime,
) -> UUID | None:  # fmt: skip
    """A notice that came; None where it is here."""
    found: UUID | None = await tx.fetchval(
        """insert into received_recall_notice (tenant_id, received_id, connection_id, notice_id, case_id, version, kind, content, lots, due_at,
             received_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing returning received_id""",
        received_id, connection_id, notice_id, case_id, version, kind, content, lots, due_at, at,
    )  # fmt: skip
    return found


async def received_id_of(tx: TenantTransaction, connection_id: UUID, notice_id: UUID) -> UUID | None:
    """The received notice under which a sender's notice is here."""
    found: UUID | None = await tx.fetchval(
        "select r.received_id from received_recall_notice r where r.tenant_id = $1 and r.connection_id = $2 and r.notice_id = $3",
        connection_id, notice_id,
    )  # fmt: skip
    return found


async def received_by_ids(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """Received notices by id."""
    return await tx.fetch(
        f"""select {RECEIVED} from received_recall_notice r
            join recall_connection k on k.tenant_id = $1 and k.connection_id = r.connection_id
            where r.tenant_id = $1 and r.received_id = any($2::uuid[])""",
        list(ids),
    )


async def lock_received(tx: TenantTransaction, received_id: UUID) -> Record | None:
    """One of them, held until the transaction ends."""
    return await tx.fetchrow(
        f"""select {RECEIVED} from received_recall_notice r
            join recall_connection k on k.tenant_id = $1 and k.connection_id = r.connection_id
            where r.tenant_id = $1 and r.received_id = $2 for no key update of r""",
        received_id,
    )


async def page_of_received(tx: TenantTransaction, *, open_only: bool, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Received notices, newest first, from behind the cursor, in the order of going; `open_only`: not answered for by now."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {RECEIVED} from received_recall_notice r
            join recall_connection k on k.tenant_id = $1 and k.connection_id = r.connection_id
            where r.tenant_id = $1 and (not $2 or (r.reported_at is null and r.closed_at is null))
              and ($3::uuid is null or r.received_id {behind} $3)
            order by r.received_id {order} limit $4""",
        open_only, cursor, limit,
    )  # fmt: skip


async def set_received(
    tx: TenantTransaction, received_id: UUID, *, acknowledged_at: datetime | None = None, reported_at: datetime | None = None
) -> None:
    """What was done with it; times that aren't given stay, and so do the first ones."""
    await tx.execute(
        """update received_recall_notice set acknowledged_at = coalesce(acknowledged_at, $3), reported_at = coalesce(reported_at, $4)
           where tenant_id = $1 and received_id = $2""",
        received_id, acknowledged_at, reported_at,
    )  # fmt: skip


async def close_received(tx: TenantTransaction, connection_id: UUID, case_id: UUID, at: datetime | None) -> None:
    """The sender has closed the case, or (None) opened it again."""
    await tx.execute(
        """update received_recall_notice set closed_at = $4 where tenant_id = $1 and connection_id = $2 and case_id = $3 and kind <> 3""",
        connection_id, case_id, at,
    )  # fmt: skip
