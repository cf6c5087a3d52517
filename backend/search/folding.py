"""How texts are made alike before they are compared, and by which terms and pieces they are found. No I/O."""

import re
import unicodedata
from enum import IntEnum
from typing import Final

# A term's first so many characters are kept; nobody types more of a name or number than that to find it.
LONGEST_TERM: Final = 64
MOST_WORDS: Final = 6
MOST_GRAMS: Final = 400
_TOP: Final = "\U0010ffff"
# Chinese, Japanese and Korean writing, which has no spaces: one character may be a word.
_IDEOGRAPHIC: Final = "\u3005\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_RUN: Final = re.compile(f"([{_IDEOGRAPHIC}]+)|([^{_IDEOGRAPHIC}\n]+)")
_WORD: Final = re.compile(f"(?<=[^\\w]|_)(?=[\\w])|(?<=[^{_IDEOGRAPHIC}])(?=[{_IDEOGRAPHIC}])|(?<=[{_IDEOGRAPHIC}])(?=[^\\W{_IDEOGRAPHIC}])")
_SPACES: Final = re.compile(r"\s+")
# What scanners and people leave at the ends: separators, wildcards, quotes, brackets.
_EDGES: Final = " \t.,;:|/\\*?%_~^#'\"`´‘’“”«»<>()[]{}-–—=+&!、。，；：？！（）【】《》「」"


class Way(IntEnum):
    """How a term stands in its text; the numbers are stored and never change."""

    START = 1
    WORD = 2
    END = 3


def fold(text: str) -> str:
    """The text as it is compared: compatibility forms and full width made plain (NFKC), no case, control and format characters left out."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(" " if sign.isspace() else sign for sign in plain if sign.isspace() or unicodedata.category(sign)[0] != "C")
    return _SPACES.sub(" ", kept).strip()


def trimmed(folded: str) -> str:
    """Without the separators and wildcards at its ends; empty where there is nothing else."""
    return folded.strip(_EDGES)


def beyond(prefix: str) -> str:
    """The upper bound of everything that begins with a prefix, in the order of code points."""
    return prefix + _TOP


def starts(folded: str) -> set[tuple[Way, str]]:
    """The terms by which a text is found from its beginning and from the beginnings of its words."""
    words = [found.start() for found in _WORD.finditer(folded)]
    return {(Way.START, folded[:LONGEST_TERM])} | {(Way.WORD, folded[at : at + LONGEST_TERM]) for at in words[-MOST_WORDS:]} if folded else set()


def terms_of_code(code: str) -> set[tuple[Way, str]]:
    """The terms of a number or code, which is found by its end too: people type the last digits."""
    folded = fold(code)
    return starts(folded) | {(Way.END, folded[::-1][:LONGEST_TERM])} if folded else set()


def grams(folded: str) -> set[str]:
    """The pieces by which an infix of a text is found: of ideographs one and two, of other signs three in a row."""
    found: set[str] = set()
    for ideographs, others in _RUN.findall(folded):
        found |= set(ideographs) | {ideographs[at : at + 2] for at in range(len(ideographs) - 1)}
        found |= {others[at : at + 3] for at in range(len(others) - 2)}
        if len(found) > MOST_GRAMS:
            break
    return set(sorted(found)[:MOST_GRAMS])


def grams_asked(folded: str) -> list[str]:
    """Pieces that every text with this infix has, the longest ones; empty where it is too short to be looked for."""
    found: list[str] = []
    for ideographs, others in _RUN.findall(folded):
        pairs = [ideographs[at : at + 2] for at in range(len(ideographs) - 1)]
        found += pairs or ([ideographs] if ideographs else [])
        found += [others[at : at + 3] for at in range(len(others) - 2)]
    return list(dict.fromkeys(found))
