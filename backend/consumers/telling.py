"""Once a recall's goods are published, everybody who has asked for one of them gets a mail: found some hundreds at a time, each told once."""

from typing import Any, Final
from uuid import UUID

from backend.consumers import bells, repository
from backend.history import recalled
from backend.history.recall_publisher import is_public
from backend.recalls import service as recalls
from backend.recalls.kinds import RecallState
from infra import clock
from infra.database import TenantTransaction
from infra.outbox import enqueue

TELL: Final = "consumer.tell"
WATCHES_AT_ONCE: Final = 500


async def begin(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """A recall is published, or has grown."""
    await enqueue(tx, TELL, [{"case_id": payload["case_id"], "after": str(UUID(int=0))}])


async def tell_next(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """The next requests; those that follow have an outbox row of their own. Who was told of the recall before isn't told again."""
    case_id, moment = UUID(payload["case_id"]), clock.now()
    case = await recalls.case_by_id(tx, case_id)
    if not is_public(case) or case.state is RecallState.CLOSED:
        return
    rows = await repository.confirmed_after(tx, UUID(payload["after"]), moment, WATCHES_AT_ONCE)
    reached = await recalled.reached(
        tx, case_id, keys=[row["key"] for row in rows if row["lot"]], gtins=[row["gtin"] for row in rows if not row["lot"]]
    )
    concerned = [row["watch_id"] for row in rows if (row["key"] if row["lot"] else row["gtin"]) in reached]
    if concerned and await repository.put_mails(tx, concerned, str(case_id), moment):
        await bells.ring_at(tx, moment)
    if len(rows) == WATCHES_AT_ONCE:
        await enqueue(tx, TELL, [{**payload, "after": str(rows[-1]["watch_id"])}])
