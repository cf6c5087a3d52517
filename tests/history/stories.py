"""A maker of dumplings whose history pages are tested: its catalogue, and the events of one lot from flour to lorry."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from backend.catalog import service as catalog
from backend.catalog.service import Location, Product, ProductKind
from backend.history.document import History, decode
from backend.services import Services
from infra.database import Gate, TenantTransaction
from tests.factories import DOUGH, DUMPLING, FLOUR, MEAT, PLANT, SHOP, made, packed, quantity, shipped, sscc, transformed
from tests.factories import lot as lot_uri
from tests.firms import Firm

T = TypeVar("T")
LINE = f"{PLANT}/254/L1"
NAMES = {"zh": "猪肉水饺 500 g", "en": "Pork dumplings 500 g"}
F1, M1, D1, P1 = lot_uri(FLOUR, "F1"), lot_uri(MEAT, "M1"), lot_uri(DOUGH, "D1"), lot_uri(DUMPLING, "P1")
OWN_WORDS: dict[str, Any] = {"@context": [{"cbvmda": "urn:epcglobal:cbv:mda:", "plant": "https://suwei.example/ns#"}]}
LOT_PATH = f"/01/{DUMPLING}/10/P1"
UNIT_PATH = f"/01/{DUMPLING}/21/S1"


def product(gtin: str, zh: str, en: str, kind: ProductKind = ProductKind.RAW, *, published: bool = True, days: int | None = None) -> Product:
    """A product of the catalogue."""
    return Product(gtin, {"zh": zh, "en": en}, kind, "KGM", days, published)


PRODUCTS = (
    product(FLOUR, "小麦粉", "Wheat flour"),
    product(MEAT, "猪肉", "Pork", published=False),
    product(DOUGH, "面团", "Dough", ProductKind.INTERMEDIATE),
    Product(DUMPLING, NAMES, ProductKind.FINISHED, "H87", 365, published=True),
)
LOCATIONS = (
    Location(PLANT, {"zh": "溯味食品厂", "en": "Suwei Foods"}, "plant", own=True, time_zone="Asia/Shanghai"),
    Location(LINE, {"zh": "蒸煮线", "en": "Steaming line"}, "line", own=True, time_zone="Asia/Shanghai", parent_place=PLANT),
    Location(SHOP, {"zh": "惠邻超市", "en": "Huilin Supermarket"}, "shop", own=False, time_zone="Asia/Tokyo"),
)


# Before anything happened: a name put from then on is the one that goods and places of the story had.
BEFORE_ALL = datetime(2026, 1, 1, tzinfo=UTC)


async def put(
    services: Services, firm: Firm, products: tuple[Product, ...] = PRODUCTS, locations: tuple[Location, ...] = LOCATIONS,
    valid_from: datetime | None = None,
) -> None:  # fmt: skip
    """Put a catalogue into a firm, from now on or from a moment that has passed."""

    async def write(tx: TenantTransaction) -> None:
        await catalog.put_products(tx, firm.principal, products, valid_from=valid_from)
        await catalog.put_locations(tx, firm.principal, locations, valid_from=valid_from)

    await services.in_tenant(firm.tenant_id, write)


def unit_of_lot(serial: str, number: str = "P1") -> str:
    """A unit as it is captured with its lot."""
    return f"https://id.gs1.org/01/{DUMPLING}/10/{number}/21/{serial}"


def temperatures(*values: float) -> list[dict[str, Any]]:
    """A sensor element with these readings in degrees Celsius."""
    return [{"sensorReport": [{"type": "Temperature", "value": value, "uom": "CEL"} for value in values]}]


def dumpling_story() -> list[dict[str, Any]]:
    """Two units of one lot: dough from flour, dumplings from dough and meat, inspected, packed, shipped."""
    here: dict[str, Any] = {"readPoint": {"id": LINE}, "bizLocation": {"id": LINE}}
    return [
        made(amounts=[quantity(F1, 100)], minutes=-600),
        made(amounts=[quantity(M1, 50)], minutes=-590),
        transformed([F1], [D1], minutes=0),
        transformed(
            [D1, M1], [P1], minutes=60, **here,
            ilmd={"cbvmda:lotNumber": "P1", "cbvmda:itemExpirationDate": "2027-03-02", "plant:productionDate": "2026-03-02"},
            sensorElementList=temperatures(62.08, 98.57, 91),
            certificationInfo=["https://certificates.example/haccp/18"],
            **OWN_WORDS,
        ),
        made(amounts=[quantity(P1, 2, None)], minutes=70, action="OBSERVE", bizStep="inspecting", disposition="conformant",
             bizLocation={"id": PLANT}, sensorElementList=temperatures(83.4)),
        made([unit_of_lot("S1"), unit_of_lot("S2")], minutes=80, bizLocation={"id": LINE}),
        packed(sscc(1), [unit_of_lot("S1")], minutes=90, bizLocation={"id": LINE}),
        packed(sscc(2), [unit_of_lot("S2")], minutes=95, bizLocation={"id": LINE}),
        shipped([sscc(1)], minutes=600),
        made([unit_of_lot("S1")], minutes=3_000, action="OBSERVE", bizStep="inspecting", disposition="conformant", bizLocation={"id": SHOP}),
    ]  # fmt: skip


async def page_rows(services: Services, firm: Firm) -> dict[str, tuple[str | None, str]]:
    """Every published row: (the lot's key, document) by key."""
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch("select key, lot_key, document from published_history where tenant_id = $1")
    return {row["key"]: (row["lot_key"], row["document"]) for row in rows}


async def published(services: Services, firm: Firm, key: str) -> History | None:
    """The document under a key as it is stored."""
    rows = await page_rows(services, firm)
    return decode(rows[key][1]) if key in rows else None


async def exclusively(services: Services, firm: Firm, use_case: Callable[[TenantTransaction], Awaitable[T]]) -> T:
    """Run a use case behind the shut gate."""
    return await services.in_tenant(firm.tenant_id, use_case, gate=Gate.EXCLUSIVE)
