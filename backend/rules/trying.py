"""A rule tried on history: what it would have found, event by event as the worker would have seen them; nothing is written."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from backend.catalog.sites import Sites
from backend.inspections import service as inspections
from backend.rules import events_repository, forms, inspected
from backend.rules.days import day_of
from backend.rules.evaluation import facts_of, places_of
from backend.rules.facts import Fact, concerns
from backend.rules.forms import Document
from backend.rules.looking import EXPIRY_FIELDS
from backend.rules.lookups import is_looked_up, look_up
from backend.rules.watching import Found, Told, Watch, told_by
from infra import clock
from infra.database import Database, TenantTransaction
from infra.errors import InvalidInputError

MOST_EVENTS: Final = 10_000
EVENTS_AT_ONCE: Final = 250
# What is counted; of these so many are told one by one.
MOST_TOLD: Final = 1_000
LONGEST: Final = timedelta(days=92)
MOST_SECONDS: Final = 20.0
MOST_INSPECTIONS: Final = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """What a trial would have found; `ended_at` where the condition ended within the time."""

    at: datetime
    ended_at: datetime | None
    series: str
    subject: str
    detail: dict[str, object]


@dataclass(frozen=True, slots=True)
class Trial:
    """`count` findings, of which the first 1,000 are told, over `events` events, from `since` up to `looked_until`.

    That is `until`, unless there were more events or inspections than are gone through, or time ran out: then it is `truncated`, and
    `truncated_because` says why in words.
    """

    since: datetime
    until: datetime
    events: int
    count: int
    truncated: bool
    truncated_because: str
    looked_until: datetime
    findings: tuple[Finding, ...]
    still_open: int


async def try_document(
    database: Database, tenant_id: int, document: Document, *, since: datetime, until: datetime, most_events: int = MOST_EVENTS
) -> Trial:
    """Go through the events of a time, oldest first; a page of them in each transaction. Raises `InvalidInputError` for the time."""
    _check(since, until)
    trying = _Trying(document, since, until)
    ends = asyncio.get_running_loop().time() + MOST_SECONDS
    after: tuple[datetime, int] | None = None
    more = not isinstance(document.condition, forms.InspectionResult | forms.ExpiryNear)
    while more and trying.events < most_events and asyncio.get_running_loop().time() < ends:
        async with database.tenant(tenant_id) as tx:
            rows = await events_repository.between(tx, since, until, after=after, steps=document.scope.steps, limit=EVENTS_AT_ONCE)
            await trying.take(tx, await facts_of(tx, rows), await places_of(tx, document.scope))
        trying.events += len(rows)
        more = len(rows) == EVENTS_AT_ONCE
        after = (rows[-1]["event_time"], rows[-1]["event_id"]) if rows else after
    async with database.tenant(tenant_id) as tx:
        if inspected.looks(document):
            await _inspections(tx, trying)
        if isinstance(document.condition, forms.ExpiryNear):
            await _expiring(tx, trying, document.condition)
    if more:
        many = trying.events >= most_events
        why = f"{most_events:,} events are the most of one trial" if many else f"time was over after {MOST_SECONDS:.0f} seconds"
        trying.cut(after[0] if after else since, why)
    return trying.told()


def _check(since: datetime, until: datetime) -> None:
    if since.tzinfo is None or until.tzinfo is None or since >= until:
        raise InvalidInputError("“since” must lie before “until”, both with an offset from UTC.", field="since")
    if until - since > LONGEST:
        raise InvalidInputError(f"A rule is tried on {LONGEST.days} days at most; choose a shorter time.", field="since")


class _Trying:
    def __init__(self, document: Document, since: datetime, until: datetime) -> None:
        self.document = document
        self.since = since
        self.until = until
        self.events = 0
        self.looked_until = until
        self._because: list[str] = []
        self.watch = Watch(document, replay=True)
        self._count = 0
        self._findings: list[Finding] = []
        self._open: dict[str, int] = {}
        self._seen: set[str] = set()

    async def take(self, tx: TenantTransaction, facts: list[Fact], places: Sites | None) -> None:
        """A page of facts."""
        for fact in facts:
            if is_looked_up(self.document.condition):
                if concerns(self.document.scope, fact, places):
                    self.note(await look_up(tx, self.document.condition, fact))
            else:
                for each in told_by(self.document, fact, places):
                    self.judge(each)

    def judge(self, each: Told) -> None:
        """One sample; a figure that can't be reckoned with is left out."""
        try:
            self.note(self.watch.take(each))
        except (ArithmeticError, ValueError):
            return

    def note(self, found: list[Found]) -> None:
        """Count what begins, and mark what ends."""
        for one in found:
            if one.instead:
                continue
            if not one.is_open:
                self._end(one)
            elif one.effect_key not in self._seen and (one.momentary or one.series not in self._open):
                self._begin(one)

    def _begin(self, one: Found) -> None:
        self._seen.add(one.effect_key)
        self._count += 1
        if len(self._findings) < MOST_TOLD:
            self._findings.append(Finding(one.at, one.at if one.momentary else None, one.series, one.subject, dict(one.detail)))
        if not one.momentary:
            self._open[one.series] = len(self._findings) - 1 if self._count <= MOST_TOLD else -1

    def _end(self, one: Found) -> None:
        place = self._open.pop(one.series, -1)
        if place >= 0:
            begun = self._findings[place]
            self._findings[place] = Finding(begun.at, one.at, begun.series, begun.subject, begun.detail)

    def cut(self, at: datetime, because: str) -> None:
        """What comes later isn't looked at."""
        self.looked_until = min(self.looked_until, at)
        self._because.append(because)

    def told(self) -> Trial:
        """The outcome."""
        because = [*self._because, *(["there are more devices than one rule remembers"] if self.watch.overflow else [])]
        words = f"{'; '.join(because).capitalize()}. What is told is true up to “lookedUntil”: try the time behind it by itself." if because else ""
        findings, still_open = tuple(self._findings), len(self._open)
        return Trial(self.since, self.until, self.events, self._count, bool(because), words, self.looked_until, findings, still_open)


