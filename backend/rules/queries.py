"""Reading rules, trying them, drawing control charts, and suppliers' certificates."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from backend.charts.limits import Baseline
from backend.graphql.context import Context, Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.rules import certificates, charting, forms, service, trying
from backend.rules.documents import read_document
from backend.rules.drawing import ChartKind, Plot
from backend.rules.errors import RuleNotFoundError
from backend.rules.types import AlertRule, ControlChart, ControlChartPoint, RuleFiring, RuleTrial, SupplierCertificate, firings_of
from infra.errors import InvalidInputError
from tenants.permissions import Permission

# A trial goes through thousands of events.
TRYING = Cost(weight=1_000)
DRAWING = Cost(weight=500)
MOST_NAMED = 50
MOST_SUBGROUP = 100_000


@strawberry.input
class ControlChartInput:
    """`uom` is a UN/CEFACT code. Of sensors, `characteristic` is the type of report. Give `center` and `sigma` of single values, or neither:
    then the first `baselinePoints` make the limits. `rules` are named as nelson_1 or western_electric_4.
    """

    characteristic: str
    chart: ChartKind
    since: datetime
    until: datetime
    uom: str = ""
    inspected: bool = False
    products: list[str] = strawberry.field(default_factory=list)
    steps: list[str] = strawberry.field(default_factory=list)
    places: list[str] = strawberry.field(default_factory=list)
    equipment: list[str] = strawberry.field(default_factory=list)
    suppliers: list[str] = strawberry.field(default_factory=list)
    defective: list[str] = strawberry.field(default_factory=list)
    subgroup: int = 5
    baseline_points: int = 25
    rules: list[str] = strawberry.field(default_factory=lambda: ["nelson_1"])
    center: Decimal | None = None
    sigma: Decimal | None = None
    weight: Decimal = Decimal("0.2")
    width: Decimal = Decimal(3)
    allowance: Decimal = Decimal("0.5")
    run_length: Decimal = Decimal(465)


def _everywhere(context: Context) -> None:
    """Rules, their findings and charts are the whole company's: whoever is limited to sites sees the alerts instead."""
    context.caller_principal.require_everywhere(Permission.QUALITY_READ)


