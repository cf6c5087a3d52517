"""How values are read and judged: every edge of a limit, what lies below detection, units, uncertainty, sampling."""

from decimal import Decimal
from typing import Any

import pytest

from backend.inspections.rules import ClassPlan, Conclusion, Found, Judged, Plan, assess, judge, refusal
from backend.inspections.values import read_number
from backend.specifications.characteristics import (
    Characteristic,
    CharacteristicKind,
    Limit,
    PhotoRule,
    SeverityClass,
    check_all,
    limit_in,
)
from backend.specifications.errors import ImpossibleSpecificationError
from backend.specifications.rules import Scope, covers, most_specific, specificity
from backend.units.measured import code_of, comparable, convert
from infra.errors import InvalidInputError

D = Decimal
PASS, FAIL, UNCERTAIN = Judged.PASS, Judged.FAIL, Judged.UNCERTAIN


def number(lower: str | None = None, upper: str | None = None, *, inclusive: bool = True, unit: str = "NA", **more: Any) -> Characteristic:
    bounds = [Limit(D(value), inclusive) if value is not None else None for value in (lower, upper)]
    return Characteristic("X", "x", CharacteristicKind.NUMBER, unit=unit, lower=bounds[0], upper=bounds[1], **more)


@pytest.mark.parametrize(
    ("asked", "value", "judged"),
    [
        (number(upper="0.2"), "0.2", PASS), (number(upper="0.2"), "0.2000000000000000000000001", FAIL), (number(upper="0.2"), "0.25", FAIL),
        (number(upper="0.2", inclusive=False), "0.2", FAIL), (number(upper="0.2", inclusive=False), "<0.2", PASS),
        (number(upper="0.2", inclusive=False), "≤0.2", UNCERTAIN), (number(upper="0.2"), "≤0.2", PASS), (number(upper="0.2"), "＜0.01", PASS),
        (number(upper="0.2"), "<0.5", UNCERTAIN), (number(upper="0.2"), ">0.2", FAIL), (number(upper="0.2"), "≥0.2", UNCERTAIN),
        (number(upper="0.2", inclusive=False), "≥0.2", FAIL), (number(upper="0.2"), ">0.1", UNCERTAIN),
        (number(lower="5"), "5", PASS), (number(lower="5"), "<5", FAIL), (number(lower="5"), "≤5", UNCERTAIN), (number(lower="5"), "<9", UNCERTAIN),
        (number(lower="5", inclusive=False), "5", FAIL), (number(lower="5", inclusive=False), "≤5", FAIL), (number(lower="5"), ">5", PASS),
        (number("5", "9"), "7", PASS), (number("5", "9"), ">7", UNCERTAIN), (number("5", "9"), ">9", FAIL),
        (number(upper="0.2"), "未检出", UNCERTAIN), (number(upper="0.2"), "未检出（＜0.01）", PASS), (number(upper="0.2"), "ND<0.01", PASS),
        (number(upper="0.2"), "n.d.", UNCERTAIN), (number(), "12", PASS), (number(upper="0.2"), "1.2E-3", PASS), (number(lower="-3"), "－2.5", PASS),
        (number(upper="0.2"), "小于0.01", PASS),
    ],
)  # fmt: skip
def test_limit_and_value_meet(asked: Characteristic, value: str, judged: Judged) -> None:
    assert judge(asked, value).judged is judged


