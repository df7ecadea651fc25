"""What `export` and `report` write: in the order of the input, whole or not at all, and nothing that is executed."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pytest
from ccapi_client import InvalidRequestError
from ccapi_client.batch import Batch, BatchError
from ccapi_client.batch.desk import Problem, State
from ccapi_client.batch.export import export
from ccapi_client.batch.moves import key_of
from ccapi_client.batch.report import LONGEST
from PIL import Image
from playwright.sync_api import Page, expect

from ...conftest import chromium

HOSTILE = '</p><script>document.title="taken"</script><img src=x onerror="document.title=1">&amp; "\''
REJECTED = Problem("bad_prompt", HOSTILE, 400, '{"error": {"message": "no"}}')


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[Batch]:
    with Batch.open(tmp_path / "foxes" / "x.ccapi") as batch:
        yield batch


def settle(batch: Batch, name: str, state: State, **columns: Any) -> None:
    """Has a row be as a run would leave it."""
    document = {"status_code": 200, "request_id": "req-1", "body": columns.pop("answer", {})}
    values = {"answer": json.dumps(document) if state == "saved" else None, **columns, "state": state}
    sets = ", ".join(f"{name}=?" for name in values)
    with batch._ledger.transaction() as connection:
        connection.execute(f"UPDATE item SET {sets} WHERE id=?", (*values.values(), name))


def error(problem: Problem) -> str:
    return json.dumps(
        {"code": problem.code, "message": problem.message, "status": problem.status, "body": problem.body}
    )


@pytest.fixture
def mixed(batch: Batch) -> Batch:
    """A batch with a row in each state."""
    ids = ["fox", "chat", "refused", "unknown", "lost", "planned", "job"]
    batch.add([{"id": name, "text": f"{name} {HOSTILE}"} for name in ids if name != "chat"])
    batch.add([{"id": "chat", "model": "a/b", "text": "hello"}], operation="createChatCompletion")
    with batch._ledger.transaction() as connection:  # into the second place
        connection.execute("UPDATE item SET row=row+100")
        connection.executemany("UPDATE item SET row=? WHERE id=?", enumerate(ids, 1))
    image = {"id": "x", "status": "completed", "data": [{"url": "https://x.example/f.png"}]}
    settle(batch, "fox", "saved", answer=image, job="job-1", paths='["fox-0.png", "fox-1.png"]', cost=0.04)
    answer = {"choices": [{"message": {"role": "assistant", "content": "=1+1"}}]}
    settle(batch, "chat", "saved", answer=answer)
    settle(batch, "refused", "failed", error=error(REJECTED))
    settle(
        batch, "unknown", "unknown", error=error(Problem("no_response", "the process ended")), sent=1.75e9, attempt=1
    )
    settle(batch, "lost", "lost", error=error(Problem("file_gone", "it is gone", 404)), job="job-2")
    settle(batch, "job", "job", job="job-3")
    return batch


def key_of_unknown(batch: Batch) -> str:
    return key_of(batch._ledger.id, 4, 1)


def test_results_and_errors_in_the_shape_of_openai_s_batches(mixed: Batch, tmp_path: Path) -> None:
    done = mixed.export(tmp_path / "to" / "results.jsonl")
    assert (done.results, done.errors) == (2, 3)
    assert done.paths == (tmp_path / "to" / "results.jsonl", tmp_path / "to" / "errors.jsonl")
    results, errors = ([json.loads(line) for line in path.read_text("utf-8").splitlines()] for path in done.paths)
    assert results[0] == {
        "id": "row-1",
        "custom_id": "fox",
        "response": {
            "status_code": 200,
            "request_id": "req-1",
            "body": {"id": "x", "status": "completed", "data": [{"url": "https://x.example/f.png"}]},
        },
        "error": None,
        "paths": [str(tmp_path / "foxes" / name) for name in ("fox-0.png", "fox-1.png")],
    }
    assert [each["custom_id"] for each in results] == ["fox", "chat"]
    assert results[1]["response"]["body"]["choices"][0]["message"]["content"] == "=1+1"
    assert errors[0] == {
        "id": "row-3",
        "custom_id": "refused",
        "response": {"status_code": 400, "request_id": None, "body": {"error": {"message": "no"}}},
        "error": {"code": "bad_prompt", "message": HOSTILE, "state": "failed"},
        "job_id": None,
        "idempotency_key": None,
        "sent": None,
    }
    assert [(each["custom_id"], each["error"]["state"], each["job_id"]) for each in errors[1:]] == [
        ("unknown", "unknown", None),
        ("lost", "lost", "job-2"),
    ]
    assert (errors[1]["idempotency_key"], errors[1]["sent"]) == (key_of_unknown(mixed), "2025-06-15T15:06:40+00:00")
    assert [each["response"] for each in errors[1:]] == [None, {"status_code": 404, "request_id": None, "body": None}]


def test_errors_of_an_earlier_export_are_removed(mixed: Batch, tmp_path: Path) -> None:
    target, beside = tmp_path / "r.jsonl", tmp_path / "errors.jsonl"
    mixed.export(target)
    assert beside.exists()
    for name in ("refused", "unknown", "lost"):
        settle(mixed, name, "saved", error=None)
    assert mixed.export(target).paths == (target,)
    assert not beside.exists()
    assert len(target.read_text().splitlines()) == 5


def test_a_csv_has_all_rows_and_no_formulas(mixed: Batch, tmp_path: Path) -> None:
    done = mixed.export(tmp_path / "all.csv")
    assert (done.results, done.errors, done.paths) == (2, 3, (tmp_path / "all.csv",))
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["state"]) for row in rows] == [
        ("fox", "saved"),
        ("chat", "saved"),
        ("refused", "failed"),
        ("unknown", "unknown"),
        ("lost", "lost"),
        ("planned", "planned"),
        ("job", "job"),
    ]
    assert rows[0]["paths"].split(";") == [str(tmp_path / "foxes" / name) for name in ("fox-0.png", "fox-1.png")]
    assert (rows[0]["cost"], rows[0]["job_id"], rows[0]["operation"]) == ("0.04", "job-1", "generateImages")
    assert json.loads(rows[0]["request"]) == {"contents": [{"text": f"fox {HOSTILE}"}]}
    assert rows[1]["text"] == "'=1+1"
    assert rows[2]["error"] == f"bad_prompt: {HOSTILE}"
    assert (rows[3]["idempotency_key"], rows[3]["sent"]) == (key_of_unknown(mixed), "2025-06-15T15:06:40+00:00")
    assert rows[5]["idempotency_key"] == rows[5]["sent"] == ""
    assert rows[5]["text"] == rows[5]["paths"] == rows[5]["error"] == rows[5]["cost"] == ""


def test_a_csv_of_an_earlier_version_is_replaced(mixed: Batch, tmp_path: Path) -> None:
    header = "id,state,text,paths,error,cost,job_id,operation,request"
    (tmp_path / "all.csv").write_text(f"{header}\r\nfox,saved,,,,,,,\r\n", "utf-8")
    mixed.export(tmp_path / "all.csv")
    assert (tmp_path / "all.csv").read_text("utf-8").startswith(f"{header},idempotency_key,sent\n")


@pytest.mark.parametrize("name", ["results.txt", "results", "errors.jsonl"])
def test_a_name_that_says_no_format_is_refused(mixed: Batch, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"path: a name that ends in .jsonl or .csv is expected"):
        mixed.export(tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["r.jsonl", "r.csv", "r.html"])
def test_a_file_is_written_whole_or_not_at_all(
    mixed: Batch, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = mixed.report if name == "r.html" else mixed.export
    target = tmp_path / "to" / name
    write(target)
    before = {path: path.read_bytes() for path in target.parent.iterdir()}

    def broken(*_: object) -> str:
        raise OSError(28, "No space left on device")

    for place in ("export.text_of", "report.text_of"):
        monkeypatch.setattr(f"ccapi_client.batch.{place}", broken)
    monkeypatch.setattr("ccapi_client.batch.export._json", broken)
    with pytest.raises(BatchError, match=r"can't be written: No space left"):
        write(target)
    assert {path: path.read_bytes() for path in target.parent.iterdir()} == before
    (tmp_path / "file").touch()
    with pytest.raises(BatchError, match=f"{name} can't be written: "):
        write(tmp_path / "file" / name)


# The contact sheet


def test_a_sheet_shows_each_row_and_executes_nothing(mixed: Batch, tmp_path: Path) -> None:
    sheet = mixed.report(tmp_path / "foxes" / "sheet.html")
    page = sheet.read_text("utf-8")
    assert "<script>document" not in page
    assert "<img src=x" not in page
    assert page.count("<article ") == 7
    assert page.count('loading="lazy"') == 2
    assert 'src="fox-0.png"' in page
    assert "<h1>foxes</h1><p>7 rows: 1 planned, 1 job, 2 saved, 1 failed, 1 unknown, 1 lost</p>" in page
    assert "bad_prompt: &lt;/p&gt;&lt;script&gt;" in page
    assert "http" not in page.replace("https://x.example", "")
    with_one = Batch.open(tmp_path / "one" / "x.ccapi")
    with_one.add(["a fox"])
    assert "<p>1 row: 1 planned</p>" in with_one.report(tmp_path / "one" / "sheet.html").read_text()
    with_one.close()


def test_a_sheet_shows_files_of_any_kind_by_links_that_move_with_it(batch: Batch, tmp_path: Path) -> None:
    names = ["a b#1?.png", "talk.mp3", "film.mp4", "what.bin", 'quote".png']
    batch.add([{"id": "x", "text": "x" * (LONGEST + 10)}])
    settle(batch, "x", "saved", paths=json.dumps(names))
    page = batch.report(tmp_path / "sheet.html").read_text("utf-8")
    for start, name in (
        ('<img loading="lazy" decoding="async" src="', "foxes/a%20b%231%3F.png"),
        ('<audio controls preload="none" src="', "foxes/talk.mp3"),
        ('<video controls preload="none" src="', "foxes/film.mp4"),
        ('<a href="', "foxes/what.bin"),
        ('<a href="', "foxes/quote%22.png"),
    ):
        assert f'{start}{name}"' in page
    assert f"<p>{'x' * LONGEST}…</p>" in page


def sheet_of_300(batch: Batch, folder: Path) -> Path:
    """The sheet of 300 rows: pictures of three shapes, texts of several lengths, and each tenth row failed."""
    for number, size in enumerate([(64, 64), (96, 54), (40, 80)]):
        Image.new("RGB", size, ["#c60", "#06c", "#393"][number]).save(folder / f"{number}.png")
    batch.add([{"id": f"fox-{number}", "text": f"fox {number} {HOSTILE * (number % 4)}"} for number in range(300)])
    for number in range(300):
        (folder / f"fox-{number}.png").write_bytes((folder / f"{number % 3}.png").read_bytes())
        if number % 10 == 3:
            settle(batch, f"fox-{number}", "failed", error=error(REJECTED))
        else:
            settle(batch, f"fox-{number}", "saved", paths=json.dumps([f"fox-{number}.png"]))
    return batch.report(folder / "sheet.html")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_sheet_of_300_rows_in_a_browser(batch: Batch, tmp_path: Path, width: int) -> None:
    sheet = sheet_of_300(batch, tmp_path / "foxes")
    troubles, loaded = list[str](), list[str]()
    with chromium() as browser:
        page: Page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("console", lambda line: troubles.append(line.text))
        page.on("pageerror", lambda problem: troubles.append(str(problem)))
        page.on("request", lambda request: loaded.append(Path(unquote(urlparse(request.url).path)).name))
        page.goto(sheet.as_uri())
        page.wait_for_function("document.querySelector('img').naturalWidth > 0")
        assert page.title() == "foxes"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert 1 < len(loaded) < 150  # the others are not in view
        assert page.evaluate("document.querySelectorAll('img').length") == 270
        page.locator("img").last.scroll_into_view_if_needed()
        page.wait_for_function("[...document.querySelectorAll('img')].at(-1).naturalWidth > 0")
        failed = page.get_by_role("button", name="failed")
        expect(page.locator("article:visible")).to_have_count(300)
        failed.click()
        expect(page.locator("article:visible")).to_have_count(30)
        expect(page.locator("article:visible").first).to_contain_text("bad_prompt")
        page.get_by_role("button", name="saved").click()
        expect(page.locator("article:visible")).to_have_count(270)
        expect(failed).to_have_attribute("aria-pressed", "false")
        page.get_by_role("button", name="saved").click()
        expect(page.locator("article:visible")).to_have_count(300)
    assert troubles == []


@pytest.mark.parametrize(("name", "other"), [("a.csv", "a.csv"), ("a.jsonl", "a.jsonl"), ("a.jsonl", "errors.jsonl")])
def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path, name: str, other: str) -> None:
    (tmp_path / other).write_text("sku,color\nfox-1,red\n", "utf-8")
    with pytest.raises(InvalidRequestError, match=f"{other} is there, and not written by an export"):
        export(iter(()), tmp_path / name)
    assert (tmp_path / other).read_text("utf-8") == "sku,color\nfox-1,red\n"
    (tmp_path / other).unlink()
    for _ in range(2):
        export(iter(()), tmp_path / name)
