"""The rule's critical tracking events and their key data elements, each with its citation, what it is made of and when it applies.

`KDES` is the whole of 21 CFR 1.1325–1.1350 as data: completeness, the sheet's columns and the documentation are made from it.
A key data element consists of parts, and each part is a slot of a record with a shape; several elements may share a slot.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final


class Cte(IntEnum):
    """The critical tracking events; the numbers stand in documents and never change."""

    HARVESTING = 1
    COOLING = 2
    INITIAL_PACKING = 3
    SPROUTS = 4
    INITIAL_PACKING_EXEMPT = 5
    FIRST_LAND_BASED_RECEIVING = 6
    SHIPPING = 7
    RECEIVING = 8
    RECEIVING_EXEMPT = 9
    TRANSFORMATION = 10


SECTIONS: Final = {
    Cte.HARVESTING: "1.1325(a)", Cte.COOLING: "1.1325(b)", Cte.INITIAL_PACKING: "1.1330(a)", Cte.SPROUTS: "1.1330(b)",
    Cte.INITIAL_PACKING_EXEMPT: "1.1330(c)", Cte.FIRST_LAND_BASED_RECEIVING: "1.1335", Cte.SHIPPING: "1.1340", Cte.RECEIVING: "1.1345(a)",
    Cte.RECEIVING_EXEMPT: "1.1345(b)", Cte.TRANSFORMATION: "1.1350(a)",
}  # fmt: skip
CTE_NAMES: Final = {
    Cte.HARVESTING: ("收获", "Harvesting"), Cte.COOLING: ("初次包装前冷却", "Cooling before initial packing"),
    Cte.INITIAL_PACKING: ("初次包装", "Initial packing"), Cte.SPROUTS: ("芽苗菜初次包装（附加）", "Initial packing of sprouts, additional"),
    Cte.INITIAL_PACKING_EXEMPT: ("初次包装（来自不适用本规则者）", "Initial packing, from a person not subject to the rule"),
    Cte.FIRST_LAND_BASED_RECEIVING: ("首次陆上接收", "First land-based receiving"), Cte.SHIPPING: ("发货", "Shipping"),
    Cte.RECEIVING: ("收货", "Receiving"), Cte.RECEIVING_EXEMPT: ("收货（来自不适用本规则者）", "Receiving, from a person not subject to the rule"),
    Cte.TRANSFORMATION: ("加工转化", "Transformation"),
}  # fmt: skip


class Shape(StrEnum):
    """What a value has to hold to be complete."""

    LOT_CODE = "lot code"
    PLACE = "location description"
    """1.1310: business name, phone number, address or coordinates, city, State and zip code or what other countries have, and country."""
    PERSON = "business name and phone number"
    PRODUCT = "product description"
    """1.1310: product name with brand, commodity and variety where there are such, packaging size, packaging style."""
    FOOD = "commodity and variety"
    AMOUNT = "quantity and unit of measure"
    DAY = "date"
    PAPER = "reference document type and number"
    TEXT = "text"


class Condition(StrEnum):
    """When an element is asked for."""

    ALWAYS = "always"
    PRODUCE = "produce"
    AQUACULTURE = "aquacultured food"
    IF_TOLD = "if applicable"
    """Where one part of a fact is told, the rest of it is asked for; where nothing is, it doesn't apply."""


class Side(StrEnum):
    """Whom a row of the record is about: the lot itself, or a lot used to make it (1.1350(a)(1))."""

    LOT = "lot"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Part:
    """A slot with its shape. `optional` parts belong to an element and don't make it incomplete; of `instead` either will do."""

    slot: str
    shape: Shape
    optional: bool = False
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class Kde:
    """A key data element; `cite` is its paragraph of 21 CFR. `passed_on`: it has to be given to whoever is next in the chain."""

    cte: Cte
    cite: str
    text: str
    parts: tuple[Part, ...]
    condition: Condition = Condition.ALWAYS
    passed_on: bool = False
    side: Side = Side.LOT


