"""Notifications as GraphQL shows them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import strawberry
from strawberry import ID
from strawberry.scalars import JSON

from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id
from backend.notifications import query_service
from backend.notifications.kinds import ChannelKind, DeliveryState, Urgency
from backend.notifications.rules import Preference, Route
from infra.database import Record
from tenants.permissions import Permission

CHANNEL, ROUTE, DELIVERY, MESSAGE, PUSH = (
    "NotificationChannel",
    "NotificationRoute",
    "NotificationDelivery",
    "NotificationMessage",
    "PushRegistration",
)
strawberry.enum(ChannelKind, name="NotificationChannelKind", description="By what people are told.")
strawberry.enum(DeliveryState, name="NotificationDeliveryState", description="What became of one message to one receiver.")
strawberry.enum(Urgency, name="NotificationUrgency", description="How soon somebody has to know.")
_KEEP = requires(Permission.NOTIFICATIONS_MANAGE)


@strawberry.type(description="A message in the caller's own feed, in the language that he asks for.")
class NotificationMessage:
    """`subject` is what it is about; `alertId` opens the alert."""

    id: ID
    title: str
    text: str
    topic: str
    urgency: Urgency
    subject: str
    alert_id: ID | None
    created_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, message: query_service.Message) -> "NotificationMessage":
        """From the stored one."""
        return cls(
            id=global_id(MESSAGE, message.entry_id), title=message.title, text=message.text, topic=message.topic, urgency=message.urgency,
            subject=message.subject, alert_id=global_id("Alert", message.alert_id) if message.alert_id else None, created_at=message.created_at,
            read_at=message.read_at,
        )  # fmt: skip


@strawberry.type(description="A channel by which people are told. Its secrets are never shown.", directives=_KEEP)
class NotificationChannel:
    """`settings` depend on the kind. `waitsUntil`: the provider has asked to wait."""

    id: ID
    kind: ChannelKind
    name: str
    settings: JSON
    active: bool
    waits_until: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: Record) -> "NotificationChannel":
        """From the stored one."""
        return cls(
            id=global_id(CHANNEL, row["channel_id"]), kind=ChannelKind(row["kind"]), name=row["name"],
            settings=JSON(msgspec.Raw(row["settings"].encode())), active=row["active"], waits_until=row["not_before"], created_at=row["created_at"],
            updated_at=row["updated_at"],
        )  # fmt: skip


@strawberry.type(description="Who is told of what, by what.", directives=_KEEP)
class NotificationRoute:
    """Every filter that isn't empty must fit; `least` is the lowest severity that counts. `by` limits by what persons are told."""

    id: ID
    name: str
    active: bool
    least: Urgency
    kinds: list[str]
    sites: list[str]
    products: list[str]
    groups: list[str]
    rules: list[str]
    members: list[ID]
    roles: list[str]
    teams: list[str]
    channels: list[ID]
    by: list[ChannelKind]
    updated_at: datetime

    @classmethod
    def of(cls, row: Record, route: Route) -> "NotificationRoute":
        """From the stored one."""
        return cls(
            id=global_id(ROUTE, row["route_id"]), name=row["name"], active=row["active"], least=Urgency(route.least), kinds=list(route.kinds),
            sites=list(route.sites), products=list(route.products), groups=list(route.groups), rules=list(route.rules),
            members=[global_id("Member", each) for each in route.members], roles=list(route.roles), teams=list(route.teams),
            channels=[global_id(CHANNEL, each) for each in route.channels], by=[ChannelKind(kind) for kind in route.by],
            updated_at=row["updated_at"],
        )  # fmt: skip


@strawberry.type(description="The words of a kind of message in one language: the company's own, or those of the house.", directives=_KEEP)
class NotificationTemplate:
    """`values` are what `{{name}}` may stand for."""

    template: str
    language: str
    title: str
    body: str
    own: bool
    values: list[str] = strawberry.field(directives=(ListSize(assumed_size=9),))


