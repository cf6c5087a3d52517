"""What goes on from one generation of a sandbox to the next: who may work in it, and with which keys."""

from typing import Any, Final

from infra.database import TenantTransaction

Rows = dict[str, list[dict[str, Any]]]

# In the order in which they refer to each other.
TABLES: Final = ("custom_role", "membership", "membership_grant", "client", "client_secret")
# Whatever stands is ended in the old generation by the statement that finds it: who is about to end it himself waits for the row, finds
# it ended and is told so, and nothing that was revoked comes to life again.
_END: Final = {
    "membership": ("active", True, "update membership set active = false where tenant_id = $1 and active returning membership_id as id"),
    "client": ("revoked_at", None, "update client set revoked_at = now() where tenant_id = $1 and revoked_at is null returning client_id as id"),
    "client_secret": (
        "revoked_at",
        None,
        "update client_secret set revoked_at = now() where tenant_id = $1 and revoked_at is null returning secret_id as id",
    ),
}
_IDS: Final = {"membership": "membership_id", "client": "client_id", "client_secret": "secret_id"}


async def take(tx: TenantTransaction) -> Rows:
    """The old generation's rows as they stood; in it they are ended, and its sessions with them, once `tx` commits."""
    await tx.execute("update session set ended_at = now(), ended_because = 'sandbox reset' where tenant_id = $1 and ended_at is null")
    taken: Rows = {"custom_role": _plain(await tx.fetch("select * from custom_role where tenant_id = $1"))}
    taken["membership"] = await _ended(tx, "membership")
    taken["membership_grant"] = _plain(await tx.fetch("delete from membership_grant where tenant_id = $1 returning *"))
    taken["client"] = await _ended(tx, "client")
    taken["client_secret"] = await _ended(tx, "client_secret")
    return taken


async def put(tx: TenantTransaction, rows: Rows) -> None:
    """The same rows in the new generation, with whatever columns they have."""
    for table in TABLES:
        for row in rows[table]:
            columns = ", ".join(f'"{name}"' for name in row)
            places = ", ".join(f"${place + 2}" for place in range(len(row)))
            await tx.execute(f"insert into {table} (tenant_id, {columns}) values ($1, {places})", *row.values())


async def _ended(tx: TenantTransaction, table: str) -> list[dict[str, Any]]:
    column, standing, statement = _END[table]
    stood = {row["id"] for row in await tx.fetch(statement)}
    rows = _plain(await tx.fetch(f"select * from {table} where tenant_id = $1"))
    for row in rows:
        if row[_IDS[table]] in stood:
            row[column] = standing
    return rows


def _plain(rows: list[Any]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in row.keys() if name != "tenant_id"} for row in rows]  # noqa: SIM118 - a record iterates by value
