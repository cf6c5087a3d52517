"""Events written as EPCIS XML, 2.0 or 1.2: documents, and results of queries."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from lxml import etree
from lxml.etree import _Element

from backend.events.timestamps import write_timestamp
from backend.events.writer import EpcFormat, PrefixLength, WritableEvent, body_of
from backend.events.xml_writer_events import XmlVersion, add_event
from backend.events.xml_writer_names import Namespaces, child

_NAMESPACE: Final = {XmlVersion.V2_0: "urn:epcglobal:epcis:xsd:2", XmlVersion.V1_2: "urn:epcglobal:epcis:xsd:1"}
_QUERY_NAMESPACE: Final = {XmlVersion.V2_0: "urn:epcglobal:epcis-query:xsd:2", XmlVersion.V1_2: "urn:epcglobal:epcis-query:xsd:1"}


def write_xml_document(
    events: Iterable[WritableEvent],
    *,
    created: datetime,
    version: XmlVersion = XmlVersion.V2_0,
    epc_format: EpcFormat = EpcFormat.NO_PREFERENCE,
    prefix_length: PrefixLength | None = None,
) -> bytes:
    """An EPCISDocument in UTF-8. Raises `NotWritableAsXmlError` where an event holds what XML has no form for."""
    root = _root("epcis", _NAMESPACE[version], "EPCISDocument", version, created)
    event_list = child(child(root, "EPCISBody"), "EventList")
    _add_events(event_list, events, version, epc_format, prefix_length)
    return _serialised(root)


def write_xml_query_document(
    events: Iterable[WritableEvent],
    *,
    created: datetime,
    query_name: str,
    subscription_id: str | None = None,
    version: XmlVersion = XmlVersion.V2_0,
    epc_format: EpcFormat = EpcFormat.NO_PREFERENCE,
    prefix_length: PrefixLength | None = None,
    web_words: bool = False,
) -> bytes:
    """An EPCISQueryDocument with the results of a query, or of a subscription's run of it; the same refusal.

    With `web_words` the CBV's words are web URIs and not URNs.
    """
    root = _root("epcisq", _QUERY_NAMESPACE[version], "EPCISQueryDocument", version, created)
    results = child(child(root, "EPCISBody"), f"{{{_QUERY_NAMESPACE[version]}}}QueryResults")
    child(results, "queryName", query_name)
    if subscription_id is not None:
        child(results, "subscriptionID", subscription_id)
    event_list = child(child(results, "resultsBody"), "EventList")
    bodies = [(body_of(event, epc_format, prefix_length), Namespaces(event.context)) for event in events]
    for body, names in bodies:
        add_event(event_list, body, names, version, web_words=web_words)
    return _serialised(root)


def _root(prefix: str, namespace: str, name: str, version: XmlVersion, created: datetime) -> _Element:
    root = etree.Element(f"{{{namespace}}}{name}", nsmap={prefix: namespace})
    root.set("schemaVersion", str(version))
    root.set("creationDate", write_timestamp(created))
    return root


def _add_events(
    event_list: _Element, events: Iterable[WritableEvent], version: XmlVersion, epc_format: EpcFormat, prefix_length: PrefixLength | None
) -> None:
    for event in events:
        add_event(event_list, body_of(event, epc_format, prefix_length), Namespaces(event.context), version)


def _serialised(root: _Element) -> bytes:
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written
