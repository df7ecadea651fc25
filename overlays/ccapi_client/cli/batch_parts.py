"""What the commands of batches share: where the ledger is, what errors exit with, and how numbers are said."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from ..async_client import AsyncCCAPI
from ..batch import BatchError, BatchStoppedError
from ..errors import InvalidRequestError
from ..policies import PollPolicy
from .connection import Connection, account_of
from .failures import BILLING, JOB_FAILED, UNAUTHENTICATED
from .session import Session
from .shown import ShownRequests

LEDGER = "batch.ccapi"
CODES = {
    "authentication": UNAUTHENTICATED,
    "billing": BILLING,
    "max_cost": BILLING,
    "max_failures": JOB_FAILED,
    "ledger": 2,
}


def ledger_in(place: str) -> Path:
    """The ledger of a folder; or the ledger itself."""
    path = Path(place)
    return path if path.suffix == ".ccapi" and not path.is_dir() else path / LEDGER


def to_run(place: str) -> str:
    """The command that sends what is planned, for the folder or the ledger that another command was given."""
    path = ledger_in(place)
    if path.name == LEDGER:
        return f"ccapi batch run -o {shlex.quote(str(path.parent))}"
    return f"ccapi batch run -o FOLDER --ledger {shlex.quote(str(path))}"  # where its files are is not known here


def batch_error_codes(run: Callable[..., Any]) -> Callable[..., Any]:
    """A command whose errors of batches set their own exit codes."""

    @functools.wraps(run)
    def wrapped(session: Session, **values: Any) -> None:
        try:
            run(session, **values)
        except BatchStoppedError as error:
            session.tell_error(error)
            raise click.exceptions.Exit(CODES.get(error.code, 1)) from error
        except BatchError as error:
            session.tell_error(error)
            raise click.exceptions.Exit(2) from error

    return wrapped


def client_elsewhere(session: Session, poll: PollPolicy) -> Callable[[], AsyncCCAPI]:
    """What makes a client on another machine: it finds the key there, and no secret is in it.

    Raises:
        InvalidRequestError: It would not reach the service there.
    """
    connection, secret = session.connection, "it may be secret, and is not sent to workers"
    if connection.use_sandbox:
        raise InvalidRequestError("--sandbox: it is this command's alone; set CCAPI_BASE_URL for all workers")
    if "?" in (connection.base_url or ""):
        raise InvalidRequestError(f"--base-url: {secret}; set CCAPI_BASE_URL there")
    if connection.headers:
        raise InvalidRequestError(f"--header: {secret}; leave it out")
    return partial(_client_here, connection, poll)


def _client_here(connection: Connection, poll: PollPolicy) -> AsyncCCAPI:
    """A client with the key of the machine on which it is made; with --verbose, it shows its requests there."""
    account = account_of(connection)
    given: dict[str, Any] = {"api_key": account.api_key, "base_url": account.base_url, "poll": poll}
    if connection.verbose:
        shown = ShownRequests(Console(stderr=True, highlight=False, emoji=False), print, is_verbose=True)
        given |= {"on_retry": shown.on_retry, "on_response": shown.on_response}
    return AsyncCCAPI(**given, **connection.settings())


def shown(path: Path) -> Path:
    """A path as people write it: from the current folder, where it is in there."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
