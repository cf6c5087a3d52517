"""Rules, what they found, trials, charts and certificates as GraphQL shows them."""

from datetime import date, datetime
from uuid import UUID

import msgspec
import strawberry
from strawberry import ID
from strawberry.scalars import JSON

from backend.graphql.context import Context, Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page, connect, cut
from backend.rules import certificates, service, trying
from backend.rules.drawing import ChartKind, Drawn
from backend.rules.errors import RuleNotFoundError
from tenants.permissions import Permission

strawberry.enum(service.RuleState, description="How far an alert rule is.")
strawberry.enum(ChartKind, name="ControlChartKind", description="Which control chart.")


def _json(text: str) -> JSON:
    return JSON(msgspec.Raw(text.encode()))


@strawberry.type(description="What an alert rule said from a moment on.", directives=requires(Permission.QUALITY_READ))
class AlertRuleVersion:
    """Kept for good: a finding of last year is explained by the version of then."""

    version: int
    document: JSON
    recorded_at: datetime
    recorded_by: str

    @classmethod
    def of(cls, found: service.Version) -> "AlertRuleVersion":
        """From the stored one."""
        return cls(version=found.version, document=_json(found.document_json), recorded_at=found.recorded_at, recorded_by=found.recorded_by)


@strawberry.type(description="Something that an alert rule found, and what became of it.", directives=requires(Permission.QUALITY_READ))
class RuleFiring:
    """Open until `endedAt`. `muted` above 0: it stands for so many findings beyond the cap of an hour. `outcomes`: one for each action."""

    id: ID
    rule_id: ID
    version: int
    series: str
    occurred_at: datetime
    recorded_at: datetime
    ended_at: datetime | None
    ended_because: str | None
    muted: int
    subject: str
    objects: list[str]
    detail: JSON
    alert_id: ID | None
    outcomes: JSON

    @classmethod
    def of(cls, found: service.Firing) -> "RuleFiring":
        """From the stored one; of the goods concerned the first hundred are told."""
        return cls(
            id=global_id("RuleFiring", found.firing_id), rule_id=global_id("AlertRule", found.rule_id), version=found.version, series=found.series,
            occurred_at=found.occurred_at, recorded_at=found.recorded_at, ended_at=found.ended_at, ended_because=found.ended_because,
            muted=found.muted, subject=found.subject, objects=list(found.object_keys[:100]), detail=_json(found.detail_json),
            alert_id=global_id("Alert", found.alert_id) if found.alert_id else None,
            outcomes=_json(msgspec.json.encode(found.outcomes).decode()),
        )  # fmt: skip


