"""Waiting for many jobs: the schedule without a clock, then both clients against scripted and real services."""

import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
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
from ccapi_client._jobs.many import JobOutcomes, _Run
from ccapi_client.models import ModelSummary
from ccapi_client.models import MultimodalImageGenerationResponse as Job

from ..scripted import Clock, Service

QUICK = PollPolicy(initial=0.02, max_interval=0.05)


class Jobs(Service):
    """Jobs that complete after so many polls each; it counts what is in flight. In real time, as many tasks need it."""

    def __init__(self, polls: int = 2, delay: float = 0.0, slow: str = "") -> None:
        super().__init__(is_real_time=True)
        self.polls, self.delay, self.slow = polls, delay, slow
        self.polled: dict[str, int] = {}
        self.in_flight = self.most = 0
        self.refusals = 0

    def respond(self, request: httpx.Request) -> httpx.Response:
        job_id = request.url.path.rsplit("/", 1)[-1]
        if self.refusals:
            self.refusals -= 1
            return httpx.Response(429, headers={"retry-after-ms": "20"})
        self.polled[job_id] = self.polled.get(job_id, 0) + 1
        if job_id.startswith("gone"):
            return httpx.Response(401)
        status = "completed" if self.polled[job_id] >= self.polls else "processing"
        if job_id.startswith("bad"):
            status = "failed"
        return httpx.Response(200, json={"id": job_id, "status": status})

    async def respond_to_async(self, request: httpx.Request) -> httpx.Response:
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            await anyio.sleep(60 if self.slow and request.url.path.endswith(self.slow) else self.delay)
            return self.respond(request)
        finally:
            self.in_flight -= 1


def summary(outcomes: Sequence[JobOutcome]) -> dict[str, str]:
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
    service = Jobs()
    with service.client(poll=QUICK) as client:
        assert summary(list(client.wait_for_image_jobs(JOBS))) == EXPECTED
    assert "d" not in service.polled


@pytest.mark.anyio
async def test_each_job_has_one_outcome_asynchronously(anyio_backend: str) -> None:
    service = Jobs()
    async with service.async_client(poll=QUICK) as client:
        outcomes = [each async for each in client.wait_for_image_jobs(JOBS)]
    assert summary(outcomes) == EXPECTED
    assert "d" not in service.polled


@pytest.mark.anyio
async def test_requests_in_flight_are_bounded(anyio_backend: str) -> None:
    service = Jobs(polls=1, delay=0.01)
    async with service.async_client(poll=QUICK) as client:
        jobs = [str(number) for number in range(50)]
        assert len([each async for each in client.wait_for_image_jobs(jobs, concurrency=5)]) == 50
    assert service.most == 5


@pytest.mark.anyio
async def test_one_slow_response_does_not_delay_the_rest(anyio_backend: str) -> None:
    service = Jobs(slow="slow")
    async with service.async_client(poll=QUICK) as client:
        seen = []
        with anyio.fail_after(20):
            async for outcome in client.wait_for_image_jobs(["slow", *map(str, range(20))]):
                seen.append(outcome.job_id)
                if len(seen) == 20:
                    break
    assert "slow" not in seen


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["break", "cancel", "context", "aclose"])
async def test_leaving_early_cancels_what_is_in_flight(anyio_backend: str, how: str) -> None:
    service = Jobs(slow="slow")
    async with service.async_client(poll=QUICK) as client:
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
                assert service.in_flight == 1
            assert service.in_flight == 0
        else:
            outcomes = client.wait_for_image_jobs(["slow", "a"])
            assert (await anext(outcomes)).job_id == "a"
            await outcomes.aclose()
            assert service.in_flight == 0
            assert [each async for each in outcomes] == []
        with anyio.fail_after(20):
            while service.in_flight:
                await anyio.sleep(0.001)


@pytest.mark.anyio
async def test_a_pause_in_the_middle_loses_nothing(anyio_backend: str) -> None:
    service = Jobs(polls=2, delay=0.02)
    async with service.async_client(poll=QUICK) as client:
        outcomes = client.wait_for_image_jobs(["a", "b", "c"])
        with anyio.move_on_after(0.001):
            await anext(outcomes)
        assert {each.job_id async for each in outcomes} == {"a", "b", "c"}


