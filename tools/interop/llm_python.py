"""The calls of `llm`, by its model for OpenAI-compatible servers."""

# The packages are there when the session runs, so type checkers can't see them.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false

import asyncio
import base64
import json

import llm
import openai
from llm.default_plugins.openai_models import AsyncChat, Chat

from . import rows
from .rows import API_KEY, BASE_URL, CITY, HELLO, MODEL, REPEATABLE, WEATHER, check_city, check_text, row

SETTINGS = {"model_name": MODEL, "api_base": BASE_URL, "vision": True, "supports_schema": True, "supports_tools": True}
model = Chat("sandbox", **SETTINGS)


def said(prompt: str = HELLO, key: str = API_KEY, **more: object) -> str:
    text = model.prompt(prompt, key=key, **({"stream": False, "max_tokens": 24} | more)).text()
    check_text(text)
    return text


@row("chat")
def _() -> None:
    response = model.prompt(HELLO, key=API_KEY, stream=False, max_tokens=24)
    check_text(response.text())
    assert 0 < response.usage().output <= 24


@row("async")
def _() -> None:
    async def both() -> None:
        other = AsyncChat("sandbox", **SETTINGS)
        check_text(await other.prompt(HELLO, key=API_KEY, stream=False, max_tokens=24).text())
        check_text("".join([part async for part in other.prompt(HELLO, key=API_KEY, max_tokens=24)]))

    asyncio.run(both())


@row("stream-usage")
def _() -> None:
    response = model.prompt(HELLO, key=API_KEY, stream=True, max_tokens=24, **REPEATABLE)
    assert "".join(list(response)) == said(**REPEATABLE)
    assert 0 < response.usage().output <= 24


@row("system")
def _() -> None:
    said(system="You are a pirate.")


@row("image-parts")
def _() -> None:
    picture = base64.b64decode(rows.LOOK.partition(",")[2])
    said(attachments=[llm.Attachment(type="image/png", content=picture)])


@row("stop")
def _() -> None:
    whole = said(**REPEATABLE)
    word = rows.first_word(whole)
    assert said(stop=word, **REPEATABLE) == whole[: whole.index(word)]


@row("seed")
def _() -> None:
    first, second, other = (said(seed=seed, temperature=1.5) for seed in (1, 1, 2))
    assert first == second != other


@row("penalties")
def _() -> None:
    more = {**REPEATABLE, "max_tokens": 40}
    assert said(WEATHER, frequency_penalty=2, **more) != said(WEATHER, **more)


@row("max-tokens")
def _() -> None:
    response = model.prompt(WEATHER, key=API_KEY, stream=False, max_tokens=3)
    check_text(response.text())
    assert response.usage().output == 3


@row("json-object")
def _() -> None:
    assert isinstance(json.loads(said(rows.JSON, json_object=True, max_tokens=200, **REPEATABLE)), dict)


@row("json-schema")
def _() -> None:
    check_city(json.loads(said(WEATHER, schema=CITY, max_tokens=200)))


@row("parse-stream")
def _() -> None:
    check_city(json.loads(said(WEATHER, schema=CITY, max_tokens=200, stream=True)))


@row("tools-auto")
def _() -> None:
    tool = llm.Tool(name="weather", description="The weather in a city", input_schema=CITY, implementation=lambda: "")
    response = model.prompt(WEATHER, key=API_KEY, stream=False, tools=[tool])
    text, calls = response.text(), response.tool_calls()
    for call in calls:
        assert call.name == "weather"
        check_city(call.arguments)
    if not calls:
        check_text(text)


@row("wrong-key")
def _() -> None:
    rows.raises(openai.AuthenticationError, lambda: said(key="wrong"))


@row("unknown-model")
def _() -> None:
    Chat("sandbox", **SETTINGS | {"model_name": "gpt-99"}).prompt(HELLO, key=API_KEY, stream=False).text()


@row("retry")
def _() -> None:
    rows.fail_next("429;retry-after=0.01;times=2")
    said()


@row("rate-limit")
def _() -> None:
    rows.fail_next("429;retry-after=0.01;times=9")
    rows.raises(openai.RateLimitError, said)
    rows.reset()


@row("server-error")
def _() -> None:
    rows.fail_next("500;retry-after=0.01;times=9")
    rows.raises(openai.InternalServerError, said)
    rows.reset()


if __name__ == "__main__":
    rows.run()
