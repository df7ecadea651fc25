"""The scenarios of the conformance kit, as data: what happens to a client, and what it is expected to do.

The part of a name before the slash is the task, which is all that a program has to know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .faults import parse
from .file_host import Serves
from .forms import Kind, Reply

TASKS: dict[str, tuple[Kind, str, str]] = {
    "image": ("images", 'createImage, prompt "a fox"', '{"url": …}, of the first picture'),
    "job": ("jobs", 'generateImages, contents [{"text": "a fox"}]; wait until the job has ended', '{"status": …}'),
    "file": ("jobs", "as job, then save the picture as CCAPI_FILE", '{"status": …}'),
    "stream": ("chats", 'createChatCompletion, model "sandbox/babble", any message, stream: true', '{"text": …}'),
}
"""For each task: which replies are its, what a program calls, and what it prints if that succeeds."""

URL = "https://files.example/fox.png"
TEXT = ("Grüße", " vom", " 🦊", ", ", "日本", "語.")
REJECTION = {
    "message": "prompt: it has no fox",
    "type": "invalid_request_error",
    "code": "no_fox",
    "details": {"field": "prompt"},
}
_PICTURE: Reply = {"json": {"data": [{"url": URL}]}}
_CHAT: Reply = {"text": TEXT}
_TWO_CHUNKS = "".join(
    f"data: {json.dumps({'id': 'chat-1', 'choices': [{'index': 0, 'delta': {'content': piece}}]})}\n\n"
    for piece in TEXT[:2]
)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What happens to a client, and what it is expected to do.

    Attributes:
        name: Its name: the task, a slash, and what happens.
        happens: What happens, for people.
        expected: What a good client does, for people.
        outcome: What the client has to report; `either` if there is a choice.
        fields: The fields that the result has to have, or the error.
        faults: The faults of the first requests, as in the header `X-Sandbox-Fault`.
        poll_fault: The fault of the first poll.
        job_seconds: How long a job takes, in seconds.
        is_timed: Whether polls that come too early count: not everywhere, or one mistake would fail each job.
        reply: What the sandbox responds in place of its own response.
        file: How the picture is served.
    """

    name: str
    happens: str
    expected: str
    outcome: Literal["result", "error", "either"] = "result"
    fields: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    poll_fault: str | None = None
    job_seconds: float = 0.0
    is_timed: bool = False
    reply: Reply = field(default_factory=Reply)
    file: Serves = "whole"

    @property
    def task(self) -> str:
        """What the program is to do, one of `TASKS`."""
        return self.name.partition("/")[0]

    @property
    def retry_after(self) -> float:
        """How long the service says to wait before a retry, in seconds; 0 if it does not."""
        return _retry_after(*self.faults)

    @property
    def poll_retry_after(self) -> float:
        """How long the service says to wait after the poll that fails, in seconds; 0 if it does not."""
        return _retry_after(self.poll_fault) if self.poll_fault else 0.0

    @property
    def first_poll_after(self) -> float:
        """How long the service says to wait before the first poll, in seconds."""
        scripted = self.reply.get("headers", {}).get("Retry-After")
        return self.job_seconds / 4 if scripted is None else float(scripted)


def _retry_after(*faults: str) -> float:
    return max((parse(fault).retry_after or 0.0 for fault in faults), default=0.0)


