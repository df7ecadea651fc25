"""Shows how waits go on, for `progress=True`: by rich where it is installed, in terminals and notebooks; else by lines.

What goes wrong while something is shown is not raised: the wait goes on.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, Self

from ..errors import JobTimeoutError
from .schedule import JobOutcome
from .waiting import J, JobUpdate, Waiting

if TYPE_CHECKING:
    from .bars import Bars


class Tally:
    """How many jobs of a wait have finished."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._ended: dict[str, str] = {}

    def add(self, job_id: str, outcome: JobOutcome[J] | None) -> None:
        """Takes what is known of a job."""
        self._taken.add(job_id)
        if outcome:
            kind = "timed out" if isinstance(outcome.error, JobTimeoutError) else "failed"  # the former keeps running
            self._ended[job_id] = kind if outcome.error else ""

    @property
    def taken(self) -> int:
        """How many jobs there are so far."""
        return len(self._taken)

    @property
    def ended(self) -> int:
        """For how many the wait has ended."""
        return len(self._ended)

    def __str__(self) -> str:
        count = Counter(self._ended.values())
        wrong = [f", {count[kind]} {kind}" for kind in ("failed", "timed out") if count[kind]]
        return f"{self.ended - count['timed out']} of {self.taken} finished{''.join(wrong)}"


class _Display(Protocol):
    """Shows the states of jobs."""

    def show(self, job_id: str, update: JobUpdate[Any] | None, end: str) -> None:
        """Shows a state of a job; `end` is how the wait for it ended."""
        ...


class Lines:
    """Lines on standard error: one for each change of a status; of many jobs one for each that has ended."""

    def __init__(self, tally: Tally | None) -> None:
        self._tally = tally

    def show(self, job_id: str, update: JobUpdate[Any] | None, end: str) -> None:
        """Writes the line."""
        text = ""
        if self._tally:
            text = f"{end}; {self._tally}" if end else ""
        elif update:
            progress = "" if update.progress is None else f", {update.progress:g} %,"
            text = f"{update.status}{progress} after {update.elapsed:.1f} s"
        if text:
            print(one_line(f"{job_id}: {text}"), file=sys.stderr, flush=True)


class Progress:
    """Shows the wait for a job, or for many, in a `with` block."""

    def __init__(self, *, many: bool = False) -> None:
        self._tally = Tally() if many else None
        self._bars: Bars | None = None
        self._display: _Display | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        with suppress(Exception):
            if self._bars:
                _release(self._bars)

    def state(self, waiting: Waiting[J], update: JobUpdate[Any]) -> None:
        """Shows a state of the job."""
        with suppress(Exception):
            end = update.status if waiting.is_finished else ""
            self._shown().show(waiting.job_id, update, end)

    def one_of_many(self, waiting: Waiting[J], now: float, outcome: JobOutcome[J] | None) -> None:
        """Shows what is known of one of the jobs."""
        with suppress(Exception):
            if self._tally:
                self._tally.add(waiting.job_id, outcome)
            end = ""
            if outcome:
                end = waiting.status if outcome.error is None else type(outcome.error).__name__
            self._shown().show(waiting.job_id, waiting.update(now), end)

    def _shown(self) -> _Display:
        if self._display is None:
            self._bars = _acquire()
            if self._bars:
                from .bars import Rows

                self._display = Rows(self._bars, self._tally)
            else:
                self._display = Lines(self._tally)
        return self._display


_lock = threading.Lock()
_in_use: list[Bars] = []
"""The bars that are shown, once for each wait: a terminal has room for one display."""


def _acquire() -> Bars | None:
    """The bars of the process, where bars can be seen."""
    with _lock:
        bars = _in_use[0] if _in_use else _new_bars()
        if bars:
            _in_use.append(bars)
    return bars


def _release(bars: Bars) -> None:
    """Leaves the bars as they are, where no other wait needs them."""
    with _lock:
        _in_use.remove(bars)
        if not _in_use:
            bars.__exit__()


def _new_bars() -> Bars | None:
    try:
        from rich.console import Console
    except ImportError:
        return None
    console = Console(stderr=True)
    if not console.is_jupyter and not console.is_terminal:
        return None
    from .bars import Bars

    return Bars(console).__enter__()


def one_line(text: object) -> str:
    """A text as one line, without what a terminal would take as a command."""
    return "".join(each if each.isprintable() else " " for each in str(text))
