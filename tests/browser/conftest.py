"""A real browser, and the whole service on a port of its own for it to visit."""

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
import uvicorn
from litestar import Litestar
from playwright.async_api import Browser, BrowserContext, Page, Response, async_playwright

from backend.services import Services
from tests.factories import capture
from tests.firms import Firm
from tests.history.stories import dumpling_story, put

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.suyuan.test 127.0.0.1",
]


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ctrl-C is the test run's, not the server's."""
        yield


@dataclass
class Visit:
    """A page that was opened, its answer, and everything that it asked for, said or tried."""

    page: Page
    answer: Response
    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
async def port(app: Litestar) -> AsyncIterator[int]:
    """The port on which the service listens."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(cast(Any, app), lifespan="off", ws="none", log_level="warning", access_log=False)
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield listener.getsockname()[1]
    server.should_exit = True
    await serving
    listener.close()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    if CHROMIUM is None:
        pytest.skip("no chromium here: apt-get install chromium")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False, args=ARGUMENTS)
        yield launched
        await launched.close()


@pytest.fixture
async def open_page(browser: Browser, port: int) -> AsyncIterator[Callable[..., Awaitable[Visit]]]:
    """Open a path at a firm's host: `await open_page(firm, "/01/…", width=360, color_scheme="dark")`."""
    contexts: list[BrowserContext] = []

    async def visit(firm: Firm, path: str, *, width: int = 360, height: int = 740, **options: Any) -> Visit:
        context = await browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = await context.new_page()
        seen = Visit(page, cast(Response, None))
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("console", lambda message: seen.console.append(message.text))
        page.on("pageerror", lambda error: seen.console.append(str(error)))
        page.on("dialog", lambda dialog: seen.dialogs.append(dialog.message))
        answer = await page.goto(f"http://{firm.slug}.suyuan.test:{port}{path}", wait_until="networkidle")
        assert answer is not None
        seen.answer = answer
        return seen

    yield visit
    for context in contexts:
        await context.close()


@pytest.fixture
async def maker(services: Services, firm: Firm, do_outbox: Callable[[], Awaitable[int]]) -> Firm:
    """A firm whose dumplings are published."""
    await put(services, firm)
    await capture(services, firm.tenant_id, *dumpling_story())
    await do_outbox()
    return firm
