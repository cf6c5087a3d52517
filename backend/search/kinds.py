"""What can be found, as numbers that are stored."""

from enum import IntEnum
from typing import Final

from backend.identifiers import ObjectKind


class SearchKind(IntEnum):
    """What a hit is; the numbers are stored and never change. Up to 9 they are those of `ObjectKind`."""

    LOT = 1
    UNIT = 2
    LOGISTIC_UNIT = 3
    ASSET = 4
    TANK = 5
    TRANSFORMATION = 6
    PRODUCT_CLASS = 7
    OTHER = 8
    PRODUCT = 20
    PLACE = 21
    PARTNER = 22
    DOCUMENT = 23
    SUPPLIER_LOT = 24
    EQUIPMENT = 25
    OPERATOR = 26
    FIELD = 27
    PARAMETER = 28


OBJECT_KINDS: Final = tuple(kind for kind in SearchKind if kind < 10)
# Internal nodes of the genealogy have kinds of their own, which nobody types.
FOUND_OBJECTS: Final = frozenset(ObjectKind(int(kind)) for kind in OBJECT_KINDS)
CATALOGUE_KINDS: Final = (SearchKind.PRODUCT, SearchKind.PLACE, SearchKind.PARTNER)
# What only events tell.
TOLD_KINDS: Final = (SearchKind.DOCUMENT, SearchKind.SUPPLIER_LOT, SearchKind.EQUIPMENT, SearchKind.OPERATOR, SearchKind.FIELD, SearchKind.PARAMETER)
# In which order groups stand that match equally well.
ORDER: Final = (
    SearchKind.PRODUCT, SearchKind.LOT, SearchKind.UNIT, SearchKind.LOGISTIC_UNIT, SearchKind.ASSET, SearchKind.TANK, SearchKind.DOCUMENT,
    SearchKind.SUPPLIER_LOT, SearchKind.PARTNER, SearchKind.PLACE, SearchKind.EQUIPMENT, SearchKind.OPERATOR, SearchKind.PRODUCT_CLASS,
    SearchKind.OTHER, SearchKind.TRANSFORMATION, SearchKind.FIELD, SearchKind.PARAMETER,
)  # fmt: skip
