"""Every statement on clients and their keys, within one tenant's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from infra.database import Record, TenantTransaction
from tenants.clients.rules import Terms
from tenants.permissions import Permission, known_permissions

LIVE_AT_ONCE = 2
_CLIENT = "client_id, name, scopes, sites, addresses, created_at, created_by, expires_at, revoked_at"
_SECRET = "secret_id, client_id, hint, created_at, revoked_at, last_used_at, last_used_address"  # noqa: S105 - names of columns


@dataclass(frozen=True, slots=True)
class Client:
    """A client as it is stored."""

    client_id: UUID
    terms: Terms
    created_at: datetime
    created_by: UUID
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Secret:
    """A key as it is stored: nothing in it opens anything."""

    secret_id: UUID
    client_id: UUID
    hint: str
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    last_used_address: str | None


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key with what decides whether it holds."""

    key_sha256: bytes
    client: Client
    revoked_at: datetime | None


def _names(text: str) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(text, type=list[str]))


def _text(names: Sequence[str] | frozenset[Permission]) -> str:
    return msgspec.json.encode(sorted(str(name) for name in names)).decode()


def _client(row: Record) -> Client:
    scopes = known_permissions(frozenset(_names(row["scopes"])))
    terms = Terms(row["name"], scopes, _names(row["sites"]), _names(row["addresses"]), row["expires_at"])
    return Client(row["client_id"], terms, row["created_at"], row["created_by"], row["revoked_at"])


async def insert_client(tx: TenantTransaction, client_id: UUID, terms: Terms, created_by: UUID) -> None:
    """A new client."""
    await tx.execute(
        """insert into client (tenant_id, client_id, name, scopes, sites, addresses, created_by, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        client_id, terms.name, _text(terms.scopes), _text(terms.sites), _text(terms.addresses), created_by, terms.expires_at,
    )  # fmt: skip


async def update_client(tx: TenantTransaction, client_id: UUID, terms: Terms) -> None:
    """Other terms for a client."""
    await tx.execute(
        "update client set name = $3, scopes = $4, sites = $5, addresses = $6, expires_at = $7 where tenant_id = $1 and client_id = $2",
        client_id, terms.name, _text(terms.scopes), _text(terms.sites), _text(terms.addresses), terms.expires_at,
    )  # fmt: skip


async def lock_client(tx: TenantTransaction, client_id: UUID) -> Client | None:
    """A client, so that changes of it come one after the other."""
    row = await tx.fetchrow(f"select {_CLIENT} from client where tenant_id = $1 and client_id = $2 for no key update", client_id)
    return _client(row) if row else None


async def revoke_client(tx: TenantTransaction, client_id: UUID) -> bool:
    """End a client for good; False where that was done before."""
    return await tx.execute("update client set revoked_at = now() where tenant_id = $1 and client_id = $2 and revoked_at is null", client_id) == 1


async def clients(tx: TenantTransaction, client_ids: Sequence[UUID]) -> dict[UUID, Client]:
    """Clients by id."""
    rows = await tx.fetch(f"select {_CLIENT} from client where tenant_id = $1 and client_id = any($2::uuid[])", list(client_ids))
    return {row["client_id"]: _client(row) for row in rows}


async def page_of_clients(tx: TenantTransaction, *, revoked: bool, cursor: UUID | None, backward: bool, limit: int) -> list[Client]:
    """A page of clients, newest first, with or without those revoked."""
    comparison, order = (">", "asc") if backward else ("<", "desc")
    rows = await tx.fetch(
        f"""select {_CLIENT} from client where tenant_id = $1 and ($2::uuid is null or client_id {comparison} $2) and ($3 or revoked_at is null)
            order by client_id {order} limit $4""",
        cursor, revoked, limit,
    )  # fmt: skip
    return [_client(row) for row in rows]


async def insert_secret(tx: TenantTransaction, secret_id: UUID, client_id: UUID, key_sha256: bytes, hint: str) -> None:
    """A new key of a client."""
    await tx.execute(
        "insert into client_secret (tenant_id, secret_id, client_id, key_sha256, hint) values ($1, $2, $3, $4, $5)",
        secret_id, client_id, key_sha256, hint,
    )  # fmt: skip


async def live_secrets(tx: TenantTransaction, client_id: UUID) -> list[UUID]:
    """The keys of a client that were not revoked."""
    rows = await tx.fetch("select secret_id from client_secret where tenant_id = $1 and client_id = $2 and revoked_at is null", client_id)
    return [row["secret_id"] for row in rows]


async def secrets_of(tx: TenantTransaction, client_ids: Sequence[UUID]) -> list[Secret]:
    """The keys of clients, newest first."""
    rows = await tx.fetch(
        f"select {_SECRET} from client_secret where tenant_id = $1 and client_id = any($2::uuid[]) order by created_at desc, secret_id",
        list(client_ids),
    )
    return [Secret(*row) for row in rows]


async def secret(tx: TenantTransaction, secret_id: UUID) -> Secret | None:
    """One key."""
    row = await tx.fetchrow(f"select {_SECRET} from client_secret where tenant_id = $1 and secret_id = $2", secret_id)
    return Secret(*row) if row else None


async def revoke_secret(tx: TenantTransaction, secret_id: UUID) -> bool:
    """End a key for good; False where that was done before."""
    count = await tx.execute("update client_secret set revoked_at = now() where tenant_id = $1 and secret_id = $2 and revoked_at is null", secret_id)
    return count == 1


async def stored_key(tx: TenantTransaction, secret_id: UUID) -> StoredKey | None:
    """What is known of a key."""
    row = await tx.fetchrow(
        """select s.key_sha256, s.revoked_at as secret_revoked_at, c.client_id, c.name, c.scopes, c.sites, c.addresses, c.created_at, c.created_by,
                  c.expires_at, c.revoked_at
           from client_secret s join client c on c.tenant_id = $1 and c.client_id = s.client_id where s.tenant_id = $1 and s.secret_id = $2""",
        secret_id,
    )
    return StoredKey(row["key_sha256"], _client(row), row["secret_revoked_at"]) if row else None


async def note_use(tx: TenantTransaction, secret_id: UUID, at: datetime, address: str) -> None:
    """When and from where a key was last used; older news of another process is passed over."""
    await tx.execute(
        """update client_secret set last_used_at = $3, last_used_address = $4
           where tenant_id = $1 and secret_id = $2 and (last_used_at is null or last_used_at < $3)""",
        secret_id, at, address,
    )  # fmt: skip
