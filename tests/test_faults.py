"""Against a server on a real socket that fails in every way, through proxies that do too: nothing is executed twice,
nothing is lost for nothing, and no response reaches another caller."""

import random
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

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
from ccapi_client._http import proxies
from ccapi_client._http.retry import Outcome, error_failure
from ccapi_client._http.wire import Request, TransportError
from ccapi_client.models import LegacyImageGenerationResponse

from .carriers import CARRIERS, Carrier, certificate
from .fault_proxy import BEFORE_TUNNEL, IN_TUNNEL, FaultProxy
from .fault_server import AFTER_EXECUTION, BEFORE_EXECUTION, GOOD, FaultServer, answer_to, serving

POLICY = RetryPolicy(max_attempts=15, base_delay=0.002, max_delay=0.01)
FAULTS = [*["ok"] * 7, "drip", "surplus", *BEFORE_EXECUTION * 2, *AFTER_EXECUTION]
PROXY_FAULTS = [*["ok"] * 40, *BEFORE_TUNNEL, *IN_TUNNEL * 4]
Result = LegacyImageGenerationResponse | CCAPIError
Results = dict[str, Result]


@attrs.frozen
class Route:
    """How a client reaches the server.

    Attributes:
        proxy: The scheme of the proxy, behind which the server is spoken to in TLS; None where there is none.
        requests: How many there are of each client.
    """

    proxy: str | None
    requests: int

    def __str__(self) -> str:
        return f"{self.proxy or 'no'}-proxy"


ROUTES = [Route(None, 1000), Route("https", 1000), Route("http", 300)]


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


def the_others_prompt(prompt: str, result: Result) -> str | None:
    """The prompt of another request, where the result is what the service responded to that one."""
    if isinstance(result, APIStatusError):
        return None if result.request_id == prompt else result.request_id
    if isinstance(result, CCAPIError):
        return None
    found = (result.data or [])[0].url
    return None if f'"{found}"'.encode() in answer_to(prompt) else str(found)


def post_all(address: str, requests: int, closed_port: int) -> tuple[Results, int]:
    results: Results = {}
    with CCAPI("key-1", base_url=address, retry=POLICY, timeout=0.5) as client:
        aim = Aim(client, closed_port)

        def post(prompt: str) -> None:
            try:
                results[prompt] = client.create_image(prompt=prompt)
            except CCAPIError as error:
                results[prompt] = error

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(post, map(str, range(requests))))
    return results, aim.refused


async def post_all_async(address: str, requests: int, closed_port: int) -> tuple[Results, int]:
    results: Results = {}
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
            for number in range(requests):
                group.start_soon(post, str(number), limit)
    return results, aim.refused


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize("route", ROUTES, ids=str)
@pytest.mark.parametrize("carrier", CARRIERS, ids=str)
def test_no_post_is_executed_twice_and_what_can_be_recovered_is(
    carrier: Carrier,
    route: Route,
    closed_port: int,
    tls: tuple[Path, ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CCAPI_CARRIER", carrier.name)
    path, context = tls
    with ExitStack() as stack:
        server = FaultServer(FAULTS, seed=1, accept_and_close=0.05)
        stack.enter_context(serving(server, context if route.proxy else None))
        address = f"http://127.0.0.1:{server.port}/v1"
        proxy = FaultProxy(PROXY_FAULTS, seed=2, context=context if route.proxy == "https" else None)
        if route.proxy:
            stack.enter_context(serving(proxy))
            address = f"https://localhost:{server.port}/v1"
            monkeypatch.setattr(proxies, "THIS_MACHINE", ())
            monkeypatch.setenv("SSL_CERT_FILE", str(path))
            monkeypatch.setenv("HTTPS_PROXY", f"{route.proxy}://localhost:{proxy.port}")
        if carrier.is_blocking:
            results, refused = post_all(address, route.requests, closed_port)
        else:
            results, refused = anyio.run(post_all_async, address, route.requests, closed_port, backend=carrier.backend)

    assert len(results) == route.requests
    assert max(server.executed.values()) == 1, "a POST was executed, and billed, twice"
    assert not [found for each in results.items() if (found := the_others_prompt(*each))], "they reached others"
    recovered = cut = 0
    for prompt, result in results.items():
        faults = server.faults[prompt]
        assert all(fault in BEFORE_EXECUTION for fault in faults[:-1]), f"{prompt} was retried after {faults}"
        if isinstance(result, LegacyImageGenerationResponse):
            assert faults[-1] in GOOD
            recovered += len(faults) > 1
        elif isinstance(result, RateLimitError) or (
            isinstance(result, APIStatusError) and result.status_code in (425, 503)
        ):
            pytest.fail(f"{prompt}: given up after {faults} though it was never executed")
        else:
            assert isinstance(result, APIConnectionError | InternalServerError), repr(result)
            assert "refused" not in str(result).lower(), "given up though it was never delivered"
            if isinstance(result.__cause__, TransportError):
                assert error_failure(result.__cause__).outcome is Outcome.UNKNOWN
            cut += not faults or faults[-1] not in AFTER_EXECUTION
    assert cut <= server.hung_up + sum(proxy.done[each] for each in IN_TUNNEL), "given up for no reason"
    assert refused > route.requests / 20
    assert recovered > route.requests / 20
    assert {fault for faults in server.faults.values() for fault in faults} == set(FAULTS)
    if route.proxy:
        assert set(proxy.done) == {*proxy.choices, "unreachable"}


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
