"""How other systems spell what the rule asks for: business steps, extensions and attributes, read whatever their namespace. Rules only.

Our own names are those of `backend/docs/fsma204.md`, in the namespace of our extensions; CBV master data, the GS1 Web Vocabulary, the
seafood dialogue's (GDST) words and those that follow the rule's own text are read as well. Only the last word of a name counts, without
case and signs: "suyuan:traceabilityLotCodeSource", "tlc:TLC_Source" and "https://example.com/ns/tlcSource" say the same.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from backend.catalog.attributes import local_name, texts
from backend.fsma204.elements import Cte

_SIGNS: Final = re.compile(r"[^a-z0-9]+")
_DEEPEST: Final = 4

STEPS: Final[Mapping[str, Cte]] = {
    **dict.fromkeys(("harvesting", "harvest", "farmharvest", "harvested"), Cte.HARVESTING),
    **dict.fromkeys(("cooling", "precooling", "hydrocooling", "vacuumcooling", "forcedaircooling", "hydrovaccooling", "icing"), Cte.COOLING),
    **dict.fromkeys(("initialpacking", "initialpack", "initialpacker", "fieldpacking"), Cte.INITIAL_PACKING),
    **dict.fromkeys(("landing", "firstlandbasedreceiving", "firstlandbasedreceiver", "firstreceiving"), Cte.FIRST_LAND_BASED_RECEIVING),
    **dict.fromkeys(("shipping", "departing", "ship"), Cte.SHIPPING),
    **dict.fromkeys(("receiving", "receive", "receipt", "goodsreceipt"), Cte.RECEIVING),
    **dict.fromkeys(("transformation", "transforming", "processing", "repackaging", "repacking", "relabelling", "relabeling", "commingling"),
                    Cte.TRANSFORMATION),
}  # fmt: skip
_CTES: Final = {
    **STEPS, "initialpackingexempt": Cte.INITIAL_PACKING_EXEMPT, "receivingexempt": Cte.RECEIVING_EXEMPT, "none": None, "no": None,
}  # fmt: skip
# By slot of a record, the names by which it is told; the first is our own.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "cte": ("criticalTrackingEvent", "cte", "criticalTrackingEventType"),
    "lot": ("traceabilityLotCode", "tlc"),
    "tlc_source": ("traceabilityLotCodeSource", "tlcSource", "tlcSourceGLN", "tlcSourceLocation", "lotCodeSource"),
    "tlc_reference": ("traceabilityLotCodeSourceReference", "tlcSourceReference", "tlcSourceURL", "tlcSourceRef"),
    "paper_type": ("referenceDocumentType", "refDocType"),
    "paper_number": ("referenceDocumentNumber", "referenceDocumentNo", "refDocNumber", "refDocNum"),
    "commodity": ("commodity", "commodityName"),
    "variety": ("variety", "varietyName", "variant"),
    "farm": ("farmOfHarvest", "farm", "farmLocation", "harvestFarm", "farmGLN", "harvestLocation"),
    "area": ("growingArea", "growingAreaName", "field", "fieldName", "plot", "block", "ranch"),
    "pond": ("aquacultureContainer", "pond", "pool", "cage", "aquacultureTank", "containerName"),
    "harvester": ("harvester", "harvesterName", "harvestedBy"),
    "harvested": ("harvestDate", "harvestEndDate", "harvestStartDate", "dateOfHarvesting"),
    "cooled_at": ("coolingLocation", "cooledAt", "cooler", "coolerLocation"),
    "cooled": ("coolingDate", "cooledOn", "dateOfCooling"),
    "received": ("receivedDate", "receiptDate", "dateReceived"),
    "received_quantity": ("receivedQuantity",),
    "received_uom": ("receivedUnitOfMeasure", "receivedUom"),
    "species": ("species", "speciesName", "speciesForFisheryStatisticsPurposesName", "acceptableMarketName", "scientificName"),
    "caught_from": ("catchStartDate", "harvestStartDate", "catchDateFrom"),
    "caught_until": ("catchEndDate", "harvestEndDate", "catchDateTo"),
    "caught_in": ("catchArea", "catchAreaFAO", "faoArea", "economicZone", "rfmo", "harvestArea"),
    "vessel": ("vesselName", "vesselID", "vesselCatchInformation", "vesselCatchInformationList", "imoNumber"),
    "packed_on": ("packagingDate", "packDate", "dateOfInitialPacking"),
    "seed_grower": ("seedGrower",), "seed_harvested": ("seedHarvestDate",),
    "seed_conditioner": ("seedConditioner", "seedProcessor"), "seed_conditioner_lot": ("seedConditionerLotCode", "seedProcessorLotCode"),
    "seed_conditioned": ("seedConditioningDate", "seedProcessingDate"),
    "seed_packer": ("seedPackinghouse", "seedPacker"), "seed_packed": ("seedPackingDate",), "seed_repacked": ("seedRepackingDate",),
    "seed_packer_lot": ("seedPackinghouseLotCode",),
    "seed_supplier": ("seedSupplier",), "seed_supplier_lot": ("seedSupplierLotCode", "seedMasterLotCode", "seedSubLotCode"),
    "seed_own_lot": ("seedLotCodeOfSprouter", "newSeedLotCode"),
    "seed_type": ("seedType", "seedTaxonomicName"), "seed_growing": ("seedGrowingSpecifications",), "seed_packaging": ("seedPackaging",),
    "seed_treatment": ("seedTreatment", "seedAntimicrobialTreatment"), "seed_received": ("seedReceiptDate",),
}  # fmt: skip
# Of a product's or place's master data.
PRODUCT_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "brand": ("brandName", "brand"),
    "commodity": ("commodity", "commodityName", "gpcCategoryName"),
    "variety": ("variety", "varietyName"),
    "packaging_size": ("packagingSize", "netContentDescription", "netWeight", "netContent"),
    "packaging_style": ("packagingStyle", "packagingType", "packagingTypeCode", "tradeItemUnitDescriptor"),
    "species": ("species", "speciesName", "speciesForFisheryStatisticsPurposesName", "acceptableMarketName"),
    "name": ("productName", "tradeItemDescription", "regulatedProductName", "descriptionShort", "functionalName"),
}
PLACE_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name", "organizationName", "physicalLocationName", "partyName"),
    "phone": ("phoneNumber", "telephone", "phone", "contactPhone", "telephoneNumber"),
    "street": ("streetAddressOne", "streetAddress", "addressLine1"),
    "city": ("city", "addressLocality"),
    "region": ("state", "addressRegion", "stateProvince", "province"),
    "postal_code": ("postalCode", "zip", "zipCode"),
    "country": ("countryCode", "addressCountry", "country"),
    "latitude": ("latitude",), "longitude": ("longitude",), "coordinates": ("geoCoordinates", "coordinates"),
    "tlc_reference": NAMES["tlc_reference"],
}  # fmt: skip


def folded(name: str) -> str:
    """The last word of a name, without case and signs."""
    return _SIGNS.sub("", local_name(name).lower())


def _index(names: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[tuple[str, int], ...]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for slot, spelled in names.items():
        for rank, name in enumerate(spelled):
            found.setdefault(folded(name), []).append((slot, rank))
    return {name: tuple(slots) for name, slots in found.items()}


_OF_EVENTS: Final = _index(NAMES)
_OF_PRODUCTS: Final = _index(PRODUCT_NAMES)
_OF_PLACES: Final = _index(PLACE_NAMES)
# What EPCIS itself says in an event: no extension.
_STANDARD_TEXT: Final = """type eventID eventTime eventTimeZoneOffset recordTime action bizStep disposition persistentDisposition readPoint
    bizLocation epcList quantityList parentID childEPCs childQuantityList inputEPCList inputQuantityList outputEPCList outputQuantityList
    transformationID bizTransactionList sourceList destinationList sensorElementList errorDeclaration certificationInfo ilmd @context"""
_STANDARD: Final = frozenset(_STANDARD_TEXT.split())


def told_in(body: Mapping[str, Any]) -> dict[str, str]:
    """What an event's extensions and its ILMD tell, by slot: of several spellings the one that stands first, the event's own before the lot's."""
    pairs: list[tuple[str, str]] = []
    for name, value in body.items():
        if name not in _STANDARD:
            pairs += _flat(name, value)
    ilmd = body.get("ilmd")
    for name, value in ilmd.items() if isinstance(ilmd, Mapping) else ():
        pairs += _flat(name, value)
    return _best(pairs, _OF_EVENTS)


