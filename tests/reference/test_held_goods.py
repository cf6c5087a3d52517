"""What holds reach against the reference: downstream of the roots, into held containers, and not through what was released."""

from collections.abc import Sequence
from random import Random

import pytest

from backend.identifiers import ObjectKind
from backend.services import Services
from infra import clock
from tests.reference.containers import contents
from tests.reference.genealogy import Genealogy
from tests.reference.stories import story_of
from tests.reference.test_against_reference import FIRST, Tell, told
from tests.reference.trace import held
from tests.soak.marks import soak

__all__ = ["told"]
HOLDABLE = (ObjectKind.LOT, ObjectKind.UNIT, ObjectKind.LOGISTIC_UNIT, ObjectKind.ASSET, ObjectKind.TANK)


async def check_holds(services: Services, told: Tell, seed: int) -> None:
    """Three holds on anything; some of what they reach is let go, and all that is known is asked whether it may leave."""
    story, chance = story_of(seed), Random(f"holds {seed}")
    product, genealogy = await told(story), Genealogy(story.arrivals)
    things = sorted(thing for thing, kind in genealogy.kinds.items() if kind in HOLDABLE)
    expected: dict[str, set[str]] = {}
    for root in chance.sample(things, min(3, len(things))):
        hold_id = await product.hold(root)
        reached = sorted(thing for thing in held(genealogy, [root], [], clock.now()) - {root} if genealogy.kinds.get(thing) in HOLDABLE)
        cuts = chance.sample(reached, min(len(reached), chance.choice([0, 0, 1, 2])))
        if cuts:
            await product.release(hold_id, cuts)
        expected[str(hold_id)] = held(genealogy, [root], cuts, clock.now())
    async with services.database.tenant(product.firm.tenant_id) as tx:
        found = {str(hold_id): goods for hold_id, goods in (await product.held(tx)).items()}
        assert found == expected, f"SUYUAN_REFERENCE_SEED={seed}"
        for thing in chance.sample(things, min(10, len(things))):
            assert await product.is_held(tx, thing) == is_held(genealogy, thing, list(expected.values())), f"{thing}, SUYUAN_REFERENCE_SEED={seed}"


def is_held(genealogy: Genealogy, thing: str, held_goods: Sequence[set[str]]) -> bool:
    """Whether a thing may not leave: for itself, or for what lies in it now (MODEL: a container is blocked while held goods are inside)."""
    goods = {thing, *(stay.content for stay in contents(genealogy.stays, thing, clock.now(), residues=True))}
    return any(goods & reached for reached in held_goods)


@pytest.mark.parametrize("part", range(2))
async def test_holds_reach_what_the_reference_says(services: Services, told: Tell, part: int) -> None:
    for seed in range(FIRST + part * 8, FIRST + (part + 1) * 8):
        await check_holds(services, told, seed)


@soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("part", range(8))
async def test_holds_reach_what_the_reference_says_about_many(services: Services, told: Tell, part: int) -> None:
    for seed in range(FIRST + 1_000 + part * 100, FIRST + 1_000 + (part + 1) * 100):
        await check_holds(services, told, seed)
