"""Reading endpoints and their logs."""

from typing import Annotated

import strawberry

from backend.graphql.context import Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.webhooks import replaying, service
from backend.webhooks.delivery_repository import State
from backend.webhooks.errors import EndpointNotFoundError
from backend.webhooks.kinds import KINDS
from backend.webhooks.types import DELIVERY, ENDPOINT, WebhookDelivery, WebhookEndpoint, WebhookKind, load_delivery, load_endpoint
from tenants.permissions import Permission


@strawberry.type
class WebhookQueries:
    """Webhooks, for whoever keeps them in the whole company."""

    @field(description="What can be subscribed to.", directives=requires(Permission.WEBHOOKS_MANAGE, ListSize(assumed_size=len(KINDS))))
    async def webhook_kinds(self, info: Info) -> list[WebhookKind]:
        """In the reader's language."""
        chinese = info.context.language == "zh"
        return [
            WebhookKind(name=name, description=kind.chinese if chinese else kind.english, fields=["subject", *kind.fields])
            for name, kind in KINDS.items()
        ]

    @field(description="Endpoints of webhooks, newest first.", directives=requires(Permission.WEBHOOKS_MANAGE))
    async def webhook_endpoints(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[WebhookEndpoint]:
        """Those switched off, too."""
        page = Page.of(first, after, last, before)
        cursor, principal = page.uuid(), info.context.caller_principal
        async with info.context.reading() as tx:
            rows = await service.page_of_endpoints(tx, principal, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=WebhookEndpoint.of, cursor=lambda row: str(row.endpoint_id))

    @field(description="An endpoint by its id; null where there is none.", directives=requires(Permission.WEBHOOKS_MANAGE))
    async def webhook_endpoint(self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> WebhookEndpoint | None:
        """The same as `node`."""
        return await load_endpoint(info.context, uuid_of(public_id, ENDPOINT))

    @field(description="An endpoint's deliveries, newest first: all, or those in a state.", directives=requires(Permission.WEBHOOKS_MANAGE))
    async def webhook_deliveries(
        self,
        info: Info,
        endpoint_id: strawberry.ID,
        *,
        state: State | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[WebhookDelivery] | None:
        """Kept for 30 days."""
        page = Page.of(first, after, last, before)
        cursor, principal, found = page.uuid(), info.context.caller_principal, uuid_of(endpoint_id, ENDPOINT)
        if found is None:
            raise EndpointNotFoundError
        async with info.context.reading() as tx:
            rows = await replaying.page_of_deliveries(tx, principal, found, state=state, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=WebhookDelivery.of, cursor=lambda row: str(row.delivery_id))

    @field(description="A delivery by its id; null where there is none.", directives=requires(Permission.WEBHOOKS_MANAGE))
    async def webhook_delivery(self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> WebhookDelivery | None:
        """The same as `node`."""
        return await load_delivery(info.context, uuid_of(public_id, DELIVERY))
