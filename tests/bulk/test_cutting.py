"""A document read in parts says what it says as a whole: every published one, and whatever bytes there may be."""

import json
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.bulk import json_spans as json_cutter
from backend.bulk import xml_spans as xml_cutter
from backend.bulk.documents import StagedDocument
from backend.bulk.json_spans import json_spans
from backend.bulk.raw_file import in_unicode, scratch
from backend.bulk.spans import SpanProblem
from backend.bulk.xml_spans import xml_spans
from backend.events.canonical import CanonicalEvent
from backend.events.faults import DocumentFaults, EventFaults
from backend.events.reader import read
from tests.shared_data import shared_path

JSON, XML = "application/json", "application/xml"
# Their namespaces have one prefix in several meanings, and what an event's extensions are called depends on the others: read one by one.
AMBIGUOUS = "Namespaces_at_different_level.xml"


def _documents() -> Iterator[Path]:
    for folder in ("gs1-epcis", "epcis-implementations"):
        root = shared_path(folder)
        yield from (path for path in sorted(root.rglob("*")) if path.suffix in (".json", ".jsonld", ".xml") and "schemas" not in path.parts)


def _told(event: CanonicalEvent | EventFaults) -> Any:
    return (event.event_key, event.content_sha256) if isinstance(event, CanonicalEvent) else [fault.path for fault in event.faults]


def _in_parts(raw: bytes, content_type: str, size: int) -> list[Any]:
    document = StagedDocument(BytesIO(raw), content_type)
    told, first = [], 0
    while first < document.total:
        part = document.next_part(first, most=size, most_bytes=100_000)
        told += [_told(placed.event) for placed in document.read(part)]
        first = part.stop
    return told


@pytest.mark.parametrize("size", [1, 3])
def test_every_published_document_says_the_same_in_parts(size: int) -> None:
    compared = 0
    for path in _documents():
        raw, content_type = path.read_bytes(), XML if path.suffix == ".xml" else JSON
        try:
            whole = [_told(event) for event in read(raw, content_type).events]
        except DocumentFaults as refusal:
            # A fault that a whole document is refused for may be one event's alone.
            with pytest.raises(DocumentFaults) if not any("eventList[" in fault.path for fault in refusal.faults) else _Nothing():
                _in_parts(raw, content_type, size)
            continue
        if path.name != AMBIGUOUS:
            assert _in_parts(raw, content_type, size) == whole, path
            compared += 1
    assert compared > 150


class _Nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> bool:
        return True


def test_an_ambiguous_document_is_read_the_same_whatever_the_parts() -> None:
    path = next(path for path in _documents() if path.name == AMBIGUOUS)
    assert _in_parts(path.read_bytes(), XML, 1) == _in_parts(path.read_bytes(), XML, 50)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150)
@given(events=st.lists(_values, max_size=6), extra=_values, indent=st.sampled_from([None, 1]), chunk=st.integers(1, 40))
def test_events_of_any_json_are_cut_exactly(events: list[Any], extra: Any, indent: int | None, chunk: int) -> None:
    body = {"a": extra, "epcisBody": {"x": [extra], "eventList": events, "y": {"eventList": [1]}}, "z": extra}
    raw = json.dumps(body, indent=indent, ensure_ascii=False).encode("utf-8", "replace")
    # So that every token is once cut in two.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_cutter, "CHUNK", chunk)
        spans = json_spans(BytesIO(raw))
    assert [json.loads(event) for event in spans.read(BytesIO(raw), range(len(spans)))] == json.loads(raw)["epcisBody"]["eventList"]
    assert json.loads(spans.before + spans.after) == {**body, "epcisBody": {**body["epcisBody"], "eventList": []}}


@given(st.binary(max_size=60))
def test_no_bytes_break_the_cutters(raw: bytes) -> None:
    for cut in (json_spans, xml_spans):
        for content in (raw, b'{"epcisBody":{"eventList":[' + raw + b"]}}", b"<r><EPCISBody><EventList>" + raw + b"</EventList></EPCISBody></r>"):
            with suppress(SpanProblem):
                cut(BytesIO(content))


@pytest.mark.parametrize("chunk", [7, 64, 10_000])
def test_xml_is_cut_wherever_the_chunks_end(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_cutter, "CHUNK", chunk)
    events = [
        b"<ObjectEvent a='>'><!-- </ObjectEvent> --><x>\xe9\xa5\xba</x></ObjectEvent>",
        b"<e:T xmlns:e='u'/>",
        b"<A><EventList><b/></EventList></A>",
    ]
    raw = b"<r><EPCISHeader><v>1</v></EPCISHeader><EPCISBody><EventList> " + b"\n<?pi?>".join(events) + b" </EventList></EPCISBody></r>"
    spans = xml_spans(BytesIO(raw))
    assert spans.read(BytesIO(raw), range(len(spans))) == events
    assert spans.header is not None
    assert raw[slice(*spans.header)] == b"<EPCISHeader><v>1</v></EPCISHeader>"


@pytest.mark.parametrize(
    ("raw", "content_type", "words"),
    [
        (b'{"epcisBody":{"eventList":[\n{"a":1}\n {"b":2}]}}', JSON, "Line 3, column 2: A comma is missing"),
        (b'{"epcisBody":{"eventList":[{"a":1},]}}', JSON, "An event is missing"),
        (b'{"epcisBody":{"eventList":[{"a":1}', JSON, "ends within the list"),
        (b'{"epcisBody":{"eventList":[{"a":"1', JSON, "doesn't end"),
        (b"<r>\n<EPCISBody><EventList><a></EventList></EPCISBody></r>", XML, "Line 2, column 28: The XML can't be read here: mismatched tag"),
        (b"<!DOCTYPE r [<!ENTITY a 'b'>]><r/>", XML, "DOCTYPE"),
        (b'<?xml version="1.0" encoding="x-unknown"?><r/>', XML, "x-unknown is not known"),
        (b'<?xml version="1.0" encoding="GB18030"?><r>\xff\xff</r>', XML, "and isn't"),
        (b"<a>" * 300, XML, "nest deeper"),
    ],
)
def test_what_can_not_be_cut_is_told_with_its_line(raw: bytes, content_type: str, words: str) -> None:
    with pytest.raises(DocumentFaults) as refusal:
        StagedDocument(BytesIO(raw), content_type)
    assert words in str(refusal.value)


def test_chinese_encodings_are_read() -> None:
    text = "<?xml version='1.0' encoding='GB18030'?><r><饺子/></r>"
    file = in_unicode(BytesIO(text.encode("gb18030")))
    file.seek(0)
    assert file.read().decode() == '<?xml version="1.0" encoding="UTF-8"?><r><饺子/></r>'
    file.close()


def test_memory_is_bounded_by_a_part_and_not_by_the_document() -> None:
    event = b'{"type": "ObjectEvent", "note": "' + b"x" * 2_000 + b'"}'
    with scratch() as file:
        file.write(b'{"epcisBody": {"eventList": [' + b",\n".join([event] * 20_000) + b"]}}")
        size = file.tell()
        tracemalloc.start()
        try:
            spans = json_spans(file)
            for first in range(0, len(spans), 500):
                assert spans.read(file, spans.part(first, 500, 1_000_000))[0] == event
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert len(spans) == 20_000
    assert peak < size / 8
