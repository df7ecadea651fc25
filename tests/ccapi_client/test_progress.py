"""What `progress=True` shows of waits."""

import io
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from ccapi_client import CCAPI, ConfigurationError, JobFailedError, JobOutcome, JobTimeoutError, JobUpdate, PollPolicy
from ccapi_client._jobs import progress as module
from ccapi_client._jobs.bars import Bars, Rows
from ccapi_client._jobs.progress import Progress
from ccapi_client._jobs.waiting import Waiting
from ccapi_client.models import MultimodalImageGenerationResponse as Job
from ccapi_openapi.api.images import get_image_job_operation
from rich.console import Console
from rich.progress import TaskID

from ..scripted import ClientClass, Service

POLL = PollPolicy(initial=1, factor=1, jitter=0, timeout=60)
STEPS = ({"id": "job-1", "status": "pending"}, {"id": "job-1", "status": "completed", "data": [{"url": "x"}]})
ONE = "job-1: pending after 0.0 s\njob-1: completed after 1.0 s\n"
MANY = "job-1: completed; 1 of 1 finished\n"


def several(client: Any, method: str, *arguments: Any, **options: Any) -> Any:
    """The outcomes of many jobs; of the asynchronous client, a coroutine that gives them."""
    found = getattr(client, method)(*arguments, **options)
    if isinstance(client, CCAPI):
        return list(found)

    async def all_of_them() -> list[Any]:
        return [each async for each in found]

    return all_of_them()


METHODS: dict[str, tuple[Callable[..., Any], str]] = {
    "wait_for_image_job": (lambda client, **how: client.wait_for_image_job(Job.from_dict(STEPS[0]), **how), ONE),
    "generate_images_and_wait": (lambda client, **how: client.generate_images_and_wait(contents="x", **how), ONE),
    "wait_for_image_jobs": (lambda client, **how: several(client, "wait_for_image_jobs", ["job-1"], **how), MANY),
    "wait_for_jobs": (lambda client, **how: several(client, "wait_for_jobs", [Job.from_dict(STEPS[0])], **how), MANY),
}


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def call(client_class: ClientClass, method: str, *steps: Any, **how: Any) -> Any:
    wait, _ = METHODS[method]
    # A job that is given needs no response that starts it.
    steps = steps or (STEPS if method in ("generate_images_and_wait", "wait_for_image_jobs") else STEPS[1:])
    is_many = method.endswith("s")  # for which the asynchronous client takes the real time
    poll = PollPolicy(initial=0.01, timeout=60) if is_many else POLL
    return Service(*steps, is_real_time=is_many).call(client_class, lambda client: wait(client, poll=poll, **how))


