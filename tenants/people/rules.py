"""What may be granted, as pure decisions: which grants make sense, and which of them concern ownership."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from infra.clock import isoformat
from infra.errors import InvalidInputError
from tenants.permissions import Role

MAX_GRANTS: Final = 50
MAX_SITE: Final = 500
# An auditor is somebody from outside.
AUDITOR_LIMIT: Final = timedelta(days=90)
FARTHEST: Final = timedelta(days=3_660)


@dataclass(frozen=True, slots=True)
class WantedGrant:
    """A role to be granted; `site` is a place of the tenant's own as a canonical URI, None for the whole company."""

    role: str
    site: str | None = None
    expires_at: datetime | None = None

    def told(self) -> dict[str, Any]:
        """As the audit trail and an invitation keep it."""
        return {"role": self.role, "site": self.site, "expiresAt": isoformat(self.expires_at) if self.expires_at else None}

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "WantedGrant":
        """Back from `told`."""
        return cls(told["role"], told["site"], datetime.fromisoformat(told["expiresAt"]) if told["expiresAt"] else None)


def require_grants(wanted: Sequence[WantedGrant], roles: Collection[str], moment: datetime) -> None:
    """Raise `InvalidInputError`, naming the grant, unless all of them can be granted at this moment; `roles` are those there are."""
    if not 1 <= len(wanted) <= MAX_GRANTS:
        raise InvalidInputError(f"Grant 1 to {MAX_GRANTS} roles. To take everything from somebody, deactivate him.", field="grants")
    seen: set[tuple[str, str | None]] = set()
    for place, grant in enumerate(wanted):
        if grant.role not in roles:
            raise _invalid(place, "role", f"“{grant.role[:60]}” is no role that can be granted; the query roles lists them.")
        if (grant.role, grant.site) in seen:
            raise _invalid(place, "role", f"“{grant.role}” stands twice for the same site. Name it once.")
        seen.add((grant.role, grant.site))
        if grant.role == Role.OWNER and grant.site is not None:
            raise _invalid(place, "site", "An owner owns the whole company: leave the site out.")
        _require_end(place, grant, moment)


def _require_end(place: int, grant: WantedGrant, moment: datetime) -> None:
    end = grant.expires_at
    if end is not None and not moment < end <= moment + FARTHEST:
        raise _invalid(place, "expiresAt", "The end lies in the past, or more than ten years ahead. Leave out what has run out.")
    if grant.role == Role.AUDITOR and (end is None or end > moment + AUDITOR_LIMIT):
        raise _invalid(place, "expiresAt", f"An auditor looks in for a time: name an end within {AUDITOR_LIMIT.days} days.")


def _invalid(place: int, name: str, message: str) -> InvalidInputError:
    return InvalidInputError(message, field=f"grants.{place}.{name}")


def to_milliseconds(wanted: Sequence[WantedGrant]) -> list[WantedGrant]:
    """With ends as precise as they are told: what is stored and what was said is the same."""
    return [replace(grant, expires_at=_cut(grant.expires_at)) for grant in wanted]


def _cut(moment: datetime | None) -> datetime | None:
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000) if moment else None


def ownership(grants: Collection[WantedGrant], moment: datetime) -> frozenset[WantedGrant]:
    """Those of the grants that make their holder an owner, now or until an end that is to come."""
    return frozenset(grant for grant in grants if grant.role == Role.OWNER and (grant.expires_at is None or grant.expires_at > moment))
