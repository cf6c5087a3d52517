"""Boxes for many: nothing is left out, sums are those of the parts, and groups open."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.genealogy.rules import Certainty, LinkKind
from backend.shapes.graph import Arrow, Graph, Point, Sort, add, in_order
from backend.shapes.grouping import Grouped, group
from backend.trace.rules import Doubt
from tests.factories import START

SORTS = list(Sort)


def point(number: int, sort: Sort = Sort.LOT, **more: object) -> Point:
    """One of three products and two steps."""
    given_ = {"gtin": f"P{number % 3}", "step": f"S{number % 2}", "party": f"C{number % 4}", "at": START + timedelta(hours=number), **more}
    return Point(f"n{number}", sort, str(number), Certainty(1 + number % 2), number, is_start=number == 0, **given_)  # type: ignore[arg-type]


def graph_of(sorts: list[Sort], arrows: list[tuple[int, int, int]]) -> Graph:
    """Points of these sorts, and arrows (from, to, how much) between them."""
    points = in_order([point(number, sort) for number, sort in enumerate(sorts)])
    made = [
        Arrow(
            f"n{parent % len(sorts)}", f"n{child % len(sorts)}", LinkKind(1 + amount % 3), Certainty(1 + amount % 2), START,
            Doubt.LOT_NOT_TOLD if amount % 2 else None, Decimal(amount) if amount % 5 else None, "KGM" if amount % 3 else None,
        )
        for parent, child, amount in arrows
    ]  # fmt: skip
    return Graph(tuple(points), tuple(made))


GRAPHS = st.builds(
    graph_of, st.lists(st.sampled_from(SORTS), min_size=1, max_size=60),
    st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59), st.integers(1, 40)), max_size=120),
)  # fmt: skip


def require_whole(graph: Graph, grouped: Grouped) -> None:
    """Every point is in exactly one box, every arrow in exactly one band or inside of a box, and all sums are those of the parts."""
    inside = [one.name for box in grouped.boxes for one in box.points]
    assert sorted(inside) == sorted(one.name for one in graph.points)
    home = {one.name: box.name for box in grouped.boxes for one in box.points}
    assert len(home) == len(inside)
    assert len({box.name for box in grouped.boxes}) == len(grouped.boxes)
    sums: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for arrow in graph.arrows:
        pair = home[arrow.parent], home[arrow.child]
        counts[pair][arrow.certainty - 1] += 1
        counts[pair][2] += arrow.quantity is None
        if arrow.quantity is not None:
            add(sums[pair], arrow.uom, arrow.quantity)
    between = {pair: found for pair, found in counts.items() if pair[0] != pair[1]}
    assert {(band.parent, band.child): [band.certain, band.possible, band.untold] for band in grouped.bands} == between
    assert {(band.parent, band.child): band.amounts for band in grouped.bands} == {pair: sums.get(pair, {}) for pair in between}
    assert {box.name: box.inner for box in grouped.boxes if box.inner} == {
        pair[0]: found[0] + found[1] for pair, found in counts.items() if pair[0] == pair[1]
    }
    whole: dict[str, Decimal] = {}
    for amounts in graph.amounts().values():
        for uom, quantity in amounts.items():
            add(whole, uom, quantity)
    boxed: dict[str, Decimal] = {}
    for box in grouped.boxes:
        for uom, quantity in box.amounts.items():
            add(boxed, uom, quantity)
    assert boxed == whole
    assert sum(box.certain + box.possible for box in grouped.boxes) == len(graph.points)


@settings(max_examples=120, deadline=None)
@given(GRAPHS, st.integers(10, 60))
def test_whatever_is_grouped_is_whole_and_few(graph: Graph, readable: int) -> None:
    grouped = group(graph, readable=readable)
    require_whole(graph, grouped)
    assert len(grouped.boxes) <= readable
    assert sum(one.is_start for box in grouped.boxes for one in box.points if len(box.points) == 1) == 1


@settings(max_examples=60, deadline=None)
@given(GRAPHS)
def test_opened_groups_are_whole_too(graph: Graph) -> None:
    grouped = group(graph, readable=10)
    keys = [box.expand_key for box in grouped.boxes if box.expand_key]
    opened = group(graph, readable=10, opened=keys)
    require_whole(graph, opened)
    assert not set(keys) & {box.name for box in opened.boxes}


def test_few_stand_alone() -> None:
    graph = graph_of([Sort.LOT, Sort.STEP, Sort.LOT, Sort.UNIT, Sort.SHIPMENT], [(0, 1, 1), (1, 2, 2)])
    assert [len(box.points) for box in group(graph).boxes] == [1] * 5


def test_units_go_under_their_lot_and_shipments_under_their_customer() -> None:
    start = point(0)
    units = [point(number, Sort.UNIT, family=f"lot{number % 2}") for number in range(1, 101)]
    shipments = [point(number, Sort.SHIPMENT) for number in range(101, 161)]
    grouped = group(Graph((start, *units, *shipments), ()))
    assert sorted(len(box.points) for box in grouped.boxes) == [1, 15, 15, 15, 15, 50, 50]
    [[one], *others] = (
        [[len(box.points), box.expand_key] for box in grouped.boxes if box.first.is_start],
        *[box for box in grouped.boxes if not box.first.is_start],
    )
    assert one == [1, None]
    assert len(others) == 6


def test_twenty_thousand_descendants_are_a_readable_picture_whose_groups_open_part_by_part() -> None:
    start = point(0)
    points = (start, *(point(number, Sort.LOT, gtin="P", step=None) for number in range(1, 20_001)))
    arrows = tuple(Arrow("n0", one.name, LinkKind.INPUT, Certainty.CERTAIN, START, None, Decimal(1), "KGM") for one in points[1:])
    grouped = group(Graph(points, arrows))
    [box] = [box for box in grouped.boxes if not box.first.is_start]
    assert (len(grouped.boxes), len(box.points), grouped.bands[0].amounts) == (2, 20_000, {"KGM": Decimal(20_000)})
    sizes = []
    while box.expand_key:
        grouped = group(Graph(points, arrows), opened=[box.expand_key])
        assert sum(len(one.points) for one in grouped.boxes) == 20_001
        box = next(one for one in grouped.boxes if one.first == box.first)
        sizes.append((len(box.points), len(grouped.boxes)))
    assert sizes == [(834, 25), (35, 48), (2, 65), (1, 66)]
