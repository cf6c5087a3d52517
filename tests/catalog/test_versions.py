"""What held when: renaming changes nothing of the past, and readers are given names in their language, through GraphQL."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.catalog.telling import EPC_CLASS
from backend.catalog.vocabulary import absorb
from backend.services import Services
from infra.clock import now
from tenants.permissions import Role
from tenants.principal import Principal
from tests.catalog.conftest import Caller
from tests.factories import CUSTOMER, DUMPLING, FLOUR, PLANT, SHOP, START, capture, lot, made, packed, quantity, shipped, sscc, transformed
from tests.firms import Firm

FLOUR_LOT, DUMPLINGS, PALLET = lot(FLOUR, "F-1"), lot(DUMPLING, "D-1"), sscc(1)
PUT_PRODUCTS = "mutation($input: PutProductsInput!) { putProducts(input: $input) { products { gtin name } userErrors { field code message } } }"
PUT_LOCATIONS = "mutation($input: PutLocationsInput!) { putLocations(input: $input) { locations { name } userErrors { field code message } } }"
PUT_PARTNERS = "mutation($input: PutPartnersInput!) { putPartners(input: $input) { partners { name } userErrors { field code message } } }"
EVENTS = """{ events(first: 20) { nodes { eventTime location { name parent { name } } objects(first: 9) { nodes { object { productName } } } } } }"""
TRACE = """query($key: String!) { trace(key: $key, direction: FORWARD) { start { productName }
  nodes(first: 9) { nodes { object { gtin productName } } }
  links(first: 9) { nodes { parent { productName } child { productName } event { location { name } } } } } }"""
SHIPMENTS = "{ shipments(first: 9) { nodes { shippedAt customerName customer { name } origin { name } lots { object { productName } } } } }"
LATER = 60 * 24 * 30


async def name(owner: Caller, names: dict[str, Any], valid_from: str | None = None, gtin: str = FLOUR) -> None:
    """Put a product under a name, from a moment on."""
    payload = await owner.command(PUT_PRODUCTS, {"products": [{"gtin": gtin, "names": names, "kind": "RAW"}], "validFrom": valid_from})
    assert payload["userErrors"] == []


async def rename_everything(owner: Caller, word: str, valid_from: str) -> None:
    """Products, place and customer."""
    for gtin in (FLOUR, DUMPLING):
        await name(owner, {"en": f"{word} {gtin}"}, valid_from, gtin)
    location = {"place": PLANT, "names": {"en": f"{word} plant"}, "kind": "plant", "own": True, "timeZone": "UTC"}
    assert (await owner.command(PUT_LOCATIONS, {"locations": [location], "validFrom": valid_from}))["userErrors"] == []
    partner = {"party": CUSTOMER, "names": {"en": f"{word} customer"}, "customer": True}
    assert (await owner.command(PUT_PARTNERS, {"partners": [partner], "validFrom": valid_from}))["userErrors"] == []


@pytest.fixture
async def renamed(firm: Firm, services: Services, owner: Caller) -> Firm:
    """Everything was called otherwise when the first of two batches was made and shipped."""
    await rename_everything(owner, "Old", (START - timedelta(days=1)).isoformat())
    await rename_everything(owner, "New", (START + timedelta(days=15)).isoformat())
    for number, minutes in (("1", 0), ("2", LATER)):
        flour, dumplings = lot(FLOUR, f"F-{number}"), lot(DUMPLING, f"D-{number}")
        await capture(
            services, firm.tenant_id, made([], [quantity(flour, 9)], minutes), transformed([flour], [dumplings], minutes + 1),
            packed(sscc(int(number)), [], [quantity(dumplings, 3)], minutes + 2), shipped([sscc(int(number))], minutes=minutes + 3),
        )  # fmt: skip
    return firm


async def test_an_event_shows_the_names_that_held_then(renamed: Firm, owner: Caller) -> None:
    for event in (await owner.ask(EVENTS, Accept_Language="en"))["events"]["nodes"]:
        word = "Old" if event["eventTime"] < "2026-03-15" else "New"
        assert event["location"]["name"] == f"{word} plant"
        told = {node["object"]["productName"] for node in event["objects"]["nodes"]} - {None}
        assert {one.split()[0] for one in told} <= {word}


@pytest.mark.parametrize(("number", "word"), [("1", "Old"), ("2", "New")])
async def test_a_trace_shows_the_names_that_held_then(renamed: Firm, owner: Caller, number: str, word: str) -> None:
    trace = (await owner.ask(TRACE, {"key": lot(FLOUR, f"F-{number}")}, Accept_Language="en"))["trace"]
    assert trace["start"]["productName"] == f"{word} {FLOUR}"
    named = {node["object"]["gtin"]: node["object"]["productName"] for node in trace["nodes"]["nodes"] if node["object"]["gtin"]}
    assert named == {FLOUR: f"{word} {FLOUR}", DUMPLING: f"{word} {DUMPLING}"}
    assert {link["event"]["location"]["name"] for link in trace["links"]["nodes"]} == {f"{word} plant"}
    assert {link["parent"]["productName"] for link in trace["links"]["nodes"]} <= {f"{word} {FLOUR}", None}


async def test_a_shipment_shows_the_names_that_held_then_and_the_lists_todays(renamed: Firm, owner: Caller) -> None:
    for shipment in (await owner.ask(SHIPMENTS, Accept_Language="en"))["shipments"]["nodes"]:
        word = "Old" if shipment["shippedAt"] < "2026-03-15" else "New"
        assert (shipment["customerName"], shipment["customer"]["name"], shipment["origin"]["name"]) == (
            f"{word} customer", f"{word} customer", f"{word} plant",
        )  # fmt: skip
        assert shipment["lots"] == [{"object": {"productName": f"{word} {DUMPLING}"}}]
    lists = "{ products(first: 9) { nodes { name } } locations(first: 9) { nodes { name } } partners(first: 9) { nodes { name } } }"
    found = await owner.ask(lists, Accept_Language="en")
    assert {node["name"].split()[0] for part in found.values() for node in part["nodes"]} == {"New"}
    alone = await owner.ask("query($key: String!) { traceableObject(key: $key) { productName } }", {"key": lot(FLOUR, "F-1")}, Accept_Language="en")
    assert alone["traceableObject"]["productName"] == f"New {FLOUR}"


async def test_renaming_today_leaves_yesterday_and_what_was_never_named_before_keeps_its_first_name(
    firm: Firm, services: Services, owner: Caller
) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(FLOUR_LOT, 9)]))
    await name(owner, {"en": "Flour"})
    await name(owner, {"en": "Flour type 65"})
    [event] = (await owner.ask(EVENTS, Accept_Language="en"))["events"]["nodes"]
    assert event["objects"]["nodes"] == [{"object": {"productName": "Flour"}}]
    assert (await owner.ask("{ products(first: 1) { nodes { name } } }", Accept_Language="en"))["products"]["nodes"] == [{"name": "Flour type 65"}]


VERSIONS = """query($first: Int, $after: String, $last: Int, $before: String) { products(first: 1) { nodes {
  versions(first: $first, after: $after, last: $last, before: $before) {
    nodes { validFrom validTo recordedAt recordedBy told name names { en all { language name } } state }
    pageInfo { hasNextPage endCursor startCursor } } } } }"""


async def versions(owner: Caller, **asked: Any) -> dict[str, Any]:
    """A page of the first product's states."""
    found: dict[str, Any] = (await owner.ask(VERSIONS, asked, Accept_Language="en"))["products"]["nodes"][0]["versions"]
    return found


