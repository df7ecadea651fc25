"""Examples of schemas: they follow the schema, they are bounded, and no regular expression is matched."""

import json
import re
import time
from contextlib import suppress
from typing import Any

import pytest
from ccapi_sandbox.contract import Contract
from ccapi_sandbox.examples import NoExampleError, example
from ccapi_sandbox.patterns import text_for
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

CONTRACT = Contract()


@pytest.mark.parametrize("name", CONTRACT.document["components"]["schemas"])
def test_every_schema_of_the_contract_has_one(name: str) -> None:
    schema = {"$ref": f"#/components/schemas/{name}"}
    found = example(schema, CONTRACT.document)
    assert list(CONTRACT._validator(schema).iter_errors(found)) == []


SCHEMAS: list[dict[str, Any]] = [
    {},
    {"const": 3},
    {"enum": ["c", "f"]},
    {"type": ["null", "integer"]},
    {"type": "null"},
    {"type": "string", "minLength": 30},
    {"type": "string", "maxLength": 2},
    {"type": "string", "maxLength": 0},
    {"type": "string", "pattern": "^[A-Z]{3}-\\d+$"},
    {"type": "integer", "minimum": 5, "maximum": 5},
    {"type": "integer", "exclusiveMinimum": 5, "exclusiveMaximum": 7},
    {"type": "integer", "maximum": -3, "multipleOf": 5},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5},
    {"type": "number", "minimum": 0.3, "maximum": 0.4},
    {"type": "array", "items": {"type": "integer"}, "minItems": 4, "uniqueItems": True},
    {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "items": {"type": "string"}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "maxItems": 0},
    {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
    {"properties": {"a": {"type": "boolean"}}, "required": ["a", "b"]},
    {"type": "object", "minProperties": 3, "additionalProperties": {"type": "integer"}},
    {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "required": ["c"], "maxProperties": 2},
    {"allOf": [{"properties": {"a": {"type": "integer"}}}, {"required": ["a"], "type": "object"}]},
    {"anyOf": [False, {"type": "integer"}], "minimum": 8},
    {"oneOf": [{"properties": {"kind": {"const": "x"}}, "required": ["kind"]}], "properties": {"n": {"const": 2}}},
    {"$ref": "#/$defs/Tree", "$defs": {"Tree": {"properties": {"next": {"$ref": "#/$defs/Tree"}}, "type": "object"}}},
    {"items": {"$ref": "#"}, "type": "array"},
    {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "integer", "description": "Whole."}}},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_an_example_follows_its_schema(schema: dict[str, Any]) -> None:
    found = example(schema, schema)
    Draft202012Validator(schema).validate(found)
    assert found == example(schema, schema)


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (False, "nothing follows"),
        ({"$ref": "https://example.com/x"}, "outside of it"),
        ({"$ref": "#"}, "too large"),
        ({"properties": {"a": {"$ref": "#"}}, "required": ["a"]}, "too large"),
        ({"type": "array", "items": {"type": "array", "minItems": 10**6}, "minItems": 10**6}, "too large"),
        ({"type": "string", "minLength": 10**9}, "minLength"),
        ({"type": "string", "pattern": "(?=a)b"}, "pattern"),
        ({"type": "string", "pattern": "(((a{999}){999}){999})"}, "more than 1000 characters"),
        ({"type": "string", "pattern": "["}, "pattern"),
        ({"type": "string", "pattern": "^\\p{L}$"}, "pattern"),
        ({"type": "string", "format": "uuid", "maxLength": 3}, "length"),
        ({"type": "integer", "minimum": 5, "maximum": 4}, "between its bounds"),
        ({"type": "array", "items": {"const": 1}, "minItems": 2, "uniqueItems": True}, "different"),
        ({"type": "colour"}, "not a JSON Schema"),
        ({"properties": 7}, "not a JSON Schema"),
        ([], "not a JSON Schema"),
        (7, "not a JSON Schema"),
    ],
)
def test_where_there_is_none_the_reason_is_told(schema: Any, reason: str) -> None:
    with pytest.raises(NoExampleError, match=reason):
        example(schema, schema)


def test_a_schema_that_doubles_at_every_step_takes_no_longer() -> None:
    halves: dict[str, Any] = {
        f"d{level}": {"properties": {key: {"$ref": f"#/$defs/d{level + 1}"} for key in "ab"}, "required": ["a", "b"]}
        for level in range(50)
    }
    choices = {f"d{level}": {"anyOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(50)}
    started = time.process_time()
    for each, last in ((halves, {"type": "integer"}), (choices, False)):
        schema = {"$ref": "#/$defs/d0", "$defs": each | {"d50": last}}
        with pytest.raises(NoExampleError):
            example(schema, schema)
    assert time.process_time() - started < 2


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "$ref",
                    "anyOf",
                    "allOf",
                    "type",
                    "items",
                    "properties",
                    "required",
                    "enum",
                    "const",
                    "minItems",
                    "minimum",
                    "pattern",
                    "format",
                ]
            )
            | st.text(max_size=3),
            inner | st.sampled_from(["object", "array", "string", "integer", "#"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_is_sent_as_a_schema(schema: Any) -> None:
    with suppress(NoExampleError):
        json.dumps(example(schema, schema))


@pytest.mark.parametrize(
    "pattern",
    [
        "^\\d{4}-\\d{2}-\\d{2}$",
        "^[a-z][a-z0-9_]*$",
        "^[^@\\s]+@[^@\\s]+\\.[a-z]+$",
        "a|b",
        "(x|y)\\1{2}",
        "^.+?[^a-z0-9]$",
        "[^\\W_]",
        "\\S\\D\\W\\s\\w",
        "^$",
        "(?:ab)?c*\\.",
        "^([01]\\d|2[0-3]):[0-5]\\d$",
        "",
    ],
)
def test_a_text_for_a_pattern(pattern: str) -> None:
    assert re.search(pattern, text_for(pattern))


@given(st.from_regex(r"(\[\^?[a-c\\d]{1,3}\]|[a-z.]|\\[dwsDWS])([*+?]|\{1,3\})?(\([ab|]{1,4}\)){0,2}", fullmatch=True))
def test_texts_for_patterns(pattern: str) -> None:
    try:
        text = text_for(pattern)
    except ValueError:
        return
    assert re.search(pattern, text)
