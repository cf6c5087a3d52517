"""Tells a fault in the reader's language: English as it was found, Chinese by the catalogue's sentence of the same pattern."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from backend.history.negotiation import Language
from backend.validator.catalogue_mends import MENDS, WORDS
from backend.validator.catalogue_problems import PROBLEMS

_LAST: Final = ("{}: {}", "{} (line {})")
_WORD_WITH_LIST: Final = re.compile(r"a word \((.+)\)")


def problem_in(language: Language, text: str) -> str:
    """What is wrong; a sentence that the catalogue doesn't know stays English."""
    return text if language is Language.EN else translated(text, PROBLEMS) or text


def mend_in(language: Language, text: str) -> str:
    """How to mend it."""
    return text if language is Language.EN else translated(text, MENDS) or text


def translated(text: str, catalogue: Mapping[str, str]) -> str | None:
    """The Chinese for an English sentence; None where the catalogue has none for it."""
    for template, pattern in _patterns(_key(catalogue)):
        match = pattern.fullmatch(text)
        if match is not None:
            blanks = [_in_blank(blank, template, catalogue) for blank in match.groups()]
            return _filled(catalogue[template], blanks)
    return None


def _in_blank(blank: str, template: str, catalogue: Mapping[str, str]) -> str:
    """What stands in a blank: a sentence of its own in two templates, a word of ours, or foreign text, which stays."""
    if template in _LAST:
        return translated(blank, catalogue) or blank
    of_list = _WORD_WITH_LIST.fullmatch(blank)
    if of_list is not None:
        return f"标准中的词（{WORDS.get(of_list[1], of_list[1])}）"
    return WORDS.get(blank, re.sub(r"^An? (?=[A-Z])", "", blank))


def _filled(template: str, blanks: list[str]) -> str:
    parts = template.split("{}")
    return "".join(part + blank for part, blank in zip(parts, [*blanks, ""], strict=True))


def _key(catalogue: Mapping[str, str]) -> str:
    return "problems" if catalogue is PROBLEMS else "mends"


@lru_cache(maxsize=2)
def _patterns(key: str) -> list[tuple[str, re.Pattern[str]]]:
    """Every template with its pattern, the most telling first, so that `{}: {}` is the last resort."""
    catalogue = PROBLEMS if key == "problems" else MENDS
    order = sorted(catalogue, key=lambda template: (template in _LAST, template == "{}: {}", -len(template.replace("{}", ""))))
    return [(template, re.compile("(.*?)".join(map(re.escape, template.split("{}"))), re.DOTALL)) for template in order]
