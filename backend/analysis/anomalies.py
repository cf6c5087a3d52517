"""How what was found wrong in a time is distributed: over products, places, equipment, shifts, suppliers and parameters, through the genealogy."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID

from backend.alerts import query_service as alerts
from backend.analysis.factors import Factor, FactorKind
from backend.analysis.populations import MOST_INSPECTIONS, all_inspections, evenly
from backend.analysis.walking import walk
from backend.catalog.sites import Sites, narrower, sites_of
from backend.holds import query_service as holds
from backend.identifiers import IdentifierRole, InvalidIdentifierError, ObjectKind, parse_identifier
from backend.inspections import query_service as inspections
from backend.inspections.inspections import Status
from backend.inspections.rules import Conclusion
from backend.nonconformance import query_service as nonconformances
from backend.nonconformance.rules import NcSourceKind
from backend.objects import service as objects
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from tenants.permissions import Permission
from tenants.principal import Principal

LONGEST: Final = timedelta(days=366)
MOST_WALKED: Final = 1_000
MOST_READ: Final = 5_000
MOST_VALUES: Final = 100
_PAGE: Final = 500


class AnomalyKind(Enum):
    """What was found. A measurement out of its limits is a failed inspection; what a sensor or rule found is an alert."""

    FAILED_INSPECTION = "failedInspection"
    NONCONFORMANCE = "nonconformance"
    COMPLAINT = "complaint"
    HOLD = "hold"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One of them: when it was found, and on which of the tenant's objects (none: on nothing that is known here)."""

    kind: AnomalyKind
    at: datetime
    object_id: int | None


@dataclass(frozen=True, slots=True)
class Share:
    """A value of the dimension, on how many anomalies it came up, by kind, and of all of them that were laid over the genealogy."""

    factor: Factor
    count: int
    kinds: dict[AnomalyKind, int]


@dataclass(frozen=True, slots=True)
class Distribution:
    """`total` anomalies, of which `placed` are about objects that could be walked up from; `more` where there are more than one question reads."""

    shares: tuple[Share, ...]
    total: int
    placed: int
    totals: dict[AnomalyKind, int]
    more: bool


async def distribution(
    tx: TenantTransaction, principal: Principal, *, since: datetime, until: datetime, by: FactorKind, gtin: str | None, sites: Sites | None, most: int
) -> Distribution:
    """Anomalies found from `since` to `until`, by what their objects are or were exposed to. An anomaly counts for each value that fits it.

    Holds are told of to those who may see holds.
    """
    principal.require(Permission.TRACE_READ)
    principal.require(Permission.QUALITY_READ)
    if since >= until or until - since > LONGEST:
        raise InvalidInputError(f"Ask for a time of up to {LONGEST.days} days that ends after it begins.", field="to")
    await tx.plan_for_any_tenant()
    found, more = await _found(tx, principal, since, until, sites)
    things = await objects.load(tx, {each.object_id for each in found if each.object_id is not None})
    if gtin is not None:
        found = [each for each in found if each.object_id in things and things[each.object_id].gtin == gtin]
    ids = sorted({each.object_id for each in found if each.object_id in things and things[each.object_id].kind in (ObjectKind.LOT, ObjectKind.UNIT)})
    goods = evenly(ids, MOST_WALKED)
    if by is FactorKind.PRODUCT:
        values = [(Factor(by, things[each].gtin or ""), [each]) for each in goods if things[each].gtin]
    else:
        walked = await walk(tx, goods, sites) if goods else None
        values = [(factor, _members(goods, mask)) for factor, mask in (walked.factors if walked else {}).items() if factor.kind is by]
    of_object: dict[int, list[Anomaly]] = defaultdict(list)
    for each in found:
        if each.object_id is not None:
            of_object[each.object_id].append(each)
    shares = _shares(values, of_object)
    placed = sum(len(of_object[each]) for each in goods)
    return Distribution(tuple(shares[: min(most, MOST_VALUES)]), len(found), placed, _by_kind(found), more or len(ids) > len(goods))


def _shares(values: Sequence[tuple[Factor, Collection[int]]], of_object: dict[int, list[Anomaly]]) -> list[Share]:
    gathered: dict[Factor, list[Anomaly]] = defaultdict(list)
    for factor, members in values:
        for each in members:
            gathered[factor] += of_object[each]
    shares = [Share(factor, len(told), _by_kind(told)) for factor, told in gathered.items()]
    return sorted(shares, key=lambda share: (-share.count, share.factor.value, share.factor.step, share.factor.low or 0.0))


