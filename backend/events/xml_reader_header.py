"""The header of EPCIS XML as JSON: sender, receiver and number from the business document header, and the master data."""

from typing import Any, Final

from lxml.etree import _Element

from backend.events.xml_reader_extensions import add_extension, extension_value, fields, plain_text
from backend.events.xml_reader_names import Names, split_name, standard_name

# Where the fields of EPCIS 2.0 JSON stand in the Standard Business Document Header.
_BUSINESS_HEADER: Final = {
    "sender": ("Sender", "Identifier"),
    "receiver": ("Receiver", "Identifier"),
    "instanceIdentifier": ("DocumentIdentification", "InstanceIdentifier"),
}

_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"


def read_header(element: _Element, names: Names, document: dict[str, Any]) -> None:
    """Fills `document` with what the header says."""
    header: dict[str, Any] = {}
    for child in fields(element):
        _, local = split_name(child.tag)
        if local == "StandardBusinessDocumentHeader":
            _read_business_header(child, document)
        elif local == "EPCISMasterData":
            lists = [grandchild for grandchild in fields(child) if standard_name(grandchild) == "VocabularyList"]
            header["epcisMasterData"] = {"vocabularyList": [vocabulary for each in lists for vocabulary in read_vocabularies(each, names)]}
        else:
            add_extension(header, child, names)
    if header:
        document["epcisHeader"] = header


def read_vocabularies(element: _Element, names: Names) -> list[dict[str, Any]]:
    """A VocabularyList as the JSON form has it."""
    return [
        {
            "type": vocabulary.get("type", ""),
            "vocabularyElementList": [
                _vocabulary_element(item, names)
                for elements in fields(vocabulary)
                if standard_name(elements) == "VocabularyElementList"
                for item in fields(elements)
            ],
        }
        for vocabulary in fields(element)
    ]


def _vocabulary_element(element: _Element, names: Names) -> dict[str, Any]:
    value: dict[str, Any] = {"id": element.get("id", "")}
    attributes = []
    for child in fields(element):
        name = standard_name(child)
        if name == "attribute":
            attributes.append({"id": child.get("id", ""), "attribute": _attribute(child, names)})
        elif name == "children":
            value["children"] = [plain_text(each) for each in fields(child)]
        else:
            add_extension(value, child, names)
    if attributes:
        value["attributes"] = attributes
    return value


def _attribute(element: _Element, names: Names) -> Any:
    """Text, with its language where that is told, or nested elements, with a context for their prefixes: master data outlives its document.

    The attribute's own id stands beside it.
    """
    if not len(element):
        language = element.get(_LANGUAGE)
        return {"@value": plain_text(element), "@language": language} if language else plain_text(element)
    value = extension_value(element, names)
    if isinstance(value, dict):
        value.pop("id", None)
        if context := {prefix: names.context[prefix] for prefix in sorted(_prefixes(value)) if prefix in names.context}:
            return {"@context": context, **value}
    return value


def _prefixes(value: Any) -> set[str]:
    """Those of the names in a value."""
    if isinstance(value, list):
        return set().union(*map(_prefixes, value))
    if not isinstance(value, dict):
        return set()
    return {name.partition(":")[0] for name in value if ":" in name}.union(*map(_prefixes, value.values()))


def _read_business_header(element: _Element, document: dict[str, Any]) -> None:
    for key, (group, item) in _BUSINESS_HEADER.items():
        found = element.find(f"{{*}}{group}/{{*}}{item}")
        if found is not None and plain_text(found):
            document[key] = plain_text(found)
