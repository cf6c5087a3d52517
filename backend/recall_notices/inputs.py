"""What is given to the mutations on recall notices, and what they answer."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry

from backend.graphql.context import Info
from backend.graphql.errors import UserError
from backend.graphql.fields import field
from backend.recall_notices import kinds
from backend.recall_notices.received_types import RecallConnection, ReceivedRecallNotice, load_connection, load_received
from backend.recall_notices.rules import Plan, Said
from backend.recall_notices.types import RecallContact, RecallNotice, RecallNoticePlan, load_contact, load_notice


@strawberry.input
class PutRecallContactInput:
    """With `id` other words for a contact; `party` is the partner in any form of an identifier, `language` zh or en."""

    party: str
    name: str
    id: strawberry.ID | None = None
    email: str = ""
    phone: str = ""
    language: str = "zh"
    role: kinds.ContactRole = kinds.ContactRole.RECALLS


@strawberry.input
class RemoveRecallContactInput:
    """What was sent to him stays."""

    contact_id: strawberry.ID


@strawberry.input
class SetRecallNoticePlanInput:
    """Of one case, or of the company where `caseId` isn't given. `team` is `role:<key>`, `team:<id>` or empty. Hours count from the notice."""

    case_id: strawberry.ID | None = None
    answer_hours: int = 72
    acknowledge_reminder_hours: list[int] = strawberry.field(default_factory=lambda: [4, 24, 48])
    report_reminder_hours: list[int] = strawberry.field(default_factory=lambda: [24, 48, 72])
    escalate_hours: int = 24
    team: str = ""

    def plan(self) -> Plan:
        """As the service takes it."""
        return Plan(
            self.answer_hours, tuple(self.acknowledge_reminder_hours), tuple(self.report_reminder_hours), self.escalate_hours, self.team.strip()
        )


@strawberry.input
class SendRecallNoticeAgainInput:
    """To the contacts as they are now."""

    notice_id: strawberry.ID


@strawberry.input
class RenewRecallNoticeLinkInput:
    """The links before open nothing any more, unless they are to be kept."""

    notice_id: strawberry.ID
    keep_others: bool = False


@strawberry.input
class RevokeRecallNoticeLinksInput:
    """All of a notice's."""

    notice_id: strawberry.ID
    reason: str


@strawberry.input
class RecallAnswerInput:
    """What became of one lot as a whole, now. `uom` is the notice's where it isn't given; `confirmMore`: more than was delivered is meant so."""

    line: int
    found: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)
    destroyed: Decimal = Decimal(0)
    forwarded: Decimal = Decimal(0)
    uom: str | None = None
    nothing: bool = False
    forwarded_to: str = ""
    note: str = ""
    confirm_more: bool = False

    def said(self) -> Said:
        """As the service takes it."""
        return Said(
            self.line, self.found, self.returned, self.destroyed, self.forwarded, self.uom, self.nothing, self.forwarded_to, self.note,
            confirmed=self.confirm_more,
        )  # fmt: skip


@strawberry.input
class RecordRecallAnswerInput:
    """What a customer told us by telephone, letter, e-mail or on a visit; without `lines` only that he has the notice."""

    notice_id: strawberry.ID
    source: kinds.AnswerSource
    said_by: str
    said_at: datetime | None = None
    lines: list[RecallAnswerInput] = strawberry.field(default_factory=list)
    photo_ids: list[strawberry.ID] = strawberry.field(default_factory=list)


@strawberry.input
class ReceiveRecallNoticeInput:
    """The link that another company has sent, or the token in it."""

    link: str


@strawberry.input
class AcknowledgeReceivedRecallNoticeInput:
    """The sender is told."""

    received_notice_id: strawberry.ID


@strawberry.input
class AnswerReceivedRecallNoticeInput:
    """The sender is told; of each lot the last answer counts."""

    received_notice_id: strawberry.ID
    lines: list[RecallAnswerInput]


@strawberry.input
class RevokeRecallConnectionInput:
    """Nothing comes or goes by it any more; the other company is told."""

    connection_id: strawberry.ID
    reason: str


@strawberry.type
class RecallContactPayload:
    """The contact as it is now, or why nothing was done; null for one that was removed."""

    user_errors: list[UserError]
    contact_id: strawberry.Private[UUID | None]

    @field()
    async def contact(self, info: Info) -> RecallContact | None:
        """The contact."""
        return await load_contact(info.context, self.contact_id)


@strawberry.type
class RecallNoticePlanPayload:
    """The plan as it is now, or why nothing was done."""

    plan: RecallNoticePlan | None
    user_errors: list[UserError]


@strawberry.type
class RecallNoticePayload:
    """The notice as it is now, or why nothing was done."""

    user_errors: list[UserError]
    notice_id: strawberry.Private[UUID | None]

    @field()
    async def notice(self, info: Info) -> RecallNotice | None:
        """The notice."""
        return await load_notice(info.context, self.notice_id)


@strawberry.type
class RecallNoticeLinkPayload:
    """The notice and its link, which is shown here once: null where this is the repetition of a request."""

    link: str | None
    user_errors: list[UserError]
    notice_id: strawberry.Private[UUID | None]

    @field()
    async def notice(self, info: Info) -> RecallNotice | None:
        """The notice."""
        return await load_notice(info.context, self.notice_id)


@strawberry.type
class ReceivedRecallNoticePayload:
    """The received notice as it is now, or why nothing was done."""

    user_errors: list[UserError]
    received_id: strawberry.Private[UUID | None]

    @field()
    async def notice(self, info: Info) -> ReceivedRecallNotice | None:
        """The notice."""
        return await load_received(info.context, self.received_id)


@strawberry.type
class RecallConnectionPayload:
    """The connection as it is now, or why nothing was done."""

    user_errors: list[UserError]
    connection_id: strawberry.Private[UUID | None]

    @field()
    async def connection(self, info: Info) -> RecallConnection | None:
        """The connection."""
        return await load_connection(info.context, self.connection_id)
