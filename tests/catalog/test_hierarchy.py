"""Where places lie, from lists of children."""

from itertools import pairwise

from backend.catalog.hierarchy import hierarchy


def edges(*pairs: str) -> list[tuple[str, str, str]]:
    """ "ab": b is a child of a."""
    return [(pair[0], pair[1], f"$.{pair}") for pair in pairs]


def test_a_child_of_several_lies_in_the_nearest() -> None:
    found = hierarchy(edges("ab", "ac", "ad", "bc", "bd", "cd"), {}, ())
    assert (found.parents, found.faults) == ({"b": "a", "c": "b", "d": "c"}, [])


def test_a_circle_is_broken_where_it_would_close_and_said() -> None:
    found = hierarchy(edges("ab", "bc", "ca"), {}, ())
    assert found.parents == {"b": "a", "c": "b"}
    [fault] = found.faults
    assert fault.path == "$.ca"
    assert "itself" in fault.message


def test_a_circle_through_what_is_stored_is_seen() -> None:
    assert [fault.path for fault in hierarchy(edges("ca"), {"b": "a", "c": "b"}, ()).faults] == ["$.ca"]
    assert [fault.path for fault in hierarchy(edges("aa"), {}, ()).faults] == ["$.aa"]


def test_circles_that_are_stored_do_not_hang_it() -> None:
    assert hierarchy(edges("ax"), {"a": "b", "b": "a"}, ()).parents == {"x": "a"}


def test_depth_has_no_bound() -> None:
    places = [str(number) for number in range(20_000)]
    found = hierarchy([(parent, child, "$") for parent, child in pairwise(places)], {}, ())
    assert len(found.parents) == 19_999


def test_what_the_company_has_placed_stays() -> None:
    assert hierarchy(edges("ab", "ac"), {"b": "z"}, {"b"}).parents == {"c": "a"}
