"""What is trusted, whichever library carries: what the client says, else what the environment names, else certifi's.

The libraries' own contexts differ: httpx2 trusts what the system does.
"""

from __future__ import annotations

import logging
import os
import ssl
from typing import Any

from .._lazily import anyio
from ..errors import ConfigurationError

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
logger = logging.getLogger("ccapi_client")
_made: dict[tuple[str | None, ...], ssl.SSLContext] = {}


def given_context(verify: Any, cert: Any) -> ssl.SSLContext:
    """The context for the options of a client.

    Raises:
        ConfigurationError: One of them can't be used.
    """
    if isinstance(verify, ssl.SSLContext):
        if cert is not None:
            raise ConfigurationError("cert: verify is a context already: load the certificate into that")
        if verify.verify_mode is ssl.CERT_NONE:
            logger.warning("verify: this context accepts any certificate, so any server may receive the key")
        return verify
    if verify is False:
        raise ConfigurationError(
            "verify: False would send the key to any server. For a certificate that the system does not know, "
            "pass the path of its CA; to skip all checks, pass an ssl.SSLContext of your own"
        )
    if verify is not True and not isinstance(verify, str | os.PathLike):
        kind = type(verify).__name__
        raise ConfigurationError(f"verify: the path of certificates, or an ssl.SSLContext, is expected, not a {kind}")
    if verify is not True and not os.fspath(verify):
        raise ConfigurationError(
            "verify: the path is empty: name a file or a folder, or leave it out for the environment's certificates"
        )
    context = _load(*_names()) if verify is True else _trusting("verify", os.fspath(verify))
    if cert is not None:
        _add_certificate(context, cert)
    return context


def _add_certificate(context: ssl.SSLContext, cert: Any) -> None:
    """Has the client prove who it is, where the other side wants that."""
    parts = cert if isinstance(cert, tuple) else (cert,)
    if len(parts) == 3 and not isinstance(parts[2], str):
        raise ConfigurationError("cert: the password, the third of the three, has to be a text")
    if not (0 < len(parts) <= 3 and all(isinstance(each, str | os.PathLike) for each in parts)):
        raise ConfigurationError("cert: a path is expected, or (certificate, key), or (certificate, key, password)")
    paths, password = [os.fspath(each) for each in parts[:2]], parts[2] if len(parts) == 3 else None
    is_locked = False

    def password_of_key() -> str:  # without it, ssl would prompt on the terminal
        nonlocal is_locked
        is_locked = True
        return password or ""

    try:
        context.load_cert_chain(paths[0], paths[1] if len(paths) > 1 else None, password_of_key)
        return
    except (OSError, ValueError) as error:  # a password may be too long
        if is_locked:
            why = "its key has another password" if password else "its key has a password: (certificate, key, password)"
        elif isinstance(error, ssl.SSLError):
            why = "these are not a certificate and its key, in PEM"
        else:
            why = getattr(error, "strerror", None) or "it can't be read"
    raise ConfigurationError(f"cert: {' and '.join(map(repr, paths))}: {why}")


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


def names_in_use() -> str | None:
    """What in the environment names the certificates that are trusted, and its value; None where nothing does."""
    return next((f"{name}={value}" for name, value in zip(VARIABLES, _names(), strict=True) if value), None)


def _load(file: str | None, folder: str | None) -> ssl.SSLContext:
    if file:
        return _trusting(VARIABLES[0], file)
    if folder:
        return _trusting(VARIABLES[1], folder, is_folder=True)
    import certifi  # here, for a client whose transport is given needs none

    return ssl.create_default_context(cafile=certifi.where())


def _trusting(name: str, path: str, *, is_folder: bool | None = None) -> ssl.SSLContext:
    """A context that trusts the certificates of a file or a folder, and no others."""
    try:
        if is_folder and not os.path.isdir(path):
            raise NotADirectoryError("there is no such folder")
        if is_folder or (is_folder is None and os.path.isdir(path)):
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except OSError as error:
        why = error.strerror or (error.args[0] if error.args and isinstance(error.args[0], str) else "")
        why = "it holds no certificates" if isinstance(error, ssl.SSLError) else why
        raise ConfigurationError(f"{name}: the certificates in {path!r} can't be loaded: {why}") from None
