"""The conformance kit: a careful client passes, and each mistake of a careless one is found, where it is made."""

import contextlib
import io
import json
import os
import re
import select
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import anyio
import httpx
import pytest
from ccapi_client import CCAPI, AsyncCCAPI, CCAPIError
from ccapi_client._client import sender_of
from ccapi_sandbox import gateway
from ccapi_sandbox.conformance import Ended, Start, Verdict, judging, main, process
from ccapi_sandbox.scenarios import SCENARIOS, TASKS, Scenario

from ..conftest import ROOT
from . import careless

BY_NAME = {each.name: each for each in SCENARIOS}
EVERY = pytest.mark.parametrize("scenario", SCENARIOS, ids=BY_NAME)
GUIDE = (ROOT / "docs" / "guide" / "other-languages.md").read_text("utf-8")

MISTAKES = [
    ("knows every field", "image/unknown-fields", ["gave up: .*x_unlisted"]),
    ("never retries", "image/429", ['gave up: {"status": 429']),
    ("retries at once", "image/429", [r"retried too early: after 0\.\d\d s; Retry-After said 1 s"]),
    ("sends no key", "image/429", ["sent a retry without an Idempotency-Key"]),
    ("makes a new key", "image/503", ["sent a retry with another Idempotency-Key"]),
    (
        "retries all",
        "image/500",
        [
            r"retried a POST that may have been executed and billed \(the response: 500\)",
            r"had the request executed 2 times, for 0\.018 US dollars in all",
            "took a request that failed for one that succeeded",
        ],
    ),
    (
        "retries all",
        "image/cut",
        [
            r"retried a POST that may have been executed and billed \(the response: 200, cut-body\)",
            "had the request executed 2 times",
            "took a request that failed",
        ],
    ),
    (
        "retries all",
        "image/html",
        [r"retried a POST that may .* \(the response: 502, html-error\)", "took a request that failed"],
    ),
    ("retries all", "image/400", [r"retried a request that would fail again \(the response: 400\)"]),
    (
        "hides the reason",
        "image/400",
        [
            'reported code null, not "no_fox"',
            'reported message null, not "prompt: it has no fox"',
            'reported details null, not {"field": "prompt"}',
        ],
    ),
    (
        "polls all the time",
        "job/estimate",
        [r"polled too early, 1\d times; the first: after 0\.\d\d s; Retry-After said 0\.75 s"],
    ),
    (
        "polls by the estimate",
        "job/retry-after",
        [r"polled too early: after 1\.\d\d s; Retry-After said 2\.00 s"],
    ),
    (
        "polls all the time",
        "job/poll-429",
        [r"polled too early, \d times; the first: after 0\.\d\d s; .* said 1\.00 s"],
    ),
    ("needs every poll", "job/poll-429", ['gave up: {"status": 429']),
    ("needs every poll", "job/poll-500", ['gave up: {"status": 500']),
    ("knows every status", "job/unknown-status", ["gave up: .*waiting_for_provider"]),
    ("takes any end of a job", "job/failed", ["took a job that failed for one that succeeded"]),
    ("knows one end", "job/failed", ["polled a job that had ended, 1[678] times"]),
    ("sends the key along", "file/other-origin", ["sent the key to another origin"]),
    ("saves nothing", "file/other-origin", ["reported success, and saved no file as CCAPI_FILE"]),
    ("saves as it comes", "file/cut", [r"left a broken file as CCAPI_FILE: the first \d+ of \d+ bytes"]),
    (
        "saves anything",
        "file/gone",
        ["took a download that failed for one that succeeded", "left a broken file as CCAPI_FILE: not the picture"],
    ),
    ("reads Latin-1", "stream/unknown-fields", ['reported text ".*", not "Grüße vom 🦊, 日本語."']),
    ("takes any end of a stream", "stream/cut", ["took a stream that broke off for complete"]),
    ("takes any end of a stream", "stream/ends-early", ["took a stream that broke off for complete"]),
    ("overlooks errors", "stream/error", ["took a stream that broke off for complete"]),
    ("calls nothing", "image/429", ["no request with the key of CCAPI_API_KEY came to CCAPI_BASE_URL"]),
]


Judge = Callable[[Scenario, Start], Verdict]


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    """A judge for whom time passes only where a client sleeps: all of them here move the sandbox's clock."""
    with mock.patch.object(gateway, "time", SimpleNamespace(time=lambda: 2e9)), judging() as judge:
        yield judge


