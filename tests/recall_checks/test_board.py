"""The board's arithmetic: it adds up exactly, tells proved from reported, and names what is beyond what was shipped."""

from collections.abc import Sequence
from decimal import Decimal
from random import Random

import pytest

from backend.genealogy.rules import Certainty
from backend.recall_checks.board import rows_of, totals_of
from backend.recall_checks.facts import DiscrepancyKind, Fact, Fate, Row, Shipped, Split, percent

CERTAIN, POSSIBLE = Certainty.CERTAIN, Certainty.POSSIBLE
KIND = DiscrepancyKind


def sent(quantity: str, *, party: str | None = "A", lot: int = 1, uom: str = "KGM", sure: Certainty = CERTAIN, gtin: str = "G") -> Shipped:
    return Shipped(party, lot, gtin, Decimal(quantity), uom, sure)


def told(fate: Fate, quantity: str, *, party: str | None = "A", lot: int = 1, uom: str = "KGM", proved: bool = False) -> Fact:
    return Fact(party, lot, "G", fate, Decimal(quantity), uom, proved)


def only(shipped: Sequence[Shipped], facts: Sequence[Fact]) -> Split:
    [row], _ = rows_of(shipped, facts)
    return row.split


def adds_up(row: Row) -> bool:
    split = row.split
    return split.shipped == split.recovered + split.destroyed + split.sold + split.used + split.held + split.unknown


def test_every_fate_stands_apart_and_what_is_left_is_unknown() -> None:
    facts = [told(fate, amount) for fate, amount in zip(Fate, ("10", "20", "5", "1", "4"), strict=True)]
    split = only([sent("100")], facts)
    assert (split.recovered, split.destroyed, split.sold, split.used, split.held, split.unknown) == tuple(map(Decimal, (10, 20, 5, 1, 4, 60)))
    assert (split.recovery_rate, split.known_rate, split.over) == (Decimal("30.00"), Decimal("40.00"), 0)


def test_what_is_proved_is_part_of_what_was_reported() -> None:
    split = only([sent("100")], [told(Fate.RECOVERED, "40"), told(Fate.RECOVERED, "30", proved=True)])
    assert (split.recovered_proved, split.recovered_reported, split.unknown) == (30, 10, 60)


def test_what_came_back_unannounced_came_out_of_what_the_customer_held() -> None:
    split = only([sent("100")], [told(Fate.HELD, "60"), told(Fate.RECOVERED, "45", proved=True)])
    assert (split.recovered_proved, split.held, split.unknown, split.over) == (45, 15, 40, 0)


def test_more_reported_than_shipped_stands_apart_and_is_named() -> None:
    [row], [wrong] = rows_of([sent("10")], [told(Fate.DESTROYED, "8"), told(Fate.SOLD, "5")])
    assert (row.split.destroyed, row.split.sold, row.split.unknown, row.split.over) == (8, 2, 0, 3)
    assert adds_up(row)
    assert (wrong.kind, wrong.party, wrong.object_id, wrong.quantity, wrong.uom) == (KIND.OVER_REPORTED, "A", 1, 3, "KGM")


def test_more_came_back_than_went_is_another_thing_than_a_wrong_report() -> None:
    [row], [wrong] = rows_of([sent("10")], [told(Fate.RECOVERED, "12", proved=True)])
    assert (row.split.recovered_proved, row.split.over, row.split.recovery_rate, wrong.kind) == (10, 2, 100, KIND.RETURNED_MORE_THAN_SHIPPED)


def test_an_excess_of_one_lot_hides_nothing_of_another() -> None:
    [row], _ = rows_of([sent("10"), sent("10", lot=2)], [told(Fate.DESTROYED, "20")])
    assert (row.split.shipped, row.split.destroyed, row.split.unknown, row.split.over, row.lots) == (20, 10, 10, 10, 2)


def test_grams_count_against_kilograms_and_pieces_do_not() -> None:
    rows, [wrong] = rows_of([sent("2")], [told(Fate.RECOVERED, "500", uom="GRM"), told(Fate.RECOVERED, "3", uom="")])
    [pieces, weight] = sorted(rows, key=lambda row: row.uom)
    assert (weight.split.recovered, weight.split.unknown) == (Decimal("0.5"), Decimal("1.5"))
    assert (pieces.split.shipped, pieces.split.over, wrong.kind, wrong.uom) == (0, 3, KIND.UNITS_DO_NOT_COMPARE, "")


