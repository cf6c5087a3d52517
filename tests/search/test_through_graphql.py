"""Search and questions through GraphQL: names in the reader's language, limits to sites, permissions, pages, unknown and ambiguous codes."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from backend.catalog.sites import Sites
from backend.search import service
from backend.search.kinds import SearchKind
from backend.search.service import Sight
from backend.services import Services
from tenants.permissions import Role
from tests.factories import DUMPLING, FLOUR, PLANT, SHOP, capture, lot, made, quantity, unit
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.search.conftest import DUMPLING_LOT, FLOUR_LOT, PALLET, UNIT

Bearer = Callable[..., Awaitable[dict[str, str]]]
SEARCH = """query($text: String!, $kinds: [SearchKind!], $first: Int! = 20) { search(text: $text, kinds: $kinds, first: $first) {
  more hits { kind key code type match matched matchedText name object { key productName }
    product { gtin } location { place } partner { party } } } }"""
FIND = """query($filter: ObjectFilter!, $first: Int! = 20, $after: String) { findObjects(filter: $filter, first: $first, after: $after) {
  truncated endCursor nodes { firstEventTime lastEventTime object { key } } } }"""
OBJECT = "query($key: String!) { traceableObject(key: $key) { key } }"


@pytest.fixture
async def owner(client: httpx.AsyncClient, mill: Firm, bearer: Bearer) -> Caller:
    return Caller(client, await bearer(mill))


async def ask(caller: Caller, text: str, **more: Any) -> list[dict[str, Any]]:
    headers = {name: more.pop(name) for name in ("Accept_Language",) if name in more}
    found: list[dict[str, Any]] = (await caller.ask(SEARCH, {"text": text, **more}, **headers))["search"]["hits"]
    return found


async def test_a_hit_says_what_matched_and_comes_with_its_name_in_the_readers_language(owner: Caller) -> None:
    [flour, *_] = await ask(owner, "小麦", Accept_Language="zh")
    assert (flour["kind"], flour["key"], flour["match"], flour["matched"]) == ("PRODUCT", FLOUR, "INFIX", "NAME")
    assert (flour["name"], flour["matchedText"], flour["product"]) == ("高筋小麦面粉", "高筋小麦面粉", {"gtin": FLOUR})
    [made_of] = await ask(owner, "d2026", kinds=["LOT"], Accept_Language="en")
    assert (made_of["name"], made_of["object"]) == ("Three-Delicacy Dumplings", {"key": DUMPLING_LOT[19:], "productName": "Three-Delicacy Dumplings"})
    [place] = await ask(owner, "hangzhou", Accept_Language="en")
    assert (place["kind"], place["name"], place["location"]) == ("PLACE", "Hangzhou Works", {"place": PLANT})
    [order] = await ask(owner, "4500017")
    assert (order["kind"], order["type"], order["code"], order["match"]) == ("DOCUMENT", "po", "PO-4500017", "SUFFIX")


async def test_renamed_products_are_found_by_their_new_name_alone(services: Services, owner: Caller, do_outbox: Callable[[], Awaitable[int]]) -> None:
    put = "mutation($input: PutProductsInput!) { putProducts(input: $input) { userErrors { message } } }"
    names = {"zh": "全麦粉", "en": "Wholemeal"}
    await owner.command(put, {"products": [{"gtin": FLOUR, "names": names, "kind": "RAW"}]})
    await do_outbox()
    assert [hit["key"] for hit in await ask(owner, "全麦", kinds=["PRODUCT"])] == [FLOUR]
    assert [hit["key"] for hit in await ask(owner, "wholem", kinds=["PRODUCT"])] == [FLOUR]
    assert await ask(owner, "小麦", kinds=["PRODUCT"]) == []
    assert await ask(owner, "strong", kinds=["PRODUCT"]) == []


async def test_what_was_just_captured_is_found_by_its_whole_code_before_it_is_indexed(services: Services, mill: Firm, owner: Caller) -> None:
    await capture(services, mill.tenant_id, made([], [quantity(lot(FLOUR, "Fresh-1"), 1)], 50))
    assert [hit["code"] for hit in await ask(owner, "Fresh-1")] == ["Fresh-1"]
    assert [hit["code"] for hit in await ask(owner, lot(FLOUR, "Fresh-1"))] == ["Fresh-1"]


async def test_who_is_limited_to_sites_finds_what_is_met_and_told_there(services: Services, mill: Firm) -> None:
    sites = Sites(frozenset({SHOP}))
    sight = Sight(sites, sites, sites)
    async with services.database.tenant(mill.tenant_id) as tx:
        found = {
            text: (await service.search(tx, text, sight)).hits for text in ("2026-0315", "D2026031701", "PO-4500017", "张伟", "mixer", "杭州", "小麦")
        }
    assert [(hit.kind, hit.code) for hit in found.pop("2026-0315")] == [(SearchKind.LOT, "l-2026-0315a")]
    # The product is the whole company's; of its lots the one that is met here.
    assert [(hit.kind, hit.code) for hit in found.pop("小麦")] == [(SearchKind.PRODUCT, FLOUR), (SearchKind.LOT, "l-2026-0315a")]
    assert all(hits == [] for hits in found.values()), found


async def test_another_tenant_finds_nothing_of_it(client: httpx.AsyncClient, mill: Firm, other_firm: Firm, bearer: Bearer) -> None:
    stranger = Caller(client, await bearer(other_firm))
    for text in (FLOUR_LOT, "L-2026", "6789", "小麦", "PO-4500017", "张伟", PALLET):
        assert await ask(stranger, text) == []
    assert (await stranger.ask(FIND, {"filter": {}}))["findObjects"]["nodes"] == []


async def test_who_may_not_read_events_finds_no_papers_nor_people(client: httpx.AsyncClient, services: Services, mill: Firm) -> None:
    async with services.database.tenant(mill.tenant_id) as tx:
        found = await service.search(tx, "PO-4500017", Sight(kinds=frozenset({SearchKind.LOT, SearchKind.UNIT})))
    assert found.hits == []


async def test_questions_are_paged_by_cursors_that_tell_nothing_internal(owner: Caller) -> None:
    keys: list[str] = []
    after = None
    while True:
        page = (await owner.ask(FIND, {"filter": {"operator": "张伟 W-17"}, "first": 1, "after": after}))["findObjects"]
        keys += [found["object"]["key"] for found in page["nodes"]]
        after = page["endCursor"]
        if after is None:
            break
    assert keys == [FLOUR_LOT[19:], DUMPLING_LOT[19:]]
    for cursor in ("x", "W10", "WyJ4IiwieCJd"):
        assert (await owner.refusal(FIND, {"filter": {}, "after": cursor}))["code"] == "INVALID_INPUT"


async def test_a_question_may_combine_everything(owner: Caller) -> None:
    wanted = {
        "product": DUMPLING, "lot": "D2026031701", "kinds": ["LOT"], "operator": "张伟 W-17", "equipment": "Mixer-3", "parts": ["MADE"],
        "parameters": [{"name": "Temperature", "unit": "CEL", "atLeast": 5, "atMost": 6}], "bizSteps": ["creating_class_instance"],
        "place": "杭州一厂", "eventTimeFrom": "2026-03-02T08:00:00Z", "eventTimeTo": "2026-03-02T09:00:00Z", "eventTypes": ["TRANSFORMATION"],
    }  # fmt: skip
    [found] = (await owner.ask(FIND, {"filter": wanted}))["findObjects"]["nodes"]
    assert found["object"] == {"key": DUMPLING_LOT[19:]}
    assert (await owner.ask(FIND, {"filter": {**wanted, "equipment": "Mixer-4"}}))["findObjects"]["nodes"] == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("D202603170l", DUMPLING_LOT), ("D2O26O317O1", DUMPLING_LOT), ("D2026301701", DUMPLING_LOT), ("D202603701", DUMPLING_LOT),
        ("D20260317011", DUMPLING_LOT), ("d2026031701", DUMPLING_LOT), ("123456789", UNIT), ("0123456789", UNIT), ("000123456780", UNIT),
        (PALLET.rsplit("/", 1)[1][:-1] + "9", PALLET), (lot(DUMPLING, "D2026031702"), DUMPLING_LOT), (lot(FLOUR, "D2026031701"), DUMPLING_LOT),
        ("L-2026-O315A", FLOUR_LOT),
    ],
)  # fmt: skip
async def test_an_unknown_code_is_refused_with_what_may_be_meant(owner: Caller, text: str, meant: str) -> None:
    refused = await owner.refusal(OBJECT, {"key": text})
    assert refused["code"] == "OBJECT_NOT_FOUND"
    kind, key = {UNIT: ("UNIT", UNIT), PALLET: ("LOGISTIC_UNIT", PALLET)}.get(meant, ("LOT", meant))
    assert (refused["nearest"][0]["kind"], refused["nearest"][0]["key"]) == (kind, key[19:])
    assert meant[19:] in refused["message"]


async def test_a_lot_number_may_hold_slashes_where_it_was_mistyped(services: Services, mill: Firm, owner: Caller) -> None:
    await capture(services, mill.tenant_id, made([], [quantity(lot(FLOUR, "A%2F25-267%2F17"), 1)], 50))
    refused = await owner.refusal(OBJECT, {"key": "A/25-267/71"})
    assert [one["key"] for one in refused["nearest"]] == [lot(FLOUR, "A%2F25-267%2F17")[19:]]


async def test_a_code_that_is_like_nothing_is_refused_without_guesses(owner: Caller) -> None:
    for text in ("", " ", "zzzz-no-such-code", "x" * 5_000):
        refused = await owner.refusal(OBJECT, {"key": text})
        assert refused["code"] == "OBJECT_NOT_FOUND"
        assert "nearest" not in refused


async def test_a_code_of_several_objects_is_refused_with_its_candidates(services: Services, mill: Firm, owner: Caller) -> None:
    await capture(services, mill.tenant_id, made([], [quantity(lot(FLOUR, "SAME"), 1), quantity(lot(DUMPLING, "SAME"), 1)], 50))
    refused = await owner.refusal(OBJECT, {"key": "SAME"})
    assert refused["code"] == "AMBIGUOUS_CODE"
    assert refused["candidates"] == [
        {"kind": "LOT", "key": lot(FLOUR, "SAME")[19:], "names": {"zh": "高筋小麦面粉", "en": "Strong wheat flour"}},
        {"kind": "LOT", "key": lot(DUMPLING, "SAME")[19:], "names": {"zh": "三鲜水饺", "en": "Three-Delicacy Dumplings"}},
    ]
    read = await owner.ask('{ readCode(text: "SAME") { object { key } } }')
    assert read["readCode"]["object"] is None


async def test_guesses_stay_within_tenant_and_sites(
    services: Services, mill: Firm, client: httpx.AsyncClient, other_firm: Firm, bearer: Bearer
) -> None:
    stranger = Caller(client, await bearer(other_firm))
    assert "nearest" not in await stranger.refusal(OBJECT, {"key": "D2026031702"})
    async with services.database.tenant(mill.tenant_id) as tx:
        assert await service.nearest(tx, "D2026031702", Sites(frozenset({SHOP}))) == []
        assert [thing.code for thing in await service.nearest(tx, "D2026031702")] == ["D2026031701"]
        assert [thing.code for thing in await service.candidates(tx, "d2026031701")] == ["D2026031701"]
    assert unit(DUMPLING, "000123456789") == UNIT


async def test_a_worker_searches_too(client: httpx.AsyncClient, mill: Firm, bearer: Bearer) -> None:
    worker = Caller(client, await bearer(mill, Role.WORKER))
    assert [hit["code"] for hit in await ask(worker, "D2026031701")] == ["D2026031701"]
