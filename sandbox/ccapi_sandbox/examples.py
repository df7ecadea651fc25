"""Examples: a value that follows a JSON Schema. The same schema always gives the same value.

The schema may be of a request, so each step is counted, and none matches a regular expression.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from .patterns import text_for

MAX_STEPS = 20_000
"""The most schemas to look at, with the fields of each."""
MAX_DEPTH = 60
"""How deep schemas may be in each other."""
RICH_DEPTH = 6
"""Up to this depth, an example has the optional fields and entries too. A schema may contain itself."""
MAX_TEXT = 10_000
"""The longest text, in characters."""
TEXT = "text"
FORMATS: Mapping[str, str] = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "name@example.com",
    "hostname": "example.com",
    "uri": "https://example.com/",
    "uri-reference": "/a",
    "url": "https://example.com/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "byte": "dGV4dA==",
}
TYPES: Mapping[str, tuple[str, ...]] = {
    "object": ("properties", "required", "additionalProperties", "minProperties"),
    "array": ("items", "prefixItems", "minItems"),
    "string": ("format", "pattern", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
"""The types by the keywords that tell of them where a schema has no `type`."""


class NoExampleError(ValueError):
    """No example of a schema was found; it may have none."""


def example(schema: Any, document: Any) -> Any:
    """An example of a schema, whose references point into the document.

    Raises:
        NoExampleError: None was found. The message says why.
    """
    try:
        return _Examples(document).of(schema, 0)
    except NoExampleError:
        raise
    except (TypeError, AttributeError, LookupError, ValueError, ArithmeticError, RecursionError) as error:
        # A schema that isn't one fails anywhere; to check it by the schema of schemas first takes far longer.
        raise NoExampleError(f"it is not a JSON Schema: {type(error).__name__}") from None


class _Examples:
    """The examples of one document."""

    def __init__(self, document: Any) -> None:
        self._document, self._steps = document, 0

    def of(self, schema: Any, depth: int) -> Any:
        schema = self._resolved(schema, depth)
        for name in ("const", "default", "example"):
            if name in schema:
                return schema[name]
        for name in ("enum", "examples"):
            if schema.get(name):
                return schema[name][0]
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices:
            return self._first(schema, choices, depth)
        kind = schema.get("type") or _kind(schema)
        if isinstance(kind, list):
            kind = next((each for each in kind if each != "null"), "null")
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, depth)
        if kind == "string":
            return _text(schema)
        if kind in ("integer", "number"):
            return _number(schema, kind == "integer")
        return {"boolean": True, "null": None}[kind]

    def _resolved(self, schema: Any, depth: int) -> dict[str, Any]:
        """A schema with its references followed and its `allOf` merged into it."""
        if schema is False:
            raise NoExampleError("it is false, which nothing follows")
        found: dict[str, Any] = {} if schema is True else schema
        self._count(found, depth)
        while "$ref" in found or "allOf" in found:
            parts = [*([self._target(found["$ref"])] if "$ref" in found else ()), *found.get("allOf", ())]
            found = {name: each for name, each in found.items() if name not in ("$ref", "allOf")}
            for part in parts:
                found = _merged(found, self._resolved(part, depth + 1))
                self._count(found, depth)
        return found

    def _count(self, schema: Mapping[str, Any], depth: int) -> None:
        self._steps += 1 + len(schema) + len(schema.get("properties", ())) + len(schema.get("required", ()))
        if self._steps > MAX_STEPS or depth > MAX_DEPTH:
            raise NoExampleError("it is too large, or contains itself without an end")

    def _target(self, reference: str) -> Any:
        if not reference.startswith("#"):
            raise NoExampleError(f"{reference[:100]!r} is outside of it")
        target = self._document
        for step in unquote(reference).split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            target = target[int(step)] if isinstance(target, list) else target[step]
        return target

    def _first(self, schema: dict[str, Any], choices: list[Any], depth: int) -> Any:
        """An example of the first choice that has one."""
        rest = {name: each for name, each in schema.items() if name not in ("anyOf", "oneOf")}
        error = NoExampleError("it has no choices")
        for choice in choices:
            try:
                return self.of(_merged(rest, self._resolved(choice, depth + 1)), depth + 1)
            except NoExampleError as failed:
                error = failed
                if self._steps > MAX_STEPS:
                    break
        raise error

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        fields, required = schema.get("properties", {}), schema.get("required", ())
        other = schema.get("additionalProperties", {})
        found: dict[str, Any] = {}
        for name in (*fields, *(name for name in required if name not in fields)):
            if name in required:
                found[name] = self.of(fields.get(name, other), depth + 1)
            elif depth < RICH_DEPTH and len(required) < schema.get("maxProperties", math.inf):
                try:
                    found[name] = self.of(fields[name], depth + 1)
                except NoExampleError:
                    if self._steps > MAX_STEPS:
                        raise
        number = 0
        while len(found) < schema.get("minProperties", 0):
            number += 1
            found[f"name_{number}"] = self.of(other, depth + 1)
        optional = [name for name in found if name not in required]
        for name in optional[::-1][: max(0, len(found) - int(schema.get("maxProperties", len(found))))]:
            del found[name]
        return found

    def _array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        first = schema.get("prefixItems", ())
        usual = 1 if depth < RICH_DEPTH else 0
        count = int(min(max(schema.get("minItems", 0), len(first), usual), schema.get("maxItems", math.inf)))
        found: list[Any] = []
        for position in range(count):
            one = first[position] if position < len(first) else schema.get("items", {})
            if one is False and position >= schema.get("minItems", 0):
                break
            found.append(self.of(one, depth + 1))
            if schema.get("uniqueItems") and found[-1] in found[:-1]:
                found[-1] = self._another(one, found[:-1], depth)
        return found

    def _another(self, schema: Any, found: list[Any], depth: int) -> Any:
        """An entry that the list does not have yet."""
        resolved = self._resolved(schema, depth)
        values = resolved.get("enum") or [resolved[name] for name in ("const",) if name in resolved]
        if not values and isinstance(found[0], str) and "format" not in resolved and "pattern" not in resolved:
            values = [f"{TEXT} {len(found)}"]
        elif not values and isinstance(found[0], int | float):
            values = [max(found) + (resolved.get("multipleOf") or 1)]
        for value in values:
            if value not in found:
                return value
        raise NoExampleError("no more different entries were found for its uniqueItems")


def _merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """A schema with the keywords of both; where they differ, the second's."""
    found = first | second
    if "properties" in first and "properties" in second:
        found["properties"] = first["properties"] | second["properties"]
    if "required" in first and "required" in second:
        found["required"] = list(dict.fromkeys([*first["required"], *second["required"]]))
    return found


