"""Which addresses belong to the public internet: the client downloads from no other, unless the API has one."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable


def known_addresses(host: str) -> list[str]:
    """The addresses of a host that needs no look-up: an IP address, in any notation, or this machine; else none."""
    if host == "localhost" or host.endswith(".localhost"):
        return ["127.0.0.1"]
    try:
        found = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return []
    return [str(each[4][0]) for each in found]


NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""Addresses that stand for IPv4 ones (RFC 6052): in a network with IPv6 alone, public hosts have them."""
UNICAST = ipaddress.IPv6Network("2000::/3")
"""The only IPv6 addresses that the public internet routes (RFC 4291): neither fec0::/10 nor 64:ff9b:1::/48 is there."""


def is_private(addresses: Iterable[str]) -> bool:
    """Whether one of these addresses belongs to this machine or a private network, not to the public internet."""
    for text in addresses:
        address = ipaddress.ip_address(text.partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
        if address in NAT64:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if not address.is_global or address.is_multicast or address.is_reserved:
            return True
        if address.version == 6 and address not in UNICAST:
            return True
    return False
