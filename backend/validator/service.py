"""The use case: a document in any form is examined and nothing is stored. For a caller, what capture would do with each event is told."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from backend.events.canonical import CanonicalEvent
from backend.events.documents import Document
from backend.events.faults import MOST_FAULTS, Fault
from backend.events.json_text import write_json
from backend.events.reporting import outside_sites
from backend.events.service import stored_contents
from backend.events.writer import WritableEvent
from backend.events.xml_writer import write_xml_document
from backend.events.xml_writer_events import XmlVersion
from backend.history.negotiation import Language
from backend.services import Services
from backend.validator.advice import ADVICE
from backend.validator.caution import Caution, cautions, created
from backend.validator.examples import good_event
from backend.validator.json_places import JsonPlaces
from backend.validator.places import Lines, Place, Places
from backend.validator.reading import JSON, Read, read_all, version_of
from backend.validator.report import Finding, Report, SeenEvent
from backend.validator.translation import mend_in, problem_in
from backend.validator.understood import understood
from backend.validator.xml_places import XmlPlaces
from infra import clock
from infra.errors import SuyuanError
from tenants.directory import tenant_by_gtin
from tenants.permissions import Permission
from tenants.principal import Principal

LARGEST: Final = 1_000_000
FAULTS_TOLD: Final = MOST_FAULTS
WARNINGS_TOLD: Final = 100
EVENTS_TOLD: Final = 100
EXAMPLES_TOLD: Final = 20
_LONGEST_TEXT: Final = 600
_GTINS_LOOKED_UP: Final = 10
_NAMED_LINE: Final = re.compile(r"[Ll]ine ([0-9]{1,9})(?:, (?:column|byte) ([0-9]{1,9}))?")


@dataclass(frozen=True, slots=True)
class _Noted:
    """A caution with the event that it is about."""

    index: int
    caution: Caution


def examine(raw: bytes, kind: str, language: Language) -> Report:
    """Everything that can be said of a document by itself. Takes up to seconds for the largest; belongs in the lane."""
    read, now = read_all(raw, kind), clock.now()
    shown = _shown_events(read)
    noted = _noted(read, now)
    faults = read.faults[:FAULTS_TOLD]
    paths = [fault.path for fault in faults] + [read.event_path(index) for index in shown]
    paths += [read.event_path(note.index) + note.caution.path for note in noted[:WARNINGS_TOLD]]
    lines = Lines(read.text)
    places = _places(read, lines, paths)
    report = Report(
        language=language,
        format=kind,
        text=read.text,
        lines=lines.all,
        document=_document(read),
        event_count=len(read.raw_events),
        fault_count=len(read.faults),
        warning_count=len(noted),
        faults=[_fault(fault, read, places, lines, language) for fault in faults],
        warnings=[_warning(note, read, places, language) for note in noted[:WARNINGS_TOLD]],
    )
    report.events = [_event(index, read, places.find(read.event_path(index))) for index in shown]
    _add_examples(report, read)
    return report


async def examine_for(services: Services, principal: Principal, raw: bytes, kind: str, language: Language) -> Report:
    """The same with what capture would do for this caller: new, duplicate, conflict, or outside of his sites."""
    principal.require(Permission.EVENTS_CAPTURE)
    report = await services.lane.compute(examine, raw, kind, language)
    events = [(event.index, event.canonical) for event in report.events if event.canonical is not None]
    async with services.database.tenant(principal.tenant_id) as tx:
        outside = await outside_sites(tx, principal, events)
        inside = [(index, event) for index, event in events if index not in outside]
        stored = await stored_contents(tx, {event.event_key for _, event in inside}) if inside else {}
    for seen in report.events:
        if seen.canonical is None:
            continue
        known = stored.get(seen.canonical.event_key)
        seen.stored = "new" if known is None else "duplicate" if known[1] == seen.canonical.content_sha256 else "conflict"
        if seen.index in outside:
            seen.stored = "refused"
            _warn(report, seen, "OUTSIDE_SITES")
        elif seen.stored == "conflict":
            _warn(report, seen, "STORED_DIFFERENTLY")
    for seen, gtin in await _foreign(services, principal, report.events):
        _warn(report, seen, "FOREIGN_PREFIX", gtin)
    return report


async def _foreign(services: Services, principal: Principal, events: Sequence[SeenEvent]) -> list[tuple[SeenEvent, str]]:
    """Products that the document creates beside the company's own; nothing is told of whose they are."""
    first: dict[str, SeenEvent] = {}
    for seen in events:
        for participation in created(seen.canonical) if seen.canonical else ():
            if participation.identifier.gtin and len(first) < _GTINS_LOOKED_UP:
                first.setdefault(participation.identifier.gtin, seen)
    holders = {gtin: await tenant_by_gtin(services.public_database, gtin) for gtin in first}
    own = {gtin for gtin, holder in holders.items() if holder is not None and holder.tenant_id == principal.tenant_id}
    return [(seen, gtin) for gtin, seen in first.items() if gtin not in own] if own else []


