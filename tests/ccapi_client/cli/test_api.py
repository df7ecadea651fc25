"""`ccapi api`: any operation of the contract, its fields by the contract's types, and what comes back."""

import base64
import json
import wave
from io import BytesIO
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped]
import pytest
from ccapi_client.cli.fields import Route, fill, operations, route_of
from ccapi_client.errors import InvalidRequestError
from ccapi_sandbox import Sandbox

from .here import Here, recording
from .processes import Processes


@pytest.fixture
def cli(server: Sandbox, tmp_path: Path) -> Processes:
    server.reset()
    return Processes(server, tmp_path)


@pytest.fixture
def here(server: Sandbox, tmp_path: Path) -> Here:
    server.reset()
    return Here(tmp_path, CCAPI_API_KEY=server.api_key, CCAPI_BASE_URL=server.base_url)


# Requests


@pytest.mark.parametrize(
    "arguments",
    [
        ("listModels", "-F", "type=image", "-F", "limit=2"),
        ("GET", "/models", "-F", "type=image", "-F", "limit=2"),
        ("get", "models?type=image&limit=2"),
    ],
)
def test_by_id_and_by_method_and_path(here: Here, arguments: tuple[str, ...]) -> None:
    done = here("api", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert [each["ccapi"]["type"] for each in json.loads(done.stdout)["data"]] == ["image", "image"]
    assert done.stdout.count("\n") == 1


def test_a_job_by_its_id_in_the_path_or_as_a_field(here: Here, server: Sandbox) -> None:
    started = here.json("api", "generateImages", "-F", "contents[0].text=a fox", "-F", "parameters.width=16")
    assert server.requests[0].body == {"contents": [{"text": "a fox"}], "parameters": {"width": 16}}
    for arguments in (("getImageJob", "-F", f"id={started['id']}"), ("GET", f"/images/jobs/{started['id']}")):
        assert here.json("api", *arguments)["id"] == started["id"]


def test_a_body_from_a_file_and_from_a_pipe(here: Here, server: Sandbox) -> None:
    body = {"model": "sandbox/babble", "messages": [{"role": "user", "content": "Hi."}], "new_field": 1}
    (here.folder / "request.json").write_text(json.dumps(body))
    here.json("api", "createChatCompletion", "--input", "request.json", "-F", "max_tokens=3")
    here.json("api", "createChatCompletion", "--input", "-", input=json.dumps(body))
    assert [each.body for each in server.requests] == [{**body, "max_tokens": 3}, body]


def test_a_path_that_the_contract_does_not_list_is_requested_as_it_is(tmp_path: Path) -> None:
    with recording() as (url, seen):
        here = Here(tmp_path, CCAPI_API_KEY="key-1", CCAPI_BASE_URL=url)
        assert here.json("api", "GET", "/nowhere?x=y", "-F", "a=1") == {}
        here.json("api", "POST", "/nowhere", "-F", "a=1", "-F", "b[0].c=x", "-F", "d=true")
        here.json("api", "DELETE", "/nowhere")
    assert [(each.method, each.path, each.body) for each in seen] == [
        ("GET", "/v1/nowhere?x=y&a=1", None),
        ("POST", "/v1/nowhere", {"a": 1, "b": [{"c": "x"}], "d": True}),
        ("DELETE", "/v1/nowhere", None),
    ]


# Responses


def test_a_stream(here: Here, server: Sandbox) -> None:
    fields = ("-F", "model=sandbox/babble", "-F", "messages[0].role=user", "-F", "messages[0].content=Hi.")
    done = here("api", "createChatCompletion", *fields, "-F", "stream=true")
    chunks = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(chunks) > 2
    assert {each["object"] for each in chunks} == {"chat.completion.chunk"}


SPEECH = ("api", "createSpeech", "-F", "model=openai/tts-1", "-F", "input=Hi.", "-F", "output_format=wav")
SPEECH_AS_FILE = (*SPEECH, "--header", "X-Sandbox-Fault: raw-audio")


def test_a_file_in_a_pipe(cli: Processes) -> None:
    import subprocess
    import sys

    command = [sys.executable, "-m", "ccapi_client.cli", *SPEECH_AS_FILE]
    done = subprocess.run(command, env=cli.environment, capture_output=True, check=True)
    with wave.open(BytesIO(done.stdout)) as sound:
        assert sound.getnframes() > 0
    document = cli.json(*SPEECH_AS_FILE)
    assert document["content_type"] == "audio/wav"
    assert document["b64_json"].startswith("UklGR")


def test_a_file_on_a_terminal_is_saved(cli: Processes) -> None:
    terminal = cli.terminal(*SPEECH_AS_FILE)
    terminal.expect(r"(\S+\.wav)\r\n")
    name = terminal.match[1]
    terminal.expect(pexpect.EOF)
    assert (cli.folder / name).read_bytes().startswith(b"RIFF")


@pytest.mark.parametrize(
    ("content", "kind", "shown"),
    [
        (b"[00:01] Hello.", "text/plain", "text/plain"),
        (b"\xff\xd8\xff\x00", None, "application/octet-stream"),
        (b"{}{}", None, "application/octet-stream"),
    ],
)
def test_what_is_no_json_is_a_file(tmp_path: Path, content: bytes, kind: str | None, shown: str) -> None:
    with recording(content, kind) as (url, _):
        here = Here(tmp_path, CCAPI_API_KEY="key-1", CCAPI_BASE_URL=url)
        document = here.json("api", "POST", "/transcripts", "-F", "a=1")
    assert document == {"content_type": shown, "b64_json": base64.b64encode(content).decode()}


@pytest.mark.parametrize("kind", ["text/plain", None])
def test_json_that_does_not_say_so(tmp_path: Path, kind: str | None) -> None:
    with recording(b'{"a": 1}', kind) as (url, _):
        assert Here(tmp_path, CCAPI_API_KEY="key-1", CCAPI_BASE_URL=url).json("api", "GET", "/x") == {"a": 1}


def test_no_body_is_no_output(here: Here, server: Sandbox) -> None:
    server.fail_next("empty")
    done = here("api", "listModels")
    assert (done.returncode, done.stdout) == (0, "")


def test_errors_of_the_service(here: Here, server: Sandbox) -> None:
    done = here("api", "getModel", "-F", "id=no/such", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["type"] == "NotFoundError"
    server.fail_next("html-error")
    page = here("api", "createImage", "-F", "prompt=a fox")
    assert (page.returncode, page.stdout) == (1, "")
    assert "502 Bad Gateway" in page.stderr


# Fields


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["listModel"],
            "OPERATION: 'listModel' is neither in the contract nor METHOD PATH; did you mean 'listModels'?",
        ),
        (["GET", "/models", "/x"], "OPERATION: an id of the contract, or METHOD PATH, is expected"),
        (["LIST", "/models"], "METHOD: one of GET, POST, PUT, PATCH, DELETE is expected, not 'LIST'"),
        (["listModels", "-F", "limt=2"], "-F limt: no such parameter; did you mean 'limit'?"),
        (["listModels", "-F", "limit=two"], "-F limit: 'two' is not a valid integer"),
        (["listModels", "-F", "order=up"], "-F order: 'up' is not one of 'asc', 'desc'"),
        (["listModels", "-F", "limit"], "NAME=VALUE is expected, not 'limit'"),
        (["listProviders", "-F", "x=1"], "-F x: no such parameter; it has none"),
        (["getImageJob"], "-F id=…: it is missing, for GET /images/jobs/{id}"),
        (["getImageJob", "-F", "id=.."], "-F id: '..' can't be part of a URL"),
        (["createImage", "-F", "promt=x"], "-F promt: no such field; did you mean 'prompt'?"),
        (["generateImages", "-F", "parameters.sed=1"], "-F parameters.sed: no such field; did you mean 'seed'?"),
        (["generateImages", "-F", "contents[1].text=x"], "-F contents[1].text: the item before it is missing"),
        (["generateImages", "-F", "contents.text=x"], "-F contents.text: "),
        (["generateImages", "-F", "model[0]=x"], "-F model[0]: "),
        (["createImage", "-F", "n=1", "-F", "n=2"], "-F n: it is given twice"),
        (["createImage", "-F", "a..b=1"], "-F a..b: a name like seed"),
        (["POST", "/x", "-F", f"a[{'9' * 5000}]=1"], "-F a[99999"),
        (["createImage", "--input", "nowhere.json"], "--input: nowhere.json can't be read: No such file or directory"),
        (["createImage", "--input", "-"], "--input: - is not JSON"),
        (["listModels", "--input", "list.json"], "--input: a GET has no body"),
        (
            ["createImage", "--input", "list.json", "-F", "n=1"],
            "-F n: the body that it is added to is not a JSON object",
        ),
        (["-F", "n=1"], "OPERATION: it is missing"),
        (
            ["createImage"],
            "-F prompt=…: it is missing, for POST /images/generations; or give the whole body by --input",
        ),
        (["generateImages", "-F", "parameters.seed=7"], "-F contents[0].text=…: it is missing, for POST /images/gener"),
        (
            ["createImage", "-F", "prompt=@nowhere.txt"],
            "-F prompt: nowhere.txt can't be read: No such file or directory",
        ),
        (["createImage", "-F", "prompt=@photo.png"], "-F prompt: photo.png is not text"),
        (["createImage", "-F", "prompt=@-", "-F", "size=@-"], "-F size: @- stands for standard input, which can be"),
    ],
)
def test_what_is_refused_before_it_is_sent(here: Here, server: Sandbox, arguments: list[str], told: str) -> None:
    (here.folder / "list.json").write_text("[]")
    (here.folder / "photo.png").write_bytes(b"\x89PNG")
    done = here("api", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert server.requests == []


def test_a_value_from_a_file_and_from_standard_input(here: Here, server: Sandbox) -> None:
    (here.folder / "prompt.txt").write_text("\ta red fox\n\n")
    here.json("api", "createImage", "-F", "prompt=@prompt.txt", "-F", "size=8x8")
    here.json("api", "createImage", "-F", "prompt=@-", "-F", "size=8x8", input="\tan owl\n\n")
    assert [each.body for each in server.requests] == [
        {"prompt": "\ta red fox\n", "size": "8x8"},  # without the newline that ends a file
        {"prompt": "\tan owl\n", "size": "8x8"},
    ]
    body = '{"prompt": "a fox"}'
    twice = here("api", "createImage", "--input", "-", "-F", "size=@-", input=body)
    assert "-F size: @- stands for standard input, which can be read once" in twice.stderr


def test_a_path_that_is_spelled_nearly_like_one_of_the_contract(here: Here) -> None:
    near = here("api", "GET", "/provider/openai?x=1")
    assert near.returncode == 1
    assert "the contract has no such path; did you mean /providers/openai?\n" in near.stderr
    for other in ("/rivers/po", "/images/jobs/job-0"):
        assert "did you mean" not in here("api", "GET", other).stderr


def filled(id: str, *fields: str) -> Any:
    return fill(route_of((id,)), [(name, value) for name, _, value in (each.partition("=") for each in fields)])


def test_values_are_typed_by_the_contract() -> None:
    chat = filled(
        "createChatCompletion",
        "model=123",
        "messages[0].role=user",
        "messages[0].content=[not JSON",
        'messages[]={"role": "user", "content": "x"}',
        "temperature=1",
        "stop[]=a",
        "stop[]=b",
        "metadata.trace=7",
        "metadata.name=x",
        'messages[2].content=[{"type": "text", "text": "x"}]',
        "messages[2].role=user",
        'tool_choice={"type": "function", "function": {"name": "f"}}',
    ).body
    assert chat == {
        "model": "123",
        "messages": [
            {"role": "user", "content": "[not JSON"},
            {"role": "user", "content": "x"},
            {"content": [{"type": "text", "text": "x"}], "role": "user"},
        ],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "temperature": 1.0,
        "stop": ["a", "b"],
        "metadata": {"trace": 7, "name": "x"},
    }
    assert filled("getModel", "id=a/b c").path == "/models/a%2Fb%20c"
    assert filled("listModels", "limit=2", "provider=2").query == {"limit": 2, "provider": "2"}


def test_a_field_replaces_what_the_body_has() -> None:
    given = {"parameters": {"seed": 1, "width": 8}, "contents": [{"text": "a"}, {"text": "b"}]}
    done = fill(route_of(("generateImages",)), [("parameters.seed", "2"), ("contents[1].text", "c")], given)
    assert done.body == {"parameters": {"seed": 2, "width": 8}, "contents": [{"text": "a"}, {"text": "c"}]}


def test_every_operation_is_found_both_ways() -> None:
    for name, method, path, _ in operations():
        assert route_of((name,)) == route_of((method, path))
        assert route_of((name,)).is_listed
    assert route_of(("GET", "/models/x/y")) == Route("GET", "/models/x/y", is_listed=False)


def test_a_field_of_a_text_is_refused() -> None:
    with pytest.raises(InvalidRequestError):
        fill(Route("POST", "/x", is_listed=False), [("a", '"text"'), ("a.b", "1")])
