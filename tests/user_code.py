"""Code as users write it. Never run: mypy and pyright hold the public types to it."""

import dataclasses
import io
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict, assert_type

import httpx
import numpy as np
import openai.types.chat as openai_chat
from ccapi_client import (
    CCAPI,
    AnswerError,
    AsyncCCAPI,
    AsyncEventStream,
    CCAPIError,
    JobFailedError,
    JobOutcome,
    JobTimeoutError,
    JobUpdate,
    MalformedResponseError,
    RequestResult,
    ResponseEvent,
    ResponseInfo,
    StreamError,
    Timeout,
    media,
    otel,
)
from ccapi_client.models import (
    ChatCompletionChunk,
    ChatCompletionMessage,
    ChatCompletionResponse,
    ChatMessage,
    ImageDatum,
    LegacyImageGenerationResponse,
    ModelSummary,
    MultimodalImageGenerationResponse,
    ParsedChatCompletion,
    VideoJob,
    VideoMetadata,
    VideoTask,
)
from pydantic import BaseModel


def videos(client: CCAPI) -> None:
    task = client.generate_video(prompt="a fox", duration=2, metadata={"style": "x"})
    assert_type(task, VideoTask)
    done = client.wait_for_video_job(task, timeout=60, on_update=lambda update: print(update.progress))
    assert_type(done, VideoJob)
    assert_type(client.generate_video_and_wait(prompt="a fox"), VideoJob)
    assert_type(client.save(done, "fox.mp4", max_bytes=10**10), Path)
    assert_type(client.download(done), bytes)
    assert_type(done.metadata, VideoMetadata | None)
    image = client.generate_images(contents=[{"text": "a fox"}])
    for outcome in client.wait_for_jobs([task, image]):
        assert_type(outcome.completed(), MultimodalImageGenerationResponse | VideoJob)


def images(client: CCAPI) -> None:
    job = client.generate_images(
        contents=[{"text": "a fox"}], parameters={"aspect_ratio": "16:9"}, extra_body={"style": "x"}
    )
    assert_type(job, MultimodalImageGenerationResponse)
    try:
        done = client.wait_for_image_job(job, timeout=60, on_update=lambda update: print(update.estimate))
    except JobFailedError as error:
        print(error.job.error.message, error.job.data)  # of any kind of job
        return
    assert_type(done.data[0].url, str | None)
    for picture in done.data:
        assert_type(picture, ImageDatum)
        assert_type(client.save(picture, "fox.png"), Path)
        assert_type(client.download(picture), bytes)
    assert_type(client.save(done, "pictures/"), list[Path])
    assert_type(client.download(done), list[bytes])
    assert_type(client.save(client.create_speech(model="a/b", input="hello"), "hello.mp3"), Path)
    media.image("fox.png", mask=b"", text="in winter")
    client.generate_images(contents=[media.text("a fox"), media.image(Path("fox.png"))])
    assert_type(client.create_image(prompt="a fox", response_format="url"), LegacyImageGenerationResponse)


async def many(client: AsyncCCAPI, sync: CCAPI) -> None:
    async for outcome in client.wait_for_image_jobs(["job-1"], concurrency=8):
        assert_type(outcome, JobOutcome[MultimodalImageGenerationResponse])
        assert_type(outcome.result, MultimodalImageGenerationResponse | None)
    async for update in client.watch_image_job("job-1"):
        assert_type(update, JobUpdate[MultimodalImageGenerationResponse])
        assert_type(update.progress, float | None)
    for each in sync.wait_for_image_jobs(sync.generate_images(contents=[{"text": str(n)}]) for n in range(9)):
        assert_type(each.error, CCAPIError | None)


def show(update: JobUpdate) -> None:
    """Of any kind of job."""
    print(update.job.status, update.progress)


