"""Alerts, their groups and their history as GraphQL shows them."""

from datetime import datetime
from uuid import UUID

import msgspec
import strawberry
from strawberry import ID
from strawberry.scalars import JSON

from backend.alerts import loaders, query_service
from backend.alerts.query_service import Wanted
from backend.alerts.rules import Act, Resolution, Severity, Status
from backend.catalog.loaders import sites as site_places
from backend.catalog.loaders import sites_for
from backend.graphql.context import Context, Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page, connect
from infra import clock
from tenants.permissions import Permission

strawberry.enum(Severity, description="How soon somebody has to act.")
strawberry.enum(Status, name="AlertStatus", description="Whether somebody has taken an alert up, or has put it off; a snooze ends by itself.")
strawberry.enum(Resolution, name="AlertResolution", description="How an alert ended; RESET where its condition did, which nobody chooses.")
strawberry.enum(Act, name="AlertAct", description="What has happened to an alert.")


@strawberry.type(description="An entry in an alert's history; it is never changed.", directives=requires(Permission.HOLDS_READ))
class AlertHistoryEntry:
    """`actor` is the name as it was then, `actorKind` “service” where the service itself acted; what `detail` holds depends on the act."""

    at: datetime
    act: Act
    actor_kind: str
    actor: str
    comment: str | None
    detail: JSON | None

    @classmethod
    def of(cls, entry: query_service.Entry) -> "AlertHistoryEntry":
        """From the stored one."""
        return cls(
            at=entry.at, act=entry.act, actor_kind=entry.actor_kind, actor=entry.actor, comment=entry.comment, detail=_json(entry.detail_json)
        )  # fmt: skip


