"""Random plans of whole conversations with faults at each step: what a client promises holds for all of them.

In the gate the same few plans each time; `nox -s fault_plans` plays others for minutes (tools/reliability/fault_plans.py).
"""

import asyncio
import math
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from ccapi_client._carriers.connections import AsyncConnections
from ccapi_client._carriers.pool import Pool
from ccapi_client._chat.reader import Reader
from ccapi_client._files.download import Fetch
from ccapi_client._http import billing, reading, retry
from ccapi_client._http.retry import Outcome
from ccapi_client._http.sender import Sender, logger
from ccapi_client._http.wire import Kind, Response
from ccapi_openapi.response import ResponseInfo

from . import conversations
from .carriers import CARRIERS, Carrier, on
from .fault_plans import Fault, Plan, Talk
from .plan_checks import Place, a_place

Patch = pytest.MonkeyPatch
SEEDS = range(5)
"""Of one seed, most plans would be much like one another."""


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with a_place() as found:
        yield found


@on(CARRIERS)
def test_what_is_promised_holds_whatever_fails(carrier: Carrier, place: Place) -> None:
    for start in SEEDS:
        place.try_plans(carrier, 5, start)


def retries_what_may_have_been_executed(patch: Patch) -> None:
    patch.setitem(retry._OUTCOMES, Kind.RECEIVING, Outcome.NOT_DELIVERED)


def says_that_nothing_is_billed(patch: Patch) -> None:
    patch.setattr(billing, "failed", lambda request, kind: None)


def gives_each_chunk_twice(patch: Patch) -> None:
    feed = Reader.feed
    patch.setattr(Reader, "feed", lambda self, piece: (each for each in feed(self, piece) for _ in range(2)))


def loses_a_byte(patch: Patch) -> None:
    take = Fetch.take
    patch.setattr(Fetch, "take", lambda self, piece: take(self, piece)[:-1])


def mixes_two_files(patch: Patch) -> None:
    begin = Fetch.begin
    patch.setattr(Fetch, "begin", lambda self, response: begin(self, response) and False)


def gives_up_where_nothing_fails(patch: Patch) -> None:
    patch.setattr(Reader, "final", lambda self: (_ for _ in ()).throw(self.unfinished()))


def forgets_the_limit(patch: Patch) -> None:
    new_call = Sender.new_call

    def unlimited(self: Sender, *args: Any) -> Any:
        call = new_call(self, *args)
        call.end = math.inf
        return call

    patch.setattr(Sender, "new_call", unlimited)


def keeps_connections(patch: Patch) -> None:
    hang_up = Pool.hang_up
    patch.setattr(Pool, "hang_up", lambda self: CLEAN_UP.append(lambda: hang_up(self)))


def keeps_drafts(patch: Patch) -> None:
    patch.setattr(Path, "unlink", lambda self, missing_ok=False: None)


def keeps_a_thread(patch: Patch) -> None:
    take, ended = Fetch.take, threading.Event()
    CLEAN_UP.append(ended.set)

    def taken(self: Fetch, piece: bytes) -> bytes:
        threading.Thread(target=ended.wait, name="kept", daemon=True).start()
        return take(self, piece)

    patch.setattr(Fetch, "take", taken)


def keeps_a_task(patch: Patch) -> None:
    send = AsyncConnections.send

    async def sent(self: AsyncConnections, request: Any) -> Any:
        task = asyncio.ensure_future(asyncio.sleep(60))
        CLEAN_UP.append(task.cancel)
        return await send(self, request)

    patch.setattr(AsyncConnections, "send", sent)


def shows_the_key(patch: Patch) -> None:
    patch.setattr(reading, "redacted", lambda value, request: value)


def shows_the_headers_as_they_came(patch: Patch) -> None:
    def info(self: Response) -> ResponseInfo:
        return ResponseInfo(self.status_code, self.headers, self.attempts, self.elapsed)

    patch.setattr(Response, "info", property(info))


def logs_headers(patch: Patch) -> None:
    send = Sender.send

    def logged(self: Sender, request: Any, **options: Any) -> Any:
        logger.debug("%s", {name: str(text) for name, text in request.headers.items()})
        return send(self, request, **options)

    patch.setattr(Sender, "send", logged)


def sends_the_key_elsewhere(patch: Patch) -> None:
    request_of = Fetch.request

    def with_key(self: Fetch) -> Any:
        request = request_of(self)
        request.headers.update(self._options._own_headers)
        return request

    patch.setattr(Fetch, "request", with_key)


def raises_what_it_stumbles_over(patch: Patch) -> None:
    patch.setattr(reading, "status_error", lambda response: KeyError("error"))


CLEAN_UP: list[Callable[[], object]] = []
"""What lets go of what a cheat keeps."""
CLOSED, CUT, BAD = Fault("close", is_executed=True), Fault("cut-body"), Fault("status", status=400, form="key")
JOB = Talk("image_job", size=5_000)
SEEN: dict[Callable[[Patch], None], tuple[Talk, str]] = {
    retries_what_may_have_been_executed: (Talk("chat", (CLOSED,)), "talk00 was executed 2 times"),
    says_that_nothing_is_billed: (Talk("chat", (CLOSED,)), "executed, but not billed"),
    gives_each_chunk_twice: (Talk("stream", size=3), "talk00 streamed"),
    loses_a_byte: (Talk("image", size=5_000), "talk00 (gave|failed)"),
    mixes_two_files: (attrs.evolve(JOB, fetched=(CUT, Fault("changed"))), "other bytes"),
    gives_up_where_nothing_fails: (Talk("stream"), "failed without a reason"),
    forgets_the_limit: (Talk("chat", (Fault("drip-body"),)), r"talk00 was [1-9]\d*\.\d s late"),
    keeps_connections: (Talk("chat"), "1 connections"),
    keeps_drafts: (attrs.evolve(JOB, fetched=(Fault("status", status=404),)), "talk00.png"),
    keeps_a_thread: (JOB, "thread kept"),
    keeps_a_task: (Talk("chat"), "task"),
    shows_the_key: (Talk("chat", (BAD,)), "the error of talk00 has the key"),
    shows_the_headers_as_they_came: (Talk("chat", (Fault("key-header"),)), "what talk00 shows has the key"),
    logs_headers: (Talk("chat"), "a log has the key"),
    sends_the_key_elsewhere: (attrs.evolve(JOB, fetched=(Fault("to-another-origin"),)), "another origin has the key"),
    raises_what_it_stumbles_over: (Talk("chat", (BAD,)), "talk00 raised KeyError"),
}


@pytest.mark.parametrize("cheat", SEEN, ids=lambda each: each.__name__)
def test_a_client_that_breaks_a_promise_is_found(
    cheat: Callable[[Patch], None], place: Place, monkeypatch: Patch
) -> None:
    talk, what = SEEN[cheat]
    is_async = cheat is keeps_a_task
    carrier = Carrier("aiohttp", "asyncio") if is_async else Carrier("httpx", "blocking")
    monkeypatch.setenv("CCAPI_CARRIER", carrier.name)
    plan = Plan(((talk,),))
    place.play(plan, carrier)
    if cheat.__name__.startswith("keeps_"):  # with the others, all is let go of
        monkeypatch.setattr(conversations, "SETTLES", 0.2)
    try:
        with monkeypatch.context() as patch, pytest.raises(AssertionError, match=what):
            cheat(patch)
            for _ in range(3):  # on a busy machine, what drips may be silent for long enough to end in time
                place.play(plan, carrier)
    finally:
        while CLEAN_UP:
            CLEAN_UP.pop()()
