"""A story for recalls' scopes: flour F1 went into dough D1 and D2, those into dumplings P1 and P2, which went to two customers."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from backend.recall_scope import service as scopes
from backend.recall_scope.service import NO_BOUNDS, Bounds, FrozenScope, RecallScope, Source
from backend.services import Services
from infra.database import TenantTransaction
from infra.ids import uuid7
from tests.factories import CUSTOMER, DOUGH, DUMPLING, FLOUR, MEAT, capture, lot, made, packed, quantity, shipped, sscc, transformed
from tests.firms import Firm

F1, F2, M1 = lot(FLOUR, "F1"), lot(FLOUR, "F2"), lot(MEAT, "M1")
D1, D2, P1, P2 = lot(DOUGH, "D1"), lot(DOUGH, "D2"), lot(DUMPLING, "P1"), lot(DUMPLING, "P2")
OTHER: Final = "https://id.gs1.org/417/9506000134048"
MILL: Final = "https://id.gs1.org/417/9506000134031"
U1, U2 = f"{P1}/21/U1", f"{P1}/21/U2"
TO_OTHER: dict[str, Any] = {"destinationList": [{"type": "owning_party", "destination": OTHER}]}
RECEIVED: dict[str, Any] = {"action": "OBSERVE", "bizStep": "receiving", "sourceList": [{"type": "owning_party", "source": MILL}]}
CUSTOMERS: Final = (CUSTOMER, OTHER)


def events() -> list[dict[str, Any]]:
    """What is told, in the order in which it happened. M1 lies beside P1 on a pallet, and nothing was made of F2."""
    return [
        made(amounts=[quantity(F1, 100)], minutes=0, **RECEIVED), made(amounts=[quantity(F2, 50)], minutes=1, **RECEIVED),
        made(amounts=[quantity(M1, 40)], minutes=2),
        transformed([F1], [D1], 10, amount=40), transformed([F1], [D2], 12, amount=30),
        transformed([D1], [P1], 20, amount=35), transformed([D2, M1], [P2], 22, amount=25),
        packed(sscc(1), amounts=[quantity(P1, 5), quantity(F2, 3)], minutes=30),
        shipped([], [quantity(P1, 20)], minutes=40), shipped([], [quantity(P2, 25)], minutes=50, **TO_OTHER),
    ]  # fmt: skip


async def tell(services: Services, firm: Firm, *more: dict[str, Any]) -> None:
    """The story, and what goes on from it."""
    await capture(services, firm.tenant_id, *events(), *more)


async def ask(services: Services, firm: Firm, sources: Sequence[Source], bounds: Bounds = NO_BOUNDS) -> RecallScope:
    """The scope of sources, as it is now."""
    async with services.database.tenant(firm.tenant_id) as tx:
        return await scopes.compute(tx, sources, bounds)


async def put(services: Services, firm: Firm, sources: Sequence[Source], bounds: Bounds = NO_BOUNDS, *, drill: bool = False) -> UUID:
    """A case with these sources."""
    case_id = uuid7()
    await services.in_tenant(firm.tenant_id, lambda tx: scopes.put_sources(tx, case_id, sources, bounds, principal=firm.principal, drill=drill))
    return case_id


async def freeze(services: Services, firm: Firm, case_id: UUID) -> FrozenScope:
    """The next version."""

    async def use(tx: TenantTransaction) -> FrozenScope:
        return await scopes.freeze(tx, case_id, signature_id=None, principal=firm.principal)

    return await services.in_tenant(firm.tenant_id, use)


def codes(goods: Sequence[Any]) -> list[str]:
    """Lot numbers and serials."""
    return [one.thing.code for one in goods]
