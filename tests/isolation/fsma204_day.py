"""What a firm tells for the food traceability rule, and asks of its records: one of everything, all of whose words are one word."""

from datetime import timedelta
from typing import Any, Final

from backend.company import service as company
from backend.company.service import CompanyProfile
from backend.fsma204 import details
from backend.fsma204.foods import Listed
from backend.services import Services
from infra.clock import now
from tenants.principal import Principal
from tests.factories import FLOUR, PLANT
from tests.graphql.conftest import Caller

SELECT: Final = {"from": (now() - timedelta(days=400)).isoformat(), "until": (now() + timedelta(days=1)).isoformat(), "foods": "ALL"}
ASKED: Final = """query ($select: Fsma204Selection!) {
  fsma204Records(select: $select, first: 20) { nodes { cte event lotCode missing { citation mend } values { title value } } }
  fsma204Completeness(select: $select) { records byEvent { cte missing { citation } } }
  foodListing(description: "fresh spinach") { listed reason }
  companyProfile { legalName address } foodProducts(first: 5) { nodes { gtin brand } } foodPlaces(first: 5) { nodes { place name } }
}"""
PUT_PRODUCTS: Final = "mutation ($input: PutFoodProductsInput!) { putFoodProducts(input: $input) { userErrors { code } products { gtin } } }"
PROFILE: Final = "mutation ($input: SetCompanyProfileInput!) { setCompanyProfile(input: $input) { userErrors { code } profile { phone } } }"
PUT_PLACES: Final = "mutation ($input: PutFoodPlacesInput!) { putFoodPlaces(input: $input) { userErrors { code } places { place } } }"


async def foods_told(services: Services, principal: Principal, word: str) -> None:
    """A food, a place, and what the company is, by services."""
    food = details.FoodProduct(FLOUR, Listed.LISTED, word, word, word, packaging_size=word, packaging_style=word, species=word)
    place = details.FoodPlace(PLANT, name=word, phone=word, street=word, city=word, tlc_reference=word)
    await services.in_tenant(principal.tenant_id, lambda tx: details.put_products(tx, principal, [food]))
    profile = CompanyProfile(word, word, word, word, word)
    await services.in_tenant(principal.tenant_id, lambda tx: company.put_profile(tx, principal, profile))
    await services.in_tenant(principal.tenant_id, lambda tx: details.put_places(tx, principal, [place]))


async def trace_foods(caller: Caller) -> None:
    """The same by requests, and everything that is asked of it."""
    food: dict[str, Any] = {"gtin": FLOUR, "listed": "LISTED", "brand": "DAY", "packagingSize": "1 kg"}
    assert (await caller.command(PUT_PRODUCTS, {"products": [food]}))["userErrors"] == []
    assert (await caller.command(PROFILE, {"legalName": "DAY Ltd"}))["userErrors"] == []
    assert (await caller.command(PUT_PLACES, {"places": [{"place": PLANT, "name": "DAY plant", "phone": "1"}]}))["userErrors"] == []
    assert (await caller.ask(ASKED, {"select": SELECT}))["fsma204Records"]["nodes"]
