"""Spans and metrics, as OpenTelemetry's own SDK collects them."""

import sys
from collections.abc import Iterator
from typing import Any

import attrs
import httpx
import pytest
from ccapi_client import CCAPI, AsyncCCAPI, BadRequestError, ConfigurationError, ResponseEvent, RetryEvent, otel
from ccapi_openapi.api import audio, images
from ccapi_openapi.api import chat as chat_api
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from ..scripted import ClientClass, Service
from .test_report import ANSWER, chat


@attrs.define
class Telemetry:
    """What was collected."""

    spans_of: InMemorySpanExporter = attrs.field(factory=InMemorySpanExporter)
    reader: InMemoryMetricReader = attrs.field(factory=InMemoryMetricReader)
    tracer_provider: TracerProvider = attrs.field(factory=TracerProvider)
    meter_provider: MeterProvider = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self.spans_of))
        self.meter_provider = MeterProvider([self.reader])

    @property
    def providers(self) -> dict[str, Any]:
        return {"tracer_provider": self.tracer_provider, "meter_provider": self.meter_provider}

    @property
    def span(self) -> ReadableSpan:
        (found,) = self.spans_of.get_finished_spans()
        return found

    def metrics(self) -> dict[str, list[tuple[float, dict[str, Any]]]]:
        """The sums of each metric, with their attributes."""
        data: Any = self.reader.get_metrics_data()
        return {
            metric.name: [
                (point.sum if hasattr(point, "sum") else point.value, dict(point.attributes))
                for point in metric.data.data_points
            ]
            for each in (data.resource_metrics if data else [])
            for scope in each.scope_metrics
            for metric in scope.metrics
        }


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    found = Telemetry()
    yield found
    found.tracer_provider.shutdown()
    found.meter_provider.shutdown()


def call(client_class: ClientClass, service: Service, telemetry: Telemetry, work: Any, **options: Any) -> Any:
    def instrumented(client: Any) -> Any:
        otel.instrument(client, **telemetry.providers)
        return work(client)

    return service.call(client_class, instrumented, base_url="https://api.invalid:8443/v1?code=planted", **options)


PLACE = {"server.address": "api.invalid", "server.port": 8443}
GEN_AI = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "ccapi",
    "gen_ai.request.model": "openai/gpt-4o-mini",
    "gen_ai.response.model": "openai/gpt-4o-mini-2",
}


def test_a_chat(client_class: ClientClass, telemetry: Telemetry) -> None:
    response = httpx.Response(200, json=ANSWER, headers={"x-request-id": "req-1"})
    service = Service(429, response, headers={"Retry-After": "2"})
    with telemetry.tracer_provider.get_tracer("test").start_as_current_span("outer") as outer:
        call(client_class, service, telemetry, chat)
    inner, _ = telemetry.spans_of.get_finished_spans()
    assert (inner.name, inner.kind) == ("chat openai/gpt-4o-mini", SpanKind.CLIENT)
    assert inner.parent == outer.get_span_context()
    assert inner.status.status_code is StatusCode.UNSET
    assert inner.start_time
    assert inner.end_time
    assert inner.end_time - inner.start_time == 2_000_000_000
    assert dict(inner.attributes or {}) == {
        **GEN_AI,
        **PLACE,
        "gen_ai.output.type": "text",
        "gen_ai.usage.input_tokens": 21,
        "gen_ai.usage.output_tokens": 9,
        "http.request.method": "POST",
        "http.request.resend_count": 1,
        "http.response.status_code": 200,
        "url.full": "https://api.invalid:8443/v1/chat/completions",
        "ccapi.operation": "create_chat_completion",
        "ccapi.request_id": "req-1",
    }
    assert telemetry.metrics() == {
        "gen_ai.client.operation.duration": [(2.0, GEN_AI | PLACE)],
        "gen_ai.client.token.usage": [
            (21, {**GEN_AI, **PLACE, "gen_ai.token.type": "input"}),
            (9, {**GEN_AI, **PLACE, "gen_ai.token.type": "output"}),
        ],
        "ccapi.client.retries": [(1, {"http.request.method": "POST", "error.type": "429"})],
    }


