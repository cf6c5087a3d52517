"""What rules look at in inspections: results beyond a limit, and measured values as the points of a chart."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from backend.catalog.sites import Sites
from backend.inspections import service as inspections
from backend.inspections.errors import InspectionNotFoundError
from backend.inspections.service import Inspection, Judged, Result
from backend.objects import service as objects
from backend.rules import forms
from backend.rules.judging import Sample, is_by_series
from backend.rules.watching import Found, Told
from backend.units.sensors import base_unit, in_base_unit
from infra.database import TenantTransaction


@dataclass(frozen=True, slots=True)
class Inspected:
    """A concluded inspection with its results that count, and what was inspected."""

    inspection: Inspection
    results: tuple[Result, ...]
    goods: objects.TraceableObject | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The goods' key, if it names goods."""
        return (self.goods.key,) if self.goods is not None else ()

    @property
    def subject(self) -> str:
        """What an alert is about."""
        return self.goods.uri if self.goods is not None else self.inspection.reference


def looks(document: forms.Document) -> bool:
    """Whether a rule looks at inspections."""
    condition = document.condition
    characteristic = getattr(condition, "characteristic", None)
    of_inspection = isinstance(characteristic, forms.Characteristic) and characteristic.source == "inspection"
    return isinstance(condition, forms.InspectionResult) or (of_inspection and is_by_series(condition))


async def of_inspection(tx: TenantTransaction, inspection_id: UUID) -> Inspected | None:
    """One with its results; None where there is none any more."""
    try:
        inspection, results = await inspections.results_since(tx, inspection_id=inspection_id)
    except InspectionNotFoundError:
        return None
    things = await objects.load(tx, [inspection.object_id]) if inspection.object_id is not None else {}
    counted = sorted((one for one in results if one.replaced_at is None), key=lambda one: (one.measured_at, one.sample, one.measurement))
    return Inspected(inspection, tuple(counted), things.get(inspection.object_id) if inspection.object_id is not None else None)


def concerned(scope: forms.Scope, found: Inspected, places: Sites | None) -> bool:
    """Whether a rule looks at the inspection."""
    inspection, goods = found.inspection, found.inspection.goods
    return (
        (not scope.products or goods.product in scope.products)
        and (not scope.steps or goods.step in scope.steps)
        and (not scope.suppliers or goods.supplier in scope.suppliers)
        and (not scope.equipment or inspection.equipment in scope.equipment)
        and (places is None or places.cover(inspection.place))
    )


def beyond(condition: forms.InspectionResult, found: Inspected) -> list[Found]:
    """Results beyond the rule's limits; without limits, those that the specification fails. One finding for all of an inspection."""
    limited = condition.lower is not None or condition.upper is not None
    out = [
        one
        for one in found.results
        if _same(one.characteristic, condition.characteristic) and (_is_beyond(condition, one) if limited else one.judged is Judged.FAIL)
    ]
    if not out:
        return []
    inspection = found.inspection
    detail = {
        "inspection": str(inspection.inspection_id), "characteristic": condition.characteristic, "lower": condition.lower, "upper": condition.upper,
        "results": [{"value": one.value, "uom": one.unit, "sample": one.sample} for one in out[:20]], "count": len(out),
    }  # fmt: skip
    at = out[-1].measured_at
    return [Found(inspection.reference, at, True, detail, inspection.reference, found.subject, found.keys, _equipment(found), momentary=True)]


def told(condition: forms.AnyCondition, found: Inspected) -> list[Told]:
    """The values of a characteristic, as samples of the product's series."""
    characteristic = getattr(condition, "characteristic", None)
    if not isinstance(characteristic, forms.Characteristic):
        return []
    series = found.inspection.goods.product or found.inspection.place or "-"
    samples = []
    for one in found.results:
        number = one.high if one.high is not None else one.low
        if number is None or not _same(one.characteristic, characteristic.name) or not _comparable(one.unit, characteristic.uom):
            continue
        unit = one.unit or characteristic.uom
        sample = Sample(one.measured_at, in_base_unit(number, unit))
        samples.append(Told(series, sample, found.subject, found.keys, _equipment(found), str(found.inspection.inspection_id)))
    return samples


def _is_beyond(condition: forms.InspectionResult, one: Result) -> bool:
    """A result such as "<0.01" is beyond an upper limit only where its bound is a lower one, and the other way round."""
    if not _comparable(one.unit, condition.uom):
        return False
    unit = one.unit or condition.uom
    low = in_base_unit(one.low, unit) if one.low is not None else None
    high = in_base_unit(one.high, unit) if one.high is not None else None
    upper = in_base_unit(Decimal(repr(condition.upper)), condition.uom or unit) if condition.upper is not None else None
    lower = in_base_unit(Decimal(repr(condition.lower)), condition.uom or unit) if condition.lower is not None else None
    return (upper is not None and low is not None and low > upper) or (lower is not None and high is not None and high < lower)


def _comparable(unit: str, wanted: str) -> bool:
    return not unit or not wanted or base_unit(unit) == base_unit(wanted)


def _same(name: str, wanted: str) -> bool:
    return name.casefold() == wanted.casefold()


def _equipment(found: Inspected) -> tuple[str, ...]:
    return (found.inspection.equipment,) if found.inspection.equipment else ()
