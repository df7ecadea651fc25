"""Which proxy of the environment a request goes through. No I/O."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec

import attrs

from .._http.address import Address, parse
from .._http.wire import Secret
from ..errors import ConfigurationError

THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
SOCKS = ("socks5", "socks5h")
SCHEMES = ("http", "https", *SOCKS)


@attrs.frozen
class Proxies:
    """Which proxy a request goes through.

    Attributes:
        addresses: Of the proxies, by the scheme of what goes through them, `http`, `https` or `all`.
    """

    addresses: Mapping[str, str] = attrs.field(repr=False)  # with their passwords

    @classmethod
    def of_environment(cls) -> Proxies:
        """Those that the environment, or the system's settings, name; as urllib reads them."""
        found = urllib.request.getproxies()
        return cls({scheme: Secret(found[scheme]) for scheme in ("http", "https", "all") if found.get(scheme)})

    def of(self, url: Address) -> Address | None:
        """The proxy for a URL; None where there is none, as for this machine always.

        Raises:
            ConfigurationError: It can't be used.
        """
        if not self.addresses:
            return None
        scheme = url.scheme if url.scheme in self.addresses else "all"
        address = self.addresses.get(scheme)
        if address is None or url.host in THIS_MACHINE or urllib.request.proxy_bypass(url.netloc):
            return None
        return _proxy(scheme, address)


@lru_cache(8)
def _proxy(scheme: str, address: str) -> Address:
    name = f"{scheme.upper()}_PROXY"
    try:
        proxy = parse(address if "://" in address else Secret(f"http://{address}"), SCHEMES)
    except ValueError as error:
        why = str(error)  # alone: the frames below hold what may be a password
    else:
        return _usable(proxy, name)
    raise ConfigurationError(f"{name}: the proxy that the environment names can't be used: {why}")


def _usable(proxy: Address, name: str) -> Address:
    if proxy.scheme in SOCKS and find_spec("socksio") is None:
        raise ConfigurationError(f"{name}: a proxy of SOCKS needs a package: pip install 'ccapi-client[socks]'")
    return proxy
