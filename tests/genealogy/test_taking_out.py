"""What is taken out of a container by an amount, in another unit of measure than it was put in, or without one."""

from decimal import Decimal
from typing import Any

import pytest

from backend.services import Services
from tests.factories import FLOUR, capture, lot, packed, quantity, sscc
from tests.firms import Firm

F1 = lot(FLOUR, "F1")


@pytest.mark.parametrize(
    ("put_in", "taken_out", "left"),
    [
        ([(100, "KGM")], {"quantity": 40_000, "uom": "GRM"}, {("KGM", 60)}),
        ([(1, "TNE")], {"quantity": 250, "uom": "KGM"}, {("TNE", Decimal("0.75"))}),
        ([(100, "KGM"), (5, "LTR")], {"quantity": 100_000, "uom": "GRM"}, {("LTR", 5)}),
        ([(10, "KGM"), (500, "GRM")], {"quantity": 10_200, "uom": "GRM"}, {("GRM", 300)}),
        ([(24, None)], {"quantity": 1, "uom": "DZN"}, {(None, 12)}),
        ([(100, "KGM")], {"quantity": 40, "uom": "LTR"}, {("KGM", 100)}),
        ([(100, "KGM")], {}, set()),
        ([(100, "KGM"), (5, "LTR"), (3, None)], {}, set()),
    ],
)
async def test_what_is_left(services: Services, firm: Firm, put_in: list[tuple[int, str | None]], taken_out: dict[str, Any], left: set[Any]) -> None:
    filled = [packed(sscc(1), [], [quantity(F1, amount, uom)], minutes) for minutes, (amount, uom) in enumerate(put_in)]
    out = {**packed(sscc(1), minutes=30, action="DELETE"), "childQuantityList": [{"epcClass": F1, **taken_out}]}
    await capture(services, firm.tenant_id, *filled, out)
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch("select uom, quantity from containment where tenant_id = $1 and valid_to > '9999-01-01'")
    assert {(row["uom"], row["quantity"]) for row in rows} == left
