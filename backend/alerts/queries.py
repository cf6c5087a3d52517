"""Reading alerts and their groups."""

from datetime import datetime
from typing import Annotated, Final

import strawberry

from backend.alerts import query_service
from backend.alerts.query_service import Wanted
from backend.alerts.rules import Severity, Status
from backend.alerts.types import Alert, AlertCounts, AlertGroup, alerts_page, load_alert
from backend.catalog.loaders import sites_for
from backend.graphql.context import Info
from backend.graphql.directives import Cost, requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.identifiers import parse_identifier
from infra import clock
from infra.errors import InvalidInputError
from tenants.permissions import Permission

MOST_VALUES: Final = 50
LONGEST: Final = 500


@strawberry.input
class AlertFilter:
    """Alerts that meet all of it; a list that is empty or left out asks for nothing.

    `owner` is the id of a `Member`, `site` any form of a place. One of a storm is listed by itself only with `folded` or a `causeKey`.
    """

    statuses: list[Status] = strawberry.field(default_factory=list)
    severities: list[Severity] = strawberry.field(default_factory=list)
    kinds: list[str] = strawberry.field(default_factory=list)
    owner: strawberry.ID | None = None
    unowned: bool = False
    cause_key: str | None = None
    subject: str | None = None
    rule: strawberry.ID | None = None
    site: str | None = None
    raised_from: datetime | None = None
    raised_before: datetime | None = None
    folded: bool = False

    def wanted(self, *, open_only: bool) -> Wanted:
        """As the service asks; raises `InvalidInputError` naming the field."""
        for name, texts in (("kinds", self.kinds), ("causeKey", [self.cause_key or ""]), ("subject", [self.subject or ""])):
            if len(texts) > MOST_VALUES or any(len(text) > LONGEST or "\x00" in text for text in texts):
                raise InvalidInputError(f"“{name}” has at most {MOST_VALUES} values of at most {LONGEST} characters, without NUL.", field=name)
        owner, rule = (uuid_of(given, kind) if given is not None else None for given, kind in ((self.owner, "Member"), (self.rule, "AlertRule")))
        if self.owner is not None and owner is None:
            raise InvalidInputError("“owner” is no id of a member.", field="owner")
        if self.rule is not None and rule is None:
            raise InvalidInputError("“rule” is no id of an alert rule.", field="rule")
        return Wanted(
            clock.now(), open_only=open_only, statuses=tuple(str(status) for status in self.statuses), severities=tuple(map(int, self.severities)),
            kinds=tuple(self.kinds), owner_id=owner, unowned=self.unowned, cause_key=self.cause_key, subject=self.subject, rule_id=rule,
            raised_from=self.raised_from, raised_before=self.raised_before, folded=self.folded or self.cause_key is not None,
        )  # fmt: skip


@strawberry.type
class AlertQueries:
    """Alerts."""

    @field(description="Alerts, newest first; those that are closed too with `openOnly: false`.", directives=requires(Permission.HOLDS_READ))
    async def alerts(
        self,
        info: Info,
        *,
        open_only: bool = True,
        filter: AlertFilter | None = None,  # noqa: A002 - the name that the schema gives it
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Alert]:
        """A page of them."""
        page, given = Page.of(first, after, last, before), filter or AlertFilter()
        site = parse_identifier(given.site).uri if given.site else None
        return await alerts_page(info, given.wanted(open_only=open_only), page, site)

    @field(description="An alert by its id; null where there is none.", directives=requires(Permission.HOLDS_READ))
    async def alert(self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> Alert | None:
        """The same as `node`."""
        return await load_alert(info.context, uuid_of(public_id, "Alert"))

    @field(
        description="What is open, grouped by cause, that with the newest alert first.", directives=requires(Permission.HOLDS_READ, Cost(weight=10))
    )
    async def alert_groups(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[AlertGroup]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor, sites = page.uuid(), await sites_for(info.context, Permission.HOLDS_READ)
        async with info.context.reading() as tx:
            groups = await query_service.page_of_groups(tx, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites)
        return connect(page, groups, node=AlertGroup.of, cursor=lambda group: str(group.newest))

    @field(description="How many alerts are open and not put off.", directives=requires(Permission.HOLDS_READ, Cost(weight=10)))
    async def alert_counts(self, info: Info) -> AlertCounts:
        """For a badge."""
        sites = await sites_for(info.context, Permission.HOLDS_READ)
        async with info.context.reading() as tx:
            return AlertCounts.of(await query_service.counts(tx, info.context.caller_principal.membership_id, sites))
