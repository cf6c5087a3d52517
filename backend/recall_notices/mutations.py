"""Contacts, the plan of reminders, sending again, links, and what customers have told our staff."""

from typing import Annotated, Final
from uuid import UUID

import strawberry

from backend.graphql.commands import Done, Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import mutation
from backend.graphql.ids import uuid_of
from backend.nonconformance.texts import TITLE, text_of
from backend.photos.types import photo_ids
from backend.recall_notices import answering, contacts, links, resending
from backend.recall_notices.errors import RecallContactNotFoundError, RecallNoticeNotFoundError
from backend.recall_notices.inputs import (
    PutRecallContactInput,
    RecallContactPayload,
    RecallNoticeLinkPayload,
    RecallNoticePayload,
    RecallNoticePlanPayload,
    RecordRecallAnswerInput,
    RemoveRecallContactInput,
    RenewRecallNoticeLinkInput,
    RevokeRecallNoticeLinksInput,
    SendRecallNoticeAgainInput,
    SetRecallNoticePlanInput,
)
from backend.recall_notices.queries import case_id_of, plan_of
from backend.recalls.service import case_by_id
from infra.database import TenantTransaction
from tenants.permissions import Permission

_MANAGE: Final = requires(Permission.RECALLS_MANAGE)


def notice_id_of(given: strawberry.ID) -> UUID:
    """The notice that an id names; raises `RecallNoticeNotFoundError`."""
    found = uuid_of(given, "RecallNotice")
    if found is None:
        raise RecallNoticeNotFoundError
    return found


def _contact_id(given: strawberry.ID) -> UUID:
    found = uuid_of(given, "RecallContact")
    if found is None:
        raise RecallContactNotFoundError
    return found


def _payload(done: Done) -> RecallNoticePayload:
    return RecallNoticePayload(user_errors=done.user_errors, notice_id=UUID(done.reply["notice"]) if done.reply else None)


@strawberry.type
class RecallNoticeMutations:
    """Notices are written by themselves when a recall is announced, extended and closed."""

    @mutation(description="Enter a contact for recalls at a partner's, or change one.", directives=_MANAGE)
    async def put_recall_contact(
        self, info: Info, given: Annotated[PutRecallContactInput, strawberry.argument(name="input")]
    ) -> RecallContactPayload | None:
        """Several per partner."""

        async def use_case(tx: TenantTransaction) -> Reply:
            contact_id = await contacts.put_contact(
                tx, info.context.caller_principal, contact_id=_contact_id(given.id) if given.id is not None else None, party=given.party,
                name=given.name, email=given.email, phone=given.phone, language=given.language, role=given.role,
            )  # fmt: skip
            return {"contact": str(contact_id)}

        done = await perform(info, given, use_case)
        return RecallContactPayload(user_errors=done.user_errors, contact_id=UUID(done.reply["contact"]) if done.reply else None)

    @mutation(description="Remove a contact for recalls: nothing is sent there any more.", directives=_MANAGE)
    async def remove_recall_contact(
        self, info: Info, given: Annotated[RemoveRecallContactInput, strawberry.argument(name="input")]
    ) -> RecallContactPayload | None:
        """What was sent stays."""

        async def use_case(tx: TenantTransaction) -> Reply:
            await contacts.remove_contact(tx, info.context.caller_principal, _contact_id(given.contact_id))
            return {}

        done = await perform(info, given, use_case)
        return RecallContactPayload(user_errors=done.user_errors, contact_id=None)

    @mutation(description="Say by when customers are to answer and when they are reminded: of one recall, or in general.", directives=_MANAGE)
    async def set_recall_notice_plan(
        self, info: Info, given: Annotated[SetRecallNoticePlanInput, strawberry.argument(name="input")]
    ) -> RecallNoticePlanPayload | None:
        """Reminders of notices that are written already follow it too; by when they are to be answered stays."""

        async def use_case(tx: TenantTransaction) -> Reply:
            case_id = case_id_of(given.case_id) if given.case_id is not None else None
            if case_id is not None:
                await case_by_id(tx, case_id)
            await contacts.set_plan(tx, info.context.caller_principal, case_id, given.plan())
            return {}

        done = await perform(info, given, use_case)
        if done.reply is None:
            return RecallNoticePlanPayload(plan=None, user_errors=done.user_errors)
        async with info.context.reading() as tx:
            plan, own = await contacts.plan_for(tx, case_id_of(given.case_id) if given.case_id is not None else None)
        return RecallNoticePlanPayload(plan=plan_of(plan, own), user_errors=[])

    @mutation(description="Send a notice again, to the customer's contacts as they are now. Needs an Idempotency-Key.", directives=_MANAGE)
    async def send_recall_notice_again(
        self, info: Info, given: Annotated[SendRecallNoticeAgainInput, strawberry.argument(name="input")]
    ) -> RecallNoticePayload | None:
        """After a contact was entered, or the mail server was mended."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            notice_id = notice_id_of(given.notice_id)
            await resending.send_again(tx, info.context.caller_principal, notice_id)
            return {"notice": str(notice_id)}

        return _payload(await perform(info, given, use_case))

    @mutation(
        description="Make a link to a notice, to be brought to the customer; the ones before open nothing any more, unless they are kept.",
        directives=_MANAGE,
    )
    async def renew_recall_notice_link(
        self, info: Info, given: Annotated[RenewRecallNoticeLinkInput, strawberry.argument(name="input")]
    ) -> RecallNoticeLinkPayload | None:
        """It is told once."""
        made: list[str] = []
        public_url = info.context.services.settings.public_url

        async def use_case(tx: TenantTransaction) -> Reply:
            notice_id = notice_id_of(given.notice_id)
            principal = info.context.caller_principal
            made[:] = [await links.renew(tx, principal, notice_id, public_url=public_url, keep=given.keep_others)]
            return {"notice": str(notice_id)}

        done = await perform(info, given, use_case)
        return RecallNoticeLinkPayload(
            link=made[0] if done.reply and made else None, user_errors=done.user_errors,
            notice_id=UUID(done.reply["notice"]) if done.reply else None,
        )  # fmt: skip

    @mutation(description="Revoke all links to a notice: they open nothing from now on.", directives=_MANAGE)
    async def revoke_recall_notice_links(
        self, info: Info, given: Annotated[RevokeRecallNoticeLinksInput, strawberry.argument(name="input")]
    ) -> RecallNoticePayload | None:
        """Reminders bring new ones."""

        async def use_case(tx: TenantTransaction) -> Reply:
            notice_id, reason = notice_id_of(given.notice_id), text_of(given.reason, "reason", TITLE)
            await links.revoke(tx, info.context.caller_principal, notice_id, reason=reason)
            return {"notice": str(notice_id)}

        return _payload(await perform(info, given, use_case))

    @mutation(
        description="Write down what a customer told us by telephone, letter, e-mail or on a visit: that he has the notice, and what became of "
        "lots. Needs an Idempotency-Key.",
        directives=_MANAGE,
    )
    async def record_recall_answer(
        self, info: Info, given: Annotated[RecordRecallAnswerInput, strawberry.argument(name="input")]
    ) -> RecallNoticePayload | None:
        """Photos are evidence of what was destroyed or found."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            notice_id = notice_id_of(given.notice_id)
            await answering.by_staff(
                tx, info.context.caller_principal, notice_id, [line.said() for line in given.lines], source=given.source, said_by=given.said_by,
                said_at=given.said_at, photo_ids=photo_ids(given.photo_ids),
            )  # fmt: skip
            return {"notice": str(notice_id)}

        return _payload(await perform(info, given, use_case))
