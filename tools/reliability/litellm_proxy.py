"""LiteLLM's proxy before the sandbox: a gateway of others, of the kind that CCAPI is."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ccapi_sandbox
from ccapi_client import (
    APIConnectionError,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    RetryPolicy,
    StreamError,
)
from ccapi_sandbox import Sandbox

from tests.carriers import Carrier

from .page import Row
from .programs import free_port, running
from .scenarios import Scenarios
from .traffic import Figures, Retries, Traffic, all_answered, echo, executed, has, traffic

PROGRAM = Path(os.environ.get("RELIABILITY_LITELLM", "litellm"))
HERE = Path(__file__).resolve().parent
KEY = "sk-reliability"
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "enum": ["Paris", "Oslo"]}},
            "required": ["city"],
        },
    },
}
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello"}]


@dataclass(frozen=True)
class Place:
    """A running proxy of LiteLLM.

    Attributes:
        sandbox: What it is in front of.
        url: Its base URL.
    """

    sandbox: Sandbox
    url: str

    def traffic(self, carrier: Carrier, **options: Any) -> AbstractAsyncContextManager[Traffic]:
        return traffic(self.sandbox, self.url, carrier, **{"api_key": KEY, **options})


SCENARIOS: Scenarios[Place] = Scenarios()


def versions() -> str:
    command = [str(PROGRAM.parent / "python"), "-c", "import importlib.metadata as m; print(m.version('litellm'))"]
    return f"litellm {subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()}"


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """LiteLLM's proxy, and a sandbox behind it."""
    with ccapi_sandbox.running(job_seconds=0.2) as sandbox:
        echo(sandbox)
        text = (HERE / "litellm_proxy.yaml").read_text("utf-8")
        conf, port = folder / "config.yaml", free_port()
        conf.write_text(text.replace("SANDBOX", sandbox.base_url).replace("KEY", KEY), "utf-8")
        # Without these, it reads prices and sends figures elsewhere.
        env = {
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_TELEMETRY": "False",
            "DISABLE_ADMIN_UI": "True",
            "PYTHONPATH": "",
        }
        command = [PROGRAM, "--config", conf, "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
        with running(command, port, folder / "out.log", env):
            yield Place(sandbox, f"http://127.0.0.1:{port}/v1")


def rows(folder: Path) -> Iterator[Row]:
    with place(folder) as there:
        for each in SCENARIOS.all:
            yield each.row(there)


@SCENARIOS.add("12 chats and 6 streams at once", "all answered")
async def chats(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        await carrier.all_at_once([*[made.chat] * 12, *[made.stream] * 6])
    all_answered(made)
    return made.check(place.sandbox)


@SCENARIOS.add("tools, whole and streamed", "the call of the tool, whose arguments follow its schema")
async def tools(place: Place, carrier: Carrier) -> Figures:
    choice = {"type": "function", "function": {"name": "weather"}}
    async with place.traffic(carrier) as made:
        whole = await made.chat(tools=[WEATHER], tool_choice=choice)
        streamed = await made.stream(tools=[WEATHER], tool_choice=choice)
        for each in (whole, streamed):
            assert not each.error, each.error
            (call,) = each.value.choices[0].message.tool_calls
            assert call.function.arguments_json()["city"] in ("Paris", "Oslo")
            made.outcomes.remove(each)  # it says something else than its key
    return {"calls": 2}


@SCENARIOS.add("a picture by URL, and in base64, which LiteLLM drops", "a whole picture")
async def images(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        for response_format in ("b64_json", "url"):
            found = await made.call(
                "",
                lambda _: made.client.create_image(model="sdxl", prompt="a fox", response_format=response_format),  # noqa: B023
            )
            assert not found.error, found.error
            (image,) = found.value.data
            assert base64.b64decode(image.b64_json)[:3] == b"\xff\xd8\xff" if image.b64_json else image.url
    return made.check(place.sandbox)


@SCENARIOS.add("speech, of which LiteLLM passes on the file itself", "the sound, in `b64_json`")
async def speech(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        found = await made.call(
            "", lambda _: made.client.create_speech(model="tts", input="Hello", voice="alloy", response_format="mp3")
        )
    assert not found.error, found.error
    assert len(base64.b64decode(found.value.b64_json)) > 1000
    return made.check(place.sandbox)


@SCENARIOS.add("lists of models, which lack what CCAPI's have", "the ids")
async def models(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        found = await made.models()
        assert not found.error, found.error
        assert {"sandbox/babble", "sdxl", "tts"} <= {each.id for each in found.value.data}
    return made.check(place.sandbox)


@SCENARIOS.add(
    "a wrong key, an unknown model, an unknown operation, a field that is wrong",
    "the error of the status with LiteLLM's reason; nothing executed",
)
async def errors(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, api_key="sk-wrong") as other:
        wrong = await other.chat()
        has(wrong, AuthenticationError, BadRequestError)  # without a database of keys it is a 400
        assert "sk-wrong" not in str(wrong.error)
    async with place.traffic(carrier) as made:
        unknown = await made.call("", lambda _: made.client.create_chat_completion(model="gpt-99", messages=HELLO))
        has(unknown, BadRequestError, NotFoundError)
        assert "gpt-99" in str(unknown.error)
        has(await made.call("", lambda _: made.client.get_provider("openai")), NotFoundError)
        has(await made.chat(extra_body={"temperature": "hot"}), BadRequestError)
        assert not any(each.error and each.error.may_be_billed for each in made.outcomes)
    return made.check(place.sandbox)


@SCENARIOS.add("429 of the sandbox twice, behind LiteLLM", "answered after retries")
async def rate_limited(place: Place, carrier: Carrier) -> Figures:
    retries = Retries()
    async with place.traffic(carrier, on_retry=retries, retry=RetryPolicy(base_delay=0.1)) as made:
        place.sandbox.fail_next("429;times=2")
        await made.chat()
        place.sandbox.fail_next("429;times=2")
        await made.stream()
    all_answered(made)
    assert retries.count == 4
    return {**made.check(place.sandbox), "retries": retries.count}


@SCENARIOS.add(
    "500 and a silent sandbox behind LiteLLM", "`InternalServerError` or 408, may be billed, executed at most once"
)
async def broken(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        place.sandbox.fail_next("500")
        has(await made.chat(), InternalServerError)
        place.sandbox.fail_next("stall")
        silent = await made.chat()
        assert silent.error
        assert silent.error.may_be_billed
        assert executed(place.sandbox, silent) == 1
    return made.check(place.sandbox)


@SCENARIOS.add("streams that break off behind LiteLLM: cut, and with an error", "`StreamError` with what had come")
async def streams(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        for fault in ("cut-stream;after=3", "stream-error;after=3"):
            place.sandbox.fail_next(fault)
            found = await made.stream()
            has(found, StreamError, APIConnectionError, InternalServerError)
            assert found.key.startswith("".join(found.texts))
    return made.check(place.sandbox)


@SCENARIOS.add(
    "LiteLLM's own limit: 2 requests a minute, 6 chats",
    "2 answered at most; `RateLimitError` for the others, not billed",
)
async def own_limit(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier, retry=RetryPolicy(max_attempts=2, base_delay=0.05)) as made:
        found = [
            await made.call("", lambda _: made.client.create_chat_completion(model="limited", messages=HELLO))
            for _ in range(6)
        ]
    late = [each for each in found if each.error]
    assert len(late) >= 4
    for each in late:
        has(each, RateLimitError)
    return made.check(place.sandbox)
