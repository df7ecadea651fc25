"""A service that responds as an input says, and what is done with a client of it."""

from __future__ import annotations

import ipaddress
import json
import pickle
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import Any, NamedTuple

import httpx
from ccapi_client import CCAPI, CCAPIError, PollPolicy

from tests.scripted import Body, Service

KEY = "sk-fuzz-0123456789abcdef"
API = "https://api.fuzz.example/v1"
NEXT = b"\n\x1e\n"
"""What is between two responses of an input."""
MOST = 300
"""The most requests that any call may take: of its retries, of its polls, of the parts of a file."""
QUICK = PollPolicy(initial=0.5, max_interval=2, timeout=20)


class Message(NamedTuple):
    """A response.

    Attributes:
        status: Its status.
        headers: Its headers.
        pieces: Its body, in pieces.
        end: What it ends with in place of its end.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    pieces: list[bytes]
    end: Exception | None


def messages(data: bytes) -> list[Message]:
    """The responses that an input has; each like `200 7 cut`, headers, an empty line, the body.

    The first line has the status, the size of the pieces (all at once by default), and how it breaks off.
    """
    return [_message(each) for each in data.split(NEXT)[:5]]


def _message(data: bytes) -> Message:
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    words = [*first.split(b" ", 2), b"", b"", b""]
    status, size = (int(word[:4]) if word.isdigit() else 0 for word in words[:2])
    size = max(size or len(body) or 1, len(body) // 200 + 1)
    edges = [*range(0, len(body), size), len(body)]
    ends = {b"cut": httpx.ReadError("cut"), b"slow": httpx.ReadTimeout("slow"), b"bad": httpx.RemoteProtocolError("b")}
    return Message(
        200 if status < 200 else 200 + (status - 200) % 400,
        [pair for line in lines[:50] if (pair := _header(line)) is not None],
        [body[start:end] for start, end in pairwise(edges)],
        ends.get(words[2]),
    )


def _header(line: bytes) -> tuple[bytes, bytes] | None:
    """A header as carriers let it through; None where they don't."""
    name, colon, value = line.partition(b":")
    if not colon or not re.fullmatch(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        return None
    return name, value.translate(None, b"\r\n\0").strip(b" \t")


def _without_key(found: Message) -> Message:
    """A response of a service that does not know the key."""
    key = KEY.encode()
    body = b"".join(found.pieces)
    return found._replace(
        headers=[(name, value.replace(key, b"")) for name, value in found.headers],
        pieces=[body.replace(key, b"")] if key in body else found.pieces,
    )


class Scripted(Service):
    """A service that responds with one message to each request, with the last one forever.

    What must hold of the requests is checked as they come: their number, where they go, and where the key goes.
    """

    def __init__(self, script: list[Message]) -> None:
        super().__init__()
        self.script = script

    def respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if len(self.requests) > MOST:
            raise Broken(f"more than {MOST} requests")
        with suppress(ValueError):
            if not ipaddress.ip_address(request.url.host).is_global:
                raise Broken(f"a request went to {request.url.host}")
        found = self.script[min(len(self.requests), len(self.script)) - 1]
        if not str(request.url).startswith(f"{API.removesuffix('/v1')}/"):
            if any(KEY in each for each in (*request.headers.values(), str(request.url))):
                raise Broken(f"the key went to {request.url.host}")
            found = _without_key(found)
        ends = [found.end] if found.end else []
        return httpx.Response(found.status, headers=found.headers, stream=Body(*found.pieces, *ends))

    def made(self, **options: Any) -> CCAPI:
        """A client, for which time passes while it sleeps."""
        transport = httpx.MockTransport(self.respond)
        return self._prepared(CCAPI(KEY, transport=transport, base_url=API, poll=QUICK, **options))


@contextmanager
def responding(data: bytes) -> Iterator[str]:
    """A server that sends these bytes to whoever sends a request, and hangs up; as the base URL of an API."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        thread = threading.Thread(target=_respond, args=(server, data), daemon=True)
        thread.start()
        port = server.getsockname()[1]
        try:
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as last:
                last.sendall(LAST)
            thread.join()


def _respond(server: socket.socket, data: bytes) -> None:
    is_last = False
    while not is_last:
        with suppress(OSError), server.accept()[0] as connection:
            connection.settimeout(PATIENCE)
            request = connection.recv(65536)
            is_last = request == LAST
            if not is_last:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass


LAST, PATIENCE = b"the last one", 10.0
"""What ends a server; after how many seconds it, or a call, has failed."""


class Broken(BaseException):
    """Something that must hold does not. No `Exception`, so that the client can't take it for one of the transport."""


def held(work: Callable[[], Any]) -> Any:
    """What work returns; None where it raises an error of ours, which has to be whole and may not show the key.

    Raises:
        Broken: It is not.
    """
    try:
        result = work()
    except CCAPIError as error:
        shown = f"{error} {error!r} {vars(error)!r}"
        shown.encode(errors="surrogatepass")
        with suppress(RecursionError):  # of `details`, nested deeper than pickle goes
            copy = pickle.loads(pickle.dumps(error))
            if (type(copy), str(copy)) != (type(error), str(error)):
                raise Broken(f"a pickle of {error!r} is {copy!r}") from error
        if KEY in shown:
            raise Broken("an error shows the key") from error
        return None
    shown = repr(result)
    if hasattr(result, "to_dict"):
        with suppress(RecursionError):  # nested deeper than json goes
            json.dumps(result.to_dict())
        if KEY in repr(result.response):
            raise Broken("a response shows the key")
    return result
