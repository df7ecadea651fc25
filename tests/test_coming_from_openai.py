"""The guide's tables for users of `openai`: each row is executed on both sides, as the page has it."""

import ast
import asyncio
import inspect
import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ccapi_client
import openai
import pytest
from ccapi_client import CCAPI, RetryPolicy
from ccapi_sandbox import Sandbox

from .conftest import ROOT

PAGE = (ROOT / "docs" / "guide" / "coming-from-openai.md").read_text("utf-8")
SETUP = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[-1]
ROW = re.compile(r"^\| (?!\|)(.+?) \| (`.+`) \| (`.+`) \|$", re.MULTILINE)
CALLS, ERRORS = (
    [row for row in ROW.findall(part) if row[2] != "`ccapi_client`"] for part in PAGE.split("## What you catch")
)

FAULTS = {
    "how often to retry": "429;retry-after=0.01;times=5",
    "how long to wait": "stall",
    "other options for a while": "stall",
}
RAISES = {
    "how long to wait": "APITimeoutError",
    "other options for a while": "APITimeoutError",
    "other headers": "PermissionDeniedError",
    "headers of all calls": "PermissionDeniedError",
}


class Side:
    """One column of the table: its package, and a call that says whether its client works."""

    def __init__(self, package: Any, client: str, probe: str) -> None:
        self.package, self.client, self.probe = package, client, probe


THEIRS = Side(openai, CALLS[0][1], "[each.id for each in client.models.list()]")
OURS = Side(ccapi_client, CALLS[0][2], "[each.id for each in client.iter_models()]")


def code(cell: str) -> str:
    """The program of a cell: a line for each piece of code."""
    return "\n".join(re.findall(r"`([^`]+)`", cell))


