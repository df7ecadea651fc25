"""The gateway from outside: what it takes, what it refuses, and that both are as the contract says."""

import json
import re
from typing import Any

import httpx
import pytest
from ccapi_sandbox import Sandbox
from ccapi_sandbox.contract import Contract


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "sandbox"}])
@pytest.mark.parametrize("path", ["/models", "/images/jobs/job-0", "/providers/sandbox"])
def test_without_the_key_there_is_nothing(sandbox: Sandbox, header: dict[str, str], path: str) -> None:
    answer = httpx.get(sandbox.base_url + path, headers=header)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/images/generate", {}, "contents"),
        ("/images/generate", {"contents": []}, "contents"),
        ("/images/generate", {"contents": [{"text": "x"}, {"txt": "x"}]}, "contents[1].txt"),
        ("/images/generate", {"contents": [{"text": "x", "image": {"url": 3}}]}, "contents[0].image.url"),
        ("/images/generate", {"contents": [{"text": "x"}], "parameters": {"width": "3"}}, "parameters.width"),
        ("/images/generate", {"contents": [{"text": "x"}], "parameters": {"width": 0}}, "parameters.width"),
        ("/images/generate", {"contents": [{"text": "x"}], "parameters": {"width": 99999}}, "parameters.width"),
        (
            "/images/generate",
            {"contents": [{"text": "x"}], "parameters": {"aspect_ratio": "1:99"}},
            "parameters.aspect_ratio",
        ),
        ("/images/generate", {"contents": [{"text": "x"}], "parameters": {"num_images": 99}}, "parameters.num_images"),
        ("/images/generate", {"contents": [{"text": "x"}], "model": "no/such"}, "model"),
        ("/images/generate", {"contents": [{"text": "x"}], "webhook_url": "http://10.0.0.1/"}, "webhook_url"),
        ("/images/generate", {"contents": [{"mask": {"data": "x"}}]}, "contents[0].mask"),
        ("/images/generate", {"contents": [{"image": {"data": "AAAA"}}]}, "contents[0].image"),
        ("/images/generate", {"contents": [{"image": {"url": "http://10.0.0.1/"}}]}, "contents[0].image"),
        ("/images/generate", {"contents": [{"image": {"url": "file:///etc/passwd"}}]}, "contents[0].image"),
        ("/images/generate", {"contents": [{"text": "x"}], "webhook_url": "ftp://localhost/"}, "webhook_url"),
        ("/images/generate", {"contents": [{"text": "x"}], "webhook_url": "http://[::1"}, "webhook_url"),
        (
            "/images/generate",
            {"contents": [{"text": "x"}], "parameters": {"aspect_ratio": "wide"}},
            "parameters.aspect_ratio",
        ),
        ("/images/generate", {"contents": [{"text": "x"}] * 11}, "contents"),
        ("/images/generations", {"prompt": "x", "size": "16"}, "size"),
        ("/images/generations", {"prompt": "x", "size": "9" * 5000 + "x1"}, "size"),
        ("/images/generations", {"prompt": "x", "size": "16x9999"}, "size"),
        ("/images/generations", {"prompt": "x", "model": "sandbox/job-failed"}, "model"),
    ],
)
def test_a_wrong_field_is_named(http: httpx.Client, path: str, body: Any, field: str) -> None:
    answer = http.post(path, json=body)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["details"] == {"field": field}
    assert error["message"].startswith(field)
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "offset=-1", "order=up", "sort=mood", "limt=1"])
def test_a_wrong_parameter_is_named(http: httpx.Client, query: str) -> None:
    answer = http.get(f"/models?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["details"] == {"field": query.split("=")[0]}


NAN = b'{"model": "sandbox/babble", "temperature": NaN, "messages": []}'
DEEP = b'{"prompt": "x", "y": ' + b"[" * 900 + b"]" * 900 + b"}"


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b'"x"', b'{"prompt": "\\ud800"}', NAN, DEEP])
def test_a_body_that_is_none_is_refused(http: httpx.Client, content: bytes) -> None:
    answer = http.post("/images/generations", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/images/jobs/job-0", 404),
        ("GET", "/providers/nobody", 404),
        ("GET", "/nowhere", 404),
        ("DELETE", "/models", 405),
        ("OPTIONS", "/models", 405),
    ],
)
def test_what_is_not_there_answers_in_the_envelope(http: httpx.Client, method: str, path: str, status: int) -> None:
    answer = http.request(method, path)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_whole_numbers_may_be_written_as_json_schema_lets_them(http: httpx.Client) -> None:
    body = {"contents": [{"text": "x"}], "parameters": {"num_images": 2.0, "width": 8.0, "height": 8.0, "seed": 1.0}}
    assert http.post("/images/generate", json=body).status_code == 202
    assert len(http.post("/images/generations", json={"prompt": "x", "n": 2.0, "size": "8x8"}).json()["data"]) == 2