def test_lines_where_there_is_no_terminal(
    client_class: ClientClass, method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(client_class, method, progress=True)
    captured = capsys.readouterr()
    assert captured.err == METHODS[method][1]
    assert captured.out == ""


def test_by_default_nothing_is_shown(
    client_class: ClientClass, method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call(client_class, method)
    assert capsys.readouterr() == ("", "")


def test_what_shows_is_imported_where_it_is_wanted() -> None:
    program = """
import sys, httpx
from ccapi_client import CCAPI
done = {"id": "job-1", "status": "completed"}
transport = httpx.MockTransport(lambda request: httpx.Response(200, json=done))
with CCAPI("key-1", transport=transport) as client:
    for options in ({}, {"progress": True}):
        client.wait_for_image_job("job-1", **options)
        list(client.wait_for_image_jobs(["job-1"], **options))
        print("ccapi_client._jobs.progress" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False\nTrue\n"


@pytest.mark.parametrize("wrong", [1, "yes", None])
def test_something_else_than_a_flag_is_refused(client_class: ClientClass, method: str, wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="progress: True or False"):
        call(client_class, method, progress=wrong)


def test_a_job_that_fails_is_shown_and_raised(
    client_class: ClientClass, method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = {"id": "job-1", "status": "failed"}
    if method.endswith("s"):
        (outcome,) = call(client_class, method, failed, progress=True)
        assert isinstance(outcome.error, JobFailedError)
        assert capsys.readouterr().err == "job-1: JobFailedError; 1 of 1 finished, 1 failed\n"
    else:
        with pytest.raises(JobFailedError):
            call(client_class, method, failed, progress=True)
        assert "job-1: failed after" in capsys.readouterr().err


def test_what_can_t_be_shown_ends_no_wait(
    client_class: ClientClass, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: Any) -> Any:
        raise OSError("the terminal is gone")

    for name in ("_new_bars", "_release"):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, broken)
            assert call(client_class, method, progress=True)
    monkeypatch.setattr(sys, "stderr", None)
    assert call(client_class, method, progress=True)
    assert module._in_use == []


def test_lines_where_rich_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert module._new_bars() is None


# --- bars


def update(status: str = "pending", elapsed: float = 1.0, estimate: float | None = 3.0, **more: Any) -> JobUpdate:
    return JobUpdate(Job(id="job-1", status=status), status, elapsed, estimate, **more)


def waiting(job_id: str = "job-1", status: str = "pending") -> Waiting[Job]:
    return Waiting(get_image_job_operation(), POLL, Job(id=job_id, status=status), 0.0)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Console:
    """A terminal that bars are shown in."""
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    monkeypatch.setattr(module, "_new_bars", lambda: Bars(console).__enter__())
    return console


def text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_bars_in_a_terminal(client_class: ClientClass, method: str, screen: Console) -> None:
    call(client_class, method, progress=True)
    last = text(screen).splitlines()[-2]
    assert ("1 of 1 finished" if method.endswith("s") else "completed") in last
    assert "━" in last
    assert module._in_use == []


def rows(progress: Progress) -> list[str]:
    """The bars that are there, as they look."""
    assert isinstance(progress._display, Rows)
    console = Console(file=io.StringIO(), width=100)
    console.print(progress._display._bars.progress.get_renderable())
    return [" ".join(line.replace("━", " ").split()) for line in text(console).splitlines()]


def test_many_jobs_have_one_bar_and_those_of_the_first_that_run(screen: Console) -> None:
    jobs = [waiting(f"job-{number}") for number in range(20)]
    with Progress(many=True) as progress:
        for each in jobs:
            progress.one_of_many(each, 0.0, None)
        found = rows(progress)
        assert len(found) == 1 + Rows.FEW
        assert "0 of 20 finished" in found[0]
        assert "job-0 pending" in found[1]
        failed = JobFailedError("x", job_id="", job=Job(id="", status="failed"))
        outcome: JobOutcome[Job] = JobOutcome("", None, failed)
        for each in jobs[:15]:
            progress.one_of_many(each, 0.0, outcome)
        assert "15 of 20 finished, 15 failed" in rows(progress)[0]
        assert len(rows(progress)) == 1
        late = JobTimeoutError("x", job_id="", job=Job(id="", status="pending"), waited=3.0)
        timed_out: JobOutcome[Job] = JobOutcome("", None, late)
        progress.one_of_many(jobs[15], 0.0, timed_out)
        assert "15 of 20 finished, 15 failed, 1 timed out" in rows(progress)[0]
        again = jobs[19]
        again.received(Job(id="job-19", status="processing"), None, 1.0)
        progress.one_of_many(again, 1.0, None)
        assert "job-19 processing" in rows(progress)[1]


def test_waits_at_once_share_one_display(screen: Console) -> None:
    with Progress() as first:
        first.state(waiting("job-1"), update())
        with Progress() as second:
            second.state(waiting("job-2"), update())
            assert [row.split()[1] for row in rows(first)] == ["job-1", "job-2"]
        assert len(module._in_use) == 1
        first.state(waiting("job-1"), update("processing"))
        assert "processing" in rows(first)[0]
    assert module._in_use == []


def test_texts_of_the_service_control_no_terminal(screen: Console, capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as progress:
        progress.state(waiting("job\x1b[2J\r"), update("pen\x1b]0;x\x07ding[red]\n"))
    assert "\x1b]0" not in text(screen)
    assert "\x1b[2J" not in text(screen)
    assert "ding[red]" in text(screen)
    module.Lines(None).show("job\x1b[2J\r", update("pen\x1b]0;x\x07ding[red]\n"), "")
    assert capsys.readouterr().err == "job [2J : pen ]0;x ding[red]  after 1.0 s\n"


@pytest.fixture
def bars() -> tuple[Bars, list[float]]:
    """Bars, and the time that they see."""
    bars, now = Bars(Console(file=io.StringIO(), width=100)), [100.0]
    bars.progress.get_time = lambda: now[0]
    return bars, now


def filled(bars: Bars, bar: TaskID) -> float | None:
    """How much of a bar is filled, from 0 to 1; None where it is not known."""
    (task,) = (each for each in bars.progress.tasks if each.id == bar)
    column = bars.progress.columns[2]
    assert not isinstance(column, str)
    shown: Any = column.render(task)
    return None if shown.total is None else shown.completed / shown.total


def test_progress_fills_a_bar_else_the_estimate_by_the_clock(bars: tuple[Bars, list[float]]) -> None:
    shown, now = bars
    bar = shown.start("job-1")
    assert filled(shown, bar) is None
    shown.update(bar, update(elapsed=1, estimate=3))
    assert filled(shown, bar) == 0.25
    now[0] += 1
    assert filled(shown, bar) == 0.5
    now[0] += 100
    assert filled(shown, bar) == 0.99
    shown.update(bar, update(elapsed=4, estimate=None, progress=40.0))
    now[0] += 10
    assert filled(shown, bar) == 0.4
    shown.update(bar, update(elapsed=4, estimate=6, progress=40.0))
    now[0] += 3
    assert filled(shown, bar) == pytest.approx(0.7)
    shown.update(bar, update(elapsed=4, estimate=0))
    assert filled(shown, bar) == 0.99
    shown.done(bar)
    now[0] += 10
    assert filled(shown, bar) == 1


def test_a_notebook_needs_no_widgets(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []

    class Handle:
        def update(self, what: Any) -> None:
            shown.append(what)

    def display(what: Any, *, display_id: bool) -> Handle:
        assert display_id
        shown.append(what)
        return Handle()

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with Progress() as progress:
        progress.state(waiting(), update())
        assert module._in_use
        (bars,) = module._in_use
    assert shown == [bars.progress] * len(shown)
    assert len(shown) >= 2
    assert shown[0]._repr_mimebundle_([], [])["text/html"].count("job-1") == 1
