"""What of an alert's detail somebody limited to sites is told: no other site's place, and of a hold not on what it stands elsewhere."""

from typing import Any, Final

import msgspec

from backend.catalog.sites import Sites

# Under these names a detail holds a place or several.
_PLACES: Final = frozenset({"place", "places", "site"})


def narrowed(detail: str, sites: Sites) -> str:
    """The detail (JSON) without the places that don't lie in the sites, and what was told of them alone."""
    return msgspec.json.encode(_narrowed(msgspec.json.decode(detail), sites)).decode()


def _narrowed(told: Any, sites: Sites) -> Any:
    if isinstance(told, list):
        return [_narrowed(each, sites) for each in told]
    if not isinstance(told, dict):
        return told
    # Which event it was at another site is told of with its place, and of a cause what it stands on beside what is held here.
    elsewhere = isinstance(told.get("place"), str) and not sites.cover(told["place"])
    hidden = ({"event"} if elsewhere else set()) | ({"root"} if "held" in told and told.get("root") != told["held"] else set())
    return {name: _within(value, sites) if name in _PLACES else _narrowed(value, sites) for name, value in told.items() if name not in hidden}


def _within(value: Any, sites: Sites) -> Any:
    if isinstance(value, list):
        return [each for each in value if isinstance(each, str) and sites.cover(each)]
    return value if isinstance(value, str) and sites.cover(value) else None
