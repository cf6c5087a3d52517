"""Extensions and master data of EPCIS XML as JSON: names with prefixes, repeated elements as lists, text as it is."""

from collections.abc import Iterator
from typing import Any, Final

from lxml.etree import _Element

from backend.events.faults import DocumentFaults, Fault
from backend.events.xml_reader_names import WHITE_SPACE, Names, standard_name

_DEEPEST: Final = 32
_MOST_WRAPPERS: Final = 8
# The text of an element that has attributes or children too. rdf is a prefix of the EPCIS context.
TEXT_BESIDE_CHILDREN: Final = "rdf:value"
_WRAPPERS: Final = ("extension", "baseExtension")


def fields(element: _Element, depth: int = 0) -> Iterator[_Element]:
    """The children, with those of EPCIS 1.x's extension wrappers in the wrappers' place.

    Raises DocumentFaults for more wrappers within each other than any version of the standard has.
    """
    if depth > _MOST_WRAPPERS:
        raise DocumentFaults([_too_deep(element, _MOST_WRAPPERS)])
    for child in element:
        if standard_name(child) in _WRAPPERS:
            yield from fields(child, depth + 1)
        else:
            yield child


def plain_text(element: _Element) -> str:
    return (element.text or "").strip(WHITE_SPACE)


def text_or_tree(element: _Element, names: Names) -> Any:
    """The text of an element that should hold nothing else. If it does, the tree is kept, and the event's checks refuse it."""
    return extension_value(element, names)


def add_extension(holder: dict[str, Any], element: _Element, names: Names) -> None:
    add_repeatable(holder, names.of_element(element), extension_value(element, names))


def add_repeatable(holder: dict[str, Any], key: str, value: Any) -> None:
    """A second value under one key makes a list of the two."""
    if key not in holder:
        holder[key] = value
    elif isinstance(holder[key], list):
        holder[key].append(value)
    else:
        holder[key] = [holder[key], value]


def extension_value(element: _Element, names: Names, depth: int = 1) -> Any:
    """Text, or an object where there are attributes or children. Raises DocumentFaults for nesting deeper than 32 levels."""
    if depth > _DEEPEST:
        raise DocumentFaults([_too_deep(element, _DEEPEST)])
    attributes = names.attributes(element)
    text = " ".join(filter(None, (part.strip(WHITE_SPACE) for part in (element.text or "", *(child.tail or "" for child in element)))))
    if not attributes and not len(element):
        return text
    value: dict[str, Any] = {}
    if text:
        value[TEXT_BESIDE_CHILDREN] = text
    for key, attribute in attributes:
        add_repeatable(value, key, attribute)
    for child in element:
        add_repeatable(value, names.of_element(child), extension_value(child, names, depth + 1))
    return value


def _too_deep(element: _Element, levels: int) -> Fault:
    return Fault(
        "$",
        "nesting of extensions",
        f"The extension at line {element.sourceline} is nested deeper than {levels} levels.",
        "Flatten the extension.",
    )
