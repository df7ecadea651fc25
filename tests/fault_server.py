"""A server on a real socket that fails in every way there is, and counts what it carried out.

It speaks just enough HTTP to be asked by the client, so that it can break it anywhere.
"""

import asyncio
import json
import random
import socket
import struct
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

ANSWER = json.dumps({"data": [{"url": "http://127.0.0.1/a.png"}]}).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
EMPTY = b"HTTP/1.1 %s\r\n%sContent-Length: 0\r\n\r\n"
BEFORE_EXECUTION = ("429", "503", "425")
AFTER_EXECUTION = ("cut-head", "cut-after-head", "cut-body", "garbage", "reset", "stall", "500", "502", "520")


class FaultServer:
    """The server: `executed` counts what it carried out, by prompt; `faults` tells what it did to each."""

    def __init__(self, faults: Sequence[str], seed: int, accept_and_close: float = 0.0) -> None:
        self.choices, self.accept_and_close = faults, accept_and_close
        self.dice = random.Random(seed)
        self.requests = 0
        self.executed: Counter[str] = Counter()
        self.faults: defaultdict[str, list[str]] = defaultdict(list)
        self.port = 0

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.dice.random() >= self.accept_and_close:
                while await self._serve(reader, writer):
                    pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serves one request; says whether the connection goes on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = next((int(line.split(":")[1]) for line in head.splitlines() if line.startswith("content-length:")), 0)
        body = json.loads(await reader.readexactly(length) or b"{}")
        prompt = body.get("prompt", "")
        self.requests += 1
        fault = self.dice.choice(self.choices)
        self.faults[prompt].append(fault)
        if fault in BEFORE_EXECUTION:
            writer.write(EMPTY % (f"{fault} No".encode(), b"retry-after-ms: 1\r\n"))
            return True
        self.executed[prompt] += 1
        whole = HEAD % len(ANSWER) + ANSWER
        if fault == "ok":
            writer.write(whole)
        elif fault == "drip":
            for position in range(0, len(whole), 16):
                writer.write(whole[position : position + 16])
                await writer.drain()
                await asyncio.sleep(0.001)
        elif fault in ("500", "502", "520"):
            writer.write(EMPTY % (f"{fault} No".encode(), b""))
        elif fault == "cut-head":
            writer.write(whole[:30])
        elif fault == "cut-after-head":
            writer.write(HEAD % len(ANSWER))
        elif fault == "cut-body":
            writer.write(whole[:-10])
        elif fault == "garbage":
            writer.write(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
        elif fault == "stall":
            await reader.read()  # until the client gives up
        elif fault == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        await writer.drain()
        return fault in ("ok", "drip", "500", "502", "520")


@contextmanager
def serving(server: FaultServer) -> Iterator[FaultServer]:
    """Runs the server in a thread, on a free port of 127.0.0.1."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run() -> None:
        listening = await asyncio.start_server(server._connected, "127.0.0.1", 0, backlog=1024)
        server.port = listening.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        listening.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    ready.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
