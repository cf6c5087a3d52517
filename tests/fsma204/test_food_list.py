"""Which foods are on the list: by the FDA's own words, and by what they leave open."""

import json

import pytest

from backend.fsma204.foods import Listed, classify
from tests.shared_data import ABSENT, SHARED_DATA

_CASES = SHARED_DATA / "fsma204" / "ftl_membership_cases.json"


def test_every_published_case_is_classified_as_its_label_says() -> None:
    if not _CASES.exists():
        pytest.skip(ABSENT)
    cases = json.loads(_CASES.read_text())["cases"]
    wrong = []
    for case in cases:
        found = classify(case["food"])
        if (found.listed is Listed.LISTED) != case["on_ftl"] or (case["on_ftl"] and found.category != case["category"]):
            wrong.append((case["food"], found))
    assert len(cases) >= 30
    assert wrong == []


@pytest.mark.parametrize(
    ("food", "category"),
    [
        ("fresh spinach", "Leafy greens (fresh)"),
        ("shredded iceberg lettuce", "Leafy greens (fresh-cut)"),
        ("whole cantaloupes, fresh", "Melons (fresh)"),
        ("fresh jalapeños", "Peppers (fresh)"),
        ("fresh alfalfa sprouts", "Sprouts (fresh)"),
        ("cherry tomatoes, fresh", "Tomatoes (fresh)"),
        ("fresh mangoes", "Tropical tree fruits (fresh)"),
        ("sliced apples", "Fruits (fresh-cut)"),
        ("fresh cut broccoli florets", "Vegetables other than leafy greens (fresh-cut)"),
        ("frozen tuna loins", "Finfish (fresh, frozen, and previously frozen)"),
        ("smoked salmon, refrigerated", "Smoked finfish (refrigerated, frozen, and previously frozen)"),
        ("frozen raw shrimp", "Crustaceans (fresh, frozen, and previously frozen)"),
        ("live oysters", "Molluscan shellfish, bivalves (fresh, frozen, and previously frozen)"),
        ("potato salad, refrigerated", "Ready-to-eat deli salads (refrigerated)"),
        ("queso fresco of raw milk", "Cheese (made from unpasteurized milk), other than hard cheese"),
        ("新鲜黄瓜", "Cucumbers (fresh)"),
        ("花生酱", "Nut butters"),
    ],
)
def test_food_of_each_other_entry_is_listed(food: str, category: str) -> None:
    found = classify(food)
    assert (found.listed, found.category) == (Listed.LISTED, category)


@pytest.mark.parametrize(
    "food",
    [
        "canned tuna", "dried basil", "tomato ketchup", "black pepper", "cheddar", "unpasteurized cheddar", "chicken salad", "fresh catfish",
        "scallop adductor muscle, frozen", "brussels sprouts, fresh", "green cabbage, fresh", "fresh bananas", "sunflower seed butter",
        "cocoa butter",
        "wheat flour", "猪肉白菜水饺 Pork dumplings", "imitation crab sticks", "soy sauce", "eggplant, fresh",
    ],
)  # fmt: skip
def test_food_that_no_entry_has_is_not_listed(food: str) -> None:
    assert classify(food).listed is Listed.NOT_LISTED


@pytest.mark.parametrize("food", ["cheese", "gouda", "parsley", "peanut butter cookies", "mango", ""])
def test_food_whose_description_leaves_out_what_decides_is_undetermined_and_says_what_to_tell(food: str) -> None:
    found = classify(food)
    assert found.listed is Listed.UNDETERMINED
    assert found.reason.strip()


def test_produce_that_is_rarely_eaten_raw_is_exempt_and_the_reason_cites_the_paragraph() -> None:
    found = classify("fresh dill")
    assert (found.listed, found.exempt) == (Listed.NOT_LISTED, True)
    assert "1.1305(e)" in found.reason


def test_a_long_or_odd_description_is_answered() -> None:
    assert classify("x " * 10_000).listed is Listed.NOT_LISTED
    assert classify("\x00').--").listed in Listed
