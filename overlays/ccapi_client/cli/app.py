"""The commands by name, each in its own module, and what they share: options, errors, exit codes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

import click

COMMANDS = {
    "image": "Make pictures from texts and pictures.",
    "video": "Make a video from a text, or from a text and a picture.",
    "job": "Show a job, or wait for it.",
    "chat": "Talk to a chat model.",
    "speech": "Speak a text.",
    "batch": "Send thousands of requests, that survive a crash.",
    "models": "List the models and their prices.",
    "providers": "List the providers, or show one.",
    "spec": "Print the contract (OpenAPI), for other teams' clients.",
    "sandbox": "Run a local gateway to develop against, without a key or a bill.",
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


class Group(click.Group):
    """Imports a command when it is used, and lists the commands without importing any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command with a name; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f".{cmd_name}", __package__)
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the help, examples first."""
        write_examples(formatter, EXAMPLES)
        super().format_help(ctx, formatter)


def write_examples(formatter: click.HelpFormatter, examples: str) -> None:
    """Writes the examples of a command."""
    with formatter.section("Examples"):
        for line in examples.strip().splitlines():
            formatter.write(f"{'':{formatter.current_indent}}{line}\n")
    formatter.write_paragraph()


@click.command(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Exit codes: {EXIT_CODES}.  The key is read from CCAPI_API_KEY, the URL of the API from CCAPI_BASE_URL.",
)
@click.version_option(package_name="ccapi-client")
def ccapi() -> None:
    """Chat, speech, pictures and videos of many providers, from a terminal."""


class Command(click.Command):
    """A command with examples in its help. An error prints a line or two and sets the exit code."""

    def __init__(self, *arguments: Any, examples: str = "", **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.examples = examples

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the help, examples first."""
        write_examples(formatter, self.examples)
        super().format_help(ctx, formatter)


COMMON = [
    click.Option(
        ["--json", "as_json"],
        is_flag=True,
        help="Print one JSON document to standard output and nothing else; after an error, print nothing there.",
    ),
    click.Option(["--quiet", "-q"], is_flag=True, help="Show no progress and no messages."),
    click.Option(["--debug"], is_flag=True, help="Show the traceback of an error."),
]
CONNECTION = [
    click.Option(
        ["--base-url"],
        metavar="URL",
        help="The URL of the API (default: CCAPI_BASE_URL, else the service in production).",
    ),
    click.Option(
        ["--sandbox", "use_sandbox"], is_flag=True, help="Start a sandbox for this command and run against it."
    ),
]


def command(
    run: Callable[..., Any], *, examples: str, params: list[click.Parameter], connects: bool = True
) -> click.Command:
    """A command that runs a function with a `Session` and the values of its parameters.

    Args:
        run: Takes the session, and a keyword argument for each parameter.
        examples: Shown before anything else in its help.
        params: Its own arguments and options.
        connects: Whether it sends requests to the API.
    """

    def callback(
        as_json: bool, quiet: bool, debug: bool, base_url: str | None = None, use_sandbox: bool = False, **values: Any
    ) -> None:
        from .session import Session, exit_code

        session = Session(as_json=as_json, quiet=quiet, base_url=base_url, use_sandbox=use_sandbox)
        try:
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

    return Command(
        name=run.__name__,
        callback=callback,
        help=run.__doc__,
        examples=examples,
        params=[*params, *(CONNECTION if connects else []), *COMMON],
    )
