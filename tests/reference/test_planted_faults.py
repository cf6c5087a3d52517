"""A comparison that finds nothing proves nothing: each of these wrong references differs from the product on stories of the sample."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Final

import pytest

from backend.services import Services
from tests.reference.comparison import compare
from tests.reference.containers import FOREVER, Stay
from tests.reference.genealogy import Genealogy, Link
from tests.reference.stories import story_of
from tests.reference.test_against_reference import Tell, told
from tests.reference.told import Body, Told, in_force

__all__ = ["told"]
# As many stories as are looked through for a fault before it counts as not found.
STORIES: Final = 40


class NoToleranceOfPacking(Genealogy):
    """What was packed within a day of the use isn't in it."""

    def near(self, stay: Stay, at: datetime) -> bool:
        return stay.since <= at <= stay.until


class PackingAtAnyTime(Genealogy):
    """Whatever lay in a container once went into each of its uses."""

    def near(self, stay: Stay, at: datetime) -> bool:
        return True


class NearIsCertain(Genealogy):
    """What only the tolerance admits is told as certain."""

    def taken_as_a_whole(self, event: Told) -> list[Link]:
        return [replace(link, certain=True) for link in super().taken_as_a_whole(event)]


class NeverEmptied(Genealogy):
    """A container has one life."""

    @cached_property
    def stays(self) -> list[Stay]:
        return [replace(stay, until=FOREVER) for stay in super().stays]


class CandidatesAreCertain(Genealogy):
    """Each lot that was there is told to have gone in."""

    def candidates(self, event: Told) -> list[Link]:
        return [replace(link, certain=True) for link in super().candidates(event)]


class AnyLotIsACandidate(Genealogy):
    """Whether a lot was there isn't asked."""

    def was_there(self, lot: str, place: str | None, at: datetime) -> bool:
        return True


class PresentOnlyAtTheEnd(Genealogy):
    """What was there and is used up by the end of the tolerance doesn't count."""

    def was_there(self, lot: str, place: str | None, at: datetime) -> bool:
        moves = [(amount, uom) for when, thing, where, amount, uom in self.movements if thing == lot and place in (where, None) and when <= at]
        return any(sum(amount for amount, of in moves if of == uom) > 0 for uom in {of for _, of in moves})


class PartsByThemselves(Genealogy):
    """The parts under one transformationID don't know of each other."""

    def in_force(self, arrivals: Sequence[Body]) -> list[Told]:
        return [replace(event, node=f"transformation {event.name}") for event in super().in_force(arrivals)]


class NoShares(Genealogy):
    """An engine doesn't lead to what its lot was used for."""

    def shares(self, used: Sequence[Link]) -> list[Link]:
        return []


class NoMembers(Genealogy):
    """A lot doesn't lead to its units."""

    def members(self, links: Sequence[Link]) -> list[Link]:
        return []


class ClocksAreRight(Genealogy):
    """A path that uses a thing up before it was made is as certain as any."""

    def in_order(self, made: datetime, used: datetime) -> bool:
        return True


class CorrectionsDontCount(Genealogy):
    """What was declared wrong is still so."""

    def in_force(self, arrivals: Sequence[Body]) -> list[Told]:
        return in_force(body for body in arrivals if "errorDeclaration" not in body)


class LastToldCounts(Genealogy):
    """Of two events with one id the last one told counts."""

    def in_force(self, arrivals: Sequence[Body]) -> list[Told]:
        return in_force(reversed(arrivals))


class InstancesOnly(Genealogy):
    """Amounts are forgotten."""

    def in_force(self, arrivals: Sequence[Body]) -> list[Told]:
        return [replace(event, lines=tuple(replace(line, amount=None) for line in event.lines)) for event in super().in_force(arrivals)]


FAULTS: Final = [
    NoToleranceOfPacking, PackingAtAnyTime, NearIsCertain, NeverEmptied, CandidatesAreCertain, AnyLotIsACandidate, PresentOnlyAtTheEnd,
    PartsByThemselves, NoShares, NoMembers, ClocksAreRight, CorrectionsDontCount, LastToldCounts, InstancesOnly,
]  # fmt: skip


async def test_each_planted_fault_is_noticed(services: Services, told: Tell) -> None:
    open_ = set(FAULTS)
    for seed in range(1, STORIES + 1):
        story = story_of(seed)
        product = await told(story)
        async with services.database.tenant(product.firm.tenant_id) as tx:
            for fault in sorted(open_, key=lambda fault: fault.__name__):
                if (await compare(product, tx, fault(story.arrivals), seed=seed, most=4)).found:
                    open_.remove(fault)
        if not open_:
            return
    pytest.fail(f"not noticed in {STORIES} stories: {sorted(fault.__name__ for fault in open_)}")
