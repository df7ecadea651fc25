"""A service that takes so many chats in a window of time, in a process of its own: what batches are measured against."""

import asyncio
import json
import math
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from .compare.server import chat

ROOT = Path(__file__).parents[1]
WINDOW, LATENCY = 10.0, 0.1
"""How long a window of the service's limit is, and how long it takes for a response, in seconds."""


class Service:
    """Answers chats, so many in a window. Windows follow each other from the first request on.

    Args:
        limit: How many requests it takes in a window; 0 for any number.
        is_told: Whether its responses say so, in `x-ratelimit-…` and `Retry-After`.
    """

    def __init__(self, limit: int, *, is_told: bool) -> None:
        self.limit, self.is_told = limit, is_told
        self.start = 0.0
        self.executed: Counter[int] = Counter()
        self.refused = 0

    async def serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async for is_post in requests(reader):
                status, body, headers = self._response() if is_post else (200, self._counts(), "")
                if is_post and status == 200:
                    await asyncio.sleep(LATENCY)
                head = f"HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{headers}content-length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _counts(self) -> bytes:
        windows = [self.executed[number] for number in range(max(self.executed, default=-1) + 1)]
        return json.dumps({"windows": windows, "refused": self.refused}).encode()

    def _response(self) -> tuple[int, bytes, str]:
        now = time.monotonic()
        self.start = self.start or now
        window = int((now - self.start) // WINDOW)
        left = self.start + (window + 1) * WINDOW - now
        is_refused = bool(self.limit) and self.executed[window] >= self.limit
        self.refused += is_refused
        self.executed[window] += not is_refused
        headers = ""
        if self.limit and self.is_told:
            headers = (
                f"x-ratelimit-limit-requests: {self.limit}\r\n"
                f"x-ratelimit-remaining-requests: {self.limit - self.executed[window]}\r\n"
                f"x-ratelimit-reset-requests: {math.ceil(left * 1000)}ms\r\n"
            )
            if is_refused:
                headers += f"retry-after: {math.ceil(left)}\r\n"
        return (429, b'{"error": {"message": "slow down"}}', headers) if is_refused else (200, chat(300), headers)


async def requests(reader: asyncio.StreamReader) -> AsyncIterator[bool]:
    """Whether each request of a connection is a POST."""
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        size = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
        await reader.readexactly(size)
        yield head.startswith(b"post")


@contextmanager
def service(limit: int, *, is_told: bool) -> Iterator[str]:
    """A service in a process of its own, by its base URL."""
    command = [sys.executable, "-m", "benchmarks.limited_service", str(limit), str(int(is_told))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(Service(int(sys.argv[1]), is_told=bool(int(sys.argv[2]))).serve())
