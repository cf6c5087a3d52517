"""JSON-LD contexts of documents and events: which prefixes stand for which namespaces. Nothing is ever fetched."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from backend.events.faults import Fault, below
from backend.events.vocabulary import expanded
from backend.identifiers import is_uri
from backend.identifiers.describe import shown

STANDARD_CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
EPCIS_NAMESPACE: Final = "https://ref.gs1.org/epcis/"
# Of our own extensions, which phones and commands write.
SUYUAN_NAMESPACE: Final = "https://ns.suyuan.example/epcis/"

# What both published contexts declare.
STANDARD_PREFIXES: Final = {
    "epcis": EPCIS_NAMESPACE,
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": "https://gs1.org/voc/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
# Industry contexts that documents refer to, by what they declare.
KNOWN_CONTEXTS: Final = {
    "https://ref.gs1eg.org/extensions/epcis/hc/2.0.0/hc-context.jsonld": {"gs1egypthc": "https://ref.gs1eg.org/extensions/epcis/hc/voc/"},
}
_STANDARD_ADDRESS: Final = re.compile(
    r"https?://(?:ref\.gs1\.org/standards/epcis/(?:2\.[0-9]+(?:\.[0-9]+)?/)?|gs1\.github\.io/EPCIS/)epcis-context(?:-simple)?\.jsonld"
)
# A prefix of one of these names would turn every such URI into something else.
_URI_SCHEMES: Final = frozenset(("http", "https", "urn", "ni", "geo", "tel", "mailto", "data", "file", "ftp", "_"))
_RULE: Final = "JSON-LD 1.1 §4.1 context"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a context says. `own` are the prefixes beyond the standard ones, `entries` what it has beside the standard address.

    `open_ended`: an entry refers to a context that isn't known here, so that a prefix may be declared where nobody looks.
    """

    prefixes: dict[str, str]
    own: dict[str, str]
    entries: tuple[Any, ...]
    standard: bool
    open_ended: bool

    def needed(self, used: Collection[str]) -> list[Any]:
        """The entries that declare or describe the prefixes in `used`; contexts by address stay where anything is used."""
        needed: list[Any] = []
        for entry in self.entries:
            if isinstance(entry, str):
                kept: Any = entry if used else None
            else:
                kept = {name: value for name, value in entry.items() if name.partition(":")[0] in used}
            if kept and kept not in needed:
                needed.append(kept)
        return needed


STANDARD_SCOPE: Final = Scope(dict(STANDARD_PREFIXES), {}, (), standard=True, open_ended=False)
_NOTHING: Final = Scope(dict(STANDARD_PREFIXES), {}, (), standard=False, open_ended=False)


def read_context(value: Any, path: str, terms: Collection[str], faults: list[Fault], outer: Scope = _NOTHING) -> Scope:
    """The scope that a "@context" makes inside `outer`; its faults are added to `faults`.

    `terms` are the names of EPCIS itself, which no context may give another meaning (they are protected there).
    """
    prefixes, own = dict(outer.prefixes), dict(outer.own)
    entries: list[Any] = list(outer.entries)
    standard, open_ended = outer.standard, outer.open_ended
    listed = value if isinstance(value, list) else [value]
    for index, entry in enumerate(listed):
        place = below(path, index) if isinstance(value, list) else path
        if isinstance(entry, dict):
            declared = _declarations(entry, place, terms, prefixes, faults)
            prefixes |= declared
            own |= {name: iri for name, iri in declared.items() if STANDARD_PREFIXES.get(name) != iri}
            standard = standard or entry.get("@vocab") == EPCIS_NAMESPACE
            open_ended = open_ended or "@import" in entry
        elif isinstance(entry, str) and is_uri(entry):
            if _STANDARD_ADDRESS.fullmatch(entry):
                standard = True
                continue
            known = KNOWN_CONTEXTS.get(entry)
            prefixes |= known or {}
            own |= known or {}
            open_ended = open_ended or known is None
        else:
            faults.append(Fault(place, _RULE, "A context is an address or an object.", f'Write "{STANDARD_CONTEXT}" or {{"prefix": "…"}}.'))
            continue
        if entry not in entries:
            entries.append(entry)
    return Scope(prefixes, own, tuple(entries), standard, open_ended)


def _declarations(entry: dict[str, Any], path: str, terms: Collection[str], known: dict[str, str], faults: list[Fault]) -> dict[str, str]:
    declared: dict[str, str] = {}
    for name, value in entry.items():
        place = below(path, name)
        if name.startswith("@"):
            continue
        if not name or name in _URI_SCHEMES:
            faults.append(Fault(place, _RULE, f"{shown(name)} cannot be a prefix.", "Choose another prefix."))
        elif name in terms:
            if not _says_the_same(name, value, known):
                message = f'"{name}" is a term of EPCIS and cannot get another meaning.'
                faults.append(Fault(place, _RULE, message, "Choose another name."))
        elif isinstance(value, dict):
            target = value.get("@id")
            if isinstance(target, str) and ":" not in name and is_uri(expanded(target, known | declared)):
                declared[name] = expanded(target, known | declared)
        elif not isinstance(value, str) or not (value.startswith("@") or is_uri(expanded(value, known | declared))):
            faults.append(Fault(place, _RULE, f"{shown(name)} must stand for a namespace.", 'Write "prefix": "https://…/".'))
        elif ":" not in name and not value.startswith("@"):
            declared[name] = expanded(value, known | declared)
    return declared


def _says_the_same(name: str, value: Any, known: dict[str, str]) -> bool:
    target = value.get("@id") if isinstance(value, dict) else value
    return isinstance(target, str) and (target.startswith("@") or expanded(target, known) == EPCIS_NAMESPACE + name)
