"""What a client may be: its name, scopes, sites, addresses and time. Pure decisions."""

import ipaddress
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from infra.errors import InvalidInputError
from tenants.clients.errors import MoreThanOwnError, ScopeRefusedError
from tenants.permissions import MACHINES, Permission
from tenants.principal import Principal

MAX_NAME: Final = 200
MAX_SITES: Final = 50
MAX_ADDRESSES: Final = 50
MAX_URI: Final = 500
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Terms:
    """What a client is allowed: scopes, where (no site means everywhere), from where (no network means anywhere), until when."""

    name: str
    scopes: frozenset[Permission]
    sites: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    expires_at: datetime | None = None

    def as_json(self) -> dict[str, object]:
        """For the audit trail."""
        return {
            "name": self.name,
            "scopes": sorted(self.scopes),
            "sites": list(self.sites),
            "addresses": list(self.addresses),
            "expiresAt": self.expires_at.isoformat() if self.expires_at else None,
        }


def terms_of(
    *,
    name: str,
    scopes: Iterable[str],
    sites: Sequence[str] = (),
    addresses: Sequence[str] = (),
    expires_at: datetime | None = None,
    moment: datetime,
) -> Terms:
    """The terms as they are stored. `sites` are canonical URIs already. Raises `InvalidInputError` naming the field, `ScopeRefusedError`."""
    if len(sites) > MAX_SITES or any(not 0 < len(site) <= MAX_URI or "\x00" in site for site in sites):
        raise InvalidInputError(f"A client is limited to at most {MAX_SITES} sites, each a place's identifier.", field="sites")
    if expires_at is not None and (expires_at.tzinfo is None or expires_at <= moment):
        raise InvalidInputError("The client would have expired already: give a time to come, with its zone.", field="expiresAt")
    return Terms(_name(name), scopes_of(scopes), tuple(sorted(set(sites))), networks_of(addresses), expires_at)


def scopes_of(names: Iterable[str]) -> frozenset[Permission]:
    """The permissions that these scopes name. Raises `ScopeRefusedError` for none at all, and for what no machine may do."""
    allowed = {str(permission): permission for permission in MACHINES}
    wanted = set(names)
    refused = sorted(name[:100] for name in wanted - allowed.keys())
    if refused or not wanted:
        told = f"No client may have the scope {', '.join(refused[:5])}." if refused else "A client needs a scope."
        raise ScopeRefusedError(f"{told} Choose among {', '.join(sorted(allowed))}.", field="scopes")
    return frozenset(allowed[name] for name in wanted)


def networks_of(addresses: Sequence[str]) -> tuple[str, ...]:
    """Addresses and CIDR blocks in their one form; a v4-mapped block is the IPv4 one. Raises `InvalidInputError`."""
    if len(addresses) > MAX_ADDRESSES:
        raise InvalidInputError(f"A client has at most {MAX_ADDRESSES} addresses; name networks instead (203.0.113.0/24).", field="addresses")
    return tuple(sorted({str(_network(text)) for text in addresses}))


def is_allowed_from(address: str, networks: Sequence[str]) -> bool:
    """Whether a caller's address lies in one of these networks; with a list, whoever has no readable address stays out."""
    if not networks:
        return True
    try:
        parsed = _unmapped(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    return any(parsed in ipaddress.ip_network(network) for network in networks)


def require_own(principal: Principal, terms: Terms) -> None:
    """Refuse whoever would hold a key to more than he may do himself. Raises `MoreThanOwnError`."""
    beyond = [str(scope) for scope in sorted(terms.scopes) if not _has(principal, scope, terms.sites)]
    if beyond:
        raise MoreThanOwnError(beyond)


def _has(principal: Principal, scope: Permission, sites: tuple[str, ...]) -> bool:
    """Whether a caller has a permission wherever a client with these sites would."""
    if scope not in principal.permissions:
        return False
    own = principal.sites_for(scope)
    return own is None or (bool(sites) and own.issuperset(sites))


def _name(name: str) -> str:
    text = unicodedata.normalize("NFC", name).strip()
    if not 0 < len(text) <= MAX_NAME or any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise InvalidInputError(f"The client's name has 1 to {MAX_NAME} characters, none of them a control character.", field="name")
    return text


def _network(text: str) -> Network:
    try:
        network = ipaddress.ip_network(text.strip())
    except ValueError:
        raise InvalidInputError(
            f"“{text[:100]}” is no address and no network. Write 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32, with no bit set behind the prefix.",
            field="addresses",
        ) from None
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= 96 and network.network_address.ipv4_mapped is not None:
        return ipaddress.ip_network((network.network_address.ipv4_mapped, network.prefixlen - 96))
    if network.prefixlen == 0:
        raise InvalidInputError(f"“{text[:100]}” is every address: leave the list empty for that.", field="addresses")
    return network


def _unmapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
