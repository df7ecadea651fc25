"""When a waiting client asks again, decided without a clock or a socket; then for real against the sandbox."""

import math
from typing import Any

import httpx
import pytest
from ccapi_client import (
    CCAPI,
    AsyncCCAPI,
    CCAPIError,
    ConfigurationError,
    JobCancelledError,
    JobFailedError,
    JobTimeoutError,
    PollPolicy,
)
from ccapi_client.models import MultimodalImageGenerationResponse as Job
from ccapi_client.polling import Waiting
from hypothesis import given
from hypothesis import strategies as st

QUICK = PollPolicy(initial=0.001, max_interval=0.001)
STEADY = PollPolicy(initial=1, factor=2, max_interval=8, jitter=0, timeout=60)


def play(policy: PollPolicy, *documents: dict[str, Any], chance: float = 0.5) -> tuple[list[float], list[str], Any]:
    """Waits through the states, the last one forever: the sleeps, the statuses shown, and how it ended."""
    now = 0.0
    sleeps: list[float] = []
    shown: list[str] = []
    states = [Job.from_dict({"id": "job-1", **document}) for document in documents]
    waiting = Waiting(policy, now)
    try:
        while True:
            job = states[min(len(sleeps), len(states) - 1)]
            if waiting.is_new(job):
                shown.append(str(job.status))
            delay = waiting.after(job, now, chance)
            if delay is None:
                break
            sleeps.append(delay)
            now += delay
    except CCAPIError as error:
        return sleeps, shown, error
    return sleeps, shown, job


PENDING, PROCESSING = {"status": "pending"}, {"status": "processing"}
COMPLETED = {"status": "completed", "data": [{"url": "http://x/a.png"}]}


def test_each_wait_is_longer_up_to_the_longest() -> None:
    sleeps, shown, job = play(STEADY, PENDING, *[PROCESSING] * 5, COMPLETED)
    assert sleeps == [1, 2, 4, 8, 8, 8]
    assert shown == ["pending", "processing", "completed"]
    assert job.status == "completed"


def test_a_completed_job_is_not_waited_for() -> None:
    assert play(STEADY, COMPLETED)[0] == []


@pytest.mark.parametrize(
    ("estimate", "first"),
    [
        (5, 5),
        (100, 8),
        (0, 1),
        (-3, 1),
        (0.2, 1),
        (None, 1),
        ("soon", 1),
        (10**400, 1),
        ([], 1),
        (math.nan, 1),
        (math.inf, 1),
    ],
)
def test_the_first_wait_takes_the_estimate_within_bounds(estimate: Any, first: float) -> None:
    assert play(STEADY, PENDING | {"estimated_time": estimate}, COMPLETED)[0] == [first]


def test_jitter_stays_within_its_share() -> None:
    policy = PollPolicy(initial=10, jitter=0.2)
    assert [play(policy, PENDING, COMPLETED, chance=chance)[0] for chance in (0, 0.5, 1)] == [[8], [10], [12]]


def test_the_deadline_ends_the_wait() -> None:
    policy = PollPolicy(initial=4, factor=1, jitter=0, timeout=10)
    sleeps, _, error = play(policy, PROCESSING)
    assert sleeps == [4, 4, 2]
    assert isinstance(error, JobTimeoutError)
    assert (error.waited, error.job.id) == (10, "job-1")


def test_failed_and_cancelled_jobs_raise_with_the_job() -> None:
    _, _, failed = play(STEADY, PENDING, {"status": "failed", "error": {"message": "no paint"}})
    assert isinstance(failed, JobFailedError)
    assert "no paint" in str(failed)
    for odd in ({}, {"error": None}, {"error": "boom"}, {"error": {"code": "x"}}, {"error": [1]}):
        _, _, failed = play(STEADY, PENDING, {"status": "failed", **odd})
        assert isinstance(failed, JobFailedError)
    _, _, cancelled = play(STEADY, PENDING, {"status": "cancelled"})
    assert isinstance(cancelled, JobCancelledError)
    assert cancelled.job.status == "cancelled"


