"""Bytes as choices, so that whoever mutates bytes mutates what is made of them."""

from __future__ import annotations


class Choices:
    """The choices that an input makes, from its start; once it has ended, each is the first one."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def below(self, limit: int) -> int:
        """A number below a limit."""
        return int.from_bytes(self.take(1 if limit <= 256 else 2)) % limit

    def take(self, size: int) -> bytes:
        """The next bytes; fewer where the input ends."""
        found = self._data[self._at : self._at + size]
        self._at += len(found)
        return found

    def text(self) -> str:
        """A short text, of characters of all kinds."""
        return self.take(self.below(12)).decode("utf-8", "surrogateescape")

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._data))
