"""Faults as they are written and as they come, and each of them as a client sees it, on a real socket."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import ccapi_sandbox.faults
import httpx
import pytest
from ccapi_client import (
    CCAPI,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    BillingError,
    CCAPIError,
    InternalServerError,
    JobCancelledError,
    JobFailedError,
    JobTimeoutError,
    MalformedResponseError,
    PollPolicy,
    RateLimitError,
    RetryPolicy,
    StreamError,
    StreamInterruptedError,
    Timeout,
)
from ccapi_client._client import sender_of
from ccapi_sandbox import Sandbox
from ccapi_sandbox.faults import KINDS, Fault, Faults, parse
from hypothesis import given
from hypothesis import strategies as st

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("429", Fault("429")),
        (
            " 429 ; retry-after=2.5; times=2;executed=true ",
            Fault("429", retry_after=2.5, times=2, executed=True),
        ),
        ("slow;seconds=0.5", Fault("slow", seconds=0.5)),
        ("cut-stream;after=0", Fault("cut-stream", after=0)),
    ],
)
def test_faults_are_read(text: str, fault: Fault) -> None:
    assert parse(text) == fault


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "'' is not a fault"),
        ("oops", "'oops' is not a fault; there are 400 ... 599, billing"),
        ("200", "'200' is not a fault"),
        ("999", "'999' is not a fault"),
        ("400 ... 599", "is not a fault"),
        ("429;often=2", "'often' is not a setting of a fault; there are retry-after, times"),
        ("429;times=x", "times: a whole number from 0 to 10000 is expected, not 'x'"),
        ("429;times=-1", "times: a whole number"),
        ("429;times=10001", "times: a whole number"),
        ("slow;model=a/b", "model and executed only apply to a status, not to 'slow'"),
        ("500;model=a/b;executed=true", "model and executed can't be combined"),
        ("429;retry-after=-1", "retry-after: a number of 0 or more is expected, not '-1'"),
        ("429;seconds=inf", "seconds: a number of 0 or more is expected"),
        ("429;executed=yes", "executed: true or false is expected, not 'yes'"),
    ],
)
def test_what_is_no_fault_is_told(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        parse(text)


@given(st.text(max_size=30) | st.text("0123456789;=-timesafter ", max_size=30))
def test_any_text_is_a_fault_or_an_error_of_ours(text: str) -> None:
    with suppress(ValueError):
        parse(text)


def test_how_often_a_fault_happens() -> None:
    faults = Faults()
    assert [bool(faults.of("429;times=2", "key", "p")) for _ in range(4)] == [True, True, False, False]
    assert [bool(faults.of("429;times=2", "other", "p")) for _ in range(3)] == [True, True, False]
    assert [bool(faults.of("429;times=1", None, "p")) for _ in range(2)] == [True, False]
    assert [bool(faults.of("429", None, "p")) for _ in range(3)] == [True] * 3
    faults.fail_next(parse("503;times=2"))
    faults.fail_next(parse("500"))
    assert [fault and fault.kind for fault in (faults.of(None, None, "p") for _ in range(4))] == [
        "503",
        "503",
        "500",
        None,
    ]
    with pytest.raises(ValueError, match="is not a fault"):
        faults.of("oops", None, "p")


def test_the_count_of_a_fault_begins_anew_without_a_key() -> None:
    faults, twice, once = Faults(), "429;times=2", "503;times=1"

    def failing(*headers: str | None, key: str | None = None, place: str = "p") -> list[bool]:
        return [bool(faults.of(header, key, place)) for header in headers]

    assert failing(*[twice] * 6) == [True, True, False] * 2  # a request that passes ends the row
    assert failing(twice, None, twice, twice, twice) == [True, False, True, True, False]
    assert failing(twice, once, once, twice, twice, twice) == [True, True, False, True, True, False]
    assert failing(twice, place="p") + failing(twice, place="q") + failing(twice, place="p") == [True] * 3
    assert failing(*[twice] * 6, key="k") == [True, True] + [False] * 4
    assert failing(*[twice] * 2, key="new") == [True, True]


def test_a_fault_that_is_set_again_begins_anew() -> None:
    faults = Faults()
    for _ in range(2):
        faults.fail_next(parse("503;times=3"))
        assert faults.of(None, None, "p")
    assert [bool(faults.of(None, None, "p")) for _ in range(3)] == [True, True, False]
    for _ in range(2):
        faults.fail_next(parse("500"))  # without `times`, one more each
    assert [bool(faults.of(None, None, "p")) for _ in range(3)] == [True, True, False]


def test_the_fault_of_all_requests_is_counted_too() -> None:
    faults = Faults(parse("503;times=1"))
    assert [bool(faults.of(None, "k", "p")) for _ in range(3)] == [True, False, False]
    assert [bool(faults.of(None, None, "p")) for _ in range(4)] == [True, False] * 2


def test_the_counts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ccapi_sandbox.faults, "MOST", 3)
    faults = Faults()
    for number in range(10):
        for key in (None, f"k{number}"):
            assert faults.of("429;times=1", key, f"p{number}")
            assert len(faults._by_place) + len(faults._by_key) <= 3 + 3


def test_a_client_without_keys_fails_as_often_each_time(sandbox: Sandbox) -> None:
    sandbox.reset()
    headers = {"Authorization": f"Bearer {sandbox.api_key}", "X-Sandbox-Fault": "503;times=1"}
    with httpx.Client(base_url=sandbox.base_url, headers=headers) as http:
        assert [http.get("/models").status_code for _ in range(4)] == [503, 200, 503, 200]
        assert http.get("/models").status_code == 503
        sandbox.reset()
        assert [http.get("/models").status_code for _ in range(2)] == [503, 200]


def test_a_share_of_all_requests_fails_the_same_ones_each_time() -> None:
    def failing(seed: int) -> list[bool]:
        faults = Faults(parse("503"), 0.3, seed)
        return [bool(faults.of(None, None, "p")) for _ in range(1000)]

    assert 250 < sum(failing(1)) < 350
    assert failing(1) == failing(1) != failing(2)


# As a client sees them


async def no_sleep(seconds: float) -> None:
    pass


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[CCAPI]:
    sandbox.reset()
    with CCAPI(
        sandbox.api_key, base_url=sandbox.base_url, timeout=30, poll=PollPolicy(initial=0.02, max_interval=0.05)
    ) as client:
        sender_of(client).sleep = no_sleep
        yield client
    sandbox.reset()


def failing(client: CCAPI, fault: str, **options: Any) -> CCAPI:
    if fault.startswith("stall"):  # it is waited for
        options = {"timeout": Timeout(connect=30, read=1.5), **options}
    return client.with_options(headers={"X-Sandbox-Fault": fault}, **options)


def picture(client: CCAPI) -> Any:
    return client.create_image(prompt="a fox", size="8x8")


def test_a_rate_limit_passes_and_nothing_is_carried_out_twice(client: CCAPI, sandbox: Sandbox) -> None:
    waits: list[float] = []
    limited = failing(client, "429;retry-after=2;times=2", on_retry=lambda event: waits.append(event.delay))
    assert picture(limited).data
    assert waits == [2.0, 2.0]
    assert [(each.status, each.executed) for each in sandbox.requests] == [(429, False), (429, False), (200, True)]
    assert len({each.idempotency_key for each in sandbox.requests}) == 1


OF_A_CALL: list[tuple[str, type[CCAPIError], bool]] = [
    ("500", InternalServerError, False),
    ("500;executed=true", InternalServerError, True),
    ("503", InternalServerError, False),
    ("520", InternalServerError, False),
    ("html-error", InternalServerError, False),
    ("billing", BillingError, False),
    ("empty", MalformedResponseError, False),
    ("malformed", MalformedResponseError, False),
    ("cut-body", APIConnectionError, True),
    ("stall", APITimeoutError, True),
    ("418", APIStatusError, False),
]
OF_A_JOB: list[tuple[str, type[CCAPIError]]] = [
    ("job-failed", JobFailedError),
    ("job-cancelled", JobCancelledError),
    ("job-never-ends", JobTimeoutError),
]
OF_A_STREAM: list[tuple[str, type[CCAPIError], int | None]] = [
    ("cut-stream;after=2", StreamInterruptedError, 2),
    ("cut-body;after=3", StreamInterruptedError, 3),
    ("cut-stream;after=999", StreamInterruptedError, None),
    ("stall;after=1", StreamInterruptedError, 1),
    ("stall;after=999", StreamInterruptedError, None),
    ("stream-error;after=3", StreamError, 3),
    ("stream-error;after=999", StreamError, None),
]


@pytest.mark.parametrize(("fault", "error", "executed"), OF_A_CALL)
def test_faults_of_a_call(client: CCAPI, sandbox: Sandbox, fault: str, error: type[CCAPIError], executed: bool) -> None:
    with pytest.raises(error):
        picture(failing(client, fault))
    (entry,) = sandbox.requests
    assert (entry.fault, entry.executed) == (fault.split(";")[0], executed)
    client.list_models()  # by now the sandbox has seen that the client hung up
    assert (entry.status is None) is (fault == "stall")


def test_slow(client: CCAPI) -> None:
    with pytest.raises(APITimeoutError):
        picture(failing(client, "slow;seconds=30", retry=RetryPolicy(max_attempts=1), timeout=0.5))
    assert picture(failing(client, "slow;seconds=0.01")).data


def test_a_wrong_fault_is_told(client: CCAPI) -> None:
    with pytest.raises(CCAPIError, match="X-Sandbox-Fault: 'oops' is not a fault"):
        picture(failing(client, "oops"))


@pytest.mark.parametrize(("fault", "error"), OF_A_JOB)
def test_faults_of_a_job(client: CCAPI, sandbox: Sandbox, fault: str, error: type[CCAPIError]) -> None:
    job = failing(client, fault).generate_images(contents=[{"text": "a fox"}])
    sandbox.clock.advance(60)
    with pytest.raises(error):
        client.wait_for_image_job(job, timeout=0.3 if error is JobTimeoutError else 30)


def test_a_status_that_the_contract_does_not_list(client: CCAPI, sandbox: Sandbox) -> None:
    job = failing(client, "unknown-status").generate_images(contents=[{"text": "a fox"}])
    seen = [update.status for update in client.watch_image_job(job)]
    assert seen[-2:] == ["waiting_for_provider", "completed"]


def test_a_stream_that_only_lacks_its_end_mark_is_whole(client: CCAPI) -> None:
    with failing(client, "no-done").stream_chat_completion(model="sandbox/babble", messages=HELLO) as stream:
        assert stream.final().choices[0].finish_reason == "stop"


@pytest.mark.parametrize(("fault", "error", "chunks"), OF_A_STREAM)
def test_faults_of_a_stream(client: CCAPI, fault: str, error: type[CCAPIError], chunks: int | None) -> None:
    seen = 0
    with failing(client, fault).stream_chat_completion(model="sandbox/babble", messages=HELLO) as stream:
        with pytest.raises(error) as caught:
            for _ in stream:
                seen += 1
        assert stream.partial
    assert type(caught.value) is error
    assert seen == chunks or (chunks is None and seen > 3)


def test_a_model_that_fails_is_passed_over(client: CCAPI) -> None:
    models = ["openai/gpt-4o-mini", "sandbox/babble"]
    fault = "503;model=openai/gpt-4o-mini"
    answer = failing(client, fault).create_chat_completion(models=models, messages=HELLO, max_tokens=4)
    assert answer.model == "sandbox/babble"
    with pytest.raises(InternalServerError):
        failing(client, fault).create_chat_completion(model="openai/gpt-4o-mini", messages=HELLO)


def test_audio_itself(client: CCAPI) -> None:
    speech = failing(client, "raw-audio").create_speech(
        model="openai/tts-1", input="Good morning.", output_format="wav"
    )
    assert client.download(speech)[:4] == b"RIFF"
    assert not speech.id


def test_fields_that_the_contract_does_not_list(client: CCAPI) -> None:
    more = failing(client, "extra-fields")
    assert picture(more).data[0].url
    assert more.create_chat_completion(model="sandbox/babble", messages=HELLO).choices[0].message.content
    with more.stream_chat_completion(model="sandbox/babble", messages=HELLO) as stream:
        assert "".join(stream.text())
    assert more.list_models().data[0].id
    with pytest.raises(CCAPIError, match="There is no image job"):
        more.get_image_job("none")


def test_every_kind_is_tried_here() -> None:
    listed = {str(each[0]).split(";")[0] for each in [*OF_A_CALL, *OF_A_JOB, *OF_A_STREAM]}
    # Those that no error follows from have tests of their own above; "400 ... 599" is 500 and others.
    own = {"slow", "unknown-status", "raw-audio", "extra-fields", "no-done", "400 ... 599"}
    assert listed | own >= set(KINDS)


def test_a_stream_that_is_carried_out_and_fails_with_a_status(client: CCAPI, sandbox: Sandbox) -> None:
    stream = failing(client, "500;executed=true").stream_chat_completion(model="sandbox/babble", messages=HELLO)
    with pytest.raises(InternalServerError), stream:
        pass
    assert [(each.status, each.executed) for each in sandbox.requests] == [(500, True)]


def test_faults_by_option() -> None:
    with ccapi_sandbox.running(fault="503;retry-after=0", fault_rate=0.5, seed=3) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        with httpx.Client(base_url=sandbox.base_url, headers=headers) as http:
            statuses = [http.get("/models").status_code for _ in range(40)]
    assert set(statuses) == {200, 503}
    assert 10 < statuses.count(503) < 30


def test_limits_by_option() -> None:
    with ccapi_sandbox.running(requests_per_minute=2, balance=0.01) as sandbox:
        client = CCAPI(sandbox.api_key, base_url=sandbox.base_url, retry=RetryPolicy(max_attempts=1))
        picture(client)
        picture(client)
        with pytest.raises(RateLimitError) as caught:
            picture(client)
        assert caught.value.retry_after
        assert 50 < caught.value.retry_after <= 60
        sandbox.clock.advance(60)
        with pytest.raises(BillingError):
            picture(client)
        client.close()
        assert sum(entry.billed for entry in sandbox.requests) == pytest.approx(0.018)
