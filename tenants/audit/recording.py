"""Writing the audit trail: one entry for each act, in the transaction that does it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from tenants.principal import Principal

SERVICE_ACTOR: Final = "suyuan"
SERVICE_KIND: Final = "service"
MAX_REASON: Final = 2_000


async def record(
    tx: TenantTransaction,
    principal: Principal | None,
    action: str,
    subject: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
    signature_id: UUID | None = None,
) -> None:
    """Write one entry in the transaction that does the deed; without a principal the service itself acted.

    `action` is past tense under its noun ("hold.placed") and stands in `tenants/audit/actions.py`, `subject` is the thing's kind and
    public id ("hold:0190…"), `signature_id` the electronic signature under the act (21 CFR 11.70). Never put a password, a token or a
    key into `before` or `after`. Raises `InvalidInputError` for a reason that can't be kept.
    """
    if reason is not None and (len(reason) > MAX_REASON or "\x00" in reason):
        raise InvalidInputError(f"The reason must be text of at most {MAX_REASON} characters, without NUL.", field="reason")
    await tx.execute(
        """insert into audit_entry (
             tenant_id, entry_id, actor_kind, actor_id, actor, device_id, action, subject, before, after, reason, request_id, address,
             signature_id)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)""",
        uuid7(),
        str(principal.kind) if principal else SERVICE_KIND,
        principal.actor_id if principal else None,
        principal.display_name if principal else SERVICE_ACTOR,
        principal.device_id if principal else None,
        action,
        subject,
        _json(before),
        _json(after),
        reason,
        principal.request_id if principal else "",
        principal.address if principal else "",
        signature_id,
    )


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else msgspec.json.encode(value, order="sorted").decode()
