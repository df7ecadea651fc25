"""What to run where a package is missing that an extra brings."""

from __future__ import annotations


def how_to_install(extra: str) -> str:
    """The command that adds an extra to this package, as messages say it.

    It needs no index for the package itself, which is installed: so it holds for a clone and a wheel too.
    """
    return f"pip install 'ccapi-client[{extra}]'"
