"""`ccapi batch` as it is used: from a CSV to pictures, what its exit codes say, interrupted and taken up again."""

import json
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ccapi_sandbox
import pexpect  # type: ignore[import-untyped]
import pytest
from ccapi_client import CCAPI
from ccapi_client.batch import Batch, BatchStoppedError
from ccapi_client.batch.deciding import DROPPED
from ccapi_client.batch.moves import key_of, settle, start
from ccapi_client.cli.batch import SUMMARIES, command
from ccapi_sandbox import Sandbox
from terminal import Terminal

from ..cli.here import Here
from ..cli.local import Local
from ..cli.processes import COMMAND, Processes

BATCH = [*COMMAND, "batch"]
SMALL = ["--set", "parameters.width=16", "--set", "parameters.height=16"]


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with ccapi_sandbox.running(job_seconds=0.1) as sandbox:
        yield sandbox


class Cli(Local):
    """`ccapi batch`. Its `process` is what a process of its own needs, and a terminal."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        super().__init__(sandbox, folder)
        self.process = Processes(sandbox, folder)

    def batch(self, *arguments: str, code: int = 0, **environment: str) -> SimpleNamespace:
        done = self("batch", *arguments, environment=environment)
        assert done.returncode == code, done.stderr
        return done


@pytest.fixture
def cli(server: Sandbox, tmp_path: Path) -> Cli:
    server.reset()
    return Cli(server, tmp_path)


CSV = "sku,color\nfox-1,red\nfox-2,blue\n"


def test_from_a_csv_to_pictures(cli: Cli) -> None:
    (cli.folder / "rows.csv").write_text(CSV)
    arguments = ("run", "rows.csv", "-o", "out/", "--set", "text=a {color} fox", *SMALL, "--id", "{sku}")
    dry = cli.batch(*arguments, "--max-cost", "20", "--dry-run").stdout
    assert "2 requests to send: at most 0.08 USD" in dry
    assert "a red fox" in dry
    assert not (cli.folder / "out").exists()
    done = cli.batch(*arguments, "--max-cost", "20")
    assert sorted(done.stdout.split()) == ["out/fox-1.png", "out/fox-2.png"]
    assert "2 of 2 saved" in done.stderr
    assert "0.08 of 20 USD" in done.stderr
    assert cli.batch(*arguments).stdout == ""
    assert len([each for each in cli.sandbox.requests if each.operation == "generateImages"]) == 2
    assert cli.batch("status", "out/").stdout == "2 rows: 2 saved\n"
    assert json.loads(cli.batch("status", "out", "--json").stdout)["saved"] == 2
    cli.batch("report", "out/")
    assert 'src="fox-1.png"' in (cli.folder / "out" / "sheet.html").read_text()
    cli.batch("export", "out/batch.ccapi", "results.jsonl")
    lines = [json.loads(line) for line in (cli.folder / "results.jsonl").read_text().splitlines()]
    assert [line["custom_id"] for line in lines] == ["fox-1", "fox-2"]


def test_lines_of_text_and_events(cli: Cli) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\nan owl\n")
    done = cli.batch("run", "prompts.txt", "-o", "out", *SMALL, "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["event"] for each in events] == ["row", "row", "end"]
    assert {each["id"]: each["state"] for each in events[:2]} == {"1": "saved", "2": "saved"}
    assert events[2]["saved"] == 2
    assert done.stderr == ""
    assert cli.batch("run", "-o", "out", "--quiet").stdout == ""
    (cli.folder / "prompts.txt").write_text("a fox\nan owl\na bear\n")
    stopped = cli.batch("run", "prompts.txt", "-o", "out", *SMALL, "--json", "--max-cost", "0.001", code=4)
    (end,) = map(json.loads, stopped.stdout.splitlines())
    assert (end["event"], end["saved"], end["planned"]) == ("end", 2, 1)
    assert end["error"]["message"].startswith("--max-cost, 0.001, would be exceeded")


@pytest.mark.parametrize(
    ("model", "code", "word"), [("sandbox/job-failed", 5, "failed"), ("sandbox/job-never-ends", 6, "not finished")]
)
def test_exit_codes_of_rows(cli: Cli, model: str, code: int, word: str) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\n")
    limit = "0.5" if code == 6 else "30"
    arguments = ("run", "prompts.txt", "-o", "out", "--set", f"model={model}", "--wait-timeout", limit)
    assert word in cli.batch(*arguments, code=code).stderr


def test_what_is_unknown_is_resolved(cli: Cli) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\nan owl\na bear\n")
    with Batch.open(cli.folder / "out" / "batch.ccapi") as batch:
        batch.add(cli.folder / "prompts.txt")
        with batch._ledger.transaction() as connection:
            for row in (1, 2):
                start(connection, row, now=0, oldest=0, cost=0)
    done = cli.batch("run", "-o", "out", code=7)
    assert "the outcome of 2 rows is unknown" in done.stderr
    status = cli.batch("status", "out")
    assert "unknown 1: the process ended before the response came" in status.stdout
    assert "ccapi batch resolve" in status.stderr
    assert "--idempotency replay" in status.stderr
    cli.batch("resolve", "out", "--drop", code=2)
    cli.batch("resolve", "out", "--drop", "--resend", "--all", code=2)
    assert cli.batch("resolve", "out", "--id", "1", "--drop").stdout == "1 row is dropped\n"
    assert "1 row is planned" in cli.batch("resolve", "out", "--all", "--resend").stdout
    cli.batch("run", "-o", "out", code=5)
    assert cli.batch("retry", "out").stdout.startswith("0 rows are planned")
    assert cli.batch("retry", "out", "--id", "1", "--json").stdout == '{"planned": 1}\n'
    cli.batch("run", "-o", "out")
    assert cli.batch("status", "out").stdout == "3 rows: 3 saved\n"


def test_a_job_that_is_named_is_waited_for_and_not_sent(cli: Cli) -> None:
    with Batch.open(cli.folder / "out" / "batch.ccapi") as batch:
        batch.add([{"text": "a fox"}])
        with batch._ledger.transaction() as connection:
            connection.execute("UPDATE item SET state='unknown'")
    assert "elsewhere it is billed twice" in cli.batch("status", "out").stderr
    done = cli.batch("resolve", "out", "--id", "1", "--job", "job-7")
    assert done.stdout == "1 row waits for its job; to get what it makes: ccapi batch run -o out\n"


def test_there_is_nothing_to_retry(tmp_path: Path) -> None:
    with Batch.open(tmp_path / "out" / "batch.ccapi") as batch:
        batch.add(["a fox"])
        with batch._ledger.transaction() as connection:
            settle(connection, 1, "saved", None)
    here = Here(tmp_path)
    assert here("batch", "retry", "out").stdout == "0 rows are planned: none failed, and none is lost\n"
    resend = here("batch", "resolve", "out", "--all", "--resend").stdout
    assert resend == "0 rows are planned: no row has an unknown outcome\n"
    with Batch.open(tmp_path / "out" / "batch.ccapi") as batch, batch._ledger.transaction() as connection:
        settle(connection, 1, "failed", DROPPED)
    assert here("batch", "retry", "out").stdout == (
        "0 rows are planned: those that failed were dropped: name one by --id\n"
    )
    stays = "rows that were dropped stay so, unless `ccapi batch retry out --id ID` names one\n"
    assert here("batch", "status", "out").stderr == stays
    with Batch.open(tmp_path / "out" / "batch.ccapi") as batch:
        batch.add([{"id": f"dropped-{number}", "text": "an owl"} for number in range(12)])
        with batch._ledger.transaction() as connection:
            for row in range(2, 14):
                settle(connection, row, "failed", DROPPED)
    assert here("batch", "status", "out").stderr == stays
    with Batch.open(tmp_path / "out" / "batch.ccapi") as batch:
        batch.add([{"id": "more", "text": "an owl"}])
        with batch._ledger.transaction() as connection:
            settle(connection, 14, "failed", None)
    advice, last = here("batch", "status", "out").stderr.splitlines(keepends=True)
    assert advice.startswith("failed: `ccapi batch retry out` plans them again")
    assert last == stays


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "prompts.txt", "--per-minute", "inf"], "--per-minute: a number from"),
        (["run", "prompts.docx"], "ROWS: prompts.docx: a file of these is expected"),
        (["run", "prompts.txt", "-o", "taken", "--ledger", "x.ccapi"], "--output: "),
        (["retry", ".", "--id", "x"], "--id: there is no row 'x'"),
        (["export", ".", "x.txt"], "TARGET: a name that ends in"),
        (["resolve", ".", "--id", "1", "--job", "job-1"], "--job: 'job-1' is the job of the row '2'"),
        (
            ["resolve", ".", "--id", "1", "--id", "3", "--job", "x"],
            "--job: it is for a single row, and here are 2 rows",
        ),
        (["resolve", ".", "--all", "--job", "x"], "--job: it is for a single row, and here are 2 rows"),
    ],
)
def test_errors_name_options(cli: Cli, arguments: list[str], message: str) -> None:
    for name in ("prompts.txt", "prompts.docx", "taken"):
        (cli.folder / name).write_text("a fox\n")
    with Batch.open(cli.folder / "batch.ccapi") as batch:
        batch.add(["a fox", "an owl", "a bear"])
        with batch._ledger.transaction() as connection:
            connection.execute("UPDATE item SET state='unknown' WHERE row!=2")
            connection.execute("UPDATE item SET job='job-1' WHERE row=2")
    assert f"error: {message}" in cli("batch", *arguments).stderr


def test_what_is_unknown_can_be_found_at_the_service(tmp_path: Path) -> None:
    with Batch.open(tmp_path / "out" / "batch.ccapi") as batch:
        batch.add(["a fox"] * 12)
        with batch._ledger.transaction() as connection:
            connection.execute("UPDATE item SET state='unknown', attempt=2, sent=1.75e9")
        key = key_of(batch._ledger.id, 1, 2)
    here = Here(tmp_path)
    shown = here("batch", "status", "out").stdout
    assert f"unknown 1 (sent 2025-06-15 15:06:40 UTC, Idempotency-Key {key})\n" in shown
    document = here.json("batch", "status", "out")
    assert (document["unknown"], len(document["rows"])) == (12, 12)
    assert document["rows"][0] == {
        "id": "1",
        "state": "unknown",
        "job_id": None,
        "idempotency_key": key,
        "sent": "2025-06-15T15:06:40+00:00",
        "error": None,
    }


def test_the_job_of_a_lost_row_can_be_corrected(tmp_path: Path) -> None:
    with Batch.open(tmp_path / "o o" / "batch.ccapi") as batch:
        batch.add(["a fox"])
        with batch._ledger.transaction() as connection:
            connection.execute("UPDATE item SET state='lost', job='job-typo'")
    assert "`ccapi batch resolve 'o o' --id ID --job JOB`" in Here(tmp_path)("batch", "status", "o o").stderr


@pytest.mark.parametrize(
    ("place", "ledger", "command"),
    [
        ("o o/", "o o/batch.ccapi", "ccapi batch run -o 'o o'"),
        ("o o/batch.ccapi", "o o/batch.ccapi", "ccapi batch run -o 'o o'"),
        ("batch.ccapi", "batch.ccapi", "ccapi batch run -o ."),
        ("a b.ccapi", "a b.ccapi", "ccapi batch run -o FOLDER --ledger 'a b.ccapi'"),
    ],
)
def test_hints_are_commands_for_the_same_ledger(tmp_path: Path, place: str, ledger: str, command: str) -> None:
    with Batch.open(tmp_path / ledger) as batch:
        batch.add(["a fox", "an owl"])
        with batch._ledger.transaction() as connection:
            settle(connection, 1, "unknown", None)
            settle(connection, 2, "failed", None)
    here = Here(tmp_path)
    assert here("batch", "retry", place).stdout == f"1 row is planned; to send what is planned: {command}\n"
    assert f"`{command} --idempotency replay`" in here("batch", "status", place).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run"], 2, "what is to be sent? There is no ledger at batch.ccapi"),
        (["run", "gone.csv"], 2, "ROWS: gone.csv can't be read: there is no such file"),
        (["run", "rows.xlsx"], 2, "rows.xlsx: a file of these is expected: .txt, .csv"),
        (["run", "semicolons.csv"], 2, "semicolons.csv: the columns are separated by ;, expected ,"),
        (["run", "empty.csv"], 2, "empty.csv: it holds no rows: in a .txt"),
        (["run", "rows.csv"], 2, "rows.csv, line 2: sku: no such field; there are contents, model"),
        (
            ["run", "rows.csv", "--set", "text=a {colour} fox"],
            2,
            "rows.csv, line 2: text: {colour}: there is no such column (did you mean {color}?); there are sku, color",
        ),
        (
            ["run", "rows.csv", "--set", "text={color}", "--id", "{skuu}"],
            2,
            "rows.csv, line 2: id: {skuu}: there is no such column (did you mean {sku}?)",
        ),
        (
            ["run", "rows.csv", "--set", "text={color}", "--id", "same"],
            2,
            "rows.csv, line 3: the id 'same' is that of an earlier row; ids have to differ: change it, or",
        ),
        (["run", "prompts.txt", "--set", "txt=x"], 2, "txt: no such field; did you mean 'text'"),
        (["run", "prompts.txt", "--set", "x"], 2, "NAME=VALUE is expected"),
        (["run", "prompts.txt", "--price", "a"], 2, "NAME=VALUE is expected"),
        (["run", "prompts.txt", "--price", "a=b"], 2, "'b' is not a valid number"),
        (["run", "prompts.txt", "--price", "a=nan"], 2, "'nan' is not a valid number"),
        (["run", "prompts.txt", "--price", "a=-1", "--max-cost", "1"], 2, "-1.0 is not in the range"),
        (["run", "prompts.txt", "--operation", "x"], 2, "can't be sent in a batch"),
        (["run", "prompts.txt", "--set", "model=a/b", "--max-cost", "1"], 2, "not known for the model: a/b"),
        (["status", "out"], 2, "there is no such ledger"),
        (["export", "out", "x.jsonl"], 2, "there is no such ledger"),
        (["retry", "typo/"], 2, "there is no such ledger"),
        (["resolve", "typo/", "--drop", "--all"], 2, "there is no such ledger"),
    ],
)
def test_wrong_usage(cli: Cli, arguments: list[str], code: int, message: str) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\n")
    (cli.folder / "rows.csv").write_text(CSV)
    (cli.folder / "semicolons.csv").write_text(CSV.replace(",", ";"))
    for name in ("empty.csv", "rows.xlsx"):
        (cli.folder / name).touch()
    before = set(cli.folder.iterdir())
    assert message in cli.batch(*arguments, code=code).stderr
    assert not [each for each in cli.sandbox.requests if each.method == "POST"]
    if "not known for" not in message:  # its rows are planned
        assert set(cli.folder.iterdir()) == before


def test_what_was_there_stays_where_a_run_fails(tmp_path: Path) -> None:
    (tmp_path / "rows.xlsx").touch()
    here, arguments = Here(tmp_path), ("batch", "run", "rows.xlsx", "-o", "a/b")
    assert here(*arguments).returncode == 2
    assert not (tmp_path / "a").exists()
    (tmp_path / "a").mkdir()
    assert here(*arguments).returncode == 2
    assert list((tmp_path / "a").iterdir()) == []
    Batch.open(tmp_path / "a" / "b" / "batch.ccapi").close()
    assert here(*arguments).returncode == 2
    assert (tmp_path / "a" / "b" / "batch.ccapi").exists()


def test_standard_input_that_is_closed_is_wrong_usage(cli: Cli) -> None:
    closed = [*BATCH, "run", "-", "-o", "out"]
    script = f"{shlex.join(closed)} <&-"
    done = subprocess.run(
        ["sh", "-c", script], cwd=cli.folder, env=cli.process.environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, "error: ROWS: -: standard input is closed\n")


def test_each_wrong_row_is_a_line_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("text,colour\n" + "a fox,red\n" * 35)
    done = Here(tmp_path)("batch", "run", "rows.csv", "-o", "out")
    assert done.returncode == 2
    first, *lines, last = done.stderr.splitlines()
    assert first == "error: nothing was added:"
    assert [line.partition(": ")[0] for line in lines] == [f"rows.csv, line {number}" for number in range(2, 12)]
    assert last == "and 25 more"


def test_an_input_that_has_changed(cli: Cli) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\nan owl\n")
    arguments = ("run", "prompts.txt", "-o", "out", *SMALL)
    cli.batch(*arguments)
    (cli.folder / "prompts.txt").write_text("a fox\na bear\n")
    refused = cli.batch(*arguments, code=2).stderr
    assert "prompts.txt, line 2: the row '2' was planned with another content, and is saved; keep the one" in refused
    assert "--on-change keep" in refused
    assert "0 new rows, 1 there already, 1 changed" in cli.batch(*arguments, "--on-change", "keep").stderr
    assert cli.batch(*arguments, "--on-change", "replace").stdout == "out/2.png\n"
    assert len([each for each in cli.sandbox.requests if each.operation == "generateImages"]) == 3


def test_a_wrong_key_and_no_money(cli: Cli) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\n")
    wrong = cli.batch("run", "prompts.txt", "-o", "out", code=3, CCAPI_API_KEY="wrong")
    assert "1 row is left" in wrong.stderr
    with ccapi_sandbox.running(balance=0) as poor:
        done = cli.batch("run", "prompts.txt", "-o", "poor", code=4, CCAPI_BASE_URL=poor.base_url)
    assert "The balance of this account is used up" in done.stderr
    done = cli.batch("run", "prompts.txt", "-o", "dear", "--max-cost", "0.01", code=4)
    assert (
        "--max-cost, 0.01, would be exceeded; 1 row is left: the same with a higher --max-cost goes on" in done.stderr
    )


def test_a_limit_on_costs_holds_for_later_runs(cli: Cli) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\nan owl\n")
    kept = "the limit of 0.05 USD from the earlier run applies; change it with --max-cost, where inf is none\n"
    assert kept not in cli.batch("run", "prompts.txt", "-o", "out", *SMALL, "--max-cost", "0.05", code=4).stderr
    again = cli.batch("run", "-o", "out", code=4).stderr
    assert kept in again
    assert "0.04 of 0.05 USD" in again
    dry = cli.batch("run", "-o", "out", "--dry-run")
    assert kept in dry.stderr
    assert "1 request to send" in dry.stdout
    assert len([each for each in cli.sandbox.requests if each.operation == "generateImages"]) == 1
    cli.batch("run", "-o", "out", "--max-cost", "1")
    limit = "the limit for the whole batch is 1; change it with `ccapi batch run -o out --max-cost`\n"
    assert limit in cli.batch("status", "out").stderr
    assert json.loads(cli.batch("status", "out", "--json").stdout)["max_cost"] == 1


def test_a_path_is_no_option(tmp_path: Path) -> None:
    assert "max_cost/batch.ccapi: there is no such ledger" in Here(tmp_path)("batch", "status", "max_cost").stderr


def test_a_dry_run_tells_that_a_limit_would_be_exceeded(cli: Cli) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\n")
    cli.batch("run", "prompts.txt", "-o", "out", *SMALL)
    (cli.folder / "prompts.txt").write_text("a fox\nan owl\n")
    dry = ("run", "prompts.txt", "-o", "out", *SMALL, "--dry-run", "--max-cost")
    exceeded = "--max-cost: 0.08 USD, with what was sent before, would exceed the limit of 0.05\n"
    assert exceeded in cli.batch(*dry, "0.05").stderr
    assert "would exceed" not in cli.batch(*dry, "0.09").stderr


def test_rows_of_other_operations_have_no_default_price(cli: Cli) -> None:
    (cli.folder / "rows.csv").write_text("prompt,duration\na fox,1\n")
    told = "not known for the model: the service's default"
    arguments = ("run", "rows.csv", "-o", "out", "--operation", "generate_video", "--max-cost", "0.1")
    assert told in cli.batch(*arguments, code=2).stderr
    assert told in cli.batch("run", "-o", "out", code=2).stderr
    assert not [each for each in cli.sandbox.requests if each.method == "POST"]


def test_a_ledger_of_any_name(cli: Cli) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\n")
    cli.batch("run", "prompts.txt", "-o", "out", "--ledger", "state.db", *SMALL)
    assert cli.batch("status", "state.db").stdout == "1 row: 1 saved\n"


def test_a_dry_run_tells_that_a_price_is_missing_for_what_was_sent(cli: Cli) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\n")
    cli.batch("run", "prompts.txt", "-o", "out", *SMALL)
    with Batch.open(cli.folder / "out" / "batch.ccapi") as batch, batch._ledger.transaction() as connection:
        connection.execute("UPDATE item SET body=json_set(body, '$.model', 'no/model')")
    arguments = ("run", "-o", "out", "--dry-run", "--max-cost", "1")
    told = "no price is known for what was sent before: no/model; a run with a limit needs it (--price)"
    assert told in cli.batch(*arguments).stderr
    assert "no price" not in cli.batch(*arguments, "--price", "no/model=1").stderr


def test_a_limit_that_is_wrong_is_not_kept(cli: Cli) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\n")
    cli.batch("run", "prompts.txt", "-o", "out", *SMALL, "--max-cost", "1e-12", code=2)
    cli.batch("run", "prompts.txt", "-o", "out", *SMALL)


def test_a_limit_is_removed(cli: Cli) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\n")
    arguments = ("run", "prompts.txt", "-o", "out", "--set", "model=a/b")
    cli.batch(*arguments, "--max-cost", "1", code=2)
    assert (
        "from the earlier run" not in cli.batch(*arguments, "--max-cost", "inf", code=5).stderr
    )  # there is no such model
    with Batch.open(cli.folder / "out" / "batch.ccapi") as batch:
        assert batch.max_cost is None


def test_a_limit_is_kept_with_its_prices(cli: Cli) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\nan owl\n")
    price = ("--price", "imaginepro/nano-banana=0.5")
    cli.batch("run", "prompts.txt", "-o", "out", *SMALL, "--max-cost", "0.6", *price, code=4)
    assert "0.50 of 0.6 USD" in cli.batch("run", "-o", "out", code=4).stderr
    with (
        CCAPI(cli.sandbox.api_key, base_url=cli.sandbox.base_url) as client,
        Batch.open(cli.folder / "out" / "batch.ccapi") as batch,
        pytest.raises(BatchStoppedError, match=r"max_cost, 0\.6, would be"),
    ):
        list(batch.run(client, output=cli.folder / "out"))
    assert len([each for each in cli.sandbox.requests if each.operation == "generateImages"]) == 1


def test_a_price_of_the_default_model_is_kept_too(cli: Cli) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\nan owl\n")
    cli.batch("run", "prompts.txt", "-o", "out", *SMALL, "--max-cost", "0.6", "--price", "=0.5", code=4)
    assert "0.50 of 0.6 USD" in cli.batch("run", "-o", "out", code=4).stderr


def test_a_limit_needs_the_prices_of_the_catalog(cli: Cli) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\n")
    done = cli.batch("run", "prompts.txt", "-o", "out", "--max-cost", "1", code=3, CCAPI_API_KEY="wrong")
    assert "without the catalog's prices" not in done.stderr


def test_a_limit_is_kept_where_a_run_can_t_start(tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("a fox\n")
    here = Here(tmp_path, CCAPI_API_KEY="", CCAPI_BASE_URL="")
    assert here("batch", "run", "prompts.txt", "-o", "out", "--max-cost", "0.5").returncode == 3
    with Batch.open(tmp_path / "out" / "batch.ccapi", read_only=True) as batch:
        assert batch.max_cost == 0.5


def test_another_owner(cli: Cli) -> None:
    with Batch.open(cli.folder / "out" / "batch.ccapi") as batch:
        batch.add(["a fox"])
        assert "another process" in cli.batch("run", "-o", "out", code=2).stderr
        assert cli.batch("status", "out").stdout == "1 row: 1 planned\n"


def test_an_interrupt_keeps_what_was_sent(tmp_path: Path) -> None:
    with ccapi_sandbox.running(job_seconds=0.1, delay_after=0.3) as sandbox:
        cli = Cli(sandbox, tmp_path)
        (tmp_path / "prompts.txt").write_text("".join(f"fox {number}\n" for number in range(100)))
        arguments: Any = [*BATCH, "run", "prompts.txt", "-o", "out", *SMALL, "--in-flight", "4"]
        with subprocess.Popen(
            arguments,
            cwd=tmp_path,
            env=cli.process.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout
            assert process.stdout.readline().endswith(".png\n")
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
        assert process.returncode == 130, err
        assert err.endswith("interrupted\nthe same command goes on from there\n")
        executed = len([each for each in sandbox.requests if each.executed and each.method == "POST"])
    with Batch.open(tmp_path / "out" / "batch.ccapi") as batch:
        counts = batch.counts()
    assert (counts.unknown, counts.sending) == (0, 0)
    assert counts.saved + counts.done + counts.job == executed < 100


CHAT = ("--operation", "create_chat_completion", "--set", "model=sandbox/babble")


def test_chats_in_a_csv(cli: Cli) -> None:
    (cli.folder / "rows.csv").write_text("id,model,question\nq1,sandbox/babble,Why?\nq2,no/model,Why not?\n")
    chat = (*CHAT[:2], "--set", "model={model}", "--set", "text={question}")
    done = cli.batch("run", "rows.csv", "-o", "o o/", *chat, code=5)
    assert "to get the responses: ccapi batch export 'o o/' results.jsonl" in done.stderr
    assert "1 row failed; `ccapi batch status 'o o/'` says more" in done.stderr
    assert (
        "`ccapi batch retry 'o o/'` plans them again, and `ccapi batch run -o 'o o'` sends"
        in cli.batch("status", "o o/").stderr
    )
    again = cli.batch("run", "-o", "o o/", code=5)
    assert "1 of 2 saved · 1 failed\n" in again.stderr
    assert "to get the responses" not in again.stderr


def test_a_dry_run_of_what_is_no_ledger(tmp_path: Path) -> None:
    (tmp_path / "batch.ccapi").write_text("not a ledger" * 100)
    done = Here(tmp_path)("batch", "run", "--dry-run")
    assert (done.returncode, done.stderr) == (
        2,
        "error: batch.ccapi: it is not an SQLite file, or it is damaged; use another file\n",
    )


def test_a_dry_run_with_a_kept_limit_needs_no_prices(tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("a fox\n")
    here = Here(tmp_path, CCAPI_API_KEY="", CCAPI_BASE_URL="")
    assert here("batch", "run", "prompts.txt", "--max-cost", "1").returncode == 3
    done = here("batch", "run", "--dry-run")
    assert (done.returncode, "without the catalog's prices: no API key" in done.stderr) == (0, True)
    assert "1 request to send: no price is known for the default\n" in done.stdout


def test_a_dry_run_needs_no_key(tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("a fox\n")
    arguments = ("batch", "run", "prompts.txt", "-o", "out", *CHAT, "--dry-run")
    done = Here(tmp_path, CCAPI_API_KEY="", CCAPI_BASE_URL="")(*arguments)
    assert done.returncode == 0
    assert done.stdout.startswith('create_chat_completion 1: {"model": "sandbox/babble", "messages"')
    assert "1 request to send: no price is known for sandbox/babble" in done.stdout
    assert "without the catalog's prices: no API key" in done.stderr


def test_the_next_sandbox_goes_on(tmp_path: Path) -> None:
    """A sandbox ends with its command, and the next one has another address."""
    (tmp_path / "prompts.txt").write_text("a fox\nan owl\na bear\na wolf\n")
    here, arguments = Here(tmp_path), ("batch", "run", "prompts.txt", "-o", "out", *CHAT, "--sandbox")
    assert "4 of 4 saved" in here(*arguments).stderr
    with Batch.open(tmp_path / "out" / "batch.ccapi") as batch, batch._ledger.transaction() as connection:
        for row, state in enumerate(("job", "done", "planned"), 1):
            connection.execute("UPDATE item SET state=?, job='job-1', cost=5 WHERE row=?", (state, row))
        connection.execute('UPDATE item SET replaced=\'[[{"model": "no/price"}, 1]]\'')
    assert here(*arguments, "--dry-run").stdout.splitlines()[-1].startswith("3 requests to send")
    done = here(*arguments)
    assert (done.returncode, "4 of 4 saved" in done.stderr) == (0, True)
    with Batch.open(tmp_path / "out" / "batch.ccapi") as batch:
        assert [item.cost for item in batch.items()] == [0, 0, 5, 0]  # another sandbox billed the first two
        assert batch._ledger.read("SELECT row FROM item WHERE replaced IS NOT NULL") == [(3,), (4,)]
        assert [(item.attempt, item.job_id) for item in batch.items()] == [
            (1, None),
            (1, None),
            (0, "job-1"),
            (0, None),
        ]
    done = here(*arguments[:-1], environment={"CCAPI_API_KEY": "k", "CCAPI_BASE_URL": "http://127.0.0.1:1/v1"})
    assert "its requests were sent to a sandbox at http://127.0.0.1:" in done.stderr


def test_a_wrong_setting_does_not_bind_a_ledger_to_a_sandbox(tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("a fox\n")
    done = Here(tmp_path)("batch", "run", "prompts.txt", "-o", "out", "--sandbox", "--per-minute", "inf")
    assert done.returncode == 2
    with Batch.open(tmp_path / "out" / "batch.ccapi") as batch:
        assert batch._ledger.read("SELECT base_url FROM batch") == [(None,)]


def test_a_sandbox_that_nothing_was_sent_to_does_not_bind_a_ledger(cli: Cli) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\n")
    arguments = ("run", "prompts.txt", "-o", "out", *SMALL, "--max-cost")
    cli.batch(*arguments, "0.01", "--sandbox", code=4, CCAPI_BASE_URL="", CCAPI_API_KEY="")
    cli.batch(*arguments, "1")
    assert "its requests were sent to" in cli.batch(*arguments, "1", "--sandbox", code=2, CCAPI_BASE_URL="").stderr


def test_what_was_sent_to_a_service_does_not_go_to_a_sandbox(tmp_path: Path) -> None:
    with Batch.open(tmp_path / "out" / "batch.ccapi") as batch:
        batch.add(["a fox"])
        with batch._ledger.transaction() as connection:
            connection.execute("UPDATE batch SET base_url='http://127.0.0.1:1/v1'")
            connection.execute("UPDATE item SET sent=1, state='saved'")
    done = Here(tmp_path)("batch", "run", "-o", "out", "--sandbox")
    assert done.returncode == 2
    assert "its requests were sent to http://127.0.0.1:1/v1, not to" in done.stderr


def test_the_help_is_whole() -> None:
    assert command.commands.keys() == SUMMARIES.keys()
    assert "..." not in Here(Path())("batch", "--help").stdout.partition("Commands")[2]


def test_one_result_is_no_results(tmp_path: Path) -> None:
    with Batch.open(tmp_path / "batch.ccapi") as batch:
        batch.add(["a fox"])
        with batch._ledger.transaction() as connection:
            connection.execute("""UPDATE item SET state='saved', answer='{"status_code": 200, "body": {}}'""")
    assert Here(tmp_path)("batch", "export", ".", "x.jsonl").stderr == "1 result, 0 errors\n"


def test_in_a_terminal(cli: Cli) -> None:
    (cli.folder / "prompts.txt").write_text("a fox\nan owl\n")
    terminal = cli.process.terminal("batch", "run", "prompts.txt", "-o", "out", *SMALL)
    terminal.expect("2 of 2 saved")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


def test_what_a_terminal_shows_in_the_end(cli: Cli) -> None:
    """The line of a run is gone from between the paths, which are on standard output."""
    (cli.folder / "prompts.txt").write_text("a fox\nan owl\n")
    terminal = Terminal(cli.folder, cli.process.environment)
    terminal.run(shlex.join([*BATCH, "run", "prompts.txt", "-o", "out", *SMALL]))
    assert sorted(terminal.lines()[-4:-1]) == ["2 new rows, 0 there already", "out/1.png", "out/2.png"]
    assert re.fullmatch(r"2 of 2 saved · [\d,]+/min", terminal.lines()[-1])
