"""What a membership is granted: roles, each everywhere or at one site, for good or for a time; and what that lets one do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tenants.permissions import UNDIVIDED, Permission


@dataclass(frozen=True, slots=True)
class Grant:
    """A role with the permissions that it stands for now. `site` is a place's canonical URI; None means everywhere."""

    role: str
    permissions: frozenset[Permission]
    site: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """The sum of grants: `permissions` held somewhere; `sites` holds only those of them that are limited, with the sites where they count."""

    roles: tuple[str, ...]
    permissions: frozenset[Permission]
    sites: Mapping[Permission, frozenset[str]]


def sum_of(grants: Iterable[Grant], moment: datetime) -> Allowed:
    """What the grants that hold at a moment allow together. A permission granted once without a site counts everywhere.

    Granted at sites alone, what can't be done at a place (`UNDIVIDED`) isn't allowed at all.
    """
    holding = [grant for grant in grants if grant.expires_at is None or grant.expires_at > moment]
    everywhere: frozenset[Permission] = frozenset().union(*(grant.permissions for grant in holding if grant.site is None))
    sites: dict[Permission, set[str]] = {}
    for grant in holding:
        if grant.site is not None:
            for permission in grant.permissions - everywhere - UNDIVIDED:
                sites.setdefault(permission, set()).add(grant.site)
    roles = tuple(sorted({grant.role for grant in holding}))
    return Allowed(roles, everywhere | sites.keys(), {permission: frozenset(places) for permission, places in sites.items()})
