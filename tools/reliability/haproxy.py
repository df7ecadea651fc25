"""Debian's haproxy before the sandbox: queues, timeouts, servers that are down, restarts."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ccapi_sandbox
from ccapi_client import APIConnectionError, InternalServerError, RateLimitError, RetryPolicy
from ccapi_sandbox import Sandbox

from tests.carriers import Carrier

from .page import Row
from .programs import free_port, running
from .scenarios import Scenarios
from .traffic import Figures, Retries, Traffic, all_answered, echo, executed, lost_to_closing, traffic, under_fire

PROGRAM = next(filter(None, map(shutil.which, ("haproxy", "/usr/sbin/haproxy"))), None)
HERE = Path(__file__).resolve().parent
SLOW = {"X-Sandbox-Fault": "slow;seconds=0.2"}


@dataclass(frozen=True)
class Place:
    """A running haproxy.

    Attributes:
        sandbox: What it is in front of.
        ports: Of its frontends, by their names in capitals.
        process: Its master.
        command: What starts it.
        folder: Where its configuration and its log are.
    """

    sandbox: Sandbox
    ports: dict[str, int]
    process: subprocess.Popen[bytes]
    command: list[str | Path]
    folder: Path

    def traffic(self, carrier: Carrier, frontend: str, **options: Any) -> AbstractAsyncContextManager[Traffic]:
        return traffic(self.sandbox, f"http://127.0.0.1:{self.ports[frontend]}/v1", carrier, **options)


SCENARIOS: Scenarios[Place] = Scenarios()
FRONTENDS = (
    "PLAIN",
    "IMPATIENT",
    "QUEUE",
    "SHORT",
    "DOWN",
    "REFUSED",
    "LIMITED",
    "TARPIT",
    "BRIEF",
    "SILENT",
    "REJECTS",
)


def versions() -> str:
    done = subprocess.run([str(PROGRAM), "-v"], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split()[:3]).lower().replace("version ", "")


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """haproxy, and a sandbox behind it."""
    if PROGRAM is None:
        raise RuntimeError("there is no haproxy: Debian's package haproxy")
    with ccapi_sandbox.running(job_seconds=0.2) as sandbox:
        echo(sandbox)
        ports = {name: free_port() for name in (*FRONTENDS, "CLOSED")}
        words: dict[str, object] = {**ports, "SANDBOX": sandbox.base_url.rpartition(":")[2].partition("/")[0]}
        text = (HERE / "haproxy.cfg").read_text("utf-8")
        conf = folder / "haproxy.cfg"
        conf.write_text(re.sub(r"\b[A-Z]{4,}\b", lambda found: str(words.get(found[0], found[0])), text), "utf-8")
        command: list[str | Path] = [PROGRAM, "-W", "-db", "-f", conf]
        with running(command, ports["PLAIN"], folder / "out.log") as process:
            time.sleep(0.5)  # by then, its health check has failed
            yield Place(sandbox, ports, process, command, folder)


def rows(folder: Path) -> Iterator[Row]:
    with place(folder) as there:
        for each in SCENARIOS.all:
            yield each.row(there)


@SCENARIOS.add("`maxconn 2` for the server: 24 slow chats at once wait in the queue", "all answered", quick=True)
async def queue(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, "QUEUE") as made:
        await made.at_once(24, lambda: made.chat(extra_headers={"X-Sandbox-Fault": "slow;seconds=0.05"}))
    all_answered(made)
    return made.check(place.sandbox)


@SCENARIOS.add(
    "the same with `timeout queue`: 503 without `Retry-After`",
    "a chat is answered or a 503, not retried; a list is retried",
)
async def queue_ends(place: Place, carrier: Carrier) -> Figures:
    retries = Retries()
    async with place.traffic(carrier, "SHORT", on_retry=retries) as made:
        await made.at_once(12, lambda: made.chat(extra_headers=SLOW))
        assert not retries.count
    assert {each.status for each in made.outcomes} == {None, 503}
    return made.check(place.sandbox)


@SCENARIOS.add(
    "`timeout server`: 504 while the sandbox executes",
    "a chat is executed once, is a 504, may be billed; a list is retried",
)
async def server_timeout(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, "IMPATIENT") as made:
        chat = await made.chat(extra_headers={"X-Sandbox-Fault": "stall"})
        models = await made.models(extra_headers={"X-Sandbox-Fault": "stall;times=1"})
        stream = await made.stream(extra_headers={"X-Sandbox-Fault": "stall;after=3"})
    assert chat.status == 504
    assert chat.error
    assert chat.error.may_be_billed
    assert executed(place.sandbox, chat) == 1
    assert not models.error, models.error
    assert isinstance(stream.error, APIConnectionError) or stream.texts
    assert stream.error
    return made.check(place.sandbox)


@SCENARIOS.add(
    "the server is down: 503, by the health check and by a connection that is refused",
    "`InternalServerError`; a chat isn't retried, a list four times",
)
async def down(place: Place, carrier: Carrier) -> Figures:
    for frontend in ("DOWN", "REFUSED"):
        retries = Retries()
        async with place.traffic(carrier, frontend, on_retry=retries, retry=RetryPolicy(base_delay=0.01)) as made:
            chat = await made.chat()
            assert isinstance(chat.error, InternalServerError)
            assert not retries.count
            assert isinstance((await made.models()).error, InternalServerError)
            assert retries.count == 3  # type: ignore[comparison-overlap]
    return made.check(place.sandbox)


@SCENARIOS.add("a stick table rejects by 429 with `Retry-After`: 20 chats at once", "all answered after retries")
async def limited(place: Place, carrier: Carrier) -> Figures:
    retries = Retries()
    time.sleep(1.2)  # noqa: ASYNC251 - nothing else goes on; the table forgets the carrier before
    async with place.traffic(carrier, "LIMITED", on_retry=retries) as made:
        await made.at_once(20, made.chat)
    all_answered(made)
    return {**made.check(place.sandbox), "retries": retries.count}


@SCENARIOS.add(
    "`tarpit` with 429; `silent-drop`; `reject` of the connection",
    "`RateLimitError`; `APIConnectionError` in time; `APIConnectionError`",
)
async def refusals(place: Place, carrier: Carrier) -> Figures:
    policy = RetryPolicy(base_delay=0.01)
    async with place.traffic(carrier, "TARPIT", retry=policy) as made:
        assert isinstance((await made.chat()).error, RateLimitError)
    async with place.traffic(carrier, "SILENT", limit=1, retry=RetryPolicy(max_attempts=1)) as other:
        assert isinstance((await other.chat()).error, APIConnectionError)
    async with place.traffic(carrier, "REJECTS", retry=policy) as third:
        assert isinstance((await third.chat()).error, APIConnectionError)
    return made.check(place.sandbox)


@SCENARIOS.add(
    "`timeout http-keep-alive 50ms`: 40 chats and 40 lists with pauses of 30 to 70 ms, so that connections end as they are used",
    "all lists are answered; a chat too, or `APIConnectionError` that may be billed, in that very moment",
    quick=True,
)
async def brief(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, "BRIEF") as made:
        for number in range(10):
            await carrier.all_at_once([*[made.chat] * 4, *[made.models] * 4])
            await carrier.sleep(0.03 + 0.004 * number)
    lost_to_closing(made)
    return made.check(place.sandbox)


@SCENARIOS.add(
    "reloads (`SIGUSR2` to the master) every 0.25 s under traffic",
    "all lists are answered; a chat too, or `APIConnectionError` that may be billed, where its connection was closed in that very moment; none executed twice",
)
async def reload(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, "PLAIN", retry=RetryPolicy(base_delay=0.1)) as made:
        shots = await under_fire(made, lambda: place.process.send_signal(signal.SIGUSR2), 2.5)
    lost_to_closing(made)
    return {**made.check(place.sandbox), "reloads": shots}


@SCENARIOS.add(
    "haproxy is killed and started again, three times, under traffic",
    "answered, or an error of ours; none executed twice",
)
async def restarts(place: Place, carrier: Carrier) -> Figures:
    port = free_port()
    text = re.sub(rf"\b{place.ports['PLAIN']}\b", str(port), (place.folder / "haproxy.cfg").read_text("utf-8"))
    head, _, _ = text.partition("frontend impatient")
    conf = place.folder / "other.cfg"
    conf.write_text(head, "utf-8")
    command = [*place.command[:1], "-db", "-f", conf]
    with ExitStack() as stack:
        process = stack.enter_context(running(command, port, place.folder / "other.log"))

        def restart() -> None:
            nonlocal process
            process.kill()
            process.wait()
            process = stack.enter_context(running(command, port, place.folder / "other.log"))

        url = f"http://127.0.0.1:{port}/v1"
        async with traffic(place.sandbox, url, carrier, retry=RetryPolicy(max_attempts=8, base_delay=0.2)) as made:
            shots = await under_fire(made, restart, 3, every=0.8)
    return {**made.check(place.sandbox), "restarts": shots}
