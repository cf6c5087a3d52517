"""How fast one address may ask for pages, and that guessing costs more than scanning."""

from collections.abc import Awaitable, Callable

import httpx

from backend.history.rate_limit import MISS_COST, PAGE_COST, PAGES
from tests.firms import Firm
from tests.history.markup import text_of
from tests.history.stories import LOT_PATH

Visit = Callable[..., Awaitable[httpx.Response]]


def left(answer: httpx.Response) -> int:
    name, remaining, _ = answer.headers["ratelimit"].split(";")
    assert name == '"page"'
    return int(remaining.removeprefix("r="))


async def test_too_many_requests_are_answered_with_a_page_that_says_when_to_come_again(visit: Visit, maker: Firm) -> None:
    answers = [await visit(maker, LOT_PATH, accept_language="en") for _ in range(PAGES.quota + 30)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert {answer.status_code for answer in answers[: PAGES.quota]} == {200}
    assert refused
    assert int(refused[0].headers["retry-after"]) >= 1
    assert "Too many requests" in text_of(refused[0])


async def test_each_page_tells_what_is_left(visit: Visit, maker: Firm) -> None:
    answers = [await visit(maker, LOT_PATH) for _ in range(3)]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"page";q=120;w=60'}
    assert left(answers[0]) == PAGES.quota - PAGE_COST
    assert left(answers[2]) < left(answers[0])


async def test_guessing_serials_is_stopped_long_before_scanning_would_be(visit: Visit, maker: Firm) -> None:
    answers = [await visit(maker, f"{LOT_PATH}/21/{number}") for number in range(30)]
    statuses = [answer.status_code for answer in answers]
    assert (statuses[0], left(answers[0])) == (404, PAGES.quota - PAGE_COST - MISS_COST)
    assert 429 in statuses
    assert statuses.index(429) <= PAGES.quota // (PAGE_COST + MISS_COST) + 3
