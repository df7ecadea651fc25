"""The calls of LiteLLM, as a client."""

# The packages are there when the session runs, so type checkers can't see them.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false

import asyncio
import base64
import json
from io import BytesIO
from typing import Literal

import litellm
from pydantic import BaseModel

from . import rows
from .rows import CITY, MODEL, NAMED, OTHER_TOOL, REPEATABLE, TOOL, check_city, check_text, row
from .sounds import check_sound

HELLO = [{"role": "user", "content": rows.HELLO}]
WEATHER = [{"role": "user", "content": rows.WEATHER}]
IMAGE_MODEL = "openai/stabilityai/stable-diffusion-xl-1024-v1-0"


class City(BaseModel):
    city: Literal["Paris", "Oslo"]
    days: Literal[1, 2]


def chat(messages: object = HELLO, **more: object) -> litellm.ModelResponse:
    settings = {"model": f"openai/{MODEL}", "max_tokens": 24, "max_retries": 0} | more
    return litellm.completion(messages=messages, **settings)


def said(response: litellm.ModelResponse) -> str:
    text = response.choices[0].message.content
    check_text(text)
    return text


def called(response: litellm.ModelResponse) -> None:
    (call,) = response.choices[0].message.tool_calls
    assert (response.choices[0].finish_reason, call.function.name) == ("tool_calls", "weather")
    check_city(json.loads(call.function.arguments))


@row("chat")
def _() -> None:
    response = chat()
    said(response)
    assert 0 < response.usage.completion_tokens <= 24
    assert response.choices[0].finish_reason in ("stop", "length")


@row("async")
def _() -> None:
    async def both() -> None:
        settings = {"model": f"openai/{MODEL}", "messages": HELLO, "max_tokens": 24}
        said(await litellm.acompletion(**settings))
        stream = await litellm.acompletion(**settings, stream=True)
        check_text("".join([chunk.choices[0].delta.content or "" async for chunk in stream]))

    asyncio.run(both())


@row("stream")
def _() -> None:
    chunks = list(chat(stream=True, **REPEATABLE))
    assert "".join(each.choices[0].delta.content or "" for each in chunks) == said(chat(**REPEATABLE))
    assert not any(getattr(each, "usage", None) for each in chunks)


@row("stream-usage")
def _() -> None:
    *chunks, last = chat(stream=True, stream_options={"include_usage": True})
    check_text("".join(each.choices[0].delta.content or "" for each in chunks if each.choices))
    assert last.usage.completion_tokens > 0


@row("system")
def _() -> None:
    said(chat([{"role": "system", "content": "You are a pirate."}, *HELLO]))


