"""Debian's nginx before the sandbox: limits, timeouts, redirects, TLS, reloads."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ccapi_sandbox
from ccapi_client import APIConnectionError, APITimeoutError, PollPolicy, RetryPolicy, StreamInterruptedError, Timeout
from ccapi_sandbox import Sandbox

from tests.carriers import Carrier, certificate

from .page import Row
from .programs import free_port, running
from .scenarios import Scenarios
from .traffic import Figures, Retries, Traffic, all_answered, echo, executed, lost_to_closing, traffic, under_fire

PROGRAM = next(filter(None, map(shutil.which, ("nginx", "/usr/sbin/nginx"))), None)
HERE = Path(__file__).resolve().parent
STALLS = {"X-Sandbox-Fault": "stall"}


@dataclass(frozen=True)
class Place:
    """A running nginx.

    Attributes:
        sandbox: What it is in front of.
        ports: Of its servers, by their names in the configuration.
        process: Its master.
        folder: Where its logs are.
    """

    sandbox: Sandbox
    ports: dict[str, int]
    process: subprocess.Popen[bytes]
    folder: Path

    def traffic(self, carrier: Carrier, location: str, **options: Any) -> AbstractAsyncContextManager[Traffic]:
        url = f"http://127.0.0.1:{self.ports['PORT']}/{location}/v1"
        return traffic(self.sandbox, url, carrier, **options)

    def tls_traffic(self, carrier: Carrier, server: str, **options: Any) -> AbstractAsyncContextManager[Traffic]:
        url = f"https://localhost:{self.ports[server]}/v1"
        return traffic(self.sandbox, url, carrier, verify=self.folder / "certificate.pem", **options)


SCENARIOS: Scenarios[Place] = Scenarios()


def versions() -> str:
    done = subprocess.run([str(PROGRAM), "-v"], capture_output=True, text=True, check=True)
    return done.stderr.strip().rpartition(": ")[2]


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """nginx, and a sandbox behind it."""
    if PROGRAM is None:
        raise RuntimeError("there is no nginx: Debian's package nginx")
    certificate(folder)
    with ccapi_sandbox.running(job_seconds=0.2) as sandbox:
        echo(sandbox)
        ports = {name: free_port() for name in ("PORT", "OTHER", "HOSTED", "TLS", "MUTUAL", "CLOSED")}
        words: dict[str, object] = {**ports, "SANDBOX": sandbox.base_url.rpartition(":")[2].partition("/")[0]}
        words |= {"FOLDER": folder, "CERTIFICATE": folder / "certificate.pem", "KEY": folder / "key.pem"}
        text = (HERE / "nginx.conf").read_text("utf-8")
        conf = folder / "nginx.conf"
        conf.write_text(re.sub(r"\b[A-Z]{3,}\b", lambda found: str(words.get(found[0], found[0])), text), "utf-8")
        command = [PROGRAM, "-p", folder, "-c", conf, "-e", folder / "error.log"]
        with running(command, ports["PORT"], folder / "out.log") as process:
            yield Place(sandbox, ports, process, folder)


def rows(folder: Path) -> Iterator[Row]:
    with place(folder) as there:
        for each in SCENARIOS.all:
            yield each.row(there)


async def storm(place: Place, carrier: Carrier, location: str) -> Figures:
    retries = Retries()
    async with place.traffic(carrier, location, on_retry=retries, retry=RetryPolicy(max_attempts=12)) as made:
        await made.at_once(8, made.chat)
    all_answered(made)
    return {**made.check(place.sandbox), "retries": retries.count}


@SCENARIOS.add("`limit_req`, 429 with `Retry-After`; 8 chats at once", "all answered after retries", quick=True)
async def storm_429(place: Place, carrier: Carrier) -> Figures:
    return await storm(place, carrier, "429")


@SCENARIOS.add("`limit_req`, 503 with `Retry-After`; 8 chats at once", "all answered after retries")
async def storm_503(place: Place, carrier: Carrier) -> Figures:
    return await storm(place, carrier, "503-retry-after")


@SCENARIOS.add(
    "`limit_req`, 503 without `Retry-After`, nginx's default; 8 chats at once, then 8 lists",
    "a chat is answered, or a 503 that is not retried; all lists are answered",
)
async def silent_503(place: Place, carrier: Carrier) -> Figures:
    retries = Retries()
    async with place.traffic(carrier, "503", on_retry=retries, retry=RetryPolicy(max_attempts=12)) as made:
        chats = await made.at_once(8, made.chat)
        assert not retries.count
        lists = await made.at_once(8, made.models)
    assert {each.status for each in chats} <= {None, 503}
    assert not [each for each in lists if each.error], lists
    return {**made.check(place.sandbox), "retries": retries.count}


@SCENARIOS.add(
    "`proxy_read_timeout`: 504 while the sandbox executes",
    "a chat is executed once, is a 504, may be billed; a list is retried and answered",
    quick=True,
)
async def read_timeout(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, "impatient") as made:
        chat = await made.chat(extra_headers=STALLS)
        models = await made.models(extra_headers={"X-Sandbox-Fault": "stall;times=1"})
    assert chat.status == 504
    assert chat.error
    assert chat.error.may_be_billed
    assert executed(place.sandbox, chat) == 1
    assert not models.error, models
    return made.check(place.sandbox)


@SCENARIOS.add("`proxy_read_timeout` in a stream: nginx cuts it", "`StreamInterruptedError` with what had come")
async def cut_stream(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, "impatient") as made:
        found = await made.stream(extra_headers={"X-Sandbox-Fault": "stall;after=3"})
    assert isinstance(found.error, StreamInterruptedError), found
    assert found.texts
    assert found.key.startswith("".join(found.texts))
    return made.check(place.sandbox)


@SCENARIOS.add(
    "`client_max_body_size`: bodies of 100 kB, 2 MB and 20 MB", "a 413, not billed, not retried, not executed"
)
async def too_large(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, "small") as made:
        for size in (100_000, 2_000_000, 20_000_000):
            for _ in range(3):
                found = await made.chat("x" * size)
                assert found.status == 413, found.error
                assert found.error
                assert not found.error.may_be_billed
        assert not (await made.chat()).error
    return made.check(place.sandbox)


@SCENARIOS.add("nothing listens behind nginx: 502", "a chat is a 502, may be billed; not executed")
async def down(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, "down") as made:
        found = await made.chat()
        models = await made.models()
    assert found.status == models.status == 502
    assert executed(place.sandbox, found) == 0
    return made.check(place.sandbox)


@SCENARIOS.add("`return 444`: nginx hangs up", "`APIConnectionError`; a chat is sent once, a list four times")
async def hangs_up(place: Place, carrier: Carrier) -> Figures:
    retries = Retries()
    async with place.traffic(carrier, "444", on_retry=retries) as made:
        chat = await made.chat()
        assert not retries.count
        models = await made.models()
    assert isinstance(chat.error, APIConnectionError)
    assert isinstance(models.error, APIConnectionError)
    assert retries.count == 3  # type: ignore[comparison-overlap]
    return made.check(place.sandbox)


@SCENARIOS.add(
    "301 and 307 to another origin", "an error that names where to; the key and the request go nowhere else", quick=True
)
async def redirects(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, "moved") as made:
        first = await made.chat()
    async with place.traffic(carrier, "307") as other:
        second = await other.models()
    assert first.status == 301
    assert second.status == 307
    assert f"127.0.0.1:{place.ports['OTHER']}" in str(first.error)
    log = place.folder / "other.log"
    assert not log.exists() or not log.read_text("ascii")
    return made.check(place.sandbox)


@SCENARIOS.add("`gzip` of everything, streams too", "all answered; the first text of a stream comes before its end")
async def compressed(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, "gzip") as made:
        assert not (await made.models()).error
        for _ in range(5):
            assert not (await made.chat("x" * 20_000)).error
        found = await made.stream(extra_headers={"X-Sandbox-Fault": "slow;seconds=0.2"})
    assert not found.error, found
    assert found.times[-1] - found.times[0] > 0.7
    return made.check(place.sandbox)


@SCENARIOS.add("a stream through nginx's defaults, which buffer", "each text comes as it is sent")
async def buffered(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, "plain") as made:
        found = await made.stream(extra_headers={"X-Sandbox-Fault": "slow;seconds=0.3"})
    assert not found.error, found
    assert found.times[-1] - found.times[0] > 1, f"they came within {found.times[-1] - found.times[0]:.2f} s"
    return made.check(place.sandbox)


@SCENARIOS.add("`keepalive_requests 3`: 36 chats and lists, 8 at once", "all answered")
async def few_per_connection(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, "few") as made:
        for _ in range(3):
            await made.at_once(8, made.chat)
            await made.at_once(4, made.models)
    all_answered(made)
    return made.check(place.sandbox)


@SCENARIOS.add(
    "`limit_rate`: a response that drips, against `total` 1 s", "`APITimeoutError`, in time; a longer limit brings all"
)
async def drip(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, "drip", timeout=Timeout(total=1), limit=1) as made:
        found = await made.models()
    assert isinstance(found.error, APITimeoutError), found
    async with place.traffic(carrier, "drip") as other:
        assert not (await other.chat()).error
    return made.check(place.sandbox)


@SCENARIOS.add("TLS: `verify=` with nginx's own certificate; without it", "answered; `APIConnectionError`, not billed")
async def tls(place: Place, carrier: Carrier) -> Figures:
    async with place.tls_traffic(carrier, "TLS") as made:
        await made.at_once(8, made.chat)
        all_answered(made)
    async with traffic(place.sandbox, f"https://localhost:{place.ports['TLS']}/v1", carrier) as other:
        refused = await other.chat()
    assert isinstance(refused.error, APIConnectionError)
    assert not refused.error.may_be_billed
    return made.check(place.sandbox)


@SCENARIOS.add(
    "`ssl_verify_client`: a client without a certificate, and one with; plain HTTP to a port of TLS",
    "nginx's 400 with its reason; answered; nginx's 400 with its reason",
)
async def mutual_tls(place: Place, carrier: Carrier) -> Figures:
    async with place.tls_traffic(carrier, "MUTUAL") as made:
        without = await made.chat()
    assert without.status == 400
    assert "certificate" in str(without.error)
    cert = (place.folder / "certificate.pem", place.folder / "key.pem")
    async with place.tls_traffic(carrier, "MUTUAL", cert=cert) as other:
        assert not (await other.chat()).error
    async with traffic(place.sandbox, f"http://127.0.0.1:{place.ports['TLS']}/v1", carrier) as plain:
        wrong = await plain.chat()
    assert wrong.status == 400
    assert "HTTPS" in str(wrong.error)
    return made.check(place.sandbox)


@SCENARIOS.add(
    "`nginx -s reload` every 0.25 s under traffic",
    "all lists are answered; a chat too, or `APIConnectionError` that may be billed, where its connection was closed in that very moment; none executed twice",
    quick=True,
)
async def reload(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, "plain", retry=RetryPolicy(base_delay=0.1)) as made:
        shots = await under_fire(made, lambda: place.process.send_signal(signal.SIGHUP), 1.5)
    lost_to_closing(made)
    return {**made.check(place.sandbox), "reloads": shots}


@SCENARIOS.add(
    "nginx's worker is killed every 0.25 s under traffic",
    "answered, or an error of ours; none executed twice",
)
async def killed(place: Place, carrier: Carrier) -> Figures:
    def kill() -> None:
        pid = place.process.pid
        for worker in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
            with suppress(ProcessLookupError):
                os.kill(int(worker), signal.SIGKILL)

    async with place.traffic(carrier, "plain", retry=RetryPolicy(base_delay=0.1)) as made:
        shots = await under_fire(made, kill, 2.5)
    return {**made.check(place.sandbox), "kills": shots}


@SCENARIOS.add(
    "jobs and their files: nginx passes on the name of the host, or sets that of the sandbox",
    "the picture; the `poll_url` of another origin is not followed, the job is polled by its id",
)
async def jobs(place: Place, carrier: Carrier) -> Figures:
    poll = PollPolicy(initial=0.05, max_interval=0.2)
    async with traffic(place.sandbox, f"http://127.0.0.1:{place.ports['HOSTED']}/v1", carrier, poll=poll) as made:
        job = await made.call("", lambda _: made.client.generate_images_and_wait(contents="a fox"))
        picture = await made.call("", lambda _: made.client.download(job.value))
    all_answered(made)
    assert picture.value[0].startswith(b"\x89PNG")
    async with place.traffic(carrier, "plain", poll=poll) as other:
        await other.call("", lambda _: other.client.generate_images_and_wait(contents="a fox"))
    all_answered(other)
    return made.check(place.sandbox)
