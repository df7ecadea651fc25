"""Waiting for one job: what is polled where, on both clients; then for real against the sandbox."""

import dataclasses
import inspect
import json
import logging
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import ccapi_sandbox
import httpx
import pydantic
import pytest
from ccapi_client import (
    CCAPI,
    AsyncCCAPI,
    AuthenticationError,
    BadRequestError,
    BillingError,
    CCAPIError,
    ConfigurationError,
    InvalidRequestError,
    JobCancelledError,
    JobFailedError,
    JobTimeoutError,
    JobUpdate,
    MalformedResponseError,
    PollPolicy,
)
from ccapi_client._client import sender_of
from ccapi_client._http.times import Received
from ccapi_client.models import MultimodalImageGenerationResponse as Job
from ccapi_client.models import MultimodalInputContent
from ccapi_sandbox import Sandbox

from ..scripted import Body, ClientClass, Clock, Service, Step

STEADY = PollPolicy(initial=1, factor=2, max_interval=8, jitter=0, timeout=60)
ORIGIN = "https://api.ccapi.ai"
ELSEWHERE: list[Any] = [
    *(None, "", 5, [], "https://evil.example/jobs/1", "//evil.example/1", "http://api.ccapi.ai/v1/1"),
    *("https://api.ccapi.ai:8443/1", "https://me:pw@api.ccapi.ai/1", "file:///etc/passwd", "http://[::1"),
    *("https://api.ccapi.ai.evil.example/1", "javascript:1", "\x00", "\x00/v1/1", "/v1/\n1", " "),
]


class Wait:
    """A wait of one client for a job of a scripted service, and how it ended."""

    def __init__(self, client_class: ClientClass, job: Any, *steps: Step, **how: Any) -> None:
        service = Service(*[{"id": "job-1", **step} if isinstance(step, dict) else step for step in steps], chance=0.0)
        self.requests, self.sleeps = service.requests, service.sleeps
        self.updates: list[JobUpdate] = []
        how = {"on_update": self.updates.append, **how}
        self.end: Job | CCAPIError
        try:
            self.end = service.call(client_class, lambda client: client.wait_for_image_job(job, **how), poll=STEADY)
        except CCAPIError as error:
            self.end = error

    @property
    def polled(self) -> list[str]:
        return [str(request.url) for request in self.requests]


Run = Callable[..., Wait]


@pytest.fixture
def run(client_class: ClientClass) -> Run:
    return lambda job, *steps, **how: Wait(client_class, job, *steps, **how)


def pending(**fields: Any) -> Job:
    return Job.from_dict({"id": "job-1", "status": "pending", **fields})


DONE = {"status": "completed"}


def test_updates_tell_status_time_and_estimate(run: Run) -> None:
    found = run(
        pending(estimated_time=3), {"status": "processing", "estimated_time": 2}, {"status": "processing"}, DONE
    )
    assert [(each.status, each.elapsed, each.estimate) for each in found.updates] == [
        *(("pending", 0, 3), ("processing", 3, 2), ("completed", 9, None)),
    ]
    assert found.sleeps == [3, 2, 4]
    assert isinstance(found.end, Job)


def test_an_id_and_a_dict_are_welcome(run: Run) -> None:
    assert run("job-1", DONE).sleeps == [0]
    assert run({"id": "job-1", "status": "pending"}, DONE).sleeps == [1]
    for wrong in ("", None, 5, {}, {"id": "job-1"}):
        assert isinstance(run(wrong, DONE).end, InvalidRequestError)
    running = Job(id="", status="processing")
    assert "no id" in str(run(running, DONE).end)
    assert isinstance(run(Job(id="", status="completed"), DONE).end, Job)


def test_a_poll_that_names_no_job_is_about_the_one_that_was_polled(run: Run) -> None:
    pictures = [{"url": "https://x.example/a.png"}]
    found = run("job-1", {"id": None, "status": "IN-PROGRESS"}, {"status": "processing"}, {"data": pictures})
    assert isinstance(found.end, Job)
    assert (found.end.id, found.end.status, found.end.data[0].url) == ("job-1", "completed", pictures[0]["url"])
    assert "another" in str(run("job-1", {"id": "another", "status": "processing"}).end)


def test_each_poll_is_one_request_and_a_failing_one_is_repeated_by_the_cadence(run: Run) -> None:
    found = run(pending(), 503, httpx.ReadTimeout, 429, httpx.ConnectError, DONE)
    assert (len(found.requests), found.sleeps) == (5, [1, 2, 4, 8, 8])
    assert isinstance(found.end, Job)


