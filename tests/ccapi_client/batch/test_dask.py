"""A batch on a cluster of Dask: by its workers as by one process, and what the desk beside the scheduler does."""

import asyncio
import os
import pickle
import re
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import attrs
import ccapi_sandbox
import dask.config
import pytest
from ccapi_client import CCAPI, AsyncCCAPI, ConfigurationError, InvalidRequestError
from ccapi_client._client import sender_of
from ccapi_client.batch import Batch, BatchError, BatchInUseError, BatchStoppedError, LedgerError
from ccapi_client.batch.dask import run
from ccapi_client.batch.dask.calls import DeskGoneError, News, RemoteDesk
from ccapi_client.batch.dask.plugin import DeskPlugin
from ccapi_client.batch.dask.work import Cluster, ClusterWork
from ccapi_client.batch.dask.worker import Part, _client
from ccapi_client.batch.desk import Claim, Idempotency, Problem, Report, Shard
from ccapi_client.batch.ledger import Ledger
from ccapi_client.batch.money import PriceList
from ccapi_client.batch.work import Settings
from ccapi_client.cli.batch_parts import client_elsewhere
from ccapi_client.cli.batch_run import _tell_item
from ccapi_client.cli.connection import Connection
from ccapi_client.cli.session import Session
from ccapi_sandbox import Sandbox
from distributed import Client, Future, LocalCluster, get_worker

from ...conftest import QUICK
from .desks import states

