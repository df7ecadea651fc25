"""How the overlay is built: what may be imported where, how long a file may be, and what is public."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import ccapi_client
import pytest
from ccapi_client import CCAPI, AsyncCCAPI

from .conftest import ROOT

OVERLAY = ROOT / "overlays" / "ccapi_client"
FILES = sorted(OVERLAY.rglob("*.py"))
FILE = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(OVERLAY)))

HTTP_LIBRARIES = {"httpx", "httpx2", "httpcore", "httpcore2", "aiohttp", "h11", "yarl", "multidict"}

NAMES = {
    *("CCAPI", "AsyncCCAPI", "media", "RetryPolicy", "Timeout", "RetryEvent", "PollPolicy", "JobUpdate", "JobOutcome"),
    *("JobOutcomes", "ResponseEvent", "ResponseInfo", "RateLimit", "RequestResult", "EventStream", "AsyncEventStream"),
    *("CCAPIError", "ConfigurationError", "InvalidRequestError", "APIConnectionError", "APITimeoutError"),
    *("APIStatusError", "BadRequestError", "AuthenticationError", "BillingError", "PermissionDeniedError"),
    *("NotFoundError", "ConflictError", "UnprocessableEntityError", "RateLimitError", "InternalServerError"),
    *("MalformedResponseError", "JobFailedError", "JobCancelledError", "JobTimeoutError", "StreamError"),
    *("StreamInterruptedError", "__version__"),
    *("AnswerError", "AnswerRefusedError", "AnswerTruncatedError", "InvalidAnswerError"),
}
METHODS = {
    *("close", "with_options", "download", "save", "iter_models", "request", "stream_request"),
    *(
        "create_chat_completion",
        "parse_chat_completion",
        "stream_chat_completion",
        "create_image",
        "create_speech",
        "generate_images",
    ),
    *("get_image_job", "get_model", "get_provider", "list_models", "list_providers"),
    *("wait_for_image_job", "watch_image_job", "wait_for_image_jobs"),
    *("generate_images_and_wait", "wait_for_jobs"),
    *("generate_video", "get_video_job", "generate_video_and_wait"),
    *("wait_for_video_job", "watch_video_job", "wait_for_video_jobs"),
}
MODULES = {"async_client", "batch", "cli", "client", "errors", "media", "models", "otel", "policies"}


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, by a statement or by a name in a text, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield str(node.module)
        elif isinstance(node, ast.Call) and any(
            getattr(node.func, kind, None) in ("import_module", "__import__") for kind in ("id", "attr")
        ):
            yield from (str(each.value) for each in ast.walk(node) if isinstance(each, ast.Constant))


@FILE
def test_an_http_library_is_a_carrier_s_affair(path: Path) -> None:
    found = {name.partition(".")[0] for name in imported(path)} & HTTP_LIBRARIES
    is_carrier = path.parent.name == "_carriers"
    assert is_carrier or not found


def test_the_carriers_are_found_to_import_theirs() -> None:
    carriers = {path.name: set(imported(path)) & HTTP_LIBRARIES for path in (OVERLAY / "_carriers").glob("*.py")}
    # `library` gives `over_httpcore` its engine.
    assert {name for name, found in carriers.items() if found} == {"given.py", "over_aiohttp.py", "aiohttp_pool.py"}


@FILE
def test_files_and_lines_are_short(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) <= 300
    assert [number for number, line in enumerate(lines, 1) if len(line) > 120] == []


def test_the_names_that_are_public() -> None:
    assert set(ccapi_client.__all__) == NAMES
    assert len(ccapi_client.__all__) == len(NAMES)
    assert all(hasattr(ccapi_client, name) for name in NAMES)


@pytest.mark.parametrize("client", [CCAPI, AsyncCCAPI])
def test_the_methods_that_are_public(client: type) -> None:
    assert {name for name in dir(client) if not name.startswith("_")} == METHODS
    made = client("key-1")
    assert {name for name in vars(made) if not name.startswith("_")} == set()


def test_both_clients_have_the_same_methods_with_the_same_arguments() -> None:
    for name in METHODS:
        ours, theirs = (inspect.signature(getattr(client, name)).parameters for client in (CCAPI, AsyncCCAPI))
        assert [(each.name, each.kind, each.default) for each in ours.values()] == [
            (each.name, each.kind, each.default) for each in theirs.values()
        ], name


def test_the_modules_that_are_public() -> None:
    found = {each.name for each in pkgutil.iter_modules(ccapi_client.__path__)}
    assert {name for name in found if not name.startswith("_")} == MODULES
    for name in MODULES:
        assert importlib.import_module(f"ccapi_client.{name}").__doc__
