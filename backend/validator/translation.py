"""Tells a fault in the reader's language: English as it was found, Chinese by the catalogue's sentence of the same pattern."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from backend.history.negotiation import Language
from backend.validator.catalogue_mends import MENDS, WORDS
from backend.validator.catalogue_problems import IDENTIFIERS, PROBLEMS

_WITH_LINE: Final = "{} (line {})"
_CATALOGUES: Final = {"problems": PROBLEMS, "identifiers": IDENTIFIERS, "mends": MENDS}
# A foreign name may be as long as it likes; matching would take time in proportion to a power of that.
_LONGEST: Final = 1_000
_WORD_OF_LIST: Final = re.compile(r"a word \((.+)\)")
_NAMED: Final = re.compile(r'(".*"): (.+)', re.DOTALL)


def problem_in(language: Language, text: str) -> str:
    """What is wrong; a sentence that the catalogue doesn't know stays English."""
    return text if language is Language.EN else chinese_problem(text) or text


def mend_in(language: Language, text: str) -> str:
    """How to mend it."""
    return text if language is Language.EN else chinese_mend(text) or text


def chinese_problem(text: str) -> str | None:
    """None where the catalogue has nothing for the sentence."""
    named = _NAMED.fullmatch(text)
    problem = _translated(named[2], "identifiers") if named is not None else None
    if named is not None and problem is not None:
        return f"{named[1]}：{problem}"
    return _translated(text, "problems") or _translated(text, "identifiers")


def chinese_mend(text: str) -> str | None:
    """None where the catalogue has nothing for the sentence."""
    return _translated(text, "mends")


def _translated(text: str, catalogue: str) -> str | None:
    if len(text) > _LONGEST:
        return None
    for template, pattern in _patterns(catalogue):
        match = pattern.fullmatch(text)
        if match is not None:
            blanks = [_in_blank(blank, template) for blank in match.groups()]
            return _filled(_CATALOGUES[catalogue][template], blanks)
    return None


def _in_blank(blank: str, template: str) -> str:
    """What stands in a blank: a sentence of its own in one template, a word of ours, or foreign text, which stays."""
    if template == _WITH_LINE:
        return chinese_problem(blank) or blank
    of_list = _WORD_OF_LIST.fullmatch(blank)
    if of_list is not None:
        return f"标准中的词（{WORDS.get(of_list[1], of_list[1])}）"
    return WORDS.get(blank, re.sub(r"\AAn? (?=[A-Z])", "", blank))


def _filled(template: str, blanks: list[str]) -> str:
    parts = template.split("{}")
    return "".join(part + blank for part, blank in zip(parts, [*blanks, ""], strict=True))


def templates() -> Mapping[str, Mapping[str, str]]:
    """All catalogues by their names."""
    return _CATALOGUES


@lru_cache(maxsize=len(_CATALOGUES))
def _patterns(catalogue: str) -> list[tuple[str, re.Pattern[str]]]:
    """Every template with its pattern, the most telling first; a sentence with a line behind it is taken apart at last."""
    order = sorted(_CATALOGUES[catalogue], key=lambda template: (template == _WITH_LINE, -len(template.replace("{}", ""))))
    return [(template, re.compile("(.*?)".join(map(re.escape, template.split("{}"))), re.DOTALL)) for template in order]
