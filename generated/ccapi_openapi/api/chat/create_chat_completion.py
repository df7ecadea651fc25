from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.chat_completion_request import ChatCompletionRequest
from ...models.chat_completion_response import ChatCompletionResponse
from ...models.error_response import ErrorResponse
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: ChatCompletionRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/chat/completions",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ChatCompletionResponse | ErrorResponse:
    if response.status_code == 200:
        response_200 = ChatCompletionResponse.from_dict(response.json())

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
) -> Response[ChatCompletionResponse | ErrorResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: ChatCompletionRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[ChatCompletionResponse | ErrorResponse]:
    """Create chat completion

     Continues a conversation. Name one model with `model`, or several with `models`: the service tries
    them in that order until one answers. With `stream` set to true, the response is a stream of server-
    sent events: one `ChatCompletionChunk` in the data of each event, then an event whose data is
    `[DONE]`.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (ChatCompletionRequest): A conversation to be continued. Fields that are not listed
            go to the provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ChatCompletionResponse | ErrorResponse]
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
    body: ChatCompletionRequest,
    idempotency_key: str | Unset = UNSET,
) -> ChatCompletionResponse | ErrorResponse | None:
    """Create chat completion

     Continues a conversation. Name one model with `model`, or several with `models`: the service tries
    them in that order until one answers. With `stream` set to true, the response is a stream of server-
    sent events: one `ChatCompletionChunk` in the data of each event, then an event whose data is
    `[DONE]`.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (ChatCompletionRequest): A conversation to be continued. Fields that are not listed
            go to the provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ChatCompletionResponse | ErrorResponse
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: ChatCompletionRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[ChatCompletionResponse | ErrorResponse]:
    """Create chat completion

     Continues a conversation. Name one model with `model`, or several with `models`: the service tries
    them in that order until one answers. With `stream` set to true, the response is a stream of server-
    sent events: one `ChatCompletionChunk` in the data of each event, then an event whose data is
    `[DONE]`.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (ChatCompletionRequest): A conversation to be continued. Fields that are not listed
            go to the provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ChatCompletionResponse | ErrorResponse]
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
    body: ChatCompletionRequest,
    idempotency_key: str | Unset = UNSET,
) -> ChatCompletionResponse | ErrorResponse | None:
    """Create chat completion

     Continues a conversation. Name one model with `model`, or several with `models`: the service tries
    them in that order until one answers. With `stream` set to true, the response is a stream of server-
    sent events: one `ChatCompletionChunk` in the data of each event, then an event whose data is
    `[DONE]`.

    Args:
        idempotency_key (str | Unset): A key of your own, the same for every attempt of one
            request. A service that honors it executes the request once. The service does not promise
            to honor it.
        body (ChatCompletionRequest): A conversation to be continued. Fields that are not listed
            go to the provider as they are.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ChatCompletionResponse | ErrorResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
