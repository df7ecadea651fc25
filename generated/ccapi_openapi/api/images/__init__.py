"""The operations of the contract that are tagged `images`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from ... import models
from ...operations import (
    AnyObject,
    AsyncCaller,
    AsyncStream,
    Caller,
    HasSteps,
    JobContract,
    Operation,
    Parameter,
    Stream,
    StreamedOperation,
    T,
)


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
        job=JobContract(
            id="id",
            status="status",
            result="data",
            error="error",
            estimate="estimated_time",
            poll_url="poll_url",
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


@cache
def get_image_job_operation() -> Operation[models.MultimodalImageGenerationResponse]:
    """The operation behind `get_image_job`; its models are loaded when it is first called."""
    return Operation(
        name="get_image_job",
        method="GET",
        path="/images/jobs/{id}",
        parameters=(Parameter("id", "id", "path", str, True),),
        response=models.MultimodalImageGenerationResponse,
        job=JobContract(
            id="id",
            status="status",
            result="data",
            error="error",
            estimate="estimated_time",
            poll_url="poll_url",
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
            extra_headers: Headers to send, before those of the client.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; else as the
                client was set up.

        Returns:
            Finished pictures.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
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
            extra_headers: Headers to send, before those of the client.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; else as the
                client was set up.

        Returns:
            An image job, finished or still running.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
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
            extra_headers: Headers to send, before those of the client.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; else as the
                client was set up.

        Returns:
            An image job, finished or still running.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 404, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        return self._call(
            get_image_job_operation(),
            parameters={
                "id": id,
            },
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
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
            extra_headers: Headers to send, before those of the client.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; else as the
                client was set up.

        Returns:
            Finished pictures.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
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
            extra_headers: Headers to send, before those of the client.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; else as the
                client was set up.

        Returns:
            An image job, finished or still running.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
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
            extra_headers: Headers to send, before those of the client.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; else as the
                client was set up.

        Returns:
            An image job, finished or still running.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 404, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        return await self._call(
            get_image_job_operation(),
            parameters={
                "id": id,
            },
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )
