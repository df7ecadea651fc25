"""What each response, and its absence, means for a row: the first time, and on a retry with the same key."""

from typing import Any

import pytest
from ccapi_client import APIConnectionError, CCAPIError, ConfigurationError
from ccapi_client._http.reading import read_response
from ccapi_client._http.wire import Kind, TransportError
from ccapi_client.batch.desk import Idempotency, Seen
from ccapi_client.batch.verdicts import TRIES, Situation, Verdict, of_error, seen_in
from ccapi_client.models import LegacyImageGenerationResponse as Pictures
from ccapi_openapi.response import ResponseInfo

from ...conftest import response_of

GOOD = {"id": "img-1", "created": 1, "data": [{"url": "https://x.example/1.png"}]}
SPENT = {"error": {"message": "no money", "code": "insufficient_quota"}}
WAIT = {"retry-after": "3"}


def verdict(kind: Kind | tuple[int, Any, dict[str, str]], situation: Situation) -> Verdict:
    if isinstance(kind, Kind):
        error = APIConnectionError(kind.value)
        error.__cause__ = TransportError(kind)
        return of_error(error, None, situation)
    status, body, headers = kind
    response = response_of(body, status, headers)
    try:
        return Verdict("done", read_response(Pictures, response))
    except CCAPIError as error:
        return of_error(error, response, situation)


NOT_DELIVERED: list[Any] = [
    *(Kind.NOT_CONNECTED, Kind.CONNECT_TIMED_OUT, Kind.NO_CONNECTION_FREE, Kind.PROXY),
    *((429, {}, {}), (429, {}, WAIT), (425, {}, {}), (503, {}, WAIT)),
]
NOT_KNOWN: list[Any] = [
    *(Kind.SENDING, Kind.WRITE_TIMED_OUT, Kind.READ_TIMED_OUT, Kind.RECEIVING, Kind.NOT_HTTP, Kind.BAD_CHUNK),
    *((500, {}, {}), (502, b"<html>", {}), (503, {}, {}), (504, {}, {}), (524, {}, {}), (408, {}, {})),
    *((200, b"no JSON", {}), (200, b"", {}), (200, {"data": 5, "id": []}, {})),
]
REJECTED: list[Any] = [
    *((400, {}, {}), (403, {}, {}), (404, {}, {}), (405, {}, {}), (413, {}, {}), (422, {}, {})),
    Kind.NOT_SENT,
]
STOPS: list[Any] = [
    ((401, {}, {}), "authentication"),
    ((402, {}, {}), "billing"),
    ((429, SPENT, WAIT), "billing"),
    (Kind.TLS, "unreachable"),
    (Kind.PROXY_REFUSES_CREDENTIALS, "unreachable"),
]
EACH: list[Idempotency] = ["never", "replay", "reject"]
MODE = pytest.mark.parametrize("mode", EACH)


@MODE
def test_a_result(mode: Idempotency) -> None:
    for is_again in (False, True):
        found = verdict((200, GOOD, {}), Situation(mode, is_again, 1))
        assert (found.outcome, found.problem, found.is_free, found.stop) == ("done", None, False, None)
        assert isinstance(found.result, Pictures)


@MODE
@pytest.mark.parametrize("kind", NOT_DELIVERED)
def test_what_was_not_executed_is_sent_again(mode: Idempotency, kind: Any) -> None:
    found = verdict(kind, Situation(mode, False, TRIES + 5))
    assert (found.outcome, found.is_free, found.stop) == ("refused", True, None)
    again = verdict(kind, Situation(mode, True, 2))
    assert (again.outcome, again.is_free) == ("doubtful", False)


@pytest.mark.parametrize("kind", NOT_KNOWN)
def test_what_may_have_been_executed(kind: Any) -> None:
    assert verdict(kind, Situation("never", False, 1)).outcome == "unknown"
    for mode in ("replay", "reject"):
        for is_again in (False, True):
            found = verdict(kind, Situation(mode, is_again, 1))
            assert (found.outcome, found.is_free) == ("doubtful", False)
            assert verdict(kind, Situation(mode, is_again, TRIES)).outcome == "unknown"
            assert found.problem


