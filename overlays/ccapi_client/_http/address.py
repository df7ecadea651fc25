"""An absolute address of http or https, in plain fields (RFC 3986). No I/O."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote, unquote, unquote_plus, urlencode, urljoin

import attrs

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_LONGEST = 65536
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
_URL = re.compile(r"([a-z0-9]+)://([^/?#]*)([^?#]*)(?:\?([^#]*))?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?:(.*)@)?(\[.*\]|[^:@]*)(?::([0-9]{0,5}))?")
_NAME = re.compile(r"[a-z0-9._~!$&'()*+,;=-]+")

# What stays as it is, beside letters, digits and what is encoded already, a lone % too: what browsers and httpx leave
# alone (https://url.spec.whatwg.org/#percent-encoded-bytes), for the query of a signed address is compared as text.
_QUERY = "!$%&'()*+,-./:;=?@[\\]^_`{|}~"
_PATH = "!$%&'()*+,-./:;=@[\\]^_|~"
_USER = "!$%&'()*+,-.:_~"


@attrs.frozen(slots=False)
class Address:
    """Where a request goes.

    Attributes:
        scheme: `http` or `https`; of a proxy `socks5` or `socks5h` too.
        host: The host, in lower case, as ASCII; an IPv6 address without its brackets.
        port: The port; None where it is the one of the scheme.
        path: The path, encoded; it begins with a slash.
        query: The query, encoded, without its question mark; None where there is none.
        user: The user and the password, encoded, as `user:password`; empty where there are none.
    """

    scheme: str
    host: str
    port: int | None
    path: str
    query: str | None = attrs.field(default=None, repr=False)  # may hold what is secret, as a signed one does
    user: str = attrs.field(default="", repr=False)

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        query = "" if self.query is None else f"?{self.query}"
        return f"{self.scheme}://{f'{self.user}@' if self.user else ''}{self.netloc}{self.path}{query}"

    @cached_property
    def netloc(self) -> str:
        """The host and the port, as the header `Host` has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @cached_property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port, as RFC 6454 compares them."""
        return self.scheme, self.host, self.port or _PORTS[self.scheme]

    @property
    def redacted(self) -> str:
        """The address without what may be secret in it: the user, the query."""
        return f"{self.scheme}://{self.netloc}{self.path}"

    @property
    def exposure(self) -> str:
        """Why others could read a key that is sent there; empty where it is encrypted, or stays on this machine."""
        if self.scheme == "https" or self.host == "localhost" or self.host.endswith(".localhost"):
            return ""
        with suppress(ValueError):  # where it is a name
            if ipaddress.ip_address(self.host.partition("%")[0]).is_loopback:
                return ""
        return f"{self.scheme}://{self.netloc} is not encrypted: others on the network can read the key"

    @property
    def credentials(self) -> str:
        """The user and the password, decoded, as `user:password`."""
        name, _, password = self.user.partition(":")
        return f"{unquote(name)}:{unquote(password)}"

    def without_user(self) -> Address:
        """The same address without a user."""
        return attrs.evolve(self, user="") if self.user else self

    def with_parameters(self, parameters: Mapping[str, Any]) -> Address:
        """The same address with more parameters in its query; one that is a list comes several times."""
        added = urlencode(
            [
                (name, str(each).lower() if isinstance(each, bool) else each)
                for name, value in parameters.items()
                for each in (value if isinstance(value, list) else (value,))
            ]
        )
        return attrs.evolve(self, query=f"{self.query}&{added}" if self.query and added else added or self.query)

    def with_defaults(self, query: str) -> Address:
        """The same address with those parameters of a query that its own lacks, as they are written there."""
        own = (self.query or "").split("&")
        names = {_name(each) for each in own}
        added = [each for each in query.split("&") if each and _name(each) not in names]
        return attrs.evolve(self, query="&".join(filter(None, [self.query, *added])) or None)

    def join(self, reference: str) -> Address:
        """The address that a reference means here (RFC 3986, section 5).

        Raises:
            ValueError: It means none of http or https.
        """
        if _UNPRINTABLE.search(reference):  # urljoin would leave it out
            raise ValueError("not an address of http or https")
        return parse(urljoin(str(self.without_user()), reference.strip()))


@lru_cache(256)
def parse(text: str, schemes: tuple[str, ...] = ("http", "https")) -> Address:
    """An address as it is written.

    Raises:
        ValueError: It is no address of one of these schemes. The message does not quote it: it may hold a password.
    """
    wrong = f"not an address of {' or '.join(schemes)}"
    found = _URL.match(text)
    if _UNPRINTABLE.search(text) or len(text) > _LONGEST or found is None:
        raise ValueError(wrong)
    scheme, authority, path, query = found.groups()
    scheme = scheme.lower()
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None or scheme not in schemes:
        raise ValueError(wrong)
    user, host, digits = parts.groups()
    port = int(digits) if digits else _PORTS[scheme]
    if not 0 < port < 65536:
        raise ValueError(f"{wrong}: its port is not a number from 1 to 65535")
    try:
        return Address(
            scheme,
            _host(host),
            None if port == _PORTS[scheme] else port,
            quote(_without_dots(path), safe=_PATH) or "/",
            None if query is None else quote(query, safe=_QUERY),
            quote(user or "", safe=_USER),
        )
    except ValueError:  # one of what it consists of; what it says may quote the address
        raise ValueError(f"{wrong}: its host is missing or not valid") from None


def _name(parameter: str) -> str:
    return unquote_plus(parameter.partition("=")[0])


def _host(text: str) -> str:
    """A host as its name is looked up. A ValueError where it can't be: else only the look-up would fail."""
    if text.startswith("["):
        address, percent, zone = text[1:-1].partition("%")
        ipaddress.IPv6Address(address)
        zone.encode("ascii")
        return f"{address.lower()}{percent}{zone}"
    host = text.lower()
    if re.fullmatch(r"[0-9]+(\.[0-9]+){3}", host):
        return str(ipaddress.IPv4Address(host))
    if not host.isascii() or host.startswith("xn--"):
        import idna  # only here, for it takes a while to import

        host = idna.encode(host).decode("ascii") if not host.isascii() else host
        idna.decode(host)
    host.encode("idna")  # no label is empty or too long
    if not _NAME.fullmatch(host):
        raise ValueError("not a host")
    return host


def _without_dots(path: str) -> str:
    """A path without its segments that are `.` or `..`."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if segments not in ([], [""]):
                segments.pop()
        elif segment != ".":
            segments.append(segment)
    return "/".join(segments)
