"""API clients of partners' machines, through GraphQL: listed, made, changed, given a second key, revoked."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import strawberry
from strawberry import ID

from backend.access.own_sites import own_sites
from backend.graphql.commands import Reply, perform
from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import global_id, parse_uuid, uuid_of
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page, connect
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from tenants.clients import repository, service
from tenants.clients.errors import ClientNotFoundError, SecretNotFoundError
from tenants.clients.rules import MAX_ADDRESSES, MAX_SITES, Terms, terms_of
from tenants.permissions import MACHINES, Permission

CLIENT: Final = "ApiClient"
SECRET: Final = "ApiClientSecret"  # noqa: S105 - the name of a type
_SCOPES: Final = f"One of {', '.join(sorted(MACHINES))}."


@strawberry.type(description="A key of a client; its text was shown once and is known to nobody here.")
class ApiClientSecret:
    """`hint` is the end of the text; `lastUsedAt` is exact to a minute."""

    id: ID
    hint: str
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    last_used_address: str | None

    @classmethod
    def of(cls, secret: repository.Secret) -> "ApiClientSecret":
        """From the stored one."""
        return cls(
            id=global_id(SECRET, secret.secret_id), hint=secret.hint, created_at=secret.created_at, revoked_at=secret.revoked_at,
            last_used_at=secret.last_used_at, last_used_address=secret.last_used_address,
        )  # fmt: skip


@strawberry.type(
    description="A program of a partner or of the company's own that uses the API by itself.", directives=requires(Permission.CLIENTS_READ)
)
class ApiClient(Node):
    """`clientId` is its name at /oauth/token. Without sites it acts everywhere, without addresses from anywhere."""

    id: ID
    client_id: str
    name: str
    scopes: list[str]
    sites: list[str]
    addresses: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    public_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, client: repository.Client) -> "ApiClient":
        """From the stored one."""
        terms = client.terms
        return cls(
            id=global_id(CLIENT, client.client_id), client_id=str(client.client_id), name=terms.name, scopes=sorted(terms.scopes),
            sites=list(terms.sites), addresses=list(terms.addresses), created_at=client.created_at, expires_at=terms.expires_at,
            revoked_at=client.revoked_at, public_id=client.client_id,
        )  # fmt: skip

    @field(description="Its keys, newest first, with those that were revoked.", directives=(ListSize(assumed_size=5),))
    async def secrets(self, info: Info) -> list[ApiClientSecret]:
        """Two of them live at most."""
        return [ApiClientSecret.of(secret) for secret in await info.context.load(load_secrets, self.public_id)]


@strawberry.input
class ClientTermsInput:
    """`sites` in any form of a GLN, `addresses` as 203.0.113.7 or 203.0.113.0/24. A permission that you lack yourself you can't give."""

    name: str
    scopes: list[str] = strawberry.field(description=_SCOPES)
    sites: list[str] = strawberry.field(default_factory=list, description=f"At most {MAX_SITES}; none means everywhere.")
    addresses: list[str] = strawberry.field(default_factory=list, description=f"At most {MAX_ADDRESSES}; none means from anywhere.")
    expires_at: datetime | None = None

    async def told(self, tx: TenantTransaction) -> Terms:
        """As the service takes them. Raises `InvalidInputError` for a site that is no location of the company's own."""
        if len(self.sites) > MAX_SITES:
            raise InvalidInputError(f"A client is limited to at most {MAX_SITES} sites.", field="sites")
        own = await own_sites(tx, self.sites)
        if unknown := [site for site in self.sites if site not in own]:
            raise InvalidInputError(f"“{unknown[0][:100]}” is no location of your own. The list locations shows them.", field="sites")
        return terms_of(
            name=self.name, scopes=self.scopes, sites=[own[site] for site in self.sites], addresses=self.addresses, expires_at=self.expires_at,
            moment=clock.now(),
        )  # fmt: skip


