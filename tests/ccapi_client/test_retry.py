"""The policy, the quota and the header parser, without a socket, a clock or a sleep."""

import math
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from ccapi_client import ConfigurationError, RetryPolicy
from ccapi_client._http import retry
from ccapi_client._http.retry import Failure, Outcome, RetryQuota, error_failure, response_failure, retry_after
from ccapi_client._http.wire import Kind, TransportError
from hypothesis import given
from hypothesis import strategies as st

from ..conftest import response_of

NOW = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


def decide(policy: RetryPolicy, method: str = "POST", **changes: Any) -> float | None:
    facts: dict[str, Any] = {"attempt": 1, "elapsed": 0.0, "quota": 10.0, "chance": 1.0}
    failure = changes.pop("failure", Failure(Outcome.REFUSED, "status 429"))
    decision = retry.decide(policy, method, failure, **facts | changes)
    assert decision.reason
    return decision.delay


@pytest.mark.parametrize(
    ("outcome", "get", "post", "post_if_unknown_is_fine"),
    [
        (Outcome.NOT_DELIVERED, True, True, True),
        (Outcome.REFUSED, True, True, True),
        (Outcome.UNKNOWN, True, False, True),
        (Outcome.DEFINITE, False, False, False),
    ],
)
def test_the_table(outcome: Outcome, get: bool, post: bool, post_if_unknown_is_fine: bool) -> None:
    failure = Failure(outcome, "why")
    bold = RetryPolicy(retry_unknown_outcome=True)
    assert (decide(RetryPolicy(), "GET", failure=failure) is not None) is get
    assert (decide(RetryPolicy(), "POST", failure=failure) is not None) is post
    assert (decide(bold, "POST", failure=failure) is not None) is post_if_unknown_is_fine


def test_delays_double_up_to_the_longest_and_are_drawn_from_zero() -> None:
    policy = RetryPolicy(max_attempts=9)
    assert [decide(policy, attempt=attempt) for attempt in range(1, 8)] == [0.5, 1, 2, 4, 8, 8, 8]
    assert decide(policy, chance=0.25) == 0.125
    assert decide(policy, chance=0) == 0


def test_each_bound_ends_it() -> None:
    policy = RetryPolicy(max_attempts=3, max_elapsed=10)
    assert decide(policy, attempt=2) is not None
    assert decide(policy, attempt=3) is None
    assert decide(policy, elapsed=9.5) == 0.5
    assert decide(policy, elapsed=9.6) is None
    assert decide(policy, quota=1) is not None
    assert decide(policy, quota=0.9) is None


def test_what_the_service_asks_for_is_obeyed_or_not_tried() -> None:
    def asked(seconds: float, **changes: Any) -> float | None:
        return decide(RetryPolicy(), failure=Failure(Outcome.REFUSED, "429", retry_after=seconds), **changes)

    assert [asked(seconds) for seconds in (0, 0.25, 30, 60)] == [0, 0.25, 30, 60]
    assert asked(60.1) is None
    assert asked(50, elapsed=71) is None


policies = st.builds(
    RetryPolicy,
    max_attempts=st.integers(1, 10**6),
    base_delay=st.floats(0, 1e6),
    max_delay=st.floats(0, 1e6),
    max_elapsed=st.floats(0, 1e6),
    max_retry_after=st.floats(0, 1e6),
    retry_unknown_outcome=st.booleans(),
)
failures = st.builds(
    Failure, st.sampled_from(Outcome), st.just("why"), retry_after=st.none() | st.floats(0, allow_nan=False)
)


@given(policies, failures, st.sampled_from(["GET", "POST"]), st.integers(1, 10**6), st.floats(0, 1e9), st.floats(0, 1))
def test_a_delay_is_within_every_bound(
    policy: RetryPolicy, failure: Failure, method: str, attempt: int, elapsed: float, chance: float
) -> None:
    delay = decide(policy, method, failure=failure, attempt=attempt, elapsed=elapsed, chance=chance)
    if delay is not None:
        assert attempt < policy.max_attempts
        assert 0 <= delay <= (policy.max_delay if failure.retry_after is None else policy.max_retry_after)
        assert elapsed + delay <= policy.max_elapsed


