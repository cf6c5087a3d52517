"""The layered drawing: what always holds, whatever graph is drawn."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.shapes.alignment import count_crossings, spread
from backend.shapes.layout import BEND, BOX, Drawing, draw, find_circles

GRAPHS = st.integers(1, 25).flatmap(
    lambda size: st.tuples(st.just(size), st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=60))
)


def overlapping(drawing: Drawing[int]) -> list[tuple[float, float]]:
    """Neighbours of a column that share room: boxes, and arrows that pass through."""
    columns: dict[int, list[tuple[float, float]]] = {}
    for spot in drawing.spots.values():
        columns.setdefault(spot.column, []).append((spot.row, spot.row + BOX))
    for chain in drawing.bends.values():
        for bend in chain:
            columns.setdefault(bend.column, []).append((bend.row, bend.row + BEND))
    found = []
    for spans in columns.values():
        spans.sort()
        found += [(one[1], other[0]) for one, other in pairwise(spans) if other[0] < one[1]]
    return found


@settings(max_examples=150, deadline=None)
@given(GRAPHS)
def test_nothing_overlaps_and_arrows_lead_right_unless_they_are_loops(graph: tuple[int, list[tuple[int, int]]]) -> None:
    size, arrows = graph
    drawing = draw(range(size), arrows)
    assert drawing.spots.keys() == set(range(size))
    assert overlapping(drawing) == []
    assert all(0 <= spot.column < drawing.columns and 0 <= spot.row <= drawing.rows - BOX for spot in drawing.spots.values())
    assert all(spot.row * 4 == int(spot.row * 4) for spot in drawing.spots.values())
    for parent, child in set(arrows):
        if parent != child and (parent, child) not in drawing.loops:
            assert drawing.spots[parent].column < drawing.spots[child].column
            between = range(drawing.spots[parent].column + 1, drawing.spots[child].column)
            assert [bend.column for bend in drawing.bends.get((parent, child), ())] == list(between)


@settings(max_examples=150, deadline=None)
@given(GRAPHS)
def test_a_loop_is_part_of_a_circle_and_without_loops_there_is_none(graph: tuple[int, list[tuple[int, int]]]) -> None:
    size, arrows = graph
    plain = [arrow for arrow in arrows if arrow[0] != arrow[1]]
    loops = draw(range(size), arrows).loops
    circles = find_circles(range(size), plain)
    assert all(circles[parent] == circles[child] for parent, child in loops)
    left = find_circles(range(size), [arrow for arrow in plain if arrow not in loops])
    assert len(set(left.values())) == size


def test_rework_leads_back_and_the_rest_to_the_right() -> None:
    drawing = draw(["flour", "mix", "dough", "form", "buns", "rework"], [
        ("flour", "mix"), ("mix", "dough"), ("dough", "form"), ("form", "buns"), ("buns", "rework"), ("rework", "dough"),
    ])  # fmt: skip
    assert drawing.loops == {("rework", "dough")}
    assert [drawing.spots[name].column for name in ("flour", "mix", "dough", "form", "buns", "rework")] == [0, 1, 2, 3, 4, 5]
    assert drawing.rows == BOX


def test_an_input_stands_next_to_the_step_that_took_it() -> None:
    drawing = draw(["flour", "mix", "dough", "salt", "bake"], [("flour", "mix"), ("mix", "dough"), ("dough", "bake"), ("salt", "bake")])
    assert drawing.spots["salt"].column == drawing.spots["bake"].column - 1


def test_ends_have_columns_of_their_own() -> None:
    arrows = [("a farm", "mill"), ("a far farm", "bakery"), ("mill", "bakery"), ("bakery", "shop"), ("mill", "a shop")]
    drawing = draw(["a farm", "a far farm", "mill", "bakery", "shop", "a shop"], arrows, first=["a farm", "a far farm"], last=["shop", "a shop"])
    columns = {name: spot.column for name, spot in drawing.spots.items()}
    assert columns == {"a farm": 0, "a far farm": 0, "mill": 1, "bakery": 2, "shop": 3, "a shop": 3}


def test_nothing_is_drawn_of_nothing() -> None:
    drawing: Drawing[int] = draw([], [])
    assert (drawing.columns, drawing.rows, drawing.spots) == (0, 0.0, {})


def test_two_thousand_boxes_are_drawn_with_a_bounded_number_of_bends() -> None:
    arrows = [(max(0, number - 1 - number * 7 % 40), number) for number in range(1, 2_000)] + [(0, number) for number in range(1, 2_000)]
    drawing = draw(range(2_000), arrows)
    assert overlapping(drawing) == []
    assert sum(map(len, drawing.bends.values())) <= 6 * 2_000 + 200


@given(st.lists(st.tuples(st.floats(-50, 50), st.sampled_from([0.5, 1.0])), max_size=30))
def test_what_is_spread_keeps_its_order_and_distance(items: list[tuple[float, float]]) -> None:
    heights = [height for _, height in items]
    placed = zip(spread([want for want, _ in items], heights), heights, strict=True)
    for (one, height), (other, other_height) in pairwise(placed):
        assert other - one >= (height + other_height) / 2 - 1e-9


def test_crossings_are_counted() -> None:
    assert count_crossings([1, 2], [3, 4], {1: [4], 2: [3]}) == 1
    assert count_crossings([1, 2], [3, 4], {1: [3, 4], 2: [4]}) == 0
    assert count_crossings([1, 2, 3], [4, 5, 6], {1: [6], 2: [5], 3: [4]}) == 3
