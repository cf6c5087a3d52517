"""The compact walk of a scope decides as the trace's rules do, on any links."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from backend.genealogy.rules import Certainty, LinkKind
from backend.recall_scope.walking import Walk, doubts_of, mask_of
from backend.trace.rules import Direction, Doubt, Link, doubt_links, reach_from

START = datetime(2026, 3, 2, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KINDS = (*LinkKind, LinkKind.INPUT, LinkKind.INPUT, LinkKind.OUTPUT, LinkKind.OUTPUT)


def some_links(chance: Random) -> list[Link]:
    """Links of all kinds between few nodes, many of them out of the order of time, with loops."""
    nodes, found = chance.randint(3, 12), {}
    for _ in range(chance.randint(2, 40)):
        parent, child, kind = chance.randint(1, nodes), chance.randint(1, nodes), chance.choice(KINDS)
        certainty = (
            Certainty.POSSIBLE if kind in (LinkKind.CANDIDATE, LinkKind.SHARE, LinkKind.RESIDUE) or chance.random() < 0.2 else Certainty.CERTAIN
        )
        at = START + timedelta(hours=chance.choice([0, 5, 23, 24, 25, 30, 48, 49, 100, 200]))
        found[parent, child, kind] = Link(parent, child, chance.randint(1, 9), kind, at, Decimal(1), None, certainty)
    return doubt_links(found.values())


@pytest.mark.parametrize("direction", [Direction.FORWARD, Direction.BACKWARD])
def test_the_walk_decides_as_the_rules_do(direction: Direction) -> None:
    forward = direction is Direction.FORWARD
    for seed in range(600):
        chance = Random(f"walks {seed}")
        links = some_links(chance)
        start = sorted({chance.randint(1, 12) for _ in range(chance.randint(1, 3))})
        perhaps = [node for node in start if chance.random() < 0.2]
        right = reach_from(start, links, direction, perhaps=perhaps)
        walk = Walk(start, forward=forward, perhaps=perhaps)
        seen: set[int] = set()
        # The walk is given what leads away from what it knows, until it knows nothing new.
        while fresh := walk.take_fresh(2):
            seen |= set(fresh)
            for link in links:
                near, far = (link.parent_id, link.child_id) if forward else (link.child_id, link.parent_id)
                if near in fresh:
                    walk.add(near, far, int(link.kind), (link.occurred_at - EPOCH) // timedelta(microseconds=1), link.doubt)
        reach = walk.reach()
        assert set(reach.ids) == seen == right.keys(), seed
        for node, how in right.items():
            assert (reach.distance(node), reach.certainty(node)) == (how.steps, how.certainty), (seed, node)
            assert bool(reach.doubts(node)) == bool(how.doubts), (seed, node)


def test_doubts_are_kept_as_a_mask() -> None:
    for doubt in Doubt:
        assert doubts_of(mask_of([doubt, doubt])) == (doubt,)
    assert set(doubts_of(mask_of(Doubt))) == set(Doubt)


def test_goods_stand_certain_first_then_nearest() -> None:
    walk = Walk([5], forward=True)
    walk.add(5, 9, int(LinkKind.INPUT), 0, None)
    walk.add(5, 7, int(LinkKind.INPUT), 0, Doubt.LOT_NOT_TOLD)
    walk.add(9, 6, int(LinkKind.OUTPUT), 0, None)
    assert list(walk.reach().in_order()) == [5, 9, 6, 7]
