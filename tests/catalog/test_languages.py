"""Which name a reader is given, and which language tags there are."""

import pytest

from backend.catalog.languages import MOST_LANGUAGES, encode_names, languages_of, name_in, normal_tag
from infra.errors import InvalidInputError

NAMES = {"zh": "饺子", "zh-Hant": "餃子", "en": "Dumplings", "en-US": "Potstickers", "ja": "餃子（日本）"}


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (["zh-CN"], "饺子"), (["zh-Hans-CN"], "饺子"), (["zh-SG"], "饺子"), (["zh-TW"], "餃子"), (["zh-HK"], "餃子"), (["zh-Hant-MO"], "餃子"),
        (["en-US"], "Potstickers"), (["en-GB"], "Dumplings"), (["ja-JP"], "餃子（日本）"), (["fr", "ja"], "餃子（日本）"),
        (["fr"], "饺子"), ([], "饺子"),
    ],
)  # fmt: skip
def test_a_reader_is_given_the_nearest_name(wanted: list[str], name: str) -> None:
    assert name_in(NAMES, wanted) == name


def test_a_reader_of_traditional_characters_is_given_simplified_ones_before_another_language() -> None:
    assert name_in({"en": "Flour", "zh-CN": "面粉"}, ["zh-TW"]) == "面粉"
    assert name_in({"zh": "面粉", "zh-HK": "麵粉"}, ["zh-TW"]) == "麵粉"
    assert name_in({"zh-TW": "麵粉", "zh-CN": "面粉"}, ["zh"]) == "面粉"


def test_a_name_of_no_language_stands_before_those_of_foreign_ones() -> None:
    assert name_in({"de": "Mehl", "und": "Farina"}, ["zh", "en"]) == "Farina"
    assert name_in({"de": "Mehl", "und": "Farina"}, ["de-AT"]) == "Mehl"
    assert name_in({"ko": "밀가루"}, "zh") == "밀가루"
    assert name_in({}, "zh") == ""


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("ZH-tw", "zh-TW"), ("zh-hant-hk", "zh-Hant-HK"), ("EN", "en"), ("de-1996", "de-1996"), ("x", None), ("zh_CN", None), ("中文", None),
        ("a" * 40, None),
    ],
)  # fmt: skip
def test_tags_are_written_in_one_case(written: str, tag: str | None) -> None:
    assert normal_tag(written) == tag


def test_accept_language_is_read_in_order_of_quality() -> None:
    assert languages_of("en;q=0.5, zh-hk, ja;q=0.9, *;q=0.1, fr;q=0, de;q=x") == ("zh-HK", "ja", "en")
    assert languages_of("") == ()


@pytest.mark.parametrize(
    "names",
    [
        {}, {"zh": " "}, {"zh": "x" * 201}, {"zh": "a\x00b"}, {"klingon!": "x"}, {"zh-tw": "a", "zh-TW": "b"},
        {f"de-x-{number}": "x" for number in range(MOST_LANGUAGES + 1)},
    ],
)  # fmt: skip
def test_names_that_could_not_be_shown_are_refused(names: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        encode_names(names, "names")
    assert refusal.value.field == "names"