SMALL = {"width": 16, "height": 16}
SETTINGS = Settings(
    output=None,
    per_minute=None,
    in_flight=64,
    max_cost=None,
    max_failures=1.0,
    prices=None,
    idempotency="never",
    key_ttl=72_000,
)


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with ccapi_sandbox.running(job_seconds=0.1, strict=True) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a scheduler with two workers, all of them in this process."""
    made: Any = LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, host="tcp://127.0.0.1", dashboard_address="127.0.0.1:0"
    )
    with made as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def sandbox(server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    server.reset()
    set_environment(server, monkeypatch)
    return server


def set_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCAPI_API_KEY", sandbox.api_key)
    monkeypatch.setenv("CCAPI_BASE_URL", sandbox.base_url)


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[Batch]:
    with Batch.open(tmp_path / "x.ccapi") as batch:
        yield batch


def foxes(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"text": f"fox {number}", "parameters": SMALL, **fields} for number in range(count)]


# By a cluster


def test_by_either_client(sandbox: Sandbox, cluster: str, batch: Batch, tmp_path: Path) -> None:
    batch.add(foxes(12))
    running = run(batch, cluster, partial(CCAPI, poll=QUICK), output=tmp_path / "out", in_flight=4)
    with running:
        first = next(running)
        assert first.state == "saved"
        assert running.progress is not None
        assert running.progress.total == 12
        with pytest.raises(BatchError, match="this batch is running"):
            batch.retry()
        items = [first, *running]
    assert sorted(item.row for item in items) == list(range(1, 13))
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == sorted(
        f"{row}.png" for row in range(1, 13)
    )
    assert batch.counts().saved == 12
    batch.add(foxes(2), id="more {text}")  # the ledger is back

    async def again() -> int:
        return len([item async for item in run(batch, cluster, AsyncCCAPI, output=None)])

    assert asyncio.run(again()) == 2
    assert len([each for each in sandbox.requests if each.operation == "generateImages" and each.executed]) == 14


WORKERS: set[str] = set()


def noted() -> CCAPI:
    """A client; the worker that makes it is noted."""
    with suppress(ValueError):  # made where the run was started
        WORKERS.add(get_worker().address)
    return CCAPI()


ROWS, A_MINUTE, LEAST = (600, 600, 0.95) if os.environ.get("CCAPI_SOAK") else (40, 1200, 0.0)
"""How many chats, at which rate, and how much of it has to be reached: on a busy machine, little."""


def test_one_rate_for_all_workers(sandbox: Sandbox, cluster: str, batch: Batch) -> None:
    rows = [{"model": "sandbox/babble", "messages": [{"role": "user", "content": "hi"}]} for _ in range(ROWS)]
    batch.add(rows, operation="createChatCompletion")
    assert len(list(run(batch, cluster, noted, output=None, per_minute=A_MINUTE, in_flight=8))) == ROWS
    assert len(WORKERS) == 2
    times = sorted(each.time for each in sandbox.requests)
    took, least = times[-1] - times[0], 60 * (ROWS - 1) / A_MINUTE
    print(f"{least / took:.1%} of the rate")
    # A quarter of a second may be made up for, and the first one may come late. A rate for each worker would be half.
    assert took > least - 0.65
    assert least / took >= LEAST


@pytest.mark.parametrize(
    ("idempotency", "state", "sent"), [("never", "unknown", 1), ("replay", "saved", 2), ("reject", "unknown", 2)]
)
def test_a_response_that_is_cut(
    idempotency: Idempotency, state: str, sent: int, cluster: str, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch.add(foxes(1))
    with ccapi_sandbox.running(
        idempotency="ignore" if idempotency == "never" else idempotency, job_seconds=0.1
    ) as sandbox:
        set_environment(sandbox, monkeypatch)
        client = partial(CCAPI, poll=QUICK, headers={"X-Sandbox-Fault": "cut-body;times=1"})
        (item,) = run(batch, cluster, client, output=None, max_failures=1, idempotency=idempotency)
        posts = [each for each in sandbox.requests if each.operation == "generateImages"]
    assert item.state == state
    assert [each.executed for each in posts].count(True) == 1
    assert len(posts) == sent
    if idempotency == "reject":
        assert item.error is not None
        assert item.error.code == "executed"


def test_what_stops_a_run(sandbox: Sandbox, cluster: str, batch: Batch) -> None:
    batch.add(foxes(12, model="imaginepro/nano-banana"))
    with pytest.raises(BatchStoppedError, match="max_cost") as caught:
        list(run(batch, cluster, CCAPI, output=None, max_cost=0.1, in_flight=2))
    assert caught.value.code == "max_cost"
    assert batch.counts().saved == 2
    assert batch.counts().planned == 10
    with pytest.raises(BatchStoppedError, match=r"max_cost, 0\.1, would be exceeded"):  # the ledger keeps the limit
        list(run(batch, cluster, CCAPI, output=None))
    assert batch.counts().planned == 10


def test_leaving_the_loop_stops_the_run(sandbox: Sandbox, cluster: str, batch: Batch) -> None:
    batch.add(foxes(24))
    with run(batch, cluster, partial(CCAPI, poll=QUICK), output=None, in_flight=2) as running:
        next(running)
    assert batch.counts().saved < 24
    assert batch.counts().sending == 0
    list(run(batch, cluster, partial(CCAPI, poll=QUICK), output=None))
    assert batch.counts().saved == 24


def test_files_at_a_url(
    sandbox: Sandbox, cluster: str, batch: Batch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    batch.add(foxes(2))
    items = list(run(batch, cluster, partial(CCAPI, poll=QUICK), output=f"file://{tmp_path}/there"))
    assert sorted(url for item in items for url in item.urls) == [f"file://{tmp_path}/there/{n}.png" for n in (1, 2)]
    assert (tmp_path / "there" / "2.png").stat().st_size > 10
    assert [item.paths for item in items] == [(), ()]
    _tell_item(Session(as_json=False, quiet=True, connection=Connection()), items[0])
    assert capsys.readouterr().out.split() == [*items[0].urls]
    batch.export(tmp_path / "x.csv")
    assert f"file://{tmp_path}/there/1.png" in (tmp_path / "x.csv").read_text()


def test_files_that_cannot_be_put_there(sandbox: Sandbox, cluster: str, batch: Batch, tmp_path: Path) -> None:
    batch.add(foxes(2))
    (tmp_path / "there").write_text("a file")
    with pytest.raises(BatchStoppedError, match=r"the files can't be saved: .*there") as caught:
        list(run(batch, cluster, partial(CCAPI, poll=QUICK), output=f"file://{tmp_path}/there"))
    assert caught.value.code == "output"
    assert batch.counts().done + batch.counts().job == 2
    with pytest.raises(ConfigurationError, match=r"output: nowhere://x can't be used: .*nowhere"):
        list(run(batch, cluster, CCAPI, output="nowhere://x"))
    with pytest.raises(BatchError, match=r"output: .*/there can't be made"):
        list(run(batch, cluster, CCAPI, output=tmp_path / "there"))
    assert len(list(run(batch, cluster, CCAPI, output=tmp_path / "out"))) == 2
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_what_cannot_be_used(sandbox: Sandbox, cluster: str, batch: Batch) -> None:
    batch.add(foxes(1))
    with pytest.raises(ConfigurationError, match="client: what makes a client is expected"):
        run(batch, cluster, CCAPI(), output=None)  # type: ignore[call-overload]
    with pytest.raises(ConfigurationError, match="in_flight"):
        run(batch, cluster, CCAPI, output=None, in_flight=0)
    with dask.config.set({"distributed.comm.timeouts.connect": "300ms"}):  # noqa: SIM117
        with pytest.raises(BatchError, match=r"scheduler: tcp://127.0.0.1:1 can't be reached"):
            list(run(batch, "tcp://127.0.0.1:1", CCAPI, output=None))
    with pytest.raises(ConfigurationError, match="under trio"):
        anyio.run(_first_of, partial(run, batch, cluster, AsyncCCAPI, output=None), backend="trio")
    with pytest.raises(BatchError, match=r"a worker failed: ZeroDivisionError"):
        list(run(batch, cluster, Breaking(), output=None))
    assert batch.counts().planned == 1


def test_tasks_that_are_cancelled(sandbox: Sandbox, cluster: str, batch: Batch) -> None:
    """By somebody else at the scheduler."""

    def tasks(dask_scheduler: Any) -> list[str]:
        return list(dask_scheduler.tasks)

    batch.add(foxes(24))
    with run(batch, cluster, partial(CCAPI, poll=QUICK), output=None, in_flight=2) as running:
        next(running)
        made: Any = Client(cluster, set_as_default=False)
        with made as client:
            client.cancel([Future(each, client) for each in client.run_on_scheduler(tasks)], force=True)
        with pytest.raises(BatchError, match="its tasks were cancelled"):
            list(running)
    assert 0 < batch.counts().saved < 24
    assert batch.counts().sending == 0


async def _first_of(make: Callable[[], Any]) -> None:
    async for _ in make():
        pass


class Breaking:
    """What makes a client once, and breaks in a worker."""

    def __init__(self, is_first: bool = True) -> None:
        self.is_first = is_first

    def __call__(self) -> CCAPI:
        return CCAPI() if self.is_first else 1 / 0  # type: ignore[return-value]

    def __reduce__(self) -> Any:
        return Breaking, (False,)


def test_a_worker_without_a_key_or_with_another_address(monkeypatch: pytest.MonkeyPatch) -> None:
    part = Part("x", AsyncCCAPI, "http://127.0.0.1:1/v1", None, "never", 1)
    monkeypatch.delenv("CCAPI_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match=r"a worker, on .*: no API key"):
        _client(part)
    monkeypatch.setenv("CCAPI_API_KEY", "key-1")
    monkeypatch.setenv("CCAPI_BASE_URL", "http://127.0.0.1:2/v1")
    with pytest.raises(
        ConfigurationError, match=r"would send to http://127.0.0.1:2/v1.*, not to http://127.0.0.1:1/v1"
    ):
        _client(part)


def test_a_missing_extra() -> None:
    program = """
        import sys
        sys.modules["distributed"] = None
        import ccapi_client.batch
        try:
            import ccapi_client.batch.dask
        except ccapi_client.ConfigurationError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True)
    assert done.stdout == "Dask is missing: pip install 'ccapi-client[dask]'\n"


