"""Keys at the door: which hold, which don't, how soon a revoked one doesn't, and what is noted of their use."""

import asyncio
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis
from sqlalchemy import event

from infra.clock import now
from infra.database import Database
from infra.settings import Settings
from tenants.clients import repository, service
from tenants.clients.errors import ClientNotFoundError, ClientRevokedError, KeyInvalidError, SecretNotFoundError, TooManySecretsError
from tenants.clients.keys import Key
from tenants.clients.rules import Terms, terms_of
from tenants.clients.service import NewKey
from tenants.clients.throttle import FAILURES_IN_WINDOW
from tenants.errors import TokenInvalidError, TooManyFailuresError
from tenants.passwords import Passwords
from tenants.permissions import Permission, Role, permissions_of
from tenants.principal import ActorKind, Principal
from tenants.registration import create_tenant
from tenants.service import Caller, Identity
from tests.tenants.companies import Company, MakeCompany, Superuser

SCOPES = ["events.capture", "trace.read"]
SITE = "https://id.gs1.org/414/9506000134000"


def manager_of(company: Company, *, sandbox: bool = False) -> Principal:
    return Principal(
        tenant_id=company.tenant.tenant_id, tenant_public_id=company.tenant.public_id, tenant_slug=company.tenant.slug,
        actor_id=company.member.person_id, display_name="李 Lei", roles=("owner",), permissions=permissions_of(Role.OWNER), session_id=uuid4(),
        membership_id=company.member.membership_id, sandbox=sandbox,
    )  # fmt: skip


def terms(**given: object) -> Terms:
    return terms_of(**{"name": "ERP", "scopes": SCOPES, "moment": now(), **given})  # type: ignore[arg-type] # given by each test


@dataclass(frozen=True)
class Machines:
    """The clients of one company, managed by its owner."""

    identity: Identity
    principal: Principal

    async def create(self, **given: object) -> NewKey:
        async with self.identity.app.tenant(self.principal.tenant_id) as tx:
            return await service.create_client(tx, self.principal, terms(**given))

    async def add(self, client_id: UUID) -> NewKey:
        async with self.identity.app.tenant(self.principal.tenant_id) as tx:
            return await service.add_secret(tx, self.principal, client_id)

    async def change(self, client_id: UUID, **given: object) -> None:
        async with self.identity.app.tenant(self.principal.tenant_id) as tx:
            await service.update_client(tx, self.principal, self.identity.clients, client_id, terms(**given))

    async def revoke_key(self, secret_id: UUID) -> None:
        async with self.identity.app.tenant(self.principal.tenant_id) as tx:
            await service.revoke_secret(tx, self.principal, self.identity.clients, secret_id, "lost")

    async def revoke(self, client_id: UUID) -> None:
        async with self.identity.app.tenant(self.principal.tenant_id) as tx:
            await service.revoke_client(tx, self.principal, self.identity.clients, client_id, "the partner left")

    async def secrets(self, client_id: UUID) -> list[repository.Secret]:
        async with self.identity.app.tenant(self.principal.tenant_id) as tx:
            return await service.secrets_of(tx, [client_id])


@pytest.fixture
def machines(identity: Identity, company: Company) -> Machines:
    return Machines(identity, manager_of(company))


@pytest.fixture(params=["with Redis", "without Redis"])
def door(request: pytest.FixtureRequest, identity: Identity, identity_without_redis: Identity) -> Identity:
    """Where keys are shown; changes are made by the one with a Redis, or by itself."""
    return identity if request.param == "with Redis" else identity_without_redis


async def entries(superuser: Superuser, tenant_id: int) -> list[tuple[str, str]]:
    rows = await superuser.fetch("select action, subject from audit_entry where tenant_id = $1 order by audit_id", tenant_id)
    return [(row["action"], row["subject"]) for row in rows]


async def test_a_key_is_a_principal_of_its_client(machines: Machines, door: Identity, company: Company, caller: Caller) -> None:
    made = await machines.create(sites=[SITE])
    principal = await door.authenticate(made.text, caller=caller)
    assert principal == Principal(
        tenant_id=company.tenant.tenant_id, tenant_public_id=company.tenant.public_id, tenant_slug=company.tenant.slug, actor_id=made.client_id,
        display_name="ERP", roles=(), permissions=frozenset({Permission.EVENTS_CAPTURE, Permission.TRACE_READ}), session_id=made.secret_id,
        kind=ActorKind.CLIENT, sites=dict.fromkeys((Permission.EVENTS_CAPTURE, Permission.TRACE_READ), frozenset({SITE})),
        request_id="request-1", address=caller.address,
    )  # fmt: skip
    assert principal.subject == f"client:{made.client_id}"
    await door.clients.settle()


