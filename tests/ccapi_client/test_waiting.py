"""When a job is polled again, and what each response means: without a socket, a clock or a sleep."""

import gc
import itertools
import logging
import math
import pickle
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from ccapi_client import (
    APIConnectionError,
    CCAPIError,
    ConfigurationError,
    InternalServerError,
    JobCancelledError,
    JobFailedError,
    JobTimeoutError,
    MalformedResponseError,
    NotFoundError,
    PollPolicy,
)
from ccapi_client._http.reading import status_error
from ccapi_client._http.times import Received, ResponseTimes
from ccapi_client._jobs.waiting import GRACE, Waiting
from ccapi_client.models import MultimodalImageGenerationResponse as Job
from ccapi_openapi.api.images import get_image_job_operation
from hypothesis import example, given
from hypothesis import strategies as st

from ..conftest import response_of

IMAGES = get_image_job_operation()
MOVING = attrs.evolve(IMAGES, job=IMAGES.job._replace(progress=("progress",)))
"""What polls jobs that tell of their progress."""
STEADY = PollPolicy(initial=1, factor=2, max_interval=8, jitter=0, timeout=60)
PENDING, PROCESSING = {"status": "pending"}, {"status": "processing"}
COMPLETED = {"status": "completed", "data": [{"url": "http://x/a.png"}]}


def failure(status: int, *, code: str | None = None, retry_after: str | None = None) -> CCAPIError:
    headers = {"retry-after": retry_after} if retry_after else {}
    return status_error(response_of({"error": {"code": code}}, status, headers))


class Play:
    """A wait through scripted responses, the last one forever: the sleeps, the statuses shown, and how it ended."""

    def __init__(
        self, policy: PollPolicy, first: Any, *answers: Any, chance: float = 0.5, received: Received | None = None
    ):
        self.now = 0.0
        self.sleeps: list[float] = []
        self.shown: list[str] = []
        self.end: Job | CCAPIError
        job = first if isinstance(first, str) else Job.from_dict({"id": "job-1", **first})
        self.waiting = Waiting(IMAGES, policy, job, self.now, received)
        try:
            while True:
                update = self.waiting.update(self.now)
                if update:
                    self.shown.append(update.status)
                if self.waiting.is_finished:
                    self.end = self.waiting.completed()
                    return
                self.sleeps.append(self.waiting.delay(self.now, chance))
                self.now += self.sleeps[-1]
                if self.waiting.left(self.now) <= 0:
                    continue
                self._respond(answers[min(len(self.sleeps), len(answers)) - 1])
        except CCAPIError as error:
            self.end = error

    def _respond(self, answer: Any) -> None:
        if isinstance(answer, CCAPIError):
            self.waiting.failed(answer, self.now)
        else:
            answer = dict(answer)
            retry_after = answer.pop("retry_after", None)
            self.waiting.received(Job.from_dict({"id": "job-1", **answer}), retry_after, self.now)


def test_each_wait_is_longer_up_to_the_longest() -> None:
    play = Play(STEADY, PENDING, *[PROCESSING] * 5, COMPLETED)
    assert play.sleeps == [1, 2, 4, 8, 8, 8]
    assert play.shown == ["pending", "processing", "completed"]
    assert isinstance(play.end, Job)


def test_a_completed_job_is_not_waited_for_and_an_id_is_polled_at_once() -> None:
    assert Play(STEADY, COMPLETED).sleeps == []
    assert Play(STEADY, "job-1", PROCESSING, COMPLETED).sleeps == [0, 1]


@pytest.mark.parametrize(
    ("estimate", "first"),
    [
        *((5, 5), (8, 8), (100, 8), (0.5, 0.5), (0, 0.25), (-3, 0.25), (0.1, 0.25)),
        *((None, 1), ("soon", 1), (math.nan, 1), (math.inf, 1), (10**400, 1), ([], 1)),
    ],
)
def test_an_estimate_is_taken_within_bounds(estimate: Any, first: float) -> None:
    assert Play(STEADY, PENDING | {"estimated_time": estimate}, COMPLETED).sleeps == [first]


def test_an_estimate_that_is_always_wrong_is_trusted_less_and_less() -> None:
    always = PROCESSING | {"estimated_time": 0.25}
    assert Play(STEADY, always, *[always] * 8, COMPLETED).sleeps == [0.25, 0.5, 1, 2, 2, 2, 2, 2, 2]


def test_a_true_estimate_is_reached_in_few_polls() -> None:
    left = [{"status": "processing", "estimated_time": seconds} for seconds in (20, 12, 4)]
    assert Play(STEADY, *left, COMPLETED).sleeps == [8, 8, 4]


