"""The sandbox through GraphQL: opened, entered, filled, reset; and its pages, which say that they are a test."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.events.canonical import CanonicalEvent
from backend.sandbox import samples
from backend.sandbox import service as filling
from backend.services import Services
from backend.simulator import Simulation
from tenants.permissions import Role
from tests.firms import Firm
from tests.graphql.conftest import Caller

SANDBOX = "sandbox { slug pages status industry filledEvents totalEvents startedAt finishedAt }"
ERRORS = "userErrors { field code message }"
ASK = f"{{ {SANDBOX} }}"
OPEN = f"mutation($input: OpenSandboxInput!) {{ openSandbox(input: $input) {{ {SANDBOX} {ERRORS} }} }}"
ENTER = f"""mutation($input: EnterSandboxInput!) {{ enterSandbox(input: $input) {{
  tokens {{ accessToken refreshToken expiresIn }} me {{ tenant permissions }} {ERRORS} }} }}"""
RESET = f"mutation($input: ResetSandboxInput!) {{ resetSandbox(input: $input) {{ {SANDBOX} {ERRORS} }} }}"
CREATE = "mutation($input: CreateClientInput!) { createClient(input: $input) { key client { id } userErrors { code } } }"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A month in little, so that tests don't wait."""
    monkeypatch.setattr(filling.start, "__kwdefaults__", {"events": 300})


@pytest.fixture
def caller_of(client: httpx.AsyncClient, bearer: Callable[..., Awaitable[dict[str, str]]]) -> Callable[..., Awaitable[Caller]]:
    """Somebody of a role in a firm."""

    async def make(firm: Firm, role: Role = Role.OWNER) -> Caller:
        return Caller(client, await bearer(firm, role))

    return make


