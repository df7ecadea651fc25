"""Against a server on a real socket that fails in every way: nothing is carried out twice, nothing is lost for nothing."""

import random
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import attrs
import httpx
import pytest
from ccapi_client import (
    CCAPI,
    APIConnectionError,
    APIStatusError,
    AsyncCCAPI,
    CCAPIError,
    InternalServerError,
    RateLimitError,
    RetryPolicy,
)
from ccapi_client._client import sender_of
from ccapi_client._http.retry import Outcome, error_failure
from ccapi_client._http.wire import Request, TransportError
from ccapi_client.models import LegacyImageGenerationResponse

from .carriers import CARRIERS, Carrier
from .fault_server import AFTER_EXECUTION, BEFORE_EXECUTION, FaultServer, serving

POSTS = 1000  # of each client
POLICY = RetryPolicy(max_attempts=15, base_delay=0.002, max_delay=0.01)
FAULTS = [*["ok"] * 8, "drip", *BEFORE_EXECUTION * 2, *AFTER_EXECUTION]
Result = LegacyImageGenerationResponse | CCAPIError


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which every connection is refused, for as long as the test lasts."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


class Aim:
    """Sends some of the requests of a client to a port that refuses them, and counts those."""

    def __init__(self, client: CCAPI | AsyncCCAPI, port: int) -> None:
        self.port, self.dice, self.lock = port, random.Random(2), threading.Lock()
        self.refused = 0
        connections = sender_of(client).connections
        send = connections.send
        connections.send = lambda request: send(self.aimed(request))  # type: ignore[method-assign]

    def aimed(self, request: Request) -> Request:
        with self.lock:
            if self.dice.random() >= 0.15:
                return request
            self.refused += 1
        return attrs.evolve(request, url=attrs.evolve(request.url, port=self.port))


def post_all(server: FaultServer, closed_port: int) -> tuple[dict[str, Result], int]:
    results: dict[str, Result] = {}
    address = f"http://127.0.0.1:{server.port}/v1"
    with CCAPI("key-1", base_url=address, retry=POLICY, timeout=0.5) as client:
        aim = Aim(client, closed_port)

        def post(prompt: str) -> None:
            try:
                results[prompt] = client.create_image(prompt=prompt)
            except CCAPIError as error:
                results[prompt] = error

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(post, map(str, range(POSTS))))
    return results, aim.refused


async def post_all_async(server: FaultServer, closed_port: int) -> tuple[dict[str, Result], int]:
    results: dict[str, Result] = {}
    address = f"http://127.0.0.1:{server.port}/v1"
    async with AsyncCCAPI("key-1", base_url=address, retry=POLICY, timeout=0.5) as client:
        aim = Aim(client, closed_port)

        async def post(prompt: str, limit: anyio.CapacityLimiter) -> None:
            async with limit:
                try:
                    results[prompt] = await client.create_image(prompt=prompt)
                except CCAPIError as error:
                    results[prompt] = error

        async with anyio.create_task_group() as group:
            limit = anyio.CapacityLimiter(16)
            for number in range(POSTS):
                group.start_soon(post, str(number), limit)
    return results, aim.refused


# Where a connection breaks while a request is sent, httpx leaves the generator of the body open, and trio says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("carrier", CARRIERS, ids=str)
def test_no_post_is_carried_out_twice_and_what_can_be_recovered_is(
    carrier: Carrier, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CCAPI_CARRIER", carrier.name)
    with serving(FaultServer(FAULTS, seed=1, accept_and_close=0.05)) as server:
        if carrier.is_blocking:
            results, refused = post_all(server, closed_port)
        else:
            results, refused = anyio.run(post_all_async, server, closed_port, backend=carrier.backend)

    assert len(results) == POSTS
    assert max(server.executed.values()) == 1, "a POST was carried out, and billed, twice"
    recovered = 0
    for prompt, result in results.items():
        faults = server.faults[prompt]
        assert all(fault in BEFORE_EXECUTION for fault in faults[:-1]), f"{prompt} was sent again after {faults}"
        if isinstance(result, LegacyImageGenerationResponse):
            assert faults[-1] in ("ok", "drip")
            recovered += len(faults) > 1
        elif isinstance(result, RateLimitError) or (
            isinstance(result, APIStatusError) and result.status_code in (425, 503)
        ):
            pytest.fail(f"{prompt}: given up after {faults} though it was never carried out")
        else:
            assert isinstance(result, APIConnectionError | InternalServerError), repr(result)
            assert "refused" not in str(result).lower(), "given up though it was never delivered"
            if isinstance(result.__cause__, TransportError):
                assert error_failure(result.__cause__).outcome is Outcome.UNKNOWN
            assert not faults or faults[-1] in (*AFTER_EXECUTION, *BEFORE_EXECUTION)
    assert refused > 50
    assert recovered > 50
    assert {fault for faults in server.faults.values() for fault in faults} == set(FAULTS)


def test_a_service_that_is_down_sees_less_than_two_requests_a_call() -> None:
    clients, calls = 200, 16

    async def call(client: AsyncCCAPI, kind: int) -> None:
        for _ in range(calls):
            with pytest.raises((RateLimitError, InternalServerError)):
                await (client.list_models() if kind else client.create_image(prompt="x"))

    async def main() -> None:
        transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=50))
        address = f"http://127.0.0.1:{server.port}/v1"
        async with anyio.create_task_group() as group:
            for number in range(clients):
                # Clients of their own, each with its quota; only the connections are one another's, to save ports.
                client = AsyncCCAPI("key-1", base_url=address, transport=transport, retry=RetryPolicy(base_delay=0))
                group.start_soon(call, client, number % 2)
        await transport.aclose()

    with serving(FaultServer(["503", "429"], seed=3)) as server:
        anyio.run(main)
    print(f"{server.requests} requests for {clients * calls} calls")
    assert clients * calls <= server.requests < 2 * clients * calls
