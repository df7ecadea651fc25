"""Where the files of the commands go: names in folders, and standard output."""

import json
import re
import subprocess
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest
from ccapi_client.cli.destination import names_of

from ..test_cli import FILM
from .local import Local
from .processes import COMMAND, Processes

NOW = "stabilityai/stable-diffusion-xl-1024-v1-0"
"""A model whose pictures are in the response itself."""


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


# Names


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        (["a fox"], ["a-fox"]),
        (["A Fox!", "an owl", "a fox"], ["a-fox-0", "an-owl", "a-fox-1"]),
        (["a fox", "a fox", "a fox 0"], ["a-fox-1", "a-fox-2", "a-fox-0"]),
        (["a fox 0", "a fox", "a fox 0", "a fox"], ["a-fox-0-0", "a-fox-0", "a-fox-0-1", "a-fox-1"]),
        (["Füchse im Schnee", "the fox's den"], ["fuchse-im-schnee", "the-foxs-den"]),
        (["狐", "フクロウ"], ["", ""]),
        (["../../etc/passwd", "nul"], ["etc-passwd", "nul"]),
        (["an oil painting of a lighthouse in a storm"], ["an-oil-painting-of-a-lighthouse-in-a"]),
        (["x" * 100, "y " * 100], ["x" * 40, "-".join("y" * 20)]),
    ],
)
def test_a_file_is_named_by_its_prompt(prompts: list[str], expected: list[str]) -> None:
    assert names_of(prompts) == expected


def test_files_of_several_prompts_can_be_told_apart(cli: Local) -> None:
    prompts = ("a fox", "an owl", "a fox", "狐")
    first, second = (cli("image", *prompts, "--size", "8x8", "-o", "out/") for _ in "12")
    assert (first.returncode, first.stderr, second.returncode) == (0, "", 0)
    assert first.stdout.splitlines()[:3] == ["out/a-fox-0.png", "out/an-owl.png", "out/a-fox-1.png"]
    # Nothing is replaced.
    assert second.stdout.splitlines()[:3] == ["out/a-fox-0-1.png", "out/an-owl-1.png", "out/a-fox-1-1.png"]
    assert len([each for each in names(cli.folder / "out") if each.startswith("job-")]) == 2
    assert len(names(cli.folder / "out")) == 8


def test_several_pictures_of_one_prompt(cli: Local) -> None:
    done = cli("image", "a fox", "-n", "2", "--size", "8x8", "--model", NOW)
    assert done.stdout.splitlines() == ["a-fox-0.jpg", "a-fox-1.jpg"]


def test_a_video_is_named_by_its_prompt(cli: Local) -> None:
    assert cli("video", "a fox", *FILM).stdout == "a-fox.mp4\n"


# Standard output


def content(process: Processes, *arguments: str) -> bytes:
    done = subprocess.run(
        [*COMMAND, *arguments, "-o", "-"], cwd=process.folder, env=process.environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert names(process.folder) == []
    return done.stdout


def test_one_file_goes_to_standard_output(cli: Local, process: Processes) -> None:
    picture = ("image", "a fox", "--size", "8x8", "--seed", "7")
    made = content(process, *picture)
    assert made.startswith(b"\x89PNG")
    assert content(process, "speech", "Good morning.", "--output-format", "wav").startswith(b"RIFF")
    assert content(process, "video", "a fox", *FILM)[4:8] == b"ftyp"
    job = cli(*picture, "--no-wait").stdout.strip()
    assert content(process, "job", job, "--wait") == made


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("image", "a fox", "an owl"), "standard output takes one file, not 2: give a folder, as -o ./"),
        (("image", "a fox", "-n", "3"), "standard output takes one file, not 3: "),
        (("image", "a fox", "--no-wait"), "--no-wait prints ids there; leave one of them out"),
        (("image", "a fox", "--json"), "--json needs the path of a file; leave one of them out"),
        (("image", "a fox", "--preview"), "--preview needs the path of a file"),
        (("video", "a fox", "--open"), "--open needs the path of a file"),
        (("speech", "hello", "--json"), "--json needs the path of a file"),
        (("job", "job-1", "job-2"), "standard output takes one file, not 2"),
    ],
)
def test_what_does_not_go_with_standard_output_is_not_billed(
    cli: Local, arguments: tuple[str, ...], message: str
) -> None:
    done = cli(*arguments, "-o", "-")
    assert done.returncode == 2
    assert message in done.stderr + done.stdout
    assert cli.sandbox.requests == []


