"""What a recall reaches, as the board and the checks need it: as frozen, and before the announcement as it is computed at this moment."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backend.genealogy.rules import Certainty
from backend.identifiers import ObjectKind
from backend.recall_checks import reach_repository
from backend.recall_checks.facts import Shipped
from backend.recall_checks.own_part import Thing
from backend.recall_scope import service as scope
from backend.recall_scope.answer import RecallScope, Role
from infra.database import TenantTransaction

COUNTED: Final = frozenset({ObjectKind.LOT, ObjectKind.UNIT})


@dataclass(frozen=True, slots=True)
class Reached:
    """`version` is None where nothing is frozen. `kinds` tells lots from units that stand for themselves; `keys` are the affected ones'.

    `truncated`: there is more.
    """

    version: int | None
    affected: tuple[Thing, ...]
    inputs: tuple[Thing, ...]
    kinds: dict[int, ObjectKind]
    keys: dict[str, int]
    shipped: tuple[Shipped, ...]
    truncated: bool = False

    def ids(self, kind: ObjectKind) -> list[int]:
        """Of lots, or of units that stand for themselves."""
        return [object_id for object_id, found in self.kinds.items() if found is kind]


async def reached(tx: TenantTransaction, case_id: UUID) -> Reached:
    """The last frozen scope, else what is computed now."""
    version = await reach_repository.last_version(tx, case_id)
    if version is None:
        return of_computed(await scope.of_case(tx, case_id))
    rows = await reach_repository.things(tx, case_id, version)
    things: dict[Role, list[Thing]] = {Role.AFFECTED: [], Role.INPUT: []}
    for row in rows:
        things[Role(row["role"])].append(Thing(row["object_id"], row["gtin"], Certainty(row["certainty"])))
    shipped = tuple(
        Shipped(row["party"], row["object_id"], row["gtin"], row["quantity"], row["uom"], Certainty(row["certainty"]))
        for row in await reach_repository.shipped(tx, case_id, version)
    )
    kinds = {row["object_id"]: ObjectKind(row["kind"]) for row in rows}
    keys = {row["key"]: row["object_id"] for row in rows if row["role"] == Role.AFFECTED}
    return Reached(version, tuple(things[Role.AFFECTED]), tuple(things[Role.INPUT]), kinds, keys, shipped)


def of_computed(found: RecallScope) -> Reached:
    """The same of a scope that was just computed."""
    affected = tuple(Thing(each.thing.object_id, each.thing.gtin, each.certainty) for each in found.affected if each.thing.kind in COUNTED)
    inputs = tuple(Thing(each.thing.object_id, each.thing.gtin, each.certainty) for each in found.suspect_inputs if each.thing.kind in COUNTED)
    things = [*(each.thing for each in found.affected), *(each.thing for each in found.suspect_inputs)]
    kinds = {thing.object_id: thing.kind for thing in things if thing.kind in COUNTED}
    surely = {each.object_id: each.certainty for each in affected}
    shipped = tuple(
        Shipped(one.shipment.to_party, lot.lot.object_id, lot.lot.gtin, lot.quantity, lot.uom, max(lot.certainty, surely[lot.lot.object_id]))
        for one in found.shipments
        for lot in one.lots
        if lot.lot.object_id in surely
    )
    keys = {each.thing.key: each.thing.object_id for each in found.affected}
    return Reached(None, affected, inputs, kinds, keys, shipped, found.truncated)
