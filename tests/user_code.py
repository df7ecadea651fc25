"""Code as users write it. Never run: mypy and pyright hold the public types to it."""

from pathlib import Path
from typing import assert_type

from ccapi_client import CCAPI, AsyncCCAPI, CCAPIError, JobFailedError, JobOutcome, JobUpdate, media
from ccapi_client.models import (
    ChatCompletionChunk,
    ChatCompletionMessage,
    ChatCompletionResponse,
    ChatMessage,
    ImageDatum,
    LegacyImageGenerationResponse,
    ModelSummary,
    MultimodalImageGenerationResponse,
)


def images(client: CCAPI) -> None:
    job = client.generate_images(
        contents=[{"text": "a fox"}], parameters={"aspect_ratio": "16:9"}, extra_body={"style": "x"}
    )
    assert_type(job, MultimodalImageGenerationResponse)
    try:
        done = client.wait_for_image_job(job, timeout=60, on_update=lambda update: print(update.estimate))
    except JobFailedError as error:
        assert_type(error.job, MultimodalImageGenerationResponse)
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


def mistakes(client: CCAPI) -> None:
    client.stream_chat_completion(messages=[], stream=True)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    # Each of these is an error to both type checkers: an ignore that is not needed is one too.
    client.create_image(promt="x")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    client.create_image(prompt=3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.create_image(prompt="x", response_format="png")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