@pytest.mark.parametrize("command", ["image", "video"])
def test_what_does_not_go_with_no_wait_is_not_billed(cli: Local, command: str) -> None:
    ignored = {"--wait-timeout": ["5"]} | (
        {"-o": ["x.mp4"], "--open": [], "--preview": []} if command == "video" else {}
    )
    for option, value in ignored.items():
        given = cli(command, "a fox", "--no-wait", option, *value)
        assert given.returncode == 2
        assert given.stderr == f"error: {option}: --no-wait waits for no file; leave one of them out\n"
    alone = cli(command, "a fox", "--no-wait", "--sandbox")
    assert alone.returncode == 2
    assert "--no-wait: the sandbox of --sandbox ends with this command, and its jobs with it" in alone.stderr
    assert cli.sandbox.requests == []


def test_each_error_names_its_prompt_where_there_are_several(cli: Local) -> None:
    found = cli("image", "a fox", "an owl", "-m", "nobody/nothing").stderr
    assert found.startswith("error: an owl: 400 Bad Request")
    assert "\nerror: a fox: 400 Bad Request" in found
    assert cli("image", "a fox", "-m", "nobody/nothing").stderr.startswith("error: 400 Bad Request")


def test_a_terminal_gets_no_file(process: Processes) -> None:
    terminal = process.terminal("speech", "hello", "-o", "-")
    terminal.expect("standard output is a terminal: add > FILE or")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 2
    assert process.sandbox.requests == []


def test_a_job_with_several_files(cli: Local) -> None:
    job = cli("image", "a fox", "-n", "2", "--size", "8x8", "--no-wait").stdout.strip()
    done = cli("job", job, "--wait", "-o", "-")
    assert (done.returncode, done.stdout, names(cli.folder)) == (2, "", [])
    assert "standard output takes one file, not 2" in done.stderr


def test_more_files_than_were_requested_are_not_lost(cli: Local) -> None:
    two = [{"b64_json": "iVBORw0KGgo="}, {"b64_json": "iVBORw0KGgo="}]
    cli.sandbox.reply({"json": {"data": two}}, to="jobs")
    done = cli("image", "a fox", "-o", "-")
    assert (done.returncode, done.stdout) == (1, "")
    assert names(cli.folder) == ["a-fox-0.png", "a-fox-1.png"]
    assert done.stderr == ("error: -o -: the response has 2 files; they were saved: a-fox-0.png, a-fox-1.png\n")


def test_a_failure_leaves_standard_output_empty(cli: Local) -> None:
    done = cli("image", "a fox", "--model", "sandbox/job-failed", "-o", "-")
    assert (done.returncode, done.stdout) == (5, "")


def test_a_pipe_that_is_closed(process: Processes) -> None:
    program = f"set -o pipefail; {' '.join(COMMAND)} image 'a fox' --size 900x900 -o - | true"
    done = subprocess.run(["bash", "-c", program], env=process.environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1)  # as it was fast or slow
    assert done.stderr == ""


def test_how_to_resume_a_picture_for_standard_output(cli: Local) -> None:
    done = cli("image", "a fox", "--model", "sandbox/job-never-ends", "--wait-timeout", "0.2", "-o", "-")
    assert (done.returncode, done.stdout) == (6, "")
    assert " --wait -o -\n" in done.stderr


def test_a_name_that_says_something_else_than_the_content(cli: Local) -> None:
    done = cli("image", "a fox", "--size", "8x8", "-o", "fox.txt")
    assert (done.returncode, done.stdout) == (0, "fox.txt\n")
    assert done.stderr == "note: the content of fox.txt is image/png\n"


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["chat", "x", "--attach", "no.png"], "--attach"),
        (["image", "x", "--input", "no.png"], "--input"),
        (["image", "x", "--input", "https://x.example/a.png", "--mask", "no.png"], "--mask"),
        (["video", "x", "--input", "no.png"], "--input"),
    ],
)
def test_a_picture_that_is_not_there_is_named_by_its_option(cli: Local, arguments: list[str], option: str) -> None:
    done = cli(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {option}: no.png can't be read: No such file or directory\n"
    (cli.folder / "no.png").write_text("a text")
    assert cli(*arguments).stderr.startswith(f"error: {option}: no.png is not a picture (PNG, JPEG")


def test_a_full_disk_behind_standard_output_does_not_lose_the_picture(process: Processes) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, "image", "a fox", "-o", "-"],
            cwd=process.folder,
            env=process.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert re.search(rb"to get its pictures, run: ccapi job job-\w+ --wait -o -", done.stderr)


def test_an_error_where_standard_error_is_closed(process: Processes) -> None:
    command = ["bash", "-c", f"{' '.join(COMMAND)} image --nope x --json 2>&-"]
    done = subprocess.run(command, env=process.environment, stdout=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["error"]["type"]) == (2, "UsageError")
