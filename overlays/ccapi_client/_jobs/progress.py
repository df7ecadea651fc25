"""Shows how waits go on: `progress=True`. By rich where it is installed, in terminals and notebooks; else lines."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol, Self

from ccapi_openapi.operations import JobContract

from .waiting import JobUpdate

if TYPE_CHECKING:
    from rich.console import Console


class _Display(Protocol):
    """Shows the states of jobs."""

    def show(self, job_id: str, status: str, update: JobUpdate, *, is_final: bool) -> None:
        """Shows a state of a job."""
        ...

    def close(self) -> None:
        """Leaves the last states as they are."""
        ...


class Lines:
    """A line for each change of a status, on standard error."""

    def show(self, job_id: str, status: str, update: JobUpdate, *, is_final: bool) -> None:
        """Writes the line."""
        print(f"{job_id}: {status} after {update.elapsed:.1f} s", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Has nothing to do."""


class Bars:
    """A bar of rich for each job, with its status and its time, which goes on between two polls."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        class Elapsed(BarColumn):
            """A bar that fills by the time that the service estimated."""

            def render(self, task: Any) -> Any:
                if task.total is not None and not task.finished:
                    task.completed = min(task.elapsed or 0.0, task.total * 0.99)
                return super().render(task)

        name, status = (TextColumn(f"{{task.{of}}}", markup=False) for of in ("description", "fields[status]"))
        self._progress = Progress(SpinnerColumn(), name, Elapsed(), status, TimeElapsedColumn(), console=console)
        self._tasks: dict[str, Any] = {}
        self._progress.start()

    def show(self, job_id: str, status: str, update: JobUpdate, *, is_final: bool) -> None:
        """Changes the bar of the job."""
        if job_id not in self._tasks:
            self._tasks[job_id] = self._progress.add_task(job_id, total=None, status="")
        task = self._tasks[job_id]
        if is_final:
            self._progress.update(task, status=status, completed=1, total=1)
        else:
            total = None if update.estimate is None else update.elapsed + update.estimate
            self._progress.update(task, status=status, total=total)

    def close(self) -> None:
        """Stops to change them."""
        self._progress.stop()


class Progress:
    """Shows a wait, in a `with` block; called with a `JobUpdate` for each change, as `on_update` is.

    What goes wrong while it shows something is not raised: the wait goes on.
    """

    def __init__(self, contract: JobContract) -> None:
        self._contract = contract
        self._display: _Display | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._display:
            with suppress(Exception):
                self._display.close()

    def __call__(self, update: JobUpdate) -> None:
        """Shows a state of a job."""
        with suppress(Exception):
            self._display = self._display or _display()
            is_final = self._contract.end(update.job) is not None
            job_id = _one_line(update.job[self._contract.id])
            self._display.show(job_id, _one_line(update.status), update, is_final=is_final)


def _display() -> _Display:
    """Bars where they can be seen; else lines."""
    try:
        from rich.console import Console

        console = Console(stderr=True)
    except ImportError:
        return Lines()
    # Without its widgets, rich shows nothing in a notebook.
    can_change = find_spec("ipywidgets") is not None if console.is_jupyter else console.is_terminal
    return Bars(console) if can_change else Lines()


def _one_line(text: object) -> str:
    """A text as one line, without what a terminal would take as a command."""
    return "".join(each if each.isprintable() else " " for each in str(text))
