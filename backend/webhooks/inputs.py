"""What the mutations of webhooks take and give."""

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import ID

from backend.graphql.context import Info
from backend.graphql.errors import UserError
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.webhooks.errors import DeliveryNotFoundError, EndpointNotFoundError
from backend.webhooks.types import DELIVERY, ENDPOINT, WebhookDelivery, WebhookEndpoint, load_delivery, load_endpoint


@strawberry.input
class CreateWebhookEndpointInput:
    """`url` begins with https:// and leads to the public internet; `kinds` are names of `webhookKinds`."""

    url: str
    kinds: list[str]
    description: str = ""


@strawberry.input
class ChangeWebhookEndpointInput:
    """All terms anew."""

    id: ID
    url: str
    kinds: list[str]
    description: str = ""


@strawberry.input
class WebhookEndpointInput:
    """`id` is the endpoint's."""

    id: ID

    @property
    def named(self) -> UUID:
        """The endpoint's id. Raises `EndpointNotFoundError` for what can't be one."""
        return endpoint_in(self.id)


@strawberry.input
class ReplayWebhookInput:
    """`id` is the delivery's."""

    id: ID

    @property
    def named(self) -> UUID:
        """The delivery's id. Raises `DeliveryNotFoundError` for what can't be one."""
        found = uuid_of(self.id, DELIVERY)
        if found is None:
            raise DeliveryNotFoundError
        return found


@strawberry.input
class ReplayFailedWebhooksInput:
    """`id` is the endpoint's; what came since then and has failed is sent again, at most 1,000 messages, the oldest first."""

    id: ID
    since: datetime


@strawberry.type
class WebhookEndpointPayload:
    """The endpoint as it is now, or why nothing was changed."""

    user_errors: list[UserError]
    endpoint_id: strawberry.Private[UUID | None]

    @field()
    async def endpoint(self, info: Info) -> WebhookEndpoint | None:
        """The endpoint as it is now."""
        return await load_endpoint(info.context, self.endpoint_id)


@strawberry.type
class WebhookSecretPayload:
    """`secret` is shown this once. A repetition with the same Idempotency-Key gives everything but the secret: lost, it is rotated."""

    user_errors: list[UserError]
    secret: str | None
    endpoint_id: strawberry.Private[UUID | None]

    @field()
    async def endpoint(self, info: Info) -> WebhookEndpoint | None:
        """The endpoint as it is now."""
        return await load_endpoint(info.context, self.endpoint_id)


@strawberry.type
class WebhookDeletedPayload:
    """`deleted`, or why it wasn't."""

    user_errors: list[UserError]
    deleted: bool


@strawberry.type
class WebhookDeliveryPayload:
    """The delivery, which waits to be sent; or why nothing is sent."""

    user_errors: list[UserError]
    delivery_id: strawberry.Private[UUID | None]

    @field()
    async def delivery(self, info: Info) -> WebhookDelivery | None:
        """The delivery as it is now."""
        return await load_delivery(info.context, self.delivery_id)


@strawberry.type
class ReplayFailedWebhooksPayload:
    """How many messages are sent again; or why none is."""

    user_errors: list[UserError]
    replayed: int | None


def endpoint_in(public_id: str) -> UUID:
    """The id of an endpoint. Raises `EndpointNotFoundError` for what can't be one."""
    found = uuid_of(public_id, ENDPOINT)
    if found is None:
        raise EndpointNotFoundError
    return found
