"""The command line and a service that means harm: what it sends is printed plainly, and `doctor` always gives up."""

import base64
import http.server
import json
import re
import socket
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pexpect  # type: ignore[import-untyped]
import pytest
from ccapi_client.cli import doctor
from ccapi_client.cli.plain import plain, plain_json
from hypothesis import given
from hypothesis import strategies as st

from .cli.processes import Processes

# Writes to the clipboard, in both forms; moves back; turns text around.
ATTACK = "one\x1b]52;c;aGk=\x07\x9d52;c;aGk=\x9c\x00\x08\x7f\u202e\u2066two\r\n\tthree 🦊"
TYPED = ATTACK.replace("\0", "")
LEFT = "one]52;c;aGk=52;c;aGk=two\n\tthree 🦊"
MODEL = {
    "id": ATTACK,
    "object": "model",
    "ccapi": {"display_name": ATTACK, "type": ATTACK, "pricing": {"currency": ATTACK, ATTACK: ATTACK}},
}
PROVIDER = {"name": ATTACK, "display_name": ATTACK}
ERROR = {"error": {"message": ATTACK, "code": ATTACK, "type": ATTACK}}


def is_harmful(text: str) -> bool:
    turns = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    return any(each in turns or (unicodedata.category(each) == "Cc" and each not in "\n\t") for each in text)


class Hostile(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/v1/images/jobs/"):
            name = path.rpartition("/")[2]
            failed = {"id": "failed", "status": "failed", **ERROR}
            self.respond(200, failed if name == "failed" else {"id": ATTACK, "status": ATTACK})
        elif path == "/v1/models":
            self.respond(200, {"object": "list", "data": [MODEL]})
        elif path == "/v1/providers":
            self.respond(200, {"object": "list", "data": [PROVIDER]})
        elif path == "/v1/providers/some":
            self.respond(200, {"provider": PROVIDER, "models": [MODEL]})
        else:
            self.respond(400, ERROR)

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/v1/images/generate":
            self.respond(202, {"id": ATTACK, "status": ATTACK})
        elif self.path == "/v1/chat/completions":
            chunks: list[dict[str, Any]] = [{"content": each} for each in ATTACK]
            events = [{"id": "1", "model": ATTACK, "choices": [{"index": 0, "delta": each}]} for each in chunks]
            body = "".join(f"data: {json.dumps(each)}\n\n" for each in events) + "data: [DONE]\n\n"
            self.respond(200, body, "text/event-stream")
        elif request["model"] == "wav":
            self.respond(200, {"id": ATTACK, "b64_json": base64.b64encode(b"RIFF....WAVEfmt ").decode()})
        else:
            self.respond(400, ERROR)

    def respond(self, status: int, document: object, kind: str = "application/json") -> None:
        body = (document if isinstance(document, str) else json.dumps(document)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None: ...


@pytest.fixture(scope="module")
def hostile() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hostile) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


@pytest.fixture
def cli(hostile: str, tmp_path: Path) -> Processes:
    return Processes(SimpleNamespace(base_url=hostile, api_key="key-1"), tmp_path)  # type: ignore[arg-type]


COMMANDS = [
    ["models"],
    ["providers"],
    ["providers", "some"],
    ["providers", "none"],
    ["providers", "none", "--debug"],
    ["job", "any"],
    ["job", "failed"],
    ["job", "failed", "--wait"],
    ["job", TYPED, "--wait", "--wait-timeout", "0.1"],
    ["image", "x", "--wait-timeout", "0.1"],
    ["image", "x", TYPED, "--wait-timeout", "0.1"],
    ["image", "x", "--wait-timeout", "0.1", "-o", f"{TYPED}/none"],
    ["speech", "hello", "--model", "wav", "-o", f"{TYPED}.mp3"],
    ["chat", "hello"],
    ["speech", "hello"],
    ["doctor", "--base-url", "{}/none"],
]
TOLD = r"one\]52;c;aGk=52;c;aGk=two\s+three"


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda given: " ".join(given[:2]) if given else "")
def test_text_of_a_service_is_printed_plainly(cli: Processes, hostile: str, arguments: list[str]) -> None:
    done = cli(*[each.format(hostile) if each.startswith("{}") else each for each in arguments])
    assert not is_harmful(done.stdout + done.stderr)
    assert re.search(TOLD, done.stdout + done.stderr)


def test_a_file_that_is_not_what_its_name_says_is_noted_once(cli: Processes) -> None:
    done = cli("speech", "hello", "--model", "wav", "-o", "hello.mp3")
    assert (done.stdout, done.stderr) == ("hello.mp3\n", "note: the content of hello.mp3 is audio/wav\n")


