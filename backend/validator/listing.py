"""The sender's text as the page shows it: numbered lines, findings at theirs, what is without findings left out of long ones."""

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from backend.validator.report import Excerpts, Finding, Report

WHOLE: Final = 300
_AROUND: Final = 3
_LONGEST_LINE: Final = 400
_LONGEST_MARK: Final = 120
_MARKED: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|<[^>]*>?[^<]*|[^\s,{}\[\]"<]+|.')
_HIDDEN: Final = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")


@dataclass(slots=True)
class Row:
    """A line in parts, of which the marked ones are where findings point to; or a gap of `left_out` lines."""

    number: int = 0
    parts: list[tuple[str, bool]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    left_out: int = 0

    @property
    def kind(self) -> str:
        """How it is coloured."""
        if not self.findings:
            return ""
        return "warned" if all(finding.code for finding in self.findings) else "bad"


def rows(report: Report) -> list[Row]:
    """All lines of a short text, and of a long one those about its findings."""
    by_line: dict[int, list[Finding]] = defaultdict(list)
    for finding in (*report.faults, *report.warnings):
        by_line[min(finding.place.line, len(report.lines))].append(finding)
    total = len(report.lines)
    if total > 1 and not report.lines[-1] and total not in by_line:
        total -= 1
    if total <= WHOLE:
        wanted = set(range(1, total + 1))
    else:
        wanted = {near for line in by_line for near in range(max(1, line - _AROUND), min(total, line + _AROUND) + 1)} | set(range(1, 4))
    excerpts = Excerpts(report.lines, longest=_LONGEST_LINE)
    found: list[Row] = []
    last = 0
    for number in sorted(wanted):
        if number > last + 1:
            found.append(Row(left_out=number - last - 1))
        found.append(_row(excerpts, number, by_line.get(number, [])))
        last = number
    if last < total:
        found.append(Row(left_out=total - last))
    return found


def _row(excerpts: Excerpts, number: int, findings: list[Finding]) -> Row:
    column = findings[0].place.column if findings else 1
    line, text = excerpts.lines[number - 1], excerpts.cut(number, column)
    if not findings:
        return Row(number, [(visible(text), False)])
    # Where the line was cut, it is found again by what was cut off before it.
    start = 0 if text == line else line.find(text.strip("…")) - text.startswith("…")
    spans = sorted({span for finding in findings if (span := _span(text, finding.place.column - 1 - start)) is not None})
    parts: list[tuple[str, bool]] = []
    at = 0
    for first, last in spans:
        if first >= at:
            parts += [(visible(text[at:first]), False), (visible(text[first:last]), True)]
            at = last
    return Row(number, [*parts, (visible(text[at:]), False)], findings)


def _span(text: str, start: int) -> tuple[int, int] | None:
    if not 0 <= start < len(text):
        return None
    match = _MARKED.match(text, start)
    return None if match is None else (start, min(match.end(), start + _LONGEST_MARK))


def visible(text: str) -> str:
    """Nothing in it is invisible or turns the direction of what follows; tabs stay."""
    if text.isprintable():
        return text
    return "".join(sign if sign == "\t" or unicodedata.category(sign) not in _HIDDEN else f"\\u{ord(sign):04x}" for sign in text)
