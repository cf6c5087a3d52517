"""Whether a food is on the Food Traceability List, by its name and description, with the reason. Rules only.

A description that leaves out what decides (of which milk a cheese is, whether a herb is fresh) isn't guessed at: the food is
undetermined, counts as if it were listed, and the reason says what to tell. The company's own word (`food_product`) goes before this.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from backend.fsma204 import food_list
from backend.fsma204.food_list import CATEGORIES, EXEMPT, FORMS, Category, Form

LONGEST: Final = 500
_PLAIN: Final = str.maketrans("èéñ", "een")
_SPLIT: Final = re.compile(r"[^a-z0-9一-鿿]+")
_NOT: Final = frozenset({"not", "non", "without", "no", "other", "than"})
_WITH_IE: Final = frozenset({"cookies", "pies", "smoothies", "brownies"})
_KEPT: Final = frozenset({"swiss", "cress", "watercress", "asparagus", "haas", "brussels", "queso", "bass"})


class Listed(IntEnum):
    """Whether the additional records are required; the numbers are stored and never change."""

    UNDETERMINED = 0
    LISTED = 1
    NOT_LISTED = 2


@dataclass(frozen=True, slots=True)
class Listing:
    """The answer: `category` is the list's entry, `reason` says why in a sentence. `exempt`: on the list, and the rule doesn't apply."""

    listed: Listed
    category: str | None
    reason: str
    exempt: bool = False
    produce: bool | None = None


class _Text:
    """A description as words in the singular, so that phrases are found whole and negations are heeded."""

    def __init__(self, text: str) -> None:
        folded = (
            text[:LONGEST].lower().replace("un-pasteurized", "unpasteurized").replace("'s", "").replace("è", "e").replace("é", "e").replace("ñ", "n")
        )
        self.words = [_singular(word) for word in _SPLIT.split(folded) if word]
        self._told = [word for at, word in enumerate(self.words) if not self._denied(at)]
        self._line = f" {' '.join(self._told)} "

    def _denied(self, at: int) -> bool:
        return at > 0 and self.words[at - 1] in _NOT

    def find(self, phrases: Iterable[str]) -> str | None:
        """The longest of these phrases that the description has and doesn't deny."""
        found = [phrase for phrase in phrases if self.has(phrase)]
        return max(found, key=len) if found else None

    def has(self, phrase: str) -> bool:
        """Chinese stands without blanks, so its words are looked for anywhere."""
        if not phrase.isascii():
            return phrase in self._line
        return f" {' '.join(_singular(word) for word in phrase.split())} " in self._line

    def denies(self, phrases: Iterable[str]) -> bool:
        """Whether one of these words is denied ("not hard")."""
        wanted = set(phrases)
        return any(word in wanted and self._denied(at) for at, word in enumerate(self.words))


def _singular(word: str) -> str:
    if len(word) < 4 or word in _KEPT or not word.isascii():
        return word
    if word.endswith("ies"):
        return word[:-1] if word in _WITH_IE else f"{word[:-3]}y"
    if word.endswith(("oes", "shes", "ches", "xes")):
        return word[:-2]
    if word in ("leaves", "halves", "loaves"):
        return f"{word[:-3]}f"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def classify(description: str) -> Listing:
    """Where a food of this name and description stands, by the words of the list's entries."""
    text = _Text(description)
    if not text.words:
        return Listing(Listed.UNDETERMINED, None, "Nothing is told about the food: give it a name, a commodity or a description.")
    forms = {form for form, words in FORMS.items() if text.find(words)}
    if text.find(food_list.CHEESE) and not text.find(food_list.COMPOSITE):
        return _cheese(text, forms)
    if (butter := _butter(text)) is not None:
        return butter
    return _by_category(text, forms)


