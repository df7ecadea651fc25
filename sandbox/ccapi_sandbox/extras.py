"""Fields that the contract does not list: the fault `extra-fields` puts one into every object of a response.

A client that takes the contract's objects as closed fails by it, and so does one that expects unlisted values of one
type.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

NAME = "x_unlisted"
VALUES: tuple[Any, ...] = ("unlisted", 7, None, {"x_nested": True}, ["unlisted", 7], False, 0.5)
"""What the field holds, from one object to the next."""


class Extras:
    """Puts a field into every object of a document, and of the next document: the chunks of a stream are many."""

    def __init__(self) -> None:
        self._values: Iterator[Any] = cycle(VALUES)

    def into(self, document: Any) -> Any:
        """The document with a field more in every object."""
        if isinstance(document, dict):
            # Its own first: a response of a single object gets a text.
            own = {NAME: next(self._values)}
            return {name: self.into(value) for name, value in document.items()} | own
        if isinstance(document, list):
            return [self.into(each) for each in document]
        return document
