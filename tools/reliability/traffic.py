"""Calls of one client by a carrier, and what has to hold of them whatever the program in between does.

- A call gives its own answer, or raises an error of ours.
- What answers was executed once; nothing is executed twice; what `may_be_billed` denies was not executed at all.
- No call takes longer than its limit by more than a second.
- Once the client is closed, no connection is left.
"""

from __future__ import annotations

import inspect
import threading
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from ccapi_client import (
    CCAPI,
    APIConnectionError,
    APIStatusError,
    AsyncCCAPI,
    CCAPIError,
    StreamInterruptedError,
)
from ccapi_sandbox import Received, Sandbox
from ccapi_sandbox.ledger import Entry

from tests.carriers import Carrier

from .programs import connections_to

MODEL = "sandbox/babble"
Figures = dict[str, int]


@dataclass
class Outcome:
    """What became of a call.

    Attributes:
        key: Its `Idempotency-Key`; for a chat also what it says, and what has to be answered. Empty for a GET.
        seconds: How long it took.
        value: What it gave.
        texts: Of a stream: the texts, as they came.
        times: When they came, in seconds.
        error: What it raised.
    """

    key: str
    seconds: float = 0.0
    value: Any = None
    texts: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    error: CCAPIError | None = None

    @property
    def status(self) -> int | None:
        return self.error.status_code if isinstance(self.error, APIStatusError) else None


class Traffic:
    """Calls of one client.

    Attributes:
        client: The client.
        outcomes: What became of the calls.
        limit: How long a call may take, in seconds.
    """

    def __init__(self, client: CCAPI | AsyncCCAPI, carrier: Carrier, limit: float) -> None:
        self.client: Any = client
        self.carrier, self.limit = carrier, limit
        self.outcomes: list[Outcome] = []

    async def call(self, key: str, work: Callable[[Outcome], Any]) -> Outcome:
        """Makes a call; whatever else than an error of ours it raises fails the scenario."""
        found, start = Outcome(key), time.monotonic()
        try:
            value = work(found)
            found.value = await value if inspect.isawaitable(value) else value
        except CCAPIError as error:
            found.error = error
        found.seconds = time.monotonic() - start
        self.outcomes.append(found)
        return found

    async def chat(self, content: str = "", **options: Any) -> Outcome:
        """A chat, to be answered by its own key."""
        key = str(uuid.uuid4())
        messages = [{"role": "user", "content": content}] if content else []
        messages.append({"role": "user", "content": key})
        return await self.call(
            key,
            lambda _: self.client.create_chat_completion(
                model=MODEL, messages=messages, idempotency_key=key, **options
            ),
        )

    async def stream(self, **options: Any) -> Outcome:
        """The same, streamed."""
        key = str(uuid.uuid4())
        messages = [{"role": "user", "content": key}]

        def opened(found: Outcome) -> Any:
            stream = self.client.stream_chat_completion(model=MODEL, messages=messages, idempotency_key=key, **options)
            return self.read(stream, found)

        return await self.call(key, opened)

    async def read(self, opened: Any, found: Outcome) -> Any:
        """Reads a stream of either client; returns the whole response."""
        if self.carrier.is_blocking:
            with opened as stream:
                for text in stream.text():
                    found.texts.append(text)
                    found.times.append(time.monotonic())
                return stream.final()
        async with opened as stream:
            async for text in stream.text():
                found.texts.append(text)
                found.times.append(time.monotonic())
            return await stream.final()

    async def models(self, **options: Any) -> Outcome:
        """A list of models."""
        return await self.call("", lambda _: self.client.list_models(**options))

    async def at_once(self, count: int, call: Callable[[], Awaitable[Outcome]]) -> list[Outcome]:
        """The outcomes of so many calls, all in flight together."""
        return await self.carrier.all_at_once([call] * count)

    def check(self, sandbox: Sandbox) -> Figures:
        """Checks what has to hold of all calls; returns how many there were."""
        counts = executions(sandbox)
        for each in self.outcomes:
            times = counts[each.key] if each.key else 0
            assert times <= 1, f"executed {times} times: {each}"
            assert each.seconds <= self.limit + 1, f"{each.seconds:.1f} s in place of {self.limit} s: {each}"
            if each.error is None and each.key:
                assert times == 1, f"answered, but not executed: {each}"
                text = each.value.choices[0].message.content
                assert text == each.key, f"{each.key} got the answer {text!r}"
                assert not each.texts or "".join(each.texts) == each.key, each
            elif each.error and not each.error.may_be_billed:
                assert times == 0, f"said not to be billed, but executed: {each}"
        failed = sum(each.error is not None for each in self.outcomes)
        return {"calls": len(self.outcomes), "answered": len(self.outcomes) - failed, "errors": failed}


