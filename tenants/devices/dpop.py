"""Proof of possession by DPoP (RFC 9449), decided without I/O: strict in what a proof looks like, and for which request it counts.

A proof that this module accepts has still to be used for the first time (`tenants/devices/memory.py`) and to be of the right key.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Annotated, Any, Final
from urllib.parse import quote, urlsplit

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey, EllipticCurvePublicNumbers

from tenants.devices.errors import NonceRequiredError, ProofInvalidError

TYPE: Final = "dpop+jwt"
ALGORITHM: Final = "ES256"
MAX_LENGTH: Final = 4_096
# How far a phone's clock may be off before it is asked to use the server's nonce instead.
CLOCK_TOLERANCE: Final = timedelta(seconds=60)
# A nonce counts in the window in which it was made and in the next.
NONCE_WINDOW: Final = timedelta(seconds=60)
# No proof is accepted for longer than this after it was accepted first, be it by its clock or by its nonce.
LONGEST_USE: Final = 2 * max(CLOCK_TOLERANCE, NONCE_WINDOW) + timedelta(seconds=30)

LATEST_TIME: Final = 2**53

_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+")
_JTI: Final = re.compile(r"[\x21-\x7e]{16,128}")
_JWK_MEMBERS: Final = frozenset({"kty", "crv", "x", "y"})
# What browsers add when they export a public key; it changes nothing.
_JWK_HARMLESS: Final = frozenset({"ext", "key_ops", "use", "alg", "kid"})
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_JWS: Final = jwt.PyJWS(algorithms=[ALGORITHM])


class Freshness(Enum):
    """By what a proof is known to be new, and with it where its first use is kept: no proof has two such places."""

    CLOCK = "clock"
    NONCE = "nonce"
    # A nonce given while Redis was away: such a proof is kept in PostgreSQL and asked for there alone.
    OUTAGE_NONCE = "outage"


class _Claims(msgspec.Struct):
    jti: str
    htm: str
    htu: str
    iat: Annotated[float, msgspec.Meta(ge=0, le=LATEST_TIME)]
    ath: str | None = None
    nonce: str | None = None


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A P-256 public key: as JSON with its required members in order (RFC 7638 §3), and that text's SHA-256 in base64url."""

    jwk: str
    thumbprint: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that is well made, signed with `key`, and for the request at hand."""

    key: PublicKey
    token_id: str
    freshness: Freshness

    @property
    def sha256(self) -> bytes:
        """What is kept of it, so that it isn't used again."""
        return hashlib.sha256(f"{self.key.thumbprint}\n{self.token_id}".encode()).digest()


class Nonces:
    """Nonces that need no memory: the number of a window of time with its HMAC, in two families of which one is for outages."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, moment: datetime, *, outage: bool = False) -> str:
        """The nonce of this moment's window."""
        return self._of(_window(moment), outage=outage)

    def freshness_of(self, nonce: str, moment: datetime) -> Freshness | None:
        """The family of a nonce of this window or the last; None for any other text."""
        given, current = nonce.encode(), _window(moment)
        for outage, freshness in ((False, Freshness.NONCE), (True, Freshness.OUTAGE_NONCE)):
            for window in (current, current - 1):
                if hmac.compare_digest(given, self._of(window, outage=outage).encode()):
                    return freshness
        return None

    def _of(self, window: int, *, outage: bool) -> str:
        number = window.to_bytes(6, "big")
        return _encode(number + hmac.digest(self._key, (b"outage" if outage else b"normal") + number, "sha256")[:16])


def read_proof(text: str, *, method: str, url: str, moment: datetime, nonces: Nonces, access_token: str | None) -> Proof:
    """The proof in a DPoP header, checked against the request (RFC 9449 §4.3, except that it is used once).

    `url` is the request's, as `request_url` gives it. With `access_token` the proof has to name it (`ath`), without it must not.
    Raises `ProofInvalidError` naming the fault, and `NonceRequiredError` where nothing but the time is wrong.
    """
    key, public_key = _key_of(_header_of(text))
    claims = _claims_of(text, public_key)
    if not _JTI.fullmatch(claims.jti):
        raise ProofInvalidError("jti is 16 to 128 printable characters, and a new one in each proof; a UUID serves well")
    if claims.htm != method:
        raise ProofInvalidError(f"htm is the method of the request, here {method}")
    if normalised_url(claims.htu) != url:
        raise ProofInvalidError(f"htu is the address of the request without query and fragment, here {url}")
    _require_token(claims.ath, access_token)
    return Proof(key, claims.jti, _freshness(claims, moment, nonces))


def request_url(public_url: str, path: str) -> str:
    """The address that a proof has to name: where the service is reached by everybody, whatever proxies made of it on the way, and the path.

    Nothing of it comes from a header, which anyone may write.
    """
    url = normalised_url(public_url.rstrip("/") + path)
    if url is None:
        raise ValueError(f"{public_url} is no http or https address")
    return url


