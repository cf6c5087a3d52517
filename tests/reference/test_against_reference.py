"""The product against the reference: genealogies made by chance, captured in any order, asked about from everywhere.

Some dozens here, thousands in `make soak`; SUYUAN_REFERENCE_SEED says from which seed on. A failure prints the seed and the least
story that still shows it.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest

from backend.services import Services
from tests.reference.comparison import Differences, compare
from tests.reference.genealogy import Genealogy
from tests.reference.product import Product
from tests.reference.stories import Story, story_of
from tests.soak.marks import soak

FIRST: Final = int(os.environ.get("SUYUAN_REFERENCE_SEED", "1"))
SAMPLE: Final = range(FIRST, FIRST + 50)
Tell = Callable[[Story], Awaitable[Product]]


@pytest.fixture
def told(services: Services, new_firm: Any) -> Tell:
    """Tell a fresh tenant a story."""

    async def tell(story: Story) -> Product:
        product = Product(services, await new_firm())
        await product.tell(story.batches)
        return product

    return tell


async def differences(services: Services, told: Tell, story: Story) -> Differences:
    """Where the product and the reference differ about a story."""
    product = await told(story)
    async with services.database.tenant(product.firm.tenant_id) as tx:
        return await compare(product, tx, Genealogy(story.arrivals), seed=story.seed)


async def least(story: Story, fails: Callable[[Story], Awaitable[bool]]) -> Story:
    """The story without the parts, then without the events, that the failure doesn't need."""
    for part in reversed(range(len(story.parts))):
        if await fails(smaller := story.without(part)):
            story = smaller
    for part in reversed(range(len(story.parts))):
        for event in reversed(range(len(story.parts[part][1]))):
            if await fails(smaller := story.without(part, event)):
                story = smaller
    return story


async def check(services: Services, told: Tell, story: Story) -> int:
    """Fail with the least story that shows a difference; the number of questions asked."""
    found = await differences(services, told, story)
    if not found.found:
        return found.asked

    async def fails(smaller: Story) -> bool:
        return bool((await differences(services, told, smaller)).found)

    smallest = await least(story, fails)
    again = await differences(services, told, smallest)
    pytest.fail(f"SUYUAN_REFERENCE_SEED={story.seed}\n{smallest.text()}\n{again.text()}\nIn the whole story:\n{found.text()}")


@pytest.mark.parametrize("part", range(5))
async def test_the_product_answers_as_the_reference(services: Services, told: Tell, part: int) -> None:
    for seed in SAMPLE[part * 10 : (part + 1) * 10]:
        assert await check(services, told, story_of(seed)) > 0


@soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("part", range(20))
async def test_the_product_answers_as_the_reference_about_thousands(services: Services, told: Tell, part: int) -> None:
    for seed in range(FIRST + 1_000 + part * 150, FIRST + 1_000 + (part + 1) * 150):
        assert await check(services, told, story_of(seed)) > 0
