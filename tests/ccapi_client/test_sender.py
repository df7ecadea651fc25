"""What is sent, how often and after what waits: exactly, on both clients, with a clock that only sleeping moves."""

import asyncio
import copy
import gzip
import logging
import pickle
import subprocess
import sys
import threading
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import httpx
import pytest
from ccapi_client import (
    CCAPI,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    BillingError,
    CCAPIError,
    ConfigurationError,
    InternalServerError,
    MalformedResponseError,
    RateLimitError,
    RetryEvent,
    RetryPolicy,
)
from ccapi_client._client import sender_of
from ccapi_client._http import blocking
from ccapi_client._http.retry import RetryQuota
from ccapi_client._http.sender import Sender
from ccapi_client._http.wire import Kind, TransportError

from ..scripted import Body, ClientClass, Service, Step

OK: dict[str, list[Any]] = {"data": []}


class Call:
    """One call of a client of a scripted service: what it came to, and what it waited."""

    def __init__(self, client_class: ClientClass, service: Service, method: str, **options: Any) -> None:
        self.service, self.sleeps = service, service.sleeps
        self.events: list[RetryEvent] = []
        options = {"retry": RetryPolicy(), "on_retry": self.events.append, **options}
        self.result: Any
        try:
            self.result = service.call(client_class, self._list if method == "GET" else self._create, **options)
        except CCAPIError as error:
            self.result = error

    def _list(self, client: Any) -> Any:
        return client.list_models()

    def _create(self, client: Any) -> Any:
        return client.create_image(prompt="secret prompt")

    @property
    def attempts(self) -> int:
        return len(self.service.requests)


Run = Callable[..., Call]


@pytest.fixture
def run(client_class: ClientClass) -> Run:
    return lambda service, method="POST", **options: Call(client_class, service, method, **options)


NOT_DELIVERED: list[Step] = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout]
UNKNOWN: list[Step] = [
    *(httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError),
    *(408, 500, 502, 503, 504, *range(520, 530)),
]
DEFINITE: list[Step] = [400, 401, 402, 403, 404, 409, 413, 422, 499, 501, 599, httpx.UnsupportedProtocol]
BACKOFF = [0.5, 1.0, 2.0]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("step", [*NOT_DELIVERED, 425, 429])
def test_not_delivered_and_refused_are_retried(run: Run, method: str, step: Step) -> None:
    down = run(Service(step), method)
    assert (down.attempts, down.sleeps) == (4, BACKOFF)
    assert isinstance(down.result, APIConnectionError | APIStatusError)
    back = run(Service(step, step, 200), method)
    assert (back.attempts, back.sleeps) == (3, BACKOFF[:2])
    assert back.result.data == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_503_that_says_when_to_come_back_was_refused(run: Run, method: str) -> None:
    found = run(Service(503, 200, headers={"retry-after": "3"}), method)
    assert (found.attempts, found.sleeps) == (2, [3])


@pytest.mark.parametrize("step", UNKNOWN)
def test_an_unknown_outcome_is_retried_only_if_it_cannot_be_billed(run: Run, step: Step) -> None:
    assert run(Service(step), "GET").sleeps == BACKOFF
    post = run(Service(step), "POST")
    assert (post.attempts, post.sleeps) == (1, [])
    bold = run(Service(step), "POST", retry=RetryPolicy(retry_unknown_outcome=True))
    assert bold.sleeps == BACKOFF


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("step", DEFINITE)
def test_a_definite_failure_is_not_retried(run: Run, method: str, step: Step) -> None:
    found = run(Service(step, headers={"retry-after": "1"}), method)
    assert (found.attempts, found.sleeps, found.events) == (1, [], [])


@pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached"])
def test_a_spent_quota_is_no_rate_limit(run: Run, code: str) -> None:
    spent = httpx.Response(429, json={"error": {"message": "no", "code": code}}, headers={"retry-after": "1"})
    found = run(Service(spent))
    assert (found.attempts, found.result.code) == (1, code)
    assert isinstance(found.result, RateLimitError)


def test_billing_is_never_retried(run: Run) -> None:
    found = run(Service(402, headers={"retry-after": "1"}), retry=RetryPolicy(retry_unknown_outcome=True))
    assert (found.attempts, type(found.result)) == (1, BillingError)


