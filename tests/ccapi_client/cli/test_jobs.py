"""Jobs that are started by one command and waited for by another."""

import asyncio
import gc
import json
import re
import signal
import subprocess
import time
import warnings
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped]
import pytest
from ccapi_client import CCAPI as CCAPIClient
from ccapi_client import AsyncCCAPI, NotFoundError
from ccapi_client.cli import making
from ccapi_client.cli.connection import Connection
from ccapi_client.cli.making import Made, Maker
from ccapi_client.cli.session import Session
from ccapi_client.models import ModelSummary

from ..test_cli import FILM, plain
from .here import Here, recording
from .local import Local
from .processes import COMMAND, Processes
from .test_files_out import NOW, names


def test_ids_a_line_each(cli: Local) -> None:
    done = cli("image", "a fox", "an owl", "--no-wait", "--size", "8x8")
    assert (done.returncode, done.stderr, names(cli.folder)) == (0, "", [])
    assert [each.operation for each in cli.sandbox.requests] == ["generateImages"] * 2
    first, second = done.stdout.splitlines()
    jobs = cli.json("image", "a bear", "--no-wait", "--size", "8x8")
    assert jobs == [{"prompt": "a bear", "id": jobs[0]["id"], "model": "imaginepro/nano-banana", "paths": []}]
    film = cli("video", "a fox", "--no-wait", *FILM).stdout.strip()
    ids = (first, film, second, jobs[0]["id"])
    waited = cli("job", *ids, first, "--wait", "-o", "out/")
    assert (waited.returncode, waited.stderr) == (0, "")
    assert waited.stdout.splitlines() == [f"out/{each}.{'mp4' if each == film else 'png'}" for each in ids]
    numbered = cli("job", *ids, "-o", "out.bin")
    assert numbered.stdout.splitlines() == [f"out-{number}.bin" for number in range(4)]
    assert (cli.folder / "out-1.bin").read_bytes() == (cli.folder / "out" / f"{film}.mp4").read_bytes()
    shown = cli("job", *ids)
    assert shown.stdout.splitlines() == [f"{each}: completed" for each in ids]
    assert shown.stderr == ""  # what to do is said of a single job
    documents = cli.json("job", *ids, "--wait", "-o", "again/")
    assert [each["id"] for each in documents] == list(ids)
    assert [each["paths"] for each in documents] == [
        [f"again/{each}.{'mp4' if each == film else 'png'}"] for each in ids
    ]


def test_a_picture_that_is_there_at_once_is_saved(cli: Local) -> None:
    done = cli("image", "a fox", "--no-wait", "--size", "8x8", "--model", NOW)
    assert (done.returncode, done.stdout, done.stderr) == (0, "a-fox.jpg\n", "")
    named = cli("image", "a fox", "--no-wait", "--size", "8x8", "--model", NOW, "-o", "out/x.jpg")
    assert (named.returncode, named.stdout, named.stderr) == (0, "out/x.jpg\n", "")


def test_a_picture_that_comes_after_ctrl_c_is_saved(process: Processes) -> None:
    process.sandbox.fail_next("slow;seconds=4")
    terminal = process.terminal("image", "a fox", "--size", "8x8", "--model", NOW)
    deadline = time.monotonic() + 60
    while not process.sandbox.requests:
        assert time.monotonic() < deadline
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert (terminal.exitstatus, names(process.folder)) == (130, ["a-fox.jpg"])


