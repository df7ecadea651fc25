"""How far a batch is: one line that changes, in a terminal; elsewhere a line now and then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from rich.live import Live
from rich.text import Text

from ..batch import Progress, Run
from .session import Session

EVERY = 10.0
"""How long it is between two lines where there is no terminal, in seconds."""


class Line:
    """The line of a run."""

    def __init__(self, session: Session, run: Run, max_cost: float | None) -> None:
        self._session, self._run, self._max_cost = session, run, max_cost
        is_shown = not (session.quiet or session.as_json)
        self._live = None
        if is_shown and session.err.is_terminal:
            self._live = Live(console=session.err, refresh_per_second=4, transient=True, get_renderable=self._text)
        self._is_plain = is_shown and self._live is None
        self._told = time.monotonic()

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _text(self) -> Text:
        progress = self._run.progress
        return Text(described(progress, self._max_cost) if progress else "starting", overflow="ellipsis", no_wrap=True)

    def update(self) -> None:
        """Shows how far it is, where there is no terminal, and the time has come."""
        if self._is_plain and time.monotonic() >= self._told + EVERY:
            self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        if (progress := self._run.progress) and progress.total:  # else it has not read the ledger yet
            self._session.err.print(described(progress, self._max_cost), markup=False, soft_wrap=True)

    @contextmanager
    def above(self) -> Iterator[None]:
        """Lets the block print above the line: what goes to standard output would be put behind it."""
        if self._live:
            self._live.stop()
        yield
        if self._live:
            self._live.start()

    def close(self) -> None:
        """Shows how far it got."""
        if self._live:
            self._live.stop()
            self._live, self._is_plain = None, True
        if self._is_plain:
            self._tell()
            self._is_plain = False


def described(progress: Progress, max_cost: float | None) -> str:
    """How far a run is, in a line."""
    parts = [f"{progress.saved:,} of {progress.total:,} saved"]
    if progress.in_flight:
        parts.append(f"{progress.in_flight} in flight")
    parts += [
        f"{count:,} {name}"
        for name, count in (("failed", progress.failed), ("unknown", progress.unknown), ("lost", progress.lost))
        if count
    ]
    if progress.per_minute:
        parts.append(f"{progress.per_minute:,.0f}/min")
    if progress.spent is not None:
        limit = "" if max_cost is None else f" of {max_cost:g}"
        parts.append(f"{progress.spent:,.2f}{limit} {progress.currency}")
    if progress.left and progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """A duration, in the unit that fits."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"
