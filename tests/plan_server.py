"""The service that a plan of faults is played on, on a real socket, and the other origin that it may lead to.

It counts what it executes, also where the response is lost, and keeps what it receives.
"""

import asyncio
import gzip
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import attrs

from .fault_plans import BEFORE, OK, STALLS, Fault, Plan, Talk
from .fault_server import chunk, reset

STALL = 2.5
"""After how many seconds the service has enough of a client that still waits."""
REASONS = {200: "OK", 202: "Accepted", 206: "Partial Content"}
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
HTML = b"<!doctype html><html><head><title>Oh no</title></head><body>Oh no</body></html>"
PNG, MP4 = b"\x89PNG\r\n\x1a\n", b"\0\0\0\x18ftypisom"


def file_of(name: str, talk: Talk) -> bytes:
    """The file that a conversation is about."""
    return (MP4 if talk.kind == "video_job" else PNG) + random.Random(name).randbytes(talk.size)


def changed(file: bytes) -> bytes:
    """Another file, as long."""
    return file[:-1] + bytes([file[-1] ^ 1])


def texts_of(name: str, talk: Talk) -> list[str]:
    """The texts of the events that it streams."""
    return [f"{name}-{number} " for number in range(talk.size)]


@attrs.frozen
class Incoming:
    """A request.

    Attributes:
        step: Which queue of the plan is for it.
        target: Its path and query.
        headers: By names in lower case.
        talk: The name of its conversation.
    """

    step: str
    target: str
    headers: Mapping[str, str]
    talk: str
    body: bytes = b""

    @property
    def start(self) -> int | None:
        """Where the part of the file begins that is wanted; None where all of it is."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        return int(found[1]) if found else None


def step_of(method: str, target: str) -> str:
    """Which of the requests of a conversation it is."""
    if "/files/" in target:
        return "fetched"
    return "polled" if method == "GET" and "/models" not in target else "sent"


class Origin:
    """A server that keeps what it receives.

    Attributes:
        heads: Those of the requests.
        bodies: Theirs.
        opened: How many connections are open.
    """

    def __init__(self) -> None:
        self.port = self.opened = 0
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        try:
            while await self.serve(reader, writer):
                await writer.drain()
        finally:
            self.opened -= 1

    async def head(self, reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
        """The method, the target and the headers of the next request."""
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        method, target, _ = first.split(" ")
        return (
            method,
            target,
            {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)},
        )

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serves a request; says whether the connection goes on."""
        raise NotImplementedError


class Elsewhere(Origin):
    """Another origin, which has the files too."""

    def __init__(self) -> None:
        super().__init__()
        self.talks: dict[str, Talk] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        _, target, headers = await self.head(reader)
        self.bodies.append(await reader.readexactly(int(headers.get("content-length", "0"))))
        name = target.partition("?")[0].rpartition("/")[2].partition(".")[0]
        body = file_of(name, self.talks[name]) if name in self.talks else b"{}"
        kind = "image/png" if name in self.talks else "application/json"
        writer.write(response(200, {"content-type": kind}, body))
        return True


def response(status: int, headers: Mapping[str, str], body: bytes, length: int | None = None) -> bytes:
    """A whole response."""
    return head_of(status, {**headers, "content-length": str(len(body) if length is None else length)}) + body


def head_of(status: int, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} {REASONS.get(status, 'No')}\r\n{lines}\r\n".encode()


