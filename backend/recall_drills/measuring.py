"""What the steps of a drill find: the scope, who would be told, and how far quantities and records can be reconciled. Only reads."""

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.balance.lines import LineKind
from backend.balance.lot_service import LotAccounts, accounts_of
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.recall_checks import reach
from backend.recall_checks.own_part import OwnRow, Thing, own_rows
from backend.recall_checks.reach import Reached
from backend.recall_drills import repository
from backend.recall_drills.errors import RecallDrillEmptyError
from backend.recall_drills.rules import DrillStep, Missing, MissingKind, completeness, reconciled, records_in
from backend.recall_scope import service as scope
from infra.database import TenantTransaction

MOST_LISTED: Final = 100
_SENT: Final = frozenset({LineKind.SHIPPED})


async def measure(tx: TenantTransaction, case_id: UUID, step: DrillStep) -> dict[str, Any]:
    """What a step finds, as JSON. Raises `RecallDrillEmptyError`."""
    by_step = {DrillStep.SCOPE: _scope, DrillStep.CUSTOMERS: _customers, DrillStep.RECONCILIATION: _reconciliation}
    return await by_step[step](tx, case_id)


async def _scope(tx: TenantTransaction, case_id: UUID) -> dict[str, Any]:
    found = await scope.of_case(tx, case_id)
    counts = found.counts
    if not counts.affected:
        raise RecallDrillEmptyError
    keys = sorted(each.thing.key for each in found.affected)
    return {
        "affected": counts.affected, "certain": counts.certain, "possible": counts.possible, "units": counts.units, "inputs": counts.suspects,
        "coPacked": counts.co_packed, "shipments": counts.shipments, "truncated": found.truncated, "sha256": _digest(keys),
    }  # fmt: skip


async def _customers(tx: TenantTransaction, case_id: UUID) -> dict[str, Any]:
    """Who would be told, of what. Nobody is."""
    parts = await scope.customers(tx, case_id)
    listed = [[part.party or "", *([lot.key, str(lot.quantity), lot.uom] for lot in part.lots)] for part in parts]
    named = [part.party for part in parts if part.party]
    known = await repository.known_parties(tx, named)
    return {
        "customers": len(named), "lots": sum(len(part.lots) for part in parts), "shipments": sum(part.shipments for part in parts),
        "withoutCustomer": sum(part.shipments for part in parts if not part.party), "notInCatalogue": sorted(set(named) - known)[:MOST_LISTED],
        "sha256": _digest(listed),
    }  # fmt: skip


async def _reconciliation(tx: TenantTransaction, case_id: UUID) -> dict[str, Any]:
    """Forwards: of what was made of affected goods. Backwards: of what they came from."""
    found = await reach.reached(tx, case_id)
    accounts = await accounts_of(tx, found.ids(ObjectKind.LOT), found.ids(ObjectKind.UNIT))
    sides = {}
    for name, things in (("forward", found.affected), ("backward", found.inputs)):
        rows, _ = own_rows(things, accounts.balances, accounts.unfinished, ())
        side = reconciled(rows)
        sides[name] = {"percent": _text(side.percent), "rows": [_row(row) for row in side.rows[:MOST_LISTED]], "products": len(side.rows)}
    missing = await _missing(tx, case_id, found, accounts)
    records = records_in(accounts.balances.values())
    return sides | {
        "records": records, "missing": [{"kind": one.kind, "subject": one.subject, "count": one.count} for one in missing[:MOST_LISTED]],
        "missingCount": sum(one.count for one in missing), "completeness": _text(completeness(records, missing)),
        "partial": accounts.partial or found.truncated,
    }  # fmt: skip


async def _missing(tx: TenantTransaction, case_id: UUID, found: Reached, accounts: LotAccounts) -> list[Missing]:
    things = {thing.object_id: thing for thing in (*found.affected, *found.inputs)}
    named = await objects.load(tx, list(things))
    missing = [
        Missing(MissingKind.QUANTITY_NOT_TOLD, named[object_id].key, count)
        for object_id, balance in accounts.balances.items()
        if object_id in named and (count := sum(one.count for one in balance.untold))
    ]
    nobody = [
        Missing(MissingKind.SHIPPED_WITHOUT_CUSTOMER, named[object_id].key, count)
        for object_id, balance in accounts.balances.items()
        if object_id in named and (count := sum(line.count for line in balance.lines if line.kind in _SENT and not line.party))
    ]
    parties = {one.party for one in found.shipped if one.party}
    strangers = sorted(parties - await repository.known_parties(tx, parties))
    unnamed = await repository.lots_not_told(tx, list(things))
    return [
        *missing, *nobody, *(Missing(MissingKind.CUSTOMER_NOT_IN_CATALOGUE, party) for party in strangers),
        *(Missing(MissingKind.LOT_NOT_TOLD, row["gtin"], row["times"]) for row in unnamed), *await _without_supplier(tx, found, accounts, things),
    ]  # fmt: skip


async def _without_supplier(tx: TenantTransaction, found: Reached, accounts: LotAccounts, things: dict[int, Thing]) -> list[Missing]:
    """Received goods of which no receipt says from whom."""
    silent = [
        object_id for object_id, balance in accounts.balances.items()
        if object_id in things and any(line.kind is LineKind.RECEIVED and not line.party for line in balance.lines)
    ]  # fmt: skip
    named = await objects.load(tx, silent)
    return [Missing(MissingKind.SUPPLIER_NOT_TOLD, named[object_id].key) for object_id in sorted(silent) if object_id in named]


def _row(row: OwnRow) -> dict[str, Any]:
    return {
        "gtin": row.gtin, "uom": row.uom, "certainty": row.certainty.name, "produced": _text(row.produced), "accounted": _text(row.accounted),
        "difference": _text(row.produced - row.accounted), "percent": _text(row.reconciled),
    }  # fmt: skip


def _text(value: Decimal | None) -> str | None:
    return f"{value:f}" if value is not None else None


def _digest(listed: Sequence[Any] | Iterable[Any]) -> str:
    """Tells whether the same list was found."""
    return hashlib.sha256(msgspec.json.encode(listed)).hexdigest()