@strawberry.type
class RuleQueries:
    """Rules and charts."""

    @field(description="Alert rules, newest first.", directives=requires(Permission.QUALITY_READ))
    async def alert_rules(
        self,
        info: Info,
        *,
        state: service.RuleState | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[AlertRule]:
        """A page of them."""
        _everywhere(info.context)
        page = Page.of(first, after, last, before)
        cursor = page.uuid()
        async with info.context.reading() as tx:
            rows = await service.page_of_rules(tx, state=state, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=AlertRule.of, cursor=lambda row: str(row.rule_id))

    @field(
        description="The JSON Schema of a rule's document, with titles in en and zh, units and defaults.",
        directives=requires(Permission.QUALITY_READ),
    )
    def rule_schema(self) -> JSON:
        """For whoever builds forms from it."""
        return JSON(service.schema())

    @field(description="What alert rules found, newest first; of one rule or of all.", directives=requires(Permission.QUALITY_READ))
    async def rule_firings(
        self,
        info: Info,
        *,
        rule_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[RuleFiring]:
        """A page of them."""
        _everywhere(info.context)
        page = Page.of(first, after, last, before)
        identifier = uuid_of(rule_id, "AlertRule") if rule_id is not None else None
        if rule_id is not None and identifier is None:
            raise RuleNotFoundError
        return await firings_of(info.context, identifier, page)

    @field(
        description="What a rule's document (JSON text) would have found between two moments; nothing is written.",
        directives=requires(Permission.QUALITY_READ, TRYING),
    )
    async def try_rule(self, info: Info, document: str, since: datetime, until: datetime) -> RuleTrial:
        """At most 10,000 events, beside the requests of others."""
        _everywhere(info.context)
        read = read_document(document)
        tenant_id = info.context.caller_principal.tenant_id
        trial = await info.context.services.lane.run(lambda database: trying.try_document(database, tenant_id, read, since=since, until=until))
        return RuleTrial.of(trial)

    @field(
        description="A control chart of a characteristic, or of a step's defectives, ready to draw.",
        directives=requires(Permission.QUALITY_READ, DRAWING, ListSize(assumed_size=1)),
    )
    async def control_chart(self, info: Info, given: Annotated[ControlChartInput, strawberry.argument(name="input")]) -> ControlChart:
        """Its points in order of time."""
        _everywhere(info.context)
        asked = _asked(given)
        async with info.context.reading() as tx:
            drawn = await charting.control_chart(tx, asked)
        chart = drawn.chart
        return ControlChart(
            kind=given.chart, uom=given.uom, values=drawn.values, truncated=drawn.truncated,
            center=chart.baseline.center if chart.baseline else None, sigma=chart.baseline.sigma if chart.baseline else None,
            baseline_points=chart.baseline_points, points=[ControlChartPoint.of(point) for point in chart.points],
            spread=[ControlChartPoint.of(point) for point in chart.spread],
        )  # fmt: skip

    @field(description="Suppliers' certificates, newest first; of one party or of all.", directives=requires(Permission.QUALITY_READ))
    async def supplier_certificates(
        self,
        info: Info,
        *,
        party: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[SupplierCertificate]:
        """A page of them."""
        _everywhere(info.context)
        page = Page.of(first, after, last, before)
        cursor = page.uuid()
        async with info.context.reading() as tx:
            rows = await certificates.page_of_certificates(tx, party, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=SupplierCertificate.of, cursor=lambda row: str(row.certificate_id))


def _asked(given: ControlChartInput) -> charting.Asked:
    """The input as the chart takes it; raises `InvalidInputError` for figures beyond their bounds."""
    _within("subgroup", given.subgroup, 1, MOST_SUBGROUP if given.chart in (ChartKind.P, ChartKind.NP) else 25)
    _within("baselinePoints", given.baseline_points, 2, 1_000)
    _within("weight", given.weight, 0.001, 1)
    _within("width", given.width, 0.1, 10)
    _within("allowance", given.allowance, 0.01, 5)
    _within("runLength", given.run_length, 20, 1e6)
    lists = (given.products, given.steps, given.places, given.equipment, given.suppliers, given.defective, given.rules)
    if any(len(names) > MOST_NAMED or any(len(name) > 400 or "\x00" in name for name in names) for names in lists):
        raise InvalidInputError(f"A list names more than {MOST_NAMED} things, or one that is too long.", field="input")
    if unknown := [name for name in given.rules if name not in forms.CHART_RULES]:
        raise InvalidInputError(f"There is no rule “{unknown[0][:40]}”; they are {', '.join(forms.CHART_RULES)}.", field="rules")
    if not 0 < len(given.characteristic) <= 120 or len(given.uom) > 10 or "\x00" in given.characteristic + given.uom:
        raise InvalidInputError("“characteristic” takes 1 to 120 characters, “uom” up to 10.", field="characteristic")
    known = None
    attributes = given.chart in (ChartKind.P, ChartKind.NP)
    if given.center is not None and (attributes or given.sigma is not None):
        sigma = given.sigma or Decimal(0)
        _within("center", given.center, 0 if attributes else -1e12, 1 if attributes else 1e12)
        _within("sigma", sigma, 0, 1e12)
        known = Baseline(float(given.center), float(sigma))
    elif given.center is not None or given.sigma is not None:
        raise InvalidInputError("Give the known mean and the known deviation, or neither.", field="center")
    source: forms.Source = "inspection" if given.inspected else "sensor"
    scope = forms.Scope(
        products=tuple(given.products), steps=tuple(given.steps), places=tuple(given.places), equipment=tuple(given.equipment),
        suppliers=tuple(given.suppliers),
    )  # fmt: skip
    plot = Plot(
        given.chart,
        given.subgroup,
        given.baseline_points,
        tuple(given.rules),
        known,
        float(given.weight),
        float(given.width),
        float(given.allowance),
        float(given.run_length),
    )
    characteristic = forms.Characteristic(name=given.characteristic, uom=given.uom, source=source)
    return charting.Asked(characteristic, scope, plot, given.since, given.until, tuple(given.defective))


def _within(name: str, value: Decimal | int, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InvalidInputError(f"“{name}” is {value:g}; it must be from {low:g} to {high:g}.", field=name)
