"""Reads things described in the GS1 Web Vocabulary (JSON-LD: products, places, organisations by Digital Link URI) as vocabulary elements."""

from collections.abc import Mapping
from typing import Any, Final

from backend.catalog.attributes import GS1, canonical, local_name
from backend.catalog.telling import BUSINESS_LOCATION, EPC_CLASS, SOURCE_DEST
from backend.events.faults import MOST_FAULTS, DocumentFaults, Fault, below
from backend.identifiers import DIGITAL_LINK_ROOT, IdentifierRole, InvalidIdentifierError, is_uri, parse_identifier

_RULE: Final = "GS1 Web Vocabulary in JSON-LD"
_MOST: Final = 20_000
# Where a thing has no @id, the attribute that holds its key, and the path of a Digital Link in which that stands.
_KEYS: Final = (
    ("gtin", "01", EPC_CLASS),
    ("globalLocationNumber", "414", BUSINESS_LOCATION),
    ("partyGLN", "417", SOURCE_DEST),
    ("organizationGLN", "417", SOURCE_DEST),
)
_BY_PATH: Final = {"01": EPC_CLASS, "414": BUSINESS_LOCATION, "417": SOURCE_DEST}
_BY_TYPE: Final = {"Place": BUSINESS_LOCATION, "Organization": SOURCE_DEST, "Party": SOURCE_DEST}
_NO_ATTRIBUTES: Final = frozenset({"id", "type"})


def is_web_vocabulary(value: Any) -> bool:
    """Whether a JSON text is a thing, a list or a graph of things, and no document of EPCIS."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, dict) and not str(item.get("type", "")).endswith("Event") for item in value)
    if not isinstance(value, dict) or "epcisBody" in value:
        return False
    return "@graph" in value or "@type" in value or "@id" in value or canonical(str(value.get("type", ""))).startswith(GS1)


def read_things(value: Any) -> list[dict[str, Any]]:
    """The vocabularies, as a document of EPCIS would have them. Raises `DocumentFaults` where a thing has no id."""
    things, path = (value, "$") if isinstance(value, list) else ([value], "")
    if isinstance(value, Mapping) and isinstance(value.get("@graph"), list):
        things, path = value["@graph"], "$['@graph']"
    if len(things) > _MOST:
        raise DocumentFaults([Fault("$", _RULE, f"There are more than {_MOST} things.", "Send the rest in another request.")])
    vocabularies: dict[str, list[dict[str, Any]]] = {}
    faults: list[Fault] = []
    for index, thing in enumerate(things):
        place = below(path, index) if path else "$"
        found = _element(thing) if isinstance(thing, Mapping) else None
        if found is None:
            mend = f'Add "@id" with a Digital Link URI such as {DIGITAL_LINK_ROOT}01/09506000134352.'
            faults.append(Fault(place, _RULE, "The thing has no @id that is a URI, and no GS1 key.", mend))
        else:
            vocabularies.setdefault(found[0], []).append(found[1])
    if faults:
        raise DocumentFaults(faults[:MOST_FAULTS])
    return [{"type": kind, "vocabularyElementList": elements} for kind, elements in vocabularies.items()]


def _element(thing: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    words = {local_name(canonical(str(name))): value for name, value in thing.items()}
    identifier = thing.get("@id", thing.get("id"))
    if not isinstance(identifier, str) or not is_uri(identifier):
        identifier = next((f"{DIGITAL_LINK_ROOT}{path}/{words[name]}" for name, path, _ in _KEYS if isinstance(words.get(name), str | int)), None)
    if identifier is None:
        return None
    attributes = [
        {"id": name if is_uri(name) else f"{GS1}{name}", "attribute": value}
        for name, value in thing.items()
        if name and not name.startswith("@") and name not in _NO_ATTRIBUTES
    ]
    return _vocabulary(identifier, thing), {"id": identifier, "attributes": attributes}


def _vocabulary(identifier: str, thing: Mapping[str, Any]) -> str:
    """By the key where it is one of GS1's; else by the type, which for anything unknown is a product."""
    try:
        path = parse_identifier(identifier, role=IdentifierRole.REFERENCE).key.split("/")[0]
    except InvalidIdentifierError:
        path = ""
    types = thing.get("@type", thing.get("type"))
    names = [local_name(str(name)) for name in (types if isinstance(types, list) else [types])]
    return _BY_PATH.get(path) or next((_BY_TYPE[name] for name in names if name in _BY_TYPE), EPC_CLASS)
