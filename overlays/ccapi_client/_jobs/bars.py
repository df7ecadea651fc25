"""Bars of rich for jobs, in terminals and notebooks: for `progress=True`, and for the command line."""

from __future__ import annotations

import contextvars
import threading
from contextlib import suppress
from typing import Any, NamedTuple, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.progress_bar import ProgressBar

from .progress import Tally, one_line
from .waiting import JobUpdate


class Fill(NamedTuple):
    """How full a bar is.

    Attributes:
        done: How much is done.
        whole: How much the whole bar is; None where that is not known.
        moves: Whether both are in seconds, so that the clock fills the bar from there.
    """

    done: float
    whole: float | None
    moves: bool


def fill(update: JobUpdate[Any]) -> Fill:
    """How full the bar of a job is: by its progress, or else by how long it is expected to take."""
    if update.progress is None:
        whole = None if update.estimate is None else update.elapsed + update.estimate
        return Fill(update.elapsed, whole, moves=True)
    part = update.progress / 100
    if not update.estimate or part >= 1:
        return Fill(update.progress, 100.0, moves=False)
    whole = update.estimate / (1 - part)
    return Fill(whole * part, whole, moves=True)


class _ByTheClock(BarColumn):
    """A bar that goes on between two states of a job, up to almost its end."""

    def render(self, task: Task) -> ProgressBar:
        bar = super().render(task)
        if task.fields["moves"] and task.total is not None and not task.finished:
            gone = task.get_time() - task.fields["seen"]
            bar.completed = max(task.completed, min(task.completed + gone, task.total * 0.99))
        return bar


class _Cell:
    """What is shown below a cell of a notebook, anew twice a second. It needs no widgets."""

    def __init__(self, shown: Progress) -> None:
        self._shown, self._ended = shown, threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        from IPython.display import display

        self._handle: Any = display(self._shown, display_id=True)  # type: ignore[no-untyped-call]
        # The kernel keeps in the context which cell is executed.
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._refresh,), daemon=True)
        self._thread.start()

    def _refresh(self) -> None:
        with suppress(Exception):
            while not self._ended.wait(0.5):
                self._handle.update(self._shown)

    def stop(self) -> None:
        self._ended.set()
        if self._thread:
            self._thread.join()
            self._handle.update(self._shown)


class Bars:
    """Bars, one for each job, that follow the job's status, its progress and the estimate of its duration."""

    def __init__(self, console: Console, *, disable: bool = False, transient: bool = False) -> None:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            _ByTheClock(),
            TextColumn("{task.fields[status]}", markup=False),
            TimeElapsedColumn(),
        )
        self.progress = Progress(*columns, console=console, transient=transient, disable=disable)
        self._screen: Progress | _Cell = _Cell(self.progress) if console.is_jupyter and not disable else self.progress

    def __enter__(self) -> Self:
        self._screen.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._screen.stop()

    def start(self, name: str, status: str = "") -> TaskID:
        """Adds a bar."""
        return self.progress.add_task(name, total=None, status=status, moves=False, seen=0.0)

    def update(self, bar: TaskID, update: JobUpdate[Any]) -> None:
        """Shows a state of a job on its bar."""
        done, whole, moves = fill(update)
        if moves and whole is not None:
            done = min(done, whole * 0.99)
        status, seen = one_line(update.status), self.progress.get_time()
        self.progress.update(bar, status=status, completed=done, total=whole, moves=moves, seen=seen)

    def done(self, bar: TaskID, status: str = "completed") -> None:
        """Fills a bar."""
        self.progress.update(bar, status=one_line(status), total=1, completed=1, moves=False)


class Rows:
    """The bars of one wait: of one job its own; of many one for all of them, and those of a few that are running."""

    FEW = 8

    def __init__(self, bars: Bars, tally: Tally | None) -> None:
        self._bars, self._tally = bars, tally
        self._rows: dict[str, TaskID] = {}
        self._all = bars.start("jobs") if tally else None

    def show(self, job_id: str, update: JobUpdate[Any] | None, end: str) -> None:
        """Changes the bar of a job, and that of all."""
        bars, row = self._bars, self._rows.get(job_id)
        if self._tally and self._all is not None:
            done, whole = self._tally.ended, self._tally.taken
            bars.progress.update(self._all, status=str(self._tally), completed=done, total=whole)
            if end and row is not None:
                bars.progress.remove_task(self._rows.pop(job_id))
            if end or (row is None and len(self._rows) >= self.FEW):
                return
        if row is None:
            row = self._rows[job_id] = bars.start(one_line(job_id))
        if end:
            bars.done(row, end)
        elif update:
            bars.update(row, update)
