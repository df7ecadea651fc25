"""Holds back half of a character that a stream cuts in two, until the other half has come. No I/O."""

from __future__ import annotations

from typing import Any

from .._unicode import LEADING, repaired, whole


class Halves:
    """What is held back of each text.

    Attributes:
        held: The halves, by the position of the answer and the name of the text.
    """

    def __init__(self) -> None:
        self.held: dict[tuple[int, str], str] = {}

    def join(self, position: int, delta: Any) -> None:
        """Joins the texts of a delta with what was held back of them before, and holds back what now ends in a half."""
        for name, value in delta.items() if isinstance(delta, dict) else ():
            if isinstance(value, str):
                text = self.held.pop((position, name), "") + value
                if text[-1:] in LEADING:
                    self.held[position, name] = text[-1]
                    text = text[:-1]
                delta[name] = whole(text)
            elif name != "tool_calls":  # whose arguments are joined when all of them have come
                delta[name] = repaired(value)

    def rest(self) -> list[dict[str, Any]]:
        """The choices of a last chunk, with U+FFFD for each half that stayed alone; none where there is none."""
        held, self.held = self.held, {}
        return [{"index": position, "delta": {name: whole(half)}} for (position, name), half in held.items()]
