"""The pace: against services that count in their own ways, simulated, so that an hour takes no time."""

import heapq
import math
from collections.abc import Callable

import pytest
from ccapi_client.batch.desk import Seen
from ccapi_client.batch.pace import CATCH_UP, LONGEST_PAUSE, Pace
from hypothesis import given
from hypothesis import strategies as st

Respond = Callable[[float], Seen]


def windows(limit: int, *, tells: bool, retry_after: bool = True) -> Respond:
    """A service that takes so many requests in each minute, as many do."""
    start, used = -math.inf, 0

    def respond(now: float) -> Seen:
        nonlocal start, used
        if now >= start + 60:
            start, used = now, 0
        left = start + 60 - now
        if used >= limit:
            return Seen(True, True, limit if tells else None, 0 if tells else None, math.ceil(left), left)
        used += 1
        return Seen(True, False, limit if tells else None, limit - used if tells else None, math.ceil(left))

    return respond if retry_after else lambda now: Seen(is_refused=respond(now).is_refused)


def bucket(per_second: float, size: float) -> Respond:
    """A service with a token bucket, that says nothing but 429."""
    tokens, last = size, 0.0

    def respond(now: float) -> Seen:
        nonlocal tokens, last
        tokens, last = min(size, tokens + (now - last) * per_second), now
        if tokens < 1:
            return Seen(is_refused=True)
        tokens -= 1
        return Seen()

    return respond


def simulate(pace: Pace, respond: Respond, seconds: float, latency: float = 0.2) -> tuple[list[float], int]:
    """Sends as many requests as the pace allows; when those were that the service took, and how many it refused."""
    now, taken, refused = 0.0, list[float](), 0
    flying: list[tuple[float, int, Seen]] = []
    while now < seconds:
        wait = pace.wait(now)
        assert wait >= 0
        assert wait < math.inf or flying, "nothing is in flight, and nothing may start"
        if wait == 0:
            number = pace.start(now)
            seen = respond(now + latency / 2)
            taken += [] if seen.is_refused else [now]
            refused += seen.is_refused
            heapq.heappush(flying, (now + latency, number, seen))
            continue
        lands = flying[0][0] if flying else math.inf
        now = min(now + wait, lands)
        while flying and flying[0][0] <= now:
            _, number, seen = heapq.heappop(flying)
            pace.end(number, seen, now)
    return taken, refused


@pytest.mark.parametrize("limit", [30, 600, 3000])
def test_a_service_that_tells_its_limit_is_used_to_the_full_without_429s(limit: int) -> None:
    taken, refused = simulate(Pace(None, 64), windows(limit, tells=True), 1800)
    assert len(taken) >= 0.95 * limit * 30
    assert refused <= 30


@pytest.mark.parametrize("limit", [30, 600, 3000])
def test_a_service_that_says_how_long_to_wait_is_used_to_the_full(limit: int) -> None:
    taken, refused = simulate(Pace(None, 64), windows(limit, tells=False), 1800)
    assert len(taken) >= 0.95 * limit * 30
    assert refused <= 30 * 64


@pytest.mark.parametrize("per_minute", [30, 600, 3000])
def test_a_given_rate_is_reached_and_not_passed(per_minute: int) -> None:
    taken, refused = simulate(Pace(per_minute, 64), lambda now: Seen(), 600)
    assert per_minute * 10 * 0.99 <= len(taken) <= per_minute * 10 + 1 + per_minute * CATCH_UP / 60
    assert refused == 0


def test_a_given_rate_at_the_limit_of_a_service_that_tells_it() -> None:
    taken, refused = simulate(Pace(600, 64), windows(600, tells=True), 1800)
    assert len(taken) >= 0.95 * 600 * 30
    assert refused <= 30


@pytest.mark.parametrize("per_second", [0.5, 5, 50])
def test_a_service_that_only_refuses_is_found_out(per_second: float) -> None:
    taken, refused = simulate(Pace(None, 64), bucket(per_second, max(1, per_second)), 1800)
    assert len(taken) >= 0.5 * per_second * 1800
    assert refused <= len(taken)


def test_the_number_in_flight_doubles_until_the_first_refusal() -> None:
    pace, now = Pace(None, 1000), 0.0
    sizes = []
    for _ in range(5):
        numbers = []
        while pace.wait(now) == 0:
            numbers.append(pace.start(now))
        sizes.append(len(numbers))
        now += 1
        for number in numbers:
            pace.end(number, Seen(), now)
    assert sizes == [16, 32, 64, 128, 256]