def _members(goods: Sequence[int], mask: int) -> list[int]:
    return [each for place, each in enumerate(goods) if mask >> place & 1]


def _by_kind(found: Sequence[Anomaly]) -> dict[AnomalyKind, int]:
    counts = {kind: sum(each.kind is kind for each in found) for kind in AnomalyKind}
    return {kind: count for kind, count in counts.items() if count}


async def _found(tx: TenantTransaction, principal: Principal, since: datetime, until: datetime, sites: Sites | None) -> tuple[list[Anomaly], bool]:
    found: list[Anomaly] = []
    wanted = inspections.Filter(statuses=(int(Status.CONCLUDED),), conclusion=int(Conclusion.REJECTED), since=since, until=until)
    failed = await all_inspections(tx, wanted, sites)
    found += [
        Anomaly(AnomalyKind.FAILED_INSPECTION, each.concluded_at or each.opened_at, each.object_id) for each in failed if each.superseded_by is None
    ]
    for read in (_nonconformances, _alerts):
        found += await read(tx, since, until, sites)
    if Permission.HOLDS_READ in principal.permissions:
        found += await _holds(tx, since, until, narrower(sites, await sites_of(tx, principal, Permission.HOLDS_READ)))
    return found, len(failed) == MOST_INSPECTIONS or len(found) >= MOST_READ


async def _nonconformances(tx: TenantTransaction, since: datetime, until: datetime, sites: Sites | None) -> list[Anomaly]:
    """Each object of one is an anomaly; what came of an inspection or an alert has been counted as that."""
    kinds = {
        NcSourceKind.COMPLAINT: AnomalyKind.COMPLAINT,
        NcSourceKind.RETURN: AnomalyKind.COMPLAINT,
        NcSourceKind.MANUAL: AnomalyKind.NONCONFORMANCE,
    }
    opened = await nonconformances.opened_within(tx, list(kinds), since=since, until=until, limit=MOST_READ, sites=sites)
    told = {nonconformance_id: (kinds[source], at) for nonconformance_id, (source, at) in opened.items()}
    goods = await nonconformances.goods_of(tx, told) if told else {}
    met = await objects.met_at(tx, {one.object_id for each in goods.values() for one in each}, sites)
    found = []
    for nonconformance_id, (kind, at) in told.items():
        concerned = [one.object_id for one in goods.get(nonconformance_id, ()) if one.object_id in met]
        found += [Anomaly(kind, at, object_id) for object_id in concerned] or [Anomaly(kind, at, None)]
    return found


async def _holds(tx: TenantTransaction, since: datetime, until: datetime, sites: Sites | None) -> list[Anomaly]:
    placed = await holds.placed_within(tx, since=since, until=until, limit=MOST_READ, sites=sites)
    return [Anomaly(AnomalyKind.HOLD, at, object_id) for at, object_id in placed]


async def _alerts(tx: TenantTransaction, since: datetime, until: datetime, sites: Sites | None) -> list[Anomaly]:
    """Those about objects; others, as of a receiver that doesn't answer, are no anomalies of goods."""
    told: list[tuple[datetime, str]] = []
    wanted = alerts.Wanted(clock.now(), open_only=False, raised_from=since, raised_before=until)
    cursor: UUID | None = None
    while len(told) < MOST_READ:
        page = await alerts.page_of_alerts(tx, wanted, cursor=cursor, backward=False, limit=_PAGE, sites=sites)
        told += [(each.raised_at, each.subject) for each in page]
        if len(page) < _PAGE:
            break
        cursor = page[-1].alert_id
    ids = await _ids(tx, {subject for _, subject in told}, sites)
    return [Anomaly(AnomalyKind.ALERT, at, ids[subject]) for at, subject in told if subject in ids]


async def _ids(tx: TenantTransaction, subjects: Collection[str], sites: Sites | None) -> dict[str, int]:
    """The objects that alerts are about, as far as they are any."""
    keys: dict[str, str] = {}
    for subject in subjects:
        try:
            keys[subject] = parse_identifier(subject, role=IdentifierRole.REFERENCE).key
        except InvalidIdentifierError:
            continue
    things = await objects.find_keys(tx, set(keys.values()), sites)
    return {subject: things[key].object_id for subject, key in keys.items() if key in things}