def test_what_the_service_asks_for_is_obeyed_up_to_four_times_the_longest_wait() -> None:
    assert Play(STEADY, PENDING, COMPLETED, received=Received(0.0, 3.0)).sleeps == [3]
    asked = [PROCESSING | {"retry_after": seconds} for seconds in (5, 0, 1e9)]
    assert Play(STEADY, PENDING, *asked, COMPLETED).sleeps == [1, 5, 4, 32]


def test_a_service_that_wants_no_poll_before_the_deadline_gets_none() -> None:
    play = Play(PollPolicy(initial=1, timeout=10, jitter=0), PENDING, failure(429, retry_after="30"))
    assert play.sleeps == [1, 9]
    assert isinstance(play.end, JobTimeoutError)


def test_jitter_is_earlier_without_an_estimate_and_later_with_one() -> None:
    policy = PollPolicy(initial=10, jitter=0.2)
    without = [Play(policy, PENDING, COMPLETED, chance=chance).sleeps for chance in (0, 0.5, 1)]
    assert without == [[10], [9], [8]]
    job = PENDING | {"estimated_time": 12}
    assert [Play(policy, job, COMPLETED, chance=chance).sleeps for chance in (0, 0.5, 1)] == [[12], [13], [14]]


def test_the_last_poll_comes_just_before_the_deadline() -> None:
    play = Play(PollPolicy(initial=4, factor=1, jitter=0, timeout=10), PROCESSING, PROCESSING)
    assert play.sleeps == [4, 4, 1]
    assert isinstance(play.end, JobTimeoutError)
    assert (play.end.waited, play.end.job_id) == (9, "job-1")
    assert play.end.job
    assert pickle.loads(pickle.dumps(play.end)).job == play.end.job


def test_a_job_that_was_never_seen_times_out_with_its_id() -> None:
    play = Play(STEADY, "job-1", failure(503))
    assert isinstance(play.end, JobTimeoutError)
    assert (play.end.job_id, play.end.job) == ("job-1", None)
    assert "was not seen" in str(play.end)
    assert "503 Service Unavailable" in str(play.end)
    assert isinstance(play.end.__cause__, InternalServerError)
    lost = Play(PollPolicy(initial=1, timeout=3), "job-1", failure(404)).end
    assert isinstance(lost, NotFoundError), "a wait that is shorter than the grace says why, too"


def test_failed_and_cancelled_jobs_raise_with_the_job() -> None:
    for odd in ({}, {"error": None}, {"error": "boom"}, {"error": {"code": "x"}}, {"error": [1]}):
        failed = Play(STEADY, PENDING, {"status": "failed", **odd}).end
        assert isinstance(failed, JobFailedError)
        assert (failed.job_id, failed.job.status) == ("job-1", "failed")
    assert "no paint" in str(Play(STEADY, PENDING, {"status": "failed", "error": {"message": "no paint"}}).end)
    cancelled = Play(STEADY, PENDING, {"status": "cancelled"}).end
    assert isinstance(cancelled, JobCancelledError)
    assert cancelled.job.status == "cancelled"


def test_an_unknown_status_is_waited_for_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    dreaming = {"status": "dreaming"}
    play = Play(STEADY, PENDING, dreaming, PROCESSING, dreaming, dreaming, COMPLETED)
    assert play.shown == ["pending", "dreaming", "processing", "dreaming", "completed"]
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        "image job job-1: status 'dreaming' is not known; waiting on"
    ]


def test_a_status_that_goes_back_is_a_change_like_any_other() -> None:
    assert Play(STEADY, PROCESSING, PENDING, PROCESSING, COMPLETED).shown == [
        *("processing", "pending", "processing", "completed")
    ]


def test_a_completed_job_without_data_is_completed() -> None:
    end = Play(STEADY, PENDING, {"status": "completed"}).end
    assert isinstance(end, Job)
    assert not end.data


@pytest.mark.parametrize(
    ("status", "fields", "end"),
    [
        ("Timed Out", {}, "failed"),
        (" timed-out ", {}, "failed"),
        ("COMPLETED", {"error": {"message": "no"}}, "failed"),
        ("completed", {"error": {"message": "no"}, "data": [{"url": "x"}]}, "completed"),
        ("completed", {"error": None, "data": None}, "completed"),
        ("In Progress", {"error": {"message": "no"}}, None),
        ("dreaming", {"error": {"message": "no"}}, None),
    ],
)
def test_how_a_job_has_finished(status: str, fields: dict[str, Any], end: str | None) -> None:
    job = Job.from_dict({"id": "a", "status": status, **fields})
    assert IMAGES.job.end(job) == end
    assert IMAGES.job.is_known(job) is (status != "dreaming")


