"""Names in EPCIS XML: which elements are the standard's own, and the prefixes under which all others stand in JSON."""

from typing import Final

from lxml.etree import _Element

from backend.events.contexts import STANDARD_PREFIXES
from backend.events.faults import DocumentFaults, Fault
from backend.events.validation import ALL_FIELDS

_SCHEMA_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
_XML: Final = "http://www.w3.org/XML/1998/namespace"
_EPCIS: Final = "urn:epcglobal:epcis"
# In XML the namespace of the CBV's master data attributes goes without the colon that JSON-LD needs behind it.
_STANDARD_NAMESPACES: Final = {
    **{namespace: prefix for prefix, namespace in STANDARD_PREFIXES.items()},
    "urn:epcglobal:cbv:mda": "cbvmda",
}
# As prefixes these would give other meaning to URIs and to the names of EPCIS in the JSON document.
_NO_PREFIX: Final = ALL_FIELDS | frozenset(("id", "http", "https", "urn", "ni", "geo", "tel", "mailto", "data", "file", "ftp"))
# Looking a prefix up takes time in proportion to the prefixes in force.
_MOST_NAMESPACES: Final = 200
# Reading the attributes of one element takes time in proportion to the square of their number.
_MOST_ATTRIBUTES: Final = 200
# What XML calls white space; an ideographic space belongs to the text.
WHITE_SPACE: Final = " \t\r\n"


def standard_name(element: _Element) -> str | None:
    """The name of an element of EPCIS itself, None for an extension.

    The schemas leave the elements below the root unqualified; documents that qualify them are in circulation.
    """
    namespace, local = split_name(element.tag)
    return local if namespace is None or namespace.startswith(_EPCIS) else None


def split_name(name: str) -> tuple[str | None, str]:
    """Namespace and local name of "{namespace}local"."""
    namespace, brace, local = name.rpartition("}")
    return (namespace[1:] if brace else None), local


class Names:
    """Gives each foreign namespace of one document a prefix of its own and remembers it for the JSON-LD context."""

    def __init__(self) -> None:
        self._prefixes = dict(_STANDARD_NAMESPACES)
        self.context: dict[str, str] = {}

    def of_element(self, element: _Element) -> str:
        return self._key(*split_name(element.tag), element)

    def attributes(self, element: _Element) -> list[tuple[str, str]]:
        """Names and values; what only instructs a schema processor (xsi:type and the like) is no data and has no JSON form."""
        if len(element.attrib) > _MOST_ATTRIBUTES:
            raise _too_many(element, "attributes in one element", _MOST_ATTRIBUTES)
        named = []
        for attribute, value in element.attrib.items():
            namespace, local = split_name(str(attribute))
            if namespace != _SCHEMA_INSTANCE:
                named.append((self._key(namespace, local, element), str(value)))
        return named

    def declare_for_value(self, text: str, element: _Element) -> None:
        """Declares the prefix of a compact URI, so that JSON-LD reads the value as the XML document meant it."""
        prefix, colon, _ = text.partition(":")
        namespace = _bound(element).get(prefix) if colon else None
        if namespace is not None and not namespace.startswith(_EPCIS) and namespace not in self._prefixes:
            self._register(namespace, prefix, element)

    def _key(self, namespace: str | None, local: str, element: _Element) -> str:
        if namespace is None:
            return local
        prefix = self._prefixes.get(namespace)
        if prefix is None:
            prefix = self._register(namespace, _written_prefix(namespace, element), element)
        return f"{prefix}:{local}"

    def _register(self, namespace: str, wanted: str, element: _Element) -> str:
        prefix, number = wanted, 1
        while prefix in self.context or prefix in STANDARD_PREFIXES or prefix in _NO_PREFIX:
            number += 1
            prefix = f"{wanted}{number}"
        if len(self.context) == _MOST_NAMESPACES:
            raise _too_many(element, "namespaces", _MOST_NAMESPACES)
        self._prefixes[namespace] = prefix
        self.context[prefix] = namespace
        return prefix


def _written_prefix(namespace: str, element: _Element) -> str:
    if namespace == _XML:
        return "xml"
    return next((prefix for prefix, bound in _bound(element).items() if bound == namespace and prefix), "ext")


def _bound(element: _Element) -> dict[str | None, str]:
    bound: dict[str | None, str] = element.nsmap
    if len(bound) > _MOST_NAMESPACES:
        raise _too_many(element, "namespaces", _MOST_NAMESPACES)
    return bound


def _too_many(element: _Element, what: str, most: int) -> DocumentFaults:
    return DocumentFaults(
        [
            Fault(
                "$",
                "limits of documents",
                f"The document uses more than {most} {what} (line {element.sourceline}).",
                "Declare one namespace for your extensions, and write values as elements.",
            )
        ]
    )
