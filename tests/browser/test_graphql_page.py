"""The page on which GraphQL is tried by hand, in a browser: it works under its own policy and asks nobody else."""

from collections.abc import Awaitable, Callable

import pytest

from tests.browser.conftest import Visit
from tests.firms import Firm

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Awaitable[Visit]]


async def test_a_query_and_a_mutation_are_sent_and_answered(
    open_page: OpenPage, firm: Firm, bearer: Callable[..., Awaitable[dict[str, str]]]
) -> None:
    seen = await open_page(firm, "/graphql", width=1280, height=900)
    assert (seen.answer.status, seen.console) == (200, [])
    page = seen.page
    await page.get_by_label("Access token").fill((await bearer(firm))["Authorization"].removeprefix("Bearer "))
    await page.get_by_role("button").click()
    await page.get_by_text('"A owner"').wait_for()
    await page.get_by_label("Query").fill("mutation($input: PlaceHoldInput!) { placeHold(input: $input) { hold { reason } userErrors { code } } }")
    await page.get_by_label("Variables").fill('{"input": {"key": "https://id.gs1.org/01/09506000134307/10/F1", "reason": "tried by hand"}}')
    await page.get_by_role("button").click()
    await page.get_by_text('"tried by hand"').wait_for()
    assert set(seen.requests) == {seen.answer.url}
    assert seen.console == []
