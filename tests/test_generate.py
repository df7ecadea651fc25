"""What openapi-python-client reads, and what other generators do."""

import copy
from pathlib import Path

import pytest
from ccapi_client.cli.options import contract, tools
from fuzz.contract import document
from generate import generate, readable

DOCUMENT = document()


def test_list_that_may_be_extended_is_a_known_value_or_any_string() -> None:
    role = {"type": "string", "x-extensible-enum": ["user", "tool"], "description": "Who."}
    fields = {
        "role": {"$ref": "#/components/schemas/Role", "description": "Of what."},
        "roles": {"type": "array", "items": {"$ref": "#/components/schemas/Role"}},
        "part": {"$ref": "#/components/schemas/Part"},
    }
    schemas = {"Role": role, "Part": {"type": "object", "properties": fields}}
    known = {"$ref": "#/components/schemas/Role"}
    read = readable({"paths": {}, "components": {"schemas": schemas}})["components"]["schemas"]
    assert read["Role"] == {"type": "string", "enum": ["user", "tool"], "description": "Who."}
    assert read["Part"]["properties"] == {
        "role": {"anyOf": [known, {"type": "string"}], "description": "Of what."},
        "roles": {"type": "array", "items": {"anyOf": [known, {"type": "string"}]}},
        "part": {"$ref": "#/components/schemas/Part"},
    }


def test_the_contract_keeps_its_names() -> None:
    read = readable(DOCUMENT)
    assert read.keys() == DOCUMENT.keys()
    assert list(read["paths"]) == list(DOCUMENT["paths"])
    assert list(read["components"]["schemas"]) == list(DOCUMENT["components"]["schemas"])


def test_descriptions_name_operations_as_python_does() -> None:
    described = {"/jobs": {"get": {"operationId": "getImageJob", "description": "As `getImageJob`, not `getImage`."}}}
    read = readable({"paths": described, "components": {"schemas": {}}})
    assert read["paths"]["/jobs"]["get"]["description"] == "As `get_image_job`, not `getImage`."


def test_other_generators_get_the_same_contract_in_their_own_form() -> None:
    assert tools() == ["openapi-generator", "openapi-typescript"]
    for tool in tools():
        assert list(contract(tool)["paths"]) == list(DOCUMENT["paths"])
        assert list(contract(tool)["components"]["schemas"]) == list(DOCUMENT["components"]["schemas"])
    content = contract("openapi-generator")["components"]["schemas"]["ChatMessage"]["properties"]["content"]
    assert not {"anyOf", "allOf"} & content.keys()
    for operation in contract("openapi-typescript")["paths"].values():
        for each in operation.values():
            assert set(each["responses"]["200"]["content"]) == {"application/json"}


@pytest.mark.parametrize(
    ("schema", "field", "operation"),
    [
        ("AudioSpeechRequest", "timeout", "create_speech"),
        ("AudioSpeechRequest", "idempotency_key", "create_speech"),
        ("MultimodalImageGenerationRequest", "on_update", "generate_images"),
    ],
)
def test_field_named_as_an_option_of_the_methods_is_refused(
    schema: str, field: str, operation: str, tmp_path: Path
) -> None:
    changed = copy.deepcopy(DOCUMENT)
    changed["components"]["schemas"][schema]["properties"][field] = {"type": "string"}
    with pytest.raises(SystemExit) as caught:
        generate(changed, tmp_path / "ccapi_openapi")
    assert caught.value.code == (
        f"{operation}: `{field}` is the name of an option of the methods: leave it out of the contract; "
        "callers can send it by `extra_body`"
    )


def test_header_named_as_an_option_of_the_methods_is_refused(tmp_path: Path) -> None:
    changed = copy.deepcopy(DOCUMENT)
    parameters = changed["paths"]["/models"]["get"]["parameters"]
    parameters += [{"name": "Timeout", "in": "header", "schema": {"type": "integer"}}]
    with pytest.raises(SystemExit) as caught:
        generate(changed, tmp_path / "ccapi_openapi")
    assert caught.value.code == (
        "list_models: `Timeout` is the name of an option of the methods: leave it out of the contract; "
        "callers can send it by `extra_headers`"
    )


def test_parameter_named_as_an_option_of_the_methods_is_refused(tmp_path: Path) -> None:
    changed = copy.deepcopy(DOCUMENT)
    parameters = changed["paths"]["/models"]["get"]["parameters"]
    parameters += [{"name": name, "in": "query", "schema": {"type": "integer"}} for name in ("timeout", "page_size")]
    with pytest.raises(SystemExit) as caught:
        generate(changed, tmp_path / "ccapi_openapi")
    refused = str(caught.value.code).splitlines()
    assert [line.partition(" is")[0] for line in refused] == ["list_models: `timeout`", "list_models: `page_size`"]
    assert all(line.endswith("callers can send it by `extra_query`") for line in refused)
