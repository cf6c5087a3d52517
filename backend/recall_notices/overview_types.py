"""How far a recall's notices have come, its customers, and its plan of reminders, as GraphQL shows them."""

import strawberry

from backend.catalog.types import Partner, load_partner
from backend.graphql.context import Info
from backend.graphql.fields import field
from backend.recall_notices import query_service
from backend.recall_notices.lot_types import READ


@strawberry.type(description="How far the notices of a recall have come.", directives=READ)
class RecallNoticeProgress:
    """`customers` are to be told, `written` of them by now (`whole`: all). `waiting` has not gone out yet, `overdue` was to be answered by now."""

    customers: int
    written: int
    whole: bool
    notices: int
    waiting: int
    sent: int
    opened: int
    acknowledged: int
    reported: int
    no_address: int
    failed: int
    would_send: int
    overdue: int

    @classmethod
    def of(cls, one: query_service.Progress) -> "RecallNoticeProgress":
        """From the counted one."""
        return cls(
            customers=one.customers, written=one.written, whole=one.whole, notices=one.notices, waiting=one.waiting, sent=one.sent,
            opened=one.opened, acknowledged=one.acknowledged, reported=one.reported, no_address=one.no_address, failed=one.failed,
            would_send=one.would_send, overdue=one.overdue,
        )  # fmt: skip


@strawberry.type(description="A customer in a recall's scope.", directives=READ)
class RecallNoticeCustomer:
    """`party` is null for goods whose shipments name nobody; `lotCount` is how many lines a notice to him has."""

    party: str | None
    lot_count: int
    contact_count: int
    connected: bool

    @classmethod
    def of(cls, one: query_service.Customer) -> "RecallNoticeCustomer":
        """From the counted one."""
        return cls(party=one.party, lot_count=one.lots, contact_count=one.contacts, connected=one.connected)

    @field(description="The customer.")
    async def partner(self, info: Info) -> Partner | None:
        """From the catalogue."""
        return await load_partner(info.context, self.party) if self.party else None


@strawberry.type(description="By when customers are to answer, and when they are reminded.", directives=READ)
class RecallNoticePlan:
    """Hours count from when a notice is written. `team` is on duty for what nobody answers, beside the case's owner; `own`: of this case alone."""

    own: bool
    answer_hours: int
    acknowledge_reminder_hours: list[int]
    report_reminder_hours: list[int]
    escalate_hours: int
    team: str
