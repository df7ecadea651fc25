"""The targets: each takes an input, bytes of any kind, and raises where something does not hold."""

from __future__ import annotations

import codecs
import json
import math
import os
import re
import tempfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypedDict

from ccapi_client import CCAPI, CCAPIError, RetryPolicy
from ccapi_client._chat.sse import Decoder
from ccapi_client._http.decoding import PIECE
from ccapi_client._http.decoding import Decoder as Unpacker
from ccapi_client._http.retry import retry_after
from ccapi_client._http.wire import Headers, TransportError
from ccapi_client.batch import Batch
from ccapi_client.batch.planning import plan
from ccapi_openapi.response import ResponseInfo

from .choices import Choices
from .contract import Operation, near, operations, resolved
from .service import KEY, PATIENCE, Broken, Message, Scripted, held, messages, responding

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
ONCE = RetryPolicy(max_attempts=1)
MOST_BYTES = 1000
"""The largest file that a download takes, in bytes."""
POSTS = [each for each in operations() if each.request]
SUFFIXES = (".txt", ".csv", ".tsv", ".jsonl", ".ndjson")


class Person(TypedDict, total=False):
    """What a chat is asked for."""

    name: str
    years: list[int]


def events(data: bytes) -> None:
    """The decoder of event streams finds the same events in whatever pieces, those of a plain reading of the standard."""
    choices = Choices(data)
    size = choices.below(20) + 1
    stream, decoder = choices.rest(), Decoder()
    found = [each for at in range(0, len(stream), size) for each in decoder.feed(stream[at : at + size])]
    if [(each.type, each.data) for each in found] != _events_of(stream):
        raise Broken(f"in pieces of {size}: {found}, not {_events_of(stream)}")
    decoder.end()


def _events_of(stream: bytes) -> list[tuple[str, str]]:
    text = stream.removeprefix(codecs.BOM_UTF8).decode(errors="replace")
    found, data, kind = [], list[str](), ""
    for line in re.split("\r\n|\r|\n", text)[:-1]:
        name, _, value = line.partition(":")
        if not line:
            if data:
                found.append((kind or "message", "\n".join(data)))
            data, kind = [], ""
        elif name == "data":
            data.append(value.removeprefix(" "))
        elif name == "event":
            kind = value.removeprefix(" ")
    return found


def encodings(data: bytes) -> None:
    """A compressed body gives what zlib finds in one go, a little at a time, or an error of ours."""
    choices = Choices(data)
    coding, size = ("gzip", "deflate")[choices.below(2)], choices.below(64) + 1
    packed, decoder = choices.rest(), Unpacker(coding)
    most = len(packed) * 1100 + PIECE
    found = bytearray()
    try:
        for at in range(0, len(packed), size):
            for piece in decoder.feed(packed[at : at + size]):
                if len(piece) > PIECE or len(found) > most:
                    raise Broken(f"{len(packed)} bytes give {len(found)}, by {len(piece)}")
                found += piece
        found += decoder.finish()
    except TransportError:
        found = bytearray(b"an error of ours")
    reference = zlib.decompressobj(zlib.MAX_WBITS | (16 if coding == "gzip" else 0))
    with suppress(zlib.error):
        whole = reference.decompress(packed)
        # Of what comes after the end, only further members of gzip mean something.
        if reference.eof and not reference.unused_data and found != whole:
            raise Broken(f"{coding}: {found!r}, not {whole!r}")


def called(client: CCAPI, operation: Operation, example: int = 0) -> Callable[[], Any]:
    """What calls an operation as an example of the contract does."""
    body = operation.examples[example % len(operation.examples)]
    return lambda: getattr(client, operation.name)(**operation.parameters, **body)


def _stream(client: CCAPI) -> Any:
    with client.stream_chat_completion(model="a/b", messages=HELLO) as stream:
        return "".join(each for each in stream.text() if each.encode()), stream.final(), stream.partial


def _events(client: CCAPI) -> Any:
    with client.stream_request("POST", "/chat/completions", json={"stream": True}) as stream:
        return list(islice(stream, 1000))