# By the command line


def cli(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ccapi_client.cli", "batch", "run", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code, done.stderr
    return done


def test_the_command(sandbox: Sandbox, cluster: str, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("a fox\nan owl\n")
    small = ["--set", "parameters.width=16", "--set", "parameters.height=16"]
    done = cli(tmp_path, "prompts.txt", "-o", "out/", *small, "--scheduler", cluster)
    assert sorted(done.stdout.split()) == ["out/1.png", "out/2.png"]
    assert "2 of 2 saved" in done.stderr
    done = cli(tmp_path, "prompts.txt", "-o", f"file://{tmp_path}/there", "--scheduler", cluster, code=2)
    assert "-o: a URL goes with --scheduler, and needs a --ledger FILE" in done.stderr


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Connection(use_sandbox=True), "--sandbox: it is this command's alone; set CCAPI_BASE_URL for all workers"),
        (Connection(base_url="http://127.0.0.1:1/v1?key=secret"), "--base-url: it may be .*; set CCAPI_BASE_URL there"),
        (Connection(headers=(("x-key", "secret"),)), "--header: it may be secret, and is not sent to workers"),
    ],
)
def test_what_workers_could_not_use(wrong: Connection, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message) as caught:
        client_elsewhere(Session(as_json=False, quiet=True, connection=wrong), QUICK)
    assert "key=" not in str(caught.value)


