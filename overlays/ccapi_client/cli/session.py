"""The run of a command: its client, its output, and the exit code of an error.

Results go to standard output, so that they can be piped; messages and progress bars go to standard error.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self

import click
from rich.console import Console
from rich.markup import escape

from .. import errors
from .._files.formats import HEAD, unlike_its_name
from .._files.save import mode_to_keep
from ..async_client import AsyncCCAPI
from ..client import CCAPI
from ..policies import PollPolicy, RetryEvent
from .frames import still_of
from .plain import plain, plain_json, plain_line

LONG_WAIT = 5.0
"""A wait before a retry is shown where it is at least this long, in seconds."""
UNAUTHENTICATED, BILLING, JOB_FAILED, TIMED_OUT, INTERRUPTED = 3, 4, 5, 6, 130


def exit_code(error: BaseException) -> int | None:
    """The exit code of an error; None where the error is a bug, and its traceback is shown."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, NoKey | errors.AuthenticationError):
        return UNAUTHENTICATED
    if isinstance(error, errors.BillingError):
        return BILLING
    if isinstance(error, errors.JobFailedError | errors.JobCancelledError):
        return JOB_FAILED
    if isinstance(error, errors.JobTimeoutError | errors.APITimeoutError):
        return TIMED_OUT
    if isinstance(error, errors.InvalidRequestError | errors.ConfigurationError):
        return 2
    return 1 if isinstance(error, errors.CCAPIError | OSError) else None


class NoKey(errors.ConfigurationError):
    """There is no API key."""