@row("image-parts")
def _() -> None:
    said(chat([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": rows.LOOK}}]}]))


@row("n")
def _() -> None:
    response = chat(n=3)
    assert [each.index for each in response.choices] == [0, 1, 2]
    for each in response.choices:
        check_text(each.message.content)


@row("stop")
def _() -> None:
    whole = said(chat(**REPEATABLE))
    word = rows.first_word(whole)
    assert (chat(stop=word, **REPEATABLE).choices[0].message.content or "") == whole[: whole.index(word)]


@row("seed")
def _() -> None:
    first, second, other = (said(chat(seed=seed, temperature=1.5)) for seed in (1, 1, 2))
    assert first == second != other


@row("logprobs")
def _() -> None:
    tokens = chat(logprobs=True, top_logprobs=2).choices[0].logprobs.content
    assert tokens
    assert all(each.logprob <= 0 and len(each.top_logprobs) == 2 for each in tokens)


@row("penalties")
def _() -> None:
    more = {**REPEATABLE, "max_tokens": 40}
    assert said(chat(WEATHER, frequency_penalty=2, **more)) != said(chat(WEATHER, **more))


@row("max-tokens")
def _() -> None:
    response = chat(WEATHER, max_tokens=3)
    assert (response.usage.completion_tokens, response.choices[0].finish_reason) == (3, "length")


@row("max-completion-tokens")
def _() -> None:
    response = chat(WEATHER, max_tokens=None, max_completion_tokens=3)
    assert (response.usage.completion_tokens, response.choices[0].finish_reason) == (3, "length")


@row("reasoning-effort")
def _() -> None:
    said(chat(reasoning_effort="high", allowed_openai_params=["reasoning_effort"]))


@row("json-object")
def _() -> None:
    asked = [{"role": "user", "content": rows.JSON}]
    form = {"type": "json_object"}
    assert isinstance(json.loads(said(chat(asked, response_format=form, max_tokens=200, **REPEATABLE))), dict)


@row("json-schema")
def _() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY, "strict": True}}
    check_city(json.loads(said(chat(WEATHER, response_format=form, max_tokens=200))))


@row("parse")
def _() -> None:
    City.model_validate_json(said(chat(WEATHER, response_format=City, max_tokens=200)))


@row("parse-stream")
def _() -> None:
    chunks = chat(WEATHER, response_format=City, max_tokens=200, stream=True)
    City.model_validate_json("".join(each.choices[0].delta.content or "" for each in chunks))


@row("tools-auto")
def _() -> None:
    response = chat(WEATHER, tools=[TOOL], tool_choice="auto", max_tokens=200)
    if response.choices[0].message.tool_calls:
        called(response)
    else:
        said(response)


@row("tools-required")
def _() -> None:
    called(chat(WEATHER, tools=[OTHER_TOOL, TOOL], tool_choice="required", max_tokens=200))


@row("tools-named")
def _() -> None:
    called(chat(HELLO, tools=[OTHER_TOOL, TOOL], tool_choice=NAMED, max_tokens=200))


@row("tools-stream")
def _() -> None:
    chunks = list(chat(HELLO, tools=[TOOL], tool_choice=NAMED, max_tokens=200, stream=True))
    called(litellm.stream_chunk_builder(chunks))


@row("tools-result")
def _() -> None:
    message = chat(WEATHER, tools=[TOOL], tool_choice="required", max_tokens=200).choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "Rain."}
    said(chat([*WEATHER, message.model_dump(exclude_none=True), result]))


@row("image")
def _() -> None:
    response = litellm.image_generation("a fox", model=IMAGE_MODEL, size="auto")
    rows.check_image(rows.fetched(response.data[0].url), "JPEG", (1024, 1024))


@row("image-png")
def _() -> None:
    more = {"output_format": "png", "response_format": "b64_json"}
    (found,) = litellm.image_generation("a fox", model=IMAGE_MODEL, size="256x256", extra_body=more).data
    rows.check_image(base64.b64decode(found.b64_json), "PNG", (256, 256))


@row("image-edit")
def _() -> None:
    litellm.image_edit(image=BytesIO(b"\x89PNG\r\n\x1a\n"), prompt="a fox", model="openai/gpt-image-1")


for kind in ("mp3", "wav", "opus", "flac", "aac", "pcm"):

    @row(f"speech-{kind}")
    def _(kind: str = kind) -> None:
        model = "openai/openai/tts-1"
        found = litellm.speech(model=model, input="Hello there.", voice="alloy", response_format=kind)
        check_sound(found.content, kind)


@row("transcription")
def _() -> None:
    litellm.transcription(model="openai/openai/whisper-1", file=("a.wav", BytesIO(b"RIFF")))


@row("responses")
def _() -> None:
    litellm.responses("Hello.", model=f"openai/{MODEL}")


@row("embeddings")
def _() -> None:
    litellm.embedding(model="openai/openai/text-embedding-3-small", input=["fox"])


@row("moderations")
def _() -> None:
    litellm.moderation("fox", model="openai/omni-moderation-latest")


@row("wrong-key")
def _() -> None:
    rows.raises(litellm.AuthenticationError, lambda: chat(api_key="wrong"))


@row("unknown-model")
def _() -> None:
    chat(model="openai/gpt-99")


@row("retry")
def _() -> None:
    rows.fail_next("429;retry-after=0.01;times=2")
    said(chat(max_retries=2))


@row("rate-limit")
def _() -> None:
    rows.fail_next("429")
    rows.raises(litellm.RateLimitError, chat)


@row("server-error")
def _() -> None:
    rows.fail_next("500")
    rows.raises(litellm.InternalServerError, chat)


@row("timeout")
def _() -> None:
    rows.fail_next("stall")
    rows.raises(litellm.Timeout, lambda: chat(timeout=0.5))


@row("idempotency-key")
def _() -> None:
    key = {"Idempotency-Key": f"litellm-{MODEL}"}
    assert chat(extra_headers=key).id == chat(extra_headers=key).id != chat().id


if __name__ == "__main__":
    rows.run()
