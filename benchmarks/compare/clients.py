"""The peers: for each, how to make one chat call. Each imports what it needs when it is made, and nothing else."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from typing import Any

KEY = "sk-benchmark"
HEADERS = {"Authorization": f"Bearer {KEY}"}
MODEL = "openai/gpt-4o-mini"
MESSAGES: Any = [{"role": "user", "content": "Why is the sky blue?"}]
BODY = {"model": MODEL, "messages": MESSAGES}
TIMEOUT = 600.0
"""For all of them: what waits its turn behind 4,095 others is not to be given up."""

AsyncCall = Callable[[], Awaitable[object]]
Call = Callable[[], object]
AsyncPeer = Callable[[str], AbstractAsyncContextManager[AsyncCall]]


@asynccontextmanager
async def _ours(base_url: str, transport: Any = None) -> AsyncIterator[AsyncCall]:
    from ccapi_client import AsyncCCAPI

    async with AsyncCCAPI(KEY, base_url=base_url, timeout=TIMEOUT, transport=transport) as client:
        yield lambda: client.create_chat_completion(model=MODEL, messages=MESSAGES)


@asynccontextmanager
async def ours_by(carrier: str, base_url: str) -> AsyncIterator[AsyncCall]:
    os.environ["CCAPI_CARRIER"] = carrier  # the process measures nothing else
    async with _ours(base_url) as call:
        yield call


@asynccontextmanager
async def ours_on_httpx(base_url: str) -> AsyncIterator[AsyncCall]:
    import httpx

    async with _ours(base_url, httpx.AsyncHTTPTransport()) as call:
        yield call


@asynccontextmanager
async def ours_on_aiohttp(base_url: str, connections: int = 0) -> AsyncIterator[AsyncCall]:
    import aiohttp
    from httpx_aiohttp import AiohttpTransport

    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections))
    async with _ours(base_url, AiohttpTransport(client=session)) as call:
        yield call


@asynccontextmanager
async def ours_on_pyreqwest(base_url: str) -> AsyncIterator[AsyncCall]:
    from pyreqwest.compatibility.httpx import HttpxTransport

    async with _ours(base_url, HttpxTransport()) as call:
        yield call


@asynccontextmanager
async def _openai(base_url: str, http_client: Any = None) -> AsyncIterator[AsyncCall]:
    from openai import AsyncOpenAI

    async with AsyncOpenAI(api_key=KEY, base_url=base_url, timeout=TIMEOUT, http_client=http_client) as client:
        yield lambda: client.chat.completions.create(model=MODEL, messages=MESSAGES)


@asynccontextmanager
async def openai_on_aiohttp(base_url: str) -> AsyncIterator[AsyncCall]:
    from openai import DefaultAioHttpClient

    async with _openai(base_url, DefaultAioHttpClient()) as call:
        yield call


@asynccontextmanager
async def _httpx(base_url: str, **options: Any) -> AsyncIterator[AsyncCall]:
    import httpx

    async with httpx.AsyncClient(headers=HEADERS, timeout=TIMEOUT, **options) as client:

        async def call() -> object:
            response = await client.post(f"{base_url}/chat/completions", json=BODY)
            return response.raise_for_status().json()

        yield call


def httpx_with(base_url: str, connections: int | None) -> AbstractAsyncContextManager[AsyncCall]:
    import httpx

    return _httpx(base_url, limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections))


@asynccontextmanager
async def _aiohttp(base_url: str, connections: int = 0) -> AsyncIterator[AsyncCall]:
    import aiohttp

    connector, timeout = aiohttp.TCPConnector(limit=connections), aiohttp.ClientTimeout(TIMEOUT)
    async with aiohttp.ClientSession(
        headers=HEADERS, connector=connector, timeout=timeout, raise_for_status=True
    ) as client:

        async def call() -> object:
            async with client.post(f"{base_url}/chat/completions", json=BODY) as response:
                return await response.json()

        yield call


@asynccontextmanager
async def _pyreqwest(base_url: str, connections: int | None = None, http2: bool = False) -> AsyncIterator[AsyncCall]:
    from pyreqwest.client import ClientBuilder

    builder = ClientBuilder().default_headers(HEADERS).max_connections(connections).error_for_status(True)
    if http2:
        builder = builder.http2_prior_knowledge()
    async with builder.build() as client:

        async def call() -> object:
            response = await client.post(f"{base_url}/chat/completions").body_json(BODY).build().send()
            return await response.json()

        yield call


OURS, WITHOUT_FAST, BY_HTTPX2 = "ccapi", "ccapi without fast", "ccapi by httpx2"
ASYNC: dict[str, AsyncPeer] = {
    OURS: lambda base_url: ours_by("aiohttp", base_url),
    WITHOUT_FAST: lambda base_url: ours_by("httpx", base_url),
    BY_HTTPX2: lambda base_url: ours_by("httpx2", base_url),
    "ccapi on httpx's own transport": ours_on_httpx,
    "ccapi on httpx-aiohttp": ours_on_aiohttp,
    "ccapi on httpx-aiohttp, 64 connections": lambda base_url: ours_on_aiohttp(base_url, 64),
    "ccapi on pyreqwest's httpx transport": ours_on_pyreqwest,
    "openai": _openai,
    "openai with aiohttp": openai_on_aiohttp,
    "httpx": _httpx,
    "httpx, 64 connections": lambda base_url: httpx_with(base_url, 64),
    "httpx, no limit": lambda base_url: httpx_with(base_url, None),
    "aiohttp": _aiohttp,
    "aiohttp, 64 connections": lambda base_url: _aiohttp(base_url, 64),
    "pyreqwest": _pyreqwest,
    "pyreqwest, 64 connections": lambda base_url: _pyreqwest(base_url, 64),
    "pyreqwest, HTTP/2": lambda base_url: _pyreqwest(base_url, http2=True),
}
"""Each as it comes where no limit is named: httpx has 100 connections and keeps 20 of them, openai 1,000, the others no
limit (aiohttp's own, 100, is taken off)."""


@contextmanager
def sync_ours(base_url: str, carrier: str = "httpx") -> Iterator[Call]:
    os.environ["CCAPI_CARRIER"] = carrier  # the process measures nothing else
    from ccapi_client import CCAPI

    with CCAPI(KEY, base_url=base_url) as client:
        yield lambda: client.create_chat_completion(model=MODEL, messages=MESSAGES)


@contextmanager
def sync_httpx(base_url: str) -> Iterator[Call]:
    import httpx

    with httpx.Client(headers=HEADERS) as client:
        yield lambda: client.post(f"{base_url}/chat/completions", json=BODY).raise_for_status().json()


@contextmanager
def sync_openai(base_url: str) -> Iterator[Call]:
    from openai import OpenAI

    with OpenAI(api_key=KEY, base_url=base_url) as client:
        yield lambda: client.chat.completions.create(model=MODEL, messages=MESSAGES)


SYNC: dict[str, Callable[[str], AbstractContextManager[Call]]] = {
    OURS: sync_ours,
    BY_HTTPX2: lambda base_url: sync_ours(base_url, "httpx2"),
    "httpx": sync_httpx,
    "openai": sync_openai,
}


def stream_ours(base_url: str) -> Iterator[object]:
    os.environ["CCAPI_CARRIER"] = "httpx"  # as its peer; the process measures nothing else
    from ccapi_client import CCAPI

    with (
        CCAPI(KEY, base_url=base_url) as client,
        client.stream_chat_completion(model=MODEL, messages=MESSAGES) as chunks,
    ):
        yield from chunks


def stream_httpx(base_url: str) -> Iterator[object]:
    import json

    import httpx

    with (
        httpx.Client(headers=HEADERS) as client,
        client.stream("POST", f"{base_url}/chat/completions", json=BODY | {"stream": True}) as response,
    ):
        rest = b""
        for piece in response.iter_bytes():
            *events, rest = (rest + piece).split(b"\n\n")
            for event in events:
                if event != b"data: [DONE]":
                    yield json.loads(event[6:])


def stream_openai(base_url: str) -> Iterator[object]:
    from openai import OpenAI

    with (
        OpenAI(api_key=KEY, base_url=base_url) as client,
        client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True) as chunks,
    ):
        yield from chunks


STREAMS: dict[str, Callable[[str], Iterator[object]]] = {
    OURS: stream_ours,
    "httpx and json.loads": stream_httpx,
    "openai": stream_openai,
}
