"""What a command connects with: its options for that, and the key and the address that follow from them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from .._http.settings import PRODUCTION_URL, base_url_option, headers_option
from .._http.wire import Secret
from ..errors import ConfigurationError, InvalidRequestError
from ..policies import RetryPolicy

DEFAULT_PROFILE = "default"


class NoKeyError(ConfigurationError):
    """There is no API key."""


@attrs.frozen
class Profile:
    """What `ccapi login` keeps under a name.

    Attributes:
        name: The name.
        api_key: The key.
        base_url: The address that the key is for.
    """

    name: str
    api_key: str = attrs.field(converter=Secret, repr=False)
    base_url: str = attrs.field(default=PRODUCTION_URL, converter=Secret, repr=False)


@attrs.frozen
class Account:
    """The key and the address of a command, and where each comes from.

    Attributes:
        api_key: The key; None where the client finds it in the environment, or there is none.
        key_source: What sets the key, for messages.
        base_url: The address; None where the client finds it in the environment, or it is the service in production.
        base_url_source: What sets the address, for messages; empty where nothing does.
    """

    api_key: str | None = attrs.field(repr=False)
    key_source: str
    base_url: str | None = attrs.field(repr=False)
    base_url_source: str


@attrs.frozen(kw_only=True)
class Connection:
    """The options of all commands that send requests, as they were given."""

    base_url: str | None = attrs.field(default=None, repr=False)  # its query may be secret
    profile: str | None = None
    use_sandbox: bool = False
    timeout: float | None = None
    retries: int | None = None
    headers: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    idempotency_key: str | None = None
    verbose: bool = False

    def check(self, refuses: Mapping[str, str]) -> None:
        """Checks the options before anything is sent.

        Args:
            refuses: Those that the command does not take, by their names, and why.

        Raises:
            InvalidRequestError: One of them can't be used.
        """
        for name, why in refuses.items():
            if getattr(self, name) is not None:
                raise InvalidRequestError(f"--{name.replace('_', '-')}: {why}; leave it out")
        if self.idempotency_key == "":
            raise InvalidRequestError("--idempotency-key: it is empty")
        if self.use_sandbox:
            for name, value in (("base-url", self.base_url), ("profile", self.profile)):
                if value:
                    raise InvalidRequestError(f"--sandbox: it has its own key and URL; leave out --{name}")
        seen = set()
        for name in (name.lower() for name, _ in self.headers):
            if name == "authorization":
                raise InvalidRequestError("--header: the key is set by CCAPI_API_KEY or `ccapi login`, not by a header")
            if name == "idempotency-key":
                raise InvalidRequestError("--header: this one is set by --idempotency-key")
            if name in seen:
                raise InvalidRequestError(f"--header: {name} is given twice")
            seen.add(name)
        try:
            headers_option(dict(self.headers))
        except ConfigurationError as error:
            raise InvalidRequestError(f"--header{str(error).removeprefix('headers')}") from None

    def settings(self) -> dict[str, Any]:
        """The options of a client that follow, but for its key and its address."""
        found: dict[str, Any] = {"headers": dict(self.headers)}
        if self.timeout is not None:
            found["timeout"] = self.timeout
        if self.retries is not None:
            found["retry"] = RetryPolicy(max_attempts=self.retries + 1)
        return found

    @property
    def as_options(self) -> str:
        """The options that name the key and the address, for a command that is to use the same ones."""
        # A query may be secret: what is printed may be logged.
        address, query, _ = (self.base_url or "").partition("?")
        options = (("base-url", f"{address}?..." if query else address), ("profile", self.profile))
        return "".join(f" --{name} {shlex.quote(value)}" for name, value in options if value)


def named(profile: str | None, environment: Mapping[str, str]) -> str:
    """The name of the profile that a command means; empty where nobody named one."""
    return profile or environment.get("CCAPI_PROFILE", "").strip()


def account(given: Connection, environment: Mapping[str, str], find: Callable[[str, bool], Profile | None]) -> Account:
    """The key and the address of a command.

    Options win over the environment, and the environment over what `ccapi login` keeps. What gives the key gives the
    address too, unless an option or the environment has another one: the key of a profile goes to no other origin.

    Args:
        given: The options of the command.
        environment: The variables of the environment.
        find: Gives the profile of a name; where it has to be there, an error names the others.

    Raises:
        ConfigurationError: The key of the profile is for another origin.
    """
    base_url, source = given.base_url, "--base-url"
    if not base_url and not given.profile:
        base_url, source = environment.get("CCAPI_BASE_URL", "").strip(), "CCAPI_BASE_URL"
    if not base_url:
        source = ""
    if not given.profile and environment.get("CCAPI_API_KEY", "").strip():
        return Account(None, "CCAPI_API_KEY", base_url or None, source)
    name = named(given.profile, environment)
    profile = find(name or DEFAULT_PROFILE, bool(name))
    if profile is None:
        return Account(None, "", base_url or None, source)
    key_source = f"the profile {profile.name!r}"
    if not base_url:
        return Account(profile.api_key, key_source, profile.base_url, key_source)
    wanted, own = base_url_option(Secret(base_url)), base_url_option(profile.base_url)
    if wanted.origin != own.origin:
        raise ConfigurationError(
            f"{source}: the key of the profile {profile.name!r} goes to {own.redacted} alone, and this is another "
            "origin: set CCAPI_API_KEY to a key for it, or keep one with `ccapi login --profile NAME --base-url URL`"
        )
    return Account(profile.api_key, key_source, base_url, source)


def account_of(given: Connection) -> Account:
    """The same by the environment and the profiles of whoever runs the command."""

    def find(name: str, is_named: bool) -> Profile | None:
        from .profiles import find_profile

        return find_profile(name, is_named=is_named)

    return account(given, os.environ, find)
