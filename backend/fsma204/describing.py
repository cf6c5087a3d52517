"""What foods and places are, from what the company told for the rule, from its catalogue and from documents' master data. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from backend.catalog import service as catalog
from backend.fsma204 import spellings
from backend.fsma204.foods import Listed, Listing, classify
from backend.fsma204.values import Place, Product, filled
from infra.database import Record


@dataclass(frozen=True, slots=True)
class Food:
    """A product with what decides whether the rule counts for it."""

    product: Product
    listing: Listing
    produce: bool | None
    aquaculture: bool | None


def food_of(
    gtin: str, product: catalog.Product | None, attributes: Mapping[str, list[str]], *, own: Record | None, languages: tuple[str, ...]
) -> Food:
    """A food from the catalogue, from what documents tell of its class, and from what the company told for the rule, which goes first."""
    told = spellings.told_of_product(attributes)
    names = dict(product.names) if product else {}
    name = (catalog.name_in(names, languages) if names else "") or told.get("name", "")
    fields = ("brand", "commodity", "variety", "packaging_size", "packaging_style", "species")
    described = Product(gtin, name, *((own[field] if own else "") or told.get(field, "") for field in fields))
    words = " ; ".join(dict.fromkeys([*names.values(), told.get("name", ""), described.commodity, described.variety, described.species]))
    listing = classify(words)
    declared = Listed(own["listed"]) if own else Listed.UNDETERMINED
    if declared is not Listed.UNDETERMINED:
        listing = Listing(declared, listing.category, "So the company has declared.", listing.exempt, listing.produce)
    produce = own["produce"] if own and own["produce"] is not None else listing.produce
    return Food(described, listing, produce, own["aquaculture"] if own else None)


@dataclass(frozen=True, slots=True)
class DescribedPlace:
    """A place with the reference to it as a lot code source."""

    place: Place
    reference: str


def place_of(
    uri: str, location: catalog.Location | None, partner: catalog.Partner | None, attributes: Mapping[str, list[str]], *, own: Record | None,
    languages: tuple[str, ...],
) -> DescribedPlace:  # fmt: skip
    """A place from the same three, in the same order."""
    told = spellings.told_of_place(attributes)
    names = location.names if location else partner.names if partner else {}
    latitude, longitude = told.get("latitude"), told.get("longitude")
    coordinates = told.get("coordinates", "") or (f"{latitude}, {longitude}" if latitude and longitude else "")
    of_own = replace(Place(uri, exempt=own["exempt"]), **{field: own[field] for field in _PLACE_FIELDS}) if own else Place(uri)
    told_fields: dict[str, Any] = {field: told[field] for field in _PLACE_FIELDS[1:-1] if field in told}
    of_told = replace(Place(uri, coordinates=coordinates), **told_fields)
    street = "" if of_told.street else partner.address if partner else ""
    rest = Place(uri, (catalog.name_in(names, languages) if names else "") or told.get("name", ""), street=street)
    return DescribedPlace(filled(filled(of_own, of_told), rest), (own["tlc_reference"] if own else "") or told.get("tlc_reference", ""))


_PLACE_FIELDS: Final = ("name", "phone", "street", "city", "region", "postal_code", "country", "coordinates")
