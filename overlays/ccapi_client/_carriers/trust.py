"""What is trusted, whichever library carries: certifi's certificates, or those that the environment names.

The libraries' own contexts differ: httpx2 trusts what the system does.
"""

from __future__ import annotations

import os
import ssl

from .._lazily import anyio
from ..errors import ConfigurationError

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_made: dict[tuple[str | None, ...], ssl.SSLContext] = {}


def tls_context() -> ssl.SSLContext:
    """The context for the environment as it is now. Loading it takes some 20 ms, so that it is loaded once.

    Raises:
        ConfigurationError: The environment names certificates that can't be loaded.
    """
    names = _names()
    if names not in _made:
        _made[names] = _load(*names)
    return _made[names]


async def context_in_loop() -> ssl.SSLContext:
    """The same as `tls_context`, loaded in a thread where it isn't yet, so that the event loop goes on."""
    made = _made.get(_names())
    return await anyio.to_thread.run_sync(tls_context) if made is None else made


def _names() -> tuple[str | None, ...]:
    return tuple(os.environ.get(each) or None for each in VARIABLES)


def _load(file: str | None, folder: str | None) -> ssl.SSLContext:
    try:
        if file:
            return ssl.create_default_context(cafile=file)
        if folder:
            if not os.path.isdir(folder):
                raise NotADirectoryError("there is no such folder")
            return ssl.create_default_context(capath=folder)
    except OSError as error:
        name, path = (VARIABLES[0], file) if file else (VARIABLES[1], folder)
        why = error.strerror or (error.args[0] if error.args and isinstance(error.args[0], str) else "")
        why = "it holds no certificates" if isinstance(error, ssl.SSLError) else why
        raise ConfigurationError(f"{name}: the certificates in {path!r} can't be loaded: {why}") from None
    import certifi  # here, for a client whose transport is given needs none

    return ssl.create_default_context(cafile=certifi.where())
