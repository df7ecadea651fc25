"""Against a server on a real socket that fails in every way, through proxies that do too: nothing is executed twice,
nothing is lost for nothing, and no response reaches another caller."""

import random
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import anyio
import attrs
import httpx
import pytest
from ccapi_client import CCAPI, AsyncCCAPI, InternalServerError, RateLimitError, RetryPolicy
from ccapi_client._carriers import proxies
from ccapi_client._client import sender_of
from ccapi_client._http.wire import Request

from .carriers import CARRIERS, Carrier, certificate
from .fault_proxy import BEFORE_TUNNEL, IN_TUNNEL, FaultProxy
from .fault_server import FaultServer, serving
from .orders import FAULTS, LIMIT, POLICY, Results, check, post_all, post_all_async

PROXY_FAULTS = [*["ok"] * 40, *BEFORE_TUNNEL, *IN_TUNNEL * 4]


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


ROUTES = [Route(None, 200), Route("https", 200), Route("http", 200)]


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


def post_through(aim_port: int, address: str, prompts: list[str], carrier: Carrier) -> tuple[Results, int]:
    """What became of them, and how many attempts were refused."""
    if carrier.is_blocking:
        with CCAPI("key-1", base_url=address, retry=POLICY, timeout=LIMIT) as client:
            aim = Aim(client, aim_port)
            return post_all(client, prompts), aim.refused

    async def steps() -> tuple[Results, int]:
        async with AsyncCCAPI("key-1", base_url=address, retry=POLICY, timeout=LIMIT) as client:
            aim = Aim(client, aim_port)
            return await post_all_async(client, prompts), aim.refused

    return anyio.run(steps, backend=carrier.backend)


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
        results, refused = post_through(closed_port, address, [str(each) for each in range(route.requests)], carrier)

    assert len(results) == route.requests
    recovered = check(server, results, cut=sum(proxy.done[each] for each in IN_TUNNEL))
    assert refused > route.requests / 20
    assert recovered > route.requests / 20
    assert {fault for faults in server.faults.values() for fault in faults} == set(FAULTS)
    if route.proxy:
        assert set(proxy.done) == {*proxy.choices, "unreachable"}


def test_a_service_that_is_down_sees_less_than_two_requests_a_call() -> None:
    clients, calls = 40, 16

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
