"""Every statement on documents."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from infra.database import Record, TenantTransaction

MAKING_CLASS: Final = 0x5362
COLUMNS: Final = """document_id, number, kind, reference, parameters, language, time_zone, state, requested_by, requested_name, asked_by, limited_to,
  requested_at, run_id, run_until, attempts, done, total, words, failure, started_at, finished_at, expires_at, storage_key, file_name, content_type,
  size, pages, rows, notes, sha256, content_sha256, generator"""
# $2 kinds that are read whole; $3 and $4 kinds of which one's own are read with these limits, $5 who one is.
_READABLE: Final = """(kind = any($2::smallint[]) or (requested_by = $5 and (kind, limited_to) in (
  select k, l from unnest($3::smallint[], $4::text[]) u(k, l))))"""


async def lock_making(tx: TenantTransaction) -> None:
    """One of this tenant's asks for a document, or begins one, at a time, so that their number is counted truly."""
    await tx.fetchval(f"select pg_advisory_xact_lock({MAKING_CLASS}, $1::int)")


async def count_open(tx: TenantTransaction) -> int:
    """How many wait or are being made."""
    return int(await tx.fetchval("select count(*) from document where tenant_id = $1 and state in (1, 2)"))


async def others_making(tx: TenantTransaction, document_id: UUID) -> bool:
    """Whether a worker is at another document."""
    return bool(
        await tx.fetchval(
            "select exists (select 1 from document where tenant_id = $1 and state = 2 and run_until > now() and document_id <> $2)", document_id
        )
    )


async def insert(
    tx: TenantTransaction, document_id: UUID, *, number: str, kind: int, reference: str, parameters: str, language: str, time_zone: str,
    requested_by: str, requested_name: str, asked_by: str | None, limited_to: str, at: datetime, expires_at: datetime,
) -> None:  # fmt: skip
    """A document that waits to be made."""
    await tx.execute(
        """insert into document (tenant_id, document_id, number, kind, reference, parameters, language, time_zone, state, requested_by,
             requested_name, asked_by, limited_to, requested_at, attempts, done, total, words, expires_at, notes)
           values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $11, $12, $13, 0, 0, 0, '', $14, '[]')""",
        document_id, number, kind, reference, parameters, language, time_zone, requested_by, requested_name, asked_by, limited_to, at, expires_at,
    )  # fmt: skip


async def by_id(tx: TenantTransaction, document_id: UUID) -> Record | None:
    """One of them, whoever may read it."""
    return await tx.fetchrow(f"select {COLUMNS} from document where tenant_id = $1 and document_id = $2", document_id)


async def lock(tx: TenantTransaction, document_id: UUID) -> Record | None:
    """The same, locked until the transaction ends."""
    return await tx.fetchrow(f"select {COLUMNS} from document where tenant_id = $1 and document_id = $2 for no key update", document_id)


async def by_ids(
    tx: TenantTransaction, document_ids: Sequence[UUID], *, whole: Sequence[int], kinds: Sequence[int], limits: Sequence[str], who: str
) -> list[Record]:
    """Those of these that may be read."""
    return await tx.fetch(
        f"select {COLUMNS} from document where tenant_id = $1 and {_READABLE} and document_id = any($6::uuid[])",
        whole, kinds, limits, who, document_ids,
    )  # fmt: skip


async def page(
    tx: TenantTransaction, *, whole: Sequence[int], kinds: Sequence[int], limits: Sequence[str], who: str, kind: int | None, reference: str | None,
    state: int | None, cursor: UUID | None, backward: bool, limit: int,
) -> list[Record]:  # fmt: skip
    """Those that may be read, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {COLUMNS} from document where tenant_id = $1 and {_READABLE} and ($6::smallint is null or kind = $6)
              and ($7::text is null or reference = $7) and ($8::smallint is null or state = $8)
              and ($9::uuid is null or document_id {behind} $9) order by document_id {order} limit $10""",
        whole, kinds, limits, who, kind, reference, state, cursor, limit,
    )  # fmt: skip


async def same_open(tx: TenantTransaction, *, kind: int, reference: str, parameters: str, language: str, who: str, limited_to: str) -> UUID | None:
    """One that the same person has asked for in the same words, and that hasn't been begun."""
    found: UUID | None = await tx.fetchval(
        """select document_id from document where tenant_id = $1 and kind = $2 and reference = $3 and parameters = $4 and language = $5
             and requested_by = $6 and limited_to = $7 and state = 1 order by document_id limit 1""",
        kind, reference, parameters, language, who, limited_to,
    )  # fmt: skip
    return found


