"""What a command runs in: its client, what it prints and where, and what an error means for the exit code.

Standard output has results alone, so that they can be piped; messages and progress bars go to standard error.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import Any, Self

import click
from rich.console import Console

from .. import errors
from ..client import CCAPI, AsyncCCAPI

UNAUTHENTICATED, BILLING, JOB_FAILED, TIMED_OUT, INTERRUPTED = 3, 4, 5, 6, 130


def exit_code(error: BaseException) -> int | None:
    """The exit code of an error; None where it is none that a user can do something about."""
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
    """There is no key."""


class Session:
    """A run of a command.

    Attributes:
        as_json: Whether one JSON document is all that standard output gets.
        quiet: Whether there are no messages and bars.
        out: Standard output.
        err: Standard error.
    """

    def __init__(self, *, as_json: bool, quiet: bool, base_url: str | None, use_sandbox: bool) -> None:
        self.as_json, self.quiet = as_json, quiet
        self._base_url, self._use_sandbox = base_url, use_sandbox
        self.out, self.err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False)
        self._stack = ExitStack()
        self._hints: list[str] = []

    def __enter__(self) -> Self:
        # Ended by `kill`, a command cleans up as after Ctrl-C.
        signal.signal(signal.SIGTERM, _interrupt)
        self._stack.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    @cached_property
    def _settings(self) -> dict[str, Any]:
        if not self._use_sandbox:
            return {"base_url": self._base_url}
        import ccapi_sandbox

        try:
            running = ccapi_sandbox.running
        except ModuleNotFoundError as error:
            raise errors.ConfigurationError(str(error)) from error
        sandbox = self._stack.enter_context(running())
        self.tell(f"[dim]a sandbox serves at {sandbox.base_url}[/dim]")
        return {"api_key": sandbox.api_key, "base_url": sandbox.base_url}

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

    def result(self, document: Any) -> None:
        """Prints the JSON document that is the result."""
        click.echo(json.dumps(document, ensure_ascii=False, indent=2 if self.out.is_terminal else None))

    def tell(self, message: str) -> None:
        """Prints a message, in rich's markup, to standard error."""
        if not self.quiet and not self.as_json:
            self.err.print(message)

    @contextmanager
    def hint(self, message: str) -> Iterator[None]:
        """Prints a line, how to go on, if the block does not end well and the command neither."""
        self._hints.append(message)
        yield
        self._hints.remove(message)

    def tell_error(self, error: BaseException) -> None:
        """Prints what went wrong, and what to do, to standard error."""
        if isinstance(error, KeyboardInterrupt):
            self.err.print("interrupted", markup=False)
        else:
            text = " ".join(str(error).split()) or type(error).__name__
            self.err.print(f"[red]error:[/red] {_escaped(text)}", soft_wrap=True)
        for hint in self._hints:
            self.err.print(hint, markup=False, soft_wrap=True)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _no_key(error: errors.ConfigurationError) -> errors.ConfigurationError:
    if not str(error).startswith("no API key"):
        return error
    return NoKey(
        "no API key: set CCAPI_API_KEY; keys are made at https://ccapi.ai. Or try it without one: add --sandbox"
    )


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
