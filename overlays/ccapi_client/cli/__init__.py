"""The command line, `ccapi`. Built on click and rich, which `ccapi-client[cli]` brings.

Modules are imported when they are needed: `ccapi --help` imports no other than this one and `app`.
"""

import os
import sys
from typing import TYPE_CHECKING

from .._extras import how_to_install

if TYPE_CHECKING:
    from types import TracebackType

    import click


def run(command: "click.Command") -> None:
    """Runs a command of click; wrong usage prints one line."""
    import click

    from .plain import error_text, plain

    try:
        code = command.main(prog_name="ccapi", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else error.format_message())
        code = 0
    except click.ClickException as error:
        from .wrong_usage import reason

        context = getattr(error, "ctx", None)
        path = context.command_path if context else "ccapi"
        if "--json" in sys.argv:  # the options could not be read, so that no session knows
            from .failures import document
            from .output import json_text

            click.echo(json_text({"error": document(error)}))
        click.echo(error_text(f"error: {plain(reason(error))} ({path} --help shows the usage)"), err=True)
        code = error.exit_code
    except click.Abort:
        code = 130
    except BrokenPipeError:  # `ccapi models | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code or 0)


def _show_traceback(kind: type[BaseException], error: BaseException, trace: "TracebackType | None") -> None:
    """Shows a traceback as Python does, but plainly: its last line may be the text of a service."""
    import traceback

    from .plain import plain

    sys.stderr.write(plain("".join(traceback.format_exception(kind, error, trace))))


def main() -> None:
    """Runs the command line."""
    sys.excepthook = _show_traceback
    try:
        from .app import ccapi

        run(ccapi)
    except ModuleNotFoundError as error:  # of what a command imports as well
        if error.name not in ("click", "platformdirs", "rich", "yaml"):
            raise
        sys.exit(f"ccapi needs {error.name}: {how_to_install('cli')}")
