"""What somebody may report whose permission to capture is limited to sites: what happened there, and corrections of it."""

from collections.abc import Sequence
from typing import Final

from backend.catalog.errors import OutsideSitesError
from backend.catalog.sites import Sites, sites_of
from backend.events import lookup_repository
from backend.events.canonical import CanonicalEvent
from backend.events.faults import Fault
from backend.events.repository import base_key
from backend.events.vocabulary import SHIPPING_STEPS
from infra.database import TenantTransaction
from tenants.permissions import Permission
from tenants.principal import Principal

_ELSEWHERE: Final = ("The event names no place, or one that isn't in your sites.", "Have it reported by somebody of that site, or ask for a grant.")
_UNKNOWN: Final = ("No event of your sites has the id that this error declaration names.", "Report the event first, or have it corrected there.")


class EventsOutsideSitesError(OutsideSitesError):
    """Events that the caller may not report; `faults` holds each with its path. Nothing was written."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults[0].message, field=faults[0].path)
        self.faults = tuple(faults)


async def outside_sites(
    tx: TenantTransaction,
    principal: Principal,
    events: Sequence[tuple[int, CanonicalEvent]],
    permission: Permission = Permission.EVENTS_CAPTURE,
) -> dict[int, Fault]:
    """Those of these (place in the document, event), by their place, that the caller may not report; nothing for who may everywhere.

    Every place that an event names has to lie in the sites: its read point, its business location and, where goods leave, their
    source. An error declaration takes effect on the event that it names, whatever places it tells itself: that one has to be
    stored there, or to stand in the same list. Raises `PermissionDeniedError` without the permission.
    """
    sites = await sites_of(tx, principal, permission)
    if sites is None:
        return {}
    elsewhere = {place for place, event in events if not sites.cover_all(_places(event))}
    told_here = {base_key(event) for place, event in events if place not in elsewhere and event.error_declaration is None}
    declared = {base_key(event) for _, event in events if event.error_declaration}
    mendable = (declared & told_here) | (await _stored_at(tx, sites, declared) if declared else set())
    faults = {}
    for place, event in events:
        path = f"$.epcisBody.eventList[{place}]"
        if place in elsewhere:
            faults[place] = Fault(path, f"permission {permission}", *_ELSEWHERE)
        elif event.error_declaration and base_key(event) not in mendable:
            faults[place] = Fault(f"{path}.errorDeclaration", f"permission {permission}", *_UNKNOWN)
    return faults


async def require_inside(
    tx: TenantTransaction, principal: Principal, events: Sequence[CanonicalEvent], permission: Permission = Permission.EVENTS_CAPTURE
) -> None:
    """Raise `EventsOutsideSitesError` where the caller may not report one of these events."""
    faults = await outside_sites(tx, principal, list(enumerate(events)), permission)
    if faults:
        raise EventsOutsideSitesError(list(faults.values()))


def _places(event: CanonicalEvent) -> list[str | None]:
    sources = [place for kind, place in event.sources if kind == "location"] if event.biz_step in SHIPPING_STEPS else []
    return [event.read_point, event.biz_location, *sources]


async def _stored_at(tx: TenantTransaction, sites: Sites, base_keys: set[str]) -> set[str]:
    """Those of these keys under which an event at the sites is stored."""
    rows = await lookup_repository.places_of_originals(tx, base_keys)
    return {row["base_key"] for row in rows if sites.cover_all((row["read_point"], row["biz_location"]))}
