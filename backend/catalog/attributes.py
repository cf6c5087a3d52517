"""Attributes of master data as they are written in several standards: one name for each, their texts, and the languages of texts."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from backend.catalog.languages import UNDETERMINED, normal_tag

CBV: Final = "urn:epcglobal:cbv:mda#"
GS1: Final = "https://gs1.org/voc/"
# Stands in the index of attributes for what an element holds: no attribute is called so, for it is no URI.
CHILDREN: Final = "children"

_CBV_FORMS: Final = (
    "urn:epcglobal:cbv:mda:",
    "cbvmda:",
    "https://ref.gs1.org/cbv/mda/",
    "https://ns.cbvmda.epcglobal.org/",
    "http://ns.cbvmda.epcglobal.org/",
)
_GS1_FORMS: Final = ("gs1:", "http://gs1.org/voc/", "https://ref.gs1.org/voc/", "https://www.gs1.org/voc/", "http://www.gs1.org/voc/")
_LAST_WORD: Final = re.compile(r"[^#/:]*\Z")
# A key of an index holds at most 2,700 bytes, of which an element's URI may take 1,024.
_LONGEST_VALUE: Final = 300
_DEEPEST: Final = 8


def canonical(name: str) -> str:
    """One name for an attribute of CBV master data (CBV 2.0 §10) or of the GS1 Web Vocabulary, however it is written; others as they are."""
    for forms, root in ((_CBV_FORMS, CBV), (_GS1_FORMS, GS1)):
        for form in forms:
            if name.startswith(form) and len(name) > len(form):
                return root + name[len(form) :]
    return name


def local_name(name: str) -> str:
    """The word at the end of a URI."""
    found = _LAST_WORD.search(name)
    return found[0] if found else name


def texts(value: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """(language, text) of an attribute's value: a text or number, a JSON-LD language value, a language map, or a list of them.

    "und" where no language is told. Objects that are none of these hold no text of the attribute's own.
    """
    if isinstance(value, list) and depth < _DEEPEST:
        for item in value:
            yield from texts(item, depth + 1)
    elif isinstance(value, Mapping):
        yield from _of_object(value, depth)
    elif isinstance(value, bool):
        yield UNDETERMINED, "true" if value else "false"
    elif value is not None and not isinstance(value, list):
        yield UNDETERMINED, str(value)


def _of_object(value: Mapping[str, Any], depth: int) -> Iterator[tuple[str, str]]:
    text = value.get("@value", value.get("rdf:value"))
    if text is not None and not isinstance(text, list | Mapping):
        language = value.get("@language")
        yield (normal_tag(language) if isinstance(language, str) else None) or UNDETERMINED, str(text)
    elif isinstance(identifier := value.get("@id", value.get("id")), str):
        yield UNDETERMINED, identifier
    elif value and all(normal_tag(name) and isinstance(item, str | list) for name, item in value.items()):
        for name, item in value.items():
            for _, found in texts(item, depth + 1):
                yield normal_tag(name) or UNDETERMINED, found


def indexed(text: str) -> str:
    """A value as it is looked up; a long one by its digest."""
    if len(text) <= _LONGEST_VALUE and len(text.encode()) <= _LONGEST_VALUE:
        return text
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