def run(program: str, scope: dict[str, Any]) -> Any:
    """Executes a program, which may await; gives the value of its last line, where that is an expression."""
    *_, last = (tree := ast.parse(program)).body
    if isinstance(last, ast.Expr):
        tree.body[-1] = ast.copy_location(ast.Assign([ast.Name("value", ast.Store())], last.value), last)
    compiled = compile(ast.fix_missing_locations(tree), "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    scope.pop("value", None)
    done = eval(compiled, scope)
    if inspect.iscoroutine(done):
        asyncio.run(done)
    return scope.get("value")


class _Forward(socketserver.BaseRequestHandler):
    """Passes on what a client sends to a proxy: the address of the first line becomes a path."""

    def handle(self) -> None:
        server: Any = self.server
        head = self.request.recv(65536)
        server.requests += 1
        line, _, rest = head.partition(b"\r\n")
        method, address, version = line.split(b" ")
        host, _, path = address.removeprefix(b"http://").partition(b"/")
        name, _, port = host.partition(b":")
        rest = re.sub(rb"(?im)^connection:.*\r\n", b"", rest)
        with socket.create_connection((name.decode(), int(port))) as target:
            target.sendall(b" ".join([method, b"/" + path, version]) + b"\r\nConnection: close\r\n" + rest)
            while data := target.recv(65536):
                self.request.sendall(data)


@contextmanager
def forwarding() -> Iterator[Any]:
    """A proxy; `requests` is how many came."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Forward) as server:
        server.requests = 0  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def scope(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """The names of the page."""
    sandbox.reset()
    monkeypatch.setenv("CCAPI_API_KEY", sandbox.api_key)
    monkeypatch.setenv("CCAPI_BASE_URL", sandbox.base_url)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "page"}
    exec(SETUP, names)
    names["model"] = "sandbox/babble"  # whose answers need no language model, and are the same each time
    return names


def result(side: Side, cell: str, scope: dict[str, Any], fault: str | None, sandbox: Sandbox) -> Any:
    """What a cell gives, or the name of the error that it raises; of a client that it makes, what that gives."""
    scope = dict(scope)
    run(code(side.client), scope)
    clients = [scope["client"]]
    sandbox.reset()
    if fault:
        sandbox.fail_next(fault)
    try:
        found = run(code(cell), scope)
        clients.append(scope["client"])
        if found is None:
            found = run(side.probe, scope)
    except (openai.OpenAIError, ccapi_client.CCAPIError) as error:
        found = type(error).__name__
    for client in [*clients, scope["client"]]:
        if not inspect.iscoroutinefunction(client.close):
            client.close()
    return found


@pytest.mark.parametrize(("label", "theirs", "ours"), CALLS, ids=[row[0] for row in CALLS])
def test_a_row_gives_the_same_on_both_sides(
    label: str, theirs: str, ours: str, scope: dict[str, Any], sandbox: Sandbox
) -> None:
    with forwarding() as proxy:
        scope["proxy"] = f"http://127.0.0.1:{proxy.server_address[1]}"
        passed, found = [], []
        for side, cell in ((THEIRS, theirs), (OURS, ours)):
            before = proxy.requests
            found.append(result(side, cell, scope, FAULTS.get(label), sandbox))
            passed.append(proxy.requests > before)
    assert passed == [label == "a proxy"] * 2
    if label in RAISES:
        assert found == [RAISES[label]] * 2
    elif label == "the id of the request":
        assert all(isinstance(each, str) and each for each in found)
    else:
        assert found[0]
        assert not str(found[0]).endswith("Error")
        assert found[0] == found[1]


def test_one_failure_more_than_the_retries_is_raised(scope: dict[str, Any], sandbox: Sandbox) -> None:
    _, theirs, ours = next(row for row in CALLS if row[0] == "how often to retry")
    for side, cell in ((THEIRS, theirs), (OURS, ours)):
        assert result(side, cell, scope, "429;retry-after=0.01;times=6", sandbox) == "RateLimitError"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which every connection is refused, for as long as the test lasts."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.mark.parametrize(("what", "theirs", "ours"), ERRORS, ids=[row[0] for row in ERRORS])
def test_errors_have_the_classes_of_the_page(
    what: str, theirs: str, ours: str, scope: dict[str, Any], sandbox: Sandbox, closed_port: int
) -> None:
    base_url = f"http://127.0.0.1:{closed_port}/v1" if what == "no connection" else sandbox.base_url
    options: dict[str, Any] = {"base_url": base_url, "timeout": 0.5 if what == "no response in time" else 20}
    parsed: dict[str, Any] = {
        "model": scope["model"],
        "messages": scope["messages"],
        "response_format": scope["Place"],
    }
    with (
        openai.OpenAI(api_key=sandbox.api_key, max_retries=0, **options) as other,
        CCAPI(sandbox.api_key, retry=RetryPolicy(max_attempts=1), **options) as client,
    ):
        for cell, list_models, parse in (
            (theirs, other.models.list, other.chat.completions.parse),
            (ours, client.list_models, client.parse_chat_completion),
        ):
            sandbox.reset()
            with pytest.raises((openai.OpenAIError, ccapi_client.CCAPIError)) as caught:
                if what == "a structured answer that was cut":
                    parse(**parsed, max_tokens=1)
                elif what == "a structured answer that a filter stopped":
                    sandbox.reply("{", finish_reason="content_filter")
                    parse(**parsed)
                else:
                    if what != "no connection":
                        sandbox.fail_next("stall" if what == "no response in time" else code(what))
                    list_models()
            assert type(caught.value).__name__ == code(cell)


def test_every_error_of_theirs_is_on_the_page() -> None:
    classes = [
        each for each in list(vars(openai).values()) if isinstance(each, type) and issubclass(each, openai.APIError)
    ]
    named = {code(row[1]) for row in ERRORS}
    # Parents, a response that only its strict mode checks, and its own sign-in.
    others = {"APIError", "APIResponseValidationError", "OAuthError"}
    assert {each.__name__ for each in classes} - others - named == set()
