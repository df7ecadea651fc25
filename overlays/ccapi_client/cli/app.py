"""The commands by name, each in its own module, and what they share: options, errors, exit codes."""

from __future__ import annotations

import copy
import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import click

from .._checks import LONGEST
from .output import number_of
from .values import Header, Name, Number, Whole

COMMANDS = {
    "image": "Make pictures from texts and pictures.",
    "video": "Make a video from a text, or from a text and a picture.",
    "job": "Show a job, or wait for it.",
    "chat": "Talk to a chat model.",
    "speech": "Speak a text.",
    "batch": "Send thousands of requests, that survive a crash.",
    "models": "List the models and their prices.",
    "providers": "List the providers, or show one.",
    "api": "Call any operation of the contract.",
    "spec": "Print the contract (OpenAPI), for other teams' clients.",
    "sandbox": "Run a local gateway to develop against, without a key or a bill.",
    "login": "Keep a key and an address on this machine.",
    "logout": "Remove a key from this machine.",
    "doctor": "Check the key, the address, the connection and the versions.",
}

EXAMPLES = """
ccapi image "a lighthouse in a storm" -o lighthouse.png
ccapi chat "Why is the sky blue?"
ccapi speech "Good morning." -o morning.mp3
ccapi image "a fox" --sandbox       try it without a key
"""

EXIT_CODES = (
    "0 done, 1 request rejected or service not reached, 2 wrong usage, 3 not authenticated, 4 billing, 5 job failed, "
    "6 timed out, 7 outcome not known, 130 interrupted"
)