def test_a_wait_that_is_too_long_is_not_cut_short(run: Run) -> None:
    found = run(Service(429, headers={"retry-after": "61"}))
    assert (found.attempts, found.sleeps, found.result.retry_after) == (1, [], 61)


def test_the_time_of_a_call_is_bounded(run: Run) -> None:
    found = run(Service(429, headers={"retry-after": "50"}), retry=RetryPolicy(max_attempts=9))
    assert (found.attempts, found.sleeps) == (3, [50, 50])


def test_one_key_for_all_attempts_of_a_post_and_none_for_a_get(run: Run) -> None:
    found = run(Service(429, httpx.ConnectError, 429))
    keys = {request.headers["idempotency-key"] for request in found.service.requests}
    assert len(found.service.requests) == 4
    (key,) = keys
    assert uuid.UUID(key).version == 4
    assert found.result.idempotency_key == key
    assert {event.idempotency_key for event in found.events} == keys
    assert run(Service(httpx.ReadTimeout)).result.idempotency_key not in (None, key)
    assert "idempotency-key" not in run(Service(200), "GET").service.requests[0].headers


def test_a_key_of_the_caller_s_is_kept(run: Run) -> None:
    found = run(Service(429), headers={"idempotency-key": "mine"})
    assert [request.headers.get_list("idempotency-key") for request in found.service.requests] == [["mine"]] * 4
    assert found.result.idempotency_key == "mine"


def test_the_body_is_sent_whole_each_time(run: Run) -> None:
    found = run(Service(429, 429, 200))
    assert [request.content for request in found.service.requests] == [b'{"prompt":"secret prompt"}'] * 3


def test_on_retry_is_called_before_each_wait(run: Run) -> None:
    found = run(Service(429, httpx.ConnectTimeout, 200))
    first, second = found.events
    assert (first.method, first.path, first.attempt, first.delay) == ("POST", "/v1/images/generations", 1, 0.5)
    assert (first.status, first.exception) == (429, None)
    assert (second.attempt, second.delay, second.status) == (2, 1.0, None)
    assert isinstance(second.exception, TransportError)
    assert second.exception.kind is Kind.CONNECT_TIMED_OUT
    assert second.exception.__cause__ is second.exception.__context__ is None, "it would hold the request, and its key"


def test_an_error_of_on_retry_s_ends_the_call(run: Run) -> None:
    def stop(event: RetryEvent) -> None:
        raise LookupError

    service = Service(429)
    with pytest.raises(LookupError):
        run(service, on_retry=stop)
    assert len(service.requests) == 1


