"""Lists that are asked for page by page: `Pages` decides what is new and where the next page begins, the clients ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, TypeVar

from ccapi_openapi.model import Model
from ccapi_openapi.operations import AsyncCaller, Caller, Operation

from . import checks

I = TypeVar("I", bound=Model)


class Pages:
    """What has come of one list.

    A short page is no sign of the end: the service may give fewer than it was asked for. The end is a page that brings
    nothing new; so a service that repeats itself, or does not know `offset`, ends it too.
    """

    def __init__(self, page_size: int, parameters: Mapping[str, Any]) -> None:
        checks.argument("page_size", page_size, checks.whole(1))
        self.is_done = False
        self._page_size, self._parameters, self._offset = page_size, parameters, 0
        self._seen: set[object] = set()

    @property
    def parameters(self) -> dict[str, Any]:
        """What to ask for next."""
        return {**self._parameters, "limit": self._page_size, "offset": self._offset}

    def take(self, page: list[I]) -> Iterator[I]:
        """The items of the next page that had not come before."""
        new = []
        for item in page:
            key = getattr(item, "id", None)
            if key not in self._seen:
                self._seen.add(key)
                new.append(item)
        self._offset += len(page)
        self.is_done = not new
        return iter(new)


class Paging(Caller):
    """The part of `CCAPI` that asks for pages."""

    def _pages(
        self, operation: Operation[Any], item: type[I], *, page_size: int, parameters: Mapping[str, Any]
    ) -> Iterator[I]:
        return self._items(operation, Pages(page_size, parameters))

    def _items(self, operation: Operation[Any], pages: Pages) -> Iterator[Any]:
        while not pages.is_done:
            yield from pages.take(self._call(operation, parameters=pages.parameters).data)


class AsyncPaging(AsyncCaller):
    """The part of `AsyncCCAPI` that asks for pages."""

    def _pages(
        self, operation: Operation[Any], item: type[I], *, page_size: int, parameters: Mapping[str, Any]
    ) -> AsyncIterator[I]:
        return self._items(operation, Pages(page_size, parameters))

    async def _items(self, operation: Operation[Any], pages: Pages) -> AsyncIterator[Any]:
        while not pages.is_done:
            for item in pages.take((await self._call(operation, parameters=pages.parameters)).data):
                yield item
