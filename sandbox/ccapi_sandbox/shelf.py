"""Keeps things for a limited time, so that the sandbox's memory stays bounded however many jobs it gets."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

SECONDS = 3600.0
"""How long a thing is kept, in seconds."""
MOST = 20_000
"""How many things are kept at most."""
MOST_BYTES = 256 * 1024 * 1024
"""The most that the things may weigh together, in bytes."""


class Shelf(Generic[T]):
    """Things by their names, each kept for `seconds`. It drops the oldest if there are too many or they weigh too much."""

    def __init__(self, now: Callable[[], float], seconds: float = SECONDS) -> None:
        self._now, self._seconds = now, seconds
        self._things: OrderedDict[str, tuple[float, int, T]] = OrderedDict()
        self._weight = 0

    def __len__(self) -> int:
        return len(self._things)

    def put(self, name: str, thing: T, weight: int = 0) -> None:
        """Keeps a thing. `weight` is its size in bytes."""
        self.drop(name)
        self._things[name] = (self._now() + self._seconds, weight, thing)
        self._weight += weight
        while len(self._things) > MOST or (self._weight > MOST_BYTES and len(self._things) > 1):
            self.drop(next(iter(self._things)))
        while self._things and next(iter(self._things.values()))[0] <= self._now():
            self.drop(next(iter(self._things)))

    def get(self, name: str) -> T | None:
        """The thing with this name; None if there is none, or if it has expired."""
        expires, _, thing = self._things.get(name, (0.0, 0, None))
        return thing if expires > self._now() else None

    def clear(self) -> None:
        """Drops everything."""
        self._things.clear()
        self._weight = 0

    def drop(self, name: str) -> None:
        """Drops the thing with this name, if there is one."""
        _, weight, _ = self._things.pop(name, (0, 0, None))
        self._weight -= weight
