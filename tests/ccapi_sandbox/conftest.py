"""What the sandbox's tests share: plain HTTP, with the key."""

from collections.abc import Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest
from ccapi_client import CCAPI, AsyncCCAPI
from ccapi_sandbox import Sandbox

from ..scripted import ClientClass


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    with httpx.Client(base_url=sandbox.base_url, headers=headers, timeout=60) as client:
        yield client


def call(client_class: ClientClass, sandbox: Sandbox, work: Callable[[Any], Any], **options: Any) -> Any:
    """What `work` returns for a client of the sandbox; what it returns for the asynchronous one is awaited."""
    if client_class is CCAPI:
        with CCAPI(sandbox.api_key, base_url=sandbox.base_url, **options) as client:
            return work(client)

    async def work_async() -> Any:
        async with AsyncCCAPI(sandbox.api_key, base_url=sandbox.base_url, **options) as client:
            return await work(client)

    return anyio.run(work_async)
