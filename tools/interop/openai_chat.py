"""The chats of the official `openai` package for Python."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any, Literal

import openai
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessageParam
from pydantic import BaseModel

from . import rows
from .rows import CITY, MODEL, NAMED, OTHER_TOOL, REPEATABLE, TOOL, check_city, check_text, row

client = openai.OpenAI()
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": rows.HELLO}]
WEATHER: list[ChatCompletionMessageParam] = [{"role": "user", "content": rows.WEATHER}]


class City(BaseModel):
    city: Literal["Paris", "Oslo"]
    days: Literal[1, 2]


def chat(messages: Iterable[ChatCompletionMessageParam] = HELLO, **more: Any) -> ChatCompletion:
    limit: dict[str, Any] = {"max_tokens": 200 if "response_format" in more or "tools" in more else 24}
    found = client.chat.completions.create(model=MODEL, messages=messages, **(limit | more))
    assert isinstance(found, ChatCompletion)
    return found


def said(completion: ChatCompletion) -> str:
    text = completion.choices[0].message.content
    check_text(text)
    return text or ""


def called(completion: ChatCompletion) -> None:
    (call,) = completion.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert (completion.choices[0].finish_reason, call.function.name) == ("tool_calls", "weather")
    check_city(json.loads(call.function.arguments))


def chunks(**more: Any) -> list[ChatCompletionChunk]:
    return list(client.chat.completions.create(model=MODEL, messages=HELLO, max_tokens=24, stream=True, **more))


@row("chat")
def _() -> None:
    completion = chat()
    usage, choice = completion.usage, completion.choices[0]
    said(completion)
    assert usage
    assert 0 < usage.completion_tokens <= 24
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert (choice.index, choice.message.role, completion.object) == (0, "assistant", "chat.completion")
    assert choice.finish_reason in ("stop", "length")


@row("async")
def _() -> None:
    async def both() -> None:
        async with openai.AsyncOpenAI() as other:
            said(await other.chat.completions.create(model=MODEL, messages=HELLO, max_tokens=24))
            stream = await other.chat.completions.create(model=MODEL, messages=HELLO, max_tokens=24, stream=True)
            check_text("".join([chunk.choices[0].delta.content or "" async for chunk in stream]))

    asyncio.run(both())


@row("stream")
def _() -> None:
    found = chunks(**REPEATABLE)
    assert "".join(each.choices[0].delta.content or "" for each in found) == said(chat(**REPEATABLE))
    assert not any(each.usage for each in found)
    assert found[-1].choices[0].finish_reason in ("stop", "length")


@row("stream-usage")
def _() -> None:
    *found, last = chunks(stream_options={"include_usage": True})
    check_text("".join(each.choices[0].delta.content or "" for each in found))
    assert not last.choices
    assert last.usage
    assert last.usage.total_tokens > last.usage.completion_tokens > 0


@row("system")
def _() -> None:
    said(chat([{"role": "system", "content": "You are a pirate."}, *HELLO]))
    said(chat([{"role": "developer", "content": "You are a pirate."}, *HELLO]))


@row("image-parts")
def _() -> None:
    said(chat([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": rows.LOOK}}]}]))


@row("n")
def _() -> None:
    completion = chat(n=3)
    assert [each.index for each in completion.choices] == [0, 1, 2]
    for each in completion.choices:
        check_text(each.message.content)


@row("stop")
def _() -> None:
    whole = said(chat(**REPEATABLE))
    word = rows.first_word(whole)
    stopped = chat(stop=word, **REPEATABLE)
    assert stopped.choices[0].finish_reason == "stop"
    assert (stopped.choices[0].message.content or "") == whole[: whole.index(word)]


@row("seed")
def _() -> None:
    first, second, other = (said(chat(seed=seed, temperature=1.5)) for seed in (1, 1, 2))
    assert first == second != other


@row("logprobs")
def _() -> None:
    choice = chat(logprobs=True, top_logprobs=2).choices[0]
    assert choice.logprobs
    tokens = choice.logprobs.content or []
    assert "".join(each.token for each in tokens).strip() == (choice.message.content or "").strip()
    assert all(each.logprob <= 0 and len(each.top_logprobs) == 2 for each in tokens)


@row("penalties")
def _() -> None:
    more: dict[str, Any] = {**REPEATABLE, "max_tokens": 40}
    assert said(chat(WEATHER, frequency_penalty=2, **more)) != said(chat(WEATHER, **more))


for name in ("max_tokens", "max_completion_tokens"):

    @row(name.replace("_", "-"))
    def _(name: str = name) -> None:
        completion = client.chat.completions.create(model=MODEL, messages=WEATHER, extra_body={name: 3})
        assert completion.usage
        assert (completion.usage.completion_tokens, completion.choices[0].finish_reason) == (3, "length")


@row("reasoning-effort")
def _() -> None:
    said(chat(reasoning_effort="high"))


@row("json-object")
def _() -> None:
    asked: list[ChatCompletionMessageParam] = [{"role": "user", "content": rows.JSON}]
    found = json.loads(said(chat(asked, response_format={"type": "json_object"}, **REPEATABLE)))
    assert isinstance(found, dict)


@row("json-schema")
def _() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY, "strict": True}}
    check_city(json.loads(said(chat(response_format=form))))


@row("parse")
def _() -> None:
    completion = client.chat.completions.parse(model=MODEL, messages=WEATHER, response_format=City)
    assert isinstance(completion.choices[0].message.parsed, City)


@row("parse-stream")
def _() -> None:
    with client.chat.completions.stream(model=MODEL, messages=WEATHER, response_format=City) as stream:
        assert any(event.type == "content.delta" for event in stream)
        assert isinstance(stream.get_final_completion().choices[0].message.parsed, City)


@row("tools-auto")
def _() -> None:
    completion = chat(WEATHER, tools=[TOOL], tool_choice="auto")
    if completion.choices[0].message.tool_calls:
        called(completion)
    else:
        said(completion)


@row("tools-required")
def _() -> None:
    called(chat(WEATHER, tools=[OTHER_TOOL, TOOL], tool_choice="required"))


@row("tools-named")
def _() -> None:
    called(chat(HELLO, tools=[OTHER_TOOL, TOOL], tool_choice=NAMED))


@row("tools-stream")
def _() -> None:
    found = chunks(tools=[TOOL], tool_choice=NAMED)
    parts = [part for chunk in found for part in chunk.choices[0].delta.tool_calls or ()]
    assert [(part.index, part.id is not None) for part in parts[:2]] == [(0, True), (0, False)]
    assert parts[0].function
    assert parts[0].function.name == "weather"
    check_city(json.loads("".join(part.function.arguments or "" for part in parts if part.function)))
    assert found[-1].choices[0].finish_reason == "tool_calls"


@row("tools-result")
def _() -> None:
    message = chat(WEATHER, tools=[TOOL], tool_choice="required").choices[0].message
    (call,) = message.tool_calls or []
    asked: Any = message.model_dump(exclude_none=True)
    said(chat([*WEATHER, asked, {"role": "tool", "tool_call_id": call.id, "content": "Rain."}]))
