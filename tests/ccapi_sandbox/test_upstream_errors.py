"""What a server behind the chat backend says of its errors, in the contract's envelope and not as JSON in a text."""

import json
from collections.abc import Iterator
from typing import Any

import ccapi_sandbox
import httpx
import pytest
from ccapi_sandbox import Sandbox
from ccapi_sandbox.contract import Contract
from ccapi_sandbox.upstream_errors import error_of
from hypothesis import given
from hypothesis import strategies as st

BODY = {"model": "any/model", "messages": [{"role": "user", "content": "Hello."}]}
OPENAI = {
    "error": {"message": "Unsupported value.", "type": "invalid_request_error", "param": "n", "code": "bad_value"}
}
GATEWAY = {"error": {"message": "Quota exceeded", "type": "new_api_error", "code": "insufficient_user_quota"}}
FASTAPI = {"detail": [{"loc": ["body", "n"], "msg": "too many"}]}
PROBLEM = {"type": "about:blank", "title": "Too large", "detail": "The body is too large."}
LLAMA = {"error": {"code": 400, "message": "context is full", "type": "exceed_context_size_error"}}
PAGE = "<html><title>502</title></html>"


@pytest.fixture(scope="module")
def sandbox_before_another() -> Iterator[Sandbox]:
    with ccapi_sandbox.running(strict=True, chat_upstream="http://127.0.0.1:1/v1") as sandbox:
        yield sandbox


def answered(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, response: httpx.Response, **more: Any
) -> httpx.Response:
    async def send(self: Any, request: Any, **options: Any) -> httpx.Response:
        return response

    monkeypatch.setattr(httpx.AsyncClient, "send", send)
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    return httpx.post(f"{sandbox.base_url}/chat/completions", json=BODY | more, headers=headers)


@pytest.mark.parametrize(
    ("status", "body", "expected", "message", "code", "details"),
    [
        (
            400,
            OPENAI,
            400,
            "n: the chat backend rejected the request: Unsupported value.",
            "invalid_request",
            {"field": "n", "upstream": {"type": "invalid_request_error", "code": "bad_value"}},
        ),
        (
            400,
            LLAMA,
            400,
            "the chat backend rejected the request: context is full",
            "invalid_request",
            {"upstream": {"type": "exceed_context_size_error", "code": "400"}},
        ),
        (
            422,
            FASTAPI,
            400,
            f"the chat backend rejected the request: {json.dumps(FASTAPI['detail'])}",
            "invalid_request",
            None,
        ),
        (413, PROBLEM, 400, "the chat backend rejected the request: The body is too large.", "invalid_request", ...),
        (
            402,
            GATEWAY,
            402,
            "The chat backend is not paid: Quota exceeded",
            "insufficient_user_quota",
            {"upstream": {"type": "new_api_error", "code": "insufficient_user_quota"}},
        ),
        (
            429,
            GATEWAY,
            429,
            "The chat backend is busy: Quota exceeded",
            "insufficient_user_quota",
            {"upstream": {"type": "new_api_error", "code": "insufficient_user_quota"}},
        ),
        (429, "slow down", 429, "The chat backend is busy: slow down", "rate_limit_exceeded", None),
        (401, OPENAI, 502, "The chat backend failed: status 401: Unsupported value.", "provider_error", ...),
        (404, {"error": "no route"}, 502, "The chat backend failed: status 404: no route", "provider_error", None),
        (500, PAGE, 502, "The chat backend failed: status 500: it sent a page of HTML", "provider_error", None),
        (503, "", 502, "The chat backend failed: status 503: ", "provider_error", None),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_errors_of_another_server(
    sandbox_before_another: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: Any,
    expected: int,
    message: str,
    code: str,
    details: Any,
    stream: bool,
) -> None:
    headers = {"retry-after": "7"}
    if isinstance(body, str):
        kind = "text/html" if body == PAGE else "text/plain"
        response = httpx.Response(status, text=body, headers=headers | {"content-type": kind})
    else:
        response = httpx.Response(status, json=body, headers=headers)
    found = answered(sandbox_before_another, monkeypatch, response, stream=stream)
    error = found.json()["error"]
    assert (found.status_code, error["message"], error["code"]) == (expected, message, code)
    assert '"error"' not in error["message"]
    assert details is ... or error.get("details") == details
    assert found.headers.get("retry-after") == ("7" if expected == 429 else None)


def test_an_error_in_the_middle_of_a_stream(sandbox_before_another: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"data: {json.dumps({'choices': []})}\n\ndata: {json.dumps(OPENAI)}\n\n"
    response = httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})
    found = answered(sandbox_before_another, monkeypatch, response, stream=True)
    error = json.loads(found.text.split("\n\n")[1].removeprefix("data: "))["error"]
    assert error["message"] == "The chat backend failed: Unsupported value."
    assert error["details"] == {"field": "n", "upstream": {"type": "invalid_request_error", "code": "bad_value"}}


def test_an_error_under_a_200(sandbox_before_another: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    found = answered(sandbox_before_another, monkeypatch, httpx.Response(200, json=GATEWAY))
    assert (found.status_code, found.json()["error"]["message"]) == (502, "The chat backend failed: Quota exceeded")


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "type", "code", "param", "details", "field", "detail", "title"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
ENVELOPE = Contract()._validator({"$ref": "#/components/schemas/ErrorResponse"})


@given(st.integers(400, 599), JSON)
def test_whatever_another_server_says_the_error_is_one_of_the_contract(status: int, body: Any) -> None:
    error = error_of(httpx.Response(status, json=body))
    assert error.status in (400, 402, 429, 502)
    assert list(ENVELOPE.iter_errors(error.envelope)) == []
