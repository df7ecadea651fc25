"""Starts and stops programs, and tells which connections to them this process has."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

SECONDS = 240.0
"""How long a program may take to start or to stop."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[object], port: int, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a program as long as the block lasts, once it accepts connections on its port.

    Raises:
        RuntimeError: It does not; the message has the end of what it wrote.
    """
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, **(env or {})},
        )
        try:
            end = time.monotonic() + SECONDS
            while not accepts(port):
                if process.poll() is not None or time.monotonic() > end:
                    lines = "\n".join(log.read_text("utf-8", "replace").splitlines()[-10:])
                    raise RuntimeError(f"{command[0]} did not start; it wrote:\n{lines}")
                time.sleep(0.05)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def accepts(port: int) -> bool:
    """Whether anything listens on a port of 127.0.0.1."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def connections_to(port: int) -> int:
    """How many sockets of this process are connected, or half closed, to a port of this machine."""
    mine = set()
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            found = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(f"/proc/self/fd/{name}"))
            if found:
                mine.add(found[1])
    lines = [line.split() for line in Path("/proc/self/net/tcp").read_text("ascii").splitlines()[1:]]
    # A table that changes while it is read may have a line twice.
    return len({inode for _, _, remote, inode in _columns(lines) if remote.endswith(f":{port:04X}")} & mine)


def _columns(lines: Sequence[Sequence[str]]) -> Iterator[tuple[str, str, str, str]]:
    return ((line[0], line[1], line[2], line[9]) for line in lines)
