"""Master data on the wire: documents that bring it, and the answers to the standard's SimpleMasterDataQuery (EPCIS 2.0 §8.2.7.2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lxml import etree
from lxml.etree import _Element

from backend.catalog.master_data import FoundElement
from backend.catalog.vocabulary import HEADER
from backend.catalog.web_vocabulary import is_web_vocabulary, read_things
from backend.events.contexts import STANDARD_CONTEXT
from backend.events.faults import DocumentFaults, Fault
from backend.events.json_text import read_json, write_json
from backend.events.reader import Reading, read, read_document
from backend.events.timestamps import parse_timestamp, write_timestamp
from backend.events.xml_reader import read_xml
from backend.events.xml_writer_events import XmlVersion
from backend.events.xml_writer_names import Namespaces, add_extension, child, scalar, set_attribute
from infra import clock

QUERY_NAME: Final = "SimpleMasterDataQuery"
MASTER_DATA_DOCUMENT: Final = "EPCISMasterDataDocument"
_RULE: Final = "EPCIS 2.0 §9 EPCISMasterDataDocument"
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_NO_NAMES: Final = Namespaces(())


@dataclass(frozen=True, slots=True)
class MasterDataDocument:
    """What a document tells: vocabularies, from when on they hold, who it says sent it, and where in it they stand."""

    vocabularies: list[dict[str, Any]]
    told_at: datetime
    sender: str = ""
    path: str = HEADER


def read_master_data(raw: bytes, content_type: str) -> MasterDataDocument:
    """Read a master data document, what a query for master data answered, any document of EPCIS with master data and no events, or things
    of the GS1 Web Vocabulary.

    Raises `DocumentFaults`, and 415 for a body of another kind.
    """
    value = read_xml(raw) if "xml" in content_type else read_json(raw).value if "json" in content_type else None
    if isinstance(value, dict) and value.get("type") == MASTER_DATA_DOCUMENT:
        return _of_body(value)
    if isinstance(value, dict) and (found := _of_results(value)) is not None:
        return found
    if is_web_vocabulary(value):
        return MasterDataDocument(read_things(value), clock.now(), path="$")
    return _of_reading(read_document(value) if "xml" in content_type and isinstance(value, dict) else read(raw, content_type))


def _of_body(value: dict[str, Any]) -> MasterDataDocument:
    body = value.get("epcisBody")
    vocabularies = body.get("vocabularyList") if isinstance(body, dict) else None
    if not isinstance(vocabularies, list) or not all(isinstance(item, dict) for item in vocabularies):
        mend = 'Add "epcisBody": {"vocabularyList": [{"type": …, "vocabularyElementList": […]}]}.'
        raise DocumentFaults([Fault("$.epcisBody.vocabularyList", _RULE, "There is no list of vocabularies.", mend)])
    sender = value.get("sender")
    return MasterDataDocument(
        vocabularies, _moment(value.get("creationDate")), sender if isinstance(sender, str) else "", "$.epcisBody.vocabularyList"
    )  # fmt: skip


def _of_results(value: dict[str, Any]) -> MasterDataDocument | None:
    """The results of a SimpleMasterDataQuery, of whoever answered it; None for any other document."""
    at: Any = value
    for name in ("epcisBody", "queryResults", "resultsBody"):
        at = at.get(name) if isinstance(at, dict) else None
    vocabularies = at.get("vocabularyList") if isinstance(at, dict) and "eventList" not in at else None
    if not isinstance(vocabularies, list) or not all(isinstance(item, dict) for item in vocabularies):
        return None
    path = "$.epcisBody.queryResults.resultsBody.vocabularyList"
    return MasterDataDocument(vocabularies, _moment(value.get("creationDate")), path=path)


def _of_reading(reading: Reading) -> MasterDataDocument:
    if reading.events:
        fault = Fault("$.epcisBody.eventList", _RULE, "The document holds events.", "Send it to /epcis/capture, which keeps its master data too.")
        raise DocumentFaults([fault])
    return MasterDataDocument(reading.master_data, _moment(reading.document.creation_date), reading.document.sender or "")


def _moment(text: Any) -> datetime:
    """When the document was made, if it says so with a zone; else now."""
    found = parse_timestamp(text) if isinstance(text, str) else None
    return found or clock.now()


def write_json_results(found: Sequence[FoundElement]) -> bytes:
    """The results of the query as EPCIS 2.0 JSON-LD has them."""
    vocabularies = [{"type": kind, "vocabularyElementList": [_as_json(element) for element in elements]} for kind, elements in _by_vocabulary(found)]
    return write_json(
        {
            "@context": [STANDARD_CONTEXT],
            "type": "EPCISQueryDocument",
            "schemaVersion": "2.0",
            "creationDate": write_timestamp(clock.now()),
            "epcisBody": {"queryResults": {"queryName": QUERY_NAME, "resultsBody": {"vocabularyList": vocabularies}}},
        }
    )


def _by_vocabulary(found: Iterable[FoundElement]) -> list[tuple[str, list[FoundElement]]]:
    vocabularies: dict[str, list[FoundElement]] = {}
    for element in found:
        vocabularies.setdefault(element.vocabulary, []).append(element)
    return list(vocabularies.items())


def _as_json(element: FoundElement) -> dict[str, Any]:
    told: dict[str, Any] = {"id": element.captured}
    if element.attributes:
        told["attributes"] = element.attributes
    if element.children:
        told["children"] = element.children
    return told


def write_xml_results(found: Sequence[FoundElement], version: XmlVersion) -> bytes:
    """The same as XML. Raises `NotWritableAsXmlError` for what XML has no form for."""
    namespace = f"urn:epcglobal:epcis-query:xsd:{'2' if version is XmlVersion.V2_0 else '1'}"
    root = etree.Element(f"{{{namespace}}}EPCISQueryDocument", nsmap={"epcisq": namespace})
    root.set("schemaVersion", str(version))
    root.set("creationDate", write_timestamp(clock.now()))
    results = child(child(root, "EPCISBody"), f"{{{namespace}}}QueryResults")
    child(results, "queryName", QUERY_NAME)
    vocabularies = child(child(results, "resultsBody"), "VocabularyList")
    for kind, elements in _by_vocabulary(found):
        vocabulary = child(vocabularies, "Vocabulary")
        set_attribute(vocabulary, "type", kind)
        listed = child(vocabulary, "VocabularyElementList")
        for element in elements:
            _add_element(listed, element)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _add_element(listed: _Element, told: FoundElement) -> None:
    element = child(listed, "VocabularyElement")
    set_attribute(element, "id", told.captured)
    for attribute in told.attributes:
        value = attribute.get("attribute")
        for item in value if isinstance(value, list) else [value]:
            _add_attribute(element, attribute["id"], item)
    if told.children:
        children = child(element, "children")
        for each in told.children:
            child(children, "id", each)


def _add_attribute(parent: _Element, name: str, value: Any) -> None:
    plain = value.get("@value") if isinstance(value, dict) and set(value) <= {"@value", "@language", "@type"} else value
    element = child(parent, "attribute", None if isinstance(plain, dict | list) else scalar(plain))
    set_attribute(element, "id", name)
    if isinstance(plain, dict):
        context = plain.get("@context")
        names = Namespaces([context]) if isinstance(context, dict) else _NO_NAMES
        for key, inner in plain.items():
            if key != "@context":
                add_extension(element, key.removeprefix("@"), inner, names)
    elif isinstance(plain, list):
        add_extension(element, "item", plain, _NO_NAMES)
    elif isinstance(value, dict) and isinstance(value.get("@language"), str):
        set_attribute(element, _LANGUAGE, value["@language"])
