"""The options of a client, and the requests that follow from them. Decides, and sends nothing.

What the options are, and the check of each, is in `settings`; what one call can be given beside them, in `one_call`.
"""

from __future__ import annotations

import base64
import json
import logging
import platform
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, cached_property
from typing import Any, TypeVar

import attrs
from ccapi_openapi import VERSION
from ccapi_openapi.model import Model
from ccapi_openapi.operations import CallOptions, JobOperation, Operation, StreamedOperation

from .. import _checks
from ..errors import ConfigurationError, InvalidRequestError
from ..policies import OnResponse, OnRetry, PollPolicy, RetryPolicy, Timeout
from .address import Address, parse
from .hints import check_names
from .key import Bearer, Keys, checked_key
from .one_call import added
from .report import Report
from .settings import CONNECTING, DEFAULT, OF_GET, OF_POLL, base_url_option, headers_option, timeout_option
from .target import request_target
from .validation import request_body
from .wire import Request, Secret

C = TypeVar("C", bound=Model)
R = TypeVar("R", bound=Model)

USER_AGENT = f"ccapi-client/{VERSION} python/{platform.python_version()}"
HEADERS = {"accept": "*/*", "accept-encoding": "gzip, deflate", "user-agent": USER_AGENT}
"""The headers of every request, unless it has others."""
logger = logging.getLogger("ccapi_client")
to_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@attrs.frozen(kw_only=True, slots=False)
class Options:
    """The options of a client: those of `NewClientOptions`, each with its default and its check.

    Those of `CONNECTING` are checked by the connections, which are made of them.
    """

    api_key: str | Keys = attrs.field(default=None, converter=checked_key, repr=False)
    base_url: Address = attrs.field(default=None, converter=base_url_option)
    timeout: Timeout = attrs.field(default=DEFAULT, converter=timeout_option)
    headers: dict[str, str] = attrs.field(default=None, converter=headers_option, repr=False)  # may carry secrets too
    retry: RetryPolicy = attrs.field(factory=RetryPolicy, validator=_checks.of(RetryPolicy))
    poll: PollPolicy = attrs.field(factory=PollPolicy, validator=_checks.of(PollPolicy))
    on_retry: OnRetry | None = attrs.field(default=None, validator=_checks.plain_callback)
    on_response: OnResponse | None = attrs.field(default=None, validator=_checks.plain_callback)
    max_response_bytes: int = attrs.field(default=256 * 1024 * 1024, validator=_checks.whole(1))
    verify: Any = attrs.field(default=True, repr=False)
    cert: Any = attrs.field(default=None, repr=False)  # its key may have a password
    proxy: Any = attrs.field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        if exposure := self.base_url.exposure:
            _warn(exposure)

    def with_changes(self, **changes: Any) -> Options:
        """The same options but for the changes that are not None; headers are added to those there are."""
        check_names("with_options", changes, attrs.fields_dict(Options))
        if fixed := CONNECTING & changes.keys():
            raise ConfigurationError(f"{min(fixed)}: a copy has the connections of its client: make a new client")
        given = {name: value for name, value in changes.items() if value is not None}
        if "headers" in given:
            given["headers"] = self.headers | headers_option(given["headers"])
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
        capped, target = self._of_poll.capped(max(left, 0.001)), None
        if isinstance(poll_url, str) and poll_url.strip():
            with suppress(ValueError):
                url = parse(f"{self._base}/").join(poll_url)
                if url.origin == self.base_url.origin and not url.user:
                    target = str(url)
        target = target or request_target(operation, {operation.job.parameter: job_id}).path
        request = self.request("GET", target, timeout=capped)
        if request.report:
            request.report.operation = operation.name
        return request

    @cached_property
    def _base(self) -> str:
        return self.base_url.redacted.rstrip("/")

    @cached_property
    def _of_get(self) -> Timeout:
        return self.timeout.where_not_set(OF_GET)

    @cached_property
    def _of_poll(self) -> Timeout:
        return self.timeout.where_not_set(OF_POLL)

    @cached_property
    def _own_headers(self) -> dict[str, str]:
        """The headers that go to the client's own origin alone; without the key where a callable gives it."""
        key = {} if isinstance(self.api_key, Keys) else {"authorization": Secret(f"Bearer {self.api_key}")}
        return key | self.headers

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

        The key, the headers that the client was given, and the query of its `base_url` go to the client's own origin
        alone, and there only where the address is trusted: not where another origin has sent the client there.

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
            content = None if json is None else to_json(json).encode()
        except (ValueError, TypeError) as error:  # an integer of more digits than Python writes, say
            raise InvalidRequestError(f"the arguments can't be sent: {error}") from error
        sent, bearer = dict(HEADERS), None
        if content is not None:
            sent["content-type"] = "application/json"
        if target.user:
            # As a browser would (RFC 7617), and instead of the key.
            sent["authorization"] = Secret(f"Basic {base64.b64encode(target.credentials.encode()).decode()}")
            target = target.without_user()
        elif is_own:
            sent |= self._own_headers
            if self.base_url.query:
                target = target.with_defaults(self.base_url.query)
            if isinstance(self.api_key, Keys):
                bearer = Bearer(self.api_key)
        sent |= headers or {}
        if timeout is None:
            timeout = self._of_get if method == "GET" else self.timeout
        report = Report(self.on_response) if self.on_response else None
        return Request(method.upper(), target, sent, content, timeout, bearer=bearer, report=report)

    def operation_request(
        self,
        operation: Operation[R],
        parameters: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        options: CallOptions,
    ) -> Request:
        """The request that executes an operation of the contract.

        Raises:
            InvalidRequestError: An argument is not what the contract says.
        """
        extra_body = options.get("extra_body")
        is_streamed = (body or {}).get("stream") or (isinstance(extra_body, Mapping) and extra_body.get("stream"))
        if operation.streamed_by and is_streamed:
            raise InvalidRequestError(
                f"stream: {operation.streamed_by}() streams the response; this gives the whole one"
            )
        target = request_target(operation, parameters or {})
        document = None if operation.body is None else request_body(operation.body, body or {}, extra_body)
        headers, query, timeout = added(options, operation.method, self.timeout)
        request = self.request(
            operation.method,
            target.path,
            params=target.query | query,
            json=document,
            headers=target.headers | headers,
            timeout=timeout,
        )
        if request.report:
            request.report.operation, request.report.model = operation.name, (document or {}).get("model")
        return request

    def stream_request(
        self,
        operation: StreamedOperation[C, R],
        parameters: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        options: CallOptions,
    ) -> Request:
        """The request that executes an operation and has its response streamed.

        Raises:
            InvalidRequestError: An argument is not what the contract says.
        """
        extra_body = options.get("extra_body")
        if isinstance(extra_body, Mapping) and "stream" in extra_body:
            raise InvalidRequestError("extra_body.stream: this streams the response in any case; leave it out")
        request = self.operation_request(operation, parameters, {**(body or {}), "stream": True}, options)
        return self.accepting_events(request, options)

    def accepting_events(self, request: Request, options: CallOptions) -> Request:
        """The request, which accepts an event stream unless the caller's headers say what it accepts."""
        own = {name.lower() for name in options.get("extra_headers") or {}} | self.headers.keys()
        if "accept" not in own:
            request.headers["accept"] = "text/event-stream"
        return request


@cache
def _warn(exposure: str) -> None:
    # Not refused, because gateways within a cluster often have no TLS. Once, because programs make many clients.
    logger.warning("base_url: %s", exposure)
