"""Statements on electronic signatures; they are added and read, never changed."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from infra.database import TenantTransaction

_COLUMNS = "signature_id, signer_id, signer_name, meaning, reason, signed_at, subject, content, content_sha256, roles, factors"


@dataclass(frozen=True, slots=True)
class StoredSignature:
    """A signature as it is stored; `roles` and `factors` are JSON lists."""

    signature_id: UUID
    signer_id: UUID
    signer_name: str
    meaning: str
    reason: str
    signed_at: datetime
    subject: str
    content: str = field(repr=False)
    content_sha256: bytes
    roles: str
    factors: str


async def insert(tx: TenantTransaction, stored: StoredSignature, *, session_id: UUID, device_id: UUID | None, address: str) -> None:
    """Add a signature, in the transaction of the act that it signs."""
    await tx.execute(
        """insert into electronic_signature (
             tenant_id, signature_id, signer_id, signer_name, meaning, reason, signed_at, subject, content, content_sha256, roles, factors,
             session_id, device_id, address)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)""",
        stored.signature_id,
        stored.signer_id,
        stored.signer_name,
        stored.meaning,
        stored.reason,
        stored.signed_at,
        stored.subject,
        stored.content,
        stored.content_sha256,
        stored.roles,
        stored.factors,
        session_id,
        device_id,
        address,
    )


async def page(tx: TenantTransaction, subject: str | None, *, cursor: UUID | None, backward: bool, limit: int) -> list[StoredSignature]:
    """Signatures, of one subject or of all, newest first, from behind the cursor (a signature's id), in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    rows = await tx.fetch(
        f"""select {_COLUMNS} from electronic_signature
            where tenant_id = $1 and ($2::text is null or subject = $2) and ($3::uuid is null or signature_id {behind} $3)
            order by signature_id {order} limit $4""",
        subject,
        cursor,
        limit,
    )
    return [StoredSignature(*row) for row in rows]
