"""The operations of the contract that are tagged `audio`."""

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
    Operation,
    Parameter,
    Stream,
    StreamedOperation,
    T,
    with_secrets,
)


@cache
def create_speech_operation() -> Operation[models.AudioSpeechResponse]:
    """The operation behind `create_speech`; its models are loaded when it is first called."""
    return Operation(
        name="create_speech",
        method="POST",
        path="/audio/speech",
        parameters=(Parameter("idempotency_key", "Idempotency-Key", "header", str, False),),
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
        response_format: models.SpeechResponseFormat | str | None = None,
        speed: float | None = None,
        instructions: str | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.AudioSpeechResponse:
        """Convert text to speech.

        Speaks a text and gives an audio file: as a link, or in base64 inside the response. With the name of
        an audio format as `response_format`, or from an upstream that is compatible with OpenAI, the
        response is the audio file itself, under a media type `audio/...`. Without `response_format`, a
        client that accepts sound or `application/octet-stream` alone gets the audio file itself too, as
        OpenAI's clients expect.

        Args:
            model: The model, as `provider/model`.
            input: The text to speak.
            voice: The name of the voice; the voices depend on the model.
            output_format: The format of the audio file. Left out, the model decides.
            response_format: How to give the audio file: `url` for a link, `b64_json` for base64 inside the
                JSON response. OpenAI's meaning is taken too: the name of an audio format gives the file itself,
                under its media type. Left out, the header `Accept` decides: `audio/*` or
                `application/octet-stream` for the file itself, else JSON.
            speed: How fast to speak, 0.25 to 4; 1 is the voice's own pace. Left out, 1.
            instructions: How to speak, in words, where the model takes it.
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
            Speech as an audio file.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return self._call(
            create_speech_operation(),
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "model": model,
                "input": input,
                "voice": voice,
                "output_format": output_format,
                "response_format": response_format,
                "speed": speed,
                "instructions": instructions,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
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
        response_format: models.SpeechResponseFormat | str | None = None,
        speed: float | None = None,
        instructions: str | None = None,
        idempotency_key: str | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.AudioSpeechResponse:
        """Convert text to speech.

        Speaks a text and gives an audio file: as a link, or in base64 inside the response. With the name of
        an audio format as `response_format`, or from an upstream that is compatible with OpenAI, the
        response is the audio file itself, under a media type `audio/...`. Without `response_format`, a
        client that accepts sound or `application/octet-stream` alone gets the audio file itself too, as
        OpenAI's clients expect.

        Args:
            model: The model, as `provider/model`.
            input: The text to speak.
            voice: The name of the voice; the voices depend on the model.
            output_format: The format of the audio file. Left out, the model decides.
            response_format: How to give the audio file: `url` for a link, `b64_json` for base64 inside the
                JSON response. OpenAI's meaning is taken too: the name of an audio format gives the file itself,
                under its media type. Left out, the header `Accept` decides: `audio/*` or
                `application/octet-stream` for the file itself, else JSON.
            speed: How fast to speak, 0.25 to 4; 1 is the voice's own pace. Left out, 1.
            instructions: How to speak, in words, where the model takes it.
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
            Speech as an audio file.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return await self._call(
            create_speech_operation(),
            parameters={
                "idempotency_key": idempotency_key,
            },
            body={
                "model": model,
                "input": input,
                "voice": voice,
                "output_format": output_format,
                "response_format": response_format,
                "speed": speed,
                "instructions": instructions,
            },
            extra_body=extra_body,
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )
