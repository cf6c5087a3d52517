"""A scanned code over HTTP: which host, which path, which language and which format give which answer."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

import httpx
import pytest
from litestar.datastructures.headers import Accept

from backend.catalog.service import Product, ProductKind
from backend.history.negotiation import Format, Language, LinkType, choose_format, choose_language, choose_link_type
from backend.services import Services
from tenants.registration import add_claim
from tests.factories import DUMPLING, MEAT, capture, gtin, lot, transformed
from tests.firms import Firm
from tests.history.markup import elements, text_of
from tests.history.stories import D1, LINE, LOT_PATH, NAMES, OWN_WORDS, UNIT_PATH, product, put

Visit = Callable[..., Awaitable[httpx.Response]]
DoOutbox = Callable[[], Awaitable[int]]
PAGE = f"/01/{DUMPLING}"


async def test_a_lot_page_names_product_lot_dates_place_steps_and_materials(visit: Visit, maker: Firm) -> None:
    answer = await visit(maker, LOT_PATH, accept_language="en")
    assert (answer.status_code, answer.headers["content-type"], answer.headers["content-language"]) == (200, "text/html; charset=utf-8", "en")
    told = text_of(answer)
    for expected in (
        "Pork dumplings 500 g No notices", "Lot P1", "Made on 2 March 2026", "Made at Suwei Foods Steaming line", "Use by 2 March 2027",
        "2 March 2026, 17:00 Made Steaming line Temperature during the step 62.1 – 98.6 °C",
        "2 March 2026, 17:10 Inspected passed Suwei Foods Temperature measured 83.4 °C", "2 March 2026, 17:30 to 17:35 Packed Steaming line",
        "3 March 2026, 02:00 Left the maker Suwei Foods Times are local (UTC+8).", "Made from Dough Lot D1 Wheat flour Lot F1",
        "Certificates https://certificates.example/haccp/18", f"Published by Firm {maker.slug}",
    ):  # fmt: skip
        assert expected in told
    assert len(answer.content) < 30_000


async def test_the_same_page_speaks_chinese(visit: Visit, maker: Firm) -> None:
    answer = await visit(maker, LOT_PATH, accept_language="zh-CN,zh;q=0.9,en;q=0.8")
    assert answer.headers["content-language"] == "zh-CN"
    assert elements(answer, "/html/@lang") == ["zh-CN"]
    told = text_of(answer)
    for expected in (
        "猪肉水饺 500 g 目前没有通告",
        "批号 P1",
        "生产日期 2026年3月2日",
        "2026年3月2日 17:00 生产 蒸煮线 过程温度 62.1 – 98.6 °C",
        "检验 合格",
    ):
        assert expected in told


async def test_a_unit_page_joins_its_lots_history_with_its_own(visit: Visit, maker: Firm) -> None:
    told = text_of(await visit(maker, UNIT_PATH, accept_language="en"))
    for expected in ("Lot P1 Serial S1", "Made from Dough Lot D1", "17:20 Serial number assigned", "17:30 Packed", "02:00 Left the maker"):
        assert expected in told
    assert "17:35" not in told
    other = text_of(await visit(maker, f"{PAGE}/21/S2", accept_language="en"))
    assert ("17:35 Packed" in other, "Left the maker" in other) == (True, False)


async def test_a_unit_is_found_under_its_own_lot_and_under_no_other(visit: Visit, maker: Firm) -> None:
    assert (await visit(maker, f"{LOT_PATH}/21/S1")).status_code == 200
    assert (await visit(maker, f"{PAGE}/10/P2/21/S1")).status_code == 404


async def test_a_product_page_tells_the_products_public_facts_only(visit: Visit, maker: Firm) -> None:
    told = text_of(await visit(maker, PAGE, accept_language="en"))
    assert "Pork dumplings 500 g" in told
    assert "Keeps for 365 days" in told
    assert "P1" not in told
    assert "Steaming" not in told


@pytest.mark.parametrize(("written", "status"), [(DUMPLING[1:], 307), (DUMPLING, 200)])
async def test_a_short_gtin_is_sent_to_its_full_form(visit: Visit, maker: Firm, written: str, status: int) -> None:
    answer = await visit(maker, f"/01/{written}/10/P1?lang=en")
    assert (answer.status_code, answer.headers.get("location")) == (status, f"{LOT_PATH}?lang=en" if status == 307 else None)


@pytest.mark.parametrize("short", ["96385074", "012345678905"])
async def test_gtin_8_and_12_are_padded_too(visit: Visit, maker: Firm, short: str) -> None:
    answer = await visit(maker, f"/01/{short}")
    assert (answer.status_code, answer.headers["location"]) == (307, f"/01/{short.zfill(14)}")


async def test_a_wrong_check_digit_is_told_in_a_plain_sentence(visit: Visit, maker: Firm) -> None:
    answer = await visit(maker, f"/01/{DUMPLING[:-1]}{(int(DUMPLING[-1]) + 1) % 10}/10/P1", accept_language="en")
    assert answer.status_code == 404
    assert "This product number can’t be right" in text_of(answer)


@pytest.mark.parametrize(
    "path",
    [
        "/01", "/01/", "/01/badrequest", f"{PAGE}/badrequest", f"{PAGE}/10", f"{PAGE}/10/", f"{PAGE}/99/X", f"{PAGE}/10/A/10/B",
        "/01/123", f"/01/{DUMPLING}0", "/01/٠٩٥٠٦٠٠٠١٣٤٣٣٨", f"{PAGE}/10/{'L' * 21}", f"{PAGE}/10/%zz", f"{PAGE}/10/%ff", f"{PAGE}/10/a%00b",
        f"{PAGE}/10/{quote('批次')}", f"{PAGE}/10/two%20words", f"{PAGE}/10/{'%41' * 300}", f"{PAGE}/21/S1/10/P1/22/X/extra",
    ],
)  # fmt: skip
async def test_a_malformed_address_is_refused(visit: Visit, maker: Firm, path: str) -> None:
    answer = await visit(maker, path, accept_language="en")
    assert answer.status_code == 400
    assert "This address is not complete" in text_of(answer)


async def test_lots_with_slashes_and_marks_are_found_by_their_escaped_path(visit: Visit, services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    await put(services, firm)
    for number in ("A/26-061/3", "Q?1/2%&=", "<b>\"'x"):
        await capture(services, firm.tenant_id, transformed([D1], [lot(DUMPLING, quote(number, safe=""))], minutes=5))
        await do_outbox()
        answer = await visit(firm, f"{PAGE}/10/{quote(number, safe='')}", accept_language="en")
        [shown] = elements(answer, "//dt[.='Lot']/following-sibling::dd")
        assert shown.text_content() == number
    assert (await visit(firm, f"{PAGE}/10/a%2F26-061%2F3")).status_code == 404


async def test_unknown_unpublished_and_other_firms_goods_give_one_answer(
    visit: Visit, services: Services, maker: Firm, other_firm: Firm, do_outbox: DoOutbox
) -> None:
    hidden = gtin(7)
    await put(services, maker, (product(hidden, "试制品", "Trial", ProductKind.FINISHED, published=False),))
    await put(services, other_firm, (Product(gtin(8), {"en": "Theirs"}, ProductKind.FINISHED, "H87", published=True),))
    await capture(services, maker.tenant_id, transformed([D1], [lot(hidden, "H1")], minutes=5))
    await capture(services, other_firm.tenant_id, transformed([D1], [lot(gtin(8), "O1")], minutes=5))
    await do_outbox()
    assert (await visit(other_firm, f"/01/{gtin(8)}/10/O1")).status_code == 200
    paths = (f"{PAGE}/10/UNKNOWN", f"/01/{hidden}/10/H1", f"/01/{gtin(8)}/10/O1", f"/01/{gtin(8)}", f"{PAGE}/21/S99", f"/01/{MEAT}/10/M1")
    answers = [await visit(maker, path) for path in paths] + [await visit("nobody.suyuan.test", LOT_PATH), await visit("suyuan.test", LOT_PATH)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    # What is left of the address's limit goes down with each question, whatever is asked for.
    varying = ("x-request-id", "ratelimit")
    assert len({tuple((name, value) for name, value in answer.headers.items() if name not in varying) for answer in answers}) == 1


@pytest.mark.parametrize("claimed", [DUMPLING, "950600013", "95060001"])
async def test_a_bare_host_finds_the_firm_by_its_verified_claim(visit: Visit, services: Services, maker: Firm, claimed: str) -> None:
    assert (await visit("id.example", LOT_PATH)).status_code == 404
    await add_claim(services.auth_database, maker.tenant, claimed, verified=False)
    assert (await visit("suyuan.test:8443", LOT_PATH)).status_code == 404
    await add_claim(services.auth_database, maker.tenant, claimed, verified=True)
    try:
        for host in ("id.example", "suyuan.test:8443", "127.0.0.1:8000"):
            assert (await visit(host, LOT_PATH)).status_code == 200
        assert (await visit("nobody.suyuan.test", LOT_PATH)).status_code == 404
    finally:
        async with services.auth_database.connection() as connection:
            await connection.execute("delete from resolver_claim where claimed = $1", claimed)


async def test_the_host_is_read_without_its_port_and_in_any_case(visit: Visit, maker: Firm) -> None:
    for host in (f"{maker.slug.upper()}.Suyuan.Test:9999", f"{maker.slug}.suyuan.test."):
        assert (await visit(host, LOT_PATH)).status_code == 200
    for host in (f"{maker.slug}.evil.example", f"x.{maker.slug}.suyuan.test", "suyuan.test", ".suyuan.test"):
        assert (await visit(host, LOT_PATH)).status_code == 404
    for malformed in ("[::1", "%00.suyuan.test", "suyuan.test:99999", "suyuan.test:x", ":80"):
        answer = await visit(malformed, LOT_PATH)
        assert (answer.status_code, answer.json()["field"]) == (400, "Host")


@pytest.mark.parametrize("path", [LOT_PATH, UNIT_PATH, PAGE, f"{PAGE}/10/UNKNOWN"])
async def test_head_says_what_get_says_without_the_body(visit: Visit, maker: Firm, path: str) -> None:
    got, head = await visit(maker, path), await visit(maker, path, method="HEAD")
    assert (head.status_code, head.content) == (got.status_code, b"")
    same = ("content-type", "content-length", "etag", "cache-control", "vary", "content-security-policy", "content-language")
    assert [head.headers.get(name) for name in same] == [got.headers.get(name) for name in same]
    assert head.headers["content-length"] == str(len(got.content))


async def test_other_methods_are_not_allowed(visit: Visit, maker: Firm) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert (await visit(maker, LOT_PATH, method=method)).status_code == 405


async def test_a_page_that_did_not_change_is_not_sent_again(visit: Visit, maker: Firm) -> None:
    first = await visit(maker, LOT_PATH)
    tag = first.headers["etag"]
    assert (first.headers["cache-control"], first.headers["vary"]) == ("public, max-age=60", "Accept, Accept-Language")
    for given in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = await visit(maker, LOT_PATH, if_none_match=given)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await visit(maker, LOT_PATH, if_none_match='"x"')).status_code == 200
    assert (await visit(maker, LOT_PATH, accept_language="en", if_none_match=tag)).status_code == 200


async def test_the_security_headers_allow_nothing_from_outside(visit: Visit, maker: Firm) -> None:
    for path in (LOT_PATH, f"{PAGE}/10/UNKNOWN", "/01/malformed"):
        headers = (await visit(maker, path)).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert "script-src" not in policy
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
        assert "set-cookie" not in headers


async def test_programs_get_schema_org(visit: Visit, maker: Firm) -> None:
    answer = await visit(maker, LOT_PATH, accept="application/ld+json")
    url = f"http://{maker.slug}.suyuan.test{LOT_PATH}"
    assert answer.headers["content-type"] == "application/ld+json"
    assert answer.json() == {
        "@context": "https://schema.org",
        "@type": "Product",
        "@id": url,
        "url": url,
        "gtin": DUMPLING,
        "name": [{"@language": "zh-CN", "@value": NAMES["zh"]}, {"@language": "en", "@value": NAMES["en"]}],
        "productionDate": "2026-03-02",
        "additionalProperty": [
            {"@type": "PropertyValue", "propertyID": "https://gs1.org/voc/lotNumber", "name": "lotNumber", "value": "P1"},
            {"@type": "PropertyValue", "propertyID": "https://gs1.org/voc/itemExpirationDate", "name": "itemExpirationDate", "value": "2027-03-02"},
        ],
        "hasCertification": [{"@type": "Certification", "url": "https://certificates.example/haccp/18"}],
    }
    unit = (await visit(maker, UNIT_PATH, accept="application/json")).json()
    assert (unit["@type"], unit["serialNumber"]) == ("IndividualProduct", "S1")


@pytest.mark.parametrize(
    ("query", "accept"),
    [("?linkType=all", "text/html"), ("?linkType=linkset", "*/*"), ("?linktype=linkset", "text/html"), ("", "application/linkset+json")],
)
async def test_the_linkset_lists_what_can_be_followed(visit: Visit, maker: Firm, query: str, accept: str) -> None:
    answer = await visit(maker, LOT_PATH + query, accept=accept)
    url = f"http://{maker.slug}.suyuan.test{LOT_PATH}"
    assert answer.headers["content-type"] == "application/linkset+json"
    [links] = answer.json()["linkset"]
    assert links["anchor"] == url
    assert [(link["href"], link["hreflang"]) for link in links["https://gs1.org/voc/pip"]] == [
        (f"{url}?lang=zh", ["zh-CN"]),
        (f"{url}?lang=en", ["en"]),
    ]
    assert [link["href"] for link in links["https://gs1.org/voc/certificationInfo"]] == ["https://certificates.example/haccp/18"]


@pytest.mark.parametrize("link_type", ["gs1:pip", "gs1:defaultLink", "https://gs1.org/voc/pip", "https://ref.gs1.org/voc/defaultLink", ""])
async def test_the_link_types_of_the_page_give_the_page(visit: Visit, maker: Firm, link_type: str) -> None:
    answer = await visit(maker, f"{LOT_PATH}?linkType={quote(link_type)}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize("link_type", ["gs1:safetyInfo", "gs1:recallInfo", "pip", "gs1:", "<script>", "https://evil.example/voc/pip"])
async def test_any_other_link_type_is_not_found_and_never_the_default(visit: Visit, maker: Firm, link_type: str) -> None:
    answer = await visit(maker, f"{LOT_PATH}?linkType={quote(link_type)}")
    assert answer.status_code == 404
    assert NAMES["zh"] not in answer.text


async def test_one_certificate_is_followed_several_are_offered_none_is_not_found(
    visit: Visit, services: Services, maker: Firm, do_outbox: DoOutbox
) -> None:
    asked = f"{LOT_PATH}?linkType=gs1:certificationInfo"
    one = await visit(maker, asked)
    assert (one.status_code, one.headers["location"]) == (307, "https://certificates.example/haccp/18")
    more = transformed([D1], [lot(DUMPLING, "P1")], minutes=61, certificationInfo="https://certificates.example/iso/22000", readPoint={"id": LINE})
    await capture(services, maker.tenant_id, more)
    await do_outbox()
    several = await visit(maker, asked)
    assert several.status_code == 300
    assert len(several.json()["linkset"][0]["https://gs1.org/voc/certificationInfo"]) == 2
    assert (await visit(maker, f"{PAGE}?linkType=gs1:certificationInfo")).status_code == 404


async def test_a_certificate_that_is_no_web_address_is_not_shown(visit: Visit, services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    await put(services, firm)
    await capture(
        services, firm.tenant_id,
        transformed([D1], [lot(DUMPLING, "P1")], minutes=5, certificationInfo=["urn:example:certificate:1", "javascript:alert(1)"], **OWN_WORDS),
    )  # fmt: skip
    await do_outbox()
    answer = await visit(firm, LOT_PATH)
    assert "javascript" not in answer.text
    assert "证书" not in answer.text


async def test_programs_get_problem_details_instead_of_a_page(visit: Visit, maker: Firm) -> None:
    answer = await visit(maker, f"{PAGE}/10/UNKNOWN", accept="application/ld+json")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "HISTORY_NOT_FOUND"


async def test_a_query_that_could_split_headers_is_not_reflected(visit: Visit, maker: Firm) -> None:
    answer = await visit(maker, f"/01/{DUMPLING[1:]}/10/P1?lang=en%0d%0aSet-Cookie:%20a=b")
    assert answer.status_code == 307
    assert "set-cookie" not in answer.headers


async def test_a_customers_place_is_never_named(visit: Visit, maker: Firm) -> None:
    for path in (LOT_PATH, UNIT_PATH):
        page = (await visit(maker, path)).text + (await visit(maker, path, accept_language="en")).text
        assert "Huilin" not in page
        assert "惠邻" not in page


@pytest.mark.parametrize(
    ("asked", "header", "language"),
    [
        (None, "", Language.ZH), (None, "*", Language.ZH), (None, "en", Language.EN), (None, "zh-TW", Language.ZH), (None, "fr", Language.EN),
        (None, "fr, zh;q=0.3", Language.ZH), (None, "en;q=0.5, zh;q=0.6", Language.ZH), (None, "zh;q=0, en;q=0.1", Language.EN),
        ("en", "zh", Language.EN), ("zh-CN", "en", Language.ZH), ("fr", "en", Language.EN), ("", "en", Language.EN),
        (None, "en;q=9, zh", Language.ZH), (None, ";;,,=q", Language.ZH), (None, "x" * 100_000, Language.ZH),
    ],
)  # fmt: skip
def test_the_reader_gets_the_language_that_he_reads_best(asked: str | None, header: str, language: Language) -> None:
    assert choose_language(asked, header, Language.ZH) is language


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", Format.PAGE), ("*/*", Format.PAGE), ("text/html,application/xhtml+xml,*/*;q=0.8", Format.PAGE), ("image/png", Format.PAGE),
        ("application/ld+json", Format.JSON_LD), ("application/json", Format.JSON_LD), ("text/html;q=0.5, application/ld+json", Format.JSON_LD),
        ("application/linkset+json", Format.LINKSET), ("garbage;;;q=x", Format.PAGE),
    ],
)  # fmt: skip
def test_the_format_follows_the_accept_header(accept: str, chosen: Format) -> None:
    assert choose_format(accept, LinkType.DEFAULT) is chosen


def test_a_linkset_that_is_asked_for_by_name_needs_no_accept_header() -> None:
    assert choose_link_type("all") is LinkType.LINKSET
    assert choose_format("text/html", LinkType.LINKSET) is Format.LINKSET
    assert Accept("text/html").best_match(["text/html"]) == "text/html"