@pytest.mark.parametrize("value", ["", "abc", "0,05", "NaN", "Infinity", "1e999", "--1", "0x10", "1 2", "<", "1_000", "٣", "9" * 31, "=1+1"])
def test_what_is_no_value_is_refused_by_name(value: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        judge(number(upper="1"), value, field="results[3].value")
    assert refused.value.field == "results[3].value"


def test_values_are_brought_to_the_unit_of_the_characteristic_exactly() -> None:
    found = judge(number(upper="0.2"), "250", code_of("µg/kg"))
    assert (found.judged, found.low, found.why) == (FAIL, D("0.25"), "> 0.2 mg/kg")
    warm = number(upper="4", unit="CEL")
    assert judge(warm, "39.2", "FAH").judged is PASS
    assert judge(warm, "39.3", "FAH").judged is FAIL
    with pytest.raises(InvalidInputError) as refused:
        judge(warm, "4", "KGM", field="results[0].value")
    assert refused.value.field == "results[0].unit"


@pytest.mark.parametrize(
    ("value", "source", "target", "result"),
    [("1", "NA", "J33", "1000"), ("5", "CEL", "FAH", "41"), ("1", "M1", "GL", "0.001"), ("1", "P1", "59", "10000"), ("1", "MPA", "C56", "1"),
     ("1", "INH", "MMT", "25.4"), ("-40", "FAH", "CEL", "-40"), ("0", "CEL", "KEL", "273.15")],
)  # fmt: skip
def test_units_convert_by_their_definitions(value: str, source: str, target: str, result: str) -> None:
    assert convert(D(value), source, target) == D(result)


def test_a_difference_of_degrees_has_no_zero_point_and_strange_units_stay_apart() -> None:
    assert convert(D("1.8"), "FAH", "CEL", spread=True) == 1
    assert not comparable("NA", "M1")
    assert not comparable("XYZ", "NA")
    assert comparable("XYZ", "XYZ")


def test_a_guarded_value_whose_uncertainty_reaches_over_the_limit_is_uncertain() -> None:
    guarded, simple = number(upper="0.2", guarded=True), number(upper="0.2")
    assert judge(guarded, "0.19", "", D("0.02")).judged is UNCERTAIN
    assert judge(simple, "0.19", "", D("0.02")).judged is PASS
    assert judge(guarded, "0.17", "", D("0.02")).judged is PASS
    assert judge(guarded, "0.23", "", D("0.02")).judged is FAIL


def test_attributes_are_read_in_peoples_words() -> None:
    look = Characteristic("LOOK", "look", CharacteristicKind.PASS_FAIL)
    assert [judge(look, word).judged for word in ("合格", "OK", "不合格", "ng")] == [PASS, PASS, FAIL, FAIL]
    colour = Characteristic("C", "c", CharacteristicKind.CHOICE, choices=("白", "黄"), accepted=("白",))
    assert [judge(colour, word).judged for word in ("白", "黄")] == [PASS, FAIL]
    for asked, value in ((look, "maybe"), (colour, "绿"), (Characteristic("T", "t", CharacteristicKind.TEXT), "  ")):
        with pytest.raises(InvalidInputError):
            judge(asked, value)


IMPOSSIBLE = [
    (number("5", "4"), "lower"), (Characteristic("X", "x", CharacteristicKind.NUMBER, lower=Limit(D(4), False), upper=Limit(D(4))), "lower"),
    (number("1", "2", target=D(3)), "target"), (number("1", "2", inclusive=False, target=D(2)), "target"), (number(upper="NaN"), "upper"),
    (number(upper="Infinity"), "upper"), (number(target=D("NaN")), "target"), (number(unit="m/s"), "unit"), (number(measurements=0), "measurements"),
    (number(choices=("a", "b")), "choices"), (Characteristic("X", "x", CharacteristicKind.PASS_FAIL, upper=Limit(D(1))), "upper"),
    (Characteristic("X", "x", CharacteristicKind.TEXT, unit="NA"), "unit"), (Characteristic("X", "x", CharacteristicKind.CHOICE), "choices"),
    (Characteristic("X", "x", CharacteristicKind.CHOICE, choices=("a", "b"), accepted=("c",)), "accepted"),
    (Characteristic("X", "x", CharacteristicKind.CHOICE, choices=("a", "a"), accepted=("a",)), "choices"),
    (Characteristic("", "x", CharacteristicKind.TEXT), "code"),
    (Characteristic("X", " ", CharacteristicKind.TEXT), "name"), (Characteristic("X", "x", CharacteristicKind.TEXT, guarded=True), "guarded"),
    (number(samples=-1), "samples"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "field"), IMPOSSIBLE)
def test_impossible_characteristics_are_refused_by_field(one: Characteristic, field: str) -> None:
    with pytest.raises(ImpossibleSpecificationError) as refused:
        check_all([Characteristic("FIRST", "f", CharacteristicKind.TEXT), one])
    assert refused.value.field == f"characteristics[1].{field}"


def test_two_of_one_code_and_a_limit_of_another_dimension_are_refused() -> None:
    with pytest.raises(ImpossibleSpecificationError, match="code"):
        check_all([number(), number()])
    with pytest.raises(ImpossibleSpecificationError) as refused:
        limit_in(D(1), "KGM", "NA", inclusive=True, at="characteristics[0].upper")
    assert refused.value.field == "characteristics[0].upper.unit"
    assert limit_in(D(200), "J33", "NA", inclusive=True, at="x") == Limit(D("0.2"), True)


CRITICAL, MAJOR, MINOR = (
    Characteristic(name, name, CharacteristicKind.PASS_FAIL, severity) for name, severity in zip("CMm", SeverityClass, strict=True)
)
ALL = (CRITICAL, MAJOR, MINOR)
TEN = Plan(10, (ClassPlan(SeverityClass.MAJOR, 10, 1, 2), ClassPlan(SeverityClass.MINOR, 10, 2, 3)))


def results(plan: Plan, **failing: int) -> list[Found]:
    return [
        Found(one.code, unit, 1, FAIL if unit <= failing.get(one.code, 0) else PASS) for one in ALL for unit in range(1, plan.size + 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("plan", "failing", "proposed"),
    [
        (Plan(1), {}, Conclusion.ACCEPTED), (Plan(1), {"C": 1}, Conclusion.REJECTED), (Plan(1), {"M": 1}, Conclusion.REJECTED),
        (Plan(1), {"m": 1}, Conclusion.CONDITIONAL), (TEN, {}, Conclusion.ACCEPTED), (TEN, {"M": 1}, Conclusion.ACCEPTED),
        (TEN, {"M": 2}, Conclusion.REJECTED), (TEN, {"C": 1}, Conclusion.REJECTED), (TEN, {"m": 2}, Conclusion.ACCEPTED),
        (TEN, {"m": 3}, Conclusion.REJECTED), (Plan(0, TEN.classes), {}, Conclusion.ACCEPTED),
    ],
)  # fmt: skip
def test_classes_accept_and_reject_by_their_numbers(plan: Plan, failing: dict[str, int], proposed: Conclusion) -> None:
    asked = ALL if plan.size else ()
    assert assess(asked, plan, results(plan, **failing)).proposed is proposed


def test_what_is_missing_uncertain_or_measured_wrongly_is_told_and_never_accepted_without_conditions() -> None:
    verdict = assess(ALL, Plan(1), [Found("C", 1, 1, PASS)])
    assert (verdict.proposed, verdict.missing) == (None, ("M #1", "m #1"))
    assert refusal(verdict, Conclusion.ACCEPTED, "") == "Results are missing: M #1, m #1. Record them first."
    uncertain = assess((MAJOR,), Plan(1), [Found("M", 1, 1, UNCERTAIN)])
    flagged = assess((MAJOR,), Plan(1), [Found("M", 1, 1, PASS, flagged=True)])
    for found in (uncertain, flagged):
        assert found.proposed is Conclusion.CONDITIONAL
        assert refusal(found, Conclusion.ACCEPTED, "fine")
        assert refusal(found, Conclusion.CONDITIONAL, "")
        assert refusal(found, Conclusion.CONDITIONAL, "for sauces only") is None
    assert (uncertain.uncertain, flagged.flagged) == (("M",), ("M",))


def test_a_missing_photo_keeps_goods_from_being_accepted_and_never_from_being_rejected() -> None:
    shown = Characteristic("P", "p", CharacteristicKind.PASS_FAIL, photo=PhotoRule.ON_FAIL)
    rejected = assess((shown,), Plan(1), [Found("P", 1, 1, FAIL)])
    assert (rejected.proposed, rejected.photos) == (Conclusion.REJECTED, ("P #1",))
    assert refusal(rejected, Conclusion.REJECTED, "") is None
    always = Characteristic("P", "p", CharacteristicKind.PASS_FAIL, photo=PhotoRule.ALWAYS)
    assert refusal(assess((always,), Plan(1), [Found("P", 1, 1, PASS)]), Conclusion.ACCEPTED, "")
    assert refusal(assess((always,), Plan(1), [Found("P", 1, 1, PASS, has_photo=True)]), Conclusion.ACCEPTED, "") is None


def test_what_the_rules_reject_is_not_accepted_here_but_minor_failures_may_be_with_conditions() -> None:
    major, minor = assess(ALL, TEN, results(TEN, M=2)), assess(ALL, TEN, results(TEN, m=3))
    for conclusion in (Conclusion.ACCEPTED, Conclusion.CONDITIONAL):
        assert refusal(major, conclusion, "please")
    assert refusal(minor, Conclusion.CONDITIONAL, "sold as seconds") is None
    accepted = assess(ALL, TEN, results(TEN))
    assert refusal(accepted, Conclusion.REJECTED, "")
    assert refusal(accepted, Conclusion.REJECTED, "smells odd") is None


def test_by_variables_mean_and_deviation_judge_the_lot() -> None:
    """The values all pass; their spread says that others won't (ISO 3951-1, s method)."""
    asked = (number(upper="10", unit="GRM"),)
    plan = Plan(5, (ClassPlan(SeverityClass.MAJOR, 5, 0, 1, D("1.5")),))

    def of(*values: str) -> Conclusion | None:
        return assess(asked, plan, [Found("X", unit, 1, PASS, number=D(value)) for unit, value in enumerate(values, 1)]).proposed

    assert of("8.0", "8.1", "7.9", "8.0", "8.2") is Conclusion.ACCEPTED
    assert of("9.9", "6.0", "9.8", "8.0", "9.9") is Conclusion.REJECTED


def test_the_most_specific_specification_holds() -> None:
    goods = Scope("P", "", "S", "packing", "C", 1)
    scopes = [Scope(), Scope("P"), Scope("P", supplier="S"), Scope("P", customer="C"), Scope("P", step="packing"), Scope("P", kind=1)]

    class Scoped:
        def __init__(self, scope: Scope) -> None:
            self.scope = scope

    def chosen(*of: Scope) -> Scope | None:
        found = most_specific([Scoped(scope) for scope in of], goods)
        return found.scope if found else None

    assert chosen(*scopes) == Scope("P", customer="C")
    assert chosen(*scopes, Scope("P", supplier="S", step="packing")) == Scope("P", supplier="S", step="packing")
    assert chosen(Scope("Q"), Scope("P", supplier="T")) is None
    assert not covers(Scope("P", kind=2), goods)
    assert len({specificity(scope) for scope in scopes}) == len(scopes)


def test_a_reading_says_what_it_says() -> None:
    below, over, none = read_number("<0.01"), read_number(">= 5"), read_number("not detected (<0.05)")
    assert (below.low, below.high, below.high_inclusive) == (None, D("0.01"), False)
    assert (over.low, over.high, over.low_inclusive) == (D(5), None, True)
    assert (none.low, none.high) == (D(0), D("0.05"))
    assert read_number("1.50").is_exact


def test_a_skipped_lot_asks_for_nothing_and_is_judged_by_whatever_was_found() -> None:
    asked = [number(upper="5", samples=3)]
    skipped = Plan(0, (ClassPlan(SeverityClass.MAJOR, 0, 5, 6),))
    nothing = assess(asked, skipped, [])
    assert (nothing.proposed, nothing.missing) == (Conclusion.ACCEPTED, ())
    bad = judge(asked[0], "9")
    found = assess(asked, skipped, [Found(asked[0].code, 1, 1, bad.judged)])
    assert (found.proposed, found.major) == (Conclusion.REJECTED, 1)