def test_every_response_has_the_headers_of_the_contract() -> None:
    """Errors and what breaks on purpose too."""
    import ccapi_sandbox

    schemas = {name: each["schema"]["type"] for name, each in Contract().document["components"]["headers"].items()}
    assert (schemas["RateLimitLimit"], schemas["RateLimitRemaining"]) == ("integer", "integer")
    speech = {"model": "openai/tts-1", "input": "Hello.", "response_format": "wav"}
    chat = {"model": "sandbox/babble", "messages": [{"role": "user", "content": "x"}], "stream": True}
    with ccapi_sandbox.running(requests_per_minute=11, balance=1, strict=True) as sandbox:
        key = {"Authorization": f"Bearer {sandbox.api_key}"}
        faults = [{"X-Sandbox-Fault": fault} for fault in ("503", "html-error", "empty", "500;executed=true", "x")]
        responses = [
            httpx.get(f"{sandbox.base_url}/models"),
            httpx.get(f"{sandbox.base_url}/models", headers=key),
            httpx.get(f"{sandbox.base_url}/models/none", headers=key),
            httpx.get(f"{sandbox.base_url}/models?limit=0", headers=key),
            *(httpx.get(f"{sandbox.base_url}/models", headers=key | fault) for fault in faults),
            httpx.post(f"{sandbox.base_url}/audio/speech", headers=key, json=speech),
            httpx.post(f"{sandbox.base_url}/chat/completions", headers=key, json=chat),
            httpx.post(f"{sandbox.base_url}/images/generations", headers=key, json={}),
            httpx.get(f"{sandbox.base_url}/models", headers=key),
        ]
        statuses = [each.status_code for each in responses]
        assert statuses == [401, 200, 404, 400, 503, 502, 200, 500, 400, 200, 200, 400, 429]
        remaining = [each.headers["x-ratelimit-remaining-requests"] for each in responses]
        assert remaining == ["11", "10", "9", "8", "7", "6", "5", "4", "3", "2", "1", "0", "0"]
        assert all(each.headers["x-request-id"] for each in responses)
        recorded = [entry.request_id for entry in sandbox.requests]
        assert [each.headers["x-request-id"] for each in responses[1:]] == recorded  # all but the one without the key
        for each in responses:
            assert each.headers["x-ratelimit-limit-requests"] == "11"
            assert re.fullmatch(r"[0-9]+s", each.headers["x-ratelimit-reset-requests"])
        elsewhere = httpx.get(f"{sandbox.base_url}/nowhere", headers=key)
        assert elsewhere.headers["x-request-id"]


def test_without_a_limit_no_response_tells_of_one(http: httpx.Client) -> None:
    headers = http.get("/models").headers
    assert headers["x-request-id"]
    assert not [name for name in headers if name.startswith("x-ratelimit")]


def test_fields_that_the_contract_does_not_list_are_taken(http: httpx.Client) -> None:
    assert http.post("/images/generations", json={"prompt": "x", "size": "8x8", "mood": "vivid"}).status_code == 200


def test_strict_finds_an_answer_that_is_not_what_the_contract_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or else no test against the sandbox would say that its answers are right."""
    import ccapi_sandbox
    from ccapi_sandbox import handlers
    from ccapi_sandbox.gateway import Answer

    async def broken(*_: Any) -> Answer:
        return Answer({"object": "list", "data": [{"display_name": 3}]})

    monkeypatch.setitem(handlers.HANDLERS, "listProviders", broken)
    for strict, status in ((True, 500), (False, 200)):
        with ccapi_sandbox.running(strict=strict) as sandbox:
            answer = httpx.get(f"{sandbox.base_url}/providers", headers={"Authorization": f"Bearer {sandbox.api_key}"})
            assert answer.status_code == status
            assert ("contract_violation" in answer.text) is strict


def test_files_are_served_without_the_key_and_nothing_else_is(http: httpx.Client, sandbox: Sandbox) -> None:
    origin = sandbox.base_url.removesuffix("/v1")
    url = http.post("/images/generations", json={"prompt": "x", "size": "8x8"}).json()["data"][0]["url"]
    assert url.startswith(f"{origin}/files/")
    assert httpx.get(url).headers["content-type"] == "image/jpeg"
    for name in ("none.png", "..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd"):
        answer = httpx.get(f"{origin}/files/{name}")
        assert answer.status_code == 404
        assert json.loads(answer.text)["error"]
