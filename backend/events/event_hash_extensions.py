"""How the CBV 2.0 event hash writes extensions and master data: qualified names, nested, each level sorted."""

from typing import Any, Final

from backend.events.contexts import EPCIS_NAMESPACE, STANDARD_PREFIXES
from backend.events.event_hash_values import hash_scalar

# JSON-LD needs the colon at the end of this namespace, XML has none.
_JSON_MASTER_DATA: Final = "urn:epcglobal:cbv:mda:"

# A comment says nothing about the event; the published vectors leave it out.
_COMMENT: Final = "{http://www.w3.org/2000/01/rdf-schema#}comment"
# The text of an XML element that has attributes or children besides it.
_TEXT_BESIDE_CHILDREN: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}value"


def extension_parts(key: str, value: Any, namespaces: dict[str, str], parts: list[str]) -> None:
    """Appends what the extension `key` adds to the pre-hash string: one part for each value of a list, none for null."""
    name = qualified_name(key, namespaces)
    if name != _COMMENT:
        _append(name, value, namespaces, parts)


def qualified_name(key: str, namespaces: dict[str, str]) -> str:
    """{namespace}local for "prefix:local" and for a whole IRI; names of EPCIS itself and without a known prefix stay bare."""
    prefix, colon, local = key.partition(":")
    if not colon:
        return key
    namespace = namespaces.get(prefix) or STANDARD_PREFIXES.get(prefix)
    if namespace is None:
        return _whole_iri(key, prefix, local)
    if namespace == EPCIS_NAMESPACE:
        return local
    return f"{{{namespace if namespace != _JSON_MASTER_DATA else _JSON_MASTER_DATA[:-1]}}}{local}"


def _whole_iri(key: str, scheme: str, rest: str) -> str:
    if rest.startswith("//"):
        end = max(key.rfind("/"), key.rfind("#")) + 1
        return f"{{{key[:end]}}}{key[end:]}"
    namespace, _, local = key.rpartition(":")
    return f"{{{namespace}}}{local}" if scheme == "urn" else key


def _append(name: str, value: Any, namespaces: dict[str, str], parts: list[str]) -> None:
    if isinstance(value, dict):
        parts.append(name + _children(value, namespaces))
    elif isinstance(value, list):
        for each in value:
            _append(name, each, namespaces, parts)
    elif value is not None:
        text = hash_scalar(value)
        parts.append(f"{name}={text}" if text else name)


def _children(value: dict[str, Any], namespaces: dict[str, str]) -> str:
    text = ""
    parts: list[str] = []
    for key, child in value.items():
        name = qualified_name(key, namespaces)
        if name in (_TEXT_BESIDE_CHILDREN, "@value"):
            text = "=" + hash_scalar(child)
        elif name not in (_COMMENT, "@context") and not (name == "@type" and "@value" in value):
            _append(name, child, namespaces, parts)
    parts.sort()
    return text + "".join(parts)
