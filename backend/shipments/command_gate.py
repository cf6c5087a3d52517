"""The gate of what is told as events by a command: held goods aren't used up, packed, shipped or sold by that way either."""

from collections.abc import Sequence

from backend.events.canonical import CanonicalEvent
from backend.events.service import Outcome
from backend.holds import service as holds
from backend.objects import service as objects
from backend.shipments import query_repository
from infra.database import TenantTransaction


async def refuse_held(tx: TenantTransaction, events: Sequence[CanonicalEvent], outcomes: Sequence[Outcome]) -> None:
    """Raise `GoodsHeldError` where one of the events just captured does with held goods what it may not; the caller's transaction then
    writes nothing.

    Asked after the capture, so that what the same events have packed, made or declared counts. An expected receipt is the
    supplier's shipment and isn't refused.
    """
    accepted = [outcome.event_id for outcome in outcomes if outcome.event_id is not None]
    goods = await query_repository.named_in(tx, accepted) if accepted else []
    new = [event for event, outcome in zip(events, outcomes, strict=True) if outcome.event_id is not None and event.error_declaration is None]
    done_with = holds.done_with_goods(new)
    if done_with:
        goods += (await objects.resolve(tx, done_with)).values()
    if goods:
        await holds.refuse_if_held(tx, goods)
