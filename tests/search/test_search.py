"""What people type, paste and scan finds what they mean, and says how."""

import pytest

from backend.search.kinds import SearchKind
from backend.search.ranking import How, Where
from backend.search.service import Found
from infra.errors import InvalidInputError
from tests.factories import CUSTOMER, DUMPLING, FLOUR, PLANT
from tests.search.conftest import FLOUR_LOT, ORDER, PALLET, UNIT, Search


def told(found: Found) -> list[tuple[SearchKind, str, How, Where]]:
    return [(hit.kind, hit.code, hit.how, hit.where) for hit in found.hits]


def first(found: Found) -> tuple[SearchKind, str, How]:
    hit = found.hits[0]
    return hit.kind, hit.code, hit.how


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        (FLOUR_LOT, (SearchKind.LOT, "L-2026-0315A", How.EXACT)),
        (f"(01){FLOUR}(10)L-2026-0315A", (SearchKind.LOT, "L-2026-0315A", How.EXACT)),
        (f"]d201{FLOUR}10L-2026-0315A", (SearchKind.LOT, "L-2026-0315A", How.EXACT)),
        (f"https://shop.example/01/{FLOUR}/10/L-2026-0315A?17=261231", (SearchKind.LOT, "L-2026-0315A", How.EXACT)),
        ("L-2026-0315A", (SearchKind.LOT, "L-2026-0315A", How.EXACT)),
        ("L-2026-0315a", (SearchKind.LOT, "l-2026-0315a", How.SAME)),
        ("  Ｌ-２０２６-０３１５Ａ  ", (SearchKind.LOT, "l-2026-0315a", How.SAME)),
        ("d20260317", (SearchKind.LOT, "D2026031701", How.PREFIX)),
        ("D20260317*", (SearchKind.LOT, "D2026031701", How.PREFIX)),
        ("031701", (SearchKind.LOT, "D2026031701", How.SUFFIX)),
        ("6789", (SearchKind.UNIT, "000123456789", How.SUFFIX)),
        ("123456789", (SearchKind.UNIT, "000123456789", How.SUFFIX)),
        (PALLET, (SearchKind.LOGISTIC_UNIT, PALLET.rsplit("/", 1)[1], How.EXACT)),
        (f"(00){PALLET.rsplit('/', 1)[1]}", (SearchKind.LOGISTIC_UNIT, PALLET.rsplit("/", 1)[1], How.EXACT)),
        (PALLET.rsplit("/", 1)[1][-6:], (SearchKind.LOGISTIC_UNIT, PALLET.rsplit("/", 1)[1], How.SUFFIX)),
        (DUMPLING, (SearchKind.PRODUCT, DUMPLING, How.EXACT)),
        (DUMPLING[1:], (SearchKind.PRODUCT, DUMPLING, How.EXACT)),
        ("小麦", (SearchKind.PRODUCT, FLOUR, How.INFIX)),
        ("面", (SearchKind.PRODUCT, FLOUR, How.INFIX)),
        ("三鲜", (SearchKind.PRODUCT, DUMPLING, How.PREFIX)),
        ("wheat", (SearchKind.PRODUCT, FLOUR, How.WORD)),
        ("HEAT FL", (SearchKind.PRODUCT, FLOUR, How.INFIX)),
        ("杭州", (SearchKind.PLACE, PLANT.rsplit("/", 1)[1], How.PREFIX)),
        ("华联", (SearchKind.PARTNER, CUSTOMER.rsplit("/", 1)[1], How.INFIX)),
        ("PO-4500017", (SearchKind.DOCUMENT, "PO-4500017", How.SAME)),
        ("4500017", (SearchKind.DOCUMENT, "PO-4500017", How.SUFFIX)),
        (ORDER, (SearchKind.DOCUMENT, "PO-4500017", How.SAME)),
        ("wh-778", (SearchKind.SUPPLIER_LOT, "WH-778/B", How.PREFIX)),
        ("张伟", (SearchKind.OPERATOR, "张伟 W-17", How.PREFIX)),
        ("w-17", (SearchKind.OPERATOR, "张伟 W-17", How.SUFFIX)),
        ("mixer", (SearchKind.EQUIPMENT, "Mixer-3", How.PREFIX)),
        ("4000001111", (SearchKind.EQUIPMENT, "4000001111", How.EXACT)),
        ("winter", (SearchKind.FIELD, "Winter blend", How.PREFIX)),
    ],
)  # fmt: skip
async def test_what_is_typed_finds_what_is_meant_first(search: Search, text: str, hit: tuple[SearchKind, str, How]) -> None:
    assert first(await search(text)) == hit


async def test_the_same_lot_in_another_case_comes_second(search: Search) -> None:
    found = await search("l-2026-0315A", SearchKind.LOT)
    assert [hit.code for hit in found.hits] == ["l-2026-0315a", "L-2026-0315A"]
    found = await search("L-2026-0315A", SearchKind.LOT)
    assert [(hit.code, hit.how) for hit in found.hits] == [("L-2026-0315A", How.EXACT), ("l-2026-0315a", How.SAME)]


async def test_a_products_name_finds_its_newest_lots_too(search: Search) -> None:
    found = await search("三鲜水饺")
    assert [(hit.kind, hit.code, hit.where) for hit in found.hits] == [
        (SearchKind.PRODUCT, DUMPLING, Where.NAME), (SearchKind.LOT, "D2026031701", Where.PRODUCT),
    ]  # fmt: skip


async def test_a_link_that_is_still_being_typed_finds_what_begins_so(search: Search) -> None:
    for text in (UNIT[:-4], UNIT[:-4].removeprefix("https://id.gs1.org/"), UNIT[:-4].replace("https://id.gs1.org", "http://m.example")):
        found = await search(text, SearchKind.UNIT)
        assert told(found) == [(SearchKind.UNIT, "000123456789", How.PREFIX, Where.KEY)], text


async def test_kinds_that_are_asked_for_alone_are_found_alone(search: Search) -> None:
    assert {hit.kind for hit in (await search("2026")).hits} >= {SearchKind.LOT}
    assert (await search("2026", SearchKind.UNIT)).hits == []


@pytest.mark.parametrize("text", ["", " ", "\t\r\n", "***", "%_%", "\x1d\x1d", "，。", "\u200b", "\x00", "\ud800"])
async def test_what_names_nothing_finds_nothing(search: Search, text: str) -> None:
    found = await search(text)
    assert (found.hits, found.more) == ([], False)


@pytest.mark.parametrize(
    "text", ["L", "1", "杭", "x" * 1_000, "0" * 1_000, "面" * 1_000, "' or 1=1 --", "%27", "\\", "(01)", "]C1", "https://id.gs1.org/01/"]
)
async def test_short_long_and_hostile_texts_are_answered(search: Search, text: str) -> None:
    found = await search(text)
    assert len(found.hits) <= 20


async def test_too_long_a_text_and_too_many_hits_are_refused(search: Search) -> None:
    with pytest.raises(InvalidInputError):
        await search("x" * 8_193)
    for count in (0, 51):
        with pytest.raises(InvalidInputError):
            await search("x", first=count)
