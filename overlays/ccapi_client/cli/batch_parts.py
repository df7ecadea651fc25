"""What the commands of batches share: where the ledger is, what errors exit with, and how numbers are said."""

from __future__ import annotations

import functools
import re
import shlex
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from ..async_client import AsyncCCAPI
from ..batch import Batch, BatchError, BatchStoppedError
from ..batch.ledger import own_error
from ..errors import CCAPIError, InvalidRequestError
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


OPTIONS = {
    **{name: f"--{name.replace('_', '-')}" for name in ("max_cost", "max_failures", "per_minute", "in_flight")},
    **{name: f"--{name.replace('_', '-')}" for name in ("key_ttl", "idempotency", "operation", "scheduler", "output")},
    "rows": "ROWS",
    "template": "--set",
    "id": "--id",
    "ids": "--id",
    "decision": "--job",
    "prices": "--price",
    "path": "TARGET",
}
"""What the arguments of a batch's methods are for the commands."""
_ARGUMENT = re.compile(rf"^({'|'.join(OPTIONS)})(?=: )|(?<![\w./-])(max_cost|max_failures)(?![\w./-])")


def ledger_in(place: str) -> Path:
    """The ledger of a folder; or the ledger itself."""
    path = Path(place)
    return path if path.is_file() or (path.suffix == ".ccapi" and not path.is_dir()) else path / LEDGER


def to_run(place: str) -> str:
    """The command that sends what is planned, for the folder or the ledger that another command was given."""
    path = ledger_in(place)
    if path.name == LEDGER:
        return f"ccapi batch run -o {shlex.quote(str(path.parent))}"
    return f"ccapi batch run -o FOLDER --ledger {shlex.quote(str(path))}"  # where its files are is not known here


@contextmanager
def opened(path: Path) -> Iterator[Batch]:
    """A batch; if nothing was planned in a new one, what was made for it is removed at the end of the block."""
    made = [each for each in (path, *path.parents) if not each.exists()]
    with Batch.open(path) as batch:
        try:
            yield batch
        finally:
            if made and not batch.counts().total:
                batch._ledger.discard()
                with suppress(OSError):  # others have put something there
                    for folder in made[1:]:
                        folder.rmdir()


@contextmanager
def copied(path: Path) -> Iterator[Batch]:
    """A copy of a batch, which is deleted at the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="ccapi-batch-"))
    try:
        if path.exists():
            source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            try:
                with closing(source), closing(sqlite3.connect(folder / LEDGER)) as copy:
                    source.backup(copy)
            except sqlite3.Error as error:
                raise own_error(path, error) from error
        with Batch.open(folder / LEDGER) as batch:
            yield batch
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def batch_error_codes(run: Callable[..., Any]) -> Callable[..., Any]:
    """A command whose errors of batches set their own exit codes."""

    @functools.wraps(run)
    def wrapped(session: Session, **values: Any) -> None:
        try:
            with _named_as_options():
                run(session, **values)
        except BatchStoppedError as error:
            session.tell_error(error)
            raise click.exceptions.Exit(CODES.get(error.code, 1)) from error
        except BatchError as error:
            session.tell_error(error)
            raise click.exceptions.Exit(2) from error

    return wrapped


@contextmanager
def _named_as_options() -> Iterator[None]:
    """Has errors name the options of a command in place of the arguments of a method."""
    try:
        yield
    except CCAPIError as error:
        name_options(error)
        raise


def name_options(error: CCAPIError) -> None:
    """Has an error name the options of a command in place of the arguments of a method."""
    message, *more = error.args
    error.args = (_ARGUMENT.sub(lambda found: OPTIONS[found[0]], message), *more)


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
