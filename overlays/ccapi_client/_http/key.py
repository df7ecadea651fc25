"""The key of the API: a text, or a callable of the caller's that gives one, and another once the service rejects it."""

from __future__ import annotations

import inspect
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from .. import _forks
from .._extras import how_to_install
from .._lazily import anyio
from ..errors import ConfigurationError
from .wire import Request, Secret

if TYPE_CHECKING:
    from anyio.lowlevel import RunVar

KeyFunction = Callable[[], str]
AsyncKeyFunction = Callable[[], str | Awaitable[str]]
"""What gives keys to `AsyncCCAPI`: a plain function, or one whose result is awaited."""


def key_option(value: object, *, is_blocking: bool) -> str | Keys | None:
    """The key that a client was given, as an option. Called where it was given, for whoever records that frame.

    Raises:
        ConfigurationError: It is neither a text nor something that the client can call.
    """
    if isinstance(value, str | None):
        return value if value is None else Secret(value)
    if callable(value):
        return Keys(value, is_blocking=is_blocking)
    raise ConfigurationError(
        f"api_key: a text, or a callable that returns one, is expected, not {type(value).__name__}"
    )


def checked_key(value: str | Keys | None) -> str | Keys:
    """The key, or what gives it; that of the environment where there is none.

    Raises:
        ConfigurationError: There is no key, or it is none.
    """
    if isinstance(value, Keys):
        return value
    found = os.environ.get("CCAPI_API_KEY", "") if value is None else value
    key = Secret(found.strip())
    if not key:
        raise ConfigurationError(
            "no API key: pass api_key=... or set CCAPI_API_KEY; keys are made at https://ccapi.ai. "
            f"To develop without one: {how_to_install('sandbox')}, then python -m ccapi_sandbox"
        )
    if not (key.isascii() and key.isprintable() and " " not in key):
        # Never shown, not even in part: httpx would put the whole header into its own message.
        raise ConfigurationError("api_key: it holds characters that no key has; was it pasted whole, and alone?")
    return key


_ITS_OWN = (
    "api_key: the callable sends a request by the client that waits for its key: give it another client, or another key"
)


def _is_async(function: Callable[[], object]) -> bool:
    is_plain = inspect.isroutine(function) or isinstance(function, partial)
    return inspect.iscoroutinefunction(function if is_plain else type(function).__call__)


class Keys:
    """The keys that a callable gives, one at a time: the last one is for all requests until the service rejects it.

    It is called by one request at a time in each event loop, or in the process of a blocking client; the others wait
    for what it gives. What it raises comes out of the call that needed the key.
    """

    def __init__(self, function: Callable[[], object], *, is_blocking: bool) -> None:
        if is_blocking and _is_async(function):
            raise ConfigurationError("api_key: a coroutine function goes with AsyncCCAPI; CCAPI needs a plain one")
        self._function, self._is_blocking = function, is_blocking
        self._last: str | None = None
        self._caller: object = None
        self.forked()
        _forks.watch(self)

    def for_loops(self) -> Keys:
        """The same callable, for requests that are sent within event loops."""
        return Keys(self._function, is_blocking=False)

    def forked(self) -> None:
        """Goes on in a forked process, whose parent may have held the lock."""
        self._lock, self._caller = threading.Lock(), None

    async def key(self, rejected: str | None = None) -> str:
        """The key; a new one where the last one is the very one that was rejected.

        Raises:
            ConfigurationError: What the callable gives can't be used, or it sends requests by its own client.
        """
        if self._last is rejected:
            async with self._alone():
                if self._last is rejected:  # else another request has called meanwhile
                    self._last = await self._called()
        assert self._last is not None  # noqa: S101 - it has been called
        return self._last

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        if self._is_blocking:
            caller: object = threading.get_ident()
            if self._caller == caller:
                raise ConfigurationError(_ITS_OWN)
            with self._lock:
                self._caller = caller
                try:
                    yield
                finally:
                    self._caller = None
        else:
            lock = _locks_of_loop().setdefault(self, anyio.Lock())
            if lock.statistics().owner == anyio.get_current_task():
                raise ConfigurationError(_ITS_OWN)
            async with lock:
                yield

    async def _called(self) -> str:
        if self._is_blocking or _is_async(self._function):
            found: object = self._function()
        else:  # in a thread: those of cloud libraries may read files, or wait for a service
            found = await anyio.to_thread.run_sync(self._function)
        if inspect.isawaitable(found):
            if self._is_blocking:
                if inspect.iscoroutine(found):
                    found.close()
                raise ConfigurationError("api_key: the callable returned something to await, which CCAPI does not")
            found = await found
        key, kind = Secret(found) if isinstance(found, str) else None, type(found).__name__
        del found  # for whoever records this frame
        if key is None or not key.strip():
            what = f"a {kind}" if key is None else "an empty text"
            raise ConfigurationError(f"api_key: the callable returned {what}, not a key")
        return Secret(checked_key(key))  # a new object: keys are compared by identity to see which one was rejected


@cache
def _locks() -> RunVar[WeakKeyDictionary[Keys, anyio.Lock]]:
    return anyio.lowlevel.RunVar("locks")


def _locks_of_loop() -> WeakKeyDictionary[Keys, anyio.Lock]:
    """The locks of the event loop that is running: a lock belongs to one."""
    locks = _locks().get(None)
    if locks is None:
        locks = WeakKeyDictionary[Keys, "anyio.Lock"]()
        _locks().set(locks)
    return locks


class Bearer:
    """The key that one request is sent with."""

    def __init__(self, keys: Keys) -> None:
        self._keys, self._may_renew = keys, True
        self._sent: str | None = None

    async def put_into(self, request: Request) -> None:
        """Puts the key into the headers, unless it is there."""
        if self._sent is None:
            self._set(request, await self._keys.key())

    async def replaced_in(self, request: Request) -> bool:
        """Whether the headers hold another key now than the one that the service rejected; True once at most."""
        if not self._may_renew:
            return False
        self._may_renew, rejected = False, self._sent
        self._set(request, await self._keys.key(rejected))
        return self._sent != rejected

    def _set(self, request: Request, key: str) -> None:
        self._sent = key
        request.headers["authorization"] = Secret(f"Bearer {key}")