async def _inspections(tx: TenantTransaction, trying: _Trying) -> None:
    """The inspections that measured the characteristic, in order of their measurement."""
    condition = trying.document.condition
    characteristic = getattr(condition, "characteristic", "")
    name = characteristic.name if isinstance(characteristic, forms.Characteristic) else characteristic
    rows = await inspections.measurements(tx, product=None, characteristic=name, step=None, since=trying.since, until=trying.until, limit=MOST_EVENTS)
    places = await places_of(tx, trying.document.scope)
    first: dict[UUID, datetime] = {}
    for row in rows:
        first.setdefault(row.subgroup, row.measured_at)
    if len(first) > MOST_INSPECTIONS or len(rows) == MOST_EVENTS:
        cut_at = list(first.values())[MOST_INSPECTIONS] if len(first) > MOST_INSPECTIONS else rows[-1].measured_at
        trying.cut(cut_at, f"{min(len(first), MOST_INSPECTIONS):,} inspections are the most of one trial")
    for inspection_id in list(first)[:MOST_INSPECTIONS]:
        found = await inspected.of_inspection(tx, inspection_id)
        if found is None or not inspected.concerned(trying.document.scope, found, places):
            continue
        trying.events += 1
        if isinstance(condition, forms.InspectionResult):
            trying.note(inspected.beyond(condition, found))
        else:
            for each in inspected.told(condition, found):
                trying.judge(each)


async def _expiring(tx: TenantTransaction, trying: _Trying, condition: forms.ExpiryNear) -> None:
    """What would be found now: when stock of then was used up isn't gone through."""
    until = (await day_of(tx, clock.now()) + timedelta(days=condition.days)).isoformat()
    for row in await events_repository.expiring(tx, EXPIRY_FIELDS, f"{until}~", 0, MOST_TOLD):
        detail = {"expires": row["expires"][:10], "days": condition.days}
        trying.note([Found(row["key"], clock.now(), True, detail, row["key"], row["key"], (row["key"],))])