OTHERS: tuple[Callable[[CCAPI], Any], ...] = (
    _stream,
    _events,
    lambda client: client.parse_chat_completion(response_format=Person, model="a/b", messages=HELLO),
    lambda client: client.generate_images_and_wait(contents=[{"text": "a fox"}]),
    lambda client: client.generate_video_and_wait(prompt="a fox"),
    lambda client: list(client.watch_image_job("job-1")),
    lambda client: [each.job_id for each in client.wait_for_image_jobs(["job-1", {"id": "job-2", "status": "x"}])],
    lambda client: list(islice(client.iter_models(page_size=2), 10)),
    lambda client: client.request("POST", "/anything", json={}),
)
"""What a client does beside the contract's operations."""


def responses(data: bytes) -> None:
    """Whatever conversation: every operation, stream, wait and page ends in a result or in an error of ours."""
    choices = Choices(data)
    chosen = choices.below(len(operations()) + len(OTHERS))
    choices.take(1)  # so that the input reads as text
    with Scripted(messages(choices.rest())).made() as client:
        if chosen < len(operations()):
            held(called(client, operations()[chosen]))
        else:
            held(lambda: OTHERS[chosen - len(operations())](client))


def headers(data: bytes) -> None:
    """Whatever headers: what is read of them is within its bounds, on a result and on an error, and so are the waits."""
    script = messages(data)
    service = Scripted(script)
    waits: list[float] = []
    with service.made(on_retry=lambda event: waits.append(event.delay)) as client:

        def listed() -> Any:
            result = client.list_models()
            _check_info(result.response)
            return result

        held(listed)
    if any(not 0 <= each <= 60 for each in waits):
        raise Broken(f"waits {waits}")
    for message in script:
        _check_headers(message)


def _check_info(info: Any) -> None:
    limits = info.rate_limit
    for each in limits:
        if each is not None and not (math.isfinite(each) and each >= 0):
            raise Broken(f"{limits}")
    if info.request_id is not None:
        info.request_id.encode(errors="surrogatepass")


def _check_headers(message: Message) -> None:
    found = Headers(message.headers)
    _check_info(ResponseInfo(message.status, found, 1, 0.0))
    seconds = retry_after(found, datetime.now(UTC))
    if seconds is not None and not 0 <= seconds < math.inf:
        raise Broken(f"Retry-After: {seconds}")


def models(data: bytes) -> None:
    """A document near the contract's schema of the response, through every operation."""
    choices = Choices(data)
    operation = operations()[choices.below(len(operations()))]
    body = near(choices, operation.response).encode("utf-8")
    with Scripted([Message(200, [(b"content-type", b"application/json")], [body], None)]).made() as client:
        result = held(called(client, operation, choices.below(4)))
        if result is not None:
            held(lambda: client.download(result))
            with tempfile.TemporaryDirectory(prefix="fuzz-", dir=FAST) as folder:
                held(lambda: client.save(result, f"{folder}/"))


def arguments(data: bytes) -> None:
    """Arguments near the contract's schema of the request, through every operation with a body."""
    choices = Choices(data)
    operation = POSTS[choices.below(len(POSTS))]
    assert operation.request
    try:
        given = json.loads(near(choices, operation.request))
    except (ValueError, RecursionError):
        return
    names = operations_fields(operation)
    inner = {name: value for name, value in given.items() if name in names and name != "stream"}
    extra = {name: value for name, value in given.items() if name not in names}
    with Scripted([Message(200, [], [near(Choices(b""), operation.response).encode()], None)]).made() as client:
        held(lambda: getattr(client, operation.name)(**_whole(operation, inner), extra_body=extra or None))


def operations_fields(operation: Operation) -> set[str]:
    """The names of the arguments that go into the body of an operation."""
    return set(resolved(operation.request or {})["properties"])


def _whole(operation: Operation, given: dict[str, Any]) -> dict[str, Any]:
    """Arguments with those that Python itself insists on."""
    needed = resolved(operation.request or {}).get("required", ())
    return {**{name: operation.examples[0].get(name) for name in needed}, **given}


