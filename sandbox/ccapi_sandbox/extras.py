"""Fields that the contract does not list: the fault `extra-fields` puts one into every object of a response.

A client that treats the contract's objects as closed fails on it, and so does one that expects all unlisted values to
have one type.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

NAME = "x_unlisted"
VALUES: tuple[Any, ...] = ("unlisted", 7, None, {"x_nested": True}, ["unlisted", 7], False, 0.5)
"""The values of the field, one object after the other."""


class Extras:
    """Puts a field into every object of a document, or of several: a stream has one document per chunk."""

    def __init__(self) -> None:
        self._values: Iterator[Any] = cycle(VALUES)

    def into(self, document: Any) -> Any:
        """The document with one more field in every object."""
        if isinstance(document, dict):
            # The outer object's value first, so that a response of a single object gets a text.
            own = {NAME: next(self._values)}
            return {name: self.into(value) for name, value in document.items()} | own
        if isinstance(document, list):
            return [self.into(each) for each in document]
        return document
