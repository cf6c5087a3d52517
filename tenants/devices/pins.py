"""PINs, badges and codes: what a PIN may be, and how the texts that stand for a member or a new phone are made and read."""

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Self
from uuid import UUID

from tenants.devices.errors import PinRefusedError

SHORTEST: Final = 6
LONGEST: Final = 12
START_PIN_DIGITS: Final = 8
ENROLMENT_PREFIX: Final = "sye_"
BADGE_PREFIX: Final = "syb_"
_SECRET_BYTES: Final = 20
_TENANT_BYTES: Final = 16
LONGEST_CODE: Final = 80
# What people choose first, of what no rule below finds.
_COMMON: Final = frozenset(
    {
        "102030", "112211", "112233", "112358", "123321", "123654", "131452", "142536", "147258", "147852", "159357", "159753", "168168",
        "246810", "258369", "314159", "332211", "520131", "5201314", "1314520", "7758521", "741852", "789456", "987654", "121314", "111222",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """A code that enrols one phone: the tenant's public id and 160 random bits. Stored is `sha256`."""

    tenant_public_id: UUID
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls, tenant_public_id: UUID) -> Self:
        """A fresh one."""
        return cls(tenant_public_id, secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The code in a text, or None for what was never one of ours."""
        if len(text) > LONGEST_CODE or not text.isascii() or not text.startswith(ENROLMENT_PREFIX):
            return None
        body = text.removeprefix(ENROLMENT_PREFIX)
        try:
            value = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(value) != _TENANT_BYTES + _SECRET_BYTES:
            return None
        return cls(UUID(bytes=value[:_TENANT_BYTES]), value[_TENANT_BYTES:])

    @property
    def text(self) -> str:
        """As it is shown, once."""
        return ENROLMENT_PREFIX + base64.urlsafe_b64encode(self.tenant_public_id.bytes + self.secret).decode().rstrip("=")

    @property
    def sha256(self) -> bytes:
        """As it is stored."""
        return hashlib.sha256(self.secret).digest()


def new_badge() -> str:
    """The text of a badge, for a QR code or an NFC tag: 160 random bits."""
    return BADGE_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)


def badge_sha256(text: str) -> bytes:
    """As a badge is stored and looked up; it is random, so a plain hash keeps it."""
    return hashlib.sha256(text.strip().encode("utf-8", "surrogatepass")).digest()


def new_start_pin() -> str:
    """A PIN for a member's first change of the user."""
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(START_PIN_DIGITS))
        if not is_weak(pin):
            return pin


def require_acceptable_pin(pin: str, *, field: str = "pin") -> None:
    """Raise `PinRefusedError` unless a new PIN is 6 to 12 digits and none of those that are tried first."""
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST):
        raise PinRefusedError(f"A PIN has {SHORTEST} to {LONGEST} digits, and nothing else.", field=field)
    if is_weak(pin):
        raise PinRefusedError("This PIN is among the first that are tried. Choose digits without a pattern.", field=field)


def is_weak(pin: str) -> bool:
    """One or two digits only, a run up or down, a short piece again and again, the same in both directions, or a common one."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    period = (pin + pin).find(pin, 1)
    repeated = period <= 4 and period < len(pin)
    return len(set(pin)) <= 2 or len(steps) == 1 or repeated or pin == pin[::-1] or any(part in pin for part in _COMMON)
