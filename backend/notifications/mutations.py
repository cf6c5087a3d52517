"""Keeping channels, routes and words, and trying dead letters again."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from backend.graphql.commands import Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import mutation
from backend.graphql.ids import global_id
from backend.notifications import inputs, managing
from backend.notifications.inputs import NotificationSettingPayload, named
from backend.notifications.types import CHANNEL, DELIVERY, ROUTE
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from tenants.permissions import Permission

_Input = strawberry.argument(name="input")
_KEEP: Final = requires(Permission.NOTIFICATIONS_MANAGE)
Act = Callable[[TenantTransaction], Awaitable[UUID | str]]


async def done(info: Info, given: Any, kind: str, act: Act) -> NotificationSettingPayload:
    """Run it once for each Idempotency-Key; a saved reply holds the id alone."""

    async def use_case(tx: TenantTransaction) -> Reply:
        return {"id": str(await act(tx))}

    ended = await perform(info, given, use_case)
    return NotificationSettingPayload(user_errors=ended.user_errors, id=global_id(kind, ended.reply["id"]) if ended.reply else None)


@strawberry.type
class NotificationMutations:
    """Each is on the audit trail; secrets stand nowhere but sealed in the channel."""

    @mutation(description="Set up a channel, or change one. Needs an Idempotency-Key.", directives=_KEEP)
    async def put_notification_channel(
        self, info: Info, given: Annotated[inputs.PutNotificationChannelInput, _Input]
    ) -> NotificationSettingPayload | None:
        """What waits for it is sent by the new settings."""
        require_key(info.context)
        dispatch, principal = info.context.services.notifications, info.context.caller_principal

        async def act(tx: TenantTransaction) -> UUID:
            settings: Any = given.settings
            secrets: Any = given.secrets if given.secrets is not None else {}
            if not isinstance(settings, dict) or not isinstance(secrets, dict):
                raise InvalidInputError("Settings and secrets are JSON objects.", field="settings")
            return await managing.put_channel(
                tx, principal, channel_id=named(given.id, CHANNEL), kind=given.kind, name=given.name, settings=settings, secrets=secrets,
                active=given.active, outward=dispatch.outward, sealer=dispatch.sealer,
            )  # fmt: skip

        return await done(info, given, CHANNEL, act)

    @mutation(description="Take a channel out of use for good. Its secrets are forgotten, what waits goes by the next channel.", directives=_KEEP)
    async def archive_notification_channel(
        self, info: Info, given: Annotated[inputs.NotificationChannelInput, _Input]
    ) -> NotificationSettingPayload | None:
        """What was sent by it stays to be seen."""
        channel_id = named(given.id, CHANNEL) or UUID(int=0)

        async def act(tx: TenantTransaction) -> UUID:
            await managing.archive_channel(tx, info.context.caller_principal, channel_id)
            return channel_id

        return await done(info, given, CHANNEL, act)

    @mutation(
        description="Send a test message by a channel: to its group, or to the caller. Gives the delivery. Needs an Idempotency-Key.",
        directives=_KEEP,
    )
    async def test_notification_channel(
        self, info: Info, given: Annotated[inputs.NotificationChannelInput, _Input]
    ) -> NotificationSettingPayload | None:
        """What became of it stands in notificationDeliveries."""
        require_key(info.context)
        channel_id = named(given.id, CHANNEL) or UUID(int=0)
        return await done(info, given, DELIVERY, lambda tx: managing.test_channel(tx, info.context.caller_principal, channel_id))

    @mutation(description="Say who is told of what, or change it. Needs an Idempotency-Key.", directives=_KEEP)
    async def put_notification_route(
        self, info: Info, given: Annotated[inputs.PutNotificationRouteInput, _Input]
    ) -> NotificationSettingPayload | None:
        """From the next alert on."""
        require_key(info.context)

        async def act(tx: TenantTransaction) -> UUID:
            return await managing.put_route(
                tx, info.context.caller_principal, route_id=named(given.id, ROUTE), name=given.name, route=given.route(), active=given.active
            )

        return await done(info, given, ROUTE, act)

    @mutation(description="Delete a route.", directives=_KEEP)
    async def delete_notification_route(
        self, info: Info, given: Annotated[inputs.NotificationRouteInput, _Input]
    ) -> NotificationSettingPayload | None:
        """Nobody is told by it any more."""
        route_id = named(given.id, ROUTE) or UUID(int=0)

        async def act(tx: TenantTransaction) -> UUID:
            await managing.delete_route(tx, info.context.caller_principal, route_id)
            return route_id

        return await done(info, given, ROUTE, act)

    @mutation(description="Put words of the company's own into the place of the house's.", directives=_KEEP)
    async def put_notification_template(
        self, info: Info, given: Annotated[inputs.PutNotificationTemplateInput, _Input]
    ) -> NotificationSettingPayload | None:
        """What waits is told in these words too."""

        async def act(tx: TenantTransaction) -> str:
            await managing.put_template(
                tx, info.context.caller_principal, template=given.template, language=given.language, title=given.title, body=given.body
            )
            return f"{given.template}.{given.language}"

        return await done(info, given, "NotificationTemplate", act)

    @mutation(description="Go back to the words of the house.", directives=_KEEP)
    async def reset_notification_template(
        self, info: Info, given: Annotated[inputs.NotificationTemplateInput, _Input]
    ) -> NotificationSettingPayload | None:
        """The company's own are forgotten."""

        async def act(tx: TenantTransaction) -> str:
            await managing.reset_template(tx, info.context.caller_principal, template=given.template, language=given.language)
            return f"{given.template}.{given.language}"

        return await done(info, given, "NotificationTemplate", act)

    @mutation(description="Try a dead letter again. Needs an Idempotency-Key.", directives=_KEEP)
    async def retry_notification_delivery(
        self, info: Info, given: Annotated[inputs.NotificationDeliveryInput, _Input]
    ) -> NotificationSettingPayload | None:
        """From the start, by the same channel and under the same id."""
        require_key(info.context)
        delivery_id = named(given.id, DELIVERY) or UUID(int=0)

        async def act(tx: TenantTransaction) -> UUID:
            await managing.retry_delivery(tx, info.context.caller_principal, delivery_id)
            return delivery_id

        return await done(info, given, DELIVERY, act)
