"""Videos: submitted, waited for, saved and decoded, by both clients against the sandbox."""

import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import av
import ccapi_sandbox
import httpx
import pytest
from ccapi_client import (
    CCAPI,
    AsyncCCAPI,
    InvalidRequestError,
    JobCancelledError,
    JobFailedError,
    JobTimeoutError,
    JobUpdate,
    NotFoundError,
)
from ccapi_client.models import MultimodalImageGenerationResponse, VideoJob, VideoTask
from ccapi_sandbox import Sandbox

from ..conftest import QUICK

SMALL: dict[str, Any] = {"prompt": "a fox", "duration": 0.5, "width": 64, "height": 48, "fps": 8}


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with ccapi_sandbox.running(job_seconds=0.3, strict=True, idempotency="replay") as running:
        yield running


@pytest.fixture
def client(server: Sandbox) -> Iterator[CCAPI]:
    server.reset()
    with CCAPI(server.api_key, base_url=server.base_url, poll=QUICK) as client:
        yield client


@pytest.fixture
async def async_client(server: Sandbox, anyio_backend: str) -> AsyncIterator[AsyncCCAPI]:
    server.reset()
    async with AsyncCCAPI(server.api_key, base_url=server.base_url, poll=QUICK) as client:
        yield client


def size_of(file: bytes) -> tuple[int, int, int]:
    """The width, the height and the number of frames."""
    with av.open(io.BytesIO(file), "r") as container:
        frames = list(container.decode(video=0))
    return frames[0].width, frames[0].height, len(frames)


def test_a_video_is_waited_for_and_saved(client: CCAPI, server: Sandbox, tmp_path: Path) -> None:
    started = client.generate_video(**SMALL)
    assert isinstance(started, VideoTask)
    assert (started.status, server.requests[-1].billed) == ("queued", 0.025)
    job = client.wait_for_video_job(started)
    assert (job.id, job.status, job.progress, job.seconds, job.size) == (
        started.task_id,
        "completed",
        100,
        "0.5",
        "64x48",
    )
    path = client.save(job, f"{tmp_path}/")
    assert path == tmp_path / f"{job.id}.mp4"
    assert size_of(path.read_bytes()) == (64, 48, 4)
    assert client.download(job) == path.read_bytes()
    assert client.save(job, tmp_path / "fox") == tmp_path / "fox.mp4"


def test_a_video_tells_how_far_it_is() -> None:
    updates: list[JobUpdate[VideoJob]] = []
    with (
        ccapi_sandbox.running(job_seconds=60) as own,
        CCAPI(own.api_key, base_url=own.base_url, poll=QUICK) as client,
    ):

        def update(found: JobUpdate[VideoJob]) -> None:
            updates.append(found)
            own.clock.advance(20)

        client.wait_for_video_job(client.generate_video(**SMALL), on_update=update)
    progress = [each.progress for each in updates if each.progress is not None]
    assert progress == sorted(progress)
    assert len(set(progress)) > 2


@pytest.mark.anyio
async def test_a_video_is_waited_for_and_saved_asynchronously(async_client: AsyncCCAPI, tmp_path: Path) -> None:
    job = await async_client.generate_video_and_wait(**SMALL)
    path = await async_client.save(job, tmp_path / "fox.mp4")
    assert size_of(await anyio.Path(path).read_bytes()) == (64, 48, 4)
    started = await async_client.generate_video(**SMALL)
    seen = [each async for each in async_client.watch_video_job(started.task_id)]
    assert (seen[-1].status, seen[-1].progress) == ("completed", 100)
    assert await async_client.download(seen[-1].job) == await anyio.Path(path).read_bytes()
    jobs = [await async_client.generate_video(**SMALL) for _ in range(3)]
    outcomes = [each async for each in async_client.wait_for_video_jobs(jobs)]
    assert {each.job_id for each in outcomes} == {each.task_id for each in jobs}


def kinds_of(outcomes: list[Any]) -> dict[str, type]:
    return {each.job_id: type(each.completed()) for each in outcomes}


