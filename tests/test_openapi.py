"""The contract keeps its promises: names, examples, openness, descriptions."""

import keyword
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import ccapi_client
import jsonschema
import pytest
from ccapi_client import PollPolicy
from ccapi_client._http.settings import PRODUCTION_URL
from ccapi_client._jobs.waiting import Waiting
from ccapi_openapi.api import job_operations
from ccapi_sandbox.contract import ROOT
from ccapi_sandbox.settings import PORT
from fuzz.contract import document

from .conftest import ROOT as PROJECT

DOCUMENT = document()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS = {
    operation["operationId"]: operation
    for item in DOCUMENT["paths"].values()
    for operation in item.values()
    if "operationId" in operation
}
PUBLISHED_SCHEMAS = [
    "ErrorObject",
    "ErrorResponse",
    "ChatMessage",
    "ChatToolFunction",
    "ChatTool",
    "ChatCompletionRequest",
    "ChatCompletionResponse",
    "AudioSpeechRequest",
    "AudioSpeechResponse",
    "LegacyImageGenerationRequest",
    "LegacyImageGenerationResponse",
    "MultimodalInputContent",
    "MultimodalImageParameters",
    "MultimodalImageGenerationRequest",
    "ImageDatum",
    "MultimodalImageGenerationResponse",
    "ModelSummary",
    "ModelListResponse",
    "ProviderSummary",
    "ProviderListResponse",
    "ProviderDetailResponse",
]
FIELDS = [(name, field) for name, schema in SCHEMAS.items() for field in schema.get("properties", {})]
# What the facts known of the service mark as reconstructed: whole schemas, and fields of others.
RECONSTRUCTED = [
    "ChatContentPart",
    "ChatImageUrl",
    "ChatToolCall",
    "ChatToolCallFunction",
    "ChatToolChoice",
    "ChatToolChoiceFunction",
    "ChatCompletionResponse",
    "ChatChoice",
    "ChatUsage",
    "ChatCompletionChunk",
    "ChatChunkChoice",
    "ChatDelta",
    "AudioSpeechResponse",
    "ProviderSummary",
    "ProviderListResponse",
    "ProviderDetailResponse",
    "ChatMessage.role",
    "ChatMessage.content",
    "ChatMessage.tool_calls",
    "ChatMessage.tool_call_id",
    "ChatCompletionRequest.tool_choice",
    "AudioSpeechRequest.response_format",
    "LegacyImageGenerationRequest.response_format",
    "MultimodalImageParameters.response_format",
    "MultimodalImageGenerationResponse.status",
    "ImageExecution.mode",
    "ImageExecution.operation",
    "ModelDetails.pricing",
    "VideoGenerationRequest",
    "VideoOptions",
    "VideoTask",
    "VideoMetadata.url",
]


# Listed because users of OpenAI's API send or read them.
NEW_FIELDS = {
    "ChatCompletionRequest": (
        "stop n seed response_format max_completion_tokens presence_penalty frequency_penalty logit_bias logprobs "
        "top_logprobs stream_options parallel_tool_calls reasoning_effort modalities service_tier"
    ),
    "ChatCompletionMessage": "reasoning_content refusal annotations content_parts",
    "ChatUsage": "prompt_tokens_details completion_tokens_details",
    "LegacyImageGenerationRequest": "quality style background output_format user",
    "AudioSpeechRequest": "speed instructions response_format",
}
ADDED = [(schema, field) for schema, fields in NEW_FIELDS.items() for field in fields.split()]


def resolve(node: Any) -> Any:
    while "$ref" in node:
        target: Any = DOCUMENT
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


PARAMETERS = [
    pytest.param(resolve(parameter), id=f"{name} {resolve(parameter)['name']}")
    for name, operation in OPERATIONS.items()
    for parameter in operation.get("parameters", [])
]


def description(schema: Any) -> str:
    """What is told of a schema: beside a reference, else where it leads."""
    told: str = (schema if "description" in schema else resolve(schema))["description"]
    return " ".join(told.lower().split())


def examples() -> Iterator[Any]:
    """Every media example of the operations and named responses, with its schema."""

    def walk(node: Any, path: str) -> Iterator[Any]:
        if isinstance(node, dict):
            if "examples" in node and "schema" in node:
                for name, example in node["examples"].items():
                    yield pytest.param(node["schema"], resolve(example)["value"], id=f"{path}/{name}")
            for key, value in node.items():
                yield from walk(value, f"{path}/{key}")

    yield from walk(DOCUMENT["paths"], "")
    yield from walk(DOCUMENT["components"]["responses"], "")


