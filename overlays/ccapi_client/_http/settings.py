"""What a client can be set up with, and the checks of that."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict, TypeVar, cast

import attrs
from ccapi_openapi.operations import HasSteps, with_secrets

from .. import _checks
from ..errors import ConfigurationError
from ..policies import STEPS, OnResponse, OnRetry, PollPolicy, RetryPolicy, Timeout
from .address import Address, parse
from .target import is_header_value
from .wire import Secret, SecretBytes

if TYPE_CHECKING:
    import ssl

    AnyPath = str | os.PathLike[str]

T = TypeVar("T", bound="ClientOptions")

PRODUCTION_URL = "https://api.ccapi.ai/v1"
_HEADER_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"


class ClientOptions(TypedDict, total=False):
    """What a client can be set up with, beside its key and its transport; `CCAPI` describes each."""

    base_url: str | HasHost
    timeout: float | Timeout | HasSteps
    retry: RetryPolicy
    poll: PollPolicy
    on_retry: OnRetry | None
    on_response: OnResponse | None
    headers: Mapping[str, str] | None
    max_response_bytes: int


class NewClientOptions(ClientOptions, total=False):
    """What a new client can be set up with: also how it connects, which its copies share."""

    verify: Literal[True] | AnyPath | ssl.SSLContext
    cert: AnyPath | tuple[AnyPath, AnyPath] | tuple[AnyPath, AnyPath, str] | None
    proxy: str | HasHost | None


CONNECTING = {"verify", "cert", "proxy"}
"""The options that concern connections."""


def concealed(options: T) -> T:
    """The same options, with what may be secret in them as such, for whoever records the frame that they came to."""
    hidden: dict[str, Any] = {**options}
    for name in ("base_url", "proxy", *(hidden.keys() - NewClientOptions.__annotations__.keys())):
        if name in hidden:  # an option of an unknown name may be the key, misspelled
            each = hidden[name]
            hidden[name] = Secret(str(each)) if hasattr(each, "host") else _secret(each)
    if isinstance(hidden.get("cert"), tuple | list):
        hidden["cert"] = type(hidden["cert"])((*hidden["cert"][:2], *map(_secret, hidden["cert"][2:])))
    if "headers" in hidden:
        hidden["headers"] = with_secrets(hidden["headers"])
    return cast("T", hidden)


def _secret(value: Any) -> Any:
    if isinstance(value, str):
        return Secret(value)
    # A path is no password, and is refused as bytes are: neither is shown meanwhile.
    return SecretBytes(os.fsencode(value)) if isinstance(value, bytes | os.PathLike) else value


def base_url_option(value: object) -> Address:
    """The address of the API, whose path does not end in a slash."""
    # A secret, as a query may be, for whoever records this frame.
    text = Secret((os.environ.get("CCAPI_BASE_URL") or PRODUCTION_URL if value is None else str(value)).strip())
    try:
        url = parse(text)
        if not ("#" in text or url.user):
            return attrs.evolve(url, path=url.path.rstrip("/") or "/", query=url.query or None)
        why = "it has a fragment or a user"
    except ValueError as error:
        why = str(error)
    # The address itself stays out of the message: it may hold a password.
    raise ConfigurationError(f"base_url: an address like {PRODUCTION_URL} is expected: {why}")


class HasHost(Protocol):
    """A URL of an HTTP library, such as `httpx.URL`."""

    @property
    def host(self) -> str:
        """The host."""
        ...


DEFAULT = Timeout()
"""Without a timeout of the caller's: a picture may take minutes, and is billed whether somebody waits or not."""
OF_GET, OF_POLL = 60.0, 30.0
"""How long a step of a GET, and of a poll, takes at most where nobody has set it: one that hangs is better retried."""


def timeout_option(value: Any) -> Timeout:
    """Seconds for each step; or a timeout of ours, or of an HTTP library, by its fields."""
    if isinstance(value, Timeout):
        return value
    has_steps = all(hasattr(value, step) for step in STEPS)
    steps = [getattr(value, step) if has_steps else value for step in STEPS]
    for seconds in steps:
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        is_right = is_number and (seconds >= 0 if has_steps else 0 < seconds <= _checks.LONGEST)
        if not (is_right or (has_steps and seconds is None)):
            raise ConfigurationError(f"timeout: seconds above 0, or a Timeout, are expected, not {value!r}")
    bounded = [None if seconds is None else min(max(seconds, 0.001), _checks.LONGEST) for seconds in steps]
    return Timeout(**dict(zip(STEPS, bounded, strict=True)))


def headers_option(value: Mapping[str, str] | None) -> dict[str, str]:
    """Headers that can be sent, by their names in lower case."""
    if not isinstance(value, Mapping | None):
        raise ConfigurationError(f"headers: a mapping of names to texts is expected, not {type(value).__name__}")
    headers = dict(value or {})
    for name, text in headers.items():
        # The value itself stays out of the message: it may be a secret.
        if not (isinstance(name, str) and re.fullmatch(_HEADER_NAME, name)):
            raise ConfigurationError(f"headers: {name!r} is not the name of a header (RFC 9110)")
        if name.lower() == "authorization":
            raise ConfigurationError("headers: the key is given as api_key, not as a header")
        if name.lower() in ("content-length", "transfer-encoding", "host"):
            raise ConfigurationError(f"headers: the client sets {name!r} itself; leave it out")
        if not (isinstance(text, str) and is_header_value(text)):
            raise ConfigurationError(
                f"headers: the value of {name!r} has to be printable ASCII text, without spaces at its ends"
            )
    return {name.lower(): Secret(text) for name, text in headers.items()}
