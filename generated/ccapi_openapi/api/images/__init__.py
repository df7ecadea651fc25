"""The operations of the contract that are tagged `images`."""

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
def create_image_operation() -> Operation[models.LegacyImageGenerationResponse]:
    """The operation behind `create_image`; its models are loaded when it is first called."""
    return Operation(
        name="create_image",
        method="POST",
        path="/images/generations",
        parameters=(Parameter("idempotency_key", "Idempotency-Key", "header", str, False),),
        body=models.LegacyImageGenerationRequest,
        response=models.LegacyImageGenerationResponse,
    )


@cache
def generate_images_operation() -> Operation[models.MultimodalImageGenerationResponse]:
    """The operation behind `generate_images`; its models are loaded when it is first called."""
    return Operation(
        name="generate_images",
        method="POST",
        path="/images/generate",
        parameters=(Parameter("idempotency_key", "Idempotency-Key", "header", str, False),),
        body=models.MultimodalImageGenerationRequest,
        response=models.MultimodalImageGenerationResponse,
        polled_by=get_image_job_operation,
    )


@cache
def get_image_job_operation() -> JobOperation[models.MultimodalImageGenerationResponse]:
    """The operation behind `get_image_job`; its models are loaded when it is first called."""
    return JobOperation(
        name="get_image_job",
        method="GET",
        path="/images/jobs/{id}",
        parameters=(Parameter("id", "id", "path", str, True),),
        response=models.MultimodalImageGenerationResponse,
        job=JobContract(
            kind="image job",
            waited_for_by="wait_for_image_job",
            started_by="generate_images",
            parameter="id",
            ids=((models.MultimodalImageGenerationResponse, ("id",)),),
            id="id",
            is_list=True,
            status=("status",),
            result=("data",),
            error=("error",),
            estimate=("estimated_time",),
            progress=None,
            poll_url=("poll_url",),
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


class ImagesApi(Caller):
    """The operations tagged `images`, a method each."""

    def create_image(
        self,
        *,
        prompt: str,
        model: str | None = None,
        n: int | None = None,
        size: str | None = None,
        quality: str | None = None,
        style: str | None = None,
        background: str | None = None,
        output_format: str | None = None,
        user: str | None = None,
        response_format: models.ResponseFormat | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.LegacyImageGenerationResponse:
        """Generate images (OpenAI-compatible).

        Takes the place of OpenAI's operation of the same path: a prompt in, finished pictures out, in one
        call. For pictures made from other pictures, and for jobs, use `generate_images`.

        Args:
            prompt: What the picture should show.
            model: The model to paint with, as `provider/model`. Left out, the service picks one.
            n: How many pictures to make, 1 or more; the model sets the upper bound. Left out, the service
                decides.
            size: Width and height in pixels, as `1024x1024`, or `auto`. Left out, the model decides.
            quality: How much effort to spend on an image, for instance `standard`, `hd`, `low`, `medium`,
                `high` or `auto`. Left out, the model decides.
            style: The style, for instance `vivid` or `natural`, where the model has styles.
            background: What is behind the subject, for instance `transparent`, `opaque` or `auto`.
            output_format: The format of the image file, for instance `png`, `jpeg` or `webp`. Left out, the
                model decides.
            user: A stable id of your own for the end user, to trace abuse.
            response_format: How to give a file: behind a link, or in base64 inside the response. Left out,
                the service decides.
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
            Finished pictures.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return self._call(
            create_image_operation(),
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "prompt": prompt,
                "model": model,
                "n": n,
                "size": size,
                "quality": quality,
                "style": style,
                "background": background,
                "output_format": output_format,
                "user": user,
                "response_format": response_format,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    def generate_images(
        self,
        *,
        contents: Iterable[models.MultimodalInputContent | AnyObject],
        model: str | None = None,
        parameters: models.MultimodalImageParameters | AnyObject | None = None,
        webhook_url: str | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.MultimodalImageGenerationResponse:
        """Generate images (multimodal contents API).

        Makes pictures from texts and pictures. Text alone gives text-to-image; a picture gives
        image-to-image; a picture with a mask gives inpainting; several pictures give a remix. From a
        synchronous provider the response is a 200 with the finished pictures. From an asynchronous one it
        is a 202 with a job: poll `get_image_job`, or `poll_url`, until the status is final.

        Args:
            contents: The texts and pictures to work from, 1 or more.
            model: The model to paint with, as `provider/model`. Left out, `imaginepro/nano-banana`.
            parameters: How to make the pictures.
            webhook_url: An address of yours; the service sends the job there when it has finished.
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
            An image job, finished or still running.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return self._call(
            generate_images_operation(),
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "contents": contents,
                "model": model,
                "parameters": parameters,
                "webhook_url": webhook_url,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    def generate_images_and_wait(
        self,
        *,
        contents: Iterable[models.MultimodalInputContent | AnyObject] | models.MultimodalInputContent | AnyObject | str,
        model: str | None = None,
        parameters: models.MultimodalImageParameters | AnyObject | None = None,
        webhook_url: str | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        on_update: Callable[[JobUpdate[models.MultimodalImageGenerationResponse]], object] | None = None,
        progress: bool = False,
    ) -> models.MultimodalImageGenerationResponse:
        """Generate images (multimodal contents API), and wait for the job.

        Makes pictures from texts and pictures. Text alone gives text-to-image; a picture gives
        image-to-image; a picture with a mask gives inpainting; several pictures give a remix. From a
        synchronous provider the response is a 200 with the finished pictures. From an asynchronous one it
        is a 202 with a job: poll `get_image_job`, or `poll_url`, until the status is final.

        Args:
            contents: The texts and pictures to work from, 1 or more.
            model: The model to paint with, as `provider/model`. Left out, `imaginepro/nano-banana`.
            parameters: How to make the pictures.
            webhook_url: An address of yours; the service sends the job there when it has finished.
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
            generate_images_operation(),
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "contents": as_list(contents, "text"),
                "model": model,
                "parameters": parameters,
                "webhook_url": webhook_url,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
        )
        return self._wait(
            get_image_job_operation(),
            job,
            timeout=timeout,
            poll=poll,
            on_update=on_update,
            progress=progress,
            is_billed=True,
        )

    def get_image_job(
        self,
        id: str,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.MultimodalImageGenerationResponse:
        """Get job status.

        The latest state of a job that `generate_images` started. `completed`, `failed` and `cancelled` are
        final, and so are the other words for them that `x-job` lists; with any other status, the job is
        still running. A job that is `completed` without pictures and with an error has failed.

        Args:
            id: The id of the job, as `generate_images` gave it.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            An image job, finished or still running.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 404, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return self._call(
            get_image_job_operation(),
            parameters={
                "id": id,
            },
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    def wait_for_image_job(
        self,
        job: models.MultimodalImageGenerationResponse | Mapping[str, Any] | str,
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        on_update: Callable[[JobUpdate[models.MultimodalImageGenerationResponse]], object] | None = None,
        progress: bool = False,
    ) -> models.MultimodalImageGenerationResponse:
        """Waits until an image job is completed.

        If a poll fails for a reason that may pass (429, 5xx, no connection), the wait continues; so it does after a 404
        in the first five seconds. The last poll is sent shortly before the deadline: a tenth of the time, and at most
        a second. A job with an unknown status counts as running; the status is logged once. A status may go back. A
        completed job is returned even if its `data` is empty.

        Args:
            job: What `generate_images` returned, or the job's id. For a completed job, no request is sent.
            timeout: How long to wait for the job, in seconds; by default the timeout of `poll`.
            poll: How often to poll; by default as the client was set up.
            on_update: Called with a `JobUpdate` when a poll shows another status or progress.
                If it raises an error, the wait ends with that error. The job keeps running, and you can wait for it again.
            progress: Whether to show the wait: as bars in a terminal or a notebook if rich is installed, otherwise as lines
                on standard error.

        Returns:
            The completed job; its result is in `data`.

        Raises:
            JobFailedError: The job failed.
            JobCancelledError: The job was cancelled.
            JobTimeoutError: The job was still running at the deadline. You can wait for it again.
            MalformedResponseError: A response is about another job, or about no job.
            APIStatusError: The job can't be polled: 401, 402, 403, 404, or another status that will not pass.
        """
        return self._wait(
            get_image_job_operation(), job, timeout=timeout, poll=poll, on_update=on_update, progress=progress
        )

    def watch_image_job(
        self,
        job: models.MultimodalImageGenerationResponse | Mapping[str, Any] | str,
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
    ) -> Iterator[JobUpdate[models.MultimodalImageGenerationResponse]]:
        """Iterates over the states of an image job, as `JobUpdate`s; the last one is final.

        There is one for each poll that shows another status or progress. Arguments and errors are those of
        `wait_for_image_job`, with one difference: a job that failed or was cancelled raises no error. Its last
        state says how it ended.
        """
        return self._watch(get_image_job_operation(), job, timeout=timeout, poll=poll)

    def wait_for_image_jobs(
        self,
        jobs: Iterable[models.MultimodalImageGenerationResponse | Mapping[str, Any] | str],
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        concurrency: int = 64,
        progress: bool = False,
    ) -> Iterator[JobOutcome[models.MultimodalImageGenerationResponse]]:
        """Waits for many image jobs, and yields the outcome of each as soon as it is known.

        If a job fails, that is its outcome, and the others continue. When the service responds with 429, all polls
        slow down. If `on_response` or a callable `api_key` raises an error during a poll, only the wait for that job
        ends; the error is raised after the other jobs have finished.

        Args:
            jobs: What `generate_images` returned, or ids. It may be a generator that starts jobs.
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
            get_image_job_operation(), jobs, timeout=timeout, poll=poll, concurrency=concurrency, progress=progress
        )


class AsyncImagesApi(AsyncCaller):
    """The operations tagged `images`, a method each."""

    async def create_image(
        self,
        *,
        prompt: str,
        model: str | None = None,
        n: int | None = None,
        size: str | None = None,
        quality: str | None = None,
        style: str | None = None,
        background: str | None = None,
        output_format: str | None = None,
        user: str | None = None,
        response_format: models.ResponseFormat | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.LegacyImageGenerationResponse:
        """Generate images (OpenAI-compatible).

        Takes the place of OpenAI's operation of the same path: a prompt in, finished pictures out, in one
        call. For pictures made from other pictures, and for jobs, use `generate_images`.

        Args:
            prompt: What the picture should show.
            model: The model to paint with, as `provider/model`. Left out, the service picks one.
            n: How many pictures to make, 1 or more; the model sets the upper bound. Left out, the service
                decides.
            size: Width and height in pixels, as `1024x1024`, or `auto`. Left out, the model decides.
            quality: How much effort to spend on an image, for instance `standard`, `hd`, `low`, `medium`,
                `high` or `auto`. Left out, the model decides.
            style: The style, for instance `vivid` or `natural`, where the model has styles.
            background: What is behind the subject, for instance `transparent`, `opaque` or `auto`.
            output_format: The format of the image file, for instance `png`, `jpeg` or `webp`. Left out, the
                model decides.
            user: A stable id of your own for the end user, to trace abuse.
            response_format: How to give a file: behind a link, or in base64 inside the response. Left out,
                the service decides.
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
            Finished pictures.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return await self._call(
            create_image_operation(),
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "prompt": prompt,
                "model": model,
                "n": n,
                "size": size,
                "quality": quality,
                "style": style,
                "background": background,
                "output_format": output_format,
                "user": user,
                "response_format": response_format,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    async def generate_images(
        self,
        *,
        contents: Iterable[models.MultimodalInputContent | AnyObject],
        model: str | None = None,
        parameters: models.MultimodalImageParameters | AnyObject | None = None,
        webhook_url: str | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.MultimodalImageGenerationResponse:
        """Generate images (multimodal contents API).

        Makes pictures from texts and pictures. Text alone gives text-to-image; a picture gives
        image-to-image; a picture with a mask gives inpainting; several pictures give a remix. From a
        synchronous provider the response is a 200 with the finished pictures. From an asynchronous one it
        is a 202 with a job: poll `get_image_job`, or `poll_url`, until the status is final.

        Args:
            contents: The texts and pictures to work from, 1 or more.
            model: The model to paint with, as `provider/model`. Left out, `imaginepro/nano-banana`.
            parameters: How to make the pictures.
            webhook_url: An address of yours; the service sends the job there when it has finished.
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
            An image job, finished or still running.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return await self._call(
            generate_images_operation(),
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "contents": contents,
                "model": model,
                "parameters": parameters,
                "webhook_url": webhook_url,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    async def generate_images_and_wait(
        self,
        *,
        contents: Iterable[models.MultimodalInputContent | AnyObject] | models.MultimodalInputContent | AnyObject | str,
        model: str | None = None,
        parameters: models.MultimodalImageParameters | AnyObject | None = None,
        webhook_url: str | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        on_update: Callable[[JobUpdate[models.MultimodalImageGenerationResponse]], object] | None = None,
        progress: bool = False,
    ) -> models.MultimodalImageGenerationResponse:
        """Generate images (multimodal contents API), and wait for the job.

        Makes pictures from texts and pictures. Text alone gives text-to-image; a picture gives
        image-to-image; a picture with a mask gives inpainting; several pictures give a remix. From a
        synchronous provider the response is a 200 with the finished pictures. From an asynchronous one it
        is a 202 with a job: poll `get_image_job`, or `poll_url`, until the status is final.

        Args:
            contents: The texts and pictures to work from, 1 or more.
            model: The model to paint with, as `provider/model`. Left out, `imaginepro/nano-banana`.
            parameters: How to make the pictures.
            webhook_url: An address of yours; the service sends the job there when it has finished.
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
            generate_images_operation(),
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "contents": as_list(contents, "text"),
                "model": model,
                "parameters": parameters,
                "webhook_url": webhook_url,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
        )
        return await self._wait(
            get_image_job_operation(),
            job,
            timeout=timeout,
            poll=poll,
            on_update=on_update,
            progress=progress,
            is_billed=True,
        )

    async def get_image_job(
        self,
        id: str,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.MultimodalImageGenerationResponse:
        """Get job status.

        The latest state of a job that `generate_images` started. `completed`, `failed` and `cancelled` are
        final, and so are the other words for them that `x-job` lists; with any other status, the job is
        still running. A job that is `completed` without pictures and with an error has failed.

        Args:
            id: The id of the job, as `generate_images` gave it.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            An image job, finished or still running.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 404, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return await self._call(
            get_image_job_operation(),
            parameters={
                "id": id,
            },
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    async def wait_for_image_job(
        self,
        job: models.MultimodalImageGenerationResponse | Mapping[str, Any] | str,
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        on_update: Callable[[JobUpdate[models.MultimodalImageGenerationResponse]], object] | None = None,
        progress: bool = False,
    ) -> models.MultimodalImageGenerationResponse:
        """Waits until an image job is completed.

        If a poll fails for a reason that may pass (429, 5xx, no connection), the wait continues; so it does after a 404
        in the first five seconds. The last poll is sent shortly before the deadline: a tenth of the time, and at most
        a second. A job with an unknown status counts as running; the status is logged once. A status may go back. A
        completed job is returned even if its `data` is empty.

        Args:
            job: What `generate_images` returned, or the job's id. For a completed job, no request is sent.
            timeout: How long to wait for the job, in seconds; by default the timeout of `poll`.
            poll: How often to poll; by default as the client was set up.
            on_update: Called with a `JobUpdate` when a poll shows another status or progress.
                It may be a coroutine function. If it raises an error, the wait ends with that error. The job keeps
                running, and you can wait for it again.
            progress: Whether to show the wait: as bars in a terminal or a notebook if rich is installed, otherwise as lines
                on standard error.

        Returns:
            The completed job; its result is in `data`.

        Raises:
            JobFailedError: The job failed.
            JobCancelledError: The job was cancelled.
            JobTimeoutError: The job was still running at the deadline. You can wait for it again.
            MalformedResponseError: A response is about another job, or about no job.
            APIStatusError: The job can't be polled: 401, 402, 403, 404, or another status that will not pass.
        """
        return await self._wait(
            get_image_job_operation(), job, timeout=timeout, poll=poll, on_update=on_update, progress=progress
        )

    def watch_image_job(
        self,
        job: models.MultimodalImageGenerationResponse | Mapping[str, Any] | str,
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
    ) -> AsyncIterator[JobUpdate[models.MultimodalImageGenerationResponse]]:
        """Iterates over the states of an image job, as `JobUpdate`s; the last one is final.

        There is one for each poll that shows another status or progress. Arguments and errors are those of
        `wait_for_image_job`, with one difference: a job that failed or was cancelled raises no error. Its last
        state says how it ended.
        """
        return self._watch(get_image_job_operation(), job, timeout=timeout, poll=poll)

    def wait_for_image_jobs(
        self,
        jobs: Iterable[models.MultimodalImageGenerationResponse | Mapping[str, Any] | str]
        | AsyncIterable[models.MultimodalImageGenerationResponse | Mapping[str, Any] | str],
        *,
        timeout: float | None = None,
        poll: PollPolicy | None = None,
        concurrency: int = 64,
        progress: bool = False,
    ) -> JobOutcomes[models.MultimodalImageGenerationResponse]:
        """Waits for many image jobs, and yields the outcome of each as soon as it is known.

        If a job fails, that is its outcome, and the others continue. When the service responds with 429, all polls
        slow down. If `on_response` or a callable `api_key` raises an error during a poll, only the wait for that job
        ends; the error is raised after the other jobs have finished.

        Args:
            jobs: What `generate_images` returned, or ids. It may be a generator that starts jobs, an asynchronous one too.
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
            get_image_job_operation(), jobs, timeout=timeout, poll=poll, concurrency=concurrency, progress=progress
        )
