"""Which library carries requests. To move to httpx2 for good, change this and the dependencies in pyproject.toml.

httpx and httpx2 carry by their engines, httpcore and httpcore2, whose public network backends let the client see to its
sockets itself.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from .._extras import how_to_install
from ..errors import ConfigurationError

CARRIERS = ("httpx", "httpx2", "aiohttp")
"""What `CCAPI_CARRIER` may name."""
EXTRAS = {"aiohttp": "fast"}
"""The extra of the package that brings a carrier, where it has another name."""
ENGINES = {"httpx": "httpcore", "httpx2": "httpcore2"}


def chosen() -> str | None:
    """The carrier that the environment chooses, `CCAPI_CARRIER`; None where it leaves the choice to the client.

    Raises:
        ConfigurationError: There is no such carrier, or it is not installed.
    """
    name = os.environ.get("CCAPI_CARRIER") or None
    if name is None:
        return None
    if name not in CARRIERS:
        raise ConfigurationError(f"CCAPI_CARRIER: {', '.join(CARRIERS)} are the carriers, not {name!r}")
    if not is_installed(name):
        extra = EXTRAS.get(name, name)
        raise ConfigurationError(f"CCAPI_CARRIER: {name} is missing: {how_to_install(extra)}")
    return name


def library() -> str:
    """httpx2 where it is installed, else httpx, unless `CCAPI_CARRIER` says otherwise.

    Raises:
        ConfigurationError: The one that the environment chooses is not installed.
    """
    name = chosen()
    if name is None or name == "aiohttp":
        name = "httpx2" if is_installed("httpx2") else "httpx"
    return name


def engine() -> Any:
    """The engine of the library."""
    return import_module(ENGINES[library()])


@cache
def is_installed(name: str) -> bool:
    """Whether a library is installed."""
    return find_spec(name) is not None


def carrier_name() -> str:
    """What carries, with its version: for the blocking client, and for the asynchronous one where that differs.

    Raises:
        ConfigurationError: The one that the environment chooses is not installed.
    """
    from importlib.metadata import version  # here, for it takes a while to import

    name = f"{library()} {version(library())}"
    if chosen() in (None, "aiohttp") and is_installed("aiohttp"):
        name += f" (AsyncCCAPI on asyncio: aiohttp {version('aiohttp')})"
    return name
