"""Progress bars of jobs, for the command line."""

from __future__ import annotations

from rich.progress import TaskID

from .._jobs import bars
from .plain import plain_line
from .session import Session


class Bars(bars.Bars):
    """Bars on standard error, one for each prompt, where messages are shown; they are gone in the end."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.err, disable=not shows_progress(session), transient=True)

    def start(self, name: str, status: str = "submitting") -> TaskID:
        """Adds a bar for a prompt or a job."""
        name = plain_line(name)
        return super().start(name if len(name) <= 40 else f"{name[:39]}…", plain_line(status))


def shows_progress(session: Session) -> bool:
    """Whether the run of a command shows how far it is."""
    return session.err.is_terminal and session.tells
