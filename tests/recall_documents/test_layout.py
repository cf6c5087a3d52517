"""What documents look like whatever they are told: hostile names, nothing at all, a thousand lots, every authority's list."""

from dataclasses import replace

import pytest

from backend.documents.digests import digest_of
from backend.documents.kinds import DocumentKind
from backend.recall_documents.attached import attached
from backend.recall_documents.charts import Part, bar
from backend.recall_documents.facts import Checks, Counts, Facts, Firm
from backend.recall_documents.letter import letter_of
from backend.recall_documents.parts import Column, Pen, Table
from backend.recall_documents.regulator import CHINA, UNITED_STATES, items_of, regulator_notice_of
from backend.recall_documents.report import report_of
from infra.printing.rendering import render
from tests.recall_documents.samples import LONG, NASTY, facts, letter, nasty

PENS = {language: Pen(language, "Asia/Shanghai") for language in ("zh-CN", "en")}
REPORT = DocumentKind.RECALL_REPORT


def empty(told: Facts) -> Facts:
    """A case of which nothing is known but its number."""
    case = replace(
        told.case, reason="", hazard="", products="", instructions="", phone="", email="", owner="", decision="", recall_class="", depth="",
        sector="", countries=(), decided_at=None, announced_at=None, links=(),
    )  # fmt: skip
    return Facts(
        firm=Firm(told.company), case=case, version=0, frozen_at=None, known_at=told.known_at, scope_digest="", sources=(), bounds=(), counts=Counts()
    )


def test_names_with_markup_are_text_and_turn_no_line() -> None:
    for document in (report_of(nasty(), PENS["en"], REPORT), regulator_notice_of(nasty(), PENS["en"], "US")):
        assert "<script" not in document.body
        assert "&lt;script&gt;" in document.body
        assert "<img src=x" not in document.body
        assert "\u202e" not in document.body
    pages = render(report_of(nasty(), PENS["en"], REPORT))[1]
    assert pages < 30


@pytest.mark.parametrize("language", PENS)
def test_zero_lots_and_nothing_decided_are_said_in_words(language: str) -> None:
    pen, told = PENS[language], empty(facts(language))
    document = report_of(told, pen, REPORT)
    for words in (("范围内没有货物。", "No goods are in the scope."), ("尚无电子签名。", "Nobody has signed yet."), ("未填写", "not told")):
        assert pen.pick(*words) in document.body
    assert render(document)[1] >= 3
    asked = regulator_notice_of(told, pen, "CN").body
    assert pen.pick("召回原因", "reason") in asked
    assert asked.count('class="missing"') == len(CHINA)
    assert attached(told, pen).text.count("\r\n") == 1


def test_each_item_that_an_authority_asks_for_is_there() -> None:
    assert [item.clause for item in UNITED_STATES] == [f"21 CFR 7.46(a)({number})" for number in range(1, 10)]
    assert [item.clause for item in CHINA] == [f"召回计划（{number}）" for number in "一二三四五六七八"]
    assert items_of("DE") is UNITED_STATES
    for authority, items in (("CN", CHINA), ("US", UNITED_STATES)):
        body = regulator_notice_of(facts("en"), PENS["en"], authority).body
        assert all(item.clause in body and item.english in body for item in items)


def test_a_letter_without_an_address_says_so_and_one_without_a_link_has_no_code() -> None:
    pen = PENS["en"]
    full = letter_of(letter("en"), pen).body
    assert ('class="qr"' in full, "No address of this customer is known" in full) == (True, False)
    bare = letter_of(letter("en", address="", link=""), pen).body
    assert ('class="qr"' in bare, "No address of this customer is known" in bare) == (False, True)
    ended = letter_of(replace(letter("en"), kind="END"), pen).body
    assert ("URGENT" in ended, "Answer form" in ended) == (False, False)


def test_a_thousand_lots_are_printed_and_more_than_that_stand_in_the_table() -> None:
    told = facts("en", lots=1_000)
    body = report_of(told, PENS["en"], REPORT).body
    assert body.count("B-2026-0999") >= 1
    more = facts("en", lots=2_100)
    body = report_of(more, PENS["en"], REPORT).body
    assert "100 more rows aren&#39;t printed. All stand in affected.csv" in body
    assert attached(more, PENS["en"]).text.count("B-2026-") == 2 * 2_100


def test_the_widths_of_columns_are_settled_whatever_stands_in_them() -> None:
    table = Table([Column("a", width=40), Column("b", number=True), Column("c", whole=True), Column("d")], [[LONG, NASTY, "", ""]])
    assert sum(table.widths) == pytest.approx(100, abs=0.1)
    assert min(table.widths) > 8


def test_parts_of_a_bar_differ_by_pattern_and_what_is_unknown_is_empty() -> None:
    from base64 import b64decode
    from decimal import Decimal

    drawn = b64decode(bar([Part(Decimal(1), fill) for fill in (0, 1, 2, 3, 4, -1)], Decimal(6)).partition(",")[2]).decode()
    fills = [part.partition('"')[0] for part in drawn.split('height="21" fill="')[1:]]
    assert fills == ["#22364d", "url(#p1)", "url(#p2)", "url(#p3)", "url(#p4)", "#ffffff"]
    assert "<rect" not in b64decode(bar([Part(Decimal(0), 0)], Decimal(0)).partition(",")[2]).decode().partition("</defs>")[2]


def test_the_digest_is_of_what_is_told_and_nothing_else() -> None:
    assert digest_of(facts("en")) == digest_of(facts("en"))
    assert digest_of(facts("en")) != digest_of(replace(facts("en"), checks=Checks("B")))
    assert digest_of({"b": 1, "a": [2]}) == digest_of({"a": (2,), "b": 1})
