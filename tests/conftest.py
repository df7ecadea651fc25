"""What tests share: a sandbox on a real socket that checks its own answers, and clients of it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import ccapi_sandbox
import pytest
from ccapi_client import CCAPI, AsyncCCAPI, PollPolicy
from ccapi_sandbox import Sandbox
from hypothesis import HealthCheck, settings

# How fast a machine is says nothing about the code.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")

ROOT = Path(__file__).parent.parent
QUICK = PollPolicy(initial=0.02, max_interval=0.05)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CCAPI_API_KEY", "CCAPI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with ccapi_sandbox.running(job_seconds=0.2, strict=True) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[CCAPI]:
    with CCAPI(sandbox.api_key, base_url=sandbox.base_url, poll=QUICK) as client:
        yield client


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def async_client(sandbox: Sandbox, anyio_backend: str) -> AsyncIterator[AsyncCCAPI]:
    async with AsyncCCAPI(sandbox.api_key, base_url=sandbox.base_url, poll=QUICK) as client:
        yield client