@EVERY
def test_a_careful_client_passes(scenario: Scenario, judge: Judge) -> None:
    verdict = judge(scenario, lambda variables: Ended(json.dumps(careless.Client(variables).run()), ""))
    assert verdict.problems == []
    assert verdict.passed


@pytest.mark.parametrize(("mistake", "name", "problems"), MISTAKES)
def test_a_mistake_is_found(mistake: str, name: str, problems: list[str], judge: Judge) -> None:
    verdict = judge(BY_NAME[name], lambda variables: Ended(json.dumps(careless.Client(variables, mistake).run()), ""))
    assert len(verdict.problems) == len(problems), verdict.problems
    for found, pattern in zip(verdict.problems, problems, strict=True):
        assert re.match(pattern, found), found
    assert not verdict.passed


def test_early_polls_count_only_where_the_scenario_is_about_them(judge: Judge) -> None:
    def start(variables: Mapping[str, str]) -> Ended:
        return Ended(json.dumps(careless.Client(variables, "polls all the time").run()), "")

    assert {each.name for each in SCENARIOS if each.task == "job" and not judge(each, start).passed} == {
        "job/estimate",
        "job/retry-after",
        "job/poll-429",
    }


def test_every_scenario_finds_a_mistake() -> None:
    assert {name for _, name, _ in MISTAKES} == set(BY_NAME)


async def advance(seconds: float) -> None:
    """Sleeps, for either client, by moving the sandbox's clock."""
    clock = f"{os.environ['CCAPI_BASE_URL'].removesuffix('/v1')}/sandbox/clock"
    headers = {"Authorization": f"Bearer {os.environ['CCAPI_API_KEY']}"}
    # It blocks, since the blocking client sleeps by it too.
    done = httpx.post(clock, json={"advance": seconds}, headers=headers, verify=careless.NO_TLS)  # noqa: ASYNC210
    done.raise_for_status()


class Quick(CCAPI):
    def __init__(self) -> None:
        super().__init__()
        sender_of(self).sleep = advance


@EVERY
def test_our_client_passes_by_the_program_of_the_guide(scenario: Scenario, judge: Judge) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    (program,) = (block for block in blocks if "CCAPI_SCENARIO" in block)

    def start(variables: Mapping[str, str]) -> Ended:
        out = io.StringIO()
        with (
            mock.patch.dict(os.environ, variables),
            mock.patch("ccapi_client.CCAPI", Quick),
            contextlib.redirect_stdout(out),
        ):
            exec(program, {})
        return Ended(out.getvalue(), "")

    assert judge(scenario, start).problems == []


@EVERY
def test_our_asynchronous_client_passes(scenario: Scenario, judge: Judge) -> None:
    async def call(client: AsyncCCAPI) -> dict[str, Any]:
        if scenario.task == "image":
            return {"url": (await client.create_image(prompt="a fox")).data[0].url}
        if scenario.task == "stream":
            hello = [{"role": "user", "content": "hello"}]
            async with client.stream_chat_completion(model="sandbox/babble", messages=hello) as stream:
                return {"text": "".join([text async for text in stream.text()])}
        job = await client.generate_images_and_wait(contents="a fox")
        if scenario.task == "file":
            await client.save(job, os.environ["CCAPI_FILE"])
        return {"status": job.status}

    async def run() -> dict[str, Any]:
        async with AsyncCCAPI() as client:
            sender_of(client).sleep = advance
            try:
                return await call(client)
            except CCAPIError as error:
                names = {"status": "status_code", "code": "code", "message": "message", "details": "details"}
                return {"error": {name: getattr(error, attribute, None) for name, attribute in names.items()}}

    def start(variables: Mapping[str, str]) -> Ended:
        with mock.patch.dict(os.environ, variables):
            return Ended(json.dumps(anyio.run(run)), "")

    assert judge(scenario, start).problems == []


def printing(text: str, code: int = 0, error: str = "") -> list[str]:
    """A program that prints a text."""
    lines = f"import sys; print({text!r}); sys.stderr.write({error!r}); sys.exit({code})"
    return ["--", sys.executable, "-S", "-c", lines]


def test_a_program_is_run_with_a_table_of_what_it_did_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "image/429", "--only", "stream/cut", *printing("{}")]) == 1
    table, _, count = capsys.readouterr().out.rpartition("\n\n")
    assert table.split("\n") == [
        "image/429               FAILS",
        "                        no request with the key of CCAPI_API_KEY came to CCAPI_BASE_URL",
        "                        expected: Retry after a second, with the same Idempotency-Key.",
        "stream/cut              FAILS",
        "                        no request with the key of CCAPI_API_KEY came to CCAPI_BASE_URL",
        "                        expected: Report an error. Don't retry: the answer would be billed twice.",
    ]
    assert count == "0 of 2 scenarios pass.\n"


