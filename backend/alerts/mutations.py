"""Acting on alerts."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from backend.alerts import acting
from backend.alerts.errors import AlertNotFoundError
from backend.alerts.rules import Resolution, Severity
from backend.alerts.types import Alert, load_alert
from backend.graphql.commands import Reply, perform
from backend.graphql.context import Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import uuid_of
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from tenants.permissions import Permission

ACTS = requires(Permission.ALERTS_ACT)


@strawberry.input
class AcknowledgeAlertsInput:
    """1 to 100 alerts, with `wholeGroup` all open ones of their causes; those that are closed or acknowledged already stay as they are."""

    alert_ids: list[strawberry.ID]
    whole_group: bool = False
    comment: str = ""


@strawberry.input
class AssignAlertsInput:
    """`ownerId` is the id of a `Member`; without it nobody owns them any more. `toMe` takes them."""

    alert_ids: list[strawberry.ID]
    whole_group: bool = False
    owner_id: strawberry.ID | None = None
    to_me: bool = False
    comment: str = ""


@strawberry.input
class CommentAlertsInput:
    """Alerts that are closed may be commented on, too."""

    alert_ids: list[strawberry.ID]
    comment: str
    whole_group: bool = False


@strawberry.input
class SnoozeAlertsInput:
    """They come back by themselves at `until`, at most 30 days away."""

    alert_ids: list[strawberry.ID]
    until: datetime
    whole_group: bool = False
    comment: str = ""


@strawberry.input
class CloseAlertsInput:
    """`resolution` says how you have dealt with them, `reason` why they are over."""

    alert_ids: list[strawberry.ID]
    resolution: Resolution
    reason: str
    whole_group: bool = False


@strawberry.input
class ReopenAlertInput:
    """`reason` says why it isn't over."""

    alert_id: strawberry.ID
    reason: str


@strawberry.input
class ChangeAlertSeverityInput:
    """`reason` says why one has to act sooner or later than the rule has it."""

    alert_ids: list[strawberry.ID]
    severity: Severity
    reason: str
    whole_group: bool = False


@strawberry.type
class AlertsPayload:
    """The alerts that were named, as they are now; or why nothing was done."""

    user_errors: list[UserError]
    alert_ids: strawberry.Private[Sequence[UUID]]

    @field(directives=(ListSize(assumed_size=10),))
    async def alerts(self, info: Info) -> list[Alert]:
        """Without the others of their groups."""
        return [alert for alert_id in self.alert_ids if (alert := await load_alert(info.context, alert_id)) is not None]


@strawberry.type
class AlertMutations:
    """Whoever acts is in the alert's history. The first of two who do the same at once does it, the other is told so."""

    @mutation(description="Take alerts up: nobody else is told of them, and those that nobody owned are yours.", directives=ACTS)
    async def acknowledge_alerts(
        self, info: Info, given: Annotated[AcknowledgeAlertsInput, strawberry.argument(name="input")]
    ) -> AlertsPayload | None:
        """Stops the escalation."""
        return await _act(info, given, given.alert_ids, acting.acknowledge, whole_group=given.whole_group, comment=given.comment)

    @mutation(description="Give alerts to a member, take them, or leave them to nobody.", directives=ACTS)
    async def assign_alerts(self, info: Info, given: Annotated[AssignAlertsInput, strawberry.argument(name="input")]) -> AlertsPayload | None:
        """The new owner is told."""
        owner_id = uuid_of(given.owner_id, "Member") if given.owner_id is not None else None
        mine = info.context.caller_principal.membership_id

        async def assign(tx: TenantTransaction, *rest: Any, **more: Any) -> None:
            if given.owner_id is not None and (owner_id is None or given.to_me):
                raise InvalidInputError("“ownerId” is the id of a member, and goes without “toMe”.", field="ownerId")
            if given.to_me and mine is None:
                raise InvalidInputError("Only a member can own an alert; a machine or a phone can't.", field="toMe")
            await acting.assign(tx, *rest, owner_id=mine if given.to_me else owner_id, **more)

        return await _act(info, given, given.alert_ids, assign, whole_group=given.whole_group, comment=given.comment)

    @mutation(description="Add a comment to alerts' histories.", directives=ACTS)
    async def comment_alerts(self, info: Info, given: Annotated[CommentAlertsInput, strawberry.argument(name="input")]) -> AlertsPayload | None:
        """Nothing else changes."""
        return await _act(info, given, given.alert_ids, acting.comment_on, whole_group=given.whole_group, comment=given.comment)

    @mutation(description="Put alerts off: nobody is told of them until then, when they come back as if just raised.", directives=ACTS)
    async def snooze_alerts(self, info: Info, given: Annotated[SnoozeAlertsInput, strawberry.argument(name="input")]) -> AlertsPayload | None:
        """Acknowledging ends it, and so does a worse severity."""
        return await _act(info, given, given.alert_ids, acting.snooze, whole_group=given.whole_group, until=given.until, comment=given.comment)

    @mutation(description="Close alerts by hand. A condition that is met again raises another one.", directives=ACTS)
    async def close_alerts(self, info: Info, given: Annotated[CloseAlertsInput, strawberry.argument(name="input")]) -> AlertsPayload | None:
        """With a resolution and a reason."""
        return await _act(
            info, given, given.alert_ids, acting.close, whole_group=given.whole_group, resolution=given.resolution, reason=given.reason
        )  # fmt: skip

    @mutation(description="Open an alert again that isn't over.", directives=ACTS)
    async def reopen_alert(self, info: Info, given: Annotated[ReopenAlertInput, strawberry.argument(name="input")]) -> AlertsPayload | None:
        """It is told of and escalated again."""

        async def reopen(tx: TenantTransaction, principal: Any, alert_ids: Sequence[UUID], *, reason: str) -> None:
            await acting.reopen(tx, principal, alert_ids[0], reason=reason)

        return await _act(info, given, [given.alert_id], reopen, reason=given.reason)

    @mutation(description="Judge otherwise how soon somebody has to act. What gets worse has to be acknowledged again.", directives=ACTS)
    async def change_alert_severity(
        self, info: Info, given: Annotated[ChangeAlertSeverityInput, strawberry.argument(name="input")]
    ) -> AlertsPayload | None:
        """With a reason."""
        return await _act(
            info, given, given.alert_ids, acting.change_severity, whole_group=given.whole_group, severity=given.severity, reason=given.reason
        )  # fmt: skip


async def _act(info: Info, given: Any, named: Sequence[strawberry.ID], act: Callable[..., Awaitable[None]], **how: Any) -> AlertsPayload:
    async def use_case(tx: TenantTransaction) -> Reply:
        if len(named) > acting.MOST_ALERTS:
            raise InvalidInputError(f"Name 1 to {acting.MOST_ALERTS} alerts at a time.", field="alertIds")
        found = [uuid_of(each, "Alert") for each in named]
        alert_ids = [alert_id for alert_id in found if alert_id is not None]
        if len(alert_ids) < len(found):
            raise AlertNotFoundError
        await act(tx, info.context.caller_principal, alert_ids, **how)
        return {"alerts": [str(alert_id) for alert_id in alert_ids]}

    done = await perform(info, given, use_case)
    return AlertsPayload(user_errors=done.user_errors, alert_ids=[UUID(each) for each in done.reply["alerts"]] if done.reply else [])