async def test_history_is_read_in_pages_with_what_was_put_right(firm: Firm, owner: Caller) -> None:
    for word, moment in (("C", "2026-03-01"), ("A", "2026-01-01"), ("typo", "2026-02-01"), ("B", "2026-02-01"), ("B", "2026-02-10")):
        await name(owner, {"en": word}, f"{moment}T00:00:00Z")
    first = await versions(owner, first=3)
    rest = await versions(owner, first=3, after=first["pageInfo"]["endCursor"])
    found = first["nodes"] + rest["nodes"]
    # The last put changed nothing that held.
    assert [(one["name"], one["validFrom"][:10], (one["validTo"] or "")[:10]) for one in found] == [
        ("C", "2026-03-01", ""), ("B", "2026-02-01", "2026-03-01"), ("typo", "2026-02-01", "2026-02-01"), ("A", "2026-01-01", "2026-02-01"),
    ]  # fmt: skip
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    assert (bool(found[0]["recordedBy"]), found[0]["told"]) == (True, False)
    assert found[0]["state"] == {"kind": 1, "uom": "", "shelfLifeDays": None, "published": False}
    assert [one["name"] for one in (await versions(owner, last=2))["nodes"]] == ["typo", "A"]
    assert (await owner.ask("{ products(first: 1) { nodes { name } } }"))["products"]["nodes"] == [{"name": "C"}]


async def test_a_moment_to_come_is_refused_and_changes_nothing(firm: Firm, owner: Caller) -> None:
    moment = (now() + timedelta(days=1)).isoformat()
    given = {"products": [{"gtin": FLOUR, "names": {"en": "x"}, "kind": "RAW"}], "validFrom": moment}
    [error] = (await owner.command(PUT_PRODUCTS, given))["userErrors"]
    assert (error["field"], error["code"]) == ("validFrom", "INVALID_INPUT")
    assert (await owner.ask("{ products(first: 1) { nodes { gtin } } }"))["products"]["nodes"] == []


