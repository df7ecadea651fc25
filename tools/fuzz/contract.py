"""What openapi.yaml says of each operation, and documents near its schemas, written as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .choices import Choices

CONTRACT = Path(__file__).resolve().parents[2] / "openapi.yaml"
DEEPEST = 5
"""Up to this depth, a document has more than what its schema requires."""
ODD = (
    *("null", "true", "false", "0", "-1", "1e999", "-1e999", "NaN", "1.5", "1e-400", "9" * 30, "[]", "{}", "[null]"),
    *('""', '"\\ud83d"', '"\\udc00x"', '"\\u0000"', '"\\r\\n"', '"data:,x"', '"data:image/png;base64,!"', '"//["'),
    *('"https://api.fuzz.example/v1/files/a.png"', '"http://127.0.0.1/"', '"../../x"', '{"error": "no"}', '{"x": [0]}'),
)
"""Values that fit few places."""


@dataclass(frozen=True)
class Operation:
    """An operation of the contract.

    Attributes:
        name: The method of a client.
        parameters: Its arguments that are not fields of its body, from the contract's examples.
        examples: Its bodies, from the contract's examples; one that is empty where it has none.
        request: The schema of its body.
        response: The schema of its response.
    """

    name: str
    parameters: Mapping[str, Any]
    examples: tuple[Mapping[str, Any], ...]
    request: Mapping[str, Any] | None
    response: Mapping[str, Any]


@cache
def document() -> dict[str, Any]:
    """The contract."""
    found: dict[str, Any] = yaml.load(CONTRACT.read_text("utf-8"), yaml.CSafeLoader)
    return found


def resolved(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference of the contract leads to."""
    while "$ref" in found:
        target: Any = document()
        for name in found["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        found = target
    return found


@cache
def operations() -> tuple[Operation, ...]:
    """Each operation of the contract."""
    return tuple(_operations())


def _operations() -> Iterator[Operation]:
    for path in document()["paths"].values():
        for verb in ("get", "post"):
            if verb not in path:
                continue
            each = path[verb]
            given = [resolved(parameter) for parameter in each.get("parameters", ())]
            body = resolved(each.get("requestBody", {})).get("content", {}).get("application/json", {})
            examples = [resolved(example)["value"] for example in body.get("examples", {}).values()] or [{}]
            content = resolved(each["responses"]["202" if "200" not in each["responses"] else "200"])["content"]
            yield Operation(
                re.sub("(?<=[a-z])([A-Z])", r"_\1", each["operationId"]).lower(),
                {parameter["name"]: parameter["example"] for parameter in given if parameter["in"] == "path"},
                tuple({name: value for name, value in each.items() if name != "stream"} for each in examples),
                body.get("schema"),
                content["application/json"]["schema"],
            )


def near(choices: Choices, schema: Mapping[str, Any], depth: int = 0) -> str:
    """A document near a schema, as JSON: now and then a value is another, or missing. Without choices, it fits."""
    oddity = choices.below(16) if depth else 0
    if oddity == 15:
        return odd(choices)
    schema = resolved(schema)
    options = schema.get("anyOf")
    if options:
        return near(choices, options[choices.below(len(options))], depth)
    known = schema.get("enum") or schema.get("x-extensible-enum")
    if known:
        return json.dumps(known[choices.below(len(known))])
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        kind = kind[choices.below(len(kind))]
    if kind == "object":
        return _object(choices, schema, depth)
    if kind == "array":
        count = choices.below(4) if depth < DEEPEST else 0
        return f"[{','.join(near(choices, schema.get('items', {}), depth + 1) for _ in range(count))}]"
    if kind == "string":
        return json.dumps(choices.text().encode("utf-8", "surrogateescape").decode("latin-1"))
    return {"integer": str(choices.below(70_000)), "number": f"{choices.below(256)}.5", "boolean": "true"}.get(
        kind, "null"
    )


def _object(choices: Choices, schema: Mapping[str, Any], depth: int) -> str:
    fields, required = [], schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        chance = choices.below(16)
        is_there = chance != 15 if name in required else chance > 7 and depth < DEEPEST
        if is_there:
            other = resolved(inner).get("x-also-named") or inner.get("x-also-named") or [name]
            fields.append((other[chance % len(other)] if chance > 12 else name, near(choices, inner, depth + 1)))
    if choices.below(8) == 7:
        fields.append((choices.text().encode("utf-8", "surrogateescape").decode("latin-1"), odd(choices)))
    return f"{{{','.join(f'{json.dumps(name)}:{value}' for name, value in fields)}}}"


def odd(choices: Choices) -> str:
    """A value that fits few places, as JSON; some are nested deeper than Python calls itself."""
    chosen = choices.below(len(ODD) + 3)
    if chosen < len(ODD):
        return ODD[chosen]
    start, end = (("[", "]"), ('{"a":', "}"), ('{"error":[', "]}"))[chosen - len(ODD)]
    depth = choices.below(1200)
    return f"{start * depth}{odd(choices) if depth < 1000 else '0'}{end * depth}"
