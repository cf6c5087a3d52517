"""The timeline of a case: every act is added, and none can be changed. Whatever others do for a recall stands in it too."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.recalls import repository
from backend.recalls.kinds import ActKind
from backend.recalls.stored import RecallAct
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from tenants.audit import SERVICE_ACTOR
from tenants.principal import Principal

MOST_ACTS: Final = 1_000


async def record_act(
    tx: TenantTransaction,
    case_id: UUID,
    *,
    kind: ActKind,
    actor: Principal | str | None,
    detail: Mapping[str, Any],
    reason: str = "",
    signature_id: UUID | None = None,
    at: datetime | None = None,
) -> UUID:
    """Write what was done; a text names a guest, and without an actor the service itself acted. `detail` is JSON, with public ids only."""
    act_id = uuid7()
    await repository.insert_act(
        tx, case_id, act_id, at=at or clock.now(), kind=int(kind), actor_id=actor.actor_id if isinstance(actor, Principal) else None,
        actor=actor.display_name if isinstance(actor, Principal) else actor or SERVICE_ACTOR, reason=reason,
        detail=msgspec.json.encode(dict(detail), order="sorted").decode(), signature_id=signature_id,
    )  # fmt: skip
    return act_id


async def timeline(
    tx: TenantTransaction, case_id: UUID, *, kinds: Collection[ActKind] | None = None, cursor: UUID | None = None, backward: bool = True,
    limit: int = MOST_ACTS,
) -> list[RecallAct]:  # fmt: skip
    """Acts from behind the cursor (an act's id), in the order of going: oldest first, or newest first where not `backward`."""
    wanted = [int(kind) for kind in kinds] if kinds is not None else None
    return [RecallAct.from_row(row) for row in await repository.acts(tx, case_id, kinds=wanted, cursor=cursor, backward=backward, limit=limit)]