async def begin(tx: TenantTransaction, document_id: UUID, run_id: UUID, *, until: datetime, at: datetime) -> None:
    """A worker begins."""
    await tx.execute(
        """update document set state = 2, run_id = $3, run_until = $4, started_at = $5, attempts = attempts + 1, done = 0, total = 0, words = ''
           where tenant_id = $1 and document_id = $2""",
        document_id, run_id, until, at,
    )  # fmt: skip


async def still_ours(tx: TenantTransaction, document_id: UUID, run_id: UUID, until: datetime) -> bool:
    """Stay at it; False where it was cancelled or is another's now."""
    return await tx.execute(
        "update document set run_until = $4 where tenant_id = $1 and document_id = $2 and run_id = $3 and state = 2", document_id, run_id, until
    ) == 1  # fmt: skip


async def progress(tx: TenantTransaction, document_id: UUID, run_id: UUID, until: datetime, *, done: int, total: int, words: str) -> bool:
    """The same, telling how far it is."""
    return await tx.execute(
        """update document set run_until = $4, done = $5, total = $6, words = $7
           where tenant_id = $1 and document_id = $2 and run_id = $3 and state = 2""",
        document_id, run_id, until, done, total, words,
    ) == 1  # fmt: skip


async def finish(tx: TenantTransaction, document_id: UUID, run_id: UUID, values: Sequence[Any]) -> bool:
    """The file is there; False where it isn't wanted any more. `values`: from `finished_at` to `generator` as below."""
    return await tx.execute(
        """update document set state = 3, run_id = null, run_until = null, failure = null, done = greatest(total, 1), total = greatest(total, 1),
             finished_at = $4, expires_at = $5, storage_key = $6, file_name = $7, content_type = $8, size = $9, pages = $10, rows = $11,
             notes = $12, sha256 = $13, content_sha256 = $14, generator = $15
           where tenant_id = $1 and document_id = $2 and run_id = $3 and state = 2""",
        document_id, run_id, *values,
    ) == 1  # fmt: skip


async def put_back(tx: TenantTransaction, document_id: UUID, run_id: UUID, *, failure: str | None, counted: bool) -> bool:
    """It waits again; a beginning that came to nothing through no fault of its own isn't counted."""
    return await tx.execute(
        """update document set state = 1, run_id = null, run_until = null, failure = coalesce($4, failure), attempts = attempts - $5::int
           where tenant_id = $1 and document_id = $2 and run_id = $3 and state = 2""",
        document_id, run_id, failure, 0 if counted else 1,
    ) == 1  # fmt: skip


async def fail(tx: TenantTransaction, document_id: UUID, *, failure: str, at: datetime) -> None:
    """It isn't made."""
    await tx.execute(
        """update document set state = 4, run_id = null, run_until = null, failure = $3, finished_at = $4
           where tenant_id = $1 and document_id = $2""",
        document_id, failure, at,
    )  # fmt: skip


async def cancel(tx: TenantTransaction, document_id: UUID, at: datetime) -> None:
    """Nobody waits for it any more."""
    await tx.execute(
        "update document set state = 6, run_id = null, run_until = null, finished_at = $3 where tenant_id = $1 and document_id = $2", document_id, at
    )


async def wait_again(tx: TenantTransaction, document_id: UUID) -> None:
    """One that has failed is tried again from the beginning."""
    await tx.execute(
        "update document set state = 1, attempts = 0, failure = null, finished_at = null, words = '' where tenant_id = $1 and document_id = $2",
        document_id,
    )


async def expire(tx: TenantTransaction, document_id: UUID, at: datetime) -> None:
    """Its file goes now."""
    await tx.execute("update document set state = 5, expires_at = $3 where tenant_id = $1 and document_id = $2", document_id, at)


async def removed(tx: TenantTransaction, document_ids: Sequence[UUID]) -> None:
    """Their files are gone."""
    await tx.execute("update document set state = 5, storage_key = null where tenant_id = $1 and document_id = any($2::uuid[])", document_ids)


async def expired(tx: TenantTransaction, at: datetime, limit: int) -> list[Record]:
    """(document_id, number) of documents whose file is there and whose time is over."""
    return await tx.fetch(
        """select document_id, number from document where tenant_id = $1 and storage_key is not null and expires_at < $2
           order by expires_at limit $3""",
        at, limit,
    )  # fmt: skip


async def public_id_of(tx: TenantTransaction) -> UUID:
    """The public id of the transaction's tenant, under which its files lie."""
    found: UUID = await tx.fetchval("select public_id from tenant where tenant_id = $1")
    return found


async def locale_of(tx: TenantTransaction) -> str:
    """The language of the transaction's tenant."""
    return str(await tx.fetchval("select locale from tenant where tenant_id = $1"))
