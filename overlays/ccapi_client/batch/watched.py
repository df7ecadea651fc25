"""Connections that note what a response, or its absence, says of the service's limits."""

from __future__ import annotations

import attrs

from .._http.address import Address
from .._http.retry import Outcome, asked_wait, error_failure
from .._http.sender import Connections
from .._http.wire import Request, Response, TransportError
from .desk import Seen
from .verdicts import seen_in


@attrs.define(eq=False)
class Watched:
    """The connections of a client.

    Attributes:
        seen: What the last response said; None before there was one.
        response: The last response.
    """

    inner: Connections
    seen: Seen | None = None
    response: Response | None = None
    is_closed: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.is_closed = self.inner.is_closed

    async def send(self, request: Request) -> Response:
        """Sends a request, as `Connections.send` does."""
        try:
            response = await self.inner.send(request)
        except TransportError as error:
            self.seen = Seen(came=False, is_refused=error_failure(error).outcome is Outcome.NOT_DELIVERED)
            raise
        self.response, self.seen = response, seen_in(response.info, asked_wait(response))
        return response

    def proxy_of(self, url: Address) -> Address | None:
        """As `Connections.proxy_of`."""
        return self.inner.proxy_of(url)

    async def addresses(self, host: str, seconds: float | None) -> list[str]:
        """As `Connections.addresses`."""
        return await self.inner.addresses(host, seconds)

    async def close(self) -> None:
        """Leaves them open: they are the client's."""
