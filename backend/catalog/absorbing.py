"""What told elements mean for the catalogue's products, places and partners, in a fixed number of statements for each kind."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from backend.catalog import service, versions, vocabulary_repository
from backend.catalog.attributes import local_name
from backend.catalog.entries import E, Location, Partner, Product, ProductKind
from backend.catalog.hierarchy import hierarchy
from backend.catalog.languages import merged
from backend.catalog.telling import EPC_CLASS, Element
from backend.catalog.vocabulary_names import address_of, names_of
from backend.events.faults import Fault
from backend.identifiers import DIGITAL_LINK_ROOT, InvalidIdentifierError, ObjectKind, parse_identifier
from infra.database import TenantTransaction
from infra.outbox import enqueue

_PLACES: Final = frozenset({"BusinessLocation", "ReadPoint", "Location"})
_PARTIES: Final = frozenset({"SourceDest", "Party", "BusinessParty", "Organization"})
_GLN: Final = f"{DIGITAL_LINK_ROOT}414/"
_PARTY: Final = f"{DIGITAL_LINK_ROOT}417/"
_GLN_LENGTH: Final = len(_GLN) + 13
_AT_ONCE: Final = 1_000
# What a chain of places may have above the ones told, all together.
_MOST_ABOVE: Final = 100_000


@dataclass(frozen=True, slots=True)
class Work:
    """Who tells, in which transaction: `own` is the company's word, which may change what it said before."""

    tx: TenantTransaction
    own: bool
    valid_from: datetime
    recorded_by: str


def _is_party(element: Element) -> bool:
    word = local_name(element.vocabulary)
    return word in _PARTIES or (word in _PLACES and element.element.startswith(_PARTY))


def _is_place(element: Element) -> bool:
    return local_name(element.vocabulary) in _PLACES and not element.element.startswith(_PARTY)


async def _changed(work: Work, today: Mapping[str, E], then: Mapping[tuple[str, datetime], E], wanted: Iterable[E]) -> list[E]:
    """Write those entries that differ from what holds at the moment; what the company said itself stays, unless it speaks."""
    entries = []
    for entry in wanted:
        known = today.get(entry.key)
        if known is not None and not known.told and not work.own:
            continue
        if then.get((entry.key, work.valid_from)) != entry:
            entries.append(entry)
    for start in range(0, len(entries), _AT_ONCE):
        await versions.write(work.tx, entries[start : start + _AT_ONCE], valid_from=work.valid_from, recorded_by=work.recorded_by)
    return entries


async def _announce(work: Work, topic: str, name: str, keys: Sequence[str]) -> None:
    await enqueue(work.tx, topic, [{name: list(keys[start : start + _AT_ONCE])} for start in range(0, len(keys), _AT_ONCE)])


def _asked(keys: Iterable[str], moment: datetime) -> list[tuple[str, datetime]]:
    return [(key, moment) for key in keys]


async def products(work: Work, told: Sequence[Element]) -> int:
    """Products by the GTIN of their class; lots and units are no products of the catalogue. Gives how many changed."""
    names: dict[str, dict[str, str]] = {}
    for element in told:
        if element.vocabulary == EPC_CLASS and (gtin := _gtin(element.element)):
            names[gtin] = merged(names.get(gtin, {}), names_of(element))
    if not names:
        return 0
    today = await service.products_by_gtin(work.tx, names)
    then = await versions.products_at(work.tx, _asked(names, work.valid_from))

    def product(gtin: str) -> Product:
        base = then.get((gtin, work.valid_from))
        if base is None:
            return Product(gtin, names[gtin], ProductKind.FINISHED if work.own else ProductKind.RAW, told=not work.own)
        return replace(base, names=merged(base.names, names[gtin]), told=base.told and not work.own)

    changed = await _changed(work, today, then, map(product, names))
    await _announce(work, service.PRODUCTS_CHANGED, "gtins", [item.gtin for item in changed if not item.told])
    return len(changed)


def _gtin(uri: str) -> str | None:
    try:
        found = parse_identifier(uri)
    except InvalidIdentifierError:
        return None
    return found.gtin if found.kind is ObjectKind.PRODUCT_CLASS else None


async def partners(work: Work, told: Sequence[Element]) -> int:
    """Parties by their URI, with name and address. Gives how many changed."""
    parties = [element for element in told if _is_party(element)]
    if not parties:
        return 0
    keys = list(dict.fromkeys(element.element for element in parties))
    today = await service.partners_by_party(work.tx, keys)
    then = await versions.partners_at(work.tx, _asked(keys, work.valid_from))
    wanted: dict[str, Partner] = {}
    for element in parties:
        base = wanted.get(element.element) or then.get((element.element, work.valid_from))
        base = base or Partner(element.element, {}, supplier=False, customer=False, told=not work.own)
        wanted[element.element] = replace(
            base, names=merged(base.names, names_of(element)), address=address_of(element) or base.address, told=base.told and not work.own
        )
    return len(await _changed(work, today, then, wanted.values()))


async def locations(work: Work, fresh: Sequence[Element], told: Sequence[Element], paths: Mapping[tuple[str, str], str]) -> tuple[int, list[Fault]]:
    """Places with names and what they lie in. Gives how many changed, and a fault for each that would lie in itself.

    Where a place lies is read from the whole of what was told: which of several it lies in directly, only all lists together tell.
    """
    places = [element for element in fresh if _is_place(element)]
    if not places:
        return 0, []
    edges = [(element.element, child, f"{paths[element.key]}.children") for element in told if _is_place(element) for child in element.children]
    keys = list(dict.fromkeys([*(element.element for element in places), *(place for edge in edges for place in edge[:2])]))
    stems = {place[:_GLN_LENGTH] for place in keys if place.startswith(_GLN)}
    today = await service.locations_by_place(work.tx, {*keys, *stems})
    then = await versions.locations_at(work.tx, _asked(keys, work.valid_from))
    stored = await vocabulary_repository.parents_up(work.tx, keys, limit=_MOST_ABOVE)
    fixed = set() if work.own else {place for place, known in today.items() if not known.told}
    found = hierarchy(edges, stored, fixed)
    wanted = {place: _location(work, place, then.get((place, work.valid_from)), today.get(place[:_GLN_LENGTH])) for place in keys}
    for element in places:
        wanted[element.element] = _renamed(wanted[element.element], names_of(element))
    for child, parent in found.parents.items():
        wanted[child] = replace(wanted[child], parent_place=parent)
    changed = await _changed(work, today, then, wanted.values())
    await _announce(work, service.LOCATIONS_CHANGED, "places", [item.place for item in changed if not item.undetermined])
    return len(changed), found.faults


def _renamed(location: Location, names: Mapping[str, str]) -> Location:
    return replace(location, names=merged(location.names, names)) if names else location


def _location(work: Work, place: str, base: Location | None, of_gln: Location | None) -> Location:
    """The place as it was, or a new one: whose it is, is known where the company says it of an extension of a GLN of its own."""
    if base is not None:
        return replace(base, told=base.told and not work.own)
    inside = of_gln if work.own and of_gln is not None and not of_gln.undetermined else None
    return Location(
        place, {}, "place", own=inside.own if inside else False, time_zone=inside.time_zone if inside else "UTC",
        parent_place=inside.place if inside and inside.place != place else None, undetermined=inside is None, told=not work.own,
    )  # fmt: skip
