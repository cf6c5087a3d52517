"""The address as it is counted."""

import ipaddress


def network_of(address: str) -> str:
    """An IPv6 customer has a /64 to himself, a v4-mapped address is the v4 one; what is no address counts as it stands."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)
