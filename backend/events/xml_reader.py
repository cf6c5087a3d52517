"""Reads EPCIS XML (1.1, 1.2 and 2.0; documents, query results, SOAP) into an EPCIS 2.0 JSON document.

The result is checked by the JSON reader like any other document; here only what has no JSON form is refused.
"""

import re
from typing import Any, Final, NoReturn

from lxml import etree
from lxml.etree import _Element

from backend.events.contexts import STANDARD_CONTEXT
from backend.events.faults import DocumentFaults, Fault
from backend.events.xml_reader_events import Reading, read_event
from backend.events.xml_reader_extensions import add_extension, fields, plain_text
from backend.events.xml_reader_header import read_header, read_vocabularies
from backend.events.xml_reader_names import standard_name

_EVENTS: Final = frozenset({"ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"})
_DOCUMENTS: Final = frozenset({"EPCISDocument", "EPCISQueryDocument", "EPCISMasterDataDocument", "QueryResults"})

# Possessive, because a prolog of many comments would otherwise be taken apart in exponentially many ways.
_DOCTYPE: Final = re.compile(rb"(?s)[\xef\xbb\xbf\xfe\xff]*+(?:\s++|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE")

_PARSER_HINTS: Final = re.compile(r"(?s), (?:line \d+, column \d+|use XML_PARSE).*")


def read_xml(raw: bytes) -> dict[str, Any]:
    """An EPCIS 2.0 JSON document, query document or bare event with its context.

    Numbers are Decimal, words of the vocabulary bare, identifiers as written. Raises DocumentFaults and nothing else. Nothing
    outside of `raw` is read: no network, no files, no document type definition, no entities.
    """
    document = _document_element(_parse(raw))
    reading = Reading()
    result: dict[str, Any] = {"@context": [STANDARD_CONTEXT]}
    if standard_name(document) in _EVENTS:
        result |= read_event(document, reading)
    else:
        _read_document(document, reading, result)
    if reading.names.context:
        result["@context"].append(reading.names.context)
    if reading.faults:
        raise DocumentFaults(reading.faults)
    return result


def _parse(raw: bytes) -> _Element:
    # Bytes of UTF-16 without their zeros read as ASCII where the markup is concerned.
    if _DOCTYPE.match(raw.replace(b"\0", b"") if b"\0" in raw[:4] else raw):
        _refuse_doctype()
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        reason = _PARSER_HINTS.sub("", error.msg or "it cannot be parsed").strip()
        raise DocumentFaults(
            (
                Fault(
                    "$",
                    "XML 1.0 well-formedness",
                    f"Line {line}, column {column}: {reason}.",
                    "Send a well-formed XML document in one encoding.",
                ),
            )
        ) from None
    # An encoding in which "<" is not the byte "<" passes the first look.
    if root.getroottree().docinfo.internalDTD is not None:
        _refuse_doctype()
    return root


def _refuse_doctype() -> NoReturn:
    raise DocumentFaults(
        (
            Fault(
                "$",
                "no document type",
                "The document has a DOCTYPE, which can read files and exhaust memory.",
                "Remove the DOCTYPE; EPCIS needs none.",
            ),
        )
    )


def _document_element(root: _Element) -> _Element:
    """The root itself, or what a SOAP envelope holds."""
    candidates = [root, *root.iterfind("{*}Body/*"), *root.iterfind("{*}Body/*/*")] if _is_envelope(root) else [root]
    for element in candidates:
        if standard_name(element) in _DOCUMENTS | _EVENTS:
            return element
    raise DocumentFaults(
        (
            Fault(
                "$",
                "EPCIS 2.0 §9",
                f"The root element {root.tag!s} is not an EPCIS document.",
                "Send an EPCISDocument, an EPCISQueryDocument with results, or one event.",
            ),
        )
    )


def _is_envelope(root: _Element) -> bool:
    return root.tag in (
        "{http://schemas.xmlsoap.org/soap/envelope/}Envelope",
        "{http://www.w3.org/2003/05/soap-envelope}Envelope",
    )


def _read_document(element: _Element, reading: Reading, result: dict[str, Any]) -> None:
    queried = standard_name(element) in ("EPCISQueryDocument", "QueryResults")
    result["type"] = "EPCISQueryDocument" if queried else "EPCISDocument"
    result["schemaVersion"] = "2.0"
    if created := element.get("creationDate"):
        result["creationDate"] = created
    body: dict[str, Any] = {}
    if queried:
        result["epcisBody"] = {"queryResults": body}
    else:
        result["epcisBody"] = body
    if standard_name(element) == "QueryResults":
        _read_results(element, reading, body)
        return
    for child in fields(element):
        name = standard_name(child)
        if name == "EPCISHeader":
            # Query documents have no header in JSON.
            if not queried:
                read_header(child, reading.names, result)
        elif name == "EPCISBody":
            _read_body(child, reading, result, body)
        elif name in ("queryName", "resultsBody"):
            _read_result(child, reading, body)
        else:
            add_extension(result, child, reading.names)
    _require_events(element, result["type"], body)


def _read_body(element: _Element, reading: Reading, result: dict[str, Any], body: dict[str, Any]) -> None:
    for child in fields(element):
        name = standard_name(child)
        if name == "EventList":
            reading.path = "$.epcisBody.eventList"
            body["eventList"] = _read_events(child, reading)
        elif name == "VocabularyList":
            result["epcisHeader"] = {"epcisMasterData": {"vocabularyList": read_vocabularies(child, reading.names)}}
            body.setdefault("eventList", [])
        elif name == "QueryResults":
            _read_results(child, reading, body)
        else:
            add_extension(result, child, reading.names)


def _read_results(element: _Element, reading: Reading, results: dict[str, Any]) -> None:
    for child in fields(element):
        _read_result(child, reading, results)


def _read_result(child: _Element, reading: Reading, results: dict[str, Any]) -> None:
    name = standard_name(child)
    if name == "resultsBody":
        contents: dict[str, Any] = {}
        for item in fields(child):
            if standard_name(item) == "EventList":
                reading.path = "$.epcisBody.queryResults.resultsBody.eventList"
                contents["eventList"] = _read_events(item, reading)
            elif standard_name(item) == "VocabularyList":
                contents["vocabularyList"] = read_vocabularies(item, reading.names)
            else:
                add_extension(contents, item, reading.names)
        results["resultsBody"] = contents
    elif name in ("queryName", "subscriptionID"):
        results[name] = plain_text(child)
    else:
        add_extension(results, child, reading.names)


def _read_events(element: _Element, reading: Reading) -> list[dict[str, Any]]:
    """Events that EPCIS 1.x nests in extension elements stand where they stood in the document."""
    path = reading.path
    events = []
    for index, child in enumerate(fields(element)):
        reading.path = f"{path}[{index}]"
        events.append(read_event(child, reading))
    reading.path = path
    return events


def _require_events(element: _Element, kind: str, body: dict[str, Any]) -> None:
    if "eventList" not in body and "resultsBody" not in body:
        raise DocumentFaults(
            (
                Fault(
                    "$.epcisBody",
                    "EPCIS 2.0 §9",
                    f"The {kind} (line {element.sourceline}) holds no EventList.",
                    "Send events, query results or master data; a query belongs to the query interface.",
                ),
            )
        )