@MODE
@pytest.mark.parametrize("kind", REJECTED)
def test_what_was_rejected_fails_but_says_nothing_of_an_earlier_time(mode: Idempotency, kind: Any) -> None:
    found = verdict(kind, Situation(mode, False, 1))
    assert (found.outcome, found.is_free, found.stop) == ("failed", True, None)
    again = verdict(kind, Situation(mode, True, 2))
    assert (again.outcome in ("unknown", "doubtful"), again.is_free) == (True, False)


@MODE
@pytest.mark.parametrize(("kind", "code"), STOPS)
def test_what_stops_the_run_leaves_the_row(mode: Idempotency, kind: Any, code: str) -> None:
    found = verdict(kind, Situation(mode, False, 1))
    assert (found.outcome, found.is_free) == ("refused", True)
    assert found.stop
    assert found.stop.code == code
    assert verdict(kind, Situation(mode, True, 1)).outcome == "doubtful"


@pytest.mark.parametrize(
    ("mode", "is_again", "sends", "outcome", "code"),
    [
        ("never", False, 1, "failed", "used"),
        ("never", False, 3, "failed", "used"),
        ("reject", False, 1, "failed", "used"),
        ("reject", True, 1, "unknown", "executed"),
        ("reject", False, 2, "unknown", "executed"),
        ("replay", False, 1, "failed", "used"),
        ("replay", True, 1, "doubtful", "used"),
        ("replay", True, TRIES, "unknown", "used"),
    ],
)
def test_a_conflict(mode: Idempotency, is_again: bool, sends: int, outcome: str, code: str) -> None:
    conflict = {"error": {"message": "the key was used", "code": "used"}}
    found = verdict((409, conflict, {}), Situation(mode, is_again, sends))
    assert found.problem
    assert (found.outcome, found.problem.code) == (outcome, code)


@pytest.mark.parametrize("status", [200, 302])
def test_an_error_inside_a_success_fails_and_may_have_cost(status: int) -> None:
    wrapped = {"error": {"message": "no", "code": "refused"}}
    found = verdict((status, wrapped, {}), Situation("never", False, 1))
    assert found.problem
    assert (found.outcome, found.problem.code, found.is_free) == ("failed", "refused", False)
    assert verdict((status, wrapped, {}), Situation("replay", True, 1)).outcome == "unknown"


def test_what_is_kept_of_an_error() -> None:
    body = {"error": {"message": "m" * 1000, "code": "c", "details": {"field": "x"}}}
    found = verdict((400, body, {}), Situation("never", False, 1)).problem
    assert found
    assert (found.code, len(found.message), found.status) == ("c", 500, 400)
    assert found.body
    assert '"details"' in found.body
    plain = verdict((502, b"<html>", {}), Situation("never", False, 1)).problem
    assert plain
    assert (plain.code, plain.body) == ("status_502", None)


def test_what_a_response_says_of_limits() -> None:
    headers = {
        "x-ratelimit-limit-requests": "600",
        "x-ratelimit-remaining-requests": "12",
        "x-ratelimit-reset-requests": "1m30s",
    }
    assert seen_in(ResponseInfo(200, headers, 1, 0.1), 2.0) == Seen(True, False, 600, 12, 90.0, 2.0)
    assert seen_in(ResponseInfo(200, {}, 1, 0.1), None) == Seen()


def test_a_client_that_is_closed_sends_nothing() -> None:
    error = ConfigurationError("this client is closed")
    found = of_error(error, None, Situation("never", False, 1))
    assert (found.outcome, found.is_free, found.stop and found.stop.code) == ("refused", True, "interrupted")
    assert of_error(error, None, Situation("replay", True, 1)).outcome == "doubtful"


@pytest.mark.parametrize(
    ("status", "wait", "is_refused"), [(200, None, False), (429, None, True), (425, None, True), (503, 1.0, True)]
)
def test_refusals_are_seen(status: int, wait: float | None, is_refused: bool) -> None:
    assert seen_in(ResponseInfo(status, {}, 1, 0.1), wait) == Seen(is_refused=is_refused, retry_after=wait)
    assert not seen_in(ResponseInfo(503, {}, 1, 0.1), None).is_refused