@strawberry.type(description="Something that a person has to know and act on.", directives=requires(Permission.HOLDS_READ))
class Alert(Node):
    """`subject` is the URI of what it is about; what `detail` holds depends on the kind.

    A condition that is met again while the alert is open counts in `occurrences`, with `lastAt` and `latestDetail`. `folded`: one of a
    storm, of which nobody was told by itself. Alerts of one `causeKey` are a group.
    """

    id: ID
    kind: str
    severity: Severity
    status: Status
    subject: str
    detail: JSON
    raised_at: datetime
    notified_at: datetime | None
    closed_at: datetime | None
    cause_key: str
    occurrences: int
    last_at: datetime
    latest_detail: JSON | None
    folded: bool
    acknowledged_at: datetime | None
    snoozed_until: datetime | None
    resolution: Resolution | None
    close_reason: str | None
    escalated_steps: int
    alert_id: strawberry.Private[UUID]
    owner_id: strawberry.Private[UUID | None]
    ruling_id: strawberry.Private[UUID | None]
    acknowledger_id: strawberry.Private[UUID | None]
    recurring_id: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, alert: query_service.Alert) -> "Alert":
        """From the stored one."""
        return cls(
            id=global_id("Alert", alert.alert_id), kind=alert.kind, severity=alert.severity, status=alert.status, subject=alert.subject,
            detail=JSON(msgspec.Raw(alert.detail_json.encode())), raised_at=alert.raised_at, notified_at=alert.notified_at,
            closed_at=alert.closed_at, cause_key=alert.cause_key, occurrences=alert.occurrences, last_at=alert.last_at,
            latest_detail=_json(alert.latest_json), folded=alert.folded, acknowledged_at=alert.acknowledged_at,
            snoozed_until=alert.snoozed_until if alert.status is Status.SNOOZED else None, resolution=alert.resolution,
            close_reason=alert.close_reason, escalated_steps=alert.escalated_steps, alert_id=alert.alert_id, owner_id=alert.owner_id,
            ruling_id=alert.rule_id,             acknowledger_id=alert.acknowledged_by, recurring_id=alert.recurrence_of,
        )  # fmt: skip

    @field(description="The alert rule that raised it; null where the service itself did.")
    def rule_id(self) -> ID | None:
        """Its id."""
        return global_id("AlertRule", self.ruling_id) if self.ruling_id else None

    @field(description="The member who sees to it, as an id of `Member`.")
    def owner(self) -> ID | None:
        """Null while nobody owns it."""
        return global_id("Member", self.owner_id) if self.owner_id else None

    @field(description="The name of the member who sees to it.")
    async def owner_name(self, info: Info) -> str | None:
        """Also of one who has left."""
        return await info.context.load(loaders.member_names, self.owner_id) if self.owner_id else None

    @field(description="The name of the member who took it up; null where a machine or a phone did.")
    async def acknowledged_by(self, info: Info) -> str | None:
        """The history has all names."""
        return await info.context.load(loaders.member_names, self.acknowledger_id) if self.acknowledger_id else None

    @field(description="The last alert of the same condition, which ended before this one was raised.")
    async def recurrence_of(self, info: Info) -> "Alert | None":
        """As far as the caller may see it."""
        return await load_alert(info.context, self.recurring_id)

    @field(description="What has happened to it, newest first.")
    async def history(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[AlertHistoryEntry]:
        """All of it, from the raising on."""
        page = Page.of(first, after, last, before)
        cursor = page.uuid()
        async with info.context.reading() as tx:
            entries = await query_service.history(tx, self.alert_id, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, entries, node=AlertHistoryEntry.of, cursor=lambda entry: str(entry.entry_id))


@strawberry.type(description="The open alerts of one cause.", directives=requires(Permission.HOLDS_READ))
class AlertGroup:
    """`severity` is the worst of them; `foldedCount` are those of a storm, which were counted and not told of one by one."""

    cause_key: str
    severity: Severity
    alert_count: int
    folded_count: int
    unacknowledged_count: int
    kinds: list[str]
    first_raised_at: datetime
    last_at: datetime
    newest_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, group: query_service.AlertGroup) -> "AlertGroup":
        """From the numbers."""
        return cls(
            cause_key=group.cause_key, severity=group.severity, alert_count=group.alerts, folded_count=group.folded,
            unacknowledged_count=group.unacknowledged, kinds=list(group.kinds), first_raised_at=group.first_at, last_at=group.last_at,
            newest_id=group.newest,
        )  # fmt: skip

    @field(description="The alert that was raised last.")
    async def newest(self, info: Info) -> Alert | None:
        """What the group is about, in most cases."""
        return await load_alert(info.context, self.newest_id)

    @field(description="All of them, folded ones too, newest first.")
    async def alerts(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[Alert]:
        """A page of them."""
        return await alerts_page(info, Wanted(clock.now(), cause_key=self.cause_key, folded=True), Page.of(first, after, last, before))


@strawberry.type(description="How many alerts are open and not put off, 10,000 of each at most.", directives=requires(Permission.HOLDS_READ))
class AlertCounts:
    """For a badge. `mine` are those that you own."""

    open: int
    unacknowledged: int
    critical: int
    warning: int
    notice: int
    mine: int

    @classmethod
    def of(cls, counted: query_service.AlertCounts) -> "AlertCounts":
        """From the service's."""
        return cls(
            open=counted.open, unacknowledged=counted.unacknowledged, critical=counted.critical, warning=counted.warning, notice=counted.notice,
            mine=counted.mine,
        )  # fmt: skip


async def alerts_page(info: Info, wanted: Wanted, page: Page, site: str | None = None) -> Connection[Alert]:
    """A page of alerts about what the caller meets, and at one site where he asks for it."""
    cursor, sites = page.uuid(), await sites_for(info.context, Permission.HOLDS_READ)
    if site is not None:
        within = await info.context.load(site_places, frozenset({site}))
        if sites is not None and not sites.cover(site):
            return connect(page, [], node=Alert.of, cursor=str)
        sites = within
    async with info.context.reading() as tx:
        rows = await query_service.page_of_alerts(tx, wanted, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites)
    return connect(page, rows, node=Alert.of, cursor=lambda row: str(row.alert_id))


async def load_alert(context: Context, alert_id: UUID | None) -> Alert | None:
    """An alert by its id, through the batch."""
    found = await context.load(loaders.alerts, alert_id) if alert_id is not None else None
    return Alert.of(found) if found else None


async def find_alert(context: Context, public_id: str) -> Alert | None:
    """An alert by its public id."""
    return await load_alert(context, parse_uuid(public_id))


def _json(text: str | None) -> JSON | None:
    return None if text is None else JSON(msgspec.Raw(text.encode()))


NODES = (NodeKind("Alert", Permission.HOLDS_READ, find_alert),)
