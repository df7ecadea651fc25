"""The fault `extra-fields`: a field that the contract does not list, in every object, and no breach of the contract."""

import json
from collections.abc import Iterator
from typing import Any

import ccapi_sandbox
import httpx
import pytest
import yaml
from ccapi_sandbox import Sandbox
from ccapi_sandbox.extras import NAME, VALUES, Extras

FAULT = {"X-Sandbox-Fault": "extra-fields"}
HELLO = [{"role": "user", "content": "hello"}]
CHAT = {"model": "sandbox/babble", "messages": HELLO}
REQUESTS: list[tuple[str, str, Any, int]] = [
    ("GET", "/models", None, 200),
    ("GET", "/models/openai/gpt-4o-mini", None, 200),
    ("GET", "/providers", None, 200),
    ("GET", "/providers/openai", None, 200),
    ("POST", "/chat/completions", CHAT, 200),
    ("POST", "/audio/speech", {"model": "openai/tts-1", "input": "Hello."}, 200),
    ("POST", "/images/generations", {"prompt": "x", "n": 2, "size": "8x8"}, 200),
    ("POST", "/images/generate", {"contents": [{"text": "x"}]}, 202),
    ("GET", "/images/jobs/none", None, 404),
    ("GET", "/models/none", None, 404),
    ("GET", "/models?limit=0", None, 400),
    ("POST", "/images/generations", {}, 400),
    ("POST", "/chat/completions", {"model": "sandbox/unavailable", "messages": HELLO}, 503),
]


def objects(document: Any) -> Iterator[dict[str, Any]]:
    """Every object of a document, but for what the fault has put there."""
    if isinstance(document, dict):
        yield document
        for name, value in document.items():
            yield from objects(value) if name != NAME else ()
    for each in document if isinstance(document, list) else ():
        yield from objects(each)


def extended(document: Any) -> bool:
    return all(NAME in each for each in objects(document))


@pytest.mark.parametrize(("method", "path", "body", "status"), REQUESTS)
def test_every_object_of_a_response(http: httpx.Client, method: str, path: str, body: Any, status: int) -> None:
    response = http.request(method, path, json=body, headers=FAULT)
    assert response.status_code == status, response.text
    document = response.json()
    assert extended(document)
    if status < 400:
        assert not extended(http.request(method, path, json=body).json())


def test_a_request_that_is_refused_first(http: httpx.Client) -> None:
    refused = http.get("/models", headers=FAULT | {"Authorization": "Bearer wrong"})
    assert refused.status_code == 401
    assert extended(refused.json())
    assert not extended(http.get("/models", headers={"Authorization": "Bearer wrong"}).json())


def test_a_job_that_has_finished(http: httpx.Client, sandbox: Sandbox) -> None:
    job = http.post("/images/generate", json={"contents": [{"text": "x"}]}).json()
    sandbox.clock.advance(60)
    done = http.get(f"/images/jobs/{job['id']}", headers=FAULT).json()
    assert done["data"]
    assert extended(done)


def test_every_chunk_of_a_stream(http: httpx.Client) -> None:
    body = CHAT | {"stream": True, "stream_options": {"include_usage": True}}
    lines = http.post("/chat/completions", json=body, headers=FAULT).text.splitlines()
    *events, end = [line.removeprefix("data: ") for line in lines if line]
    assert end == "[DONE]"
    chunks = [json.loads(event) for event in events]
    assert len(chunks) > 10
    assert all(map(extended, chunks))
    assert chunks[-1]["usage"][NAME] != chunks[-1][NAME]
    assert len({json.dumps(chunk[NAME]) for chunk in chunks}) == len(VALUES)


def test_the_values_are_of_every_type(http: httpx.Client) -> None:
    found = {type(each[NAME]) for each in objects(http.get("/models", headers=FAULT).json())}
    assert found >= {str, int, type(None), dict, list}
    assert Extras().into([{}, {"a": {}}, 3]) == [{NAME: VALUES[0]}, {"a": {NAME: VALUES[2]}, NAME: VALUES[1]}, 3]


def test_by_option_and_for_the_next_request() -> None:
    with ccapi_sandbox.running(fault="extra-fields", strict=True) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        assert extended(httpx.get(f"{sandbox.base_url}/providers", headers=headers).json())
    with ccapi_sandbox.running(strict=True) as sandbox:
        sandbox.fail_next("extra-fields")
        found = [httpx.get(f"{sandbox.base_url}/providers", headers=headers).json() for _ in range(2)]
        assert [extended(each) for each in found] == [True, False]
        assert [each.fault for each in sandbox.requests] == ["extra-fields", None]
        assert all(each.executed for each in sandbox.requests)


def test_strict_takes_the_field_for_a_breach_where_the_contract_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or else that strict passes would say nothing."""
    loaded = yaml.load

    def closed(*arguments: Any) -> Any:
        document = loaded(*arguments)
        document["components"]["schemas"]["ProviderSummary"]["additionalProperties"] = False
        return document

    monkeypatch.setattr(yaml, "load", closed)
    with ccapi_sandbox.running(strict=True) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.api_key}", **FAULT}
        assert "contract_violation" in httpx.get(f"{sandbox.base_url}/providers", headers=headers).text
