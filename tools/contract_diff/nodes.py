"""Parts of a document: references, and what of them is only for people to read."""

import json
from typing import Any
from urllib.parse import unquote

Node = dict[str, Any]

ANNOTATIONS = frozenset(
    ("description", "summary", "title", "example", "examples", "externalDocs", "$comment", "contact", "license")
)
"""Keywords that change neither what is on the wire nor what a generated name is."""

NAMES = frozenset(
    (
        *("properties", "patternProperties", "schemas", "responses", "parameters", "headers", "paths", "callbacks"),
        *("securitySchemes", "content", "variables", "$defs", "requestBodies", "links", "webhooks"),
    )
)
"""Keywords below which the keys are names that people chose: a field may be called `description`."""

EXTENSIBLE = "x-extensible-enum"
"""The known values of a string that may have others: like `anyOf: [these, any string]`."""

NOTED_DEFAULT = "x-default"
"""What the service fills in for a field that is left out; generated clients never send it, as they do a `default`."""

UNJUDGED = ("x-job", "x-parts", "x-sent-as", "x-also-named", "x-if-missing", "x-json-text", "x-short-form")
"""What generated clients act by, though no rule says what a change of it means."""

ACTED_ON = (EXTENSIBLE, NOTED_DEFAULT, *UNJUDGED)
"""What generated clients act by."""

UNSAID = {"uniqueItems": False, "additionalProperties": True}
"""What is so where a schema does not say it."""

UNRESOLVED = "$unresolved"


def is_annotation(key: str) -> bool:
    return key in ANNOTATIONS or (key.startswith("x-") and key not in ACTED_ON)


def says_nothing(key: str, value: Any) -> bool:
    """Whether a keyword is only for people to read, or says what is so without it."""
    return is_annotation(key) or value is UNSAID.get(key, ...)


def as_node(value: Any) -> Node:
    """The value where it is an object; an empty one where the document has something else or nothing."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def key_of(value: Any) -> str:
    """What two values share when JSON takes them for the same; Python takes `1` and `True` for equal."""
    return json.dumps(value, sort_keys=True, default=str)


def is_same(one: Any, other: Any) -> bool:
    """Whether two schemas say the same and refer to nothing, which could have changed."""
    if one != other:
        return False
    text = key_of(one)
    return '"$ref"' not in text and text == key_of(other)


def name_of(node: Any) -> str | None:
    """The name of the component that a node refers to."""
    reference = as_node(node).get("$ref")
    return (
        reference.rsplit("/", 1)[-1] if isinstance(reference, str) and reference.startswith("#/components/") else None
    )


def target(document: Node, reference: str) -> Node:
    """What a reference points at; a reference into nothing, or out of the document, is known by itself."""
    node: Any = document
    for step in reference.removeprefix("#/").split("/"):
        node = as_node(node).get(unquote(step).replace("~1", "/").replace("~0", "~"))
    return node if isinstance(node, dict) and reference.startswith("#/") else {UNRESOLVED: reference}


def resolve(document: Node, node: Any) -> Node:
    """A node without a reference at its top. What stands beside a reference is added to what it points at."""
    seen: set[str] = set()
    beside: Node = {}
    found = as_node(node)
    while isinstance(reference := found.get("$ref"), str):
        if reference in seen:
            return {UNRESOLVED: reference}
        seen.add(reference)
        beside = {key: value for key, value in found.items() if key != "$ref"} | beside
        found = target(document, reference)
    return found | beside


def shape(node: Any, *, own_name: str = "", is_name_map: bool = False) -> Any:
    """A node without what only people read, to be compared; `own_name` is the name that may differ."""
    if isinstance(node, list):
        return [shape(each, own_name=own_name) for each in node]
    if not isinstance(node, dict):
        return node
    if own_name and name_of(node) == own_name:
        return {"$ref": ""}
    return {
        key: shape(value, own_name=own_name, is_name_map=not is_name_map and key in NAMES)
        for key, value in node.items()
        if is_name_map or not says_nothing(key, value)
    }


def wrapping(schema: Any) -> Node:
    """How a schema is put together of others, whatever they say."""
    return {
        "anyOf" if key == "oneOf" else key: [wrapping(each) for each in as_list(value)]
        for key, value in as_node(schema).items()
        if key in ("$ref", "allOf", "anyOf", "oneOf")
    }
