"""Names of extensions in EPCIS XML: the namespace behind each JSON key, and elements and attributes made of JSON values."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from lxml import etree
from lxml.etree import _Element

from backend.events.contexts import KNOWN_CONTEXTS, STANDARD_PREFIXES
from backend.events.vocabulary import expanded
from infra.errors import SuyuanError

# In XML the namespace of the CBV's master data attributes goes without the colon that JSON-LD needs behind it.
_STANDARD: Final = {**STANDARD_PREFIXES, "cbvmda": "urn:epcglobal:cbv:mda"}
_TEXT: Final = ("rdf:value", "@value")


class NotWritableAsXmlError(SuyuanError):
    """An event that XML has no form for, such as a text with control characters; JSON has it."""

    code = "NOT_WRITABLE_AS_XML"
    status = 406


class Namespaces:
    """The prefixes that one event's context declares; a prefix that only a context elsewhere explains stands for that context."""

    def __init__(self, context: Sequence[Any]) -> None:
        self.declared: dict[str, str] = {}
        self._elsewhere = next((entry for entry in context if isinstance(entry, str) and entry not in KNOWN_CONTEXTS), None)
        for entry in context:
            if isinstance(entry, str):
                self.declared |= KNOWN_CONTEXTS.get(entry, {})
            else:
                self._declare(entry)

    def _declare(self, entry: Mapping[str, Any]) -> None:
        for name, value in entry.items():
            target = value.get("@id") if isinstance(value, dict) else value
            if not name.startswith("@") and ":" not in name and isinstance(target, str) and not target.startswith("@"):
                self.declared[name] = expanded(target, {**STANDARD_PREFIXES, **self.declared})

    def qualified(self, key: str) -> str:
        """ "{namespace}local" for a key with a prefix or a URI as key; the key itself for a name without either."""
        prefix, colon, local = key.partition(":")
        if not colon:
            return key
        namespace = self.declared.get(prefix) or _STANDARD.get(prefix)
        if namespace is None:
            cut = max(key.rfind("/"), key.rfind("#"), key.rfind(":")) + 1
            namespace, local = (key[:cut], key[cut:]) if "/" in key else (self._elsewhere or f"{prefix}:", local)
        return f"{{{namespace}}}{local}"


def child(parent: _Element, name: str, text: str | None = None, *, nsmap: Mapping[str, str] | None = None) -> _Element:
    """A new last child. Raises `NotWritableAsXmlError` for a name or a text that XML can't have."""
    try:
        element = etree.SubElement(parent, name, nsmap=dict(nsmap) if nsmap else None)
        element.text = text
    except ValueError as problem:
        raise _not_writable(name, text) from problem
    return element


def set_attribute(element: _Element, name: str, value: str) -> None:
    """Set an attribute, with the same refusals."""
    try:
        element.set(name, value)
    except ValueError as problem:
        raise _not_writable(name, value) from problem


def scalar(value: Any) -> str:
    """A JSON scalar as XML Schema writes it; null is an empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() else str(value)
    return str(value)


def add_extension(parent: _Element, key: str, value: Any, names: Namespaces) -> None:
    """One element for a value, or one for each of a list. Names without a namespace inside of an extension were attributes."""
    for item in value if isinstance(value, list) else [value]:
        element = child(parent, names.qualified(key), None if isinstance(item, dict | list) else scalar(item))
        if isinstance(item, list):
            # XML has no list within a list.
            add_extension(element, key, item, names)
        elif isinstance(item, dict):
            _fill(element, item, names)


def _fill(element: _Element, value: Mapping[str, Any], names: Namespaces) -> None:
    for key, inner in value.items():
        if key in _TEXT:
            element.text = scalar(inner)
        elif ":" not in key and not isinstance(inner, dict | list):
            set_attribute(element, key.removeprefix("@"), scalar(inner))
        else:
            add_extension(element, key, inner, names)


def _not_writable(name: str, text: str | None) -> NotWritableAsXmlError:
    shown = name.rpartition("}")[2][:60]
    what = "is no name in XML" if text is None else "holds characters that XML can't have"
    return NotWritableAsXmlError(f"“{shown}” {what}. Ask for application/ld+json, which has a form for every event.", field=shown)
