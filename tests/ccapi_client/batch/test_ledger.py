"""The ledger: one owner, what is committed stays, and every way in which the file can't be used says what to do."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from ccapi_client import CCAPIError, InvalidRequestError
from ccapi_client.batch import Batch, BatchInUseError, LedgerError
from ccapi_client.batch.ledger import APPLICATION, FORMAT, Ledger

from .desks import ledger_of, states

ROWS = [{"prompt": "a fox"}, {"prompt": "an owl"}]


def test_what_was_added_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    with Batch.open(tmp_path / "deep" / "x.ccapi") as batch:
        batch.add(ROWS, operation="createImage")
        first = batch._ledger.id
    with Batch.open(tmp_path / "deep" / "x.ccapi") as batch:
        assert [item.body["prompt"] for item in batch.items()] == ["a fox", "an owl"]
        assert batch._ledger.id == first
        assert batch._ledger.read("PRAGMA journal_mode") == [("wal",)]
        assert batch._ledger.read("PRAGMA synchronous") == [(2,)]


def test_one_owner_at_a_time(tmp_path: Path) -> None:
    with Batch.open(tmp_path / "x.ccapi") as batch:
        batch.add(ROWS, operation="createImage")
        with pytest.raises(BatchInUseError, match=r"wait until that ends, or stop it.*ccapi batch status"):
            Batch.open(tmp_path / "x.ccapi")
        with Batch.open(tmp_path / "x.ccapi", read_only=True) as other:
            assert other.counts().planned == 2
            with pytest.raises(LedgerError):
                other.add([{"prompt": "a bear"}], operation="createImage")
        assert batch.counts().planned == 2
    Batch.open(tmp_path / "x.ccapi").close()


OWN = """
    import sys, time
    from ccapi_client.batch import Batch
    batch = Batch.open(sys.argv[1])
    print("mine", flush=True)
    time.sleep(60)
"""


def test_the_ledger_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x.ccapi"
    program = [sys.executable, "-c", textwrap.dedent(OWN), str(path)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        assert owner.stdout.readline() == "mine\n"
        with pytest.raises(BatchInUseError):
            Batch.open(path)
        owner.kill()
    Batch.open(path).close()


WORK = """
    import sys, anyio
    from pathlib import Path
    sys.path.insert(0, sys.argv[2])
    from ccapi_client.batch.desk import Report
    from ccapi_client.batch.ledger import Ledger
    from tests.ccapi_client.batch.desks import ALL, desk_of

    async def one(desk, claim, work):
        permit = await desk.permit(claim, work.row)
        print("sending", work.id, permit.key, flush=True)
        await desk.report(claim, Report(work.row, permit.attempt, "job", permit=permit.number, job=f"job-{work.id}"))
        print("job", work.id, flush=True)

    async def main():
        desk = desk_of(Ledger(sys.argv[1]))
        claim = await desk.claim(ALL)
        while page := await desk.work(claim, 8):
            async with anyio.create_task_group() as group:
                for work in page:
                    group.start_soon(one, desk, claim, work)

    anyio.run(main)
