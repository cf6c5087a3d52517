"""Pages of frozen scopes, and several bounds held beside each other."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID

from backend.genealogy.rules import Certainty
from backend.identifiers import ObjectKind
from backend.objects.service import TraceableObject
from backend.recall_scope import customers, freezing_repository
from backend.recall_scope.answer import Amount, Compared, CustomerPart, FrozenScope, Item, Role
from backend.recall_scope.computing import Carried, carry, counts_of, reach_within
from backend.recall_scope.reaching import parts_of
from backend.recall_scope.resolving import settled
from backend.recall_scope.sources import Bounds, Source
from backend.recall_scope.stored import frozen_of, item_of
from backend.recall_scope.telling import came_of
from infra.database import TenantTransaction
from infra.errors import InvalidInputError

MOST_BOUNDS: Final = 6
# In the place of the empty name of shipments that name nobody.
NOBODY: Final = "-"
_LAST: Final = "\U0010ffff"


async def compare(tx: TenantTransaction, sources: Sequence[Source], bounds: Sequence[Bounds]) -> list[Compared]:
    """The scope of the same sources within each of some bounds. Raises `InvalidInputError` for none or more than six."""
    if not 1 <= len(bounds) <= MOST_BOUNDS:
        raise InvalidInputError(f"Name 1 to {MOST_BOUNDS} bounds to compare; these are {len(bounds)}.", field="bounds")
    found = []
    for one in bounds:
        asked, within_bounds = await settled(tx, sources, one)
        within = await reach_within(tx, asked, within_bounds)
        carried = Carried(within_bounds.include_possible)
        await carry(tx, within, carried, [*within.goods, *within.others])
        came: list[Amount] = []
        for part in parts_of(within.goods):
            came = _summed([*came, *(amount for amounts in (await came_of(tx, part)).values() for amount in amounts)])
        shipped = _summed(Amount(lot.quantity, lot.uom) for each in carried.shipments.values() for lot in each.lots)
        parties = tuple(sorted(carried.parties, key=lambda party: party or ""))
        found.append(Compared(within_bounds, counts_of(within, carried, suspects=0, co_packed=0), tuple(came), tuple(shipped), parties))
    return found


def _summed(amounts: Iterable[Amount]) -> list[Amount]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in amounts:
        sums[one.uom] += one.quantity
    return [Amount(quantity, uom) for uom, quantity in sorted(sums.items())]


async def versions_page(tx: TenantTransaction, case_id: UUID, *, cursor: int, backward: bool, limit: int) -> list[FrozenScope]:
    """Frozen scopes of a case, newest first, from behind a number, in the order of going."""
    return [frozen_of(row) for row in await freezing_repository.versions_of(tx, case_id, cursor=cursor, backward=backward, limit=limit)]


async def items_page(tx: TenantTransaction, scope: FrozenScope, *, role: Role | None, cursor: int, backward: bool, limit: int) -> list[Item]:
    """Objects of a frozen scope from behind a position, in the order of going."""
    number = int(role) if role is not None else None
    rows = await freezing_repository.items(tx, scope.case_id, scope.version, cursor=cursor, backward=backward, limit=limit, role=number)
    return [item_of(row) for row in rows]


async def customers_page(tx: TenantTransaction, scope: FrozenScope, *, cursor: str | None, backward: bool, limit: int) -> list[CustomerPart]:
    """Who received some of a frozen scope, by name, from behind one (`NOBODY` for shipments that name nobody), in the order of going."""
    after = "" if cursor == NOBODY else cursor
    return await customers.of_version(tx, scope.case_id, scope.version, after=after, backward=backward, limit=limit)


async def units_page(
    tx: TenantTransaction, scope: FrozenScope, item: Item, *, cursor: str | None, backward: bool, limit: int
) -> list[tuple[TraceableObject, Certainty]]:
    """Units under a lot of a frozen scope as was known then, by key, from behind one, in the order of going."""
    if item.kind is not ObjectKind.LOT:
        return []
    behind = cursor if cursor is not None else _LAST if backward else ""
    rows = await freezing_repository.units(tx, item.object_id, scope.known_at, after=behind, backward=backward, limit=limit)
    return [
        (
            TraceableObject(row["object_id"], ObjectKind.UNIT, row["key"], row["gtin"], row["code"]),
            item.certainty if len(row["lots"]) == 1 else Certainty.POSSIBLE,
        )
        for row in rows
    ]
