"""The operations of the contract that are tagged `video`."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from ... import models
from ...operations import (
    AnyObject,
    AsyncCaller,
    AsyncStream,
    Caller,
    HasSteps,
    JobContract,
    JobOperation,
    Operation,
    Parameter,
    Stream,
    StreamedOperation,
    T,
    as_list,
    with_secrets,
)

if TYPE_CHECKING:  # what a client gives; nothing of it is needed to call the operations by the generator's functions
    from ccapi_client import JobOutcome, JobOutcomes, JobUpdate, PollPolicy


@cache
def generate_video_operation() -> Operation[models.VideoTask]:
    """The operation behind `generate_video`; its models are loaded when it is first called."""
    return Operation(
        name="generate_video",
        method="POST",
        path="/video/generations",
        parameters=(Parameter("idempotency_key", "Idempotency-Key", "header", str, False),),
        body=models.VideoGenerationRequest,
        response=models.VideoTask,
        polled_by=get_video_job_operation,
    )


@cache
def get_video_job_operation() -> JobOperation[models.VideoJob]:
    """The operation behind `get_video_job`; its models are loaded when it is first called."""
    return JobOperation(
        name="get_video_job",
        method="GET",
        path="/video/generations/{task_id}",
        parameters=(Parameter("task_id", "task_id", "path", str, True),),
        response=models.VideoJob,
        job=JobContract(
            kind="video job",
            waited_for_by="wait_for_video_job",
            started_by="generate_video",
            parameter="task_id",
            ids=(
                (models.VideoJob, ("id",)),
                (models.VideoTask, ("task_id",)),
            ),
            id="id",
            is_list=False,
            status=("status",),
            result=("metadata", "url"),
            error=("error",),
            estimate=None,
            progress=("progress",),
            poll_url=None,
            completed=frozenset(
                {
                    "complete",
                    "completed",
                    "done",
                    "finish",
                    "finished",
                    "succeed",
                    "succeeded",
                    "success",
                    "successful",
                }
            ),
            failed=frozenset(
                {
                    "error",
                    "errored",
                    "expired",
                    "fail",
                    "failed",
                    "failure",
                    "refused",
                    "rejected",
                    "timed_out",
                    "timeout",
                    "unsuccessful",
                }
            ),
            cancelled=frozenset(
                {
                    "aborted",
                    "cancel",
                    "canceled",
                    "cancelled",
                }
            ),
            running=frozenset(
                {
                    "accepted",
                    "created",
                    "finalizing",
                    "generating",
                    "in_progress",
                    "in_queue",
                    "not_start",
                    "pending",
                    "preparing",
                    "processing",
                    "queued",
                    "queueing",
                    "retrying",
                    "running",
                    "scheduled",
                    "started",
                    "starting",
                    "submitted",
                    "waiting",
                    "working",
                }
            ),
        ),
    )


class VideoApi(Caller):
    """The operations tagged `video`, a method each."""

    def generate_video(
        self,
        *,
        prompt: str,
        model: str | None = None,
        image: str | None = None,
        duration: float | None = None,
        width: int | None = None,
        height: int | None = None,
        fps: int | None = None,
        seed: int | None = None,
        n: int | None = None,
        response_format: str | None = None,
        user: str | None = None,
        metadata: models.VideoOptions | AnyObject | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.VideoTask:
        """Generate a video.

        Makes a video from a text, or from a text and a picture. The response is a job: poll `get_video_job`
        until the status is final.

        Args:
            prompt: What the video shows.
            model: The model that makes it, as `provider/model`. Left out, the service decides.
            image: A picture to start from, its address or the picture itself in base64.
            duration: How long the video is, in seconds.
            width: The width, in pixels.
            height: The height, in pixels.
            fps: How many frames a second has.
            seed: The same seed and prompt give the same video, where the model can.
            n: How many videos to make.
            response_format: How the response has the video, for instance `url`.
            user: Who the video is for, as an id of yours.
            metadata: More about the video; what is understood depends on the provider.
            idempotency_key: A key of your own, the same for every attempt of one request. A service that
                honors it executes the request once. The service does not promise to honor it.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent
                as they are, without a check.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            A video job that has just been accepted.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return self._call(
            generate_video_operation(),
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "prompt": prompt,
                "model": model,
                "image": image,
                "duration": duration,
                "width": width,
                "height": height,
                "fps": fps,
                "seed": seed,
                "n": n,
                "response_format": response_format,
                "user": user,
                "metadata": metadata,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    def generate_video_and_wait(
        self,
        *,
        prompt: str,
        model: str | None = None,
        image: str | None = None,
        duration: float | None = None,
        width: int | None = None,
        height: int | None = None,
        fps: int | None = None,
        seed: int | None = None,
        n: int | None = None,
        response_format: str | None = None,
        user: str | None = None,
        metadata: models.VideoOptions | AnyObject | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        on_update: Callable[[JobUpdate[models.VideoJob]], object] | None = None,
        progress: bool = False,
    ) -> models.VideoJob:
        """Generate a video, and wait for the job.

        Makes a video from a text, or from a text and a picture. The response is a job: poll `get_video_job`
        until the status is final.

        Args:
            prompt: What the video shows.
            model: The model that makes it, as `provider/model`. Left out, the service decides.
            image: A picture to start from, its address or the picture itself in base64.
            duration: How long the video is, in seconds.
            width: The width, in pixels.
            height: The height, in pixels.
            fps: How many frames a second has.
            seed: The same seed and prompt give the same video, where the model can.
            n: How many videos to make.
            response_format: How the response has the video, for instance `url`.
            user: Who the video is for, as an id of yours.
            metadata: More about the video; what is understood depends on the provider.
            idempotency_key: A key of your own, the same for every attempt of one request. A service that
                honors it executes the request once. The service does not promise to honor it.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent
                as they are, without a check.
            extra_headers: Headers to send, in place of the client's headers of the same names. Only the
                request that starts the job has them, not the polls.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are. Only the request that starts the job has them, not the polls.
            timeout: How long to wait for the job, in seconds; by default the timeout of `poll`.
            poll: How often to poll; by default as the client was set up.
            on_update: Called with a `JobUpdate` when a poll shows another status or progress.
                If it raises an error, the wait ends with that error. The job keeps running, and you can wait for it again.
            progress: Whether to show the wait: as bars in a terminal or a notebook if rich is installed, otherwise as lines
                on standard error.

        Returns:
            The completed job; a response that is complete already is given at once.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
            JobFailedError: The job failed.
            JobCancelledError: The job was cancelled.
            JobTimeoutError: The job was still running at the deadline. You can wait for it again.
        """
        self._check_wait(timeout=timeout, poll=poll, on_update=on_update, progress=progress)
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        job = self._call(
            generate_video_operation(),
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "prompt": prompt,
                "model": model,
                "image": image,
                "duration": duration,
                "width": width,
                "height": height,
                "fps": fps,
                "seed": seed,
                "n": n,
                "response_format": response_format,
                "user": user,
                "metadata": metadata,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
        )
        return self._wait(
            get_video_job_operation(),
            job,
            timeout=timeout,
            poll=poll,
            on_update=on_update,
            progress=progress,
            is_billed=True,
        )

    def get_video_job(
        self,
        task_id: str,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.VideoJob:
        """Get a video job.

        The latest state of a job that `generate_video` started. `completed`, `failed` and `cancelled` are
        final, and so are the other words for them that `x-job` lists; with any other status, the job is
        still running. A completed job has the address of its file in `metadata.url`; one that is
        `completed` without it and with an error has failed.

        Args:
            task_id: The id of the job, as `generate_video` gave it.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            A video job, finished or still running.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 404, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return self._call(
            get_video_job_operation(),
            parameters={
                "task_id": task_id,
            },
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    def wait_for_video_job(
        self,
        job: models.VideoJob | models.VideoTask | Mapping[str, Any] | str,
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        on_update: Callable[[JobUpdate[models.VideoJob]], object] | None = None,
        progress: bool = False,
    ) -> models.VideoJob:
        """Waits until a video job is completed.

        If a poll fails for a reason that may pass (429, 5xx, no connection), the wait continues; so it does after a 404
        in the first five seconds. The last poll is sent shortly before the deadline: a tenth of the time, and at most
        a second. A job with an unknown status counts as running; the status is logged once. A status may go back. A
        completed job is returned even if its `metadata.url` is empty.

        Args:
            job: What `generate_video` returned, or the job's id. For a completed job, no request is sent.
            timeout: How long to wait for the job, in seconds; by default the timeout of `poll`.
            poll: How often to poll; by default as the client was set up.
            on_update: Called with a `JobUpdate` when a poll shows another status or progress.
                If it raises an error, the wait ends with that error. The job keeps running, and you can wait for it again.
            progress: Whether to show the wait: as bars in a terminal or a notebook if rich is installed, otherwise as lines
                on standard error.

        Returns:
            The completed job; its result is in `metadata.url`.

        Raises:
            JobFailedError: The job failed.
            JobCancelledError: The job was cancelled.
            JobTimeoutError: The job was still running at the deadline. You can wait for it again.
            MalformedResponseError: A response is about another job, or about no job.
            APIStatusError: The job can't be polled: 401, 402, 403, 404, or another status that will not pass.
        """
        return self._wait(
            get_video_job_operation(), job, timeout=timeout, poll=poll, on_update=on_update, progress=progress
        )

    def watch_video_job(
        self,
        job: models.VideoJob | models.VideoTask | Mapping[str, Any] | str,
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
    ) -> Iterator[JobUpdate[models.VideoJob]]:
        """Iterates over the states of a video job, as `JobUpdate`s; the last one is final.

        There is one for each poll that shows another status or progress. Arguments and errors are those of
        `wait_for_video_job`, with one difference: a job that failed or was cancelled raises no error. Its last
        state says how it ended.
        """
        return self._watch(get_video_job_operation(), job, timeout=timeout, poll=poll)

    def wait_for_video_jobs(
        self,
        jobs: Iterable[models.VideoJob | models.VideoTask | Mapping[str, Any] | str],
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        concurrency: int = 64,
        progress: bool = False,
    ) -> Iterator[JobOutcome[models.VideoJob]]:
        """Waits for many video jobs, and yields the outcome of each as soon as it is known.

        If a job fails, that is its outcome, and the others continue. When the service responds with 429, all polls
        slow down. If `on_response` or a callable `api_key` raises an error during a poll, only the wait for that job
        ends; the error is raised after the other jobs have finished.

        Args:
            jobs: What `generate_video` returned, or ids. It may be a generator that starts jobs.
                The next job is taken between two polls. If it raises an error, that is raised after the other jobs
                have finished.
            timeout: How long to wait for each job, in seconds, from the moment when it is taken; by default the
                timeout of `poll`.
            poll: How often to poll; by default as the client was set up.
            concurrency: How many requests `AsyncCCAPI` has in flight at most; this client has one.
            progress: Whether to show the wait: as bars in a terminal or a notebook if rich is installed, otherwise as lines
                on standard error.

        Returns:
            An iterator over a `JobOutcome` for each job. If you leave it early, the jobs keep running.

        Raises:
            InvalidRequestError: One of the items is not a job; raised after the others have finished.
        """
        return self._wait_for_many(
            get_video_job_operation(), jobs, timeout=timeout, poll=poll, concurrency=concurrency, progress=progress
        )


class AsyncVideoApi(AsyncCaller):
    """The operations tagged `video`, a method each."""

    async def generate_video(
        self,
        *,
        prompt: str,
        model: str | None = None,
        image: str | None = None,
        duration: float | None = None,
        width: int | None = None,
        height: int | None = None,
        fps: int | None = None,
        seed: int | None = None,
        n: int | None = None,
        response_format: str | None = None,
        user: str | None = None,
        metadata: models.VideoOptions | AnyObject | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.VideoTask:
        """Generate a video.

        Makes a video from a text, or from a text and a picture. The response is a job: poll `get_video_job`
        until the status is final.

        Args:
            prompt: What the video shows.
            model: The model that makes it, as `provider/model`. Left out, the service decides.
            image: A picture to start from, its address or the picture itself in base64.
            duration: How long the video is, in seconds.
            width: The width, in pixels.
            height: The height, in pixels.
            fps: How many frames a second has.
            seed: The same seed and prompt give the same video, where the model can.
            n: How many videos to make.
            response_format: How the response has the video, for instance `url`.
            user: Who the video is for, as an id of yours.
            metadata: More about the video; what is understood depends on the provider.
            idempotency_key: A key of your own, the same for every attempt of one request. A service that
                honors it executes the request once. The service does not promise to honor it.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent
                as they are, without a check.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            A video job that has just been accepted.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return await self._call(
            generate_video_operation(),
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "prompt": prompt,
                "model": model,
                "image": image,
                "duration": duration,
                "width": width,
                "height": height,
                "fps": fps,
                "seed": seed,
                "n": n,
                "response_format": response_format,
                "user": user,
                "metadata": metadata,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    async def generate_video_and_wait(
        self,
        *,
        prompt: str,
        model: str | None = None,
        image: str | None = None,
        duration: float | None = None,
        width: int | None = None,
        height: int | None = None,
        fps: int | None = None,
        seed: int | None = None,
        n: int | None = None,
        response_format: str | None = None,
        user: str | None = None,
        metadata: models.VideoOptions | AnyObject | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        on_update: Callable[[JobUpdate[models.VideoJob]], object] | None = None,
        progress: bool = False,
    ) -> models.VideoJob:
        """Generate a video, and wait for the job.

        Makes a video from a text, or from a text and a picture. The response is a job: poll `get_video_job`
        until the status is final.

        Args:
            prompt: What the video shows.
            model: The model that makes it, as `provider/model`. Left out, the service decides.
            image: A picture to start from, its address or the picture itself in base64.
            duration: How long the video is, in seconds.
            width: The width, in pixels.
            height: The height, in pixels.
            fps: How many frames a second has.
            seed: The same seed and prompt give the same video, where the model can.
            n: How many videos to make.
            response_format: How the response has the video, for instance `url`.
            user: Who the video is for, as an id of yours.
            metadata: More about the video; what is understood depends on the provider.
            idempotency_key: A key of your own, the same for every attempt of one request. A service that
                honors it executes the request once. The service does not promise to honor it.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent
                as they are, without a check.
            extra_headers: Headers to send, in place of the client's headers of the same names. Only the
                request that starts the job has them, not the polls.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are. Only the request that starts the job has them, not the polls.
            timeout: How long to wait for the job, in seconds; by default the timeout of `poll`.
            poll: How often to poll; by default as the client was set up.
            on_update: Called with a `JobUpdate` when a poll shows another status or progress.
                It may be a coroutine function. If it raises an error, the wait ends with that error. The job keeps
                running, and you can wait for it again.
            progress: Whether to show the wait: as bars in a terminal or a notebook if rich is installed, otherwise as lines
                on standard error.

        Returns:
            The completed job; a response that is complete already is given at once.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
            JobFailedError: The job failed.
            JobCancelledError: The job was cancelled.
            JobTimeoutError: The job was still running at the deadline. You can wait for it again.
        """
        self._check_wait(timeout=timeout, poll=poll, on_update=on_update, progress=progress)
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        job = await self._call(
            generate_video_operation(),
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "prompt": prompt,
                "model": model,
                "image": image,
                "duration": duration,
                "width": width,
                "height": height,
                "fps": fps,
                "seed": seed,
                "n": n,
                "response_format": response_format,
                "user": user,
                "metadata": metadata,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
        )
        return await self._wait(
            get_video_job_operation(),
            job,
            timeout=timeout,
            poll=poll,
            on_update=on_update,
            progress=progress,
            is_billed=True,
        )

    async def get_video_job(
        self,
        task_id: str,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.VideoJob:
        """Get a video job.

        The latest state of a job that `generate_video` started. `completed`, `failed` and `cancelled` are
        final, and so are the other words for them that `x-job` lists; with any other status, the job is
        still running. A completed job has the address of its file in `metadata.url`; one that is
        `completed` without it and with an error has failed.

        Args:
            task_id: The id of the job, as `generate_video` gave it.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            A video job, finished or still running.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 404, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return await self._call(
            get_video_job_operation(),
            parameters={
                "task_id": task_id,
            },
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    async def wait_for_video_job(
        self,
        job: models.VideoJob | models.VideoTask | Mapping[str, Any] | str,
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        on_update: Callable[[JobUpdate[models.VideoJob]], object] | None = None,
        progress: bool = False,
    ) -> models.VideoJob:
        """Waits until a video job is completed.

        If a poll fails for a reason that may pass (429, 5xx, no connection), the wait continues; so it does after a 404
        in the first five seconds. The last poll is sent shortly before the deadline: a tenth of the time, and at most
        a second. A job with an unknown status counts as running; the status is logged once. A status may go back. A
        completed job is returned even if its `metadata.url` is empty.

        Args:
            job: What `generate_video` returned, or the job's id. For a completed job, no request is sent.
            timeout: How long to wait for the job, in seconds; by default the timeout of `poll`.
            poll: How often to poll; by default as the client was set up.
            on_update: Called with a `JobUpdate` when a poll shows another status or progress.
                It may be a coroutine function. If it raises an error, the wait ends with that error. The job keeps
                running, and you can wait for it again.
            progress: Whether to show the wait: as bars in a terminal or a notebook if rich is installed, otherwise as lines
                on standard error.

        Returns:
            The completed job; its result is in `metadata.url`.

        Raises:
            JobFailedError: The job failed.
            JobCancelledError: The job was cancelled.
            JobTimeoutError: The job was still running at the deadline. You can wait for it again.
            MalformedResponseError: A response is about another job, or about no job.
            APIStatusError: The job can't be polled: 401, 402, 403, 404, or another status that will not pass.
        """
        return await self._wait(
            get_video_job_operation(), job, timeout=timeout, poll=poll, on_update=on_update, progress=progress
        )

    def watch_video_job(
        self,
        job: models.VideoJob | models.VideoTask | Mapping[str, Any] | str,
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
    ) -> AsyncIterator[JobUpdate[models.VideoJob]]:
        """Iterates over the states of a video job, as `JobUpdate`s; the last one is final.

        There is one for each poll that shows another status or progress. Arguments and errors are those of
        `wait_for_video_job`, with one difference: a job that failed or was cancelled raises no error. Its last
        state says how it ended.
        """
        return self._watch(get_video_job_operation(), job, timeout=timeout, poll=poll)

    def wait_for_video_jobs(
        self,
        jobs: Iterable[models.VideoJob | models.VideoTask | Mapping[str, Any] | str]
        | AsyncIterable[models.VideoJob | models.VideoTask | Mapping[str, Any] | str],
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        concurrency: int = 64,
        progress: bool = False,
    ) -> JobOutcomes[models.VideoJob]:
        """Waits for many video jobs, and yields the outcome of each as soon as it is known.

        If a job fails, that is its outcome, and the others continue. When the service responds with 429, all polls
        slow down. If `on_response` or a callable `api_key` raises an error during a poll, only the wait for that job
        ends; the error is raised after the other jobs have finished.

        Args:
            jobs: What `generate_video` returned, or ids. It may be a generator that starts jobs, an asynchronous one too.
                Jobs are taken from it during the wait for others. If it raises an error, that is raised after
                they have finished.
            timeout: How long to wait for each job, in seconds, from the moment when it is taken; by default the
                timeout of `poll`.
            poll: How often to poll; by default as the client was set up.
            concurrency: How many requests are in flight at most.
            progress: Whether to show the wait: as bars in a terminal or a notebook if rich is installed, otherwise as lines
                on standard error.

        Returns:
            An asynchronous iterator over a `JobOutcome` for each job. If you leave it early, the requests in flight
            are cancelled, and the jobs keep running.

        Raises:
            InvalidRequestError: One of the items is not a job; raised after the others have finished.
        """
        return self._wait_for_many(
            get_video_job_operation(), jobs, timeout=timeout, poll=poll, concurrency=concurrency, progress=progress
        )
