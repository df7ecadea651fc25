"""The sandbox controlled over HTTP, with the key, as a program in another language does it."""

import time
from collections.abc import Iterator
from typing import Any

import ccapi_sandbox
import httpx
import pytest
from ccapi_sandbox import Sandbox, server

CHAT = {"model": "sandbox/babble", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
def control(sandbox: Sandbox) -> Iterator[httpx.Client]:
    sandbox.reset()
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    with httpx.Client(base_url=sandbox.base_url.removesuffix("/v1"), headers=headers) as client:
        yield client
    sandbox.reset()


def answer(control: httpx.Client) -> Any:
    response = control.post("/v1/chat/completions", json=CHAT)
    return response.json()["choices"][0]["message"]["content"] if response.status_code == 200 else response.status_code


def test_replies(control: httpx.Client) -> None:
    given = [{"text": "one"}, {"text": ["t", "wo"], "times": 2}, {"status": 503}, {"json": {"a": 1}}]
    assert control.post("/sandbox/replies", json=given).json() == {"waiting": 4}
    picture = {"to": "images", "json": {"data": [{"url": "http://x/"}]}}
    assert control.post("/sandbox/replies", json=picture).json() == {"waiting": 5}
    assert [answer(control) for _ in range(5)] == ["one", "two", "two", 503, '{"a": 1}']
    assert control.post("/v1/images/generations", json={"prompt": "x"}).json()["data"] == [{"url": "http://x/"}]


def test_all_replies_or_none(control: httpx.Client) -> None:
    refused = control.post("/sandbox/replies", json=[{"text": "one"}, {"txt": "two"}])
    assert refused.json()["error"]["details"] == {"field": "txt"}
    assert answer(control) != "one"


def test_a_reset(control: httpx.Client, sandbox: Sandbox) -> None:
    control.post("/sandbox/replies", json={"text": "one"})
    assert control.get("/v1/models").status_code == 200
    assert control.post("/sandbox/reset").json() == {}
    assert sandbox.requests == []
    assert answer(control) != "one"


def test_faults(control: httpx.Client) -> None:
    assert control.post("/sandbox/faults", json={"fault": "503;times=2"}).json() == {}
    assert [control.get("/v1/models").status_code for _ in range(3)] == [503, 503, 200]


def test_the_clock(control: httpx.Client) -> None:
    assert 60 <= control.post("/sandbox/clock", json={"advance": 60}).json()["now"] - time.time() + 1 < 120
    job = control.post("/v1/images/generate", json={"contents": [{"text": "x"}]}).json()
    control.post("/sandbox/clock", json={"advance": 60.5})
    assert control.get(f"/v1/images/jobs/{job['id']}").json()["status"] == "completed"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("replies", {"text": 7}, "text"),
        ("replies", {"text": "x", "to": ["chats"]}, "to"),
        ("replies", {"text": "x", "times": 1.5}, "times"),
        ("replies", {}, "text"),
        ("replies", 7, "replies"),
        ("replies", [7], "replies"),
        ("reset", {"x": 1}, "x"),
        ("reset", [], "the body"),
        ("faults", {}, "fault"),
        ("faults", {"fault": "oops"}, "fault"),
        ("faults", {"fault": 503}, "fault"),
        ("faults", {"fault": "503", "x": 1}, "x"),
        ("clock", {"advance": -1}, "advance"),
        ("clock", {"advance": "60"}, "advance"),
        ("clock", {"advance": True}, "advance"),
    ],
)
def test_a_wrong_field_is_named(control: httpx.Client, path: str, body: Any, field: str) -> None:
    response = control.post(f"/sandbox/{path}", json=body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["message"].startswith(f"{field}: ")
    assert error["details"] == {"field": field}


@pytest.mark.parametrize("path", ["replies", "reset", "faults", "clock"])
def test_without_the_key_nothing_is_changed(control: httpx.Client, sandbox: Sandbox, path: str) -> None:
    control.get("/v1/models")
    body = {"replies": {"text": "x"}, "reset": {}, "faults": {"fault": "503"}, "clock": {"advance": 9}}[path]
    for header in ({}, {"Authorization": "Bearer wrong"}):
        refused = httpx.post(f"{control.base_url}/sandbox/{path}", json=body, headers=header)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthorized")
    assert control.get(f"/sandbox/{path}").status_code == 405
    assert len(sandbox.requests) == 1
    assert answer(control) not in ("x", 503)
    assert control.post("/sandbox/clock", json={"advance": 0}).json()["now"] - time.time() < 5


@pytest.mark.parametrize("reader", ["h11", "httptools"])
def test_a_large_body_without_the_key_gets_its_response(monkeypatch: pytest.MonkeyPatch, reader: str) -> None:
    """The client sends all of it before it reads."""
    monkeypatch.setattr(server, "protocol", lambda: reader)
    with ccapi_sandbox.running() as sandbox:
        url = f"{sandbox.base_url.removesuffix('/v1')}/sandbox/replies"
        assert httpx.post(url, content=b"x" * 20_000_000).status_code == 401


def test_a_body_that_is_none_is_refused(control: httpx.Client) -> None:
    for content in (b"{", b"\xff", b"[" * 200):
        assert control.post("/sandbox/replies", content=content).status_code == 400


def test_several_sandboxes_are_controlled_each_alone() -> None:
    with ccapi_sandbox.running(api_key="one") as one, ccapi_sandbox.running(api_key="other") as other:
        url, key = one.base_url.removesuffix("/v1"), {"Authorization": "Bearer one"}
        assert httpx.post(f"{url}/sandbox/faults", json={"fault": "503"}, headers=key).status_code == 200
        statuses = [
            httpx.get(f"{each.base_url}/models", headers={"Authorization": f"Bearer {each.api_key}"}).status_code
            for each in (one, other)
        ]
    assert statuses == [503, 200]
