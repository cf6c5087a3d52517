"""A grower and packer of romaine: his catalogue, and a day of harvest, cooling, packing and shipping."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from backend.catalog import service as catalog
from backend.events.contexts import SUYUAN_NAMESPACE
from backend.services import Services
from infra.database import TenantTransaction
from tests.factories import at, capture, gtin, lot, packed, quantity, sscc
from tests.firms import Firm

ROMAINE, HEADS = gtin(701), gtin(702)
TUNA, BUTTER, NUTS = gtin(703), gtin(704), gtin(705)
FARM = "https://id.gs1.org/414/9506000134000"
PACKHOUSE = "https://id.gs1.org/414/9506000134017"
BUYER = "https://id.gs1.org/417/9506000134024"
HARVEST_LOT, PACKED_LOT, PALLET = lot(ROMAINE, "H-0302"), lot(HEADS, "P-0303"), sscc(70)
OWN = {"suyuan": SUYUAN_NAMESPACE}
CODE = f"(01){HEADS}(10)P-0303"


def event(kind: str, minutes: float, **fields: Any) -> dict[str, Any]:
    """An event with our extensions' context."""
    base = {"type": kind, "eventTime": at(minutes), "eventTimeZoneOffset": "-08:00", "eventID": f"urn:uuid:{_id()}"}
    return {"@context": [OWN], **base, **{name: value for name, value in fields.items() if value is not None}}


_ids = iter(range(1, 1_000_000))


def _id() -> str:
    return f"00000000-0000-4000-8000-{next(_ids):012d}"


