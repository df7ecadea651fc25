import asyncio
import gc
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ccapi_client._carriers.alarm import Alarm, Limit
from ccapi_client._http.wire import Request

from tests.carriers import CARRIERS, AnyConnections, Carrier, a_request, fetch, keep_open, on, serving

SHORT, LONG = 0.02, 600.0


def in_loop(steps: Callable[[Alarm], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with asyncio.timeout(10):
            return await steps(Alarm())

    return asyncio.run(main())


async def wait(alarm: Alarm, seconds: float) -> float:
    """Waits until the limit, and returns how long that took."""
    started = time.monotonic()
    with pytest.raises(TimeoutError), Limit(alarm, started + seconds):
        await asyncio.Event().wait()
    return time.monotonic() - started


def test_a_wait_ends_once_it_is_due_and_not_before() -> None:
    assert in_loop(lambda alarm: wait(alarm, SHORT)) >= SHORT


def test_each_wait_ends_by_its_own_limit_whichever_came_first() -> None:
    async def steps(alarm: Alarm) -> None:
        async def one(seconds: float) -> None:
            assert await wait(alarm, seconds) >= seconds

        longest = asyncio.create_task(wait(alarm, LONG))
        await asyncio.sleep(0)
        await asyncio.gather(*(one(SHORT * number) for number in (3, 1, 2)))
        assert not longest.done()
        (left,) = alarm.waits
        left.set(time.monotonic() + SHORT)
        await longest

    in_loop(steps)


def test_a_limit_that_moves_counts_where_it_is_now() -> None:
    async def steps(alarm: Alarm) -> float:
        started = time.monotonic()
        limit = Limit(alarm, started + SHORT)
        with pytest.raises(TimeoutError), limit:
            limit.set(started + 3 * SHORT)
            await asyncio.Event().wait()
        later = time.monotonic() - started
        limit = Limit(alarm)
        with pytest.raises(TimeoutError), limit:
            limit.set(time.monotonic() + SHORT)
            await asyncio.Event().wait()
        return later

    assert in_loop(steps) >= 3 * SHORT


def test_waits_share_a_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps(alarm: Alarm) -> int:
        loop, timers = asyncio.get_running_loop(), list[float]()
        call_later = loop.call_later

        def counting(delay: float, *arguments: Any, **more: Any) -> Any:
            timers.append(delay)
            return call_later(delay, *arguments, **more)

        monkeypatch.setattr(loop, "call_later", counting)
        for _ in range(100):
            with Limit(alarm, time.monotonic() + LONG):
                await asyncio.sleep(0)
        alarm.stop()
        return len(timers)

    assert in_loop(steps) == 1


def test_a_wait_that_others_cancel_is_canceled() -> None:
    async def steps(alarm: Alarm) -> None:
        async def waiting(due: float) -> None:
            with Limit(alarm, due):
                await asyncio.Event().wait()

        for due in (math.inf, time.monotonic() + LONG, time.monotonic() + SHORT):
            task = asyncio.create_task(waiting(due))
            await asyncio.sleep(0)
            if due < time.monotonic() + 1:  # its own limit passes at the same time
                next(iter(alarm.waits)).expire()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert not alarm.waits

    in_loop(steps)


def test_what_fails_in_time_fails_as_it_did() -> None:
    async def steps(alarm: Alarm) -> None:
        with pytest.raises(KeyError), Limit(alarm, time.monotonic() + LONG):
            raise KeyError
        assert not alarm.waits

    in_loop(steps)


def test_an_alarm_that_stops_still_ends_the_waits_there_are() -> None:
    async def steps(alarm: Alarm) -> None:
        task = asyncio.create_task(wait(alarm, SHORT))
        await asyncio.sleep(0)
        alarm.stop()
        await task

    in_loop(steps)


@on(CARRIERS)
def test_a_call_leaves_nothing_to_the_garbage_collector(carrier: Carrier) -> None:
    async def steps(found: AnyConnections) -> list[object]:
        await fetch(found, a_request(url))  # makes what is made once
        gc.collect()
        gc.disable()
        try:
            await fetch(found, a_request(url))
            gc.set_debug(gc.DEBUG_SAVEALL)
            gc.collect()
            return [each for each in gc.garbage if isinstance(each, Request)]
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()

    with serving(keep_open) as url:
        assert carrier.run(steps) == []
