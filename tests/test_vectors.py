"""The shared test vectors, `tests/vectors/*.json`: cases for clients in any language, and that this one passes them.

Each file is a list of cases with a name. `requests`: an operation and its arguments → what goes over the wire.
`responses`: what comes → a value, or an error. `retries`: what happened to an attempt → how long to wait, null to stop.
`polls`: a job and what each question is answered → the waits, drawn without jitter, and how it ends. `sse`: an event
stream → its events. `chat_streams`: an event stream → the pieces of text, and the whole answer or an error.
"""

import base64
import json
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from ccapi_client import (
    CCAPI,
    APIStatusError,
    CCAPIError,
    JobCancelledError,
    JobFailedError,
    MalformedResponseError,
    PollPolicy,
    RetryPolicy,
    StreamError,
    StreamInterruptedError,
)
from ccapi_client._carriers.given import failure as failure_of
from ccapi_client._chat.sse import Decoder
from ccapi_client._client import sender_of
from ccapi_client._http.retry import decide, error_failure, response_failure

from .conftest import ROOT, response_of

ONCE = RetryPolicy(max_attempts=1)


def vectors(name: str) -> pytest.MarkDecorator:
    cases = json.loads((ROOT / "tests" / "vectors" / f"{name}.json").read_text("utf-8"))
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


def method_of(client: CCAPI, operation: str) -> Any:
    return getattr(client, re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", operation))


@vectors("requests")
def test_requests(case: dict[str, Any]) -> None:
    seen: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(400)

    with CCAPI("key-1", transport=httpx.MockTransport(serve)) as client, pytest.raises(APIStatusError):
        method_of(client, case["operation"])(**case["parameters"], **(case["body"] or {}))
    (request,) = seen
    sent = case["request"]
    assert (request.method, request.url.raw_path.decode()) == (sent["method"], f"/v1{sent['path']}")
    assert (json.loads(request.content) if request.content else None) == sent["body"]
    assert request.headers["authorization"] == "Bearer key-1"
    assert ("idempotency-key" in request.headers) is (sent["method"] == "POST")


ARGUMENTS: dict[str, dict[str, Any]] = {"getImageJob": {"id": "job-1"}, "createImage": {"prompt": "a fox"}}


@vectors("responses")
def test_responses(case: dict[str, Any]) -> None:
    answer = httpx.Response(case["status"], headers=case["headers"], text=case["body"])
    for name in set(answer.headers) - set(case["headers"]) - {"content-length"}:
        del answer.headers[name]
    client = CCAPI("key-1", transport=httpx.MockTransport(lambda request: answer), retry=ONCE)
    call = method_of(client, case["operation"])
    with client:
        if "value" in case:
            assert call(**ARGUMENTS[case["operation"]]).to_dict() == case["value"]
            return
        with pytest.raises(CCAPIError) as caught:
            call(**ARGUMENTS[case["operation"]])
    told = dict(case["error"])
    kind = {"malformed": MalformedResponseError, "status": APIStatusError}[told.pop("kind")]
    assert isinstance(caught.value, kind)
    told = {{"status": "status_code"}.get(name, name): value for name, value in told.items()}
    assert {name: getattr(caught.value, name) for name in told} == told


FAILURES: dict[str, type[httpx.HTTPError]] = {
    "connect": httpx.ConnectError,
    "connect_timeout": httpx.ConnectTimeout,
    "pool_timeout": httpx.PoolTimeout,
    "read_timeout": httpx.ReadTimeout,
    "read": httpx.ReadError,
    "protocol": httpx.RemoteProtocolError,
}


@vectors("retries")
def test_retries(case: dict[str, Any]) -> None:
    if case["status"] is None:
        error = failure_of(FAILURES[case["failure"]](""))
        assert error
        failure = error_failure(error)
    else:
        body = b"" if case["body"] is None else json.dumps(case["body"]).encode()
        found = response_failure(response_of(body, case["status"], case["headers"]), datetime.now(UTC))
        assert found
        failure = found
    decision = decide(
        RetryPolicy(**case["policy"]),
        case["method"],
        failure,
        attempt=case["attempt"],
        elapsed=case["elapsed"],
        quota=case["quota"],
        chance=case["chance"],
    )
    assert decision.delay == case["wait"]


@vectors("polls")
def test_polls(case: dict[str, Any]) -> None:
    answers, waits, now = iter(case["answers"]), [], [0.0]

    def serve(request: httpx.Request) -> httpx.Response:
        answer = dict(next(answers))
        wait = answer.pop("retry_after", None)
        headers = {} if wait is None else {"retry-after": str(wait)}
        status = answer.pop("http", 200)
        return httpx.Response(status, headers=headers, json={"id": "job-1", **answer} if status == 200 else None)

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    client = CCAPI("key-1", transport=httpx.MockTransport(serve), poll=PollPolicy(**case["policy"]))
    sender = sender_of(client)
    sender.clock, sender.sleep, sender.chance = lambda: now[0], sleep, lambda: 0.0
    with client:
        try:
            outcome = str(client.wait_for_image_job({"id": "job-1", **case["job"]}).status)
        except (JobFailedError, JobCancelledError) as error:
            outcome = str(error.job.status)
        except APIStatusError as error:
            outcome = str(error.status_code)
    assert outcome == case["outcome"]
    assert waits == pytest.approx(case["waits"])
    assert next(answers, None) is None


@vectors("sse")
def test_sse(case: dict[str, Any]) -> None:
    stream = base64.b64decode(case["base64"]) if "base64" in case else case["stream"].encode()
    for size in (1, 2, 3, 7, len(stream) or 1):
        decoder = Decoder()
        events = [
            {"type": event.type, "data": event.data}
            for start in range(0, len(stream), size)
            for event in decoder.feed(stream[start : start + size])
        ]
        assert events == case["events"]


@vectors("chat_streams")
def test_chat_streams(case: dict[str, Any]) -> None:
    headers = {"content-type": "text/event-stream"}
    answer = httpx.Response(200, headers=headers, content=case["stream"].encode())
    client, texts = CCAPI("key-1", transport=httpx.MockTransport(lambda request: answer)), []
    error: StreamError | None = None
    final: dict[str, Any] = {}
    with client, client.stream_chat_completion(model="a/b", messages=[{"role": "user", "content": "x"}]) as stream:
        try:
            for text in stream.text():
                texts.append(text)  # noqa: PERF402 - those before an error count too
            final = stream.final().to_dict()
        except StreamError as caught:
            error = caught
    assert texts == case["text"]
    if "final" in case:
        assert error is None
        assert {name: final.get(name) for name in case["final"]} == case["final"]
        return
    told = dict(case["error"])
    assert error
    assert isinstance(error, StreamInterruptedError) is (told.pop("kind") == "interrupted")
    assert {name: getattr(error, name) for name in told} == told
