"""Whatever the service responds with, only `CCAPIError`s come out of either client: whole conversations, made up.

A conversation is a call and the responses that it gets: any status, headers and body, in any pieces, cut anywhere. The
bodies are valid ones in which something is changed, and bytes of all kinds. Time passes only while a client sleeps; but
the waits for many jobs of `AsyncCCAPI` run in real time, with short waits.
"""

import base64
import copy
import json
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import httpx
import pytest
from ccapi_client import CCAPI, AsyncCCAPI, CCAPIError, PollPolicy
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ..carriers import PATIENCE
from ..scripted import Body, Service

API = "http://127.0.0.1/v1"
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(30)
DATA_URL = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
MODEL = {"id": "a/b", "object": "model", "provider": {"name": "a"}, "ccapi": {"type": "chat", "input_modalities": []}}

ANSWERS: list[dict[str, Any]] = [
    {
        "id": "c-1",
        "object": "chat.completion",
        "created": 1,
        "model": "a/b",
        "usage": {"total_tokens": 3},
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "x", "tool_calls": [CALL]},
                "finish_reason": "stop",
            }
        ],
    },
    {"created": 1, "data": [{"url": f"{API}/files/a.png"}, {"b64_json": base64.b64encode(PICTURE).decode()}]},
    {"id": "job-1", "created": 1, "model": "a/b", "status": "completed", "data": [{"url": f"{API}/files/a.png"}]},
    {"id": "job-1", "status": "processing", "poll_url": f"{API}/images/jobs/job-1", "estimated_time": 3},
    {"id": "job-1", "status": "failed", "error": {"message": "refused"}},
    {"id": "s-1", "url": f"{API}/files/a.mp3", "output_format": "mp3"},
    {"object": "list", "data": [MODEL]},
    {"provider": {"name": "a", "display_name": "A"}, "models": [MODEL]},
    MODEL,
    {"error": {"message": "no", "type": "t", "code": "c", "param": "p", "details": {"a": 1}}},
    {"detail": [{"loc": ["body", "model"], "msg": "Field required"}]},
]
CHUNKS: list[dict[str, Any]] = [
    {"id": "c-1", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "He"}, "finish_reason": None}]},
    {"choices": [{"index": 0, "delta": {"content": "\ud83d"}}]},
    {"choices": [{"index": 0, "delta": {"content": [{"type": "text", "text": "\ude00"}]}}]},
    {"choices": [{"delta": {"tool_calls": [{**CALL, "index": 0}]}, "logprobs": {"content": [{"token": "a"}]}}]},
    {"choices": [{"delta": {"reasoning_details": [{"type": "t", "text": "a", "index": 0}]}}]},
    {"choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}]},
    {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}},
    {"error": {"message": "busy", "code": 429, "metadata": {"raw": "x"}}},
]
NAMES = ["id", "status", "data", "choices", "delta", "message", "content", "tool_calls", "error", "index", "url", "x"]

