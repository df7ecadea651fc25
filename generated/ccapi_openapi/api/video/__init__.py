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
            extra_headers: Headers to send, before those of the client.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; else as the
                client was set up. A number leaves the client's `total` as it is.

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
            extra_headers: Headers to send, before those of the client. Those of the request that starts the
                job; polls are without.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are. Those of the request that starts the job; polls are without.
            timeout: How long to wait for the job, in seconds; else as `poll` says.
            poll: How often to poll; else as the client was set up.
            on_update: Called with a `JobUpdate` once for each change of the job's status or progress that a poll sees.
                What it raises ends the wait; the job keeps running, and can be waited for again.
            progress: Whether to show how the wait goes on: as bars in a terminal or a notebook, where rich is installed; else as
                lines on standard error.

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
            JobTimeoutError: The job was still running at the deadline. It can be waited for again.
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
            extra_headers: Headers to send, before those of the client.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; else as the
                client was set up. A number leaves the client's `total` as it is.

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

        A poll that fails for a reason that may pass (429, 5xx, no connection) does not end the wait; nor does a 404
        for five seconds. The last poll is sent a tenth of the time, at most a second, before the deadline. A status
        that is not known is waited for, and logged once. A status may go back. A job that is completed is returned with
        the `metadata.url` that it has, even none.

        Args:
            job: What `generate_video` gave, or the job's id. One that is completed already costs no request.
            timeout: How long to wait for the job, in seconds; else as `poll` says.
            poll: How often to poll; else as the client was set up.
            on_update: Called with a `JobUpdate` once for each change of the job's status or progress that a poll sees.
                What it raises ends the wait; the job keeps running, and can be waited for again.
            progress: Whether to show how the wait goes on: as bars in a terminal or a notebook, where rich is installed; else as
                lines on standard error.

        Returns:
            The completed job; its result is in `metadata.url`.

        Raises:
            JobFailedError: The job failed.
            JobCancelledError: The job was cancelled.
            JobTimeoutError: The job was still running at the deadline. It can be waited for again.
            MalformedResponseError: A response is about another job, or about none.
            APIStatusError: The job can't be polled: 401, 402, 403, 404 and others that would not pass.
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
        """Iterates over the states of a video job, as `JobUpdate`s, the last one final.

        There is one for each change of its status or progress that a poll sees. Arguments and errors are those of
        `wait_for_video_job`, except that a job that failed or was cancelled raises nothing: its last state
        says so.
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
        """Waits for many video jobs, and gives the outcome of each as soon as it is known.

        A job that fails is an outcome and stops no other. When the service responds with 429, all polls slow down.
        What `on_response` or a callable `api_key` raises during a poll ends the wait for that job alone, and is raised
        once the others have finished.

        Args:
            jobs: What `generate_video` gave, or ids. It may be a generator that starts jobs.
                The next one is taken between two polls of those there are. What it raises is raised once they have
                finished.
            timeout: How long to wait for each job, in seconds, from when it was taken; else as `poll` says.
            poll: How often to poll; else as the client was set up.
            concurrency: How many requests `AsyncCCAPI` has in flight at most; this client has one.
            progress: Whether to show how the wait goes on: as bars in a terminal or a notebook, where rich is installed; else as
                lines on standard error.

        Returns:
            An iterator over a `JobOutcome` for each job. Leaving it early leaves the jobs as they are.

        Raises:
            InvalidRequestError: One of the jobs is none; raised once the others have finished.
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
            extra_headers: Headers to send, before those of the client.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; else as the
                client was set up. A number leaves the client's `total` as it is.

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
            extra_headers: Headers to send, before those of the client. Those of the request that starts the
                job; polls are without.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are. Those of the request that starts the job; polls are without.
            timeout: How long to wait for the job, in seconds; else as `poll` says.
            poll: How often to poll; else as the client was set up.
            on_update: Called with a `JobUpdate` once for each change of the job's status or progress that a poll sees.
                It may be a coroutine function. What it raises ends the wait; the job keeps running, and can be waited
                for again.
            progress: Whether to show how the wait goes on: as bars in a terminal or a notebook, where rich is installed; else as
                lines on standard error.

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
            JobTimeoutError: The job was still running at the deadline. It can be waited for again.
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
            extra_headers: Headers to send, before those of the client.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; else as the
                client was set up. A number leaves the client's `total` as it is.

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

        A poll that fails for a reason that may pass (429, 5xx, no connection) does not end the wait; nor does a 404
        for five seconds. The last poll is sent a tenth of the time, at most a second, before the deadline. A status
        that is not known is waited for, and logged once. A status may go back. A job that is completed is returned with
        the `metadata.url` that it has, even none.

        Args:
            job: What `generate_video` gave, or the job's id. One that is completed already costs no request.
            timeout: How long to wait for the job, in seconds; else as `poll` says.
            poll: How often to poll; else as the client was set up.
            on_update: Called with a `JobUpdate` once for each change of the job's status or progress that a poll sees.
                It may be a coroutine function. What it raises ends the wait; the job keeps running, and can be waited
                for again.
            progress: Whether to show how the wait goes on: as bars in a terminal or a notebook, where rich is installed; else as
                lines on standard error.

        Returns:
            The completed job; its result is in `metadata.url`.

        Raises:
            JobFailedError: The job failed.
            JobCancelledError: The job was cancelled.
            JobTimeoutError: The job was still running at the deadline. It can be waited for again.
            MalformedResponseError: A response is about another job, or about none.
            APIStatusError: The job can't be polled: 401, 402, 403, 404 and others that would not pass.
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
        """Iterates over the states of a video job, as `JobUpdate`s, the last one final.

        There is one for each change of its status or progress that a poll sees. Arguments and errors are those of
        `wait_for_video_job`, except that a job that failed or was cancelled raises nothing: its last state
        says so.
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
        """Waits for many video jobs, and gives the outcome of each as soon as it is known.

        A job that fails is an outcome and stops no other. When the service responds with 429, all polls slow down.
        What `on_response` or a callable `api_key` raises during a poll ends the wait for that job alone, and is raised
        once the others have finished.

        Args:
            jobs: What `generate_video` gave, or ids. It may be a generator that starts jobs, an asynchronous one too.
                Jobs are taken from it while others are waited for. What it raises is raised once they have finished.
            timeout: How long to wait for each job, in seconds, from when it was taken; else as `poll` says.
            poll: How often to poll; else as the client was set up.
            concurrency: How many requests are in flight at most.
            progress: Whether to show how the wait goes on: as bars in a terminal or a notebook, where rich is installed; else as
                lines on standard error.

        Returns:
            An asynchronous iterator over a `JobOutcome` for each job. Leaving it early cancels the requests in
            flight and leaves the jobs as they are.

        Raises:
            InvalidRequestError: One of the jobs is none; raised once the others have finished.
        """
        return self._wait_for_many(
            get_video_job_operation(), jobs, timeout=timeout, poll=poll, concurrency=concurrency, progress=progress
        )
