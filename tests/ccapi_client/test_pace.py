"""What a job's progress leads to expect: without a service, a clock or a sleep."""

import math

import pytest
from ccapi_client import JobUpdate
from ccapi_client._jobs.bars import Fill, fill
from ccapi_client._jobs.pace import Pace, progress_of
from ccapi_client.models import MultimodalImageGenerationResponse as Job
from hypothesis import assume, given
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda each: st.lists(each, max_size=2) | st.dictionaries(st.text(max_size=3), each, max_size=2),
    max_leaves=4,
)


@pytest.mark.parametrize(
    ("value", "progress"),
    [
        *((0, 0.0), (45, 45.0), (45.5, 45.5), (100, 100.0), ("45%", 45.0), (" 45.5 % ", 45.5), ("7", 7.0)),
        *((-3, 0.0), (250, 100.0), ("250%", 100.0)),
        *((None, None), (True, None), ("half", None), ("", None), (math.nan, None), (math.inf, None), ([45], None)),
    ],
)
def test_progress_in_any_form(value: object, progress: float | None) -> None:
    assert progress_of(value) == progress


@given(JSON)
def test_progress_is_from_0_to_100_or_unknown(value: object) -> None:
    found = progress_of(value)
    assert found is None or 0 <= found <= 100


def pace_of(*seen: tuple[float, float | None]) -> Pace | None:
    """The pace after progress was seen at these times."""
    pace = None
    for now, progress in seen:
        pace = Pace.after(pace, progress, now)
    return pace


@pytest.mark.parametrize(
    ("seen", "rest"),
    [
        ([(0, 0), (10, 25)], 30),
        ([(0, 20), (10, 60)], 10),
        ([(0, 20), (5, 20), (10, 60)], 5),  # it did not move at first
        ([(0, 0), (10, 50), (20, 50)], 20),  # it stands still: so it is slower than it seemed
        ([(0, 0), (10, 100)], 0),
        ([(0, 0)], None),
        ([(0, 30), (10, 30)], None),
        ([(0, 0), (0, 50)], None),
        ([(0, 60), (10, 80), (20, 0), (30, 10)], 90),  # it has started anew
        ([(0, 60), (10, None), (20, 80)], None),
    ],
)
def test_the_rest_follows_from_the_rate(seen: list[tuple[float, float | None]], rest: float | None) -> None:
    pace = pace_of(*seen)
    assert pace
    assert pace.rest == rest


@given(st.floats(1, 1e4), st.floats(0, 1), st.floats(0, 1))
def test_a_steady_job_is_known_to_the_second(length: float, first: float, second: float) -> None:
    first, second = sorted((first, second))
    assume(second - first > 1e-3)
    pace = pace_of(*((length * part, 100 * part) for part in (first, second)))
    assert pace
    assert pace.rest == pytest.approx(length * (1 - second), abs=1e-6 * length)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.none() | st.floats(0, 100)), max_size=8))
def test_whatever_the_progress_the_rest_is_a_time_or_unknown(seen: list[tuple[float, float | None]]) -> None:
    pace = pace_of(*sorted(seen, key=lambda each: each[0]))
    rest = pace.rest if pace else None
    assert rest is None or 0 <= rest < math.inf


def update(progress: float | None, estimate: float | None) -> JobUpdate[Job]:
    return JobUpdate(Job(id="a", status="processing"), "processing", 10.0, estimate, progress)


@pytest.mark.parametrize(
    ("progress", "estimate", "found"),
    [
        (None, None, Fill(10, None, True)),
        (None, 30.0, Fill(10, 40, True)),
        (25.0, 30.0, Fill(10, 40, True)),
        (50.0, 30.0, Fill(30, 60, True)),
        (50.0, None, Fill(50, 100, False)),
        (50.0, 0.0, Fill(50, 100, False)),
        (100.0, 5.0, Fill(100, 100, False)),
    ],
)
def test_how_full_a_bar_is(progress: float | None, estimate: float | None, found: Fill) -> None:
    assert fill(update(progress, estimate)) == found


@given(st.none() | st.floats(0, 100), st.none() | st.just(0.0) | st.floats(1e-3, 1e6))
def test_no_bar_is_more_than_full(progress: float | None, estimate: float | None) -> None:
    done, whole, _ = fill(update(progress, estimate))
    assert done >= 0
    assert whole is None or done <= whole * (1 + 1e-9)
    if progress is not None and whole:
        assert done / whole == pytest.approx(progress / 100)
