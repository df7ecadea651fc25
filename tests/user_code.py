"""Code as users write it. Never run: mypy and pyright hold the public types to it."""

from pathlib import Path
from typing import assert_type

from ccapi_client import CCAPI, AsyncCCAPI, CCAPIError, JobFailedError, JobOutcome, JobUpdate
from ccapi_client.models import (
    ChatCompletionResponse,
    ChatMessage,
    ImageDatum,
    LegacyImageGenerationResponse,
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
    for picture in done.data or []:
        assert_type(picture, ImageDatum)
        assert_type(client.save(picture, "fox.png"), Path)
    assert_type(client.create_image(prompt="a fox", response_format="url"), LegacyImageGenerationResponse)


async def many(client: AsyncCCAPI, sync: CCAPI) -> None:
    async for outcome in client.wait_for_image_jobs(["job-1"], concurrency=8):
        assert_type(outcome, JobOutcome)
        assert_type(outcome.result, MultimodalImageGenerationResponse | None)
    async for update in client.watch_image_job("job-1"):
        assert_type(update, JobUpdate)
    for each in sync.wait_for_image_jobs(sync.generate_images(contents=[{"text": str(n)}]) for n in range(9)):
        assert_type(each.error, CCAPIError | None)


async def chat(client: AsyncCCAPI) -> str:
    history: list[dict[str, str]] = [{"role": "system", "content": "Be brief."}]
    answer = await client.create_chat_completion(
        model="openai/gpt-4o-mini", messages=[*history, ChatMessage(role="user", content="Hi")]
    )
    assert_type(answer, ChatCompletionResponse)
    content = answer.choices[0].message.content
    return content if isinstance(content, str) else ""


def mistakes(client: CCAPI) -> None:
    # Each of these is an error to both type checkers: an ignore that is not needed is one too.
    client.create_image(promt="x")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    client.create_image(prompt=3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.create_image(prompt="x", response_format="png")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
