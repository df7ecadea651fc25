"""Models as OpenAI's clients name them: without the provider."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from ccapi_sandbox import Sandbox, catalog
from ccapi_sandbox.catalog import ChatModel, ImageModel, Model, SpeechModel, find

HELLO = [{"role": "user", "content": "Hello."}]


@pytest.mark.parametrize(
    ("path", "body", "id"),
    [
        ("/chat/completions", {"model": "babble", "messages": HELLO}, "sandbox/babble"),
        ("/chat/completions", {"models": ["unavailable", "babble"], "messages": HELLO}, "sandbox/babble"),
        ("/audio/speech", {"model": "tts-1", "input": "Hello."}, "openai/tts-1"),
        ("/images/generations", {"model": "flux-schnell", "prompt": "x"}, "black-forest-labs/flux-schnell"),
        ("/images/generate", {"model": "nano-banana", "contents": [{"text": "x"}]}, "imaginepro/nano-banana"),
    ],
)
def test_a_model_without_its_provider(
    http: httpx.Client, sandbox: Sandbox, path: str, body: dict[str, Any], id: str
) -> None:
    sandbox.reset()
    document = http.post(path, json=body).json()
    assert document["model"] == id
    assert document.get("provider", id.partition("/")[0]) == id.partition("/")[0]
    (entry,) = sandbox.requests
    assert (entry.model, entry.billed > 0) == (id, id != "sandbox/babble")


def test_a_model_by_itself_without_its_provider(http: httpx.Client) -> None:
    assert http.get("/models/gpt-4o-mini").json() == http.get("/models/openai/gpt-4o-mini").json()


def test_a_scripted_reply_costs_what_the_model_does(http: httpx.Client, sandbox: Sandbox) -> None:
    billed = []
    for name in ("openai/gpt-4o-mini", "gpt-4o-mini", "none"):
        sandbox.reset()
        sandbox.reply("Hello!")
        assert http.post("/chat/completions", json={"model": name, "messages": HELLO}).status_code == 200
        billed.append(sandbox.requests[0].billed)
    assert billed[0] == billed[1] > 0 == billed[2]
    sandbox.reply("Hello!")
    assert http.post("/chat/completions", json={"model": "unavailable", "messages": HELLO}).status_code == 503
    sandbox.reset()


@pytest.mark.parametrize(
    "name", ["gpt-5", "mini", "openai", "", "/gpt-4o-mini", "other/gpt-4o-mini", "tts-1", "x" * 999]
)
def test_what_names_no_chat_model(http: httpx.Client, name: str) -> None:
    response = http.post("/chat/completions", json={"model": name, "messages": HELLO})
    error = response.json()["error"]
    assert (response.status_code, error["details"]) == (400, {"field": "model"})
    assert all(each.id in error["message"] for each in catalog.MODELS if isinstance(each, ChatModel))


def test_two_of_the_same_name_are_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    one = next(each for each in catalog.MODELS if each.id == "openai/gpt-4o-mini")
    monkeypatch.setattr(catalog, "MODELS", (*catalog.MODELS, replace(one, id="azure/gpt-4o-mini")))
    assert find(ChatModel, "gpt-4o-mini") is None
    assert find(ChatModel, "openai/gpt-4o-mini") == one
    assert find(SpeechModel, "gpt-4o-mini") is None
    assert find(ImageModel, "openai/gpt-4o-mini") is None


def test_each_model_is_found_by_either_name() -> None:
    for each in catalog.MODELS:
        assert find(Model, each.id) is find(Model, each.id.partition("/")[2]) is each
