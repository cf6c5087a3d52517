"""Which places lie in the sites that a permission is limited to, and the conditions that keep a statement inside of them."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from backend.catalog import repository
from backend.identifiers import DIGITAL_LINK_ROOT
from infra.database import TenantTransaction
from tenants.permissions import Permission
from tenants.principal import Principal

_GLN: Final = f"{DIGITAL_LINK_ROOT}414/"
_GLN_LENGTH: Final = len(_GLN) + 13
# Each GLN is a range of its extensions, which an index serves. Whoever has more than this many is served by looking through the rows.
MOST_RANGES: Final = 16


@dataclass(frozen=True, slots=True)
class Sites:
    """The places to which somebody is limited. Where he isn't, None stands instead: nothing is looked up and no statement changes.

    `places` are the sites and what the catalogue puts into them, through every level; a GLN among them covers its extensions
    (GS1 General Specifications, AI 254) although the catalogue may not know them. `above` is what the sites themselves lie in.
    """

    places: frozenset[str]
    above: frozenset[str] = frozenset()

    def cover(self, place: str | None) -> bool:
        """Whether a place (a canonical URI) lies in the sites."""
        return place is not None and (place in self.places or (place[_GLN_LENGTH : _GLN_LENGTH + 1] == "/" and place[:_GLN_LENGTH] in self.glns))

    @property
    def glns(self) -> frozenset[str]:
        """Those of the places that are a GLN without an extension."""
        return frozenset(place for place in self.places if place.startswith(_GLN) and len(place) == _GLN_LENGTH)

    @property
    def version(self) -> str:
        """The same for the same places, another for others."""
        told = "\n".join((*sorted(self.places), "", *sorted(self.above)))
        return hashlib.sha256(told.encode()).hexdigest()[:24]

    def show(self, place: str, *, own: bool) -> bool:
        """Whether the catalogue's entry for a place may be seen: one in the sites, one above them, or a partner's."""
        return not own or place in self.above or self.cover(place)

    def cover_all(self, places: Iterable[str | None]) -> bool:
        """Whether at least one place is told and all that are told lie in the sites."""
        told = [place for place in places if place is not None]
        return bool(told) and all(self.cover(place) for place in told)


class Fence(NamedTuple):
    """A condition to add to a statement's WHERE, beginning with `and`, and the values that it takes; empty where nobody is limited."""

    condition: str
    values: tuple[Any, ...]


OPEN: Final = Fence("", ())


def inside(sites: Sites, columns: Collection[str], *, at: int) -> Fence:
    """Rows of which at least one of these columns is a place in the sites. The values stand from `$at` on.

    Plain comparisons: a function of a column can't be looked up in an index under the tenant's policy.
    """
    glns = sorted(sites.glns)
    if len(glns) > MOST_RANGES:
        values: list[Any] = [sorted(sites.places), glns]
        tests = [f"{name} = any(${at}::text[]) or left({name}, {_GLN_LENGTH}) = any(${at + 1}::text[])" for name in columns]
    else:
        values = [sorted(sites.places), *(bound for gln in glns for bound in (f"{gln}/", f"{gln}0"))]
        ranges = range(at + 1, at + len(values), 2)
        tests = [" or ".join((f"{name} = any(${at}::text[])", *(f"({name} > ${low} and {name} < ${low + 1})" for low in ranges))) for name in columns]
    return Fence(f" and ({' or '.join(tests)})", tuple(values))


def shown(sites: Sites | None, column: str, own: str, *, at: int) -> Fence:
    """`Sites.show` as a condition; the values stand from `$at` on."""
    if sites is None:
        return OPEN
    within = inside(sites, (column,), at=at)
    condition = f" and (not {own} or {column} = any(${at + len(within.values)}::text[]) or{within.condition.removeprefix(' and')})"
    return Fence(condition, (*within.values, sorted(sites.above)))


def fenced(sites: Sites | None, *columns: str, at: int) -> Fence:
    """The same, and nothing for somebody without a limit."""
    return OPEN if sites is None else inside(sites, columns, at=at)


async def sites_of(tx: TenantTransaction, principal: Principal, permission: Permission) -> Sites | None:
    """Where a caller's permission counts; None for everywhere, without a look at the database. Raises `PermissionDeniedError` without it."""
    limited = principal.sites_for(permission)
    return None if limited is None else await sites_within(tx, limited)


async def sites_within(tx: TenantTransaction, sites: Collection[str]) -> Sites:
    """The places of these sites (canonical URIs), as the catalogue puts them together now."""
    rows = await repository.places_around(tx, sites, stem=_GLN_LENGTH, gln=_GLN)
    return Sites(frozenset(row["place"] for row in rows if not row["above"]), frozenset(row["place"] for row in rows if row["above"]))


def narrower(first: Sites | None, second: Sites | None) -> Sites | None:
    """Where two permissions count at once."""
    if first is None or second is None:
        return second if first is None else first
    return Sites(first.places & second.places, first.above & second.above)


async def places_in(tx: TenantTransaction, sites: Sites) -> set[str]:
    """The places of the catalogue that lie in the sites, extensions of their GLNs among them."""
    fence = inside(sites, ("place",), at=2)
    return set(await repository.places_in(tx, fence.condition, fence.values))
