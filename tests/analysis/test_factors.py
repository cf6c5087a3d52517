"""How candidates are grouped, bound to bands and ranked; published failures of machines are explained by what caused them."""

import csv
from collections.abc import Sequence
from random import Random
from typing import Final

import pytest
from scipy import stats  # it has no stubs

from backend.analysis.exposure import Link, covered
from backend.analysis.factors import Factor, FactorKind, Reading, bands, rank
from tests.shared_data import shared_path


def things(*names: str) -> list[Factor]:
    return [Factor(FactorKind.OBJECT, name) for name in names]


def test_what_covers_the_same_goods_is_one_candidate_and_overlaps_are_said() -> None:
    flour, mill, salt, oven, all_of_it, single = things("flour", "mill", "salt", "oven", "water", "yeast")
    shift = Factor(FactorKind.SHIFT, "22-06")
    # Of twelve goods the first six are bad.
    masks = {
        shift: 0b000000_111111, flour: 0b000000_111111, mill: 0b000001_111111, salt: 0b111111_000000, oven: 0b010101_010101,
        all_of_it: 0b111111_111111, single: 0b000000_000001,
    }  # fmt: skip
    found = rank(masks, 0b000000_111111, 12, most=10)
    assert found.tested == 4
    first, second = found.candidates
    assert (first.factors, first.factor_count) == ((flour, shift), 2)
    assert (first.bad, first.good, first.bad_others, first.good_others, first.lift, first.alike) == (6, 0, 0, 6, 2.0, ())
    assert first.p == pytest.approx(1 / 924)
    assert first.q == pytest.approx(4 / 924)
    assert (second.factors, second.bad, second.good, second.alike) == ((mill,), 6, 1, (0,))
    assert rank(masks, 0b000000_111111, 12, most=1).candidates == (first,)


def test_nothing_bad_and_nothing_tested_give_nothing() -> None:
    assert rank({}, 1, 2, most=5).candidates == ()
    assert rank(dict.fromkeys(things("a"), 0b11), 0, 4, most=5).candidates == ()


def test_goods_behind_a_node_are_found_through_rework_and_diamonds() -> None:
    # 1 and 2 are goods, made of 3 and 4, both of 5, which is made of 6 and of what was left of 3.
    links = [Link(3, 1, 1, made=True), Link(4, 2, 2, made=True), Link(5, 3, 3, made=True), Link(5, 4, 4, made=True)]
    links += [Link(6, 5, 5, made=False), Link(3, 5, 6, made=False)]
    assert covered([{1}, {2, 7}], links) == {1: 1, 2: 2, 7: 2, 3: 3, 4: 2, 5: 3, 6: 3}


def test_bands_cover_everything_between_them_and_the_tails_as_a_whole() -> None:
    readings = [Reading(float(place), 1 << place) for place in range(100)]
    found = bands("temperature", "baking", "CEL", readings)
    assert all((factor.kind, factor.value, factor.step, factor.unit) == (FactorKind.PARAMETER, "temperature", "baking", "CEL") for factor in found)
    # Seven bands without a gap; up to the second and third of their bounds, and from the fourth and fifth on.
    assert sum(mask.bit_count() for mask in found.values()) == 100 + (20 + 40) + (40 + 20)
    tenths = [mask.bit_count() for factor, mask in found.items() if factor.low is not None and factor.high is not None]
    assert sorted(tenths) == [10, 10, 20, 20, 20]
    top = next(factor for factor in found if factor.low == 79.0 and factor.high is None)
    assert found[top].bit_count() == 20
    assert bands("temperature", "baking", "CEL", [Reading(5.0, 1), Reading(5.0, 2)]) == {}


# Matzka (2020), Explainable Artificial Intelligence for Predictive Maintenance Applications: how each failure of AI4I 2020 comes about.
WEAR, TORQUE, SPEED, AIR, PROCESS = (
    "Tool wear [min]", "Torque [Nm]", "Rotational speed [rpm]", "Air temperature [K]", "Process temperature [K]",
)  # fmt: skip
CAUSES: Final = {"TWF": {WEAR}, "HDF": {AIR, PROCESS, SPEED, TORQUE}, "PWF": {TORQUE, SPEED}, "OSF": {WEAR, TORQUE}}


def table(*path: str) -> list[dict[str, str]]:
    with shared_path(*path).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def parameters(rows: Sequence[dict[str, str]], names: Sequence[str]) -> dict[Factor, int]:
    """The bands of columns."""
    found: dict[Factor, int] = {}
    for name in names:
        found |= bands(name, "", "", [Reading(float(row[name]), 1 << place) for place, row in enumerate(rows)])
    return found


def marked(rows: Sequence[dict[str, str]], name: str) -> int:
    return sum(1 << place for place, row in enumerate(rows) if row[name] == "1")


def test_failures_of_milling_machines_are_explained_by_their_published_causes() -> None:
    rows = table("manufacturing-data", "ai4i2020", "ai4i2020_share.csv")
    masks = parameters(rows, (AIR, PROCESS, SPEED, TORQUE, WEAR))
    for failure, causes in CAUSES.items():
        best = rank(masks, marked(rows, failure), len(rows), most=3).candidates
        assert best[0].factors[0].value in causes, failure
        assert best[0].q < 1e-6
    wear = rank(masks, marked(rows, "TWF"), len(rows), most=1).candidates[0].factors[0]
    assert wear.low is not None
    assert wear.low > 180
    # Random failures have no cause in the data.
    assert all(candidate.q > 0.01 for candidate in rank(masks, marked(rows, "RNF"), len(rows), most=3).candidates)


def test_a_fault_of_steel_plates_is_explained_as_scipy_would_and_a_shuffled_one_is_not() -> None:
    rows = table("manufacturing-data", "steel-plates", "steel_share.csv")
    faults = ("Pastry_Fault", "Z_Scratch_Fault", "K_Scatch_Fault", "Stains_Fault", "Dirtiness_Fault", "Bumps_Fault", "Other_Faults")
    masks = parameters(rows, [name for name in rows[0] if name not in faults])
    stains = rank(masks, marked(rows, "Stains_Fault"), len(rows), most=5).candidates
    print(stains[0])
    told = [stats.fisher_exact([[each.bad, each.good], [each.bad_others, each.good_others]], alternative="greater").pvalue for each in stains]
    assert [each.p for each in stains] == pytest.approx(told)
    assert told == sorted(told)
    assert stains[0].lift > 3
    shuffled = list(range(len(rows)))
    Random(3).shuffle(shuffled)
    nothing = rank(masks, sum(1 << place for place in shuffled[:72]), len(rows), most=1).candidates
    assert not nothing or nothing[0].q > 0.01
