"""Webhooks as GraphQL shows them."""

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import ID

from backend.graphql.context import Context, Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page, connect
from backend.webhooks import delivery_repository, replaying, repository, service
from backend.webhooks.errors import DeliveryNotFoundError, EndpointNotFoundError
from backend.webhooks.rules import webhook_id
from infra import clock
from tenants.permissions import Permission

ENDPOINT = "WebhookEndpoint"
DELIVERY = "WebhookDelivery"
strawberry.enum(delivery_repository.State, name="WebhookDeliveryState", description="How far a delivery is.")


@strawberry.type(description="A kind of message that can be subscribed to.", directives=requires(Permission.WEBHOOKS_MANAGE))
class WebhookKind:
    """`fields` are those of the payload's `data` beside `subject`."""

    name: str
    description: str
    fields: list[str]


@strawberry.type(description="An address to which messages are sent.", directives=requires(Permission.WEBHOOKS_MANAGE))
class WebhookEndpoint(Node):
    """`failingSince` is set while every attempt fails; `disabledReason` says why it is switched off."""

    id: ID
    url: str
    description: str
    kinds: list[str]
    enabled: bool
    disabled_reason: str | None
    disabled_at: datetime | None
    failing_since: datetime | None
    last_failure: str | None
    last_delivered_at: datetime | None
    former_secret_until: datetime | None
    owner_name: str
    created_at: datetime

    @classmethod
    def of(cls, endpoint: repository.Endpoint) -> "WebhookEndpoint":
        """From the stored one, without its secrets."""
        until = endpoint.former_until if endpoint.former_until is not None and endpoint.former_until > clock.now() else None
        return cls(
            id=global_id(ENDPOINT, endpoint.endpoint_id), url=endpoint.url, description=endpoint.description, kinds=endpoint.wanted,
            enabled=endpoint.enabled, disabled_reason=endpoint.disabled_reason, disabled_at=endpoint.disabled_at,
            failing_since=endpoint.failing_since, last_failure=endpoint.last_failure, last_delivered_at=endpoint.last_delivered_at,
            former_secret_until=until, owner_name=endpoint.owner_name, created_at=endpoint.created_at,
        )  # fmt: skip


@strawberry.type(description="One request to an endpoint.", directives=requires(Permission.WEBHOOKS_MANAGE))
class WebhookAttempt:
    """`answer` is the beginning of what the receiver said; without a `status` no answer came, and `failure` says why."""

    number: int
    at: datetime
    duration_ms: int
    status: int | None
    answer: str
    failure: str | None

    @classmethod
    def of(cls, attempt: delivery_repository.Attempt) -> "WebhookAttempt":
        """From the stored one."""
        return cls(
            number=attempt.number, at=attempt.created_at, duration_ms=attempt.duration_ms, status=attempt.status, answer=attempt.answer,
            failure=attempt.failure,
        )  # fmt: skip


@strawberry.type(description="A message on its way to one endpoint.", directives=requires(Permission.WEBHOOKS_MANAGE))
class WebhookDelivery(Node):
    """`messageId` is what the receiver gets as `webhook-id`, the same at each attempt; `nextAttemptAt` is set while it waits."""

    id: ID
    endpoint_id: ID
    message_id: str
    kind: str
    subject: str
    state: delivery_repository.State
    attempt_count: int
    last_status: int | None
    last_failure: str | None
    next_attempt_at: datetime | None
    concluded_at: datetime | None
    created_at: datetime
    delivery_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, delivery: delivery_repository.Delivery) -> "WebhookDelivery":
        """From the stored one."""
        waiting = delivery.state is delivery_repository.State.WAITING
        return cls(
            id=global_id(DELIVERY, delivery.delivery_id), endpoint_id=global_id(ENDPOINT, delivery.endpoint_id),
            message_id=webhook_id(delivery.message_id), kind=delivery.kind, subject=delivery.subject, state=delivery.state,
            attempt_count=delivery.attempts, last_status=delivery.last_status, last_failure=delivery.last_failure,
            next_attempt_at=delivery.next_at if waiting else None, concluded_at=delivery.concluded_at, created_at=delivery.created_at,
            delivery_id=delivery.delivery_id,
        )  # fmt: skip

    @field(description="The requests that were made for it, newest first.")
    async def attempts(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[WebhookAttempt]:
        """Kept for 30 days."""
        page = Page.of(first, after, last, before)
        cursor, principal = page.uuid(), info.context.caller_principal
        async with info.context.reading() as tx:
            rows = await replaying.page_of_attempts(tx, principal, self.delivery_id, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=WebhookAttempt.of, cursor=lambda row: str(row.attempt_id))


async def find_endpoint(context: Context, public_id: str) -> WebhookEndpoint | None:
    """An endpoint by its public id."""
    return await load_endpoint(context, parse_uuid(public_id))


async def load_endpoint(context: Context, endpoint_id: UUID | None) -> WebhookEndpoint | None:
    """An endpoint by its id; None where there is none."""
    if endpoint_id is None:
        return None
    async with context.reading() as tx:
        try:
            return WebhookEndpoint.of(await service.get_endpoint(tx, context.caller_principal, endpoint_id))
        except EndpointNotFoundError:
            return None


async def find_delivery(context: Context, public_id: str) -> WebhookDelivery | None:
    """A delivery by its public id."""
    return await load_delivery(context, parse_uuid(public_id))


async def load_delivery(context: Context, delivery_id: UUID | None) -> WebhookDelivery | None:
    """A delivery by its id; None where there is none."""
    if delivery_id is None:
        return None
    async with context.reading() as tx:
        try:
            return WebhookDelivery.of(await replaying.get_delivery(tx, context.caller_principal, delivery_id))
        except DeliveryNotFoundError:
            return None


NODES = (
    NodeKind(ENDPOINT, Permission.WEBHOOKS_MANAGE, find_endpoint),
    NodeKind(DELIVERY, Permission.WEBHOOKS_MANAGE, find_delivery),
)
