"""How much is allowed: the policies by their names, and which of them count for whom."""

from dataclasses import dataclass
from typing import Final

from infra.settings import Settings
from tenants.principal import Principal

# Ten seconds are long enough for a shift that starts, and short enough that a flood is met within them.
REQUEST_SECONDS: Final = 10
CONTENT_SECONDS: Final = 60
ADDRESS_SECONDS: Final = 60
# A sandbox is for trying; what it takes is taken from the live tenants of the same machine.
SANDBOX_SHARE: Final = 4
REQUESTS: Final = "requests"
CONTENT_BYTES: Final = "content-bytes"


@dataclass(frozen=True, slots=True)
class Policy:
    """A bucket of `quota` units that fills evenly in `seconds`; `unit` is one of the draft's quota units."""

    name: str
    quota: int
    seconds: int
    unit: str = REQUESTS


@dataclass(frozen=True, slots=True)
class TenantLimits:
    """What counts for one caller of a tenant: all of the tenant's requests, his own, and the bytes that the tenant sends."""

    tenant: Policy
    caller: Policy
    content: Policy


def limits_for(settings: Settings, principal: Principal) -> TenantLimits:
    """The limits of a caller's tenant: the settings', a quarter of them in a sandbox. What a plan changes, it changes here."""
    share = SANDBOX_SHARE if principal.sandbox else 1
    return TenantLimits(
        tenant=Policy("tenant", max(1, settings.limit_tenant_requests // share), REQUEST_SECONDS),
        caller=Policy("caller", max(1, settings.limit_caller_requests // share), REQUEST_SECONDS),
        # One document of the largest size must always fit in.
        content=Policy("content", max(settings.capture_max_bytes, settings.limit_tenant_bytes // share), CONTENT_SECONDS, CONTENT_BYTES),
    )


def address_limit(settings: Settings) -> Policy:
    """What one address may ask for without having signed in."""
    return Policy("address", settings.limit_address_requests, ADDRESS_SECONDS)
