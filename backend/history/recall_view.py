"""A recall as the page writes it: the banner at the top, in the reader's language."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from backend.catalog.languages import name_in
from backend.history.dates import write_date
from backend.history.document import History, Recalled, RecallNotice
from backend.history.negotiation import Language
from backend.history.service import ToldRecall
from backend.history.words import RecallWords

# What more there are is told by number: the page stays small, whatever happens.
BANNERS: Final = 2
NUMBERS_LISTED: Final = 8
LONGEST_TEXT: Final = 900
LONGEST_NAMES: Final = 120
_DIALLED: Final = re.compile(r"[^0-9+]")


@dataclass(frozen=True, slots=True)
class Banner:
    """One recall. `about` are its number, class and dates; `dialled` is the phone number as a link has it."""

    headline: str
    products: str
    hazard: str
    instructions: str
    phone: str
    dialled: str
    email: str
    lots: Sequence[str]
    more: int
    more_written: str
    about: Sequence[str]
    closed: bool


def banners(history: History, recalls: Sequence[ToldRecall], words: RecallWords, language: Language) -> list[Banner]:
    """The first recalls, those that go on before those that have ended."""
    return [_banner(history, told, words, language) for told in recalls[:BANNERS]]


def further(recalls: Sequence[ToldRecall]) -> str:
    """The numbers of those that no banner tells."""
    numbers = [told.notice.number for told in recalls[BANNERS:]]
    return ", ".join(numbers[:NUMBERS_LISTED]) + ("…" if len(numbers) > NUMBERS_LISTED else "")


def kind_of(history: History, reach: Recalled) -> str:
    """By what the headline is chosen."""
    if not (history.lot or history.serial):
        return "product"
    if reach.partly:
        return "partly"
    if reach.possible:
        return "possible"
    return "unit" if history.serial else "lot"


def headline_of(history: History, told: ToldRecall, words: RecallWords) -> str:
    """What is said first."""
    return (words.closed if told.notice.closed else words.going_on)[kind_of(history, told.reach)]


def instructions_of(notice: RecallNotice, words: RecallWords, language: Language) -> str:
    """What to do: the company's words, or the usual ones. After its end a recall still says not to use the goods."""
    own = _text(name_in(notice.instructions, language)) if notice.instructions else ""
    return "\n".join(part for part in (words.still if notice.closed else "", own or ("" if notice.closed else words.usual)) if part)


def _banner(history: History, told: ToldRecall, words: RecallWords, language: Language) -> Banner:
    notice, reach = told.notice, told.reach
    about = [f"{words.number} {notice.number}"]
    if notice.recall_class in words.classes:
        about.append(f"{words.recall_class} {words.classes[notice.recall_class]}")
    about += [f"{label} {write_date(day, language)}" for label, day in ((words.announced, notice.announced), (words.closed_on, notice.closed)) if day]
    return Banner(
        headline=headline_of(history, told, words), products=_text(name_in(notice.products, language), LONGEST_NAMES) if notice.products else "",
        hazard=_text(notice.hazard), instructions=instructions_of(notice, words, language),
        phone=notice.phone, dialled=_DIALLED.sub("", notice.phone), email=notice.email, lots=reach.lots, more=reach.more,
        more_written=f"{reach.more:,}", about=about, closed=notice.closed is not None,
    )  # fmt: skip


def _text(text: str, longest: int = LONGEST_TEXT) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
