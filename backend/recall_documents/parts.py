"""The parts that printed documents are put together from: facts, tables, bars, figures; and the pen that writes numbers and times."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backend.documents.stamp import zone_of
from backend.recall_documents.facts import Amounts
from backend.recall_documents.words import Words, word
from backend.shapes.words import unit_word, write_number

TEMPLATES: Final = Path(__file__).parent / "templates"
environment: Final = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
)


# In per cent of a page's width: a moment to the minute, and a number of seven digits with its unit.
_TIME_WIDTH: Final = 15.5
_NUMBER_WIDTH: Final = 10.5


@dataclass(frozen=True, slots=True)
class Column:
    """Of a table: numbers stand to the right, what is `whole` is never broken into lines; `width` in per cent, 0 for what it needs."""

    title: str
    number: bool = False
    whole: bool = False
    width: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is more than a text: an address of a picture with what who can't see it is told, or a text that is set apart."""

    text: str = ""
    strong: bool = False
    picture: str = ""
    told: str = ""
    quiet: str = ""


Rows = Sequence[Sequence[Cell | str]]


@dataclass(frozen=True, slots=True)
class Table:
    """`empty` stands instead of a table without rows; `note` below says what isn't in it."""

    columns: Sequence[Column]
    rows: Rows
    note: str = ""
    empty: str = ""

    @property
    def widths(self) -> list[float]:
        """In per cent. They are settled here: where the layout finds them by what stands in the cells, one endless word takes minutes."""
        given = [float(column.width or (_TIME_WIDTH if column.whole else _NUMBER_WIDTH if column.number else 0)) for column in self.columns]
        free = [at for at, width in enumerate(given) if not width]
        rest = max(100 - sum(given), 12 * len(free))
        given = [width or rest / len(free) for width in given]
        return [round(width * 100 / sum(given), 2) for width in given]


@dataclass(frozen=True, slots=True)
class Key:
    """A legend's entry: what a fill means, and how much of it there is."""

    picture: str
    text: str
    amount: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart: one wide bar with its legend; the same is told in words."""

    title: str
    picture: str
    told: str
    keys: Sequence[Key]


@dataclass(frozen=True, slots=True)
class Picture:
    """A page's part of a drawing."""

    title: str
    address: str
    told: str


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part of a document."""

    title: str
    lead: str = ""
    facts: Sequence[tuple[str, str]] = ()
    bars: Sequence[Bars] = ()
    tables: Sequence[tuple[str, Table]] = ()
    pictures: Sequence[Picture] = ()
    paragraphs: Sequence[str] = ()
    new_page: bool = False
    # Of a part that answers an item of a law's list: which.
    item: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes in a language ("zh-CN", "en") and in a time zone (IANA)."""

    language: str
    time_zone: str
    _short: str = field(init=False, default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "_short", "zh" if self.language.startswith("zh") else "en")

    @property
    def is_chinese(self) -> bool:
        """Whether it writes Chinese."""
        return self._short == "zh"

    def pick(self, chinese: str, english: str) -> str:
        """One of two."""
        return chinese if self.is_chinese else english

    def word(self, words: Words, name: str) -> str:
        """A word of `words.py`."""
        return word(words, name, self._short)

    def at(self, moment: datetime | None) -> str:
        """To the minute; a dash for no moment."""
        return f"{moment.astimezone(zone_of(self.time_zone)):%Y-%m-%d %H:%M}" if moment else "–"

    def day(self, moment: datetime) -> str:
        """The day, as letters write it."""
        there = moment.astimezone(zone_of(self.time_zone))
        return f"{there.year}年{there.month}月{there.day}日" if self.is_chinese else f"{there.day} {_MONTHS[there.month - 1]} {there.year}"

    def number(self, value: Decimal | int | None) -> str:
        """With groups of three; a dash for what isn't known."""
        return "–" if value is None else write_number(Decimal(value))

    def amount(self, value: Decimal | None, uom: str) -> str:
        """With its unit of measure."""
        return f"{self.number(value)} {unit_word(uom, self._short)}" if value is not None else self.pick("数量未知", "quantity unknown")

    def amounts(self, amounts: Amounts) -> str:
        """Of several units of measure; a dash for none."""
        return " + ".join(self.amount(value, uom) for uom, value in sorted(amounts.items())) or "–"

    def percent(self, value: Decimal | None) -> str:
        """A dash for none."""
        return "–" if value is None else f"{write_number(value)} %"

    def unit(self, uom: str) -> str:
        """A unit of measure."""
        return unit_word(uom, self._short)

    def certain(self, certain: bool) -> str:
        """How sure it is; told by a sign too."""
        return self.pick("● 确定", "● certain") if certain else self.pick("○ 可能", "○ possible")

    def column(self, chinese: str, english: str, *, number: bool = False, whole: bool = False, width: int = 0) -> Column:
        """A column by its title."""
        return Column(self.pick(chinese, english), number, whole, width)

    def either(self, *texts: str) -> str:
        """The first that says something; else that it isn't known."""
        return next((text for text in texts if text.strip()), self.pick("未填写", "not told"))


_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def shortened(text: str, most: int = 160) -> str:
    """A text that would push everything else off the page, cut in its end."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
