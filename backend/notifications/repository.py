"""Statements that tell: notices, the feed, and deliveries as they are first written."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from backend.notifications.kinds import ChannelKind, DeliveryState
from infra.database import Record, TenantTransaction
from infra.ids import uuid7

NOTICE: Final = "notice_id, dedupe_key, topic, template, urgency, subject, content, alert_id, created_at"


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """One message to one receiver, by one channel; without a channel it is the feed's."""

    receiver: str
    kind: ChannelKind
    membership_id: UUID | None
    channel_id: UUID | None
    fallbacks: str
    state: DeliveryState
    next_attempt_at: datetime | None
    reason: str | None = None


async def insert_notice(
    tx: TenantTransaction,
    *,
    dedupe_key: str,
    topic: str,
    template: str,
    urgency: int,
    subject: str,
    content: str,
    alert_id: UUID | None,
    at: datetime,
) -> UUID | None:
    """A new notice's id; None where the same was told before."""
    notice_id: UUID | None = await tx.fetchval(
        """insert into notice (tenant_id, notice_id, dedupe_key, topic, template, urgency, subject, content, alert_id, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (tenant_id, dedupe_key) do nothing returning notice_id""",
        uuid7(),
        dedupe_key,
        topic,
        template,
        urgency,
        subject,
        content,
        alert_id,
        at,
    )
    return notice_id


async def insert_feed(tx: TenantTransaction, notice_id: UUID, membership_ids: Sequence[UUID], at: datetime) -> None:
    """Put a notice into the feeds of these members."""
    await tx.execute(
        """insert into feed_entry (tenant_id, entry_id, membership_id, notice_id, created_at)
           select $1, e, m, $4, $5 from unnest($2::uuid[], $3::uuid[]) as given (e, m) on conflict do nothing""",
        [uuid7() for _ in membership_ids],
        list(membership_ids),
        notice_id,
        at,
    )


async def insert_deliveries(
    tx: TenantTransaction, notice_id: UUID, deliveries: Sequence[NewDelivery], at: datetime, due_at: datetime
) -> list[Record]:
    """(delivery_id, state, channel_kind, membership_id, next_attempt_at) of those that are new: nobody gets one twice by the same kind."""
    done = (DeliveryState.DELIVERED, DeliveryState.SUPPRESSED)
    return await tx.fetch(
        """insert into notification_delivery (tenant_id, delivery_id, notice_id, receiver, channel_kind, membership_id, channel_id, fallbacks,
             state, reason, attempts, failures, next_attempt_at, due_at, created_at, done_at)
           select $1, d, $2, r, k, m, c, f, s, w, 0, 0, n, case when s = 1 then $12::timestamptz end, $11::timestamptz,
             case when s = any($13::int[]) then $11::timestamptz end
           from unnest($3::uuid[], $4::text[], $5::int[], $6::uuid[], $7::uuid[], $8::text[], $9::int[], $10::timestamptz[], $14::text[])
             as given (d, r, k, m, c, f, s, n, w)
           on conflict do nothing returning delivery_id, state, channel_kind, membership_id, next_attempt_at""",
        notice_id,
        [uuid7() for _ in deliveries],
        [each.receiver for each in deliveries],
        [int(each.kind) for each in deliveries],
        [each.membership_id for each in deliveries],
        [each.channel_id for each in deliveries],
        [each.fallbacks for each in deliveries],
        [int(each.state) for each in deliveries],
        [each.next_attempt_at for each in deliveries],
        at,
        due_at,
        [int(state) for state in done],
        [each.reason for each in deliveries],
    )


async def told_of(tx: TenantTransaction, alert_id: UUID, limit: int) -> list[Record]:
    """(membership_id, channel_id) of whoever was told of an alert: persons by their feed, groups by what was sent to their channels."""
    return await tx.fetch(
        """select f.membership_id, null::uuid as channel_id from notice n join feed_entry f on f.tenant_id = $1 and f.notice_id = n.notice_id
           where n.tenant_id = $1 and n.alert_id = $2
           union
           select null, d.channel_id from notice n join notification_delivery d on d.tenant_id = $1 and d.notice_id = n.notice_id
           where n.tenant_id = $1 and n.alert_id = $2 and d.membership_id is null limit $3""",
        alert_id,
        limit,
    )


async def notices(tx: TenantTransaction, notice_ids: Collection[UUID]) -> list[Record]:
    """Notices by id."""
    return await tx.fetch(f"select {NOTICE} from notice where tenant_id = $1 and notice_id = any($2::uuid[])", list(notice_ids))


async def company(tx: TenantTransaction) -> Record | None:
    """(name, locale, time_zone) of the company."""
    return await tx.fetchrow("select name, locale, time_zone from tenant where tenant_id = $1")