def test_what_the_service_asks_for_is_obeyed(run: Run) -> None:
    asked_to_wait = httpx.Response(200, json={"id": "job-1", "status": "processing"}, headers={"retry-after": "20"})
    assert run(pending(), asked_to_wait, DONE).sleeps == [1, 20]


def test_a_refusal_ends_the_wait(run: Run) -> None:
    found = run(pending(), 401)
    assert (type(found.end), len(found.requests)) == (AuthenticationError, 1)


@pytest.mark.parametrize(
    ("poll_url", "polled"),
    [
        (f"{ORIGIN}/v1/images/jobs/job-1?v=2", f"{ORIGIN}/v1/images/jobs/job-1?v=2"),
        ("/v2/jobs/1", f"{ORIGIN}/v2/jobs/1"),
        ("jobs/1", f"{ORIGIN}/v1/jobs/1"),
        *((elsewhere, f"{ORIGIN}/v1/images/jobs/job-1") for elsewhere in ELSEWHERE),
    ],
)
def test_the_poll_url_is_followed_on_the_own_origin_alone(run: Run, poll_url: Any, polled: str) -> None:
    found = run(pending(poll_url=poll_url), DONE)
    assert found.polled == [polled]
    assert found.requests[0].headers["authorization"] == "Bearer key-1"


def test_the_timeout_of_a_poll_is_capped_by_what_is_left(run: Run) -> None:
    found = run(pending(), {"status": "processing"}, timeout=10)
    assert found.sleeps == [1, 2, 4, 2]
    assert [request.extensions["timeout"]["read"] for request in found.requests] == [9, 7, 3, 1]
    assert isinstance(found.end, JobTimeoutError)


def test_polls_leave_the_retry_quota_alone_and_are_a_warning_only_where_they_end_the_wait(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "ccapi_client")
    job = {"id": "job-1", "status": "processing"}
    service = Service(503, 429, job, job, 402)
    with service.client(poll=STEADY) as client:
        before = sender_of(client).quota.left
        with pytest.raises(BillingError):
            client.wait_for_image_job("job-1")
        assert sender_of(client).quota.left == before
    ours = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "ccapi_client"]
    assert [level for level, _ in ours] == ["INFO", "INFO", "INFO", "WARNING"]
    assert ours[-1][1] == "image job job-1: the wait ends: BillingError"


def test_an_error_of_on_update_leaves_the_job_resumable(run: Run) -> None:
    def stop(update: JobUpdate) -> None:
        raise LookupError(update.job.id)

    with pytest.raises(LookupError, match="job-1"):
        run(pending(), DONE, on_update=stop)
    assert isinstance(run("job-1", DONE).end, Job)


def test_a_completed_job_costs_no_request(run: Run) -> None:
    done = Job(id="a", status="completed")
    found = run(done, 500)
    assert (found.end, found.requests) == (done, [])


@pytest.mark.parametrize(
    "how", [{"timeout": 0}, {"timeout": "x"}, {"poll": 3}, {"poll": {"initial": 1}}, {"on_update": 3}]
)
def test_a_policy_that_is_none_is_refused(run: Run, how: dict[str, Any]) -> None:
    assert isinstance(run("job-1", DONE, **how).end, ConfigurationError)


def test_a_policy_of_its_own(run: Run) -> None:
    poll = PollPolicy(initial=5, factor=1, jitter=0)
    assert run(pending(), {"status": "processing"}, DONE, poll=poll).sleeps == [5, 5]


def test_a_watch_that_failed_is_at_its_end(client_class: ClientClass) -> None:
    service = Service({"id": "job-1", "status": "processing"}, 401)
    seen: list[str] = []

    async def watch_async(client: AsyncCCAPI) -> None:
        updates = client.watch_image_job("job-1")
        with pytest.raises(AuthenticationError):
            async for update in updates:
                seen.append(update.status)
        assert [update async for update in updates] == []

    def watch(client: Any) -> Any:
        if isinstance(client, AsyncCCAPI):
            return watch_async(client)
        updates = client.watch_image_job("job-1")
        with pytest.raises(AuthenticationError):
            for update in updates:
                seen.append(update.status)
        assert list(updates) == []
        return None

    service.call(client_class, watch, poll=STEADY)
    assert (seen, len(service.requests)) == (["processing"], 2)


def test_a_slow_drip_does_not_outlast_the_wait(client_class: ClientClass) -> None:
    class Drip(Body):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                clock.now += 4
                yield b" "

    clock = Clock()
    service = Service(httpx.Response(200, stream=Drip()), clock=clock)
    with pytest.raises(JobTimeoutError):
        service.call(client_class, lambda client: client.wait_for_image_job("a", timeout=10))
    assert clock.now < 20


