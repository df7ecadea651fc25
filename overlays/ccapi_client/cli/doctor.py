"""`ccapi doctor`: what stands between a program and its first answer."""

from __future__ import annotations

import platform
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import click
import httpx

from .. import __version__
from ..errors import APIStatusError, AuthenticationError, CCAPIError, ConfigurationError
from ..models import ModelListResponse
from ..response import read_response
from .app import command as make
from .options import contract
from .session import NoKey, Session

EXAMPLES = """
ccapi doctor
ccapi doctor --sandbox
"""

MOST_SKEW = 30.0
"""How far the clocks may be apart before it is worth a word, in seconds."""


def doctor(session: Session) -> None:
    """Checks the key, the address, the connection, the versions and the clock, and says what to do."""
    checks: dict[str, tuple[bool, str]] = {
        "versions": (
            True,
            f"ccapi-client {__version__}, contract {contract()['info']['version']}, httpx {httpx.__version__}, Python {platform.python_version()}",
        )
    }
    failure: CCAPIError | None = None
    try:
        client = session.client
    except ConfigurationError as error:
        failure = error
        checks["key" if isinstance(error, NoKey) else "address"] = (False, str(error))
    else:
        source = "of the sandbox" if session.use_sandbox else "CCAPI_API_KEY"
        checks["key"] = (True, f"{source}, {len(client._options.api_key)} characters")
        checks["address"] = (
            True,
            f"{client._options.base_url}{session.base_url_source}",
        )
        try:
            checks.update(_ask(client))
        except CCAPIError as error:
            failure = error
            reached = isinstance(error, APIStatusError)
            checks["connection"] = (reached, "the service answers" if reached else str(error))
            if reached:
                checks["key" if isinstance(error, AuthenticationError) else "answer"] = (False, str(error))
    if session.as_json:
        session.result({name: {"ok": ok, "detail": text} for name, (ok, text) in checks.items()})
    else:
        for name, (ok, text) in checks.items():
            session.out.print("ok  " if ok else "no  ", style="green" if ok else "red", end=" ")
            session.out.print(f"{name:12} {text}", soft_wrap=True)
    if failure is not None:
        raise failure
    if not all(ok for ok, _ in checks.values()):
        raise click.exceptions.Exit(1)


def _ask(client: Any) -> dict[str, tuple[bool, str]]:
    began = time.monotonic()
    response = client._send(client._options.request("GET", "/models?limit=1"))
    took = time.monotonic() - began
    read_response(ModelListResponse, response)
    found = {"connection": (True, f"answered in {took * 1000:.0f} ms")}
    try:
        skew = (datetime.now(UTC) - parsedate_to_datetime(response.headers["date"])).total_seconds()
    except (KeyError, ValueError, TypeError):
        return {**found, "clock": (True, "the service tells no time")}
    agrees = abs(skew) <= MOST_SKEW
    told = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the service's"
    return {**found, "clock": (agrees, f"agrees with the service's within {MOST_SKEW:g} s" if agrees else told)}


command = make(doctor, examples=EXAMPLES, params=[])
