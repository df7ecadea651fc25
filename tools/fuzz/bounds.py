"""The bounds of an input's run, counted in steps: what grows faster than the input shows long before it takes long."""

from __future__ import annotations

import sys
from collections.abc import Callable

from .service import Broken

STEPS, STEPS_A_BYTE = 300_000, 100
"""How many calls of functions an input may take: whatever it says, and more for each of its bytes."""


def counted(target: Callable[[bytes], None], data: bytes) -> int:
    """Runs a target, and returns how many functions were called, C's among them.

    Raises:
        Broken: They are more than the bounds allow, or something else doesn't hold.
    """
    steps = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal steps
        steps += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        target(data)
    finally:
        sys.setprofile(before)
    if steps > STEPS + STEPS_A_BYTE * len(data):
        raise Broken(f"{steps} steps for {len(data)} bytes")
    return steps
