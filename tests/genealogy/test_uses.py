"""Which links lead to containers as they were used: all of what lay there then, as surely as it did, and no more links than needed."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from backend.genealogy.rules import INFINITY, Certainty, LinkKind
from backend.genealogy.uses import Contents, Held, StateOf, Use, WantedLink

START = datetime(2026, 3, 2, tzinfo=UTC)
TANK, CASE, CRATE = 1, 2, 3
Told = dict[int, Certainty]


def hour(number: float) -> datetime:
    return START + timedelta(hours=number)


def use(number: int, at: float) -> Use:
    return Use(hour(at), f"e:{number:04}", number)


def stay(content: int, since: float, until: float | None = None, *, container: int = TANK, packing: bool = False, residue: bool = False) -> Held:
    ends = INFINITY if until is None else hour(until)
    return Held(container, content, hour(since), ends, 1_000 + content, Decimal(5), "KGM", residue, packing, not packing)


def reached(contents: Contents, *containers: int) -> dict[StateOf, Told]:
    """What leads to each state, and how surely, by walking the links."""
    links = [link for container in containers for link in contents.links(container)]
    into: dict[StateOf, list[WantedLink]] = defaultdict(list)
    for link in links:
        into[link.child].append(link)

    def walk(state: StateOf) -> Told:
        found: Told = {}
        for link in into[state]:
            told = walk(link.parent) if isinstance(link.parent, StateOf) else {link.parent: Certainty.CERTAIN}
            for content, certainty in told.items():
                found[content] = min(found.get(content, Certainty.POSSIBLE), max(certainty, link.certainty))
        return found

    return {
        StateOf(container, each.event_id): walk(StateOf(container, each.event_id)) for container in containers for each in contents.uses(container)
    }


def test_many_fills_and_many_draws_cost_their_sum() -> None:
    fills = [stay(10 + number, number) for number in range(60)]
    draws = [use(number, number + 0.5) for number in range(60)]
    contents = Contents(fills, {TANK: draws}, {})
    assert len(contents.links(TANK)) <= 3 * 60
    told = reached(contents, TANK)
    for number in range(60):
        certain = {content for content, certainty in told[StateOf(TANK, number)].items() if certainty is Certainty.CERTAIN}
        assert certain == set(range(10, 11 + number))
        assert set(told[StateOf(TANK, number)]) == set(range(10, min(70, 10 + number + 25)))


def test_the_tolerance_stops_at_a_cleaning_and_not_at_emptying() -> None:
    stays = [stay(10, 0, 8), stay(11, 9)]
    used = {TANK: [use(1, 7), use(2, 10)]}
    assert reached(Contents(stays, used, {}), TANK) == {
        StateOf(TANK, 1): {10: Certainty.CERTAIN, 11: Certainty.POSSIBLE},
        StateOf(TANK, 2): {10: Certainty.POSSIBLE, 11: Certainty.CERTAIN},
    }
    assert reached(Contents(stays, used, {TANK: [hour(8)]}), TANK) == {
        StateOf(TANK, 1): {10: Certainty.CERTAIN},
        StateOf(TANK, 2): {11: Certainty.CERTAIN},
    }


def test_what_was_taken_out_by_name_is_residue_in_later_uses_of_a_tank() -> None:
    stays = [stay(10, 0, 3), stay(10, 3, residue=True), stay(11, 0), stay(12, 0)]
    contents = Contents(stays, {TANK: [use(1, 1), use(2, 4)]}, {})
    assert reached(contents, TANK)[StateOf(TANK, 2)] == {10: Certainty.POSSIBLE, 11: Certainty.CERTAIN, 12: Certainty.CERTAIN}
    assert [link.kind for link in contents.links(TANK) if link.child.event_id == 2 and link.certainty is Certainty.POSSIBLE] == [LinkKind.RESIDUE]


def test_a_case_in_a_used_crate_has_a_state_of_its_own_then() -> None:
    stays = [stay(CASE, 2, 5, container=CRATE, packing=True), stay(10, 0, 3, container=CASE), stay(11, 40, container=CASE)]
    contents = Contents(stays, {CRATE: [use(1, 2.5), use(2, 90)]}, {})
    assert contents.uses(CASE) == [use(1, 2.5)]
    assert reached(contents, CRATE, CASE) == {
        StateOf(CRATE, 1): {10: Certainty.CERTAIN},
        StateOf(CRATE, 2): {},
        StateOf(CASE, 1): {10: Certainty.CERTAIN},
    }


def test_packing_in_circles_ends() -> None:
    stays = [stay(CASE, 0, container=CRATE, packing=True), stay(CRATE, 0, container=CASE, packing=True), stay(10, 0, container=CASE)]
    contents = Contents(stays, {CRATE: [use(1, 1)]}, {})
    assert {link.parent for link in contents.links(CRATE) + contents.links(CASE)} == {StateOf(CASE, 1), StateOf(CRATE, 1), 10}


def expected(stays: list[Held], cleanings: list[datetime], at: datetime) -> Told:
    """What was in the tank, said in the plainest way."""
    found: Told = {}
    for each in stays:
        apart = max(each.valid_from - at, at - each.valid_to)
        between = sorted([at, each.valid_from if at < each.valid_from else each.valid_to])
        parted = apart > timedelta(0) and any(between[0] <= moment < between[1] for moment in cleanings)
        if apart <= timedelta(hours=24) and not parted:
            certainty = Certainty.CERTAIN if apart <= timedelta(0) and not each.residue else Certainty.POSSIBLE
            found[each.content_id] = min(certainty, found.get(each.content_id, Certainty.POSSIBLE))
    return found


_HOURS = st.integers(0, 80)
_STAYS = st.lists(st.tuples(st.integers(10, 18), _HOURS, st.none() | st.integers(1, 60), st.booleans()), max_size=12)


@given(stays=_STAYS, uses=st.lists(_HOURS, max_size=8), cleaned=st.lists(_HOURS, max_size=2))
def test_links_tell_of_each_use_what_was_in_it_then(stays: list[tuple[int, int, int | None, bool]], uses: list[int], cleaned: list[int]) -> None:
    held = [stay(content, since, None if lasts is None else since + lasts, residue=residue) for content, since, lasts, residue in stays]
    cleanings = [hour(number) for number in cleaned]
    contents = Contents(held, {TANK: [use(number, at) for number, at in enumerate(uses)]}, {TANK: cleanings})
    told = reached(contents, TANK)
    assert told == {StateOf(TANK, number): expected(held, cleanings, hour(at)) for number, at in enumerate(uses)}
    backwards = Contents(held[::-1], {TANK: [use(number, at) for number, at in enumerate(uses)]}, {TANK: cleanings})
    assert set(contents.links(TANK)) == set(backwards.links(TANK))