def test_a_read_only_file_is_refused_before_anything_is_billed(cli: Processes) -> None:
    target = cli.folder / "hello.mp3"
    target.touch()
    target.chmod(0o444)
    done = cli("speech", "hello", "--model", "wav", "-o", "hello.mp3", "--base-url", "http://127.0.0.1:1/v1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: -o: the file is read-only, so it is not replaced: hello.mp3\n"


@pytest.mark.parametrize("arguments", [["models"], ["providers"], ["job", "any"], ["chat", "hello"]])
def test_json_holds_the_text_itself_but_escaped(cli: Processes, arguments: list[str]) -> None:
    done = cli(*arguments, "--json")
    assert not is_harmful(done.stdout + done.stderr)
    assert ATTACK in str(json.loads(done.stdout)) or repr(ATTACK)[1:-1] in str(json.loads(done.stdout))


@pytest.mark.parametrize("arguments", [["image", "x", "--wait-timeout", "0.5"], ["chat", "hello"], ["models"]])
def test_in_a_terminal_too(cli: Processes, arguments: list[str]) -> None:
    terminal = cli.terminal(*arguments)
    terminal.expect(pexpect.EOF)
    terminal.close()
    # What the command line itself prints: colors, and what moves the cursor for its bars.
    left = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", terminal.before)
    assert re.search(TOLD.replace(r"\s+", r"[\s│]*"), left)
    assert not is_harmful(left)


def test_plain_keeps_text_lines_and_tabs() -> None:
    assert plain(ATTACK) == LEFT
    assert plain("é \u200d日本 \xa0\n\t") == "é \u200d日本 \xa0\n\t"
    assert plain("\ud83e") == "?"


@given(st.text(st.characters(codec=None)), st.integers(0, 50))
def test_plain_is_harmless_whole_and_in_pieces(text: str, cut: int) -> None:
    for printed in (plain(text), plain(text[:cut]) + plain(text[cut:])):
        assert not is_harmful(printed)
        printed.encode()
    document = plain_json(json.dumps(text, ensure_ascii=False))
    assert not is_harmful(document)
    document.encode()
    assert json.loads(document) == text


# What doctor finds

DOCTOR = """
import socket, sys, threading
from ccapi_client.cli import doctor, main

doctor.LIMIT = float(sys.argv.pop())
if sys.argv.pop() == "resolver":
    socket.getaddrinfo = lambda *arguments, **more: threading.Event().wait()
main()
"""


def silent(connection: socket.socket, stop: threading.Event) -> None:
    stop.wait()


def dripping(connection: socket.socket, stop: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while not stop.wait(0.05):
        connection.sendall(b"x")


def redirecting(connection: socket.socket, stop: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /v1/models\r\nContent-Length: 0\r\n\r\n")


def busy(connection: socket.socket, stop: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 503 Busy\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n")


@contextmanager
def serving(serve: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    stop = threading.Event()

    def run() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=one, args=(connection,)))
                threads[-1].start()

    def one(connection: socket.socket) -> None:
        with closing(connection), suppress(OSError):
            serve(connection, stop)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads = [threading.Thread(target=run)]
        threads[0].start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            stop.set()
            listener.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


@pytest.mark.parametrize(
    ("serve", "what", "code", "told"),
    [
        (
            silent,
            "",
            6,
            r"no   connection +GET http://127.0.0.1:\d+/v1/models: (connecting timed out|the whole call took longer)",
        ),
        (
            dripping,
            "",
            6,
            r"no   connection +GET http://127.0.0.1:\d+/v1/models: (connecting timed out|the whole call took longer)",
        ),
        (
            silent,
            "resolver",
            6,
            r"no   connection +GET http://\S+/v1/models: (connecting timed out|the whole call took longer)",
        ),
        (redirecting, "", 1, r"no   response +302 Found"),
        (busy, "", 1, r"no   response +503 Service Unavailable"),
    ],
)
def test_doctor_gives_up(
    cli: Processes, serve: Callable[[socket.socket, threading.Event], None], what: str, code: int, told: str
) -> None:
    limit = "1" if code == 6 else "10"  # where a response comes, it is not waited for
    with serving(serve) as url:
        address = "http://somewhere.example/v1" if what else url
        done = subprocess.run(
            [sys.executable, "-c", DOCTOR, "doctor", "--base-url", address, what, limit],
            env=cli.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert re.search(told, done.stdout)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_doctor_answers_within_ten_seconds() -> None:
    assert doctor.LIMIT + 2 <= 10  # starting takes less than a second
