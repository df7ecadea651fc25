"""What openapi-python-client is given to read."""

from typing import Any

import yaml
from readable import readable

from .conftest import ROOT

DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))


def test_list_that_may_be_extended_is_a_known_value_or_any_string() -> None:
    role = {"type": "string", "x-extensible-enum": ["user", "tool"], "description": "Who."}
    fields = {
        "role": {"$ref": "#/components/schemas/Role", "description": "Of what."},
        "roles": {"type": "array", "items": {"$ref": "#/components/schemas/Role"}},
        "part": {"$ref": "#/components/schemas/Part"},
    }
    schemas = {"Role": role, "Part": {"type": "object", "properties": fields}}
    known = {"$ref": "#/components/schemas/Role"}
    read = readable({"components": {"schemas": schemas}})["components"]["schemas"]
    assert read["Role"] == {"type": "string", "enum": ["user", "tool"], "description": "Who."}
    assert read["Part"]["properties"] == {
        "role": {"anyOf": [known, {"type": "string"}], "description": "Of what."},
        "roles": {"type": "array", "items": {"anyOf": [known, {"type": "string"}]}},
        "part": {"$ref": "#/components/schemas/Part"},
    }


def test_choice_stands_without_its_all_of() -> None:
    choice = {"anyOf": [{"type": "string"}, {"type": "null"}], "uniqueItems": False}
    two = {"allOf": [{"type": "object"}, {"required": ["a"]}]}
    schemas = {"Text": {"allOf": [choice], "description": "The text."}, "Two": two}
    read = readable({"components": {"schemas": schemas}})["components"]["schemas"]
    assert read == {"Text": {**choice, "description": "The text."}, "Two": two}


def test_the_contract_keeps_its_names() -> None:
    read = readable(DOCUMENT)
    assert read.keys() == DOCUMENT.keys()
    assert read["paths"] == DOCUMENT["paths"]
    assert list(read["components"]["schemas"]) == list(DOCUMENT["components"]["schemas"])