def test_another_job_s_response_is_none() -> None:
    end = Play(STEADY, PENDING, COMPLETED | {"id": "job-2"}).end
    assert isinstance(end, MalformedResponseError)
    assert "the response to a poll of image job job-1 is about job-2" in str(end)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 501, 502, 503, 504, 520, 599])
def test_a_failure_that_may_pass_costs_time_and_no_more(status: int) -> None:
    play = Play(STEADY, PENDING, failure(status), failure(status, retry_after="7"), COMPLETED)
    assert play.sleeps == [1, 2, 7]
    assert isinstance(play.end, Job)


def test_a_connection_that_breaks_costs_time_and_no_more() -> None:
    play = Play(STEADY, PENDING, APIConnectionError("cut"), COMPLETED)
    assert isinstance(play.end, Job)


@pytest.mark.parametrize(
    "error", [*(failure(status) for status in (400, 401, 402, 403, 409, 422)), failure(429, code="insufficient_quota")]
)
def test_a_failure_that_will_not_pass_ends_the_wait(error: CCAPIError) -> None:
    play = Play(STEADY, PENDING, error)
    assert (play.end, play.sleeps) == (error, [1])


def test_a_job_that_is_not_found_may_be_too_new() -> None:
    play = Play(STEADY, PENDING, failure(404), failure(404), COMPLETED)
    assert (play.sleeps, type(play.end)) == ([1, 2, 4], Job)
    gone = Play(STEADY, PENDING, failure(404))
    assert (gone.sleeps, type(gone.end)) == ([1, 2, 4], NotFoundError)
    assert gone.now > GRACE
    unknown = Play(STEADY, "job-1", failure(404))
    assert (unknown.sleeps, type(unknown.end)) == ([0, 1, 2, 4], NotFoundError)


policies = st.builds(
    PollPolicy,
    initial=st.floats(0.01, 100),
    factor=st.floats(1, 10),
    max_interval=st.floats(0.01, 1000),
    jitter=st.floats(0, 1),
    timeout=st.floats(1, 1e4),
)
hints = st.none() | st.floats() | st.integers() | st.text(max_size=3)
answers = st.one_of(
    st.fixed_dictionaries(
        {"status": st.sampled_from(["pending", "processing", "odd"])},
        optional={"estimated_time": hints, "retry_after": st.floats(0, 1e12), "progress": hints},
    ),
    st.sampled_from([failure(503), failure(429, retry_after="1"), APIConnectionError("cut")]),
)


@given(policies, st.lists(answers, min_size=1, max_size=5), st.floats(0, 1))
def test_no_poll_is_too_early_or_too_late(policy: PollPolicy, script: list[Any], chance: float) -> None:
    """Drives a wait that never ends through any responses: every bound that the policy promises holds."""
    waiting, now, polls = Waiting(MOVING, policy, Job(id="job-1", status="pending"), 0.0), 0.0, 0
    asked_for = 0.0
    while True:
        try:
            delay = waiting.delay(now, chance)
        except JobTimeoutError:
            break
        least = min(policy.initial, policy.max_interval) / 4 * (1 - policy.jitter)
        is_last = now + delay >= policy.timeout - min(1.0, policy.timeout / 10) - 1e-9
        assert delay >= least - 1e-9 or is_last
        now += delay
        if waiting.left(now) <= 0:
            continue
        assert delay >= min(asked_for, 4 * policy.max_interval) - 1e-6, "earlier than the service allowed"
        polls += 1
        assert now <= policy.timeout, "later than the deadline"
        if polls > 200:
            break
        answer = script[polls % len(script)]
        if isinstance(answer, CCAPIError):
            waiting.failed(answer, now)
            asked_for = getattr(answer, "retry_after", None) or 0.0
        else:
            answer = dict(answer)
            asked_for = answer.pop("retry_after", 0.0)
            waiting.received(Job.from_dict({"id": "job-1", **answer}), asked_for, now)


