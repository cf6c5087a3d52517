"""The gate of shipments that are told as events by a command: held goods don't leave by that way either."""

from collections.abc import Sequence

from backend.events.service import Outcome
from backend.holds import service as holds
from backend.shipments import query_repository
from infra.database import TenantTransaction


async def refuse_held(tx: TenantTransaction, outcomes: Sequence[Outcome]) -> None:
    """Raise `GoodsHeldError` where one of the events just captured ships held goods; the caller's transaction then writes nothing.

    Asked after the capture, so that what the same events have packed, made or declared counts. An expected receipt is the
    supplier's shipment and isn't refused.
    """
    accepted = [outcome.event_id for outcome in outcomes if outcome.event_id is not None]
    goods = await query_repository.named_in(tx, accepted) if accepted else []
    if goods:
        await holds.refuse_if_held(tx, goods)
