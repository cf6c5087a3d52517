"""Takes told master data into the catalogue: products, places with what lies in them, partners, and everything else as it was told.

What somebody of the company has entered, or a program with a key of the company's has told, is the company's own word. Other documents
are told words: they name what the company itself has no word for, and are kept beside what it has. See `backend/docs/master-data.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from backend.catalog import absorbing
from backend.catalog.telling import Element, tell
from backend.catalog.vocabulary_reading import Reader
from backend.events.faults import Fault
from infra import clock
from infra.database import TenantTransaction
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import ActorKind, Principal

HEADER: Final = "$.epcisHeader.epcisMasterData.vocabularyList"
_PERMISSION: Final = "permission to write the catalogue"


@dataclass(frozen=True, slots=True)
class Absorbed:
    """What became of the elements of a document; `changed` are those of which something new was told."""

    elements: int = 0
    changed: int = 0
    products: int = 0
    locations: int = 0
    partners: int = 0
    faults: tuple[Fault, ...] = ()


def may_absorb(principal: Principal) -> bool:
    """Whether what a caller tells is kept: he may write the catalogue, and not of some sites only."""
    return Permission.CATALOG_WRITE in principal.permissions and principal.sites_for(Permission.CATALOG_WRITE) is None


async def absorb(
    tx: TenantTransaction, principal: Principal, vocabularies: list[dict[str, Any]], *, told_at: datetime, sender: str = "", path: str = HEADER
) -> Absorbed:
    """Keep what a document tells (`Reading.master_data`), in the caller's transaction; it holds from `told_at` on.

    Raises nothing for what is wrong with the master data or the caller's permission: faults say it, and the rest is kept. Telling the
    same again changes nothing and leaves no entry on the trail. `sender` is whom the document names as such, `path` where it has them.
    """
    if not vocabularies:
        return Absorbed()
    if not may_absorb(principal):
        return Absorbed(faults=(_not_permitted(path),))
    reader = Reader(path)
    reader.read(vocabularies)
    told_at = min(told_at, clock.now())
    own = principal.kind is ActorKind.CLIENT
    told = list(reader.elements.values())
    teller = f"{principal.display_name} ({sender})" if sender else principal.display_name
    fresh = await tell(tx, told, source=f"{principal.kind}:{principal.actor_id}", own=own, teller=teller[:300], valid_from=told_at)
    if not fresh:
        return Absorbed(len(told), faults=tuple(reader.faults))
    work = absorbing.Work(tx, own=own, valid_from=told_at, recorded_by=teller[:300])
    products = await absorbing.products(work, fresh)
    locations, circles = await absorbing.locations(work, fresh, told, reader.paths)
    partners = await absorbing.partners(work, fresh)
    absorbed = Absorbed(len(told), len(fresh), products, locations, partners, (*reader.faults, *circles))
    await _record(tx, principal, absorbed, fresh, sender)
    return absorbed


def _not_permitted(path: str) -> Fault:
    return Fault(path, _PERMISSION, "The master data was not kept: the sender may not write the catalogue.", "Ask for the permission catalog.write.")


async def _record(tx: TenantTransaction, principal: Principal, absorbed: Absorbed, fresh: Sequence[Element], sender: str) -> None:
    counts = {"changed": absorbed.changed, "products": absorbed.products, "locations": absorbed.locations, "partners": absorbed.partners}
    vocabularies = sorted({element.vocabulary for element in fresh})[:20]
    after = {"elements": absorbed.elements, **counts, "faults": len(absorbed.faults), "vocabularies": vocabularies, "sender": sender[:300]}
    await audit.record(tx, principal, "master_data.told", f"{absorbed.changed} elements", after=after)
