"""The product history page as a consumer's browser shows it."""

from collections.abc import Awaitable, Callable

import pytest

from backend.catalog.service import Location, Product, ProductKind
from backend.holds import service as holds
from backend.services import Services
from tests.browser.conftest import Visit
from tests.factories import DUMPLING, capture, gtin, lot, transformed
from tests.firms import Firm
from tests.history.stories import BEFORE_ALL, LINE, LOT_PATH, UNIT_PATH, exclusively, put
from tests.shared_data import shared_json

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Awaitable[Visit]]
DoOutbox = Callable[[], Awaitable[int]]
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("locale", "language", "status"), [("zh-CN", "zh-CN", "目前没有通告"), ("en-GB", "en", "No notices")])
async def test_the_page_stands_alone_and_fits(
    open_page: OpenPage, maker: Firm, size: dict[str, int], scheme: str, locale: str, language: str, status: str
) -> None:
    seen = await open_page(maker, LOT_PATH, **size, color_scheme=scheme, locale=locale)
    assert seen.answer.status == 200
    assert len(await seen.answer.body()) < 30_000
    assert (seen.requests, seen.console) == ([seen.answer.url], [])
    assert await seen.page.evaluate(SIDEWAYS) is False
    assert await seen.page.get_attribute("html", "lang") == language
    for shown in (seen.page.get_by_role("heading", level=1), seen.page.get_by_text(status, exact=True), seen.page.get_by_text("P1", exact=True)):
        box = await shown.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= size["height"]


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_what_where_and_when_are_on_the_first_screen(open_page: OpenPage, maker: Firm, size: dict[str, int]) -> None:
    seen = await open_page(maker, UNIT_PATH, **size, locale="en-GB")
    for text in ("Pork dumplings 500 g", "P1", "S1", "2 March 2026", "Suwei Foods"):
        box = await seen.page.locator("h1, dd").filter(has_text=text).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= size["height"]


async def test_the_link_changes_the_language_and_back(open_page: OpenPage, maker: Firm) -> None:
    seen = await open_page(maker, LOT_PATH, locale="zh-CN")
    for link, heading in (("English", "Pork dumplings 500 g"), ("中文", "猪肉水饺 500 g")):
        await seen.page.get_by_role("link", name=link).click()
        assert await seen.page.get_by_role("heading", level=1).text_content() == heading


async def test_the_page_is_whole_without_script_and_has_none_to_run(open_page: OpenPage, maker: Firm) -> None:
    with_script = await open_page(maker, LOT_PATH, locale="en-GB")
    without = await open_page(maker, LOT_PATH, locale="en-GB", java_script_enabled=False)
    assert await with_script.page.inner_text("body") == await without.page.inner_text("body")
    assert await with_script.page.evaluate("[...document.scripts].map(script => script.type)") == ["application/ld+json"]


async def test_a_held_lot_says_so_in_words(open_page: OpenPage, services: Services, maker: Firm, do_outbox: DoOutbox) -> None:
    await exclusively(services, maker, lambda tx: holds.place_hold(tx, maker.principal, key=lot(DUMPLING, "P1"), reason="glass found"))
    await do_outbox()
    for path in (LOT_PATH, UNIT_PATH):
        seen = await open_page(maker, path, locale="zh-CN")
        assert await seen.page.get_by_text("核查中", exact=True).is_visible()
        assert "glass" not in await seen.page.content()


@pytest.mark.parametrize("width", [320, 360, 768])
async def test_long_names_and_numbers_break_instead_of_widening_the_page(
    open_page: OpenPage, services: Services, firm: Firm, do_outbox: DoOutbox, width: int
) -> None:
    long = {"zh": "超长名称" * 40, "en": "Donaudampfschifffahrtsgesellschaft" * 5}
    materials = [Product(gtin(300 + number), long, ProductKind.RAW, published=True) for number in range(3)]
    await put(
        services, firm, (*materials, Product(DUMPLING, long, ProductKind.FINISHED, published=True)),
        (Location(LINE, long, "line", own=True, time_zone="Asia/Shanghai"),),
    )  # fmt: skip
    number = "W" * 20
    inputs = [lot(material.gtin, number) for material in materials]
    await capture(services, firm.tenant_id, transformed(inputs, [lot(DUMPLING, number)], minutes=5, bizLocation={"id": LINE}))
    await do_outbox()
    for language in ("zh", "en"):
        seen = await open_page(firm, f"/01/{DUMPLING}/10/{number}?lang={language}", width=width)
        assert await seen.page.evaluate(SIDEWAYS) is False


