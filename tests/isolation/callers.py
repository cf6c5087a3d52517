"""Who tries: every kind of caller that must get nothing of a victim's, with the headers by which he calls."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

import asyncpg
import httpx

from backend.services import Services
from infra.clock import now
from tenants.clients import service as clients
from tenants.clients.rules import terms_of
from tenants.permissions import MACHINES, Role
from tenants.registration import add_membership
from tests.conftest import PASSWORD
from tests.factories import FLOUR, PLANT, capture, lot, made, quantity
from tests.handsets import Handset
from tests.isolation.access_day import Office
from tests.isolation.people import HERE, Person, new_person, new_tenant
from tests.isolation.victims import CANARIES, CANARY, PLANTED, SANDBOX_CANARY, WARES, Victim, as_sandbox_of, identifiers_of, new_victim

ANOTHER_TENANT: Final = "another tenant"
LOWER_ROLE: Final = "lower role"
OTHER_SITE: Final = "other site"
ANONYMOUS: Final = "anonymous"
REVOKED: Final = "revoked"
EXPIRED: Final = "expired"
SANDBOX: Final = "sandbox against live"
LIVE: Final = "live against sandbox"
STOLEN: Final = "stolen token"
REVOKED_PHONE: Final = "revoked phone"
KINDS: Final = (ANOTHER_TENANT, LOWER_ROLE, OTHER_SITE, ANONYMOUS, REVOKED, REVOKED_PHONE, STOLEN, EXPIRED, SANDBOX, LIVE)
# What the sandbox's samples put into it.
CATALOGUE: Final = (
    "product", "location", "partner", "catalog_version", "vocabulary_element", "vocabulary_version", "vocabulary_attribute"
)  # fmt: skip
# Whoever is a member sets his own PIN and how he is told, whatever else he may or may no longer do.
OWN_PIN: Final = frozenset({"member_pin", "audit_entry", "notification_preference", "push_subscription", "idempotent_reply"})
# What a phone still held when it was revoked is taken in, for a person to decide on; whoever enters his firm's sandbox becomes a
# member there, and opening it fills it with samples where it had none. Nothing else of a victim's changes.
LEFT_BEHIND: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys((LOWER_ROLE, OTHER_SITE, EXPIRED), OWN_PIN),
    REVOKED_PHONE: frozenset({"review_entry", "audit_entry", "device", "idempotent_reply", "used_proof"}),
    LIVE: frozenset({"audit_entry", "membership", "membership_grant", "session", "sandbox_fill", "outbox", *CATALOGUE}),
}
Sign = Callable[[str, str], dict[str, str]]


@dataclass(frozen=True)
class Hostile:
    """A caller of a kind, and the canaries that must never come back to him."""

    kind: str
    name: str
    headers: dict[str, str] = field(default_factory=dict)
    forbidden: tuple[str, ...] = CANARIES
    # What he is told of the firm that he belongs to, whatever he may do.
    told: tuple[str, ...] = ()
    # Nothing that asks for a sign-in may let him in.
    shut_out: bool = False
    # Headers that are made for each request: a phone's proof of its key.
    sign: Sign | None = None


@dataclass(frozen=True)
class Scene:
    """The victims and whoever tries."""

    victims: tuple[Victim, ...]
    callers: tuple[Hostile, ...]
    silent: Person
    # Of the victims', and of no use any more: invitations, links, codes, keys, badges.
    secrets: tuple[str, ...] = ()

    def of(self, kind: str) -> list[Hostile]:
        """The callers of a kind."""
        return [caller for caller in self.callers if caller.kind == kind]

    @property
    def identifiers(self) -> list[str]:
        """All that can be named."""
        return sorted({name for victim in self.victims for name in victim.identifiers})


async def scene_of(services: Services, superuser: asyncpg.Connection, client: httpx.AsyncClient) -> Scene:
    """A firm and its sandbox, each a victim of the other; neighbours; and those who were in the firm, or are, and may do nothing."""
    victim = await new_victim(services, superuser)
    office = Office(services, client, victim.person.headers, word=CANARY)
    await office.work()
    victim = replace(victim, identifiers=sorted({*victim.identifiers, *await identifiers_of(superuser, victim.tenant_id)}))
    company = await new_person(services, await new_tenant(services, "Company"))
    trial = await as_sandbox_of(superuser, await new_victim(services, superuser, SANDBOX_CANARY), company)
    neighbours = await new_tenant(services, "Neighbour")
    callers: list[Hostile] = [Hostile(ANONYMOUS, "nobody")]
    roles = (Role.OWNER, Role.QUALITY_MANAGER, Role.WORKER, Role.PARTNER, Role.AUDITOR)
    callers += [Hostile(ANOTHER_TENANT, role, (await new_person(services, neighbours, role)).headers) for role in roles]
    callers += await _insiders(services, superuser, victim)
    callers += await _shut_out(services, superuser, victim)
    callers += await _machines_and_phones(services, superuser, victim, office)
    callers += await _trying_out(services, superuser, victim)
    own = (trial.person.tenant.name, trial.person.tenant.slug)
    callers.append(Hostile(LIVE, "owner of the company", company.headers, told=own))
    silent = await new_person(services, await new_tenant(services, "Silent"))
    return Scene((victim, trial), tuple(callers), silent, tuple(sorted(office.secrets.values())))


async def _insiders(services: Services, superuser: asyncpg.Connection, victim: Victim) -> list[Hostile]:
    """Members of the victim's firm: one who may do nothing, and those who may act only where nothing ever was."""
    tenant = victim.person.tenant
    told = (tenant.name, tenant.slug)
    nothing = await member(services, superuser, victim, "none", permissions="[]")
    elsewhere = '["events.read","trace.read","holds.read","holds.place","shipments.command"]'
    away = await member(services, superuser, victim, "elsewhere", permissions=elsewhere, site=f"{PLANT}9")
    at_home = (CANARY, SANDBOX_CANARY, PLANTED)
    return [
        Hostile(LOWER_ROLE, "member without a permission", nothing.headers, told=told),
        Hostile(OTHER_SITE, "member of another site", away.headers, forbidden=at_home, told=told),
    ]


