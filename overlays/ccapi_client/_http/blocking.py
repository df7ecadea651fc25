"""Drives a coroutine to its end without an event loop: how the blocking client executes what both clients share.

Its steps block and so never suspend. A coroutine is closed in any case, also where the caller's loop is running, as in
a notebook: nothing is left for that loop to end.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(steps: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns."""
    try:
        steps.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    except RuntimeError as error:
        if isinstance(error.__cause__, StopIteration):  # a callback of the caller's raised it
            raise error.__cause__ from None
        raise
    finally:
        steps.close()
    raise AssertionError("unreachable: a step of the blocking client waited for an event loop")
