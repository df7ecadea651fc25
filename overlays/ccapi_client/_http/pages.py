"""Lists that are requested page by page: `Pages` decides which items are new and where the next page starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from ccapi_openapi.model import Model
from ccapi_openapi.operations import CallOptions, Operation

from .. import _checks
from .operation import call
from .sender import Sender

I = TypeVar("I", bound=Model)


class Pages:
    """The account of one list: which items were received, and whether there may be more.

    The list ends with the first page that has no new item. So it also ends where the service repeats itself or ignores
    `offset`. A short page does not end it, because the service may send fewer items than requested.
    """

    def __init__(self, page_size: int, parameters: Mapping[str, Any], options: CallOptions) -> None:
        _checks.argument("page_size", page_size, _checks.whole(1))
        self.is_done = False
        self._page_size, self._parameters, self._offset = page_size, parameters, 0
        self.options = options
        self._seen: set[object] = set()

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the next request."""
        return {**self._parameters, "limit": self._page_size, "offset": self._offset}

    def take(self, page: list[I]) -> Iterator[I]:
        """Takes the next page; returns the items that no page had before."""
        new = []
        for item in page:
            key = getattr(item, "id", None)
            if key not in self._seen:
                self._seen.add(key)
                new.append(item)
        self._offset += len(page)
        self.is_done = not new
        return iter(new)


async def next_page(sender: Sender, operation: Operation[Any], pages: Pages) -> Iterator[Any]:
    """Requests the next page; returns its new items, each with the response that brought it."""
    page = await call(sender, operation, pages.parameters, None, pages.options)
    models: list[Any] = [each for each in page.data if isinstance(each, Model)]
    for model in models:
        model._response = page.response
    return pages.take(page.data)