async def test_only_the_digest_of_a_key_is_stored(machines: Machines, superuser: Superuser) -> None:
    made = await machines.create()
    key = Key.parse(made.text)
    assert key is not None
    [row] = await superuser.fetch("select t::text from client_secret t where secret_id = $1", made.secret_id)
    assert key.sha256.hex() in row["t"]
    assert key.random.hex() not in row["t"]
    trail = await superuser.fetch("select t::text from audit_entry t where tenant_id = $1", machines.principal.tenant_id)
    assert not any(made.text in entry["t"] or key.random.hex() in entry["t"] for entry in trail)


async def test_two_keys_live_side_by_side_and_a_third_is_refused(machines: Machines, door: Identity, caller: Caller) -> None:
    first = await machines.create()
    second = await machines.add(first.client_id)
    with pytest.raises(TooManySecretsError):
        await machines.add(first.client_id)
    assert len(await machines.secrets(first.client_id)) == 2
    for made in (first, second):
        assert (await door.authenticate(made.text, caller=caller)).actor_id == first.client_id
    await machines.revoke_key(first.secret_id)
    third = await machines.add(first.client_id)
    assert (await door.authenticate(third.text, caller=caller)).session_id == third.secret_id
    await door.clients.settle()


async def test_of_many_keys_asked_for_at_once_two_are_made(machines: Machines) -> None:
    made = await machines.create()
    given = await asyncio.gather(*(machines.add(made.client_id) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(answer, NewKey) for answer in given) == 1
    assert sum(isinstance(answer, TooManySecretsError) for answer in given) == 5


async def test_a_revoked_key_is_void_at_once_and_the_other_one_stays(machines: Machines, door: Identity, caller: Caller) -> None:
    first = await machines.create()
    second = await machines.add(first.client_id)
    await door.authenticate(first.text, caller=caller)
    await machines.revoke_key(first.secret_id)
    with pytest.raises(KeyInvalidError):
        await door.authenticate(first.text, caller=caller)
    await door.authenticate(second.text, caller=caller)
    with pytest.raises(ClientRevokedError):
        await machines.revoke_key(first.secret_id)
    await door.clients.settle()


async def test_a_revoked_client_is_void_at_once_with_all_its_keys(machines: Machines, door: Identity, caller: Caller) -> None:
    first = await machines.create()
    second = await machines.add(first.client_id)
    for made in (first, second):
        await door.authenticate(made.text, caller=caller)
    await machines.revoke(first.client_id)
    for made in (first, second):
        with pytest.raises(KeyInvalidError):
            await door.authenticate(made.text, caller=caller)
    for act in (machines.revoke, machines.add, machines.change):
        with pytest.raises(ClientRevokedError):
            await act(first.client_id)
    await door.clients.settle()


async def test_a_revocation_that_redis_never_heard_of_counts_within_seconds(
    machines: Machines, identity: Identity, identity_without_redis: Identity, caller: Caller, redis: Redis
) -> None:
    """The process that revokes can't reach Redis: what others have cached is believed for five seconds at most."""
    made = await machines.create()
    await identity.authenticate(made.text, caller=caller)
    key = f"suyuan:key:{machines.principal.tenant_public_id}:{made.secret_id}"
    assert 0 < await redis.pttl(key) <= 5_000
    await replace(machines, identity=identity_without_redis).revoke_key(made.secret_id)
    await redis.pexpire(key, 1)
    await asyncio.sleep(0.01)
    with pytest.raises(KeyInvalidError):
        await identity.authenticate(made.text, caller=caller)
    await identity.clients.settle()


async def test_narrower_terms_count_at_once(machines: Machines, door: Identity, caller: Caller) -> None:
    made = await machines.create()
    assert Permission.EVENTS_CAPTURE in (await door.authenticate(made.text, caller=caller)).permissions
    await machines.change(made.client_id, name="ERP 2", scopes=["trace.read"], sites=[SITE])
    principal = await door.authenticate(made.text, caller=caller)
    assert (principal.display_name, principal.permissions) == ("ERP 2", frozenset({Permission.TRACE_READ}))
    assert principal.sites == {Permission.TRACE_READ: frozenset({SITE})}
    await machines.change(made.client_id, addresses=["198.18.0.0/15"])
    with pytest.raises(KeyInvalidError):
        await door.authenticate(made.text, caller=replace(caller, address="203.0.113.1"))
    assert (await door.authenticate(made.text, caller=replace(caller, address="198.18.1.1"))).kind is ActorKind.CLIENT
    await door.clients.settle()


async def test_a_key_holds_only_at_the_addresses_of_its_client(machines: Machines, door: Identity, caller: Caller) -> None:
    made = await machines.create(addresses=["198.18.7.0/24", "2001:db8:7::/48"])
    for address in ("198.18.7.9", "::ffff:198.18.7.9", "2001:db8:7::1"):
        assert (await door.authenticate(made.text, caller=replace(caller, address=address))).kind is ActorKind.CLIENT
    for address in ("198.18.8.9", "::ffff:198.18.8.9", "2001:db8:8::1", ""):
        with pytest.raises(KeyInvalidError):
            await door.authenticate(made.text, caller=replace(caller, address=address))
    await door.clients.settle()


async def test_a_key_ends_with_its_clients_time(machines: Machines, door: Identity, caller: Caller) -> None:
    made = await machines.create(expires_at=now() + timedelta(seconds=1))
    assert (await door.authenticate(made.text, caller=caller)).kind is ActorKind.CLIENT
    await asyncio.sleep(1.05)
    with pytest.raises(KeyInvalidError):
        await door.authenticate(made.text, caller=caller)
    await door.clients.settle()


async def test_the_prefix_must_be_that_of_the_tenant_both_ways(identity: Identity, company: Company, door: Identity, caller: Caller) -> None:
    """Even where the stored digest would fit: a row of a live tenant never opens to a test key, nor the reverse."""
    slug = f"s{uuid4().hex[:12]}"
    sandbox = await create_tenant(identity, slug=slug, name=slug, sandbox=True)
    for tenant, wrong in ((company.tenant, True), (sandbox, False)):
        manager = replace(manager_of(company), tenant_id=tenant.tenant_id, tenant_public_id=tenant.public_id)
        right = await Machines(identity, replace(manager, sandbox=not wrong)).create()
        mistaken = await Machines(identity, replace(manager, sandbox=wrong)).create()
        principal = await door.authenticate(right.text, caller=caller)
        assert (principal.tenant_id, principal.sandbox) == (tenant.tenant_id, not wrong)
        with pytest.raises(KeyInvalidError):
            await door.authenticate(mistaken.text, caller=caller)
    await door.clients.settle()


async def test_every_key_that_does_not_hold_gets_the_same_answer(
    machines: Machines, door: Identity, company: Company, make_company: MakeCompany, caller: Caller
) -> None:
    made = await machines.create(addresses=["198.18.7.0/24"])
    key = Key.parse(made.text)
    assert key is not None
    other = await make_company()
    wrong = [
        "sy_live_", "sy_", made.text[:-1], made.text + "0", "sy_live_" + made.text.removeprefix("sy_live_").swapcase(), made.text,
            str(replace(key, random=bytes(32))),
        str(replace(key, secret_id=uuid4())), str(replace(key, tenant_public_id=uuid4())), str(replace(key, tenant_public_id=other.tenant.public_id)),
        str(replace(key, sandbox=True)),
    ]  # fmt: skip
    told = set()
    for text in wrong:
        with pytest.raises(TokenInvalidError) as refused:
            await door.authenticate(text, caller=caller)
        told.add((refused.value.code, refused.value.status, refused.value.message, refused.value.field, str(refused.value.detail)))
    assert len(told) == 1


async def test_every_key_that_does_not_hold_costs_the_same_statements(
    machines: Machines, make_company: MakeCompany, caller: Caller, settings: Settings, database_auth: Database, cheap_passwords: Passwords
) -> None:
    """Time can't be compared on a busy machine; what is asked of the database can."""
    said: list[str] = []
    app = Database(settings.database_url.get_secret_value(), pool_size=1)

    @event.listens_for(app.engine.sync_engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.driver_connection.add_query_logger(lambda query: said.append(re.sub("[0-9]+", "N", query.query)))

    door = Identity(app=app, auth=database_auth, redis=None, settings=settings, passwords=cheap_passwords)
    made, revoked = await machines.create(addresses=["198.18.7.0/24"]), await machines.create()
    await machines.revoke(revoked.client_id)
    key = Key.parse(made.text)
    assert key is not None
    other = (await make_company()).tenant.public_id
    wrong = [
        made.text, revoked.text, str(replace(key, random=bytes(32))), str(replace(key, secret_id=uuid4())),
        str(replace(key, tenant_public_id=uuid4())), str(replace(key, tenant_public_id=other)), str(replace(key, sandbox=True)),
    ]  # fmt: skip
    asked = set()
    for text in (made.text, *wrong):
        said.clear()
        with pytest.raises(KeyInvalidError):
            await door.authenticate(text, caller=caller)
        asked.add(tuple(said))
    await app.close()
    # The first of all opened the connection.
    assert len(asked) <= 2
    assert len(said) == 4


async def test_an_address_that_fails_too_often_is_not_listened_to_but_its_good_keys_are(
    machines: Machines, identity: Identity, caller: Caller, redis: Redis, superuser: Superuser
) -> None:
    made = await machines.create()
    key = Key.parse(made.text)
    assert key is not None
    await identity.authenticate(made.text, caller=caller)
    for _ in range(FAILURES_IN_WINDOW):
        with pytest.raises(KeyInvalidError):
            await identity.authenticate(str(replace(key, random=uuid4().bytes * 2)), caller=caller)
    with pytest.raises(TooManyFailuresError):
        await identity.authenticate(str(replace(key, random=bytes(32))), caller=caller)
    stranger = await machines.create()
    with pytest.raises(TooManyFailuresError):
        await identity.authenticate(stranger.text, caller=caller)
    # Not from the cache: the key is known to have held here.
    await redis.delete(f"suyuan:key:{machines.principal.tenant_public_id}:{made.secret_id}")
    assert (await identity.authenticate(made.text, caller=caller)).kind is ActorKind.CLIENT
    assert (await identity.authenticate(stranger.text, caller=replace(caller, address="198.18.200.1"))).kind is ActorKind.CLIENT
    await identity.clients.settle()


async def test_without_redis_failing_addresses_are_counted_too(machines: Machines, identity_without_redis: Identity, caller: Caller) -> None:
    made = await machines.create()
    key = Key.parse(made.text)
    assert key is not None
    for _ in range(FAILURES_IN_WINDOW):
        with pytest.raises(KeyInvalidError):
            await identity_without_redis.authenticate(str(replace(key, random=bytes(32))), caller=caller)
    with pytest.raises(TooManyFailuresError):
        await identity_without_redis.authenticate(str(replace(key, random=bytes(32))), caller=caller)


async def test_the_last_use_is_noted_once_a_minute(
    machines: Machines, identity: Identity, caller: Caller, redis: Redis, superuser: Superuser
) -> None:
    made = await machines.create()
    assert [secret.last_used_at for secret in await machines.secrets(made.client_id)] == [None]
    await identity.authenticate(made.text, caller=caller)
    await identity.clients.settle()
    [used] = await machines.secrets(made.client_id)
    assert used.last_used_at is not None
    assert abs(used.last_used_at - now()) < timedelta(seconds=5)
    assert used.last_used_address == caller.address
    await identity.authenticate(made.text, caller=replace(caller, address="198.18.3.3"))
    await identity.clients.settle()
    assert await machines.secrets(made.client_id) == [used]


async def test_whose_clients_they_are_is_seen_by_nobody_else(machines: Machines, identity: Identity, make_company: MakeCompany) -> None:
    made = await machines.create()
    stranger = Machines(identity, manager_of(await make_company()))
    for act in (stranger.revoke, stranger.add, stranger.change):
        with pytest.raises(ClientNotFoundError):
            await act(made.client_id)
    with pytest.raises(SecretNotFoundError):
        await stranger.revoke_key(made.secret_id)
    assert [secret.revoked_at for secret in await machines.secrets(made.client_id)] == [None]


async def test_every_change_is_on_the_trail(machines: Machines, superuser: Superuser) -> None:
    made = await machines.create()
    second = await machines.add(made.client_id)
    await machines.change(made.client_id, scopes=["trace.read"])
    await machines.revoke_key(second.secret_id)
    await machines.revoke(made.client_id)
    told = [entry for entry in await entries(superuser, machines.principal.tenant_id) if entry[0].startswith("client")]
    assert told == [
        ("client.created", f"client:{made.client_id}"), ("client_secret.created", f"client_secret:{made.secret_id}"),
        ("client_secret.created", f"client_secret:{second.secret_id}"), ("client.changed", f"client:{made.client_id}"),
        ("client_secret.revoked", f"client_secret:{second.secret_id}"), ("client.revoked", f"client:{made.client_id}"),
    ]  # fmt: skip


async def test_a_machine_signs_out_of_nothing(machines: Machines, identity: Identity, caller: Caller) -> None:
    made = await machines.create()
    principal = await identity.authenticate(made.text, caller=caller)
    with pytest.raises(Exception, match="Only a person signs out"):
        await identity.sign_out(principal)
    assert await identity.authenticate(made.text, caller=caller) == principal
    await identity.clients.settle()
