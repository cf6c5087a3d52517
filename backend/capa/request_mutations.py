"""Requests to suppliers: sent, their links renewed, answers reviewed, cancelled."""

from typing import Annotated, Final
from uuid import UUID

import strawberry

from backend.capa import requests
from backend.capa.errors import SupplierRequestNotFoundError
from backend.capa.inputs import (
    CancelSupplierRequestInput,
    RenewSupplierRequestLinkInput,
    ReviewSupplierAnswerInput,
    SendSupplierRequestInput,
    SupplierRequestLinkPayload,
    SupplierRequestPayload,
)
from backend.capa.mutations import action_id_of
from backend.capa.tokens import RequestToken
from backend.graphql.commands import Done, Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import mutation
from backend.graphql.ids import uuid_of
from infra.database import TenantTransaction
from tenants.permissions import Permission

_MANAGE: Final = requires(Permission.ACTIONS_MANAGE)


def _request_id(given: strawberry.ID) -> UUID:
    found = uuid_of(given, "SupplierRequest")
    if found is None:
        raise SupplierRequestNotFoundError
    return found


def _payload(done: Done) -> SupplierRequestPayload:
    return SupplierRequestPayload(user_errors=done.user_errors, supplier_request_id=UUID(done.reply["request"]) if done.reply else None)


def _with_link(info: Info, done: Done, made: list[RequestToken]) -> SupplierRequestLinkPayload:
    link = made[0].link(info.context.services.settings.public_url) if done.reply and made else None
    return SupplierRequestLinkPayload(
        link=link, user_errors=done.user_errors, supplier_request_id=UUID(done.reply["request"]) if done.reply else None
    )


@strawberry.type
class SupplierRequestMutations:
    """The answer holds a link, to be brought to the supplier; where a contact of his is known he gets a mail too, with one of its own."""

    @mutation(
        description="Request corrective action from a supplier. The link is good until 30 days after the answer is due, and opens this request "
        "alone. Needs an Idempotency-Key.",
        directives=_MANAGE,
    )
    async def send_supplier_request(
        self, info: Info, given: Annotated[SendSupplierRequestInput, strawberry.argument(name="input")]
    ) -> SupplierRequestLinkPayload | None:
        """The supplier needs no account."""
        require_key(info.context)
        made: list[RequestToken] = []

        async def use_case(tx: TenantTransaction) -> Reply:
            action_id = action_id_of(given.corrective_action_id) if given.corrective_action_id is not None else None
            request_id, token = await requests.send(
                tx, info.context.caller_principal, supplier=given.supplier, text=given.text, due_at=given.due_at, lot_keys=given.lots,
                corrective_action_id=action_id,
            )  # fmt: skip
            made[:] = [token]
            return {"request": str(request_id)}

        return _with_link(info, await perform(info, given, use_case), made)

    @mutation(
        description="Make a new link for a request to a supplier; the one before opens nothing any more. Needs an Idempotency-Key: repeated with "
        "the same one it makes no other link, and doesn't tell the first again.",
        directives=_MANAGE,
    )
    async def renew_supplier_request_link(
        self, info: Info, given: Annotated[RenewSupplierRequestLinkInput, strawberry.argument(name="input")]
    ) -> SupplierRequestLinkPayload | None:
        """For one that was lost, or has ended."""
        require_key(info.context)
        made: list[RequestToken] = []

        async def use_case(tx: TenantTransaction) -> Reply:
            request_id = _request_id(given.supplier_request_id)
            made[:] = [await requests.renew_link(tx, info.context.caller_principal, request_id)]
            return {"request": str(request_id)}

        return _with_link(info, await perform(info, given, use_case), made)

    @mutation(description="Accept a supplier's answer, or send it back with a comment.", directives=_MANAGE)
    async def review_supplier_answer(
        self, info: Info, given: Annotated[ReviewSupplierAnswerInput, strawberry.argument(name="input")]
    ) -> SupplierRequestPayload | None:
        """Of the last answer."""

        async def use_case(tx: TenantTransaction) -> Reply:
            request_id = _request_id(given.supplier_request_id)
            await requests.review(tx, info.context.caller_principal, request_id, accept=given.accept, comment=given.comment, due_at=given.due_at)
            return {"request": str(request_id)}

        return _payload(await perform(info, given, use_case))

    @mutation(description="Cancel a request to a supplier.", directives=_MANAGE)
    async def cancel_supplier_request(
        self, info: Info, given: Annotated[CancelSupplierRequestInput, strawberry.argument(name="input")]
    ) -> SupplierRequestPayload | None:
        """For good."""

        async def use_case(tx: TenantTransaction) -> Reply:
            request_id = _request_id(given.supplier_request_id)
            await requests.cancel(tx, info.context.caller_principal, request_id, reason=given.reason)
            return {"request": str(request_id)}

        return _payload(await perform(info, given, use_case))