def test_a_unit_that_nobody_knows_is_comparable_with_itself_alone() -> None:
    rows, [wrong] = rows_of([sent("7", uom="ZZ9")], [told(Fate.SOLD, "2", uom="ZZ9"), told(Fate.SOLD, "1")])
    assert ({row.uom: row.split.sold for row in rows}["ZZ9"], wrong.kind) == (2, KIND.UNITS_DO_NOT_COMPARE)


def test_goods_that_never_went_there_are_named() -> None:
    rows, [wrong] = rows_of([sent("5")], [told(Fate.RECOVERED, "1", party="B")])
    assert [(row.party, row.split.shipped, row.split.over) for row in rows] == [("A", 5, 0), ("B", 0, 1)]
    assert (wrong.kind, wrong.party) == (KIND.NOT_SHIPPED_TO, "B")


def test_a_return_without_a_sender_came_from_the_only_customer_else_it_is_named() -> None:
    assert only([sent("5")], [told(Fate.RECOVERED, "2", party=None, proved=True)]).recovered_proved == 2
    rows, [wrong] = rows_of([sent("5"), sent("5", party="B")], [told(Fate.RECOVERED, "2", party=None, proved=True)])
    assert (wrong.kind, sum(row.split.recovered for row in rows)) == (KIND.RETURN_WITHOUT_SENDER, 0)


def test_certain_goods_are_filled_first_and_stand_apart() -> None:
    rows, _ = rows_of([sent("5"), sent("5", sure=POSSIBLE)], [told(Fate.RECOVERED, "7", proved=True)])
    assert [(row.certainty, row.split.recovered, row.split.unknown) for row in rows] == [(CERTAIN, 5, 0), (POSSIBLE, 2, 3)]


def test_nothing_shipped_has_no_rate_and_a_quantity_nobody_tells_is_named() -> None:
    rows, [wrong] = rows_of([sent("0")], [])
    assert (rows, wrong.kind) == ([], KIND.QUANTITY_NOT_TOLD)
    assert (Split().recovery_rate, Split().known_rate) == (None, None)
    _, [nobody] = rows_of([sent("1", party=None)], [])
    assert nobody.kind is KIND.SHIPPED_WITHOUT_CUSTOMER


def test_a_negative_amount_counts_for_nothing() -> None:
    assert only([sent("5")], [told(Fate.RECOVERED, "-2")]).unknown == 5


@pytest.mark.parametrize(
    ("part", "whole", "told_as"), [("99.9999", "100", "99.99"), ("1", "3", "33.33"), ("2", "3", "66.66"), ("100", "100", "100.00")]
)
def test_a_percentage_is_never_told_as_better_than_it_is(part: str, whole: str, told_as: str) -> None:
    assert percent(Decimal(part), Decimal(whole)) == Decimal(told_as)


def test_any_story_adds_up_and_its_totals_are_the_sums() -> None:
    random = Random(7)
    for _ in range(200):
        parties, lots, units = ["A", "B", None], range(1, 5), ["KGM", "GRM", "", "XQ"]
        shipped = [
            sent(str(Decimal(random.randrange(0, 5_000)) / 10), party=random.choice(parties), lot=random.choice(lots), uom=random.choice(units),
                 sure=random.choice([CERTAIN, POSSIBLE]), gtin=random.choice("GH"))
            for _ in range(12)
        ]  # fmt: skip
        facts = [
            told(random.choice(list(Fate)), str(Decimal(random.randrange(-50, 3_000)) / 8), party=random.choice(parties), lot=random.choice(lots),
                 uom=random.choice(units), proved=random.random() < 0.4)
            for _ in range(12)
        ]  # fmt: skip
        rows, _ = rows_of(shipped, facts)
        for row in rows:
            assert adds_up(row), row
            assert min(getattr(row.split, name) for name in Split.__slots__) >= 0
        for many in (totals_of(rows), totals_of(rows, by_party=True), totals_of(rows, by_product=True), totals_of(rows, by_certainty=False)):
            weight = sum((row.split.shipped * (1000 if row.uom == "KGM" else 1) for row in rows if row.uom in {"KGM", "GRM"}), Decimal(0))
            found = sum((row.split.shipped * (1000 if row.uom == "KGM" else 1) for row in many if row.uom in {"KGM", "GRM"}), Decimal(0))
            assert found == weight