def _kind(schema: Mapping[str, Any]) -> str:
    return next((kind for kind, keywords in TYPES.items() if any(each in schema for each in keywords)), "string")


def _text(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minLength", 0), schema.get("maxLength", MAX_TEXT)
    known = FORMATS.get(schema.get("format", ""))
    if known is not None:
        text = known
    elif "pattern" in schema:
        try:
            text = text_for(schema["pattern"])
        except ValueError as error:
            shown = json.dumps(schema["pattern"])[:100]
            raise NoExampleError(f"no text was found for the pattern {shown}: {error}") from None
    elif least > MAX_TEXT:
        raise NoExampleError(f"its minLength is more than {MAX_TEXT}")
    else:
        text = (TEXT * math.ceil(least / len(TEXT)) or TEXT)[: int(max(least, min(most, len(TEXT))))]
    if not least <= len(text) <= most:
        raise NoExampleError("no text of its length was found")
    return text


def _number(schema: Mapping[str, Any], whole: bool) -> float:
    low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    above, below = schema.get("exclusiveMinimum", -math.inf), schema.get("exclusiveMaximum", math.inf)
    unit = schema.get("multipleOf")
    step = unit or 1
    floor, ceiling = max(low, above), min(high, below)
    ends = [floor, floor + step, floor + step / 2] if math.isfinite(floor) else []
    ends += [ceiling, ceiling - step, ceiling - step / 2] if math.isfinite(ceiling) else []
    middle = [(floor + ceiling) / 2] if len(ends) > 3 else []
    for value in (1, step, *(math.ceil(end / step) * step for end in ends), *ends, *middle, 0):
        if whole and value != int(value):
            continue
        if low <= value <= high and above < value < below and (not unit or (value / unit).is_integer()):
            return int(value) if whole else value
    raise NoExampleError("no number was found between its bounds")
