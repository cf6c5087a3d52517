"""Open inspections: which specification version judges them, and how many sample units are looked at."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.catalog.sites import Sites, sites_of
from backend.identifiers import parse_identifier
from backend.identifiers.errors import InvalidIdentifierError
from backend.inspections import neighbours, repository
from backend.inspections.errors import InspectionConcludedError, InspectionNotFoundError, InspectionOpenError, NoSpecificationError
from backend.inspections.inspections import Inspection, Kind, Origin, Status, get_inspection
from backend.inspections.sites import require_seen
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.specifications import service as specifications
from backend.specifications.rules import Scope
from backend.specifications.service import Version
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from infra.texts import text_of
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

REASON_LENGTH: Final = 500
LONGEST: Final = 500
LARGEST_LOT: Final = 100_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be inspected. `key` is an object's identifier or bare code; a delivery without one is named by `receipt`.

    `supplier` and `customer` are parties, `step` a business step or step of the company's own, `material` the company's own code: with
    the object's product they choose the specification, unless `specification_id` names one.
    """

    kind: Kind
    key: str = ""
    receipt: str = ""
    place: str = ""
    equipment: str = ""
    product: str = ""
    material: str = ""
    supplier: str = ""
    step: str = ""
    customer: str = ""
    lot_size: int | None = None
    specification_id: UUID | None = None
    due_at: datetime | None = None
    reason: str = ""
    supersedes: UUID | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """Why the service itself opens one; `version` judges it whatever is in force, `repeats` opens one beside another."""

    origin: Origin = Origin.PERSON
    schedule_id: UUID | None = None
    follows: UUID | None = None
    version: Version | None = None
    repeats: bool = False


async def open_inspection(tx: TenantTransaction, principal: Principal, wanted: Wanted, behind: Behind | None = None) -> Inspection:
    """Open an inspection: its specification version is frozen from here on, and its sample drawn.

    Raises `ObjectNotFoundError`, `NoSpecificationError`, `InspectionOpenError` and, where it is to supersede one,
    `InspectionNotFoundError`; `InvalidInputError` for an empty reason then.
    """
    sites = await sites_of(tx, principal, Permission.INSPECTIONS_RECORD)
    wanted = _cleaned(wanted)
    found = await objects.find(tx, wanted.key, sites) if wanted.key else None
    if found is None and sites is not None and not sites.cover(wanted.place):
        raise InvalidInputError("“place” must lie in your sites where no goods are named.", field="place")
    if wanted.supersedes is not None:
        await _check_superseded(tx, wanted.supersedes, found, sites)
        if not wanted.reason:
            raise InvalidInputError("“reason” is empty: say why the concluded inspection doesn't count any more.", field="reason")
    return await opened(tx, principal, wanted, found, behind or Behind())


async def opened(tx: TenantTransaction, principal: Principal | None, wanted: Wanted, found: TraceableObject | None, behind: Behind) -> Inspection:
    """The same for an object at hand; without a principal the service itself opens it."""
    goods = goods_of(wanted, found)
    version = behind.version or await _version_for(tx, wanted, goods, found.uri if found else wanted.receipt or wanted.equipment or "this")
    if found is not None and wanted.supersedes is None and behind.follows is None and not behind.repeats:
        for row in await repository.open_of(tx, found.object_id):
            if (row["kind"], row["specification_id"]) == (wanted.kind, version.specification_id):
                raise InspectionOpenError(found.uri)
    key, asked = found.key if found else "", behind.origin is Origin.PERSON
    plan, note = await neighbours.plan_for(tx, version, goods, lot_size=wanted.lot_size, key=key, asked=asked)
    inspection_id = uuid7()
    values = {
        "inspection_id": inspection_id, "kind": wanted.kind, "origin": behind.origin, "object_id": found.object_id if found else None,
        "receipt": wanted.receipt, "place": wanted.place, "equipment": wanted.equipment, "product": goods.product, "material": goods.material,
        "supplier": goods.supplier, "step": goods.step, "customer": goods.customer, "specification_id": version.specification_id,
        "version": version.version, "sampling_plan_id": version.sampling_plan_id if plan.planned else None, "lot_size": wanted.lot_size,
        "sample_size": plan.size, "sample_classes": msgspec.json.encode(plan.classes).decode(), "sampling_note": note, "reason": wanted.reason,
        "schedule_id": behind.schedule_id, "due_at": wanted.due_at, "opened_at": clock.now(), "opened_by": principal.actor_id if principal else None,
        "supersedes": wanted.supersedes, "follows": behind.follows,
    }  # fmt: skip
    await repository.insert(tx, values)
    after = {
        "kind": wanted.kind.name.lower(), "goods": found.key if found else wanted.receipt, "specification": str(version.specification_id),
        "version": version.version, "sampleSize": plan.size,
    }  # fmt: skip
    await audit.record(tx, principal, "inspection.opened", f"inspection:{inspection_id}", after=after, reason=wanted.reason or None)
    return await get_inspection(tx, inspection_id)