class PlanServer(Origin):
    """The service.

    Attributes:
        executed: How often the request of a conversation was executed, by the conversation's name.
        done: What happened in a conversation, in its order.
        cancel: What cancels a conversation; set by who leads it.
        problems: What no client should have sent.
    """

    def __init__(self, elsewhere: Elsewhere) -> None:
        super().__init__()
        self.elsewhere = elsewhere
        self.begin(Plan(()), "")

    def begin(self, plan: Plan, key: str) -> None:
        """Starts over, with another plan."""
        self.key, self.talks = key, dict(plan.talks)
        self.elsewhere.talks = self.talks
        self.executed: Counter[str] = Counter()
        self.done: defaultdict[str, list[Fault]] = defaultdict(list)
        self.cancel: dict[str, Callable[[], object]] = {}
        self.problems: list[str] = []
        self._queues = {
            (name, step): list(getattr(talk, step))
            for name, talk in plan.talks
            for step in ("sent", "polled", "fetched")
        }
        self._polls: Counter[str] = Counter()
        self._gone: set[str] = set()
        for each in (self, self.elsewhere):
            each.heads, each.bodies = [], []

    def refuses(self, name: str, step: str) -> bool:
        """Whether the next connection for a request is refused; if so, that has happened then."""
        queue = self._queues.get((name, step))
        if not queue or queue[0].name != "refused":
            return False
        self._happened(name, queue.pop(0))
        return True

    def _happened(self, name: str, fault: Fault) -> None:
        self.done[name].append(fault)
        if len(self.done[name]) == self.talks[name].canceled_at and name in self.cancel:
            self.cancel[name]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        method, target, headers = await self.head(reader)
        name, step = headers.get("x-talk", ""), step_of(method, target)
        queue = self._queues.get((name, step))
        if queue is None:
            self.problems.append(f"{method} {target} belongs to no conversation")
            return False
        fault = queue.pop(0) if queue else OK
        if fault.name == "refused":  # the connection was there already: too late for that
            fault = OK
        if fault.name in BEFORE:
            self._happened(name, fault)
            return self._early(fault, writer)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.bodies.append(body)
        if method == "POST" and fault.executes:
            self.executed[name] += 1
        self._happened(name, fault)
        return await self._responds(Incoming(step, target, headers, name, body), fault, reader, writer)

    def _early(self, fault: Fault, writer: asyncio.StreamWriter) -> bool:
        if fault.name == "early-413":
            writer.write(response(413, {"connection": "close"}, b""))
        elif fault.name == "early-reset":
            reset(writer)
        return False

    async def _responds(
        self, incoming: Incoming, fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        name = fault.name
        if name == "close":
            return False
        if name == "reset":
            reset(writer)
            return False
        if name == "garbage":
            writer.write(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
            return False
        if name == "hang-up-after-hints":
            writer.write(HINTS)
            return False
        if name == "status":
            writer.write(self._status(incoming, fault))
            return True
        status, headers, body = self._payload(incoming, fault)
        if name == "key-header":
            headers["x-request-id"] = self.key
        whole = response(status, headers, body)
        if name in STALLS:
            begun = response(200, headers, body, 10**6) if name == "drip-body" else whole[: -len(body) // 2 or None]
            begun = {"drip-head": b"HTTP/1.1 200 OK\r\n", "silent": b"", "hints-forever": b""}.get(name, begun)
            piece = {"drip-head": b"X-Odd: a\r\n", "drip-body": b" ", "hints-forever": HINTS}.get(name, b"")
            await stall(reader, writer, begun, piece)
            return False
        await sent(writer, name, status, headers, body)
        return name not in SPOILING

    def _status(self, incoming: Incoming, fault: Fault) -> bytes:
        request_id = self.key if fault.form == "key-header" else incoming.talk
        headers = {"content-type": "application/json", "x-request-id": request_id}
        if fault.wait:
            name, _, value = fault.wait.partition(": ")
            headers[name] = value
        if 300 <= fault.status < 400:
            # A download follows it, and then it is the service that has given the key away.
            token = self.key if fault.form == "key" and incoming.step != "fetched" else "abc"
            place = f"/files/{incoming.talk}.png" if incoming.step == "fetched" else incoming.target.partition("?")[0]
            headers["location"] = f"{self.elsewhere.origin}{place}?token={token}"
        error = {"message": "as planned", "type": "planned", "code": "planned"}
        if fault.form == "spent":
            error["code"] = "insufficient_quota"
        if fault.form == "key":
            error["message"] = f"the key {self.key} is not the one"
        body = {"html": HTML, "empty": b""}.get(fault.form, json.dumps({"error": error}).encode())
        if fault.form == "html":
            headers["content-type"] = "text/html"
        return response(fault.status, headers, body)

    def _payload(self, incoming: Incoming, fault: Fault) -> tuple[int, dict[str, str], bytes]:
        """The response of a service that works, but for what a fault changes of its content."""
        talk, name = self.talks[incoming.talk], incoming.talk
        if incoming.step == "fetched":
            return self._file(incoming, fault)
        headers = {"content-type": "application/json", "x-request-id": name}
        if incoming.step == "polled":
            status, document = self._job(incoming, fault)
            return status, headers, json.dumps(document).encode()
        if b'"stream":true' in incoming.body:
            return 200, {**headers, "content-type": "text/event-stream"}, self._events(incoming, fault)
        status, document = 200, dict[str, Any]()
        url = f"{self.origin}/files/{name}.png"
        if talk.kind == "models":
            document = {"object": "list", "data": [{"id": name, "object": "model"}]}
        elif talk.kind == "chat":
            document = whole_chat(name)
        elif talk.kind == "video_job":
            document = {"task_id": f"job-{name}", "status": "queued"}
        elif talk.kind in ("image_job", "scheduled_job"):
            status = 202
            document = {
                "id": f"job-{name}",
                "status": "pending",
                "poll_url": f"{self.origin}/v1/images/jobs/job-{name}",
                "estimated_time": talk.polls,
            }
        else:
            document = {"id": name, "created": 1, "status": "completed", "data": [{"url": url}]}
        if fault.name == "key":
            document = {"key": self.key}
        return status, headers, json.dumps(document).encode()

    def _events(self, incoming: Incoming, fault: Fault) -> bytes:
        texts = texts_of(incoming.talk, self.talks[incoming.talk])
        events = [chunk(text) for text in texts]
        last = chunk("", finish_reason="stop")
        end = b"data: [DONE]\n\n"
        if fault.name == "whole":
            return b"data: " + json.dumps(whole_chat("".join(texts))).encode() + b"\n\n" + end
        middle = events[: (len(events) + 1) // 2]
        found: dict[str, list[bytes]] = {
            "done-twice": [*events, last, end, end],
            "cut-event": [*middle, last[:-12]],
            "cut-between": middle,
            "no-done": [*events, last],
            "error-event": [*middle, b'data: {"error": {"message": "overloaded", "code": "overloaded"}}\n\n', *events],
            "bad-event": [*middle, b'data: {"choices": [\n\n', *events],
            "key-event": [*middle, f'data: {{"error": {{"message": "{self.key} is bad"}}}}\n\n'.encode()],
            "key": [*middle, f"event: error\ndata: {self.key}\n\n".encode()],
        }
        return b"".join(found.get(fault.name, [*events, last, end]))

    def _job(self, incoming: Incoming, fault: Fault) -> tuple[int, Any]:
        name, talk = incoming.talk, self.talks[incoming.talk]
        if fault.name == "vanished":
            self._gone.add(name)
        if name in self._gone:
            return 404, {"error": {"message": "no such job", "code": "not_found"}}
        self._polls[name] += 1
        if fault.name == "backwards":
            self._polls[name] = 0
        is_done = self._polls[name] >= talk.polls and fault.name != "backwards"
        status = "completed" if is_done else "processing"
        status = {"failed": "failed", "key-failed": "failed", "cancelled": "cancelled", "odd-status": "dreaming"}.get(
            fault.name, "queued" if fault.name == "backwards" else status
        )
        is_done = status == "completed"
        found: dict[str, Any] = {"id": f"job-{name}", "status": status}
        if fault.name == "other-job":
            found["id"] = "job-of-another"
        if fault.name == "elsewhere":
            found["poll_url"] = f"{self.elsewhere.origin}/v1/images/jobs/job-{name}"
        if fault.name in ("failed", "key-failed"):
            found["error"] = {"message": f"bad {self.key}" if fault.name == "key-failed" else "bad", "code": "bad"}
        if fault.name == "key":  # an object would be a job, and its fields are what the service has to say of it
            return 200, [self.key]
        if talk.kind == "video_job":
            found |= {"object": "video", "progress": min(100, 100 * self._polls[name] // max(talk.polls, 1))}
            if is_done:
                found["metadata"] = {"url": f"{self.origin}/files/{name}.mp4"}
        elif is_done:
            found["data"] = [{"url": f"{self.origin}/files/{name}.png"}]
        return 200, found

    def _file(self, incoming: Incoming, fault: Fault) -> tuple[int, dict[str, str], bytes]:
        whole, tag, start = file_of(incoming.talk, self.talks[incoming.talk]), f'"{incoming.talk}"', incoming.start
        if fault.name == "key":
            return 200, {"content-type": "application/json"}, json.dumps({"error": {"message": self.key}}).encode()
        if fault.name == "error-in-200":
            return 200, {"content-type": "image/png"}, b'{"error": {"message": "no such file"}}'
        if fault.name == "to-another-origin":
            place = f"{self.elsewhere.origin}/files/{incoming.talk}.png?signature=abc"
            return 302, {"location": place}, b""
        if fault.name == "changed":
            whole, tag, start = changed(whole), '"another"', None
        headers = {"content-type": "image/png", "etag": tag}
        if start is None and fault.name not in ("other-range", "no-range"):
            return 200, headers, whole
        start = start or 0
        if incoming.headers.get("if-range", tag) != tag:
            return 200, headers, whole
        size = len(whole)
        if fault.name == "other-tag":
            headers["etag"] = '"another"'
        if fault.name == "other-bytes":
            whole = bytes(each ^ 255 for each in whole)
        if fault.name == "other-range":
            start = max(start - 1, 1)
        if fault.name != "no-range":
            headers["content-range"] = f"bytes {start}-{size - 1}/{size}"
        return 206, headers, whole[start:]


def whole_chat(text: str) -> dict[str, Any]:
    """The response to a chat, or what some send in place of a stream."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "chat", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


SPOILING = (
    *("cut-head", "cut-after-head", "cut-body", "long-length", "short-length", "two-lengths", "bad-chunk", "cut-chunk"),
    *("no-length", "many-headers"),
)
"""After these, the service hangs up."""


async def sent(writer: asyncio.StreamWriter, name: str, status: int, headers: dict[str, str], body: bytes) -> None:
    """Sends a response in the way that a fault has it."""
    whole, half = response(status, headers, body), (len(body) + 1) // 2
    if name == "drip":
        step = max(len(whole) // 12, 1)
        for position in range(0, len(whole), step):
            writer.write(whole[position : position + step])
            await writer.drain()
            await asyncio.sleep(0.001)
        return
    if name == "delayed":
        await asyncio.sleep(0.03)
    if name == "empty":
        headers, body = {"content-type": headers.get("content-type", "")}, b""
    elif name == "html":
        headers, body = {"content-type": "text/html"}, HTML
    elif name == "gzip":
        headers, body = {**headers, "content-encoding": "gzip"}, gzip.compress(body)
    elif name == "bad-gzip":
        headers = {**headers, "content-encoding": "gzip"}
    elif name == "cut-gzip":
        headers, body = {**headers, "content-encoding": "gzip"}, gzip.compress(body)[:-9]
    first_chunk = head_of(status, {**headers, "transfer-encoding": "chunked"}) + b"%x\r\n" % half + body[:half]
    rest = body[half:]
    found = {
        "early-hints": HINTS + whole,
        "continue": b"HTTP/1.1 100 Continue\r\n\r\n" + whole,
        "surplus": whole + response(200, {"content-type": "application/json"}, b'{"surplus": true}'),
        "cut-head": whole[:30],
        "cut-after-head": whole[: len(whole) - len(body)],
        "cut-body": whole[: len(whole) - len(body) + half],
        "long-length": response(status, headers, body, len(body) + 10),
        "short-length": response(status, headers, body, half),
        "two-lengths": head_of(status, {**headers, "content-length": str(len(body)), "Content-Length": str(half)})
        + body,
        "no-length": head_of(status, headers) + body,
        "many-headers": response(status, headers | {f"x-{number}": "a" for number in range(300)}, body),
        "bad-chunk": first_chunk + b"\r\nzz\r\n",
        "cut-chunk": first_chunk + b"\r\n",
        "chunked": first_chunk + b"\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(rest), rest),
    }
    writer.write(found.get(name) or response(status, headers, body))


async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: bytes, piece: bytes) -> None:
    """Sends something now and then, or nothing, until the client hangs up."""
    writer.write(first)
    gone = asyncio.ensure_future(reader.read())
    try:
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(STALL):
                while not gone.done():
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.wait([gone], timeout=0.02)
    finally:
        gone.cancel()
        with suppress(asyncio.CancelledError, ConnectionError):
            await gone
