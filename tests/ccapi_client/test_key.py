"""A key that a callable gives: when it is called, by whom, and what comes of what it returns or raises."""

import functools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from ccapi_client import (
    CCAPI,
    APITimeoutError,
    AsyncCCAPI,
    AuthenticationError,
    CCAPIError,
    ConfigurationError,
    RetryEvent,
    RetryPolicy,
    Timeout,
)
from ccapi_client._client import sender_of
from ccapi_client._http.key import Keys
from hypothesis import given
from hypothesis import strategies as st

from ..recorded import recorded
from ..scripted import ClientClass, Clock, Service

ONCE = RetryPolicy(max_attempts=1)


class Gate:
    """A service that lets one key in; which one changes."""

    def __init__(self, key: str) -> None:
        self.key, self.seen = key, list[httpx.Request]()
        self.came = threading.Event()

    def respond(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        is_right = request.headers.get("authorization") == f"Bearer {self.key}"
        return httpx.Response(200 if is_right else 401, json={"data": []} if is_right else {"error": {"message": "no"}})

    async def respond_async(self, request: httpx.Request) -> httpx.Response:
        return self.respond(request)

    def call(self, client_class: ClientClass, key: Any, work: Any, **options: Any) -> Any:
        if client_class is CCAPI:
            with CCAPI(key, transport=httpx.MockTransport(self.respond), **options) as client:
                return work(client)

        async def steps() -> Any:
            async with AsyncCCAPI(key, transport=httpx.MockTransport(self.respond_async), **options) as client:
                return await work(client)

        return anyio.run(steps)

    @property
    def keys(self) -> list[str]:
        return [each.headers["authorization"].removeprefix("Bearer ") for each in self.seen]


class Giver:
    """Gives the keys, the last one again and again; counts how often it was called."""

    def __init__(self, *keys: Any) -> None:
        self.keys, self.calls = keys, 0

    def __call__(self) -> Any:
        self.calls += 1
        found = self.keys[min(self.calls, len(self.keys)) - 1]
        if isinstance(found, BaseException):
            raise found
        return found

    async def later(self) -> Any:
        await anyio.lowlevel.checkpoint()
        return Giver.__call__(self)


class GiverAsync(Giver):
    async def __call__(self) -> Any:
        return await self.later()


def list_twice(client: Any) -> Any:
    if isinstance(client, CCAPI):
        return [client.list_models(), client.with_options(timeout=5).list_models()]

    async def steps() -> Any:
        return [await client.list_models(), await client.with_options(timeout=5).list_models()]

    return steps()


def test_it_is_called_once_for_all_calls_and_copies(client_class: ClientClass) -> None:
    gate, giver = Gate("key-1"), Giver(" key-1\n")
    gate.call(client_class, giver, list_twice)
    assert (gate.keys, giver.calls) == (["key-1", "key-1"], 1)


@pytest.mark.parametrize("kind", ["a coroutine function", "a method", "a partial", "an object", "a lambda"])
def test_an_asynchronous_callable_is_awaited(kind: str) -> None:
    gate, giver = Gate("key-1"), Giver("key-1")

    async def function() -> Any:
        return await giver.later()

    awaited = GiverAsync("key-1")
    key = {
        "a coroutine function": function,
        "a method": giver.later,
        "a partial": functools.partial(giver.later),
        "an object": awaited,
        "a lambda": lambda: giver.later(),
    }[kind]
    gate.call(AsyncCCAPI, key, list_twice)
    assert (gate.keys, giver.calls + awaited.calls) == (["key-1", "key-1"], 1)


def test_a_plain_function_does_not_hold_up_the_loop() -> None:
    gate, threads = Gate("key-1"), list[threading.Thread]()

    def give() -> str:
        threads.append(threading.current_thread())
        return "key-1"

    gate.call(AsyncCCAPI, give, list_twice)
    assert threads != [threading.main_thread()]
    threads.clear()
    gate.call(CCAPI, give, list_twice)
    assert threads == [threading.main_thread()]


def create_image(client: Any) -> Any:
    return client.create_image(prompt="a fox")


def test_a_key_that_is_rejected_is_renewed_once_and_the_request_retried(client_class: ClientClass) -> None:
    gate, giver, events = Gate("key-2"), Giver("key-1", "key-2"), list[RetryEvent]()
    gate.call(client_class, giver, create_image, retry=ONCE, on_retry=events.append)
    assert gate.keys == ["key-1", "key-2"]
    assert len({each.headers["idempotency-key"] for each in gate.seen}) == 1
    assert [(each.status, each.delay, each.attempt) for each in events] == [(401, 0.0, 1)]
    assert events[0].reason == "the key was rejected, and api_key gives another"


@pytest.mark.parametrize(("given", "sent"), [(["a"], ["a"]), (["a", "b"], ["a", "b"]), (["a", "b", "c"], ["a", "b"])])
def test_a_401_with_the_same_key_or_another_time_is_the_error(
    client_class: ClientClass, given: list[str], sent: list[str]
) -> None:
    gate, giver = Gate("none of them"), Giver(*given)
    with pytest.raises(AuthenticationError):
        gate.call(client_class, giver, create_image)
    assert gate.keys == sent
    assert giver.calls == 2


class SlowGiver(Giver):
    """Gives the keys; time passes meanwhile."""

    def __init__(self, *keys: Any, clock: Clock, seconds: float) -> None:
        super().__init__(*keys)
        self.clock, self.seconds = clock, seconds

    def __call__(self) -> Any:
        self.clock.now += self.seconds
        return super().__call__()


@pytest.mark.parametrize(("seconds", "sent"), [(10, []), (6, ["key-1"]), (4, ["key-1", "key-2"])])
def test_nothing_is_sent_once_its_time_has_passed(client_class: ClientClass, seconds: float, sent: list[str]) -> None:
    gate, clock = Gate("key-2"), Clock()
    giver = SlowGiver("key-1", "key-2", clock=clock, seconds=seconds)

    def create(client: Any) -> Any:
        sender_of(client).clock = clock
        return client.create_image(prompt="a fox")

    if len(sent) == 2:
        gate.call(client_class, giver, create, timeout=Timeout(total=10))
    else:
        with pytest.raises(APITimeoutError, match="the whole call took longer than its timeout allows") as caught:
            gate.call(client_class, giver, create, timeout=Timeout(total=10))
        assert caught.value.may_be_billed is False
    assert gate.keys == sent


def test_a_stream_that_is_closed_while_its_key_is_fetched_is_not_sent(client_class: ClientClass) -> None:
    gate, streams = Gate("key-1"), list[Any]()

    def give() -> str:
        streams[0].close()
        return "key-1"

    def stream(client: Any) -> Any:
        streams.append(client.stream_chat_completion(model="m", messages=[]))
        if client_class is CCAPI:
            return streams[0].__enter__()

        async def steps() -> None:
            await streams[0].__aenter__()

        return steps()

    with pytest.raises(ConfigurationError, match="closed while it was being opened"):
        gate.call(client_class, give, stream)
    assert gate.seen == []


@pytest.mark.parametrize("first", [502, 429])
def test_an_error_of_the_setup_does_not_hide_an_earlier_attempt(client_class: ClientClass, first: int) -> None:
    service = Service(first, 401)
    bold = RetryPolicy(retry_unknown_outcome=True, base_delay=0)
    giver = Giver("key-1", None)
    with pytest.raises(ConfigurationError, match="api_key") as caught:
        service.call(client_class, lambda client: create_image(client.with_options(api_key=giver)), retry=bold)
    assert (len(service.requests), caught.value.may_be_billed) == (2, first == 502)


@pytest.mark.parametrize("first", [502, 429])
def test_a_client_that_is_closed_between_attempts_does_not_hide_one(client_class: ClientClass, first: int) -> None:
    service, clients = Service(first), list[Any]()

    def create(client: Any) -> Any:
        clients.append(client)
        return create_image(client)

    def close(event: RetryEvent) -> None:
        sender_of(clients[0]).connections.is_closed = True

    bold = RetryPolicy(retry_unknown_outcome=True)
    with pytest.raises(ConfigurationError, match="closed") as caught:
        service.call(client_class, create, retry=bold, on_retry=close)
    assert caught.value.may_be_billed is (first == 502)


def test_a_text_is_not_renewed(client_class: ClientClass) -> None:
    gate = Gate("key-2")
    with pytest.raises(AuthenticationError):
        gate.call(client_class, "key-1", create_image)
    assert gate.keys == ["key-1"]


def test_calls_in_flight_are_given_one_new_key() -> None:
    giver, at_once = Giver("key-1", "key-2"), threading.Barrier(8)

    def respond(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] == "Bearer key-2":
            return httpx.Response(200, json={"data": []})
        at_once.wait(5)  # all of them are rejected before one is renewed
        return httpx.Response(401)

    with CCAPI(giver, transport=httpx.MockTransport(respond)) as client, ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(lambda _: client.list_models(), range(8)))) == 8
    assert giver.calls == 2


