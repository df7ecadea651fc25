"""Progress bars of image jobs."""

from __future__ import annotations

import asyncio
import time

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from ..waiting import JobUpdate
from .session import Session


class Bars:
    """A progress bar for each job, driven by its status and by how long the service thinks that it takes."""

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
        """A bar for a prompt."""
        name = prompt if len(prompt) <= 40 else f"{prompt[:39]}…"
        return self.progress.add_task(name, total=None, status="submitting")

    def update(self, bar: TaskID, update: JobUpdate) -> None:
        """Shows a state."""
        total = None if update.estimate is None else update.elapsed + update.estimate
        self.progress.update(bar, status=update.status, completed=update.elapsed, total=total)

    async def follow_the_clock(self) -> None:
        """Lets the bars grow between the states."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.1)
            now = time.monotonic()
            for task in self.progress.tasks:
                if task.total is not None and not task.finished:
                    self.progress.advance(task.id, min(now - last, max(0.0, task.total * 0.99 - task.completed)))
            last = now

    def done(self, bar: TaskID) -> None:
        """Fills a bar."""
        self.progress.update(bar, status="completed", total=1, completed=1)
