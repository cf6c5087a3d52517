"""Reading notifications: one's own, and what those who keep them see."""

from typing import Final

import strawberry
from strawberry import ID

from backend.graphql.context import Info
from backend.graphql.directives import ListSize, requires, signed_in
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.notifications import managing, own, query_service, words
from backend.notifications.kinds import DeliveryState
from backend.notifications.types import (
    NotificationChannel,
    NotificationDelivery,
    NotificationDeliveryCount,
    NotificationMessage,
    NotificationPreferences,
    NotificationRoute,
    NotificationTemplate,
    PushRegistration,
)
from infra.errors import InvalidInputError
from tenants.permissions import Permission

OWN: Final = signed_in("whoever works for a company reads his own messages")
_KEEP: Final = requires(Permission.NOTIFICATIONS_MANAGE)
_MOST_DAYS: Final = 90


@strawberry.type
class NotificationQueries:
    """A feed belongs to its member; channels, routes and deliveries to who keeps them."""

    @field(description="The caller's own messages, newest first.", directives=OWN)
    async def my_notifications(
        self,
        info: Info,
        *,
        unread_only: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[NotificationMessage]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor, context = page.uuid(), info.context
        async with context.reading() as tx:
            rows = await query_service.page_of_messages(
                tx, context.caller_principal, context.language, unread_only=unread_only, cursor=cursor, backward=page.backward, limit=page.limit
            )
        return connect(page, rows, node=NotificationMessage.of, cursor=lambda row: str(row.entry_id))

    @field(description="How many of the caller's messages are unread; 1000 stands for that many or more.", directives=OWN)
    async def my_unread_notification_count(self, info: Info) -> int:
        """For a badge."""
        async with info.context.reading() as tx:
            return await query_service.unread_count(tx, info.context.caller_principal)

    @field(description="How the caller is told.", directives=OWN)
    async def my_notification_preferences(self, info: Info) -> NotificationPreferences:
        """As chosen, or as it is for everybody."""
        async with info.context.reading() as tx:
            return NotificationPreferences.of(*await own.preference_of(tx, info.context.caller_principal))

    @field(description="The browsers and apps in which the caller is told.", directives=(*OWN, ListSize(assumed_size=own.MOST_PUSHES)))
    async def my_push_registrations(self, info: Info) -> list[PushRegistration]:
        """Oldest first."""
        async with info.context.reading() as tx:
            return [PushRegistration.of(row) for row in await own.pushes_of(tx, info.context.caller_principal)]

    @field(description="The key with which a browser subscribes to web push; null where the company has no such channel.", directives=OWN)
    async def web_push_key(self, info: Info) -> str | None:
        """base64url, as `PushManager.subscribe` takes it for `applicationServerKey`."""
        async with info.context.reading() as tx:
            return await own.public_key(tx)

    @field(description="The company's channels, oldest first.", directives=(*_KEEP, ListSize(assumed_size=managing.MOST_CHANNELS)))
    async def notification_channels(self, info: Info) -> list[NotificationChannel]:
        """Without those that were archived."""
        async with info.context.reading() as tx:
            return [NotificationChannel.of(row) for row in await query_service.all_channels(tx, info.context.caller_principal)]

    @field(description="The company's routes in order of name.", directives=(*_KEEP, ListSize(assumed_size=managing.MOST_ROUTES)))
    async def notification_routes(self, info: Info) -> list[NotificationRoute]:
        """Without any, owners and quality managers find each alert in their feeds."""
        async with info.context.reading() as tx:
            return [NotificationRoute.of(row, route) for row, route in await query_service.all_routes(tx, info.context.caller_principal)]

    @field(description="The words of all messages in both languages.", directives=(*_KEEP, ListSize(assumed_size=24)))
    async def notification_templates(self, info: Info) -> list[NotificationTemplate]:
        """The company's own where it has some."""
        async with info.context.reading() as tx:
            chosen = await query_service.templates(tx, info.context.caller_principal)
        return [
            NotificationTemplate(
                template=name, language=language, title=each.title, body=each.body, own=own_words, values=list(words.values_of(name))
            )
            for name, language, each, own_words in chosen
        ]

    @field(description="What became of messages, newest first; state DEAD lists the dead letters.", directives=_KEEP)
    async def notification_deliveries(
        self,
        info: Info,
        *,
        state: DeliveryState | None = None,
        alert_id: ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[NotificationDelivery]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor, context = page.uuid(), info.context
        alert = uuid_of(alert_id, "Alert") if alert_id is not None else None
        if alert_id is not None and alert is None:
            raise InvalidInputError("This is no alert's id.", field="alertId")
        async with context.reading() as tx:
            rows = await query_service.page_of_deliveries(
                tx, context.caller_principal, context.language, state=state, alert_id=alert, cursor=cursor, backward=page.backward, limit=page.limit
            )
        return connect(page, rows, node=NotificationDelivery.of, cursor=lambda row: str(row.delivery_id))

    @field(description="How many deliveries of the last days stand in each state.", directives=(*_KEEP, ListSize(assumed_size=8)))
    async def notification_delivery_counts(self, info: Info, days: int = 7) -> list[NotificationDeliveryCount]:
        """For an overview."""
        if not 1 <= days <= _MOST_DAYS:
            raise InvalidInputError(f"Ask for 1 to {_MOST_DAYS} days.", field="days")
        async with info.context.reading() as tx:
            found = await query_service.counts(tx, info.context.caller_principal, days)
        return [NotificationDeliveryCount(state=state, count=count) for state, count in found.items()]
