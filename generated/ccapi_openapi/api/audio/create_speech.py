from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.audio_speech_request import AudioSpeechRequest
from ...models.audio_speech_response import AudioSpeechResponse
from ...models.error_response import ErrorResponse
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: AudioSpeechRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/audio/speech",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AudioSpeechResponse | ErrorResponse:
    if response.status_code == 200:
        response_200 = AudioSpeechResponse.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ErrorResponse.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorResponse.from_dict(response.json())

        return response_401

    if response.status_code == 402:
        response_402 = ErrorResponse.from_dict(response.json())

        return response_402

    if response.status_code == 429:
        response_429 = ErrorResponse.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = ErrorResponse.from_dict(response.json())

        return response_500

    response_default = ErrorResponse.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AudioSpeechResponse | ErrorResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: AudioSpeechRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[AudioSpeechResponse | ErrorResponse]:
    """Convert text to speech

     Speaks a text and gives an audio file: as a link, or in base64 inside the response. With the name of
    an audio format as `response_format`, or from an upstream that is compatible with OpenAI, the
    response is the audio file itself, under a media type `audio/...`. Without `response_format`, a
    client that accepts sound or `application/octet-stream` alone gets the audio file itself too, as
    OpenAI's clients expect.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (AudioSpeechRequest): A text to be spoken. Fields that are not listed go to the
            provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AudioSpeechResponse | ErrorResponse]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: AudioSpeechRequest,
    idempotency_key: str | Unset = UNSET,
) -> AudioSpeechResponse | ErrorResponse | None:
    """Convert text to speech

     Speaks a text and gives an audio file: as a link, or in base64 inside the response. With the name of
    an audio format as `response_format`, or from an upstream that is compatible with OpenAI, the
    response is the audio file itself, under a media type `audio/...`. Without `response_format`, a
    client that accepts sound or `application/octet-stream` alone gets the audio file itself too, as
    OpenAI's clients expect.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (AudioSpeechRequest): A text to be spoken. Fields that are not listed go to the
            provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AudioSpeechResponse | ErrorResponse
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: AudioSpeechRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[AudioSpeechResponse | ErrorResponse]:
    """Convert text to speech

     Speaks a text and gives an audio file: as a link, or in base64 inside the response. With the name of
    an audio format as `response_format`, or from an upstream that is compatible with OpenAI, the
    response is the audio file itself, under a media type `audio/...`. Without `response_format`, a
    client that accepts sound or `application/octet-stream` alone gets the audio file itself too, as
    OpenAI's clients expect.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (AudioSpeechRequest): A text to be spoken. Fields that are not listed go to the
            provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AudioSpeechResponse | ErrorResponse]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: AudioSpeechRequest,
    idempotency_key: str | Unset = UNSET,
) -> AudioSpeechResponse | ErrorResponse | None:
    """Convert text to speech

     Speaks a text and gives an audio file: as a link, or in base64 inside the response. With the name of
    an audio format as `response_format`, or from an upstream that is compatible with OpenAI, the
    response is the audio file itself, under a media type `audio/...`. Without `response_format`, a
    client that accepts sound or `application/octet-stream` alone gets the audio file itself too, as
    OpenAI's clients expect.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (AudioSpeechRequest): A text to be spoken. Fields that are not listed go to the
            provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AudioSpeechResponse | ErrorResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