@pytest.mark.parametrize("mistakes", [(), ("never retries",)])
def test_the_exit_code_and_json(capsys: pytest.CaptureFixture[str], mistakes: tuple[str, ...]) -> None:
    program = [sys.executable, str(Path(careless.__file__)), *mistakes]
    assert main(["--json", "--only", "image/429", "--", *program]) == bool(mistakes)
    (verdict,) = json.loads(capsys.readouterr().out)
    scenario = BY_NAME["image/429"]
    assert (verdict["name"], verdict["happens"], verdict["expected"]) == (
        scenario.name,
        scenario.happens,
        scenario.expected,
    )
    assert verdict["passed"] is not mistakes
    assert bool(verdict["problems"]) == bool(mistakes)
    assert verdict["result"] == ({"error": mock.ANY} if mistakes else {"url": scenario.fields["url"]})


@pytest.mark.parametrize(
    ("program", "ended"),
    [
        (printing("no JSON", 3, "first\nlast"), "it ended with the exit code 3; its last error: last"),
        (printing("[1]"), "it ended with the exit code 0"),
        (["--timeout", "0.2", "--", sys.executable, "-S", "-c", "while True: pass"], "it ran for more than 0.2 s"),
    ],
)
def test_a_program_that_prints_no_result(program: list[str], ended: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "image/429", "--json", *program]) == 1
    (verdict,) = json.loads(capsys.readouterr().out)
    assert verdict["problems"][-1] == f"printed no line with a JSON object: {ended}"
    assert verdict["result"] is None


def test_what_a_program_has_started_is_killed_with_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        command = ["sh", "-c", f"(echo started; exec sleep 60) > '{tmp_path / 'pipe'}' & wait"]
        assert process(command, 2.0)({}).how == "it ran for more than 2 s"
        assert os.read(reader, 100) == b"started\n"
        assert select.select([reader], [], [], 10)[0]
        assert os.read(reader, 100) == b""  # the end, as nobody is left to write
    finally:
        os.close(reader)


def test_a_file_that_is_no_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "client.js"
    file.write_text("console.log(1)")
    file.chmod(0o755)
    with pytest.raises(SystemExit) as caught:
        main(["--only", "image/429", "--", str(file)])
    assert caught.value.code == 2
    assert f"error: can't run '{file}': Exec format error" in capsys.readouterr().err


def test_the_last_line_with_an_object_counts(judge: Judge) -> None:
    output = '{"url": 1}\n{"url": 2}\nbye\n[3]\n'
    assert judge(BY_NAME["image/429"], lambda _: Ended(output, "")).result == {"url": 2}


def test_an_error_that_is_no_object(judge: Judge) -> None:
    def start(variables: Mapping[str, str]) -> Ended:
        careless.Client(variables).run()
        return Ended('{"error": "no"}', "")

    assert judge(BY_NAME["image/429"], start).problems == ['printed an error that is no object: "no"']


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "PROGRAM is missing: python -m ccapi_sandbox.conformance -- node program.js"),
        (["--", "no-such-program"], "can't run 'no-such-program': there is no such program"),
        (
            ["--only", "imag", "--", "x"],
            "--only: there is no 'imag'; there are image, job, file, stream, image/unknown",
        ),
        (["--timeout", "0", "--", sys.executable], "--timeout: a number of seconds above 0 is expected"),
    ],
)
def test_an_option_that_can_t_be_used(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_the_list_has_every_task_and_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.split("  ")[0] in TASKS] == list(TASKS)
    assert [line for line in lines if "/" in line and " " not in line] == list(BY_NAME)
    assert main(["--list", "--only", "file"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "/" in line and " " not in line] == ["file/other-origin", "file/cut", "file/gone"]


def test_the_guide_has_every_task() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .*\| `(\{.*?\})`", GUIDE, re.MULTILINE)
    assert rows == [(task, prints.partition(",")[0]) for task, (_, _, prints) in TASKS.items()]


def test_the_page_of_the_languages_has_every_scenario() -> None:
    page = (ROOT / "docs" / "languages.md").read_text("utf-8").partition("## The conformance kit")[2]
    rows = re.findall(r"^\| `(.+?)` \| (.+?) \| passes \| passes \| ", page, re.MULTILINE)
    assert rows == [(each.name, each.happens) for each in SCENARIOS]