async def test_markup_in_names_is_shown_and_never_run(open_page: OpenPage, services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    payloads = [item["payload"] for item in shared_json("security-corpora", "lists", "xss.json")]
    names = [text for text in dict.fromkeys(payloads) if text.strip() and len(text) <= 80 and text.isprintable()]
    assert len(names) > 100
    for start in range(0, len(names), 40):
        some = names[start : start + 40]
        materials = [Product(gtin(400 + number), {"zh": name}, ProductKind.RAW, published=True) for number, name in enumerate(some)]
        await put(
            services, firm,
            (*materials, Product(DUMPLING, {"zh": some[0]}, ProductKind.FINISHED, published=True)),
            (Location(LINE, {"zh": some[1]}, "line", own=True, time_zone="Asia/Shanghai"),),
            valid_from=BEFORE_ALL,
        )  # fmt: skip
        number = ("%3Csvg%2Fonload%3Dx()%3E", "%27%22%3E%3Cscript%3E", "%3C%2Fscript%3E", "%3C!--")[start // 40 % 4]
        inputs = [lot(material.gtin, number) for material in materials]
        await capture(services, firm.tenant_id, transformed(inputs, [lot(DUMPLING, number)], minutes=5, bizLocation={"id": LINE}))
        await do_outbox()
        seen = await open_page(firm, f"/01/{DUMPLING}/10/{number}?lang=zh")
        assert (seen.requests, seen.console, seen.dialogs) == ([seen.answer.url], [], [])
        assert await seen.page.locator("h1").text_content() == some[0]
        shown = await seen.page.locator(".materials .name").all_text_contents()
        assert shown
        assert set(shown) <= set(some)
        assert await seen.page.evaluate("document.querySelectorAll('img,svg,iframe,object,embed,video,audio,form,input,button,details').length") == 0


async def test_landmarks_and_headings_lead_through_the_page(open_page: OpenPage, maker: Firm) -> None:
    seen = await open_page(maker, LOT_PATH, locale="en-GB")
    for landmark in ("banner", "main", "contentinfo", "navigation"):
        assert await seen.page.get_by_role(landmark).count() == 1
    levels = await seen.page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(heading => Number(heading.tagName[1]))")
    assert levels == [1, 2, 2, 3, 3, 3, 3, 2, 2, 2]
    assert await seen.page.locator("a:not([href])").count() == 0
    assert await seen.page.evaluate(
        "new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size === document.querySelectorAll('[id]').length"
    )


async def test_the_keyboard_reaches_the_language_link_and_shows_where_it_is(open_page: OpenPage, maker: Firm) -> None:
    seen = await open_page(maker, LOT_PATH, locale="en-GB")
    await seen.page.keyboard.press("Tab")
    focused = seen.page.locator("a:focus-visible")
    assert await focused.text_content() == "中文"
    assert await focused.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    box = await focused.bounding_box()
    assert box is not None
    assert min(box["height"], box["width"]) >= 24


async def test_paper_gets_black_on_white_without_the_language_link(open_page: OpenPage, maker: Firm) -> None:
    seen = await open_page(maker, LOT_PATH, locale="en-GB", color_scheme="dark")
    await seen.page.emulate_media(media="print")
    assert await seen.page.get_by_role("link", name="中文").is_visible() is False
    colours = "body => [getComputedStyle(body).color, getComputedStyle(body).backgroundColor]"
    assert await seen.page.locator("body").evaluate(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


async def test_an_unknown_code_gets_a_plain_page(open_page: OpenPage, maker: Firm) -> None:
    seen = await open_page(maker, f"/01/{DUMPLING}/10/NONE", locale="en-GB")
    assert seen.answer.status == 404
    assert seen.requests == [seen.answer.url]
    assert await seen.page.get_by_role("heading", level=1).text_content() == "No such product here"
    assert await seen.page.evaluate(SIDEWAYS) is False
