"""`ccapi doctor`: checks whether a program can use the API from this machine."""

from __future__ import annotations

import platform
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import click

from .. import __version__
from .._carriers.library import carrier_name
from .._carriers.trust import names_in_use
from .._client import sender_of
from .._http.blocking import run
from .._http.reading import read_response
from .._http.sender import Sender
from ..errors import APIStatusError, AuthenticationError, CCAPIError, ConfigurationError
from ..models import ModelListResponse
from ..policies import RetryPolicy
from .app import command as make
from .options import contract
from .plain import plain_line
from .session import NoKey, Session

EXAMPLES = """
ccapi doctor
ccapi doctor --sandbox
"""

LIMIT = 8.0
"""How long the request may take altogether, in seconds: the look-up of the name and a response that drips included."""
MOST_SKEW = 30.0
"""How far the two clocks may differ, in seconds."""


def doctor(session: Session) -> None:
    """Checks the key, the address, the connection, the versions and the clock, and says what to do."""
    versions = f"ccapi-client {__version__}, contract {contract()['info']['version']}"
    checks = {"versions": (True, f"{versions}, {carrier_name()}, Python {platform.python_version()}")}
    failure: CCAPIError | None = None
    try:
        client = session.client
    except ConfigurationError as error:
        failure = error
        checks["key" if isinstance(error, NoKey) else "address"] = (False, str(error))
    else:
        source = "of the sandbox" if session.use_sandbox else "CCAPI_API_KEY"
        sender = sender_of(client)
        key, address = sender.options.api_key, sender.options.base_url
        assert isinstance(key, str)  # noqa: S101 - a command is given no callable
        checks["key"] = (True, f"{source}, {len(key)} characters")
        query = ", with a query" if address.query else ""
        checks["address"] = (True, f"{address.redacted}{query}{session.base_url_source}")
        try:
            proxy = sender.connections.proxy_of(address)
            if proxy:
                checks["proxy"] = (True, proxy.redacted.rstrip("/"))
            if address.scheme == "https" and names_in_use():
                checks["certificates"] = (True, f"those of {names_in_use()}")
            checks.update(_request(sender))
        except CCAPIError as error:
            failure = error
            reached = isinstance(error, APIStatusError)
            checks["connection"] = (reached, "the service responds" if reached else str(error))
            if reached:
                checks["key" if isinstance(error, AuthenticationError) else "answer"] = (False, str(error))
    if session.as_json:
        session.result({name: {"ok": ok, "detail": text} for name, (ok, text) in checks.items()})
    else:
        for name, (ok, text) in checks.items():
            session.out.print("ok  " if ok else "no  ", style="green" if ok else "red", end=" ")
            session.out.print(f"{name:12} {plain_line(text)}", soft_wrap=True)
    if failure is not None:
        raise failure
    if not all(ok for ok, _ in checks.values()):
        raise click.exceptions.Exit(1)


def _request(sender: Sender) -> dict[str, tuple[bool, str]]:
    request = sender.options.request("GET", "/models?limit=1")
    started = time.monotonic()
    # Not retried: what one attempt sees is the diagnosis.
    response = run(sender.send(request, retry=RetryPolicy(max_attempts=1), within=LIMIT))
    took = time.monotonic() - started
    read_response(ModelListResponse, response)
    found = {"connection": (True, f"a response in {took * 1000:.0f} ms")}
    try:
        skew = (datetime.now(UTC) - parsedate_to_datetime(response.headers["date"])).total_seconds()
    except (KeyError, ValueError, TypeError):
        return {**found, "clock": (True, "not compared: the response has no Date")}
    agrees = abs(skew) <= MOST_SKEW
    told = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the service's"
    return {**found, "clock": (agrees, f"agrees with the service's within {MOST_SKEW:g} s" if agrees else told)}


command = make(doctor, examples=EXAMPLES, params=[])
