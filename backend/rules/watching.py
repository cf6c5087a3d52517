"""One rule on its way through facts: which series each belongs to, when a condition begins and when it ends. No I/O.

The worker goes through it with what is stored of each series, a trial with nothing; both find the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from backend.catalog.sites import Sites
from backend.events.canonical import Role
from backend.rules import forms
from backend.rules.facts import Fact, Reading, concerns, normal_name
from backend.rules.forms import Document
from backend.rules.judging import Sample, Verdict, is_by_series, judge
from backend.rules.memory import Memory
from backend.units.sensors import base_unit

MOST_SERIES: Final = 2_000
_COUNTED: Final = frozenset({Role.SUBJECT, Role.OUTPUT, Role.CHILD})


@dataclass(slots=True)
class Series:
    """Where a rule stands with one device, place or batch. `lost`: it was told silent, and counts as neither met nor ended."""

    name: str
    last_at: datetime
    open_since: datetime | None = None
    lost: bool = False
    last_value: float | None = None
    memory: Memory = field(default_factory=Memory)


@dataclass(frozen=True, slots=True)
class Found:
    """A condition began (`is_open`), ended, or was met by a fact that has no end (`momentary`). `keys` are the goods concerned."""

    series: str
    at: datetime
    is_open: bool
    detail: Mapping[str, Any]
    effect_key: str
    subject: str
    keys: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    momentary: bool = False
    because: str = ""
    # Told of in place of the condition itself, as a sensor that was lost while it held.
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A sample with the series that it belongs to and what it was told with."""

    series: str
    sample: Sample
    subject: str
    keys: tuple[str, ...]
    equipment: tuple[str, ...]
    source: str


def told_by(document: Document, fact: Fact, places: Sites | None) -> list[Told]:
    """The samples that a fact brings to a rule, in order of time; none where it is out of the scope."""
    if not is_by_series(document.condition) or not concerns(document.scope, fact, places):
        return []
    condition = document.condition
    if isinstance(condition, forms.DefectRate):
        return list(_pieces(condition, fact))
    wanted = _wanted(condition)
    if wanted is None:
        return []
    name, unit = wanted
    fitting = [one for one in fact.readings if (not name or one.name == name) and (unit is None or one.unit == unit)]
    return [_told(fact, one) for one in fitting if _is_of_equipment(document.scope, fact, one) and (unit is not None or one.device)]


def _wanted(condition: forms.AnyCondition) -> tuple[str, str | None] | None:
    """Name and base unit of the readings; a unit of None takes any."""
    if isinstance(condition, forms.MissingData):
        return normal_name(condition.characteristic) if condition.characteristic else "", None
    characteristic = getattr(condition, "characteristic", None)
    if not isinstance(characteristic, forms.Characteristic) or characteristic.source != "sensor":
        return None
    return normal_name(characteristic.name), base_unit(characteristic.uom)


def _is_of_equipment(scope: forms.Scope, fact: Fact, reading: Reading) -> bool:
    if not scope.equipment or reading.device in scope.equipment:
        return True
    devices = {one.device for one in fact.readings}
    return any(name in scope.equipment and name not in devices for name in fact.equipment)


def _told(fact: Fact, reading: Reading) -> Told:
    series = reading.device or (fact.places[0] if fact.places else "-")
    equipment = fact.equipment or ((reading.device,) if reading.device else ())
    sample = Sample(reading.at, reading.value, reading.extreme)
    return Told(series, sample, fact.subject or series, tuple(fact.keys), equipment, str(fact.public_id))


def _pieces(condition: forms.DefectRate, fact: Fact) -> Iterator[Told]:
    count = sum((one.quantity or Decimal(1) for one in fact.goods if one.role in _COUNTED), Decimal(0))
    if count > 0:
        sample = Sample(fact.at, 1.0 if fact.disposition in condition.defective else 0.0, weight=float(count))
        yield Told(fact.step or "-", sample, fact.subject or fact.step or "-", tuple(fact.keys), fact.equipment, str(fact.public_id))


class Watch:
    """A rule's way through facts. `series` are those known so far; those touched are in `touched`. With `replay` gaps in data are found too."""

    def __init__(self, document: Document, series: Iterable[Series] = (), *, replay: bool = False) -> None:
        self.document = document
        self.series = {one.name: one for one in series}
        self.touched: set[str] = set()
        self.overflow = 0
        self._replay = replay

    def take(self, told: Told) -> list[Found]:
        """What a sample begins or ends."""
        known = self.series.get(told.series)
        if known is None:
            if len(self.series) >= MOST_SERIES:
                self.overflow += 1
                return []
            known = self.series[told.series] = Series(told.series, told.sample.at)
        self.touched.add(told.series)
        found = list(self._gap(known, told)) if self._replay and isinstance(self.document.condition, forms.MissingData) else []
        late = told.sample.at < known.last_at
        was_lost, known.lost = known.lost, False
        verdict = judge(self.document.condition, known.memory, told.sample)
        found += self._changed(known, told, verdict, late=late)
        if was_lost:
            found.append(_ended(told, "the device is heard again", instead="lost"))
        if not late:
            known.last_at = told.sample.at
            known.last_value = told.sample.value
        return found

    def _changed(self, known: Series, told: Told, verdict: Verdict, *, late: bool) -> Iterator[Found]:
        if verdict.met is True and known.open_since is None:
            # A value that comes late tells what was, and doesn't say how it is now.
            past = late and isinstance(self.document.condition, forms.Limit)
            if not past:
                known.open_since = told.sample.at
            yield _begun(told, verdict.detail, momentary=past)
        elif verdict.met is False and known.open_since is not None and not late:
            known.open_since = None
            yield _ended(told, "the condition is over", detail=verdict.detail)

    def _gap(self, known: Series, told: Told) -> Iterator[Found]:
        silent = timedelta(minutes=getattr(self.document.condition, "minutes", 0))
        if told.sample.at - known.last_at > silent:
            known.open_since = known.last_at + silent
            yield silence(known, known.open_since, told.subject)


def silence(known: Series, at: datetime, subject: str) -> Found:
    """Nothing has come of a series for as long as a rule allows."""
    detail = {"lastAt": known.last_at.isoformat(), "device": known.name}
    return Found(known.name, at, True, detail, f"{known.name}|silent|{known.last_at.isoformat()}", subject, equipment=(known.name,))


def _begun(told: Told, detail: Mapping[str, Any], *, momentary: bool = False) -> Found:
    at = told.sample.at
    key = f"{told.series}|{at.isoformat()}|{told.source}"
    full = {**detail, "event": told.source}
    return Found(told.series, at, True, full, key, told.subject, told.keys, told.equipment, momentary=momentary)


def _ended(told: Told, because: str, *, detail: Mapping[str, Any] | None = None, instead: str = "") -> Found:
    return Found(told.series, told.sample.at, False, detail or {}, "", told.subject, because=because, instead=instead)