async def member(
    services: Services, superuser: asyncpg.Connection, victim: Victim, role: str, *, permissions: str, site: str = "", expired: bool = False
) -> Person:
    """Somebody of the victim's firm with a role of its own."""
    tenant = victim.person.tenant
    person = await new_person(services, tenant, Role.AUDITOR, name="An insider")
    await superuser.execute(
        "insert into suyuan.custom_role (tenant_id, role, name, description, permissions) values ($1, $2, $2, '', $3) on conflict do nothing",
        victim.tenant_id, role, permissions,
    )  # fmt: skip
    await superuser.execute(
        """update suyuan.membership_grant set role = $3, site = $4, expires_at = case when $5 then now() - interval '1 second' end
           where tenant_id = $1 and membership_id = $2""",
        victim.tenant_id, person.principal.membership_id, role, site, expired,
    )  # fmt: skip
    await services.identity._standings.doubt_tenant(tenant.public_id)
    return person


async def _shut_out(services: Services, superuser: asyncpg.Connection, victim: Victim) -> list[Hostile]:
    """Those who were let in once: their session, membership or token has ended, or what they were granted has."""
    tenant = victim.person.tenant
    signed_out, removed, everywhere, late = [await new_person(services, tenant, name="Gone") for _ in range(4)]
    await services.identity.sign_out(signed_out.principal)
    await superuser.execute("update suyuan.membership set active = false where membership_id = $1", removed.principal.membership_id)
    await services.identity._standings.doubt_session(removed.principal.session_id)
    await services.identity.end_all_sessions(everywhere.principal.actor_id)
    stale = services.identity.access_tokens.issue(
        subject_id=late.principal.actor_id, tenant_public_id=tenant.public_id, session_id=late.principal.session_id, epoch=0,
        issued_at=now() - timedelta(hours=1),
    )  # fmt: skip
    lapsed = await member(services, superuser, victim, Role.AUDITOR, permissions="[]", expired=True)
    return [
        Hostile(REVOKED, "session that was ended", signed_out.headers, shut_out=True),
        Hostile(REVOKED, "membership that was ended", removed.headers, shut_out=True),
        Hostile(REVOKED, "sessions that were ended everywhere", everywhere.headers, shut_out=True),
        Hostile(EXPIRED, "token that has expired", {"Authorization": f"Bearer {stale}"}, shut_out=True),
        Hostile(EXPIRED, "grant that has expired", lapsed.headers, told=(tenant.name, tenant.slug)),
    ]