def reachable(name: str, seen: set[str]) -> set[str]:
    """The schemas that a schema is made of, itself included."""
    if name not in seen:
        seen.add(name)
        for reference in references(SCHEMAS[name]):
            reachable(reference, seen)
    return seen


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("$ref", "").startswith("#/components/schemas/"):
            yield node["$ref"].rsplit("/", 1)[-1]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def bodies(part: str) -> set[str]:
    found: set[str] = set()
    for operation in OPERATIONS.values():
        nodes = [operation.get("requestBody", {})] if part == "requests" else list(operation["responses"].values())
        for node in nodes:
            for reference in references(resolve(node).get("content", {})):
                reachable(reference, found)
    return found


def test_operations_have_their_published_ids() -> None:
    assert set(OPERATIONS) == {
        *("createChatCompletion", "createSpeech", "createImage", "generateImages", "getImageJob"),
        *("generateVideo", "getVideoJob"),
        *("listModels", "getModel", "listProviders", "getProvider"),
    }


def test_no_schema_has_the_name_that_generators_give_to_a_field() -> None:
    # Of the fields whose type has no name of its own.
    nameless = [
        (name, field) for name, field in FIELDS if {"anyOf", "enum"} & SCHEMAS[name]["properties"][field].keys()
    ]
    made = {f"{name}{field}".replace("_", "").lower(): f"{name}.{field}" for name, field in nameless}
    assert not {name: made[name.lower()] for name in SCHEMAS if name.lower() in made}


def test_a_choice_of_types_is_an_any_of() -> None:
    for schema in schemas_in(SCHEMAS):
        assert not {"allOf", "oneOf", "not", "uniqueItems", "default"} & schema.keys()


def test_a_closed_list_of_values_is_told_of_in_its_own_schema() -> None:
    """Our own generator drops a description beside the reference; that of C makes two types of it."""
    for schema in schemas_in(SCHEMAS):
        if "enum" in resolve(schema):
            assert {"$ref", "x-default"} >= schema.keys() or "enum" in schema


def test_schemas_and_responses_have_their_published_names() -> None:
    assert len(PUBLISHED_SCHEMAS) == 21
    assert set(PUBLISHED_SCHEMAS) <= set(SCHEMAS)
    named = {"BadRequest", "Unauthorized", "BillingError", "RateLimit", "InternalError"}
    assert named <= set(DOCUMENT["components"]["responses"])


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_operation_answers_with_every_named_response(operation: dict[str, Any]) -> None:
    assert {"400", "401", "402", "429", "500"} <= set(operation["responses"])
    assert operation["summary"]
    assert operation["description"]


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_operation_shows_a_request_and_a_response(operation: dict[str, Any]) -> None:
    if "requestBody" in operation:
        assert operation["requestBody"]["content"]["application/json"]["examples"]
    else:
        assert all("example" in resolve(parameter) for parameter in operation.get("parameters", []))
    for status, response in operation["responses"].items():
        assert resolve(response)["content"]["application/json"]["examples"], status


@pytest.mark.parametrize(("schema", "value"), list(examples()))
def test_example_validates(schema: Any, value: Any) -> None:
    jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_parameter_example_validates(parameter: dict[str, Any]) -> None:
    jsonschema.validate(parameter["example"], parameter["schema"])


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_every_field_is_described_and_named_alike(name: str, field: str) -> None:
    """Names are snake case, as published: clients in Python take them as they are."""
    schema = SCHEMAS[name]["properties"][field]
    assert SCHEMAS[name]["description"]
    assert description(schema)
    assert re.fullmatch("[a-z][a-z0-9]*(_[a-z0-9]+)*", field)
    assert not keyword.iskeyword(field)
    assert field not in ("self", "extra_body")
    for example in schema.get("examples", []):
        jsonschema.validate(example, {**schema, "components": DOCUMENT["components"]})


@pytest.mark.parametrize("name", RECONSTRUCTED)
def test_what_is_reconstructed_is_marked(name: str) -> None:
    schema, _, field = name.partition(".")
    described = SCHEMAS[schema] if not field else SCHEMAS[schema]["properties"][field]
    assert is_marked(described)
    if not field:
        assert all(is_marked(each) for each in described["properties"].values())


def is_marked(schema: Any) -> bool:
    """Whether a schema is marked, or the one that it refers to."""
    return schema.get("x-unconfirmed", resolve(schema).get("x-unconfirmed")) is True


def test_the_mark_is_for_programs_and_not_in_the_text() -> None:
    assert "onfirmed by" not in (PROJECT / "openapi.yaml").read_text("utf-8")


@pytest.mark.parametrize(("schema", "field"), ADDED)
def test_a_field_of_the_field_s_own_is_listed_described_and_optional(schema: str, field: str) -> None:
    told = SCHEMAS[schema]["properties"][field]
    assert is_marked(told)
    assert field not in SCHEMAS[schema]["required"] if "required" in SCHEMAS[schema] else True
    is_described_elsewhere = "$ref" in str(told)
    assert is_described_elsewhere or "examples" in told or field == "user"


