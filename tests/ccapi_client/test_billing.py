"""Whether an error may be billed: by what came of its request, on both clients."""

import pickle
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from ccapi_client import (
    CCAPI,
    CCAPIError,
    ConfigurationError,
    InvalidRequestError,
    JobCancelledError,
    JobFailedError,
    JobTimeoutError,
    MalformedResponseError,
    RetryPolicy,
    StreamError,
)
from ccapi_client._http.billing import UNDELIVERED
from ccapi_client._http.retry import Outcome, error_failure
from ccapi_client._http.wire import Kind, TransportError

from ..scripted import Body, ClientClass, Service

JOB = {"id": "job-1", "created": 1, "model": "m", "status": "completed", "data": [{"url": "https://h/a.png"}]}
ONCE = RetryPolicy(max_attempts=1)


def post(client: Any) -> Any:
    return client.create_image(prompt="x")


def get(client: Any) -> Any:
    return client.list_models()


def wait(client: Any) -> Any:
    return client.wait_for_image_job("job-1", timeout=1)


def stream(client: Any) -> Any:
    opened = client.stream_chat_completion(model="m", messages=[])
    if isinstance(client, CCAPI):
        with opened:
            return opened.final()

    async def steps() -> Any:
        async with opened:
            return await opened.final()

    return steps()


def error_of(client_class: ClientClass, work: Callable[[Any], Any], *steps: Any, **options: Any) -> CCAPIError:
    with pytest.raises(CCAPIError) as caught:
        Service(*steps, headers=options.pop("headers", None)).call(client_class, work, **{"retry": ONCE, **options})
    assert pickle.loads(pickle.dumps(caught.value)).may_be_billed is caught.value.may_be_billed
    return caught.value


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        *[(status, False) for status in (301, 307, 308, 400, 401, 402, 403, 404, 409, 413, 422, 425, 429)],
        *[(status, True) for status in (302, 303, 408, 499, 500, 501, 502, 503, 504, 520, 529)],
        *[(each, False) for each in (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)],
        *[(each, True) for each in (httpx.ReadTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)],
        (httpx.Response(200, content=b"no JSON"), True),
        (httpx.Response(200, stream=Body(b"{", httpx.ReadError("broken"))), True),
        (httpx.Response(200, json={"error": {"message": "no"}}), True),
        (httpx.Response(200, headers={"content-encoding": "br"}, stream=Body(b"x")), True),
    ],
)
def test_a_post(client_class: ClientClass, step: Any, expected: bool) -> None:
    assert error_of(client_class, post, step).may_be_billed is expected
    assert error_of(client_class, stream, step).may_be_billed is expected
    assert error_of(client_class, get, step).may_be_billed is False


@pytest.mark.parametrize("name", ["retry-after", "retry-after-ms"])
def test_a_503_that_asks_to_wait_was_not_executed(client_class: ClientClass, name: str) -> None:
    assert error_of(client_class, post, 503, headers={name: "1"}).may_be_billed is False
    assert error_of(client_class, post, 503, headers={name: "soon"}).may_be_billed is True


def test_what_was_never_sent_is_not_billed(client_class: ClientClass) -> None:
    error = error_of(client_class, lambda client: client.create_image(prompt=3))
    assert (type(error), error.may_be_billed) == (InvalidRequestError, False)
    error = error_of(client_class, lambda client: client.wait_for_image_job("job-1", timeout=-1))
    assert (type(error), error.may_be_billed) == (ConfigurationError, False)


def test_an_earlier_attempt_counts(client_class: ClientClass) -> None:
    bold = RetryPolicy(max_attempts=2, retry_unknown_outcome=True)
    for first in (502, httpx.ReadTimeout):
        assert error_of(client_class, post, first, httpx.ConnectError, retry=bold).may_be_billed is True
        assert error_of(client_class, post, first, 429, retry=bold).may_be_billed is True
    assert error_of(client_class, post, 429, httpx.ConnectError, retry=bold).may_be_billed is False


@pytest.mark.parametrize(
    ("step", "kind", "expected"),
    [
        ({**JOB, "status": "failed", "data": []}, JobFailedError, True),
        ({**JOB, "status": "cancelled", "data": []}, JobCancelledError, True),
        ({**JOB, "status": "processing", "data": []}, JobTimeoutError, True),
        (httpx.ReadTimeout, JobTimeoutError, True),
        ({**JOB, "id": "job-2"}, MalformedResponseError, False),
        (401, CCAPIError, False),
    ],
)
def test_a_job_may_be_billed_and_a_poll_never(
    client_class: ClientClass, step: Any, kind: type[CCAPIError], expected: bool
) -> None:
    error = error_of(client_class, wait, step)
    assert isinstance(error, kind)
    assert error.may_be_billed is expected


def test_what_a_stream_brought_may_be_billed(client_class: ClientClass) -> None:
    chunk = b'data: {"choices": [{"index": 0, "delta": {"content": "a"}}]}\n\n'
    for rest in (b"", b"data: {\n\n", b'data: {"error": {"message": "no"}}\n\n'):
        response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=chunk + rest)
        error = error_of(client_class, stream, response)
        assert isinstance(error, StreamError)
        assert error.may_be_billed is True


def test_a_download_is_not_billed(client_class: ClientClass) -> None:
    error = error_of(client_class, lambda client: client.download("https://api.ccapi.ai/v1/a.png"), 500)
    assert error.may_be_billed is False


def test_every_kind_of_failure_is_where_it_belongs() -> None:
    """What `retry` takes for not delivered never is billed, and what it does not know always may be."""
    outcomes = {kind: error_failure(TransportError(kind)).outcome for kind in Kind}
    assert {kind for kind, outcome in outcomes.items() if outcome is Outcome.NOT_DELIVERED} <= UNDELIVERED
    assert {kind for kind, outcome in outcomes.items() if outcome is Outcome.UNKNOWN}.isdisjoint(UNDELIVERED)
    assert Kind.NO_CERTIFICATE in UNDELIVERED, "the server ends the connection before it executes anything"