def test_an_unknown_status_is_waited_for() -> None:
    sleeps, shown, job = play(STEADY, PENDING, {"status": "dreaming"}, COMPLETED)
    assert (len(sleeps), shown) == (2, ["pending", "dreaming", "completed"])
    assert job.status == "completed"


seconds = st.floats(0.001, 1e6)
policies = st.builds(
    PollPolicy,
    initial=seconds,
    factor=st.floats(1, 10),
    max_interval=seconds,
    jitter=st.floats(0, 1),
    timeout=seconds,
)


@given(policies, st.integers(0, 10_000), st.none() | st.floats(), st.floats(0, 1e6), st.floats(0, 1))
def test_a_delay_is_never_negative_nor_past_the_deadline(
    policy: PollPolicy, polls: int, estimate: float | None, left: float, chance: float
) -> None:
    delay = policy.delay(polls, estimate, left, chance)
    assert 0 <= delay <= left
    assert delay <= policy.max_interval * (1 + policy.jitter)


@pytest.mark.parametrize(
    ("name", "value"),
    [("initial", 0), ("factor", 0.5), ("factor", "2"), ("jitter", 2), ("timeout", math.inf), ("max_interval", True)],
)
def test_a_policy_checks_its_fields(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=name):
        PollPolicy(**{name: value})


def test_a_job_is_waited_for(client: CCAPI) -> None:
    shown: list[str] = []
    job = client.generate_images(contents=[{"text": "a fox"}])
    assert job.status == "pending"
    done = client.wait_for_image_job(job, on_update=lambda job: shown.append(job.status))
    assert shown == ["pending", "processing", "completed"]
    assert done.data
    assert client.wait_for_image_job(job.id).data == done.data


@pytest.mark.anyio
async def test_a_job_is_waited_for_asynchronously(async_client: AsyncCCAPI) -> None:
    shown: list[str] = []
    job = await async_client.generate_images(contents=[{"text": "a fox"}])
    done = await async_client.wait_for_image_job(job.id, on_update=lambda job: shown.append(job.status))
    assert shown[-1] == done.status == "completed"

    async def show(job: Job) -> None:
        shown.append(f"awaited {job.status}")

    await async_client.wait_for_image_job(done, on_update=show)
    assert shown[-1] == "awaited completed"


@pytest.mark.parametrize(
    ("model", "kind"), [("sandbox/job-failed", JobFailedError), ("sandbox/job-cancelled", JobCancelledError)]
)
def test_a_job_that_ends_otherwise_raises(client: CCAPI, model: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        client.wait_for_image_job(client.generate_images(contents=[{"text": "x"}], model=model))


def test_a_job_that_never_ends_times_out_and_can_be_waited_for_again(client: CCAPI) -> None:
    job = client.generate_images(contents=[{"text": "x"}], model="sandbox/job-never-ends")
    with pytest.raises(JobTimeoutError) as caught:
        client.wait_for_image_job(job, timeout=0.3)
    with pytest.raises(JobTimeoutError):
        client.wait_for_image_job(caught.value.job, timeout=0.05)


def test_a_completed_job_costs_no_request() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(500))
    done = Job.from_dict({"id": "a", "status": "completed"})
    assert CCAPI("key", transport=transport).wait_for_image_job(done) is done


def test_an_exhausted_transport_is_not_taken_for_the_end_of_the_wait() -> None:
    answers = iter([httpx.Response(200, json={"id": "a", "status": "pending"})])
    client = CCAPI("key", transport=httpx.MockTransport(lambda request: next(answers)), poll=QUICK)
    with pytest.raises(StopIteration):
        client.wait_for_image_job("a")


@pytest.mark.parametrize("timeout", [0, -1, "x"])
def test_a_timeout_that_is_none_is_refused(client: CCAPI, timeout: Any) -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        client.wait_for_image_job("job-1", timeout=timeout)
