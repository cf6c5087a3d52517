"""What is told of a recall of the flour in the scope's story: goods come back, are destroyed, and customers answer."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from backend.recall_notices import answering, queueing
from backend.recall_notices import service as notices
from backend.recall_notices.kinds import AnswerSource, NoticeKind
from backend.recall_notices.queueing import Part
from backend.recall_notices.rules import Said
from backend.recall_scope import service as scopes
from backend.recall_scope.service import Source
from backend.recalls import service as recalls
from backend.services import Services
from infra.database import TenantTransaction
from tests.factories import made, quantity
from tests.firms import Firm
from tests.recall_scope.story import F1

BOARD: Final = """query($case: ID!) { recallBoard(caseId: $case) { version partial discrepancyCount
  totals { uom certainty shipped recovered recoveredProved recoveredReported destroyed sold held used unknown over recoveryRate knownRate }
  rows(first: 50) { nodes { party gtin uom shipped recovered unknown lots } }
  customers: rows(first: 50, by: CUSTOMER) { nodes { party gtin shipped } } products: rows(first: 50, by: PRODUCT) { nodes { party gtin shipped } }
  own(first: 50) { nodes { gtin uom lots produced returned inStock onHold inTransit inProduction used destroyed missed shipped difference
    reconciliation } }
  discrepancies(first: 50) { nodes { kind party quantity uom object { code } } } } }"""


def plain(*values: Any) -> tuple[Any, ...]:
    """Exact numbers, to be compared with whole ones."""
    return values


def came_back(what: str, amount: float, party: str, minutes: float = 100, uom: str | None = "KGM") -> dict[str, Any]:
    """A customer's goods are received again."""
    source = [{"type": "owning_party", "source": party}]
    return made([], [quantity(what, amount, uom)], minutes, action="OBSERVE", bizStep="receiving", disposition="returned", sourceList=source)


def destroyed(what: str, amount: float, minutes: float = 110, place: str | None = None) -> dict[str, Any]:
    """Goods are destroyed."""
    at = {"bizLocation": {"id": place}} if place else {}
    return made([], [quantity(what, amount)], minutes, action="DELETE", bizStep="destroying", disposition="destroyed", **at)


async def opened(services: Services, firm: Firm, *keys: str, drill: bool = False) -> UUID:
    """A case about the flour, or about other goods."""
    sources = [Source.of_object(key) for key in keys or (F1,)]
    return await services.in_tenant(
        firm.tenant_id,
        lambda tx: recalls.open_case(tx, firm.principal, title="Glass", reason="found", sources=sources, drill=drill),
    )


async def announced(services: Services, firm: Firm, case_id: UUID) -> None:
    """Its scope is frozen, as it is in announcing."""

    async def use(tx: TenantTransaction) -> None:
        await scopes.freeze(tx, case_id, signature_id=None, principal=firm.principal)

    await services.in_tenant(firm.tenant_id, use)


async def answered(services: Services, firm: Firm, case_id: UUID, party: str, said: Mapping[str, Any]) -> None:
    """A customer is told, and answers for his first lot by telephone."""

    async def use(tx: TenantTransaction) -> None:
        case = await recalls.case_by_id(tx, case_id)
        part = next(each for each in await scopes.customers(tx, case_id) if each.party == party)
        known = {notice.party: notice.notice_id for notice in await notices.notices_of(tx, case_id)}
        if party not in known:
            lots = await lots_of(tx, case_id, party)
            [known[party]] = await queueing.write(tx, case, [Part(party, lots)], version=1, kind=NoticeKind.FIRST)
        assert part.lots
        given: dict[str, Any] = {name: value if isinstance(value, bool) else Decimal(value) for name, value in said.items()}
        one = Said(1, **given)
        await answering.by_staff(tx, firm.principal, known[party], [one], source=AnswerSource.PHONE, said_by="Wang", said_at=None)

    await services.in_tenant(firm.tenant_id, use)


async def lots_of(tx: TenantTransaction, case_id: UUID, party: str) -> Any:
    """A customer's lots, as notices tell them."""
    from backend.recall_notices import parts

    return dict(await parts.of_version(tx, case_id, 1, after=None, limit=100))[party]
