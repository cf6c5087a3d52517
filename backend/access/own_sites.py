"""Which places are the company's own: what a grant may be limited to."""

from collections.abc import Collection, Mapping

from backend.catalog.service import locations_by_place
from backend.identifiers import parse_identifier
from infra.database import TenantTransaction


async def own_sites(tx: TenantTransaction, places: Collection[str]) -> Mapping[str, str]:
    """The canonical URI of each of these texts, in any form of an identifier, that names a location of the company's own."""
    canonical = {place: parse_identifier(place).uri for place in places}
    found = await locations_by_place(tx, set(canonical.values()))
    return {place: uri for place, uri in canonical.items() if uri in found and found[uri].own}