@pytest.mark.parametrize(
    ("language", "shown"), [("zh-TW,en;q=0.5", "麵粉"), ("zh-CN", "面粉"), ("ja-JP", "小麦粉"), ("ko,en;q=0.1", "Flour"), ("", "面粉")]
)
async def test_names_in_further_languages_are_put_and_given_to_their_readers(owner: Caller, language: str, shown: str) -> None:
    await name(owner, {"zh": "面粉", "en": "Flour", "others": [{"language": "zh-tw", "name": "麵粉"}, {"language": "ja", "name": "小麦粉"}]})
    asked = "{ products(first: 1) { nodes { name names { zh en all { language name } } } } }"
    [product] = (await owner.ask(asked, Accept_Language=language))["products"]["nodes"]
    assert (product["name"], product["names"]["zh"], product["names"]["en"]) == (shown, "面粉", "Flour")
    assert [one["language"] for one in product["names"]["all"]] == ["en", "ja", "zh", "zh-TW"]


@pytest.mark.parametrize(
    "others", [[{"language": "zh", "name": "twice"}], [{"language": "no tag!", "name": "x"}], [{"language": "de", "name": ""}],
               [{"language": f"de-x-{number}", "name": "x"} for number in range(41)]],
)  # fmt: skip
async def test_names_that_cannot_be_kept_are_refused(owner: Caller, others: list[dict[str, str]]) -> None:
    given = {"products": [{"gtin": FLOUR, "names": {"zh": "面粉", "others": others}, "kind": "RAW"}]}
    [error] = (await owner.command(PUT_PRODUCTS, given))["userErrors"]
    assert (error["field"], error["code"]) == ("names", "INVALID_INPUT")
    assert (await owner.ask("{ products(first: 1) { nodes { gtin } } }"))["products"]["nodes"] == []


async def test_a_place_is_shown_in_what_it_lay_in_then(firm: Firm, services: Services, owner: Caller) -> None:
    def place(parent: str | None) -> dict[str, Any]:
        return {"place": PLANT, "names": {"en": "Plant"}, "kind": "plant", "own": True, "timeZone": "UTC", "parentPlace": parent}

    moved = {"place": SHOP, "names": {"en": "Campus"}, "kind": "site", "own": True, "timeZone": "UTC"}
    await owner.command(PUT_LOCATIONS, {"locations": [place(SHOP), moved], "validFrom": "2026-01-01T00:00:00Z"})
    await owner.command(PUT_LOCATIONS, {"locations": [place(None)]})
    await capture(services, firm.tenant_id, made([], [quantity(FLOUR_LOT, 9)]))
    [event] = (await owner.ask(EVENTS, Accept_Language="en"))["events"]["nodes"]
    assert event["location"] == {"name": "Plant", "parent": {"name": "Campus"}}
    today = (await owner.ask("{ locations(first: 9) { nodes { name parent { name } } } }", Accept_Language="en"))["locations"]["nodes"]
    assert {node["name"]: node["parent"] for node in today} == {"Plant": None, "Campus": None}


async def test_one_firms_history_is_told_to_nobody_else(
    owner: Caller, other_firm: Firm, caller_of: Callable[..., Awaitable[Caller]], services: Services
) -> None:
    await name(owner, {"en": "Secret"}, "2026-01-01T00:00:00Z")
    stranger = await caller_of(other_firm, Role.OWNER)
    await name(stranger, {"en": "Own"})
    assert [one["name"] for one in (await versions(stranger, first=9))["nodes"]] == ["Own"]


async def test_the_companys_word_ends_what_others_told_also_where_it_reaches_back(
    firm: Firm, services: Services, owner: Caller, buyer: Principal
) -> None:
    told = [{"type": EPC_CLASS, "vocabularyElementList": [{"id": f"https://id.gs1.org/01/{FLOUR}", "attributes": [
        {"id": "cbvmda:tradeItemDescription", "attribute": "Theirs"}]}]}]  # fmt: skip
    await services.in_tenant(firm.tenant_id, lambda tx: absorb(tx, buyer, told, told_at=START - timedelta(days=1)))
    await capture(services, firm.tenant_id, made([], [quantity(FLOUR_LOT, 9)]))
    assert [event["objects"]["nodes"][0]["object"]["productName"] for event in (await owner.ask(EVENTS))["events"]["nodes"]] == ["Theirs"]
    await name(owner, {"en": "Ours"}, "2026-01-01T00:00:00Z")
    assert [event["objects"]["nodes"][0]["object"]["productName"] for event in (await owner.ask(EVENTS))["events"]["nodes"]] == ["Ours"]
    assert (await owner.ask("{ products(first: 1) { nodes { name told } } }"))["products"]["nodes"] == [{"name": "Ours", "told": False}]
    found = [(one["name"], one["told"], one["validFrom"] == one["validTo"]) for one in (await versions(owner, first=9))["nodes"]]
    assert found == [("Theirs", True, True), ("Ours", False, False)]
