"""`make picture`: a demo of its own, its traces in a terminal and a sold unit's history page on a phone, side by side in one PNG."""

import asyncio
import base64
import io
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from playwright.async_api import Browser, async_playwright
from rich.console import Console
from rich.terminal_theme import TerminalTheme

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "backend" / "docs" / "pictures" / "overview.png"
LARGEST_BYTES = 400_000
CHROMIUM = "/usr/bin/chromium"
COLUMNS = 112
PHONE = {"width": 390, "height": 844}
PUBLICATION_SECONDS = 120
FONTS = '"DejaVu Sans Mono", "Noto Sans Mono CJK SC", "WenQuanYi Micro Hei Mono", monospace'
THEME = TerminalTheme(
    (22, 27, 34),
    (201, 209, 217),
    [(72, 79, 88), (255, 123, 114), (63, 185, 80), (210, 153, 34), (88, 166, 255), (188, 140, 255), (57, 197, 207), (177, 186, 196)],
    [(110, 118, 129), (255, 161, 152), (86, 211, 100), (227, 179, 65), (121, 192, 255), (210, 168, 255), (86, 212, 221), (240, 246, 252)],
)
# What rich draws each line into; its own template fetches a font from a network.
TERMINAL = f"""<pre style='margin:0;font:14px/19px {FONTS.replace('"', "")};color:{{foreground}}'>{{code}}</pre>"""
SHEET = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 36px; background: #e9edf2; display: inline-flex; gap: 36px; align-items: flex-start; }}
.terminal {{ background: #161b22; border-radius: 12px; padding: 14px 22px 18px; box-shadow: 0 12px 32px #0003; }}
.lights {{ display: flex; gap: 8px; margin-bottom: 12px; }} .lights i {{ width: 12px; height: 12px; border-radius: 50%; background: #484f58; }}
.phone {{ background: #111; border-radius: 44px; padding: 12px; box-shadow: 0 12px 32px #0004; }}
.phone img {{ display: block; width: {width}px; height: {height}px; border-radius: 33px; }}
</style><div class="terminal"><div class="lights"><i></i><i></i><i></i></div>{terminal}</div><div class="phone"><img src="{page}"></div>"""


def main() -> int:
    """Make the picture and say how large it is."""
    with tempfile.TemporaryDirectory(prefix="suyuan-picture-") as directory:
        Path(directory).chmod(0o755)
        os.environ["SUYUAN_STATE_DIR"] = f"{directory}/state"
        os.environ["SUYUAN_SHARED_DATA"] = directory
        os.environ.setdefault("SUYUAN_DEMO_EVENTS", "6000")
        os.environ.setdefault("SUYUAN_PORT", "8137")
        picture = _make()
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_bytes(picture)
    print(f"{PICTURE.relative_to(ROOT)}: {len(picture):,} bytes")
    return 0 if len(picture) <= LARGEST_BYTES else 1


def _make() -> bytes:
    # The demo reads where its state is as it is imported.
    from backend.demo import __main__ as demo
    from backend.demo import runtime
    from infra.embedded.supervisor import Supervisor

    with Supervisor(runtime.STATE) as supervisor:
        demo.run(Console(stderr=True), supervisor, time.perf_counter())
        return asyncio.run(_picture())


async def _picture() -> bytes:
    from backend.demo import loading, runtime
    from backend.demo.acts import LOADED, Told
    from backend.demo.story import tell
    from backend.services import build_services
    from infra.settings import load_settings
    from tenants.directory import tenant_by_slug

    told = Told(*json.loads(LOADED.read_text()))
    services = build_services(load_settings())
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    try:
        tenant = await tenant_by_slug(services.database, loading.MAKER)
        assert tenant is not None, "the demo has no such firm"
        for _ in range(2):
            # The second time, connections and plans are warm, as they are in a service that runs.
            console.export_text(clear=True)
            await tell(services, console, tenant.tenant_id, contaminated=told.contaminated_lot, sold_unit=told.sold_unit)
    finally:
        await services.close()
    terminal = console.export_html(theme=THEME, code_format=TERMINAL, inline_styles=True)
    address = f"{runtime.public_url().replace('localhost', f'{loading.MAKER}.localhost')}/{told.sold_unit}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            page = base64.b64encode(await _history_page(browser, address)).decode()
            return await _sheet(browser, SHEET.format(terminal=terminal.strip(), page=f"data:image/png;base64,{page}", **PHONE))
        finally:
            await browser.close()


async def _history_page(browser: Browser, address: str) -> bytes:
    """The first screen of the page, as soon as the worker has published it."""
    context = await browser.new_context(
        viewport={"width": PHONE["width"], "height": PHONE["height"]}, locale="en", device_scale_factor=1, is_mobile=True
    )
    page = await context.new_page()
    deadline = time.monotonic() + PUBLICATION_SECONDS
    while True:
        answer = await page.goto(address)
        if answer is not None and answer.status == 200:
            return await page.screenshot()
        if time.monotonic() > deadline:
            raise TimeoutError(f"{address} answers {answer.status if answer else 'nothing'}")
        await asyncio.sleep(1)


async def _sheet(browser: Browser, html: str) -> bytes:
    page = await browser.new_page(viewport={"width": 1700, "height": 900})
    await page.set_content(html)
    return await page.locator("body").screenshot()


if __name__ == "__main__":
    sys.exit(main())
