"""Keeping endpoints, and sending again."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import strawberry

from backend.graphql.commands import Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import mutation
from backend.webhooks import inputs, replaying, service
from infra.database import TenantTransaction
from tenants.permissions import Permission

_Input = strawberry.argument(name="input")
_KEEP = requires(Permission.WEBHOOKS_MANAGE)


@strawberry.type
class WebhookMutations:
    """Each is on the audit trail; a secret is in no reply that is saved."""

    @mutation(description="Make an endpoint with its secret, which is shown this once. Needs an Idempotency-Key.", directives=_KEEP)
    async def create_webhook_endpoint(
        self, info: Info, given: Annotated[inputs.CreateWebhookEndpointInput, _Input]
    ) -> inputs.WebhookSecretPayload | None:
        """`whsec_…`; it is switched on."""
        require_key(info.context)
        webhooks = info.context.services.webhooks

        async def make(tx: TenantTransaction) -> tuple[UUID, str]:
            endpoint, secret = await service.create_endpoint(
                tx, info.context.caller_principal, url=given.url, description=given.description, kinds=given.kinds,
                outward=webhooks.outward, sealer=webhooks.sealer,
            )  # fmt: skip
            return endpoint.endpoint_id, secret

        return await _with_secret(info, given, make)

    @mutation(description="Change where an endpoint leads, what it is called and what it is told.", directives=_KEEP)
    async def change_webhook_endpoint(
        self, info: Info, given: Annotated[inputs.ChangeWebhookEndpointInput, _Input]
    ) -> inputs.WebhookEndpointPayload | None:
        """What waits goes to the new address."""

        async def act(tx: TenantTransaction) -> UUID:
            endpoint = await service.change_endpoint(
                tx, info.context.caller_principal, inputs.endpoint_in(given.id), url=given.url, description=given.description,
                kinds=given.kinds, outward=info.context.services.webhooks.outward,
            )  # fmt: skip
            return endpoint.endpoint_id

        return await _endpoint(info, given, act)

    @mutation(
        description="Give an endpoint a new secret, shown this once; the former one signs besides for a day. Needs an Idempotency-Key.",
        directives=_KEEP,
    )
    async def rotate_webhook_secret(self, info: Info, given: Annotated[inputs.WebhookEndpointInput, _Input]) -> inputs.WebhookSecretPayload | None:
        """The one before the former is gone."""
        require_key(info.context)

        async def make(tx: TenantTransaction) -> tuple[UUID, str]:
            sealer = info.context.services.webhooks.sealer
            return given.named, await service.rotate_secret(tx, info.context.caller_principal, given.named, sealer=sealer)

        return await _with_secret(info, given, make)

    @mutation(description="Send to an endpoint again; what failed meanwhile is replayed by itself.", directives=_KEEP)
    async def enable_webhook_endpoint(
        self, info: Info, given: Annotated[inputs.WebhookEndpointInput, _Input]
    ) -> inputs.WebhookEndpointPayload | None:
        """From now on."""

        async def act(tx: TenantTransaction) -> UUID:
            await service.enable(tx, info.context.caller_principal, given.named)
            return given.named

        return await _endpoint(info, given, act)

    @mutation(description="Send nothing more to an endpoint until it is enabled; what comes meanwhile can be replayed.", directives=_KEEP)
    async def disable_webhook_endpoint(
        self, info: Info, given: Annotated[inputs.WebhookEndpointInput, _Input]
    ) -> inputs.WebhookEndpointPayload | None:
        """At once."""

        async def act(tx: TenantTransaction) -> UUID:
            await service.disable(tx, info.context.caller_principal, given.named)
            return given.named

        return await _endpoint(info, given, act)

    @mutation(description="Delete an endpoint with its log.", directives=_KEEP)
    async def delete_webhook_endpoint(self, info: Info, given: Annotated[inputs.WebhookEndpointInput, _Input]) -> inputs.WebhookDeletedPayload | None:
        """For good."""

        async def use_case(tx: TenantTransaction) -> Reply:
            await service.delete_endpoint(tx, info.context.caller_principal, given.named)
            return {"deleted": True}

        done = await perform(info, given, use_case)
        return inputs.WebhookDeletedPayload(user_errors=done.user_errors, deleted=done.reply is not None)

    @mutation(description="Send a message of kind webhook.test. Needs an Idempotency-Key.", directives=_KEEP)
    async def test_webhook_endpoint(self, info: Info, given: Annotated[inputs.WebhookEndpointInput, _Input]) -> inputs.WebhookDeliveryPayload | None:
        """The delivery tells how it went."""

        async def act(tx: TenantTransaction) -> UUID:
            return await replaying.send_test(tx, info.context.caller_principal, given.named)

        return await _delivery(info, given, act)

    @mutation(description="Send a message again under the same id, delivered or not. Needs an Idempotency-Key.", directives=_KEEP)
    async def replay_webhook_delivery(self, info: Info, given: Annotated[inputs.ReplayWebhookInput, _Input]) -> inputs.WebhookDeliveryPayload | None:
        """A new round of attempts."""

        async def act(tx: TenantTransaction) -> UUID:
            await replaying.replay(tx, info.context.caller_principal, given.named)
            return given.named

        return await _delivery(info, given, act)

    @mutation(description="Send all again that has failed at an endpoint since a time. Needs an Idempotency-Key.", directives=_KEEP)
    async def replay_failed_webhooks(
        self, info: Info, given: Annotated[inputs.ReplayFailedWebhooksInput, _Input]
    ) -> inputs.ReplayFailedWebhooksPayload | None:
        """Each under its own id."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            return {"replayed": await replaying.replay_failed(tx, info.context.caller_principal, inputs.endpoint_in(given.id), given.since)}

        done = await perform(info, given, use_case)
        return inputs.ReplayFailedWebhooksPayload(user_errors=done.user_errors, replayed=done.reply["replayed"] if done.reply else None)


async def _with_secret(info: Info, given: object, make: Callable[[TenantTransaction], Awaitable[tuple[UUID, str]]]) -> inputs.WebhookSecretPayload:
    """Run a use case that makes a secret: the reply that is saved holds the id alone, so that a repetition shows no secret."""
    shown: dict[str, str] = {}

    async def use_case(tx: TenantTransaction) -> Reply:
        endpoint_id, shown["secret"] = await make(tx)
        return {"endpoint": str(endpoint_id)}

    done = await perform(info, given, use_case)
    if done.reply is None:
        return inputs.WebhookSecretPayload(user_errors=done.user_errors, secret=None, endpoint_id=None)
    return inputs.WebhookSecretPayload(user_errors=[], secret=shown.get("secret"), endpoint_id=UUID(done.reply["endpoint"]))


async def _endpoint(info: Info, given: object, act: Callable[[TenantTransaction], Awaitable[UUID]]) -> inputs.WebhookEndpointPayload:
    async def use_case(tx: TenantTransaction) -> Reply:
        return {"endpoint": str(await act(tx))}

    done = await perform(info, given, use_case)
    return inputs.WebhookEndpointPayload(user_errors=done.user_errors, endpoint_id=UUID(done.reply["endpoint"]) if done.reply else None)


async def _delivery(info: Info, given: object, act: Callable[[TenantTransaction], Awaitable[UUID]]) -> inputs.WebhookDeliveryPayload:
    require_key(info.context)

    async def use_case(tx: TenantTransaction) -> Reply:
        return {"delivery": str(await act(tx))}

    done = await perform(info, given, use_case)
    return inputs.WebhookDeliveryPayload(user_errors=done.user_errors, delivery_id=UUID(done.reply["delivery"]) if done.reply else None)
