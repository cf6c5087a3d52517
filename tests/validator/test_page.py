"""The page `/validator`: what it shows to whom, and that what was sent is text in it, whatever it is."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import fields, replace
from random import randrange
from typing import Any, cast

import httpx
import pytest

from backend.history.words import Notice
from backend.services import Services
from backend.validator import page
from backend.validator.examples_shown import example_files
from backend.validator.listing import rows, visible
from backend.validator.samples import SAMPLES
from backend.validator.service import LARGEST
from backend.validator.words import EN, ZH, Words
from mobile_api.app import create_app
from tests.factories import FLOUR, lot, made, quantity, shipped, sscc
from tests.history.markup import elements, text_of
from tests.history.test_words_and_style import contrast
from tests.shared_data import needs_shared_data, shared_json
from tests.validator.documents import json_report, pretty

# What the templates are made of: anything else has come in from outside.
TAGS = {
    "html", "head", "meta", "title", "link", "style", "body", "header", "nav", "main", "div", "section", "footer", "p", "h1", "h2", "h3", "dl", "dt",
    "dd", "ol", "ul", "li", "a", "span", "strong", "b", "em", "button", "form", "textarea", "label", "input", "code", "pre", "mark", "details",
    "summary",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "name", "content", "rel", "href", "hreflang", "class", "role", "id", "aria-label", "aria-labelledby", "tabindex", "type",
    "form", "formaction", "method", "action", "enctype", "for", "rows", "spellcheck", "autocomplete", "autocapitalize", "accept", "open",
}  # fmt: skip


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """Behind a proxy that tells who asks; somebody else each time unless a test says who."""

    async def from_somewhere(request: httpx.Request) -> None:
        request.headers.setdefault("X-Forwarded-For", f"2001:db8:{randrange(65536):x}:{randrange(65536):x}::1")

    own = replace(services, settings=services.settings.model_copy(update={"trusted_proxies": 1}))
    transport = httpx.ASGITransport(app=cast(Any, create_app(services=own)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test", event_hooks={"request": [from_somewhere]}) as opened:
        yield opened


async def check(client: httpx.AsyncClient, document: str | bytes, language: str = "en", *, file: bool = False) -> httpx.Response:
    raw = document.encode(errors="replace") if isinstance(document, str) else document
    files = {"file": ("events.json", raw)} if file else {"document": (None, raw), "file": ("", b"")}
    return await client.post("/validator", files=files, headers={"Accept-Language": language})


def assert_harmless(answer: httpx.Response) -> None:
    found = elements(answer, "//*")
    assert {element.tag for element in found} <= TAGS
    assert {name for element in found for name in element.attrib} <= ATTRIBUTES
    assert len([element for element in found if element.tag == "style"]) == 1
    assert all(address.startswith(("/", "#L", "data:,")) for address in elements(answer, "//@href | //@formaction | //@action"))


@pytest.mark.parametrize(
    ("language", "heading", "tag"), [("zh-CN", "EPCIS 校验", "zh-CN"), ("en", "EPCIS validator", "en"), ("", "EPCIS 校验", "zh-CN")]
)
async def test_the_form_is_told_in_the_readers_language(client: httpx.AsyncClient, language: str, heading: str, tag: str) -> None:
    answer = await client.get("/validator", headers={"Accept-Language": language})
    assert (answer.status_code, answer.headers["Content-Language"], answer.headers["Vary"]) == (200, tag, "Accept-Language")
    assert elements(answer, "//h1")[0].text_content() == heading
    assert elements(answer, "//html/@lang") == [tag]
    assert_harmless(answer)


async def test_the_link_beats_the_header(client: httpx.AsyncClient) -> None:
    answer = await client.get("/validator?lang=en", headers={"Accept-Language": "zh"})
    assert elements(answer, "//h1")[0].text_content() == "EPCIS validator"


async def test_nothing_can_run_load_or_be_sent_elsewhere(client: httpx.AsyncClient) -> None:
    answer = await client.get("/validator")
    policy = answer.headers["Content-Security-Policy"]
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        policy,
    )
    assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"], answer.headers["Referrer-Policy"]) == (
        "no-store", "nosniff", "no-referrer",
    )  # fmt: skip
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("file", [False, True], ids=["text", "file"])
async def test_faults_stand_at_their_lines_with_a_good_event_beside_them(client: httpx.AsyncClient, file: bool) -> None:
    answer = await check(client, SAMPLES["faulty"], file=file)
    assert answer.status_code == 200
    assert_harmless(answer)
    [notice] = elements(answer, "//div[@role='status']/strong")
    assert re.fullmatch(r"\d+ faults to mend", notice.text_content())
    line = SAMPLES["faulty"][: SAMPLES["faulty"].index('"SHIP"')].count("\n") + 1
    [marked] = elements(answer, f"//div[@id='L{line}']//mark")
    assert marked.text_content() == '"SHIP"'
    [note] = elements(answer, f"//div[@id='L{line}']/following-sibling::*[1]")
    assert '"SHIP" is not an action.' in note.text_content()
    assert "Use ADD, OBSERVE or DELETE." in note.text_content()
    assert f"#L{line}" in elements(answer, "//ol[contains(@class, 'findings')]//@href")
    example = json.loads(elements(answer, "//pre[@class='example']")[0].text_content())
    assert (example["bizStep"], example["eventTime"]) == ("shipping", "2026-03-02T08:00:00.000Z")
    assert elements(answer, "//textarea")[0].text_content().strip() == SAMPLES["faulty"].strip()


async def test_what_was_understood_of_a_good_document(client: httpx.AsyncClient) -> None:
    answer = await check(client, SAMPLES["good"], "zh")
    assert_harmless(answer)
    shown = text_of(answer)
    for text in ("没有错误", "shipping", "https://id.gs1.org/00/095060001343520017", "2026-03-02T08:00:00", "ni:///sha-256;"):
        assert text in shown


async def test_xml_is_known_by_its_look(client: httpx.AsyncClient) -> None:
    answer = await check(client, SAMPLES["xml"])
    assert "/EPCISDocument/EPCISBody/EventList/AggregationEvent/action" in text_of(answer)
    assert elements(answer, "//pre[@class='example']")[0].text_content().startswith("<?xml")


async def test_a_language_is_changed_with_the_document_kept(client: httpx.AsyncClient) -> None:
    answer = await check(client, SAMPLES["faulty"])
    [button] = elements(answer, "//nav//button")
    assert (button.get("form"), button.get("formaction")) == ("form", "/validator?lang=zh")
    [link] = elements(await client.get("/validator?lang=en"), "//nav//a")
    assert link.get("href") == "/validator?lang=zh"


@pytest.mark.parametrize("name", list(SAMPLES))
async def test_each_sample_stands_in_the_form(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/validator?sample={name}")
    assert elements(answer, "//textarea")[0].text_content().strip() == SAMPLES[name].strip()


@pytest.mark.parametrize("document", ["", "  \n"])
async def test_of_nothing_there_is_nothing_to_check(client: httpx.AsyncClient, document: str) -> None:
    answer = await check(client, document)
    assert "There is nothing to check" in text_of(answer)


async def test_what_is_too_large_is_refused_on_the_page(client: httpx.AsyncClient) -> None:
    for size in (LARGEST + 1, LARGEST + 100_000):
        answer = await check(client, b" " * size, file=True)
        assert answer.status_code == 413
        assert "This is too large" in text_of(answer)
        assert_harmless(answer)


@pytest.mark.parametrize(
    ("content", "content_type"),
    [(b"--x", "multipart/form-data; boundary=x"), (b"x", "multipart/form-data"), (b"{}", "application/json"), (b"a=%ff", "text/plain")],
)
async def test_what_is_no_form_is_answered_on_the_page(client: httpx.AsyncClient, content: bytes, content_type: str) -> None:
    answer = await client.post("/validator", content=content, headers={"Content-Type": content_type, "Accept-Language": "en"})
    assert answer.status_code in (200, 400), answer.text
    assert_harmless(answer)


async def test_a_long_document_is_shown_about_its_faults(client: httpx.AsyncClient) -> None:
    events = [shipped([sscc(number)]) for number in range(100)]
    events[90]["action"] = "SHIP"
    text = pretty(*events)
    answer = await check(client, text)
    assert len(elements(answer, "//div[@class='source']/div")) < 30
    line = text[: text.index('"SHIP"')].count("\n") + 1
    assert elements(answer, f"//div[@id='L{line}']//mark")[0].text_content() == '"SHIP"'
    assert len(elements(answer, "//p[@class='gap']")) == 2


async def test_one_long_line_is_cut_about_its_fault(client: httpx.AsyncClient) -> None:
    text = json.dumps(json.loads(pretty(*[shipped([sscc(number)]) for number in range(50)], {**shipped([sscc(51)]), "action": "SHIP"})))
    answer = await check(client, text)
    [marked] = elements(answer, "//div[@class='source']//mark")
    assert marked.text_content() == '"SHIP"'
    assert len(elements(answer, "//div[@class='source']/div[1]/code")[0].text_content()) < 500


def payloads() -> list[str]:
    found = [item["payload"] for item in shared_json("security-corpora", "lists", "xss.json")]
    found += [item["string"] for item in shared_json("security-corpora", "lists", "naughty_strings.json")]
    return [*found, "</textarea><script>alert(1)</script>", "</style><img src=x onerror=alert(1)>", "{{ 7*7 }}{% raw %}", "\u202egnp.exe", "</code>"]


@needs_shared_data
async def test_naughty_strings_are_text_wherever_they_stand(client: httpx.AsyncClient) -> None:
    texts = payloads()
    assert len(texts) > 400
    for start in range(0, len(texts), 60):
        some = texts[start : start + 60]
        events = [
            {**shipped([sscc(1)]), "bizStep": text, "type": "ObjectEvent" if index % 3 else text, f"x{text}": text} for index, text in enumerate(some)
        ]
        events += [made([], [quantity(lot(FLOUR, "F1"), 1)], bizLocation={"id": text}, eventID=text) for text in some]
        assert_harmless(await check(client, json.dumps({"type": "EPCISDocument", "epcisBody": {"eventList": events}}, ensure_ascii=False)))
    for text in texts:
        answer = await check(client, text)
        assert answer.status_code == 200
        assert_harmless(answer)


@needs_shared_data
async def test_naughty_strings_are_text_in_xml(client: httpx.AsyncClient) -> None:
    from xml.sax.saxutils import escape

    for text in payloads()[::7]:
        inner = f"<ObjectEvent><action>{escape(text)}</action><bizStep>{escape(text)}</bizStep></ObjectEvent>"
        document = f'<EPCISDocument xmlns="urn:epcglobal:epcis:xsd:2"><EPCISBody><EventList>{inner}</EventList></EPCISBody></EPCISDocument>'
        assert_harmless(await check(client, document))


def test_what_is_invisible_is_written_out() -> None:
    assert visible("a\u202eb\x07c\td") == "a\\u202eb\\u0007c\td"
    report = json_report('{"type": "a\u202eb"}')
    assert "\u202e" not in "".join(part for row in rows(report) for part, _ in row.parts)


async def test_the_examples_are_linked_and_served_as_text(client: httpx.AsyncClient) -> None:
    links = [address for address in elements(await client.get("/validator"), "//@href") if "/examples/" in address]
    assert len(links) == 30
    assert set(EN.example_names) == set(ZH.example_names) == set(example_files())
    for address in links:
        answer = await client.get(address)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    for name in ("../machines.md", "..%2fmachines.md", "01_token", "__init__.py"):
        assert (await client.get(f"/validator/examples/{name}")).status_code == 404


async def test_one_address_gets_so_many_pages_and_large_documents_count_more(client: httpx.AsyncClient) -> None:
    client.headers["X-Forwarded-For"] = "198.51.100.77"
    answers = [await check(client, b'"' + b"x" * 900_000 + b'"', file=True) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    refused = answers[-1]
    assert int(refused.headers["Retry-After"]) >= 1
    assert "Too many requests" in text_of(refused)
    assert '"validator";r=' in refused.headers["RateLimit"]
    other = await client.get("/validator", headers={"X-Forwarded-For": "198.51.100.78"})
    assert other.status_code == 200


def texts(words: Words) -> dict[str, str]:
    told: dict[str, str] = {}
    for item in fields(words):
        value: Any = getattr(words, item.name)
        for name, entry in value.items() if isinstance(value, dict) else [("", value)]:
            if isinstance(entry, Notice):
                told[f"{item.name}.{name}.title"], told[f"{item.name}.{name}.text"] = entry.title, entry.text
            else:
                told[f"{item.name}.{name}"] = entry
    return told


def test_both_languages_say_everything_with_the_same_blanks() -> None:
    chinese, english = texts(ZH), texts(EN)
    assert chinese.keys() == english.keys()
    for name in chinese:
        assert chinese[name].strip()
        assert re.findall(r"\{\w*\}", chinese[name]) == re.findall(r"\{\w*\}", english[name])


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "paper"), [("bad", "bad-paper"), ("bad", "card"), ("ink", "bad-paper"), ("ink", "warn-paper"), ("soft", "bad-paper")]
)
def test_text_stands_out_from_its_background(scheme: int, ink: str, paper: str) -> None:
    blocks = re.findall(r":root\{([^}]*)\}", str(page.LOOK.templates.globals["style"]))
    light, dark, _, *own = blocks
    colours = dict(item.split(":") for item in ";".join([(light, dark)[scheme], own[scheme]]).split(";"))
    assert contrast(colours[f"--{ink}"], colours[f"--{paper}"]) >= 4.5


def test_the_style_sheet_asks_for_nothing_from_elsewhere() -> None:
    assert re.findall(r"url\(|@import|@font-face|</", str(page.LOOK.templates.globals["style"])) == []
