"""`python -m ccapi_sandbox`: runs the sandbox until it is interrupted."""

import argparse
import threading

from . import running
from .server import API_KEY, JOB_SECONDS, PORT


def _seconds(text: str) -> float | tuple[float, float]:
    least, _, most = text.partition(":")
    return (float(least), float(most)) if most else float(least)


def main() -> None:
    """Reads the options and runs the sandbox."""
    parser = argparse.ArgumentParser(prog="python -m ccapi_sandbox", description="A local CCAPI gateway.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (default %(default)s)")
    parser.add_argument(
        "--port",
        type=int,
        choices=range(65536),
        metavar="PORT",
        default=PORT,
        help="the port; 0 takes a free one (default %(default)s)",
    )
    parser.add_argument("--api-key", default=API_KEY, help="the one key that it takes (default %(default)s)")
    parser.add_argument(
        "--job-seconds",
        type=_seconds,
        default=JOB_SECONDS,
        metavar="SECONDS",
        help="how long a job takes, 3, or at least and at most, 5:60 (default %(default)s)",
    )
    parser.add_argument("--strict", action="store_true", help="check its own answers against the contract too")
    options = vars(parser.parse_args())
    try:
        with running(**options) as sandbox:
            print(f"The CCAPI sandbox serves at {sandbox.base_url} until you press Ctrl-C. In another terminal:\n")
            print(f"  export CCAPI_BASE_URL={sandbox.base_url} CCAPI_API_KEY={sandbox.api_key}\n", flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        parser.exit(1, f"can't listen at {options['host']}:{options['port']}: {error.strerror}\n")


if __name__ == "__main__":
    main()
