"""Runs the sandbox in a thread, for as long as a `with` block lasts."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, Unpack

import uvicorn

from .app import create_app
from .contract import ROOT
from .faults import parse
from .forms import Content, Kind, Reply, ToolCall, merged
from .gateway import Clock, Gateway
from .ledger import Entry
from .protocol import protocol
from .replies import Function, Received
from .settings import Arguments, Settings

__all__ = ["Received", "Reply", "Sandbox", "ToolCall", "running"]

LOCAL = ("127.0.0.1", "localhost", "::1")
UNFINISHED = "ASGI callable returned without completing response."


def _is_unexpected(record: logging.LogRecord) -> bool:
    """Whether to log a record. A response that was cut by a fault, or because the sandbox stopped, is expected."""
    error = record.exc_info[1] if record.exc_info else None
    return record.getMessage() != UNFINISHED and not isinstance(error, asyncio.CancelledError)


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox.

    Attributes:
        base_url: The base URL for a client.
        api_key: The key that the sandbox accepts.
        clock: Its time. After `clock.advance(60)`, jobs have advanced as if a minute had passed.
    """

    base_url: str
    api_key: str = field(repr=False)
    clock: Clock = field(repr=False)
    _gateway: Gateway = field(repr=False)
    _loop: asyncio.AbstractEventLoop = field(repr=False)

    @property
    def requests(self) -> list[Entry]:
        """The requests, oldest first, with what was executed and billed."""
        return list(self._gateway.ledger.read())

    @property
    def requests_dropped(self) -> int:
        """How many older requests the ledger has dropped, because there were more than the setting `ledger`."""
        return self._gateway.ledger.dropped

    def reply(
        self,
        content: Content | Function | None = None,
        *,
        text: str | Sequence[str] | None = None,
        tool_calls: Sequence[ToolCall] | None = None,
        finish_reason: str | None = None,
        status: int | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        to: Kind = "chats",
        times: int | None = None,
    ) -> None:
        """Scripts the response to the next request that is executed. Several replies are used in their order.

        Args:
            content: The text of a chat's answer; a list of texts, the pieces in which it is streamed; a `Reply`, such as
                `{"json": {"answer": 42}}`, which may have the other fields too; or a function that returns one of them
                for a request, or None to leave the response to the sandbox. The JSON of a chat is the text of its
                answer; that of an image or a job is what the response has in place of the sandbox's own fields.
            text: The text of a chat's answer, or its pieces, by its name in a `Reply`.
            tool_calls: The calls of tools in a chat's answer.
            finish_reason: Why a chat's answer ends, such as `length`.
            status: The status of a response that is sent as it is, with `body`; a job's is that of its request.
            body: The body of that response: bytes, a text, or anything else as JSON. Without it, a status of 400 or
                more has an error of the contract.
            headers: More headers of the response.
            to: Which requests it is for: `chats`, `images` (`create_image`) or `jobs` (`generate_images`, whose job
                ends like this).
            times: How many requests it is for; by default one, and all that follow for a function.

        Raises:
            ValueError: It can't be used, or violates the contract; the message starts with the name of the field.
        """
        if text is not None and content is not None:
            raise ValueError("text: the content is given already; leave one of them out")
        rest = {
            "text": text,
            "tool_calls": tool_calls,
            "finish_reason": finish_reason,
            "status": status,
            "body": body,
            "headers": headers,
        }
        given = {name: value for name, value in rest.items() if value is not None}
        if given and callable(content):
            raise ValueError(f"{next(iter(given))}: the function returns the whole reply; leave it out here")
        self._gateway.replies.add(content if callable(content) else merged(content, given), to, times)

    def fail_next(self, fault: str | int = "500") -> None:
        """Makes the next request fail, or the next three with `429;times=3`.

        Args:
            fault: Written as in the header `X-Sandbox-Fault`, such as `429;retry-after=2`; or a status alone.

        Raises:
            ValueError: There is no such fault.
        """
        if not isinstance(fault, str | int) or isinstance(fault, bool):
            raise ValueError(f"fault: a status or a text such as '429;times=3' is expected, not {fault!r:.40}")  # noqa: TRY004
        self._gateway.faults.fail_next(parse(str(fault)))

    @property
    def unused(self) -> list[str]:
        """What `reply` and `fail_next` were given and no request has used, a line each; empty if all of it was used."""
        return [*self._gateway.replies.unused(), *self._gateway.faults.unused()]

    def reset(self) -> None:
        """Forgets every job, file, request and fault, and sets the clock back: as if just started."""
        asyncio.run_coroutine_threadsafe(self._gateway.reset(), self._loop).result()


@contextmanager
def running(*, host: str = "127.0.0.1", port: int = 0, **settings: Unpack[Arguments]) -> Iterator[Sandbox]:
    """Runs a sandbox in a thread for as long as the block lasts.

    Args:
        host: The address to listen on. One that other machines can reach requires `allow_remote=True`.
        port: The port to listen on; 0 picks a free one.
        **settings: How it behaves. `Settings` describes each.

    Raises:
        OSError: The port is taken.
        TypeError: There is no such setting.
        ValueError: A setting can't be used.
    """
    names = [each.name for each in fields(Settings)]
    for name in settings:
        if name not in names:
            raise TypeError(f"{name}: no such setting; there are host, port, {', '.join(names)}")
    chosen = Settings(**settings)
    if not chosen.allow_remote and host not in LOCAL:
        others = "set allow_remote=True (--allow-remote) to serve others"
        raise ValueError(f"host: {host} is not this machine, {', '.join(LOCAL)}; {others}")
    app, gateway = create_app(chosen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=4096) as listener:
        # Connections inherit it. asyncio only sets it on sockets that name their protocol, which this one does not.
        # Without it, each response on a reused connection waits 40 ms for the client's acknowledgment.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            http=protocol(),
            ws="none",  # there is nothing to upgrade to
            backlog=4096,
            timeout_keep_alive=60,  # longer than clients keep a connection, so that none closes as it is reused
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        log = logging.getLogger("uvicorn.error")
        own_filter = partial(_is_unexpected)  # several sandboxes may run: each removes its own
        log.addFilter(own_filter)
        thread = threading.Thread(target=server.run, args=([listener],), name="ccapi-sandbox", daemon=True)
        thread.start()
        try:
            # Connections already queue. The loop makes an error at the start show here.
            while not server.started and thread.is_alive():
                time.sleep(0.002)
            if not server.started or gateway.loop is None:
                raise RuntimeError("the sandbox did not start; its output says why")
            name = f"[{host}]" if ":" in host else host
            yield Sandbox(
                f"http://{name}:{listener.getsockname()[1]}{ROOT}", chosen.api_key, gateway.clock, gateway, gateway.loop
            )
        finally:
            server.should_exit = True
            thread.join()
            log.removeFilter(own_filter)
