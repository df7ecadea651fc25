"""The calls of LangChain's `langchain-openai`."""

# The packages are there when the session runs, so type checkers can't see them.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false

import asyncio
from typing import Literal

import openai
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

from . import rows
from .rows import CITY, HELLO, MODEL, OTHER_TOOL, REPEATABLE, TOOL, WEATHER, check_city, check_text, row


class City(BaseModel):
    """A city, and for how many days."""

    city: Literal["Paris", "Oslo"]
    days: Literal[1, 2]


def chat(**settings: object) -> ChatOpenAI:
    return ChatOpenAI(model=MODEL, **({"max_tokens": 24, "max_retries": 0} | settings))


def said(message: AIMessage) -> str:
    check_text(message.content)
    return message.content


def called(message: AIMessage) -> None:
    (call,) = message.tool_calls
    assert call["name"] == "weather"
    check_city(call["args"])


@row("chat")
def _() -> None:
    message = chat().invoke(HELLO)
    said(message)
    assert 0 < message.usage_metadata["output_tokens"] <= 24
    assert message.response_metadata["finish_reason"] in ("stop", "length")


@row("async")
def _() -> None:
    async def both() -> None:
        said(await chat().ainvoke(HELLO))
        check_text("".join([chunk.content async for chunk in chat().astream(HELLO)]))

    asyncio.run(both())


@row("stream")
def _() -> None:
    chunks = list(chat(stream_usage=False, **REPEATABLE).stream(HELLO))
    assert "".join(chunk.content for chunk in chunks) == said(chat(**REPEATABLE).invoke(HELLO))
    assert not any(chunk.usage_metadata for chunk in chunks)


@row("stream-usage")
def _() -> None:
    chunks = list(chat(stream_usage=True).stream(HELLO))
    assert sum(chunk.usage_metadata["output_tokens"] for chunk in chunks if chunk.usage_metadata) > 0


@row("system")
def _() -> None:
    said(chat().invoke([SystemMessage("You are a pirate."), HumanMessage(HELLO)]))


@row("image-parts")
def _() -> None:
    said(chat().invoke([HumanMessage([{"type": "image_url", "image_url": {"url": rows.LOOK}}])]))


@row("n")
def _() -> None:
    ((*found,),) = chat(n=3).generate([[HumanMessage(HELLO)]]).generations
    assert len(found) == 3
    for each in found:
        check_text(each.text)


@row("stop")
def _() -> None:
    whole = said(chat(**REPEATABLE).invoke(HELLO))
    word = rows.first_word(whole)
    assert chat(**REPEATABLE).invoke(HELLO, stop=[word]).content == whole[: whole.index(word)]


@row("seed")
def _() -> None:
    first, second, other = (said(chat(seed=seed, temperature=1.5).invoke(HELLO)) for seed in (1, 1, 2))
    assert first == second != other


@row("logprobs")
def _() -> None:
    tokens = chat(logprobs=True, top_logprobs=2).invoke(HELLO).response_metadata["logprobs"]["content"]
    assert tokens
    assert all(each["logprob"] <= 0 and len(each["top_logprobs"]) == 2 for each in tokens)


@row("penalties")
def _() -> None:
    more = {**REPEATABLE, "max_tokens": 40}
    assert said(chat(frequency_penalty=2, **more).invoke(WEATHER)) != said(chat(**more).invoke(WEATHER))


@row("max-completion-tokens")
def _() -> None:
    message = chat(max_tokens=3).invoke(WEATHER)
    found = (message.usage_metadata["output_tokens"], message.response_metadata["finish_reason"])
    assert found == (3, "length")


@row("reasoning-effort")
def _() -> None:
    said(chat(reasoning_effort="high").invoke(HELLO))


@row("json-object")
def _() -> None:
    model = chat(max_tokens=200, **REPEATABLE).with_structured_output(None, method="json_mode")
    assert isinstance(model.invoke(rows.JSON), dict)


@row("json-schema")
def _() -> None:
    schema = {"title": "city", "description": "A city", **CITY}
    check_city(chat(max_tokens=200).with_structured_output(schema, method="json_schema").invoke(WEATHER))


@row("parse")
def _() -> None:
    assert isinstance(chat(max_tokens=200).with_structured_output(City).invoke(WEATHER), City)


@row("parse-stream")
def _() -> None:
    found = list(chat(max_tokens=200).with_structured_output(City).stream(WEATHER))
    assert isinstance(found[-1], City)


@row("tools-auto")
def _() -> None:
    message = chat(max_tokens=200).bind_tools([TOOL], tool_choice="auto").invoke(WEATHER)
    if message.tool_calls:
        called(message)
    else:
        said(message)


@row("tools-required")
def _() -> None:
    called(chat(max_tokens=200).bind_tools([OTHER_TOOL, TOOL], tool_choice="required").invoke(WEATHER))


@row("tools-named")
def _() -> None:
    called(chat(max_tokens=200).bind_tools([OTHER_TOOL, TOOL], tool_choice="weather").invoke(HELLO))


@row("tools-stream")
def _() -> None:
    first, *others = chat(max_tokens=200).bind_tools([TOOL], tool_choice="weather").stream(HELLO)
    for each in others:
        first += each
    called(first)


@row("tools-result")
def _() -> None:
    bound = chat(max_tokens=200).bind_tools([TOOL], tool_choice="required")
    message = bound.invoke(WEATHER)
    said(
        chat().invoke([HumanMessage(WEATHER), message, ToolMessage("Rain.", tool_call_id=message.tool_calls[0]["id"])])
    )


@row("responses")
def _() -> None:
    chat(use_responses_api=True).invoke(HELLO)


@row("embeddings")
def _() -> None:
    embeddings = OpenAIEmbeddings(model="openai/text-embedding-3-small", check_embedding_ctx_length=False)
    assert embeddings.embed_query("fox")


@row("wrong-key")
def _() -> None:
    rows.raises(openai.AuthenticationError, lambda: chat(api_key="wrong").invoke(HELLO))


@row("unknown-model")
def _() -> None:
    ChatOpenAI(model="gpt-99").invoke(HELLO)


@row("retry")
def _() -> None:
    rows.fail_next("429;retry-after=0.01;times=2")
    said(chat(max_retries=2).invoke(HELLO))


@row("rate-limit")
def _() -> None:
    rows.fail_next("429")
    rows.raises(openai.RateLimitError, lambda: chat().invoke(HELLO))


@row("server-error")
def _() -> None:
    rows.fail_next("500")
    rows.raises(openai.InternalServerError, lambda: chat().invoke(HELLO))


@row("timeout")
def _() -> None:
    rows.fail_next("stall")
    rows.raises(openai.APITimeoutError, lambda: chat(timeout=0.5).invoke(HELLO))


@row("idempotency-key")
def _() -> None:
    same = chat(default_headers={"Idempotency-Key": f"langchain-{MODEL}"})
    first, second, other = (each.invoke(HELLO).response_metadata["id"] for each in (same, same, chat()))
    assert first == second != other


if __name__ == "__main__":
    rows.run()
