"""Names of products, places and parties in the reader's languages, as they were called then, for all of a shape at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from backend.catalog import service as catalog
from backend.catalog.entries import Location, Partner, Product
from backend.catalog.languages import name_in
from backend.catalog.sites import Sites
from backend.catalog.versions import NEVER_RENAMED, NamesThen, names_then
from infra.database import TenantTransaction


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: the language of our own words ("zh" or "en"), those in which things are named, and the sites to which he is limited."""

    language: str
    languages: tuple[str, ...]
    sites: Sites | None


@dataclass(frozen=True, slots=True)
class Names:
    """What was looked up; what the catalogue doesn't know is called by its code."""

    reader: Reader
    products: dict[str, Product] = field(default_factory=dict)
    places: dict[str, Location] = field(default_factory=dict)
    parties: dict[str, Partner] = field(default_factory=dict)
    products_then: NamesThen = NEVER_RENAMED

    def product(self, gtin: str | None, at: datetime | None = None) -> str | None:
        """A product's name at a moment; its code where it has none."""
        if gtin is None:
            return None
        known = self.products.get(gtin)
        if known is None:
            return gtin
        names = self.products_then.of(gtin, at, known.names) if at else known.names
        return name_in(names, self.reader.languages) or gtin

    def place(self, place: str | None) -> str | None:
        """A place's name; the last parts of its URI where it has none."""
        if place is None:
            return None
        known = self.places.get(place)
        return (name_in(known.names, self.reader.languages) if known else "") or short_uri(place)

    def party(self, party: str | None) -> str | None:
        """A partner's name, or a place's; the last parts of its URI where it has none."""
        if party is None:
            return None
        known = self.parties.get(party)
        return (name_in(known.names, self.reader.languages) if known else "") or self.place(party)


def short_uri(uri: str) -> str:
    """What is told of a place or party that nobody has named: the end of its URI."""
    return uri.removeprefix("https://id.gs1.org/").removeprefix("urn:")


async def look_up(
    tx: TenantTransaction,
    reader: Reader,
    *,
    gtins: Collection[str] = (),
    places: Collection[str] = (),
    parties: Collection[str] = (),
    then: bool = True,
) -> Names:
    """The names of all of these; `then` looks up what products were called in the past too."""
    products = await catalog.products_by_gtin(tx, sorted(gtins))
    partners = await catalog.partners_by_party(tx, sorted(parties))
    # A customer may be known as a place alone.
    locations = await with_parents(tx, {*places, *(party for party in parties if party not in partners)}, reader.sites)
    past = await names_then(tx, Product, sorted(gtins)) if then and gtins else NEVER_RENAMED
    return Names(reader, products, locations, partners, past)


async def with_parents(tx: TenantTransaction, places: Collection[str], sites: Sites | None) -> dict[str, Location]:
    """These places and all that they lie in, as far as the reader may see them."""
    found: dict[str, Location] = {}
    asked: Sequence[str] = sorted(places)
    while asked:
        new = await catalog.locations_by_place(tx, asked, sites)
        found |= new
        asked = sorted({place.parent_place for place in new.values() if place.parent_place} - found.keys())
    return found
