"""The use cases of API clients, each in its caller's tenant transaction: make, change, add a key, revoke."""

from dataclasses import dataclass, field
from uuid import UUID

from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from tenants import audit
from tenants.clients import repository
from tenants.clients.authentication import Clients
from tenants.clients.errors import ClientNotFoundError, ClientRevokedError, SecretNotFoundError, TooManySecretsError
from tenants.clients.keys import Key
from tenants.clients.repository import LIVE_AT_ONCE, Client, Secret
from tenants.clients.rules import Terms, require_own
from tenants.permissions import Permission
from tenants.principal import ActorKind, Principal


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: the one time that its text is at hand. It is shown, and never written, logged or saved in a reply."""

    client_id: UUID
    secret_id: UUID
    text: str = field(repr=False)


async def create_client(tx: TenantTransaction, principal: Principal, terms: Terms) -> NewKey:
    """A new client with its first key. Raises `MoreThanOwnError` for scopes that the caller hasn't himself."""
    _require_person(principal)
    require_own(principal, terms)
    client_id = uuid7()
    await repository.insert_client(tx, client_id, terms, principal.actor_id)
    await audit.record(tx, principal, "client.created", _subject(client_id), after=terms.as_json())
    return await _new_key(tx, principal, client_id)


async def update_client(tx: TenantTransaction, principal: Principal, clients: Clients, client_id: UUID, terms: Terms) -> None:
    """Other terms for a client; they count for its keys and tokens at once. Raises as `create_client`, and for one that was revoked."""
    _require_person(principal)
    client = await _locked(tx, client_id)
    require_own(principal, terms)
    await clients.doubt(await repository.live_secrets(tx, client_id))
    await repository.update_client(tx, client_id, terms)
    await audit.record(tx, principal, "client.changed", _subject(client_id), before=client.terms.as_json(), after=terms.as_json())


async def add_secret(tx: TenantTransaction, principal: Principal, client_id: UUID) -> NewKey:
    """A second key, so that a partner can change over without a gap. Raises `TooManySecretsError` where two live already."""
    _require_person(principal)
    client = await _locked(tx, client_id)
    # Whoever adds a key holds one: it opens no more than he may do himself.
    require_own(principal, client.terms)
    if len(await repository.live_secrets(tx, client_id)) >= LIVE_AT_ONCE:
        raise TooManySecretsError
    return await _new_key(tx, principal, client_id)


async def revoke_secret(tx: TenantTransaction, principal: Principal, clients: Clients, secret_id: UUID, reason: str | None) -> UUID:
    """End a key, and every token that was given for it, at once and for good; returns its client."""
    _require_person(principal)
    secret = await repository.secret(tx, secret_id)
    if secret is None:
        raise SecretNotFoundError
    await clients.doubt([secret_id])
    if not await repository.revoke_secret(tx, secret_id):
        raise ClientRevokedError("key")
    after = {"client": str(secret.client_id), "hint": secret.hint}
    await audit.record(tx, principal, "client_secret.revoked", f"client_secret:{secret_id}", after=after, reason=reason)
    return secret.client_id


async def revoke_client(tx: TenantTransaction, principal: Principal, clients: Clients, client_id: UUID, reason: str | None) -> None:
    """End a client with all its keys and tokens, at once and for good."""
    _require_person(principal)
    await _locked(tx, client_id)
    await clients.doubt(await repository.live_secrets(tx, client_id))
    if not await repository.revoke_client(tx, client_id):
        raise ClientRevokedError("client")
    await audit.record(tx, principal, "client.revoked", _subject(client_id), reason=reason)


async def clients_by_id(tx: TenantTransaction, client_ids: list[UUID]) -> dict[UUID, Client]:
    """Clients, revoked ones too."""
    return await repository.clients(tx, client_ids)


async def secrets_of(tx: TenantTransaction, client_ids: list[UUID]) -> list[Secret]:
    """The keys of clients, newest first, revoked ones too."""
    return await repository.secrets_of(tx, client_ids)


async def page_of_clients(
    tx: TenantTransaction, principal: Principal, *, revoked: bool, cursor: UUID | None, backward: bool, limit: int
) -> list[Client]:
    """A page of the company's clients, newest first."""
    principal.require(Permission.CLIENTS_READ)
    return await repository.page_of_clients(tx, revoked=revoked, cursor=cursor, backward=backward, limit=limit)


def _require_person(principal: Principal) -> None:
    principal.require_everywhere(Permission.CLIENTS_MANAGE)
    if principal.kind is not ActorKind.PERSON:
        raise InvalidInputError("Only a person manages API clients.")


async def _locked(tx: TenantTransaction, client_id: UUID) -> Client:
    client = await repository.lock_client(tx, client_id)
    if client is None:
        raise ClientNotFoundError
    if client.revoked_at is not None:
        raise ClientRevokedError("client")
    return client


async def _new_key(tx: TenantTransaction, principal: Principal, client_id: UUID) -> NewKey:
    key = Key.new(principal.tenant_public_id, sandbox=principal.sandbox)
    await repository.insert_secret(tx, key.secret_id, client_id, key.sha256, key.hint)
    after = {"client": str(client_id), "hint": key.hint}
    await audit.record(tx, principal, "client_secret.created", f"client_secret:{key.secret_id}", after=after)
    return NewKey(client_id, key.secret_id, str(key))


def _subject(client_id: UUID) -> str:
    return f"client:{client_id}"
