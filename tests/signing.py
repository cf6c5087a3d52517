"""Second factors and signatures for tests: an authenticator app in memory, and signers who count as proved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from backend.services import Services
from infra.clock import now
from tenants.principal import Principal
from tenants.second_factor import codes
from tenants.second_factor.service import Factor
from tenants.service import Caller, Identity
from tenants.signatures.service import Meaning, Signature
from tests.conftest import PASSWORD

BOTH = (Factor.PASSWORD, Factor.ONE_TIME_CODE)


def signature_of(principal: Principal, *, meaning: Meaning = Meaning.RELEASED, reason: str = "tested good") -> Signature:
    """A signature for use cases that are called without a request: the signer counts as proved just now."""
    return Signature(principal.actor_id, principal.session_id, meaning, reason, BOTH, now())


@dataclass
class Authenticator:
    """A person's authenticator app. Three codes are good within one moment, and each once: `code` gives them in their order."""

    person_id: UUID
    secret: str = field(repr=False)
    last_step: int = 0

    def code(self) -> str:
        """The earliest code that is good now and wasn't given yet; there are three in half a minute."""
        step = max(codes.step_at(now()) - codes.TOLERANCE, self.last_step + 1)
        assert step <= codes.step_at(now()) + codes.TOLERANCE, "no more than three codes in half a minute: sign with the password alone"
        self.last_step = step
        return codes.code_at(self.secret, step)


async def set_up(identity: Identity, person_id: UUID) -> Authenticator:
    """Give a person a second factor, without his doing."""
    secret = codes.new_secret()
    await identity.second_factors.install(person_id, secret)
    return Authenticator(person_id, secret)


async def authenticator_of(services: Services, headers: Mapping[str, str]) -> Authenticator:
    """Give a second factor to whoever sends these headers."""
    principal = await services.identity.authenticate(headers["Authorization"].removeprefix("Bearer "), caller=Caller())
    return await set_up(services.identity, principal.actor_id)


def signed(authenticator: Authenticator | None = None, *, password: str | None = PASSWORD, **more: Any) -> dict[str, Any]:
    """The input `signature` of a release; without an authenticator as it is signed within the ten minutes after the first one."""
    return {"meaning": "RELEASED", "password": password, "code": authenticator.code() if authenticator else None, **more}
