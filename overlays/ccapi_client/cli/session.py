"""The run of a command: its client and its output.

Results go to standard output, so that they can be piped; messages and progress bars go to standard error.
"""

from __future__ import annotations

import logging
import shlex
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import click
from ccapi_openapi.operations import Stream
from rich.console import Console
from rich.markup import escape

from .. import errors
from .._chat.stream import EventStream
from .._extras import how_to_install
from .._files.formats import HEAD, unlike_its_name
from .._http.address import Address
from .._http.settings import base_url_option
from ..async_client import AsyncCCAPI
from ..client import CCAPI
from .connection import Account, Connection, NoKeyError, account_of
from .failures import advice, cost, document, message
from .frames import still_of
from .output import json_text
from .plain import error_text, hint_text, plain, plain_line
from .shown import ShownRequests


class Session:
    """A run of a command.

    Attributes:
        as_json: Whether results and errors are JSON documents.
        quiet: Whether to show no messages.
        connection: The options of all commands that send requests.
        advises: Whether an error of the connection says that there is `ccapi doctor`.
        out: Standard output.
        err: Standard error.
        place: What the error that ends the command is about, such as `PROMPT: `; empty where there is one thing alone.
        is_told: Whether the error that ends the command has been shown, so that only what to do is left to say.
    """

    def __init__(self, *, as_json: bool, quiet: bool, connection: Connection) -> None:
        self.advises = True
        self.as_json, self.quiet, self.connection = as_json, quiet, connection
        self.out = Console(highlight=False, markup=False, emoji=False)
        self.err = Console(stderr=True, highlight=False, emoji=False)
        self._stack = ExitStack()
        self.place, self.is_told = "", False
        self._hints: list[str] = []
        self._known: dict[str, Any] = {}
        self._has_result = False

    def __enter__(self) -> Self:
        # After `kill`, a command cleans up as after Ctrl-C.
        signal.signal(signal.SIGTERM, _interrupt)
        self._stack.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    @cached_property
    def account(self) -> Account:
        """The key and the address, and where each comes from; of a sandbox, which is started.

        Raises:
            CCAPIError: There is none that can be used.
        """
        if not self.connection.use_sandbox:
            return account_of(self.connection)
        import ccapi_sandbox

        try:
            running = ccapi_sandbox.running
        except ModuleNotFoundError as error:
            raise errors.ConfigurationError(str(error)) from error
        sandbox = self._stack.enter_context(running())
        self.tell(f"a sandbox serves at {sandbox.base_url}")
        return Account(sandbox.api_key, "the sandbox", sandbox.base_url, "the sandbox")

    @cached_property
    def _settings(self) -> dict[str, Any]:
        shown = ShownRequests(self.err, self.tell, self.connection.verbose)
        self._tell_exposure()
        return {
            **self.connection.settings(),
            "api_key": self.account.api_key,
            "base_url": self.account.base_url,
            "on_retry": shown.on_retry,
            "on_response": shown.on_response,
        }

    @property
    def _address(self) -> Address | None:
        """The address, where the command has come so far as to have one that can be used."""
        if "account" in self.__dict__:
            with suppress(errors.ConfigurationError):
                return base_url_option(self.account.base_url)
        return None

    def _tell_exposure(self) -> None:
        """Notes that others can read the key, unless `ccapi login` has kept it all the same."""
        source = self.account.base_url_source
        if self.advises and source != self.account.key_source and self._address and self._address.exposure:
            self.tell(f"note: {source}: {self._address.exposure}")

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

    def idempotency_key(self, why_not: str = "") -> str | None:
        """The key for the one request of the command that costs; None where none was given.

        Args:
            why_not: Why there is not one such request, as in `each PROMPT is a request of its own`; empty where it is.

        Raises:
            InvalidRequestError: A key was given, and there is not one such request.
        """
        key = self.connection.idempotency_key
        if key is not None and why_not:
            raise errors.InvalidRequestError(f"--idempotency-key: it is for one request, and {why_not}")
        return key

    def result(self, result: Any) -> None:
        """Prints the JSON document that is the result."""
        self._has_result = True
        click.echo(json_text(result))

    def partial_result(self, partial: dict[str, Any], error: BaseException) -> None:
        """Prints the JSON document of a result that is not what was requested, with the error that says why."""
        self.result({**partial, "error": self._document(error)})

    def _document(self, error: BaseException) -> dict[str, Any]:
        hints = [*self._hints, *(advice(error, self.connection, self._address) if self.advises else [])]
        return {**document(error, hints), **self._known}

    def show(self, text: object, *, end: str = "\n") -> None:
        """Prints text, of a model or the service for instance, to standard output at once."""
        click.echo(plain(text) + end, nl=False)

    @property
    def tells(self) -> bool:
        """Whether messages are shown."""
        return not self.quiet and not self.as_json

    def tell(self, message: str) -> None:
        """Prints a message, in which markup is text, to standard error."""
        if self.tells:
            self.err.print(plain(message), style="dim", markup=False, soft_wrap=True)

    @contextmanager
    def resumable(self, job_id: str, output: str | None, what: str = "pictures") -> Iterator[None]:
        """If the block is interrupted and the job keeps running, lets `tell_hints` say how to get what it makes."""
        try:
            yield
        except (errors.JobFailedError, errors.JobCancelledError):
            raise
        except BaseException as error:
            # A poll that finds no job has its id; it is a file that is missing otherwise, and the job has another link.
            if not (isinstance(error, errors.NotFoundError) and error.job_id):
                self.hint([job_id], output, what)
            raise

    def hint(self, job_ids: Sequence[str], output: str | None, what: str) -> None:
        """Lets `tell_hints` say how to get what jobs make that keep running."""
        if self.connection.use_sandbox:  # which ends with the command, and its jobs with it
            return
        self._known["job_ids"] = [*self._known.get("job_ids", ()), *job_ids]
        target = f" -o {shlex.quote(output)}" if output else ""
        resumed = f"ccapi job {shlex.join(job_ids)} --wait{target}{self.connection.as_options}"
        whose = f"{job_ids[0]}: to get its" if len(job_ids) == 1 else f"{len(job_ids)} jobs keep running: to get their"
        self.add_hint(f"{whose} {what}, run: {resumed}")

    @contextmanager
    def billed(self, stream: EventStream[Any] | Stream[Any, Any] | None = None) -> Iterator[None]:
        """If the block, which sends a request that costs, is interrupted, lets `tell_hints` say that it may be billed.

        Args:
            stream: The response, where it is a stream, which may have come in part.
        """
        try:
            yield
        except KeyboardInterrupt:
            self.may_be_billed(has_response=stream is not None and stream.response is not None)
            raise

    def may_be_billed(self, *, has_response: bool = False) -> None:
        """Lets `tell_hints` say that a request which was interrupted may be billed."""
        key = self.connection.idempotency_key
        self._known |= {"may_be_billed": True, **({"idempotency_key": key} if key else {})}
        self.add_hint(("" if has_response else "no response came: ") + cost(key))

    def add_hint(self, text: str) -> None:
        """Lets `tell_hints` say what a person has to know, with `--json` too."""
        self._hints.append(text)

    def saved(self, path: Path, *, open_it: bool = False, preview: bool = False) -> None:
        """Prints the path of a file; on request, shows it in the terminal or in the program that opens such files."""
        if not self.as_json:
            self.show(path)
        with path.open("rb") as file:
            note = unlike_its_name(str(path), file.read(HEAD))
        if note:  # `save` has logged it too, but nobody reads the log of a command
            self.tell(f"note: {note}")
        if preview and self.err.is_terminal:
            self._preview(path)
        if open_it:
            click.launch(str(path))

    def _preview(self, path: Path) -> None:
        # If a terminal does not say how large its cells are, it warns with a traceback, and shows the picture.
        logging.getLogger("textual_image").setLevel(logging.ERROR)
        try:
            from textual_image.renderable import Image

            still = still_of(path)
        except ModuleNotFoundError as error:
            name, extra = ("PyAV", "sandbox-video") if error.name == "av" else ("textual-image", "cli")
            self.tell(f"--preview needs {name}: {how_to_install(extra)}")
        else:
            if still is not None:
                self.err.print(Image(still, width=60, height="auto"))

    def tell_error(self, error: BaseException, place: str = "") -> None:
        """Prints what went wrong, and what to do, to standard error.

        With `--json`, unless there was a result, the same as a document to standard output.
        """
        if self.as_json and not self._has_result:
            self.result({"error": self._document(error)})
        if self.advises:
            self._hints += advice(error, self.connection, self._address)
        if isinstance(error, KeyboardInterrupt | click.Abort):
            self.err.print("interrupted", markup=False)
        elif not self.is_told:
            text = f"{place or self.place}{message(error)}"
            # Only an error about what was given has lines; those of a service would look like messages of ours.
            lines = text.splitlines() if isinstance(error, errors.InvalidRequestError) else [text]
            text = "\n".join(map(plain_line, lines))
            text = error_text(f"error: {text}").removeprefix("error:")
            self.err.print(f"[red]error:[/red]{escape(text)}", soft_wrap=True)
        self.tell_hints()

    def tell_hints(self) -> None:
        """Prints what to do, such as how to get the pictures of jobs that keep running."""
        for hint in self._hints:
            self.err.print(hint_text(plain(hint)), markup=False, soft_wrap=True)
        self._hints.clear()


def _no_key(error: errors.ConfigurationError) -> errors.ConfigurationError:
    if not str(error).startswith("no API key"):
        return error
    return NoKeyError(
        "no API key: set CCAPI_API_KEY, or keep one by `ccapi login`; keys are made at https://ccapi.ai. Or try it "
        "without one: add --sandbox"
    )


def _interrupt(number: int, frame: object) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # that of a command which a script runs in the background
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)  # asyncio handles it in an orderly way, unlike an exception raised here
