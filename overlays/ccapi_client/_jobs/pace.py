"""How far a job is, and what that leads to expect of its end. Decides, and does no I/O."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

WHOLE = 100.0


def progress_of(value: object) -> float | None:
    """The progress in a response, 0 to 100; None where there is none. Some services send a text, `45%`."""
    if isinstance(value, str):
        found = re.fullmatch(r"\s*([0-9]{1,3}(?:\.[0-9]*)?)\s*%?\s*", value)
        value = float(found[1]) if found else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return min(max(float(value), 0.0), WHOLE)


class Pace(NamedTuple):
    """How a job's progress has gone since it started to move.

    Attributes:
        since: When it was last seen before it moved, in seconds.
        first: What it was then, 0 to 100.
        at: When it was last seen, in seconds.
        last: What it was then, 0 to 100.
    """

    since: float
    first: float
    at: float
    last: float

    @staticmethod
    def after(pace: Pace | None, progress: float | None, now: float) -> Pace | None:
        """The pace after a response: it starts anew where the progress goes back."""
        if progress is None:
            return None
        if pace is None or progress < pace.last or progress == pace.first:
            return Pace(now, progress, now, progress)
        return pace._replace(at=now, last=progress)

    @property
    def rest(self) -> float | None:
        """How long the job takes from `at` on if it goes on as it has, in seconds; None before it has moved."""
        gone, span = self.last - self.first, self.at - self.since
        if gone <= 0 or span <= 0:
            return None
        rest = (WHOLE - self.last) * (span / gone)
        return rest if math.isfinite(rest) else None
