"""What is certain, what is only possible and why; loops; parts of lots. Rules without a database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from backend.balance.tanks import Basis
from backend.genealogy.rules import Certainty, LinkKind
from backend.trace.loops import loops
from backend.trace.parts import Moved, Part, Story, Use, verdict
from backend.trace.rules import Direction, Doubt, Link, Reached, both, doubt_links, reach_from

DAY = timedelta(days=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FLOUR, OLD, MIXING, EARLIER, DOUGH, BAKING, BREAD = range(1, 8)
YES, PERHAPS = Certainty.CERTAIN, Certainty.POSSIBLE


def link(parent: int, child: int, kind: LinkKind, days: float = 0, certainty: Certainty = YES) -> Link:
    return Link(parent, child, 1, kind, NOON + days * DAY, None, None, certainty)


def used(parent: int, child: int, days: float = 0) -> Link:
    return link(parent, child, LinkKind.INPUT, days)


def made(parent: int, child: int, days: float = 0) -> Link:
    return link(parent, child, LinkKind.OUTPUT, days)


def two_doughs(mixed: float, baked: float) -> list[Link]:
    """Dough that was made of old flour on day 0 and of flour on day `mixed`, and baked on day `baked`."""
    return [
        used(OLD, EARLIER), made(EARLIER, DOUGH), used(FLOUR, MIXING, mixed), made(MIXING, DOUGH, mixed), used(DOUGH, BAKING, baked),
        made(BAKING, BREAD, baked),
    ]  # fmt: skip


@pytest.mark.parametrize(("mixed", "baked", "sure"), [(1, 2, YES), (2, 1, YES), (2.5, 1, PERHAPS), (30, 1, PERHAPS)])
def test_a_path_out_of_order_is_possible_from_both_ends_although_each_of_its_links_is_certain(mixed: float, baked: float, sure: Certainty) -> None:
    links = doubt_links(two_doughs(mixed, baked))
    assert {one.certainty for one in links} == {YES}
    down, up = reach_from([FLOUR], links, Direction.FORWARD), reach_from([BREAD], links, Direction.BACKWARD)
    assert down[BREAD].certainty is up[FLOUR].certainty is sure
    assert down[BREAD].doubts == up[FLOUR].doubts == (() if sure is YES else (Doubt.TIMES_CONTRADICT,))
    assert up[OLD].certainty is reach_from([OLD], links, Direction.FORWARD)[BREAD].certainty is YES


def test_parts_of_one_transformation_may_come_in_any_order() -> None:
    links = [used(FLOUR, MIXING, 30), made(MIXING, BREAD, 0)]
    assert reach_from([FLOUR], links, Direction.FORWARD)[BREAD] == reach_from([BREAD], links, Direction.BACKWARD)[FLOUR] == Reached(2, YES)


def test_what_is_used_long_before_it_was_made_is_possible_although_its_making_lies_outside_of_the_trace() -> None:
    given = [used(DOUGH, BAKING, 0), made(BAKING, BREAD, 0)]
    [use, making] = doubt_links(given, {DOUGH: NOON + 2 * DAY})
    assert (use.certainty, use.doubt, making.certainty) == (PERHAPS, Doubt.TIMES_CONTRADICT, YES)
    assert doubt_links(given, {DOUGH: NOON + DAY}) == given
    assert [one.certainty for one in doubt_links(given, {DOUGH: datetime.max.replace(tzinfo=UTC)})] == [PERHAPS, YES]
    assert doubt_links(given, {DOUGH: datetime.min.replace(tzinfo=UTC)}) == given


def test_one_certain_path_is_enough_and_the_doubts_of_the_shortest_are_told_elsewhere() -> None:
    links = doubt_links([
        link(FLOUR, BAKING, LinkKind.CANDIDATE, certainty=PERHAPS), made(BAKING, BREAD), used(FLOUR, MIXING), made(MIXING, DOUGH),
        used(DOUGH, BAKING), link(BREAD, 9, LinkKind.SHARE, 1, certainty=PERHAPS), link(9, 10, LinkKind.ALIAS, 1, certainty=PERHAPS),
    ])  # fmt: skip
    found = reach_from([FLOUR], links, Direction.FORWARD)
    assert (found[BREAD].steps, found[BREAD].certainty, found[BREAD].doubts) == (2, YES, ())
    assert found[10] == Reached(4, PERHAPS, (Doubt.LOT_NOT_TOLD, Doubt.UNIT_NOT_TOLD, Doubt.DECLARED_SAME))


def test_both_ways_take_the_nearer_way_and_the_surer_answer() -> None:
    up, down = {1: Reached(3, YES), 2: Reached(1, PERHAPS, (Doubt.LOT_NOT_TOLD,))}, {1: Reached(1, PERHAPS), 3: Reached(2, YES)}
    assert both(up, down) == {1: Reached(1, YES), 2: up[2], 3: down[3]}


def test_loops_are_found_however_long_and_aliases_are_none() -> None:
    length = 20_000
    ring = [used(node, node + 1) for node in range(length)] + [used(length, 0)]
    other = [used(-1, -2), made(-2, -1), used(0, -5), link(-7, -8, LinkKind.ALIAS), link(-8, -7, LinkKind.ALIAS), used(-9, -9)]
    found = loops([*ring, *other])
    assert [len(loop) for loop in found] == [length + 1, 2, 1]
    assert found[1:] == [[-2, -1], [-9]]
    assert loops([]) == []


def test_quantities_are_measured_allocated_or_none() -> None:
    told = Link(1, 2, 1, LinkKind.INPUT, NOON, Decimal(5), "KGM", YES)
    assert told.basis is Basis.MEASURED
    assert Link(1, 2, 1, LinkKind.CONTENT, NOON, Decimal(5), "KGM", YES, None, allocated=True).basis is Basis.ALLOCATED
    assert used(1, 2).basis is None


HERE, THERE = "https://id.gs1.org/414/9506000134000", "https://id.gs1.org/414/9506000134017"
STAYED = Story((Moved(NOON, HERE, came=True),), whole=True)
LEFT = Story((Moved(NOON, HERE, came=True), Moved(NOON + 5 * DAY, HERE, came=False), Moved(NOON + 5 * DAY, THERE, came=True)), whole=True)
CAME = Story((Moved(NOON + 20 * DAY, HERE, came=True),), whole=True)


@pytest.mark.parametrize(
    ("use", "part", "story", "expected"),
    [
        (Use(NOON, HERE, counted=True), Part(), STAYED, YES),
        (Use(NOON, HERE, counted=True), Part(HERE), STAYED, YES),
        (Use(NOON + DAY, THERE, counted=True), Part(HERE), STAYED, None),
        (Use(NOON + DAY, THERE, counted=False), Part(HERE), STAYED, PERHAPS),
        (Use(NOON + DAY, THERE, counted=True), Part(HERE), Story(STAYED.moved, whole=False), PERHAPS),
        (Use(NOON + DAY, None, counted=True), Part(HERE), STAYED, PERHAPS),
        (Use(NOON + 9 * DAY, THERE, counted=True), Part(HERE), LEFT, PERHAPS),
        (Use(NOON + 3 * DAY, THERE, counted=True), Part(HERE), LEFT, None),
        (Use(NOON + 4.5 * DAY, THERE, counted=True), Part(HERE), LEFT, PERHAPS),
        (Use(NOON + 9 * DAY, THERE, counted=True), Part(HERE, since=NOON + 7 * DAY), LEFT, None),
        (Use(NOON, HERE, counted=True), Part(since=NOON + 2 * DAY), STAYED, None),
        (Use(NOON, HERE, counted=True), Part(since=NOON + DAY), STAYED, PERHAPS),
        (Use(NOON + 30 * DAY, HERE, counted=True), Part(HERE, until=NOON + 10 * DAY), STAYED, YES),
        (Use(NOON + 30 * DAY, HERE, counted=True), Part(HERE, until=NOON + 10 * DAY), CAME, PERHAPS),
        (Use(NOON + 30 * DAY, HERE, counted=True), Part(until=NOON + 10 * DAY), CAME, PERHAPS),
        (Use(NOON + 30 * DAY, HERE, counted=True), Part(HERE, until=NOON + 10 * DAY), Story((), whole=False), PERHAPS),
        (Use(datetime.max.replace(tzinfo=UTC), HERE, counted=True), Part(HERE, until=datetime.min.replace(tzinfo=UTC)), STAYED, PERHAPS),
    ],
)  # fmt: skip
def test_a_use_is_of_a_part_only_as_far_as_movements_prove_it(use: Use, part: Part, story: Story, expected: Certainty | None) -> None:
    assert verdict(use, part, story) is expected
