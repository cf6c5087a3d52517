"""The validator's page as an integrator's browser shows it, on a screen and on a phone."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from backend.validator.samples import SAMPLES
from tests.browser.conftest import Visit
from tests.firms import Firm

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Awaitable[Visit]]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("locale", "again"), [("zh-CN", "改正后再校验"), ("en-GB", "Correct and check again")])
async def test_a_pasted_document_is_checked_without_scripts(
    open_page: OpenPage, firm: Firm, size: dict[str, int], scheme: str, locale: str, again: str
) -> None:
    seen = await open_page(firm, "/validator", **size, color_scheme=scheme, locale=locale, java_script_enabled=False)
    await seen.page.locator("textarea").fill(SAMPLES["faulty"])
    await seen.page.locator("main form button").click()
    await seen.page.get_by_role("heading", name=again).wait_for()
    assert await seen.page.locator("textarea").input_value() == SAMPLES["faulty"]
    assert await seen.page.locator(".l.bad mark").count() >= 5
    assert (len(seen.requests), seen.console) == (2, [])


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("sample", list(SAMPLES))
async def test_nothing_goes_over_the_edge(open_page: OpenPage, firm: Firm, size: dict[str, int], sample: str) -> None:
    seen = await open_page(firm, f"/validator?sample={sample}", **size, locale="zh-CN")
    await seen.page.locator("main form button").click()
    await seen.page.locator(".source").wait_for()
    assert await seen.page.evaluate(SIDEWAYS) is False
    assert seen.console == []


async def test_a_file_is_taken_and_a_fault_leads_to_its_line(open_page: OpenPage, firm: Firm, tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text(SAMPLES["faulty"], encoding="utf-8")
    seen = await open_page(firm, "/validator", **DESKTOP, locale="en-GB")
    await seen.page.locator("input[type=file]").set_input_files(file)
    await seen.page.locator("main form button").click()
    await seen.page.locator(".findings a").nth(4).click()
    line = seen.page.url.rpartition("#")[2]
    assert await seen.page.locator(f"#{line}").is_visible()
    assert "09506000134353" in (await seen.page.locator(f"#{line}").text_content() or "")


async def test_the_language_is_changed_with_the_document_kept(open_page: OpenPage, firm: Firm) -> None:
    seen = await open_page(firm, "/validator?sample=faulty", **PHONE, locale="zh-CN")
    await seen.page.locator("main form button").click()
    await seen.page.get_by_role("button", name="English").click()
    assert await seen.page.get_by_role("heading", level=1).text_content() == "EPCIS validator"
    assert '"SHIP" is not an action.' in (await seen.page.locator(".findings").first.text_content() or "")
