"""The table of the law against the published figures, and how periods are counted."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from backend.recalls.clocks import DUTIES, LAW
from backend.recalls.kinds import RecallClass, RecallDecision, Sector
from backend.recalls.law import Begins, MetBy, Period, Unit, days, duties_for, hours, law_of, unknown_countries, working_days
from backend.recalls.periods import WorkCalendar, due, warnings

SHANGHAI = WorkCalendar(ZoneInfo("Asia/Shanghai"))
# As published: rule → (period, from when on, the article).
PUBLISHED: dict[str, tuple[Period | None, Begins, str]] = {
    "cn.food.1.start": (hours(24), Begins.KNOWN, "art. 13"),
    "cn.food.2.start": (hours(48), Begins.KNOWN, "art. 13"),
    "cn.food.3.start": (hours(72), Begins.KNOWN, "art. 13"),
    "cn.food.1.finish": (working_days(10), Begins.ANNOUNCED, "art. 18"),
    "cn.food.2.finish": (working_days(20), Begins.ANNOUNCED, "art. 18"),
    "cn.food.3.finish": (working_days(30), Begins.ANNOUNCED, "art. 18"),
    "cn.drug.1.notice": (days(1), Begins.DECIDED, "2022"),
    "cn.drug.2.notice": (days(3), Begins.DECIDED, "2022"),
    "cn.drug.3.notice": (days(7), Begins.DECIDED, "2022"),
    "cn.drug.1.progress": (days(1), Begins.ANNOUNCED, "2022"),
    "cn.drug.final": (working_days(10), Begins.COMPLETED, "2022"),
    "cn.device.1.notice": (days(1), Begins.DECIDED, "Medical Device Recall"),
    "cn.device.2.notice": (days(3), Begins.DECIDED, "Medical Device Recall"),
    "cn.device.3.notice": (days(7), Begins.DECIDED, "Medical Device Recall"),
    "cn.device.plan": (working_days(5), Begins.DECIDED, "art. 16"),
    "cn.device.final": (working_days(10), Begins.COMPLETED, "Medical Device Recall"),
    "us.food.reportable": (hours(24), Begins.KNOWN, "350f(d)(1)"),
    "us.food.fsma204": (hours(24), Begins.REQUESTED, "1.1455(c)"),
    "us.drug.field_alert": (working_days(3), Begins.KNOWN, "314.81(b)(1)"),
    "us.device.correction": (working_days(10), Begins.ANNOUNCED, "806.10(b)"),
    "us.device.urgent": (working_days(5), Begins.KNOWN, "803.53"),
    "us.device.event": (days(30), Begins.KNOWN, "803.50(a)"),
    "us.product.report": (hours(24), Begins.KNOWN, "1115.14(e)"),
    "us.product.investigation": (working_days(10), Begins.KNOWN, "1115.14(d)"),
    "us.food.inform": (None, Begins.DECIDED, "7.46(a)"),
    "eu.food.withdraw": (None, Begins.KNOWN, "178/2002, art. 19(1)"),
    "eu.food.inform": (None, Begins.KNOWN, "178/2002, art. 19(3)"),
    "eu.food.trace": (None, Begins.REQUESTED, "178/2002, art. 18"),
    "eu.food.rasff": (hours(48), Begins.REQUESTED, "2019/1715, art. 17(1)"),
    "eu.device.threat": (days(2), Begins.KNOWN, "2017/745, art. 87(4)"),
    "eu.device.death": (days(10), Begins.KNOWN, "2017/745, art. 87(5)"),
    "eu.device.incident": (days(15), Begins.KNOWN, "2017/745, art. 87(3)"),
    "eu.device.fsca": (None, Begins.DECIDED, "2017/745, art. 87(8)"),
    "eu.product.act": (None, Begins.KNOWN, "2023/988, art. 9(8)"),
}


@pytest.mark.parametrize("rule", PUBLISHED)
def test_a_duty_has_the_published_period(rule: str) -> None:
    period, begins, article = PUBLISHED[rule]
    duty = DUTIES[rule]
    assert (duty.period, duty.begins, article in duty.citation.en, duty.is_fixed) == (period, begins, True, period is not None)


def test_every_duty_is_said_in_both_languages_and_cites_something() -> None:
    for duty in LAW:
        for words in (duty.authority, duty.duty, duty.citation, *([duty.condition] if duty.condition else [])):
            assert all(words), duty.key
        assert duty.key.startswith(duty.country.lower()), duty.key
        assert not duty.every or duty.begins is Begins.ANNOUNCED, duty.key
        assert duty.begins is not Begins.REQUESTED or duty.met_by is MetBy.HAND, duty.key


def test_of_a_class_only_its_own_duties_apply_and_before_it_is_known_the_gravest() -> None:
    def keys(recall_class: RecallClass | None, *countries: str, decision: RecallDecision | None = RecallDecision.RECALL) -> set[str]:
        found = duties_for(LAW, countries=countries, sector=Sector.FOOD, recall_class=recall_class, decision=decision)
        return {duty.key for duty in found}

    assert keys(RecallClass.II, "CN") == {"cn.food.2.start", "cn.food.2.report", "cn.food.2.finish"}
    assert keys(None, "CN", decision=None) == keys(RecallClass.I, "CN")
    assert keys(RecallClass.I, "DE", "FR") == keys(RecallClass.I, "EU")
    assert "eu.food.consumers" in keys(RecallClass.I, "DE")
    assert "eu.food.consumers" not in keys(RecallClass.I, "DE", decision=RecallDecision.WITHDRAWAL)
    assert keys(RecallClass.I, "CN", "DE", decision=RecallDecision.NO_RECALL) == set()
    assert "us.food.reportable" not in keys(RecallClass.III, "US")
    assert (law_of("NO"), law_of("GB"), unknown_countries(LAW, ["CN", "GB", "SE"], Sector.FOOD)) == ("EU", "GB", ["GB"])


def test_hours_and_days_run_from_the_moment_on() -> None:
    known = datetime(2026, 3, 6, 15, 20, tzinfo=UTC)
    assert due(known, hours(48), SHANGHAI) == datetime(2026, 3, 8, 15, 20, tzinfo=UTC)
    assert due(known, days(3), SHANGHAI) == datetime(2026, 3, 9, 15, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begins", "amount", "last"),
    [
        # Friday noon in Shanghai: Monday is the first working day, the tenth the Friday after the next.
        (datetime(2026, 3, 6, 4, tzinfo=UTC), 10, date(2026, 3, 20)),
        # Friday 17:00 UTC is Saturday there already.
        (datetime(2026, 3, 6, 17, tzinfo=UTC), 1, date(2026, 3, 9)),
        (datetime(2026, 3, 5, 17, tzinfo=UTC), 1, date(2026, 3, 9)),
    ],
)
def test_working_days_end_with_the_day_where_the_company_is(begins: datetime, amount: int, last: date) -> None:
    end = due(begins, Period(amount, Unit.WORKING_DAYS), SHANGHAI)
    assert end == datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=SHANGHAI.zone)


def test_days_off_lengthen_a_period_and_weekend_days_worked_shorten_it() -> None:
    begins = datetime(2026, 9, 30, 4, tzinfo=UTC)
    golden_week = [date(2026, 10, 1) + timedelta(days=number) for number in range(7)]
    off = WorkCalendar(SHANGHAI.zone, golden_week)
    made_up = WorkCalendar(SHANGHAI.zone, golden_week, [date(2026, 10, 10)])
    ends = [due(begins, working_days(3), calendar).astimezone(SHANGHAI.zone).date() for calendar in (SHANGHAI, off, made_up)]
    assert ends == [date(2026, 10, 5), date(2026, 10, 12), date(2026, 10, 10)]


def test_warnings_go_out_at_half_at_four_fifths_and_at_the_end() -> None:
    begins = datetime(2026, 3, 6, tzinfo=UTC)
    assert [at - begins for at in warnings(begins, begins + timedelta(hours=10))] == [timedelta(hours=5), timedelta(hours=8), timedelta(hours=10)]
