"""Every statement that reads the audit trail, and those on its exports."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from infra.database import Record, TenantTransaction

if TYPE_CHECKING:
    from tenants.audit.search import Filter

COLUMNS: Final = (
    "entry_id, audit_id, recorded_at, actor_kind, actor_id, actor, device_id, action, subject, before, after, reason, request_id, "
    "address, signature_id"
)
EXPORT_COLUMNS: Final = (
    "export_id, requested_at, requested_by, format, language, filter, file_name, state, parts, entries, entries_expected, size, last_audit_id, "
    "sha256, failure, finished_at, expires_at"
)
# First key of an advisory lock whose second is the tenant, as `infra.database.GATE_CLASS`.
EXPORT_CLASS: Final = 0x5360
# When, and the order within a moment: what pages and exports go by.
Position = tuple[datetime, int]
# Behind every text that begins with what stands before it.
_LAST: Final = "\U0010ffff"


# By the filter's field: the condition, with "?" in place of its value.
_CONDITIONS: Final = {
    "actor_id": "actor_id = ?",
    "actor_kind": "actor_kind = ?",
    "subject": "subject = ?",
    "since": "recorded_at >= ?",
    "until": "recorded_at < ?",
    "address": "address = ?",
    "request_id": "request_id = ?",
}


def _conditions(wanted: "Filter", first: int) -> tuple[str, list[Any]]:
    """What the filter adds to a WHERE, its values numbered from `first`: only what is asked for, so that an index can serve it."""
    asked: list[tuple[str, Any]] = [(condition, getattr(wanted, name)) for name, condition in _CONDITIONS.items()]
    if wanted.actor is not None and wanted.actor_id is None:
        asked.append(("actor ilike ?", _containing(wanted.actor)))
    if wanted.text is not None:
        asked.append(("concat_ws(E'\\n', reason, before, after) ilike ?", _containing(wanted.text)))
    for column, prefix in (("subject", wanted.subject_prefix), ("action", wanted.action)):
        if prefix is not None and column == "action" and not prefix.endswith("."):
            asked.append(("action = ?", prefix))
        elif prefix is not None:
            asked += [(f"{column} >= ?", prefix), (f"{column} < ?", prefix + _LAST)]
    given = [(condition, value) for condition, value in asked if value is not None]
    numbered = [condition.replace("?", f"${first + place}") for place, (condition, _) in enumerate(given)]
    return "".join(f" and {condition}" for condition in numbered), [value for _, value in given]


def _containing(text: str) -> str:
    for special in ("\\", "%", "_"):
        text = text.replace(special, "\\" + special)
    return f"%{text}%"


async def position_of(tx: TenantTransaction, entry_id: UUID) -> Position | None:
    """Where an entry stands."""
    row = await tx.fetchrow("select recorded_at, audit_id from audit_entry where tenant_id = $1 and entry_id = $2", entry_id)
    return (row["recorded_at"], row["audit_id"]) if row else None


async def page(
    tx: TenantTransaction, wanted: "Filter", *, position: Position | None, ascending: bool, limit: int, last_audit_id: int | None = None
) -> list[Record]:
    """Entries behind a position, newest first or oldest first; with `last_audit_id` none that came after it."""
    behind, order = (">", "asc") if ascending else ("<", "desc")
    conditions, values = _conditions(wanted, 3)
    if position is not None:
        conditions += f" and (recorded_at, audit_id) {behind} (${len(values) + 3}, ${len(values) + 4})"
        values += position
    if last_audit_id is not None:
        conditions += f" and audit_id <= ${len(values) + 3}"
        values.append(last_audit_id)
    return await tx.fetch(
        f"select {COLUMNS} from audit_entry where tenant_id = $1{conditions} order by recorded_at {order}, audit_id {order} limit $2", limit, *values
    )


async def by_ids(tx: TenantTransaction, entry_ids: Collection[UUID]) -> list[Record]:
    """Entries by id."""
    return await tx.fetch(f"select {COLUMNS} from audit_entry where tenant_id = $1 and entry_id = any($2::uuid[])", list(entry_ids))


async def count(tx: TenantTransaction, wanted: "Filter", *, last_audit_id: int, at_most: int) -> int:
    """How many entries meet the filter; counting stops at `at_most`."""
    conditions, values = _conditions(wanted, 4)
    found = await tx.fetchval(
        f"select count(*) from (select 1 from audit_entry where tenant_id = $1 and audit_id <= $2{conditions} limit $3) found",
        last_audit_id,
        at_most,
        *values,
    )
    return int(found)


async def newest(tx: TenantTransaction) -> int:
    """The number of the newest entry, 0 before there is one."""
    return int(await tx.fetchval("select coalesce(max(audit_id), 0) from audit_entry where tenant_id = $1"))


async def insert_export(
    tx: TenantTransaction, export_id: UUID, *, requested_by: str, form: str, language: str, wanted: str, file_name: str, last_audit_id: int,
    expires_at: datetime,
) -> None:  # fmt: skip
    """A new export, under way."""
    await tx.execute(
        """insert into audit_export (tenant_id, export_id, requested_by, format, language, filter, file_name, state, last_audit_id, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, 'running', $8, $9)""",
        export_id, requested_by, form, language, wanted, file_name, last_audit_id, expires_at,
    )  # fmt: skip


async def lock_exports(tx: TenantTransaction) -> None:
    """One asks for an export of this tenant's trail at a time, so that their number is counted truly."""
    await tx.fetchval(f"select pg_advisory_xact_lock({EXPORT_CLASS}, $1::int)")