@given(policies, failures, st.sampled_from(["GET", "POST"]), st.lists(st.floats(0, 1), min_size=1), st.floats(0, 99))
def test_a_call_ends(policy: RetryPolicy, failure: Failure, method: str, chances: list[float], duration: float) -> None:
    policy = attrs.evolve(policy, max_attempts=min(policy.max_attempts, 50))
    elapsed, attempt = duration, 1
    while True:
        chance = chances[attempt % len(chances)]
        delay = decide(policy, method, failure=failure, attempt=attempt, elapsed=elapsed, chance=chance)
        if delay is None:
            break
        attempt, elapsed = attempt + 1, elapsed + delay + duration
    assert attempt <= policy.max_attempts
    assert elapsed <= max(policy.max_elapsed, 0) + duration or attempt == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("max_attempts", 0), ("max_attempts", 2.0), ("max_attempts", True), ("base_delay", -1), ("max_delay", "8")),
        *(("max_elapsed", math.nan), ("max_retry_after", math.inf), ("retry_unknown_outcome", 1)),
    ],
)
def test_a_policy_checks_its_fields_and_is_frozen(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=name):
        RetryPolicy(**{name: value})
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(RetryPolicy(), name, value)


@pytest.mark.parametrize(
    ("status", "headers", "error", "outcome"),
    [
        (200, {}, {}, None),
        (204, {}, {}, None),
        (307, {}, {}, None),
        (429, {}, {}, Outcome.REFUSED),
        (429, {}, {"code": "rate_limit_exceeded", "type": "rate_limit_error"}, Outcome.REFUSED),
        (429, {"retry-after": "1"}, {"code": "insufficient_quota"}, Outcome.DEFINITE),
        (429, {}, {"code": "insufficient_balance"}, Outcome.DEFINITE),
        (429, {}, {"type": "billing_error"}, Outcome.DEFINITE),
        (425, {}, {}, Outcome.REFUSED),
        (503, {"retry-after": "1"}, {}, Outcome.REFUSED),
        (503, {"retry-after-ms": "0"}, {}, Outcome.REFUSED),
        (503, {"retry-after": "soon"}, {}, Outcome.UNKNOWN),
        *((status, {}, {}, Outcome.UNKNOWN) for status in (408, 500, 502, 503, 504, *range(520, 530))),
        *(
            (status, {"retry-after": "1"}, {}, Outcome.DEFINITE)
            for status in (400, 401, 402, 403, 404, 409, 413, 418, 422, 499, 501, 505, 599)
        ),
    ],
)
def test_what_an_answer_means(status: int, headers: dict[str, str], error: Any, outcome: Outcome | None) -> None:
    failure = response_failure(response_of({"error": error}, status, headers), NOW)
    assert (failure.outcome if failure else None) is outcome
    html = response_failure(response_of(b"<html>", status, headers), NOW)
    assert (html is None) is (failure is None)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (Kind.NOT_CONNECTED, Outcome.NOT_DELIVERED),
        (Kind.CONNECT_TIMED_OUT, Outcome.NOT_DELIVERED),
        (Kind.NO_CONNECTION_FREE, Outcome.NOT_DELIVERED),
        (Kind.PROXY, Outcome.NOT_DELIVERED),
        (Kind.PROXY_REFUSES_CREDENTIALS, Outcome.DEFINITE),
        (Kind.TLS, Outcome.DEFINITE),
        (Kind.NO_CERTIFICATE, Outcome.DEFINITE),
        (Kind.NOT_SENT, Outcome.DEFINITE),
        (Kind.ENCODING, Outcome.DEFINITE),
        (Kind.SENDING, Outcome.UNKNOWN),
        (Kind.READ_TIMED_OUT, Outcome.UNKNOWN),
        (Kind.WRITE_TIMED_OUT, Outcome.UNKNOWN),
        (Kind.RECEIVING, Outcome.UNKNOWN),
        (Kind.NOT_HTTP, Outcome.UNKNOWN),
        (Kind.TOO_MANY_HEADERS, Outcome.UNKNOWN),
        (Kind.BAD_CHUNK, Outcome.UNKNOWN),
        (Kind.LENGTHS, Outcome.UNKNOWN),
    ],
)
def test_what_no_answer_means(kind: Kind, outcome: Outcome) -> None:
    error = TransportError(kind, "hush")
    assert error_failure(error) == Failure(outcome, kind.value, error=error)