@pytest.mark.anyio
async def test_two_consumers_share_the_outcomes(anyio_backend: str) -> None:
    service = Jobs(polls=1)
    seen: list[str] = []

    async def consume(outcomes: JobOutcomes) -> None:
        async for outcome in outcomes:
            seen.append(outcome.job_id)
            await anyio.sleep(0.001)

    async with service.async_client(poll=QUICK) as client:
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

    async with (
        Jobs(polls=1).async_client(poll=QUICK) as client,
        client.wait_for_image_jobs(endless(), concurrency=2) as outcomes,
    ):
        await anext(outcomes)
        await anyio.sleep(0.1)
        assert len(taken) < 100
        for _ in range(50):
            await anext(outcomes)


def test_jobs_are_taken_from_a_generator_between_polls() -> None:
    service, started, seen = Jobs(polls=1), [], []

    def jobs() -> Iterator[str]:
        for number in range(5):
            started.append(number)
            yield str(number)

    with service.client(poll=QUICK) as client:
        for outcome in client.wait_for_image_jobs(jobs()):
            seen.append((outcome.job_id, len(started)))
    assert seen == [(str(number), number + 1) for number in range(5)]


@pytest.mark.anyio
async def test_jobs_are_taken_from_a_generator_while_others_are_waited_for(anyio_backend: str) -> None:
    service = Jobs(polls=1)
    first_is_done = anyio.Event()

    async def jobs() -> AsyncIterator[str]:
        yield "a"
        await first_is_done.wait()
        yield "b"

    seen = []
    async with service.async_client(poll=QUICK) as client:
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
    with Jobs().client(poll=QUICK) as client, pytest.raises(error):
        for outcome in client.wait_for_image_jobs(broken(last)):
            seen.append(outcome.job_id)
    async with Jobs().async_client(poll=QUICK) as twin:
        with pytest.raises(error):
            async for outcome in twin.wait_for_image_jobs(broken(last)):
                seen.append(outcome.job_id)
    assert seen == ["a", "a"]


@pytest.mark.anyio
@pytest.mark.parametrize("what", ["hook", "key"])
async def test_what_raises_during_a_poll_ends_no_other_wait(anyio_backend: str, what: str) -> None:
    def broken() -> dict[str, Any]:
        calls = 0

        def fail_once(*event: object) -> str:
            nonlocal calls
            calls += 1
            if calls == 2:
                raise LookupError("once")
            return "key-2"

        return {"on_response": fail_once} if what == "hook" else {"api_key": fail_once}

    class Strict(Jobs):
        def respond(self, request: httpx.Request) -> httpx.Response:
            is_second = self.polled and what == "key" and not hasattr(self, "rejected")
            if is_second:
                self.rejected = True
                return httpx.Response(401)
            return super().respond(request)

    seen: list[str] = []
    with Strict(polls=1).client(poll=QUICK) as client, pytest.raises(LookupError, match="once") as caught:
        for outcome in client.with_options(**broken()).wait_for_image_jobs(iter("abcd")):
            seen.append(outcome.job_id)
    assert caught.value.__notes__ == ["image job b keeps running: wait_for_image_job('b')"]
    assert seen == ["a", "c", "d"]
    async with Strict(polls=1).async_client(poll=QUICK) as twin:
        with pytest.raises(LookupError, match="once") as caught:
            async for outcome in twin.with_options(**broken()).wait_for_image_jobs(iter("abcd")):
                seen.append(outcome.job_id)
    (lost,) = set("abcd") - set(seen[3:])
    assert len(seen) == 6
    assert caught.value.__notes__ == [f"image job {lost} keeps running: wait_for_image_job({lost!r})"]


