"""The replies that a test gave, in their order, until the requests come that they are for."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, get_args

from .forms import Content, Kind, Script, bad, read

OPERATIONS: dict[str, Kind] = {"createChatCompletion": "chats", "createImage": "images", "generateImages": "jobs"}
"""What the operations of the contract that can be scripted are called here."""

MOST = 10_000
"""The most replies that wait."""
MOST_BYTES = 64 * 1024 * 1024
"""The most that they may take together, in bytes."""


@dataclass(frozen=True)
class Received:
    """A request, for a function that replies to it.

    Attributes:
        operation: The operation of the contract, by its operationId.
        body: The JSON of its body.
        idempotency_key: Its `Idempotency-Key`; None if it has none.
    """

    operation: str
    body: dict[str, Any]
    idempotency_key: str | None


Function = Callable[[Received], Content | None]
"""A function of the request. None leaves the response to the sandbox."""


@dataclass
class _Waiting:
    source: Script | Function
    left: int | None  # how many requests it responds to; None for no limit
    weight: int
    is_used: bool = False


@dataclass
class Replies:
    """The replies that wait for their requests. Any thread may add to them."""

    violation: Callable[[str, Any], str | None]
    """How the JSON of a successful response to an operation violates the contract; None if it does not."""
    _queues: dict[Kind, deque[_Waiting]] = field(default_factory=lambda: {kind: deque() for kind in get_args(Kind)})
    _weight: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    def add(self, content: Content | Function, to: Kind = "chats", times: int | None = None) -> None:
        """Keeps a reply for the next requests of a kind.

        Args:
            content: The reply, or a function of the request.
            to: Which requests it is for.
            times: How many requests; None for one or, with a function, for all that follow.

        Raises:
            ValueError: It can't be used; the message starts with the name of the field.
        """
        self.extend([(content, to, times)])

    def extend(self, given: Iterable[tuple[Content | Function, Kind, int | None]]) -> None:
        """Keeps replies as `add` does, all of them or none."""
        added: list[tuple[_Waiting, Kind]] = [(self._waiting(*each), each[1]) for each in given]
        with self._lock:
            weight = self._weight + sum(each.weight for each, _ in added)
            if len(self) + len(added) > MOST or weight > MOST_BYTES:
                raise bad("replies", f"at most {MOST} wait, of {MOST_BYTES} bytes together; a reset forgets them")
            self._weight = weight
            for waiting, kind in added:
                self._queues[kind].append(waiting)

    def _waiting(self, content: Content | Function, to: Kind, times: int | None) -> _Waiting:
        if to not in get_args(Kind):
            raise bad("to", f"{', '.join(get_args(Kind))} are there, not {to!r}")
        if times is not None and (type(times) is not int or times < 1):
            raise bad("times", f"a whole number of 1 or more is expected, not {times!r}")
        if callable(content):
            if inspect.iscoroutinefunction(content):
                raise bad("content", "a plain function is expected, not one that is async")
            return _Waiting(content, times, 0)
        return _Waiting(self.read(content, to), times or 1, len(repr(content)))

    def take(self, kind: Kind) -> Script | Function | None:
        """The reply to the next request of a kind; None if the sandbox responds by itself."""
        with self._lock:
            queue = self._queues[kind]
            if not queue:
                return None
            first = queue[0]
            first.is_used = True
            if first.left is not None:
                first.left -= 1
                if not first.left:
                    self._weight -= queue.popleft().weight
            return first.source

    def unused(self) -> list[str]:
        """What no request has taken, a line for each kind; a function for all requests is used once it was called."""
        with self._lock:
            left = {
                kind: sum(not each.is_used if each.left is None else each.left for each in queue)
                for kind, queue in self._queues.items()
            }
        return [f"reply: {count} to {kind}" for kind, count in left.items() if count]

    def read(self, content: Content, kind: Kind) -> Script:
        """A reply in the form that is used.

        Raises:
            ValueError: It can't be used, or violates the contract; the message starts with the name of the field.
        """
        script = read(content, kind)
        if script.document is not None:
            operation = next(name for name, each in OPERATIONS.items() if each == kind)
            needed = {"id": "job-0", "status": "completed"} if kind == "jobs" else {}
            problem = self.violation(operation, needed | dict(script.document))
            if problem:
                raise bad("json", f"{problem}; to send it all the same, use body")
        return script
