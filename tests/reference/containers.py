"""What lay in which container from when to when (MODEL: Containment; docs/model.md: What lay where)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Final

from backend.identifiers import ObjectKind
from tests.reference.told import CONTAINERS, Told

FOREVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
TOLERANCE: Final = timedelta(hours=24)
SHIPPING: Final = ("shipping", "departing")
CLEANING: Final = "cleaning"
# UN/CEFACT Recommendation 20, as far as the stories tell amounts.
_MEASURES: Final = {
    "": ("pieces", Fraction(1)), "EA": ("pieces", Fraction(1)),
    "KGM": ("mass", Fraction(1)), "GRM": ("mass", Fraction(1, 1000)), "TNE": ("mass", Fraction(1000)),
    "LTR": ("volume", Fraction(1)), "HLT": ("volume", Fraction(100)), "MTQ": ("volume", Fraction(1000)),
}  # fmt: skip
# What several events say of one moment counts in this order: a container is begun before it is filled, and ends last.
_ORDER: Final = ("begun", "put in", "seen in", "taken out", "emptied", "left", "ended")


@dataclass(frozen=True)
class Stay:
    """One content in one container, from `since` to just before `until`."""

    container: str
    content: str
    since: datetime
    until: datetime
    amount: Decimal | None
    uom: str | None
    opened_by: str
    # What was taken out of a tank by name, and may be in it all the same: whoever draws takes of everything (MODEL: Tanks).
    residue: bool = False
    # A container that a person has declared to be the same: what lies in one lies in the other, and neither is listed in the other.
    same: bool = False

    def at(self, moment: datetime) -> bool:
        return self.since <= moment < self.until


@dataclass(frozen=True)
class _Fact:
    at: datetime
    what: str
    event: str
    content: str = ""
    amount: Decimal | None = None
    uom: str | None = None

    @property
    def order(self) -> tuple[datetime, int, str, str, str]:
        return (self.at, _ORDER.index(self.what), self.event, self.content, self.uom or "")


def all_stays(told: Sequence[Told]) -> list[Stay]:
    """The stays in every container."""
    containers = {line.thing for event in told for line in event.lines if line.part == "parent" or line.kind in CONTAINERS}
    found: list[Stay] = []
    for container in sorted(containers):
        is_tank = any(line.thing == container and line.kind is ObjectKind.TANK for event in told for line in event.lines)
        found += _stays(container, _of_aggregations(container, told) + _of_its_lives(container, told), is_tank=is_tank)
        # An association binds things; it knows no lives (EPCIS 2.0 §7.4.7).
        found += _stays(container, _of_children(container, told, "AssociationEvent"))
    return found


def cleanings(container: str, told: Sequence[Told]) -> list[datetime]:
    """When it was cleaned. CBV 2.0 has no word for it; a firm's own ends in this one."""
    return [event.at for event in told if _is_cleaning(event) and any(line.thing == container for line in event.named("subject"))]


def _is_cleaning(event: Told) -> bool:
    return event.type == "ObjectEvent" and (event.step or "").rpartition("/")[2] == CLEANING


def _of_aggregations(container: str, told: Sequence[Told]) -> list[_Fact]:
    """What is told to be put in or taken out; a transformation that names a container among its outputs fills it."""
    filled = [
        _Fact(event.at, "put in", event.name, event.node)
        for event in told
        if event.type == "TransformationEvent" and any(line.thing == container and line.kind in CONTAINERS for line in event.named("output"))
    ]
    return _of_children(container, told, "AggregationEvent") + filled


def _of_children(container: str, told: Sequence[Told], type_: str) -> list[_Fact]:
    facts: dict[tuple[str, str, str | None], _Fact] = {}
    for event in told:
        if event.type != type_ or not any(line.thing == container for line in event.named("parent")):
            continue
        children = event.named("child")
        if not children and event.action == "DELETE":
            facts[event.name, "", None] = _Fact(event.at, "emptied", event.name)
        what = {"ADD": "put in", "OBSERVE": "seen in", "DELETE": "taken out"}[event.action or ""]
        for line in children:
            # Two lines of one event about one content, in one unit of measure, are one amount.
            place = (event.name, line.thing, line.uom)
            amount = line.amount
            if amount is not None and place in facts:
                amount += facts[place].amount or 0
            facts[place] = _Fact(event.at, what, event.name, line.thing, amount, line.uom)
    return list(facts.values())


