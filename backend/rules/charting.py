"""Reads the values of a control chart from events or inspections, and draws it in the unit that was asked for."""

import asyncio
import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from backend.charts.limits import Baseline
from backend.inspections import service as inspections
from backend.rules import events_repository, forms
from backend.rules.documents import checked_scope
from backend.rules.drawing import Chart, ChartKind, Drawn, Plot, Value, draw
from backend.rules.evaluation import facts_of, places_of
from backend.rules.forms import Characteristic, Document, Scope
from backend.rules.judging import in_unit
from backend.rules.watching import told_by
from backend.units.sensors import in_base_unit
from infra.database import TenantTransaction
from infra.errors import InvalidInputError

MOST_EVENTS: Final = 3_000
EVENTS_AT_ONCE: Final = 250
MOST_VALUES: Final = 5_000
LONGEST: Final = timedelta(days=366)
_SPREAD: Final = (ChartKind.XBAR_R, ChartKind.XBAR_S, ChartKind.INDIVIDUALS)


@dataclass(frozen=True, slots=True)
class Asked:
    """What to draw: a characteristic over a time, narrowed by a scope; of p and np charts, which dispositions are defective."""

    characteristic: Characteristic
    scope: Scope
    plot: Plot
    since: datetime
    until: datetime
    defective: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DrawnChart:
    """The chart in the unit asked for; `truncated` where there were more values than are drawn."""

    chart: Chart
    values: int
    truncated: bool


async def control_chart(tx: TenantTransaction, asked: Asked) -> DrawnChart:
    """Raises `InvalidInputError` for a time or a scope that can't be."""
    if asked.since.tzinfo is None or asked.until.tzinfo is None or not timedelta(0) < asked.until - asked.since <= LONGEST:
        raise InvalidInputError(f"“since” must lie before “until”, at most {LONGEST.days} days, both with an offset from UTC.", field="since")
    asked = replace(asked, scope=checked_scope(asked.scope))
    attributes = asked.plot.kind in (ChartKind.P, ChartKind.NP)
    if attributes and not asked.scope.steps:
        raise InvalidInputError("Say at which step defectives are counted.", field="steps")
    if not attributes and asked.characteristic.source == "inspection":
        values, truncated = await _inspected(tx, asked)
    else:
        values, truncated = await _told(tx, asked)
    uom = "" if attributes else asked.characteristic.uom
    plot = asked.plot
    if plot.known is not None and not attributes:
        plot = replace(plot, known=_in_base(plot.known, uom))
    try:
        # Thousands of values are reckoned with beside the loop.
        chart = await asyncio.to_thread(draw, plot, values)
    except (ValueError, ArithmeticError) as problem:
        raise InvalidInputError(f"This chart can't be drawn from these values: {problem}.", field="chart") from problem
    return DrawnChart(_in_units(chart, uom, is_sum=plot.kind is ChartKind.CUSUM), len(values), truncated)


async def _told(tx: TenantTransaction, asked: Asked) -> tuple[list[Value], bool]:
    condition: forms.AnyCondition
    if asked.plot.kind in (ChartKind.P, ChartKind.NP):
        condition = forms.DefectRate(defective=asked.defective or forms.DefectRate().defective)
    else:
        condition = forms.ControlChart(characteristic=asked.characteristic)
    document = Document(name="chart", condition=condition, scope=asked.scope)
    places = await places_of(tx, asked.scope)
    values: list[Value] = []
    after: tuple[datetime, int] | None = None
    for _ in range(MOST_EVENTS // EVENTS_AT_ONCE):
        rows = await events_repository.between(tx, asked.since, asked.until, after=after, steps=asked.scope.steps, limit=EVENTS_AT_ONCE)
        for fact in await facts_of(tx, rows):
            samples = [told.sample for told in told_by(document, fact, places)]
            values += [Value(sample.at, sample.value, sample.weight) for sample in samples if not sample.extreme]
        if len(rows) < EVENTS_AT_ONCE or len(values) > MOST_VALUES:
            return sorted(values[:MOST_VALUES], key=lambda one: one.at), len(values) > MOST_VALUES
        after = (rows[-1]["event_time"], rows[-1]["event_id"])
    return sorted(values, key=lambda one: one.at), True


async def _inspected(tx: TenantTransaction, asked: Asked) -> tuple[list[Value], bool]:
    """Values in the unit of the specification, which the characteristic's unit should be."""
    scope = asked.scope
    product = scope.products[0] if len(scope.products) == 1 else None
    step = scope.steps[0] if len(scope.steps) == 1 else None
    rows = await inspections.measurements(
        tx, product=product, characteristic=asked.characteristic.name, step=step, since=asked.since, until=asked.until, limit=MOST_VALUES + 1
    )
    places = await places_of(tx, scope)
    values = []
    for row in rows[:MOST_VALUES]:
        here = (
            (not scope.products or row.product in scope.products)
            and (not scope.steps or row.step in scope.steps)
            and (not scope.suppliers or row.supplier in scope.suppliers)
            and (not scope.equipment or row.equipment in scope.equipment)
            and (places is None or places.cover(row.place))
        )
        if here and row.number is not None:
            values.append(Value(row.measured_at, in_base_unit(row.number, asked.characteristic.uom), group=str(row.subgroup)))
    return values, len(rows) > MOST_VALUES


def _in_base(known: Baseline, uom: str) -> Baseline:
    return Baseline(in_base_unit(Decimal(repr(known.center)), uom), in_base_unit(Decimal(repr(known.sigma)), uom, spread=True))


def _in_units(chart: Chart, uom: str, *, is_sum: bool) -> Chart:
    """Spreads and sums are distances: of a temperature, without its zero point."""
    factor = in_base_unit(Decimal(1), uom, spread=True) or 1.0

    def value(number: float | None, *, distance: bool) -> float | None:
        if number is None or not math.isfinite(number):
            return None
        return float(f"{number / factor:.9g}") if distance else in_unit(number, uom)

    def point(one: Drawn, *, distance: bool) -> Drawn:
        shown = [value(number, distance=distance) for number in (one.value, one.center, one.lower, one.upper, one.below)]
        return replace(one, value=shown[0] or 0.0, center=shown[1] or 0.0, lower=shown[2], upper=shown[3], below=shown[4])

    baseline = chart.baseline
    if baseline is not None:
        baseline = Baseline(in_unit(baseline.center, uom), float(f"{baseline.sigma / factor:.9g}"))
    points = tuple(point(one, distance=is_sum) for one in chart.points)
    return replace(chart, points=points, spread=tuple(point(one, distance=True) for one in chart.spread), baseline=baseline)
