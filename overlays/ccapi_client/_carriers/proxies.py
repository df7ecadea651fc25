"""Which proxy a request goes through: the client's own, or one of the environment. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import attrs

from .._extras import how_to_install
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
        own: The client's own, which everything goes through; None where it has none.
    """

    addresses: Mapping[str, str] = attrs.field(repr=False)  # with their passwords
    own: Address | None = None

    @classmethod
    def of_option(cls, value: Any) -> Proxies:
        """The one that the client was given as `proxy`; where it is None, those of the environment.

        Raises:
            ConfigurationError: It can't be used.
        """
        if value is None:
            return cls.of_environment()
        if not (isinstance(value, str) or hasattr(value, "host")):
            kind = "bytes" if isinstance(value, bytes) else type(value).__name__
            raise ConfigurationError(f"proxy: a text or a URL is expected, not a {kind}")
        text = Secret(str(value).strip())
        try:
            return cls({}, _usable(_parsed(text), "proxy"))
        except ValueError as error:
            why = str(error)  # alone: the frames below hold what may be a password
        raise ConfigurationError(f"proxy: an address like http://127.0.0.1:3128 is expected: {why}")

    @classmethod
    def of_environment(cls) -> Proxies:
        """Those that the environment, or the system's settings, name; as urllib reads them."""
        import urllib.request  # here, for it is a fifth of what importing the client takes

        found = urllib.request.getproxies()
        return cls({scheme: Secret(found[scheme]) for scheme in ("http", "https", "all") if found.get(scheme)})

    def of(self, url: Address) -> Address | None:
        """The proxy for a URL; None where there is none: those of the environment are never for this machine.

        Raises:
            ConfigurationError: It can't be used.
        """
        if not self.addresses:
            return self.own
        import urllib.request

        scheme = url.scheme if url.scheme in self.addresses else "all"
        address = self.addresses.get(scheme)
        if address is None or url.host in THIS_MACHINE or urllib.request.proxy_bypass(url.netloc):
            return None
        return _proxy(scheme, address)


@lru_cache(8)
def _proxy(scheme: str, address: str) -> Address:
    name = f"{scheme.upper()}_PROXY"
    try:
        proxy = _parsed(address)
    except ValueError as error:
        why = str(error)  # alone: the frames below hold what may be a password
    else:
        return _usable(proxy, name)
    raise ConfigurationError(f"{name}: the proxy that the environment names can't be used: {why}")


def _parsed(address: str) -> Address:
    return parse(address if "://" in address else Secret(f"http://{address}"), SCHEMES)


def _usable(proxy: Address, name: str) -> Address:
    if proxy.scheme in SOCKS and find_spec("socksio") is None:
        raise ConfigurationError(f"{name}: a proxy of SOCKS needs a package: {how_to_install('socks')}")
    return proxy
