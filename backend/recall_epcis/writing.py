"""Writes an EPCIS 2.0 document in pieces, as JSON-LD or XML: events first into a file of their own, then the head with the master data.

Events stand as they were captured, so that captured elsewhere they give the same trace; the record time is left out, for it is another there.
"""

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol
from xml.sax.saxutils import escape

from lxml import etree

from backend.catalog.master_data import FoundElement
from backend.epcis.master_data import write_json_results, write_xml_results
from backend.events.contexts import STANDARD_CONTEXT
from backend.events.json_text import read_json, write_json
from backend.events.timestamps import write_timestamp
from backend.events.writer import EpcFormat, WritableEvent, body_of
from backend.events.xml_writer_events import XmlVersion, add_event
from backend.events.xml_writer_names import Namespaces

_XML: Final = "urn:epcglobal:epcis:xsd:2"
_HEADER: Final = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"


class Writer(Protocol):
    """A document that is being written."""

    digest: "hashlib._Hash"
    events: int

    def add(self, events: Iterable[WritableEvent]) -> None:
        """Write events, in their order."""
        ...

    def close(self, elements: Sequence[FoundElement], *, created: datetime, number: str, sender: str) -> None:
        """Put the head before them, and end the file."""
        ...


class _Parts:
    """The events' file, and the hash of what they and the master data say."""

    def __init__(self, path: Path) -> None:
        self._path, self._events = path, path.with_suffix(".events")
        self._file = self._events.open("wb")
        self.digest = hashlib.sha256()
        self.events = 0

    def _put(self, content: bytes, between: bytes) -> None:
        self._file.write((between if self.events else b"") + content)
        self.digest.update(content + b"\n")
        self.events += 1

    def _whole(self, head: bytes, tail: bytes) -> None:
        self._file.close()
        with self._path.open("wb") as whole, self._events.open("rb") as events:
            whole.write(head)
            shutil.copyfileobj(events, whole)
            whole.write(tail)
        self._events.unlink()


class JsonWriter(_Parts):
    """An event with extensions has its own context, which adds to the document's."""

    def add(self, events: Iterable[WritableEvent]) -> None:
        """As `epcis_parts` of a trace's export."""
        for event in events:
            body = _body(event)
            self._put(write_json({"@context": event.context, **body} if event.context else body), b",\n")

    def close(self, elements: Sequence[FoundElement], *, created: datetime, number: str, sender: str) -> None:
        """Sender and number stand where the standard has them."""
        vocabularies = _vocabularies(elements)
        self.digest.update(write_json(vocabularies))
        head: dict[str, Any] = {
            "@context": [STANDARD_CONTEXT], "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": write_timestamp(created),
            "instanceIdentifier": number, "sender": sender,
        }  # fmt: skip
        if vocabularies:
            head["epcisHeader"] = {"epcisMasterData": {"vocabularyList": vocabularies}}
        self._whole(write_json(head)[:-1] + b',"epcisBody":{"eventList":[\n', b"\n]}}\n")


class XmlWriter(_Parts):
    """Each event declares its own namespaces."""

    def add(self, events: Iterable[WritableEvent]) -> None:
        """Raises `NotWritableAsXmlError` where an event holds what XML has no form for."""
        for event in events:
            parent = etree.Element("EventList")
            add_event(parent, _body(event), Namespaces(event.context), XmlVersion.V2_0)
            self._put(b"".join(etree.tostring(each) for each in parent), b"\n")

    def close(self, elements: Sequence[FoundElement], *, created: datetime, number: str, sender: str) -> None:
        """Sender and number stand in the Standard Business Document Header."""
        vocabularies = _vocabularies(elements)
        self.digest.update(write_json(vocabularies))
        told = ""
        if elements:
            found = etree.fromstring(write_xml_results(elements, XmlVersion.V2_0)).find(".//VocabularyList")
            written = etree.tostring(found).decode() if found is not None else ""
            told = f"<extension><EPCISMasterData>{written}</EPCISMasterData></extension>"
        head = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<epcis:EPCISDocument xmlns:epcis="{_XML}" schemaVersion="2.0" '
            f'creationDate="{write_timestamp(created)}"><EPCISHeader>{_business_header(created, number, sender)}{told}</EPCISHeader>'
            "<EPCISBody><EventList>\n"
        )
        self._whole(head.encode(), b"\n</EventList></EPCISBody></epcis:EPCISDocument>\n")


def _body(event: WritableEvent) -> dict[str, Any]:
    body = body_of(event, EpcFormat.NO_PREFERENCE, None)
    body.pop("recordTime", None)
    return body


def _vocabularies(elements: Sequence[FoundElement]) -> list[Any]:
    """As the standard's query answers them."""
    found: list[Any] = read_json(write_json_results(elements)).value["epcisBody"]["queryResults"]["resultsBody"]["vocabularyList"]
    return found


def _business_header(created: datetime, number: str, sender: str) -> str:
    at = write_timestamp(created)
    return (
        f'<sbdh:StandardBusinessDocumentHeader xmlns:sbdh="{_HEADER}"><sbdh:HeaderVersion>1.0</sbdh:HeaderVersion>'
        f'<sbdh:Sender><sbdh:Identifier Authority="Suyuan">{escape(sender)}</sbdh:Identifier></sbdh:Sender>'
        f'<sbdh:Receiver><sbdh:Identifier Authority="Suyuan">unknown</sbdh:Identifier></sbdh:Receiver>'
        "<sbdh:DocumentIdentification><sbdh:Standard>EPCglobal</sbdh:Standard><sbdh:TypeVersion>2.0</sbdh:TypeVersion>"
        f"<sbdh:InstanceIdentifier>{escape(number)}</sbdh:InstanceIdentifier><sbdh:Type>Events</sbdh:Type>"
        f"<sbdh:CreationDateAndTime>{at}</sbdh:CreationDateAndTime></sbdh:DocumentIdentification></sbdh:StandardBusinessDocumentHeader>"
    )
