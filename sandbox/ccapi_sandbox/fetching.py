"""Fetches pictures from the origins that the setting `fetch_from` allows."""

from __future__ import annotations

import asyncio

import httpx

from .errors import ApiError
from .gateway import Gateway

MAX_FETCHED = 32 * 1024 * 1024
"""The largest picture that is fetched, in bytes."""
SECONDS = 20.0
"""How long fetching a picture may take, in seconds."""


async def fetched(gateway: Gateway, url: str, field: str) -> bytes:
    """The file of a picture from one of the allowed origins; redirects are not followed.

    Raises:
        ApiError: 400 if the origin is not allowed, or if the file can't be fetched.
    """
    try:
        parsed = httpx.URL(url)
        is_allowed = any(_origin(parsed) == _origin(httpx.URL(each)) for each in gateway.settings.fetch_from)
    except httpx.InvalidURL:
        is_allowed = False
    if not is_allowed:
        reason = "the sandbox only fetches from itself and from --fetch-from; send the picture as base64 in `data`"
        raise ApiError.bad_request(f"{field}: {reason}", field=field)
    try:
        async with gateway.fetches, asyncio.timeout(SECONDS):
            return await _read(url)
    except (httpx.HTTPError, ValueError, TimeoutError) as error:
        reason = str(error) or f"not within {SECONDS:g} seconds"
        raise ApiError.bad_request(f"{field}.url: it can't be fetched: {reason}", field=f"{field}.url") from None


async def _read(url: str) -> bytes:
    content = bytearray()
    # As it is sent: a compressed file could be a thousand times larger.
    async with (
        httpx.AsyncClient(timeout=10, trust_env=False, headers={"Accept-Encoding": "identity"}) as http,
        http.stream("GET", url) as response,
    ):
        if response.status_code != 200:
            raise ValueError(f"status {response.status_code}")
        async for piece in response.aiter_raw():
            content += piece
            if len(content) > MAX_FETCHED:
                raise ValueError(f"larger than {MAX_FETCHED} bytes")
    return bytes(content)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