_LOT, _PLACE, _AMOUNT, _DAY, _TEXT = Shape.LOT_CODE, Shape.PLACE, Shape.AMOUNT, Shape.DAY, Shape.TEXT
_LOT_CODE: Final = (Part("lot", _LOT),)
_QUANTITY: Final = (Part("amount", _AMOUNT),)
_PRODUCT: Final = (Part("product", Shape.PRODUCT),)
_FOOD: Final = (Part("food", Shape.FOOD),)
_HERE: Final = (Part("here", _PLACE),)
_HERE_AS_SOURCE: Final = (Part("here", _PLACE), Part("tlc_reference", _TEXT, optional=True))
_DATE: Final = (Part("date", _DAY),)
_PAPER: Final = (Part("paper", Shape.PAPER),)
_FROM: Final = (Part("source", _PLACE),)
_TO: Final = (Part("recipient", _PLACE),)
_FARM: Final = (Part("farm", _PLACE),)
_AREA: Final = (Part("area", _TEXT),)
_POND: Final = (Part("pond", _TEXT),)
_TLC_SOURCE: Final = (Part("tlc_source", _PLACE, instead="tlc_reference"), Part("tlc_reference", _TEXT, optional=True))
_TYPE_AND_NUMBER: Final = "Reference document type and reference document number"
_P, _A, _I = Condition.PRODUCE, Condition.AQUACULTURE, Condition.IF_TOLD


def _kdes(cte: Cte, *rows: tuple[str, str, tuple[Part, ...], Condition, bool]) -> tuple[Kde, ...]:
    return tuple(Kde(cte, SECTIONS[cte] + cite, text, parts, condition, passed_on) for cite, text, parts, condition, passed_on in rows)


