"""Python client for CCAPI, the gateway to many providers' chat, speech, image and video models.

```python
from ccapi_client import CCAPI

with CCAPI() as client:
    job = client.generate_images(contents=[{"text": "a lighthouse in a storm"}])
    job = client.wait_for_image_job(job)
    print(client.save(job, "pictures/"))
```
"""

from ccapi_openapi import VERSION as __version__
from ccapi_openapi.response import RateLimit, ResponseInfo

from . import media
from ._chat.stream import AsyncEventStream, EventStream
from ._http.plain import RequestResult
from ._jobs.many import JobOutcomes
from ._jobs.schedule import JobOutcome
from ._jobs.waiting import JobUpdate
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