def told_of_product(attributes: Mapping[str, list[str]]) -> dict[str, str]:
    """The product description in what is told of a product's class."""
    return _best([(name, text) for name, found in attributes.items() for text in found], _OF_PRODUCTS)


def told_of_place(attributes: Mapping[str, list[str]]) -> dict[str, str]:
    """The location description in what is told of a place or party."""
    return _best([(name, text) for name, found in attributes.items() for text in found], _OF_PLACES)


def _best(pairs: list[tuple[str, str]], index: Mapping[str, tuple[tuple[str, int], ...]]) -> dict[str, str]:
    found: dict[str, tuple[int, str]] = {}
    for name, text in pairs:
        for slot, rank in index.get(folded(name), ()):
            if text.strip() and (slot not in found or rank < found[slot][0]):
                found[slot] = (rank, text.strip())
    return {slot: text for slot, (_, text) in found.items()}


def _flat(name: str, value: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """(name, text) of a value and of all in it; that something stands there at all is told by an empty object's own name."""
    told = [text for _, text in texts(value)]
    if told:
        yield name, told[0]
    elif isinstance(value, Mapping) and depth < _DEEPEST:
        yield name, "…"
        for inner, held in value.items():
            yield from _flat(inner, held, depth + 1)
    elif isinstance(value, list) and depth < _DEEPEST:
        for held in value[:50]:
            yield from _flat(name, held, depth + 1)


def step_of(biz_step: str | None, told: Mapping[str, str]) -> Cte | None:
    """The event that a business step, or the event's own word, names; None for other steps."""
    word = told.get("cte")
    if word is not None and folded(word) in _CTES:
        return _CTES[folded(word)]
    return STEPS.get(folded(biz_step)) if biz_step else None


def is_no_event(told: Mapping[str, str]) -> bool:
    """Whether the event says of itself that it is none of the rule's."""
    return "cte" in told and folded(told["cte"]) in ("none", "no")