@given(st.floats(1, 500), st.floats(0, 1), st.booleans())
def test_the_number_of_polls_is_bounded(length: float, chance: float, with_estimate: bool) -> None:
    """For a job of any length: as many as the growing waits have room for, and one for each longest wait."""
    policy = PollPolicy()
    now, polls = 0.0, 0

    def job() -> Job:
        return Job(id="job-1", status="processing", estimated_time=length - now if with_estimate else None)

    waiting = Waiting(IMAGES, policy, job(), now)
    while now < length:
        now += waiting.delay(now, chance)
        polls += 1
        waiting.received(job(), None, now)
    growing = math.log(policy.max_interval / policy.initial, policy.factor) + 2
    assert polls <= growing + length / (policy.max_interval * (1 - policy.jitter))
    if with_estimate:
        assert now - length <= policy.initial / 4 + policy.initial * policy.jitter + 1e-6, (
            "known to the second, told late"
        )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("initial", 0),
        ("factor", 0.5),
        ("factor", "2"),
        ("jitter", 2),
        ("timeout", math.inf),
        ("timeout", 10**400),
        ("max_interval", True),
    ],
)
def test_a_policy_checks_its_fields(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=name):
        PollPolicy(**{name: value})


def test_an_estimate_counts_from_when_it_was_received() -> None:
    told = PENDING | {"estimated_time": 7}
    assert Play(STEADY, told, COMPLETED, received=Received(-4.0, None)).sleeps == [3]
    assert Play(STEADY, told, COMPLETED, received=Received(-40.0, -30.0)).sleeps == [0.25]


def test_times_are_kept_as_long_as_the_result() -> None:
    known, result = ResponseTimes(), Job(id="a", status="pending")
    known.keep(result, response_of(status=202, headers={"retry-after": "3"}), now=10)
    assert known.of(result) == Received(10, 13)
    assert known.of(Job(id="a", status="pending")) is None
    del result
    gc.collect()
    assert known._known == {}


def moving(progress: object, status: str = "processing", **fields: Any) -> Job:
    return Job.from_dict({"id": "job-1", "status": status, "progress": progress, **fields})


def test_a_change_of_progress_is_an_update() -> None:
    waiting = Waiting(MOVING, STEADY, moving(0), 0.0)
    seen = [waiting.update(0.0)]
    for now, progress in enumerate([0, 10, 10, "30%", None], 1):
        waiting.received(moving(progress), None, now)
        seen.append(waiting.update(now))
    assert [each and each.progress for each in seen] == [0, None, 10, None, 30, None]
    assert [each and each.estimate for each in seen] == [None, None, 9, None, 7, None]
    assert seen[-1] is not None, "the progress is not known any more"
    assert Waiting(IMAGES, STEADY, moving(30), 0.0).progress is None, "a kind of job without it"


def polls_of(job: Callable[[float], Job], policy: PollPolicy, length: float) -> list[float]:
    """When a job that takes so long is polled, in seconds, the last time once it has finished."""
    waiting, now, times = Waiting(MOVING, policy, job(0.0), 0.0), 0.0, list[float]()
    while now < length:
        now += waiting.delay(now, 0.0)
        times.append(now)
        waiting.received(job(now), None, now)
    return times


def test_without_an_estimate_the_progress_says_when_to_poll() -> None:
    policy = PollPolicy(jitter=0)
    assert polls_of(lambda now: moving(10 * now), policy, 10) == pytest.approx([1, 2.6, 5.16, 9.256, 10])
    assert polls_of(lambda now: moving(None), policy, 10)[-1] > 15
    assert polls_of(lambda now: moving(now, estimated_time=10 - now), policy, 10) == [10.0], "an estimate goes first"


@example(26.07865082738949, 0.0)
@given(st.floats(2, 500), st.floats(0, 0.9))
def test_a_job_with_progress_is_polled_when_it_is_done(length: float, start: float) -> None:
    """It starts to move after a while, then goes on steadily. It is seen to be done no later than without progress.

    But for half of the first wait: a poll at the moment that was foreseen may come just before the end.
    """
    policy = PollPolicy(jitter=0)

    def job(now: float) -> Job:
        return moving(100 * max(0.0, now / length - start) / (1 - start))

    times, blind = polls_of(job, policy, length), polls_of(lambda now: moving(None), policy, length)
    assert times[-1] <= max(blind[-1], length + policy.initial / 2) + 1e-6
    assert len(times) <= len(blind) + 4
    if start == 0:
        assert times[-1] <= length + policy.initial / 2


@given(st.lists(hints, min_size=1, max_size=6), st.floats(1, 300))
def test_odd_progress_costs_no_more_polls(script: list[Any], length: float) -> None:
    policy, count = PollPolicy(jitter=0), itertools.count()
    times = polls_of(lambda now: moving(script[next(count) % len(script)]), policy, length)
    growing = math.log(4 * policy.max_interval / policy.initial, policy.factor) + 2
    assert len(times) <= growing + length / (policy.max_interval / 4)