async def at_once(client: AsyncCCAPI, sync: CCAPI) -> None:
    done = sync.generate_images_and_wait(contents="a fox", model="a/b", timeout=60, on_update=show)
    assert_type(done, MultimodalImageGenerationResponse)
    assert_type(await client.generate_images_and_wait(contents=media.text("a fox")), MultimodalImageGenerationResponse)
    sync.wait_for_image_job(done, progress=True)
    assert_type(
        await client.generate_images_and_wait(contents="a fox", progress=True), MultimodalImageGenerationResponse
    )
    for one in sync.wait_for_image_jobs(["job-1"], progress=True):
        assert_type(one.completed(), MultimodalImageGenerationResponse)
    client.wait_for_jobs([done], progress=True)
    sync.wait_for_image_job(done, progress="yes")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    for each in sync.wait_for_jobs([done, done.to_dict()]):
        assert_type(each.job_id, str)
        found: JobOutcome = each
        print(found.completed().status)
    async for other in client.wait_for_jobs([done]):
        print(other.completed().status)
    sync.wait_for_image_job(done, on_update=lambda update: print(update.job.data))
    sync.generate_images_and_wait(contents=3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    sync.generate_images_and_wait(contents="x", tiemout=3)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


async def chat(client: AsyncCCAPI) -> str:
    history: list[dict[str, str]] = [{"role": "system", "content": "Be brief."}]
    answer = await client.create_chat_completion(
        model="openai/gpt-4o-mini", messages=[*history, ChatMessage(role="user", content="Hi")]
    )
    assert_type(answer, ChatCompletionResponse)
    message = answer.choices[0].message
    assert_type(message, ChatCompletionMessage)
    text: str = message.content or ""
    print(answer.usage.total_tokens if answer.usage else 0, message.content_parts, message["content"])
    messages = [ChatMessage(role="user", content="Hi"), message]
    messages.append(answer.choices[0].message)
    await client.create_chat_completion(model="openai/gpt-4o-mini", messages=messages, stop=["."], seed=7)
    await client.create_chat_completion(messages=[message, {"role": "user", "content": "Why?"}], idempotency_key="a")
    return text


@dataclasses.dataclass
class River:
    name: str


class Point(TypedDict):
    x: int


class Message(BaseModel):
    role: str
    content: str


async def structured(client: CCAPI, asynchronous: AsyncCCAPI) -> None:
    answer = client.parse_chat_completion(messages=[], response_format=River, temperature=0)
    assert_type(answer, ParsedChatCompletion[River])
    assert_type(answer.parsed, River)
    assert_type(answer.choices[0].message.content, str | None)
    assert_type((await asynchronous.parse_chat_completion(messages=[], response_format=Point)).parsed, Point)
    assert_type((await asynchronous.parse_chat_completion(messages=[], response_format=Message)).parsed, Message)
    for call in answer.choices[0].message.tool_calls:
        assert call.function
        print(call.function.arguments_json()["city"])
    try:
        client.parse_chat_completion(messages=[], response_format=River)
    except AnswerError as error:
        assert_type(error.text, str)
        assert_type(error.completion, ChatCompletionResponse | None)
    client.parse_chat_completion(messages=[], response_format={})  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def of_other_libraries(
    client: CCAPI, message: ChatCompletionMessage, theirs: openai_chat.ChatCompletionMessage
) -> None:
    client.create_chat_completion(messages=[Message(role="user", content="hi"), theirs, message])
    client.create_chat_completion(messages=({"role": "user", "content": word} for word in "ab"), stop=iter("ab"))
    client.create_chat_completion(messages=[River("Po")], temperature=np.float64(0.5))
    with Path("a.png").open("rb") as file:
        client.generate_images(contents=(media.image(file), media.image(io.BytesIO(b""))), parameters=River("x"))
    job = client.generate_images(contents=[])
    assert_type(client.save(job.to_dict(), "~/pictures/"), list[Path])
    assert_type(client.download(job.to_dict()), list[bytes])
    client.create_chat_completion(messages=[3])  # type: ignore[list-item] # pyright: ignore[reportArgumentType]


async def streams(client: CCAPI, asynchronous: AsyncCCAPI) -> None:
    with client.stream_chat_completion(models=["a/b"], messages=[{"role": "user", "content": "Hi"}]) as stream:
        for chunk in stream:
            assert_type(chunk, ChatCompletionChunk)
        for text in stream.text():
            assert_type(text, str)
        assert_type(stream.final(), ChatCompletionResponse)
    async with asynchronous.stream_chat_completion(model="a/b", messages=[]) as opened:
        async for each in opened:
            assert_type(each, ChatCompletionChunk)
        assert_type(await opened.final(), ChatCompletionResponse)
    for model in client.iter_models(type="image", page_size=10):
        assert_type(model, ModelSummary)
    async for other in asynchronous.iter_models():
        assert_type(other, ModelSummary)
    assert_type(await asynchronous.save("https://x.example/a.png", Path("a.png")), Path)


async def responses(client: CCAPI, asynchronous: AsyncCCAPI) -> None:
    job = client.generate_images(contents=[{"text": "a fox"}])
    speech = client.create_speech(model="a/b", input="hello")
    chat = client.create_chat_completion(messages=[])
    for result in (job, speech, chat, client.list_models(), client.wait_for_image_job(job)):
        print(result.response.request_id, result.response.rate_limit.remaining)
    print((await asynchronous.list_providers()).response.elapsed, next(client.iter_models()).response.attempts)
    async with asynchronous.stream_chat_completion(messages=[]) as opened:
        print(opened.response.status_code + 1)
    request_id: str | None = job.response.request_id
    print(request_id, job.response.headers["date"], job.response.attempts + 1, job.response.elapsed / 2)
    info: ResponseInfo = job.response
    assert_type(info.request_id, str | None)
    assert_type(info.rate_limit.reset, float | None)
    with client.stream_chat_completion(messages=[]) as stream:
        print(stream.response.status_code + 1)
    try:
        client.list_models()
    except (StreamError, MalformedResponseError, JobTimeoutError) as error:
        assert_type(error.may_be_billed, bool)
    except CCAPIError as error:
        assert_type(error.response, ResponseInfo | None)
        assert_type(error.may_be_billed, bool)


def options_of_one_call(client: CCAPI) -> None:
    client.create_image(prompt="x", timeout=Timeout(total=9), idempotency_key="a", extra_query={"beta": True})
    client.list_models(timeout=3, extra_headers={"X-Trace": "a"})
    client.get_model("a/b", timeout=httpx.Timeout(3))
    for model in client.iter_models(timeout=3.5, extra_query={"tag": ["a", "b"]}):
        assert_type(model, ModelSummary)


async def the_way_around(client: CCAPI, asynchronous: AsyncCCAPI) -> None:
    result = client.request("POST", "/videos/x", json={"prompt": "a fox"}, params={"beta": True}, timeout=9)
    assert_type(result, RequestResult)
    assert_type(result.response, ResponseInfo)
    assert_type((await asynchronous.request("GET", "/videos/x")).response.request_id, str | None)
    with client.stream_request("POST", "/responses", json={"stream": True}) as stream:
        for event in stream:
            assert_type(event, dict[str, Any])
    async with asynchronous.stream_request("POST", "/responses") as opened:
        assert_type(opened, AsyncEventStream[dict[str, Any]])
        async for each in opened:
            assert_type(each, dict[str, Any])


def mistakes(client: CCAPI) -> None:
    client.stream_chat_completion(messages=[], stream=True)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    # Each of these is an error to both type checkers: an ignore that is not needed is one too.
    client.create_image(promt="x")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    client.create_image(prompt=3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.create_image(prompt="x", response_format="png")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.list_models(idempotency_key="a")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    client.list_models(timeout="3")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def set_up() -> None:
    def key() -> str:
        return "key-1"

    async def key_async() -> str:
        return "key-1"

    def on_response(event: ResponseEvent) -> None:
        assert_type(event.usage, Mapping[str, Any] | None)
        assert_type(event.elapsed, float)

    client = CCAPI(
        key, verify="ca.pem", cert=(Path("a.pem"), "b.pem", "secret"), proxy="http://h", on_response=on_response
    )
    asynchronous = AsyncCCAPI(key_async, verify=ssl.create_default_context(), cert="a.pem", proxy=None)
    AsyncCCAPI(key, verify=Path("ca.pem"), cert=("a.pem", "b.pem"))
    AsyncCCAPI(lambda: "key-1").with_options(api_key=key_async)
    CCAPI(verify=True)
    CCAPI(verify=False)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.with_options(api_key=key)
    client.with_options(api_key=key_async)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    CCAPI(key_async)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.with_options(verify="ca.pem")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    otel.instrument(client)
    otel.instrument(asynchronous)
