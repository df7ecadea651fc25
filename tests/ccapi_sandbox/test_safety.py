"""What the sandbox does not do, whoever asks."""

import http.server
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import ccapi_sandbox
import httpx
import pytest
from ccapi_client import CCAPI, BadRequestError, NotFoundError
from ccapi_sandbox import Sandbox, reading
from PIL import Image


def origin(sandbox: Sandbox) -> str:
    return sandbox.base_url.removesuffix("/v1")


def test_it_listens_at_this_machine_alone_unless_told() -> None:
    for host in ("0.0.0.0", "::", "192.168.1.1", "example.com", "127.0.0.2"):
        with pytest.raises(ValueError, match="allow_remote=True"), ccapi_sandbox.running(host=host):
            pass
    done = subprocess.run(
        [sys.executable, "-m", "ccapi_sandbox", "--host", "0.0.0.0"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "allow_remote" in done.stderr


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "", "localhost.evil.example"])
def test_it_answers_for_no_other_name(sandbox: Sandbox, host: str) -> None:
    for path in ("/", "/sandbox/ledger", "/v1/models"):
        answer = httpx.get(origin(sandbox) + path, headers={"Host": host, "Authorization": f"Bearer {sandbox.api_key}"})
        assert answer.status_code in (400, 403)
        if answer.status_code == 403:
            assert "127.0.0.1, localhost, [::1]" in answer.json()["error"]["message"]
            assert "--allow-remote" in answer.json()["error"]["message"]


def test_it_answers_for_other_names_when_told() -> None:
    with ccapi_sandbox.running(allow_remote=True) as sandbox:
        assert httpx.get(f"{origin(sandbox)}/sandbox/status", headers={"Host": "sandbox.lan"}).json()["requests"] == []
        assert httpx.get(f"{origin(sandbox)}/sandbox/ledger").status_code == 401
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        assert httpx.get(f"{origin(sandbox)}/sandbox/ledger", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/files/..%2f..%2fapp.py",
        "/static//etc/passwd",
    ],
)
def test_no_file_of_this_machine_is_served(sandbox: Sandbox, path: str) -> None:
    port = int(origin(sandbox).rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as connection:  # httpx would tidy the path up
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.split()[1] == b"404"
    assert b"create_app" not in answer
    assert b"root:" not in answer


def test_a_body_that_is_too_large_is_refused(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BODY", 1000)
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    for body in ({"prompt": "x" * 2000}, {"prompt": "x"}):
        answer = httpx.post(f"{sandbox.base_url}/images/generations", json={**body, "size": "8x8"}, headers=headers)
        assert answer.status_code == (413 if len(body["prompt"]) > 1 else 200)
        assert answer.json()


# Pictures from elsewhere


class Pictures(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/")
        elif self.path == "/large":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"x" * 2_000_000)
        else:
            file = BytesIO()
            Image.new("RGB", (20, 10)).save(file, "PNG")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(file.getvalue())
            return
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None: ...


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pictures) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def ask(client: CCAPI, url: str) -> Any:
    return client.generate_images(contents=[{"text": "in winter", "image": {"url": url}}])


def test_pictures_are_fetched_from_nowhere_unless_told(
    client: CCAPI, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in (f"{elsewhere}/a.png", "file:///etc/passwd", "http://169.254.169.254/", "gopher://x"):
        with pytest.raises(BadRequestError, match="--fetch-from"):
            ask(client, url)
    with (
        ccapi_sandbox.running(fetch_from=(elsewhere,), strict=True) as sandbox,
        CCAPI(sandbox.api_key, base_url=sandbox.base_url) as told,
    ):
        assert ask(told, f"{elsewhere}/a.png").execution.operation == "image-to-image"
        with pytest.raises(BadRequestError, match="--fetch-from"):
            ask(told, "http://localhost:1/a.png")
        with pytest.raises(BadRequestError, match="can't be fetched: status 302"):
            ask(told, f"{elsewhere}/elsewhere")
        from ccapi_sandbox import fetching

        monkeypatch.setattr(fetching, "MAX_FETCHED", 1_000_000)
        with pytest.raises(BadRequestError, match="larger than"):
            ask(told, f"{elsewhere}/large")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("api_key", ""),
        ("job_seconds", -1),
        ("fault_rate", 2),
        ("requests_per_minute", 0),
        ("balance", float("nan")),
        ("balance", -1),
        ("chat_upstream", "localhost:11434"),
        ("fetch_from", ("example.com",)),
        ("fault", "oops"),
    ],
)
def test_a_setting_that_can_t_be_used_is_named(setting: str, value: Any) -> None:
    with (
        pytest.raises(ValueError, match="fault" if setting == "fault" else setting),
        ccapi_sandbox.running(**{setting: value}),
    ):
        pass


def test_a_reset_is_as_good_as_a_new_start() -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Pictures) as server, ccapi_sandbox.running(job_seconds=5) as sandbox:
        server.timeout = 0.3
        with CCAPI(sandbox.api_key, base_url=sandbox.base_url) as client:
            hook = f"http://127.0.0.1:{server.server_port}/hook"
            job = client.generate_images(contents=[{"text": "a fox"}], webhook_url=hook)
            sandbox.fail_next("500")
            sandbox.reset()
            sandbox.clock.advance(60)
            assert sandbox.requests == []
            assert client.list_models().data
            with pytest.raises(NotFoundError):
                client.get_image_job(job.id)
            server.handle_request()  # nobody calls
        sandbox.reset()
        assert abs(sandbox.clock.now() - time.time()) < 5


def test_the_ledger_keeps_no_long_body(client: CCAPI, sandbox: Sandbox) -> None:
    sandbox.reset()
    client.create_image(prompt="x" * 20_000, size="8x8")
    client.create_image(prompt="x", size="8x8")
    assert [bool(each.body) for each in sandbox.requests] == [False, True]


def test_settings_have_one_list() -> None:
    from dataclasses import fields

    from ccapi_sandbox.settings import Arguments, Settings

    assert [each.name for each in fields(Settings)] == list(Arguments.__annotations__)
    assert all(each.metadata["help"] for each in fields(Settings))