def test_a_wave_of_refusals_counts_once() -> None:
    pace = Pace(None, 100)
    numbers = [pace.start(0.0) for _ in range(16)]
    for number in numbers[:8]:
        pace.end(number, Seen(), 1.0)
    before = pace.window
    for number in numbers[8:]:
        pace.end(number, Seen(is_refused=True, retry_after=0.0), 1.1)
    assert pace.window == pytest.approx(before * 0.7)
    again = pace.start(2.0)
    pace.end(again, Seen(is_refused=True, retry_after=0.0), 2.1)
    assert pace.window == pytest.approx(before * 0.49)
    for _ in range(round(before * 0.49)):
        pace.end(pace.start(3.0), Seen(), 3.1)
    assert pace.window == pytest.approx(before * 0.49 + 1, abs=0.2)


def test_everyone_waits_as_long_as_the_service_asks() -> None:
    pace = Pace(None, 64)
    first, second = pace.start(0.0), pace.start(0.0)
    pace.end(first, Seen(is_refused=True, retry_after=30.0), 1.0)
    assert pace.wait(1.0) == 30.0
    pace.end(second, Seen(), 2.0)
    assert pace.wait(2.0) == 29.0
    assert pace.wait(31.0) == 0.0
    third = pace.start(31.0)
    pace.end(third, Seen(retry_after=50.0), 32.0)  # of a job that was accepted: it is said of its poll
    assert pace.wait(32.0) == 0.0


def test_without_a_wait_each_further_wave_waits_longer() -> None:
    pace, now, waits = Pace(None, 64), 0.0, []
    for _ in range(10):
        pace.end(pace.start(now), Seen(came=False, is_refused=True), now)
        waits.append(pace.wait(now))
        now += waits[-1] + 1
    assert waits == [0.5, 1, 2, 4, 8, 16, 32, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
    assert (pace.waves, pace.silent_waves) == (10, 10)
    pace.end(pace.start(now), Seen(), now)
    assert (pace.waves, pace.silent_waves) == (0, 0)


def test_what_others_use_of_the_same_key_counts() -> None:
    pace = Pace(None, 64)
    numbers = [pace.start(0.0) for _ in range(10)]
    pace.end(numbers[0], Seen(limit=600, remaining=9, reset=40.0), 1.0)  # others have sent 590
    assert pace.wait(1.0) == math.inf
    for number in numbers[1:]:
        pace.end(number, Seen(limit=600, remaining=0, reset=39.0), 2.0)
    assert pace.wait(2.0) == 39.0
    assert pace.wait(41.0) == 0.0


def test_a_permit_that_was_not_used_changes_nothing() -> None:
    pace = Pace(None, 64)
    number = pace.start(0.0)
    before = pace.window
    pace.end(number, None, 1.0)
    pace.end(number, Seen(is_refused=True), 1.0)
    pace.end(99, Seen(is_refused=True), 1.0)
    assert (pace.in_flight, pace.window, pace.wait(1.0)) == (0, before, 0.0)


SEEN = st.builds(
    Seen,
    came=st.booleans(),
    is_refused=st.booleans(),
    limit=st.none() | st.integers(0, 10_000),
    remaining=st.none() | st.integers(0, 10_000),
    reset=st.none() | st.floats(0, 3600),
    retry_after=st.none() | st.floats(0, 1e9),
)


@given(
    per_minute=st.none() | st.floats(0.1, 1e6),
    in_flight=st.integers(1, 1000),
    responses=st.lists(st.tuples(SEEN, st.floats(0, 100)), max_size=50),
)
def test_whatever_comes_it_goes_on(
    per_minute: float | None, in_flight: int, responses: list[tuple[Seen, float]]
) -> None:
    pace, now = Pace(per_minute, in_flight), 0.0
    for seen, later in responses:
        numbers = list[int]()
        while pace.wait(now) == 0 and len(numbers) < 3:
            numbers.append(pace.start(now))
        assert pace.in_flight <= in_flight
        now += later
        for number in numbers:
            pace.end(number, seen, now)
        assert 1 <= pace.window <= max(in_flight, 1)
    assert pace.in_flight == 0
    wait = pace.wait(now)
    assert 0 <= wait <= 24 * 3600
    assert pace.wait(now + wait) <= 1e-6 * (now + wait)