texts = st.text(st.characters(), max_size=5) | st.sampled_from(
    ["", "\ud83d", "data:,\ud800", DATA_URL, API, "//[", "/a"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=5,
)


def places(document: Any, *steps: Any) -> list[tuple[Any, ...]]:
    """The way to each value in a document."""
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [steps, *(place for name, value in inner for place in places(value, *steps, name))]


@st.composite
def changed(draw: st.DrawFn, documents: list[dict[str, Any]]) -> Any:
    """One of some documents, in which up to three values are others, or missing."""
    document: Any = copy.deepcopy(draw(st.sampled_from(documents)))
    for _ in range(draw(st.integers(0, 3))):
        *steps, last = draw(st.sampled_from(places(document))) or (None,)
        if last is None:
            return draw(values)
        holder = document
        for step in steps:
            holder = holder[step]
        if isinstance(holder, dict) and draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = draw(values)
    return document


events = st.one_of(
    changed(CHUNKS).map(lambda chunk: b"data: " + json.dumps(chunk).encode() + b"\n\n"),
    st.sampled_from([b"data: [DONE]\n\n", b": ping\n\n", b"event: error\n", b"data: {\n", b"\r\n", b"data: [DO"]),
    st.binary(max_size=5),
)
bodies = st.one_of(
    changed(ANSWERS).map(lambda answer: json.dumps(answer).encode()),
    st.lists(events, max_size=6).map(b"".join),
    st.sampled_from(
        [b"", PICTURE, b"ID3" + bytes(30), b"<html><title>502</title>", b"[" * 5000, b"\xff\xfe{\x00}\x00"]
    ),
    st.binary(max_size=30),
)
header = st.one_of(
    st.tuples(
        st.just(b"content-type"),
        st.sampled_from(
            [b"application/json", b"text/event-stream", b"audio/mpeg", b"image/png", b"text/html", b";", b"\xe9"]
        ),
    ),
    st.tuples(
        st.sampled_from([b"retry-after", b"retry-after-ms", b"date"]),
        st.sampled_from(
            [
                b"1",
                b"-1",
                b"1e9",
                b"nan",
                b"9" * 400,
                b"Sun, 22 Nov 2026 10:00:30 GMT",
                b"Sun, 99 Nov 0000 99:99:99 GMT",
            ]
        ),
    ),
    st.tuples(
        st.just(b"location"),
        st.sampled_from(
            [b"/v1/models", b"//", b"http://[", b"https://u:p@x.example/a?b", b"\xff", b"data:,x", API.encode()]
        ),
    ),
    st.tuples(
        st.just(b"content-range"), st.sampled_from([b"bytes 3-9/10", b"bytes */7", b"bytes 9-3/x", b"", b"\xe9"])
    ),
    st.tuples(st.just(b"content-encoding"), st.sampled_from([b"gzip", b"deflate", b"identity", b"br", b"\xe9"])),
    st.tuples(st.just(b"content-length"), st.sampled_from([b"0", b"7", b"99", b"x", b"-1"])),
    st.tuples(
        st.sampled_from([b"etag", b"last-modified", b"x-request-id", b"cf-ray", b"content-disposition"]),
        st.binary(max_size=5).map(lambda value: value.translate(None, b"\r\n\0")) | st.just('"é"'.encode()),
    ),
)
statuses = st.sampled_from([200] * 8 + [201, 202, 204, 206, 302, 304, 308, 400, 401, 404, 416, 422, 429, 500, 503, 599])
ends = st.sampled_from([None] * 4 + [httpx.ReadError("r"), httpx.ReadTimeout("t"), httpx.RemoteProtocolError("p")])


class Recipe(NamedTuple):
    """What a response is made of, anew for each request."""

    status: int
    headers: list[tuple[bytes, bytes]]
    pieces: list[bytes]
    end: Exception | None


class AnyService(Service):
    """A service that responds with one recipe to each request, with the last one forever."""

    def __init__(self, recipes: list[Recipe], *, is_real_time: bool) -> None:
        super().__init__(is_real_time=is_real_time)
        self.recipes = recipes

    def respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        recipe = self.recipes[min(len(self.requests), len(self.recipes)) - 1]
        ends = [recipe.end] if recipe.end else []
        return httpx.Response(recipe.status, headers=recipe.headers, stream=Body(*recipe.pieces, *ends))


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    body = draw(bodies)
    edges = sorted(draw(st.lists(st.integers(0, len(body)), max_size=4)))
    if draw(st.integers(0, 7)) == 0:
        edges = list(range(len(body)))
    pieces = [body[start:end] for start, end in pairwise([0, *edges, len(body)])]
    return Recipe(draw(statuses), draw(st.lists(header, max_size=4)), pieces, draw(ends))


Work = Callable[[Any, str], Any]
OPERATIONS: dict[str, Work] = {
    "chat": lambda client, folder: client.create_chat_completion(model="a/b", messages=HELLO),
    "image": lambda client, folder: client.create_image(prompt="a fox"),
    "images": lambda client, folder: client.generate_images(contents=[{"text": "a fox"}]),
    "speech": lambda client, folder: client.create_speech(model="a/b", input="hello"),
    "job": lambda client, folder: client.get_image_job("job-1"),
    "model": lambda client, folder: client.get_model("a/b"),
    "models": lambda client, folder: client.list_models(),
    "provider": lambda client, folder: client.get_provider("a"),
    "providers": lambda client, folder: client.list_providers(),
    "wait": lambda client, folder: client.wait_for_image_job("job-1"),
    "download": lambda client, folder: client.download(f"{API}/files/a.png"),
    "save": lambda client, folder: client.save(f"{API}/files/a.png", f"{folder}/"),
}
FILES = {"image": "download", "images": "save", "speech": "save", "wait": "save"}
"""What is done with what an operation gives: its files are taken."""


def blocking(name: str, client: CCAPI, folder: str) -> Any:
    if name == "stream":
        with client.stream_chat_completion(model="a/b", messages=HELLO) as stream:
            text = "".join(each for each in stream.text() if each.encode())
            return text, stream.final(), stream.partial
    if name == "many":
        return [
            shown(each.result, each.error)
            for each in client.wait_for_image_jobs(["job-1", {"id": "job-2", "status": "x"}])
        ]
    if name == "pages":
        return [each for each, _ in zip(client.iter_models(page_size=1), range(5), strict=False)]
    result = OPERATIONS[name](client, folder)
    if name in FILES:
        json.dumps(result.to_dict())
        client.download(result) if FILES[name] == "download" else client.save(result, f"{folder}/")
    return result


async def asynchronous(name: str, client: AsyncCCAPI, folder: str) -> Any:
    if name == "stream":
        async with client.stream_chat_completion(model="a/b", messages=HELLO) as stream:
            text = "".join([each async for each in stream.text() if each.encode()])
            return text, await stream.final(), stream.partial
    if name == "many":
        jobs: list[Any] = ["job-1", {"id": "job-2", "status": "x"}]
        with anyio.fail_after(PATIENCE):
            async with client.wait_for_image_jobs(jobs) as outcomes:
                return [shown(each.result, each.error) async for each in outcomes]
    if name == "pages":
        found = []
        async for each in client.iter_models(page_size=1):
            found.append(each)
            if len(found) == 5:
                break
        return found
    result = await OPERATIONS[name](client, folder)
    if name in FILES:
        json.dumps(result.to_dict())
        await (client.download(result) if FILES[name] == "download" else client.save(result, f"{folder}/"))
    return result


def shown(result: Any, error: Exception | None) -> str:
    """An outcome, so that those of both clients can be compared; an error has to be ours."""
    assert isinstance(error, CCAPIError | None)
    return repr(result) if error is None else type(error).__name__


def outcome(name: str, client_class: Any, script: list[Recipe]) -> str:
    is_real_time = name == "many" and client_class is AsyncCCAPI
    service = AnyService(script, is_real_time=is_real_time)
    poll = PollPolicy(initial=0.001, max_interval=0.002, timeout=0.05)
    work = blocking if client_class is CCAPI else asynchronous
    with tempfile.TemporaryDirectory() as folder:
        try:
            result = service.call(client_class, lambda client: work(name, client, folder), base_url=API, poll=poll)
        except CCAPIError as error:
            str(error).encode(errors="surrogatepass")
            return shown(None, error)
        return repr([path.name for path in Path(folder).iterdir()]) + repr(result).replace(folder, "")


@pytest.mark.parametrize("name", [*OPERATIONS, "pages", "stream", "many"])
def test_only_errors_of_ours_come_out(name: str) -> None:
    """Both clients do the same, too."""

    @settings(
        max_examples=150 if name == "stream" else 12 if name == "many" else 40,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        phases=[each for each in Phase if name != "many" or each is not Phase.shrink],  # in real time it takes forever
    )
    @given(st.lists(recipes(), min_size=1, max_size=3))
    def converse(script: list[Recipe]) -> None:
        outcomes = [outcome(name, each, script) for each in (CCAPI, AsyncCCAPI)]
        assert name == "many" or outcomes[0] == outcomes[1]

    converse()
