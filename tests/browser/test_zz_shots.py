import pytest
from backend.validator.samples import SAMPLES
pytestmark = pytest.mark.browser
@pytest.mark.parametrize("w",[390,1280])
@pytest.mark.parametrize("loc",["zh-CN","en-GB"])
@pytest.mark.parametrize("scheme",["light","dark"])
async def test_shots(open_page, firm, w, loc, scheme):
    seen = await open_page(firm, "/validator", width=w, height=900, locale=loc, color_scheme=scheme)
    assert seen.answer.status==200, await seen.answer.text()
    if scheme=="light": await seen.page.screenshot(path=f"/tmp/shots/form-{w}-{loc}.png", full_page=True)
    for s in SAMPLES:
        await seen.page.goto(seen.answer.url.split("?")[0])
        await seen.page.fill("#document", SAMPLES[s])
        await seen.page.click("form button")
        await seen.page.wait_for_load_state("networkidle")
        await seen.page.screenshot(path=f"/tmp/shots/{s}-{w}-{loc}-{scheme}.png", full_page=True)
        assert not await seen.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    print(seen.console)
    assert seen.console==[]
