"""A GraphQL client over HTTP, and a firm with a month of work in small: two lots of flour, dumplings, a pallet, a shipment."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.services import Services
from tenants.permissions import Role
from tenants.registration import create_person_with_membership
from tests.conftest import PASSWORD
from tests.factories import CUSTOMER, DUMPLING, FLOUR, PLANT, capture, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm

FLOUR_LOT = lot(FLOUR, "F-1")
DUMPLING_LOT = lot(DUMPLING, "D-1")
DUMPLING_UNIT = unit(DUMPLING, "S-1")
PALLET = sscc(1)


@dataclass
class Caller:
    """Somebody who asks; `headers` hold his token."""

    client: httpx.AsyncClient
    headers: dict[str, str] = field(default_factory=dict)

    async def post(self, query: str, variables: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        """The raw answer. Header names are written with underscores."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post("/graphql", json={"query": query, "variables": variables}, headers={**self.headers, **given})

    async def ask(self, query: str, variables: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """The data; fails on any error."""
        answer = (await self.post(query, variables, **headers)).json()
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def command(self, query: str, given: dict[str, Any], key: str | None = None) -> dict[str, Any]:
        """The payload of a mutation with one field and `$input`."""
        data = await self.ask(query, {"input": given}, Idempotency_Key=key or str(uuid4()))
        [payload] = data.values()
        return dict(payload)

    async def refusal(self, query: str, variables: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """The extensions of the only error, with its message."""
        answer = (await self.post(query, variables, **headers)).json()
        [error] = answer["errors"]
        assert error["extensions"]["requestId"]
        return {**error["extensions"], "message": error["message"]}


@pytest.fixture
def caller_of(client: httpx.AsyncClient, bearer: Callable[..., Awaitable[dict[str, str]]]) -> Callable[..., Awaitable[Caller]]:
    """Somebody of a role in a firm."""

    async def make(firm: Firm, role: Role = Role.OWNER) -> Caller:
        return Caller(client, await bearer(firm, role))

    return make


@pytest.fixture
def new_person(services: Services) -> Callable[..., Awaitable[str]]:
    """Register a person of a role in a firm; gives the sign-in name, the password is `PASSWORD`."""

    async def make(firm: Firm, role: Role) -> str:
        login = f"{uuid4().hex[:12]}@example.com"
        await create_person_with_membership(services.identity, firm.tenant, login=login, password=PASSWORD, display_name="Li Lei", role=role)
        return login

    return make


@pytest.fixture
async def owner(firm: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> Caller:
    """The owner of the test's firm."""
    return await caller_of(firm)


@pytest.fixture
def anonymous(client: httpx.AsyncClient) -> Caller:
    """Nobody."""
    return Caller(client)


PRODUCTS = [
    {"gtin": FLOUR, "names": {"zh": "面粉", "en": "Flour"}, "kind": "RAW", "uom": "KGM"},
    {"gtin": DUMPLING, "names": {"zh": "饺子", "en": "Dumplings"}, "kind": "FINISHED"},
]
LOCATIONS = [{"place": PLANT, "names": {"zh": "工厂", "en": "Plant"}, "kind": "plant", "own": True, "timeZone": "Asia/Shanghai"}]
PARTNERS = [{"party": CUSTOMER, "names": {"zh": "客户", "en": "Customer"}, "customer": True}]

PUT = {
    "products": "mutation($input: PutProductsInput!) { putProducts(input: $input) { products { gtin name } userErrors { field code message } } }",
    "locations": "mutation($input: PutLocationsInput!) { putLocations(input: $input) { locations { place name own } userErrors { field code } } }",
    "partners": "mutation($input: PutPartnersInput!) { putPartners(input: $input) { partners { party name customer } userErrors { field code } } }",
}


def story() -> list[dict[str, Any]]:
    """Flour is made into a lot of dumplings with two units, which are packed on a pallet and shipped."""
    in_lot = f"https://id.gs1.org/01/{DUMPLING}/10/D-1/21"
    return [
        made(amounts=[quantity(FLOUR_LOT, 100)], minutes=0),
        transformed([FLOUR_LOT], [DUMPLING_LOT], minutes=10),
        made([f"{in_lot}/S-1", f"{in_lot}/S-2"], minutes=11),
        packed(PALLET, [DUMPLING_UNIT], minutes=20),
        shipped([PALLET], minutes=30),
    ]


@pytest.fixture
async def works(firm: Firm, services: Services, owner: Caller) -> Firm:
    """The firm with its catalogue and its story told."""
    await catalogue(owner)
    await capture(services, firm.tenant_id, *story())
    return firm


async def catalogue(owner: Caller) -> None:
    """Names for everything in the story."""
    for name, given in (("products", PRODUCTS), ("locations", LOCATIONS), ("partners", PARTNERS)):
        payload = await owner.command(PUT[name], {name: given})
        assert payload["userErrors"] == []