async def running_exports(tx: TenantTransaction) -> int:
    """How many are under way."""
    return int(await tx.fetchval("select count(*) from audit_export where tenant_id = $1 and state = 'running' and expires_at > now()"))


async def exports_by_id(tx: TenantTransaction, export_ids: Collection[UUID]) -> list[Record]:
    """Exports by id."""
    return await tx.fetch(f"select {EXPORT_COLUMNS} from audit_export where tenant_id = $1 and export_id = any($2::uuid[])", list(export_ids))


async def page_of_exports(tx: TenantTransaction, *, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Exports that haven't expired, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {EXPORT_COLUMNS} from audit_export
            where tenant_id = $1 and expires_at > now() and ($2::uuid is null or export_id {behind} $2) order by export_id {order} limit $3""",
        cursor,
        limit,
    )


async def lock_export(tx: TenantTransaction, export_id: UUID) -> Record | None:
    """An export that is under way, locked until the transaction ends."""
    return await tx.fetchrow(
        f"select {EXPORT_COLUMNS} from audit_export where tenant_id = $1 and export_id = $2 and state = 'running' for no key update", export_id
    )


async def expect(tx: TenantTransaction, export_id: UUID, entries: int) -> None:
    """Say how many entries there will be."""
    await tx.execute("update audit_export set entries_expected = $3 where tenant_id = $1 and export_id = $2", export_id, entries)


async def add_part(tx: TenantTransaction, export_id: UUID, *, entries: int, size: int) -> None:
    """Count a part that was written."""
    await tx.execute(
        "update audit_export set parts = parts + 1, entries = entries + $3, size = size + $4 where tenant_id = $1 and export_id = $2",
        export_id,
        entries,
        size,
    )


async def finish_export(tx: TenantTransaction, export_id: UUID, *, sha256: bytes, size: int, expires_at: datetime) -> None:
    """The file is there."""
    await tx.execute(
        """update audit_export set state = 'ready', sha256 = $3, size = $4, expires_at = $5, finished_at = now()
           where tenant_id = $1 and export_id = $2""",
        export_id,
        sha256,
        size,
        expires_at,
    )


async def fail_export(tx: TenantTransaction, export_id: UUID, failure: str) -> None:
    """There will be no file."""
    await tx.execute(
        "update audit_export set state = 'failed', failure = $3, finished_at = now() where tenant_id = $1 and export_id = $2", export_id, failure
    )


async def public_id_of(tx: TenantTransaction) -> UUID:
    """The public id of the transaction's tenant, under which its files lie."""
    found: UUID = await tx.fetchval("select public_id from tenant where tenant_id = $1")
    return found


async def say_something(tx: TenantTransaction) -> None:
    """A word to the database, which ends a transaction that is silent for too long."""
    await tx.fetchval("select $1::int")
