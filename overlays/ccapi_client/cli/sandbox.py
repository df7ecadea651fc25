"""`ccapi sandbox`: runs the local gateway, with the options of `ccapi_sandbox`."""

from __future__ import annotations

import sys

import click

from .app import Command

EXAMPLES = """
ccapi sandbox
ccapi sandbox --port 9000 --job-seconds 0.5 --fault 503 --fault-rate 0.1
"""


def _run(arguments: tuple[str, ...]) -> None:
    try:
        from ccapi_sandbox.__main__ import main
    except ModuleNotFoundError as error:
        sys.exit(f"error: {error}")
    main(arguments, prog="ccapi sandbox")


command = Command(
    name="sandbox",
    callback=_run,
    help="Runs a local gateway to develop against, until it is interrupted. Takes the options of ccapi_sandbox.",
    examples=EXAMPLES,
    params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED, metavar="[OPTIONS]")],
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []},
)