SCENARIOS = (
    Scenario(
        name="image/unknown-fields",
        happens="Every object of the response has a field that the contract does not list.",
        expected="Ignore the field.",
        fields={"url": URL},
        faults=("extra-fields",),
        reply=_PICTURE,
    ),
    Scenario(
        name="image/429",
        happens="The service rejects the request: 429, Retry-After: 1.",
        expected="Retry after a second, with the same Idempotency-Key.",
        fields={"url": URL},
        faults=("429;retry-after=1",),
        reply=_PICTURE,
    ),
    Scenario(
        name="image/503",
        happens="The service rejects the request: 503, Retry-After: 1.",
        expected="Retry after a second, with the same Idempotency-Key.",
        fields={"url": URL},
        faults=("503;retry-after=1",),
        reply=_PICTURE,
    ),
    Scenario(
        name="image/500",
        happens="The request is executed and billed, and the response is a 500.",
        expected="Report the error. Don't retry: the picture would be billed twice.",
        outcome="error",
        fields={"status": 500},
        faults=("500;executed=true",),
        reply=_PICTURE,
    ),
    Scenario(
        name="image/cut",
        happens="The request is executed and billed, and the connection closes in the middle of the response.",
        expected="Report an error. Don't retry: the picture would be billed twice.",
        outcome="error",
        faults=("cut-body",),
        reply=_PICTURE,
    ),
    Scenario(
        name="image/html",
        happens="A proxy responds: 502, with a page of HTML.",
        expected="Report an error with the status. Don't retry: the request may have been executed.",
        outcome="error",
        fields={"status": 502},
        faults=("html-error",),
    ),
    Scenario(
        name="image/400",
        happens="The service rejects the request: 400, with a code, a message, and the field that is wrong.",
        expected="Report the status, the code, the message and the details. Don't retry.",
        outcome="error",
        fields={"status": 400} | {name: REJECTION[name] for name in ("code", "message", "details")},
        reply={"status": 400, "body": {"error": REJECTION}},
    ),
    Scenario(
        name="job/estimate",
        happens="The job takes 3 seconds. Retry-After says when it may be polled first, estimated_time when it ends.",
        expected="Wait as long as Retry-After says; after that, until the estimated time has passed.",
        fields={"status": "completed"},
        job_seconds=3,
        is_timed=True,
    ),
    Scenario(
        name="job/retry-after",
        happens="The job takes 1 second, by its estimated_time; the 202 has Retry-After: 2.",
        expected="Wait 2 seconds before the first poll.",
        fields={"status": "completed"},
        job_seconds=1,
        is_timed=True,
        reply={"json": {}, "headers": {"Retry-After": "2", "retry-after-ms": "2000"}},
    ),
    Scenario(
        name="job/poll-429",
        happens="The first poll gets a 429, Retry-After: 1.",
        expected="Poll again after a second.",
        fields={"status": "completed"},
        poll_fault="429;retry-after=1",
        job_seconds=1,
        is_timed=True,
    ),
    Scenario(
        name="job/poll-500",
        happens="The first poll gets a 500.",
        expected="Poll again: a GET costs nothing, and the job is still running.",
        fields={"status": "completed"},
        poll_fault="500",
        job_seconds=1,
    ),
    Scenario(
        name="job/unknown-status",
        happens="The job has the status waiting_for_provider, which the contract does not list, and is completed later.",
        expected="Take an unknown status for one that may change: keep waiting.",
        fields={"status": "completed"},
        faults=("unknown-status",),
        job_seconds=1,
    ),
    Scenario(
        name="job/failed",
        happens="The job fails.",
        expected="Report an error, and poll no more.",
        outcome="error",
        faults=("job-failed",),
        job_seconds=1,
    ),
    Scenario(
        name="file/other-origin",
        happens="The picture is on another origin.",
        expected="Download it without the key.",
        fields={"status": "completed"},
    ),
    Scenario(
        name="file/cut",
        happens="The connection closes in the middle of the picture, once.",
        expected="Resume or repeat the download, or report an error and leave no file.",
        outcome="either",
        file="cut",
    ),
    Scenario(
        name="file/gone",
        happens="The address of the picture responds: 404, with a page of HTML.",
        expected="Report an error, and leave no file.",
        outcome="error",
        file="gone",
    ),
    Scenario(
        name="stream/unknown-fields",
        happens="The stream is whole. Every object in it has a field that the contract does not list.",
        expected="Ignore the field, and read the text as UTF-8.",
        fields={"text": "".join(TEXT)},
        faults=("extra-fields",),
        reply=_CHAT,
    ),
    Scenario(
        name="stream/cut",
        happens="The connection closes after two chunks: no finish_reason, no [DONE].",
        expected="Report an error. Don't retry: the answer would be billed twice.",
        outcome="error",
        faults=("cut-stream;after=2",),
        reply=_CHAT,
    ),
    Scenario(
        name="stream/ends-early",
        happens="The stream ends as a whole one does, but after two chunks: no finish_reason, no [DONE].",
        expected="Report an error. Don't retry: the answer would be billed twice.",
        outcome="error",
        reply={"status": 200, "body": _TWO_CHUNKS, "headers": {"Content-Type": "text/event-stream"}},
    ),
    Scenario(
        name="stream/error",
        happens="After two chunks, the stream has an error in place of a chunk.",
        expected="Report an error. Don't retry: the answer would be billed twice.",
        outcome="error",
        faults=("stream-error;after=2",),
        reply=_CHAT,
    ),
)