def normalised_url(url: str) -> str | None:
    """An http(s) URL without query and fragment, normalised by syntax and scheme (RFC 3986 §6.2.2 and §6.2.3); None for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc or not url.isascii() or "\\" in url:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port_text = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{port_text}{_ESCAPE.sub(_unescape, parts.path) or '/'}"


def escaped_path(path: str) -> str:
    """A path whose escapes the server has undone, written as a URL again."""
    return quote(path, safe="/:@!$&'()*+,;=-._~")


def public_key_of(jwk: Any) -> tuple[PublicKey, EllipticCurvePublicKey]:
    """A public P-256 key from its JWK (RFC 7518 §6.2.1). Raises `ProofInvalidError`."""
    if not isinstance(jwk, dict) or not jwk.keys() >= _JWK_MEMBERS or not jwk.keys() <= _JWK_MEMBERS | _JWK_HARMLESS:
        raise ProofInvalidError("jwk is a public key with kty, crv, x and y; nothing of the private key may be in it")
    if jwk["kty"] != "EC" or jwk["crv"] != "P-256":
        raise ProofInvalidError("jwk is a key of kty EC and crv P-256")
    x, y = _coordinate(jwk["x"]), _coordinate(jwk["y"])
    try:
        key = EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), SECP256R1()).public_key()
    except ValueError as problem:
        raise ProofInvalidError("x and y of jwk are no point of P-256") from problem
    canonical = f'{{"crv":"P-256","kty":"EC","x":"{_encode(x)}","y":"{_encode(y)}"}}'
    return PublicKey(canonical, _encode(hashlib.sha256(canonical.encode()).digest())), key


def token_hash(access_token: str) -> str:
    """The claim `ath` (RFC 9449 §4.2)."""
    return _encode(hashlib.sha256(access_token.encode()).digest())


def _header_of(text: str) -> dict[str, Any]:
    parts = text.split(".")
    if len(text) > MAX_LENGTH or len(parts) != 3 or not all(_BASE64URL.fullmatch(part) for part in parts):
        raise ProofInvalidError(f"it is one JWT of at most {MAX_LENGTH} characters")
    try:
        header = msgspec.json.decode(_decode(parts[0]))
    except (msgspec.MsgspecError, ValueError, RecursionError) as problem:
        raise ProofInvalidError("its header is no JSON") from problem
    # No kid, jku, x5c or crit: no key comes from elsewhere, and nothing has to be understood that isn't.
    if not isinstance(header, dict) or header.keys() != {"typ", "alg", "jwk"}:
        raise ProofInvalidError("its header has typ, alg and jwk, and nothing else")
    if header["typ"] != TYPE:
        raise ProofInvalidError(f"typ is {TYPE}")
    if header["alg"] != ALGORITHM:
        raise ProofInvalidError(f"alg is {ALGORITHM}")
    return header


def _key_of(header: dict[str, Any]) -> tuple[PublicKey, EllipticCurvePublicKey]:
    return public_key_of(header["jwk"])


def _claims_of(text: str, key: EllipticCurvePublicKey) -> _Claims:
    try:
        payload = _JWS.decode(text, key, algorithms=[ALGORITHM])
    except jwt.PyJWTError as problem:
        raise ProofInvalidError("it isn't signed with the key in its header") from problem
    try:
        return msgspec.json.decode(payload, type=_Claims)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise ProofInvalidError(
            "its claims are jti, htm and htu as text, iat as a number, and ath and nonce as text where they are needed"
        ) from problem


def _require_token(named: str | None, access_token: str | None) -> None:
    if access_token is None:
        if named is not None:
            raise ProofInvalidError("ath is only for a request with an access token")
    elif named is None or not hmac.compare_digest(named.encode(), token_hash(access_token).encode()):
        raise ProofInvalidError("ath is the SHA-256 of the access token, in base64url without padding")


def _freshness(claims: _Claims, moment: datetime, nonces: Nonces) -> Freshness:
    """A nonce of ours shows when a proof was made better than any clock of a phone's (RFC 9449 §11.1), so then `iat` decides nothing."""
    if claims.nonce is not None:
        found = nonces.freshness_of(claims.nonce, moment)
        if found is None:
            raise NonceRequiredError(nonces.issue(moment))
        return found
    if abs(claims.iat - moment.timestamp()) > CLOCK_TOLERANCE.total_seconds():
        raise NonceRequiredError(nonces.issue(moment))
    return Freshness.CLOCK


def _window(moment: datetime) -> int:
    return int(moment.timestamp() // NONCE_WINDOW.total_seconds())


def _coordinate(text: Any) -> bytes:
    value = _decode(text) if isinstance(text, str) and _BASE64URL.fullmatch(text) else b""
    if len(value) != 32 or _encode(value) != text:
        raise ProofInvalidError("x and y of jwk are 32 bytes each, in base64url without padding")
    return value


def _unescape(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else f"%{escape[1].upper()}"


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