@pytest.mark.parametrize("keys", [("key-1", "key-2"), ("key-1", "key-1")])
@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.anyio
async def test_tasks_in_flight_are_given_one_new_key(anyio_backend: str, keys: tuple[str, str], is_async: bool) -> None:
    giver, rejected, all_here = Giver(*keys), 0, anyio.Event()
    errors: list[AuthenticationError] = []

    async def respond(request: httpx.Request) -> httpx.Response:
        nonlocal rejected
        if request.headers["authorization"] == "Bearer key-2":
            return httpx.Response(200, json={"data": []})
        rejected += 1
        if rejected == 8:
            all_here.set()
        await all_here.wait()
        return httpx.Response(401)

    async def call() -> None:
        try:
            await client.list_models()
        except AuthenticationError as error:
            errors.append(error)

    key = giver.later if is_async else giver
    client = AsyncCCAPI(key, transport=httpx.MockTransport(respond))
    async with client, anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(call)
    assert giver.calls == 2
    assert len(errors) == (0 if keys[1] == "key-2" else 8)


def test_it_goes_on_in_another_loop() -> None:
    gate, giver = Gate("key-2"), Giver("key-1", "key-2")
    client = AsyncCCAPI(giver.later, transport=httpx.MockTransport(gate.respond_async))
    for backend in ("asyncio", "trio", "asyncio"):
        anyio.run(client.list_models, backend=backend)
    assert gate.keys == ["key-1", "key-2", "key-2", "key-2"]