_ALWAYS: Final = Condition.ALWAYS
_HARVESTING: Final = _kdes(
    Cte.HARVESTING,
    ("(1)(i)", "Location description of the immediate subsequent recipient", _TO, _ALWAYS, True),
    ("(1)(ii)", "Commodity and, if applicable, variety", _FOOD, _ALWAYS, True),
    ("(1)(iii)", "Quantity and unit of measure", _QUANTITY, _ALWAYS, True),
    ("(1)(iv)", "Location description of the farm of harvest", _FARM, _ALWAYS, True),
    ("(1)(v)", "Name of the field or other growing area", _AREA, _P, True),
    ("(1)(vi)", "Name of the container of aquaculture", _POND, _A, True),
    ("(1)(vii)", "Date of harvesting", (Part("harvested", _DAY),), _ALWAYS, True),
    ("(1)(viii)", _TYPE_AND_NUMBER, _PAPER, _ALWAYS, False),
)
_COOLING: Final = _kdes(
    Cte.COOLING,
    ("(1)(i)", "Location description of the immediate subsequent recipient", _TO, _ALWAYS, True),
    ("(1)(ii)", "Commodity and, if applicable, variety", _FOOD, _ALWAYS, True),
    ("(1)(iii)", "Quantity and unit of measure", _QUANTITY, _ALWAYS, True),
    ("(1)(iv)", "Location description of where it was cooled", _HERE, _ALWAYS, True),
    ("(1)(v)", "Date of cooling", _DATE, _ALWAYS, True),
    ("(1)(vi)", "Location description of the farm of harvest", _FARM, _ALWAYS, True),
    ("(1)(vii)", _TYPE_AND_NUMBER, _PAPER, _ALWAYS, False),
)
_PACKED: Final = (
    ("Traceability lot code that was assigned", _LOT_CODE),
    ("Product description of the packed food", _PRODUCT),
    ("Quantity and unit of measure of the packed food", _QUANTITY),
    ("Location description of where it was initially packed, the traceability lot code source", _HERE_AS_SOURCE),
    ("Date of initial packing", _DATE),
    (_TYPE_AND_NUMBER, _PAPER),
)
_PACKING: Final = _kdes(
    Cte.INITIAL_PACKING,
    ("(1)", "Commodity and, if applicable, variety received", _FOOD, _ALWAYS, False),
    ("(2)", "Date of receipt", (Part("received", _DAY),), _ALWAYS, False),
    ("(3)", "Quantity and unit of measure received", (Part("received_amount", _AMOUNT),), _ALWAYS, False),
    ("(4)", "Location description of the farm of harvest", _FARM, _ALWAYS, False),
    ("(5)", "Name of the field or other growing area", _AREA, _P, False),
    ("(6)", "Name of the container of aquaculture", _POND, _A, False),
    ("(7)", "Business name and phone number of the harvester", (Part("harvester", Shape.PERSON),), _ALWAYS, False),
    ("(8)", "Date of harvesting", (Part("harvested", _DAY),), _ALWAYS, False),
    ("(9)", "Location description of where it was cooled", (Part("cooled_at", _PLACE),), _I, False),
    ("(10)", "Date of cooling", (Part("cooled", _DAY),), _I, False),
    *((f"({11 + at})", text, parts, _ALWAYS, False) for at, (text, parts) in enumerate(_PACKED)),
)
_PACKING_EXEMPT: Final = _kdes(
    Cte.INITIAL_PACKING_EXEMPT,
    ("(1)", "Commodity and, if applicable, variety received", _FOOD, _ALWAYS, False),
    ("(2)", "Date of receipt", (Part("received", _DAY),), _ALWAYS, False),
    ("(3)", "Quantity and unit of measure received", (Part("received_amount", _AMOUNT),), _ALWAYS, False),
    ("(4)", "Location description of the person from whom it was received", _FROM, _ALWAYS, False),
    *((f"({5 + at})", text, parts, _ALWAYS, False) for at, (text, parts) in enumerate(_PACKED)),
)
_SPROUTS: Final = _kdes(
    Cte.SPROUTS,
    ("(1)", "Location description of the grower of the seeds and date of seed harvesting",
     (Part("seed_grower", _PLACE, optional=True), Part("seed_harvested", _DAY, optional=True)), _I, False),
    ("(2)", "Location description of the seed conditioner or processor, its seed lot code, date of conditioning or processing",
     (Part("seed_conditioner", _PLACE), Part("seed_conditioner_lot", _TEXT), Part("seed_conditioned", _DAY)), _ALWAYS, False),
    ("(3)", "Location description of the seed packinghouse, date of packing and any repacking, any seed lot code",
     (Part("seed_packer", _PLACE), Part("seed_packed", _DAY), Part("seed_repacked", _DAY, optional=True),
      Part("seed_packer_lot", _TEXT, optional=True)), _ALWAYS, False),
    ("(4)", "Location description of the seed supplier, any seed lot codes that it or the sprouter assigned",
     (Part("seed_supplier", _PLACE), Part("seed_supplier_lot", _TEXT, optional=True), Part("seed_own_lot", _TEXT, optional=True)), _ALWAYS, False),
    ("(5)", "Description of the seeds: type or taxonomic name, growing specifications, packaging, antimicrobial treatment if any",
     (Part("seed_type", _TEXT), Part("seed_growing", _TEXT), Part("seed_packaging", _TEXT), Part("seed_treatment", _TEXT, optional=True)),
     _ALWAYS, False),
    ("(6)", "Date of receipt of the seeds", (Part("seed_received", _DAY),), _ALWAYS, False),
    ("(7)", _TYPE_AND_NUMBER, _PAPER, _ALWAYS, False),
)  # fmt: skip
_LANDING: Final = _kdes(
    Cte.FIRST_LAND_BASED_RECEIVING,
    ("(a)", "Traceability lot code that was assigned", _LOT_CODE, _ALWAYS, False),
    ("(b)", "Species or acceptable market name of unpackaged food, or product description of packaged food",
     (Part("species", _TEXT, instead="product"), Part("product", Shape.PRODUCT, optional=True)), _ALWAYS, False),
    ("(c)", "Quantity and unit of measure", _QUANTITY, _ALWAYS, False),
    ("(d)", "Harvest date range and locations of the trip",
     (Part("caught_from", _DAY), Part("caught_until", _DAY), Part("caught_in", _TEXT)), _ALWAYS, False),
    ("(e)", "Location description of the first land-based receiver, the traceability lot code source", _HERE_AS_SOURCE, _ALWAYS, False),
    ("(f)", "Date of landing", _DATE, _ALWAYS, False),
    ("(g)", _TYPE_AND_NUMBER, _PAPER, _ALWAYS, False),
)  # fmt: skip
_SHIPPING: Final = _kdes(
    Cte.SHIPPING,
    ("(a)(1)", "Traceability lot code", _LOT_CODE, _ALWAYS, True),
    ("(a)(2)", "Quantity and unit of measure", _QUANTITY, _ALWAYS, True),
    ("(a)(3)", "Product description", _PRODUCT, _ALWAYS, True),
    ("(a)(4)", "Location description of the immediate subsequent recipient", _TO, _ALWAYS, True),
    ("(a)(5)", "Location description of where it was shipped from", _HERE, _ALWAYS, True),
    ("(a)(6)", "Date of shipping", _DATE, _ALWAYS, True),
    ("(a)(7)", "Location description of the traceability lot code source, or the reference to it", _TLC_SOURCE, _ALWAYS, True),
    ("(a)(8)", _TYPE_AND_NUMBER, _PAPER, _ALWAYS, False),
)
_RECEIVING: Final = _kdes(
    Cte.RECEIVING,
    ("(1)", "Traceability lot code", _LOT_CODE, _ALWAYS, False),
    ("(2)", "Quantity and unit of measure", _QUANTITY, _ALWAYS, False),
    ("(3)", "Product description", _PRODUCT, _ALWAYS, False),
    ("(4)", "Location description of the immediate previous source", _FROM, _ALWAYS, False),
    ("(5)", "Location description of where it was received", _HERE, _ALWAYS, False),
    ("(6)", "Date of receipt", _DATE, _ALWAYS, False),
    ("(7)", "Location description of the traceability lot code source, or the reference to it", _TLC_SOURCE, _ALWAYS, False),
    ("(8)", _TYPE_AND_NUMBER, _PAPER, _ALWAYS, False),
)
_RECEIVING_EXEMPT: Final = _kdes(
    Cte.RECEIVING_EXEMPT,
    ("(1)", "Traceability lot code, assigned where there is none yet", _LOT_CODE, _ALWAYS, False),
    ("(2)", "Quantity and unit of measure", _QUANTITY, _ALWAYS, False),
    ("(3)", "Product description", _PRODUCT, _ALWAYS, False),
    ("(4)", "Location description of the immediate previous source", _FROM, _ALWAYS, False),
    ("(5)", "Location description of where it was received, the traceability lot code source", _HERE_AS_SOURCE, _ALWAYS, False),
    ("(6)", "Date of receipt", _DATE, _ALWAYS, False),
    ("(7)", _TYPE_AND_NUMBER, _PAPER, _ALWAYS, False),
)
_USED: Final = tuple(
    Kde(Cte.TRANSFORMATION, f"1.1350(a)(1)({number})", text, parts, Condition.IF_TOLD, side=Side.USED)
    for number, text, parts in (
        ("i", "Traceability lot code of a food used", _LOT_CODE),
        ("ii", "Product description of a food used", _PRODUCT),
        ("iii", "Quantity and unit of measure used of that lot", _QUANTITY),
    )
)
_MADE: Final = _kdes(
    Cte.TRANSFORMATION,
    ("(2)(i)", "New traceability lot code", _LOT_CODE, _ALWAYS, False),
    ("(2)(ii)", "Location description of where it was transformed, the traceability lot code source", _HERE_AS_SOURCE, _ALWAYS, False),
    ("(2)(iii)", "Date on which the transformation was completed", _DATE, _ALWAYS, False),
    ("(2)(iv)", "Product description", _PRODUCT, _ALWAYS, False),
    ("(2)(v)", "Quantity and unit of measure", _QUANTITY, _ALWAYS, False),
    ("(2)(vi)", "Reference document type and number of the transformation", _PAPER, _ALWAYS, False),
)
KDES: Final = (
    *_HARVESTING, *_COOLING, *_PACKING, *_SPROUTS, *_PACKING_EXEMPT, *_LANDING, *_SHIPPING, *_RECEIVING, *_RECEIVING_EXEMPT, *_USED, *_MADE,
)  # fmt: skip
OF_CTE: Final = {cte: tuple(kde for kde in KDES if kde.cte is cte) for cte in Cte}