def test_the_first_poll_waits_for_what_the_202_asked(client_class: ClientClass) -> None:
    job = {"id": "job-1", "status": "pending"}
    service = Service(httpx.Response(202, json=job, headers={"retry-after": "7"}), {**job, "status": "completed"})

    async def start_and_wait(client: AsyncCCAPI) -> Job:
        return await client.wait_for_image_job(await client.generate_images(contents=[{"text": "x"}]))

    def both(client: Any) -> Any:
        if isinstance(client, AsyncCCAPI):
            return start_and_wait(client)
        return client.wait_for_image_job(client.generate_images(contents=[{"text": "x"}]))

    service.call(client_class, both, poll=STEADY)
    assert service.sleeps == [7]


def test_the_time_of_a_response_is_kept_where_it_tells_of_a_job() -> None:
    with Service({"id": "job-1", "status": "pending"}, {"data": []}).client() as client:
        job, models, times = (
            client.generate_images(contents=[{"text": "x"}]),
            client.list_models(),
            sender_of(client).times,
        )
        assert times.of(job) == Received(0.0, None)
        assert times.of(models) is None


FOX = {"contents": [{"text": "a fox"}], "model": "a/b"}


@pytest.mark.parametrize(
    "contents", ["a fox", {"text": "a fox"}, [{"text": "a fox"}], MultimodalInputContent(text="a fox")]
)
def test_one_call_to_a_picture(client_class: ClientClass, contents: Any) -> None:
    first, last = {"id": "job-1", "status": "pending"}, {"id": "job-1", "status": "completed", "data": [{"url": "x"}]}
    service, seen = Service(httpx.Response(202, json=first), {**first, "status": "processing"}, last), list[str]()

    def show(update: JobUpdate) -> None:
        seen.append(update.status)

    done = service.call(
        client_class,
        lambda client: client.generate_images_and_wait(contents=contents, model="a/b", poll=STEADY, on_update=show),
    )
    assert done.to_dict() == last
    assert seen == ["pending", "processing", "completed"]
    assert [request.method for request in service.requests] == ["POST", "GET", "GET"]
    assert json.loads(service.requests[0].content) == FOX
    assert service.sleeps == [1, 2]


def test_one_call_takes_what_both_calls_take() -> None:
    started, waited, both = (
        inspect.signature(getattr(CCAPI, name)).parameters
        for name in ("generate_images", "wait_for_image_job", "generate_images_and_wait")
    )
    assert {**started, **waited}.keys() - {"job"} == both.keys()
    assert all(both[name] == each for name, each in {**started, **waited}.items() if name not in ("job", "contents"))


def test_a_response_that_is_complete_is_given_at_once(client_class: ClientClass) -> None:
    service = Service({"id": "job-1", "status": "completed", "data": [{"url": "x"}]})
    service.call(client_class, lambda client: client.generate_images_and_wait(contents="a fox"))
    assert len(service.requests) == 1
    service = Service({"id": "job-1", "status": "failed"})
    with pytest.raises(JobFailedError):
        service.call(client_class, lambda client: client.generate_images_and_wait(contents="a fox"))


STARTED = {"id": "job-1", "status": "pending"}
AT_ONCE: dict[str, Any] = {"contents": "a fox", "poll": STEADY}
KEEPS_RUNNING = ["image job job-1 keeps running: wait_for_image_job('job-1')"]


@pytest.mark.parametrize("last", [403, 404, {"id": "job-2", "status": "pending"}, httpx.Response(200, text="none")])
def test_a_poll_that_fails_leaves_the_paid_job_to_be_found(client_class: ClientClass, last: Step) -> None:
    plain = Service(*[last] * 9)
    with pytest.raises(CCAPIError) as waited:
        plain.call(client_class, lambda client: client.wait_for_image_job("job-1", poll=STEADY))
    service = Service(STARTED, *[last] * 9)
    with pytest.raises(CCAPIError) as both:
        service.call(client_class, lambda client: client.generate_images_and_wait(**AT_ONCE))
    assert (waited.value.may_be_billed, both.value.may_be_billed) == (False, True)
    for error in (waited.value, both.value, pickle.loads(pickle.dumps(both.value))):
        assert (error.job_id, error.__notes__) == ("job-1", KEEPS_RUNNING)