def test_every_kind_of_failure_is_in_the_table_above() -> None:
    (mark,) = test_what_no_answer_means.pytestmark  # type: ignore[attr-defined]
    assert {kind for kind, _ in mark.args[1]} == set(Kind)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3),
        ({"retry-after": " 3 "}, 3),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "86400"}, 86400),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "nonsense", "retry-after": "9"}, 9),
        ({"retry-after-ms": "-1"}, 0),
        # The three forms of a date, ten seconds on.
        ({"retry-after": "Sun, 06 Nov 1994 08:49:47 GMT"}, 10),
        ({"retry-after": "Sunday, 06-Nov-94 08:49:47 GMT"}, 10),
        ({"retry-after": "Sun Nov  6 08:49:47 1994"}, 10),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:27 GMT"}, 0),
        # The service's clock is an hour ahead of ours: its own Date tells.
        ({"retry-after": "Sun, 06 Nov 1994 09:49:47 GMT", "date": "Sun, 06 Nov 1994 09:49:37 GMT"}, 10),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:47 GMT", "date": "yesterday"}, 10),
        *(
            ({"retry-after": nonsense}, None)
            for nonsense in (
                *("", "soon", "1e3", "0x10", "nan", "inf", "1_000", "٣", "3,5", "1.2.3", "--1", "9" * 400),
                *(
                    "Sunday",
                    "Sun, 32 Nov 1994 08:49:37 GMT",
                    "1994-11-06T08:49:47Z",
                    "Sun, 06 Nov 1994 08:49:37 +9999",
                    "Sun, 06 Nov 99999 08:49:37 GMT",
                ),
            )
        ),
    ],
)
def test_how_long_the_service_asks_to_wait(headers: Mapping[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


tokens = st.sampled_from(
    [
        "Sun",
        "Sunday",
        ",",
        " ",
        "06",
        "-",
        "Nov",
        "1994",
        "94",
        "08:49:37",
        "GMT",
        "+9999",
        "XYZ",
        "3",
        ".",
        "5",
        "e9",
        "nan",
    ]
)
anything = st.text() | st.lists(tokens, max_size=8).map("".join) | st.lists(tokens, max_size=8).map(" ".join)


@given(st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", "date"]), anything))
def test_any_header_is_a_number_of_seconds_or_nothing(headers: dict[str, str]) -> None:
    seconds = retry_after(headers, NOW)
    assert seconds is None or (seconds >= 0 and math.isfinite(seconds))


@given(st.integers(-(10**6), 10**6), st.sampled_from(["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%c"]))
def test_any_date_is_so_many_seconds_away(offset: int, form: str) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    assert retry_after({"retry-after": (now + timedelta(seconds=offset)).strftime(form)}, now) == max(0, offset)


def test_the_quota_lasts_for_one_call_and_grows_with_calls() -> None:
    quota = RetryQuota(3)
    assert [quota.take() for _ in range(4)] == [True, True, True, False]
    quota.add(quota.PER_CALL)
    assert not quota.take()
    quota.add(quota.PER_CALL)
    assert quota.take()
    for _ in range(1000):
        quota.add(quota.PER_CALL)
    assert quota.left == quota.MOST


def test_threads_take_no_more_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    quota, taken = RetryQuota(3), list[bool]()
    quota.add(97)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        work = lambda: taken.extend(quota.take() for _ in range(200))
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert sum(taken) == 100
