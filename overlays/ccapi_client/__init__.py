"""Python client for CCAPI, the gateway to many providers' chat, speech, image and video models.

```python
from ccapi_client import CCAPI

with CCAPI() as client:
    job = client.generate_images(contents=[{"text": "a lighthouse in a storm"}])
    job = client.wait_for_image_job(job)
    print(client.save(job, "pictures/"))
```
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ccapi_openapi import VERSION as __version__
from ccapi_openapi.response import RateLimit, ResponseInfo

from . import media
from ._chat.stream import AsyncEventStream, EventStream
from .async_client import AsyncCCAPI
from .client import CCAPI
from .errors import (
    AnswerError,
    AnswerRefusedError,
    AnswerTruncatedError,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    BillingError,
    CCAPIError,
    ConfigurationError,
    ConflictError,
    InternalServerError,
    InvalidAnswerError,
    InvalidRequestError,
    JobCancelledError,
    JobFailedError,
    JobTimeoutError,
    MalformedResponseError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    StreamError,
    StreamInterruptedError,
    UnprocessableEntityError,
)
from .policies import PollPolicy, ResponseEvent, RetryEvent, RetryPolicy, Timeout

if TYPE_CHECKING:
    from ._http.plain import RequestResult
    from ._jobs.many import JobOutcomes
    from ._jobs.schedule import JobOutcome
    from ._jobs.waiting import JobUpdate

__all__ = [
    "CCAPI",
    "AsyncCCAPI",
    "media",
    "Timeout",
    "RetryPolicy",
    "RetryEvent",
    "ResponseEvent",
    "PollPolicy",
    "ResponseInfo",
    "RateLimit",
    "RequestResult",
    "EventStream",
    "AsyncEventStream",
    "JobUpdate",
    "JobOutcome",
    "JobOutcomes",
    "CCAPIError",
    "ConfigurationError",
    "InvalidRequestError",
    "APIConnectionError",
    "APITimeoutError",
    "APIStatusError",
    "BadRequestError",
    "AuthenticationError",
    "BillingError",
    "PermissionDeniedError",
    "NotFoundError",
    "ConflictError",
    "UnprocessableEntityError",
    "RateLimitError",
    "InternalServerError",
    "MalformedResponseError",
    "JobFailedError",
    "JobCancelledError",
    "JobTimeoutError",
    "StreamError",
    "StreamInterruptedError",
    "AnswerError",
    "AnswerRefusedError",
    "AnswerTruncatedError",
    "InvalidAnswerError",
    "__version__",
]

_LATER = {
    "RequestResult": "._http.plain",
    "JobOutcomes": "._jobs.many",
    "JobOutcome": "._jobs.schedule",
    "JobUpdate": "._jobs.waiting",
}
"""Where those are that are imported on first use: most programs never name them."""

if not TYPE_CHECKING:  # or else a type checker would let every name pass

    def __getattr__(name: str) -> Any:
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(_LATER[name], __name__), name)
        return found

    def __dir__() -> list[str]:
        return [*globals(), *_LATER]