class HelpfulGroup(click.Group):
    """A group with examples in its help, and with the help of each command uncut.

    Attributes:
        summaries: The names of the commands, in the order of the help, and what each does.
        examples: Shown before anything else in its help.
    """

    def __init__(self, *arguments: Any, summaries: Mapping[str, str], examples: str, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.summaries, self.examples = summaries, examples

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, in the order of the help."""
        return list(self.summaries)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.summaries.items()))

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the help, examples first."""
        write_examples(formatter, self.examples)
        super().format_help(ctx, formatter)


class Group(HelpfulGroup):
    """Imports a command when it is used."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command with a name; None where there is none."""
        if cmd_name not in self.summaries:
            return None
        module = importlib.import_module(f".{cmd_name}", __package__)
        command: click.Command = module.command
        return command


def write_examples(formatter: click.HelpFormatter, examples: str) -> None:
    """Writes the examples of a command."""
    with formatter.section("Examples"):
        for line in examples.strip().splitlines():
            formatter.write(f"{'':{formatter.current_indent}}{line}\n")
    formatter.write_paragraph()


@click.command(
    cls=Group,
    summaries=COMMANDS,
    examples=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=(
        f"Exit codes: {EXIT_CODES}.  The key is read from CCAPI_API_KEY, the URL of the API from CCAPI_BASE_URL; else "
        "both are those that `ccapi login` keeps."
    ),
)
@click.version_option(package_name="ccapi-client")
def ccapi() -> None:
    """Chat, speech, pictures and videos of many providers, from a terminal."""


class Command(click.Command):
    """A command with examples in its help. An error prints a line or two and sets the exit code."""

    def __init__(
        self, *arguments: Any, examples: str = "", shared: Sequence[click.Parameter] = (), **settings: Any
    ) -> None:
        super().__init__(*arguments, **settings)
        self.examples, self._shared = examples, shared

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Reads the arguments. Those that are too many are not quoted: one may be a key."""
        ctx.allow_extra_args = True
        try:
            rest = super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # click forgets it where an option has no value
            raise
        if rest and not ctx.resilient_parsing:
            ctx.fail(f"{number_of(len(rest), 'argument')} too many; {self._rule(ctx)}")
        return rest

    def _rule(self, ctx: click.Context) -> str:
        """How its arguments are given."""
        if any(isinstance(each, click.Argument) for each in self.params):
            return "put quotes around a text of words"
        own = [max(each.opts, key=len) for each in self.params if each not in self._shared]
        return f"{ctx.command_path} takes none" + (f", but options: {', '.join(own)}" if own else "")

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the help, examples first."""
        write_examples(formatter, self.examples)
        super().format_help(ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the options, those of the command itself first."""
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        shared = [each for each in options if each in self._shared or each is self.get_help_option(ctx)]
        own = [each for each in options if each not in shared]
        for title, params in (("Options", own), ("Options of all commands" if own else "Options", shared)):
            records = list(filter(None, (each.get_help_record(ctx) for each in params)))
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


OUTPUT = [
    click.Option(
        ["--json", "as_json"],
        is_flag=True,
        help="Print one JSON document to standard output: the result, or the error.",
    ),
    click.Option(["--quiet", "-q"], is_flag=True, help="Show no progress and no messages."),
    click.Option(["--debug"], is_flag=True, help="Show the traceback of an error."),
]


def _profiles(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from ..errors import ConfigurationError
    from .profiles import read_profiles

    with suppress(ConfigurationError):
        return [name for name in read_profiles() if name.startswith(incomplete)]
    return []


ADDRESS = click.Option(
    ["--base-url"],
    metavar="URL",
    help="The URL of the API (default: CCAPI_BASE_URL, else that of the profile, else the service in production).",
)
PROFILE = click.Option(
    ["--profile"],
    type=Name(),
    metavar="NAME",
    shell_complete=_profiles,
    help="The key and the address that `ccapi login` keeps under this name (default: CCAPI_PROFILE, else `default`).",
)
CONNECTION = [
    ADDRESS,
    PROFILE,
    click.Option(
        ["--sandbox", "use_sandbox"], is_flag=True, help="Start a sandbox for this command and run against it."
    ),
    click.Option(
        ["--timeout"],
        type=Number(0, LONGEST, min_open=True),
        metavar="SECONDS",
        help="How long each step of a request may take (default: 5 for a connection, 600 for a response).",
    ),
    click.Option(
        ["--retries"], type=Whole(0), metavar="N", help="How often a request is retried at most (default: 3)."
    ),
    click.Option(
        ["--header", "headers"],
        multiple=True,
        type=Header(),
        metavar="'NAME: VALUE'",
        help="A header to send with each request; repeatable.",
    ),
    click.Option(
        ["--idempotency-key"],
        metavar="KEY",
        help="A key of your own for the one request that costs, by which the service can tell a retry from a new one.",
    ),
    click.Option(
        ["--verbose"], is_flag=True, help="Show each request and each retry on standard error, without secrets."
    ),
]
IDEMPOTENCY_KEY = "idempotency_key"
FREE: Mapping[str, str] = {IDEMPOTENCY_KEY: "this command sends no request that costs"}
"""What a command refuses that sends no request that costs."""


def _shared(option: click.Option, refuses: Mapping[str, str]) -> click.Option:
    """An option of all commands; one that a command refuses is not in its help."""
    if option.name not in refuses:
        return option
    hidden = copy.copy(option)
    hidden.hidden = True
    return hidden


def command(
    run: Callable[..., Any],
    *,
    examples: str,
    params: list[click.Parameter],
    connects: bool = True,
    refuses: Mapping[str, str] = FREE,
) -> click.Command:
    """A command that runs a function with a `Session` and the values of its parameters.

    Args:
        run: Takes the session, and a keyword argument for each parameter.
        examples: Shown before anything else in its help.
        params: Its own arguments and options.
        connects: Whether it sends requests to the API.
        refuses: The shared options that make no sense here, and why. A command that sends a request that costs passes
            `{}`, and gets the key for it from `session.idempotency_key()`.
    """

    def callback(as_json: bool, quiet: bool, debug: bool, **values: Any) -> None:
        from .connection import Connection
        from .failures import exit_code
        from .session import Session

        given = {str(each.name): values.pop(str(each.name)) for each in CONNECTION} if connects else {}
        session = Session(as_json=as_json, quiet=quiet, connection=Connection(**given))
        try:
            session.connection.check(refuses)
            with session:
                run(session, **values)
        except BrokenPipeError:
            raise
        except (KeyboardInterrupt, Exception) as error:
            code = exit_code(error)
            if debug or code is None:
                session.tell_hints()
                raise
            session.tell_error(error)
            sys.exit(code)

    shared = [*([_shared(each, refuses) for each in CONNECTION] if connects else []), *OUTPUT]
    return Command(
        name=run.__name__,
        callback=callback,
        help=run.__doc__,
        examples=examples,
        params=[*params, *shared],
        shared=shared,
    )