def _cheese(text: _Text, forms: set[Form]) -> Listing:
    """Cheeses, other than hard ones; not frozen, shelf stable or aseptic ones, whatever the milk."""
    for form in (Form.FROZEN, Form.SHELF_STABLE, Form.ASEPTIC):
        if form in forms:
            return _no(f"Cheeses that are {form}{' or were' if form is Form.FROZEN else ''} are left out of the list.")
    raw = text.find(food_list.RAW_MILK)
    if text.find(food_list.HARD_CHEESE) and not text.denies({"hard"}):
        return _no("Hard cheeses (21 CFR 133.150) are left out of the list.")
    if raw:
        return _yes(food_list.RAW_MILK_CHEESES, "Every cheese of unpasteurized milk that isn't hard is on the list.", produce=False)
    # The list says of both kinds that they are of pasteurized milk; of other milk they would be on it under another entry.
    fresh, ripened = text.find(food_list.FRESH_CHEESE), text.find(food_list.RIPENED_CHEESE)
    if fresh and (not ripened or len(fresh) >= len(ripened)):
        return _yes(food_list.FRESH_CHEESES, f"“{fresh}” is a fresh soft or soft unripened cheese.", produce=False)
    if ripened:
        return _yes(food_list.RIPENED_CHEESES, f"“{ripened}” is a soft ripened or semi-soft cheese.", produce=False)
    return Listing(Listed.UNDETERMINED, None, "Say whether the cheese is hard, semi-soft, soft ripened or fresh: only hard ones are left out.")


def _butter(text: _Text) -> Listing | None:
    spread = text.find({"butter", "spread", "酱"})
    nut = text.find(food_list.NUTS)
    if not spread or (spread != "butter" and not nut):
        return None
    if other := text.find(food_list.NO_NUTS - {"seed"} if nut and not text.has("seed") else food_list.NO_NUTS):
        return _no(f"A butter of “{other}” is neither of tree nuts nor of peanuts; soy and seed butters are left out.")
    if not nut:
        return _no("It is no butter of tree nuts or peanuts.")
    if text.find(food_list.COMPOSITE):
        return _ingredient(food_list.NUT_BUTTERS)
    reason = f"“{nut} {spread}” is a nut butter; every form of it is on the list, shelf stable, refrigerated and frozen."
    return _yes(food_list.NUT_BUTTERS, reason, produce=False)


def _by_category(text: _Text, forms: set[Form]) -> Listing:
    lacking: Listing | None = None
    refused: Listing | None = None
    for category in CATEGORIES:
        word = text.find(category.words)
        if word is None:
            continue
        found = _within(category, word, text, forms)
        if found.listed is Listed.LISTED or found.exempt:
            return found
        if found.listed is Listed.UNDETERMINED:
            lacking = lacking or found
        else:
            refused = refused or found
    return lacking or refused or _no("No entry of the list fits what is told of the food.")


def _within(category: Category, word: str, text: _Text, forms: set[Form]) -> Listing:
    if other := text.find(category.never):
        return _no(f"“{other}”: {category.never_because}.")
    if bad := sorted(forms & category.without):
        return _no(f"The list has “{category.name}”, and this is {bad[0]}.")
    if category.produce and (exempt := text.find(EXEMPT)):
        reason = f"“{exempt}” is produce that is rarely eaten raw (21 CFR 112.2(a)(1)), to which the rule doesn't apply (1.1305(e))."
        return Listing(Listed.NOT_LISTED, category.name, reason, exempt=True, produce=True)
    if text.find(food_list.COMPOSITE) and category.needs is not Form.CUT:
        return _ingredient(category.name)
    if category.needs is None or category.needs in forms:
        return _yes(category.name, f"“{word}” is named by the entry, and no exclusion fits.", produce=category.produce)
    return _without_form(category, category.needs, word, forms)


def _without_form(category: Category, needed: Form, word: str, forms: set[Form]) -> Listing:
    """The entry asks for a form that isn't told."""
    if needed in (Form.SMOKED, Form.CUT):
        return _no(f"The list has “{category.name}”, and nothing says that this is {needed}.")
    if Form.CUT in forms or Form.REFRIGERATED in forms:
        return _yes(category.name, f"“{word}” is named by the entry, and it isn't processed otherwise.", produce=category.produce)
    reason = f"The list has “{category.name}”: say whether the food is {needed}."
    return Listing(Listed.UNDETERMINED, category.name, reason, produce=category.produce)


def _yes(category: str, reason: str, *, produce: bool) -> Listing:
    return Listing(Listed.LISTED, category, reason, produce=produce)


def _no(reason: str) -> Listing:
    return Listing(Listed.NOT_LISTED, None, reason)


def _ingredient(category: str) -> Listing:
    reason = f"It seems to contain a food of “{category}”: it is covered if that food remains in the form in which the list has it. Say so."
    return Listing(Listed.UNDETERMINED, category, reason)
