"""What tests share: a sandbox on a real socket that checks its own answers, and clients of it."""

import gc
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import ccapi_sandbox
import httpx
import pytest
from ccapi_client import CCAPI, AsyncCCAPI, PollPolicy
from ccapi_client._http.address import parse
from ccapi_client._http.wire import Request, Response
from ccapi_client.policies import Timeout
from ccapi_sandbox import Sandbox
from chromium import CHROMIUM
from chromium import chromium as started
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser

from .carriers import Carrier
from .scripted import ClientClass

# How fast a machine is says nothing about the code.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")

# A shell that runs the tests in the background has them ignore Ctrl-C, and so would the commands that they interrupt.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection() -> None:
    gc.disable()


def pytest_collection_finish() -> None:
    """What was collected stays to the end: to look through it again and again would take minutes."""
    gc.freeze()
    gc.enable()


ROOT = Path(__file__).parent.parent
QUICK = PollPolicy(initial=0.02, max_interval=0.05)


def skip_page(reason: str) -> NoReturn:
    """Skips the test of a page, or fails it where the environment says that such tests have to run."""
    if os.environ.get("CCAPI_TEST_BROWSER") == "required":
        pytest.fail(f"{reason}, and CCAPI_TEST_BROWSER is {os.environ['CCAPI_TEST_BROWSER']!r}")
    pytest.skip(reason)


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """A Chromium that requests nothing by itself; where there is none, the test is skipped."""
    if CHROMIUM is None:
        skip_page("there is no Chromium on this machine")
    with started(*arguments) as browser:
        yield browser


@pytest.fixture(scope="session", autouse=True)
def _no_profiles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nobody is logged in: what `ccapi login` keeps on this machine is not used."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        patch.delenv("CCAPI_PROFILE", raising=False)
        yield


NO_LIMIT = Timeout(connect=None, read=None, write=None, pool=None)


class NoBody:
    """The body of a response that has been read."""

    async def piece(self) -> bytes | None:
        return None

    def abort(self) -> None:
        pass

    async def close(self) -> None:
        pass


def response_of(body: object = b"", status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A response that has been read; a body that is not bytes is sent as JSON."""
    request = Request("POST", parse("http://x/"), {"idempotency-key": "key-1"}, None, NO_LIMIT)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(request, status, httpx.Headers(headers), NoBody(), content)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CCAPI_API_KEY", "CCAPI_BASE_URL", "CCAPI_CARRIER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with ccapi_sandbox.running(job_seconds=0.2, strict=True) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[CCAPI]:
    with CCAPI(sandbox.api_key, base_url=sandbox.base_url, poll=QUICK) as client:
        yield client


@pytest.fixture(params=[CCAPI, AsyncCCAPI])
def client_class(request: pytest.FixtureRequest) -> ClientClass:
    """Either client."""
    found: ClientClass = request.param
    return found


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def async_client(sandbox: Sandbox, anyio_backend: str) -> AsyncIterator[AsyncCCAPI]:
    async with AsyncCCAPI(sandbox.api_key, base_url=sandbox.base_url, poll=QUICK) as client:
        yield client


@pytest.fixture
def carrier(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Carrier:
    """What the clients and connections of a test send by while it lasts."""
    found: Carrier = request.param
    monkeypatch.setenv("CCAPI_CARRIER", found.name)
    return found
