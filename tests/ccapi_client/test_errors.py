"""Errors say what happened, whatever the answer was, and survive being copied and pickled."""

import copy
import pickle
from typing import Any

import ccapi_client
import httpx
import pytest
from ccapi_client import APIStatusError, CCAPIError, JobTimeoutError, MalformedResponseError
from ccapi_client.errors import status_error
from ccapi_client.models import MultimodalImageGenerationResponse

JOB = MultimodalImageGenerationResponse(id="job-1", status="processing")


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (402, "BillingError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (409, "ConflictError"),
        (422, "UnprocessableEntityError"),
        (429, "RateLimitError"),
        (500, "InternalServerError"),
        (503, "InternalServerError"),
        (520, "InternalServerError"),
        (599, "InternalServerError"),
        (302, "APIStatusError"),
        (418, "APIStatusError"),
        (499, "APIStatusError"),
    ],
)
def test_each_status_has_its_error(status: int, name: str) -> None:
    error = status_error(httpx.Response(status))
    assert type(error) is getattr(ccapi_client, name)
    assert error.status_code == status
    assert str(status) in str(error)


def test_the_envelope_is_read() -> None:
    envelope = {"message": "no", "type": "billing_error", "code": "empty", "details": {"left": 0}}
    error = status_error(httpx.Response(402, json={"error": envelope}, headers={"x-request-id": "req-7"}))
    assert (error.type, error.code, error.message, error.details) == ("billing_error", "empty", "no", {"left": 0})
    assert str(error) == "402 Payment Required: no (request id req-7)"


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<html>Bad gateway</html>", b"[]", b"{}", b"null", b'{"error": "no"}', b'{"error": []}'),
        *(b'{"error": {"message": ["no"], "code": 5, "details": "x"}}', b"\xff\xfe\x00", b'{"error": {"mess'),
    ],
)
def test_any_body_makes_an_error(body: bytes) -> None:
    error = status_error(httpx.Response(502, content=body, headers={"content-type": "text/html; charset=nope"}))
    assert type(error) is ccapi_client.InternalServerError
    assert error.body == body
    assert isinstance(error.message, str)
    assert error.code is None
    assert error.details == {}


EVERY: list[CCAPIError] = [
    ccapi_client.ConfigurationError("no key"),
    ccapi_client.APITimeoutError("late"),
    MalformedResponseError("odd", status_code=200, request_id="r", body=b"x"),
    status_error(httpx.Response(429, json={"error": {"message": "slow down", "code": "rate_limit"}})),
    ccapi_client.JobFailedError("failed", JOB),
    JobTimeoutError("late", JOB, 12.5),
]


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_errors_survive_pickle_and_copy(error: CCAPIError) -> None:
    def content(each: Any) -> Any:
        return type(each), each.args, str(each), each.__dict__

    assert content(pickle.loads(pickle.dumps(error))) == content(error)
    assert content(copy.deepcopy(error)) == content(error)


def test_every_error_is_public_and_of_one_root() -> None:
    public = [getattr(ccapi_client, name) for name in ccapi_client.__all__ if name.endswith("Error")]
    assert len(public) == 19
    assert all(issubclass(kind, CCAPIError) for kind in public)
    assert issubclass(ccapi_client.RateLimitError, APIStatusError)
    assert issubclass(ccapi_client.APITimeoutError, ccapi_client.APIConnectionError)
