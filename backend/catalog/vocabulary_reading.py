"""Reads vocabularies of master data (EPCIS 2.0 §9) into elements by canonical URI, with a fault for each that can't be kept. No I/O."""

from typing import Any, Final

import msgspec

from backend.catalog.telling import Element
from backend.events.faults import MOST_FAULTS, Fault, below
from backend.identifiers import Identifier, IdentifierRole, InvalidIdentifierError, is_uri, parse_identifier
from backend.identifiers.describe import shown

MOST_ELEMENTS: Final = 20_000
MOST_ATTRIBUTES: Final = 200
MOST_CHILDREN: Final = 5_000
# Of a whole document.
MOST_VALUES: Final = 200_000
LONGEST_NAME: Final = 300
LARGEST_VALUE: Final = 16_000
_RULE: Final = "EPCIS 2.0 §9 epcisMasterData"
_BOUND: Final = "bounds of master data"
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Reader:
    """What was read of one document so far; faults say where in it, from `path` on."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.elements: dict[tuple[str, str], Element] = {}
        # Where each element stands, for those who find more faults in it.
        self.paths: dict[tuple[str, str], str] = {}
        self.faults: list[Fault] = []
        self.seen = 0
        self.values = 0

    def fail(self, path: str, rule: str, message: str, mend: str) -> None:
        """Note a fault; the first ones say enough."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(path, rule, message, mend))

    def read(self, vocabularies: list[dict[str, Any]]) -> None:
        """Every element of every vocabulary; what is defective in one doesn't keep the others out."""
        for index, vocabulary in enumerate(vocabularies):
            path = below(self.path, index)
            kind = vocabulary.get("type")
            if not isinstance(kind, str) or not is_uri(kind) or len(kind.encode()) > LONGEST_NAME:
                self.fail(f"{path}.type", _RULE, "The vocabulary has no type that is a URI.", "Name one such as urn:epcglobal:epcis:vtype:EPCClass.")
                continue
            elements = vocabulary.get("vocabularyElementList") or []
            for place, element in enumerate(elements if isinstance(elements, list) else []):
                self.seen += 1
                if self.seen > MOST_ELEMENTS or self.values > MOST_VALUES:
                    what = f"{MOST_ELEMENTS} elements, or {MOST_VALUES} attributes and children"
                    self.fail(self.path, _BOUND, f"There are more than {what}.", "Send the rest in another document.")
                    return
                self._element(kind, element, f"{path}.vocabularyElementList[{place}]")

    def _element(self, kind: str, element: Any, path: str) -> None:
        captured = element.get("id") if isinstance(element, dict) else None
        if not isinstance(captured, str) or not is_uri(captured):
            self.fail(f"{path}.id", _RULE, "The element has no id that is a URI.", "Write its URI in full.")
            return
        found = self._identifier(captured, f"{path}.id")
        if found is None:
            return
        body: dict[str, Any] = {name: value for name, value in element.items() if name not in ("id", "attributes", "children")}
        if body and len(_encode(body)) > LARGEST_VALUE:
            self.fail(path, _BOUND, f"The element's extensions have more than {LARGEST_VALUE} bytes.", "Shorten them; they were left out.")
            body = {}
        if attributes := self._attributes(element.get("attributes"), f"{path}.attributes"):
            body["attributes"] = attributes
        if children := self._children(element.get("children"), f"{path}.children"):
            body["children"] = children
        read = Element(kind, found.uri, captured, body)
        self.values += len(attributes) + len(children)
        self.elements[read.key] = _together(self.elements[read.key], read) if read.key in self.elements else read
        self.paths.setdefault(read.key, path)

    def _identifier(self, text: str, path: str) -> Identifier | None:
        try:
            return parse_identifier(text, role=IdentifierRole.PLACE)
        except InvalidIdentifierError as problem:
            self.fail(path, "GS1 keys (GS1 General Specifications)", problem.message, "Its attributes are kept, under the id as it is written.")
        try:
            return parse_identifier(text, role=IdentifierRole.REFERENCE)
        except InvalidIdentifierError:
            return None

    def _attributes(self, given: Any, path: str) -> list[dict[str, Any]]:
        kept: list[dict[str, Any]] = []
        for index, attribute in enumerate(given if isinstance(given, list) else []):
            place = f"{path}[{index}]"
            name = attribute.get("id") if isinstance(attribute, dict) else None
            if not isinstance(name, str) or not is_uri(name) or len(name.encode()) > LONGEST_NAME:
                self.fail(f"{place}.id", _RULE, f"The attribute has no id that is a URI of at most {LONGEST_NAME} bytes.", "Write its URI in full.")
            elif len(kept) >= MOST_ATTRIBUTES:
                self.fail(path, _BOUND, f"The element has more than {MOST_ATTRIBUTES} attributes.", "Leave some out; those beyond were.")
                break
            elif len(_encode(attribute)) > LARGEST_VALUE:
                self.fail(place, _BOUND, f"The attribute {shown(name)} has more than {LARGEST_VALUE} bytes.", "Shorten it; it was left out.")
            else:
                kept.append(attribute)
        return kept

    def _children(self, given: Any, path: str) -> list[str]:
        kept: dict[str, None] = {}
        for index, child in enumerate(given if isinstance(given, list) else []):
            if len(kept) >= MOST_CHILDREN:
                self.fail(
                    path, _BOUND, f"The element has more than {MOST_CHILDREN} children.", "Put levels between them; those beyond were left out."
                )
                break
            found = self._identifier(child, f"{path}[{index}]") if isinstance(child, str) and is_uri(child) else None
            if found is not None:
                kept[found.uri] = None
        return list(kept)


def _together(first: Element, second: Element) -> Element:
    """An element that a document tells twice has what is told in both."""
    body = {**first.body, **second.body}
    attributes = [*first.body.get("attributes", ()), *second.body.get("attributes", ())][:MOST_ATTRIBUTES]
    if attributes:
        body["attributes"] = attributes
    if children := list(dict.fromkeys([*first.children, *second.children])):
        body["children"] = children[:MOST_CHILDREN]
    return Element(first.vocabulary, first.element, first.captured, body)
