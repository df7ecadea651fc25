"""Operations without a handler are served with examples; paths that there are not tell what there is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ccapi_sandbox
import httpx
import pytest
import yaml
from ccapi_sandbox import Sandbox
from ccapi_sandbox.contract import Contract

WORD = {
    "type": "object",
    "properties": {"word": {"type": "string"}, "count": {"type": "integer"}},
    "required": ["word"],
}
JSON_BODY = {"required": True, "content": {"application/json": {"schema": WORD}}}


def described(content: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return {"description": "Fine.", **({} if content is None else {"content": content}), **more}


@contextmanager
def with_operation(monkeypatch: pytest.MonkeyPatch, method: str, **operation: Any) -> Iterator[tuple[Sandbox, Any]]:
    """A sandbox whose contract has one more operation, `/things/{id}`, and a function that requests it."""
    loaded = yaml.load

    def grown(*arguments: Any) -> Any:
        document = loaded(*arguments)
        path = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        query = {"name": "deep", "in": "query", "schema": {"type": "boolean"}}
        document["paths"]["/things/{id}"] = {
            "parameters": [path, query],
            method: {"operationId": "newThing", **operation},
        }
        return document

    monkeypatch.setattr(yaml, "load", grown)
    with ccapi_sandbox.running(strict=True) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}

        def request(**arguments: Any) -> httpx.Response:
            url = f"{sandbox.base_url}/things/a%2Fb?deep=true"
            return httpx.request(method, url, headers=headers, **arguments)

        yield sandbox, request


SCHEMA = {"schema": WORD}
WITH_EXAMPLE = SCHEMA | {"example": {"word": "fox"}}


@pytest.mark.parametrize(
    ("content", "document", "source"),
    [
        ({"application/json": SCHEMA}, {"word": "text", "count": 1}, "schema"),
        ({"application/json": WITH_EXAMPLE}, {"word": "fox"}, "example"),
        ({"application/json": SCHEMA | {"examples": {"a": {"value": {"word": "cat"}}}}}, {"word": "cat"}, "example"),
        ({"application/json": {"schema": {"type": "array", "items": WORD}}}, [{"word": "text", "count": 1}], "schema"),
        ({"image/*": {"schema": {"type": "string"}}, "application/json": WITH_EXAMPLE}, {"word": "fox"}, "example"),
    ],
)
def test_an_operation_without_a_handler(
    monkeypatch: pytest.MonkeyPatch, content: dict[str, Any], document: Any, source: str
) -> None:
    responses = {"404": described(None), "201": described(content), "500": described(None)}
    with with_operation(monkeypatch, "post", requestBody=JSON_BODY, responses=responses) as (sandbox, request):
        response = request(json={"word": "x"})
        assert (response.status_code, response.json()) == (201, document)
        assert response.headers["x-sandbox-answer"] == source
        refused = request(json={"count": 3})
        assert (refused.status_code, refused.json()["error"]["details"]) == (400, {"field": "word"})
        entries = [(each.operation, each.executed, each.billed) for each in sandbox.requests]
        assert entries == [("newThing", True, 0), ("newThing", False, 0)]


def test_of_what_is_executed_no_header_says_that_it_is_an_example(http: httpx.Client) -> None:
    assert "x-sandbox-answer" not in http.get("/models").headers


@pytest.mark.parametrize(
    ("responses", "status", "kind", "text"),
    [
        ({"204": described(None)}, 204, None, ""),
        ({"2XX": described({"text/plain": {"schema": {"type": "string"}}})}, 200, "text/plain; charset=utf-8", "text"),
        ({"default": described({"image/*": {"example": "x"}})}, 200, "image/octet-stream", "x"),
        (
            {"200": described({"text/event-stream": {"schema": {"type": "object"}}})},
            200,
            "text/event-stream; charset=utf-8",
            "data: {}\n\ndata: [DONE]\n\n",
        ),
        ({}, 200, None, ""),
    ],
)
def test_responses_of_other_kinds(
    monkeypatch: pytest.MonkeyPatch, responses: dict[str, Any], status: int, kind: str | None, text: str
) -> None:
    with with_operation(monkeypatch, "get", responses=responses) as (_, request):
        response = request()
        is_lax = not responses  # a contract without a response says nothing that this one could follow
        assert is_lax or (response.status_code, response.headers.get("content-type")) == (status, kind)
        assert is_lax or response.text == text


def test_a_header_that_the_contract_requires(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"x-count": {"required": True, "schema": {"type": "integer", "minimum": 7}}, "x-other": {"schema": {}}}
    with with_operation(monkeypatch, "get", responses={"200": described(None, headers=headers)}) as (_, request):
        found = request().headers
        assert (found["x-count"], "x-other" in found) == ("7", False)


def test_a_body_that_is_no_json(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"required": True, "content": {"multipart/form-data": {"schema": WORD}}}
    responses = {"200": described({"application/json": WITH_EXAMPLE})}
    with with_operation(monkeypatch, "post", requestBody=body, responses=responses) as (sandbox, request):
        assert request(files={"file": b"\xff" * 3000}).json() == {"word": "fox"}
        assert sandbox.requests[0].body is None


def test_a_schema_without_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    responses = {"200": described({"application/json": {"schema": False}})}
    with with_operation(monkeypatch, "get", responses=responses) as (_, request):
        response = request()
        assert response.status_code == 501
        assert "newThing" in response.json()["error"]["message"]


OF_OPENAI = (
    *(("POST", "/embeddings"), ("POST", "/responses"), ("POST", "/completions"), ("POST", "/moderations")),
    *(("POST", "/images/edits"), ("POST", "/images/variations"), ("POST", "/audio/transcriptions")),
    *(("GET", "/files"), ("POST", "/batches"), ("GET", "/fine_tuning/jobs"), ("POST", "/threads/abc/runs")),
    *(("POST", "/vector_stores"), ("GET", "/responses/abc"), ("DELETE", "/files/abc"), ("POST", "/realtime/sessions")),
)


@pytest.mark.parametrize(("method", "path"), OF_OPENAI)
def test_a_path_that_there_is_not(http: httpx.Client, method: str, path: str) -> None:
    response = http.request(method, path, content=b"x" * 2_000_000 if method == "POST" else None)
    assert response.status_code == 404
    error = response.json()["error"]
    assert (error["type"], error["code"]) == ("invalid_request_error", "not_found")
    assert error["message"].startswith(f"The sandbox has no {method} /v1{path}. It has: ")
    for operation in Contract().operations():
        assert f"{operation.method} /v1{operation.path}" in error["message"]


def test_a_large_body_for_a_path_that_there_is_not(http: httpx.Client) -> None:
    for _ in range(3):  # the connection is used again
        response = http.post("/audio/transcriptions", files={"file": b"x" * 30_000_000})
        assert response.status_code == 404


def test_a_base_url_without_its_version(http: httpx.Client, sandbox: Sandbox) -> None:
    origin = sandbox.base_url.removesuffix("/v1")
    response = http.post(f"{origin}/chat/completions", json={})
    assert response.status_code == 404
    assert "POST /v1/chat/completions" in response.json()["error"]["message"]
    long = http.get(f"{origin}/{'x' * 5000}")
    assert long.status_code == 404
    assert len(long.json()["error"]["message"]) < 1001
