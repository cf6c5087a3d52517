"""Signing: first the signer is proved, outside of any transaction; then the signature is stored in the one that does the act."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from infra.clock import isoformat, now
from infra.database import TenantTransaction
from infra.errors import InvalidInputError, PermissionDeniedError
from infra.ids import uuid7
from tenants.credentials import Credentials, is_reauthenticated
from tenants.errors import SecondFactorMissingError
from tenants.principal import ActorKind, Principal
from tenants.second_factor.service import Factor, SecondFactors
from tenants.signatures import repository
from tenants.signatures.repository import StoredSignature

MAX_REASON: Final = 500
# Between the proof and the act lies no more than the gate's waiting.
GOOD_FOR: Final = timedelta(minutes=2)


class Meaning(StrEnum):
    """What a signature means (21 CFR 11.50(a)(3))."""

    AUTHORED = "authored"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    REJECTED = "rejected"
    RELEASED = "released"
    RECALLED = "recalled"
    WITNESSED = "witnessed"


@dataclass(frozen=True, slots=True)
class Signature:
    """A signer who has proved himself, with what he means; good for one act in his session, within `GOOD_FOR`."""

    signer_id: UUID
    session_id: UUID
    meaning: Meaning
    reason: str
    factors: tuple[Factor, ...]
    proved_at: datetime


class Signatures:
    """Proves signers. 21 CFR 11.200(a)(1): both components at the first signing, one of them within the following ten minutes."""

    def __init__(self, credentials: Credentials, second_factors: SecondFactors) -> None:
        self._credentials = credentials
        self._second_factors = second_factors

    async def prove(self, principal: Principal, *, meaning: Meaning, reason: str, password: str | None, code: str | None) -> Signature:
        """Check password and code, and use the code up. Call it before the transaction of the act, never in it.

        Raises `SecondFactorMissingError` for who has none, `InvalidInputError` for a component that lacks, `ProofRefusedError` where one
        is wrong (it counts like a failed sign-in, and nothing is written), `TooManyFailuresError`.
        """
        if principal.kind is not ActorKind.PERSON:
            raise PermissionDeniedError("Only a person signs, with his own password and second factor.")
        reason = reason.strip()
        if not reason or len(reason) > MAX_REASON or "\x00" in reason:
            raise InvalidInputError(f"A signature needs a reason of 1 to {MAX_REASON} characters, without NUL.", field="signature.reason")
        if not await self._second_factors.is_set_up(principal.actor_id):
            raise SecondFactorMissingError
        if not is_reauthenticated(principal, now()):
            for name, component in (("password", password), ("code", code)):
                if not component:
                    raise InvalidInputError("A first signature needs your password and a code; later ones, for ten minutes, one of the two.",
                                            field=f"signature.{name}")  # fmt: skip
        elif not password and not code:
            raise InvalidInputError("Sign with your password or with a code.", field="signature.password")
        factors = await self._credentials.prove(principal, password=password or None, code=code or None)
        if len(factors) > 1:
            await self._credentials.mark_proved(principal, factors)
        return Signature(principal.actor_id, principal.session_id, meaning, reason, factors, now())


async def sign(
    tx: TenantTransaction, principal: Principal, signature: Signature, *, subject: str, content: Mapping[str, Any], signature_id: UUID | None = None
) -> UUID:
    """Store a signature with the act, in the act's transaction; hand its id to `audit.record` as `signature_id`.

    `subject` is what the audit trail calls the thing ("hold:0190…"); `content` says all that is signed, as JSON. What is hashed holds the
    signer, the meaning, the reason, the time and the tenant too. `signature_id` is a new UUIDv7, where what is signed had to be written
    with it already.
    """
    if (signature.signer_id, signature.session_id) != (principal.actor_id, principal.session_id) or now() - signature.proved_at > GOOD_FOR:
        raise RuntimeError("a signature is good for its signer, in his session, right after he was proved")
    signature_id, signed_at = signature_id or uuid7(), now()
    text = canonical(
        {
            "tenant": str(principal.tenant_public_id), "signature": str(signature_id), "subject": subject, "content": content,
            "signer": str(principal.actor_id), "name": principal.display_name, "meaning": str(signature.meaning), "reason": signature.reason,
            "signedAt": isoformat(signed_at),
        }
    )  # fmt: skip
    stored = StoredSignature(
        signature_id, principal.actor_id, principal.display_name, str(signature.meaning), signature.reason, signed_at, subject, text,
        digest_of(text), canonical(list(principal.roles)), canonical([str(factor) for factor in signature.factors]),
    )  # fmt: skip
    await repository.insert(tx, stored, session_id=principal.session_id, device_id=principal.device_id, address=principal.address)
    return signature_id


async def page_of_signatures(tx: TenantTransaction, subject: str | None, *, cursor: UUID | None, backward: bool, limit: int) -> list[StoredSignature]:
    """Signatures, of one subject or of all, newest first, from behind the cursor, in the order of going."""
    return await repository.page(tx, subject, cursor=cursor, backward=backward, limit=limit)


def is_intact(stored: StoredSignature) -> bool:
    """Whether what was signed is what is stored: the hash is right, and what stands beside it is what it says."""
    if digest_of(stored.content) != stored.content_sha256:
        return False
    said: dict[str, Any] = msgspec.json.decode(stored.content)
    beside = {
        "signature": str(stored.signature_id), "subject": stored.subject, "signer": str(stored.signer_id), "name": stored.signer_name,
        "meaning": stored.meaning, "reason": stored.reason, "signedAt": isoformat(stored.signed_at),
    }  # fmt: skip
    return beside.items() <= said.items()


def canonical(value: Any) -> str:
    """JSON with sorted names and no spaces; of text, integers, lists and objects alone it is RFC 8785."""
    return msgspec.json.encode(value, order="sorted").decode()


def digest_of(text: str) -> bytes:
    """SHA-256 of a canonical text."""
    return hashlib.sha256(text.encode()).digest()
