"""`python -m ccapi_sandbox`: runs the sandbox until it is interrupted."""

import argparse
import sys
import threading
from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from typing import Any

from .settings import PORT, Settings, from_text


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"a number from 0 to 65535 is expected, not {text!r}")
    return int(text)


def _setting(name: str, text: str) -> Any:
    try:
        return from_text(name, text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).partition(": ")[2]) from None  # argparse names the option


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=prog, description="A local CCAPI gateway.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default %(default)s)")
    parser.add_argument(
        "--port",
        type=_port,
        metavar="PORT",
        default=PORT,
        help="the port to listen on; 0 picks a free one (default %(default)s)",
    )
    for each in fields(Settings):
        name, text = f"--{each.name.replace('_', '-')}", each.metadata["help"]
        if each.type == "bool":
            parser.add_argument(name, action="store_true", help=text)
            continue
        parser.add_argument(
            name,
            type=str if each.default == () else partial(_setting, each.name),
            action="append" if each.default == () else "store",
            default=None if each.default == () else each.default,
            metavar=each.name.upper(),
            help=text + ("" if each.default in (None, ()) else " (default %(default)s)"),
        )
    return parser


def main(arguments: Sequence[str] | None = None, prog: str = "python -m ccapi_sandbox") -> None:
    """Reads the options and runs the sandbox."""
    try:
        from . import running
        from .contract import MissingContractError
    except ModuleNotFoundError as error:
        sys.exit(f"error: {error}")
    parser = _parser(prog)
    options = vars(parser.parse_args(arguments))
    options["fetch_from"] = tuple(options["fetch_from"] or ())
    try:
        with running(**options) as sandbox:
            page = sandbox.base_url.removesuffix("/v1")
            print(f"The CCAPI sandbox serves at {sandbox.base_url} until you press Ctrl-C. In another terminal:\n")
            print(f"  export CCAPI_BASE_URL={sandbox.base_url} CCAPI_API_KEY={sandbox.api_key}\n")
            print(f"In a browser: {page}/ (status, a form to try it) and {page}/docs (the reference)", flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except MissingContractError as error:
        sys.exit(f"error: {error}")
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        parser.exit(1, f"can't listen on {options['host']}:{options['port']}: {error.strerror}\n")


if __name__ == "__main__":
    main()
