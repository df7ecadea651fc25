"""Whether a request may be billed, by what came of it. Decides, and does no I/O.

| what came of a POST | it may be billed |
|---|---|
| it never reached the service: no connection, a proxy or a certificate that refuses | no |
| the service rejected it: 4xx but 408 and 499, 503 with `Retry-After`, a redirect (301, 307, 308) | no |
| the outcome is unknown: a broken connection, no response in time, 408, 499, other 5xx, other redirects | yes |
| it was executed: a success, even one that can't be read or holds an error | yes |

A request that was sent several times may be billed where one of the attempts may. A GET never is.
"""

from __future__ import annotations

from typing import TypeVar

from ..errors import CCAPIError
from .retry import asked_wait
from .wire import Kind, Request, Response

E = TypeVar("E", bound=CCAPIError)

FREE = ("GET", "HEAD")
UNDELIVERED = frozenset(
    (
        *(Kind.NOT_CONNECTED, Kind.CONNECT_TIMED_OUT, Kind.NO_CONNECTION_FREE, Kind.NOT_SENT),
        *(Kind.PROXY, Kind.PROXY_REFUSES_CREDENTIALS, Kind.TLS, Kind.NO_CERTIFICATE),
    )
)
"""What keeps a request from the service."""
SENT_ELSEWHERE = (301, 307, 308)


def failed(request: Request, kind: Kind) -> None:
    """Notes that an attempt brought no response."""
    request.may_be_billed = request.may_be_billed or (request.method not in FREE and kind not in UNDELIVERED)


def responded(request: Request, response: Response) -> None:
    """Notes what an attempt brought, by the head of the response."""
    if request.method in FREE or request.may_be_billed:
        return
    status = response.status_code
    if status < 300:
        request.may_be_billed = True
        return
    is_rejected = status in SENT_ELSEWHERE or (400 <= status < 500 and status not in (408, 499))
    asks_to_wait = status == 503 and asked_wait(response) is not None  # what retries take for a rejection, too
    request.may_be_billed = not (is_rejected or asks_to_wait)


def noted(error: E, request: Request, response: Response | None = None) -> E:
    """The error, which then says what is known of its request."""
    error.may_be_billed = request.may_be_billed
    error.response = response.info if response else None
    return error
