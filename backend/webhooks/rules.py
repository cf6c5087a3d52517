"""What Standard Webhooks fixes and what follows from an answer: secrets, signatures, when to try again. No input or output."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from infra.webhook_signing import PREFIX, asked_to_wait, signature

_SECRET_BYTES: Final = 32
OVERLAP: Final = timedelta(hours=24)
# The specification's advice: after the first attempt, the second …; three days and some hours in all.
DELAYS: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400))
LONGEST_WAIT: Final = timedelta(hours=24)
GONE: Final = 410
MOST_BYTES: Final = 20_000
ANSWER_BYTES: Final = 500


def new_secret() -> str:
    """`whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def webhook_id(message_id: UUID) -> str:
    """The same at each attempt and replay: by it a receiver knows what he has had."""
    return f"msg_{message_id}"


def headers(secrets_in_force: Sequence[str], message_id: UUID, at: datetime, body: bytes) -> dict[str, str]:
    """The header fields of an attempt, signed with each secret in force, the current one first."""
    message, moment = webhook_id(message_id), int(at.timestamp())
    signatures = " ".join(signature(secret, message, moment, body) for secret in secrets_in_force)
    return {
        "Content-Type": "application/json", "User-Agent": "Suyuan",
        "webhook-id": message, "webhook-timestamp": str(moment), "webhook-signature": signatures,
    }  # fmt: skip


def next_try(tries: int, at: datetime, *, chance: float, retry_after: str | None = None) -> datetime | None:
    """When to try again after so many attempts of a round, the last of which ended `at`; None after the last.

    `chance` from 0 to 1 spreads those that failed together, by a tenth. What the receiver asks for in Retry-After (seconds, or a date; RFC
    9110 §10.2.3) is waited for, a day at most.
    """
    if tries > len(DELAYS):
        return None
    wait = DELAYS[tries - 1] * (1 + chance / 10)
    return at + max(wait, min(asked_to_wait(retry_after, at) or timedelta(), LONGEST_WAIT))


def first_bytes(answer: bytes) -> str:
    """The beginning of an answer as text that can be stored and shown."""
    return answer[:ANSWER_BYTES].decode("utf-8", "replace").replace("\x00", "\ufffd")
