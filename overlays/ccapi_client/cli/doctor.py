"""`ccapi doctor`: checks whether a program can use the API from this machine."""

from __future__ import annotations

import os
import platform
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import click
from ccapi_openapi.api.catalog import list_models_operation

from .. import __version__
from .._carriers.library import EXTRAS, carrier_name, is_installed
from .._carriers.trust import names_in_use
from .._client import sender_of
from .._extras import how_to_install
from .._http.address import Address
from .._http.blocking import run
from .._http.operation import execute
from .._http.sender import Sender
from ..errors import APIConnectionError, APIStatusError, AuthenticationError, CCAPIError, ConfigurationError
from ..policies import RetryPolicy
from .app import command as make
from .connection import DEFAULT_PROFILE, named
from .failures import usual_address
from .options import contract
from .output import number_of
from .plain import plain_line
from .session import Session

EXAMPLES = """
ccapi doctor
ccapi doctor --profile work
ccapi doctor --sandbox
"""

LIMIT = 8.0
"""How long the request may take altogether, in seconds: the look-up of the name and a response that drips included."""
MOST_SKEW = 30.0
"""How far the two clocks may differ, in seconds."""

Checks = dict[str, tuple[bool, str]]
"""Whether each check passed, and what it found."""


def doctor(session: Session) -> None:
    """Checks the key, the address, the connection, the versions and the clock, and says what to do.

    One request is sent, and it is not retried unless --retries says so. It takes 8 seconds at most.
    """
    versions = f"ccapi-client {__version__}, contract {contract()['info']['version']}"
    checks: Checks = {"versions": (True, f"{versions}, Python {platform.python_version()}"), "carrier": _carrier()}
    failure: CCAPIError | None = None
    session.advises = False
    try:
        sender = sender_of(session.client)
    except ConfigurationError as error:
        failure = error
        if checks["carrier"][0]:
            is_address = str(error).startswith(("base_url", "--base-url", "CCAPI_BASE_URL"))
            checks["address" if is_address else "key"] = (False, str(error))
    else:
        checks.update(_account(session, sender))
        try:
            checks.update(_way(sender))
            checks.update(_request(session, sender))
        except CCAPIError as error:
            failure = error
            reached = isinstance(error, APIStatusError)
            checks["connection"] = (reached, "the service responds" if reached else str(error))
            if isinstance(error, AuthenticationError):
                checks["key"] = (False, f"{checks['key'][1]}: {error}")
            elif reached:
                checks["response"] = (False, str(error))
            if isinstance(error, APIConnectionError) and not session.connection.use_sandbox:
                own = f"is a server running at {sender.options.base_url.redacted}? {_another(session)}"
                service = "check the network of this machine; behind a proxy, set HTTPS_PROXY"
                session.add_hint(own if session.account.base_url_source else service)
            if usual := usual_address(error, sender.options.base_url):
                checks["address"] = (False, f"{checks['address'][1]}: {usual}")
    _show(session, checks)
    if failure is not None:
        session.is_told = not session.as_json
        raise failure
    if not all(ok for ok, _ in checks.values()):
        raise click.exceptions.Exit(1)


def _another(session: Session) -> str:
    """How to name another address; the key of a profile goes to no other than its own."""
    name = named(session.connection.profile, os.environ) or DEFAULT_PROFILE
    if session.account.key_source != f"the profile {name!r}":
        return "--base-url URL names another address"
    return f"to keep another address: ccapi login --profile {name} --base-url URL"


def _carrier() -> tuple[bool, str]:
    """What carries requests, and whether the extra for a quicker one is installed."""
    try:
        name = carrier_name()
    except ConfigurationError as error:
        return False, str(error)
    ((library, extra),) = EXTRAS.items()
    missing = f"; {library} is not installed: {how_to_install(extra)} makes AsyncCCAPI quicker"
    return True, name + ("" if is_installed(library) else missing)


def _account(session: Session, sender: Sender) -> Checks:
    """The key and the address, and what sets them."""
    account, key, address = session.account, sender.options.api_key, sender.options.base_url
    assert isinstance(key, str)  # noqa: S101 - a command is given no callable
    query = ", with a query" if address.query else ""
    source = f" ({account.base_url_source})" if account.base_url_source else ""
    return {
        "key": (True, f"{account.key_source}, {number_of(len(key), 'character')}"),
        "address": (True, f"{address.redacted}{query}{source}"),
    }


def _way(sender: Sender) -> Checks:
    """What the request goes through, and what it trusts."""
    address = sender.options.base_url
    return {
        "proxy": (True, _shown(sender.connections.proxy_of(address))),
        "certificates": (not address.exposure, address.exposure or _certificates(address)),
    }


def _shown(proxy: Address | None) -> str:
    return "none" if proxy is None else proxy.redacted.rstrip("/")


def _certificates(address: Address) -> str:
    if address.scheme != "https":
        return "none are needed for http"
    return f"those of {names_in_use() or 'certifi'}"


def _request(session: Session, sender: Sender) -> Checks:
    operation = list_models_operation()
    request = sender.options.operation_request(operation, {"limit": 1}, None, {})
    # By default not retried: what one attempt sees is the diagnosis.
    retry = RetryPolicy(max_attempts=1) if session.connection.retries is None else None
    started = time.monotonic()
    _, response = run(execute(sender, operation, request, retry=retry, within=LIMIT))
    took = time.monotonic() - started
    found: Checks = {"connection": (True, f"a response in {took * 1000:.0f} ms")}
    try:
        skew = (datetime.now(UTC) - parsedate_to_datetime(response.headers["date"])).total_seconds()
    except (KeyError, ValueError, TypeError):
        return {**found, "clock": (True, "not compared: the response has no Date")}
    agrees = abs(skew) <= MOST_SKEW
    told = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the service's"
    return {**found, "clock": (agrees, f"agrees with the service's within {MOST_SKEW:g} s" if agrees else told)}


def _show(session: Session, checks: Checks) -> None:
    if session.as_json:
        session.result({name: {"ok": ok, "detail": text} for name, (ok, text) in checks.items()})
        return
    for name, (ok, text) in checks.items():
        session.out.print("ok  " if ok else "no  ", style="green" if ok else "red", end=" ")
        session.out.print(f"{name:12} {plain_line(text)}", soft_wrap=True)


command = make(doctor, examples=EXAMPLES, params=[])
