"""The examples of the documentation run, in their order, with curl against a server, and answer as they say."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import pytest
import uvicorn

from backend.services import Services
from infra.embedded.ports import free_port
from mobile_api.app import create_app
from tenants.permissions import Role
from tenants.registration import create_person_with_membership
from tests.conftest import PASSWORD
from tests.docs.documents import page
from tests.docs.examples import Examples, Shell
from tests.firms import Firm
from tests.signing import set_up

PAGES = [
    "README.md",
    "backend/docs/api.md",
    "backend/docs/people.md",
    "backend/docs/machines.md",
    "backend/docs/devices.md",
    "backend/docs/signing-in.md",
]
KINDS = {"", "sh", "sh demo", "sh run", "graphql run", "json answer", "text answer", "json", "sql"}


@asynccontextmanager
async def serving(services: Services) -> AsyncIterator[int]:
    """The whole service on a port of its own, in this process."""
    port = free_port()
    own = replace(services, settings=services.settings.model_copy(update={"public_url": f"http://localhost:{port}"}))
    config = uvicorn.Config(create_app(services=own), host="127.0.0.1", port=port, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        await running


async def new_signer(services: Services, firm: Firm) -> dict[str, str]:
    """Somebody who signs, as the demo's quality manager does."""
    login = f"{uuid4().hex[:12]}@example.com"
    role = Role.QUALITY_MANAGER
    member = await create_person_with_membership(services.identity, firm.tenant, login=login, password=PASSWORD, display_name="Chen Zhi", role=role)
    return {"SIGNER": login, "SIGNERS_SECRET": (await set_up(services.identity, member.person_id)).secret}


@pytest.mark.parametrize("name", PAGES)
async def test_the_examples_run_and_answer_as_they_say(name: str, services: Services, firm: Firm, do_outbox: Callable[[], Awaitable[int]]) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed here, so the documentation's examples can't be run as they stand")
    login = f"{uuid4().hex[:12]}@example.com"
    await create_person_with_membership(services.identity, firm.tenant, login=login, password=PASSWORD, display_name="Owner", role=Role.OWNER)
    async with serving(services) as port:
        base = f"http://127.0.0.1:{port}"
        signer = await new_signer(services, firm)
        variables = {"SUYUAN": base, "LOGIN": login, "PASSWORD": PASSWORD, "PAGES": f"http://{firm.slug}.localhost:{port}", **signer}
        shell = await Shell.open(variables)
        examples = Examples(shell, base)
        try:
            for block in page(name).blocks:
                await do_outbox()
                await examples.follow(block)
        finally:
            await shell.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_block_says_what_it_is(name: str) -> None:
    assert {block.info for block in page(name).blocks} <= KINDS
