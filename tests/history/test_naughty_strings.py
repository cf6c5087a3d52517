"""Names and numbers that try to be markup or script are shown as the text that they are."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from backend.catalog.service import NAME_LENGTH, Location, Product, ProductKind
from backend.services import Services
from tests.factories import DOUGH, DUMPLING, capture, gtin, lot, transformed
from tests.firms import Firm
from tests.history.markup import elements
from tests.history.stories import BEFORE_ALL, LINE, LOT_PATH, put
from tests.shared_data import needs_shared_data, shared_json

Visit = Callable[..., Awaitable[httpx.Response]]
DoOutbox = Callable[[], Awaitable[int]]
pytestmark = needs_shared_data

# What the templates are made of: anything else has come in from outside.
TAGS = {
    "html", "head", "meta", "title", "link", "script", "style", "body", "header", "nav", "main", "div", "section", "footer", "p", "h1", "h2",
    "h3", "dl", "dt", "dd", "ol", "ul", "li", "a", "span", "strong", "b", "em", "br", "time",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "name", "content", "rel", "href", "hreflang", "type", "class", "role", "id", "aria-label", "aria-labelledby", "datetime",
}  # fmt: skip


def naughty_names() -> list[str]:
    """Every payload that the catalogue takes as a name."""
    payloads = [item["payload"] for item in shared_json("security-corpora", "lists", "xss.json")]
    payloads += [item["string"] for item in shared_json("security-corpora", "lists", "naughty_strings.json")]
    payloads += ["</script><script>alert(1)</script>", "</style><style>*{display:none}", "{{ 7*7 }}{% raw %}", "\u2028\u2029]]>"]
    usable = [text for text in payloads if text.strip() and len(text) <= NAME_LENGTH and "\x00" not in text and text.isprintable()]
    return list(dict.fromkeys(usable))


def assert_harmless(answer: httpx.Response) -> None:
    found = elements(answer, "//*")
    assert {element.tag for element in found} <= TAGS
    assert {name for element in found for name in element.attrib} <= ATTRIBUTES
    assert [element.get("type") for element in found if element.tag == "script"] in (["application/ld+json"], [])
    assert len([element for element in found if element.tag == "style"]) == 1
    assert all(not address.lower().startswith("javascript") for address in elements(answer, "//@href"))
    assert len(answer.content) < 30_000


async def test_product_material_and_place_names_are_text(visit: Visit, services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    names = naughty_names()
    assert len(names) > 400
    for start in range(0, len(names), 40):
        some = names[start : start + 40]
        materials = [Product(gtin(100 + number), {"zh": name, "en": name}, ProductKind.RAW, published=True) for number, name in enumerate(some)]
        subject = {"zh": some[0], "en": some[0]}
        await put(
            services, firm,
            (*materials, Product(DUMPLING, subject, ProductKind.FINISHED, "H87", published=True)),
            (Location(LINE, {"zh": some[-1], "en": some[-1]}, "line", own=True, time_zone="Asia/Shanghai"),),
            valid_from=BEFORE_ALL,
        )  # fmt: skip
        number = f"P{start}"
        inputs = [lot(material.gtin, "M1") for material in materials]
        await capture(services, firm.tenant_id, transformed(inputs, [lot(DUMPLING, number)], minutes=5, bizLocation={"id": LINE}))
        await do_outbox()
        answer = await visit(firm, f"/01/{DUMPLING}/10/{number}")
        assert answer.status_code == 200
        assert_harmless(answer)
        [heading] = elements(answer, "//h1")
        assert " ".join(heading.text_content().split()) == " ".join(some[0].split())
        shown = [" ".join(item.text_content().split()) for item in elements(answer, "//ul[@class='materials']//span[@class='name']")]
        wanted = {" ".join((name if len(name) <= 80 else f"{name[:79]}…").split()) for name in some}
        assert set(shown) <= wanted
        assert shown
        [script] = elements(answer, "//script")
        assert json.loads(script.text)["name"][0]["@value"] == some[0]


async def test_lot_numbers_that_look_like_markup_are_text(visit: Visit, services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    await put(services, firm)
    for number in ("<script>alert(1)", '"><svg/onload=x()>', "'-alert(1)-'", "<!--", "</title><h1>", "&lt;b&gt;", "%3Cb%3E", "</script>"):
        await capture(services, firm.tenant_id, transformed([lot(DOUGH, quote(number, safe=""))], [lot(DUMPLING, quote(number, safe=""))], minutes=5))
        await do_outbox()
        answer = await visit(firm, f"/01/{DUMPLING}/10/{quote(number, safe='')}")
        assert answer.status_code == 200
        assert_harmless(answer)
        assert elements(answer, "//dd")[0].text_content() == number
        assert elements(answer, "//span[@class='number']")[0].text_content() == number


async def test_a_page_of_the_longest_names_and_many_materials_stays_small(visit: Visit, services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    long: dict[str, str] = {"zh": '"' * NAME_LENGTH, "en": "<" * NAME_LENGTH}
    materials = [Product(gtin(200 + number), long, ProductKind.RAW, published=True) for number in range(60)]
    await put(
        services, firm,
        (*materials, Product(DUMPLING, long, ProductKind.FINISHED, published=True)),
        (Location(LINE, long, "line", own=True, time_zone="Asia/Shanghai"),),
            valid_from=BEFORE_ALL,
    )  # fmt: skip
    inputs = [lot(material.gtin, f"{number}{'L' * 18}") for material in materials for number in range(8)]
    await capture(services, firm.tenant_id, transformed(inputs, [lot(DUMPLING, "P1")], minutes=5, bizLocation={"id": LINE}))
    await do_outbox()
    for language in ("zh", "en"):
        answer = await visit(firm, LOT_PATH, accept_language=language)
        assert_harmless(answer)
        assert elements(answer, "//ul[@class='materials']/li")


@pytest.mark.parametrize("where", ["lang", "linkType", "x"])
async def test_nothing_of_the_query_is_reflected(visit: Visit, maker: Firm, where: str) -> None:
    payloads: list[Any] = shared_json("security-corpora", "lists", "xss.json")
    plain = {path: (await visit(maker, path)).content for path in (LOT_PATH, f"/01/{DUMPLING}/10/NONE")}
    for payload in payloads[:20]:
        for path, expected in plain.items():
            answer = await visit(maker, f"{path}?{where}={quote(payload['payload'])}")
            if answer.status_code == 200:
                assert answer.content == expected
            else:
                assert payload["payload"] not in answer.text
                assert_harmless(answer)
        if where != "x":
            break
