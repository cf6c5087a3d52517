"""The table of the rule's elements, against the regulation's own list."""

import json

import pytest

from backend.fsma204.cells import columns_of, combined
from backend.fsma204.completeness import Purpose, missing
from backend.fsma204.elements import KDES, OF_CTE, SECTIONS, Condition, Cte
from backend.fsma204.words import SLOTS, part_title
from tests.fsma204.records import record
from tests.shared_data import ABSENT, SHARED_DATA

_TABLE = SHARED_DATA / "fsma204" / "reference" / "cfr-1-subpart-S-cte-kde.json"
_CONDITIONS = {
    None: Condition.ALWAYS, "produce": Condition.PRODUCE, "aquacultured food": Condition.AQUACULTURE, "if applicable": Condition.IF_TOLD,
    "if either is available": Condition.IF_TOLD,
}  # fmt: skip


def test_every_element_of_the_regulation_is_there_with_its_condition_and_nothing_else() -> None:
    if not _TABLE.exists():
        pytest.skip(ABSENT)
    expected = {}
    for event in json.loads(_TABLE.read_text())["critical_tracking_events"]:
        section = event["section"]
        for kde in event["kdes"]:
            begins = section.find("(")
            stem = section[:begins] if begins >= 0 and kde["cite"].startswith(section[begins:]) else section
            expected[stem + kde["cite"]] = _CONDITIONS[kde.get("condition")]
    assert {kde.cite: kde.condition for kde in KDES} == expected
    assert len(KDES) == 87
    assert set(OF_CTE) == set(Cte) == set(SECTIONS)


def test_every_element_has_a_field_and_a_completeness_rule() -> None:
    for kde in KDES:
        keys = {column.key.partition(".")[0] for column in columns_of(kde.cte, "en")}
        everything = {column.key.partition(".")[0] for column in combined("en")} | {"food"}
        assert {part.slot for part in kde.parts} <= keys, kde.cite
        assert {part.slot for part in kde.parts} <= everything, kde.cite
        empty = record(kde.cte, side=kde.side, produce=True, aquaculture=True)
        told = {one.kde.cite for one in missing(empty)}
        assert kde.cite in told or (kde.condition is Condition.IF_TOLD and kde.cite.startswith("1.1330")), kde.cite


def test_hand_over_asks_for_what_the_rule_passes_on_and_never_for_the_shippers_paper() -> None:
    asked = [one.kde.cite for one in missing(record(Cte.SHIPPING), Purpose.HANDOVER)]
    assert asked == [f"1.1340(a)({number})" for number in range(1, 8)]
    assert "1.1340(a)(8)" in [one.kde.cite for one in missing(record(Cte.SHIPPING))]
    assert [one.kde.cite for one in missing(record(Cte.RECEIVING), Purpose.HANDOVER)] == []


def test_every_slot_and_part_has_a_title_in_both_languages() -> None:
    for language in ("zh", "en"):
        titles = [column.title for column in combined(language)]
        assert len(set(titles)) == len(titles)
        assert all(part_title(f"{slot}.name", language) for slot in SLOTS)
