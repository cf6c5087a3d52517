"""What Standard Webhooks fixes about secrets and signatures, and what Retry-After asks for. No input or output."""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

PREFIX: Final = "whsec_"
_LONGEST: Final = 10**8


def key_of(secret: str) -> bytes:
    """The bytes that sign: Base64 behind `whsec_`. Raises ValueError for what is no secret."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"a webhook's secret begins with {PREFIX}")
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as problem:
        raise ValueError("not a webhook's secret") from problem


def signature(secret: str, message: str, moment: int, body: bytes) -> str:
    """`v1,` and HMAC-SHA-256 in Base64 over id, Unix time and body, joined by points."""
    signed = f"{message}.{moment}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256)).decode()


def asked_to_wait(retry_after: str | None, at: datetime) -> timedelta | None:
    """How long the other side wants to be left alone: seconds, or until a date (RFC 9110 §10.2.3). None where it doesn't say."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), _LONGEST))
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)) - at
