"""The command line as it is used: through pipes, by exit codes, and in a terminal."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import av
import ccapi_sandbox
import certifi
import click
import pexpect  # type: ignore[import-untyped]
import pytest
import yaml
from ccapi_client.cli.app import COMMANDS, ccapi
from ccapi_client.cli.connection import Connection
from ccapi_client.cli.frames import still_of
from ccapi_client.cli.options import body_of, operation, schema_of
from ccapi_client.cli.session import Session
from ccapi_sandbox import Sandbox
from ccapi_sandbox.film import Film, film
from ccapi_sandbox.paint import Recipe
from PIL import Image

from .cli.local import Local
from .cli.processes import COMMAND, Processes


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with ccapi_sandbox.running(job_seconds=0.4, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def cli(server: Sandbox, tmp_path: Path) -> Local:
    server.reset()
    return Local(server, tmp_path)


@pytest.fixture
def process(cli: Local) -> Processes:
    return Processes(cli.sandbox, cli.folder)


# Through pipes


def test_image(cli: Local) -> None:
    done = cli("image", "a fox", "-o", "fox.png", "--size", "64x48", "--seed", "7")
    assert (done.returncode, done.stdout, done.stderr) == (0, "fox.png\n", "")
    with Image.open(cli.folder / "fox.png") as picture:
        assert picture.size == (64, 48)
    assert cli.sandbox.requests[0].body == {
        "contents": [{"text": "a fox"}],
        "parameters": {"seed": 7, "width": 64, "height": 48},
    }


def test_several_images_from_pictures(cli: Local) -> None:
    for name in ("photo.png", "mask.png"):
        Image.new("RGB", (32, 32)).save(cli.folder / name)
    made = cli.json(
        "image", "a fox", "an owl", "-o", "out.png", "-n", "2", "--input", "photo.png", "--mask", "mask.png"
    )
    assert [each["prompt"] for each in made] == ["a fox", "an owl"]
    assert [each["paths"] for each in made] == [["out-0-0.png", "out-0-1.png"], ["out-1-0.png", "out-1-1.png"]]
    assert all((cli.folder / path).exists() for each in made for path in each["paths"])


def test_job(cli: Local) -> None:
    made = cli.json("image", "a fox", "--size", "8x8")
    (job,) = made
    assert cli("job", job["id"]).stdout == f"{job['id']}: completed\n"
    assert cli.json("job", job["id"])["status"] == "completed"
    assert cli("job", job["id"], "--wait", "-o", "again.png").stdout == "again.png\n"


FILM = ("--duration", "0.5", "--size", "64x48", "--fps", "8")


def test_video(cli: Local) -> None:
    Image.new("RGB", (9, 9), "red").save(cli.folder / "photo.png")
    done = cli("video", "a fox", "-o", "fox.mp4", "--seed", "7", "--input", "photo.png", *FILM)
    assert (done.returncode, done.stdout, done.stderr) == (0, "fox.mp4\n", "")
    with av.open(str(cli.folder / "fox.mp4"), "r") as container:
        frames = list(container.decode(video=0))
    assert (frames[0].width, frames[0].height, len(frames)) == (64, 48, 4)
    body = cli.sandbox.requests[0].body
    assert body
    assert body.pop("image") == base64.b64encode((cli.folder / "photo.png").read_bytes()).decode()
    assert body == {"prompt": "a fox", "seed": 7, "width": 64, "height": 48, "fps": 8, "duration": 0.5}
    made = cli.json("video", "a fox", *FILM)
    assert made == {"prompt": "a fox", "id": made["id"], "path": "a-fox.mp4"}


def test_a_video_job(cli: Local) -> None:
    started = cli("video", "a fox", "--no-wait", "--negative-prompt", "", *FILM).stdout.strip()
    assert started.startswith("video-")
    assert cli("job", started, "--wait", "-o", "later.mp4").stdout == "later.mp4\n"
    assert cli("job", started).stdout == f"{started}: completed\n"
    assert cli.json("job", started, "-o", "again.mp4")["paths"] == ["again.mp4"]
    assert (cli.folder / "again.mp4").read_bytes() == (cli.folder / "later.mp4").read_bytes()
    cli.sandbox.fail_next("job-never-ends")
    running = cli.json("video", "a fox", "--no-wait")["id"]
    cli.sandbox.clock.advance(60)
    told = cli("job", running)
    assert (told.stdout, told.stderr) == (f"{running}: in_progress\n", "99 % are done; --wait waits for it\n")


def test_the_still_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (9, 9)).save(tmp_path / "fox.png")
    (tmp_path / "fox.mp4").write_bytes(film(Film(Recipe("a fox", 7, 64, 48, "PNG"), 0.5, 8)))
    (tmp_path / "broken.mp4").write_bytes((tmp_path / "fox.mp4").read_bytes()[:100])
    assert still_of(tmp_path / "fox.png") == tmp_path / "fox.png"
    assert still_of(tmp_path / "fox.mp4").size == (64, 48)
    assert still_of(tmp_path / "broken.mp4") is None
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        still_of(tmp_path / "fox.mp4")
    assert caught.value.name == "av"


def test_chat(cli: Local) -> None:
    arguments = ("chat", "--model", "sandbox/unavailable", "--model", "sandbox/babble", "Say", "hello.")
    done = cli(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    document = cli.json(*arguments)
    assert document["model"] == "sandbox/babble"
    assert document["choices"][0]["message"]["content"] + "\n" == done.stdout
    piped = cli(
        "chat",
        "Sum up:",
        "-",
        "--model",
        "sandbox/babble",
        "--system",
        "Be brief.",
        "--max-tokens",
        "3",
        input="a tale\n",
    )
    assert len(piped.stdout.split()) == 3
    assert cli.sandbox.requests[-1].body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Sum up:\n\na tale"},
    ]


def test_speech(cli: Local) -> None:
    done = cli("speech", "Good", "morning.", "-o", "hello.wav", "--voice", "sarah")
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello.wav\n", "")
    assert (cli.folder / "hello.wav").read_bytes().startswith(b"RIFF")
    assert cli.json("speech", "-o", "x.mp3", input="Good morning.")["path"] == "x.mp3"


def test_catalog_and_contract(cli: Local) -> None:
    table = cli("models", "--type", "image").stdout
    assert table.splitlines()[0].split() == ["MODEL", "TYPE", "NAME", "PRICE"]
    assert "0.039 USD/image" in table
    assert "openai/tts-1" not in table
    assert [each["id"] for each in cli.json("models", "--sort", "id", "--limit", "1")] == ["anthropic/claude-3-5-haiku"]
    assert "OpenAI" in cli("providers").stdout
    assert {each["owned_by"] for each in cli.json("providers", "openai")["models"]} == {"openai"}
    assert cli("spec").stdout == (Path(__file__).parents[2] / "openapi.yaml").read_text("utf-8")
    assert cli.json("spec")["openapi"] == "3.1.0"


def test_doctor(cli: Local) -> None:
    report = cli.json("doctor")
    assert all(check["ok"] for check in report.values())
    assert list(report) == ["versions", "carrier", "key", "address", "proxy", "certificates", "connection", "clock"]
    assert cli.sandbox.api_key not in json.dumps(report["key"])
    wrong = cli("doctor", environment={"CCAPI_API_KEY": "wrong-secret"})
    assert wrong.returncode == 3
    assert "wrong-secret" not in wrong.stdout + wrong.stderr
    assert "no   key" in wrong.stdout
    down = cli("doctor", "--base-url", "http://127.0.0.1:1/v1")
    assert down.returncode == 1
    assert "no   connection" in down.stdout


def test_doctor_names_the_proxy_and_the_certificates_without_secrets(cli: Local, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(Path(certifi.where()).read_bytes())
    environment = {
        "CCAPI_BASE_URL": "https://api.invalid/v1?code=planted",
        "HTTPS_PROXY": "http://me:planted@127.0.0.1:1",
        "SSL_CERT_FILE": str(bundle),
    }
    done = cli("doctor", environment=environment)
    assert done.returncode == 1
    assert re.search(r"ok   address +https://api\.invalid/v1, with a query \(CCAPI_BASE_URL\)\n", done.stdout)
    assert re.search(r"ok   proxy +http://127\.0\.0\.1:1\n", done.stdout)
    assert re.search(rf"ok   certificates +those of SSL_CERT_FILE={re.escape(str(bundle))}\n", done.stdout)
    assert re.search(r"no   connection +.*by the proxy 127\.0\.0\.1:1", done.stdout)
    assert "planted" not in done.stdout + done.stderr


def test_a_sandbox_for_one_command(cli: Local) -> None:
    done = cli("models", "--sandbox", "--limit", "1", environment={"CCAPI_API_KEY": "", "CCAPI_BASE_URL": ""})
    assert done.returncode == 0
    assert "a sandbox serves at http://127.0.0.1:" in done.stderr
    assert cli("models", "--sandbox", "--quiet").stderr == ""
    assert "--job-seconds" in cli("sandbox", "--help").stdout


# Errors and exit codes


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "message"),
    [
        (["models"], {"CCAPI_API_KEY": ""}, 3, "no API key: set CCAPI_API_KEY"),
        (["models"], {"CCAPI_API_KEY": "wrong-secret"}, 3, "401 Unauthorized"),
        (["models", "--base-url", "http://127.0.0.1:1/v1"], {}, 1, "Connection refused"),
        (["models", "--base-url", "nonsense"], {}, 2, "base_url: an address like"),
        (["models", "--order", "up"], {}, 2, "error: --order: 'up' is not one of 'asc', 'desc' ("),
        (["models", "--limt", "3"], {}, 2, "error: --limt: no such option; did you mean '--limit'? ("),
        (["modles"], {}, 2, "error: modles: no such command; did you mean 'models'? ("),
        (["image"], {}, 2, "error: PROMPT: it is missing ("),
        (["image", "x", "--size", "big"], {}, 2, "--size: width and height are expected"),
        (["image", "x", "--input", "no.png"], {}, 2, "error: --input: no.png can't be read: No such file or directory"),
        (["image", "x", "--mask", "no.png"], {}, 2, "--mask"),
        (["image", "x", "--model", "no/such"], {}, 1, "there is no image model 'no/such' here"),
        (["image", "x", "--model", "sandbox/job-failed"], {}, 5, "failed"),
        (["image", "x", "--model", "sandbox/job-cancelled"], {}, 5, "cancelled"),
        (["image", "x", "--model", "sandbox/job-never-ends", "--wait-timeout", "0.5"], {}, 6, "ccapi job job-"),
        (["job", "job-0"], {}, 1, "there is no job 'job-0' of any kind (image job, video job)"),
        (["video"], {}, 2, "error: PROMPT: it is missing ("),
        (["video", "x", "--size", "640"], {}, 2, "--size: width and height are expected"),
        (["video", "x", "--size", "64x48", "--width", "64"], {}, 2, "--size: it sets the same as --width"),
        (["video", "x", "--input", "no.png"], {}, 2, "error: --input: no.png can't be read: No such file or directory"),
        (["video", "x", "--duration", "1000"], {}, 1, "duration: more than 0 and at most 20 seconds"),
        (["video", "x", "--model", "sandbox/video-failed"], {}, 5, "failed"),
        (
            ["video", "x", "--wait-timeout", "0.05", "--header", "X-Sandbox-Fault: job-never-ends"],
            {},
            6,
            "to get its video, run: ccapi job video-",
        ),
        (["chat", "hello", "--model", "sandbox/unavailable"], {}, 1, "sandbox/unavailable is down"),
        (["chat"], {}, 2, "PROMPT: there is nothing to ask"),
        (["chat", "x", "--tools", "{"], {}, 2, "not JSON"),
        (["speech"], {}, 2, "TEXT: there is nothing to speak"),
        (["speech", "x", "--voice", "nobody"], {}, 1, "voice: no voice 'nobody'; there are aria"),
        (["speech", "x", "-o", "/proc/nowhere/x.mp3"], {}, 2, "-o: /proc/nowhere/x.mp3 can't be written"),
        (
            ["speech", "x", "-o", f"{'x' * 300}/y.mp3"],
            {},
            2,
            f"-o: {'x' * 300}/y.mp3 can't be written: File name too l",
        ),
    ],
)
def test_errors_are_a_line_and_an_exit_code(
    cli: Local, arguments: list[str], environment: dict[str, str], code: int, message: str
) -> None:
    done = cli(*arguments, environment=environment)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert "wrong-secret" not in done.stderr


def test_a_balance_that_is_used_up() -> None:
    with ccapi_sandbox.running(balance=0) as sandbox:
        done = Local(sandbox, Path.cwd())("image", "x")
    assert done.returncode == 4
    assert "balance" in done.stderr


def test_debug_shows_where_an_error_comes_from(process: Processes) -> None:
    assert "Traceback" in process("job", "job-0", "--debug").stderr


def test_a_pipe_that_is_closed(process: Processes) -> None:
    program = f"set -o pipefail; {' '.join(COMMAND)} models --json | true"
    done = subprocess.run(["bash", "-c", program], env=process.environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1)  # as it was fast or slow
    assert done.stderr == ""


def test_without_the_extra_it_says_what_to_install(process: Processes, tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise ModuleNotFoundError(\"No module named 'click'\", name='click')")
    done = process("models", environment={"PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"})
    assert done.returncode == 1
    assert done.stderr == "ccapi needs click: pip install 'ccapi-client[cli]'\n"


def test_completion(process: Processes) -> None:
    found = process(environment={"_CCAPI_COMPLETE": "bash_complete", "COMP_WORDS": "ccapi im", "COMP_CWORD": "1"})
    assert "plain,image" in found.stdout
    found = process(
        environment={"_CCAPI_COMPLETE": "bash_complete", "COMP_WORDS": "ccapi models --order d", "COMP_CWORD": "3"}
    )
    assert "plain,desc" in found.stdout


# In a terminal


def test_a_long_error_is_wrapped_at_words(process: Processes) -> None:
    for arguments in (("image", "a fox", "--model", "no/such"), ("models-of-all-the-providers",)):
        terminal = process.terminal(*arguments)
        terminal.expect(pexpect.EOF)
        lines = plain(terminal.before).split("error: ")[1].splitlines()
        assert len(lines) > 1
        assert all(40 < len(line) <= 120 for line in lines[:-1])
        assert " ".join(lines).count(" there are imaginepro/nano-banana, stabilityai/") == (arguments[0] == "image")


def test_a_long_hint_is_wrapped_at_words(process: Processes) -> None:
    terminal = process.terminal("doctor", CCAPI_BASE_URL=f"http://127.0.0.1:1/{'x' * 60}/v1")
    terminal.expect(pexpect.EOF)
    hint = plain(terminal.before).rpartition("is a server running at ")[2]
    assert len(hint.splitlines()) == 2
    assert hint.split()[1:] == ["--base-url", "URL", "names", "another", "address"]


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_a_bar_follows_the_job_and_standard_output_has_the_path(tmp_path: Path) -> None:
    with ccapi_sandbox.running(job_seconds=3, strict=True) as sandbox:
        terminal = Processes(sandbox, tmp_path).terminal("image", "a fox in the snow", "-o", "fox.png")
        terminal.expect("a fox in the snow")
        terminal.expect("pending|processing")
        sandbox.clock.advance(60)
        terminal.expect(r"fox\.png\r\n")
        terminal.expect(pexpect.EOF)
        terminal.close()
    assert terminal.exitstatus == 0


def test_ctrl_c_tells_how_to_go_on(process: Processes) -> None:
    terminal = process.terminal("image", "a fox", "--model", "sandbox/job-never-ends", "-o", "my fox.png")
    terminal.expect("processing")
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
    told = plain(terminal.before)
    assert "interrupted" in told
    assert re.search(r"run: ccapi job job-\w+ --wait -o 'my fox.png'", told)
    assert "Traceback" not in told


def test_ctrl_c_before_the_job_is_known(process: Processes) -> None:
    process.sandbox.fail_next("slow;seconds=4")
    terminal = process.terminal("image", "a fox", "-o", "fox.png")
    deadline = time.monotonic() + 60
    while not process.sandbox.requests:
        assert time.monotonic() < deadline
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
    assert re.search(r"run: ccapi job job-\w+ --wait -o fox.png", plain(terminal.before))


def test_one_of_several_fails_and_the_others_are_not_lost(cli: Local) -> None:
    for arguments in ((), ("--json",)):
        cli.sandbox.fail_next("402")
        done = cli("image", "a fox", "an owl", "-o", "out.png", *arguments)
        assert (done.returncode, "error: " in done.stderr) == (4, True)
        results = json.loads(done.stdout) if arguments else [{"paths": done.stdout.split()}]
        (path,) = (path for result in results for path in result["paths"])
        assert (cli.folder / path).exists()


def test_the_resume_command_asks_the_same_service(cli: Local) -> None:
    wait = ("image", "x", "--model", "sandbox/job-never-ends", "--wait-timeout", "0.2")
    done = cli(*wait, "--base-url", cli.sandbox.base_url, environment={"CCAPI_BASE_URL": ""})
    assert done.returncode == 6
    assert f"--base-url {cli.sandbox.base_url}" in done.stderr
    lost = cli(*wait, "--sandbox")
    assert lost.returncode == 6
    assert "ccapi job" not in lost.stderr  # that sandbox is gone


def test_the_resume_command_does_not_show_the_query_of_the_address(capsys: pytest.CaptureFixture[str]) -> None:
    session = Session(as_json=False, quiet=False, connection=Connection(base_url="https://h/v1?code=planted"))
    with pytest.raises(KeyError), session.resumable("job-1", None):
        raise KeyError
    session.tell_hints()
    assert "--wait --base-url 'https://h/v1?...'" in capsys.readouterr().err


def test_what_can_be_known_before_is_not_billed(cli: Local) -> None:
    for arguments in (
        ("image", "x", "-o", "/proc/x.png"),
        ("speech", "x", "-o", "/proc/x.mp3"),
        ("image", "x", "--wait-timeout", "0"),
        ("image", "x", "--size", "8x8", "--aspect-ratio", "1:1"),
        ("models", "--sandbox", "--base-url", "http://127.0.0.1:1"),
    ):
        assert cli(*arguments).returncode == 2
    assert cli.sandbox.requests == []


def test_names_with_markup_and_long_ids_in_pipes(cli: Local) -> None:
    assert cli("image", "[red]x[/red] [/] :fire:", "-o", "x.png").returncode == 0
    lines = cli("models").stdout.splitlines()
    assert any(line.startswith("stabilityai/stable-diffusion-xl-1024-v1-0\t") for line in lines)


def test_a_tool_choice_may_be_an_object(cli: Local) -> None:
    tool = {"type": "function", "function": {"name": "f"}}
    arguments = ("chat", "x", "--model", "sandbox/babble", "--tools", json.dumps([tool]))
    assert cli(*arguments, "--tool-choice", json.dumps(tool)).returncode == 0
    assert cli(*arguments, "--tool-choice", "auto").returncode == 0
    assert [each.body["tool_choice"] for each in cli.sandbox.requests] == [tool, "auto"]


def test_a_stop_may_be_a_text_or_a_list_of_them(cli: Local) -> None:
    for given in ("word", "[END]", '["one", "two"]'):
        assert cli("chat", "x", "--model", "sandbox/babble", "--stop", given).returncode == 0
    assert [each.body["stop"] for each in cli.sandbox.requests] == ["word", "[END]", ["one", "two"]]


@pytest.mark.parametrize("tool", ["openapi-generator", "openapi-typescript"])
def test_the_contract_for_another_generator(cli: Local, tool: str) -> None:
    text = files("ccapi_openapi").joinpath(f"openapi.{tool}.yaml").read_text("utf-8")
    assert cli("spec", "--for", tool).stdout == text
    assert json.loads(cli("spec", "--for", tool, "--json").stdout) == yaml.safe_load(text)


def test_a_stream_that_breaks_off_keeps_what_had_come(cli: Local) -> None:
    cli.sandbox.fail_next("cut-stream;after=3;times=2")
    done = cli("chat", "x", "--model", "sandbox/babble")
    assert done.returncode == 1
    assert done.stdout.endswith("\n")
    told = cli("chat", "x", "--model", "sandbox/babble", "--json")
    assert told.returncode == 1
    assert json.loads(told.stdout)["choices"][0]["message"]["content"] + "\n" == done.stdout


def test_sigterm_is_like_ctrl_c(process: Processes) -> None:
    with subprocess.Popen(
        [*COMMAND, "image", "a fox", "--model", "sandbox/job-never-ends"],
        env=process.environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        deadline = time.monotonic() + 60
        while not any(each.operation == "getImageJob" for each in process.sandbox.requests):
            assert running.poll() is None
            assert time.monotonic() < deadline
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 130
        assert running.stderr
        assert "ccapi job job-" in running.stderr.read()


def test_a_conversation(process: Processes) -> None:
    terminal = process.terminal("chat", "--model", "sandbox/babble")
    terminal.expect("> ")
    terminal.sendline("Tell me of lighthouses.")
    terminal.expect("tokens")
    terminal.expect("> ")
    terminal.sendline("And of foxes?")
    terminal.expect("tokens")
    terminal.expect("> ")
    terminal.sendeof()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    roles = [message["role"] for message in process.sandbox.requests[-1].body["messages"]]
    assert roles == ["user", "assistant", "user"]


def test_colours_only_where_they_are_wanted(process: Processes) -> None:
    for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        terminal = process.terminal("job", "job-0", **environment)
        terminal.expect(pexpect.EOF)
        terminal.close()
        assert ("\x1b[31m" in terminal.before) is coloured


@pytest.mark.parametrize("command", [("image", "-o", "fox.png"), ("video", "-o", "fox.mp4", "--duration", "0.5")])
def test_a_picture_in_the_terminal(process: Processes, command: tuple[str, ...]) -> None:
    # What draws it closes no file of its own in time.
    shown = {"COLORTERM": "truecolor", "PYTHONWARNINGS": ""}
    terminal = process.terminal(*command, "a fox", "--size", "64x48", "--preview", **shown)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert len(plain(terminal.before).splitlines()) > 5


# The contract and the help


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_examples_first(name: str) -> None:
    context = click.Context(ccapi, info_name="ccapi")
    command = ccapi.get_command(context, name)
    assert command
    text = command.get_help(click.Context(command, context, info_name=name))
    assert text.startswith("Examples:\n  ccapi ")
    for line in text[: text.index("Usage:")].splitlines()[1:]:
        assert not line or line.strip().startswith("ccapi ")
    assert COMMANDS[name] in ccapi.get_help(context)


@pytest.mark.parametrize(
    ("name", "operation_id", "own"),
    [
        ("image", "generateImages", {"contents", "parameters"}),
        ("chat", "createChatCompletion", {"messages", "stream", "models"}),
        ("speech", "createSpeech", {"input"}),
    ],
)
def test_every_field_of_the_contract_is_an_option(name: str, operation_id: str, own: set[str]) -> None:
    command = ccapi.get_command(click.Context(ccapi), name)
    assert command
    options = {option for param in command.params for option in param.opts}
    fields = dict(body_of(operation_id)["properties"])
    if name == "image":
        fields |= schema_of(fields["parameters"])["properties"]
    assert {f"--{field.replace('_', '-')}" for field in fields if field not in own} <= options


def test_every_filter_of_the_contract_is_an_option() -> None:
    command = ccapi.get_command(click.Context(ccapi), "models")
    assert command
    names = {parameter["name"] for parameter in operation("listModels")["parameters"]} - {"offset"}
    assert names <= {str(param.name) for param in command.params}