@strawberry.type(description="A rule that finds what people must know of, and acts on it.", directives=requires(Permission.QUALITY_READ))
class AlertRule(Node):
    """`triedFindings`: how often it would have found something in the 30 days before it was switched on. Muted until `mutedUntil`."""

    id: ID
    name: str
    kind: str
    state: service.RuleState
    version: int
    document: JSON
    created_at: datetime
    changed_at: datetime
    changed_by: str
    tried_at: datetime | None
    tried_findings: int | None
    muted: int
    muted_until: datetime | None
    rule_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, found: service.StoredRule) -> "AlertRule":
        """From the stored one."""
        return cls(
            id=global_id("AlertRule", found.rule_id), name=found.document.name, kind=found.kind, state=found.state, version=found.version,
            document=_json(found.document_json), created_at=found.created_at, changed_at=found.changed_at, changed_by=found.changed_by,
            tried_at=found.tried_at, tried_findings=found.tried_findings, muted=found.muted, muted_until=found.muted_until, rule_id=found.rule_id,
        )  # fmt: skip

    @field(description="What it found, newest first.")
    async def firings(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[RuleFiring]:
        """Its own."""
        return await firings_of(info.context, self.rule_id, Page.of(first, after, last, before))

    @field(description="What it has said, newest first.")
    async def versions(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[AlertRuleVersion]:
        """All of them."""
        page = Page.of(first, after, last, before)
        async with info.context.reading() as tx:
            rows = await service.page_of_versions(tx, self.rule_id, cursor=page.number(), backward=page.backward, limit=page.limit)
        return connect(page, rows, node=AlertRuleVersion.of, cursor=lambda row: str(row.version))


async def firings_of(context: Context, rule_id: UUID | None, page: Page) -> Connection[RuleFiring]:
    """A page of what a rule, or all rules, found."""
    cursor = page.uuid()
    async with context.reading() as tx:
        rows = await service.page_of_firings(tx, rule_id, cursor=cursor, backward=page.backward, limit=page.limit)
    return connect(page, rows, node=RuleFiring.of, cursor=lambda row: str(row.firing_id))


@strawberry.type(description="Something that a rule would have found.", directives=requires(Permission.QUALITY_READ))
class TrialFinding:
    """Ended within the time that was tried, or still open at its end."""

    at: datetime
    ended_at: datetime | None
    series: str
    subject: str
    detail: JSON


@strawberry.type(description="A rule tried on history; nothing was written.", directives=requires(Permission.QUALITY_READ))
class RuleTrial:
    """`count` findings over `events` events, up to `lookedUntil`, which is `until` unless the trial was `truncated`; `truncatedBecause` says why."""

    since: datetime
    until: datetime
    events: int
    count: int
    still_open: int
    truncated: bool
    truncated_because: str
    looked_until: datetime
    found: strawberry.Private[tuple[trying.Finding, ...]]

    @classmethod
    def of(cls, trial: trying.Trial) -> "RuleTrial":
        """From the trial."""
        return cls(
            since=trial.since, until=trial.until, events=trial.events, count=trial.count, still_open=trial.still_open, truncated=trial.truncated,
            truncated_because=trial.truncated_because, looked_until=trial.looked_until, found=trial.findings,
        )  # fmt: skip

    @field(description="The findings, oldest first, the first thousand of them. Ask with the same since and until for the next page.")
    def findings(
        self, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[TrialFinding]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        rows = cut(page, list(enumerate(self.found)), key=lambda row: row[0], cursor_key=int)
        return connect(page, rows, node=lambda row: _finding(row[1]), cursor=lambda row: str(row[0]))


def _finding(found: trying.Finding) -> TrialFinding:
    detail = JSON(msgspec.Raw(msgspec.json.encode(found.detail, order="sorted")))
    return TrialFinding(at=found.at, ended_at=found.ended_at, series=found.series, subject=found.subject, detail=detail)


@strawberry.type(description="A point of a control chart with its limits.", directives=requires(Permission.QUALITY_READ))
class ControlChartPoint:
    """`violations` are the rules that are complete with it; `size` how many values or pieces it stands for."""

    at: datetime
    value: float
    center: float
    lower: float | None
    upper: float | None
    below: float | None
    size: float
    violations: list[str]

    @classmethod
    def of(cls, drawn: Drawn) -> "ControlChartPoint":
        """From the drawing."""
        return cls(
            at=drawn.at, value=drawn.value, center=drawn.center, lower=drawn.lower, upper=drawn.upper, below=drawn.below, size=drawn.size,
            violations=list(drawn.violations),
        )  # fmt: skip


@strawberry.type(description="A control chart ready to draw.", directives=requires(Permission.QUALITY_READ))
class ControlChart:
    """`spread` is the chart of ranges, deviations or moving ranges beside it. `center` and `sigma` of single values are the baseline."""

    kind: ChartKind
    uom: str
    values: int
    truncated: bool
    center: float | None
    sigma: float | None
    baseline_points: int
    points: list[ControlChartPoint]
    spread: list[ControlChartPoint]


@strawberry.type(description="A certificate that a supplier has shown.", directives=requires(Permission.QUALITY_READ))
class SupplierCertificate:
    """Valid up to and including `validTo`."""

    id: ID
    party: str
    kind: str
    number: str
    issuer: str
    valid_from: date | None
    valid_to: date
    recorded_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, found: certificates.Certificate) -> "SupplierCertificate":
        """From the stored one."""
        return cls(
            id=global_id("SupplierCertificate", found.certificate_id), party=found.party, kind=found.kind, number=found.number, issuer=found.issuer,
            valid_from=found.valid_from, valid_to=found.valid_to, recorded_at=found.recorded_at, withdrawn_at=found.withdrawn_at,
        )  # fmt: skip


async def find_rule(context: Context, public_id: str) -> AlertRule | None:
    """A rule by its public id; rules concern the whole company."""
    identifier = parse_uuid(public_id)
    if identifier is None:
        return None
    context.caller_principal.require_everywhere(Permission.QUALITY_READ)
    async with context.reading() as tx:
        try:
            return AlertRule.of(await service.get_rule(tx, identifier))
        except RuleNotFoundError:
            return None


NODES = (NodeKind("AlertRule", Permission.QUALITY_READ, find_rule),)
