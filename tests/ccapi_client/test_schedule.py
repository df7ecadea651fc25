"""Which job is polled next: without a clock or a socket."""

from typing import Any

import pytest
from ccapi_client import PollPolicy
from ccapi_client._http.reading import status_error
from ccapi_client._jobs.schedule import Schedule
from ccapi_client._jobs.waiting import Waiting
from ccapi_openapi.api.images import get_image_job_operation
from hypothesis import given
from hypothesis import strategies as st

from ..conftest import response_of


def waiting(name: str = "a") -> Waiting[Any]:
    return Waiting(get_image_job_operation(), PollPolicy(), name, 0.0)


def refused(retry_after: float | None = None) -> Waiting[Any]:
    """A job whose poll was refused."""
    found, headers = waiting(), {} if retry_after is None else {"retry-after": str(retry_after)}
    found.failed(status_error(response_of(status=429, headers=headers)), 0.0)
    return found


@given(st.lists(st.floats(0, 100), max_size=30))
def test_jobs_come_by_their_due_times_and_never_before(dues: list[float]) -> None:
    schedule = Schedule()
    for due in dues:
        schedule.add(waiting(str(due)), due)
    taken = []
    while schedule:
        next_due = schedule.due()
        assert next_due is not None
        assert schedule.take(next_due - 1e-3) is None
        found = schedule.take(next_due)
        assert found
        taken.append(float(found.job_id))
    assert taken == sorted(dues)


def test_all_slow_down_together_after_a_429_and_recover() -> None:
    schedule, fine = Schedule(), waiting()
    for _ in range(200):
        schedule.add(waiting(), 0.0)
    schedule.polled(refused(retry_after=3.0), now=10.0)
    assert schedule.due() == 13.0, "the service asked for a pause: no poll before"
    schedule.take(13.0)
    assert schedule.due() == pytest.approx(13.01), "and then one after the other"
    for second in range(14, 24):
        schedule.polled(refused(), now=second)
        schedule.polled(refused(), now=second)
    assert schedule.due() == pytest.approx(24.0), "twice as far apart after each pause, but at most a second"
    for _ in range(30):
        schedule.polled(fine, now=24.0)
    schedule.take(30.0)
    assert schedule.due() == 30.0, "until the service responds well again"


def test_a_pause_that_the_service_asks_for_is_bounded() -> None:
    schedule = Schedule()
    schedule.add(waiting(), 0.0)
    schedule.polled(refused(retry_after=86400.0), now=0.0)
    assert schedule.due() == 4 * PollPolicy().max_interval


def test_a_job_whose_deadline_passes_does_not_wait_for_the_pause_to_end() -> None:
    schedule = Schedule()
    short = [
        Waiting(get_image_job_operation(), PollPolicy(timeout=5 + number), f"short-{number}", 0.0)
        for number in range(3)
    ]
    for each in [*short, waiting("long")]:
        schedule.add(each, 1.0)
    schedule.polled(refused(retry_after=60.0), now=0.0)
    assert schedule.due() == 5.0
    assert schedule.take(30.0) is None
    assert schedule.expired(5.5) == short[:1]
    assert schedule.expired(30.0) == short[1:]
    assert schedule.due() == 60.0
    taken = schedule.take(60.0)
    assert taken
    assert (taken.job_id, schedule.due()) == ("long", None)
