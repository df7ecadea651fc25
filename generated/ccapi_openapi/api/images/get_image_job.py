from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.multimodal_image_generation_response import MultimodalImageGenerationResponse
from ...types import Response


def _get_kwargs(
    id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/images/jobs/{id}".format(
            id=quote(str(id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | MultimodalImageGenerationResponse:
    if response.status_code == 200:
        response_200 = MultimodalImageGenerationResponse.from_dict(response.json())

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

    if response.status_code == 404:
        response_404 = ErrorResponse.from_dict(response.json())

        return response_404

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
    id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[ErrorResponse | MultimodalImageGenerationResponse]:
    """Get job status

     The latest state of a job that `generate_images` started. `completed`, `failed` and `cancelled` are
    final, and so are the other words for them that `x-job` lists; with any other status, the job is
    still running. A job that is `completed` without pictures and with an error has failed.

    Args:
        id (str): The id of the job, as `generate_images` gave it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | MultimodalImageGenerationResponse]
    """

    kwargs = _get_kwargs(
        id=id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: AuthenticatedClient | Client,
) -> ErrorResponse | MultimodalImageGenerationResponse | None:
    """Get job status

     The latest state of a job that `generate_images` started. `completed`, `failed` and `cancelled` are
    final, and so are the other words for them that `x-job` lists; with any other status, the job is
    still running. A job that is `completed` without pictures and with an error has failed.

    Args:
        id (str): The id of the job, as `generate_images` gave it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | MultimodalImageGenerationResponse
    """

    return sync_detailed(
        id=id,
        client=client,
    ).parsed


async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[ErrorResponse | MultimodalImageGenerationResponse]:
    """Get job status

     The latest state of a job that `generate_images` started. `completed`, `failed` and `cancelled` are
    final, and so are the other words for them that `x-job` lists; with any other status, the job is
    still running. A job that is `completed` without pictures and with an error has failed.

    Args:
        id (str): The id of the job, as `generate_images` gave it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | MultimodalImageGenerationResponse]
    """

    kwargs = _get_kwargs(
        id=id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient | Client,
) -> ErrorResponse | MultimodalImageGenerationResponse | None:
    """Get job status

     The latest state of a job that `generate_images` started. `completed`, `failed` and `cancelled` are
    final, and so are the other words for them that `x-job` lists; with any other status, the job is
    still running. A job that is `completed` without pictures and with an error has failed.

    Args:
        id (str): The id of the job, as `generate_images` gave it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | MultimodalImageGenerationResponse
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
        )
    ).parsed
