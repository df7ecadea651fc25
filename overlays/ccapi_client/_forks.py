"""What a forked process may not share with its parent: connections, and locks that another thread held."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    """Something that is made anew in a forked process."""

    def forked(self) -> None:
        """Called in the new process, before anything else of it."""


_known: weakref.WeakSet[Forkable] = weakref.WeakSet()


def watch(each: Forkable) -> None:
    """Has `forked` of it called in every process that is forked from now on, for as long as somebody holds it."""
    _known.add(each)


def _forked() -> None:
    for each in list(_known):
        each.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
