"""The operations of the contract that are tagged `audio`."""

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
def create_speech_operation() -> Operation[models.AudioSpeechResponse]:
    """The operation behind `create_speech`; its models are loaded as it is first called."""
    from . import create_speech as module

    return Operation(
        get_kwargs=module._get_kwargs,
        body=models.AudioSpeechRequest,
        response=models.AudioSpeechResponse,
    )


class AudioApi(Caller):
    """The operations tagged `audio`, a method each."""

    def create_speech(
        self,
        *,
        model: str,
        input: str,
        voice: str | None = None,
        output_format: models.AudioFormat | None = None,
        response_format: models.ResponseFormat | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> models.AudioSpeechResponse:
        """Convert text to speech.

        Speaks a text and gives an audio file, as a link or inside the answer. An upstream that is
        compatible with OpenAI may answer with the bytes of the audio file themselves, under a content type
        `audio/…`: clients have to cope with that.

        Args:
            model: The model to speak with, as `provider/model`.
            input: The text to speak.
            voice: The name of the voice; which there are depends on the model.
            output_format: The format of the audio file. Left out, the model decides.
            response_format: How to give a file: behind a link, or in base64 inside the answer. Left out,
                `url` for `generate_images`, and what the service decides elsewhere. That `b64_json` is one, and
                `url` for `create_image`, is not confirmed by the published reference.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent as
                they are, without a check.

        Returns:
            Speech as an audio file. Its fields are not confirmed by the published reference.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return self._call(
            create_speech_operation(),
            body={
                "model": model,
                "input": input,
                "voice": voice,
                "output_format": output_format,
                "response_format": response_format,
            },
            extra_body=extra_body,
        )


class AsyncAudioApi(AsyncCaller):
    """The operations tagged `audio`, a method each."""

    async def create_speech(
        self,
        *,
        model: str,
        input: str,
        voice: str | None = None,
        output_format: models.AudioFormat | None = None,
        response_format: models.ResponseFormat | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> models.AudioSpeechResponse:
        """Convert text to speech.

        Speaks a text and gives an audio file, as a link or inside the answer. An upstream that is
        compatible with OpenAI may answer with the bytes of the audio file themselves, under a content type
        `audio/…`: clients have to cope with that.

        Args:
            model: The model to speak with, as `provider/model`.
            input: The text to speak.
            voice: The name of the voice; which there are depends on the model.
            output_format: The format of the audio file. Left out, the model decides.
            response_format: How to give a file: behind a link, or in base64 inside the answer. Left out,
                `url` for `generate_images`, and what the service decides elsewhere. That `b64_json` is one, and
                `url` for `create_image`, is not confirmed by the published reference.
            extra_body: Fields that the contract does not list, or other values for those that it does; sent as
                they are, without a check.

        Returns:
            Speech as an audio file. Its fields are not confirmed by the published reference.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return await self._call(
            create_speech_operation(),
            body={
                "model": model,
                "input": input,
                "voice": voice,
                "output_format": output_format,
                "response_format": response_format,
            },
            extra_body=extra_body,
        )
