"""What inspections ask of their neighbours: how many to look at, whether an instrument was fit, to which results photos belong."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.inspections.inspections import Inspection
from backend.inspections.rules import ClassPlan, Plan, Verdict
from backend.instruments import service as instruments
from backend.photos import service as photos
from backend.sampling import service as sampling
from backend.sampling.plans import ClassSample, DefectClass
from backend.sampling.variables import Method
from backend.specifications.characteristics import SeverityClass
from backend.specifications.rules import Scope
from backend.specifications.service import Version
from infra.database import TenantTransaction
from infra.errors import InvalidInputError, SuyuanError
from tenants.principal import Principal

# Without a plan one unit is looked at, and the first failure rejects.
UNPLANNED = Plan(1)


@dataclass(frozen=True, slots=True)
class Fitness:
    """Whether an instrument was calibrated when it measured, and if not, why."""

    valid: bool
    note: str = ""


async def plan_for(tx: TenantTransaction, version: Version, goods: Scope, *, lot_size: int | None, key: str, asked: bool) -> tuple[Plan, str]:
    """The sample of an inspection by its specification's plan, and what is to be said of it.

    Where nobody is there to be `asked` (a laboratory, a schedule, another test), what the plan lacks or refuses doesn't keep the goods
    from being inspected: then there is no plan, and it is said why.
    """
    if version.sampling_plan_id is None:
        return UNPLANNED, ""
    try:
        if lot_size is None:
            raise InvalidInputError("The specification has a sampling plan: say in “lotSize” how many items the lot has.", field="lotSize")
        sample = await sampling.plan_for_inspection(
            tx, plan_id=version.sampling_plan_id, product=goods.product or goods.material, supplier=goods.supplier, lot_size=lot_size, reference=key
        )
    except SuyuanError as problem:
        if asked:
            raise
        return UNPLANNED, f"Without the sampling plan: {problem.message}"[:500]
    if not sample.inspected:
        return Plan(0, tuple(_class(one, 0) for one in sample.classes)), "Skipped by the sampling plan (ISO 2859-3): accepted without inspection."
    return Plan(sample.sample_size, tuple(_class(one, one.sample_size) for one in sample.classes)), ", ".join(map(_told, sample.classes))


def _class(one: ClassSample, size: int) -> ClassPlan:
    """By variables with a known deviation nothing here knows that deviation: then the first failure rejects."""
    k = one.k if one.method is Method.S else None
    return ClassPlan(SeverityClass(one.kind), size, one.accept or 0, one.reject if one.reject is not None else 1, k)


def _told(one: ClassSample) -> str:
    return f"{one.kind.name.lower()}: AQL {one.aql} {one.severity.name.lower()} {one.code_letter}".rstrip()


async def fitness_of(tx: TenantTransaction, wanted: Collection[tuple[UUID, datetime]]) -> dict[tuple[UUID, datetime], Fitness]:
    """Each instrument's state at the moment at which it measured; raises `InstrumentNotFoundError`."""
    return {key: Fitness(state.valid, state.reason) for key, state in (await instruments.states_at(tx, wanted)).items()}


async def attach_photos(tx: TenantTransaction, principal: Principal, inspection: Inspection, photo_ids: Sequence[UUID]) -> None:
    """Tie photos to the inspection whose results they show."""
    for start in range(0, len(photo_ids), photos.MOST_AT_ONCE):
        await photos.attach(tx, principal, photo_ids=photo_ids[start : start + photos.MOST_AT_ONCE], subject=inspection.reference)


async def lock_lots(tx: TenantTransaction, inspections: Collection[Inspection]) -> None:
    """Before several inspections are concluded: whatever their order, others who conclude several wait for each other in one alone."""
    counted = [(one.sampling_plan_id, one.goods) for one in inspections if one.sampling_plan_id is not None and one.plan.size]
    await sampling.lock_lots(tx, [(plan_id, goods.product or goods.material, goods.supplier) for plan_id, goods in counted])


async def lot_concluded(tx: TenantTransaction, plan_id: UUID, inspection: Inspection, verdict: Verdict, *, accepted: bool) -> None:
    """Tell the sampling plan, which switches between normal, tightened and reduced inspection."""
    counted = {DefectClass.CRITICAL: verdict.critical, DefectClass.MAJOR: verdict.major, DefectClass.MINOR: verdict.minor}
    goods = inspection.goods
    await sampling.lot_concluded(
        tx, plan_id=plan_id, product=goods.product or goods.material, supplier=goods.supplier, accepted=accepted,
        inspection_id=inspection.inspection_id, lot_size=inspection.lot_size, nonconforming=counted,
    )  # fmt: skip