def test_what_it_raises_comes_out_as_it_is(client_class: ClientClass) -> None:
    error = OSError("no token today")
    with pytest.raises(OSError, match="no token today") as caught:
        Gate("key-1").call(client_class, Giver(error), create_image)
    assert caught.value is error
    gate = Gate("key-2")
    with pytest.raises(OSError, match="no token today"):
        gate.call(client_class, Giver("key-1", error), create_image)
    assert gate.keys == ["key-1"]


@pytest.mark.parametrize("found", [None, 5, b"key-1", "", " ", "two words", "schlüssel", "planted\n\x07"])
def test_what_it_returns_is_checked_like_a_key_and_not_shown(client_class: ClientClass, found: Any) -> None:
    gate = Gate("key-1")
    with pytest.raises(ConfigurationError, match="api_key: ") as caught:
        gate.call(client_class, Giver(found), create_image)
    assert gate.seen == []
    assert "planted" not in str(caught.value)


def test_its_key_is_not_recorded(client_class: ClientClass) -> None:
    for giver in (Giver("planted-key"), Giver("planted-key", "planted-key-2")):
        with pytest.raises(CCAPIError) as caught:
            Gate("key-1").call(client_class, giver, create_image)
        assert [line[:200] for line in recorded(caught.value).splitlines() if "planted" in line] == []


def test_the_blocking_client_awaits_nothing() -> None:
    giver = Giver("key-1")
    for key in (giver.later, GiverAsync("key-1"), functools.partial(giver.later)):
        with pytest.raises(ConfigurationError, match="a coroutine function goes with AsyncCCAPI"):
            CCAPI(key)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
        with (
            CCAPI("key-1") as client,
            pytest.raises(ConfigurationError, match="a coroutine function goes with AsyncCCAPI"),
        ):
            client.with_options(api_key=key)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    with pytest.raises(ConfigurationError, match="the callable returned something to await"):
        Gate("key-1").call(CCAPI, lambda: giver.later(), create_image)


@pytest.mark.parametrize("key", [5, b"key", ["key"]])
def test_what_is_neither_a_text_nor_callable(client_class: ClientClass, key: Any) -> None:
    with pytest.raises(ConfigurationError, match="api_key: a text, or a callable that returns one, is expected, not"):
        client_class(key)


def test_a_copy_may_have_another(client_class: ClientClass) -> None:
    gate, giver, other = Gate("key-2"), Giver("key-1"), Giver("key-2")

    gate.call(client_class, giver, lambda client: client.with_options(api_key=other).list_models())
    assert (giver.calls, other.calls, gate.keys) == (0, 1, ["key-2"])


def test_the_key_goes_to_no_other_origin() -> None:
    gate, giver = Gate("key-1"), Giver("key-1")
    with pytest.raises(CCAPIError):
        gate.call(CCAPI, giver, lambda client: client.download("https://93.184.216.34/a.png"))
    assert [each.headers.get("authorization") for each in gate.seen] == [None]
    assert giver.calls == 0, "a 401 of another origin says nothing of the key"


def test_a_process_that_is_forked_while_a_key_is_awaited_goes_on() -> None:
    keys = Keys(lambda: "key-1", is_blocking=True)
    keys._lock.acquire()
    keys.forked()
    assert keys._lock.acquire(blocking=False)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=6), st.sampled_from("abc"))
def test_each_call_is_sent_twice_at_most(keys: list[str], right: str) -> None:
    gate, giver = Gate(right), Giver(*keys)
    with CCAPI(giver, transport=httpx.MockTransport(gate.respond)) as client:
        for number in range(1, 4):
            before = len(gate.seen)
            try:
                client.list_models()
            except AuthenticationError:
                assert gate.keys[-1] != right
            assert len(gate.seen) - before <= 2
            assert giver.calls <= number + 1


def test_a_callable_that_sends_a_request_by_its_own_client(client_class: ClientClass) -> None:
    """It would wait for itself."""
    clients: list[Any] = []

    def blocking() -> Any:
        return clients[0].list_models()

    async def asynchronous() -> Any:
        return await clients[0].list_models()

    def work(client: Any) -> Any:
        clients.append(client)
        return client.list_models()

    with pytest.raises(ConfigurationError, match="the callable sends a request by the client that waits for its key"):
        Gate("key-1").call(client_class, blocking if client_class is CCAPI else asynchronous, work)


@pytest.mark.parametrize("key", ["planted-key\n\x07", b"planted-key"])
def test_a_key_that_can_t_be_used_stays_out_of_recorded_frames(client_class: ClientClass, key: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Gate("key-1").call(client_class, Giver(key), create_image)
    assert "planted-key" not in "\n".join(
        line for line in recorded(caught.value).splitlines() if not line.startswith("Giver")
    )
