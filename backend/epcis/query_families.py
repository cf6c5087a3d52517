"""Query parameters whose names hold a name: a type, a unit, or an extension field (EPCIS 2.0 §8.2.7.1)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from backend.epcis.query_values import Asked
from backend.events.fields.extraction import MEASURED
from backend.events.fields.names import Scope, field_code, standard
from backend.events.query_service import AttributeTest, Comparison, Described, EventFilter, FieldTest
from backend.events.vocabulary import BUSINESS_TRANSACTION_TYPE, SOURCE_DESTINATION_TYPE, Vocabulary, expanded
from backend.identifiers import is_uri
from backend.units.sensors import base_unit, in_base_unit

_SCOPES: Final = {
    None: Scope.TOP,
    "ILMD_": Scope.ILMD,
    "ERROR_DECLARATION_": Scope.ERROR_DECLARATION,
    "SENSORELEMENT_": Scope.SENSOR_ELEMENT,
    "SENSORMETADATA_": Scope.SENSOR_METADATA,
    "SENSORREPORT_": Scope.SENSOR_REPORT,
    "readPoint_": Scope.READ_POINT,
    "bizLocation_": Scope.BIZ_LOCATION,
}
_FIELD: Final = re.compile(rf"(INNER_)?({'|'.join(name for name in _SCOPES if name)})?(.+:.+)", re.DOTALL)
_EXTENSION: Final = re.compile(r"(EQ|GT|GE|LT|LE|EXISTS)_(.+:.+)", re.DOTALL)
_MEASURED: Final = re.compile(rf"(EQ|GT|GE|LT|LE)_({'|'.join(MEASURED)})_([A-Z0-9]{{2,4}})", re.ASCII)
_RANK: Final = re.compile(r"(EQ|GT|GE|LT|LE)_percRank", re.ASCII)
_QUANTITY: Final = re.compile(r"(EQ|GT|GE|LT|LE)_quantity(?:_([A-Z0-9]{2,4}))?", re.ASCII)
_TYPED: Final = re.compile(r"EQ_(bizTransaction|source|destination)_(.+)", re.DOTALL)
_ATTRIBUTE: Final = re.compile(rf"HASATTR_({'|'.join(Described)})|EQATTR_({'|'.join(Described)})_(.+)", re.DOTALL)
_OTHER_ATTRIBUTE: Final = re.compile(r"(?:HASATTR|EQATTR|EQ_ATTR)_.*", re.DOTALL)
# What a URI may begin with, so that it is no prefix that somebody forgot to declare.
_SCHEMES: Final = ("http:", "https:", "urn:", "ni:", "did:", "tag:", "info:", "geo:")


def read_family(wanted: EventFilter, asked: Asked) -> EventFilter | None:
    """The filter with such a parameter; None where the name belongs to none of the families."""
    for pattern, read in _FAMILIES.items():
        if (found := pattern.fullmatch(asked.name)) is not None:
            test = read(asked, found)
            if isinstance(test, AttributeTest):
                return replace(wanted, attributes=(*wanted.attributes, test))
            return wanted if test is None else replace(wanted, fields=(*wanted.fields, test))
    return None


def takes_text(name: str) -> bool:
    """Whether the parameter's values are texts in which a comma means nothing."""
    return (_EXTENSION.fullmatch(name) is not None and _TYPED.fullmatch(name) is None) or name.startswith("EQATTR_")


def extension_field(asked: Asked, name: str) -> int:
    """The code of an extension field, named in full or with a prefix, and where it stands ("ILMD_", "INNER_" and so on)."""
    found = _FIELD.fullmatch(name)
    if found is None:
        asked.refuse("names no field: write its namespace, # and its name, or a prefix and its name.")
    return field_code(_SCOPES[found[2]], full_name(asked, found[3]), inner=found[1] is not None)


def full_name(asked: Asked, name: str) -> str:
    """A field's or a type's name with its namespace."""
    full = expanded(name, asked.prefixes)
    if full == name and not full.startswith(_SCHEMES):
        prefix = name.partition(":")[0][:40]
        asked.refuse(f"has the prefix “{prefix}”, which isn't known. Declare it in GS1-Extensions: {prefix}=https://…, or write the name in full.")
    return full


def _extension(asked: Asked, found: re.Match[str]) -> FieldTest | None:
    comparison = Comparison(found[1])
    code = extension_field(asked, found[2])
    if comparison is Comparison.EXISTS and not asked.flag():
        return None
    return asked.test(code, comparison)


def _measured(asked: Asked, found: re.Match[str]) -> FieldTest:
    comparison, unit = Comparison(found[1]), found[3]
    numbers = asked.numbers(several=comparison is Comparison.EQ)
    reckoned = tuple(in_base_unit(number, unit, spread=found[2] == "sDev") for number in numbers)
    return FieldTest(standard(f"sensor.{found[2]}", base_unit(unit)), comparison, numbers=reckoned)


def _rank(asked: Asked, found: re.Match[str]) -> FieldTest:
    comparison = Comparison(found[1])
    numbers = asked.numbers(several=comparison is Comparison.EQ)
    return FieldTest(standard("sensor.percRank"), comparison, numbers=tuple(float(number) for number in numbers))


def _quantity(asked: Asked, found: re.Match[str]) -> FieldTest:
    comparison = Comparison(found[1])
    numbers = asked.numbers(several=comparison is Comparison.EQ)
    return FieldTest(standard("quantity"), comparison, numbers=tuple(float(number) for number in numbers), unit=found[2])


_TYPES: Final[Mapping[str, Vocabulary]] = {
    "bizTransaction": BUSINESS_TRANSACTION_TYPE,
    "source": SOURCE_DESTINATION_TYPE,
    "destination": SOURCE_DESTINATION_TYPE,
}


def _typed(asked: Asked, found: re.Match[str]) -> FieldTest:
    kind = _TYPES[found[1]].canonical(found[2], asked.prefixes)
    if kind is None or (kind == found[2] and is_uri(kind) and not kind.startswith(_SCHEMES)):
        asked.refuse(f"names no type of {found[1]}: write one of {', '.join(sorted(_TYPES[found[1]].words))}, or a URI in full.")
    return FieldTest(standard(found[1], kind), Comparison.EQ, texts=asked.references())


def _attribute(asked: Asked, found: re.Match[str]) -> AttributeTest:
    if found[1] is not None:
        return AttributeTest(Described(found[1]), asked.values)
    return AttributeTest(Described(found[2]), (found[3],), asked.values)


def _other_attribute(asked: Asked, _found: re.Match[str]) -> FieldTest:
    asked.refuse(f"asks for attributes of something else than {', '.join(Described)}, whose master data events are found by.")


_FAMILIES: Final[dict[re.Pattern[str], Callable[[Asked, re.Match[str]], FieldTest | AttributeTest | None]]] = {
    _MEASURED: _measured,
    _RANK: _rank,
    _QUANTITY: _quantity,
    _TYPED: _typed,
    _ATTRIBUTE: _attribute,
    _OTHER_ATTRIBUTE: _other_attribute,
    _EXTENSION: _extension,
}
FAMILIES: Final = (
    "EQ_bizTransaction_<type>", "EQ_source_<type>", "EQ_destination_<type>", "EQ_quantity_<uom>", "EQ_value_<uom>", "EQ_<field>",
    "EQ_INNER_<field>", "EQ_ILMD_<field>", "EXISTS_<field>", "HASATTR_readPoint", "EQATTR_readPoint_<attribute>",
)  # fmt: skip