@asynccontextmanager
async def traffic(
    sandbox: Sandbox | None, url: str, carrier: Carrier, *, limit: float = 60.0, port: int | None = None, **options: Any
) -> AsyncIterator[Traffic]:
    """Calls of a client of a URL, by way of a port; at the end of the block the client is closed, and what has to hold is checked."""
    options = {"api_key": sandbox and sandbox.api_key, "base_url": url, "timeout": limit, **options}
    if carrier.is_blocking:
        with CCAPI(**options) as client:
            made = Traffic(client, carrier, limit)
            yield made
    else:
        async with AsyncCCAPI(**options) as other:
            made = Traffic(other, carrier, limit)
            yield made
    if sandbox:
        made.check(sandbox)
    port = port or int(url.partition("://")[2].partition("/")[0].rpartition(":")[2])
    for _ in range(100):  # an event loop closes a transport in its next rounds
        if not connections_to(port):
            break
        await carrier.sleep(0.02)
    assert not connections_to(port), f"{connections_to(port)} connections are left"


class Retries:
    """How often a client retried: its hook for that."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _: object) -> None:
        self.count += 1


def echo(sandbox: Sandbox) -> None:
    """Has the sandbox answer every chat by what was said last, word by word in a stream."""
    sandbox.reset()

    def answer(received: Received) -> list[str] | None:
        if received.body.get("tools"):
            return None  # then it calls one
        said = received.body["messages"][-1]["content"]
        return [said[at : at + 6] for at in range(0, len(said), 6)]

    sandbox.reply(answer)


def all_answered(made: Traffic) -> None:
    """Checks that no call of a client failed."""
    assert not [each for each in made.outcomes if each.error], [each.error for each in made.outcomes if each.error]


def lost_to_closing(made: Traffic) -> None:
    """Checks that calls failed only where a connection that was kept ended as it was used: no client can rule that out."""
    for each in made.outcomes:
        is_of_connection = isinstance(each.error, APIConnectionError | StreamInterruptedError)
        assert not each.error or (each.key and is_of_connection and each.error.may_be_billed), each.error


def executed(sandbox: Sandbox, outcome: Outcome) -> int:
    """How often the sandbox executed a call."""
    return executions(sandbox)[outcome.key]


def executions(sandbox: Sandbox) -> Counter[str | None]:
    """How often each call was executed; a program in between may drop its `Idempotency-Key`, but not what it says."""

    def key(entry: Entry) -> str | None:
        messages = (entry.body or {}).get("messages")
        return str(messages[-1]["content"]) if messages else entry.idempotency_key

    return Counter(key(each) for each in sandbox.requests if each.executed)


async def under_fire(made: Traffic, shoot: Callable[[], object], seconds: float, every: float = 0.25) -> int:
    """Chats, streams and lists, 12 at once, while something is done again and again; returns how often it was done."""
    stop, shots = threading.Event(), 0

    def fire() -> None:
        nonlocal shots
        while not stop.wait(every):
            shoot()
            shots += 1

    thread, end = threading.Thread(target=fire), time.monotonic() + seconds
    thread.start()
    try:
        while time.monotonic() < end:
            await made.carrier.all_at_once([*[made.chat] * 6, *[made.stream] * 3, *[made.models] * 3])
    finally:
        stop.set()
        thread.join()
    return shots


def has(outcome: Outcome, *kinds: type[CCAPIError]) -> None:
    """Checks that a call raised an error of one of these classes."""
    assert isinstance(outcome.error, kinds), repr(outcome.error or outcome.value)
