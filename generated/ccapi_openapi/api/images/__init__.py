"""The operations of the contract that are tagged `images`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from ... import models
from ...types import (
    AsyncCaller,
    AsyncStream,
    Caller,
    Operation,
    Stream,
    StreamedOperation,
)


@cache
def create_image_operation() -> Operation[models.LegacyImageGenerationResponse]:
    """The operation behind `create_image`; its models are loaded as it is first called."""
    from . import create_image as module

    return Operation(
        get_kwargs=module._get_kwargs,
        body=models.LegacyImageGenerationRequest,
        response=models.LegacyImageGenerationResponse,
    )


@cache
def generate_images_operation() -> Operation[models.MultimodalImageGenerationResponse]:
    """The operation behind `generate_images`; its models are loaded as it is first called."""
    from . import generate_images as module

    return Operation(
        get_kwargs=module._get_kwargs,
        body=models.MultimodalImageGenerationRequest,
        response=models.MultimodalImageGenerationResponse,
    )


@cache
def get_image_job_operation() -> Operation[models.MultimodalImageGenerationResponse]:
    """The operation behind `get_image_job`; its models are loaded as it is first called."""
    from . import get_image_job as module

    return Operation(
        get_kwargs=module._get_kwargs,
        body=None,
        response=models.MultimodalImageGenerationResponse,
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
        response_format: models.ResponseFormat | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> models.LegacyImageGenerationResponse:
        """Generate images (OpenAI-compatible).

        Takes the place of OpenAI's operation of the same path: a prompt in, finished pictures out, in one
        call. For pictures made from other pictures, and for jobs, use `generate_images`.

        Args:
            prompt: What the picture should show.
            model: The model to paint with, as `provider/model`. Left out, the service picks one.
            n: How many pictures to make, 1 or more; the model sets the upper bound. Left out, the service
                decides.
            size: Width and height in pixels, as `1024x1024`. Left out, the model decides.
            response_format: How to give a file: behind a link, or in base64 inside the answer. Left out,
                `url` for `generate_images`, and what the service decides elsewhere. That `b64_json` is one, and
                `url` for `create_image`, is not confirmed by the published reference.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent as
                they are, without a check.

        Returns:
            Finished pictures.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return self._call(
            create_image_operation(),
            body={
                "prompt": prompt,
                "model": model,
                "n": n,
                "size": size,
                "response_format": response_format,
            },
            extra_body=extra_body,
        )

    def generate_images(
        self,
        *,
        contents: Sequence[models.MultimodalInputContent | Mapping[str, Any]],
        model: str | None = None,
        parameters: models.MultimodalImageParameters | Mapping[str, Any] | None = None,
        webhook_url: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> models.MultimodalImageGenerationResponse:
        """Generate images (multimodal contents API).

        Makes pictures from texts and pictures. Text alone gives text-to-image; a picture gives
        image-to-image; a picture with a mask gives inpainting; several pictures give a remix. A synchronous
        provider answers 200 with the finished pictures. An asynchronous one answers 202 with a job: ask
        `get_image_job`, at `poll_url`, until its status is final.

        Args:
            contents: The texts and pictures to work from, 1 or more.
            model: The model to paint with, as `provider/model`. Left out, `imaginepro/nano-banana`.
            parameters: How to make the pictures.
            webhook_url: An address of yours that is told when the job has ended.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent as
                they are, without a check.

        Returns:
            An image job, finished or on its way.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return self._call(
            generate_images_operation(),
            body={
                "contents": contents,
                "model": model,
                "parameters": parameters,
                "webhook_url": webhook_url,
            },
            extra_body=extra_body,
        )

    def get_image_job(
        self,
        id: str,
    ) -> models.MultimodalImageGenerationResponse:
        """Get job status.

        The latest state of a job that `generate_images` started. A status of `completed`, `failed` or
        `cancelled` is final; `pending`, `processing` and any status that is not listed mean that the job
        goes on.

        Args:
            id: The id of the job, as `generate_images` gave it.

        Returns:
            An image job, finished or on its way.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 404, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return self._call(
            get_image_job_operation(),
            parameters={
                "id": id,
            },
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
        response_format: models.ResponseFormat | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> models.LegacyImageGenerationResponse:
        """Generate images (OpenAI-compatible).

        Takes the place of OpenAI's operation of the same path: a prompt in, finished pictures out, in one
        call. For pictures made from other pictures, and for jobs, use `generate_images`.

        Args:
            prompt: What the picture should show.
            model: The model to paint with, as `provider/model`. Left out, the service picks one.
            n: How many pictures to make, 1 or more; the model sets the upper bound. Left out, the service
                decides.
            size: Width and height in pixels, as `1024x1024`. Left out, the model decides.
            response_format: How to give a file: behind a link, or in base64 inside the answer. Left out,
                `url` for `generate_images`, and what the service decides elsewhere. That `b64_json` is one, and
                `url` for `create_image`, is not confirmed by the published reference.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent as
                they are, without a check.

        Returns:
            Finished pictures.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return await self._call(
            create_image_operation(),
            body={
                "prompt": prompt,
                "model": model,
                "n": n,
                "size": size,
                "response_format": response_format,
            },
            extra_body=extra_body,
        )

    async def generate_images(
        self,
        *,
        contents: Sequence[models.MultimodalInputContent | Mapping[str, Any]],
        model: str | None = None,
        parameters: models.MultimodalImageParameters | Mapping[str, Any] | None = None,
        webhook_url: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> models.MultimodalImageGenerationResponse:
        """Generate images (multimodal contents API).

        Makes pictures from texts and pictures. Text alone gives text-to-image; a picture gives
        image-to-image; a picture with a mask gives inpainting; several pictures give a remix. A synchronous
        provider answers 200 with the finished pictures. An asynchronous one answers 202 with a job: ask
        `get_image_job`, at `poll_url`, until its status is final.

        Args:
            contents: The texts and pictures to work from, 1 or more.
            model: The model to paint with, as `provider/model`. Left out, `imaginepro/nano-banana`.
            parameters: How to make the pictures.
            webhook_url: An address of yours that is told when the job has ended.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent as
                they are, without a check.

        Returns:
            An image job, finished or on its way.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return await self._call(
            generate_images_operation(),
            body={
                "contents": contents,
                "model": model,
                "parameters": parameters,
                "webhook_url": webhook_url,
            },
            extra_body=extra_body,
        )

    async def get_image_job(
        self,
        id: str,
    ) -> models.MultimodalImageGenerationResponse:
        """Get job status.

        The latest state of a job that `generate_images` started. A status of `completed`, `failed` or
        `cancelled` is final; `pending`, `processing` and any status that is not listed mean that the job
        goes on.

        Args:
            id: The id of the job, as `generate_images` gave it.

        Returns:
            An image job, finished or on its way.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 404, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return await self._call(
            get_image_job_operation(),
            parameters={
                "id": id,
            },
        )