@pytest.mark.anyio
async def test_of_a_poll_and_the_source_what_was_raised_first_counts(anyio_backend: str) -> None:
    polled = anyio.Event()

    def fail(event: object) -> None:
        polled.set()
        raise LookupError("first")

    def source() -> Iterator[str]:
        yield "a"
        raise ValueError("later")

    async def later() -> AsyncIterator[str]:
        yield "a"
        await polled.wait()
        await anyio.lowlevel.checkpoint()
        raise ValueError("later")

    with Jobs(polls=1).client(poll=QUICK, on_response=fail) as client, pytest.raises(LookupError, match="first"):
        assert list(client.wait_for_image_jobs(source())) == []
    polled = anyio.Event()
    async with Jobs(polls=1).async_client(poll=QUICK, on_response=fail) as twin:
        with pytest.raises(LookupError, match="first"):
            assert [each async for each in twin.wait_for_image_jobs(later())] == []


def test_an_outcome_s_error_names_its_job() -> None:
    with Jobs().client(poll=QUICK) as client:
        (outcome,) = client.wait_for_image_jobs(["gone-1"])
    assert outcome.error
    assert outcome.error.job_id == "gone-1"


def test_arguments_are_checked_before_anything_starts() -> None:
    with Jobs().client(poll=QUICK) as client:
        with pytest.raises(ConfigurationError, match="concurrency"):
            client.wait_for_image_jobs([], concurrency=0)
        for one in ("job-1", Job(id="a", status="pending"), {"id": "a"}, None, 5):
            with pytest.raises(InvalidRequestError, match="jobs: a list or a generator"):
                client.wait_for_image_jobs(one)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    with pytest.raises(ConfigurationError, match="closed"):
        client.wait_for_image_jobs(["a"])


@pytest.mark.parametrize("timeout", [0, "1"])
def test_a_timeout_is_checked_before_anything_starts(timeout: Any) -> None:
    with Jobs().client() as client, pytest.raises(ConfigurationError, match="timeout"):
        client.wait_for_image_jobs(["a"], timeout=timeout)


MIXED: list[Any] = [
    Job(id="a", status="pending"),
    {"id": "b", "status": "pending", "data": []},
    {"id": "c", "status": "x", "data": [], "odd": 1},
]
UNCLEAR: list[tuple[Any, str]] = [("d", "an id"), (5, "int"), (ModelSummary(id="a/b"), "ModelSummary")]


def test_jobs_of_any_kind_say_what_they_are() -> None:
    with Jobs().client(poll=QUICK) as client:
        assert sorted(each.job_id for each in client.wait_for_jobs(MIXED)) == ["a", "b", "c"]
        for unclear, what in UNCLEAR:
            outcomes, seen = client.wait_for_jobs([*MIXED, unclear]), list[str]()
            with pytest.raises(InvalidRequestError, match=f"{what} does not say .* use wait_for_image_jobs"):
                seen.extend(each.job_id for each in outcomes)
        with pytest.raises(InvalidRequestError, match="jobs: a list or a generator"):
            client.wait_for_jobs(MIXED[1])
        with pytest.raises(ConfigurationError, match="concurrency"):
            client.wait_for_jobs(MIXED, concurrency=0)


@pytest.mark.anyio
async def test_jobs_of_any_kind_are_waited_for_asynchronously(anyio_backend: str) -> None:
    async def jobs() -> AsyncIterator[Any]:
        for each in MIXED:
            yield each

    async with Jobs().async_client(poll=QUICK) as client:
        for given in (MIXED, jobs()):
            assert sorted([each.job_id async for each in client.wait_for_jobs(given)]) == ["a", "b", "c"]
        outcomes = client.wait_for_jobs([client.get_image_job("a")])  # type: ignore[list-item] # pyright: ignore[reportArgumentType]
        with pytest.raises(InvalidRequestError, match="awaited"):
            await anext(outcomes)


@pytest.mark.anyio
async def test_what_was_not_awaited_is_reported(anyio_backend: str) -> None:
    async with Jobs().async_client(poll=QUICK) as client:
        outcomes = client.wait_for_image_jobs(client.get_image_job("a") for _ in range(1))  # type: ignore[misc] # pyright: ignore[reportArgumentType]
        with pytest.raises(InvalidRequestError, match="awaited"):
            await anext(outcomes)