@pytest.mark.parametrize("is_slow", [False, True])
def test_a_picture_that_is_there_is_saved_or_named_after_ctrl_c(
    cli: Local, monkeypatch: pytest.MonkeyPatch, is_slow: bool
) -> None:
    save, waiting = AsyncCCAPI.save, asyncio.Event()

    async def interrupted(client: AsyncCCAPI, *arguments: Any) -> Any:
        asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)
        for _ in range(10):  # until it has reached this task
            await asyncio.sleep(0)
        if is_slow:
            await waiting.wait()
        return await save(client, *arguments)

    monkeypatch.setattr(AsyncCCAPI, "save", interrupted)
    monkeypatch.setattr(making, "LAST_WAIT", 0.1 if is_slow else 30)
    done = cli("image", "a fox", "--size", "8x8", "-m", NOW, "-o", "x.jpg")
    assert (done.returncode, names(cli.folder)) == (130, [] if is_slow else ["x.jpg"])
    if is_slow:
        assert re.search(r"to get its pictures, run: ccapi job \S+ --wait -o x.jpg", done.stderr)
    else:
        assert done.stdout == "x.jpg\n"


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("waits", [False, True])
def test_what_is_made_before_ctrl_c_is_told(
    cli: Local, monkeypatch: pytest.MonkeyPatch, waits: bool, as_json: bool
) -> None:
    make = Maker.make

    async def interrupted(self: Maker, *arguments: Any) -> Made:
        made = await make(self, *arguments)
        signal.raise_signal(signal.SIGINT)
        return made

    monkeypatch.setattr(Maker, "make", interrupted)
    # So that the request of the other prompt is still in flight; on a busy machine, saving the first takes a while.
    cli.sandbox.fail_next(f"slow;seconds={2.5 if waits else 1}")
    options = [*(["-m", NOW] if waits else ["--no-wait"]), *(["--json"] if as_json else [])]
    done = cli("image", "a fox", "an owl", "--size", "8x8", "-o", "x.jpg", *options)
    assert (done.returncode, "interrupted" in done.stderr) == (130, True)
    error = json.loads(done.stdout)["error"] if as_json else {}
    told = error["hint"] if as_json else done.stdout + done.stderr
    if waits:
        assert {"x-0.jpg", "x-1.jpg"} <= set(told.replace("saved: ", "").splitlines())
        assert names(cli.folder) == ["x-0.jpg", "x-1.jpg"]
    else:
        ids = set(re.findall(r"\bjob-\w+", told))
        assert len(ids) == 2
        assert set(error.get("job_ids", ids)) == ids
        assert ("job_ids" in error) == as_json


@pytest.mark.parametrize("command", ["image", "video"])
def test_a_response_that_does_not_come_after_ctrl_c(cli: Local, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    shield = asyncio.shield

    def interrupted(request: asyncio.Future[Any]) -> asyncio.Future[Any]:
        asyncio.get_running_loop().call_later(0.1, signal.raise_signal, signal.SIGINT)
        return shield(request)

    monkeypatch.setattr(making, "LAST_WAIT", 0.1)
    monkeypatch.setattr(asyncio, "shield", interrupted)
    cli.sandbox.fail_next("slow;seconds=5")
    done = cli(command, "a fox", "--json")
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["type"]) == (130, "Interrupted")
    assert error["hint"] == "no response came: the request may have been executed, and billed"


@pytest.mark.parametrize("seconds", ["0", "1000001", "nan", "inf"])
@pytest.mark.parametrize(
    "command", [("image", "x"), ("video", "x"), ("job", "job-1", "--wait"), ("batch", "run", "x.txt")]
)
def test_a_wait_timeout_that_is_refused_before_anything_is_billed(
    cli: Local, command: tuple[str, ...], seconds: str
) -> None:
    (cli.folder / "x.txt").write_text("a fox\n")
    done = cli(*command, "--wait-timeout", seconds)
    assert (done.returncode, cli.sandbox.requests) == (2, [])
    assert done.stderr.startswith("error: --wait-timeout: ")


