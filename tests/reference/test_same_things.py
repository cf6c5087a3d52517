"""Aliases against the reference: followed both ways, declared in the middle of a story, and some taken back."""

from random import Random
from typing import Any
from uuid import UUID

import pytest

from backend.identifiers import ObjectKind
from backend.services import Services
from tests.reference.comparison import compare
from tests.reference.genealogy import Alias, Genealogy
from tests.reference.product import Product
from tests.reference.stories import story_of
from tests.reference.test_against_reference import FIRST
from tests.reference.told import CONTAINERS
from tests.soak.marks import soak


async def check_aliases(services: Services, product: Product, seed: int) -> None:
    story, chance = story_of(seed), Random(f"aliases {seed}")
    half = (len(story.batches) + 1) // 2
    await product.tell(story.batches[:half])
    declared: list[tuple[Alias, UUID]] = []
    async with services.database.tenant(product.firm.tenant_id) as tx:
        known = await tx.fetch("select key, kind from traceable_object where tenant_id = $1 and kind in (1, 2, 3, 4, 5) order by key")
    for kind in (ObjectKind.LOT, ObjectKind.LOT, ObjectKind.UNIT, *CONTAINERS):
        things = [row["key"] for row in known if row["kind"] == kind]
        if len(things) >= 2:
            one, other = chance.sample(things, 2)
            if {one, other} not in [{alias.one, alias.other} for alias, _ in declared]:
                declared.append((Alias(one, other), await product.same_as(one, other)))
    await product.tell(story.batches[half:])
    if declared:
        _, revoked = declared.pop(chance.randrange(len(declared)))
        await product.not_the_same(revoked)
    genealogy = Genealogy(story.arrivals, [alias for alias, _ in declared])
    async with services.database.tenant(product.firm.tenant_id) as tx:
        found = await compare(product, tx, genealogy, seed=seed, most=8, by_time=False)
    assert not found.found, f"SUYUAN_REFERENCE_SEED={seed}\n{[alias for alias, _ in declared]}\n{story.text()}\n{found.text()}"


@pytest.mark.parametrize("number", range(6))
async def test_aliases_are_followed_both_ways_and_revoked(services: Services, new_firm: Any, number: int) -> None:
    await check_aliases(services, Product(services, await new_firm()), FIRST + number)


@soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("part", range(4))
async def test_aliases_of_many_stories(services: Services, new_firm: Any, part: int) -> None:
    for seed in range(FIRST + 1_000 + part * 100, FIRST + 1_000 + (part + 1) * 100):
        await check_aliases(services, Product(services, await new_firm()), seed)
