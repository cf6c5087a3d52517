"""Seals the secrets of channels and registrations anew when the service's encryption key has changed."""

from uuid import UUID

from backend.notifications import settings_repository as repository
from backend.notifications.sealing import NotificationSealer
from infra.database import Database, TenantTransaction
from tenants.sealing import UnreadableError


async def reseal_all(database: Database, sealer: NotificationSealer) -> tuple[int, list[UUID]]:
    """Of every tenant; gives how many, and the channels and registrations that no known key opens."""
    async with database.connection() as connection:
        tenants = await connection.fetch("select tenant_id from tenant order by tenant_id")
    done = 0
    unreadable: list[UUID] = []
    for row in tenants:
        async with database.tenant(row["tenant_id"]) as tx:
            count, lost = await _reseal(tx, sealer)
        done, unreadable = done + count, [*unreadable, *lost]
    return done, unreadable


async def _reseal(tx: TenantTransaction, sealer: NotificationSealer) -> tuple[int, list[UUID]]:
    done, lost = 0, []
    channels = [(row["channel_id"], row["key_id"], row["secrets"]) for row in await repository.channels(tx)]
    pushes = [(row["push_id"], row["key_id"], row["sealed"]) for row in await repository.all_pushes(tx)]
    for put, rows in ((repository.seal_channel, channels), (repository.seal_push, pushes)):
        for owner, key_id, sealed in rows:
            if sealed is None or key_id == sealer.key_id:
                continue
            try:
                plain = sealer.open(tx.tenant_id, owner, key_id, sealed)
            except UnreadableError:
                lost.append(owner)
                continue
            await put(tx, owner, sealer.seal(tx.tenant_id, owner, plain), sealer.key_id)
            done += 1
    return done, lost
