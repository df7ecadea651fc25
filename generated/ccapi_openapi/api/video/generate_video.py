from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.video_generation_request import VideoGenerationRequest
from ...models.video_task import VideoTask
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: VideoGenerationRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/video/generations",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ErrorResponse | VideoTask:
    if response.status_code == 200:
        response_200 = VideoTask.from_dict(response.json())

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
) -> Response[ErrorResponse | VideoTask]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: VideoGenerationRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[ErrorResponse | VideoTask]:
    """Generate a video

     Makes a video from a text, or from a text and a picture. The response is a job: poll `get_video_job`
    until the status is final.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (VideoGenerationRequest): A video to be made. Fields that are not listed go to the
            provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | VideoTask]
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
    body: VideoGenerationRequest,
    idempotency_key: str | Unset = UNSET,
) -> ErrorResponse | VideoTask | None:
    """Generate a video

     Makes a video from a text, or from a text and a picture. The response is a job: poll `get_video_job`
    until the status is final.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (VideoGenerationRequest): A video to be made. Fields that are not listed go to the
            provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | VideoTask
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: VideoGenerationRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[ErrorResponse | VideoTask]:
    """Generate a video

     Makes a video from a text, or from a text and a picture. The response is a job: poll `get_video_job`
    until the status is final.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (VideoGenerationRequest): A video to be made. Fields that are not listed go to the
            provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | VideoTask]
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
    body: VideoGenerationRequest,
    idempotency_key: str | Unset = UNSET,
) -> ErrorResponse | VideoTask | None:
    """Generate a video

     Makes a video from a text, or from a text and a picture. The response is a job: poll `get_video_job`
    until the status is final.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (VideoGenerationRequest): A video to be made. Fields that are not listed go to the
            provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | VideoTask
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
