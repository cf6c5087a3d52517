"""However long a page is, it takes the same number of statements."""

from typing import Any

import pytest

from backend.services import Services
from infra.database import TenantTransaction
from tests.factories import DUMPLING, FLOUR, capture, lot, made, quantity, shipped, transformed
from tests.firms import Firm
from tests.graphql.conftest import Caller, catalogue


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that is run in a tenant's transaction."""
    run: list[str] = []

    def watched(name: str) -> Any:
        inner = getattr(TenantTransaction, name)

        async def call(self: TenantTransaction, statement: str, *values: Any) -> Any:
            run.append(statement)
            return await inner(self, statement, *values)

        return call

    for name in ("fetch", "fetchrow", "fetchval", "execute"):
        monkeypatch.setattr(TenantTransaction, name, watched(name))
    return run


EVENTS = """query($n: Int!) { events(first: $n) { nodes { bizStep location { name } objects(first: 3) { nodes { object {
  code productName positions { quantity location { name } } unitsCount holdCauses { reason } timeline(first: 2) { nodes { type } } } } } } } }"""
SHIPMENTS = "query($n: Int!) { shipments(first: $n) { nodes { customerName origin { name } event { type } lots { object { productName } } } } }"
TRACE = """query($n: Int!) { trace(key: "F-0", direction: FORWARD) { nodes(first: $n) { nodes { object { productName unitsCount } } }
  links(first: $n) { nodes { event { bizStep } parent { productName } } } } }"""


@pytest.mark.parametrize("query", [EVENTS, SHIPMENTS, TRACE])
async def test_number_of_statements_does_not_grow_with_the_page(
    firm: Firm, services: Services, owner: Caller, statements: list[str], query: str
) -> None:
    await catalogue(owner)
    story = [made(amounts=[quantity(lot(FLOUR, "F-0"), 100)])]
    for number in range(12):
        story += [transformed([lot(FLOUR, "F-0")], [lot(DUMPLING, f"D-{number}")]), shipped([], [quantity(lot(DUMPLING, f"D-{number}"), 1)])]
    await capture(services, firm.tenant_id, *story)
    counts = []
    for size in (2, 20):
        statements.clear()
        await owner.ask(query, {"n": size})
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 15
