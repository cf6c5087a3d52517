"""What was known then, against the reference told only what had arrived by then; and what was by a time, which only grows with it."""

from random import Random

import pytest

from backend.identifiers import ObjectKind
from backend.services import Services
from infra import clock
from tests.reference.comparison import Differences, compare_trace, moment_of
from tests.reference.genealogy import Genealogy
from tests.reference.shipping import shipments_reached
from tests.reference.stories import Story, story_of
from tests.reference.test_against_reference import FIRST, Tell, told
from tests.reference.told import CONTAINERS
from tests.soak.marks import soak

__all__ = ["told"]
NOT_ASKED = (ObjectKind.TRANSFORMATION, ObjectKind.PRODUCT_CLASS)


async def check_known(services: Services, told: Tell, story: Story) -> None:
    product, chance, found = await told(story), Random(f"known {story.seed}"), Differences()
    async with services.database.tenant(product.firm.tenant_id) as tx:
        for number in sorted(chance.sample(range(len(story.batches)), min(4, len(story.batches)))):
            genealogy = Genealogy([event for batch in story.batches[: number + 1] for event in batch])
            things = sorted(thing for thing, kind in genealogy.kinds.items() if kind not in NOT_ASKED)
            for thing in chance.sample(things, min(4, len(things))):
                for forward in (True, False):
                    await compare_trace(found, product, tx, genealogy, thing, forward, None, known_at=product.moments[number])
                ours = await product.shipments(tx, thing, product.moments[number])
                found.compare(f"shipments of {thing} known after batch {number}", ours, shipments_reached(genealogy, thing, clock.now()))
    assert not found.found, f"SUYUAN_REFERENCE_SEED={story.seed}\n{story.text()}\n{found.text()}"


async def check_as_of(services: Services, told: Tell, story: Story) -> None:
    """Of a thing that isn't a container, whose contents come and go."""
    product, genealogy, chance = await told(story), Genealogy(story.arrivals), Random(f"as of {story.seed}")
    things = sorted(thing for thing, kind in genealogy.kinds.items() if kind not in (*NOT_ASKED, *CONTAINERS))
    async with services.database.tenant(product.firm.tenant_id) as tx:
        for thing in chance.sample(things, min(4, len(things))):
            for forward in (True, False):
                before: set[str] = set()
                for as_of in [*sorted(moment_of(genealogy, chance) for _ in range(3)), None]:
                    reached = (await product.trace(tx, thing, forward=forward, as_of=as_of)).reached.keys()
                    assert before <= reached, (story.seed, thing, forward, as_of, before - reached)
                    before = set(reached)


@pytest.mark.parametrize("part", range(2))
async def test_what_was_known_then_is_what_had_arrived_by_then(services: Services, told: Tell, part: int) -> None:
    for seed in range(FIRST + part * 6, FIRST + (part + 1) * 6):
        await check_known(services, told, story_of(seed))


async def test_what_was_by_a_time_only_grows_with_it(services: Services, told: Tell) -> None:
    for seed in range(FIRST + 20, FIRST + 26):
        await check_as_of(services, told, story_of(seed))


@soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("part", range(8))
async def test_what_was_known_and_what_was_by_a_time_of_many(services: Services, told: Tell, part: int) -> None:
    for seed in range(FIRST + 1_000 + part * 50, FIRST + 1_000 + (part + 1) * 50):
        await check_known(services, told, story_of(seed))
        await check_as_of(services, told, story_of(seed))