def test_a_worker_uses_the_key_of_its_own_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(as_json=False, quiet=True, connection=Connection(base_url="http://127.0.0.1:1/v1", timeout=7))
    monkeypatch.setenv("CCAPI_API_KEY", "key-here")
    data = pickle.dumps(client_elsewhere(session, QUICK))
    assert b"key-here" not in data
    monkeypatch.setenv("CCAPI_API_KEY", "key-there")
    options = sender_of(pickle.loads(data)()).options
    assert options.api_key == "key-there"
    assert options.base_url.redacted == "http://127.0.0.1:1/v1"
    assert options.poll == QUICK


def test_verbose_shows_the_requests_where_they_are_sent(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    session = Session(as_json=False, quiet=True, connection=Connection(verbose=True))
    make = pickle.loads(pickle.dumps(client_elsewhere(session, QUICK)))

    async def call() -> None:
        async with make() as client:
            await client.list_models()

    asyncio.run(call())
    out, err = capsys.readouterr()
    assert re.fullmatch(rf"GET {sandbox.base_url}/models\S*: 200 in .*\n", err)
    assert out == ""


# The desk


class FakeScheduler:
    def __init__(self) -> None:
        self.handlers: dict[str, Callable[[bytes], Awaitable[bytes]]] = {}
        self.plugins: dict[str, object] = {}
        self.workers = {"a": 1, "b": 1}
        self.clients = {"client-1": 1}
        self.is_lost = 0

    def __getattr__(self, name: str) -> Callable[..., Awaitable[bytes | None]]:
        async def call(*, data: bytes) -> bytes | None:
            if self.is_lost:
                self.is_lost -= 1
                raise OSError("lost")
            return await self.handlers[name](data) if name in self.handlers else None

        return call


@attrs.define
class Desk:
    """A plugin beside a scheduler, and its calls by two workers."""

    plugin: DeskPlugin
    scheduler: FakeScheduler
    a: RemoteDesk
    b: RemoteDesk


def with_desk(batch: Batch, check: Callable[[Desk], Awaitable[None]], count: int = 4, **settings: Any) -> None:
    batch.add([{"prompt": f"fox {number}"} for number in range(count)], operation="createImage")
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def main() -> None:
        ledger, scheduler = batch._ledger, FakeScheduler()
        own = attrs.evolve(SETTINGS, **settings)
        plugin = DeskPlugin(str(ledger.path), ledger.id, "client-1", own, PriceList(None))
        with ledger.lent():
            await plugin.start(scheduler)  # type: ignore[arg-type]
            a, b = (RemoteDesk(scheduler, plugin.name, worker, sleep=sleep) for worker in "ab")
            await check(Desk(plugin, scheduler, a, b))
            await plugin.close()

    asyncio.run(main())


ALL = Shard(1, 4)


async def start(desk: RemoteDesk, row: int) -> tuple[Claim, Report]:
    """A row that is claimed and permitted; the report that it is a job."""
    claim = await desk.claim(ALL)
    permit = await desk.permit(claim, row)
    assert permit.decision == "go"
    return claim, Report(row, permit.attempt, "job", permit=permit.number, job="job-1")


def test_what_a_removed_worker_held_is_freed(batch: Batch) -> None:
    async def check(desk: Desk) -> None:
        await start(desk.a, 1)
        (held,) = desk.plugin._claims
        waiting = asyncio.ensure_future(desk.a.permit(held, 2))
        await asyncio.sleep(0)
        await desk.plugin.remove_worker(desk.scheduler, "a", stimulus_id="x")  # type: ignore[arg-type]
        del desk.scheduler.workers["a"]
        assert (await waiting).decision == "stale"
        assert desk.plugin.desk.pace.in_flight == 0
        assert await desk.a.work(held, 9) == []
        again = await desk.a.claim(ALL)  # it was only frozen: another one has its rows by now
        claim = await desk.b.claim(ALL)
        assert (await desk.a.permit(again, 3)).decision == "stale"
        assert [work.row for work in await desk.b.work(claim, 9)] == [2, 3, 4]
        assert (await desk.b.news()).ended == ((1, "unknown"),)

    with_desk(batch, check, in_flight=1)


def test_late_reports_are_taken_for_what_nobody_else_has(batch: Batch) -> None:
    async def check(desk: Desk) -> None:
        claim, report = await start(desk.a, 1)
        newer = await desk.b.claim(ALL)
        assert not await desk.a.report(claim, attrs.evolve(report, outcome="failed", problem=Problem("x", "y")))
        assert states(desk.plugin._ledger)["1"] == "unknown"
        permit = await desk.b.permit(newer, 2)
        assert await desk.a.report(claim, attrs.evolve(report, permit=permit.number))  # as after a new start
        assert states(desk.plugin._ledger)["1"] == "job"
        assert desk.plugin.desk.pace.in_flight == 1
        assert (await desk.b.news()).late == {1}
        await desk.b.claim(ALL)
        assert (await desk.b.news()).late == frozenset()

    with_desk(batch, check)


def test_a_row_of_which_a_late_worker_knows_more_comes_out_once(batch: Batch) -> None:
    batch.add(["a fox", "an owl", "a bear"])

    async def main() -> None:
        async with AsyncCCAPI("key-1", base_url="http://127.0.0.1:1/v1") as client:
            cluster = Cluster("tcp://127.0.0.1:1", AsyncCCAPI, None)
            work = ClusterWork(batch._ledger, client, SETTINGS, lambda: None, cluster)
            await work._prepare()

            def counts() -> tuple[int, int, int]:
                return work.progress.unknown, work.progress.saved, work.progress.left

            work._take(News(ended=((1, "unknown"), (2, "unknown"), (3, "unknown"))))
            assert (counts(), list(work.ended)) == ((3, 0, 0), [])
            work._take(News(late=frozenset({1})))
            assert (counts(), list(work.ended)) == ((2, 0, 1), [])
            work._take(News(ended=((1, "saved"), (2, "saved"))))
            assert (counts(), list(work.ended)) == ((1, 2, 0), [1, 2])
            with pytest.raises(BatchError, match="can't be reached"):
                await work._run()
            assert list(work.ended) == [1, 2, 3]

    with dask.config.set({"distributed.comm.timeouts.connect": "300ms"}):
        asyncio.run(main())


def test_a_report_that_matters_is_sent_until_the_scheduler_is_there_again(batch: Batch) -> None:
    async def check(desk: Desk) -> None:
        claim, report = await start(desk.a, 1)
        desk.scheduler.is_lost = 3
        assert await desk.a.report(claim, report)
        assert desk.scheduler.is_lost == 0
        desk.scheduler.is_lost = 1
        with pytest.raises(OSError, match="lost"):
            await desk.a.report(claim, Report(2, 0, "polled"))
        handler = desk.scheduler.handlers.pop(desk.plugin.name)
        with pytest.raises(DeskGoneError):
            await desk.a.work(claim, 1)
        desk.scheduler.handlers[desk.plugin.name] = handler

    with_desk(batch, check)


def test_news_are_given_once(batch: Batch) -> None:
    async def check(desk: Desk) -> None:
        claim = await desk.a.claim(ALL)
        for row in (1, 2):
            permit = await desk.a.permit(claim, row)
            await desk.a.report(claim, Report(row, 0, "failed", permit=permit.number, problem=Problem("x", "y")))
        assert (await desk.b.news()).ended == ((1, "failed"), (2, "failed"))
        assert (await desk.b.news()).ended == ()
        await desk.a.release(claim)
        assert desk.plugin._claims == {}

    with_desk(batch, check)


@pytest.mark.parametrize("how", ["client", "scheduler"])
def test_the_ledger_is_free_once_its_client_or_the_scheduler_is_gone(how: str, batch: Batch) -> None:
    async def check(desk: Desk) -> None:
        claim, report = await start(desk.a, 1)
        with pytest.raises(BatchInUseError):
            Ledger(batch._ledger.path)
        if how == "client":
            desk.plugin.remove_client(desk.scheduler, "another")  # type: ignore[arg-type]
            assert desk.plugin._ending is None
            desk.plugin.remove_client(desk.scheduler, "client-1")  # type: ignore[arg-type]
            ending: Any = desk.plugin._ending
            await asyncio.sleep(0)
            assert (await desk.a.permit(claim, 2)).decision == "stop"
            assert await desk.a.report(claim, report)
            await desk.a.release(claim)
            await ending
        else:
            await desk.plugin.close()
        assert desk.scheduler.handlers == {}
        Ledger(batch._ledger.path).close()

    with_desk(batch, check)


def test_a_ledger_that_the_scheduler_does_not_have(batch: Batch, tmp_path: Path) -> None:
    async def check(path: Path, id: str, client: str = "client-1") -> None:
        plugin = DeskPlugin(str(path), id, client, SETTINGS, PriceList(None))
        await plugin.start(FakeScheduler())  # type: ignore[arg-type]

    with pytest.raises(LedgerError, match=r"nowhere.ccapi: the scheduler, on .*, does not have this ledger"):
        asyncio.run(check(tmp_path / "nowhere.ccapi", "x"))
    assert not (tmp_path / "nowhere.ccapi").exists()
    with batch._ledger.lent(), pytest.raises(LedgerError, match="does not have this ledger"):
        asyncio.run(check(batch._ledger.path, "x"))
    with batch._ledger.lent(), pytest.raises(BatchError, match="whoever started the run is gone"):
        asyncio.run(check(batch._ledger.path, batch._ledger.id, "client-2"))
    batch.retry()
    others: list[Ledger] = []
    with pytest.raises(ZeroDivisionError), batch._ledger.lent():
        others.append(Ledger(batch._ledger.path))
        raise ZeroDivisionError
    with pytest.raises(LedgerError):
        batch.retry()
    others[0].close()
