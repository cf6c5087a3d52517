"""Phones with keys of their own: they make proofs of possession (RFC 9449), are enrolled and call the service with them."""

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key

from backend.services import Services
from tenants.devices import administration
from tenants.devices.administration import Enrolment
from tenants.permissions import Permission, Role
from tenants.principal import Principal
from tenants.registration import create_person_with_membership
from tests.conftest import PASSWORD
from tests.factories import PLANT
from tests.firms import Firm

ORIGIN = "http://suyuan.test"


def jwk_of(key: EllipticCurvePrivateKey) -> dict[str, Any]:
    """The public key as a JWK."""
    numbers = key.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": _base64(numbers.x.to_bytes(32, "big")), "y": _base64(numbers.y.to_bytes(32, "big"))}


def token_hash(token: str) -> str:
    """The claim ath."""
    return _base64(hashlib.sha256(token.encode()).digest())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


@dataclass
class Handset:
    """A phone: its key, and what the service has told it."""

    client: httpx.AsyncClient
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    tenant: str = ""
    device: str = ""
    token: str = ""
    session: str | None = None
    nonce: str | None = None

    def proof(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        header: dict[str, Any] | None = None,
        key: EllipticCurvePrivateKey | None = None,
        **changes: Any,
    ) -> str:
        """A proof for a request; `changes` replace claims, and take away those that are None."""
        claims: dict[str, Any] = {"jti": str(uuid4()), "htm": method, "htu": f"{ORIGIN}{path.partition('?')[0]}", "iat": int(time.time())}
        claims |= {"ath": token_hash(token)} if token else {}
        claims |= {"nonce": self.nonce} if self.nonce else {}
        claims = {name: value for name, value in (claims | changes).items() if value is not None}
        stated = {"typ": "dpop+jwt", "jwk": jwk_of(self.key)} | (header or {})
        return jwt.encode(claims, key or self.key, algorithm="ES256", headers=stated)

    async def ask(self, method: str, path: str, body: Any = None, *, proof: str | None = None, **headers: str) -> httpx.Response:
        """A request with the phone's token and a proof for it."""
        given = {"Authorization": f"DPoP {self.token}", "DPoP": proof or self.proof(method, path, token=self.token)} | headers
        content = None if body is None else json.dumps(body)
        return await self.client.request(method, path, content=content, headers={"Content-Type": "application/json"} | given)

    async def enrol(self, code: str, *, proof: str | None = None) -> httpx.Response:
        """Show a code, and remember what is answered."""
        path = "/mobile/v1/devices"
        answer = await self.client.post(path, json={"code": code}, headers={"DPoP": proof or self.proof("POST", path)})
        self._remember(answer)
        return answer

    async def renew(self, *, session: str | None = None, proof: str | None = None) -> httpx.Response:
        """A new token."""
        path = "/mobile/v1/devices/token"
        body = {"tenant": self.tenant, "device": self.device} | ({"session": session} if session else {})
        answer = await self.client.post(path, json=body, headers={"DPoP": proof or self.proof("POST", path)})
        self._remember(answer)
        return answer

    async def switch(self, **body: Any) -> httpx.Response:
        """Hand the phone on; asked for a nonce, as when Redis is slow, it asks again with it, as phones do (RFC 9449 §8)."""
        answer = await self.ask("POST", "/mobile/v1/devices/switch", body)
        if answer.status_code == 401 and "dpop-nonce" in answer.headers and answer.json()["code"] == "USE_DPOP_NONCE":
            self.nonce = answer.headers["dpop-nonce"]
            answer = await self.ask("POST", "/mobile/v1/devices/switch", body)
        self._remember(answer)
        return answer

    async def sync(self, *entries: Any) -> httpx.Response:
        """Send a batch."""
        return await self.ask("POST", "/mobile/v1/sync", {"entries": entries})

    def _remember(self, answer: httpx.Response) -> None:
        if answer.is_success:
            told = answer.json()
            self.tenant, self.device, self.token = told["device"]["tenant"], told["device"]["device"], told["accessToken"]
            self.session = told["actor"]["session"]


async def put_place(services: Services, firm: Firm, place: str = PLANT, parent: str | None = None) -> None:
    """A location of the firm's own."""
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute(
            """insert into location (tenant_id, place, parent_place, names, kind, own, time_zone)
               values ($1, $2, $3, '{"en": "Place"}', 'site', true, 'Asia/Shanghai')
               on conflict (tenant_id, place) do update set parent_place = $3""",
            place,
            parent,
        )


async def offer(services: Services, firm: Firm, site: str = PLANT, name: str = "Phone 1") -> Enrolment:
    """A code for a phone at a site."""
    await put_place(services, firm, site)
    return await services.in_tenant(
        firm.tenant_id, lambda tx: administration.create_enrolment(tx, firm.principal, name=name, site=site, covers=lambda _: True)
    )


async def enrolled(services: Services, client: httpx.AsyncClient, firm: Firm, site: str = PLANT) -> Handset:
    """A phone that is enrolled at a site."""
    handset = Handset(client)
    answer = await handset.enrol((await offer(services, firm, site)).code)
    assert answer.status_code == 201, answer.text
    return handset


async def revoke(services: Services, firm: Firm, handset: Handset) -> None:
    """Revoke a phone."""
    await services.in_tenant(
        firm.tenant_id,
        lambda tx: administration.revoke(tx, services.identity.devices, firm.principal, UUID(handset.device), reason="lost", covers=lambda _: True),
    )


@dataclass(frozen=True)
class Colleague:
    """A member, as an administrator sees him."""

    membership_id: UUID
    person_id: UUID
    login: str

    def principal(self, firm: Firm) -> Principal:
        """He himself, signed in to the portal."""
        return Principal(
            tenant_id=firm.tenant_id, tenant_public_id=firm.tenant.public_id, tenant_slug=firm.slug, actor_id=self.person_id,
            display_name="Han Meimei", roles=(), permissions=frozenset({Permission.MOBILE_SYNC}), session_id=uuid4(),
            membership_id=self.membership_id,
        )  # fmt: skip


async def colleague(services: Services, firm: Firm, role: Role = Role.WORKER, name: str = "Han Meimei") -> Colleague:
    """A new member of a role."""
    login = f"{uuid4().hex[:12]}@example.com"
    made = await create_person_with_membership(services.identity, firm.tenant, login=login, password=PASSWORD, display_name=name, role=role)
    return Colleague(made.membership_id, made.person_id, login)


async def with_pin(services: Services, firm: Firm, member: Colleague, pin: str) -> None:
    """Let a member choose his PIN."""
    pin_hash = await services.identity.passwords.hash(pin)
    await services.in_tenant(firm.tenant_id, lambda tx: administration.set_own_pin(tx, member.principal(firm), pin_hash))


async def with_start_pin(services: Services, firm: Firm, member: Colleague, pin: str) -> None:
    """Give a member a start PIN."""
    pin_hash = await services.identity.passwords.hash(pin)
    await services.in_tenant(
        firm.tenant_id, lambda tx: administration.put_start_pin(tx, services.identity.devices, firm.principal, member.membership_id, pin_hash)
    )


async def with_badge(services: Services, firm: Firm, member: Colleague) -> str:
    """A member's badge."""
    return await services.in_tenant(
        firm.tenant_id, lambda tx: administration.issue_badge(tx, services.identity.devices, firm.principal, member.membership_id)
    )


async def rows(services: Services, firm: Firm, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """What stands in the firm's tables."""
    async with services.database.tenant(firm.tenant_id) as tx:
        return [tuple(row) for row in await tx.fetch(statement, *values)]
