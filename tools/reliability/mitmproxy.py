"""mitmproxy before the sandbox, which changes what passes, and as a forward proxy that opens TLS."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ccapi_sandbox
from ccapi_client import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    InternalServerError,
    MalformedResponseError,
    RateLimitError,
    StreamError,
    StreamInterruptedError,
    Timeout,
)
from ccapi_sandbox import Sandbox

from tests.carriers import Carrier

from .page import Row
from .programs import free_port, running
from .scenarios import Scenarios
from .traffic import Figures, Outcome, Retries, Traffic, all_answered, echo, has, traffic

PROGRAM = os.environ.get("RELIABILITY_MITMDUMP", "mitmdump")
CUT = {"X-Mitm": "stream=as_it_is", "X-Sandbox-Fault": "cut-stream;after=3"}
ADDON = Path(__file__).with_name("mitm_addon.py")
PROXY_USER = "me:pass-1"


@dataclass(frozen=True)
class Place:
    """A running mitmproxy.

    Attributes:
        sandbox: What it is in front of.
        reverse: The port of the reverse proxy.
        forward: The port of the forward proxy.
        folder: Where its certificates and its log are.
    """

    sandbox: Sandbox
    reverse: int
    forward: int
    folder: Path

    def traffic(self, carrier: Carrier, what: str = "", **options: Any) -> AbstractAsyncContextManager[Traffic]:
        """Calls through the reverse proxy, which does to each what `what` says."""
        headers = {"X-Mitm": what} if what else {}
        return traffic(self.sandbox, f"http://127.0.0.1:{self.reverse}/v1", carrier, headers=headers, **options)

    def through(self, carrier: Carrier, host: str, **options: Any) -> AbstractAsyncContextManager[Traffic]:
        """Calls of a host behind the forward proxy."""
        return traffic(self.sandbox, f"https://{host}/v1", carrier, port=self.forward, **options)

    @property
    def authority(self) -> Path:
        return self.folder / "mitmproxy-ca-cert.pem"

    def seen(self, host: str) -> list[dict[str, Any]]:
        """The requests for a host that came through."""
        log = self.folder / "seen.log"
        lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []
        return [each for each in lines if each["host"] == host]


SCENARIOS: Scenarios[Place] = Scenarios()


def versions() -> str:
    done = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0].lower().replace(": ", " ")


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """mitmproxy, and a sandbox behind it."""
    with ccapi_sandbox.running(job_seconds=0.2) as sandbox:
        echo(sandbox)
        port = sandbox.base_url.rpartition(":")[2].partition("/")[0]
        reverse, forward = free_port(), free_port()
        modes = (
            "--mode",
            f"reverse:http://127.0.0.1:{port}@127.0.0.1:{reverse}",
            "--mode",
            f"regular@127.0.0.1:{forward}",
        )
        options = ("confdir", folder), ("connection_strategy", "lazy"), ("validate_inbound_headers", "false")
        sets = [part for name, value in options for part in ("--set", f"{name}={value}")]
        command = [PROGRAM, "--quiet", *modes, *sets, "-s", ADDON]
        env = {"RELIABILITY_SANDBOX": port, "RELIABILITY_LOG": str(folder / "seen.log"), "PYTHONPATH": ""}
        with running(command, forward, folder / "out.log", env):
            yield Place(sandbox, reverse, forward, folder)


def rows(folder: Path) -> Iterator[Row]:
    with place(folder) as there:
        for each in SCENARIOS.all:
            yield each.row(there)


def is_billed(outcome: Outcome) -> bool:
    return bool(outcome.error and outcome.error.may_be_billed)


@SCENARIOS.add("a storm of 429s with pages of HTML: each of 6 chats is rejected twice", "all answered after retries")
async def storm(place: Place, carrier: Carrier) -> Figures:
    retries = Retries()
    async with place.traffic(carrier, on_retry=retries) as made:
        for _ in range(8):  # so that the quota of retries suffices
            await made.models()
        await made.at_once(6, lambda: made.chat(extra_headers={"X-Mitm": "429=2"}))
    all_answered(made)
    assert retries.count == 12
    return {**made.check(place.sandbox), "retries": retries.count}


@SCENARIOS.add("429s without end: 50 chats", "`RateLimitError`; less than two requests a call; nothing executed")
async def endless(place: Place, carrier: Carrier) -> Figures:
    retries = Retries()
    async with place.traffic(carrier, "429=99", on_retry=retries) as made:
        await made.at_once(50, made.chat)
    for each in made.outcomes:
        has(each, RateLimitError)
    assert retries.count < 50
    return {**made.check(place.sandbox), "retries": retries.count}


@SCENARIOS.add(
    "pages of HTML with a status of 403, 404, 500, 502, 520 and 599", "the error of the status, with the page's title"
)
async def statuses(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        for status in (403, 404, 500, 502, 520, 599):
            found = await made.chat(extra_headers={"X-Mitm": f"status={status}"})
            assert found.status == status, found.error
            assert "Just a moment" in str(found.error)
    return made.check(place.sandbox)


@SCENARIOS.add(
    "a page of HTML in place of JSON, with 200 and with 502, after the chat was executed",
    "`MalformedResponseError` and `InternalServerError`, which may be billed",
)
async def replaced(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        first = await made.chat(extra_headers={"X-Mitm": "replaced=200"})
        second = await made.chat(extra_headers={"X-Mitm": "replaced=502"})
        third = await made.stream(extra_headers={"X-Mitm": "replaced=200"})
        fourth = await made.chat(extra_headers={"X-Mitm": "empty"})
    has(first, MalformedResponseError)
    has(second, InternalServerError)
    has(third, MalformedResponseError, StreamError)
    has(fourth, MalformedResponseError)
    assert all(map(is_billed, made.outcomes))
    return made.check(place.sandbox)


@SCENARIOS.add(
    "requests delayed by 3 s and responses delayed by 3 s, against limits of 1 s",
    "`APITimeoutError` in time, may be billed",
)
async def delays(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, limit=1) as made:
        for what in ("delay-request=3", "delay-response=3"):
            found = await made.chat(extra_headers={"X-Mitm": what})
            has(found, APITimeoutError)
            assert is_billed(found)
    async with place.traffic(carrier, timeout=Timeout(total=1), limit=1) as other:
        has(await other.models(extra_headers={"X-Mitm": "delay-response=3"}), APITimeoutError)
    return made.check(place.sandbox)


@SCENARIOS.add(
    "the connection is cut before the sandbox, and after it",
    "`APIConnectionError`, may be billed; a list is retried and answered",
)
async def cuts(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        for what in ("kill-request", "kill-response"):
            found = await made.chat(extra_headers={"X-Mitm": what})
            has(found, APIConnectionError)
            assert is_billed(found)
        assert not (await made.models(extra_headers={"X-Mitm": f"kill-once={carrier}"})).error
    return made.check(place.sandbox)


@SCENARIOS.add(
    "`Content-Length` too small: bytes are left over",
    "`MalformedResponseError`, may be billed; the next call gets its own answer",
)
async def too_short(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        for _ in range(3):
            has(await made.chat(extra_headers={"X-Mitm": "too-short"}), MalformedResponseError)
            assert not (await made.chat()).error
    return made.check(place.sandbox)


@SCENARIOS.add(
    "`Content-Length` too large: the rest never comes",
    "`APITimeoutError` in time, or `APIConnectionError`; the next call gets its own answer",
)
async def too_long(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, limit=2) as made:
        has(await made.chat(extra_headers={"X-Mitm": "too-long"}), APIConnectionError)
        assert not (await made.chat()).error
    return made.check(place.sandbox)


@SCENARIOS.add(
    "two lengths, a negative one, and a length beside chunks", "`APIConnectionError`; the next call gets its own answer"
)
async def lengths(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, limit=5) as made:
        for what in ("two-lengths", "bad-length", "length-and-chunks"):
            has(await made.chat(extra_headers={"X-Mitm": what}), APIConnectionError)
            assert not (await made.chat()).error
    return made.check(place.sandbox)


@SCENARIOS.add("responses in gzip and deflate, also without zlib's head", "answered")
async def compressed(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        for what in ("encoded=gzip", "encoded=deflate", "raw-deflate"):
            await made.chat(extra_headers={"X-Mitm": what})
    all_answered(made)
    return made.check(place.sandbox)


@SCENARIOS.add(
    "responses in br and zstd, which were not asked for; gzip that is none, is cut, or twice; half a gigabyte in half a megabyte",
    "`MalformedResponseError`, may be billed",
)
async def badly_compressed(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        for what in ("encoded=br", "encoded=zstd", "not-gzip", "gzip-cut", "gzip-twice", "bomb"):
            found = await made.chat(extra_headers={"X-Mitm": what})
            has(found, MalformedResponseError)
            assert is_billed(found)
    return made.check(place.sandbox)


@SCENARIOS.add(
    "100 more headers, and one of 32 kB; 1,000 more, and one of 200 kB", "answered; `APIConnectionError`, may be billed"
)
async def floods(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        for what in ("headers=100", "long-header=32000", "odd-headers"):
            found = await made.chat(extra_headers={"X-Mitm": what})
            assert not found.error, (what, found.error)
        for what in ("headers=1000", "long-header=200000"):
            found = await made.chat(extra_headers={"X-Mitm": what})
            has(found, APIConnectionError)
            assert is_billed(found)
        assert not (await made.chat()).error
    return made.check(place.sandbox)


@SCENARIOS.add(
    "streams byte by byte, with CR LF, with CR, with comments and other fields, with a BOM", "each text arrives"
)
async def rewritten(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        for what in ("bytewise", "crlf", "cr", "comments", "bom"):
            found = await made.stream(extra_headers={"X-Mitm": f"stream={what}"})
            assert not found.error, (what, found.error)
            assert len(found.texts) > 3
    return made.check(place.sandbox)


@SCENARIOS.add(
    "streams that are cut, end early, hold JSON that is none, or turn into HTML", "`StreamError` with what had come"
)
async def broken_streams(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        for headers in ({"X-Mitm": "stream=truncated"}, CUT):
            found = await made.stream(extra_headers=headers)
            has(found, StreamInterruptedError)
            assert found.key.startswith("".join(found.texts))
        has(await made.stream(extra_headers={"X-Mitm": "stream=garbage"}), StreamError, MalformedResponseError)
        has(await made.stream(extra_headers={"X-Mitm": "stream=html"}), StreamError, MalformedResponseError)
        assert all(map(is_billed, made.outcomes))
    return made.check(place.sandbox)


@SCENARIOS.add("forward proxy that opens TLS, its authority by `verify=`", "answered through the proxy")
async def by_verify(place: Place, carrier: Carrier) -> Figures:
    host = f"verify-{carrier}.test"
    proxy = f"http://127.0.0.1:{place.forward}"
    async with place.through(carrier, host, proxy=proxy, verify=place.authority) as made:
        await made.at_once(8, made.chat)
        await made.stream()
    all_answered(made)
    assert [each["has_key"] for each in place.seen(host)] == [True] * 9
    return made.check(place.sandbox)


@SCENARIOS.add("the same by `HTTPS_PROXY` and `SSL_CERT_FILE`", "answered through the proxy")
async def by_environment(place: Place, carrier: Carrier) -> Figures:
    host = f"environment-{carrier}.test"
    os.environ |= {"HTTPS_PROXY": f"http://127.0.0.1:{place.forward}", "SSL_CERT_FILE": str(place.authority)}
    try:
        async with place.through(carrier, host) as made:
            await made.at_once(8, made.chat)
            await made.stream()
    finally:
        del os.environ["HTTPS_PROXY"], os.environ["SSL_CERT_FILE"]
    all_answered(made)
    assert len(place.seen(host)) == 9
    return made.check(place.sandbox)


@SCENARIOS.add(
    "the same with an authority that is not trusted",
    "`APIConnectionError`, not billed; neither the key nor the request is seen",
)
async def untrusted(place: Place, carrier: Carrier) -> Figures:
    host = f"untrusted-{carrier}.test"
    async with place.through(carrier, host, proxy=f"http://127.0.0.1:{place.forward}") as made:
        found = await made.chat()
        models = await made.models()
    has(found, APIConnectionError)
    assert not is_billed(found)
    assert "certificate" in str(found.error)
    has(models, APIConnectionError)
    assert not place.seen(host)
    return made.check(place.sandbox)


@SCENARIOS.add("the proxy changes the response inside of TLS: cut, HTML, 429 twice", "as without TLS")
async def inside(place: Place, carrier: Carrier) -> Figures:
    proxy = f"http://127.0.0.1:{place.forward}"
    async with place.through(carrier, "inside.test", proxy=proxy, verify=place.authority) as made:
        has(await made.chat(extra_headers={"X-Mitm": "kill-response"}), APIConnectionError)
        has(await made.chat(extra_headers={"X-Mitm": "replaced=200"}), MalformedResponseError)
        has(await made.chat(extra_headers={"X-Mitm": "status=500"}), APIStatusError)
        assert not (await made.chat(extra_headers={"X-Mitm": "429=2"})).error
        has(await made.stream(extra_headers=CUT), StreamInterruptedError)
    return made.check(place.sandbox)
