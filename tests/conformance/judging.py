"""Whether what the service did with a document is what was expected of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from tests.conformance.expectations import Verdict
from tests.conformance.playing import Played


class Mark(StrEnum):
    """Met, missed, or nothing to be judged."""

    MET = "ok"
    MISSED = "MISSED"
    NONE = "-"
    # Missed, and the table is wrong by the standard.
    EXPLAINED = "explained"


@dataclass(frozen=True)
class Judged:
    """One line of the table."""

    path: str
    expected: str
    got: str
    verdict: Mark
    field: Mark
    read_back: Mark
    hash: Mark
    pair: Mark
    remark: str

    @property
    def missed(self) -> bool:
        """Whether any of it was missed."""
        return any(getattr(self, column) is Mark.MISSED for column in COLUMNS)


COLUMNS: Final = ("verdict", "field", "read_back", "hash", "pair")


def explained(line: Judged, deviations: Mapping[tuple[str, str], str]) -> Judged:
    """The line with what is missed by a fault of the table marked so; `deviations` are reasons by path and column."""
    found = {
        column: deviations[line.path, column] for column in COLUMNS if getattr(line, column) is Mark.MISSED and (line.path, column) in deviations
    }
    if not found:
        return line
    marks = {column: Mark.EXPLAINED if column in found else getattr(line, column) for column in COLUMNS}
    return replace(line, remark="; ".join(dict.fromkeys(found.values())), **marks)


def judge(played: Played, others: Mapping[str, Played]) -> Judged:
    """`others` are the documents played in the same run, by path, for the pairs."""
    expected = played.expected
    got = "accepted" if played.accepted else f"rejected {played.status}"
    server_failed = played.status >= 500
    right = {
        Verdict.ACCEPT: played.accepted,
        Verdict.ACCEPT_BARE: played.accepted,
        Verdict.REJECT: not played.accepted,
    }.get(expected.verdict, not server_failed)
    return Judged(
        expected.path,
        str(expected.verdict),
        got,
        Mark.NONE if expected.verdict is Verdict.QUERY and not server_failed else _mark(right and not server_failed),
        _fields(played),
        _read_back(played),
        _hashes(played),
        _pair(played, others),
        "" if right and not server_failed else played.answer[:300],
    )


def _mark(met: bool) -> Mark:
    return Mark.MET if met else Mark.MISSED


def _fields(played: Played) -> Mark:
    """A rejection names every field that the table names; where it names none, it still points somewhere."""
    if played.accepted or played.expected.verdict is not Verdict.REJECT:
        return Mark.NONE
    return _mark(set(played.expected.fields) <= set(played.fields) if played.expected.fields else bool(played.fields))


def _read_back(played: Played) -> Mark:
    if not played.accepted:
        return Mark.NONE
    if played.expected.events is not None and len(played.sent) != played.expected.events:
        return Mark.MISSED
    # The same event twice in one document is stored once.
    return _mark({event.event_key: event.event_hash for event in played.sent} == {event.event_key: event.event_hash for event in played.events})


def _hashes(played: Played) -> Mark:
    if not played.accepted or not played.expected.hashes:
        return Mark.NONE
    return _mark({event.event_hash for event in played.events} == set(played.expected.hashes))


def _pair(played: Played, others: Mapping[str, Played]) -> Mark:
    other = others.get(played.expected.pair or "")
    if other is None or not (played.accepted or other.accepted):
        return Mark.NONE
    return _mark(bool(played.events) and {event.event_hash for event in played.events} == {event.event_hash for event in other.events})
