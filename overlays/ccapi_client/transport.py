"""What happens on the way to the service and back, in our own errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from .errors import APIConnectionError, APITimeoutError, InvalidRequestError


@contextmanager
def own_errors(method: str, url: httpx.URL | str) -> Iterator[None]:
    """Turns what httpx raises while a request is made, sent and answered into our errors."""
    place = f"{method.upper()} {httpx.URL(url).copy_with(query=None, fragment=None)}"
    try:
        yield
    except httpx.TimeoutException as error:
        raise APITimeoutError(f"{place}: no answer in time ({type(error).__name__})") from error
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise APIConnectionError(f"{place}: {error or type(error).__name__}") from error
    except httpx.InvalidURL as error:
        raise InvalidRequestError(f"not a URL: {error}") from error
