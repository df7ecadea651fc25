"""The contract keeps its promises: names, examples, openness, descriptions."""

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import ccapi_client
import jsonschema
import pytest
import yaml

from .conftest import ROOT

DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))
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


def resolve(node: Any) -> Any:
    while "$ref" in node:
        target: Any = DOCUMENT
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


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


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_field_is_described(name: str) -> None:
    assert SCHEMAS[name]["description"]
    for field, schema in SCHEMAS[name].get("properties", {}).items():
        assert schema.get("description") or resolve(schema).get("description"), field


@pytest.mark.parametrize("name", sorted(bodies("requests")))
def test_request_has_no_default_to_freeze(name: str) -> None:
    assert "default" not in str(SCHEMAS[name].get("properties", {}).keys())
    assert all("default" not in schema for schema in SCHEMAS[name].get("properties", {}).values())


@pytest.mark.parametrize("name", sorted(bodies("responses")))
def test_response_is_open(name: str) -> None:
    """Neither a new field nor a new value may fail a response; only what is sent may be closed."""
    assert SCHEMAS[name].get("additionalProperties") is not False
    for field, schema in SCHEMAS[name].get("properties", {}).items():
        assert "enum" not in resolve(schema), f"{field} lets no unknown value through: anyOf [the values, any string]"


def test_version_is_the_package_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert DOCUMENT["info"]["version"] == project["version"] == ccapi_client.__version__


def test_contract_travels_with_the_package() -> None:
    assert files("ccapi_openapi").joinpath("openapi.yaml").read_bytes() == (ROOT / "openapi.yaml").read_bytes()
