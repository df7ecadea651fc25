"""What a webhook's server may do, and what a reset leaves of requests that are still running."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import ccapi_sandbox
import httpx
import pytest
from ccapi_client import CCAPI, NotFoundError
from ccapi_sandbox import Sandbox, webhooks
from ccapi_sandbox.extras import NAME
from PIL import Image

CONTENTS = [{"text": "a fox"}]


class Hook(BaseHTTPRequestHandler):
    """Responds as its path says, and records what it saw."""

    sent: int
    received: list[Any]
    done: threading.Event
    released: threading.Event

    def do_POST(self) -> None:
        self.received.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()
        self.wfile.flush()
        try:
            if self.path == "/endless":
                while type(self).sent < 2**28:
                    self.wfile.write(b"x" * 2**16)
                    type(self).sent += 2**16
            if self.path == "/silent":
                self.connection.recv(1)  # until the sandbox hangs up
        except OSError:
            pass
        finally:
            self.done.set()

    def do_GET(self) -> None:
        """A picture, once the test lets it go."""
        self.done.set()
        self.released.wait(30)
        file = BytesIO()
        Image.new("RGB", (8, 8)).save(file, "PNG")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(file.getvalue())

    def log_message(self, format: str, *arguments: object) -> None: ...


@contextmanager
def served() -> Iterator[tuple[str, type[Hook]]]:
    """A server, by its origin, and what it saw."""

    class Own(Hook):
        sent, received, done, released = 0, [], threading.Event(), threading.Event()

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", Own
        finally:
            Own.released.set()
            server.shutdown()


def test_little_of_a_response_is_read() -> None:
    with served() as (origin, hook), ccapi_sandbox.running(job_seconds=0) as sandbox:
        with CCAPI(sandbox.api_key, base_url=sandbox.base_url) as client:
            client.generate_images(contents=CONTENTS, webhook_url=f"{origin}/endless")
        assert hook.done.wait(30)
    assert hook.sent < 2**26  # what fits into the buffers of the connection, of the 256 MiB


def test_a_server_that_goes_silent_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "CALL_SECONDS", 1)
    with served() as (origin, hook), ccapi_sandbox.running(job_seconds=0) as sandbox:
        with CCAPI(sandbox.api_key, base_url=sandbox.base_url) as client:
            client.generate_images(contents=CONTENTS, webhook_url=f"{origin}/silent")
        assert hook.done.wait(4)  # httpx by itself waits for 5 seconds


def test_the_webhooks_that_wait_are_limited(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MAX_PENDING", 2)
    with ccapi_sandbox.running(job_seconds=60) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}

        def request() -> httpx.Response:
            body = {"contents": CONTENTS, "webhook_url": "http://localhost:1/"}
            return httpx.post(f"{sandbox.base_url}/images/generate", json=body, headers=headers)

        responses = [request() for _ in range(3)]
        assert [each.status_code for each in responses] == [202, 202, 429]
        assert responses[2].json()["error"]["details"] == {"field": "webhook_url"}
        sandbox.reset()
        assert request().status_code == 202


def test_a_webhook_has_the_extra_fields_of_its_request() -> None:
    with served() as (origin, hook), ccapi_sandbox.running(job_seconds=0) as sandbox:
        with CCAPI(sandbox.api_key, base_url=sandbox.base_url, headers={"X-Sandbox-Fault": "extra-fields"}) as client:
            client.generate_images(contents=CONTENTS, webhook_url=f"{origin}/")
        assert hook.done.wait(30)
    (job,) = hook.received
    assert NAME in job
    assert NAME in job["data"][0]


def test_a_job_that_is_still_being_accepted_does_not_survive_a_reset() -> None:
    with (
        served() as (origin, hook),
        ccapi_sandbox.running(job_seconds=0, fetch_from=(origin,), balance=1, requests_per_minute=10) as sandbox,
        CCAPI(sandbox.api_key, base_url=sandbox.base_url) as client,
        ThreadPoolExecutor(1) as threads,
    ):
        contents = [{"image": {"url": f"{origin}/a.png"}}]
        accepted = threads.submit(client.generate_images, contents=contents, webhook_url=f"{origin}/hook")
        assert hook.done.wait(30)
        sandbox.reset()
        hook.released.set()
        job = accepted.result(30)
        assert job.id
        assert sandbox.requests == []
        with pytest.raises(NotFoundError):
            client.get_image_job(job.id)
        assert sandbox._gateway.limits.balance == 1
        assert [request.status for request in sandbox.requests] == [404]
        assert not sandbox._gateway.webhooks._tasks
    assert hook.received == []


def test_a_file_that_is_still_being_made_does_not_survive_a_reset(sandbox: Sandbox) -> None:
    view = sandbox._gateway.as_it_is()
    sandbox.reset()
    view.hand_out("late.png", None, "http://x")  # type: ignore[arg-type]
    assert sandbox._gateway.files.get("late.png") is None
