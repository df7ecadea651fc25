"""What all commands share: the options of requests, errors as documents, tables, help and completion."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import ccapi_sandbox
import click
import pexpect  # type: ignore[import-untyped]
import pytest
from ccapi_client.cli.app import COMMANDS, ccapi
from ccapi_client.cli.batch import command as batch
from ccapi_client.cli.connection import Connection
from ccapi_client.cli.output import number_of
from ccapi_client.errors import InvalidRequestError
from ccapi_sandbox import Sandbox
from click.shell_completion import ShellComplete

from .here import Here, recording
from .processes import Processes


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with ccapi_sandbox.running(job_seconds=0.1) as sandbox:
        yield sandbox


@pytest.fixture
def cli(server: Sandbox, tmp_path: Path) -> Processes:
    server.reset()
    return Processes(server, tmp_path)


def commands() -> dict[str, click.Command]:
    """All commands by what is typed for them, those of `batch` too."""
    context = click.Context(ccapi)
    found = {name: ccapi.get_command(context, name) for name in COMMANDS}
    assert isinstance(batch, click.Group)
    return {
        **{name: each for name, each in found.items() if each and name != "batch"},
        **{f"batch {name}": each for name, each in batch.commands.items()},
    }


CONNECTING = {"image", "video", "job", "chat", "speech", "models", "providers", "api", "doctor", "batch run"}


@pytest.fixture
def here(server: Sandbox, tmp_path: Path) -> Here:
    server.reset()
    return Here(tmp_path, CCAPI_API_KEY=server.api_key, CCAPI_BASE_URL=server.base_url)


@pytest.mark.parametrize("name", commands())
def test_no_option_of_a_command_is_there_twice(name: str) -> None:
    params = commands()[name].params  # a field of the contract may be named as an option of all commands
    flags = [flag for each in params for flag in (*each.opts, *each.secondary_opts)]
    names = [each.name for each in params]
    assert len(set(flags)) == len(flags)
    assert len(set(names)) == len(names)


# The options of requests


def test_every_command_that_sends_requests_has_them() -> None:
    for name, command in commands().items():
        options = {option for each in command.params for option in each.opts}
        shared = {"--timeout", "--retries", "--header", "--idempotency-key", "--verbose", "--profile", "--base-url"}
        assert (shared <= options) is (name in CONNECTING), name
        assert ("-m" in options) is ("--model" in options), name


def test_timeout(here: Here, server: Sandbox) -> None:
    server.fail_next("slow;seconds=30")
    done = here("speech", "hello", "-o", "x.mp3", "--timeout", "0.2")
    assert done.returncode == 6
    assert len(server.requests) == 1


def test_retries(here: Here, server: Sandbox) -> None:
    server.fail_next("503;retry-after=0;times=3")
    assert here("models", "--retries", "1").returncode == 1
    assert len(server.requests) == 2
    server.reset()
    server.fail_next("503;retry-after=0")
    assert here("models", "--retries", "0").returncode == 1
    assert len(server.requests) == 1


def test_headers(tmp_path: Path) -> None:
    with recording() as (url, seen):
        here = Here(tmp_path, CCAPI_API_KEY="key-1", CCAPI_BASE_URL=url)
        here("api", "GET", "/models", "--header", "X-Team: blue: sky", "--header", "x-other:1")
    assert (seen[0].headers["x-team"], seen[0].headers["x-other"]) == ("blue: sky", "1")
    assert seen[0].headers["authorization"] == "Bearer key-1"


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("planted", "'Name: value' is expected"),
        ("Authorization: Bearer planted", "--header: the key is set by CCAPI_API_KEY or `ccapi login`"),
        ("idempotency-key: planted", "--header: this one is set by --idempotency-key"),
        ("Host: planted", "--header: the client sets 'Host' itself"),
        ("X-A: pl\u00e4nted", "--header: the value of 'X-A' has to be printable ASCII text"),
        ("X A: planted", "--header: 'X A' is not the name of a header"),
    ],
)
def test_a_header_that_can_not_be_sent(here: Here, server: Sandbox, header: str, told: str) -> None:
    done = here("models", "--header", header)
    assert done.returncode == 2
    assert told in done.stderr
    assert "planted" not in done.stderr
    assert server.requests == []


def test_an_idempotency_key_that_is_empty() -> None:
    with pytest.raises(InvalidRequestError, match="--idempotency-key: it is empty"):
        Connection(idempotency_key="").check({})


def test_a_header_that_is_given_twice() -> None:
    with pytest.raises(InvalidRequestError, match="--header: x-a is given twice"):
        Connection(headers=(("X-A", "1"), ("x-a", "2"))).check({})


@pytest.mark.parametrize(
    "arguments",
    [
        ["image", "a fox", "--size", "8x8", "-o", "x.png"],
        ["video", "a fox", "--no-wait"],
        ["chat", "hello", "-m", "sandbox/babble"],
        ["speech", "hello", "-o", "x.mp3"],
        ["api", "createImage", "-F", "prompt=a fox", "-F", "size=8x8"],
    ],
)
def test_the_idempotency_key_of_one_request(here: Here, server: Sandbox, arguments: list[str]) -> None:
    assert here(*arguments, "--idempotency-key", "order-7").returncode == 0
    sent = {each.method: each.idempotency_key for each in server.requests}
    assert sent.pop("POST") == "order-7"
    assert set(sent.values()) <= {None}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["image", "a fox", "an owl"], "each PROMPT is a request of its own"),
        (["models"], "this command sends no request that costs"),
        (["job", "job-1", "--wait"], "this command sends no request that costs"),
        (["doctor"], "this command sends no request that costs"),
        (["batch", "run", "x.txt"], "each row is sent with a key of its own"),
        (["api", "GET", "/models"], "a GET costs nothing"),
    ],
)
def test_an_idempotency_key_that_is_refused(here: Here, server: Sandbox, arguments: list[str], why: str) -> None:
    done = here(*arguments, "--idempotency-key", "order-7")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(f"error: --idempotency-key: .*{why}", done.stderr)
    assert server.requests == []


def test_a_conversation_takes_no_idempotency_key(cli: Processes) -> None:
    terminal = cli.terminal("chat", "--idempotency-key", "order-7")
    terminal.expect("each question of a conversation is a request of its own")
    terminal.expect(pexpect.EOF)


def test_a_batch_takes_no_number_of_retries(here: Here) -> None:
    assert "--idempotency" in here("batch", "run", "x.txt", "--retries", "3").stderr


def test_verbose_shows_requests_and_retries(here: Here, server: Sandbox) -> None:
    server.fail_next("503;retry-after=0")
    done = here("api", "listModels", "--verbose", "--json")
    assert done.returncode == 0
    json.loads(done.stdout)
    retry, request, *more = done.stderr.splitlines()
    assert re.fullmatch(r"GET /v1/models: status 503; retry 1 in 0\.00 s", retry)
    expected = rf"GET {re.escape(server.base_url)}/models: 200 in \d+\.\d\d s, 2 attempts, request id \S+"
    assert re.fullmatch(expected, request)
    assert more == []


def test_verbose_shows_no_secret(tmp_path: Path) -> None:
    with recording() as (url, seen):
        here = Here(tmp_path, CCAPI_API_KEY="planted-key", CCAPI_BASE_URL=f"{url}?code=planted-query")
        done = here("api", "POST", "/x?a=planted", "-F", "b=planted", "--header", "x-c: planted", "--verbose")
    assert done.returncode == 0
    assert seen[0].path == "/v1/x?a=planted&code=planted-query"
    assert re.fullmatch(rf"POST {re.escape(url)}/x: 200 in \d\.\d\d s\n", done.stderr)


def test_verbose_shows_what_did_not_arrive(here: Here) -> None:
    done = here("speech", "hello", "-o", "x.mp3", "--verbose", "--retries", "1", "--base-url", "http://127.0.0.1:1/v1")
    retry, request, error, hint = done.stderr.splitlines()
    assert re.fullmatch(r"POST /v1/audio/speech: .*Connection refused.*; retry 1 in \d\.\d\d s", retry)
    expected = r"POST http://127\.0\.0\.1:1/v1/audio/speech: APIConnectionError in \d\.\d\d s, 2 attempts"
    assert re.fullmatch(expected, request)
    assert error.startswith("error: POST http://127.0.0.1:1/v1/audio/speech: ")
    assert hint == "to find out why: ccapi doctor --base-url http://127.0.0.1:1/v1"


# Errors


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (
            ["models", "--limt", "3"],
            2,
            {"type": "UsageError", "message": r"--limt: no such option; did you mean '--limit'\?"},
        ),
        (["modles"], 2, {"type": "UsageError", "message": r"modles: no such command; did you mean 'models'\?"}),
        (["image"], 2, {"type": "UsageError", "message": "PROMPT: it is missing"}),
        (["models", "--limit", "x"], 2, {"type": "UsageError", "message": "--limit: 'x' is not a valid integer"}),
        (["image", "x", "--size", "big"], 2, {"type": "InvalidRequestError", "message": "--size: .*"}),
        (["batch", "status", "nowhere"], 2, {"type": "LedgerError", "message": ".*no such ledger.*"}),
        (
            ["image", "x", "-m", "no/such"],
            1,
            {"type": "(BadRequest|NotFound)Error", "status": "40.", "request_id": ".+", "message": ".*'no/such'.*"},
        ),
        (
            ["image", "x", "-m", "sandbox/job-failed"],
            5,
            {"type": "JobFailedError", "job_id": "job-.*", "may_be_billed": "True", "message": ".*failed.*"},
        ),
        (
            ["models", "--base-url", "http://127.0.0.1:1/v1", "--retries", "0"],
            1,
            {
                "type": "APIConnectionError",
                "message": ".*refused.*",
                "hint": ".*ccapi doctor --base-url .*",
                "may_be_billed": "False",
            },
        ),
    ],
)
def test_errors_as_json(here: Here, arguments: list[str], code: int, expected: dict[str, str]) -> None:
    done = here(*arguments, "--json")
    assert done.returncode == code
    assert done.stderr.startswith("error: ")
    document = json.loads(done.stdout)
    assert list(document) == ["error"]
    error = document["error"]
    for name, pattern in expected.items():
        assert re.fullmatch(pattern, str(error.pop(name)), re.DOTALL), name
    assert error.keys() <= {"code", "request_id", "idempotency_key", "may_be_billed", "job_id", "hint", "status"}


def test_no_key_and_a_wrong_one_as_json(here: Here) -> None:
    none = json.loads(here("models", "--json", environment={"CCAPI_API_KEY": ""}).stdout)["error"]
    assert (none["type"], none["code"]) == ("ConfigurationError", "no_api_key")
    done = here("models", "--json", environment={"CCAPI_API_KEY": "wrong-secret"})
    wrong = json.loads(done.stdout)["error"]
    assert (done.returncode, wrong["type"], wrong["status"]) == (3, "AuthenticationError", 401)
    assert wrong["hint"] == "to see which key was sent: ccapi doctor"
    assert "wrong-secret" not in done.stdout


def test_an_error_after_a_result_is_no_second_document(here: Here) -> None:
    done = here("doctor", "--json", "--base-url", "http://127.0.0.1:1/v1")
    assert done.returncode == 1
    assert json.loads(done.stdout)["connection"]["ok"] is False
    assert "ccapi doctor" not in done.stderr  # it is what runs


def test_an_interrupt_as_json(cli: Processes) -> None:
    cli.sandbox.fail_next("slow;seconds=30")
    command = [sys.executable, "-m", "ccapi_client.cli", "speech", "hello", "--json", "-o", str(cli.folder / "x.mp3")]
    with subprocess.Popen(command, env=cli.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not cli.sandbox.requests:
            assert process.poll() is None
        process.terminate()
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert json.loads(out)["error"]["type"] == "Interrupted"


@pytest.mark.parametrize("library", ["rich", "yaml", "platformdirs"])
def test_without_the_extra_a_command_says_what_to_install(cli: Processes, library: str) -> None:
    (cli.folder / f"{library}.py").write_text(f'raise ModuleNotFoundError("no {library}", name="{library}")')
    path = f"{cli.folder}:{os.environ.get('PYTHONPATH', '')}"
    done = cli("models", environment={"PYTHONPATH": path, "CCAPI_API_KEY": ""})
    assert done.returncode == 1
    assert done.stderr == f"ccapi needs {library}: pip install 'ccapi-client[cli]'\n"


# Output


@pytest.mark.parametrize(
    ("arguments", "columns"),
    [
        (["models"], ["MODEL", "TYPE", "NAME", "PRICE"]),
        (["providers"], ["PROVIDER", "NAME", "MODELS"]),
        (["providers", "openai"], ["MODEL", "TYPE", "NAME", "PRICE"]),
        (["api"], ["OPERATION", "METHOD", "PATH", "SUMMARY"]),
        (["login", "--list"], ["PROFILE", "ADDRESS", "KEY"]),
    ],
)
def test_tables_in_a_pipe(here: Here, arguments: list[str], columns: list[str]) -> None:
    rows = [line.split("\t") for line in here(*arguments, environment={"COLUMNS": "20"}).stdout.splitlines()]
    assert rows[0] == columns
    assert {len(row) for row in rows} == {len(columns)}
    assert not any("…" in cell for row in rows for cell in row)


def test_tables_and_documents_on_a_terminal(cli: Processes) -> None:
    for arguments, pattern in (
        (["providers"], r"PROVIDER.*NAME.*MODELS"),
        (["providers", "--json"], r'\[\r\n  \{\r\n    "'),
    ):
        terminal = cli.terminal(*arguments)
        terminal.expect(pattern)
        terminal.expect(pexpect.EOF)
    assert cli("providers", "--json", environment={"FORCE_COLOR": "1"}).stdout.count("\n") == 1


# Help and completion


def test_help_fits_80_columns() -> None:
    context = click.Context(ccapi, info_name="ccapi", terminal_width=80)
    texts = {"": ccapi.get_help(context)}
    for name, command in commands().items():
        if name != "sandbox":
            texts[name] = command.get_help(
                click.Context(command, click.Context(ccapi, info_name="ccapi"), info_name=name, terminal_width=80)
            )
    for name, text in texts.items():
        assert [line for line in text.splitlines() if len(line) > 80] == [], name
    assert texts["models"].index("Options of all commands:") < texts["models"].index("--verbose")
    assert texts["models"].index("--limit") < texts["models"].index("Options of all commands:")
    assert "--idempotency-key" not in texts["models"]
    assert "--idempotency-key" in texts["image"]


def test_help_imports_no_more_than_it_needs(cli: Processes) -> None:
    program = "import sys; sys.argv[1:] = ['--help']\nfrom ccapi_client.cli.app import ccapi\n"
    program += "ccapi.main(prog_name='ccapi', standalone_mode=False)\nprint(*sys.modules, sep='\\n', file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", program], env=cli.environment, capture_output=True, text=True, check=True
    )
    loaded = set(done.stderr.split())
    assert "Commands:" in done.stdout
    assert not loaded & {"platformdirs", "tomllib", "yaml", "rich", "httpx", "asyncio", "ccapi_client.cli.session"}


def complete(cli: Processes, shell: str, words: str) -> str:
    arguments = words.split(" ")
    environment = {"_CCAPI_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(arguments) - 1)}
    return cli(environment=environment).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion(cli: Processes, shell: str) -> None:
    assert "log" in complete(cli, shell, "ccapi logi")
    assert "--idempotency-key" in complete(cli, shell, "ccapi image --idem")
    assert "--idempotency-key" not in complete(cli, shell, "ccapi models --idem")
    assert "listModels" in complete(cli, shell, "ccapi api listM")


def completed(words: str, incomplete: str) -> list[tuple[str, str]]:
    shell = ShellComplete(ccapi, {}, "ccapi", "_CCAPI_COMPLETE")
    return [(each.type, each.value) for each in shell.get_completions(words.split(), incomplete)]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        *[(f"image x {each}", "file") for each in ("-o", "--input", "--mask")],
        *[(f"chat x {each}", "file") for each in ("--attach", "--schema", "--save", "--continue")],
        *[(f"{each} x -o", "file") for each in ("video", "speech", "job")],
        ("video x --input", "file"),
        ("api createImage --input", "file"),
        ("batch run", "file"),
        ("batch run rows.csv --ledger", "file"),
        ("batch run rows.csv -o", "dir"),
        *[(f"batch {each}", "dir") for each in ("status", "retry", "resolve", "export", "report")],
        *[(f"batch {each} out", "file") for each in ("export", "report")],
    ],
)
def test_a_path_is_completed_by_the_shell(words: str, kind: str) -> None:
    assert completed(words, "ro") == [(kind, "ro")]


def test_what_has_a_name_is_completed(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    here("login", "-", "--profile", "work", input="key-1")
    monkeypatch.setenv("XDG_CONFIG_HOME", here.environment["XDG_CONFIG_HOME"])
    assert completed("models --profile", "w") == [("plain", "work")]
    assert completed("batch run --operation", "create_i") == [("plain", "create_image")]
    next(here.folder.rglob("profiles.toml")).write_text("not TOML")
    assert completed("models --profile", "w") == []


SHELLS = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}


@pytest.mark.parametrize("shell", [name for name in SHELLS if shutil.which(name)])
def test_completion_in_a_shell(cli: Processes, shell: str) -> None:
    environment = {
        **cli.environment,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PS1": "ready> ",
        "TERM": "dumb",
    }
    (cli.folder / "rows.csv").touch()
    (cli.folder / "out").mkdir()
    (cli.folder / "oak.png").touch()
    terminal = pexpect.spawn(
        shell, SHELLS[shell], env=environment, cwd=str(cli.folder), encoding="utf-8", timeout=60, dimensions=(40, 120)
    )
    terminal.expect_exact("ready> ")
    setup = "autoload -Uz compinit; compinit -u; " if shell == "zsh" else ""
    terminal.sendline(f'{setup}eval "$(_CCAPI_COMPLETE={shell}_source ccapi)"; echo "set" up')
    terminal.expect_exact("set up\r\n")
    terminal.expect_exact("ready> ")
    terminal.send("ccapi doc\t")
    terminal.expect_exact("doctor ")
    terminal.send("--verb\t")
    terminal.expect_exact("--verbose ")
    terminal.send("\x03")
    terminal.expect_exact("ready> ")
    terminal.send("ccapi batch run ro\t")
    terminal.expect_exact("rows.csv ")
    terminal.send("-o o\t")
    terminal.expect_exact("out/")
    terminal.send("\x03")
    terminal.sendline("exit")
    terminal.expect(pexpect.EOF)


def test_what_may_be_billed_is_said(here: Here, server: Sandbox) -> None:
    server.fail_next("500;executed=true")
    done = here("image", "a fox", "--idempotency-key", "order-1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "the request may have been executed, and billed; its idempotency key is order-1" in done.stderr
    assert "billed" not in here("models", "--type", "image", "--timeout", "0.000001").stderr


# What is wrong with the words of a command


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--sandbox", "models"], "--sandbox: no such option before the command; options go after it: ccapi models --"),
        (["--json"], "--json: no such option before the command; options go after it: ccapi COMMAND --json"),
        (["batch", "--sandbox", "run"], "--sandbox: no such option before the command; options go after it: ccapi ba"),
        (
            ["models", "openai"],
            "1 argument too many; ccapi models takes none, but options: --limit, --provider, --type",
        ),
        (["video", "a", "fox"], "1 argument too many; put quotes around a text of words (ccapi video --help"),
        (["models", "--modle-of-mine", "x"], "--modle-of-mine: no such option (ccapi models --help shows the usage)"),
        (["chat", "--moodel", "x"], "--moodel: no such option; did you mean '--model'? (ccapi chat --help"),
        (["nothing-like-it"], "nothing-like-it: no such command; the commands are image, video, job,"),
        (["image", "a", "--num", "2"], "--num: no such option; did you mean '--num-images'? (ccapi image --help"),
        (["image", "a", "--n", "2"], "--n: no such option; did you mean '-n'?"),
        (["chat", "hi", "--model"], "--model: it requires an argument (ccapi chat --help"),
        (["--api-key=x", "image"], "--api-key: no such option; the key is read from CCAPI_API_KEY, or kept by"),
        (["--sise=x", "image"], "--sise: no such option of ccapi image; did you mean '--size'?"),
        (["batch", "rnu"], "rnu: no such command; did you mean 'run'? (ccapi batch --help"),
        (["image", "x", "--size"], "--size: it requires an argument ("),
        (["models", "--quiet=3"], "--quiet: it does not take a value ("),
        (["models", "--limit", "1e3"], "--limit: '1e3' is not a valid integer ("),
        (["image", "x", "-n", "0"], "--num-images: 0 is not in the range x>=1 ("),
        (["models", "--timeout", "nan"], "--timeout: 'nan' is not a valid number ("),
        (["models", "--timeout", "inf"], "--timeout: inf is not in the range 0<x<=1000000.0 ("),
        (["models", "--timeout", "0"], "--timeout: 0.0 is not in the range 0<x<=1000000.0 ("),
        (["models", "--timeout", "-1"], "--timeout: -1.0 is not in the range 0<x<=1000000.0 ("),
        (["models", "--timeout", "soon"], "--timeout: 'soon' is not a valid number ("),
        (["api", "listModles"], "OPERATION: 'listModles' is neither in the contract nor METHOD PATH; did you mean"),
    ],
)
def test_what_is_wrong_is_named_first(here: Here, server: Sandbox, arguments: list[str], told: str) -> None:
    done = here(*arguments)
    assert (done.returncode, done.stdout) == (2, "") or "--json" in arguments
    assert done.stderr.startswith(f"error: {told}")
    assert not done.stderr.endswith("?.\n")
    assert server.requests == []


def test_a_type_that_no_model_has(here: Here, server: Sandbox) -> None:
    done = here("models", "--type", "picture")
    assert (done.returncode, done.stdout) == (0, "MODEL\tTYPE\tNAME\tPRICE\n")
    assert done.stderr == "no model is of the type 'picture'; the types are audio, chat, image, video\n"
    assert "did you mean 'image'?" in here("models", "--type", "imag").stderr
    both = here("models", "--type", "imag", "--provider", "stabilityai").stderr
    assert both == "no model is of the type 'imag'; did you mean 'image'?\n"
    server.reset()
    assert here("models", "--type", "picture", "--json").stdout == "[]\n"
    assert len(server.requests) == 1  # what nobody sees is not requested


def test_a_provider_that_there_is_not(here: Here) -> None:
    done = here("models", "--provider", "opnai", "--type", "image")
    assert (done.returncode, done.stdout) == (0, "MODEL\tTYPE\tNAME\tPRICE\n")
    assert done.stderr == "no provider is called 'opnai'; did you mean 'openai'?\n"


def test_one_thing_is_not_several() -> None:
    assert [number_of(count, "result") for count in (0, 1, 2000)] == ["0 results", "1 result", "2,000 results"]


@pytest.mark.parametrize(
    ("content", "kind", "came"),
    [
        (b"{}", "application/json", "it has neither url nor b64_json; its fields: none"),
        (b'{"id": "s", "model": "m"}', "application/json", "it has neither url nor b64_json; its fields: id, model"),
        (b"", "audio/mpeg", r"not JSON \(audio/mpeg, 0 bytes\)"),
        (b"<html>", "audio/mpeg", "its content is text, not a picture, sound or video"),
    ],
)
def test_a_success_without_a_sound_is_the_service_s_error(tmp_path: Path, content: bytes, kind: str, came: str) -> None:
    with recording(content, kind) as (url, _):
        done = Here(tmp_path, CCAPI_API_KEY="key-1", CCAPI_BASE_URL=url)("speech", "hello", "-o", "x.mp3")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.search(f"error: .*the response is not what the contract says: {came}", done.stderr)
    assert "the request may have been executed, and billed" in done.stderr
