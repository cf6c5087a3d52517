"""Access tokens: short-lived JWTs (RFC 9068) signed with Ed25519, verified with keys that are known here and nowhere else."""

import base64
import binascii
import hashlib
import hmac
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.clock import now
from infra.ids import uuid7
from infra.settings import DEMO_SECRET_PREFIX, Settings
from tenants.errors import TokenExpiredError, TokenInvalidError
from tenants.principal import ActorKind

ALGORITHM: Final = "EdDSA"
AUDIENCE: Final = "suyuan-api"
TOKEN_TYPE: Final = "at+jwt"  # noqa: S105 - the media type of RFC 9068
LEEWAY: Final = timedelta(seconds=5)
MAX_LENGTH: Final = 2_048
# So many verified tokens a process remembers, the newest ones.
VERIFIED: Final = 10_000
REQUIRED: Final = ("exp", "iat", "sub", "aud", "iss", "jti", "tid", "sid", "epoch", "kind")


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a verified access token says; whether its session still stands is another question."""

    token_id: UUID
    # The person, device or client, as `kind` says.
    subject_id: UUID
    tenant_public_id: UUID
    session_id: UUID
    epoch: int
    kind: ActorKind = ActorKind.PERSON
    # RFC 9449 §6: the thumbprint of the key that must be proved with every use of the token.
    thumbprint: str | None = None
    # RFC 9068 §2.2.3, of a client's tokens alone: what of its scopes this one is good for.
    scope: str = ""


class AccessTokens:
    """Issues and verifies access tokens with the service's key; retired keys verify only."""

    def __init__(self, settings: Settings) -> None:
        secret = signing_secret(settings.token_signing_key.get_secret_value())
        self._signing_key = Ed25519PrivateKey.from_private_bytes(secret)
        self.key_id = _key_id(self._signing_key.public_key())
        retired = [Ed25519PublicKey.from_public_bytes(_decode_32_bytes(key)) for key in settings.token_retired_keys]
        self._keys = {_key_id(key): key for key in (*retired, self._signing_key.public_key())}
        self._issuer = settings.token_issuer
        # By the token's SHA-256: what it says, and when its time is over. Nothing gets in that wasn't verified.
        self._verified: OrderedDict[bytes, tuple[AccessClaims, float]] = OrderedDict()
        self.lifetime = timedelta(seconds=settings.access_token_seconds)

    def issue(
        self,
        *,
        subject_id: UUID,
        tenant_public_id: UUID,
        session_id: UUID,
        epoch: int,
        kind: ActorKind = ActorKind.PERSON,
        thumbprint: str | None = None,
        scope: str | None = None,
        issued_at: datetime | None = None,
    ) -> str:
        """A token for one session, device or key, good for `lifetime` from `issued_at` (now); with `thumbprint`, bound to that key."""
        begin = issued_at or now()
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(subject_id),
            "tid": str(tenant_public_id),
            "sid": str(session_id),
            "epoch": epoch,
            "kind": str(kind),
            "jti": str(uuid7()),
            "iat": begin,
            "exp": begin + self.lifetime,
        }
        if thumbprint is not None:
            claims["cnf"] = {"jkt": thumbprint}
        if scope is not None:
            claims["scope"] = scope
        return jwt.encode(claims, self._signing_key, algorithm=ALGORITHM, headers={"kid": self.key_id, "typ": TOKEN_TYPE})

    def verify(self, token: str) -> AccessClaims:
        """The claims of a token of ours; `TokenExpiredError` if its time is over, `TokenInvalidError` for anything else.

        Of a token that was verified before only the time is looked at again: the rest of it can't have changed.
        """
        if len(token) > MAX_LENGTH:
            raise TokenInvalidError
        digest = hashlib.sha256(token.encode(errors="replace")).digest()
        claims, expires_at = self._verified.get(digest) or self._verify(token)
        if expires_at <= now().timestamp() - LEEWAY.total_seconds():
            self._verified.pop(digest, None)
            raise TokenExpiredError
        if digest not in self._verified:
            self._verified[digest] = claims, expires_at
            if len(self._verified) > VERIFIED:
                self._verified.popitem(last=False)
        return claims

    def _verify(self, token: str) -> tuple[AccessClaims, float]:
        """The claims, and when the token's time is over, in seconds since 1970."""
        try:
            claims = self._decode(token)
            epoch = claims["epoch"]
            if type(epoch) is not int:
                raise TokenInvalidError
            kind, thumbprint = ActorKind(claims["kind"]), claims["cnf"]["jkt"] if "cnf" in claims else None
            identifiers = (UUID(claims["jti"]), UUID(claims["sub"]), UUID(claims["tid"]), UUID(claims["sid"]))
            return AccessClaims(*identifiers, epoch, kind, thumbprint, str(claims.get("scope", ""))), float(claims["exp"])
        except jwt.ExpiredSignatureError as problem:
            raise TokenExpiredError from problem
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, KeyError) as problem:
            raise TokenInvalidError from problem

    def _decode(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        # Nothing else is ever read from a header: no jku, jwk or x5c can bring a key along.
        if set(header) != {"alg", "kid", "typ"} or header["typ"] != TOKEN_TYPE:
            raise TokenInvalidError
        key = self._keys.get(header["kid"])
        if key is None:
            raise TokenInvalidError
        return jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=self._issuer,
            leeway=LEEWAY,
            options={"require": list(REQUIRED), "strict_aud": True},
        )


def signing_secret(setting: str) -> bytes:
    """The 32 bytes that a key setting stands for; a demo's key is derived from its words. Raises ValueError on any other form."""
    if setting.startswith(DEMO_SECRET_PREFIX):
        return hashlib.sha256(setting.removeprefix(DEMO_SECRET_PREFIX).encode()).digest()
    return _decode_32_bytes(setting)


def refresh_key(settings: Settings) -> bytes:
    """The key from which a refresh token's successor is derived: bound to the signing key, of no use for anything else."""
    secret = signing_secret(settings.token_signing_key.get_secret_value())
    return hmac.digest(secret, b"suyuan refresh tokens", "sha256")


def _decode_32_bytes(encoded: str) -> bytes:
    problem = "a token key is 32 bytes in base64url without padding (43 characters); make one with `openssl rand`"
    try:
        value = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(problem) from None
    if len(value) != 32:
        raise ValueError(problem)
    return value


def _key_id(key: Ed25519PublicKey) -> str:
    digest = hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).digest()
    return base64.urlsafe_b64encode(digest[:12]).decode()
