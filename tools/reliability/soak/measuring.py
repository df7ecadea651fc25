"""What a process holds: memory, descriptors, threads and tasks; and whether it grows. Linux only, as it reads /proc."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import trio

PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024
MOST_KB = 6_000
"""How much more memory than after its warm-up a process may hold in the end, in kB: what an allocator gives back, and
when, is a matter of chance."""
MOST_BLOCKS = 0.5
"""How many blocks of Python's allocator a call may leave: one that leaves a single object in each call is found."""
MANY = 5
"""From how many rounds on memory is judged, with a sample after each."""


@dataclass(frozen=True)
class Sample:
    """What a process holds after so many calls.

    Attributes:
        calls: How many calls there were.
        kb: Its resident memory, in kB.
        descriptors: Its open files and sockets, but for connections between both.
        threads: Its threads.
        tasks: The tasks of its event loop; 0 without one.
        blocks: The blocks of Python's allocator; 0 of another process.
    """

    calls: int
    kb: int
    descriptors: int
    threads: int
    tasks: int = 0
    blocks: int = 0


def sample(calls: int, *, connections: int = 0, pid: int | None = None, backend: str = "blocking") -> Sample:
    """What a process holds now; of this one, after a collection of garbage.

    Args:
        calls: How many calls there were.
        connections: How many connections there are, which are not counted: some of them are kept, or not.
        pid: Its id; None for this process.
        backend: The event loop that this one runs.
    """
    tasks = blocks = 0
    if pid is None:
        gc.collect()
        tasks, blocks = _tasks(backend), sys.getallocatedblocks()
    folder = Path("/proc", str(pid or os.getpid()))
    pages = int((folder / "statm").read_text("ascii").split()[1])
    threads, files = len(os.listdir(folder / "task")), len(os.listdir(folder / "fd"))
    return Sample(calls, pages * PAGE_KB, files - connections, threads, tasks, blocks)


def _tasks(backend: str) -> int:
    if backend == "asyncio":
        return len(asyncio.all_tasks())
    return trio.lowlevel.current_statistics().tasks_living if backend == "trio" else 0


def slope(points: Sequence[tuple[float, float]]) -> float:
    """How much the second number grows for each of the first: the straight line that is nearest to all points."""
    count = len(points)
    x, y = (sum(each[axis] for each in points) / count for axis in (0, 1))
    spread = sum((each[0] - x) ** 2 for each in points)
    return sum((each[0] - x) * (each[1] - y) for each in points) / spread if spread else 0.0


def kb_per_thousand(samples: Sequence[Sample]) -> float:
    """How much memory a thousand calls leave, in kB."""
    return 1000 * slope([(each.calls, each.kb) for each in samples])


def growths(who: str, samples: Sequence[Sample], at_once: int, *, is_long: bool) -> Iterator[str]:
    """What grew, in plain English: from the first sample, after the warm-up, to the last.

    Args:
        who: Whose it is.
        samples: One after each round.
        at_once: How many calls were in flight at once: so many threads may be kept, or not.
        is_long: Whether it was long enough to judge memory: caches fill for a while.
    """
    first, last = samples[0], samples[-1]
    for name, more in (("descriptors", 0), ("threads", at_once), ("tasks", 0)):
        before, after = getattr(first, name), getattr(last, name)
        if after - before > more:
            yield f"{who} had {before} {name}, and has {after}"
    if not is_long:
        return
    if last.kb - first.kb > MOST_KB:
        yield f"{who} grew from {first.kb:,} to {last.kb:,} kB, {kb_per_thousand(samples):,.0f} kB per 1,000 calls"
    blocks = slope([(each.calls, each.blocks) for each in samples])
    if blocks > MOST_BLOCKS:
        yield f"{who} keeps {blocks:.1f} blocks of memory a call"
