"""The operations of the contract that are tagged `catalog`."""

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
def list_models_operation() -> Operation[models.ModelListResponse]:
    """The operation behind `list_models`; its models are loaded when it is first called."""
    return Operation(
        name="list_models",
        method="GET",
        path="/models",
        parameters=(
            Parameter("provider", "provider", "query", str, False),
            Parameter("type", "type", "query", str, False),
            Parameter("sort", "sort", "query", str, False),
            Parameter("order", "order", "query", models.ListModelsOrder, False),
            Parameter("limit", "limit", "query", int, False),
            Parameter("offset", "offset", "query", int, False),
        ),
        response=models.ModelListResponse,
    )


@cache
def get_model_operation() -> Operation[models.ModelSummary]:
    """The operation behind `get_model`; its models are loaded when it is first called."""
    return Operation(
        name="get_model",
        method="GET",
        path="/models/{id}",
        parameters=(Parameter("id", "id", "path", str, True),),
        response=models.ModelSummary,
    )


@cache
def list_providers_operation() -> Operation[models.ProviderListResponse]:
    """The operation behind `list_providers`; its models are loaded when it is first called."""
    return Operation(
        name="list_providers",
        method="GET",
        path="/providers",
        parameters=(),
        response=models.ProviderListResponse,
    )


@cache
def get_provider_operation() -> Operation[models.ProviderDetailResponse]:
    """The operation behind `get_provider`; its models are loaded when it is first called."""
    return Operation(
        name="get_provider",
        method="GET",
        path="/providers/{name}",
        parameters=(Parameter("name", "name", "path", str, True),),
        response=models.ProviderDetailResponse,
    )


