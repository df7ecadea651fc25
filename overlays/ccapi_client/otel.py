"""Spans and metrics of a client's calls, by OpenTelemetry: `instrument(client)` adds them. Needs `ccapi-client[otel]`.

They are made of what `on_response` and `on_retry` receive, in the names of OpenTelemetry's semantic conventions for
generative AI and for HTTP. They hold no prompts, no answers, no keys and no queries.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from . import __version__
from ._client import Client, sender_of
from ._extras import how_to_install
from ._http.address import parse
from .errors import ConfigurationError
from .policies import ResponseEvent, RetryEvent

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

E = TypeVar("E")

logger = logging.getLogger("ccapi_client")

# What an operation does, and what it gives, in the words of the conventions; other operations are plain HTTP.
GEN_AI = {
    "create_chat_completion": ("chat", "text"),
    "stream_chat_completion": ("chat", "text"),
    "parse_chat_completion": ("chat", "json"),
    "create_image": ("generate_content", "image"),
    "generate_images": ("generate_content", "image"),
    "create_speech": ("generate_content", "speech"),
    "generate_video": ("generate_content", "video"),
}
TOKENS = {"input": "prompt_tokens", "output": "completion_tokens"}


def instrument(
    client: Client[Any], *, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None
) -> None:
    """Records the calls of a client, and of the copies that are made of it from now on.

    Each call becomes a span below the current one, made when the call has ended. It is counted in the histograms
    `gen_ai.client.operation.duration` and `gen_ai.client.token.usage`, or in `http.client.request.duration`. Retries
    are counted in `ccapi.client.retries`. Hooks that the client already has are called first. An error while a call is
    recorded is logged, and never raised.

    If a copy has a hook of its own, as with `with_options(on_response=...)`, that hook replaces the recording.
    Instrument the copy too; then it is recorded again.

    Args:
        client: A `CCAPI` or an `AsyncCCAPI`.
        tracer_provider: Makes the spans; by default the global one.
        meter_provider: Makes the metrics; by default the global one.

    Raises:
        ConfigurationError: The extra is not installed, or the client is instrumented already.
    """
    try:
        from opentelemetry import metrics, trace
    except ImportError:
        raise ConfigurationError(f"OpenTelemetry is missing: {how_to_install('otel')}") from None
    sender = sender_of(client)
    on_response, on_retry = sender.options.on_response, sender.options.on_retry
    if _is_instrumented(on_response) and _is_instrumented(on_retry):
        raise ConfigurationError("this client is instrumented already")
    tracer = trace.get_tracer(__name__, __version__, tracer_provider)
    meter = metrics.get_meter(__name__, __version__, meter_provider)
    calls = _Calls(tracer, meter, trace.SpanKind.CLIENT, trace.Status(trace.StatusCode.ERROR))
    # A copy with one hook of its own still has the other.
    sender.options = sender.options.with_changes(
        on_response=on_response if _is_instrumented(on_response) else _both(on_response, calls.responded),
        on_retry=on_retry if _is_instrumented(on_retry) else _both(on_retry, calls.retried),
    )


def _is_instrumented(hook: object) -> bool:
    return getattr(hook, "is_instrumented", False)


def _both(first: Callable[[E], object] | None, second: Callable[[E], object]) -> Callable[[E], object]:
    def call(event: E) -> None:
        if first:
            first(event)
        try:
            second(event)
        except Exception:  # a result that is paid for is worth more than its record
            logger.warning("OpenTelemetry: a call can't be recorded", exc_info=True)

    call.is_instrumented = True  # type: ignore[attr-defined]
    return call


class _Calls:
    """What is recorded of the calls of one client."""

    def __init__(self, tracer: Any, meter: Any, kind: Any, failed: Any) -> None:
        self._tracer, self._kind, self._failed = tracer, kind, failed
        self._operations = meter.create_histogram("gen_ai.client.operation.duration", "s", "Duration of an operation")
        self._tokens = meter.create_histogram("gen_ai.client.token.usage", "{token}", "Tokens of an operation")
        self._requests = meter.create_histogram("http.client.request.duration", "s", "Duration of a call")
        self._retries = meter.create_counter("ccapi.client.retries", "{retry}", "Requests that are retried")

    def retried(self, event: RetryEvent) -> None:
        """Counts a retry."""
        error = event.status or type(event.exception).__name__
        self._retries.add(1, {"http.request.method": event.method, "error.type": str(error)})

    def responded(self, event: ResponseEvent) -> None:
        """Records a call that has ended."""
        address, (what, output) = parse(event.url), GEN_AI.get(event.operation or "", (None, None))
        error = None if event.error is None else str(event.status) if (event.status or 0) >= 400 else event.error
        place = {"server.address": address.host, "server.port": address.origin[2], "error.type": error}
        http = {"http.request.method": event.method, "http.response.status_code": event.status}
        model = {"gen_ai.request.model": event.model, "gen_ai.response.model": event.response_model}
        gen_ai = _known({"gen_ai.operation.name": what, "gen_ai.provider.name": "ccapi", **model}) if what else {}
        counts = [(kind, (event.usage or {}).get(name)) for kind, name in TOKENS.items()]
        tokens = {kind: count for kind, count in counts if isinstance(count, int)}
        more = {"url.full": event.url, "http.request.resend_count": event.attempts - 1 or None}
        more |= {"gen_ai.output.type": output, "ccapi.request_id": event.request_id, "ccapi.operation": event.operation}
        more |= {f"gen_ai.usage.{kind}_tokens": count for kind, count in tokens.items()}
        name, ended = f"{what} {event.model or ''}".strip() if what else event.method, time.time_ns()
        attributes, started = gen_ai | _known(place | http | more), ended - int(event.elapsed * 1e9)
        span = self._tracer.start_span(name, kind=self._kind, attributes=attributes, start_time=started)
        if error:
            span.set_status(self._failed)
        span.end(ended)
        place = gen_ai | _known(place if what else place | http)
        (self._operations if what else self._requests).record(event.elapsed, place)
        for kind, count in tokens.items():
            self._tokens.record(count, place | {"gen_ai.token.type": kind})


def _known(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}
