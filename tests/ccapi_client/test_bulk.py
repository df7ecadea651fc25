"""Waiting for many jobs: the schedule without a clock, then both clients against scripted and real services."""

import itertools
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
from ccapi_client.bulk import JobOutcomes, _Run
from ccapi_client.models import MultimodalImageGenerationResponse as Job

QUICK = PollPolicy(initial=0.02, max_interval=0.05)


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
@pytest.mark.parametrize("how", ["break", "cancel", "context", "aclose"])
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
        elif how == "context":
            async with client.wait_for_image_jobs(["slow", "a"]) as outcomes:
                async for _ in outcomes:
                    break
                assert service.under_way == 1
            assert service.under_way == 0
        else:
            outcomes = client.wait_for_image_jobs(["slow", "a"])
            assert (await anext(outcomes)).job_id == "a"
            await outcomes.aclose()
            assert service.under_way == 0
            assert [each async for each in outcomes] == []
        with anyio.fail_after(1):
            while service.under_way:
                await anyio.sleep(0.001)


@pytest.mark.anyio
async def test_a_pause_in_the_middle_loses_nothing(anyio_backend: str) -> None:
    service = Service(questions=2, delay=0.02)
    async with service.twin() as client:
        outcomes = client.wait_for_image_jobs(["a", "b", "c"])
        with anyio.move_on_after(0.001):
            await anext(outcomes)
        assert {each.job_id async for each in outcomes} == {"a", "b", "c"}


@pytest.mark.anyio
async def test_two_consumers_share_the_outcomes(anyio_backend: str) -> None:
    service = Service(questions=1)
    seen: list[str] = []

    async def consume(outcomes: JobOutcomes) -> None:
        async for outcome in outcomes:
            seen.append(outcome.job_id)
            await anyio.sleep(0.001)

    async with service.twin() as client:
        outcomes = client.wait_for_image_jobs(map(str, range(10)))
        with anyio.fail_after(4):
            async with anyio.create_task_group() as group:
                group.start_soon(consume, outcomes)
                group.start_soon(consume, outcomes)
    assert sorted(seen) == sorted(map(str, range(10)))


@pytest.mark.anyio
async def test_no_more_jobs_are_taken_than_are_consumed(anyio_backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Run, "BACKLOG", 5)
    taken: list[int] = []

    def endless() -> Iterator[str]:
        for number in itertools.count():
            taken.append(number)
            yield str(number)

    async with Service(questions=1).twin() as client, client.wait_for_image_jobs(endless(), concurrency=2) as outcomes:
        await anext(outcomes)
        await anyio.sleep(0.1)
        assert len(taken) < 100
        for _ in range(50):
            await anext(outcomes)


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


def broken(last: Any) -> Iterator[Any]:
    yield "a"
    if last is LookupError:
        raise LookupError("no more")
    yield last
    yield "never taken"


@pytest.mark.anyio
@pytest.mark.parametrize(("last", "error"), [(LookupError, LookupError), (None, InvalidRequestError)])
async def test_an_error_of_the_source_comes_out_after_what_it_started(
    anyio_backend: str, last: Any, error: type[Exception]
) -> None:
    seen: list[str] = []
    with Service().sync() as client, pytest.raises(error):
        for outcome in client.wait_for_image_jobs(broken(last)):
            seen.append(outcome.job_id)
    async with Service().twin() as twin:
        with pytest.raises(error):
            async for outcome in twin.wait_for_image_jobs(broken(last)):
                seen.append(outcome.job_id)
    assert seen == ["a", "a"]


def test_arguments_are_checked_before_anything_starts() -> None:
    with Service().sync() as client:
        with pytest.raises(ConfigurationError, match="concurrency"):
            client.wait_for_image_jobs([], concurrency=0)
        for one in ("job-1", Job(id="a", status="pending"), {"id": "a"}, None, 5):
            with pytest.raises(InvalidRequestError, match="jobs: several"):
                client.wait_for_image_jobs(one)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    with pytest.raises(ConfigurationError, match="closed"):
        client.wait_for_image_jobs(["a"])


@pytest.mark.anyio
async def test_what_was_not_awaited_is_told(anyio_backend: str) -> None:
    async with Service().twin() as client:
        outcomes = client.wait_for_image_jobs(client.get_image_job("a") for _ in range(1))  # type: ignore[misc] # pyright: ignore[reportArgumentType]
        with pytest.raises(InvalidRequestError, match="awaited"):
            await anext(outcomes)


@pytest.mark.anyio
async def test_what_is_closed_before_it_began_stays_closed(anyio_backend: str) -> None:
    async with Service().twin() as client:
        outcomes = client.wait_for_image_jobs(["a"])
        await outcomes.aclose()
        assert [each async for each in outcomes] == []


def test_an_outcome_is_the_job_or_its_error() -> None:
    with Service().sync() as client:
        good, bad = sorted(client.wait_for_image_jobs(["a", "bad-1"]), key=lambda outcome: outcome.job_id)
    assert good.completed().id == "a"
    with pytest.raises(JobFailedError):
        bad.completed()


def test_nobody_asks_while_the_service_wants_a_pause() -> None:
    now, asked = 0.0, list[float]()

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(now)
        if len(asked) == 3:
            return httpx.Response(429, headers={"retry-after": "7"})
        job_id = request.url.path.rsplit("/", 1)[-1]
        return httpx.Response(200, json={"id": job_id, "status": "completed"})

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    with CCAPI("key-1", transport=httpx.MockTransport(serve)) as client:
        client._sleep, client._clock = sleep, lambda: now
        assert len(list(client.wait_for_image_jobs(map(str, range(6))))) == 6
    assert asked[:3] == [0, 0, 0]
    assert min(asked[3:]) == 7.0
    gaps = [later - earlier for earlier, later in itertools.pairwise(asked[3:])]
    assert all(gap > 0.004 for gap in gaps[:2]), "slower than before, together"


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
        list(client.wait_for_image_jobs([*jobs], timeout=1.5)),
        [each async for each in async_client.wait_for_image_jobs([*jobs], timeout=1.5)],
    ):
        assert {type(each.error) for each in outcomes if each.error} == expected
        assert {each.job_id for each in outcomes} == {job.id for job in jobs}