class CatalogApi(Caller):
    """The operations tagged `catalog`, a method each."""

    def list_models(
        self,
        *,
        provider: str | None = None,
        type: str | None = None,
        sort: str | None = None,
        order: models.ListModelsOrder | None = None,
        limit: int | None = None,
        offset: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.ModelListResponse:
        """List available models.

        Every model that can be called, with prices and modalities. The list can be filtered, sorted and
        paged.

        Args:
            provider: Only the models of the provider of this name.
            type: Only the models of this type, for instance `chat`, `image`, `audio` or `video`.
            sort: The field to sort by, for instance `id`. Left out, the order is the service's own.
            order: The direction to sort in. Left out, the service decides.
            limit: How many models to give at most, 1 or more. Left out, the service decides.
            offset: How many models to pass over first, 0 or more.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            A list of models.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return self._call(
            list_models_operation(),
            parameters={
                "provider": provider,
                "type": type,
                "sort": sort,
                "order": order,
                "limit": limit,
                "offset": offset,
            },
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    def iter_models(
        self,
        *,
        provider: str | None = None,
        type: str | None = None,
        sort: str | None = None,
        order: models.ListModelsOrder | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
        page_size: int = 100,
    ) -> Iterator[models.ModelSummary]:
        """List available models, page by page.

        Every model that can be called, with prices and modalities. The list can be filtered, sorted and
        paged.

        Args:
            provider: Only the models of the provider of this name.
            type: Only the models of this type, for instance `chat`, `image`, `audio` or `video`.
            sort: The field to sort by, for instance `id`. Left out, the order is the service's own.
            order: The direction to sort in. Left out, the service decides.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.
            page_size: How many to request at a time, 1 or more.

        Returns:
            Each of them once, in the order of the service. A page is requested when it is needed, until one
            brings nothing new.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return self._pages(
            list_models_operation(),
            models.ModelSummary,
            page_size=page_size,
            parameters={
                "provider": provider,
                "type": type,
                "sort": sort,
                "order": order,
            },
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    def get_model(
        self,
        id: str,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.ModelSummary:
        """Get model details.

        One model with pricing and modalities.

        Args:
            id: The id of the model, as `list_models` gave it. Its slash may be sent as it is or as `%2F`.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            A model that can be called.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 404, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return self._call(
            get_model_operation(),
            parameters={
                "id": id,
            },
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    def list_providers(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.ProviderListResponse:
        """List providers.

        Every provider whose models can be called.

        Args:
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            A list of providers.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return self._call(
            list_providers_operation(),
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    def get_provider(
        self,
        name: str,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.ProviderDetailResponse:
        """Get provider details.

        One provider and its models.

        Args:
            name: The name of the provider, as `list_providers` gave it.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            A provider and its models.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 404, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return self._call(
            get_provider_operation(),
            parameters={
                "name": name,
            },
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )


class AsyncCatalogApi(AsyncCaller):
    """The operations tagged `catalog`, a method each."""

    async def list_models(
        self,
        *,
        provider: str | None = None,
        type: str | None = None,
        sort: str | None = None,
        order: models.ListModelsOrder | None = None,
        limit: int | None = None,
        offset: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.ModelListResponse:
        """List available models.

        Every model that can be called, with prices and modalities. The list can be filtered, sorted and
        paged.

        Args:
            provider: Only the models of the provider of this name.
            type: Only the models of this type, for instance `chat`, `image`, `audio` or `video`.
            sort: The field to sort by, for instance `id`. Left out, the order is the service's own.
            order: The direction to sort in. Left out, the service decides.
            limit: How many models to give at most, 1 or more. Left out, the service decides.
            offset: How many models to pass over first, 0 or more.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            A list of models.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return await self._call(
            list_models_operation(),
            parameters={
                "provider": provider,
                "type": type,
                "sort": sort,
                "order": order,
                "limit": limit,
                "offset": offset,
            },
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    def iter_models(
        self,
        *,
        provider: str | None = None,
        type: str | None = None,
        sort: str | None = None,
        order: models.ListModelsOrder | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
        page_size: int = 100,
    ) -> AsyncIterator[models.ModelSummary]:
        """List available models, page by page.

        Every model that can be called, with prices and modalities. The list can be filtered, sorted and
        paged.

        Args:
            provider: Only the models of the provider of this name.
            type: Only the models of this type, for instance `chat`, `image`, `audio` or `video`.
            sort: The field to sort by, for instance `id`. Left out, the order is the service's own.
            order: The direction to sort in. Left out, the service decides.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.
            page_size: How many to request at a time, 1 or more.

        Returns:
            Each of them once, in the order of the service. A page is requested when it is needed, until one
            brings nothing new.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return self._pages(
            list_models_operation(),
            models.ModelSummary,
            page_size=page_size,
            parameters={
                "provider": provider,
                "type": type,
                "sort": sort,
                "order": order,
            },
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    async def get_model(
        self,
        id: str,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.ModelSummary:
        """Get model details.

        One model with pricing and modalities.

        Args:
            id: The id of the model, as `list_models` gave it. Its slash may be sent as it is or as `%2F`.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            A model that can be called.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 404, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return await self._call(
            get_model_operation(),
            parameters={
                "id": id,
            },
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    async def list_providers(
        self,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.ProviderListResponse:
        """List providers.

        Every provider whose models can be called.

        Args:
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            A list of providers.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return await self._call(
            list_providers_operation(),
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )

    async def get_provider(
        self,
        name: str,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        timeout: float | HasSteps | None = None,
    ) -> models.ProviderDetailResponse:
        """Get provider details.

        One provider and its models.

        Args:
            name: The name of the provider, as `list_providers` gave it.
            extra_headers: Headers to send, in place of the client's headers of the same names.
            extra_query: Parameters of the query that the contract does not list, or other values for those
                that it does; sent as they are.
            timeout: How long each step of the request may take, in seconds, or a `Timeout`; by default as
                the client was set up. A number keeps the client's `total`.

        Returns:
            A provider and its models.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service rejected the request, with one of the documented statuses
                (400, 401, 402, 404, 429, 500) or another.
            APIConnectionError: No response came.
            MalformedResponseError: The response is not what the contract says.
        """
        extra_headers, extra_query = with_secrets(extra_headers), with_secrets(extra_query)  # for recorders of frames
        return await self._call(
            get_provider_operation(),
            parameters={
                "name": name,
            },
            extra_headers=extra_headers,
            extra_query=extra_query,
            timeout=timeout,
        )