@pytest.fixture
async def owner(firm: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> Caller:
    """The owner of the test's firm."""
    return await caller_of(firm)


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


async def entered(owner: Caller) -> Caller:
    payload = await owner.command(ENTER, {})
    assert payload["userErrors"] == []
    return Caller(owner.client, {"Authorization": f"Bearer {payload['tokens']['accessToken']}"})


async def test_a_sandbox_is_opened_fills_by_itself_and_is_entered(firm: Firm, owner: Caller, do_outbox: Callable[[], Awaitable[int]]) -> None:
    assert await owner.ask(ASK) == {"sandbox": None}
    assert codes(await owner.command(ENTER, {})) == ["SANDBOX_NOT_FOUND"]
    opened = await owner.command(OPEN, {"industry": "PHARMACEUTICALS"})
    slug = f"{firm.slug}-sandbox"
    assert opened["sandbox"] == {
        "slug": slug, "pages": f"http://{slug}.suyuan.test", "status": "FILLING", "industry": "PHARMACEUTICALS", "filledEvents": 0,
        "totalEvents": 300, "startedAt": opened["sandbox"]["startedAt"], "finishedAt": None,
    }  # fmt: skip
    again = await owner.command(OPEN, {"industry": "FOOD"})
    assert again["sandbox"]["industry"] == "PHARMACEUTICALS"
    await do_outbox()
    ready = (await owner.ask(ASK))["sandbox"]
    assert (ready["status"], ready["filledEvents"], ready["finishedAt"] is not None) == ("READY", 300, True)
    inside = await entered(owner)
    assert (await inside.ask("{ me { tenant } }"))["me"]["tenant"] == slug
    assert (await inside.ask(ASK))["sandbox"] == ready
    assert len((await inside.ask("{ events(first: 5) { nodes { id } } }"))["events"]["nodes"]) == 5
    assert (await owner.ask("{ events(first: 5) { nodes { id } } }"))["events"]["nodes"] == []


async def test_a_filling_that_fails_says_so_and_goes_on_where_it_stopped(
    services: Services, firm: Firm, owner: Caller, do_outbox: Callable[[], Awaitable[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    part_of = samples.part_of

    def broken(made: Simulation, part: int) -> list[CanonicalEvent]:
        if part == 1:
            raise RuntimeError("planted")
        return part_of(made, part)

    await owner.command(OPEN, {"industry": "ELECTRONICS"})
    monkeypatch.setattr(samples, "part_of", broken)
    sandbox = await services.identity.sandboxes.find(firm.principal)
    assert sandbox is not None
    told = []
    for _ in range(filling.FAILURES):
        await do_outbox()
        told.append((await owner.ask(ASK))["sandbox"])
        async with services.database.tenant(sandbox.tenant_id) as tx:
            await tx.execute("update outbox set due_at = now() where tenant_id = $1 and done_at is null")
    assert [each["status"] for each in told] == ["FILLING"] * (filling.FAILURES - 1) + ["FAILED"]
    assert (told[-1]["filledEvents"], told[-1]["finishedAt"]) == (100, None)
    monkeypatch.setattr(samples, "part_of", part_of)
    again = await owner.command(OPEN, {"industry": "FOOD"})
    assert (again["sandbox"]["status"], again["sandbox"]["industry"], again["sandbox"]["filledEvents"]) == ("FILLING", "ELECTRONICS", 100)
    await do_outbox()
    assert (await owner.ask(ASK))["sandbox"]["status"] == "READY"
    async with services.database.tenant(sandbox.tenant_id) as tx:
        resumed = await tx.fetch("select actor_kind from audit_entry where tenant_id = $1 and action = 'sandbox.filling_resumed'")
        assert await tx.fetchval("select count(*) from event where tenant_id = $1") == 300
    assert [row["actor_kind"] for row in resumed] == ["person"]


async def test_ids_of_the_sandbox_mean_nothing_in_the_company_and_the_reverse(
    firm: Firm, owner: Caller, do_outbox: Callable[[], Awaitable[int]]
) -> None:
    await owner.command(OPEN, {})
    await do_outbox()
    inside = await entered(owner)
    event = (await inside.ask("{ events(first: 1) { nodes { id } } }"))["events"]["nodes"][0]["id"]
    live = (await owner.command(CREATE, {"terms": {"name": "ERP", "scopes": ["trace.read"]}}))["client"]["id"]
    for caller, identifier in ((owner, event), (inside, live)):
        assert await caller.ask("query($id: ID!) { node(id: $id) { id } }", {"id": identifier}) == {"node": None}


async def test_a_reset_needs_the_name_typed_and_starts_anew(firm: Firm, owner: Caller, do_outbox: Callable[[], Awaitable[int]]) -> None:
    assert codes(await owner.command(RESET, {"confirmation": "x"})) == ["SANDBOX_NOT_FOUND"]
    slug = (await owner.command(OPEN, {"industry": "ELECTRONICS"}))["sandbox"]["slug"]
    await do_outbox()
    inside = await entered(owner)
    key = (await inside.command(CREATE, {"terms": {"name": "ERP", "scopes": ["trace.read", "events.read"]}}))["key"]
    assert key.startswith("sy_test_")
    wrong = await owner.command(RESET, {"confirmation": firm.slug})
    assert [(error["field"], error["code"]) for error in wrong["userErrors"]] == [("confirmation", "CONFIRMATION_WRONG")]
    assert slug in wrong["userErrors"][0]["message"]
    assert (await owner.ask(ASK))["sandbox"]["status"] == "READY"
    again = str(uuid4())
    reset = await owner.command(RESET, {"confirmation": slug, "reason": "before the demonstration"}, again)
    assert (reset["userErrors"], reset["sandbox"]["status"], reset["sandbox"]["industry"]) == ([], "FILLING", "ELECTRONICS")
    assert (await inside.refusal("{ me { tenant } }"))["code"] == "SESSION_ENDED"
    machine = Caller(owner.client, {"Authorization": f"Bearer {key}"})
    assert (await machine.ask("{ me { tenant } events(first: 1) { nodes { id } } }")) == {"me": {"tenant": slug}, "events": {"nodes": []}}
    await do_outbox()
    # Repeated by a shaky network, it doesn't throw the new data away.
    repeated = await owner.command(RESET, {"confirmation": slug, "reason": "before the demonstration"}, again)
    assert (repeated["sandbox"]["status"], repeated["sandbox"]["filledEvents"]) == ("READY", 300)


async def test_inside_of_the_sandbox_none_is_opened_entered_or_reset(owner: Caller) -> None:
    slug = (await owner.command(OPEN, {}))["sandbox"]["slug"]
    inside = await entered(owner)
    for mutation, given in ((OPEN, {}), (ENTER, {}), (RESET, {"confirmation": slug})):
        assert codes(await inside.command(mutation, given)) == ["CONFLICT"]


async def test_who_may_use_it_and_who_may_throw_it_away(firm: Firm, owner: Caller, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    slug = (await owner.command(OPEN, {}))["sandbox"]["slug"]
    quality = await caller_of(firm, Role.QUALITY_MANAGER)
    assert (await quality.ask(ASK))["sandbox"]["slug"] == slug
    assert (await (await entered(quality)).ask("{ me { roles } }")) == {"me": {"roles": ["quality_manager"]}}
    assert (await quality.refusal(RESET, {"input": {"confirmation": slug}}))["code"] == "PERMISSION_DENIED"
    worker = await caller_of(firm, Role.WORKER)
    for mutation in (OPEN, ENTER):
        assert (await worker.refusal(mutation, {"input": {}}))["code"] == "PERMISSION_DENIED"


async def test_pages_of_a_sandbox_say_that_they_are_a_test(
    firm: Firm, owner: Caller, services: Services, client: httpx.AsyncClient, do_outbox: Callable[[], Awaitable[int]]
) -> None:
    sandbox = (await owner.command(OPEN, {}))["sandbox"]
    await do_outbox()
    tenant = await services.identity.sandboxes.find(firm.principal)
    assert tenant is not None
    async with services.database.tenant(tenant.tenant_id) as tx:
        key = await tx.fetchval("select key from published_history where tenant_id = $1 and key like '01/%/10/%' order by key limit 1")
    host = {"host": sandbox["pages"].removeprefix("http://")}
    for language, words in (("en", "This is a test"), ("zh-CN", "这是测试")):
        page = await client.get(f"/{key}", headers={**host, "accept": "text/html", "accept-language": language})
        assert page.status_code == 200
        assert words in page.text
        assert '<meta name="robots" content="noindex">' in page.text
        assert page.headers["X-Robots-Tag"] == "noindex"
        assert len(page.content) < 30_000
    facts = await client.get(f"/{key}", headers={**host, "accept": "application/ld+json"})
    assert facts.headers["X-Robots-Tag"] == "noindex"
    # The bare host asks claims, and those are of live data alone.
    assert (await client.get(f"/{key}", headers={"accept": "text/html"})).status_code == 404