async def cancel_inspection(tx: TenantTransaction, principal: Principal, *, inspection_id: UUID, reason: str) -> Inspection:
    """Close an inspection that never began, with a reason; raises `InspectionConcludedError` where it has results or is closed."""
    sites = await sites_of(tx, principal, Permission.INSPECTIONS_RECORD)
    row = await repository.locked(tx, inspection_id)
    if row is None:
        raise InspectionNotFoundError
    await require_seen(tx, Inspection.from_row(row), sites)
    reason = text_of(reason, "reason", REASON_LENGTH, required=False)
    if not reason:
        raise InvalidInputError("“reason” is empty: say why nobody inspects it.", field="reason")
    if row["status"] == Status.BEGUN:
        raise InvalidInputError("It has results; conclude it instead of cancelling it.", field="inspectionId")
    if not await repository.cancel(tx, inspection_id, note=reason, at=clock.now(), by=principal.actor_id, name=principal.display_name):
        raise InspectionConcludedError
    await audit.record(tx, principal, "inspection.cancelled", f"inspection:{inspection_id}", reason=reason)
    return await get_inspection(tx, inspection_id)


async def _check_superseded(tx: TenantTransaction, inspection_id: UUID, found: TraceableObject | None, sites: Sites | None) -> None:
    row = await repository.by_id(tx, inspection_id)
    if row is None:
        raise InspectionNotFoundError("supersedes")
    before = Inspection.from_row(row)
    await require_seen(tx, before, sites, "supersedes")
    if before.status is not Status.CONCLUDED:
        raise InvalidInputError("Only a concluded inspection can be superseded; record the results in that one.", field="supersedes")
    if before.superseded_by is not None:
        raise InvalidInputError("That inspection is superseded already; name the one that took its place.", field="supersedes")
    if before.object_id != (found.object_id if found else None):
        raise InvalidInputError("That inspection is of other goods.", field="supersedes")


async def _version_for(tx: TenantTransaction, wanted: Wanted, goods: Scope, what: str) -> Version:
    if wanted.specification_id is None:
        version = await specifications.in_force_for(tx, goods)
    else:
        version = await specifications.version_in_force(tx, wanted.specification_id)
    if version is None:
        raise NoSpecificationError(what)
    return version


def goods_of(wanted: Wanted, found: TraceableObject | None) -> Scope:
    """What the goods are, as specifications are for them: the product of the object itself, or of a private form its class as material."""
    product, material = wanted.product, wanted.material
    if found is not None:
        product = found.gtin or ""
        material = material or _class_of(found)
    scope = Scope(product, material, wanted.supplier, wanted.step, wanted.customer)
    return replace(specifications.normal_scope(scope), kind=int(wanted.kind))


def _class_of(found: TraceableObject) -> str:
    if found.gtin is not None:
        return ""
    try:
        return parse_identifier(found.uri).product_key or ""
    except InvalidIdentifierError:
        return ""


def _cleaned(wanted: Wanted) -> Wanted:
    names = ("key", "receipt", "equipment", "reason", "place")
    texts: dict[str, Any] = {name: text_of(getattr(wanted, name), name, LONGEST, required=False) for name in names}
    if texts["place"]:
        texts["place"] = parse_identifier(texts["place"]).uri
    if not texts["key"] and not texts["receipt"] and wanted.kind is not Kind.PERIODIC:
        raise InvalidInputError("Name what is inspected: the code of a lot, serial or SSCC in “key”, or a delivery in “receipt”.", field="key")
    if wanted.lot_size is not None and not 1 <= wanted.lot_size <= LARGEST_LOT:
        raise InvalidInputError(f"“lotSize” is {wanted.lot_size}; it must be from 1 to {LARGEST_LOT}.", field="lotSize")
    return replace(wanted, **texts)
