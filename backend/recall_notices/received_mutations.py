"""Taking notices of other companies into this one, answering them, and ending connections."""

from typing import Annotated, Final
from uuid import UUID

import strawberry

from backend.graphql.commands import Done, Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.errors import is_business, user_errors
from backend.graphql.fields import mutation
from backend.graphql.ids import uuid_of
from backend.nonconformance.texts import TITLE, text_of
from backend.recall_notices import companies, receiving
from backend.recall_notices.claiming import claim
from backend.recall_notices.errors import RecallConnectionNotFoundError, RecallNoticeNotFoundError
from backend.recall_notices.inputs import (
    AcknowledgeReceivedRecallNoticeInput,
    AnswerReceivedRecallNoticeInput,
    RecallConnectionPayload,
    ReceivedRecallNoticePayload,
    ReceiveRecallNoticeInput,
    RevokeRecallConnectionInput,
)
from infra.database import TenantTransaction
from infra.errors import SuyuanError
from tenants.permissions import Permission

_MANAGE: Final = requires(Permission.RECALLS_MANAGE)


def _received_id(given: strawberry.ID) -> UUID:
    found = uuid_of(given, "ReceivedRecallNotice")
    if found is None:
        raise RecallNoticeNotFoundError
    return found


def _payload(done: Done) -> ReceivedRecallNoticePayload:
    return ReceivedRecallNoticePayload(user_errors=done.user_errors, received_id=UUID(done.reply["received"]) if done.reply else None)


@strawberry.type
class ReceivedRecallNoticeMutations:
    """Each side keeps its own records; what is said goes from one to the other."""

    @mutation(
        description="Take a recall notice that another company has sent by link into this company. Later ones of the same sender then arrive by "
        "themselves. Needs an Idempotency-Key.",
        directives=_MANAGE,
    )
    async def receive_recall_notice(
        self, info: Info, given: Annotated[ReceiveRecallNoticeInput, strawberry.argument(name="input")]
    ) -> ReceivedRecallNoticePayload | None:
        """The sender sees which company has taken it, and by whom."""
        require_key(info.context)
        principal = info.context.caller_principal
        principal.require_everywhere(Permission.RECALLS_MANAGE)
        try:
            claimed = await claim(info.context.services.database, principal, given.link)
        except SuyuanError as refusal:
            if not is_business(refusal):
                raise
            return ReceivedRecallNoticePayload(user_errors=user_errors(refusal), received_id=None)

        async def use_case(tx: TenantTransaction) -> Reply:
            received_id = await receiving.take(
                tx, principal, connection_id=claimed.connection_id, sender_id=claimed.sender_id, sender=claimed.sender, party=claimed.party,
                notices=claimed.notices, opened=claimed.opened,
            )  # fmt: skip
            return {"received": str(received_id)}

        return _payload(await perform(info, given, use_case))

    @mutation(description="Tell the sender of a recall notice that it is in hand here.", directives=_MANAGE)
    async def acknowledge_received_recall_notice(
        self, info: Info, given: Annotated[AcknowledgeReceivedRecallNoticeInput, strawberry.argument(name="input")]
    ) -> ReceivedRecallNoticePayload | None:
        """Once."""

        async def use_case(tx: TenantTransaction) -> Reply:
            received_id = _received_id(given.received_notice_id)
            await receiving.acknowledge(tx, info.context.caller_principal, received_id)
            return {"received": str(received_id)}

        return _payload(await perform(info, given, use_case))

    @mutation(description="Tell the sender of a recall notice what became of lots. Needs an Idempotency-Key.", directives=_MANAGE)
    async def answer_received_recall_notice(
        self, info: Info, given: Annotated[AnswerReceivedRecallNoticeInput, strawberry.argument(name="input")]
    ) -> ReceivedRecallNoticePayload | None:
        """In parts, and corrected later, as it comes to be known."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            received_id = _received_id(given.received_notice_id)
            await receiving.answer(tx, info.context.caller_principal, received_id, [line.said() for line in given.lines])
            return {"received": str(received_id)}

        return _payload(await perform(info, given, use_case))

    @mutation(description="End a connection with another company: no notices come or go by it any more.", directives=_MANAGE)
    async def revoke_recall_connection(
        self, info: Info, given: Annotated[RevokeRecallConnectionInput, strawberry.argument(name="input")]
    ) -> RecallConnectionPayload | None:
        """Either side may; what was received stays."""

        async def use_case(tx: TenantTransaction) -> Reply:
            connection_id = uuid_of(given.connection_id, "RecallConnection")
            if connection_id is None:
                raise RecallConnectionNotFoundError
            reason = text_of(given.reason, "reason", TITLE)
            await companies.disconnect(tx, info.context.caller_principal, connection_id, reason=reason)
            return {"connection": str(connection_id)}

        done = await perform(info, given, use_case)
        return RecallConnectionPayload(user_errors=done.user_errors, connection_id=UUID(done.reply["connection"]) if done.reply else None)