def _warn(report: Report, seen: SeenEvent, code: str, *values: str) -> None:
    message, mend = ADVICE[code].told(report.language, values)
    report.warning_count += 1
    report.warnings.append(Finding(seen.path, seen.place, seen.index, ADVICE[code].rule, message, mend, code))


def _shown_events(read: Read) -> list[int]:
    """Those with faults before those without, as many as are told of, in their order."""
    faulty = list(dict.fromkeys(index for fault in read.faults if (index := read.event_of(fault.path)) is not None))
    chosen = set(faulty[:EVENTS_TOLD])
    for index in range(len(read.raw_events)):
        if len(chosen) >= EVENTS_TOLD:
            break
        chosen.add(index)
    return sorted(chosen)


def _noted(read: Read, now: datetime) -> list[_Noted]:
    found: list[_Noted] = []
    first: dict[str, int] = {}
    for index in range(len(read.raw_events)):
        event = read.canonical(index)
        if event is None:
            continue
        found += [_Noted(index, caution) for caution in cautions(event, now)]
        before = first.setdefault(event.event_key, index)
        if before != index:
            found.append(_Noted(index, Caution("TWICE_IN_DOCUMENT", "", (str(before),))))
    return found


def _places(read: Read, lines: Lines, paths: Iterable[str]) -> Places:
    if read.format == JSON:
        return JsonPlaces(read.text, lines, paths)
    return XmlPlaces(read.text) if read.value is not None else _Start()


class _Start:
    """Where nothing of an XML text could be read, only its beginning has a place, and what the fault itself says."""

    def find(self, path: str) -> Place:
        """The first line."""
        return Place(1, 1)


def _fault(fault: Fault, read: Read, places: Places, lines: Lines, language: Language) -> Finding:
    place = places.find(fault.path)
    named = _NAMED_LINE.search(fault.message) if read.value is None and (fault.path == "$" or read.format != JSON) else None
    if named is not None:
        line = min(max(int(named[1]), 1), len(lines.all))
        indent = len(lines.all[line - 1]) - len(lines.all[line - 1].lstrip())
        place = Place(line, int(named[2]) if named[2] else indent + 1, place.xpath)
    message, mend = problem_in(language, fault.message), mend_in(language, fault.mend)
    return Finding(_cut(fault.path), place, read.event_of(fault.path), fault.rule, _cut(message), _cut(mend))


def _cut(text: str) -> str:
    """Names in XML may be of any length."""
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"


def _warning(note: _Noted, read: Read, places: Places, language: Language) -> Finding:
    caution, advice = note.caution, ADVICE[note.caution.code]
    values = caution.values
    if caution.code == "MALFORMED_REFERENCE":
        values = (values[0], problem_in(language, values[1]))
    elif caution.code == "TWICE_IN_DOCUMENT":
        values = (str(places.find(read.event_path(int(values[0]))).line),)
    message, mend = advice.told(language, values)
    path = read.event_path(note.index) + caution.path
    return Finding(path, places.find(path), note.index, advice.rule, message, mend, caution.code)


def _event(index: int, read: Read, place: Place) -> SeenEvent:
    raw, canonical = read.raw_events[index], read.canonical(index)
    kind = raw.get("type") if isinstance(raw, dict) else None
    told = understood(canonical) if canonical is not None else None
    return SeenEvent(index, read.event_path(index), place, kind[:80] if isinstance(kind, str) else None, canonical, told)


def _add_examples(report: Report, read: Read) -> None:
    """For the first events with faults; where none could be found in the text, one for the document."""
    faulty = {finding.event for finding in report.faults}
    given = 0
    for seen in report.events:
        if seen.index in faulty and given < EXAMPLES_TOLD:
            seen.example = _example(read, read.raw_events[seen.index])
            given += 1


def _example(read: Read, raw: Any) -> str:
    body, event = good_event(raw, read.prefixes())
    if read.format == JSON:
        return msgspec.json.format(write_json(body), indent=2).decode()
    return _as_xml(event, version_of(read.text))


def _as_xml(event: CanonicalEvent, version: str) -> str:
    wanted = XmlVersion.V1_2 if version.startswith("1") else XmlVersion.V2_0
    for each in dict.fromkeys((wanted, XmlVersion.V2_0)):
        try:
            return write_xml_document([WritableEvent.of(event)], created=clock.now(), version=each).decode()
        except SuyuanError:
            continue
    return ""


def _document(read: Read) -> dict[str, Any]:
    envelope = read.reading.document if read.reading is not None else _claimed(read.value)
    told = {
        "type": envelope.type,
        "schemaVersion": version_of(read.text) or envelope.schema_version if read.format != JSON else envelope.schema_version,
        "creationDate": envelope.creation_date,
        "sender": envelope.sender,
        "receiver": envelope.receiver,
        "masterData": sum(len(each.get("vocabularyElementList") or ()) for each in read.reading.master_data) if read.reading else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _claimed(value: Any) -> Document:
    """What a faulty document says of itself."""
    kind = value.get("type") if isinstance(value, dict) else None
    return Document(kind[:80] if isinstance(kind, str) else "unknown")
