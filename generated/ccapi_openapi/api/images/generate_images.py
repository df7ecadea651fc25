from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.multimodal_image_generation_request import MultimodalImageGenerationRequest
from ...models.multimodal_image_generation_response import MultimodalImageGenerationResponse
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: MultimodalImageGenerationRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/images/generate",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | MultimodalImageGenerationResponse:
    if response.status_code == 200:
        response_200 = MultimodalImageGenerationResponse.from_dict(response.json())

        return response_200

    if response.status_code == 202:
        response_202 = MultimodalImageGenerationResponse.from_dict(response.json())

        return response_202

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
) -> Response[ErrorResponse | MultimodalImageGenerationResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: MultimodalImageGenerationRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[ErrorResponse | MultimodalImageGenerationResponse]:
    """Generate images (multimodal contents API)

     Makes pictures from texts and pictures. Text alone gives text-to-image; a picture gives image-to-
    image; a picture with a mask gives inpainting; several pictures give a remix. From a synchronous
    provider the response is a 200 with the finished pictures. From an asynchronous one it is a 202 with
    a job: poll `get_image_job`, or `poll_url`, until the status is final.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (MultimodalImageGenerationRequest): Pictures to be made from texts and pictures.
            Fields that are not listed go to the provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | MultimodalImageGenerationResponse]
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
    body: MultimodalImageGenerationRequest,
    idempotency_key: str | Unset = UNSET,
) -> ErrorResponse | MultimodalImageGenerationResponse | None:
    """Generate images (multimodal contents API)

     Makes pictures from texts and pictures. Text alone gives text-to-image; a picture gives image-to-
    image; a picture with a mask gives inpainting; several pictures give a remix. From a synchronous
    provider the response is a 200 with the finished pictures. From an asynchronous one it is a 202 with
    a job: poll `get_image_job`, or `poll_url`, until the status is final.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (MultimodalImageGenerationRequest): Pictures to be made from texts and pictures.
            Fields that are not listed go to the provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | MultimodalImageGenerationResponse
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: MultimodalImageGenerationRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[ErrorResponse | MultimodalImageGenerationResponse]:
    """Generate images (multimodal contents API)

     Makes pictures from texts and pictures. Text alone gives text-to-image; a picture gives image-to-
    image; a picture with a mask gives inpainting; several pictures give a remix. From a synchronous
    provider the response is a 200 with the finished pictures. From an asynchronous one it is a 202 with
    a job: poll `get_image_job`, or `poll_url`, until the status is final.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (MultimodalImageGenerationRequest): Pictures to be made from texts and pictures.
            Fields that are not listed go to the provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | MultimodalImageGenerationResponse]
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
    body: MultimodalImageGenerationRequest,
    idempotency_key: str | Unset = UNSET,
) -> ErrorResponse | MultimodalImageGenerationResponse | None:
    """Generate images (multimodal contents API)

     Makes pictures from texts and pictures. Text alone gives text-to-image; a picture gives image-to-
    image; a picture with a mask gives inpainting; several pictures give a remix. From a synchronous
    provider the response is a 200 with the finished pictures. From an asynchronous one it is a 202 with
    a job: poll `get_image_job`, or `poll_url`, until the status is final.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (MultimodalImageGenerationRequest): Pictures to be made from texts and pictures.
            Fields that are not listed go to the provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | MultimodalImageGenerationResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
