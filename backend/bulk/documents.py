"""A document that is read a few events at a time, as if it were read as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from backend.bulk.json_spans import json_spans
from backend.bulk.raw_file import closed_on_failure, in_unicode
from backend.bulk.spans import SpanProblem, line_of
from backend.bulk.xml_spans import xml_spans
from backend.events.canonical import CanonicalEvent
from backend.events.documents import Document, Envelope, read_envelope
from backend.events.faults import DocumentFaults, EventFaults, Fault
from backend.events.json_text import read_json
from backend.events.reader import Reading, is_xml, read, read_document, read_listed
from backend.events.xml_reader import read_xml

Read = CanonicalEvent | EventFaults


@dataclass(frozen=True, slots=True)
class Placed:
    """An event, or its faults, with its place in the document's list."""

    place: int
    event: Read


class StagedDocument:
    """A document on disk, cut into its events. What computes here does so for long: call it in a thread."""

    def __init__(self, file: BinaryIO, content_type: str) -> None:
        """Cut it; raises `DocumentFaults` where the document as a whole is defective."""
        self._xml = is_xml(content_type)
        self._content_type = content_type
        self._file = in_unicode(file) if self._xml else file
        if self._file is not file:
            file.close()
        with closed_on_failure(self._file):
            try:
                self._spans = xml_spans(self._file) if self._xml else json_spans(self._file)
            except SpanProblem as problem:
                raise DocumentFaults([self._fault(problem)]) from None
            self._whole = self._read_whole() if self._spans.is_whole else None
            self._envelope = None if self._whole else self._read_around()
        self.master_data = self._whole.master_data if self._whole else self._envelope.master_data if self._envelope else []
        self.document = self._whole.document if self._whole else self._envelope.document if self._envelope else Document("")

    @property
    def total(self) -> int:
        """How many events there are."""
        return len(self._whole.events) if self._whole else len(self._spans)

    def next_part(self, first: int, *, most: int, most_bytes: int) -> range:
        """The places of the next part."""
        return self._spans.part(first, 1 if self._spans.ambiguous else most, most_bytes)

    def read(self, places: range) -> list[Placed]:
        """The events at these places."""
        if self._whole:
            return [Placed(place, self._whole.events[place]) for place in places]
        raws = self._spans.read(self._file, places)
        if not self._xml and self._envelope:
            return [Placed(place, read_listed(self._envelope, raw, place)) for place, raw in zip(places, raws, strict=True)]
        return self._read_xml(places, raws)

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()

    def _read_whole(self) -> Reading:
        """A document without a list of events: a bare event, or master data alone."""
        [raw] = self._spans.read(self._file, range(1))
        return read(raw, self._content_type)

    def _read_around(self) -> Envelope:
        surrounding = self._spans.before + self._spans.after
        envelope = read_envelope(read_xml(surrounding) if self._xml else read_json(surrounding).value)
        if envelope.faults:
            raise DocumentFaults(envelope.faults)
        return envelope

    def _read_xml(self, places: range, raws: Sequence[bytes]) -> list[Placed]:
        try:
            found = read_document(read_xml(self._around_without_header(b"".join(raws))), first=places.start).events
            if len(found) == len(places):
                return [Placed(place, event) for place, event in zip(places, found, strict=True)]
        except DocumentFaults as error:
            if len(places) == 1:
                return [Placed(places[0], EventFaults(places[0], tuple(_at(fault, places[0]) for fault in error.faults)))]
        # One of them keeps the others from being read, or holds several events.
        if len(places) == 1:
            return [Placed(places[0], event) for event in found]
        return [placed for place, raw in zip(places, raws, strict=True) for placed in self._read_xml(range(place, place + 1), [raw])]

    def _around_without_header(self, events: bytes) -> bytes:
        before = self._spans.before
        if self._spans.header is not None:
            begin, end = self._spans.header
            before = before[:begin] + before[end:]
        return before + events + self._spans.after

    def _fault(self, problem: SpanProblem) -> Fault:
        line, column = line_of(self._file, problem.at)
        rule = "XML 1.0 well-formedness" if self._xml else "RFC 8259 §2"
        return Fault("$", rule, f"Line {line}, column {column}: {problem.message}", problem.mend)


def count_events(file: BinaryIO, content_type: str) -> int:
    """How many events a document lists; 0 where it can't be cut, which its capture will tell."""
    try:
        return len(xml_spans(file) if is_xml(content_type) else json_spans(file))
    except SpanProblem:
        return 0


def _at(fault: Fault, place: int) -> Fault:
    """A fault of a document with one event, with the event's place in the document that it was taken from."""
    return replace(fault, path=fault.path.replace("eventList[0]", f"eventList[{place}]", 1)) if place else fault