@strawberry.type(description="How one attempt to deliver ended.", directives=_KEEP)
class NotificationAttempt:
    """`status` is what the other side answered with."""

    number: int
    at: datetime
    taken: bool
    status: int | None
    reason: str | None


@strawberry.type(description="What became of one message to one receiver by one channel.", directives=_KEEP)
class NotificationDelivery:
    """`reason` says why it failed, died, waits or was suppressed; `providerId` is what the provider calls it."""

    id: ID
    title: str
    topic: str
    urgency: Urgency
    alert_id: ID | None
    receiver: str
    member_id: ID | None
    kind: ChannelKind
    state: DeliveryState
    reason: str | None
    attempts: int
    next_attempt_at: datetime | None
    provider_id: str | None
    created_at: datetime
    done_at: datetime | None
    delivery_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, each: query_service.ListedDelivery) -> "NotificationDelivery":
        """From the stored one."""
        return cls(
            id=global_id(DELIVERY, each.delivery_id), title=each.title, topic=each.topic, urgency=each.urgency,
            alert_id=global_id("Alert", each.alert_id) if each.alert_id else None, receiver=each.receiver,
            member_id=global_id("Member", each.membership_id) if each.membership_id else None, kind=each.kind, state=each.state, reason=each.reason,
            attempts=each.attempts, next_attempt_at=each.next_attempt_at, provider_id=each.provider_id, created_at=each.created_at,
            done_at=each.done_at, delivery_id=each.delivery_id,
        )  # fmt: skip

    @field(description="Each attempt, in order.", directives=(ListSize(assumed_size=4),))
    async def attempt_log(self, info: Info) -> list[NotificationAttempt]:
        """As long as they are kept."""
        found = await info.context.load(_attempts, self.delivery_id)
        return [NotificationAttempt(number=each.number, at=each.at, taken=each.taken, status=each.status, reason=each.reason) for each in found]


async def _attempts(context: Context, keys: list[UUID]) -> Sequence[list[query_service.Attempt]]:
    async with context.reading() as tx:
        found = await query_service.attempts_of(tx, keys)
    return [found.get(key, []) for key in keys]


@strawberry.type(description="How many deliveries stand in a state.", directives=_KEEP)
class NotificationDeliveryCount:
    """Of the days asked about."""

    state: DeliveryState
    count: int


@strawberry.type(description="A browser or an app in which the caller is told.")
class PushRegistration:
    """Its address is never shown."""

    id: ID
    kind: ChannelKind
    label: str
    created_at: datetime

    @classmethod
    def of(cls, row: Record) -> "PushRegistration":
        """From the stored one."""
        return cls(id=global_id(PUSH, row["push_id"]), kind=ChannelKind(row["kind"]), label=row["label"], created_at=row["created_at"])


@strawberry.type(description="How, when and where the caller wants to be told.")
class NotificationPreferences:
    """Times of day are HH:MM by `timeZone`, or the company's. Without `channels` the usual order holds; an empty list is the feed alone."""

    language: str | None
    time_zone: str | None
    channels: list[ChannelKind] | None
    quiet_from: str | None
    quiet_to: str | None
    quiet_days: list[int]
    digest_at: str | None
    email: str | None
    phone: str | None
    wecom_user: str | None

    @classmethod
    def of(cls, choice: Preference, row: Record | None) -> "NotificationPreferences":
        """From what is stored."""
        return cls(
            language=choice.language, time_zone=choice.time_zone,
            channels=[ChannelKind(kind) for kind in choice.channels] if choice.channels is not None else None,
            quiet_from=wall(choice.quiet_from), quiet_to=wall(choice.quiet_to), quiet_days=list(choice.quiet_days), digest_at=wall(choice.digest_at),
            email=row["email"] if row is not None else None, phone=row["phone"] if row is not None else None,
            wecom_user=row["wecom_user"] if row is not None else None,
        )  # fmt: skip


def wall(minute: int | None) -> str | None:
    """A minute of the day as a clock shows it."""
    return None if minute is None else f"{minute // 60:02d}:{minute % 60:02d}"