@strawberry.input
class CreateClientInput:
    """What the client may do."""

    terms: ClientTermsInput


@strawberry.input
class UpdateClientInput:
    """All the terms anew; what isn't named is taken back."""

    id: ID
    terms: ClientTermsInput


@strawberry.input
class AddClientSecretInput:
    """`id` is the client's."""

    id: ID


@strawberry.input
class RevokeClientSecretInput:
    """`id` is the key's."""

    id: ID
    reason: str | None = None


@strawberry.input
class RevokeClientInput:
    """`id` is the client's."""

    id: ID
    reason: str | None = None


@strawberry.type
class ClientKeyPayload:
    """`key` is shown this once. A repetition with the same Idempotency-Key gives everything but the key: lost, it is revoked and made anew."""

    user_errors: list[UserError]
    key: str | None
    secret_id: ID | None
    client_id: strawberry.Private[UUID | None]

    @field(description="The client as it is now.")
    async def client(self, info: Info) -> ApiClient | None:
        """With all its keys."""
        return await load_client(info.context, self.client_id)


@strawberry.type
class ClientPayload:
    """The client as it is now; or why nothing was changed."""

    user_errors: list[UserError]
    client_id: strawberry.Private[UUID | None]

    @field(description="The client as it is now.")
    async def client(self, info: Info) -> ApiClient | None:
        """With all its keys."""
        return await load_client(info.context, self.client_id)


async def load_clients(context: Context, client_ids: list[UUID]) -> list[repository.Client | None]:
    """A batch of clients."""
    async with context.reading() as tx:
        found = await service.clients_by_id(tx, client_ids)
    return [found.get(client_id) for client_id in client_ids]


async def load_secrets(context: Context, client_ids: list[UUID]) -> list[list[repository.Secret]]:
    """The keys of a batch of clients."""
    async with context.reading() as tx:
        found = await service.secrets_of(tx, client_ids)
    return [[secret for secret in found if secret.client_id == client_id] for client_id in client_ids]


async def load_client(context: Context, client_id: UUID | None) -> ApiClient | None:
    """A client by its id, through the batch."""
    found = await context.load(load_clients, client_id) if client_id is not None else None
    return ApiClient.of(found) if found else None


async def find_client(context: Context, public_id: str) -> ApiClient | None:
    """A client by its public id."""
    return await load_client(context, parse_uuid(public_id))