def schemas_in(node: Any) -> Iterator[dict[str, Any]]:
    """Every schema at or below a node, references left alone."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from schemas_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from schemas_in(value)


@pytest.mark.parametrize("name", sorted(bodies("requests")))
def test_request_has_no_default_to_freeze(name: str) -> None:
    assert all("default" not in schema for schema in schemas_in(SCHEMAS[name]))


def test_what_the_service_fills_in_is_told_for_people_and_for_programs() -> None:
    filled_in = [schema for schema in schemas_in(SCHEMAS) if "Left out, `" in schema.get("description", "")]
    assert filled_in
    assert all("x-default" in schema for schema in filled_in)


@pytest.mark.parametrize("name", sorted(bodies("responses")))
def test_response_is_open(name: str) -> None:
    """Neither a new field nor a new value may fail a response; only what is sent may be closed."""
    for schema in schemas_in(SCHEMAS[name]):
        assert not {"enum", "const"} & schema.keys(), "x-extensible-enum lets new values through"
        if schema.get("type") == "object":
            assert schema["additionalProperties"] not in (False, None), "others take it as closed"


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_the_top_of_a_request_is_open_and_a_post_takes_an_idempotency_key(operation: dict[str, Any]) -> None:
    if "requestBody" in operation:
        body = resolve(operation["requestBody"]["content"]["application/json"]["schema"])
        assert body["additionalProperties"] is True
        (key,) = map(resolve, operation["parameters"])
        assert (key["name"], key["in"], key.get("required", False)) == ("Idempotency-Key", "header", False)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_response_has_the_headers_of_the_limit_and_any_other_error_is_one(operation: dict[str, Any]) -> None:
    assert operation["responses"]["default"] == {"$ref": "#/components/responses/OtherError"}
    limits = {f"x-ratelimit-{each}-requests" for each in ("limit", "remaining", "reset")}
    for response in map(resolve, operation["responses"].values()):
        assert {"x-request-id", *limits} <= response["headers"].keys()


def test_times_are_of_64_bits() -> None:
    times = [(name, field) for name, field in FIELDS if field in ("created", "seed")]
    assert len(times) > 8
    assert all(SCHEMAS[name]["properties"][field]["format"] == "int64" for name, field in times)


def test_streams_and_sounds_stand_under_their_media_types() -> None:
    chat, speech = (
        OPERATIONS[name]["responses"]["200"]["content"] for name in ("createChatCompletion", "createSpeech")
    )
    assert set(chat) == {"application/json", "text/event-stream"}
    assert set(speech) == {"application/json", "audio/*"}


def test_the_submitting_operation_links_to_the_polling_one() -> None:
    (link,) = OPERATIONS["generateImages"]["responses"]["202"]["links"].values()
    assert link["operationId"] == "getImageJob"
    told = OPERATIONS[link["operationId"]]["x-job"]
    assert link["parameters"] == {"id": f"$response.body#/{told['id']}"}
    (link,) = OPERATIONS["generateVideo"]["responses"]["200"]["links"].values()
    assert link["operationId"] == "getVideoJob"
    assert link["parameters"] == {"task_id": "$response.body#/task_id"}


def test_the_reference_that_it_was_taken_from_has_a_date() -> None:
    assert DOCUMENT["externalDocs"]["url"].startswith("https://")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", DOCUMENT["info"]["x-reference-date"])


def test_facts_that_code_has_to_know_are_the_contract_s() -> None:
    """The server's address and the final statuses: the code that acts on them is held to the document here."""
    production, local = (server["url"] for server in DOCUMENT["servers"])
    assert production == PRODUCTION_URL
    assert local == f"http://127.0.0.1:{PORT}{ROOT}"
    for operation in job_operations():
        (told,) = (each["get"]["x-job"] for path, each in DOCUMENT["paths"].items() if path == operation.path)
        name = operation.response.__name__
        status_schema = SCHEMAS[name]["properties"]["status"]["$ref"].rsplit("/", 1)[-1]
        for status in (*SCHEMAS[status_schema]["x-extensible-enum"], *told["running"]):
            job = operation.response(id="a", status=status)
            assert Waiting(operation, PollPolicy(), job, 0).is_finished == any(
                status in words for words in told["final"].values()
            )
            assert operation.job.is_known(job)
        fields = {place.partition(".")[0] for key, place in told.items() if key not in ("final", "running")}
        assert fields <= SCHEMAS[name]["properties"].keys()


def test_version_is_the_package_s() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    assert DOCUMENT["info"]["version"] == project["version"] == ccapi_client.__version__


def test_contract_travels_with_the_package() -> None:
    assert files("ccapi_openapi").joinpath("openapi.yaml").read_bytes() == (PROJECT / "openapi.yaml").read_bytes()
