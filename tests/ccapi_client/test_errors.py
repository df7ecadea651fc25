"""Errors say what happened, whatever the answer was, and survive being copied and pickled."""

import copy
import pickle
from typing import Any, cast

import ccapi_client
import pytest
from ccapi_client import (
    AnswerError,
    AnswerRefusedError,
    APIStatusError,
    CCAPIError,
    JobTimeoutError,
    MalformedResponseError,
    StreamError,
)
from ccapi_client.models import (
    ChatChoice,
    ChatCompletionMessage,
    ChatCompletionResponse,
    MultimodalImageGenerationResponse,
)

JOB = MultimodalImageGenerationResponse(id="job-1", status="processing")


def instance(name: str) -> CCAPIError:
    kind = getattr(ccapi_client, name)
    if issubclass(kind, APIStatusError):
        facts = {"status_code": 400, "request_id": "r", "retry_after": 1.5, "idempotency_key": "k", "body": b"x"}
        return cast(
            CCAPIError,
            kind("no", error={"message": "no", "code": "c", "param": "n", "details": {"field": "n"}}, **facts),
        )
    if issubclass(kind, MalformedResponseError):
        return MalformedResponseError("odd", status_code=200, request_id="r", body=b"x")
    if issubclass(kind, JobTimeoutError):
        return JobTimeoutError("late", job_id="job-1", job=JOB, waited=12.5)
    if issubclass(kind, AnswerRefusedError):
        return AnswerRefusedError("no", refusal="I can't.", text="{")
    if issubclass(kind, AnswerError):
        return cast(CCAPIError, kind("no", text="{", completion=ChatCompletionResponse(choices=[])))
    if issubclass(kind, StreamError):
        partial = ChatCompletionResponse(
            choices=[ChatChoice(message=ChatCompletionMessage(role="assistant", content="Hel"))]
        )
        facts = {"request_id": "r", "idempotency_key": "k", "partial": partial, "body": b"x"}
        return cast(CCAPIError, kind("no", error={"code": "c", "details": {"a": 1}}, **facts))
    return cast(CCAPIError, kind("no", job_id="job-1", job=JOB) if name.startswith("Job") else kind("no"))


EVERY = [instance(name) for name in ccapi_client.__all__ if name.endswith("Error")]


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_errors_survive_pickle_and_copy(error: CCAPIError) -> None:
    def content(each: Any) -> Any:
        return type(each), each.args, str(each), each.__dict__ | {"response": each.response}

    assert content(pickle.loads(pickle.dumps(error))) == content(error)
    assert content(copy.deepcopy(error)) == content(error)


def test_every_error_is_public_and_of_one_root() -> None:
    public = [getattr(ccapi_client, name) for name in ccapi_client.__all__ if name.endswith("Error")]
    assert len(public) == 25
    assert all(issubclass(kind, CCAPIError) for kind in public)
    assert issubclass(ccapi_client.RateLimitError, APIStatusError)
    assert issubclass(ccapi_client.APITimeoutError, ccapi_client.APIConnectionError)
    assert issubclass(ccapi_client.StreamInterruptedError, StreamError)