@strawberry.type
class ClientQueries:
    """API clients."""

    @field(description="API clients, newest first; those revoked too, if asked for.", directives=requires(Permission.CLIENTS_READ))
    async def api_clients(
        self,
        info: Info,
        *,
        revoked: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[ApiClient]:
        """A page of them."""
        page, principal = Page.of(first, after, last, before), info.context.caller_principal
        cursor = page.uuid()
        async with info.context.reading() as tx:
            rows = await service.page_of_clients(tx, principal, revoked=revoked, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=ApiClient.of, cursor=lambda client: str(client.client_id))

    @field(description="An API client by its id; null where there is none.", directives=requires(Permission.CLIENTS_READ))
    async def api_client(self, info: Info, public_id: Annotated[ID, strawberry.argument(name="id")]) -> ApiClient | None:
        """The same as `node`."""
        return await load_client(info.context, uuid_of(public_id, CLIENT))


def _client_id(given: ID) -> UUID:
    client_id = uuid_of(given, CLIENT)
    if client_id is None:
        raise ClientNotFoundError
    return client_id


@strawberry.type
class ClientMutations:
    """Each is on the audit trail; a key's text is in no reply that is saved."""

    @mutation(description="Make an API client with its first key, which is shown this once.", directives=requires(Permission.CLIENTS_MANAGE))
    async def create_client(self, info: Info, given: Annotated[CreateClientInput, strawberry.argument(name="input")]) -> ClientKeyPayload | None:
        """`sy_live_…`, or in a sandbox `sy_test_…`."""

        async def use_case(tx: TenantTransaction) -> service.NewKey:
            return await service.create_client(tx, info.context.caller_principal, await given.terms.told(tx))

        return await _with_key(info, given, use_case)

    @mutation(description="Give a client a second key to change over to; two live at once at most.", directives=requires(Permission.CLIENTS_MANAGE))
    async def add_client_secret(
        self, info: Info, given: Annotated[AddClientSecretInput, strawberry.argument(name="input")]
    ) -> ClientKeyPayload | None:
        """Shown this once."""

        async def use_case(tx: TenantTransaction) -> service.NewKey:
            return await service.add_secret(tx, info.context.caller_principal, _client_id(given.id))

        return await _with_key(info, given, use_case)

    @mutation(
        description="Change what a client may do; it counts at once, for tokens given before too.", directives=requires(Permission.CLIENTS_MANAGE)
    )
    async def update_client(self, info: Info, given: Annotated[UpdateClientInput, strawberry.argument(name="input")]) -> ClientPayload | None:
        """All terms anew."""

        async def use_case(tx: TenantTransaction) -> UUID:
            client_id = _client_id(given.id)
            clients = info.context.services.identity.clients
            await service.update_client(tx, info.context.caller_principal, clients, client_id, await given.terms.told(tx))
            return client_id

        return await _without_key(info, given, use_case)

    @mutation(
        description="Revoke a key, and all tokens that were given for it, at once and for good.", directives=requires(Permission.CLIENTS_MANAGE)
    )
    async def revoke_client_secret(
        self, info: Info, given: Annotated[RevokeClientSecretInput, strawberry.argument(name="input")]
    ) -> ClientPayload | None:
        """The client's other key stays good."""

        async def use_case(tx: TenantTransaction) -> UUID:
            secret_id = uuid_of(given.id, SECRET)
            if secret_id is None:
                raise SecretNotFoundError
            clients = info.context.services.identity.clients
            return await service.revoke_secret(tx, info.context.caller_principal, clients, secret_id, given.reason)

        return await _without_key(info, given, use_case)

    @mutation(description="Revoke a client with all its keys and tokens, at once and for good.", directives=requires(Permission.CLIENTS_MANAGE))
    async def revoke_client(self, info: Info, given: Annotated[RevokeClientInput, strawberry.argument(name="input")]) -> ClientPayload | None:
        """It stays in the list of those revoked."""

        async def use_case(tx: TenantTransaction) -> UUID:
            client_id = _client_id(given.id)
            await service.revoke_client(tx, info.context.caller_principal, info.context.services.identity.clients, client_id, given.reason)
            return client_id

        return await _without_key(info, given, use_case)


async def _with_key(info: Info, given: object, make: Callable[[TenantTransaction], Awaitable[service.NewKey]]) -> ClientKeyPayload:
    """Run a use case that makes a key: the reply that is saved holds ids alone, so that a repetition shows no key."""
    shown: dict[str, str] = {}

    async def use_case(tx: TenantTransaction) -> Reply:
        made = await make(tx)
        shown["key"] = made.text
        return {"client": str(made.client_id), "secret": str(made.secret_id)}

    done = await perform(info, given, use_case)
    if done.reply is None:
        return ClientKeyPayload(user_errors=done.user_errors, key=None, secret_id=None, client_id=None)
    secret_id = global_id(SECRET, done.reply["secret"])
    return ClientKeyPayload(user_errors=[], key=shown.get("key"), secret_id=secret_id, client_id=UUID(done.reply["client"]))


async def _without_key(info: Info, given: object, act: Callable[[TenantTransaction], Awaitable[UUID]]) -> ClientPayload:
    async def use_case(tx: TenantTransaction) -> Reply:
        return {"client": str(await act(tx))}

    done = await perform(info, given, use_case)
    return ClientPayload(user_errors=done.user_errors, client_id=UUID(done.reply["client"]) if done.reply else None)


NODES = (NodeKind(CLIENT, Permission.CLIENTS_READ, find_client),)