def test_one_of_many_fails_and_the_others_are_saved(cli: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    fine = cli("image", "a fox", "--no-wait", "--size", "8x8").stdout.strip()
    failed = cli("image", "a fox", "--no-wait", "--model", "sandbox/job-failed").stdout.strip()
    monkeypatch.setattr("ccapi_client._jobs.waiting.GRACE", 0.05)  # how long a job may be too new to be found
    done = cli("job", failed, "job-0", fine, "--wait", "-o", "out/")
    assert (done.returncode, done.stdout) == (5, f"out/{fine}.png\n")
    assert sorted(line.partition(" ")[0] for line in done.stderr.splitlines()) == ["error:", "error:"]
    assert f"image job {failed} failed: " in done.stderr
    assert "there is no job 'job-0' of any kind" in done.stderr
    shown = cli("job", failed, fine)
    assert shown.returncode == 5
    assert f"{fine}: completed" in shown.stdout


def test_how_to_resume_what_is_left(cli: Local) -> None:
    fine = cli("image", "a fox", "--no-wait", "--size", "8x8").stdout.strip()
    endless = [cli("image", "a fox", "--no-wait", "--model", "sandbox/job-never-ends").stdout.strip() for _ in "12"]
    cli.sandbox.clock.advance(60)
    wait = ("job", *endless, fine, "--wait", "--wait-timeout", "2.5")
    done = cli(*wait)
    assert (done.returncode, done.stdout) == (6, f"{fine}.png\n")
    left = " ".join(endless)
    assert f"2 jobs keep running: to get their files, run: ccapi job {left} --wait -o ./\n" in done.stderr
    named = cli(*wait, "-o", "x.png")
    assert named.stdout == "x-2.png\n"
    for number, each in enumerate(endless):
        assert f"{each}: to get its files, run: ccapi job {each} --wait -o x-{number}.png\n" in named.stderr


@pytest.mark.parametrize("job_id", [None, "job-1"])
def test_a_missing_file_of_a_job_is_not_a_missing_job(job_id: str | None) -> None:
    session = Session(as_json=False, quiet=False, connection=Connection())
    more: Any = {"error": {}, "request_id": None, "retry_after": None, "idempotency_key": None, "body": b""}
    error = NotFoundError("404", status_code=404, **more)
    error.job_id = job_id  # which a poll has
    with pytest.raises(NotFoundError), session.resumable("job-1", "x.png"):
        raise error
    assert bool(session._hints) == (job_id is None)


def test_the_first_line_shows_the_job_s_own_status(cli: Local, process: Processes) -> None:
    endless = cli("image", "a fox", "--no-wait", "--model", "sandbox/job-never-ends").stdout.strip()
    cli.sandbox.clock.advance(60)
    terminal = process.terminal("job", endless, "--wait")
    terminal.expect(endless)
    terminal.expect("processing|pending")
    assert "submitting" not in plain(terminal.before)
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
    assert f"to get its files, run: ccapi job {endless} --wait" in plain(terminal.before)


def test_many_in_a_terminal(cli: Local, process: Processes) -> None:
    ids = cli("image", "a fox", "an owl", "--no-wait", "--size", "8x8").stdout.split()
    terminal = process.terminal("job", *ids, "--wait")
    terminal.expect("2 of 2 finished")
    for each in ids:
        terminal.expect(rf"{each}\.png\r\n")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


def test_ctrl_c_while_many_are_waited_for(cli: Local, process: Processes) -> None:
    ids = [cli("image", "a fox", "--no-wait", "--model", "sandbox/job-never-ends").stdout.strip() for _ in "12"]
    terminal = process.terminal("job", *ids, "--wait", "-o", "out/")
    terminal.expect("0 of 2 finished")
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
    assert f"ccapi job {' '.join(ids)} --wait -o out/" in " ".join(plain(terminal.before).split())


def test_a_command_in_a_hint_is_never_broken(process: Processes) -> None:
    output = f"out-{'x' * 90}.png"
    terminal = process.terminal("image", "a fox", "--model", "sandbox/job-never-ends", "-o", output)
    terminal.expect("processing|pending")
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert re.search(
        rf"\njob-\w+: to get its pictures, run:\r\nccapi job job-\w+ --wait -o {output}\r\n", plain(terminal.before)
    )


def test_documents_of_jobs_that_are_not_there(cli: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    fine = cli("image", "a fox", "--no-wait", "--size", "8x8").stdout.strip()
    monkeypatch.setattr("ccapi_client._jobs.waiting.GRACE", 0.05)
    done = cli("job", "job-0", fine, "--wait", "--json")
    documents = json.loads(done.stdout)
    assert done.returncode == 1
    assert [(each["id"], each["paths"]) for each in documents] == [("job-0", []), (fine, [f"{fine}.png"])]
    assert documents[0]["error"]["type"] == "NotFoundError"
    none = cli("job", "job-0", "job-00", "--json")
    assert [each["id"] for each in json.loads(none.stdout)] == ["job-0", "job-00"]
    cli.sandbox.fail_next("402;times=2")
    none = cli("image", "a fox", "an owl", "--json")
    assert none.returncode == 4
    assert [(each["prompt"], each["error"]["type"]) for each in json.loads(none.stdout)] == [
        ("a fox", "BillingError"),
        ("an owl", "BillingError"),
    ]


def test_a_command_in_the_background_of_a_script_ends_by_sigterm(process: Processes) -> None:
    script = f"trap '' INT; exec {' '.join(COMMAND)} image 'a fox' --model sandbox/job-never-ends"
    with subprocess.Popen(
        ["bash", "-c", script], env=process.environment, stderr=subprocess.PIPE, text=True
    ) as running:
        deadline = time.monotonic() + 60
        while not any(each.operation == "getImageJob" for each in process.sandbox.requests):
            assert running.poll() is None
            assert time.monotonic() < deadline
        running.terminate()
        try:
            assert running.wait(60) == 130
        finally:
            running.kill()
        assert running.stderr
        assert "run: ccapi job job-" in running.stderr.read()


def test_a_job_of_no_kind(cli: Local) -> None:
    told = "404 Not Found: there is no job 'nope' of any kind (image job, video job)"
    assert cli("job", "nope").stderr == f"error: {told}\n"
    error = json.loads(cli("job", "nope", "--json").stdout)["error"]
    assert (error["type"], error["message"], error["status"]) == ("NotFoundError", told, 404)


def test_the_files_of_a_job_that_is_not_completed(cli: Local) -> None:
    running = cli("image", "a fox", "--no-wait", "--model", "sandbox/job-never-ends").stdout.strip()
    done = cli("job", running, "-o", "x.png")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(rf"error: -o: {running} has no files yet, its status is \w+: add --wait\n", done.stderr)
    failed = cli("image", "a fox", "--no-wait", "--model", "sandbox/job-failed").stdout.strip()
    cli("job", failed, "--wait")
    done = cli("job", failed, "-o", "x.png")
    assert (done.returncode, done.stderr, names(cli.folder)) == (5, "", [])
    assert done.stdout.startswith(f"{failed}: failed: ")


@pytest.mark.parametrize("command", ["image", "video"])
def test_ctrl_c_before_anything_is_sent(cli: Local, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    def interrupted(prompts: Any) -> list[str]:
        signal.raise_signal(signal.SIGINT)
        return list(prompts)

    monkeypatch.setattr(f"ccapi_client.cli.{command}.names_of", interrupted)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        done = cli(command, "a fox")
        gc.collect()
    assert (done.returncode, done.stderr) == (130, "interrupted\n")
    assert [str(each.message) for each in caught] == []
    assert cli.sandbox.requests == []


def test_a_file_that_is_gone_is_no_job_that_is_gone(cli: Local) -> None:
    cli.sandbox.reply({"json": {"data": [{"url": f"{cli.sandbox.base_url}/gone.png"}]}}, to="jobs")
    job = cli("image", "a fox", "--no-wait").stdout.strip()
    done = cli("job", job, "--wait", "-o", "x.png")
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no job" not in done.stderr
    assert f"{job}: to get its files, run: ccapi job {job} --wait -o x.png\n" in done.stderr
    assert "there is no job" not in cli("job", job, "-o", "x.png").stderr


def test_a_completed_job_without_files_may_be_billed(cli: Local) -> None:
    cli.sandbox.reply({"json": {"data": []}}, to="jobs")
    done = cli("image", "a fox", "-o", "out/")
    assert (done.returncode, done.stdout) == (1, "")
    assert "may have been executed, and billed" in done.stderr


def test_a_status_of_two_lines_is_shown_as_one(tmp_path: Path) -> None:
    with recording(json.dumps({"id": "job-1", "status": "queued\nsaved: x"}).encode()) as (url, _):
        done = Here(tmp_path, CCAPI_API_KEY="key-1", CCAPI_BASE_URL=url)("job", "job-1", "-o", "x.png")
    assert "its status is queued saved: x: add --wait" in done.stderr


@pytest.mark.parametrize("details", [5, {"type": 5, "pricing": 5}, {"type": ["x"], "pricing": ["x"]}])
def test_models_whose_details_are_something_else(tmp_path: Path, details: Any) -> None:
    model = {"id": "m", "object": "model", "ccapi": details}
    with recording(json.dumps({"object": "list", "data": [model]}).encode()) as (url, _):
        here = Here(tmp_path, CCAPI_API_KEY="key-1", CCAPI_BASE_URL=url)
        assert here("models", "--limit", "1").returncode == 0
        assert here("models", "--limit", "0").returncode == 2


def test_types_that_are_no_texts_are_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    details = [5, {"type": 5}, {"type": ["x"]}, {"type": "river"}, {"type": "lake"}]
    found = [ModelSummary.from_dict({"id": f"m-{number}", "ccapi": each}) for number, each in enumerate(details)]
    monkeypatch.setattr(CCAPIClient, "iter_models", lambda client, **filters: iter([] if "type" in filters else found))
    done = Here(tmp_path, CCAPI_API_KEY="key-1")("models", "--type", "sound")
    assert (done.returncode, done.stderr) == (0, "no model is of the type 'sound'; the types are lake, river\n")
