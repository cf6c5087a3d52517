"""When a drill passes, what counts as reconciled, and when the next one is due."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from backend.genealogy.rules import Certainty
from backend.recall_checks.own_part import OwnRow
from backend.recall_drills.errors import RecallDrillStateError
from backend.recall_drills.rules import (
    DrillStep,
    Missing,
    MissingKind,
    Policy,
    check_policy,
    completeness,
    next_due,
    participants_of,
    reconciled,
    reminders,
    require_next,
    score_of,
)
from infra.errors import InvalidInputError

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ALL = {DrillStep.SCOPE: Decimal(2), DrillStep.CUSTOMERS: Decimal(60), DrillStep.RECONCILIATION: Decimal(600)}
FULL = Decimal(100)


def row(produced: str, difference: str, **more: str) -> OwnRow:
    numbers: dict[str, Any] = {
        name: Decimal(more.get(name, "0"))
        for name in ("returned", "on_hold", "in_transit", "in_production", "used", "destroyed", "missed", "shipped")
    }
    stock = Decimal(produced) - Decimal(difference) - numbers["used"] - numbers["shipped"] - numbers["destroyed"]
    return OwnRow("G", "KGM", Certainty.CERTAIN, 1, Decimal(produced), in_stock=stock, difference=Decimal(difference), **numbers)


def passed(seconds: dict[DrillStep, Decimal] = ALL, forward: Decimal | None = FULL, backward: Decimal | None = FULL) -> bool:
    return score_of(seconds, Policy(), forward=forward, backward=backward, complete=None).passed


def test_a_drill_passes_in_time_and_reconciled_both_ways() -> None:
    score = score_of(ALL, Policy(), forward=Decimal("99.5"), backward=FULL, complete=Decimal("98.00"))
    assert (score.passed, score.seconds, score.completeness) == (True, Decimal(600), Decimal("98.00"))
    assert not passed({**ALL, DrillStep.RECONCILIATION: Decimal(4 * 3_600 + 1)})
    assert not passed(forward=Decimal("99.49"))
    assert not passed(backward=Decimal("99.49"))
    assert not passed(forward=None)
    assert not passed({DrillStep.SCOPE: Decimal(1)})
    assert passed(backward=None)


def test_the_worst_product_counts_in_either_direction() -> None:
    def told(*rows: OwnRow) -> Any:
        return reconciled(rows).percent

    assert told(row("100", "0")) == 100
    assert told(row("100", "0"), row("100", "2")) == Decimal("98.00")
    assert told(row("100", "-3")) == Decimal("97.00")
    assert told(row("100", "-300")) == 0
    assert told() is None


def test_goods_that_left_and_never_came_are_not_reconciled() -> None:
    assert reconciled([row("0", "-20", shipped="20")]).percent == Decimal(0)


def test_completeness_is_of_the_records_looked_at() -> None:
    missing = [Missing(MissingKind.LOT_NOT_TOLD, "G", 2), Missing(MissingKind.SUPPLIER_NOT_TOLD, "L")]
    assert (completeness(200, missing), completeness(0, []), completeness(1, missing)) == (Decimal("98.50"), None, Decimal("0.00"))


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        (Policy(target_seconds=59), "targetSeconds"), (Policy(target_seconds=-1), "targetSeconds"),
        (Policy(target_percent=Decimal("49.9")), "targetPercent"),
        (Policy(target_percent=Decimal("100.1")), "targetPercent"), (Policy(target_percent=Decimal("NaN")), "targetPercent"),
        (Policy(every_days=367), "everyDays"), (Policy(every_days=0), "everyDays"),
        (Policy(warn_days=400), "warnDays"), (Policy(warn_days=-1), "warnDays"),
    ],
)  # fmt: skip
def test_targets_that_make_no_sense_are_refused(policy: Policy, field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_policy(policy)
    assert refused.value.field == field


def test_the_next_drill_is_due_a_period_after_the_last_and_after_the_beginning_where_there_was_none() -> None:
    assert next_due(None, Policy(), NOW) == NOW + timedelta(days=365)
    due = next_due(NOW, Policy(every_days=180, warn_days=30), NOW)
    assert due == NOW + timedelta(days=180)
    assert reminders(due, Policy(every_days=180, warn_days=30), NOW) == [due - timedelta(days=30), due]
    assert reminders(due, Policy(every_days=180, warn_days=30), due - timedelta(days=1)) == [due]
    assert reminders(due, Policy(every_days=180, warn_days=0), due) == []


def test_steps_are_taken_in_their_order_and_once() -> None:
    require_next(DrillStep.SCOPE, [])
    require_next(DrillStep.CUSTOMERS, [DrillStep.SCOPE])
    for step, done in ((DrillStep.CUSTOMERS, []), (DrillStep.SCOPE, [DrillStep.SCOPE])):
        with pytest.raises(RecallDrillStateError):
            require_next(step, done)


def test_participants_are_names() -> None:
    assert participants_of([" Li Lei, quality ", "Han"]) == ["Li Lei, quality", "Han"]
    for given in ([""], ["x" * 201], ["a\x00"], ["x"] * 51):
        with pytest.raises(InvalidInputError):
            participants_of(given)