def test_each_retry_and_the_failure_is_one_line_without_secrets(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ccapi_client")
    run(
        Service(429, headers={"retry-after": "2", "x-request-id": "req-1", "set-cookie": "hush"}),
        headers={"X-S": "hush"},
    )
    ours = [record for record in caplog.records if record.name == "ccapi_client"]
    assert [record.levelname for record in ours] == ["INFO"] * 3 + ["WARNING"]
    place = "POST /v1/images/generations"
    seen = "status 429 (x-request-id=req-1, retry-after=2)"
    assert ours[0].getMessage() == f"{place}: {seen}; retry in 2.00 s, attempt 2 of 4"
    assert ours[3].getMessage() == f"{place} failed after 4 attempts in 6.00 s: {seen}; 4 of 4 attempts were made"
    for secret in ("key-1", "hush", "secret prompt", "Bearer"):
        assert secret not in caplog.text


def test_a_success_is_not_logged(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ccapi_client")
    run(Service(200))
    assert [record for record in caplog.records if record.name == "ccapi_client"] == []


def test_a_response_that_breaks_off_is_closed_and_retried(run: Run) -> None:
    broken = Body(b'{"data": [', httpx.ReadError("cut"))
    found = run(Service(httpx.Response(200, stream=broken), 200), "GET")
    assert (found.attempts, found.result.data, broken.closed) == (2, [], True)
    broken = Body(b'{"data": [', httpx.ReadError("cut"))
    found = run(Service(httpx.Response(200, stream=broken)), "POST")
    assert (found.attempts, type(found.result), broken.closed) == (1, APIConnectionError, True)


def test_an_abandoned_response_is_closed(run: Run) -> None:
    abandoned = Body(b"<html>")
    found = run(Service(httpx.Response(429, stream=abandoned), 200))
    assert (found.attempts, abandoned.closed) == (2, True)


def test_an_error_that_breaks_off_is_an_error_of_its_status(run: Run) -> None:
    broken = Body(b'{"error": {"mess', httpx.ReadError("cut"))
    found = run(Service(httpx.Response(400, stream=broken)))
    assert (type(found.result).__name__, found.result.body) == ("BadRequestError", b'{"error": {"mess')


def test_of_an_endless_error_the_first_mebibyte_is_read(run: Run) -> None:
    endless = Body(*[b"x" * 65536] * 1600, AssertionError("read to its end"))
    found = run(Service(httpx.Response(500, stream=endless)))
    assert (type(found.result), len(found.result.body), endless.closed) == (InternalServerError, 1024 * 1024, True)


def test_a_response_that_is_not_compressed_as_it_says(run: Run) -> None:
    def packed(status: int, body: bytes) -> Service:
        stream = Body(body)
        return Service(httpx.Response(status, headers={"content-encoding": "gzip"}, stream=stream))

    assert run(packed(200, gzip.compress(b'{"data": []}')), "GET").result.data == []
    wrong = run(packed(200, b"not gzip"))
    assert (type(wrong.result), wrong.attempts) == (MalformedResponseError, 1)
    assert type(run(packed(500, b"not gzip")).result) is InternalServerError


def test_a_header_that_is_no_ascii_loses_no_response(run: Run) -> None:
    odd = httpx.Response(200, headers=[(b"x-odd", b"\xe9")], json=OK)
    assert run(Service(odd)).result.data == []


def test_a_redirect_to_what_is_no_address(run: Run) -> None:
    moved = httpx.Response(302, headers={"location": "https://xn--a/"})
    found = run(Service(moved), "POST")
    assert (found.result.status_code, found.attempts) == (302, 1)


def test_an_unreadable_success_keeps_the_key_of_its_post(run: Run) -> None:
    found = run(Service(httpx.Response(200, content=b"<html>")))
    assert isinstance(found.result, MalformedResponseError)
    assert found.result.idempotency_key == found.service.requests[0].headers["idempotency-key"]


def test_a_reason_is_always_given(run: Run) -> None:
    class Silent(httpx.ReadError):
        def __init__(self, message: str) -> None:
            super().__init__("")

    assert str(run(Service(Silent)).result).endswith(": Silent")


def test_a_client_that_is_closed_while_it_waits_says_so() -> None:
    client = Service(429).client()

    async def close(seconds: float) -> None:
        client.close()

    sender_of(client).sleep = close
    with pytest.raises(ConfigurationError, match="closed"):
        client.list_models()


def test_what_is_no_success_and_no_status_of_failure_is_logged_too(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    for answer in (
        httpx.Response(200, content=b"hush"),
        httpx.Response(200, json={"error": "hush"}),
        httpx.Response(302),
    ):
        caplog.clear()
        run(Service(answer))
        assert [record.levelname for record in caplog.records if record.name == "ccapi_client"] == ["WARNING"]
        assert "hush" not in caplog.text


def test_redirects_are_not_followed(run: Run) -> None:
    for status in (301, 302, 303, 307, 308):
        for method in ("GET", "POST"):
            moved = httpx.Response(status, headers={"location": "https://evil.example/"})
            found = run(Service(moved), method)
            assert [request.url.host for request in found.service.requests] == ["api.ccapi.ai"]
            assert (type(found.result), found.result.status_code) == (APIStatusError, status)


@pytest.mark.parametrize(
    "step",
    [
        *(httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.UnsupportedProtocol),
        *(httpx.ProxyError, httpx.TooManyRedirects, httpx.DecodingError, 200, 204, 299, 304, 404, 499, 520, 599),
    ],
)
@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'"x"', b"\xff", b"<html>", b'{"data": 3}', b'{"data": [3]}']
)
def test_nothing_but_our_errors_comes_out(run: Run, step: Any, body: bytes) -> None:
    answer = httpx.Response(step, content=body) if isinstance(step, int) else step
    for method in ("GET", "POST"):
        assert isinstance(run(Service(answer), method).result, CCAPIError)


def test_timeouts_have_their_own_error(run: Run) -> None:
    assert type(run(Service(httpx.ReadTimeout)).result) is APITimeoutError
    assert type(run(Service(httpx.ConnectTimeout)).result) is APITimeoutError


def test_a_client_that_is_closed_says_so() -> None:
    client = Service(200).client()
    client.close()
    with pytest.raises(ConfigurationError, match="closed"):
        client.list_models()


def test_the_quota_is_the_client_s_and_its_copies() -> None:
    service = Service(429)
    client = service.client()
    copied = client.with_options(timeout=5)
    for each in [client, copied] * 20:
        with pytest.raises(RateLimitError):
            each.list_models()
    assert len(service.requests) <= 40 + 3 + 40 * RetryQuota.PER_CALL
    assert sender_of(CCAPI("key-1")).quota.left == 3


def test_a_fresh_client_makes_all_the_attempts_that_its_policy_allows(run: Run) -> None:
    assert run(Service(429), retry=RetryPolicy(max_attempts=9)).attempts == 9


def test_the_failure_of_a_call_that_is_sent_once_is_a_warning_too(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    run(Service(500), retry=RetryPolicy(max_attempts=1))
    assert [record.levelname for record in caplog.records if record.name == "ccapi_client"] == ["WARNING"]


def test_a_call_that_recovers_gives_back_what_it_took() -> None:
    client = Service(*[429, 429, 200] * 50).client()
    for _ in range(50):
        client.list_models()
    assert sender_of(client).quota.left > 3


def test_a_streamed_response_is_left_unread_and_its_errors_are_retried() -> None:
    stream = Body(b"data: 1\n\n")
    service = Service(429, httpx.Response(200, stream=stream))

    async def send(sender: Sender) -> None:
        response = await sender.send(sender.options.request("POST", "/x"), stream_if=lambda response: True)
        assert (stream.read, stream.closed) == (0, False)
        await response.body.close()

    blocking.run(send(sender_of(service.client())))
    assert (len(service.requests), stream.closed) == (2, True)


def test_ctrl_c_leaves_at_once_and_closes() -> None:
    interrupted = Body(b"{", KeyboardInterrupt())
    service = Service(httpx.Response(200, stream=interrupted))
    with service.client() as client, pytest.raises(KeyboardInterrupt):
        client.list_models()
    assert (len(service.requests), interrupted.closed) == (1, True)


@pytest.mark.anyio
async def test_cancellation_leaves_at_once_and_closes(anyio_backend: str) -> None:
    class Stalled(Body):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"{"
            await anyio.sleep_forever()

    async def cancel_in_flight(service: Service, scope: anyio.CancelScope) -> None:
        while not service.requests:
            await anyio.sleep(0.001)
        await anyio.wait_all_tasks_blocked()
        scope.cancel()

    stalled = Stalled()
    for service in (
        Service(httpx.Response(200, stream=stalled), is_real_time=True),
        Service(429, headers={"retry-after": "50"}, is_real_time=True),
    ):
        async with service.async_client() as client, anyio.create_task_group() as group:
            with anyio.CancelScope() as scope:
                group.start_soon(cancel_in_flight, service, scope)
                await client.list_models()
            assert scope.cancelled_caught
        assert len(service.requests) == 1
    assert stalled.closed


def test_threads_can_share_a_client() -> None:
    client = Service(200).client()
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(client.list_models().data)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[]] * 20


PROGRAM = """
import pickle, sys, httpx
from ccapi_client import CCAPI, CCAPIError

answers = httpx.MockTransport(lambda request: httpx.Response(402, json={"error": {"message": "no", "code": "empty"}}))
try:
    CCAPI("key-1", transport=answers).create_image(prompt="x")
except CCAPIError as error:
    sys.stdout.buffer.write(pickle.dumps(error))
"""


def test_errors_cross_processes() -> None:
    pickled = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True).stdout
    error = pickle.loads(pickled)
    assert type(error) is BillingError
    assert (error.status_code, error.code, error.message) == (402, "empty", "no")
    assert error.idempotency_key
    assert b"key-1" not in pickled
    assert copy.deepcopy(error).__dict__ == error.__dict__


def test_asyncio_needs_no_more_than_itself() -> None:
    """Also where no test runner has set anything up."""

    async def main() -> Any:
        async with Service(429, 200, chance=0.0, is_real_time=True).async_client() as client:
            return (await client.list_models()).data

    assert asyncio.run(main()) == []
