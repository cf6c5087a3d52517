"""One-time codes by RFC 6238 (SHA-1, 6 digits, 30 seconds: what every authenticator app knows) and recovery codes. Decides, and stores nothing."""

import base64
import hashlib
import hmac
import re
import secrets
import unicodedata
from datetime import datetime
from typing import Final

import pyotp
import segno

STEP_SECONDS: Final = 30
# RFC 6238 §5.2: one step for clocks that differ and people who type.
TOLERANCE: Final = 1
RECOVERY_CODES: Final = 10
ISSUER: Final = "Suyuan"
MAX_CODE: Final = 64
_ONE_TIME: Final = re.compile(r"[0-9]{6}")
_RECOVERY: Final = re.compile(r"[A-Z2-7]{16}")


def new_secret() -> str:
    """160 random bits in base32, as authenticator apps take them (RFC 4226 §4)."""
    return pyotp.random_base32(32)


def otpauth_uri(secret: str, account: str) -> str:
    """The address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def qr_code(uri: str) -> str:
    """A QR code as an SVG data URI."""
    return segno.make(uri, error="m", micro=False).svg_data_uri(scale=4, border=4)


def step_at(moment: datetime) -> int:
    """The time step of a moment."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_at(secret: str, step: int) -> str:
    """The code of a time step."""
    return pyotp.TOTP(secret).generate_otp(step)


def matching_step(secret: str, code: str, moment: datetime, last_step: int | None) -> int | None:
    """The time step of which `code` is the code, if it is near enough and later than the last one that was taken."""
    if not is_one_time(code):
        return None
    now = step_at(moment)
    matching = [step for step in range(now - TOLERANCE, now + TOLERANCE + 1) if hmac.compare_digest(code_at(secret, step), code)]
    fresh = [step for step in matching if last_step is None or step > last_step]
    return fresh[0] if fresh else None


def cleaned(code: str) -> str:
    """A code as it is compared: without the spaces and hyphens that help to read it, in capitals."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", code[:MAX_CODE])).upper()


def is_one_time(code: str) -> bool:
    """Whether a cleaned code has the form of a one-time code."""
    return _ONE_TIME.fullmatch(code) is not None


def is_recovery(code: str) -> bool:
    """Whether a cleaned code has the form of a recovery code."""
    return _RECOVERY.fullmatch(code) is not None


def new_recovery_codes() -> list[str]:
    """Ten codes of 80 random bits, written in groups of four."""
    texts = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_CODES)]
    return ["-".join(text[place : place + 4] for place in range(0, 16, 4)) for text in texts]


def recovery_sha256(code: str) -> bytes:
    """What is stored of a recovery code."""
    return hashlib.sha256(cleaned(code).encode()).digest()
