"""The history of alerts: who did what, when and why. Nothing in it is ever changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.alerts import repository
from backend.alerts.rules import Act
from infra.database import TenantTransaction
from tenants.principal import Principal

_SERVICE: Final = ("service", None, "suyuan")


async def note(
    tx: TenantTransaction,
    alert_ids: Sequence[UUID],
    act: Act,
    *,
    at: datetime,
    principal: Principal | None = None,
    comment: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write an entry for each of these alerts, in the transaction that does the deed; without a principal the service itself acted."""
    if alert_ids:
        actor = (str(principal.kind), principal.membership_id or principal.actor_id, principal.display_name) if principal else _SERVICE
        told = None if detail is None else msgspec.json.encode(detail, order="sorted").decode()
        await repository.add_history(tx, alert_ids, at=at, act=act, actor=actor, comment=comment, detail=told)
