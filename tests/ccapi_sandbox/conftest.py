"""What the sandbox's tests share: plain HTTP, with the key."""

from collections.abc import Iterator

import httpx
import pytest
from ccapi_sandbox import Sandbox


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    with httpx.Client(base_url=sandbox.base_url, headers=headers, timeout=60) as client:
        yield client
