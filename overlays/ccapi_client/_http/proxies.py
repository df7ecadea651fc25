"""Which proxy of the environment a request goes through. No I/O."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping

import attrs

from .address import Address
from .httpx_carrier import check_proxy

THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


@attrs.frozen
class Proxies:
    """Which proxy a request goes through.

    Attributes:
        addresses: Of the proxies, by the scheme of what goes through them, `http`, `https` or `all`.
    """

    addresses: Mapping[str, str] = attrs.field(repr=False)  # with their passwords

    @classmethod
    def of_environment(cls) -> Proxies:
        """Those that the environment, or the system's settings, name; as urllib reads them.

        Raises:
            ConfigurationError: One can't be used.
        """
        found = urllib.request.getproxies()
        addresses = {scheme: _with_scheme(found[scheme]) for scheme in ("http", "https", "all") if found.get(scheme)}
        for address in addresses.values():
            check_proxy(address)
        return cls(addresses)

    @property
    def need_socks(self) -> bool:
        """Whether one of them speaks SOCKS."""
        return any(address.startswith("socks") for address in self.addresses.values())

    def of(self, url: Address) -> str | None:
        """The address of the proxy for a URL; None where there is none, as for this machine always."""
        if not self.addresses:
            return None
        address = self.addresses.get(url.scheme) or self.addresses.get("all")
        if address is None or url.host in THIS_MACHINE or urllib.request.proxy_bypass(url.netloc):
            return None
        return address


def _with_scheme(address: str) -> str:
    return address if "://" in address else f"http://{address}"