def _of_its_lives(container: str, told: Sequence[Told]) -> list[_Fact]:
    """MODEL: a new life starts at commissioning, or at the first ADD after it was shipped, emptied or destroyed; or where it was cleaned."""
    facts = []
    for event in told:
        if not any(line.thing == container and line.part in ("subject", "parent") for line in event.lines):
            continue
        by_itself = event.type == "ObjectEvent" and any(line.thing == container for line in event.named("subject"))
        if event.step in SHIPPING:
            facts.append(_Fact(event.at, "left", event.name))
        elif by_itself and (event.action == "DELETE" or _is_cleaning(event)):
            facts.append(_Fact(event.at, "ended", event.name))
        elif by_itself and event.action == "ADD":
            facts.append(_Fact(event.at, "begun", event.name))
    return facts


def _stays(container: str, facts: Iterable[_Fact], *, is_tank: bool = False) -> list[Stay]:
    """Each life by itself, and in it each content in each unit of measure by itself."""
    found: list[Stay] = []
    for life, ends in _lives(sorted(facts, key=lambda fact: fact.order)):
        inside = sorted((fact for fact in life if fact.content), key=lambda fact: fact.content)
        for _, own in groupby(inside, key=lambda fact: fact.content):
            stays = sorted(_of_one_content(container, list(own), ends), key=lambda stay: stay.since)
            found += [*stays, *(_residues(stays, ends) if is_tank else [])]
    return [stay for stay in found if stay.since < stay.until]


def _lives(facts: list[_Fact]) -> list[tuple[list[_Fact], datetime]]:
    """The facts of each life, and when it ended."""
    lives: list[tuple[list[_Fact], datetime]] = []
    life: list[_Fact] = []
    has_left = False
    for fact in facts:
        if fact.what in ("begun", "ended", "emptied") or (fact.what == "put in" and has_left):
            lives.append((life, fact.at))
            life, has_left = [], False
        has_left |= fact.what == "left"
        life.append(fact)
    return [*lives, (life, FOREVER)]


def _of_one_content(container: str, facts: list[_Fact], ends: datetime) -> list[Stay]:
    """ADD 100 and DELETE 40 leave 60: what was put in first is taken out first. What is only seen inside was put in by then."""
    done: list[Stay] = []
    open_: list[Stay] = []
    for fact in sorted(facts, key=lambda fact: fact.order):
        if fact.what != "taken out":
            if not open_ or (fact.what == "put in" and fact.amount is not None):
                open_.append(Stay(container, fact.content, fact.at, ends, fact.amount, fact.uom, fact.event))
            continue
        # Without an amount it is all of it. Else what is told in a unit of another dimension isn't meant.
        left = None if fact.amount is None else Fraction(fact.amount) * _measure(fact.uom)[1]
        meant = [stay for stay in open_ if left is None or (stay.uom == fact.uom if stay.amount is None else _alike(stay.uom, fact.uom))]
        for stay in meant:
            if left == 0:
                break
            open_.remove(stay)
            done.append(replace(stay, until=fact.at))
            if left is not None and stay.amount is not None:
                size = _measure(stay.uom)[1]
                was = Fraction(stay.amount) * size
                if was > left:
                    rest = (was - left) / size
                    open_.append(replace(stay, since=fact.at, amount=Decimal(rest.numerator) / Decimal(rest.denominator)))
                left = max(left - was, Fraction(0))
    return done + open_


def _measure(uom: str | None) -> tuple[str, Fraction]:
    """Which dimension a unit of measure has, and how many of its base it is; a unit that isn't known here is comparable with itself alone."""
    return _MEASURES.get(uom or "", (uom or "", Fraction(1)))


def _alike(one: str | None, other: str | None) -> bool:
    return _measure(one)[0] == _measure(other)[0]


def _residues(stays: Sequence[Stay], ends: datetime) -> list[Stay]:
    """MODEL, Tanks: everything since clean-out is in what is drawn, at least possibly, also what was taken out by name, until it is put in anew."""
    found = []
    for number, stay in enumerate(stays):
        gone = max(each.until for each in stays[: number + 1])
        anew = stays[number + 1].since if number + 1 < len(stays) else ends
        if gone < anew:
            found.append(replace(stay, since=gone, until=anew, amount=None, uom=None, residue=True))
    return found


def contents(stays: Sequence[Stay], container: str, at: datetime, *, residues: bool = False) -> list[Stay]:
    """What is in a container at a moment, through every level of packing; with `residues` also what may be in a tank, taken out by name."""
    found: dict[Stay, None] = {}
    waiting, seen = [container], set()
    while waiting:
        outer = waiting.pop()
        if outer in seen:
            continue
        seen.add(outer)
        for stay in stays:
            if stay.container == outer and stay.at(at) and (residues or not stay.residue):
                if not stay.same:
                    found[stay] = None
                waiting.append(stay.content)
    return list(found)
