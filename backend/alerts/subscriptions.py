"""What happens to alerts, as long as somebody listens."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

import strawberry

from backend.alerts import watching
from backend.alerts.rules import Act
from backend.alerts.types import Alert, AlertCounts
from backend.catalog.sites import sites_of
from backend.graphql.context import Context, Info
from backend.graphql.directives import Cost, requires
from backend.graphql.fields import subscription
from tenants.permissions import Permission

POLL_SECONDS: Final = 1.0


@strawberry.type(description="The last thing that happened to an alert.", directives=requires(Permission.HOLDS_READ))
class AlertChange:
    """What happened before it, and was not told by itself, stands in the alert's history."""

    act: Act
    at: datetime
    actor: str
    alert: Alert


@strawberry.type(description="What has happened to alerts since the last message.", directives=requires(Permission.HOLDS_READ))
class AlertChanges:
    """At most 50 alerts, each with the last change; with `more` the list is better read anew."""

    changes: list[AlertChange]
    more: bool
    counts: AlertCounts

    @classmethod
    def of(cls, found: watching.Changes) -> "AlertChanges":
        """From the watch's."""
        changes = [AlertChange(act=each.act, at=each.at, actor=each.actor, alert=Alert.of(each.alert)) for each in found.changes]
        return cls(changes=changes, more=found.more, counts=AlertCounts.of(found.counts))


@strawberry.type
class AlertSubscriptions:
    """Over graphql-transport-ws."""

    @subscription(
        description="Says when alerts are raised, acted on, escalated or end, from now on. Ends with an error when the session does.",
        directives=requires(Permission.HOLDS_READ, Cost(weight=10)),
    )
    async def alert_changed(self, info: Info) -> AsyncIterator[AlertChanges]:
        """Looks at the history each second, by what the caller may do then; what comes in a row is told together."""
        context, watch = info.context, watching.Watch()
        async with context.services.database.tenant(context.caller_principal.tenant_id) as tx:
            await watch.begin(tx)
        while True:
            found = await _listen(context, watch)
            if found is not None:
                yield AlertChanges.of(found)
            await asyncio.sleep(POLL_SECONDS)


async def _listen(context: Context, watch: watching.Watch) -> watching.Changes | None:
    principal = await context.still_standing()
    async with context.services.database.tenant(principal.tenant_id) as tx:
        sites = await sites_of(tx, principal, Permission.HOLDS_READ)
        return await watch.listen(tx, principal.membership_id, sites)
