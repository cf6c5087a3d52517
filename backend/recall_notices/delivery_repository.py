"""Statements on what is sent to customers, and on the links that open notices."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from infra.database import Record, TenantTransaction

COLUMNS: Final = """d.delivery_id, d.notice_id, d.occasion, d.way, d.receiver, d.name, d.language, d.state, d.reason, d.attempts, d.failures,
    d.next_attempt_at, d.due_at, d.lease_id, d.lease_until, d.created_at, d.done_at"""
LINK: Final = "l.link_id, l.notice_id, l.way, l.receiver, l.created_at, l.expires_at, l.opened_at, l.revoked_at"
_CHANGED: Final = frozenset(
    {"state", "reason", "attempts", "failures", "next_attempt_at", "due_at", "lease_id", "lease_until", "done_at"}
)  # fmt: skip


async def insert(tx: TenantTransaction, rows: Sequence[tuple[Any, ...]], *, at: datetime) -> list[Record]:
    """New deliveries, (id, notice, occasion, way, receiver, name, language, state, due_at); who has the same already gets no second one."""
    if not rows:
        return []
    return await tx.fetch(
        """insert into recall_notice_delivery (tenant_id, delivery_id, notice_id, occasion, way, receiver, name, language, state, due_at,
             attempts, failures, created_at)
           select $1, r.*, 0, 0, $11 from unnest($2::uuid[], $3::uuid[], $4::text[], $5::smallint[], $6::text[], $7::text[], $8::text[],
             $9::smallint[], $10::timestamptz[]) r
           on conflict do nothing returning delivery_id, notice_id, way, state""",
        *[list(column) for column in zip(*rows, strict=True)], at,
    )  # fmt: skip


async def lock(tx: TenantTransaction, delivery_id: UUID) -> Record | None:
    """One of them, held until the transaction ends."""
    return await tx.fetchrow(
        f"select {COLUMNS} from recall_notice_delivery d where d.tenant_id = $1 and d.delivery_id = $2 for no key update", delivery_id
    )


async def change(tx: TenantTransaction, delivery_id: UUID, **changes: Any) -> None:
    """Put other values into a delivery that is locked."""
    if not _CHANGED.issuperset(changes):
        raise ValueError(f"a delivery doesn't change {sorted(changes.keys() - _CHANGED)}")
    places = ", ".join(f"{name} = ${place}" for place, name in enumerate(changes, 3))
    await tx.execute(f"update recall_notice_delivery set {places} where tenant_id = $1 and delivery_id = $2", delivery_id, *changes.values())


async def of_notices(tx: TenantTransaction, notice_ids: Collection[UUID]) -> list[Record]:
    """What was sent of these notices, oldest first."""
    return await tx.fetch(
        f"""select {COLUMNS} from recall_notice_delivery d
            where d.tenant_id = $1 and d.notice_id = any($2::uuid[]) order by d.notice_id, d.delivery_id""",
        list(notice_ids),
    )


async def insert_link(
    tx: TenantTransaction, link_id: UUID, notice_id: UUID, *, sha256: bytes, way: int, receiver: str, at: datetime, expires_at: datetime
) -> None:
    """A link for somebody."""
    await tx.execute(
        """insert into recall_notice_link (tenant_id, link_id, notice_id, token_sha256, way, receiver, created_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        link_id, notice_id, sha256, way, receiver, at, expires_at,
    )  # fmt: skip


async def link_by_token(tx: TenantTransaction, sha256: bytes, at: datetime) -> Record | None:
    """The link of a token: one that was neither revoked nor has expired."""
    return await tx.fetchrow(
        f"select {LINK} from recall_notice_link l where l.tenant_id = $1 and l.token_sha256 = $2 and l.expires_at > $3 and l.revoked_at is null",
        sha256, at,
    )  # fmt: skip


async def open_link(tx: TenantTransaction, link_id: UUID, notice_id: UUID, at: datetime) -> None:
    """Somebody has opened it, the first time."""
    await tx.execute("update recall_notice_link set opened_at = $3 where tenant_id = $1 and link_id = $2 and opened_at is null", link_id, at)
    await tx.execute("update recall_notice set opened_at = $3 where tenant_id = $1 and notice_id = $2 and opened_at is null", notice_id, at)


async def revoke_links(tx: TenantTransaction, notice_id: UUID, at: datetime, *, link_id: UUID | None = None) -> int:
    """They open nothing any more; gives how many did."""
    return await tx.execute(
        """update recall_notice_link set revoked_at = $3
           where tenant_id = $1 and notice_id = $2 and revoked_at is null and ($4::uuid is null or link_id = $4)""",
        notice_id, at, link_id,
    )  # fmt: skip


async def links_of(tx: TenantTransaction, notice_ids: Collection[UUID]) -> list[Record]:
    """The links of these notices, oldest first."""
    return await tx.fetch(
        f"select {LINK} from recall_notice_link l where l.tenant_id = $1 and l.notice_id = any($2::uuid[]) order by l.notice_id, l.link_id",
        list(notice_ids),
    )


async def extend_links(tx: TenantTransaction, case_id: UUID, until: datetime) -> None:
    """The links of a case end then, if they haven't ended before."""
    await tx.execute(
        """update recall_notice_link l set expires_at = least(l.expires_at, $3) from recall_notice n
           where l.tenant_id = $1 and n.tenant_id = $1 and n.notice_id = l.notice_id and n.case_id = $2""",
        case_id, until,
    )  # fmt: skip
