"""What the mutations of notifications take, and what they answer."""

import re
from typing import Final
from uuid import UUID

import strawberry
from strawberry import ID
from strawberry.scalars import JSON

from backend.graphql.errors import UserError
from backend.graphql.ids import uuid_of
from backend.notifications.errors import ChannelNotFoundError
from backend.notifications.kinds import ChannelKind, Urgency
from backend.notifications.rules import Preference, Route
from backend.notifications.types import CHANNEL
from infra.errors import InvalidInputError

_WALL: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@strawberry.input
class PutNotificationChannelInput:
    """Without `id` a new channel. `settings` and `secrets` depend on the kind; a secret that isn't given stays as it was."""

    kind: ChannelKind
    name: str
    settings: JSON
    id: ID | None = None
    secrets: JSON | None = None
    active: bool = True


@strawberry.input
class NotificationChannelInput:
    """Which channel."""

    id: ID


@strawberry.input
class PutNotificationRouteInput:
    """Without `id` a new route. Every filter that isn't empty must fit. `teams` are on duty: `team:…` or `role:…`, as shift plans name them."""

    name: str
    id: ID | None = None
    active: bool = True
    least: Urgency = Urgency.LOW
    kinds: list[str] = strawberry.field(default_factory=list)
    sites: list[str] = strawberry.field(default_factory=list)
    products: list[str] = strawberry.field(default_factory=list)
    groups: list[str] = strawberry.field(default_factory=list)
    rules: list[str] = strawberry.field(default_factory=list)
    members: list[ID] = strawberry.field(default_factory=list)
    roles: list[str] = strawberry.field(default_factory=list)
    teams: list[str] = strawberry.field(default_factory=list)
    channels: list[ID] = strawberry.field(default_factory=list)
    by: list[ChannelKind] = strawberry.field(default_factory=list)

    def route(self) -> Route:
        """The route meant. Raises `InvalidInputError`, `ChannelNotFoundError` for ids that are none."""
        channels = [uuid_of(each, CHANNEL) for each in self.channels]
        members = [uuid_of(each, "Member") for each in self.members]
        if None in members:
            raise InvalidInputError("One of these is no member's id.", field="members")
        if None in channels:
            raise ChannelNotFoundError("channels")
        return Route(
            least=int(self.least), kinds=tuple(self.kinds), sites=tuple(self.sites), products=tuple(self.products), groups=tuple(self.groups),
            rules=tuple(self.rules), members=tuple(each for each in members if each), roles=tuple(self.roles), teams=tuple(self.teams),
            channels=tuple(each for each in channels if each), by=tuple(int(kind) for kind in self.by),
        )  # fmt: skip


@strawberry.input
class NotificationRouteInput:
    """Which route."""

    id: ID


@strawberry.input
class PutNotificationTemplateInput:
    """`{{name}}` stands for a value; the query notificationTemplates lists them."""

    template: str
    language: str
    title: str
    body: str


@strawberry.input
class NotificationTemplateInput:
    """Which words."""

    template: str
    language: str


@strawberry.input
class NotificationDeliveryInput:
    """Which delivery."""

    id: ID


@strawberry.input
class SetMyNotificationPreferencesInput:
    """All of it, in the place of what was chosen before. `email` and the others are where the caller can be reached."""

    language: str | None = None
    time_zone: str | None = None
    channels: list[ChannelKind] | None = None
    quiet_from: str | None = None
    quiet_to: str | None = None
    quiet_days: list[int] = strawberry.field(default_factory=list)
    digest_at: str | None = None
    email: str | None = None
    phone: str | None = None
    wecom_user: str | None = None

    def choice(self) -> Preference:
        """What is meant. Raises `InvalidInputError` for a time of day that is none."""
        return Preference(
            language=self.language, time_zone=self.time_zone,
            channels=tuple(int(kind) for kind in self.channels) if self.channels is not None else None,
            quiet_from=_minute(self.quiet_from, "quietFrom"), quiet_to=_minute(self.quiet_to, "quietTo"), quiet_days=tuple(self.quiet_days[:10]),
            digest_at=_minute(self.digest_at, "digestAt"),
        )  # fmt: skip


@strawberry.input
class RegisterBrowserInput:
    """As the browser's `PushSubscription.toJSON()` gives it."""

    endpoint: str
    p256dh: str
    auth: str
    label: str = ""


@strawberry.input
class RegisterAppInput:
    """The registration token of Firebase Cloud Messaging."""

    token: str
    label: str = ""


@strawberry.input
class PushRegistrationInput:
    """Which browser or app."""

    id: ID


@strawberry.input
class MarkNotificationsReadInput:
    """Some messages, or with `all` those that have come so far."""

    ids: list[ID] = strawberry.field(default_factory=list)
    all: bool = False


@strawberry.type(description="The id of what was set, or why nothing was.")
class NotificationSettingPayload:
    """Null with an error."""

    user_errors: list[UserError]
    id: ID | None


@strawberry.type(description="How many messages were unread until now.")
class MarkNotificationsReadPayload:
    """Zero where all were read."""

    user_errors: list[UserError]
    count: int


def _minute(text: str | None, field: str) -> int | None:
    if text is None:
        return None
    found = _WALL.fullmatch(text)
    if found is None:
        raise InvalidInputError("Write a time of day as HH:MM.", field=field)
    return int(found[1]) * 60 + int(found[2])


def named(text: ID | None, kind: str) -> UUID | None:
    """The id of a thing that may be new; an id of anything else is one that doesn't exist."""
    return None if text is None else uuid_of(text, kind) or UUID(int=0)
