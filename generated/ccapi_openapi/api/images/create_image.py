from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.legacy_image_generation_request import LegacyImageGenerationRequest
from ...models.legacy_image_generation_response import LegacyImageGenerationResponse
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: LegacyImageGenerationRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/images/generations",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | LegacyImageGenerationResponse:
    if response.status_code == 200:
        response_200 = LegacyImageGenerationResponse.from_dict(response.json())

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
) -> Response[ErrorResponse | LegacyImageGenerationResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: LegacyImageGenerationRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[ErrorResponse | LegacyImageGenerationResponse]:
    """Generate images (OpenAI-compatible)

     Takes the place of OpenAI's operation of the same path: a prompt in, finished pictures out, in one
    call. For pictures made from other pictures, and for jobs, use `generate_images`.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (LegacyImageGenerationRequest): A picture to be made from a prompt. Fields that are
            not listed go to the provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | LegacyImageGenerationResponse]
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
    body: LegacyImageGenerationRequest,
    idempotency_key: str | Unset = UNSET,
) -> ErrorResponse | LegacyImageGenerationResponse | None:
    """Generate images (OpenAI-compatible)

     Takes the place of OpenAI's operation of the same path: a prompt in, finished pictures out, in one
    call. For pictures made from other pictures, and for jobs, use `generate_images`.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (LegacyImageGenerationRequest): A picture to be made from a prompt. Fields that are
            not listed go to the provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | LegacyImageGenerationResponse
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: LegacyImageGenerationRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[ErrorResponse | LegacyImageGenerationResponse]:
    """Generate images (OpenAI-compatible)

     Takes the place of OpenAI's operation of the same path: a prompt in, finished pictures out, in one
    call. For pictures made from other pictures, and for jobs, use `generate_images`.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (LegacyImageGenerationRequest): A picture to be made from a prompt. Fields that are
            not listed go to the provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | LegacyImageGenerationResponse]
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
    body: LegacyImageGenerationRequest,
    idempotency_key: str | Unset = UNSET,
) -> ErrorResponse | LegacyImageGenerationResponse | None:
    """Generate images (OpenAI-compatible)

     Takes the place of OpenAI's operation of the same path: a prompt in, finished pictures out, in one
    call. For pictures made from other pictures, and for jobs, use `generate_images`.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (LegacyImageGenerationRequest): A picture to be made from a prompt. Fields that are
            not listed go to the provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | LegacyImageGenerationResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