def test_whatever_ends_a_wait_says_which_job_it_was(client_class: ClientClass) -> None:
    calls = 0

    def hook(event: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise LookupError("a poll")

    service = Service(STARTED)
    with pytest.raises(LookupError) as polling:
        service.call(client_class, lambda client: client.generate_images_and_wait(**AT_ONCE), on_response=hook)

    def show(update: JobUpdate) -> None:
        raise ValueError(update.status)

    with pytest.raises(ValueError, match="pending") as showing:
        service.call(client_class, lambda client: client.generate_images_and_wait(**AT_ONCE, on_update=show))
    assert polling.value.__notes__ == showing.value.__notes__ == KEEPS_RUNNING
    finished = Service({**STARTED, "status": "completed"})
    with pytest.raises(ValueError, match="completed") as late:
        finished.call(client_class, lambda client: client.generate_images_and_wait(**AT_ONCE, on_update=show))
    assert late.value.__notes__ == ["image job job-1 has finished: wait_for_image_job('job-1')"]


def test_an_error_of_another_call_stays_its_own_but_the_job_is_billed(client_class: ClientClass) -> None:
    other = JobTimeoutError("another job", job_id="job-2", job=None, waited=1)

    def show(update: JobUpdate) -> None:
        raise other

    with pytest.raises(JobTimeoutError):
        Service(STARTED).call(client_class, lambda client: client.generate_images_and_wait(**AT_ONCE, on_update=show))
    assert (other.job_id, other.__notes__) == ("job-2", KEEPS_RUNNING)


def test_a_response_without_an_id_was_billed_all_the_same(client_class: ClientClass) -> None:
    with pytest.raises(InvalidRequestError, match="no id") as caught:
        service = Service({**STARTED, "id": ""})
        service.call(client_class, lambda client: client.generate_images_and_wait(**AT_ONCE))
    assert caught.value.may_be_billed is True


def test_what_says_how_the_job_ended_needs_no_note(client_class: ClientClass) -> None:
    for last in ({**STARTED, "status": "failed"}, STARTED):
        with pytest.raises((JobFailedError, JobTimeoutError)) as caught:
            Service(STARTED, last).call(client_class, lambda client: client.generate_images_and_wait(**AT_ONCE))
        assert (caught.value.job_id, getattr(caught.value, "__notes__", [])) == ("job-1", [])


def test_the_error_for_another_job_tells_of_its_response(client_class: ClientClass) -> None:
    response = httpx.Response(203, json={"id": "job-2", "status": "pending"}, headers={"x-request-id": "r-1"})
    with pytest.raises(MalformedResponseError, match="is about job-2") as caught:
        Service(response).call(client_class, lambda client: client.wait_for_image_job("job-1"))
    assert (caught.value.status_code, caught.value.request_id) == (203, "r-1")


def test_the_polls_have_none_of_the_first_request_s_headers(client_class: ClientClass) -> None:
    service = Service(STARTED, {**STARTED, "status": "completed"})
    extra: dict[str, Any] = {"extra_headers": {"x-trace": "1"}, "extra_query": {"beta": True}}
    service.call(client_class, lambda client: client.generate_images_and_wait(**AT_ONCE, **extra))
    assert [("x-trace" in each.headers, "beta" in each.url.params) for each in service.requests] == [
        *((True, True), (False, False)),
    ]
    assert (CCAPI.generate_images_and_wait.__doc__ or "").count("request that starts the") == 2
    assert "request that starts the" not in (CCAPI.generate_images.__doc__ or "")


@pytest.mark.parametrize("wrong", [{"timeout": 0}, {"timeout": "1"}, {"poll": 3}, {"on_update": 3}])
def test_one_call_sends_nothing_where_the_wait_could_not_follow(client_class: ClientClass, wrong: Any) -> None:
    service = Service({"id": "job-1", "status": "completed"})
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        service.call(client_class, lambda client: client.generate_images_and_wait(contents="a fox", **wrong))
    assert service.requests == []


def test_a_coroutine_function_is_for_the_asynchronous_client() -> None:
    async def show(update: JobUpdate) -> None: ...

    service = Service({"id": "job-1", "status": "completed"})
    with service.client() as client, pytest.raises(ConfigurationError, match="on_update"):
        client.generate_images_and_wait(contents="a fox", on_update=show)
    assert service.requests == []


# --- against the sandbox


@pytest.fixture
def by_its_clock() -> Iterator[Sandbox]:
    """A sandbox whose jobs go on as a test says, not as the time does."""
    with ccapi_sandbox.running(job_seconds=600, strict=True) as sandbox:
        yield sandbox


def test_a_job_is_waited_for_and_watched(by_its_clock: Sandbox) -> None:
    seen = []
    with CCAPI(by_its_clock.api_key, base_url=by_its_clock.base_url) as client:
        job = client.generate_images(contents=[{"text": "a fox"}])
        assert job.status == "pending"
        quick = PollPolicy(initial=0.02, factor=1, max_interval=0.02)
        for update in client.watch_image_job(job, poll=quick):
            seen.append(update.status)
            by_its_clock.clock.advance(300)
        assert client.wait_for_image_job(job.id).data
    assert seen == ["pending", "processing", "completed"]


@pytest.mark.anyio
async def test_a_job_is_waited_for_and_watched_asynchronously(by_its_clock: Sandbox, anyio_backend: str) -> None:
    seen = []

    async def show(update: JobUpdate) -> None:
        seen.append(f"awaited {update.status}")

    async with AsyncCCAPI(by_its_clock.api_key, base_url=by_its_clock.base_url) as client:
        job = await client.generate_images(contents=[{"text": "a fox"}])
        quick = PollPolicy(initial=0.02, factor=1, max_interval=0.02)
        async for update in client.watch_image_job(job, poll=quick):
            seen.append(update.status)
            by_its_clock.clock.advance(300)
        assert seen == ["pending", "processing", "completed"]
        await client.wait_for_image_job(job.id, on_update=show)
    assert seen[-1] == "awaited completed"


@pytest.mark.parametrize(
    ("model", "status", "kind"),
    [("sandbox/job-failed", "failed", JobFailedError), ("sandbox/job-cancelled", "cancelled", JobCancelledError)],
)
def test_a_job_that_ends_otherwise(client: CCAPI, model: str, status: str, kind: type[Exception]) -> None:
    job = client.generate_images(contents=[{"text": "x"}], model=model)
    assert [update.status for update in client.watch_image_job(job)][-1] == status
    with pytest.raises(kind):
        client.wait_for_image_job(job)


def test_a_job_that_never_ends_times_out_and_can_be_waited_for_again(client: CCAPI) -> None:
    job = client.generate_images(contents=[{"text": "x"}], model="sandbox/job-never-ends")
    with pytest.raises(JobTimeoutError) as caught:
        client.wait_for_image_job(job, timeout=0.3)
    assert caught.value.job
    with pytest.raises(JobTimeoutError):
        client.wait_for_image_job(caught.value.job_id, timeout=0.05)


@pytest.mark.anyio
async def test_cancellation_leaves_at_once(async_client: AsyncCCAPI) -> None:
    job = await async_client.generate_images(contents=[{"text": "x"}], model="sandbox/job-never-ends")
    with anyio.move_on_after(0.1) as scope:
        await async_client.wait_for_image_job(job)
    assert scope.cancelled_caught


PROGRAM = """
import sys
from ccapi_client import CCAPI

with CCAPI() as client:
    if sys.argv[1:]:
        for outcome in client.wait_for_image_jobs(sys.argv[1:]):
            print(outcome.job_id, outcome.result.status, len(outcome.result.data))
    else:
        jobs = [client.generate_images(contents=[{"text": str(number)}]) for number in range(20)]
        print(*[job.id for job in jobs], flush=True)
        for outcome in client.wait_for_image_jobs(jobs):
            print(outcome.job_id, flush=True)
"""


def test_a_wait_that_was_killed_is_taken_up_by_another_process(sandbox: Sandbox) -> None:
    environment = {"CCAPI_API_KEY": sandbox.api_key, "CCAPI_BASE_URL": sandbox.base_url}
    first = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, env=environment)
    with first:
        assert first.stdout
        ids = first.stdout.readline().split()
        first.kill()
    assert len(ids) == 20
    again = [sys.executable, "-c", PROGRAM, *ids]
    printed = subprocess.run(again, capture_output=True, text=True, env=environment, check=True).stdout
    assert sorted(printed.splitlines()) == sorted(f"{job_id} completed 1" for job_id in ids)


@dataclasses.dataclass
class Content:
    text: str


class PydanticContent(pydantic.BaseModel):
    text: str


class OtherContent:
    def to_dict(self) -> dict[str, Any]:
        return {"text": "a fox"}


@pytest.mark.parametrize("item", [Content("a fox"), PydanticContent(text="a fox"), OtherContent()])
def test_one_item_of_any_kind_of_object(client_class: ClientClass, item: Any) -> None:
    service = Service(400)
    with pytest.raises(BadRequestError):
        service.call(client_class, lambda client: client.generate_images_and_wait(contents=item))
    assert json.loads(service.requests[0].content)["contents"] == [{"text": "a fox"}]
