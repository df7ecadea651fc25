"""The options of a client, and the requests that follow from them. Decides, and sends nothing."""

from __future__ import annotations

import base64
import json
import os
import platform
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, Protocol, TypedDict, TypeVar

import attrs
from ccapi_openapi import VERSION
from ccapi_openapi.model import Model
from ccapi_openapi.operations import JobOperation, Operation, StreamedOperation

from .. import _checks
from ..errors import ConfigurationError, InvalidRequestError
from ..policies import STEPS, OnRetry, PollPolicy, RetryPolicy, Timeout
from .address import Address, parse
from .validation import is_header_value, request_body, request_target
from .wire import Request, Secret

C = TypeVar("C", bound=Model)
R = TypeVar("R", bound=Model)

PRODUCTION_URL = "https://api.ccapi.ai/v1"
_HEADER_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
USER_AGENT = f"ccapi-client/{VERSION} python/{platform.python_version()}"
HEADERS = {"accept": "*/*", "accept-encoding": "gzip, deflate", "user-agent": USER_AGENT}
"""The headers of every request, unless it has others."""
_to_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def _api_key(value: str | None) -> str:
    if not isinstance(value, str | None):
        raise ConfigurationError("api_key: a text is expected")
    key = Secret((os.environ.get("CCAPI_API_KEY", "") if value is None else value).strip())
    if not key:
        raise ConfigurationError(
            "no API key: pass api_key=... or set CCAPI_API_KEY; keys are made at https://ccapi.ai. "
            "To develop without one: pip install 'ccapi-client[sandbox]', then python -m ccapi_sandbox"
        )
    if not (key.isascii() and key.isprintable() and " " not in key):
        # Never shown, not even in part: httpx would put the whole header into its own message.
        raise ConfigurationError("api_key: it holds characters that no key has; was it pasted whole, and alone?")
    return key


def _base_url(value: object) -> Address:
    text = os.environ.get("CCAPI_BASE_URL") or PRODUCTION_URL if value is None else str(value)
    text = text.strip().rstrip("/")
    try:
        url = parse(text)
        if not ("?" in text or "#" in text or url.user):
            return url
        why = "it has a query, a fragment or a user"
    except ValueError as error:
        why = str(error)
    # The address itself stays out of the message: it may hold a password.
    raise ConfigurationError(f"base_url: an address like {PRODUCTION_URL} is expected: {why}")


class HasHost(Protocol):
    """A URL of an HTTP library, such as `httpx.URL`."""

    @property
    def host(self) -> str:
        """The host."""
        ...


class HasSteps(Protocol):
    """A timeout of an HTTP library, such as `httpx.Timeout`: seconds for each step, None for no limit."""

    connect: float | None
    read: float | None
    write: float | None
    pool: float | None


DEFAULT = Timeout()
"""Without a timeout of the caller's: a picture may take minutes, and is billed whether somebody waits or not."""
OF_GET, OF_POLL = 60.0, 30.0
"""How long a step of a GET, and of a poll, takes at most where nobody has set it: one that hangs is better retried."""


def _timeout(value: Any) -> Timeout:
    """Seconds for each step; or a timeout of ours, or of an HTTP library, by its fields."""
    if isinstance(value, Timeout):
        return value
    has_steps = all(hasattr(value, step) for step in STEPS)
    steps = [getattr(value, step) if has_steps else value for step in STEPS]
    for seconds in steps:
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        is_right = is_number and (seconds >= 0 if has_steps else 0 < seconds <= _checks.LONGEST)
        if not (is_right or (has_steps and seconds is None)):
            raise ConfigurationError(f"timeout: seconds above 0, or a Timeout, are expected, not {value!r}")
    bounded = [None if seconds is None else min(max(seconds, 0.001), _checks.LONGEST) for seconds in steps]
    return Timeout(**dict(zip(STEPS, bounded, strict=True)))


def _headers(value: Mapping[str, str] | None) -> dict[str, str]:
    headers = dict(value or {}) if isinstance(value, Mapping | None) else {"": ""}
    for name, text in headers.items():
        # The value itself stays out of the message: it may be a secret.
        if not (isinstance(name, str) and re.fullmatch(_HEADER_NAME, name)):
            raise ConfigurationError(f"headers: names as RFC 9110 has them are expected, not {name!r}")
        if name.lower() == "authorization":
            raise ConfigurationError("headers: the key is given as api_key, not as a header")
        if name.lower() in ("content-length", "transfer-encoding", "host"):
            raise ConfigurationError(f"headers: {name!r} follows from the request itself")
        if not (isinstance(text, str) and is_header_value(text)):
            raise ConfigurationError(
                f"headers: the value of {name!r} has to be printable ASCII text, without spaces around"
            )
    return {name.lower(): Secret(text) for name, text in headers.items()}


class ClientOptions(TypedDict, total=False):
    """What a client can be set up with, beside its key and its transport; `CCAPI` describes each."""

    base_url: str | HasHost
    timeout: float | Timeout | HasSteps
    retry: RetryPolicy
    poll: PollPolicy
    on_retry: OnRetry | None
    headers: Mapping[str, str] | None
    max_response_bytes: int


