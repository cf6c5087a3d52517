"""Faults in Chinese: every sentence that the readers' source holds, and every one that the shared documents bring out."""

import re

import pytest

from backend.events import vocabulary
from backend.events.vocabulary import Vocabulary
from backend.history.negotiation import Language
from backend.validator.advice import ADVICE
from backend.validator.catalogue_mends import WORDS
from backend.validator.reading import guessed_format, read_all
from backend.validator.translation import chinese_mend, chinese_problem, mend_in, problem_in, templates
from tests.shared_data import SHARED_DATA, needs_shared_data
from tests.validator.sources import sentences

CHINESE = re.compile(r"[\u4e00-\u9fff]")
# These are read where people type, scan and ask, and never in documents.
NOT_IN_DOCUMENTS = {"element_string.py", "patterns.py"}
# Whole sentences of their own are put into these.
WRAPPED = {"{}: {}"}
DOCUMENTS = ("gs1-epcis/examples", "epcis-implementations", "epcis-event-hash", "security-corpora/files")


def test_every_sentence_of_the_readers_has_its_chinese() -> None:
    said = {(kind, text) for file, kind, text in sentences() if file not in NOT_IN_DOCUMENTS and text not in WRAPPED}
    assert len(said) > 140
    tell = {"problem": chinese_problem, "mend": chinese_mend}
    assert sorted(text for kind, text in said if tell[kind](text.replace("{}", "x")) is None) == []


def test_no_chinese_is_left_over_from_a_sentence_that_is_said_no_more() -> None:
    said = {text for _, _, text in sentences()}
    all_of_them = [template for catalogue in templates().values() for template in catalogue]
    assert [template for template in all_of_them if not any(pattern_of(template).fullmatch(text) for text in said)] == []


def pattern_of(template: str) -> re.Pattern[str]:
    return re.compile(".*?".join(map(re.escape, template.split("{}"))), re.DOTALL)


@pytest.mark.parametrize("catalogue", ["problems", "identifiers", "mends"])
def test_the_chinese_has_the_same_blanks_and_is_chinese(catalogue: str) -> None:
    for english, chinese in templates()[catalogue].items():
        assert english.count("{}") == chinese.count("{}"), english
        assert CHINESE.search(chinese), english


def test_the_warnings_have_the_same_blanks_in_both_languages() -> None:
    for code, advice in ADVICE.items():
        assert advice.message.count("{}") == advice.message_zh.count("{}"), code
        assert all(CHINESE.search(text) for text in (advice.message_zh, advice.mend_zh)), code


def test_the_vocabularies_names_are_translated() -> None:
    named = {value.name for value in vars(vocabulary).values() if isinstance(value, Vocabulary)}
    assert named - WORDS.keys() == set()


@needs_shared_data
def test_every_fault_of_every_shared_document_is_told_in_chinese() -> None:
    faults = set()
    for folder in DOCUMENTS:
        for path in sorted((SHARED_DATA / folder).rglob("*.*")):
            raw = path.read_bytes() if path.is_file() else b""
            if 0 < len(raw) < 1_000_000:
                faults |= {(fault.message, fault.mend) for fault in read_all(raw, guessed_format(raw)).faults}
    assert len(faults) > 40
    assert [message for message, _ in faults if chinese_problem(message) is None] == []
    assert [mend for _, mend in faults if chinese_mend(mend) is None] == []


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ('"x y": it is not a URI.', '"x y"：这不是 URI。'),
        ('"x y" is not a URI.', '"x y" 不是 URI。'),
        ("It is a text, not a word (business step).", "这里是文本，应为标准中的词（业务步骤）。"),
        ('The field "epcClass" is missing.', "缺少字段 “epcClass”。"),
        ("The text is not JSON at line 3, column 4: expecting ',' delimiter.", "第 3 行第 4 列起不是合法的 JSON：此处应有逗号。"),
        ('An ObjectEvent has no field "childEPCs".', "ObjectEvent 没有字段 “childEPCs”。"),
        ("sensorReport stands twice in one ObjectEvent. (line 3)", "sensorReport 在同一个 ObjectEvent 里出现了两次。（第 3 行）"),
        ('"{} is not a URI. {}": it is not a URI.', '"{} is not a URI. {}"：这不是 URI。'),
        ('"不是" is not an action.', '"不是" 不是 action 的取值。'),
    ],
)
def test_what_stands_in_the_blanks_stays(english: str, chinese: str) -> None:
    assert problem_in(Language.ZH, english) == chinese
    assert problem_in(Language.EN, english) == english


def test_what_is_unknown_stays_english_and_nothing_takes_long() -> None:
    assert problem_in(Language.ZH, "Something new.") == "Something new."
    assert mend_in(Language.ZH, "a (line " * 100_000) == "a (line " * 100_000