"""


@pytest.mark.parametrize("after", [1, 37, 150])
def test_what_was_said_to_be_committed_is_there_after_a_kill(tmp_path: Path, after: int) -> None:
    path = tmp_path / "x.ccapi"
    ledger_of(path, 400).close()
    root = str(Path(__file__).parents[3])
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WORK), str(path), root], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(after)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
    told = [line.split() for line in lines if line.endswith("\n")]
    ledger = Ledger(path)
    found = states(ledger)
    assert {found[each[1]] for each in told if each[0] == "job"} <= {"job"}
    assert {found[each[1]] for each in told if each[0] == "sending"} <= {"sending", "job"}
    assert "planned" in found.values()
    jobs = dict(ledger.read("SELECT id, job FROM item WHERE state='job'"))
    assert all(job == f"job-{name}" for name, job in jobs.items())
    assert ledger.read("PRAGMA integrity_check") == [("ok",)]
    ledger.close()


def make_foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE x(y)")
    connection.close()


def make_newer(path: Path) -> None:
    Batch.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version={FORMAT + 1}")
    connection.close()


def make_damaged(path: Path) -> None:
    ledger_of(path, 100).close()
    content = bytearray(path.read_bytes())
    content[20:4096] = bytes(4076)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (make_foreign, "a file of another program"),
        (make_newer, "a newer version of ccapi-client wrote it.*install a newer one"),
        (make_damaged, "another program|not an SQLite file, or it is damaged; use another file"),
        (lambda path: path.write_text("prompt\na fox\n" * 100), "it is not an SQLite file"),
        (lambda path: path.mkdir(), "can't be used|there is no such ledger"),
    ],
)
def test_a_file_that_is_no_ledger_of_ours_stays_as_it_is(
    tmp_path: Path, make: Callable[[Path], object], message: str
) -> None:
    path = tmp_path / "x.ccapi"
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    for read_only in (False, True):
        with pytest.raises(LedgerError, match=message) as caught:
            Batch.open(path, read_only=read_only)
        assert str(path) in str(caught.value)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_what_is_not_there_can_t_be_only_read(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no such ledger"):
        Batch.open(tmp_path / "x.ccapi", read_only=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", [b"x.ccapi", 3, None])
def test_what_is_no_path_is_refused(tmp_path: Path, path: Any) -> None:
    with pytest.raises(InvalidRequestError, match=f"path: .* a text or a Path, not {type(path).__name__}$"):
        Batch.open(path)


def test_the_file_says_whose_it_is(tmp_path: Path) -> None:
    ledger_of(tmp_path / "x.ccapi", 1).close()
    assert (tmp_path / "x.ccapi").read_bytes()[68:72] == APPLICATION.to_bytes(4, "big") == b"ccap"


def test_a_ledger_of_an_earlier_version_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "x.ccapi"
    ledger_of(path, 2).close()
    with closing(sqlite3.connect(path)) as connection:
        for column in ("max_cost", "prices"):
            connection.execute(f"ALTER TABLE batch DROP COLUMN {column}")
        for column in ("unpriced", "reserved", "replaced"):
            connection.execute(f"ALTER TABLE item DROP COLUMN {column}")
        connection.execute("UPDATE item SET sent=1, state='unknown'")
        connection.execute("UPDATE item SET cost=0.5 WHERE row=2")
        connection.commit()
    with Batch.open(path, read_only=True) as batch:
        assert (batch.max_cost, batch.counts().unknown) == (None, 2)
    for _ in range(2):
        with Batch.open(path) as batch:
            assert (batch.max_cost, batch.counts().unknown) == (None, 2)
            assert batch._ledger.read("SELECT unpriced, reserved FROM item ORDER BY row") == [(1, 0), (0, 0.5)]
            assert batch._ledger.read("SELECT DISTINCT replaced FROM item") == [(None,)]


@pytest.mark.parametrize(
    ("was", "unpriced"),
    [
        ("state='planned', sent=1", 0),
        ("state='saved', sent=1", 1),
        ("state='saved', sent=1, cost=2", 0),
        ("state='failed', sent=1", 0),
        ("state='failed', sent=1, job='job-1'", 1),
        ("state='failed', sent=NULL", 0),
    ],
)
def test_what_an_earlier_version_may_have_sent_without_a_price(tmp_path: Path, was: str, unpriced: int) -> None:
    path = tmp_path / "x.ccapi"
    ledger_of(path, 1).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE item DROP COLUMN unpriced")
        connection.execute(f"UPDATE item SET {was}")
        connection.commit()
    with closing(Ledger(path)) as ledger:
        assert ledger.read("SELECT unpriced FROM item") == [(unpriced,)]


def test_what_is_discarded_leaves_nothing(tmp_path: Path) -> None:
    ledger_of(tmp_path / "x.ccapi", 1).discard()
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_that_was_lent_is_as_before(tmp_path: Path) -> None:
    path = tmp_path / "x.ccapi"
    ledger = ledger_of(path, 1)
    with ledger.lent(), closing(Ledger(path)), pytest.raises(LedgerError), ledger.transaction() as connection:
        connection.execute("DELETE FROM item")
    assert not ledger.is_short_of_room
    with pytest.raises(ZeroDivisionError), ledger.lent():
        raise ZeroDivisionError
    with pytest.raises(BatchInUseError):
        Ledger(path)
    with ledger.transaction() as connection:
        connection.execute("DELETE FROM item")
    ledger.close()


def test_what_is_discarded_leaves_the_next_owner_alone(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path / "x.ccapi", 1)
    ledger.discard()
    with Batch.open(tmp_path / "x.ccapi") as batch:
        ledger.close()
        assert not batch._ledger.is_short_of_room


def test_a_batch_that_is_closed_says_so(tmp_path: Path) -> None:
    batch = Batch.open(tmp_path / "x.ccapi")
    batch.close()
    for call in (batch.counts, batch.retry, lambda: list(batch.items()), lambda: batch.max_cost):
        with pytest.raises(LedgerError, match="closed: open it again"):
            call()


def test_a_full_disk_loses_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path / "x.ccapi", 50)
    (pages,) = ledger.read("PRAGMA page_count")[0]
    ledger.read(f"PRAGMA max_page_count={pages + 2}")
    batch = Batch(ledger)
    with pytest.raises(LedgerError, match="the disk is full; nothing is lost: free some room, and run the same again"):
        batch.add([{"prompt": "x" * 1000} for _ in range(100)], operation="createImage", id="more-{prompt}")
    assert batch.counts().total == 50
    ledger.read("PRAGMA max_page_count=1000000")
    assert batch.add([{"prompt": "a bear", "id": "bear"}], operation="createImage").new == 1
    batch.close()


def full() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


def test_what_is_known_of_requests_has_room_on_a_full_disk(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path / "x.ccapi", 2)
    spare = tmp_path / "x.ccapi-spare"
    assert spare.stat().st_size >= 1_000_000

    def change(connection: sqlite3.Connection) -> str:
        if spare.exists():
            raise full()
        connection.execute("UPDATE item SET job='job-1'")
        return "done"

    assert ledger.change(change) == "done"
    assert ledger.read("SELECT DISTINCT job FROM item") == [("job-1",)]

    def fail(connection: sqlite3.Connection) -> None:
        raise full()

    with pytest.raises(LedgerError, match="the disk is full"):
        ledger.change(fail)
    ledger.close()
    ledger = Ledger(tmp_path / "x.ccapi")
    assert spare.exists()
    ledger.close()
    assert not spare.exists()


def test_what_fails_within_a_transaction_changes_nothing(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path / "x.ccapi", 2)
    with pytest.raises(ZeroDivisionError):
        ledger.change(lambda connection: connection.execute("DELETE FROM item").rowcount / 0)
    with pytest.raises(CCAPIError), ledger.transaction() as connection:
        connection.execute("DELETE FROM item")
        connection.execute("no SQL")
    assert states(ledger) == {"1": "planned", "2": "planned"}
    ledger.close()
