"""A firm whose goods, papers, places and names can be searched, indexed as the worker does it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from backend.catalog.entries import Location, Partner, Product, ProductKind
from backend.catalog.service import put_locations, put_partners, put_products
from backend.search import service
from backend.search.kinds import SearchKind
from backend.search.service import Found, Sight
from backend.services import Services
from tests.factories import CUSTOMER, DUMPLING, FLOUR, PLANT, SHOP, capture, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm

Search = Callable[..., Awaitable[Found]]
NS = {"mill": "https://mill.example/terms/"}
FLOUR_LOT = lot(FLOUR, "L-2026-0315A")
DUMPLING_LOT = lot(DUMPLING, "D2026031701")
UNIT = unit(DUMPLING, "000123456789")
PALLET = sscc(4711)
ORDER = "urn:epcglobal:cbv:bt:9506000134345:PO-4500017"


def told(event: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """With extension fields of the mill's own."""
    return {"@context": [NS], **event, **fields}


@pytest.fixture
async def mill(services: Services, firm: Firm, do_outbox: Callable[[], Awaitable[int]]) -> Firm:
    """Flour comes in on an order, dumplings are made of it by somebody on some machine, packed and shipped."""
    async with services.database.tenant(firm.tenant_id) as tx:
        await put_products(
            tx, firm.principal,
            [
                Product(FLOUR, {"zh": "高筋小麦面粉", "en": "Strong wheat flour"}, ProductKind.RAW),
                Product(DUMPLING, {"zh": "三鲜水饺", "en": "Three-Delicacy Dumplings"}, ProductKind.FINISHED),
            ],
        )  # fmt: skip
        await put_locations(
            tx, firm.principal,
            [Location(PLANT, {"zh": "杭州一厂", "en": "Hangzhou Works"}, "plant", own=True, time_zone="Asia/Shanghai")],
        )  # fmt: skip
        await put_partners(tx, firm.principal, [Partner(CUSTOMER, {"zh": "浙江华联超市", "en": "Hualian Markets"}, supplier=False, customer=True)])
    order = [{"type": "po", "bizTransaction": ORDER}]
    await capture(
        services, firm.tenant_id,
        told(
            made([], [quantity(FLOUR_LOT, 50)], 0, bizStep="receiving", action="OBSERVE", bizTransactionList=order),
            **{"mill:supplierLot": "WH-778/B"},
        ),
        told(
            transformed([FLOUR_LOT], [DUMPLING_LOT], 10),
            **{"mill:operator": "张伟 W-17", "mill:equipment": "Mixer-3", "mill:recipe": "Winter blend"},
            sensorElementList=[{
                "sensorMetadata": {"deviceID": "https://id.gs1.org/8004/4000001111"},
                "sensorReport": [{"type": "Temperature", "value": 5.5, "uom": "CEL"}],
            }],
        ),
        made([UNIT], minutes=12), packed(PALLET, [UNIT], minutes=20), shipped([PALLET], minutes=30, readPoint={"id": PLANT}),
        made([], [quantity(lot(FLOUR, "l-2026-0315a"), 1)], 40, bizLocation={"id": SHOP}),
    )  # fmt: skip
    await do_outbox()
    return firm


@pytest.fixture
def search(services: Services, mill: Firm) -> Search:
    """Search as somebody who may see everything, or another sight."""

    async def ask(text: str, *kinds: SearchKind, sight: Sight = Sight(), first: int = 20) -> Found:  # noqa: B008 - it is frozen
        async with services.database.tenant(mill.tenant_id) as tx:
            return await service.search(tx, text, sight, kinds=kinds, first=first)

    return ask