PAPERS = [
    {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:9506000134024:PO-1"},
    {"type": "bol", "bizTransaction": "urn:epcglobal:cbv:bt:9506000134017:BOL-2"},
]


def harvest(minutes: float = 0, **fields: Any) -> dict[str, Any]:
    """Of the field's lot, on its way to the packhouse."""
    told = {"suyuan:growingArea": "Field 7, block C", "suyuan:referenceDocumentType": "Field tag", "suyuan:referenceDocumentNumber": "FT-77"}
    return event(
        "ObjectEvent", minutes, action="ADD", bizStep=f"{SUYUAN_NAMESPACE}harvesting", quantityList=[quantity(HARVEST_LOT, 200, "LBR")],
        bizLocation={"id": FARM}, destinationList=[{"type": "location", "destination": PACKHOUSE}], **(told | fields),
    )  # fmt: skip


def cooling(minutes: float = 60, **fields: Any) -> dict[str, Any]:
    """In the vacuum cooler of the packhouse."""
    return event(
        "ObjectEvent", minutes, action="OBSERVE", bizStep=f"{SUYUAN_NAMESPACE}cooling", quantityList=[quantity(HARVEST_LOT, 200, "LBR")],
        bizLocation={"id": PACKHOUSE}, destinationList=[{"type": "location", "destination": PACKHOUSE}],
        bizTransactionList=[{"type": "prodorder", "bizTransaction": "urn:epcglobal:cbv:bt:9506000134017:COOL-5"}], **fields,
    )  # fmt: skip


def received(minutes: float = 90, **fields: Any) -> dict[str, Any]:
    """By the packhouse, before it is packed: by the rule no record."""
    return event(
        "ObjectEvent", minutes, action="OBSERVE", bizStep="receiving", quantityList=[quantity(HARVEST_LOT, 200, "LBR")],
        bizLocation={"id": PACKHOUSE}, sourceList=[{"type": "location", "source": FARM}], **fields,
    )  # fmt: skip


def packing(minutes: float = 120, **fields: Any) -> dict[str, Any]:
    """Initially, into cases of a lot of their own."""
    return event(
        "TransformationEvent", minutes, bizStep="packing", inputQuantityList=[quantity(HARVEST_LOT, 200, "LBR")],
        outputQuantityList=[quantity(PACKED_LOT, 8, "CS")], bizLocation={"id": PACKHOUSE},
        bizTransactionList=[{"type": "prodorder", "bizTransaction": "urn:epcglobal:cbv:bt:9506000134017:PACK-9"}], **fields,
    )  # fmt: skip


def palletised(minutes: float = 130) -> dict[str, Any]:
    """The cases on a pallet."""
    return packed(PALLET, amounts=[quantity(PACKED_LOT, 6, "CS")], minutes=minutes, bizLocation={"id": PACKHOUSE})


def shipping(minutes: float = 150, **fields: Any) -> dict[str, Any]:
    """The pallet to the buyer; it names no lot."""
    return event(
        "ObjectEvent", minutes, action="OBSERVE", bizStep="shipping", disposition="in_transit", epcList=[PALLET], readPoint={"id": PACKHOUSE},
        destinationList=[{"type": "owning_party", "destination": BUYER}],
        **({"bizTransactionList": PAPERS} | fields),
    )  # fmt: skip


DAY = (harvest, cooling, received, packing, palletised, shipping)


async def keep_catalogue(services: Services, firm: Firm) -> None:
    """Places with their time zones, the products, the buyer."""

    async def work(tx: TenantTransaction) -> None:
        products = [
            catalog.Product(ROMAINE, {"en": "Fresh romaine, field run"}, catalog.ProductKind.RAW),
            catalog.Product(HEADS, {"en": "Fresh romaine hearts"}, catalog.ProductKind.FINISHED),
            catalog.Product(TUNA, {"en": "Frozen tuna"}, catalog.ProductKind.RAW),
            catalog.Product(BUTTER, {"en": "Peanut butter"}, catalog.ProductKind.FINISHED),
            catalog.Product(NUTS, {"en": "Roasted peanuts"}, catalog.ProductKind.RAW),
        ]  # fmt: skip
        await catalog.put_products(tx, firm.principal, products)
        places = [
            catalog.Location(FARM, {"en": "Green Farm"}, "farm", own=True, time_zone="America/Los_Angeles"),
            catalog.Location(PACKHOUSE, {"en": "Green Packhouse"}, "plant", own=True, time_zone="America/Los_Angeles"),
        ]
        await catalog.put_locations(tx, firm.principal, places)
        await catalog.put_partners(tx, firm.principal, [catalog.Partner(BUYER, {"en": "Fresh Buyer Inc"}, supplier=False, customer=True)])

    await services.in_tenant(firm.tenant_id, work)


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who asks over HTTP."""

    client: httpx.AsyncClient
    headers: dict[str, str]

    async def ask(self, query: str, variables: dict[str, Any] | None = None) -> Any:
        """The data; fails on errors."""
        answer = await self.raw(query, variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def raw(self, query: str, variables: dict[str, Any] | None = None) -> Any:
        """The whole answer."""
        headers = {**self.headers, "Accept-Language": "en", "Idempotency-Key": str(uuid4())}
        return (await self.client.post("/graphql", json={"query": query, "variables": variables or {}}, headers=headers)).json()

    async def records(self, **select: Any) -> list[dict[str, Any]]:
        """The first hundred records of a selection."""
        found = await self.ask(RECORDS, {"select": select})
        nodes: list[dict[str, Any]] = found["fsma204Records"]["nodes"]
        return nodes


RECORDS = """query ($select: Fsma204Selection!) { fsma204Records(select: $select, first: 100) { nodes {
  cte ctes: cteName citation side lotCode complete listed category link missing { citation parts mend toDecide subject } values { title value }
} } }"""
PUT_PLACES = "mutation ($input: PutFoodPlacesInput!) { putFoodPlaces(input: $input) { places { place name } userErrors { code field message } } }"
PUT_PRODUCTS = """mutation ($input: PutFoodProductsInput!) {
  putFoodProducts(input: $input) { products { gtin listed } userErrors { code field message } } }"""


def places() -> list[dict[str, Any]]:
    """Everything that the rule asks of the three places."""
    address = {"city": "Salinas", "region": "CA", "postalCode": "93901", "country": "US"}
    return [
        {"place": FARM, "phone": "+1 831 555 0101", "street": "1 Field Rd", **address},
        {"place": PACKHOUSE, "phone": "+1 831 555 0102", "street": "2 Dock Rd", **address},
        {"place": BUYER, "phone": "=1+1", "street": "3 Market St", "city": "Reno", "region": "NV", "postalCode": "89501", "country": "US"},
    ]


async def tell_all(asker: Asker) -> None:
    """So that no record of the day lacks anything."""
    told = await asker.ask(PUT_PLACES, {"input": {"places": places()}})
    assert told["putFoodPlaces"]["userErrors"] == []
    packaging = {"packagingSize": "24 ct", "packagingStyle": "case", "brand": "Green", "commodity": "Romaine lettuce", "variety": "Parris Island"}
    told = await asker.ask(PUT_PRODUCTS, {"input": {"products": [{"gtin": HEADS, **packaging}, {"gtin": ROMAINE, "commodity": "Romaine lettuce"}]}})
    assert told["putFoodProducts"]["userErrors"] == []


async def tell_day(services: Services, firm: Firm) -> None:
    """Harvest, cooling, receipt, packing, pallet, shipment."""
    await capture(services, firm.tenant_id, *(each() for each in DAY))


def value(record: dict[str, Any], title: str) -> str:
    """A cell by its title."""
    return str(next(cell["value"] for cell in record["values"] if cell["title"] == title))