def test_both_kinds_are_waited_for_at_once(client: CCAPI) -> None:
    image, video = client.generate_images(contents=[{"text": "a fox"}]), client.generate_video(**SMALL)
    kinds = {image.id: MultimodalImageGenerationResponse, video.task_id: VideoJob}
    assert kinds_of(list(client.wait_for_jobs([image, video]))) == kinds
    assert kinds_of(list(client.wait_for_jobs([image.to_dict(), video.to_dict()]))) == kinds
    with pytest.raises(InvalidRequestError, match="wait_for_image_jobs or wait_for_video_jobs"):
        list(client.wait_for_jobs([video.task_id]))  # type: ignore[list-item]
    with pytest.raises(InvalidRequestError, match="a response of generate_video"):
        client.wait_for_video_job(image)  # type: ignore[arg-type]


@pytest.mark.anyio
async def test_both_kinds_are_waited_for_at_once_asynchronously(async_client: AsyncCCAPI) -> None:
    image = await async_client.generate_images(contents=[{"text": "a fox"}])
    video = await async_client.generate_video(**SMALL)
    found = kinds_of([each async for each in async_client.wait_for_jobs([image, video])])
    assert found == {image.id: MultimodalImageGenerationResponse, video.task_id: VideoJob}


@pytest.mark.parametrize(
    ("fault", "error"),
    [("job-failed", JobFailedError), ("job-cancelled", JobCancelledError), ("job-never-ends", JobTimeoutError)],
)
def test_other_ends(client: CCAPI, server: Sandbox, fault: str, error: type[Exception], tmp_path: Path) -> None:
    server.fail_next(fault)
    started = client.generate_video(**SMALL)
    timeout = 3 if error is JobTimeoutError else 30  # for a poll at least; for the other ends, it is not waited for
    with pytest.raises(error, match=f"video job {started.task_id}") as caught:
        client.wait_for_video_job(started, timeout=timeout)
    job = caught.value.job  # type: ignore[attr-defined]
    assert isinstance(job, VideoJob)
    with pytest.raises(InvalidRequestError, match=r"it has no files: its status is .*wait_for_video_job"):
        client.save(job, tmp_path / "fox.mp4")
    if fault == "job-failed":
        assert str(caught.value).endswith("failed: The model kling/kling-v1 was made to fail.")
        assert server.requests[0].billed == 0


def test_a_wait_outlives_failed_polls(client: CCAPI, server: Sandbox) -> None:
    for fault in ("503", "429;retry-after=0", "extra-fields", "unknown-status"):
        started = client.generate_video(**SMALL)
        server.fail_next(fault)
        assert client.wait_for_video_job(started).id == started.task_id


def test_a_status_that_is_not_known_is_waited_for(client: CCAPI, server: Sandbox) -> None:
    server.fail_next("unknown-status")
    seen = [each.status for each in client.watch_video_job(client.generate_video(**SMALL))]
    assert (seen[0], seen[-1]) == ("waiting_for_provider", "completed")


def test_a_request_that_is_repeated_is_billed_once(client: CCAPI, server: Sandbox) -> None:
    first, second = (client.generate_video(**SMALL, idempotency_key="one") for _ in range(2))
    assert first == second
    assert [each.billed for each in server.requests] == [0.025, 0]


def test_a_job_that_is_not_there(client: CCAPI) -> None:
    image = client.generate_images(contents=[{"text": "a fox"}])
    for unknown in ("video-0", image.id):
        with pytest.raises(NotFoundError, match=f"no video job '{unknown}'"):
            client.get_video_job(unknown)


@pytest.mark.parametrize("document", [{"id": "v"}, {"task_id": "v"}, {"job_id": "v", "task_status": "Queued"}])
def test_other_names_of_the_fields(document: dict[str, str]) -> None:
    with CCAPI("key-1", transport=httpx.MockTransport(lambda request: httpx.Response(200, json=document))) as client:
        started, job = client.generate_video(prompt="a fox"), client.get_video_job("v")
    assert (started.task_id, started.status.lower()) == (job.id, job.status.lower()) == ("v", "queued")
