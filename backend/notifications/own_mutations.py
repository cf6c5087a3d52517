"""What each member sets for himself."""

from typing import Annotated, Final
from uuid import UUID

import strawberry

from backend.graphql.commands import Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import signed_in
from backend.graphql.fields import mutation
from backend.graphql.ids import uuid_of
from backend.notifications import inputs, own
from backend.notifications.inputs import MarkNotificationsReadPayload, NotificationSettingPayload, named
from backend.notifications.mutations import done
from backend.notifications.types import MESSAGE, PUSH
from infra import clock
from infra.database import TenantTransaction

_Input = strawberry.argument(name="input")
OWN: Final = signed_in("whoever works for a company says how he is told himself")


@strawberry.type
class OwnNotificationMutations:
    """Nobody sets them for another."""

    @mutation(description="Say how, when and where the caller is told.", directives=OWN)
    async def set_my_notification_preferences(
        self, info: Info, given: Annotated[inputs.SetMyNotificationPreferencesInput, _Input]
    ) -> NotificationSettingPayload | None:
        """From the next message on."""
        principal = info.context.caller_principal

        async def act(tx: TenantTransaction) -> str:
            await own.set_preference(tx, principal, given.choice(), email=given.email, phone=given.phone, wecom_user=given.wecom_user)
            return str(principal.membership_id)

        return await done(info, given, "Member", act)

    @mutation(description="Tell the caller in this browser too. Needs an Idempotency-Key.", directives=OWN)
    async def register_browser_for_push(self, info: Info, given: Annotated[inputs.RegisterBrowserInput, _Input]) -> NotificationSettingPayload | None:
        """Its address is a secret of the caller's."""
        require_key(info.context)
        dispatch, principal = info.context.services.notifications, info.context.caller_principal

        async def act(tx: TenantTransaction) -> UUID:
            return await own.register_browser(
                tx, principal, endpoint=given.endpoint, p256dh=given.p256dh, auth=given.auth, label=given.label, outward=dispatch.outward,
                sealer=dispatch.sealer,
            )  # fmt: skip

        return await done(info, given, PUSH, act)

    @mutation(description="Tell the caller in this app too. Needs an Idempotency-Key.", directives=OWN)
    async def register_app_for_push(self, info: Info, given: Annotated[inputs.RegisterAppInput, _Input]) -> NotificationSettingPayload | None:
        """By its token."""
        require_key(info.context)
        dispatch, principal = info.context.services.notifications, info.context.caller_principal

        async def act(tx: TenantTransaction) -> UUID:
            return await own.register_app(tx, principal, token=given.token, label=given.label, sealer=dispatch.sealer)

        return await done(info, given, PUSH, act)

    @mutation(description="Tell the caller in a browser or an app no more.", directives=OWN)
    async def remove_push_registration(self, info: Info, given: Annotated[inputs.PushRegistrationInput, _Input]) -> NotificationSettingPayload | None:
        """One of his own."""
        push_id = named(given.id, PUSH) or UUID(int=0)

        async def act(tx: TenantTransaction) -> UUID:
            await own.remove_push(tx, info.context.caller_principal, push_id)
            return push_id

        return await done(info, given, PUSH, act)

    @mutation(description="Mark messages of the caller's as read.", directives=OWN)
    async def mark_notifications_read(
        self, info: Info, given: Annotated[inputs.MarkNotificationsReadInput, _Input]
    ) -> MarkNotificationsReadPayload | None:
        """Ids that are none of his change nothing."""
        entries = [entry for each in given.ids if (entry := uuid_of(each, MESSAGE)) is not None]
        until = clock.now() if given.all else None

        async def use_case(tx: TenantTransaction) -> Reply:
            return {"count": await own.mark_read(tx, info.context.caller_principal, entries, until=until)}

        ended = await perform(info, given, use_case)
        return MarkNotificationsReadPayload(user_errors=ended.user_errors, count=ended.reply["count"] if ended.reply else 0)
