"""Repeated requests: the answer is saved in the transaction that did the work, and given again for the same key and body."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from tenants.errors import InFlightError, KeyReusedError
from tenants.principal import Principal

RETRY_AFTER_SECONDS: Final = 1
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class SavedReply:
    """What was answered the first time."""

    status: int
    reply: str


def require_key(key: str) -> str:
    """The key as it is stored; raises `InvalidInputError` on anything but 1 to 255 printable ASCII characters."""
    if not _KEY.fullmatch(key):
        raise InvalidInputError(
            "The Idempotency-Key must have 1 to 255 printable ASCII characters without spaces; a UUID serves well.",
            field="Idempotency-Key",
        )
    return key


async def replay_or_claim(tx: TenantTransaction, principal: Principal, key: str, request_sha256: bytes) -> SavedReply | None:
    """The saved answer of this request, or None: then the key is the caller's until its transaction ends, and it saves the reply.

    Call it in the use case's transaction before anything is written. Raises `KeyReusedError` where the key stands for another
    request, and `InFlightError` where another transaction is working on it.
    """
    require_key(key)
    # A lock that is tried and never waited for: it can't take part in a deadlock, and a second phone isn't kept hanging.
    claimed = await tx.fetchval("select $1::int is not null and pg_try_advisory_xact_lock($2::bigint)", _lock_key(tx.tenant_id, principal, key))
    if not claimed:
        raise InFlightError(
            "The first request with this Idempotency-Key is still being worked on. Repeat this one in a second.",
            retry_after=RETRY_AFTER_SECONDS,
        )
    # A statement of its own, so that it sees what the former holder of the lock has committed.
    row = await tx.fetchrow(
        "select request_sha256, status, reply from idempotent_reply where tenant_id = $1 and principal = $2 and key = $3",
        principal.subject,
        key,
    )
    if row is None:
        return None
    if row["request_sha256"] != request_sha256:
        raise KeyReusedError("This Idempotency-Key was used for a different request. Use a new key for a new request.", field="Idempotency-Key")
    return SavedReply(row["status"], row["reply"])


async def save_reply(tx: TenantTransaction, principal: Principal, key: str, request_sha256: bytes, *, status: int, reply: str) -> None:
    """Keep the answer for repeats; only what `replay_or_claim` has claimed in this transaction."""
    await tx.execute(
        "insert into idempotent_reply (tenant_id, principal, key, request_sha256, status, reply) values ($1, $2, $3, $4, $5, $6)",
        principal.subject,
        key,
        request_sha256,
        status,
        reply,
    )


def _lock_key(tenant_id: int, principal: Principal, key: str) -> int:
    digest = hashlib.sha256(f"{tenant_id}\n{principal.subject}\n{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
