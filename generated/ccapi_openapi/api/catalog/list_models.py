from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.list_models_order import ListModelsOrder
from ...models.model_list_response import ModelListResponse
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    provider: str | Unset = UNSET,
    type_: str | Unset = UNSET,
    sort: str | Unset = UNSET,
    order: ListModelsOrder | Unset = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["provider"] = provider

    params["type"] = type_

    params["sort"] = sort

    json_order: str | Unset = UNSET
    if not isinstance(order, Unset):
        json_order = order

    params["order"] = json_order

    params["limit"] = limit

    params["offset"] = offset

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/models",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | ModelListResponse:
    if response.status_code == 200:
        response_200 = ModelListResponse.from_dict(response.json())

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
) -> Response[ErrorResponse | ModelListResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    provider: str | Unset = UNSET,
    type_: str | Unset = UNSET,
    sort: str | Unset = UNSET,
    order: ListModelsOrder | Unset = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> Response[ErrorResponse | ModelListResponse]:
    """List available models

     Every model that can be called, with prices and modalities. The list can be filtered, sorted and
    paged.

    Args:
        provider (str | Unset): Only the models of the provider of this name.
        type_ (str | Unset): Only the models of this type, for instance `chat`, `image`, `audio`
            or `video`.
        sort (str | Unset): The field to sort by, for instance `id`. Left out, the order is the
            service's own.
        order (ListModelsOrder | Unset): The direction to sort in. Left out, the service decides.
        limit (int | Unset): How many models to give at most, 1 or more. Left out, the service
            decides.
        offset (int | Unset): How many models to pass over first, 0 or more.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ModelListResponse]
    """

    kwargs = _get_kwargs(
        provider=provider,
        type_=type_,
        sort=sort,
        order=order,
        limit=limit,
        offset=offset,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    provider: str | Unset = UNSET,
    type_: str | Unset = UNSET,
    sort: str | Unset = UNSET,
    order: ListModelsOrder | Unset = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> ErrorResponse | ModelListResponse | None:
    """List available models

     Every model that can be called, with prices and modalities. The list can be filtered, sorted and
    paged.

    Args:
        provider (str | Unset): Only the models of the provider of this name.
        type_ (str | Unset): Only the models of this type, for instance `chat`, `image`, `audio`
            or `video`.
        sort (str | Unset): The field to sort by, for instance `id`. Left out, the order is the
            service's own.
        order (ListModelsOrder | Unset): The direction to sort in. Left out, the service decides.
        limit (int | Unset): How many models to give at most, 1 or more. Left out, the service
            decides.
        offset (int | Unset): How many models to pass over first, 0 or more.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ModelListResponse
    """

    return sync_detailed(
        client=client,
        provider=provider,
        type_=type_,
        sort=sort,
        order=order,
        limit=limit,
        offset=offset,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    provider: str | Unset = UNSET,
    type_: str | Unset = UNSET,
    sort: str | Unset = UNSET,
    order: ListModelsOrder | Unset = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> Response[ErrorResponse | ModelListResponse]:
    """List available models

     Every model that can be called, with prices and modalities. The list can be filtered, sorted and
    paged.

    Args:
        provider (str | Unset): Only the models of the provider of this name.
        type_ (str | Unset): Only the models of this type, for instance `chat`, `image`, `audio`
            or `video`.
        sort (str | Unset): The field to sort by, for instance `id`. Left out, the order is the
            service's own.
        order (ListModelsOrder | Unset): The direction to sort in. Left out, the service decides.
        limit (int | Unset): How many models to give at most, 1 or more. Left out, the service
            decides.
        offset (int | Unset): How many models to pass over first, 0 or more.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ModelListResponse]
    """

    kwargs = _get_kwargs(
        provider=provider,
        type_=type_,
        sort=sort,
        order=order,
        limit=limit,
        offset=offset,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    provider: str | Unset = UNSET,
    type_: str | Unset = UNSET,
    sort: str | Unset = UNSET,
    order: ListModelsOrder | Unset = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> ErrorResponse | ModelListResponse | None:
    """List available models

     Every model that can be called, with prices and modalities. The list can be filtered, sorted and
    paged.

    Args:
        provider (str | Unset): Only the models of the provider of this name.
        type_ (str | Unset): Only the models of this type, for instance `chat`, `image`, `audio`
            or `video`.
        sort (str | Unset): The field to sort by, for instance `id`. Left out, the order is the
            service's own.
        order (ListModelsOrder | Unset): The direction to sort in. Left out, the service decides.
        limit (int | Unset): How many models to give at most, 1 or more. Left out, the service
            decides.
        offset (int | Unset): How many models to pass over first, 0 or more.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ModelListResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            provider=provider,
            type_=type_,
            sort=sort,
            order=order,
            limit=limit,
            offset=offset,
        )
    ).parsed
