"""What both clients are, short of their methods: a sender, `with_options`, and what sleeps and works for them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from typing import Any, Generic, NoReturn, Self, TypeVar, Unpack

import attrs

from ._http.hints import check_names
from ._http.key import key_option
from ._http.options import Options
from ._http.retry import RetryQuota
from ._http.sender import Connections, Sender
from ._http.settings import ClientOptions, concealed
from ._http.times import ResponseTimes
from ._lazily import anyio

K = TypeVar("K")


async def _sleep(seconds: float) -> None:
    time.sleep(seconds)  # noqa: ASYNC251 - a step of the blocking client, which no event loop executes


async def _do(work: Callable[[], object]) -> object:
    return work()


async def _sleep_in_loop(seconds: float) -> None:
    await anyio.sleep(seconds)


async def _do_in_thread(work: Callable[[], object]) -> object:
    return await anyio.to_thread.run_sync(work)


def new_sender(connections: Connections, options: Options, *, is_blocking: bool) -> Sender:
    """What a new client sends with."""
    return Sender(
        options=options,
        connections=connections,
        quota=RetryQuota(options.retry.max_attempts - 1),
        times=ResponseTimes(),
        clock=time.monotonic,
        sleep=_sleep if is_blocking else _sleep_in_loop,
        chance=random.random,
        offload=_do if is_blocking else _do_in_thread,
    )


class Client(Generic[K]):
    """What both clients are, short of sending. `K` is what may give their keys."""

    _sender: Sender
    _is_blocking: bool

    def __repr__(self) -> str:
        if not self._is_set_up:  # whoever records the error of its constructor shows it
            return f"{type(self).__name__}(not set up)"
        return f"{type(self).__name__}(base_url={self._sender.options.base_url.redacted.rstrip('/')!r})"

    @property
    def _is_set_up(self) -> bool:
        """Whether the constructor has succeeded."""
        return "_sender" in self.__dict__

    def _check_names(self, options: Iterable[str]) -> None:
        check_names(type(self).__name__, options, {**attrs.fields_dict(Options), "transport": None})

    def __copy__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} can't be copied: its with_options() gives another on the same connections"
        )

    def __deepcopy__(self, memo: object) -> NoReturn:
        self.__copy__()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} holds connections and a key and can't be pickled: make one in each process"
        )

    def with_options(self, *, api_key: str | K | None = None, **options: Unpack[ClientOptions]) -> Self:
        """Returns a copy with these options that uses the same connections; `headers` are added to the client's.

        The connections belong to the client that the copy was made of. Closing the copy leaves them open.

        Raises:
            ConfigurationError: An option can't be used; the message names it.
        """
        key, options = key_option(api_key, is_blocking=self._is_blocking), concealed(options)
        del api_key  # for whoever records this frame
        client = object.__new__(type(self))
        client.__dict__.update(self.__dict__)  # what a subclass keeps, too
        client._sender = self._sender.with_options(api_key=key, **options)
        return client


def sender_of(client: Client[Any]) -> Sender:
    """What a client sends with, whose clock, sleep and chance a test may set. Not for programs: it may change."""
    return client._sender
