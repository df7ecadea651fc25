"""Progress bars of jobs."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from .._jobs.waiting import JobUpdate
from .plain import plain_line
from .session import Session


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


def fill(update: JobUpdate) -> Fill:
    """How full the bar of a job is: by its progress, or else by how long it is expected to take."""
    if update.progress is None:
        whole = None if update.estimate is None else update.elapsed + update.estimate
        return Fill(update.elapsed, whole, moves=True)
    part = update.progress / 100
    if not update.estimate or part >= 1:
        return Fill(update.progress, 100.0, moves=False)
    whole = update.estimate / (1 - part)
    return Fill(whole * part, whole, moves=True)


class Bars:
    """Progress bars, one for each job, that follow the job's status, its progress and the estimate of its duration."""

    def __init__(self, session: Session) -> None:
        shows = session.err.is_terminal and not (session.quiet or session.as_json)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[status]}", markup=False),
            TimeElapsedColumn(),
        )
        self.progress = Progress(*columns, console=session.err, transient=True, disable=not shows)

    def start(self, prompt: str) -> TaskID:
        """Adds a bar for a prompt."""
        name = plain_line(prompt)
        name = name if len(name) <= 40 else f"{name[:39]}…"
        return self.progress.add_task(name, total=None, status="submitting", moves=True)

    def update(self, bar: TaskID, update: JobUpdate) -> None:
        """Shows a state of a job on its bar."""
        done, whole, moves = fill(update)
        self.progress.update(bar, status=plain_line(update.status), completed=done, total=whole, moves=moves)

    async def follow_the_clock(self) -> None:
        """Advances the bars between two states, until it is cancelled."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.1)
            now = time.monotonic()
            for task in self.progress.tasks:
                if task.fields["moves"] and task.total is not None and not task.finished:
                    self.progress.advance(task.id, min(now - last, max(0.0, task.total * 0.99 - task.completed)))
            last = now

    def done(self, bar: TaskID) -> None:
        """Fills a bar."""
        self.progress.update(bar, status="completed", total=1, completed=1)