def downloads(data: bytes) -> None:
    """Whatever source and responses: only whole files within the limit, in their folder; the key on its own origin."""
    choices = Choices(data)
    chosen = choices.below(4)
    choices.take(1)
    first, _, rest = choices.rest().partition(b"\n")
    text = first.decode(errors="replace").replace(KEY, "")
    source: Any = text
    if chosen >= 2:
        try:
            source = json.loads(text)
        except (ValueError, RecursionError):
            source = {"data": [{"url": text}]}
    with (
        Scripted(messages(rest)).made(max_response_bytes=MOST_BYTES) as client,
        tempfile.TemporaryDirectory(prefix="fuzz-", dir=FAST) as folder,
    ):
        if chosen % 2 == 0:
            content = held(lambda: client.download(source, max_bytes=MOST_BYTES))
            if content is not None and sum(map(len, content if isinstance(content, list) else [content])) > (
                MOST_BYTES * (len(content) if isinstance(content, list) else 1)
            ):
                raise Broken(f"{len(content)} bytes")
        inside = Path(folder, "inside")
        inside.mkdir()
        if chosen % 2:
            saved = held(lambda: client.save(source, f"{inside}/", max_bytes=MOST_BYTES))
            paths = [] if saved is None else saved if isinstance(saved, list) else [saved]
            there = sorted(inside.iterdir())
            if saved is not None and sorted(paths) != there:
                raise Broken(f"{there}, not {paths}")
            if any(each.name.startswith((".", "-")) or each.stat().st_size > MOST_BYTES for each in there):
                raise Broken(f"{there}")
        if os.listdir(folder) != ["inside"]:
            raise Broken(f"{os.listdir(folder)}")


def batches(data: bytes) -> None:
    """Whatever file, template and operation: rows are planned, listed and exported, or an error of ours says why not."""
    choices = Choices(data)
    suffix = SUFFIXES[choices.below(len(SUFFIXES))]
    operation = POSTS[choices.below(len(POSTS))].name
    choices.take(1)
    first, _, content = choices.rest().partition(b"\n")
    template: Any = None
    row_id: Any = None
    with suppress(ValueError, RecursionError):
        given = json.loads(first)
        template, row_id = given if isinstance(given, list) and len(given) == 2 else (given, None)
    template = template if isinstance(template, dict) else None
    row_id = row_id if isinstance(row_id, str) else None
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=FAST) as folder:
        path = Path(folder, f"rows{suffix}")
        path.write_bytes(content)
        rows = held(lambda: list(plan(path, operation, template, row_id)))
        if rows is None or any(isinstance(each, CCAPIError) for each in rows):
            return  # a ledger takes far longer
        with Batch.open(Path(folder, "ledger")) as batch:
            added = held(lambda: batch.add(path, operation=operation, template=template, id=row_id))
            items = list(batch.items())
            if len(items) != (added.new if added else 0):
                raise Broken(f"{len(items)} rows of {added}")
            held(batch.counts)
            held(lambda: [batch.export(Path(folder, f"out{each}")) for each in (".jsonl", ".csv")])
            held(lambda: batch.report(Path(folder, "out.html")))
            again = held(lambda: batch.add(path, operation=operation, template=template, id=row_id))
            if added and (again is None or again.same != added.new):
                raise Broken(f"{added}, then {again}")


WIRED: tuple[Callable[[CCAPI], Any], ...] = (
    lambda client: client.list_models(),
    lambda client: client.create_chat_completion(model="a/b", messages=HELLO),
    lambda client: client.create_speech(model="a/b", input="hello"),
    _stream,
    _events,
)
"""What is done over a socket."""


def wire(data: bytes) -> None:
    """Whatever bytes come over the socket in place of a response: a result or an error of ours."""
    choices = Choices(data)
    work = WIRED[choices.below(len(WIRED))]
    choices.take(1)
    with (
        responding(choices.rest()) as url,
        CCAPI(KEY, base_url=url, retry=ONCE, timeout=PATIENCE) as client,
    ):
        held(lambda: work(client))


FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where a ledger needs no disk."""
TARGETS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each for each in (events, encodings, headers, wire, responses, models, arguments, downloads, batches)
}
"""By their names, which are those of the folders of `tests/corpus`."""
