"""The operations of the contract that are tagged `catalog`."""

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
def list_models_operation() -> Operation[models.ModelListResponse]:
    """The operation behind `list_models`; its models are loaded as it is first called."""
    from . import list_models as module

    return Operation(
        get_kwargs=module._get_kwargs,
        body=None,
        response=models.ModelListResponse,
    )


@cache
def list_providers_operation() -> Operation[models.ProviderListResponse]:
    """The operation behind `list_providers`; its models are loaded as it is first called."""
    from . import list_providers as module

    return Operation(
        get_kwargs=module._get_kwargs,
        body=None,
        response=models.ProviderListResponse,
    )


@cache
def get_provider_operation() -> Operation[models.ProviderDetailResponse]:
    """The operation behind `get_provider`; its models are loaded as it is first called."""
    from . import get_provider as module

    return Operation(
        get_kwargs=module._get_kwargs,
        body=None,
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
    ) -> models.ModelListResponse:
        """List available models.

        Every model that can be called, with prices and modalities. The list can be filtered, sorted and
        paged.

        Args:
            provider: Only the models of the provider of this name.
            type: Only the models of this type, for instance `chat`, `image` or `audio`.
            sort: The field to sort by, for instance `id`. Left out, the order is the service's own. The
                values are not confirmed by the published reference.
            order: The direction to sort in. Left out, the service decides. The values are not confirmed by
                the published reference.
            limit: How many models to give at most, 1 or more. Left out, the service decides.
            offset: How many models to pass over first, 0 or more.

        Returns:
            A list of models.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return self._call(
            list_models_operation(),
            parameters={
                "provider": provider,
                "type_": type,
                "sort": sort,
                "order": order,
                "limit": limit,
                "offset": offset,
            },
        )

    def iter_models(
        self,
        *,
        provider: str | None = None,
        type: str | None = None,
        sort: str | None = None,
        order: models.ListModelsOrder | None = None,
        page_size: int = 100,
    ) -> Iterator[models.ModelSummary]:
        """List available models, page by page.

        Every model that can be called, with prices and modalities. The list can be filtered, sorted and
        paged.

        Args:
            provider: Only the models of the provider of this name.
            type: Only the models of this type, for instance `chat`, `image` or `audio`.
            sort: The field to sort by, for instance `id`. Left out, the order is the service's own. The
                values are not confirmed by the published reference.
            order: The direction to sort in. Left out, the service decides. The values are not confirmed by
                the published reference.
            page_size: How many to ask for at a time, 1 or more.

        Returns:
            Each of them once, in the order of the service. A page is asked for when it is needed, until one
            brings nothing new.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return self._pages(
            list_models_operation(),
            models.ModelSummary,
            page_size=page_size,
            parameters={
                "provider": provider,
                "type_": type,
                "sort": sort,
                "order": order,
            },
        )

    def list_providers(
        self,
    ) -> models.ProviderListResponse:
        """List providers.

        Every provider whose models can be called.

        Returns:
            A list of providers. Its fields are not confirmed by the published reference.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return self._call(
            list_providers_operation(),
        )

    def get_provider(
        self,
        name: str,
    ) -> models.ProviderDetailResponse:
        """Get provider details.

        One provider and its models. The path is not confirmed by the published reference.

        Args:
            name: The name of the provider, as `list_providers` gave it.

        Returns:
            A provider and its models. Its fields are not confirmed by the published reference.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 404, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return self._call(
            get_provider_operation(),
            parameters={
                "name": name,
            },
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
    ) -> models.ModelListResponse:
        """List available models.

        Every model that can be called, with prices and modalities. The list can be filtered, sorted and
        paged.

        Args:
            provider: Only the models of the provider of this name.
            type: Only the models of this type, for instance `chat`, `image` or `audio`.
            sort: The field to sort by, for instance `id`. Left out, the order is the service's own. The
                values are not confirmed by the published reference.
            order: The direction to sort in. Left out, the service decides. The values are not confirmed by
                the published reference.
            limit: How many models to give at most, 1 or more. Left out, the service decides.
            offset: How many models to pass over first, 0 or more.

        Returns:
            A list of models.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return await self._call(
            list_models_operation(),
            parameters={
                "provider": provider,
                "type_": type,
                "sort": sort,
                "order": order,
                "limit": limit,
                "offset": offset,
            },
        )

    def iter_models(
        self,
        *,
        provider: str | None = None,
        type: str | None = None,
        sort: str | None = None,
        order: models.ListModelsOrder | None = None,
        page_size: int = 100,
    ) -> AsyncIterator[models.ModelSummary]:
        """List available models, page by page.

        Every model that can be called, with prices and modalities. The list can be filtered, sorted and
        paged.

        Args:
            provider: Only the models of the provider of this name.
            type: Only the models of this type, for instance `chat`, `image` or `audio`.
            sort: The field to sort by, for instance `id`. Left out, the order is the service's own. The
                values are not confirmed by the published reference.
            order: The direction to sort in. Left out, the service decides. The values are not confirmed by
                the published reference.
            page_size: How many to ask for at a time, 1 or more.

        Returns:
            Each of them once, in the order of the service. A page is asked for when it is needed, until one
            brings nothing new.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return self._pages(
            list_models_operation(),
            models.ModelSummary,
            page_size=page_size,
            parameters={
                "provider": provider,
                "type_": type,
                "sort": sort,
                "order": order,
            },
        )

    async def list_providers(
        self,
    ) -> models.ProviderListResponse:
        """List providers.

        Every provider whose models can be called.

        Returns:
            A list of providers. Its fields are not confirmed by the published reference.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return await self._call(
            list_providers_operation(),
        )

    async def get_provider(
        self,
        name: str,
    ) -> models.ProviderDetailResponse:
        """Get provider details.

        One provider and its models. The path is not confirmed by the published reference.

        Args:
            name: The name of the provider, as `list_providers` gave it.

        Returns:
            A provider and its models. Its fields are not confirmed by the published reference.

        Raises:
            InvalidRequestError: An argument is not what the contract says; nothing was sent.
            APIStatusError: The service said no, by one of the documented statuses
                (400, 401, 402, 404, 429, 500) or another.
            APIConnectionError: No answer came.
            MalformedResponseError: The answer is not what the contract says.
        """
        return await self._call(
            get_provider_operation(),
            parameters={
                "name": name,
            },
        )
