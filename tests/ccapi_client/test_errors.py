"""Errors say what happened, whatever the answer was, and survive being copied and pickled."""

import copy
import pickle
from typing import Any

import ccapi_client
import httpx
import pytest
from ccapi_client import APIStatusError, CCAPIError, JobTimeoutError, MalformedResponseError
from ccapi_client.models import MultimodalImageGenerationResponse
from ccapi_client.response import status_error

JOB = MultimodalImageGenerationResponse(id="job-1", status="processing")


EVERY: list[CCAPIError] = [
    ccapi_client.ConfigurationError("no key"),
    ccapi_client.APITimeoutError("late"),
    MalformedResponseError("odd", status_code=200, request_id="r", body=b"x"),
    status_error(
        httpx.Response(429, json={"error": {"message": "slow down"}}, request=httpx.Request("POST", "http://x/"))
    ),
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
