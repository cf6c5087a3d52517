"""What a phone may do alone, and what a person may do on it: never more than the person, the phone and its site allow together."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from tenants.grants import Allowed
from tenants.permissions import DEVICES, Permission, Role, permissions_of

_EXTENSION: Final = "/254/"
# Nobody named: capture, and look up what that needs.
# An alert is answered by a person, and never by a phone that nobody has taken.
ALONE: Final = (permissions_of(Role.WORKER) & DEVICES) - {Permission.ALERTS_ACT}


def alone(site: str) -> Mapping[Permission, frozenset[str]]:
    """The permissions of a phone without a person, each at its site."""
    return dict.fromkeys(ALONE, frozenset({site}))


def narrowed(allowed: Allowed, site: str, *, above: Collection[str], inside: Collection[str] = ()) -> Mapping[Permission, frozenset[str]]:
    """Where a person has which permission on a phone at `site`; what he may do elsewhere only isn't in it.

    `above` are the site and the places that it lies in, `inside` those of the person's own sites that lie in it (canonical URIs).
    """
    found: dict[Permission, frozenset[str]] = {}
    for permission in allowed.permissions & DEVICES:
        limits = allowed.sites.get(permission)
        if limits is None or not limits.isdisjoint(above):
            found[permission] = frozenset({site})
        elif deeper := limits.intersection(inside):
            found[permission] = deeper
    return found


def elsewhere(allowed: Allowed, above: Collection[str]) -> frozenset[str]:
    """The person's sites of which the phone's site and those above it say nothing: they may lie in it."""
    return frozenset().union(*allowed.sites.values()) - frozenset(above)


def with_stems(places: Iterable[str]) -> list[str]:
    """Places, and of those that are extensions of a GLN (AI 254) the GLN, in which they lie without the catalogue saying so."""
    return sorted({form for place in places for form in (place, place.split(_EXTENSION)[0])})
