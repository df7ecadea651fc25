"""One `AsyncCCAPI` in several event loops: each has its connections, and those of a loop that has ended are closed."""

import asyncio
import gc
import os
import socket
import stat
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

import anyio
import attrs
import pytest
from anyio.from_thread import start_blocking_portal
from ccapi_client import AsyncCCAPI

from .carriers import ASYNC_CARRIERS, Carrier
from .fault_server import FaultServer, answer_to, serving
from .orders import FAULTS, LIMIT, POLICY, Results, check, post_all_async


@attrs.frozen
class Pair:
    """Two event loops.

    Attributes:
        name: What carries there.
        backends: Of which kind they are.
    """

    name: str
    backends: tuple[str, str]

    def __str__(self) -> str:
        return "-".join([self.name, *self.backends])


ALIKE = [Pair(each.name, (each.backend, each.backend)) for each in ASYNC_CARRIERS]
MIXED = [Pair(each.name, ("asyncio", "trio")) for each in ASYNC_CARRIERS if each.backend == "asyncio"]


@pytest.fixture
def pair(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """The event loops of a test; what carries is chosen while it lasts."""
    found: Pair = request.param
    monkeypatch.setenv("CCAPI_CARRIER", found.name)
    return found


def on(pairs: list[Pair]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("pair", pairs, indirect=True, ids=str)


def client_of(server: FaultServer) -> AsyncCCAPI:
    return AsyncCCAPI("key-1", base_url=f"http://127.0.0.1:{server.port}/v1", retry=POLICY, timeout=LIMIT)


async def order(client: AsyncCCAPI, prompt: str) -> None:
    """Posts one, and checks that the response is its own."""
    found = await client.create_image(prompt=prompt)
    assert f'"{(found.data or [])[0].url}"'.encode() in answer_to(prompt)


@contextmanager
def nothing_left_open() -> Iterator[None]:
    """Checks that nothing is reported as left open."""
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert not [str(each.message) for each in caught]


def sockets_to(port: int) -> int:
    """How many connections to a port this process has."""
    count = 0
    for number in map(int, os.listdir("/dev/fd")):
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                with socket.socket(fileno=os.dup(number)) as copy:
                    count += copy.getpeername()[1:2] == (port,)
    return count


@on([*ALIKE, *MIXED])
def test_two_loops_at_once(pair: Pair) -> None:
    with serving(FaultServer(FAULTS, seed=4, accept_and_close=0.05)) as server:
        client = client_of(server)

        def run(number: int) -> Results:
            prompts = [f"{number}-{each}" for each in range(250)]
            return anyio.run(post_all_async, client, prompts, backend=pair.backends[number])

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(run, range(2))
        anyio.run(client.close)
    assert len(first) == len(second) == 250
    assert check(server, first | second) > 25
    assert {fault for faults in server.faults.values() for fault in faults} == set(FAULTS)


@on([*ALIKE, *MIXED])
def test_loops_by_turns_keep_their_connections(pair: Pair) -> None:
    with serving(FaultServer(["ok"], seed=5)) as server, nothing_left_open():
        client = client_of(server)
        with ExitStack() as stack:
            loops = [stack.enter_context(start_blocking_portal(backend)) for backend in pair.backends]
            for turn in range(10):
                for number, loop in enumerate(loops):
                    loop.call(order, client, f"{number}-{turn}")
            assert [seen.has_ended for seen in server.connections] == [False, False]
            loops[0].call(client.close)  # which closes the other one's too
            server.wait(lambda: all(seen.has_ended for seen in server.connections), "one was left open")
    assert [seen.prompts for seen in server.connections] == [
        [f"{each}-{turn}" for turn in range(10)] for each in (0, 1)
    ]


@on([*ALIKE, *MIXED, *[Pair(each.name, ("trio", "asyncio")) for each in MIXED]])
@pytest.mark.parametrize("then", ["a call of a new loop", "a call of a loop that it knows", "it is closed"])
def test_connections_of_a_loop_that_has_ended_are_closed(pair: Pair, then: str) -> None:
    with serving(FaultServer(["ok"], seed=6)) as server, nothing_left_open():
        client = client_of(server)
        with start_blocking_portal(pair.backends[1]) as other:
            with start_blocking_portal(pair.backends[0]) as loop:
                loop.call(order, client, "first")
                if then == "a call of a loop that it knows":
                    other.call(order, client, "second")
            if then == "it is closed":
                other.call(client.close)
            else:
                other.call(order, client, "third")
            server.wait(lambda: server.connections[0].has_ended, "it was left open")
            if then != "it is closed":
                other.call(order, client, "fourth")
                assert [seen.has_ended for seen in server.connections] == [True, False], "more were closed than ended"
                other.call(client.close)
                server.wait(lambda: server.connections[1].has_ended, "it was left open")
        assert sockets_to(server.port) == 0


@on([each for each in ALIKE if each.backends[0] == "asyncio"])
def test_connections_of_a_loop_that_was_only_closed_are_closed_too(pair: Pair) -> None:
    with serving(FaultServer(["ok"], seed=12)) as server, warnings.catch_warnings():
        client = client_of(server)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(order(client, "first"))
        loop.close()
        asyncio.run(order(client, "second"))
        server.wait(lambda: server.connections[0].has_ended, "it was left open")
        asyncio.run(client.close())
        warnings.simplefilter("ignore", ResourceWarning)  # of the transport, which only its loop could have closed
        gc.collect()
        assert sockets_to(server.port) == 0


@pytest.mark.parametrize("carrier", ASYNC_CARRIERS, ids=str)
def test_many_short_loops_leave_nothing_open(carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCAPI_CARRIER", carrier.name)
    with serving(FaultServer(["ok"], seed=7)) as server, nothing_left_open():
        client = client_of(server)
        for number in range(20):
            anyio.run(post_all_async, client, [f"{number}-{each}" for each in range(4)], backend=carrier.backend)
            assert sockets_to(server.port) <= 4, "those of loops that have ended are kept"
        anyio.run(client.close, backend=carrier.backend)
        assert sockets_to(server.port) == 0
    assert server.executed.total() == 80
