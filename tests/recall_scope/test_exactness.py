"""Scopes are exact: over genealogies made by chance, with rework, splits, merges, tanks, late and corrected events, nothing that is affected
is missed and nothing is called certain that isn't. Some here, two hundred in `make soak`."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from functools import partial
from random import Random
from typing import Any, Final

import pytest

from backend.events.canonical import CanonicalEvent
from backend.events.projection import Source as EventSource
from backend.events.reader import read_document
from backend.recall_scope import reach_repository, walking
from backend.sandbox.samples import put_catalogue
from backend.services import Services
from backend.simulator import Industry, Simulation, simulate
from infra.database import TenantTransaction
from tests.firms import Firm
from tests.outbox import do_outbox
from tests.recall_scope.exactness import compare, differences, frozen_scope, keys_of, tell_with_aliases
from tests.reference.genealogy import Genealogy
from tests.reference.product import Product
from tests.reference.stories import story_of
from tests.soak.marks import soak

SAMPLE: Final = range(1, 9)
SOAKED: Final = range(10_000, 10_200)
# As many are looked through for a planted fault before it counts as not noticed.
MOST_STORIES: Final = 8
ASKED: Final = 6


async def told_story(services: Services, firm: Firm, seed: int, only: Sequence[str] = ()) -> tuple[Product, Genealogy]:
    """A tenant who was told a story, with aliases, and the reference of it. `only`: of these parts."""
    product = Product(services, firm)
    return product, await tell_with_aliases(product, story_of(seed, only=only))


@pytest.mark.parametrize("seed", SAMPLE)
async def test_scopes_of_random_genealogies_are_exact(services: Services, firm: Firm, seed: int) -> None:
    product, genealogy = await told_story(services, firm, seed)
    assert await differences(services, product, genealogy, seed=seed, most=ASKED) == []


@soak
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("part", range(10))
async def test_scopes_of_two_hundred_random_genealogies_are_exact(services: Services, new_firm: Any, part: int) -> None:
    for seed in SOAKED[part::10]:
        product, genealogy = await told_story(services, await new_firm(), seed)
        assert await differences(services, product, genealogy, seed=seed, most=2 * ASKED) == [], f"seed {seed}"


class Fault(StrEnum):
    """What could be wrong about how a scope is walked. Each is put into the product for a moment."""

    TIME_EXCLUDES = "a use before the making doesn't count"
    NO_ALIASES = "what is declared the same isn't followed"
    NO_MEMBERS = "a lot doesn't lead to its units"
    NO_SHARES = "units used without a name are forgotten"
    NO_CONTENTS = "what lay in a container isn't in what the container went into"
    NO_RESIDUES = "what was taken out of a tank by name left nothing in it"
    NO_CANDIDATES = "a product used without its lot is no doubt about any"
    CANDIDATES_CERTAIN = "each lot that was there is told to have gone in"
    NEAR_IS_CERTAIN = "what only the tolerance admits is told as certain"
    CLOCKS_ARE_RIGHT = "a path out of order is as certain as any"
    CUT = "a list is cut without a word"


_LEFT_OUT: Final = {
    Fault.NO_ALIASES: 7, Fault.NO_MEMBERS: 3, Fault.NO_SHARES: 5, Fault.NO_CONTENTS: 4, Fault.NO_RESIDUES: 8, Fault.NO_CANDIDATES: 6,
}  # fmt: skip
_MADE_CERTAIN: Final = {Fault.CANDIDATES_CERTAIN: 6, Fault.NEAR_IS_CERTAIN: 4}


# Of which parts a story tells of what a fault would get wrong: among all parts few stories do. A tank's residue takes a draw more than a day
# after something was taken out by name, with no clean-out between them.
_TELLING: Final = {
    Fault.TIME_EXCLUDES: ("rework", "recipe"), Fault.NO_ALIASES: ("rework", "recipe"), Fault.NO_MEMBERS: ("assembly", "recipe", "shipping"),
    Fault.NO_SHARES: ("assembly",), Fault.NO_CONTENTS: ("crate", "nested_use"), Fault.NO_RESIDUES: ("tank",),
    Fault.NO_CANDIDATES: ("receipt", "without_lot"), Fault.CANDIDATES_CERTAIN: ("receipt", "without_lot"), Fault.NEAR_IS_CERTAIN: ("tank", "crate"),
    Fault.CLOCKS_ARE_RIGHT: ("rework", "recipe"), Fault.CUT: ("recipe",),
}  # fmt: skip


def plant(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    """Put a fault into the walk, between the statement and the rules."""
    right = reach_repository.links

    async def links(tx: TenantTransaction, nodes: Collection[int], *, forward: bool) -> list[dict[str, Any]]:
        rows = [dict(row) for row in await right(tx, nodes, forward=forward)]
        if fault in _LEFT_OUT:
            rows = [row for row in rows if row["kind"] != _LEFT_OUT[fault]]
        if fault is Fault.TIME_EXCLUDES:
            made = await reach_repository.made_at(tx, nodes)
            rows = [row for row in rows if row["kind"] != 1 or row["at"] >= made.get(row["near"], row["at"])]
        if fault in _MADE_CERTAIN:
            rows = [row | {"certainty": 1} if row["kind"] == _MADE_CERTAIN[fault] else row for row in rows]
        return rows[:2] if fault is Fault.CUT else rows

    monkeypatch.setattr(reach_repository, "links", links)
    if fault is Fault.CLOCKS_ARE_RIGHT:
        monkeypatch.setattr(walking, "TOLERANCE", 2**60)


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
async def test_each_planted_fault_makes_a_scope_wrong(services: Services, new_firm: Any, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    for seed in range(1, MOST_STORIES + 1):
        product, genealogy = await told_story(services, await new_firm(), seed, _TELLING[fault])
        assert await differences(services, product, genealogy, seed=seed, most=ASKED) == [], f"seed {seed} without a fault"
        with monkeypatch.context() as planted:
            plant(planted, fault)
            if await differences(services, product, genealogy, seed=seed, most=ASKED):
                return
    pytest.fail(f"not noticed in {MOST_STORIES} stories")


async def capture_all(services: Services, firm: Firm, simulation: Simulation, size: int = 100) -> None:
    """All that was simulated, in the order in which it arrived."""
    for document in simulation.documents(size):
        events: list[CanonicalEvent] = read_document(document).canonical
        await services.capturing(firm.tenant_id, events, partial(services.capture.capture, events=events, source=EventSource.EPCIS))


async def wrong_about_simulation(services: Services, firm: Firm, simulation: Simulation, asked: Sequence[str]) -> list[str]:
    """What is wrong about the scopes of lots and units of a simulation, of which the truth is known by its ledger alone."""
    await capture_all(services, firm, simulation)
    # By the catalogue it is known which places, and so which shipments, are the firm's own.
    await services.in_tenant(firm.tenant_id, lambda tx: put_catalogue(tx, firm.principal, simulation.master_data))
    await do_outbox(services)
    truth, found = simulation.truth, []
    for key in asked:
        scope, right = await frozen_scope(services, firm, key), truth.forward(key)
        every, affected = scope.every, (right.lots | right.units | {key})
        known = keys_of(every, "/10/") | keys_of(every, "/21/")
        found += compare(key, dict.fromkeys(known, True), dict.fromkeys(affected, True))
        certain = {thing for thing, sure in every.items() if sure}
        if certain - affected:
            found.append(f"{key}: called certain {sorted(certain - affected)[:6]}")
        if len(scope.parties) != len(right.customers) and key in truth.lots:
            found.append(f"{key}: customers {sorted(map(str, scope.parties))} and not {sorted(right.customers)}")
    return found


def asked_of(simulation: Simulation, number: int, seed: int) -> list[str]:
    """The contaminated lot, and some lots and units by chance."""
    truth, chance = simulation.truth, Random(f"simulated scopes {seed}")
    lots, units = sorted(truth.lots), sorted(truth.units)
    return [truth.contaminated_lot, *chance.sample(lots, min(number, len(lots))), *chance.sample(units, min(number, len(units)))]


@pytest.mark.parametrize("industry", list(Industry))
async def test_scopes_of_simulated_factories_are_the_truth(services: Services, firm: Firm, industry: Industry) -> None:
    simulation = simulate(industry, events=300, seed=3, days=6, messy=True)
    assert await wrong_about_simulation(services, firm, simulation, asked_of(simulation, 3, 3)) == []


@soak
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("industry", list(Industry))
async def test_scopes_of_many_simulated_factories_are_the_truth(services: Services, new_firm: Any, industry: Industry) -> None:
    for seed in range(20, 30):
        simulation = simulate(industry, events=500, seed=seed, days=6, messy=seed % 2 == 0)
        assert await wrong_about_simulation(services, await new_firm(), simulation, asked_of(simulation, 8, seed)) == [], f"seed {seed}"
