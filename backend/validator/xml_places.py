"""Finds the elements of an XML text that the paths of its JSON form name, with their lines, columns and XPaths."""

import re
from collections import Counter
from contextlib import suppress
from itertools import islice
from typing import Final
from xml.parsers import expat

from lxml import etree
from lxml.etree import _Element

from backend.events.faults import DocumentFaults
from backend.events.xml_reader_extensions import fields
from backend.events.xml_reader_names import split_name
from backend.validator.places import Place, steps

# What the JSON form names otherwise than the XML does.
_CAPITALS: Final = {"epcisBody": "EPCISBody", "epcisHeader": "EPCISHeader", "epcisMasterData": "EPCISMasterData"}
# These stand beside each other without a list around them.
_REPEATED: Final = frozenset({"sensorReport", "set", "unset", "certificationInfo"})
_ATTRIBUTE: Final = re.compile(r"""\s([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')""")
_LONGEST_TAG: Final = 20_000


class XmlPlaces:
    """The places of the elements. The text has been parsed before, and has no DOCTYPE."""

    def __init__(self, text: str) -> None:
        self._text = text.split("\n")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True)
        self._root = etree.fromstring(_declared_as_utf8(text).encode(), parser)
        starts = _starts(text)
        self._places = dict(zip(self._root.iter(), starts, strict=False))
        # A list of thousands is gone through once, however many of its elements are asked for.
        self._fields: dict[_Element, list[_Element]] = {}
        self._numbers: dict[_Element, dict[_Element, int]] = {}

    def find(self, path: str) -> Place:
        """The element's or attribute's place, or that of the nearest element that would hold it."""
        document = _document(self._root)
        try:
            element, attribute = self._followed(document, steps(path))
        except DocumentFaults:
            element, attribute = document, None
        line, column = self._places.get(element, (1, 1))
        xpath = self._xpath(element)
        if attribute is None:
            return Place(line, column, xpath)
        return self._of_attribute(line, column, attribute, f"{xpath}/@{attribute}")

    def _of_attribute(self, line: int, column: int, name: str, xpath: str) -> Place:
        tag = "\n".join(self._text[line - 1 : line + 49])[column - 1 :][:_LONGEST_TAG]
        for match in _ATTRIBUTE.finditer(tag.partition(">")[0] + ">"):
            if match[1].rpartition(":")[2] == name:
                before = tag[: match.start(1)]
                lines = before.count("\n")
                return Place(line + lines, len(before) - before.rfind("\n") if lines else column + len(before), xpath)
        return Place(line, column, xpath)

    def _xpath(self, element: _Element) -> str:
        names = []
        here: _Element | None = element
        while here is not None:
            parent: _Element | None = here.getparent()
            names.append(_name(here) + self._number(here, parent))
            here = parent
        return "/" + "/".join(reversed(names))

    def _followed(self, element: _Element, path: list[str | int]) -> tuple[_Element, str | None]:
        """The element that a path leads to, or the last on the way; and the attribute, where that is what it names."""
        siblings: list[_Element] = []
        for step in path:
            if isinstance(step, int):
                children = siblings if len(siblings) > 1 or _name(element) in _REPEATED else self._fields_of(element)
                if step >= len(children):
                    return element, None
                element, siblings = children[step], []
                continue
            wanted = _CAPITALS.get(step, step).rpartition(":")[2]
            if wanted == "epcisBody" or (wanted == "queryResults" and _name(element) == "QueryResults"):
                continue
            siblings = [child for child in self._fields_of(element) if _name(child).lower() == wanted.lower()]
            if siblings:
                element = siblings[0]
            elif any(split_name(str(name))[1] == wanted for name in element.attrib):
                return element, wanted
            elif _name(element) != wanted:
                return element, None
        return element, None

    def _fields_of(self, element: _Element) -> list[_Element]:
        if element not in self._fields:
            self._fields[element] = list(fields(element))
        return self._fields[element]

    def _number(self, element: _Element, parent: _Element | None) -> str:
        """Its number among those of its name; none where it is the only one."""
        if parent is None:
            return ""
        if parent not in self._numbers:
            counts: Counter[str] = Counter()
            self._numbers[parent] = numbers = {}
            for child in parent:
                counts[child.tag] += 1
                numbers[child] = counts[child.tag]
            # The only ones of their name need no number.
            self._numbers[parent] = {child: number for child, number in numbers.items() if counts[child.tag] > 1}
        number = self._numbers[parent].get(element)
        return "" if number is None else f"[{number}]"


def _declared_as_utf8(text: str) -> str:
    """Without its declaration, which may name the encoding that the text no longer has."""
    return re.sub(r"^\ufeff?<\?xml[^>]*\?>", "", text)


def _starts(text: str) -> list[tuple[int, int]]:
    """Line and column of every element's start, in the order of the document."""
    found: list[tuple[int, int]] = []
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda _name, _attributes: found.append((parser.CurrentLineNumber, parser.CurrentColumnNumber + 1))
    # The other parser has read it; what this one won't, is placed as far as it came.
    with suppress(expat.ExpatError):
        parser.Parse(text.encode(), True)
    return found


def _document(root: _Element) -> _Element:
    """The EPCIS element, also inside an envelope."""
    for element in islice(root.iter(), 50):
        if split_name(element.tag)[1] in ("EPCISDocument", "EPCISQueryDocument", "QueryResults", "EPCISMasterDataDocument"):
            return element
    return root


def _name(element: _Element) -> str:
    return split_name(element.tag)[1]
