"""The feed as it comes, as long as somebody listens."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

import strawberry

from backend.graphql.context import Info
from backend.graphql.fields import subscription
from backend.notifications.queries import OWN
from backend.notifications.query_service import member_of, new_messages
from backend.notifications.types import NotificationMessage
from infra import clock

POLL_SECONDS: Final = 1.0


@strawberry.type(name="Subscription")
class NotificationSubscriptions:
    """Over graphql-transport-ws."""

    @subscription(description="The caller's messages from now on, each once. Ends with an error when the session does.", directives=OWN)
    async def notification_feed(self, info: Info) -> AsyncIterator[NotificationMessage]:
        """Asks again and again a little into the past: a transaction that ends late can't hide a message."""
        context, begun = info.context, clock.now()
        member_of(context.caller_principal)
        since = begun
        seen: set[UUID] = set()
        while True:
            principal = await context.still_standing()
            looked_at = clock.now()
            async with context.services.database.tenant(principal.tenant_id) as tx:
                found = [each for each in await new_messages(tx, principal, context.language, since) if each.created_at > begun]
            for message in found:
                if message.entry_id not in seen:
                    yield NotificationMessage.of(message)
            # What is looked at again is told apart by its id; older ones don't come back.
            seen, since = {each.entry_id for each in found}, looked_at
            await asyncio.sleep(POLL_SECONDS)
