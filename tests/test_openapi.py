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
import yaml
from ccapi_client import PollPolicy
from ccapi_client.models import MultimodalImageGenerationResponse
from ccapi_client.options import PRODUCTION_URL
from ccapi_client.waiting import FINAL, ONGOING, Waiting
from ccapi_sandbox.contract import ROOT
from ccapi_sandbox.settings import PORT

from .conftest import ROOT as PROJECT

DOCUMENT: dict[str, Any] = yaml.safe_load((PROJECT / "openapi.yaml").read_text("utf-8"))
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
PARAMETERS = [parameter for operation in OPERATIONS.values() for parameter in operation.get("parameters", [])]
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
]


def resolve(node: Any) -> Any:
    while "$ref" in node:
        target: Any = DOCUMENT
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


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
        *("listModels", "listProviders", "getProvider"),
    }


def test_no_schema_has_the_name_that_generators_give_to_a_field() -> None:
    # Of the fields whose type has no name of its own.
    nameless = [
        (name, field) for name, field in FIELDS if {"anyOf", "enum"} & SCHEMAS[name]["properties"][field].keys()
    ]
    made = {f"{name}{field}".replace("_", "").lower(): f"{name}.{field}" for name, field in nameless}
    assert not {name: made[name.lower()] for name in SCHEMAS if name.lower() in made}


def test_shapes_are_those_that_code_generators_can_read() -> None:
    """The head of openapi.yaml has the reasons."""
    choices = [part for schema in schemas_in(SCHEMAS) for part in schema.get("allOf", ())]
    assert all(choice.keys() == {"anyOf", "uniqueItems"} for choice in choices)
    for schema in schemas_in(SCHEMAS):
        if "anyOf" in schema and schema not in choices:
            _, nothing = schema["anyOf"]
            assert nothing == {"type": "null"}
        if "enum" in resolve(schema):
            assert schema.keys() == {"$ref"} or "enum" in schema


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
        assert all("example" in parameter for parameter in operation.get("parameters", []))
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
        jsonschema.validate(example, schema)


@pytest.mark.parametrize("name", RECONSTRUCTED)
def test_what_is_reconstructed_says_so(name: str) -> None:
    schema, _, field = name.partition(".")
    described = SCHEMAS[schema] if not field else SCHEMAS[schema]["properties"][field]
    assert "not confirmed by the published reference" in description(described)
    if not field:
        assert all("not confirmed" in description(each) for each in described["properties"].values())


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


def test_parameters_have_no_default_to_freeze() -> None:
    assert all("default" not in schema for parameter in PARAMETERS for schema in schemas_in(parameter["schema"]))


@pytest.mark.parametrize("name", sorted(bodies("responses")))
def test_response_is_open(name: str) -> None:
    """Neither a new field nor a new value may fail a response; only what is sent may be closed."""
    for schema in schemas_in(SCHEMAS[name]):
        assert schema.get("additionalProperties") is not False
        assert not {"enum", "const"} & schema.keys(), "x-extensible-enum lets new values through"


def test_facts_that_code_has_to_know_are_the_contract_s() -> None:
    """The server's address and the final statuses: the code that acts on them is held to the document here."""
    production, local = (server["url"] for server in DOCUMENT["servers"])
    assert production == PRODUCTION_URL
    assert local == f"http://127.0.0.1:{PORT}{ROOT}"
    jobs = [
        MultimodalImageGenerationResponse(id="a", status=status)
        for status in SCHEMAS["ImageJobStatus"]["x-extensible-enum"]
    ]
    final = {job.status for job in jobs if Waiting(PollPolicy(), job, 0).is_over}
    assert final == {"completed", "failed", "cancelled"} == set(FINAL)
    assert {job.status for job in jobs} == {*FINAL, *ONGOING}


def test_version_is_the_package_s() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    assert DOCUMENT["info"]["version"] == project["version"] == ccapi_client.__version__


def test_contract_travels_with_the_package() -> None:
    assert files("ccapi_openapi").joinpath("openapi.yaml").read_bytes() == (PROJECT / "openapi.yaml").read_bytes()