@attrs.frozen(kw_only=True, slots=False)
class Options:
    """The options of a client: those of `ClientOptions`, each with its default and its check."""

    api_key: str = attrs.field(default=None, converter=_api_key, repr=False)
    base_url: Address = attrs.field(default=None, converter=_base_url)
    timeout: Timeout = attrs.field(default=DEFAULT, converter=_timeout)
    headers: dict[str, str] = attrs.field(default=None, converter=_headers, repr=False)  # may carry secrets too
    retry: RetryPolicy = attrs.field(factory=RetryPolicy, validator=_checks.of(RetryPolicy))
    poll: PollPolicy = attrs.field(factory=PollPolicy, validator=_checks.of(PollPolicy))
    on_retry: OnRetry | None = attrs.field(default=None, validator=_checks.plain_callback)
    max_response_bytes: int = attrs.field(default=256 * 1024 * 1024, validator=_checks.whole(1))

    def with_changes(self, **changes: Any) -> Options:
        """The same options but for the changes that are not None; headers are added to those there are."""
        unknown = changes.keys() - attrs.fields_dict(Options).keys()
        if unknown:
            raise TypeError(f"with_options() got an unexpected keyword argument {min(unknown)!r}")
        given = {name: value for name, value in changes.items() if value is not None}
        if "headers" in given:
            given["headers"] = self.headers | _headers(given["headers"])
        return attrs.evolve(self, **given)

    def poll_policy(self, timeout: float | None, poll: PollPolicy | None) -> PollPolicy:
        """How to wait for a job: as set up, but for a policy or a timeout that is given."""
        policy = self.poll if poll is None else poll
        _checks.argument("poll", policy, _checks.of(PollPolicy))
        return policy if timeout is None else attrs.evolve(policy, timeout=timeout)

    def poll_request(self, operation: JobOperation[Any], job_id: str, poll_url: object, left: float) -> Request:
        """The request that polls a job.

        Its `poll_url` is followed on the client's own origin alone; else the job is polled by its id.

        Args:
            operation: The operation that polls.
            job_id: The job's id.
            poll_url: Where the service says to poll.
            left: How long to wait for the response at most, in seconds.
        """
        capped = self._of_poll.capped(max(left, 0.001))
        if isinstance(poll_url, str) and poll_url.strip():
            with suppress(ValueError):
                url = parse(f"{self._base}/").join(poll_url)
                if url.origin == self.base_url.origin and not url.user:
                    return self.request("GET", str(url), timeout=capped)
        return self.request("GET", request_target(operation, {operation.job.parameter: job_id}).path, timeout=capped)

    @cached_property
    def _base(self) -> str:
        return str(self.base_url).rstrip("/")

    @cached_property
    def _of_get(self) -> Timeout:
        return self.timeout.where_not_set(OF_GET)

    @cached_property
    def _of_poll(self) -> Timeout:
        return self.timeout.where_not_set(OF_POLL)

    @cached_property
    def _own_headers(self) -> dict[str, str]:
        """The headers that go to the client's own origin alone."""
        return {"authorization": Secret(f"Bearer {self.api_key}"), **self.headers}

    def request(
        self,
        method: str,
        url: str,
        *,
        is_trusted: bool = True,
        params: Mapping[str, Any] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        timeout: Timeout | None = None,
    ) -> Request:
        """A request for a path of the API or a whole URL.

        The key, and the headers that the client was given, go to the client's own origin alone, and there only where
        the address is trusted: not where another origin has sent the client there.

        Args:
            method: Its method.
            url: The path or the URL.
            is_trusted: Whether the address is.
            params: What its query holds.
            json: Its body, as what JSON can tell; none without.
            headers: More headers, with names in lower case; they go before those of the client.
            timeout: How long to wait; else as long as the client does.

        Raises:
            InvalidRequestError: The URL is none, or an argument can't be sent.
        """
        try:
            target = parse(f"{self._base}{url}" if url.startswith("/") else url)
        except ValueError as error:
            raise InvalidRequestError(f"{method.upper()}: the address can't be used: {error}") from None
        is_own = is_trusted and (url.startswith("/") or target.origin == self.base_url.origin)
        try:
            if params:
                target = target.with_parameters(params)
            content = None if json is None else _to_json(json).encode()
        except (ValueError, TypeError) as error:  # an integer of more digits than Python writes, say
            raise InvalidRequestError(f"the arguments can't be sent: {error}") from error
        sent = dict(HEADERS)
        if content is not None:
            sent["content-type"] = "application/json"
        if target.user:
            # As a browser would (RFC 7617), and instead of the key.
            sent["authorization"] = Secret(f"Basic {base64.b64encode(target.credentials.encode()).decode()}")
            target = target.without_user()
        elif is_own:
            sent |= self._own_headers
        sent |= headers or {}
        if timeout is None:
            timeout = self._of_get if method == "GET" else self.timeout
        return Request(method.upper(), target, sent, content, timeout)

    def operation_request(
        self,
        operation: Operation[R],
        parameters: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        extra_body: Mapping[str, Any] | None,
    ) -> Request:
        """The request that executes an operation of the contract.

        Raises:
            InvalidRequestError: An argument is not what the contract says.
        """
        is_streamed = (body or {}).get("stream") or (isinstance(extra_body, Mapping) and extra_body.get("stream"))
        if operation.streamed_by and is_streamed:
            raise InvalidRequestError(
                f"stream: {operation.streamed_by}() streams the response; this gives the whole one"
            )
        target = request_target(operation, parameters or {})
        document = None if operation.body is None else request_body(operation.body, body or {}, extra_body)
        return self.request(operation.method, target.path, params=target.query, json=document, headers=target.headers)

    def stream_request(
        self,
        operation: StreamedOperation[C, R],
        parameters: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        extra_body: Mapping[str, Any] | None,
    ) -> Request:
        """The request that executes an operation and has its response streamed.

        Raises:
            InvalidRequestError: An argument is not what the contract says.
        """
        if isinstance(extra_body, Mapping) and "stream" in extra_body:
            raise InvalidRequestError("extra_body.stream: this streams the response in any case; leave it out")
        request = self.operation_request(operation, parameters, {**(body or {}), "stream": True}, extra_body)
        request.headers["accept"] = "text/event-stream"
        return request