def test_what_is_no_work_of_a_model_is_plain_http(client_class: ClientClass, telemetry: Telemetry) -> None:
    call(client_class, Service(200), telemetry, lambda client: client.list_models())
    span = telemetry.span
    http = {**PLACE, "http.request.method": "GET", "http.response.status_code": 200}
    assert span.name == "GET"
    url = "https://api.invalid:8443/v1/models"
    assert dict(span.attributes or {}) == {**http, "url.full": url, "ccapi.operation": "list_models"}
    assert telemetry.metrics() == {"http.client.request.duration": [(0.0, http)]}


@pytest.mark.parametrize(("step", "error"), [(400, "400"), (httpx.ReadTimeout, "APITimeoutError")])
def test_a_call_that_fails(client_class: ClientClass, step: Any, error: str, telemetry: Telemetry) -> None:
    with pytest.raises(Exception, match="chat/completions"):
        call(client_class, Service(step), telemetry, chat)
    assert telemetry.span.status.status_code is StatusCode.ERROR
    assert (telemetry.span.attributes or {})["error.type"] == error
    ((_, attributes),) = telemetry.metrics()["gen_ai.client.operation.duration"]
    assert attributes["error.type"] == error


@pytest.mark.parametrize(
    ("work", "name"),
    [
        (lambda client: client.create_image(prompt="planted"), "generate_content"),
        (lambda client: client.create_speech(model="a/b", input="planted"), "generate_content a/b"),
    ],
)
def test_no_prompt_is_recorded(client_class: ClientClass, work: Any, name: str, telemetry: Telemetry) -> None:
    with pytest.raises(BadRequestError):
        call(client_class, Service(400), telemetry, work)
    assert telemetry.span.name == name
    assert "planted" not in telemetry.span.to_json()
    assert "key-1" not in telemetry.span.to_json()


def test_hooks_of_one_s_own_are_called_too_and_copies_are_recorded(
    client_class: ClientClass, telemetry: Telemetry
) -> None:
    responses, retries = list[ResponseEvent](), list[RetryEvent]()
    service = Service(429, 200, headers={"Retry-After": "1"})
    call(
        client_class,
        service,
        telemetry,
        lambda client: client.with_options(timeout=5).list_models(),
        on_response=responses.append,
        on_retry=retries.append,
    )
    assert (len(responses), len(retries)) == (1, 1)
    assert telemetry.span.name == "GET"


def test_nothing_is_recorded_unless_it_is_turned_on(client_class: ClientClass, telemetry: Telemetry) -> None:
    Service(200).call(client_class, lambda client: client.list_models())
    assert telemetry.spans_of.get_finished_spans() == ()


def test_a_client_is_instrumented_once(client_class: ClientClass, telemetry: Telemetry) -> None:
    client = client_class("key-1")
    otel.instrument(client, **telemetry.providers)
    for each in (client, client.with_options(timeout=5)):
        with pytest.raises(ConfigurationError, match="this client is instrumented already"):
            otel.instrument(each)


@pytest.mark.parametrize("client", [CCAPI("key-1"), AsyncCCAPI("key-1")])
def test_without_the_extra_it_says_what_to_install(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'ccapi-client\[otel\]'"):
        otel.instrument(client)


def test_every_operation_of_a_model_has_its_row() -> None:
    made = [
        operation()
        for api in (audio, chat_api, images)
        for name, operation in vars(api).items()
        if name.endswith("_operation") and operation.__module__ == api.__name__
    ]
    assert {each.name for each in made if each.method == "POST"} <= otel.GEN_AI.keys()
    assert otel.GEN_AI["parse_chat_completion"] == ("chat", "json")


def test_a_copy_with_a_hook_of_its_own_is_counted_once(client_class: ClientClass, telemetry: Telemetry) -> None:
    for hook in ("on_response", "on_retry"):

        def work(client: Any, hook: str = hook) -> Any:
            copied = client.with_options(**{hook: lambda event: None})
            otel.instrument(copied, **telemetry.providers)
            return copied.list_models()

        call(client_class, Service(429, 200, headers={"Retry-After": "1"}), telemetry, work)
    assert len(telemetry.spans_of.get_finished_spans()) == 2
    assert telemetry.metrics()["ccapi.client.retries"][0][0] == 2


def test_a_record_that_fails_loses_no_result(
    client_class: ClientClass, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("the exporter is broken")

    for name in ("responded", "retried"):
        monkeypatch.setattr(otel._Calls, name, fail)
    service = Service(429, ANSWER, headers={"Retry-After": "1"})
    assert call(client_class, service, telemetry, chat).id == "1"
    assert caplog.messages.count("OpenTelemetry: a call can't be recorded") == 2