class Session:
    """A run of a command.

    Attributes:
        as_json: Whether standard output gets one JSON document and nothing else.
        quiet: Whether messages and bars are left out.
        use_sandbox: Whether the command runs against its own sandbox.
        out: Standard output.
        err: Standard error.
    """

    def __init__(self, *, as_json: bool, quiet: bool, base_url: str | None, use_sandbox: bool) -> None:
        self.as_json, self.quiet = as_json, quiet
        self._base_url, self.use_sandbox = base_url, use_sandbox
        # Output into a pipe is not wrapped, so that ids stay whole.
        width = None if sys.stdout.isatty() else 10_000
        self.out = Console(highlight=False, markup=False, emoji=False, width=width)
        self.err = Console(stderr=True, highlight=False, emoji=False)
        self._stack = ExitStack()
        self._hints: list[str] = []

    def __enter__(self) -> Self:
        # After `kill`, a command cleans up as after Ctrl-C.
        signal.signal(signal.SIGTERM, _interrupt)
        self._stack.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    @property
    def base_url_source(self) -> str:
        """The option or variable that sets the URL of the API, for messages; empty where none does."""
        named = {"--base-url": self._base_url, "CCAPI_BASE_URL": os.environ.get("CCAPI_BASE_URL")}
        source = next((name for name, value in named.items() if value), None)
        return f" ({source})" if source and not self.use_sandbox else ""

    @cached_property
    def _settings(self) -> dict[str, Any]:
        if not self.use_sandbox:
            return {"base_url": self._base_url, "on_retry": self._tell_retry}
        if self._base_url:
            raise errors.InvalidRequestError("--sandbox: it has its own URL; leave out --base-url")
        import ccapi_sandbox

        try:
            running = ccapi_sandbox.running
        except ModuleNotFoundError as error:
            raise errors.ConfigurationError(str(error)) from error
        sandbox = self._stack.enter_context(running())
        self.tell(f"[dim]a sandbox serves at {sandbox.base_url}[/dim]")
        return {"api_key": sandbox.api_key, "base_url": sandbox.base_url, "on_retry": self._tell_retry}

    def _tell_retry(self, event: RetryEvent) -> None:
        if event.delay >= LONG_WAIT:
            what = f"status {event.status}" if event.status else type(event.exception).__name__
            self.tell(f"[dim]{what}; retrying in {event.delay:.0f} s[/dim]")

    @cached_property
    def client(self) -> CCAPI:
        """The client, which is closed when the command ends."""
        try:
            return self._stack.enter_context(CCAPI(**self._settings))
        except errors.ConfigurationError as error:
            raise _no_key(error) from None

    def async_client(self) -> AsyncCCAPI:
        """A client for asyncio, for the caller to close."""
        try:
            return AsyncCCAPI(**self._settings)
        except errors.ConfigurationError as error:
            raise _no_key(error) from None

    def client_elsewhere(self, poll: PollPolicy) -> Callable[[], AsyncCCAPI]:
        """What makes a client on another machine: it finds the key there, and no secret is in it.

        Raises:
            InvalidRequestError: It would not reach the service there.
        """
        if self.use_sandbox:
            raise errors.InvalidRequestError(
                "--sandbox: it is this command's alone; set CCAPI_BASE_URL for all workers"
            )
        if "?" in (self._base_url or ""):  # it may be secret
            raise errors.InvalidRequestError(
                "--base-url: one with a query is not sent to workers; set CCAPI_BASE_URL there"
            )
        return partial(AsyncCCAPI, base_url=self._base_url, poll=poll)

    def result(self, document: Any) -> None:
        """Prints the JSON document that is the result."""
        click.echo(plain_json(json.dumps(document, ensure_ascii=False, indent=2 if self.out.is_terminal else None)))

    def show(self, text: object, *, end: str = "\n") -> None:
        """Prints text, of a model or the service for instance, to standard output at once."""
        click.echo(plain(text) + end, nl=False)

    def tell(self, message: str) -> None:
        """Prints a message, in rich's markup, to standard error."""
        if not self.quiet and not self.as_json:
            self.err.print(plain(message))

    @contextmanager
    def resumable(self, job_id: str, output: str | None, what: str = "pictures") -> Iterator[None]:
        """If the block is interrupted and the job keeps running, lets `tell_hints` say how to get what it makes."""
        # A query may be secret: what is printed may be logged.
        address, query, _ = (self._base_url or "").partition("?")
        where = f" --base-url {shlex.quote(f'{address}?...' if query else address)}" if address else ""
        target = f" -o {shlex.quote(output)}" if output else ""
        message = f"{job_id}: to get its {what}, run: ccapi job {shlex.quote(job_id)} --wait{target}{where}"
        try:
            yield
        except (errors.JobFailedError, errors.JobCancelledError, errors.NotFoundError):
            raise
        except BaseException:
            if not self.use_sandbox:  # which ends with the command, and the job with it
                self._hints.append(message)
            raise

    def saved(self, path: Path, *, open_it: bool = False, preview: bool = False) -> None:
        """Prints the path of a file; on request, shows it in the terminal or in the program that opens such files."""
        if not self.as_json:
            self.show(path)
        with path.open("rb") as file:
            note = unlike_its_name(str(path), file.read(HEAD))
        if note:  # `save` has logged it too, but nobody reads the log of a command
            self.tell(f"[dim]note: {escape(note)}[/dim]")
        if preview and self.err.is_terminal:
            self._preview(path)
        if open_it:
            click.launch(str(path))

    def _preview(self, path: Path) -> None:
        try:
            from textual_image.renderable import Image

            still = still_of(path)
        except ModuleNotFoundError as error:
            name, extra = ("PyAV", "sandbox-video") if error.name == "av" else ("textual-image", "cli")
            self.tell(f"[dim]--preview needs {name}: pip install 'ccapi-client\\[{extra}]'[/dim]")
        else:
            if still is not None:
                self.err.print(Image(still, width=60))

    def tell_error(self, error: BaseException, place: str = "") -> None:
        """Prints what went wrong, and what to do, to standard error."""
        if isinstance(error, KeyboardInterrupt):
            self.err.print("interrupted", markup=False)
        else:
            text = plain_line(f"{place}{str(error).strip() or type(error).__name__}")
            self.err.print(f"[red]error:[/red] {escape(text)}", soft_wrap=True)
        self.tell_hints()

    def tell_hints(self) -> None:
        """Prints how to get the pictures of jobs that keep running."""
        for hint in self._hints:
            self.err.print(plain(hint), markup=False, soft_wrap=True)
        self._hints.clear()


def check_output(output: str) -> None:
    """Checks that a path can be written, before anything is billed.

    Raises:
        InvalidRequestError: It can't be written.
    """
    path = Path(output)
    if output == "-":
        raise errors.InvalidRequestError("-o: a file or a folder is expected; standard output gets its path")
    is_folder = output.endswith(("/", os.sep)) or path.is_dir()
    folder = next(each for each in [*([path] if is_folder else []), *path.absolute().parents] if each.exists())
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise errors.InvalidRequestError(f"-o: {output} can't be written: {folder}: {error.strerror}") from None
    if path.suffix and not is_folder:
        try:
            mode_to_keep(path)
        except (OSError, errors.InvalidRequestError) as error:
            raise errors.InvalidRequestError(f"-o: {getattr(error, 'strerror', None) or error}: {output}") from None


def _no_key(error: errors.ConfigurationError) -> errors.ConfigurationError:
    if not str(error).startswith("no API key"):
        return error
    return NoKey(
        "no API key: set CCAPI_API_KEY; keys are made at https://ccapi.ai. Or try it without one: add --sandbox"
    )


def _interrupt(number: int, frame: object) -> None:
    signal.raise_signal(signal.SIGINT)  # asyncio handles it in an orderly way, unlike an exception raised here