async def _machines_and_phones(services: Services, superuser: asyncpg.Connection, victim: Victim, office: Office) -> list[Hostile]:
    """Keys and phones that were let in once, and a working phone's token in hands that don't have its key."""
    assert office.lost is not None
    assert office.phone is not None
    lost, phone, thief = office.lost, office.phone, Handset(office.client)
    name = "key that has expired"
    machine = await _client_of(services, victim.person, name)
    await superuser.execute(
        "update suyuan.client set expires_at = now() - interval '1 second' where tenant_id = $1 and name = $2", victim.tenant_id, name
    )
    old = phone.proof("GET", "/epcis/events", token=phone.token)

    def of(handset: Handset, token: str) -> Sign:
        return lambda method, path: {"Authorization": f"DPoP {token}", "DPoP": handset.proof(method, path, token=token)}

    words = (victim.person.tenant.name, victim.person.tenant.slug)
    dead = [name for name in office.secrets if "key" in name or "token" in name]
    return [
        *(Hostile(REVOKED, name, {"Authorization": f"Bearer {office.secrets[name]}"}, shut_out=True) for name in dead),
        Hostile(EXPIRED, name, {"Authorization": f"Bearer {machine}"}, shut_out=True),
        Hostile(REVOKED_PHONE, "revoked phone", told=words, sign=of(lost, lost.token)),
        Hostile(STOLEN, "a phone's token without a proof", {"Authorization": f"Bearer {phone.token}"}, shut_out=True),
        Hostile(STOLEN, "a phone's token with another key's proof", shut_out=True, sign=of(thief, phone.token)),
        Hostile(STOLEN, "a phone's token with an old proof", {"Authorization": f"DPoP {phone.token}", "DPoP": old}, shut_out=True),
    ]


async def _client_of(services: Services, person: Person, name: str) -> str:
    """A machine that may do all that a machine may; its key."""
    terms = terms_of(name=name, scopes=[str(scope) for scope in MACHINES], moment=now())
    made = await services.in_tenant(person.tenant.tenant_id, lambda tx: clients.create_client(tx, person.principal, terms))
    return made.text


async def _trying_out(services: Services, superuser: asyncpg.Connection, victim: Victim) -> list[Hostile]:
    """Those who are in the victim's sandbox: its owner, and the firm's own owner with what he signed in to there."""
    sandbox = await new_tenant(services, "Sandbox")
    query = "update suyuan.tenant set sandbox = true where tenant_id = $1"
    await superuser.execute(query, sandbox.tenant_id)
    first = await new_person(services, sandbox)
    await capture(services, sandbox.tenant_id, made(amounts=[quantity(lot(FLOUR, "TRIAL"), 1)]))
    await add_membership(services.identity, sandbox, login=victim.person.login, display_name="Owner", role=Role.OWNER)
    own = await services.identity.sign_in(victim.person.login, PASSWORD, tenant_slug=sandbox.slug, caller=HERE)
    key = await _client_of(services, first, "a key for trying")
    return [
        Hostile(SANDBOX, "machine of the sandbox", {"Authorization": f"Bearer {key}"}, forbidden=(CANARY, PLANTED, WARES)),
        Hostile(SANDBOX, "owner of the sandbox", first.headers, forbidden=(CANARY, PLANTED, WARES)),
        Hostile(SANDBOX, "the firm's owner in its sandbox", {"Authorization": f"Bearer {own.access_token}"}, forbidden=(CANARY, PLANTED, WARES)),
    ]