@pytest.mark.anyio
async def test_what_is_closed_before_it_began_stays_closed(anyio_backend: str) -> None:
    async with Jobs().async_client(poll=QUICK) as client:
        outcomes = client.wait_for_image_jobs(["a"])
        await outcomes.aclose()
        assert [each async for each in outcomes] == []


def test_an_outcome_is_the_job_or_its_error() -> None:
    with Jobs().client(poll=QUICK) as client:
        good, bad = sorted(client.wait_for_image_jobs(["a", "bad-1"]), key=lambda outcome: outcome.job_id)
    assert good.completed().id == "a"
    with pytest.raises(JobFailedError):
        bad.completed()


def test_nobody_polls_while_the_service_wants_a_pause() -> None:
    clock, polled = Clock(), list[float]()

    class Pausing(Service):
        def respond(self, request: httpx.Request) -> httpx.Response:
            polled.append(clock.now)
            if len(polled) == 3:
                return httpx.Response(429, headers={"retry-after": "7"})
            return httpx.Response(200, json={"id": request.url.path.rsplit("/", 1)[-1], "status": "completed"})

    with Pausing(clock=clock).client() as client:
        assert len(list(client.wait_for_image_jobs(map(str, range(6))))) == 6
    assert polled[:3] == [0, 0, 0]
    assert min(polled[3:]) == 7.0
    gaps = [later - earlier for earlier, later in itertools.pairwise(polled[3:])]
    assert all(gap > 0.004 for gap in gaps[:2]), "slower than before, together"


@pytest.mark.anyio
async def test_no_jobs_no_outcomes(anyio_backend: str) -> None:
    with Jobs().client(poll=QUICK) as client:
        assert list(client.wait_for_image_jobs([])) == []
    async with Jobs().async_client(poll=QUICK) as client:
        assert [each async for each in client.wait_for_image_jobs([])] == []


@pytest.mark.anyio
async def test_the_waits_end_while_the_service_wants_a_pause(anyio_backend: str) -> None:
    """The last of them too: nothing else wakes the loop up then."""
    service = Service(429, headers={"retry-after": "9"}, is_real_time=True)
    policy = PollPolicy(initial=0.01, max_interval=1, timeout=0.1)
    with anyio.fail_after(5):
        async with service.async_client(poll=policy) as client:
            found = [each async for each in client.wait_for_image_jobs(["a", "b"])]
    assert summary(found) == dict.fromkeys("ab", "JobTimeoutError")


@pytest.mark.anyio
async def test_a_429_slows_all_of_them_and_loses_none(anyio_backend: str) -> None:
    service = Jobs()
    service.refusals = 4
    jobs = [str(number) for number in range(30)]
    async with service.async_client(poll=QUICK) as client:
        outcomes = [each async for each in client.wait_for_image_jobs(jobs, concurrency=4)]
    assert set(summary(outcomes).values()) == {"completed"}
    service.refusals = 4
    with service.client(poll=QUICK) as client:
        assert set(summary(list(client.wait_for_image_jobs(jobs))).values()) == {"completed"}


@pytest.mark.anyio
async def test_many_jobs_of_the_sandbox(client: CCAPI, async_client: AsyncCCAPI) -> None:
    models = ["imaginepro/nano-banana"] * 20 + ["sandbox/job-failed", "sandbox/job-cancelled", "sandbox/job-never-ends"]
    jobs = [client.generate_images(contents=[{"text": "x"}], model=model) for model in models]
    for waited, timeout, expected in (
        (jobs[:-1], 30, {JobFailedError, JobCancelledError}),
        (jobs[-1:], 0.2, {JobTimeoutError}),
    ):
        for outcomes in (
            list(client.wait_for_image_jobs([*waited], timeout=timeout)),
            [each async for each in async_client.wait_for_image_jobs([*waited], timeout=timeout)],
        ):
            assert {type(each.error) for each in outcomes if each.error} == expected
            assert {each.job_id for each in outcomes} == {job.id for job in waited}
