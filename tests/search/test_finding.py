"""Objects are found by what their events say, alone and combined; pages, limits and bad questions."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from backend.catalog.sites import Sites
from backend.events.canonical import EventType
from backend.identifiers import ObjectKind
from backend.search import finding
from backend.search.finding import FoundPage, find_objects, seeds
from backend.search.question import Parameter, Part, Question
from backend.services import Services
from infra.errors import InvalidInputError
from tests.factories import CUSTOMER, DUMPLING, FLOUR, PLANT, SHOP, START, capture, declared_wrong, lot, made, quantity
from tests.firms import Firm
from tests.search.conftest import DUMPLING_LOT, FLOUR_LOT, ORDER, PALLET, UNIT

Find = Callable[..., Awaitable[FoundPage]]
FLOUR_CODE, DUMPLING_CODE, PALLET_CODE = "L-2026-0315A", "D2026031701", PALLET.rsplit("/", 1)[1]


@pytest.fixture
def find(services: Services, mill: Firm) -> Find:
    async def ask(question: Question, **more: Any) -> FoundPage:
        async with services.database.tenant(mill.tenant_id) as tx:
            return await find_objects(tx, question, **more)

    return ask


def codes(page: FoundPage) -> list[str]:
    return [found.thing.code for found in page.objects]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        (Question(lot="D2026031701"), [DUMPLING_CODE]),
        (Question(lot="d2026031701"), [DUMPLING_CODE]),
        (Question(lot=FLOUR_CODE), ["l-2026-0315a", FLOUR_CODE]),
        (Question(serial="000123456789"), ["000123456789"]),
        (Question(serial="000123456789", product=FLOUR), []),
        (Question(product=FLOUR, place=SHOP), ["l-2026-0315a"]),
        (Question(product=FLOUR[1:], place="杭州一厂"), [FLOUR_CODE]),
        (Question(product=DUMPLING, kinds=(ObjectKind.UNIT,)), ["000123456789"]),
        (Question(container=PALLET), [PALLET_CODE, "000123456789"]),
        (Question(container=PALLET_CODE, parts=(Part.PACKED,), kinds=(ObjectKind.UNIT,)), ["000123456789"]),
        (Question(document="po-4500017"), [FLOUR_CODE]),
        (Question(document=ORDER, document_type="po"), [FLOUR_CODE]),
        (Question(document="PO-4500017", document_type="inv"), []),
        (Question(document="PO-4500018"), []),
        (Question(supplier_lot="WH-778/B"), [FLOUR_CODE]),
        (Question(customer=CUSTOMER), [PALLET_CODE]),
        (Question(customer=CUSTOMER.rsplit("/", 1)[1]), [PALLET_CODE]),
        (Question(customer="浙江华联超市"), [PALLET_CODE]),
        (Question(customer="hualian markets"), [PALLET_CODE]),
        (Question(supplier=CUSTOMER), []),
        (Question(operator="张伟 w-17"), [FLOUR_CODE, DUMPLING_CODE]),
        (Question(operator="张伟 w-17", parts=(Part.MADE,)), [DUMPLING_CODE]),
        (Question(operator="张伟 w-17", parts=(Part.USED,)), [FLOUR_CODE]),
        (Question(operator="张伟 w-17", equipment="mixer-3", parts=(Part.MADE,)), [DUMPLING_CODE]),
        (Question(operator="张伟 w-17", equipment="mixer-4"), []),
        (Question(equipment="https://id.gs1.org/8004/4000001111", parts=(Part.MADE,)), [DUMPLING_CODE]),
        (Question(parameters=(Parameter("Temperature", "CEL", 5, 6),), parts=(Part.MADE,)), [DUMPLING_CODE]),
        (Question(parameters=(Parameter("Temperature", "FAH", 41, 42),), parts=(Part.MADE,)), [DUMPLING_CODE]),
        (Question(parameters=(Parameter("Temperature", "CEL", 6, 9),)), []),
        (Question(parameters=(Parameter(None, "CEL", None, 5.5),), parts=(Part.MADE,)), [DUMPLING_CODE]),
        (Question(parameters=(Parameter("Pressure", "CEL", 5, 6),)), []),
        (Question(parameters=(Parameter("ovenTemp", None, 180, None),)), []),
        (Question(biz_steps=("shipping",)), [PALLET_CODE]),
        (Question(biz_steps=("https://ref.gs1.org/cbv/BizStep-shipping",), parts=(Part.SHIPPED,)), [PALLET_CODE]),
        (Question(dispositions=("in_transit",)), [PALLET_CODE]),
        (Question(event_types=(EventType.TRANSFORMATION,)), [FLOUR_CODE, DUMPLING_CODE]),
        (Question(time_from=START + timedelta(minutes=25), time_to=START + timedelta(minutes=40)), [PALLET_CODE]),
        (Question(kinds=(ObjectKind.LOT,), also=(Question(document="PO-4500017"), Question(operator="张伟 W-17"))), [FLOUR_CODE]),
        (Question(lot=FLOUR_CODE, parts=(Part.USED,), also=(Question(document="PO-4500017"),)), [FLOUR_CODE]),
        (Question(parts=(Part.OBSERVED,), biz_steps=("receiving",)), [FLOUR_CODE]),
    ],
)  # fmt: skip
async def test_a_question_finds_the_objects_that_it_means(find: Find, question: Question, found: list[str]) -> None:
    page = await find(question)
    assert codes(page) == found
    assert (page.truncated, page.after) == (False, None)


async def test_an_object_comes_with_its_first_and_last_matching_event(find: Find) -> None:
    [flour] = (await find(Question(lot=FLOUR_CODE, product=FLOUR, place=PLANT))).objects
    assert (flour.thing.uri, flour.first_at, flour.last_at) == (FLOUR_LOT, START, START + timedelta(minutes=10))
    [flour] = (await find(Question(document="PO-4500017"))).objects
    assert (flour.first_at, flour.last_at) == (START, START)


async def test_pages_go_on_where_they_stopped_and_tell_each_object_once(find: Find) -> None:
    everything = codes(await find(Question()))
    assert everything == ["l-2026-0315a", PALLET_CODE, "000123456789", FLOUR_CODE, DUMPLING_CODE]
    for question in (Question(), Question(lot=FLOUR_CODE)):
        whole = codes(await find(question))
        paged: list[str] = []
        after = None
        while True:
            page = await find(question, first=1, after=after)
            paged += codes(page)
            after = page.after
            if after is None:
                break
        assert paged == whole


async def test_what_is_looked_through_is_limited_told_and_gone_on_with(find: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "EVENTS_IN_A_STEP", 1)
    monkeypatch.setattr(finding, "MOST_STEPS", 2)
    page = await find(Question())
    assert (codes(page), page.truncated) == (["l-2026-0315a", PALLET_CODE], True)
    rest: list[str] = []
    while page.after is not None:
        page = await find(Question(), after=page.after)
        rest += codes(page)
    assert (rest, page.truncated) == (["000123456789", FLOUR_CODE, DUMPLING_CODE], False)


async def test_an_event_with_many_objects_is_told_in_parts(services: Services, mill: Firm, find: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    lots = [lot(DUMPLING, f"MANY-{number:02d}") for number in range(10)]
    await capture(services, mill.tenant_id, made([], [quantity(each, 1) for each in lots], 50))
    monkeypatch.setattr(finding, "ROWS_IN_A_STEP", 3)
    page = await find(Question(time_from=START + timedelta(minutes=50)), first=7)
    more = await find(Question(time_from=START + timedelta(minutes=50)), first=7, after=page.after)
    assert sorted(codes(page) + codes(more)) == [f"MANY-{number:02d}" for number in range(10)]


async def test_an_event_that_was_declared_wrong_finds_nothing(services: Services, mill: Firm, find: Find) -> None:
    wrong = made([], [quantity(lot(FLOUR, "WRONG"), 1)], 45)
    await capture(services, mill.tenant_id, wrong)
    assert codes(await find(Question(lot="WRONG"))) == ["WRONG"]
    await capture(services, mill.tenant_id, declared_wrong(wrong))
    assert codes(await find(Question(lot="WRONG"))) == []


async def test_who_is_limited_to_sites_finds_what_happened_there(find: Find) -> None:
    shop = Sites(frozenset({SHOP}))
    assert codes(await find(Question(), events=shop, met=shop)) == ["l-2026-0315a"]
    assert codes(await find(Question(lot=FLOUR_CODE), events=shop, met=shop)) == ["l-2026-0315a"]
    assert codes(await find(Question(operator="张伟 W-17"), events=shop, met=shop)) == []


async def test_another_tenant_finds_nothing(services: Services, mill: Firm, other_firm: Firm) -> None:
    async with services.database.tenant(other_firm.tenant_id) as tx:
        assert (await find_objects(tx, Question())).objects == []
        assert (await find_objects(tx, Question(lot=FLOUR_CODE))).objects == []


async def test_seeds_are_bounded_and_say_so(services: Services, mill: Firm) -> None:
    async with services.database.tenant(mill.tenant_id) as tx:
        found, more = await seeds(tx, Question(operator="张伟 W-17"), None, 10)
        assert (len(found), more) == (2, False)
        found, more = await seeds(tx, Question(), None, 2)
        assert (len(found), more) == (2, True)


@pytest.mark.parametrize(
    "question",
    [
        Question(lot=""), Question(lot="x" * 401), Question(operator="a\x00b"), Question(product="no such thing"), Question(container="???"),
        Question(parameters=(Parameter(None, None, 1, 2),)), Question(parameters=(Parameter("x", None, float("nan"), None),)),
        Question(also=(Question(), Question(), Question(), Question())), Question(also=(Question(also=(Question(),)),)),
        Question(biz_steps=("x",) * 21), Question(biz_steps=("\x00",)),
    ],
)  # fmt: skip
async def test_what_is_no_question_is_refused(find: Find, question: Question) -> None:
    with pytest.raises(InvalidInputError):
        await find(question)


async def test_a_page_has_1_to_100_objects(find: Find) -> None:
    for first in (0, 101):
        with pytest.raises(InvalidInputError):
            await find(Question(), first=first)


async def test_bounds_without_an_end_and_backwards_are_answered(find: Find) -> None:
    late = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
    assert codes(await find(Question(time_from=late))) == []
    assert codes(await find(replace(Question(), time_from=START + timedelta(days=1), time_to=START))) == []
    assert (await find(Question(serial=UNIT))).objects == []
    assert DUMPLING_LOT
