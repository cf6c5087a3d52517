"""The feed as it comes, as long as somebody listens."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import strawberry

from backend.graphql.context import Info
from backend.graphql.fields import subscription
from backend.notifications.queries import OWN
from backend.notifications.query_service import member_of, new_messages, present_messages
from backend.notifications.types import NotificationMessage
from infra import clock

POLL_SECONDS: Final = 1.0


@strawberry.type(name="Subscription")
class NotificationSubscriptions:
    """Over graphql-transport-ws."""

    @subscription(description="The caller's messages from now on, each once. Ends with an error when the session does.", directives=OWN)
    async def notification_feed(self, info: Info) -> AsyncIterator[NotificationMessage]:
        """Asks again and again a little into the past: a transaction that ends late can't hide a message."""
        context, since = info.context, clock.now()
        member_of(context.caller_principal)
        principal = await context.still_standing()
        # What is there now isn't new, and what was begun before and is stored later is.
        async with context.services.database.tenant(principal.tenant_id) as tx:
            seen = await present_messages(tx, principal, since)
        while True:
            looked_at = clock.now()
            async with context.services.database.tenant(principal.tenant_id) as tx:
                # What is looked at again is told apart by its id; older ones don't come back.
                found, seen = await new_messages(tx, principal, context.language, since, known=seen)
            for message in found:
                yield NotificationMessage.of(message)
            since = looked_at
            await asyncio.sleep(POLL_SECONDS)
            principal = await context.still_standing()
