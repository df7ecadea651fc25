"""Waiting for many jobs: the schedule without a clock, then both clients against scripted and real services."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import httpx
import pytest
from ccapi_client import (
    CCAPI,
    AsyncCCAPI,
    ConfigurationError,
    InvalidRequestError,
    JobCancelledError,
    JobFailedError,
    JobOutcome,
    JobTimeoutError,
    PollPolicy,
)
from ccapi_client.bulk import Schedule
from ccapi_client.models import MultimodalImageGenerationResponse as Job
from ccapi_client.waiting import Waiting
from hypothesis import given
from hypothesis import strategies as st

QUICK = PollPolicy(initial=0.02, max_interval=0.05)


def waiting(name: str = "a") -> Waiting:
    return Waiting(PollPolicy(), name, 0.0)


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
    schedule, refused, fine = Schedule(), waiting(), waiting()
    for _ in range(200):
        schedule.add(waiting(), 0.0)
    refused.was_refused = True
    refused._retry_after = 3.0
    schedule.answered(refused, now=10.0)
    assert schedule.due() == 13.0, "the service asked for a pause: nobody asks before"
    refused._retry_after = None
    schedule.take(13.0)
    assert schedule.due() == pytest.approx(13.01), "and then one after the other"
    for second in range(14, 24):
        schedule.answered(refused, now=second)
        schedule.answered(refused, now=second)
    assert schedule.due() == pytest.approx(24.0), "twice as far apart after each pause, but at most a second"
    for _ in range(30):
        schedule.answered(fine, now=24.0)
    schedule.take(30.0)
    assert schedule.due() == 30.0, "until the service answers again"


class Service:
    """Jobs that complete after so many questions each; it counts what is under way."""

    def __init__(self, questions: int = 2, delay: float = 0.0, slow: str = "") -> None:
        self.questions, self.delay, self.slow = questions, delay, slow
        self.asked: dict[str, int] = {}
        self.under_way = self.most = 0
        self.refusals = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        job_id = request.url.path.rsplit("/", 1)[-1]
        if self.refusals:
            self.refusals -= 1
            return httpx.Response(429, headers={"retry-after-ms": "20"})
        self.asked[job_id] = self.asked.get(job_id, 0) + 1
        if job_id.startswith("gone"):
            return httpx.Response(401)
        status = "completed" if self.asked[job_id] >= self.questions else "processing"
        if job_id.startswith("bad"):
            status = "failed"
        return httpx.Response(200, json={"id": job_id, "status": status})

    async def answer_slowly(self, request: httpx.Request) -> httpx.Response:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await anyio.sleep(5 if self.slow and request.url.path.endswith(self.slow) else self.delay)
            return self.answer(request)
        finally:
            self.under_way -= 1

    def sync(self) -> CCAPI:
        return CCAPI("key-1", transport=httpx.MockTransport(self.answer), poll=QUICK)

    def twin(self) -> AsyncCCAPI:
        return AsyncCCAPI("key-1", transport=httpx.MockTransport(self.answer_slowly), poll=QUICK)


def summary(outcomes: list[JobOutcome]) -> dict[str, str]:
    assert all((each.result is None) is (each.error is not None) for each in outcomes)
    return {each.job_id: type(each.error).__name__ if each.error else "completed" for each in outcomes}


JOBS: list[Any] = [
    *("a", {"id": "b", "status": "pending"}, Job(id="c", status="processing"), Job(id="d", status="completed")),
    *("bad-1", "gone-1", "e"),
]
EXPECTED = {
    **dict.fromkeys("abcde", "completed"),
    "bad-1": "JobFailedError",
    "gone-1": "AuthenticationError",
}


def test_each_job_has_one_outcome_and_a_failed_one_stops_no_other() -> None:
    service = Service()
    with service.sync() as client:
        assert summary(list(client.wait_for_image_jobs(JOBS))) == EXPECTED
    assert "d" not in service.asked


@pytest.mark.anyio
async def test_each_job_has_one_outcome_asynchronously(anyio_backend: str) -> None:
    service = Service()
    async with service.twin() as client:
        outcomes = [each async for each in client.wait_for_image_jobs(JOBS)]
    assert summary(outcomes) == EXPECTED
    assert "d" not in service.asked


@pytest.mark.anyio
async def test_requests_under_way_are_bounded(anyio_backend: str) -> None:
    service = Service(questions=1, delay=0.01)
    async with service.twin() as client:
        jobs = [str(number) for number in range(50)]
        assert len([each async for each in client.wait_for_image_jobs(jobs, concurrency=5)]) == 50
    assert service.most == 5


@pytest.mark.anyio
async def test_one_slow_answer_does_not_delay_the_rest(anyio_backend: str) -> None:
    service = Service(slow="slow")
    async with service.twin() as client:
        seen = []
        with anyio.fail_after(4):
            async for outcome in client.wait_for_image_jobs(["slow", *map(str, range(20))]):
                seen.append(outcome.job_id)
                if len(seen) == 20:
                    break
    assert "slow" not in seen


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["break", "cancel", "aclose"])
async def test_leaving_early_cancels_what_is_under_way(anyio_backend: str, how: str) -> None:
    service = Service(slow="slow")
    async with service.twin() as client:
        if how == "break":
            async for _ in client.wait_for_image_jobs(["slow", "a"]):
                break
        elif how == "cancel":
            with anyio.move_on_after(0.1):
                async for _ in client.wait_for_image_jobs(["slow"]):
                    pass
        else:
            outcomes = client.wait_for_image_jobs(["slow", "a"])
            assert (await anext(outcomes)).job_id == "a"
            await outcomes.aclose()
        with anyio.fail_after(1):
            while service.under_way:
                await anyio.sleep(0.001)


def test_jobs_are_taken_from_a_generator_between_questions() -> None:
    service, started, seen = Service(questions=1), [], []

    def jobs() -> Iterator[str]:
        for number in range(5):
            started.append(number)
            yield str(number)

    with service.sync() as client:
        for outcome in client.wait_for_image_jobs(jobs()):
            seen.append((outcome.job_id, len(started)))
    assert seen == [(str(number), number + 1) for number in range(5)]


@pytest.mark.anyio
async def test_jobs_are_taken_from_a_generator_while_others_are_waited_for(anyio_backend: str) -> None:
    service = Service(questions=1)
    first_is_done = anyio.Event()

    async def jobs() -> AsyncIterator[str]:
        yield "a"
        await first_is_done.wait()
        yield "b"

    seen = []
    async with service.twin() as client:
        with anyio.fail_after(4):
            async for outcome in client.wait_for_image_jobs(jobs()):
                seen.append(outcome.job_id)
                first_is_done.set()
    assert seen == ["a", "b"]


def broken() -> Iterator[str]:
    yield "a"
    raise LookupError("no more")


@pytest.mark.anyio
async def test_an_error_of_the_generator_s_and_a_job_that_is_none_come_out(anyio_backend: str) -> None:
    with Service().sync() as client:
        with pytest.raises(LookupError):
            list(client.wait_for_image_jobs(broken()))
        with pytest.raises(InvalidRequestError):
            list(client.wait_for_image_jobs([None]))  # type: ignore[list-item] # pyright: ignore[reportArgumentType]
        with pytest.raises(ConfigurationError, match="concurrency"):
            client.wait_for_image_jobs([], concurrency=0)
    async with Service().twin() as client:
        with pytest.raises(LookupError):
            async for _ in client.wait_for_image_jobs(broken()):
                pass
        with pytest.raises(InvalidRequestError):
            async for _ in client.wait_for_image_jobs([5]):  # type: ignore[list-item] # pyright: ignore[reportArgumentType]
                pass


@pytest.mark.anyio
async def test_no_jobs_no_outcomes(anyio_backend: str) -> None:
    with Service().sync() as client:
        assert list(client.wait_for_image_jobs([])) == []
    async with Service().twin() as client:
        assert [each async for each in client.wait_for_image_jobs([])] == []


@pytest.mark.anyio
async def test_a_429_slows_all_of_them_and_loses_none(anyio_backend: str) -> None:
    service = Service()
    service.refusals = 4
    jobs = [str(number) for number in range(30)]
    async with service.twin() as client:
        outcomes = [each async for each in client.wait_for_image_jobs(jobs, concurrency=4)]
    assert set(summary(outcomes).values()) == {"completed"}
    service.refusals = 4
    with service.sync() as client:
        assert set(summary(list(client.wait_for_image_jobs(jobs))).values()) == {"completed"}


@pytest.mark.anyio
async def test_many_jobs_of_the_sandbox(client: CCAPI, async_client: AsyncCCAPI) -> None:
    models = ["imaginepro/nano-banana"] * 20 + ["sandbox/job-failed", "sandbox/job-cancelled", "sandbox/job-never-ends"]
    jobs = [client.generate_images(contents=[{"text": "x"}], model=model) for model in models]
    expected = {JobFailedError, JobCancelledError, JobTimeoutError}
    for outcomes in (
        list(client.wait_for_image_jobs([*jobs], timeout=0.6)),
        [each async for each in async_client.wait_for_image_jobs([*jobs], timeout=0.6)],
    ):
        assert {type(each.error) for each in outcomes if each.error} == expected
        assert {each.job_id for each in outcomes} == {job.id for job in jobs}
